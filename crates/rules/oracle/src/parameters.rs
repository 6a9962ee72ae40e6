//! The guard's parameters and their hard bounds.

use core::ops::RangeInclusive;

use crate::WAD;

/// The longest window that a settlement may be given, seconds.
pub const LONGEST_WINDOW: u32 = 4 * 3_600;

/// Every parameter of the guard. Rates are WAD, times are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Move against the mean that enters Caution.
    pub caution_move: u64,
    /// Move against the mean that enters Restricted.
    pub restricted_move: u64,
    /// Window of the time-weighted mean.
    pub mean_window: u32,
    /// Calm before a tier is lowered by one.
    pub calm_period: u32,
    /// Time after a sequencer outage in which opening stays blocked.
    pub grace_period: u32,
    /// Period of the slow volatility's exponential weights.
    pub slow_period: u32,
    /// Period of the fast volatility's exponential weights.
    pub fast_period: u32,
    /// Least weight of the stressed value in the slow volatility.
    pub stressed_weight: u64,
    /// Share of the price by which the maintenance range may rise in an hour.
    pub hourly_rise: u64,
    /// How many volatilities over the horizon a range covers.
    pub range_multiplier: u64,
    /// Time over which a range has to last.
    pub horizon: u32,
    /// Time over which a settlement price is averaged.
    pub settlement_window: u32,
}

const MOVE: RangeInclusive<u64> = WAD / 200..=WAD / 2;
const MEAN_WINDOW: RangeInclusive<u32> = 60..=3_600;
const CALM_PERIOD: RangeInclusive<u32> = 60..=86_400;
const GRACE_PERIOD: RangeInclusive<u32> = 0..=86_400;
const SLOW_PERIOD: RangeInclusive<u32> = 86_400..=90 * 86_400;
const FAST_PERIOD: RangeInclusive<u32> = 600..=7 * 86_400;
const STRESSED_WEIGHT: RangeInclusive<u64> = WAD / 4..=WAD;
const HOURLY_RISE: RangeInclusive<u64> = WAD / 10_000..=WAD / 10;
const RANGE_MULTIPLIER: RangeInclusive<u64> = WAD..=10 * WAD;
const HORIZON: RangeInclusive<u32> = 3_600..=14 * 86_400;
const SETTLEMENT_WINDOW: RangeInclusive<u32> = 300..=LONGEST_WINDOW;

impl Parameters {
    /// Moves of 5 % and 10 % against a five-minute mean; ten minutes of calm for each tier; an hour of grace, in which traders who
    /// could not act may add collateral; an hour for each point by which maintenance may rise; half an hour for a settlement.
    ///
    /// Ranges cover three volatilities of four hours, the longest that liquidation has taken in a congested chain. The slow
    /// volatility is measured over three weeks with a quarter of the stressed value in it, the fast one over three hours. A slow
    /// memory shorter than the 16 days of RiskMetrics would by itself be more procyclical than that.
    pub const DEFAULT: Self = Self {
        caution_move: WAD / 20,
        restricted_move: WAD / 10,
        mean_window: 300,
        calm_period: 600,
        grace_period: 3_600,
        slow_period: 21 * 86_400,
        fast_period: 3 * 3_600,
        stressed_weight: WAD / 4,
        hourly_rise: WAD / 100,
        range_multiplier: 3 * WAD,
        horizon: 4 * 3_600,
        settlement_window: 1_800,
    };

    /// Whether every parameter is within its hard bounds and the thresholds are in order.
    pub fn is_within_bounds(&self) -> bool {
        MOVE.contains(&self.caution_move)
            && MOVE.contains(&self.restricted_move)
            && self.caution_move < self.restricted_move
            && MEAN_WINDOW.contains(&self.mean_window)
            && CALM_PERIOD.contains(&self.calm_period)
            && GRACE_PERIOD.contains(&self.grace_period)
            && SLOW_PERIOD.contains(&self.slow_period)
            && FAST_PERIOD.contains(&self.fast_period)
            && self.fast_period < self.slow_period
            && STRESSED_WEIGHT.contains(&self.stressed_weight)
            && HOURLY_RISE.contains(&self.hourly_rise)
            && RANGE_MULTIPLIER.contains(&self.range_multiplier)
            && HORIZON.contains(&self.horizon)
            && SETTLEMENT_WINDOW.contains(&self.settlement_window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: Parameters = Parameters::DEFAULT;

    #[test]
    fn the_defaults_are_within_bounds() {
        assert!(D.is_within_bounds());
    }

    /// In percent and in days, as they are documented.
    #[test]
    fn the_defaults_are_those_of_a_large_coin() {
        const PERCENT: u64 = 10_000_000_000_000_000;
        let shares = [
            D.caution_move,
            D.restricted_move,
            D.stressed_weight,
            D.hourly_rise,
            D.range_multiplier,
        ];
        assert_eq!(
            shares,
            [5, 10, 25, 1, 300].map(|percent: u64| percent * PERCENT)
        );
        let seconds = [
            D.mean_window,
            D.calm_period,
            D.grace_period,
            D.slow_period,
            D.fast_period,
            D.horizon,
            D.settlement_window,
        ];
        let expected = [300, 600, 3_600, 1_814_400, 10_800, 14_400, 1_800];
        assert_eq!(seconds, expected);
    }

    #[test]
    fn the_bounds_of_rates_are_in_hundredths_of_a_percent_and_those_of_times_in_seconds() {
        let rates = [MOVE, STRESSED_WEIGHT, HOURLY_RISE, RANGE_MULTIPLIER];
        let expected = [(50, 5_000), (2_500, 10_000), (1, 1_000), (10_000, 100_000)];
        let wad = |(low, high): (u64, u64)| low * 100_000_000_000_000..=high * 100_000_000_000_000;
        assert_eq!(rates, expected.map(wad));
        let times = [SLOW_PERIOD, FAST_PERIOD, HORIZON];
        let expected = [86_400..=7_776_000, 600..=604_800, 3_600..=1_209_600];
        assert_eq!(times, expected);
    }

    #[test]
    fn each_bound_holds() {
        let outside = [
            Parameters {
                caution_move: MOVE.start() - 1,
                ..D
            },
            Parameters {
                restricted_move: MOVE.end() + 1,
                ..D
            },
            Parameters {
                caution_move: D.restricted_move,
                ..D
            },
            Parameters {
                mean_window: 59,
                ..D
            },
            Parameters {
                mean_window: 3_601,
                ..D
            },
            Parameters {
                calm_period: 59,
                ..D
            },
            Parameters {
                calm_period: 86_401,
                ..D
            },
            Parameters {
                grace_period: 86_401,
                ..D
            },
            Parameters {
                slow_period: SLOW_PERIOD.start() - 1,
                ..D
            },
            Parameters {
                slow_period: SLOW_PERIOD.end() + 1,
                ..D
            },
            Parameters {
                fast_period: FAST_PERIOD.start() - 1,
                ..D
            },
            Parameters {
                fast_period: FAST_PERIOD.end() + 1,
                ..D
            },
            Parameters {
                stressed_weight: STRESSED_WEIGHT.start() - 1,
                ..D
            },
            Parameters {
                stressed_weight: STRESSED_WEIGHT.end() + 1,
                ..D
            },
            Parameters {
                hourly_rise: HOURLY_RISE.start() - 1,
                ..D
            },
            Parameters {
                hourly_rise: HOURLY_RISE.end() + 1,
                ..D
            },
            Parameters {
                range_multiplier: RANGE_MULTIPLIER.start() - 1,
                ..D
            },
            Parameters {
                range_multiplier: RANGE_MULTIPLIER.end() + 1,
                ..D
            },
            Parameters {
                horizon: HORIZON.start() - 1,
                ..D
            },
            Parameters {
                horizon: HORIZON.end() + 1,
                ..D
            },
            Parameters {
                settlement_window: 299,
                ..D
            },
            Parameters {
                settlement_window: 14_401,
                ..D
            },
            Parameters {
                slow_period: 86_400,
                fast_period: 86_400,
                ..D
            },
        ];
        for parameters in outside {
            assert!(!parameters.is_within_bounds(), "{parameters:?}");
        }
    }
}
