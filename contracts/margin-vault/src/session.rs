//! One operation on the ledger: prices and insurance read in, accounts settled and watched, totals written back.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolCall, SolEvent};
use risk::{
    Health, InstrumentId, Ledger, Legs, MAX_LEGS, Positions, Price, Ratio, Store, Stress, Usd, math,
};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{BlockAccess, MessageAccess, RawLogAccess};

use crate::abi::{Args, Guard, IMarginVault, encode, encode_call};
use crate::calls;
use crate::error::{Error, OrRevert, require};
use crate::parameters::ratio;
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
/// Instruments of one operation: the legs of two accounts, and the one that they trade.
const MAX_MARKETS: usize = 2 * MAX_LEGS + 1;

/// Words of the longest event, its signature included.
const MAX_LOG: usize = 12;

/// What the guard says of one instrument.
#[derive(Clone, Copy)]
pub struct Market {
    tier: u8,
    blocked: u16,
    stress: Stress,
}

/// One operation in progress.
pub struct Session<'s> {
    pub ledger: Ledger<'s, Storage>,
    pub now: u64,
    ids: [InstrumentId; MAX_MARKETS],
    /// One for each of `ids`, on the heap: the stack is small.
    markets: &'static [Market],
    count: usize,
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

/// Whether the caller owns an account.
pub fn is_owner_of(account: B256) -> bool {
    owner_of(account) == WasmVM::default().msg_sender()
}

/// Reverts unless the caller owns an account.
pub fn only_owner_of(account: B256) {
    require(is_owner_of(account), Error::NotAccountOwner);
}

/// Emits an event: its signature and `indexed - 1` indexed words, then its data.
#[inline(never)]
pub fn emit(signature: &B256, indexed: usize, words: &[Word]) {
    let mut log = [Word::ZERO; MAX_LOG];
    log[0] = word(*signature);
    log[1..=words.len()].copy_from_slice(words);
    WasmVM::default().emit_log(encode(&log[..=words.len()]), 1 + indexed);
}

pub const fn usd(amount: Usd) -> Word {
    Word::of_signed(amount.0)
}

pub fn word(id: B256) -> Word {
    Word::of_bytes(&id.0)
}

impl<'s> Session<'s> {
    /// Opens the ledger, without prices.
    pub fn open(store: &'s mut Storage) -> Self {
        let mut session = Self {
            ledger: Ledger::open(store, Usd::ZERO),
            now: WasmVM::default().block_timestamp(),
            ids: [0; MAX_MARKETS],
            markets: &[],
            count: 0,
            insured: false,
            missing: Usd::ZERO,
        };
        session.insure_debts();
        session.missing = session.missing();
        session
    }

    /// Opens the ledger with the prices of every leg of an account, and settles it.
    pub fn settled(store: &'s mut Storage, account: B256, by_owner: bool) -> Self {
        let mut session = Self::open(store);
        session.want_legs(account);
        session.read_prices();
        session.touch(account, by_owner);
        session
    }

    /// Asks for the price of an instrument.
    pub fn want(&mut self, id: InstrumentId) {
        if !self.ids[..self.count].contains(&id) {
            self.ids[self.count] = id;
            self.count += 1;
        }
    }

    /// Asks for the prices of an account's legs.
    pub fn want_legs(&mut self, account: B256) {
        for &id in self.ledger.store.account(account).legs.as_slice() {
            self.want(id);
        }
    }

    /// Asks the guard, and moves every mark that it does not hold back.
    pub fn read_prices(&mut self) {
        if self.count == 0 {
            return;
        }
        let mut words = [Word::ZERO; 2 + MAX_MARKETS];
        words[..2].copy_from_slice(&[Word::of(32), Word::of(self.count as u128)]);
        for (word, &id) in words[2..].iter_mut().zip(&self.ids[..self.count]) {
            *word = self
                .ledger
                .store
                .instrument_field(id, InstrumentField::Asset);
        }
        let guard = self.ledger.store.address(Field::Guard);
        let data = calls::read(
            guard,
            encode_call(Guard::readManyCall::SELECTOR, &words[..2 + self.count]),
        );
        let (readings, count) =
            Args((data, Error::GuardFailed).or_revert()).array(0, READING_WORDS * 32);
        require(count == self.count, Error::GuardFailed);
        let mut markets = Vec::with_capacity(count);
        for (place, &id) in self.ids[..count].iter().enumerate() {
            let reading = readings.slice(place * READING_WORDS * 32, READING_WORDS * 32);
            markets.push(accept(&mut self.ledger, id, Args(reading)));
        }
        self.markets = markets.leak();
    }

    /// What the guard said of an instrument. One that nobody asked for has no price.
    fn market(&self, id: InstrumentId) -> &Market {
        let place = self.ids[..self.count].iter().position(|&known| known == id);
        &self.markets[(place, Error::GuardFailed).or_revert()]
    }

    /// Reverts if the guard forbids an action in an instrument.
    pub fn allow(&self, action: u16, id: InstrumentId) {
        require(self.market(id).blocked & action == 0, Error::ActionBlocked);
    }

    /// Reverts if the guard forbids an action in an instrument of the account's.
    pub fn allow_all(&self, action: u16, account: B256) {
        for &id in self.ledger.store.account(account).legs.as_slice() {
            self.allow(action, id);
        }
    }

    /// The account's legs in which the guard allows an action; the others are set aside. Reverts if it forbids it in all.
    pub fn movable(&self, action: u16, account: B256) -> Legs {
        let held = self.ledger.store.account(account).legs;
        let mut movable = Legs::default();
        for &id in held.as_slice() {
            if self.market(id).blocked & action == 0 {
                movable.push(id).or_revert();
            }
        }
        require(
            movable != Legs::default() || held == movable,
            Error::ActionBlocked,
        );
        movable
    }

    /// Maintenance margin of some of a settled account's legs.
    pub fn maintenance_of(&self, account: B256, legs: &Legs) -> Usd {
        let positions = self.ledger.among(account, legs);
        positions
            .and_then(|positions| self.ledger.maintenance(&positions))
            .or_revert()
    }

    /// Asks the pool what it would pay, once a debt makes that matter.
    fn insure_debts(&mut self) {
        if self.ledger.totals.debt > Usd::ZERO {
            self.insure();
        }
    }

    /// Asks the pool what it would pay.
    pub fn insure(&mut self) {
        if !self.insured {
            let pool = self.ledger.store.address(Field::Pool);
            self.ledger.insurance = self.amount(calls::available(pool));
            self.insured = true;
        }
    }

    /// What nobody has paid for.
    pub fn missing(&self) -> Usd {
        self.ledger
            .totals
            .missing(self.ledger.insurance)
            .or_revert()
    }

    /// WAD value of one smallest unit of the token.
    pub fn unit(&self) -> u128 {
        self.ledger.store.unit()
    }

    /// WAD value of smallest units of the token.
    pub fn amount(&self, units: u128) -> Usd {
        Usd(math::mul_div_down(units, self.unit(), 1)
            .and_then(math::signed)
            .or_revert())
    }

    /// Settles an account.
    pub fn touch(&mut self, id: B256, by_owner: bool) {
        let settled = self.ledger.touch(id, by_owner).or_revert();
        self.insure_debts();
        let account = settled.account;
        let words = [
            word(id),
            usd(settled.gain),
            usd(account.capital),
            usd(account.pnl),
        ];
        emit(&IMarginVault::Touched::SIGNATURE_HASH, 1, &words);
    }

    /// Equity and maintenance margin of a settled account; moves its clock.
    pub fn observe(&mut self, id: B256) -> Health {
        let health = self.ledger.health(id).or_revert();
        let mut account = self.ledger.store.account(id);
        account.clock = account.clock.observed(self.now, health.is_healthy());
        self.ledger.store.set_account(id, &account);
        health
    }

    /// A settled account's positions.
    pub fn positions(&self, id: B256) -> Positions {
        self.ledger.positions(id).or_revert()
    }

    /// Initial margin of a settled account.
    pub fn initial(&self, id: B256) -> Usd {
        let mut sum = Usd::ZERO;
        for (instrument, position) in self.positions(id).iter() {
            let initial = self.market(instrument).stress.initial(position).or_revert();
            sum = sum.plus(initial).or_revert();
        }
        sum
    }

    /// Reverts unless a settled account may withdraw what it has withdrawn: it meets initial margin, and has 20 % of its
    /// equity free in Restricted.
    pub fn check_withdrawal(&mut self, id: B256) {
        self.allow_all(action::WITHDRAW, id);
        let mut usable = self.observe(id).equity;
        for &leg in self.ledger.store.account(id).legs.as_slice() {
            if self.market(leg).tier >= RESTRICTED {
                usable = usable.min(
                    usable
                        .or_zero()
                        .times_down(Ratio(risk::WAD / 5 * 4))
                        .or_revert(),
                );
                break;
            }
        }
        require(usable >= self.initial(id), Error::InsufficientMargin);
    }

    /// Writes the totals back.
    pub fn finish(self) {
        let missing = self.missing();
        if missing != self.missing {
            let coverage = self
                .ledger
                .coverage()
                .and_then(risk::Coverage::ratio)
                .or_revert();
            emit(
                &IMarginVault::CoverageChanged::SIGNATURE_HASH,
                0,
                &[Word::of(coverage), usd(missing)],
            );
        }
        self.ledger.save();
    }
}

/// What the guard says of an instrument; moves its mark unless the guard holds it back.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the guard's types are that narrow"
)]
fn accept(ledger: &mut Ledger<Storage>, id: InstrumentId, reading: Args) -> Market {
    let tier = reading.u32(5) as u8;
    let blocked = reading.u32(6) as u16;
    if blocked & action::MARK == 0 {
        ledger.set_mark(id, Price(reading.unsigned(0))).or_revert();
    }
    let mark = ledger.store.instrument(id).mark;
    let stable = match reading.unsigned(3) {
        0 => mark,
        stable => Price(stable),
    };
    let rate = ratio(ledger.store.rates_of(id).initial);
    let factor = if tier >= CAUTION { 5 } else { 4 };
    let rate = Ratio((rate.0 * factor).div_ceil(4));
    Market {
        tier,
        blocked,
        stress: Stress { mark, stable, rate },
    }
}
