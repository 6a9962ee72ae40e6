//! What an owner brought of late and has not taken away again: it may leave without using the outflow that all share.
//!
//! A deposit into any account of an owner's credits the owner, whoever made it, on the UTC day that it was made on and the next.
//! A withdrawal from any account of the owner's uses the credit first, the older part before. So tokens that pass through use
//! nothing up, and nobody leaves by what others brought. A credit is no claim: a withdrawal pays capital that the owner has, and
//! no trade, penalty or transfer moves a credit to somebody else.

use crate::{Result, Usd};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What an owner deposited on two days, as far as no withdrawal has used it. Amounts of the quote token, WAD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// Deposited on `day`.
    pub today: Usd,
    /// Deposited on the day before.
    pub before: Usd,
    /// The last day of a deposit or a withdrawal, days since 1970.
    pub day: u32,
}

impl Credit {
    /// The credit at unix time `now`: what is older than the day before counts no more. A time before `day` counts as that.
    #[must_use]
    pub fn at(self, now: u64) -> Self {
        let day = u32::try_from(now / DAY).unwrap_or(u32::MAX);
        match day.saturating_sub(self.day) {
            0 => self,
            1 => Self {
                today: Usd::ZERO,
                before: self.today,
                day,
            },
            _ => Self {
                day,
                ..Self::default()
            },
        }
    }

    /// The credit after a deposit at unix time `now`. What a day brings beyond [`Usd::MAX`] credits nobody.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if the sum does not fit 127 bits.
    pub fn deposited(self, amount: Usd, now: u64) -> Result<Self> {
        let current = self.at(now);
        Ok(Self {
            today: current.today.plus(amount)?.min(Usd::MAX),
            ..current
        })
    }

    /// What a withdrawal may use of it, of a credit that is brought up to date.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never: both parts are at most [`Usd::MAX`].
    pub fn available(&self) -> Result<Usd> {
        self.before.plus(self.today)
    }

    /// Uses at most `wanted` of a credit that is brought up to date, the older part first. Returns what was used.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) never, for a `wanted` of at least zero.
    pub fn take(&mut self, wanted: Usd) -> Result<Usd> {
        let older = wanted.min(self.before);
        let newer = wanted.minus(older)?.min(self.today);
        self.before = self.before.minus(older)?;
        self.today = self.today.minus(newer)?;
        older.plus(newer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOON: u64 = 20_000 * DAY + DAY / 2;

    fn deposited(amount: i128, now: u64) -> Credit {
        Credit::default().deposited(Usd(amount), now).unwrap()
    }

    #[test]
    fn a_deposit_credits_its_day_and_the_next() {
        let credit = deposited(100, NOON);
        let available = |now| credit.at(now).available();
        let midnight = NOON - NOON % DAY;
        assert_eq!(available(NOON), Ok(Usd(100)));
        assert_eq!(available(midnight + 2 * DAY - 1), Ok(Usd(100)));
        assert_eq!(available(midnight + 2 * DAY), Ok(Usd(0)));
        assert_eq!(available(midnight + 200 * DAY), Ok(Usd(0)));
        assert_eq!(available(0), Ok(Usd(100)), "a clock that runs backwards");
    }

    #[test]
    fn a_withdrawal_uses_the_older_part_first() {
        let mut credit = deposited(100, NOON).deposited(Usd(50), NOON + DAY).unwrap();
        assert_eq!(credit.take(Usd(70)), Ok(Usd(70)));
        assert_eq!((credit.before, credit.today), (Usd(30), Usd(50)));
        assert_eq!(credit.take(Usd(40)), Ok(Usd(40)));
        assert_eq!((credit.before, credit.today), (Usd(0), Usd(40)));
        assert_eq!(credit.take(Usd(41)), Ok(Usd(40)));
        assert_eq!(credit.available(), Ok(Usd::ZERO));
    }

    #[test]
    fn what_a_day_brings_beyond_the_largest_amount_credits_nobody() {
        let credit = deposited(Usd::MAX.0, NOON);
        let more = credit.deposited(Usd::MAX, NOON).unwrap();
        assert_eq!(more.today, Usd::MAX);
        let next = more.deposited(Usd::MAX, NOON + DAY).unwrap();
        assert_eq!(next.available(), Usd::MAX.plus(Usd::MAX));
    }

    proptest! {
        #[test]
        fn a_credit_is_what_was_deposited_since_the_day_before_and_not_used(
            steps in prop::collection::vec((0_u64..60_000, 0_i128..1_000, any::<bool>()), 1..60),
        ) {
            let mut credit = Credit::default();
            // Day of each deposit, and what is left of it.
            let mut left: [(u64, i128); 60] = [(0, 0); 60];
            let mut now = NOON;
            for (step, (wait, amount, deposits)) in steps.into_iter().enumerate() {
                now += wait;
                if deposits {
                    credit = credit.deposited(Usd(amount), now).unwrap();
                    left[step] = (now / DAY, amount);
                    continue;
                }
                credit = credit.at(now);
                let used = credit.take(Usd(amount)).unwrap();
                let mut due = 0;
                for (_, rest) in left.iter_mut().filter(|(day, _)| day + 1 >= now / DAY) {
                    let part = (*rest).min(amount - due);
                    *rest -= part;
                    due += part;
                }
                prop_assert_eq!(used, Usd(due));
            }
        }
    }
}
