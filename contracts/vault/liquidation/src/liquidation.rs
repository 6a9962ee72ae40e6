//! Liquidation: a share of every leg of an account in ill health moves at the mark into an account of the caller's.

use alloy_primitives::B256;
use margin_vault::abi::{Args, Bytes, encode, usd, word};
use margin_vault::error::{Error, OrRevert, require, revert};
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::session::{Session, action, main_account};
use margin_vault::storage::{Field, Storage};
use margin_vault::word::Word;
use risk::rules::liquidation::{self, is_spared};
use risk::{Liquidation, Positions, Ratio, Result, Store, Usd, Valued};

use margin_vault::checks::{is_dust, only_for, only_initialized};
use margin_vault::flows;
use margin_vault::topic;

/// Moves a share of every leg of an account in ill health into one of the caller's.
///
/// Fails with `NotAuthorized`, `InvalidAmount`, `SameAccount`, `ActionBlocked`, `Healthy`, `NoEquity`, `TooManyLegs`,
/// `InsufficientMargin`, `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn liquidate(store: &mut Storage, account: B256, into: B256, max_share: u128) -> Bytes {
    let mut taking = Taking::open(store, [account].into_iter(), into, max_share);
    let plan = match taking.take_over(account) {
        Ok(plan) => plan,
        Err(refused) => revert(refused),
    };
    taking.finish();
    encode(&[Word::of(plan.share.0), usd(plan.penalty)])
}

/// Liquidates each account that needs it and can be liquidated now; returns how many did. What the others have settled
/// stays.
///
/// Fails with `NotInitialized`, `NotAuthorized`, `InvalidAmount`, `ActionBlocked`, `SameAccount`, `TooManyLegs`, `InsufficientMargin`,
/// `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn liquidate_batch(
    store: &mut Storage,
    (accounts, count): (Args, usize),
    into: B256,
    max_share: u128,
) -> Bytes {
    only_initialized(store);
    let listed = (0..count).map(|place| accounts.b256(place));
    let mut taking = Taking::open(store, listed.clone(), into, max_share);
    let mut done = 0;
    for account in listed {
        match taking.take_over(account) {
            Ok(_) => done += 1,
            // What depends on the account alone stops no other; anything else is a fault of the call.
            Err(Error::ActionBlocked | Error::Healthy | Error::NoEquity) => {}
            Err(refused) => revert(refused),
        }
    }
    taking.finish();
    encode(&[Word::of(done)])
}

/// Accounts that are being taken over into one.
struct Taking<'s> {
    session: Session<'s>,
    into: B256,
    pool: B256,
    max_share: Ratio,
    /// What `into` has to receive.
    taken: Positions,
    any: bool,
}

impl<'s> Taking<'s> {
    /// Opens the ledger with the prices of every leg of all accounts, and settles the one that takes over.
    fn open(
        store: &'s mut Storage,
        accounts: impl Iterator<Item = B256>,
        into: B256,
        max_share: u128,
    ) -> Self {
        only_for(store, into);
        require(max_share > 0, Error::InvalidAmount);
        let pool = main_account(store.address(Field::Pool));
        let mut session = Session::open(store);
        session.want_legs(into);
        for account in accounts {
            session.want_legs(account);
        }
        session.read_prices();
        // What a frozen leg has lost nobody knows: its account opens nothing, by whatever path.
        session.allow_all(action::MARK, into);
        // Settled where it stands: `receive` moves its legs to the bucket that is due, once.
        session.touch(into, false);
        Self {
            session,
            into,
            pool,
            max_share: Ratio(max_share),
            taken: Positions::default(),
            any: false,
        }
    }

    /// Settles an account, and takes a share of it over if it needs that. Whatever it refuses with other than its health and
    /// the guard's word has to revert.
    fn take_over(&mut self, account: B256) -> core::result::Result<Liquidation, Error> {
        if account == self.into {
            return Err(Error::SameAccount);
        }
        let valued = self.session.touch(account, false);
        // The clock moves before the penalty is worked out: it counts the time since the last look.
        self.session.observe(account, &valued.health);
        let allowed = self
            .session
            .allowed(action::LIQUIDATE, &valued.account.legs);
        let movable = self.session.ledger.movable(&valued, &allowed);
        let (moving, margin) = movable.or_revert();
        self.check_guard(&valued, &moving)?;
        let store = &*self.session.ledger.store;
        let closing = || store.closing(account);
        let spared = self
            .session
            .ledger
            .is_spared_as_cut(account, &valued, closing);
        if spared.or_revert() {
            return Err(Error::Healthy);
        }
        let plan = self.plan(account, &valued, margin);
        let plan = plan.map_err(Error::from)?;
        self.execute(account, &moving, &plan).or_revert();
        Ok(plan)
    }

    /// Refuses an account of which nothing can move, and one that counts as healthy until the grace period ends.
    fn check_guard(&self, valued: &Valued, moving: &Positions) -> core::result::Result<(), Error> {
        if moving.count() == 0 && valued.positions.count() > 0 {
            return Err(Error::ActionBlocked);
        }
        let in_grace = |&id| self.session.valuation(id).blocked & action::GRACE != 0;
        let in_grace = valued.account.legs.as_slice().iter().any(in_grace);
        if is_spared(&valued.health, in_grace).or_revert() {
            return Err(Error::Healthy);
        }
        Ok(())
    }

    fn plan(
        &self,
        account: B256,
        valued: &Valued,
        movable: Usd,
    ) -> core::result::Result<Liquidation, risk::Error> {
        let ledger = &self.session.ledger;
        let penalty = ledger.store.rates().penalty();
        let clock = ledger.store.account(account).clock;
        liquidation::plan(
            &valued.health,
            movable,
            penalty.rate(clock.unhealthy)?,
            self.max_share,
            is_dust(ledger.store, &valued.positions)?,
        )
    }

    fn execute(&mut self, account: B256, moving: &Positions, plan: &Liquidation) -> Result<()> {
        let ledger = &mut self.session.ledger;
        let (into, pool) = (self.into, self.pool);
        let words = [
            word(account),
            word(into),
            Word::of(plan.share.0),
            usd(plan.penalty),
        ];
        emit(topic!(IMarginVault::Liquidated), 2, &words);
        let left = ledger.take_over(account, into, pool, plan, moving.legs(), &mut self.taken)?;
        if ledger.store.account(account).closing {
            // A deleveraging that goes on would otherwise close its share of what this has moved as well.
            let closing = ledger.store.closing(account).less(plan.share)?;
            ledger.store.set_closing(account, &closing);
        }
        // The half that insurance gets, with the odd unit: it raises the cover of what was liquidated.
        flows::pay_in(ledger, moving, Usd(plan.penalty.0 - plan.penalty.0 / 2))?;
        self.session.observe(account, &left.health);
        self.any = true;
        Ok(())
    }

    /// Hands over what was taken, once; reverts unless the account that takes it meets initial margin.
    fn finish(mut self) {
        if self.any {
            let received = self.session.ledger.receive(self.into, &self.taken);
            let valued = received.or_revert();
            self.session.observe(self.into, &valued.health);
            // Once, for all that was taken: legs of several accounts may hedge one another.
            let equity = valued.mature_equity(self.session.now).or_revert();
            let initial = self.session.initial(&valued.positions);
            require(equity >= initial, Error::InsufficientMargin);
        }
        self.session.finish_in_place();
    }
}
