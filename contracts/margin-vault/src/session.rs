//! One operation on the ledger: prices and insurance read in, accounts settled and watched, totals written back.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolEvent};
use risk::{
    Health, InstrumentId, Ledger, Legs, Positions, Price, Ratio, Settlement, Store, Stress, Usd, math,
};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{BlockAccess, RawLogAccess};

use crate::abi::{Args, Guard, IMarginVault, encode_call};
use crate::calls;
use crate::error::{Error, Result};
use crate::storage::{Field, InstrumentField, Storage};
use crate::word::Word;

/// What the guard forbids, as bits of a reading's `blocked`.
pub mod action {
    pub const OPEN: u16 = 1;
    pub const REDUCE: u16 = 2;
    pub const WITHDRAW: u16 = 4;
    pub const LIQUIDATE: u16 = 8;
    pub const DELEVERAGE: u16 = 16;
    /// The mark stays what it was.
    pub const MARK: u16 = 32;
}

/// Tier from which initial margin is a quarter higher.
const CAUTION: u8 = 1;
/// Tier from which exposed accounts withdraw only above 20 % free margin.
const RESTRICTED: u8 = 2;
/// Words of a reading: mark, low, high, stable price, time, tier, blocked and three measures of volatility.
const READING_WORDS: usize = 10;

/// What the guard says of one instrument.
pub struct Market {
    pub id: InstrumentId,
    pub tier: u8,
    pub blocked: u16,
    stress: Stress,
}

/// One operation in progress.
pub struct Session<'s> {
    pub ledger: Ledger<'s, Storage>,
    pub now: u64,
    markets: Vec<Market>,
    insured: bool,
    missing: Usd,
}

/// The account of an owner's sub-account 0.
pub fn main_account(owner: Address) -> B256 {
    let mut account = B256::ZERO;
    account[..20].copy_from_slice(&owner.0.0);
    account
}

/// The address that owns an account.
pub fn owner_of(account: B256) -> Address {
    Address::from_slice(&account[..20])
}

/// Emits an event: its signature and indexed words first, then its data.
pub fn emit<E: SolEvent>(indexed: &[Word], data: &[Word]) {
    let mut bytes = Vec::with_capacity(32 * (1 + indexed.len() + data.len()));
    bytes.extend_from_slice(&E::SIGNATURE_HASH.0);
    for word in indexed.iter().chain(data) {
        bytes.extend_from_slice(&word.bytes());
    }
    WasmVM::default().emit_log(&bytes, 1 + indexed.len());
}

pub const fn usd(amount: Usd) -> Word {
    Word::of_signed(amount.0)
}

pub fn word(id: B256) -> Word {
    Word::of_bytes(&id.0)
}

impl<'s> Session<'s> {
    /// Opens the ledger, without prices.
    pub fn open(store: &'s mut Storage) -> Result<Self> {
        let ledger = Ledger::open(store, Usd::ZERO);
        let now = WasmVM::default().block_timestamp();
        let mut session = Self { ledger, now, markets: Vec::new(), insured: false, missing: Usd::ZERO };
        session.insure_debts()?;
        session.missing = session.ledger.totals.missing(session.ledger.insurance)?;
        Ok(session)
    }

    /// Opens the ledger with the prices of every leg of `accounts`, and of `also`.
    pub fn with_prices(store: &'s mut Storage, accounts: &[B256], also: Option<InstrumentId>) -> Result<Self> {
        let mut session = Self::open(store)?;
        let mut ids = Vec::new();
        let legs: Vec<Legs> = accounts.iter().map(|&account| session.ledger.store.account(account).legs).collect();
        for &id in legs.iter().flat_map(Legs::as_slice).chain(&also) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        session.read_prices(&ids)?;
        Ok(session)
    }

    /// Asks the guard, and moves every mark that it does not hold back.
    fn read_prices(&mut self, ids: &[InstrumentId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut words = Vec::with_capacity(2 + ids.len());
        words.extend([Word::of(32), Word::of(ids.len() as u128)]);
        words.extend(ids.iter().map(|&id| self.ledger.store.instrument_field(id, InstrumentField::Asset)));
        let guard = self.ledger.store.address(Field::Guard);
        let data = calls::read(guard, &encode_call(Guard::readManyCall::SELECTOR, &words)).ok_or(Error::GuardFailed)?;
        let (readings, count) = Args(&data).array(0, READING_WORDS).map_err(|_| Error::GuardFailed)?;
        if count != ids.len() {
            return Err(Error::GuardFailed);
        }
        for (place, &id) in ids.iter().enumerate() {
            self.accept(id, Args(readings.slice(place * READING_WORDS * 32, READING_WORDS * 32)?))?;
        }
        Ok(())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the guard's types are that narrow")]
    fn accept(&mut self, id: InstrumentId, reading: Args) -> Result<()> {
        let tier = reading.u32(5)? as u8;
        let blocked = reading.u32(6)? as u16;
        if blocked & action::MARK == 0 {
            self.ledger.set_mark(id, Price(reading.unsigned(0)?))?;
        }
        let mark = self.ledger.store.instrument(id).mark;
        let stable = match reading.unsigned(3)? {
            0 => mark,
            stable => Price(stable),
        };
        let rates = self.ledger.store.instrument_field(id, InstrumentField::Rates).high;
        let rate = u128::from(rates as u64);
        let rate = Ratio(if tier >= CAUTION { rate + rate.div_ceil(4) } else { rate });
        self.markets.push(Market { id, tier, blocked, stress: Stress { mark, stable, rate } });
        Ok(())
    }

    pub fn market(&self, id: InstrumentId) -> Result<&Market> {
        self.markets.iter().find(|market| market.id == id).ok_or(Error::GuardFailed)
    }

    /// Fails if the guard forbids an action in one of the instruments.
    pub fn allow(&self, action: u16, ids: &[InstrumentId]) -> Result<()> {
        for &id in ids {
            let market = self.market(id)?;
            if market.blocked & action != 0 {
                return Err(Error::ActionBlocked(self.number(id), market.tier));
            }
        }
        Ok(())
    }

    /// What the interface calls an instrument.
    #[expect(clippy::cast_possible_truncation, reason = "the low field of its word")]
    fn number(&self, id: InstrumentId) -> u32 {
        self.ledger.store.instrument_field(id, InstrumentField::Rates).low as u32
    }

    /// Asks the pool what it would pay, once a debt makes that matter.
    fn insure_debts(&mut self) -> Result<()> {
        if self.ledger.totals.debt > Usd::ZERO { self.insure() } else { Ok(()) }
    }

    /// Asks the pool what it would pay.
    pub fn insure(&mut self) -> Result<()> {
        if !self.insured {
            let pool = self.ledger.store.address(Field::Pool);
            self.ledger.insurance = self.amount(calls::available(pool)?)?;
            self.insured = true;
        }
        Ok(())
    }

    /// WAD value of one smallest unit of the token.
    pub fn unit(&self) -> u128 {
        self.ledger.store.field(Field::Unit).low
    }

    /// WAD value of smallest units of the token.
    pub fn amount(&self, units: u128) -> Result<Usd> {
        let value = units.checked_mul(self.unit()).ok_or(Error::Overflow)?;
        Ok(Usd(math::signed(value)?))
    }

    /// Settles an account.
    pub fn touch(&mut self, id: B256, by_owner: bool) -> Result<Settlement> {
        let settlement = self.ledger.touch(id, by_owner)?;
        self.insure_debts()?;
        Ok(settlement)
    }

    /// Equity and maintenance margin of a settled account; moves its clock.
    pub fn observe(&mut self, id: B256) -> Result<Health> {
        let health = self.ledger.health(id)?;
        let mut account = self.ledger.store.account(id);
        account.clock = account.clock.observed(self.now, health.is_healthy());
        self.ledger.store.set_account(id, &account);
        Ok(health)
    }

    /// Initial margin of positions in instruments whose prices were read.
    pub fn initial(&self, positions: &Positions) -> Result<Usd> {
        let mut sum = Usd::ZERO;
        for &(id, position) in positions.as_slice() {
            sum = sum.plus(self.market(id)?.stress.initial(position)?)?;
        }
        Ok(sum)
    }

    /// Whether a settled account meets initial margin.
    pub fn meets_initial(&self, id: B256, health: &Health) -> Result<bool> {
        Ok(health.equity >= self.initial(&self.ledger.positions(id)?)?)
    }

    /// Fails unless a settled account may withdraw what it has withdrawn: it meets initial margin, and has 20 % of its equity
    /// free in Restricted.
    pub fn check_withdrawal(&self, id: B256, health: &Health) -> Result<()> {
        let legs = self.ledger.store.account(id).legs;
        self.allow(action::WITHDRAW, legs.as_slice())?;
        let initial = self.initial(&self.ledger.positions(id)?)?;
        let mut usable = health.equity;
        for &leg in legs.as_slice() {
            if self.market(leg)?.tier >= RESTRICTED {
                usable = health.equity.or_zero().times_down(Ratio(risk::WAD / 5 * 4))?;
            }
        }
        if usable >= initial { Ok(()) } else { Err(Error::InsufficientMargin(id)) }
    }

    /// Emits what settling an account did, and where that left it.
    pub fn emit_touched(&self, id: B256, gain: Usd) {
        let account = self.ledger.store.account(id);
        emit::<IMarginVault::Touched>(&[word(id)], &[usd(gain), usd(account.capital), usd(account.pnl)]);
    }

    /// Writes the totals back.
    pub fn finish(self) -> Result<()> {
        let missing = self.ledger.totals.missing(self.ledger.insurance)?;
        if missing != self.missing {
            let coverage = self.ledger.coverage()?.ratio()?;
            emit::<IMarginVault::CoverageChanged>(&[], &[Word::of(coverage), usd(missing)]);
        }
        self.ledger.save();
        Ok(())
    }
}
