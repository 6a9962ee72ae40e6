//! Capital that comes and goes, and payments between accounts.

use super::{Ledger, Valued};
use crate::{Account, Coverage, Error, Maturity, Ratio, Result, Store, Usd, refuse};

/// What is insured where a conversion leaves insurance out of account.
const UNINSURED: Usd = Usd::ZERO;

/// What a conversion did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Profit taken.
    pub profit: Usd,
    /// Capital given for it.
    pub received: Usd,
}

impl<S: Store> Ledger<'_, S> {
    /// Credits capital for tokens that have arrived; a debt is paid out of it first. One that pays off the debt of an account
    /// has to be followed by a touch, at fresh marks, which takes its legs out of the bucket of those in debt.
    ///
    /// # Errors
    /// [`Error::Overflow`], beyond [`Usd::MAX_TOKENS`] as well.
    pub fn deposit(&mut self, id: S::AccountId, amount: Usd) -> Result<()> {
        self.totals.tokens = self.totals.tokens.plus(amount)?.within(Usd::MAX_TOKENS)?;
        self.credit_stored(id, Usd::ZERO, amount)
    }

    /// Settles an account and takes capital from it, for tokens that leave; its legs move to the bucket that is due then.
    ///
    /// # Errors
    /// [`Error::InsufficientCapital`] if the account holds less; [`Error::Overflow`].
    pub fn withdraw(&mut self, id: S::AccountId, amount: Usd) -> Result<Valued> {
        self.totals.tokens = self.totals.tokens.minus(amount)?;
        self.take(id, amount)
    }

    /// Settles an account and moves capital from it into another; its legs move to the bucket that is due then.
    ///
    /// # Errors
    /// [`Error::SameAccount`]; [`Error::InsufficientCapital`] if the account holds less; [`Error::Overflow`].
    pub fn transfer(
        &mut self,
        from: S::AccountId,
        to: S::AccountId,
        amount: Usd,
    ) -> Result<Valued> {
        if from == to {
            return refuse(Error::SameAccount);
        }
        let valued = self.take(from, amount)?;
        self.credit_stored(to, Usd::ZERO, amount)?;
        Ok(valued)
    }

    /// Moves capital from an account into another, for a price that has to be paid, and settles neither: whoever pays has to meet
    /// its margin, all its legs' gains counted, when the price is taken off its equity.
    ///
    /// # Errors
    /// [`Error::SameAccount`]; [`Error::InsufficientCapital`] if the account holds less; [`Error::Overflow`].
    pub fn charge(&mut self, id: S::AccountId, payee: S::AccountId, price: Usd) -> Result<()> {
        if id == payee {
            return refuse(Error::SameAccount);
        }
        self.credit_stored(id, Usd::ZERO, price.negated()?)?;
        self.credit_stored(payee, Usd::ZERO, price)
    }

    /// Settles an account, takes capital from it, and moves its legs to the bucket that is due.
    fn take(&mut self, id: S::AccountId, amount: Usd) -> Result<Valued> {
        let mut account = self.store.account(id);
        let legs = self.settle(id, &mut account)?;
        self.credit(&mut account, Usd::ZERO, amount.negated()?)?;
        account.closing = false;
        self.place(id, &mut account, &legs)?;
        self.keep(id, &mut account)?;
        self.value(account, &legs, self.coverage()?)
    }

    /// As [`Ledger::convert`], by the account's owner. While insurance would pay debts that can be closed, nobody converts: covers
    /// may yet make it pay less, at the cost of whoever converts later, or it may pay all, and a haircut would have been for
    /// nothing. Stuck debts stop nobody, and count as uninsured.
    ///
    /// # Errors
    /// [`Error::DebtOpen`]; [`Error::Overflow`].
    pub fn convert_own(&mut self, id: S::AccountId, limit: Usd) -> Result<Converted> {
        self.check_no_insurable_debt()?;
        let coverage = self.totals.coverage(UNINSURED)?;
        self.convert_at(coverage, id, limit)
    }

    /// As [`Ledger::convert`], of an account whose vault has been impaired for long, by anybody; insurance that counts on stuck debts
    /// is counted.
    ///
    /// # Errors
    /// [`Error::DebtOpen`]; [`Error::Overflow`].
    pub fn convert_forced(&mut self, id: S::AccountId, limit: Usd) -> Result<Converted> {
        self.check_no_insurable_debt()?;
        self.convert(id, limit)
    }

    /// Refuses while what profit is worth depends on what insurance will pay for debts that can be closed.
    fn check_no_insurable_debt(&self) -> Result<()> {
        let open = self.missing()? != self.totals.missing(UNINSURED)?;
        if open && self.totals.debt > self.store.stuck() {
            return refuse(Error::DebtOpen);
        }
        Ok(())
    }

    /// Turns at most `limit` of a touched account's mature profit into capital at h, as far as there are tokens that no
    /// capital claims; worthless profit is cancelled against the shortfall. Leaves h as it is, or rounds it up.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn convert(&mut self, id: S::AccountId, limit: Usd) -> Result<Converted> {
        self.convert_at(self.coverage()?, id, limit)
    }

    fn convert_at(
        &mut self,
        coverage: Coverage,
        id: S::AccountId,
        limit: Usd,
    ) -> Result<Converted> {
        let account = self.store.account(id);
        let mature = account.pnl.or_zero().minus(account.immature(self.now))?;
        let profit = mature.min(limit);
        let (taken, received) = if coverage.is_zero() {
            (profit, Usd::ZERO)
        } else {
            let worth = coverage.worth(profit)?;
            match worth.min(self.totals.tokens.minus(self.totals.capital)?) {
                Usd::ZERO => return Ok(Converted::default()),
                received if received == worth => (profit, received),
                received => (coverage.profit_worth(received)?.min(profit), received),
            }
        };
        self.credit_stored(id, taken.negated()?, received)?;
        self.haircut(taken.minus(received)?)?;
        Ok(Converted {
            profit: taken,
            received,
        })
    }

    /// Moves everything that an account without legs holds into two others: a share, rounded down, to the first. What is due to
    /// one in debt stays where it is, to be divided with what comes next. Returns what each was given, profit at its worth rounded
    /// down.
    ///
    /// # Errors
    /// [`Error::SameAccount`] unless the three differ; [`Error::Overflow`].
    pub fn distribute(
        &mut self,
        from: S::AccountId,
        to: [S::AccountId; 2],
        share: Ratio,
    ) -> Result<[Usd; 2]> {
        if from == to[0] || from == to[1] || to[0] == to[1] {
            return refuse(Error::SameAccount);
        }
        let coverage = self.coverage()?;
        let mut payer = self.store.account(from);
        payer.maturing = payer.maturing.at(self.now);
        let mut given = [Usd::ZERO; 2];
        for ((payee, share), given) in to.into_iter().zip([share, Ratio::ONE]).zip(&mut given) {
            let mut account = self.store.account(payee);
            if account.in_debt() {
                continue;
            }
            let junior = payer.pnl.or_zero().times_down(share)?;
            let senior = payer.capital.times_down(share)?;
            self.hand_over(&mut payer, &mut account, junior, senior)?;
            self.keep_paid(payee, &mut account)?;
            *given = coverage.worth(junior)?.plus(senior)?;
        }
        // What was slow the two have: without legs nothing was lost that the next fees could gain back, and be as slow.
        payer.maturing.lost = [0; 2];
        self.keep(from, &mut payer)?;
        Ok(given)
    }

    /// Pays `value`, or what the payer has: profit moves as profit, at h; the rest moves as capital. Returns what was paid.
    pub(super) fn pay(
        &mut self,
        payer: &mut Account,
        payee: &mut Account,
        value: Usd,
    ) -> Result<Usd> {
        if value == Usd::ZERO {
            return Ok(value);
        }
        let coverage = self.coverage()?;
        let profit = if coverage.is_zero() {
            Usd::ZERO
        } else {
            payer.pnl.or_zero()
        };
        let worth = coverage.worth(profit)?;
        let junior = if worth <= value {
            profit
        } else {
            coverage.profit_worth(value)?.min(profit)
        };
        let senior = value.minus(worth)?.or_zero().min(payer.capital);
        self.hand_over(payer, payee, junior, senior)?;
        worth.min(value).plus(senior)
    }

    /// As [`Ledger::pay`], into a stored account.
    pub(super) fn pay_to(
        &mut self,
        payer: &mut Account,
        payee: S::AccountId,
        value: Usd,
    ) -> Result<Usd> {
        if value == Usd::ZERO {
            return Ok(value);
        }
        let mut account = self.store.account(payee);
        let paid = self.pay(payer, &mut account, value)?;
        self.keep_paid(payee, &mut account)?;
        Ok(paid)
    }

    /// Moves profit that the payer has, with what is immature of it, the slowest first, and capital. Both have to be settled: what
    /// the payer's numbers have not decayed by counts as immature, and what the payee's legs have gained as gained from now on.
    fn hand_over(
        &mut self,
        payer: &mut Account,
        payee: &mut Account,
        junior: Usd,
        senior: Usd,
    ) -> Result<()> {
        let class = Maturity::TenMinutes;
        let own = payer.maturing.amounts;
        for (account, junior, senior) in [
            (payer, junior.negated()?, senior.negated()?),
            (payee, junior, senior),
        ] {
            account.maturing = account.maturing.paid(junior, class, &own, self.now);
            self.credit(account, junior, senior)?;
        }
        Ok(())
    }

    /// Adds profit or loss, and capital, to an account and the totals.
    pub(super) fn credit(&mut self, account: &mut Account, pnl: Usd, capital: Usd) -> Result<()> {
        let old = *account;
        account.credit(pnl, capital)?;
        self.totals.replace(&old, account)
    }

    fn credit_stored(&mut self, id: S::AccountId, pnl: Usd, capital: Usd) -> Result<()> {
        let mut account = self.store.account(id);
        self.credit(&mut account, pnl, capital)?;
        self.keep(id, &mut account)?;
        Ok(())
    }
}
