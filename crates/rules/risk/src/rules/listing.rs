//! Rules that options are listed by: expiries and strikes, and what all series of an underlying add up to.

use crate::options::encoding::MAX_TICKS;
use crate::{Price, Ratio, Result, Size, Spot, WAD, math};

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Time of day of an expiry, seconds: 08:00 UTC, when the guard settles.
const TIME_OF_DAY: u64 = 8 * 3_600;
/// Days of a week.
const WEEK: u64 = 7;
/// What the number of a Friday leaves when divided by [`WEEK`]: day 0, 1 January 1970, was a Thursday.
const FRIDAY: u64 = 1;
/// Seconds from the decision that a series settles early to that, at least.
const NOTICE: u64 = 7 * DAY;
/// Seconds without a trade after which anyone may delist a series that nobody holds.
pub const UNTRADED_FOR: u64 = DAY;
/// Seconds that a series has at least to live when it is listed.
pub const SHORTEST_LIFE: u64 = 3_600;

/// WAD units in a millionth.
const MICRO: u128 = 1_000_000_000_000;
/// Largest amount that is counted of one series, in millionths: 7.2e10. Beyond it a series counts as this much; the sum of 255
/// series fits in 64 bits.
pub const MAX_COUNTED: u64 = u64::MAX >> 8;

/// Largest step of the concentration multiplier.
pub const CONCENTRATION_STEPS: u32 = 16;

/// Whether a series may be listed at unix time `now` that expires at `expiry`: at 08:00 UTC, after [`SHORTEST_LIFE`] and within
/// `longest` seconds, on a Friday if that is more than a week away.
#[must_use]
pub const fn is_expiry(expiry: u64, now: u64, longest: u64) -> bool {
    let Some(life) = expiry.checked_sub(now) else {
        return false;
    };
    expiry % DAY == TIME_OF_DAY
        && life >= SHORTEST_LIFE
        && life <= longest
        && (life <= WEEK * DAY || expiry / DAY % WEEK == FRIDAY)
}

/// When a series settles that is made to at unix time `now`: at the first 08:00 UTC at least 7 days later.
#[must_use]
pub const fn first_close(now: u64) -> u64 {
    let earliest = now.saturating_add(NOTICE);
    let past = earliest.saturating_sub(TIME_OF_DAY);
    past.div_ceil(DAY)
        .saturating_mul(DAY)
        .saturating_add(TIME_OF_DAY)
}

/// Whether a series that settles early at `closes`, zero if it does not, does so within a day of unix time `now`: its volatility is fixed
/// from then on.
#[inline]
#[must_use]
pub const fn is_closing(closes: u64, now: u64) -> bool {
    closes > 0 && closes <= now + DAY
}

/// Seconds that a series has to its `expiry` at unix time `now`: of one that is closing, what it will have when it settles at `closes` if
/// that is over.
#[inline]
#[must_use]
pub const fn seconds_to_expiry(expiry: u64, closes: u64, now: u64) -> u64 {
    let settled = is_closing(closes, now) && closes < now;
    expiry.saturating_sub(if settled { closes } else { now })
}

/// A strike in ticks, if it is above zero and on the grid, a multiple of `step` ticks, and at most [`MAX_TICKS`] of them.
#[must_use]
pub fn strike_in_ticks(strike: Price, tick: Price, step: u32) -> Option<u64> {
    let ticks = strike.0.checked_div(tick.0)?;
    let ticks = u64::try_from(ticks).ok()?;
    let on_grid = strike <= Price::MAX
        && strike.0 == u128::from(ticks).checked_mul(tick.0)?
        && ticks.checked_rem(step.into())? == 0;
    (on_grid && ticks > 0 && ticks <= MAX_TICKS).then_some(ticks)
}

/// Whether a strike is at most a factor of one and `range` away from the price of the underlying, either way.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if a product does not fit.
pub fn is_near(strike: Price, spot: Spot, range: Ratio) -> Result<bool> {
    let factor = Ratio::ONE.plus(range)?;
    let reach = |price: u128| math::mul_div_down(price, factor.0, WAD);
    Ok(strike.0 <= reach(spot.0)? && spot.0 <= reach(strike.0)?)
}

/// What options add to the risk in their underlying, each in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Open interest of one side, in units of the underlying; rounded up.
    pub open_interest: u64,
    /// Change of that side's value by volatility, in quote tokens per unit of volatility; rounded up.
    pub vega: u64,
    /// Change of that side's delta x spot if spot moved by its whole at its present gamma, in quote tokens: gamma x spot^2;
    /// rounded up. In this unit the gamma of every underlying is alike.
    pub gamma: u64,
}

impl Exposure {
    /// The exposure of one series: its open interest, at the vega and gamma (per USD) of one option, WAD. What is beyond
    /// [`MAX_COUNTED`] counts as that.
    #[must_use]
    pub fn of(open_interest: Size, spot: Spot, vega: u128, gamma: u128) -> Self {
        let cash_gamma = math::checked_mul_div_up(gamma, spot.0, WAD)
            .and_then(|gamma| math::checked_mul_div_up(gamma, spot.0, WAD));
        Self {
            open_interest: counted(Some(open_interest.0)),
            vega: counted(math::checked_mul_div_up(open_interest.0, vega, WAD)),
            gamma: counted(
                cash_gamma.and_then(|gamma| math::checked_mul_div_up(open_interest.0, gamma, WAD)),
            ),
        }
    }

    /// The sum of all series after one of them, which was counted as `old`, counts as `new`.
    #[must_use]
    pub const fn replaced(self, old: Self, new: Self) -> Self {
        const fn replace(sum: u64, old: u64, new: u64) -> u64 {
            sum.saturating_sub(old).saturating_add(new)
        }
        Self {
            open_interest: replace(self.open_interest, old.open_interest, new.open_interest),
            vega: replace(self.vega, old.vega, new.vega),
            gamma: replace(self.gamma, old.gamma, new.gamma),
        }
    }

    /// Whether there is more open interest than is counted of one series, so that no limit would see it grow.
    #[must_use]
    pub const fn is_cut_short(self) -> bool {
        self.open_interest >= MAX_COUNTED
    }

    /// The open interest as a size.
    #[must_use]
    pub const fn size(self) -> Size {
        Size(wad(self.open_interest))
    }
}

/// A WAD amount in millionths, rounded up, at most [`MAX_COUNTED`].
fn counted(amount: Option<u128>) -> u64 {
    let micros = amount.unwrap_or(u128::MAX).div_ceil(MICRO);
    u64::try_from(micros).map_or(MAX_COUNTED, |micros| micros.min(MAX_COUNTED))
}

/// Millionths as a WAD amount.
#[must_use]
pub const fn wad(millionths: u64) -> u128 {
    millionths as u128 * MICRO
}

/// By how many sixteenths initial margin grows with the open interest of one side of an underlying, its perpetual and all its
/// options: none up to half of the limit, from there linearly to 16 at the limit. Rounded up. It looks at the whole side, so
/// that splitting a position among accounts changes nothing.
#[must_use]
pub fn concentration(open_interest: Size, limit: Size) -> u32 {
    if open_interest >= limit {
        return if open_interest == Size::ZERO {
            0
        } else {
            CONCENTRATION_STEPS
        };
    }
    // Twice the open interest less the limit, or nothing.
    let beyond = open_interest.0 - (limit.0 - open_interest.0).min(open_interest.0);
    let steps = math::checked_mul_div_up(beyond, CONCENTRATION_STEPS.into(), limit.0);
    steps.map_or(CONCENTRATION_STEPS, |steps| {
        u32::try_from(steps).unwrap_or(CONCENTRATION_STEPS)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 08:00 UTC on Friday 2 January 1970 and a number of weeks later.
    const fn friday(weeks: u64) -> u64 {
        DAY + TIME_OF_DAY + weeks * WEEK * DAY
    }

    fn percent(share: u128) -> Ratio {
        Ratio(share * WAD / 100)
    }

    fn dollars(amount: u128) -> Price {
        Price(amount * WAD)
    }

    #[test]
    fn a_week_ahead_every_day_is_an_expiry_and_then_fridays() {
        let now = friday(100);
        let listed = |days: u64| is_expiry(now + days * DAY, now, 365 * DAY);
        assert!(!listed(0), "it is over");
        assert!((1..=7).all(listed));
        assert!((8..14).all(|days| !listed(days)));
        assert!(listed(14) && listed(28) && listed(364));
        assert!(!listed(371), "beyond the longest");
    }

    #[test]
    fn an_expiry_is_at_eight_and_neither_too_near_nor_too_far() {
        let expiry = friday(2_000);
        assert!(is_expiry(expiry, expiry - SHORTEST_LIFE, WEEK * DAY));
        assert!(!is_expiry(expiry, expiry - SHORTEST_LIFE + 1, WEEK * DAY));
        assert!(!is_expiry(expiry, expiry, WEEK * DAY));
        assert!(!is_expiry(expiry, expiry + 1, WEEK * DAY));
        assert!(is_expiry(expiry, expiry - 9 * DAY, 9 * DAY));
        assert!(!is_expiry(expiry, expiry - 9 * DAY - 1, 9 * DAY));
        for off in [1, 3_600, DAY - 1] {
            assert!(!is_expiry(expiry + off, expiry - DAY, WEEK * DAY));
        }
        assert!(!is_expiry(0, u64::MAX, u64::MAX));
    }

    #[test]
    fn a_series_that_is_made_to_settles_at_the_first_eight_after_a_week() {
        let eight = friday(2_000);
        let week = WEEK * DAY;
        assert_eq!(first_close(eight), eight + week);
        assert_eq!(first_close(eight - 1), eight + week);
        assert_eq!(first_close(eight + 1), eight + week + DAY);
        assert_eq!(first_close(eight + DAY - 1), eight + week + DAY);
        assert_eq!(first_close(eight - TIME_OF_DAY), eight + week);
        assert_eq!(first_close(u64::MAX) % DAY, u64::MAX % DAY, "it saturates");
    }

    #[test]
    fn strikes_are_whole_steps_of_ticks() {
        let (tick, step) = (Price(WAD / 2), 100);
        let ticks = |strike| strike_in_ticks(strike, tick, step);
        assert_eq!(ticks(dollars(50)), Some(100));
        assert_eq!(ticks(dollars(2_000)), Some(4_000));
        for off in [
            Price(0),
            dollars(25),
            dollars(75),
            Price(dollars(50).0 + 1),
            Price(u128::MAX),
        ] {
            assert_eq!(ticks(off), None, "{off:?}");
        }
        assert_eq!(strike_in_ticks(dollars(50), Price(0), 1), None);
        assert_eq!(strike_in_ticks(dollars(50), tick, 0), None);
        assert_eq!(strike_in_ticks(Price::MAX, Price(1), 1), None);
        let last = u128::from(MAX_TICKS);
        assert_eq!(strike_in_ticks(Price(last), Price(1), 1), Some(MAX_TICKS));
        assert_eq!(strike_in_ticks(Price(last + 1), Price(1), 1), None);
    }

    #[test]
    fn strikes_are_within_a_factor_of_the_mark() {
        let near = |strike| is_near(dollars(strike), Spot(2_000 * WAD), percent(100));
        assert_eq!(
            [999, 1_000, 4_000, 4_001].map(near),
            [Ok(false), Ok(true), Ok(true), Ok(false)]
        );
    }

    #[test]
    fn an_exposure_is_counted_in_millionths_and_rounded_up() {
        let one = Exposure::of(Size(2 * WAD), Spot(2_000 * WAD), 300 * WAD, WAD / 1_000);
        assert_eq!(
            one,
            Exposure {
                open_interest: 2_000_000,
                vega: 600_000_000,
                gamma: 8_000_000_000
            }
        );
        let least = Exposure::of(Size(1), Spot(1), 1, 1);
        assert_eq!((least.open_interest, least.vega, least.gamma), (1, 1, 1));
        let most = Exposure::of(Size(u128::MAX), Spot(Price::MAX.0), u128::MAX, u128::MAX);
        assert_eq!(
            [most.open_interest, most.vega, most.gamma],
            [MAX_COUNTED; 3]
        );
        assert_eq!(one.size(), Size(2 * WAD));
        assert!(most.is_cut_short());
        let below = Size(wad(MAX_COUNTED - 1));
        assert!(!Exposure::of(below, Spot(1), 1, 1).is_cut_short());
        assert!(Exposure::of(Size(below.0 + 1), Spot(1), 1, 1).is_cut_short());
    }

    #[test]
    fn initial_margin_grows_from_half_of_the_limit_to_double_at_the_limit() {
        let step = |open| concentration(Size(open * WAD), Size(1_600 * WAD));
        assert_eq!([0, 1, 799, 800].map(step), [0; 4]);
        assert_eq!([801, 850, 851, 900].map(step), [1, 1, 2, 2]);
        assert_eq!(
            [1_550, 1_551, 1_599, 1_600, 9_999].map(step),
            [15, 16, 16, 16, 16]
        );
        assert_eq!(concentration(Size(0), Size(0)), 0);
        assert_eq!(concentration(Size(1), Size(0)), 16);
        assert_eq!(concentration(Size::MAX, Size(u128::MAX)), 0);
    }

    proptest! {
        #[test]
        fn the_sum_of_series_is_what_each_counts_for(counts in prop::collection::vec((0usize..8, 0u128..1 << 107, 0u128..1 << 90, 0u128..1 << 60), 1..60)) {
            let (mut sum, mut series) = (Exposure::default(), [Exposure::default(); 8]);
            for (number, size, vega, gamma) in counts {
                let new = Exposure::of(Size(size), Spot(2_000 * WAD), vega, gamma);
                sum = sum.replaced(series[number], new);
                series[number] = new;
            }
            let total = |field: fn(&Exposure) -> u64| series.iter().map(field).sum::<u64>();
            prop_assert_eq!(sum.open_interest, total(|one| one.open_interest));
            prop_assert_eq!(sum.vega, total(|one| one.vega));
            prop_assert_eq!(sum.gamma, total(|one| one.gamma));
        }

        #[test]
        fn concentration_never_falls_with_open_interest(limit in 0u128..1 << 110, open in 0u128..1 << 107, more in 0u128..1 << 107) {
            let step = |open| concentration(Size(open), Size(limit));
            prop_assert!(step(open) <= step(open + more) && step(open + more) <= CONCENTRATION_STEPS);
        }

        #[test]
        fn a_strike_on_the_grid_comes_back(tick in 1u128..1 << 64, step in 1u32.., steps in 1u64..1 << 30) {
            let ticks = u64::from(step).checked_mul(steps);
            let ticks = ticks.filter(|&ticks| ticks <= MAX_TICKS);
            let strike = ticks.and_then(|ticks| u128::from(ticks).checked_mul(tick)).map(Price);
            if let Some(strike) = strike.filter(|&strike| strike <= Price::MAX) {
                prop_assert_eq!(strike_in_ticks(strike, Price(tick), step), ticks);
                prop_assert!(tick == 1 || strike_in_ticks(Price(strike.0 + 1), Price(tick), step).is_none());
            }
        }
    }
}
