//! Maturity of profit: how much of an account's P may not be converted, nor counted for initial margin, yet.

use crate::math::decay;
use crate::{Usd, math};

/// WAD units in one micro-dollar, the unit that immature gain is kept in.
const MICRO: i128 = 1_000_000_000_000;

/// How fast gains mature: the time in which an immature gain falls to 1/e.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Maturity {
    /// Of gains that arose in the guard's Normal tier.
    #[default]
    TenMinutes = 0,
    /// Of gains that arose in Caution.
    Hour = 1,
    /// Of gains that arose in Restricted or Halted.
    Day = 2,
}

impl Maturity {
    /// The maturity with number `value`; anything above 2 is a day.
    #[must_use]
    pub const fn from_u8(value: u8) -> Self {
        match value {
            0 => Self::TenMinutes,
            1 => Self::Hour,
            _ => Self::Day,
        }
    }

    /// Seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::TenMinutes => 600,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

/// Until when the asset of an instrument was last in the guard's stricter tiers: the unix time of the first second after, which is
/// yet to come while it is in one; zero if it never was, or so long ago that what was gained then would have matured since. That of
/// Restricted and Halted is above 32 bits with that of Caution and stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TierEnds(u64);

impl TierEnds {
    /// Of an instrument whose tiers nobody knows any more.
    pub const NEVER: Self = Self(u64::MAX);

    /// Of Caution and stricter, and of Restricted and Halted.
    #[must_use]
    pub fn new(caution: u32, restricted: u32) -> Self {
        Self(u64::from(restricted) << u32::BITS | u64::from(caution))
    }

    /// The maturity of gains that arose after unix time `since`: that of the strictest tier since then, so that a gain which
    /// nobody settles until its market is calm again matures no sooner (DESIGN 3, Maturity).
    #[must_use]
    pub fn maturity_since(self, since: u32) -> Maturity {
        let since = u64::from(since);
        if self.0 >> u32::BITS > since {
            Maturity::Day
        } else if self.0 & u64::from(u32::MAX) > since {
            Maturity::Hour
        } else {
            Maturity::TenMinutes
        }
    }
}

/// I: settled gains and losses of an account, decaying as exp(-t/T). Its positive part is immature.
///
/// It is kept in micro-dollars, rounded up, so that at most 1e-6 more than is due stays immature for each change. Less
/// than a micro-dollar counts as nothing. A number beyond +-9.2e12 USD counts as that; while it stands at the upper end
/// all profit is immature, and it decays from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maturing {
    /// I in micro-dollars at `since`.
    pub amount: i64,
    /// Unix time up to which `amount` has decayed: that of the account's last settlement.
    pub since: u32,
    /// T: the longest maturity among the tiers in which its gains arose, since it was last zero or below.
    pub class: Maturity,
}

impl Maturing {
    /// The number at unix time `now`. The time stays where it was while less than a micro-dollar would go, so that
    /// frequent settlement does not stop the decay.
    #[must_use]
    pub fn at(self, now: u64) -> Self {
        let now = u32::try_from(now).unwrap_or(u32::MAX).max(self.since);
        let left = self.left(now - self.since);
        if left == self.amount && left != 0 {
            return self;
        }
        Self::new(left, now, self.class)
    }

    /// The number after the account settled `change`, a gain of class `class` or a loss, at unix time `now`. A gain that takes
    /// longer than ten minutes is added to max(I, 0), so that no loss of before makes it mature.
    #[must_use]
    pub fn plus(self, change: Usd, class: Maturity, now: u64) -> Self {
        let micros = micros_up(change);
        if micros == 0 {
            return self.at(now);
        }
        let now = u32::try_from(now).unwrap_or(u32::MAX).max(self.since);
        let left = self.left(now - self.since);
        let (left, class) = if micros > 0 && class > Maturity::TenMinutes {
            (left.max(0), self.class.max(class))
        } else {
            (left, self.class)
        };
        Self::new(left.saturating_add(micros), now, class)
    }

    /// How much of the settled profit `pnl` is immature at unix time `now`: clamp(I, 0, P).
    #[must_use]
    pub fn immature(self, pnl: Usd, now: u64) -> Usd {
        match self.at(now).amount {
            i64::MAX => pnl.or_zero(),
            amount => Usd(i128::from(amount) * MICRO).or_zero().min(pnl.or_zero()),
        }
    }

    /// A number that starts anew where nothing is immature.
    fn new(amount: i64, since: u32, class: Maturity) -> Self {
        let class = if amount > 0 {
            class
        } else {
            Maturity::default()
        };
        Self {
            amount,
            since,
            class,
        }
    }

    /// What is left of the number after `elapsed` seconds, rounded up; less than a micro-dollar is nothing.
    fn left(self, elapsed: u32) -> i64 {
        if elapsed == 0 || self.amount == 0 {
            return self.amount;
        }
        let period = self.class.seconds();
        let ratio = if self.amount > 0 {
            decay::left_up(elapsed.into(), period)
        } else {
            decay::left_down(elapsed.into(), period)
        };
        // At most 2^63 x 1e18, below 2^123.
        let product = u128::from(self.amount.unsigned_abs()) * ratio.0;
        let whole = i64::try_from(product / crate::WAD).unwrap_or(i64::MAX);
        if self.amount < 0 {
            -whole
        } else if whole == 0 || product.is_multiple_of(crate::WAD) {
            whole
        } else {
            whole.saturating_add(1)
        }
    }
}

/// An amount in micro-dollars, rounded up, at the end of the range if it is beyond.
fn micros_up(amount: Usd) -> i64 {
    let limit = if amount.0 < 0 { i64::MIN } else { i64::MAX };
    let micros = math::mul_div_ceil(amount.0, 1, MICRO.unsigned_abs());
    micros.map_or(limit, |micros| i64::try_from(micros).unwrap_or(limit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOLLAR: i128 = 1_000_000 * MICRO;

    fn gained(dollars: i128, class: Maturity, now: u64) -> Maturing {
        Maturing::default().plus(Usd(dollars * DOLLAR), class, now)
    }

    #[test]
    fn a_gain_matures_to_one_part_in_e_in_its_time() {
        for class in [Maturity::TenMinutes, Maturity::Hour, Maturity::Day] {
            let number = gained(1_000, class, 50).at(50 + u64::from(class.seconds()));
            assert_eq!(number.amount, 367_879_442);
        }
    }

    #[test]
    fn what_was_gained_since_matures_by_the_strictest_tier_since() {
        let ends = TierEnds::new(200, 100);
        let by = |since| ends.maturity_since(since);
        assert_eq!([0, 99].map(by), [Maturity::Day; 2]);
        assert_eq!([100, 199].map(by), [Maturity::Hour; 2]);
        assert_eq!([200, u32::MAX].map(by), [Maturity::TenMinutes; 2]);
        assert_eq!(TierEnds::default().maturity_since(0), Maturity::TenMinutes);
        let late = u32::MAX - 1;
        assert_eq!(TierEnds::NEVER.maturity_since(late), Maturity::Day);
    }

    #[test]
    fn the_longest_maturity_stays_until_nothing_is_immature() {
        let number = gained(1, Maturity::Day, 10).plus(Usd(DOLLAR), Maturity::TenMinutes, 10);
        assert_eq!((number.class, number.amount), (Maturity::Day, 2_000_000));
        let number = number.plus(Usd(-DOLLAR), Maturity::TenMinutes, 10);
        assert_eq!((number.class, number.amount), (Maturity::Day, 1_000_000));
        let number = number.plus(Usd(-DOLLAR), Maturity::Day, 10);
        assert_eq!((number.class, number.amount), (Maturity::TenMinutes, 0));
    }

    #[test]
    fn a_loss_offsets_the_gain_of_a_quiet_market_after_it_and_is_forgotten_like_one() {
        let number = gained(-100, Maturity::Day, 0);
        assert_eq!(number.class, Maturity::TenMinutes);
        assert_eq!(number.immature(Usd(DOLLAR), 0), Usd::ZERO);
        let later = number.plus(Usd(60 * DOLLAR), Maturity::TenMinutes, 600);
        assert_eq!(later.amount, 60_000_000 - 36_787_944);
        assert_eq!(later.class, Maturity::TenMinutes);
    }

    #[test]
    fn no_loss_of_before_makes_a_gain_mature_that_takes_longer() {
        for class in [Maturity::Hour, Maturity::Day] {
            let number = gained(-100, Maturity::TenMinutes, 0).plus(Usd(60 * DOLLAR), class, 0);
            assert_eq!((number.amount, number.class), (60_000_000, class));
            // A loss afterwards does: the gain is gone.
            let lost = number.plus(Usd(-60 * DOLLAR), class, 0);
            assert_eq!(lost, Maturing::default().at(0));
        }
    }

    #[test]
    fn what_is_paid_on_matures_as_slowly_while_something_is_immature() {
        let number = gained(10, Maturity::Day, 0);
        assert_eq!(number.at(86_400).class, Maturity::Day);
        let nothing = number.plus(Usd(-10 * DOLLAR), Maturity::Day, 86_400);
        assert_eq!(nothing.at(86_400).class, Maturity::TenMinutes);
        let dust = Maturing::default().plus(Usd(1), Maturity::Day, 5);
        assert_eq!(dust.at(6).class, Maturity::TenMinutes);
    }

    #[test]
    fn immature_profit_is_at_most_the_profit_and_never_negative() {
        let number = gained(10, Maturity::Hour, 0);
        assert_eq!(number.immature(Usd(3 * DOLLAR), 0), Usd(3 * DOLLAR));
        assert_eq!(number.immature(Usd(30 * DOLLAR), 0), Usd(10 * DOLLAR));
        assert_eq!(number.immature(Usd(-DOLLAR), 0), Usd::ZERO);
    }

    #[test]
    fn beyond_the_range_everything_is_immature() {
        let vast = Usd(2_500_000_000_000_000 * DOLLAR);
        let number = Maturing::default().plus(vast, Maturity::Hour, 0);
        assert_eq!(number.immature(vast, 0), vast);
        assert_eq!(number.plus(vast, Maturity::Hour, 0), number);
        let loss = Maturing::default().plus(Usd(-vast.0), Maturity::Hour, 0);
        assert_eq!(loss.plus(Usd(-vast.0), Maturity::Hour, 0).amount, i64::MIN);
        assert!(loss.at(600).amount > loss.amount);
    }

    #[test]
    fn touching_every_second_does_not_stop_the_decay() {
        let mut number = gained(0, Maturity::Day, 0).plus(Usd(1_000 * MICRO), Maturity::Day, 0);
        for now in 1..=86_400 {
            number = number.at(now);
        }
        assert!((368..=375).contains(&number.amount), "{}", number.amount);
    }

    #[test]
    fn what_is_left_of_a_micro_dollar_is_nothing() {
        let number = Maturing::default().plus(Usd(1), Maturity::Day, 5);
        assert_eq!(number.amount, 1);
        assert_eq!(number.at(6), Maturing::default().at(6));
    }

    #[test]
    fn a_clock_that_runs_backwards_changes_nothing() {
        let number = gained(10, Maturity::Hour, 1_000);
        assert_eq!(number.at(10), number);
        assert_eq!(number.plus(Usd(DOLLAR), Maturity::Hour, 10).since, 1_000);
    }

    fn class() -> impl Strategy<Value = Maturity> {
        (0u8..4).prop_map(Maturity::from_u8)
    }

    proptest! {
        #[test]
        fn it_keeps_more_than_exact_decay_would_and_little_more(
            gain in 0i128..1 << 100, class in class(), first in 0u64..200_000, second in 0u64..200_000,
        ) {
            let number = Maturing::default().plus(Usd(gain), class, 7);
            let once = number.at(7 + first + second).amount;
            let twice = number.at(7 + first).at(7 + first + second).amount;
            // One, and one more where less than a micro-dollar is left.
            prop_assert!(once.abs_diff(twice) <= 2 + number.amount.unsigned_abs() / 100_000_000_000_000_000, "{once} {twice}");
            let exact = (gain as f64 / 1e12) * (-((first + second) as f64) / f64::from(class.seconds())).exp();
            prop_assert!((once as f64) >= (exact - 1.0) * (1.0 - 1e-12) && (once as f64) <= exact * (1.0 + 1e-12) + 3.0);
        }

        #[test]
        fn immature_profit_falls_with_time_and_rises_with_gains(
            changes in prop::collection::vec((-(1i128 << 90)..1 << 90, class(), 0u64..10_000), 1..20),
            pnl in 0i128..1 << 95, wait in 0u64..100_000, more in 0i128..1 << 90,
        ) {
            let (mut number, mut now) = (Maturing::default(), 1);
            for (change, class, secs) in changes {
                now += secs;
                number = number.plus(Usd(change), class, now);
                prop_assert!(number.amount > 0 || number.class == Maturity::TenMinutes);
            }
            let immature = number.immature(Usd(pnl), now);
            prop_assert!(Usd::ZERO <= immature && immature <= Usd(pnl));
            prop_assert!(number.immature(Usd(pnl), now + wait) <= immature);
            prop_assert!(number.plus(Usd(more), Maturity::Hour, now).immature(Usd(pnl), now) >= immature);
        }
    }
}
