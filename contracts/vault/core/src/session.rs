//! One operation on the ledger: prices and insurance read in, accounts settled and watched, totals written back.

use alloy_primitives::{Address, B256};
use program_support::event::emit;
use program_support::topic;
use risk::rules::margin::least_initial;
use risk::rules::{cover, withdrawal};
use risk::{
    Account, Health, InstrumentId, Ledger, Legs, Outflow, OutflowRates, Pool, Positions, Store,
    Tier, Usd, Valued, math,
};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{AccountAccess, BlockAccess, MessageAccess};

use crate::abi::{Args, usd};
use crate::calls;
use crate::changes::tell_stuck;
use crate::closings::watch_debt;
use crate::error::{Error, OrRevert, require};
use crate::interfaces::IMarginVault;
use crate::prices;
use crate::storage::{Field, Storage};
use crate::valuation::Valuation;
pub use crate::valuation::action;
use crate::word::Word;

/// One operation in progress.
pub struct Session<'s> {
    pub ledger: Ledger<'s, Storage>,
    pub now: u64,
    /// What nobody had paid for when the operation began.
    missing: Usd,
    /// V when the operation began.
    tokens: Usd,
}

/// That the outflow limiter has been brought up to now at what V was: without it nothing is drawn from the pool, or what arrives
/// would raise the caps of a time before it came.
#[derive(Clone, Copy)]
pub struct OutflowKept(());

/// The account of an owner's sub-account 0.
pub fn main_account(owner: Address) -> B256 {
    let mut account = B256::ZERO;
    account[..20].copy_from_slice(&owner.0.0);
    account
}

/// The vault's own account. A trade pays both fees into it, which is one account to write and not three.
#[must_use]
pub fn fee_account() -> B256 {
    main_account(WasmVM::default().contract_address())
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

impl<'s> Session<'s> {
    /// Opens the ledger, without prices.
    pub fn open(store: &'s mut Storage) -> Self {
        let now = WasmVM::default().block_timestamp();
        let ledger = Ledger::open(store, now);
        let mut session = Self {
            tokens: ledger.totals.tokens,
            ledger,
            now,
            missing: Usd::ZERO,
        };
        session.insure_debts();
        session.missing = session.missing();
        session
    }

    /// Opens the ledger with the prices of every leg of an account.
    pub fn priced(store: &'s mut Storage, account: B256) -> Self {
        let mut session = Self::open(store);
        session.want_legs(account);
        session.read_prices();
        session
    }

    /// Opens the ledger with the prices of every leg of an account, and settles it.
    pub fn settled(store: &'s mut Storage, account: B256, by_owner: bool) -> (Self, Valued) {
        let mut session = Self::priced(store, account);
        let valued = session.touch(account, by_owner);
        (session, valued)
    }

    /// Asks for the price of an instrument.
    pub fn want(&mut self, id: InstrumentId) {
        self.ledger.store.want(id);
    }

    /// Asks for the prices of an account's legs.
    pub fn want_legs(&mut self, account: B256) {
        for &id in self.ledger.store.account(account).legs.as_slice() {
            self.want(id);
        }
    }

    /// Asks the guard, accrues funding, and moves every mark to what the guard last trusted.
    pub fn read_prices(&mut self) {
        prices::read(&mut self.ledger);
    }

    /// What the guard said of an instrument.
    #[must_use]
    pub fn valuation(&self, id: InstrumentId) -> &Valuation {
        self.ledger.store.valuations.get(id)
    }

    /// Reverts if the guard forbids an action in an instrument.
    pub fn allow(&self, action: u16, id: InstrumentId) {
        require(
            self.valuation(id).blocked & action == 0,
            Error::ActionBlocked,
        );
    }

    /// Reverts if the guard forbids an action in an instrument of the account's.
    pub fn allow_all(&self, action: u16, account: B256) {
        for &id in self.ledger.store.account(account).legs.as_slice() {
            self.allow(action, id);
        }
    }

    /// Those of some legs in which the guard allows an action; the others are set aside.
    pub fn allowed(&self, action: u16, legs: &Legs) -> Legs {
        let mut allowed = *legs;
        for &id in legs.as_slice() {
            if self.valuation(id).blocked & action != 0 {
                allowed.remove(id);
            }
        }
        allowed
    }

    /// Whether the debt of an account with such legs can be closed, in part at least.
    fn is_closable(&self, legs: &Legs) -> bool {
        let movable = self.allowed(action::DELEVERAGE, legs);
        // Without legs nothing is in the way of writing the debt off.
        legs.as_slice().is_empty() || !movable.as_slice().is_empty()
    }

    /// Asks the pool what it would pay, once a debt makes that matter.
    fn insure_debts(&mut self) {
        if self.ledger.totals.debt > Usd::ZERO {
            self.insure();
        }
    }

    /// Asks the pool, once, what it would pay, and what covers are measured by.
    pub fn insure(&mut self) {
        if !self.ledger.is_insured() {
            let answer = self.available();
            let said = Pool {
                payable: self.amount(answer.unsigned(0)),
                measured: self.amount(answer.unsigned(1)),
                recorded: self.amount(answer.unsigned(3)),
            };
            self.ledger.insure(said).or_revert();
        }
    }

    /// What new open interest is limited by, as the pool said at most ten minutes ago: what covers are measured by, less pending
    /// requests.
    #[inline(never)]
    pub fn pool_assets(&mut self) -> Usd {
        let mut known = self.ledger.store.pool_assets();
        if self.now.saturating_sub(known.seen) > cover::ASSETS_SERVE {
            known.units = self.available().unsigned(2);
            known.seen = self.now;
            self.ledger.store.set_pool_assets(&known);
        }
        self.amount(known.units)
    }

    /// What the pool says: see [`calls::available`].
    fn available(&self) -> Args<'static> {
        calls::available(self.ledger.store.address(Field::Pool))
    }

    /// The outflow limiter as it is now, before tokens come or go in this operation, and its rates.
    pub fn outflow(&self) -> (Outflow, OutflowRates) {
        let rates = self.ledger.store.token().outflow();
        let mut outflow = self.ledger.store.outflow();
        outflow.observe(self.now, self.tokens, rates).or_revert();
        (outflow, rates)
    }

    /// What nobody has paid for.
    pub fn missing(&self) -> Usd {
        self.ledger.missing().or_revert()
    }

    /// Whether the vault is impaired while so much is missing.
    pub fn is_impaired(&self, missing: Usd) -> bool {
        let outflow = || self.ledger.store.outflow();
        let average = || outflow().average(self.now, self.tokens).or_revert();
        let impaired = self.ledger.totals.is_impaired(missing, average);
        impaired.or_revert()
    }

    /// Whether the vault is impaired, as an operation sees that moves no tokens.
    pub fn is_seen_impaired(&self) -> bool {
        self.ledger.totals.is_seen_impaired(self.missing())
    }

    /// WAD value of one smallest unit of the token.
    pub fn unit(&self) -> u128 {
        self.ledger.store.token().unit()
    }

    /// WAD value of smallest units of the token.
    pub fn amount(&self, units: u128) -> Usd {
        Usd(math::mul_div_down(units, self.unit(), 1)
            .and_then(math::signed)
            .or_revert())
    }

    /// Brings the outflow limiter up to now, before tokens come that it does not limit.
    pub fn keep_outflow(&mut self) -> OutflowKept {
        let (outflow, _) = self.outflow();
        self.ledger.store.set_outflow(&outflow);
        OutflowKept(())
    }

    /// Settles an account.
    pub fn touch(&mut self, id: B256, by_owner: bool) -> Valued {
        // As it was stored: its bucket tells whether its debt was known.
        let before = self.ledger.store.account(id);
        let valued = self.ledger.touch(id, by_owner).or_revert();
        self.watch(id, &before, &valued);
        valued
    }

    /// Follows up on an account that was settled: who revealed its debt, and what the pool would pay for it.
    pub fn watch(&mut self, id: B256, before: &Account, after: &Valued) {
        watch_debt(self.ledger.store, id, before, &after.account);
        // This settlement may have found the first debt: from here on h depends on what the pool pays.
        self.insure_debts();
        if after.account.stuck && self.is_closable(&after.account.legs) {
            self.set_stuck(id, false);
        }
    }

    /// Books what an account owes as stuck, or no more.
    pub fn set_stuck(&mut self, id: B256, stuck: bool) {
        self.ledger.set_stuck(id, stuck).or_revert();
        tell_stuck(&id, stuck);
    }

    /// Notes in what health an account is: moves its clock.
    pub fn observe(&mut self, id: B256, health: &Health) {
        let mut account = self.ledger.store.account(id);
        account.observe(self.now, health.is_healthy());
        self.ledger.store.set_account(id, &account);
    }

    /// Initial margin of an account's positions, at least ten rewards if there are any.
    pub fn initial(&self, positions: &Positions) -> Usd {
        let live = positions.count() > 0;
        // Who holds nothing needs no ten rewards: idle capital is always free to go.
        if !live {
            return Usd::ZERO;
        }
        let initial = self.ledger.store.initial_of(positions).or_revert();
        least_initial(initial, live, self.ledger.store.amounts().max_reward).or_revert()
    }

    /// Reverts unless an account may give away the capital that it has just given: its mature equity meets initial margin,
    /// and a fifth more in Restricted.
    pub fn check_withdrawal(&self, id: B256, valued: &Valued) {
        // In Halted nothing leaves by an account whose positions may be worth less than they say.
        self.allow_all(action::WITHDRAW, id);
        let restricted = |&id: &InstrumentId| self.valuation(id).tier >= Tier::Restricted;
        let restricted = valued.account.legs.as_slice().iter().any(restricted);
        let mature = valued.mature_equity(self.now).or_revert();
        let usable = withdrawal::usable(mature, restricted);
        require(
            usable.or_revert() >= self.initial(&valued.positions),
            Error::InsufficientMargin,
        );
    }

    /// Ends the operation: keeps the start of impairment, and writes the totals.
    pub fn finish(mut self) {
        self.insure_debts();
        let impaired = self.is_impaired(self.missing());
        self.finish_as(impaired);
    }

    /// As [`Session::finish`], of an operation that moves no tokens.
    pub fn finish_in_place(mut self) {
        self.insure_debts();
        let impaired = self.is_seen_impaired();
        self.finish_as(impaired);
    }

    /// Ends the operation in a vault that is impaired, or not.
    fn finish_as(mut self, impaired: bool) {
        let missing = self.missing();
        if missing != self.missing {
            let coverage = self.ledger.coverage().and_then(risk::Coverage::ratio);
            let words = [Word::of(coverage.or_revert()), usd(missing)];
            emit(topic!(IMarginVault::CoverageChanged), 0, &words);
        }
        self.keep_impairment(missing, impaired);
        self.ledger.save().or_revert();
    }

    /// Keeps since when the vault has been impaired.
    fn keep_impairment(&mut self, missing: Usd, impaired: bool) {
        let totals = &mut self.ledger.totals;
        if impaired == (totals.impaired_since > 0) {
            return;
        }
        totals.impaired_since = if impaired {
            u32::try_from(self.now).unwrap_or(u32::MAX)
        } else {
            0
        };
        let words = [Word::of(impaired.into()), usd(missing)];
        emit(topic!(IMarginVault::Impaired), 0, &words);
    }
}
