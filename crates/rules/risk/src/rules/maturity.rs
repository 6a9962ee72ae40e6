//! Maturity of profit: how much of an account's P may not be converted, nor counted for initial margin, yet.

use crate::Usd;
use crate::decay;

/// WAD units in one micro-dollar, the unit that immature gain is kept in.
const MICRO: i128 = 1_000_000_000_000;

/// T of each [`Maturity`].
const SECONDS: [u32; 3] = [600, 3_600, 86_400];

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
        SECONDS[self as usize]
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

/// I: settled gains and losses of an account, decaying as exp(-t/T), those of each maturity apart. What is above zero of each is
/// immature.
///
/// A slow gain that is lost is remembered for as long as it would have taken to mature, and what is gained meanwhile is as slow: or
/// whoever holds a leg and its hedge would lose slow profit by one of them, in a quiet market, and gain it back by the other.
///
/// They are kept in micro-dollars, rounded up, so that at most 1e-6 more than is due stays immature for each change; who is
/// settled every second keeps at most a micro-dollar x T. Less than a micro-dollar counts as nothing. A number beyond +-9.2e12 USD
/// counts as that; while it stands at the upper end all profit is immature, and it decays from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maturing {
    /// I of each [`Maturity`] in micro-dollars at `since`. Only the first may be below zero: losses that offset what is gained in
    /// quiet markets after them.
    pub amounts: [i64; 3],
    /// What losses have taken of those of an hour and of a day, in micro-dollars at `since`, less what was gained back.
    pub lost: [i64; 2],
    /// Unix time up to which they have decayed: that of the account's last settlement.
    pub since: u32,
}

impl Maturing {
    /// The numbers at unix time `now`.
    #[inline(never)]
    #[must_use]
    pub fn at(mut self, now: u64) -> Self {
        let now = u32::try_from(now).unwrap_or(u32::MAX).max(self.since);
        let elapsed = now.wrapping_sub(self.since);
        self.since = now;
        decay_all(&mut self.amounts, &SECONDS, elapsed);
        decay_all(&mut self.lost, &SECONDS[1..], elapsed);
        self
    }

    /// The numbers after the account settled `change`, a gain of class `class` or a loss, at unix time `now`. A gain adds to what
    /// matures as it does, or as slowly as what was lost before and is gained back by it. A loss takes from what is immature, the
    /// fastest first; what is left of it offsets gains of [`Maturity::TenMinutes`] after it, and no others.
    #[must_use]
    pub fn plus(self, change: Usd, class: Maturity, now: u64) -> Self {
        self.paid(change, class, &[0; 3], now)
    }

    /// As [`Maturing::plus`] of a gain that another account has paid: as much of it is as slow as what was immature there before, the
    /// slowest first. Nothing else is slowed by it, and whoever pays with what has matured keeps what has not.
    #[inline(never)]
    #[must_use]
    pub(crate) fn paid(self, change: Usd, class: Maturity, payer: &[i64; 3], now: u64) -> Self {
        let mut new = self.at(now);
        let change = micros_up(change);
        if change < 0 {
            new.lose(change);
        } else {
            new.gain(change, class as usize, payer);
        }
        new
    }

    fn lose(&mut self, mut change: i64) {
        for place in 0..SECONDS.len() {
            let taken = change.max(self.amounts[place].max(0).wrapping_neg());
            self.amounts[place] = self.amounts[place].wrapping_add(taken);
            change = change.wrapping_sub(taken);
            if place > 0 {
                grow(&mut self.lost[place - 1], taken.wrapping_neg());
            }
        }
        grow(&mut self.amounts[0], change);
    }

    /// Adds a gain: first as much as is slow of who pays it, which gains back nothing that was lost here; then what it gains back, the
    /// slowest first; then the rest.
    fn gain(&mut self, mut change: i64, place: usize, payer: &[i64; 3]) {
        for slower in (place + 1..SECONDS.len()).rev() {
            let part = payer[slower].min(change);
            grow(&mut self.amounts[slower], part);
            change = change.wrapping_sub(part);
        }
        for slower in (1..SECONDS.len()).rev() {
            let lost = &mut self.lost[slower - 1];
            let part = change.min(*lost);
            *lost = lost.wrapping_sub(part);
            grow(&mut self.amounts[slower.max(place)], part);
            change = change.wrapping_sub(part);
        }
        grow(&mut self.amounts[place], change);
    }

    /// How much of the settled profit `pnl` is immature at unix time `now`: clamp(I, 0, P).
    #[must_use]
    pub fn immature(self, pnl: Usd, now: u64) -> Usd {
        let mut sum = 0_i64;
        for amount in self.at(now).amounts {
            sum = sum.saturating_add(amount.max(0));
        }
        match sum {
            i64::MAX => pnl.or_zero(),
            sum => Usd(i128::from(sum).wrapping_mul(MICRO)).min(pnl.or_zero()),
        }
    }
}

/// Lets each amount decay by some seconds.
#[inline(never)]
fn decay_all(amounts: &mut [i64], periods: &[u32], elapsed: u32) {
    for (amount, period) in amounts.iter_mut().zip(periods) {
        if elapsed > 0 && *amount != 0 {
            *amount = left(*amount, elapsed, *period);
        }
    }
}

/// Adds to an amount, up to the end of the range.
#[inline(never)]
fn grow(amount: &mut i64, by: i64) {
    *amount = amount.saturating_add(by);
}

/// What is left of an amount after some seconds, rounded up; less than a micro-dollar is nothing. Nothing wraps: the ratio is below
/// 1e18, and the product below 2^123.
#[expect(clippy::cast_possible_truncation, reason = "less than the amount")]
fn left(amount: i64, elapsed: u32, period: u32) -> i64 {
    let gained = amount > 0;
    let spread = if gained { decay::SPREAD } else { 0 };
    let ratio = decay::left_down(elapsed.into(), period).0;
    let product = u128::from(amount.unsigned_abs()).wrapping_mul(ratio.wrapping_add(spread));
    let whole = (product / crate::WAD) as i64;
    if gained {
        whole.wrapping_add(i64::from(whole > 0))
    } else {
        whole.wrapping_neg()
    }
}

/// An amount in micro-dollars, rounded up, at the end of the range if it is beyond.
#[inline(never)]
fn micros_up(amount: Usd) -> i64 {
    let (magnitude, micro) = (amount.0.unsigned_abs(), MICRO.unsigned_abs());
    if amount.0 < 0 {
        i64::try_from(magnitude / micro).map_or(i64::MIN, i64::wrapping_neg)
    } else {
        i64::try_from(magnitude.div_ceil(micro)).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DOLLAR: i128 = 1_000_000 * MICRO;
    const ALL: [Maturity; 3] = [Maturity::TenMinutes, Maturity::Hour, Maturity::Day];

    fn gained(dollars: i128, class: Maturity, now: u64) -> Maturing {
        Maturing::default().plus(Usd(dollars * DOLLAR), class, now)
    }

    #[test]
    fn a_gain_matures_to_one_part_in_e_in_its_time() {
        for class in ALL {
            let number = gained(1_000, class, 50).at(50 + u64::from(class.seconds()));
            let mut amounts = [0; 3];
            amounts[class as usize] = 367_879_442;
            assert_eq!(number.amounts, amounts);
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
    fn each_gain_matures_by_itself() {
        let mut number = Maturing::default();
        for (dollars, class) in [
            (5, Maturity::TenMinutes),
            (3, Maturity::Hour),
            (1, Maturity::Day),
        ] {
            number = number.plus(Usd(dollars * DOLLAR), class, 10);
        }
        assert_eq!(number.amounts, [5_000_000, 3_000_000, 1_000_000]);
        assert_eq!(number.at(3_610).amounts, [12_394, 1_103_639, 959_190]);
        assert_eq!(number.immature(Usd(100 * DOLLAR), 10), Usd(9 * DOLLAR));
    }

    #[test]
    fn a_loss_takes_the_fastest_first_and_then_offsets_gains_of_quiet_markets_after_it() {
        let mut number = gained(5, Maturity::TenMinutes, 10);
        number = number.plus(Usd(3 * DOLLAR), Maturity::Hour, 10);
        number = number.plus(Usd(DOLLAR), Maturity::Day, 10);
        for (lost, left) in [
            (4, [1_000_000, 3_000_000, 1_000_000]),
            (2, [0, 2_000_000, 1_000_000]),
            (2, [0, 0, 1_000_000]),
            (3, [-2_000_000, 0, 0]),
        ] {
            number = number.plus(Usd(-lost * DOLLAR), Maturity::Day, 10);
            assert_eq!(number.amounts, left);
        }
    }

    #[test]
    fn a_loss_offsets_the_gain_of_a_quiet_market_after_it_and_is_forgotten_like_one() {
        let number = gained(-100, Maturity::Day, 0);
        assert_eq!(number.amounts, [-100_000_000, 0, 0]);
        assert_eq!(number.immature(Usd(DOLLAR), 0), Usd::ZERO);
        let later = number.plus(Usd(60 * DOLLAR), Maturity::TenMinutes, 600);
        assert_eq!(later.amounts, [60_000_000 - 36_787_944, 0, 0]);
    }

    #[test]
    fn no_loss_of_before_makes_a_gain_mature_that_takes_longer() {
        for (class, amounts) in [
            (Maturity::Hour, [-100_000_000, 60_000_000, 0]),
            (Maturity::Day, [-100_000_000, 0, 60_000_000]),
        ] {
            let number = gained(-100, Maturity::TenMinutes, 0).plus(Usd(60 * DOLLAR), class, 0);
            assert_eq!(number.amounts, amounts);
            assert_eq!(number.immature(Usd(60 * DOLLAR), 0), Usd(60 * DOLLAR));
            // A loss afterwards does: the gain is gone.
            let lost = number.plus(Usd(-60 * DOLLAR), class, 0);
            assert_eq!(lost.amounts, [-100_000_000, 0, 0]);
            assert_eq!(lost.lost[class as usize - 1], 60_000_000);
        }
    }

    #[test]
    fn what_was_lost_and_is_gained_back_is_as_slow_as_before() {
        let mut number = gained(3, Maturity::Hour, 0).plus(Usd(5 * DOLLAR), Maturity::Day, 0);
        number = number.plus(Usd(-7 * DOLLAR), Maturity::TenMinutes, 0);
        assert_eq!(number.amounts, [0, 0, 1_000_000]);
        assert_eq!(number.lost, [3_000_000, 4_000_000]);
        for (dollars, class, amounts, lost) in [
            (
                1,
                Maturity::TenMinutes,
                [0, 0, 2_000_000],
                [3_000_000, 3_000_000],
            ),
            (1, Maturity::Day, [0, 0, 3_000_000], [3_000_000, 2_000_000]),
            (4, Maturity::Hour, [0, 2_000_000, 5_000_000], [1_000_000, 0]),
            (
                3,
                Maturity::TenMinutes,
                [2_000_000, 3_000_000, 5_000_000],
                [0; 2],
            ),
        ] {
            number = number.plus(Usd(dollars * DOLLAR), class, 0);
            assert_eq!((number.amounts, number.lost), (amounts, lost));
        }
    }

    #[test]
    fn what_was_lost_is_forgotten_as_it_would_have_matured() {
        let lost = gained(1, Maturity::Hour, 0).plus(Usd(DOLLAR), Maturity::Day, 0);
        let lost = lost.plus(Usd(-2 * DOLLAR), Maturity::Day, 0);
        assert_eq!(lost.at(3_600).lost, [367_880, 959_190]);
    }

    #[test]
    fn what_another_pays_that_is_slow_itself_gains_nothing_back() {
        let lost = gained(1, Maturity::Day, 0).plus(Usd(-DOLLAR), Maturity::Day, 0);
        let payer = [0, 0, 1_000_000];
        let paid = lost.paid(Usd(2 * DOLLAR), Maturity::TenMinutes, &payer, 0);
        assert_eq!((paid.amounts, paid.lost), ([0, 0, 2_000_000], [0; 2]));
        let slow = lost.paid(Usd(DOLLAR), Maturity::TenMinutes, &payer, 0);
        assert_eq!(
            (slow.amounts, slow.lost),
            ([0, 0, 1_000_000], [0, 1_000_000])
        );
    }

    /// The numbers of who was paid by an account with such numbers.
    fn paid(payer: &Maturing, paid: Usd, class: Maturity) -> [i64; 3] {
        let payee = Maturing::default();
        payee.paid(paid, class, &payer.amounts, 0).amounts
    }

    #[test]
    fn what_is_paid_is_as_slow_as_what_the_payer_has_and_the_rest_as_its_market() {
        let payer = Maturing {
            amounts: [5_000_000, 3_000_000, 1_000_000],
            ..Maturing::default()
        };
        let paid = |dollars| ALL.map(|class| paid(&payer, Usd(dollars * DOLLAR), class));
        let day = [0, 0, 1_000_000];
        assert_eq!(paid(1), [day; 3]);
        let both = [0, 2_000_000, 1_000_000];
        assert_eq!(paid(3), [both, both, [0, 0, 3_000_000]]);
        assert_eq!(
            paid(20),
            [
                [16_000_000, 3_000_000, 1_000_000],
                [0, 19_000_000, 1_000_000],
                [0, 0, 20_000_000]
            ]
        );
    }

    /// What a loss of before offsets is the rest alone; a loss is nothing that was paid.
    #[test]
    fn what_is_paid_slows_nothing_else() {
        let payer = [9_000_000, 0, 1_000_000];
        let mut payee = gained(-7, Maturity::TenMinutes, 0).plus(Usd(DOLLAR), Maturity::Hour, 0);
        payee = payee.paid(Usd(3 * DOLLAR), Maturity::TenMinutes, &payer, 0);
        assert_eq!(payee.amounts, [-5_000_000, 1_000_000, 1_000_000]);
        let lost = payee.paid(Usd(-DOLLAR), Maturity::TenMinutes, &payer, 0);
        assert_eq!(lost, payee.plus(Usd(-DOLLAR), Maturity::TenMinutes, 0));
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
        let both = number.plus(vast, Maturity::Day, 0);
        assert_eq!(both.immature(vast, 0), vast);
        let loss = Maturing::default().plus(Usd(-vast.0), Maturity::Hour, 0);
        let twice = loss.plus(Usd(-vast.0), Maturity::Hour, 0);
        assert_eq!(twice.amounts, [i64::MIN, 0, 0]);
        assert!(loss.at(600).amounts[0] > loss.amounts[0]);
        assert_eq!(paid(&both, vast, Maturity::TenMinutes), [0, 0, i64::MAX]);
    }

    /// Nine cents, of what takes a day: a micro-dollar a second would go.
    #[test]
    fn touching_every_second_stops_the_decay_of_cents() {
        let mut number = gained(1, Maturity::Day, 0);
        for now in 1..=20 * 86_400 {
            number = number.at(now);
        }
        assert_eq!(number.amounts, [0, 0, 86_400]);
    }

    #[test]
    fn what_is_left_of_a_micro_dollar_is_nothing() {
        let number = Maturing::default().plus(Usd(1), Maturity::Day, 5);
        assert_eq!(number.amounts, [0, 0, 1]);
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
            let place = class as usize;
            let once = number.at(7 + first + second).amounts[place];
            let twice = number.at(7 + first).at(7 + first + second).amounts[place];
            // One, and one more where less than a micro-dollar is left; ten of 1e12 dollars.
            prop_assert!(once.abs_diff(twice) <= 12 + number.amounts[place].unsigned_abs() / 100_000_000_000_000_000, "{once} {twice}");
            let exact = (gain as f64 / 1e12) * (-((first + second) as f64) / f64::from(class.seconds())).exp();
            prop_assert!((once as f64) >= (exact - 1.0) * (1.0 - 1e-12) && (once as f64) <= exact * (1.0 + 1e-12) + 10.0);
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
                prop_assert!(number.amounts[1..].iter().chain(&number.lost).all(|&slow| slow >= 0));
            }
            let immature = number.immature(Usd(pnl), now);
            prop_assert!(Usd::ZERO <= immature && immature <= Usd(pnl));
            prop_assert!(number.immature(Usd(pnl), now + wait) <= immature);
            prop_assert!(number.plus(Usd(more), Maturity::Hour, now).immature(Usd(pnl), now) >= immature);
        }

        /// Of what takes at least as long as each maturity, who pays and who is paid have no less in sum than before.
        #[test]
        fn a_payment_makes_nothing_mature(
            fast in -(1i64 << 50)..1 << 50, hour in 0i64..1 << 50, day in 0i64..1 << 50, paid in 0i128..1 << 90,
        ) {
            let payer = Maturing { amounts: [fast, hour, day], ..Maturing::default() };
            let amounts = self::paid(&payer, Usd(paid), Maturity::TenMinutes);
            let left = payer.plus(Usd(-paid), Maturity::TenMinutes, 0).amounts;
            let over = |place: usize| {
                let sum = |amounts: &[i64; 3]| amounts[place..].iter().sum::<i64>();
                sum(&amounts) + sum(&left) - sum(&payer.amounts)
            };
            prop_assert!((0..=1).contains(&over(0)) && over(1) >= 0 && over(2) >= 0);
        }

        /// However a change is divided into losses and gains of one moment, no less is slow than if it came at once.
        #[test]
        fn losing_and_gaining_back_makes_nothing_mature(
            gains in prop::collection::vec((0i128..1 << 80, class()), 1..10),
            swings in prop::collection::vec((0i128..1 << 80, class()), 1..10),
        ) {
            let mut number = Maturing::default();
            for (gain, class) in gains {
                number = number.plus(Usd(gain), class, 1);
            }
            let mut swung = number;
            for (swing, class) in swings {
                swung = swung.plus(Usd(-swing), class, 1).plus(Usd(swing + 1), class, 1);
            }
            for place in 1..3 {
                let slow = |number: &Maturing| number.amounts[place..].iter().map(|&slow| i128::from(slow)).sum::<i128>();
                prop_assert!(slow(&swung) >= slow(&number), "{number:?} {swung:?}");
            }
        }

        /// What is gained elsewhere makes a gain that takes long mature no sooner: the same losses take no more of it.
        #[test]
        fn slow_gains_mature_no_sooner_than_by_themselves(
            changes in prop::collection::vec((-(1i128 << 80)..1 << 80, class(), 0u64..10_000), 1..30), least in class(),
        ) {
            let (mut all, mut alone, mut now) = (Maturing::default(), Maturing::default(), 1);
            for (change, class, secs) in changes {
                now += secs;
                all = all.plus(Usd(change), class, now);
                let change = if change > 0 && class < least { 0 } else { change };
                alone = alone.plus(Usd(change), class, now);
                let slow = |number: &Maturing| {
                    let slow = number.amounts.map(|amount| i128::from(amount.max(0)));
                    slow[least as usize..].iter().sum::<i128>()
                };
                prop_assert!(slow(&all) + 100 >= slow(&alone), "{all:?} {alone:?}");
            }
        }
    }
}
