//! Cover: what insurance pays for one instrument, and the open interest that this allows.

use crate::{Price, Ratio, Result, Size, Usd, WAD, decay, math};

/// Seconds in which what an instrument paid into insurance, or drew from it, falls to 1/e: 90 days.
pub const MEMORY: u32 = 7_776_000;
/// Largest allowance, a share of the pool's assets: 10 %.
const MAX_ALLOWANCE: Ratio = Ratio(WAD / 10);
/// WAD units in one micro-dollar.
const MICRO: u128 = 1_000_000_000_000;

/// What an instrument paid into insurance and what insurance paid for it, both decaying as exp(-t / 90 d), in micro-dollars,
/// at most 1.8e13 of the quote token each. Rounded against the cover by at most a micro-dollar at each change; what was
/// drawn below 8 of the quote token may therefore stay while there is a change every second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Paid into insurance, micro-dollars at `since`.
    pub paid: u64,
    /// Drawn from insurance, micro-dollars at `since`.
    pub drawn: u64,
    /// Unix time up to which both have decayed.
    pub since: u32,
}

impl Flow {
    /// The flow at unix time `now`.
    #[must_use]
    pub fn at(self, now: u64) -> Self {
        let elapsed = now.saturating_sub(self.since.into());
        if elapsed == 0 {
            return self;
        }
        let since = u32::try_from(now).unwrap_or(u32::MAX);
        if self.paid == 0 && self.drawn == 0 {
            return Self { since, ..self };
        }
        let paid = u128::from(self.paid) * decay::left_down(elapsed, MEMORY).0 / WAD;
        let drawn = u128::from(self.drawn) * decay::left_up(elapsed, MEMORY).0;
        // Less than a micro-dollar is nothing, or a draw would never be forgotten.
        let drawn = if drawn < WAD { 0 } else { drawn.div_ceil(WAD) };
        Self {
            paid: micros(paid),
            drawn: micros(drawn),
            since,
        }
    }

    /// The flow after the instrument paid `amount` into insurance at unix time `now`; rounded down.
    #[must_use]
    pub fn with_paid(self, amount: Usd, now: u64) -> Self {
        let flow = self.at(now);
        let paid = micros(amount.or_zero().0.unsigned_abs() / MICRO);
        Self {
            paid: flow.paid.saturating_add(paid),
            ..flow
        }
    }

    /// The flow after insurance paid `amount` for the instrument at unix time `now`; rounded up.
    #[must_use]
    pub fn with_drawn(self, amount: Usd, now: u64) -> Self {
        let flow = self.at(now);
        let drawn = micros(amount.or_zero().0.unsigned_abs().div_ceil(MICRO));
        Self {
            drawn: flow.drawn.saturating_add(drawn),
            ..flow
        }
    }

    /// What insurance still pays for the instrument at unix time `now`, rounded down: min(allowance, 10 % of the pool) +
    /// paid / 2 - drawn, at least nothing.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `pool` is negative, or the sum does not fit.
    pub fn cover(self, allowance: Usd, pool: Usd, now: u64) -> Result<Usd> {
        let flow = self.at(now);
        let half_paid = value(flow.paid)?.0 / 2;
        Ok(allowance
            .min(pool.times_down(MAX_ALLOWANCE)?)
            .plus(Usd(half_paid))?
            .minus(value(flow.drawn)?)?
            .or_zero())
    }
}

/// What positions of one side may lose beyond their margin in one shock: (shock - maintenance rate) x size x mark, rounded
/// up; nothing if the margin covers the shock.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if it does not fit.
pub fn exposure(open_interest: Size, mark: Price, shock: Ratio, maintenance: Ratio) -> Result<Usd> {
    let beyond = Ratio(shock.0.saturating_sub(maintenance.0));
    open_interest.notional_up(mark)?.times_up(beyond)
}

/// The open interest of one side whose [`exposure`] a cover pays for, rounded down; beyond 128 bits, and where the margin
/// covers the shock, the largest size there is.
#[must_use]
pub fn open_interest_limit(cover: Usd, mark: Price, shock: Ratio, maintenance: Ratio) -> Size {
    let beyond = shock.0.saturating_sub(maintenance.0);
    let limit = math::unsigned(cover.0)
        .and_then(|cover| math::mul_div_down(cover, WAD, beyond))
        .and_then(|notional| math::mul_div_down(notional, WAD, mark.0));
    Size(limit.unwrap_or(u128::MAX))
}

/// The share of fees that insurance gets: `least` while its assets reach the `target`, growing linearly to all of them as
/// they fall to nothing. Rounded up.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if `least` is above one or an amount is negative.
pub fn fee_share(least: Ratio, assets: Usd, target: Usd) -> Result<Ratio> {
    let rest = Ratio::ONE.minus(least)?;
    let (assets, target) = (math::unsigned(assets.0)?, math::unsigned(target.0)?);
    if assets >= target {
        return Ok(least);
    }
    let grown = math::mul_div_up(rest.0, target - assets, target)?;
    least.plus(Ratio(grown))
}

/// Micro-dollars that are stored, at the end of the range if they are beyond.
fn micros(amount: u128) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

/// Micro-dollars as an amount.
fn value(micros: u64) -> Result<Usd> {
    math::signed(u128::from(micros) * MICRO).map(Usd)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Error;

    const DOLLAR: i128 = WAD as i128;
    const DAY: u64 = 86_400;

    fn usd(dollars: i128) -> Usd {
        Usd(dollars * DOLLAR)
    }

    fn percent(share: u128) -> Ratio {
        Ratio(share * WAD / 100)
    }

    #[test]
    fn cover_is_the_allowance_half_of_what_was_paid_less_what_was_drawn() {
        let flow = Flow::default()
            .with_paid(usd(1_000), 10)
            .with_drawn(usd(300), 10);
        assert_eq!(flow.cover(usd(5_000), usd(100_000), 10), Ok(usd(5_200)));
        assert_eq!(flow.cover(usd(5_000), usd(20_000), 10), Ok(usd(2_200)));
        assert_eq!(flow.cover(usd(5_000), usd(0), 10), Ok(usd(200)));
        assert_eq!(
            flow.with_drawn(usd(9_000), 10)
                .cover(usd(5_000), usd(100_000), 10),
            Ok(Usd::ZERO)
        );
        assert_eq!(flow.cover(usd(1), usd(-5), 10), Err(Error::Overflow));
    }

    #[test]
    fn payments_and_draws_are_forgotten_over_ninety_days() {
        let flow = Flow::default()
            .with_paid(usd(1_000), 0)
            .with_drawn(usd(1_000), 0)
            .at(90 * DAY);
        assert_eq!((flow.paid, flow.drawn), (367_879_441, 367_879_442));
        let gone = flow.at(10_000 * DAY);
        assert_eq!((gone.paid, gone.drawn), (0, 0));
    }

    #[test]
    fn a_clock_that_runs_backwards_changes_nothing() {
        let flow = Flow::default().with_paid(usd(1_000), 1_000);
        assert_eq!(flow.at(10), flow);
    }

    #[test]
    fn a_thin_market_is_limited_by_its_shock_beyond_margin() {
        let (mark, shock, maintenance) = (Price(2_000 * WAD), percent(15), percent(3));
        // 12 % of notional: 240 of each unit.
        assert_eq!(
            exposure(Size(10 * WAD), mark, shock, maintenance),
            Ok(usd(2_400))
        );
        assert_eq!(
            open_interest_limit(usd(2_400), mark, shock, maintenance),
            Size(10 * WAD)
        );
        assert_eq!(
            exposure(Size(10 * WAD), mark, maintenance, shock),
            Ok(Usd::ZERO)
        );
        assert_eq!(
            open_interest_limit(usd(1), mark, maintenance, shock),
            Size(u128::MAX)
        );
        assert_eq!(
            open_interest_limit(usd(0), mark, shock, maintenance),
            Size(0)
        );
    }

    #[test]
    fn all_fees_go_to_an_empty_pool() {
        let share = |assets| fee_share(percent(20), usd(assets), usd(1_000));
        assert_eq!(share(0), Ok(Ratio::ONE));
        assert_eq!(share(500), Ok(percent(60)));
        assert_eq!(share(1_000), Ok(percent(20)));
        assert_eq!(share(5_000), Ok(percent(20)));
        assert_eq!(fee_share(percent(20), usd(0), usd(0)), Ok(percent(20)));
        assert_eq!(
            fee_share(percent(120), usd(0), usd(0)),
            Err(Error::Overflow)
        );
    }

    proptest! {
        #[test]
        fn the_limit_is_what_the_cover_pays_for(
            cover in 0i128..1 << 100, mark in 1u128 << 50..1 << 100, beyond in WAD / 1_000..=3 * WAD, maintenance in 0u128..=WAD,
        ) {
            let (mark, shock, maintenance) = (Price(mark), Ratio(maintenance + beyond), Ratio(maintenance));
            let limit = open_interest_limit(Usd(cover), mark, shock, maintenance);
            let needed = exposure(limit, mark, shock, maintenance);
            // Notional is rounded up twice, by less than a unit and then by its share.
            prop_assert!(needed.is_ok_and(|needed| needed.0 <= cover + 4), "{needed:?}");
        }

        #[test]
        fn splitting_a_time_in_two_leaves_the_same(
            paid in 0u64..1 << 60, drawn in 0u64..1 << 60, first in 0u64..20_000_000, second in 0u64..20_000_000,
        ) {
            let flow = Flow { paid, drawn, since: 0 };
            let (once, twice) = (flow.at(first + second), flow.at(first).at(first + second));
            prop_assert!(twice.paid <= once.paid + 8 && once.paid <= twice.paid + 8);
            prop_assert!(twice.drawn.abs_diff(once.drawn) <= 8);
        }

        #[test]
        fn cover_rises_with_payments_and_falls_with_draws(
            paid in 0u64..1 << 60, drawn in 0u64..1 << 60, secs in 0u64..20_000_000, amount in 0i128..1 << 100,
        ) {
            let flow = Flow { paid, drawn, since: 0 };
            let cover = |flow: Flow| flow.cover(usd(1_000_000), usd(1_000_000_000), secs).expect("in range");
            let (before, more, less) = (cover(flow), cover(flow.with_paid(Usd(amount), secs)), cover(flow.with_drawn(Usd(amount), secs)));
            prop_assert!(less <= before && before <= more);
        }

        #[test]
        fn the_share_of_fees_falls_as_the_pool_fills(least in 0u128..=WAD, assets in 0i128..1 << 100, more in 0i128..1 << 90, target in 0i128..1 << 100) {
            let share = |assets| fee_share(Ratio(least), Usd(assets), Usd(target)).expect("in range");
            let (low, high) = (share(assets + more), share(assets));
            prop_assert!(low <= high && high <= Ratio::ONE && low >= Ratio(least));
        }
    }
}
