//! The guard's parameters and their hard bounds.

use core::ops::RangeInclusive;

use crate::WAD;

/// Every parameter of the guard. Rates are WAD, times are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// Move against the mean that enters Caution.
    pub caution_move: u64,
    /// Move against the mean that enters Restricted.
    pub restricted_move: u64,
    /// Share of itself by which the stable price may move per second.
    pub stable_price_rate: u64,
    /// Window of the time-weighted mean.
    pub mean_window: u32,
    /// Calm before a tier is lowered by one.
    pub calm_period: u32,
    /// Time after a sequencer outage in which opening stays blocked.
    pub grace_period: u32,
}

const MOVE: RangeInclusive<u64> = WAD / 200..=WAD / 2;
const STABLE_PRICE_RATE: RangeInclusive<u64> = WAD / 1_000_000..=WAD / 100;
const MEAN_WINDOW: RangeInclusive<u32> = 60..=3_600;
const CALM_PERIOD: RangeInclusive<u32> = 60..=86_400;
const GRACE_PERIOD: RangeInclusive<u32> = 0..=86_400;

impl Parameters {
    /// Moves of 5 % and 10 % against a five-minute mean; a stable price that follows by at most 0.03 % a second, so
    /// that a price held for five minutes moves it by at most 9 %; ten minutes of calm for each tier; an hour of grace,
    /// in which traders who could not act may add collateral.
    pub const DEFAULT: Self = Self {
        caution_move: WAD / 20,
        restricted_move: WAD / 10,
        stable_price_rate: WAD / 10_000 * 3,
        mean_window: 300,
        calm_period: 600,
        grace_period: 3_600,
    };

    /// Whether every parameter is within its hard bounds and the thresholds are in order.
    pub fn is_within_bounds(&self) -> bool {
        MOVE.contains(&self.caution_move)
            && MOVE.contains(&self.restricted_move)
            && self.caution_move < self.restricted_move
            && STABLE_PRICE_RATE.contains(&self.stable_price_rate)
            && MEAN_WINDOW.contains(&self.mean_window)
            && CALM_PERIOD.contains(&self.calm_period)
            && GRACE_PERIOD.contains(&self.grace_period)
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
                stable_price_rate: 0,
                ..D
            },
            Parameters {
                stable_price_rate: STABLE_PRICE_RATE.end() + 1,
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
        ];
        for parameters in outside {
            assert!(!parameters.is_within_bounds(), "{parameters:?}");
        }
    }
}
