//! The vault's running totals, and what a unit of profit is worth.

use crate::{Account, Result, Usd, math};

/// Running totals of one vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// V: quote tokens held for accounts.
    pub tokens: Usd,
    /// Sum of C; never above V.
    pub capital: Usd,
    /// Sum of max(P, 0).
    pub profit: Usd,
    /// Sum of max(-P, 0).
    pub debt: Usd,
    /// Deficits written off, less haircuts taken; negative while haircuts have paid for debts that are still open.
    pub shortfall: Usd,
    /// G: unsettled gains of the instrument sides that are ahead.
    pub gains: Usd,
    /// Unix time since when the vault has been impaired; zero while it is not. Its keeper moves it.
    pub impaired_since: u32,
}

/// The vault is impaired when W exceeds one part in this many of V.
const IMPAIRED: i128 = 1_000;

impl Totals {
    /// Replaces an account's part in the totals.
    pub(crate) fn replace(&mut self, old: &Account, new: &Account) -> Result<()> {
        self.capital = self.capital.minus(old.capital)?.plus(new.capital)?;
        self.profit = self
            .profit
            .minus(old.pnl.or_zero())?
            .plus(new.pnl.or_zero())?;
        self.debt = self
            .debt
            .minus(old.pnl.deficit()?)?
            .plus(new.pnl.deficit()?)?;
        Ok(())
    }

    /// Every total, if none is beyond [`Usd::MAX`].
    pub(crate) fn checked(&self) -> Result<&Self> {
        for total in [
            self.tokens,
            self.capital,
            self.profit,
            self.debt,
            self.shortfall,
            self.gains,
        ] {
            total.within(Usd::MAX)?;
        }
        Ok(self)
    }

    /// Whether the vault is impaired once `missing` is missing: when that exceeds 0.1 % of the smaller of V and its `average` of 24
    /// hours, and from then on until it is below half of that. `average` is asked for only if something is missing.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never.
    pub fn is_impaired(&self, missing: Usd, average: impl FnOnce() -> Usd) -> Result<bool> {
        if missing <= Usd::ZERO {
            return Ok(false);
        }
        let threshold = self.tokens.min(average()).0 / IMPAIRED;
        Ok(if self.impaired_since > 0 {
            missing.plus(missing)?.0 >= threshold
        } else {
            missing.0 > threshold
        })
    }

    /// Whether an operation that moves no tokens finds the vault impaired: it has been since one that did, or `missing` exceeds 0.1 %
    /// of V. That it is no more is for others to see.
    #[must_use]
    pub const fn is_seen_impaired(&self, missing: Usd) -> bool {
        self.impaired_since > 0 || missing.0 > self.tokens.0 / IMPAIRED
    }

    /// W: what nobody has paid for, written-off deficits and known debt beyond what is `insured` of it now: what insurance pays, or
    /// nothing where it is left out of account.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if a sum does not fit.
    pub fn missing(&self, insured: Usd) -> Result<Usd> {
        Ok(self
            .shortfall
            .plus(self.debt.minus(insured)?.or_zero())?
            .or_zero())
    }

    /// The coverage ratio h.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if a sum does not fit.
    pub fn coverage(&self, insured: Usd) -> Result<Coverage> {
        let claims = self.profit.plus(self.gains)?;
        let backed = claims.minus(self.missing(insured)?)?.or_zero();
        Ok(Coverage {
            backed: math::unsigned(backed.0)?,
            claims: math::unsigned(claims.0)?,
        })
    }
}

/// Profit is worth nothing below one part in this many.
const WORTHLESS: u128 = 1_000_000_000_000;

/// The coverage ratio h = clamp(1 - W / (sum P+ + G), 0, 1), kept as a fraction so that it is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    backed: u128,
    claims: u128,
}

impl Coverage {
    /// Nothing is missing.
    pub const FULL: Self = Self {
        backed: 0,
        claims: 0,
    };

    /// Whether nothing is missing.
    #[must_use]
    pub const fn is_full(self) -> bool {
        self.backed == self.claims
    }

    /// Whether profit is worth nothing: less than 1e-12 of its amount, which rounding may leave where h is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.backed < self.claims.div_ceil(WORTHLESS)
    }

    /// h as a WAD, rounded down.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never, for a ratio of at most one.
    pub fn ratio(self) -> Result<u128> {
        if self.is_full() {
            Ok(crate::WAD)
        } else {
            math::mul_div_down(crate::WAD, self.backed, self.claims)
        }
    }

    /// What `profit` (not negative) is worth, rounded down.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `profit` is negative.
    pub fn worth(self, profit: Usd) -> Result<Usd> {
        if self.is_full() {
            return Ok(profit);
        }
        Ok(Usd(math::signed(math::mul_div_down(
            math::unsigned(profit.0)?,
            self.backed,
            self.claims,
        )?)?))
    }

    /// The profit that is worth `value` (not negative), rounded up.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit, or profit is worth nothing.
    pub fn profit_worth(self, value: Usd) -> Result<Usd> {
        if self.is_full() {
            return Ok(value);
        }
        Ok(Usd(math::signed(math::mul_div_up(
            math::unsigned(value.0)?,
            self.claims,
            self.backed,
        )?)?))
    }

    /// Capital and settled profit of an account that has just been settled.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if the sum does not fit.
    pub fn equity(self, account: &Account) -> Result<Usd> {
        let pnl = if account.in_debt() {
            account.pnl
        } else {
            self.worth(account.pnl)?
        };
        account.capital.plus(pnl)
    }
}
