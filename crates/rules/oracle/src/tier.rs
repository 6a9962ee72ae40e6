//! The breaker: which tier a move asks for, and its hysteresis. What a tier forbids: [`risk::rules::tiers`].

use crate::WAD;
use crate::math::share_at_least;
use crate::mean::MeanPrice;
use crate::parameters::Parameters;
use risk::Mark;
pub use risk::rules::tiers::{Tier, action, blocked_by};

/// One, in the units of what thresholds are scaled by.
const SCALE: u64 = 1_000;
/// By how much a gap widens thresholds at most.
const WIDEST: u64 = 4;

/// Why a tier changed, as `TierChanged` reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cause {
    /// A calm period passed, or a trip expired.
    Calm = 0,
    /// The price moved against its mean.
    Move = 1,
    /// The sources diverged.
    Divergence = 2,
    /// One of two sources is untrusted.
    SourceLost = 3,
    /// The sequencer is down, or its feed gives no answer.
    SequencerDown = 4,
    /// No source is trusted.
    Frozen = 5,
    /// The guardian raised the tier.
    Guardian = 6,
}

/// The tier that a move from `mean` to `mark` asks for.
pub fn by_move(mark: Mark, mean: MeanPrice, parameters: &Parameters) -> Tier {
    by_scaled_move(mark, mean.0, SCALE, parameters)
}

/// The tier that a move to `mark` asks for from the `last` that was trusted, `gap` seconds ago: a price moves as the root of
/// time, so that the thresholds are those of the mean's window times sqrt(gap / window), at most four times. The root is rounded
/// down, which is the stricter.
pub fn by_gap(mark: Mark, last: Mark, gap: u64, parameters: &Parameters) -> Tier {
    let window = u64::from(parameters.mean_window.max(1));
    let gap = gap.clamp(window, WIDEST * WIDEST * window);
    let root = (gap * SCALE * SCALE / window).isqrt();
    by_scaled_move(mark, last.0, root, parameters)
}

/// As [`by_move`] from the WAD price `from`, with the thresholds times `scale` thousandths, rounded down: at most 50 % x 4.
fn by_scaled_move(Mark(mark): Mark, from: u128, scale: u64, parameters: &Parameters) -> Tier {
    let distance = mark.abs_diff(from);
    let reaches = |threshold: u64| {
        let scaled = threshold / SCALE * scale + threshold % SCALE * scale / SCALE;
        share_at_least(distance, from, scaled, WAD)
    };
    if reaches(parameters.restricted_move) {
        Tier::Restricted
    } else if reaches(parameters.caution_move) {
        Tier::Caution
    } else {
        Tier::Normal
    }
}

/// The automatic breaker's tier and how long it has been calm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// The tier in force.
    pub tier: Tier,
    /// Since when every observation asked for less than `tier`; zero if the last one did not.
    pub calm_since: u64,
}

impl Breaker {
    /// The breaker after an observation at `now` that asked for `wanted`.
    ///
    /// A stricter tier is entered at once. A milder one is entered tier by tier, each after `calm_period` seconds in
    /// which every observation asked for less; `comparable` is false for an observation that had no mean to compare
    /// with, which starts the period anew.
    pub fn observe(self, wanted: Tier, comparable: bool, now: u64, calm_period: u32) -> Self {
        if wanted >= self.tier {
            return Self {
                tier: wanted,
                calm_since: 0,
            };
        }
        if self.calm_since == 0 || !comparable {
            return Self {
                calm_since: now,
                ..self
            };
        }
        if now.saturating_sub(self.calm_since) < calm_period.into() {
            return self;
        }
        Self {
            tier: self.tier.lowered(),
            calm_since: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CALM: u32 = 600;

    #[test]
    fn thresholds_count_from_exactly_five_and_ten_per_cent_either_way() {
        let at = |price| by_move(Mark(price), MeanPrice(10_000), &Parameters::DEFAULT);
        for (price, tier) in [
            (10_499, Tier::Normal),
            (10_500, Tier::Caution),
            (9_501, Tier::Normal),
            (9_500, Tier::Caution),
            (10_999, Tier::Caution),
            (11_000, Tier::Restricted),
            (9_001, Tier::Caution),
            (9_000, Tier::Restricted),
            (1, Tier::Restricted),
        ] {
            assert_eq!(at(price), tier, "{price}");
        }
    }

    #[test]
    fn a_gap_widens_the_thresholds_by_its_root_up_to_four_times() {
        let window = u64::from(Parameters::DEFAULT.mean_window);
        let at = |price, gap| by_gap(Mark(price), Mark(1_000_000), gap, &Parameters::DEFAULT);
        for (windows, caution, restricted) in [
            (0, 50_000, 100_000),
            (1, 50_000, 100_000),
            (4, 100_000, 200_000),
            (9, 150_000, 300_000),
            (16, 200_000, 400_000),
            (1_000, 200_000, 400_000),
        ] {
            let gap = windows * window;
            assert_eq!(at(1_000_000 - caution + 1, gap), Tier::Normal, "{windows}");
            assert_eq!(at(1_000_000 - caution, gap), Tier::Caution, "{windows}");
            assert_eq!(
                at(1_000_000 + restricted - 1, gap),
                Tier::Caution,
                "{windows}"
            );
            assert_eq!(
                at(1_000_000 + restricted, gap),
                Tier::Restricted,
                "{windows}"
            );
        }
        // Six minutes: sqrt(1.2) x 5 % are 5.475 %, to a thousandth of the root.
        assert_eq!(at(1_000_000 - 54_750, 360), Tier::Caution);
        assert_eq!(at(1_000_000 - 54_749, 360), Tier::Normal);
        assert_eq!(at(0, u64::MAX), Tier::Restricted);
    }

    #[test]
    fn a_threshold_is_widened_to_its_last_digit() {
        let parameters = Parameters {
            caution_move: 50_000_000_000_000_999,
            ..Parameters::DEFAULT
        };
        let (mark, gap) = (u128::from(WAD), 16 * 300);
        let at = |distance| by_gap(Mark(mark + distance), Mark(mark), gap, &parameters);
        assert_eq!(at(200_000_000_000_003_995), Tier::Normal);
        assert_eq!(at(200_000_000_000_003_996), Tier::Caution);
    }

    /// The two signs beside them forbid nothing.
    #[test]
    fn six_actions_are_forbidden_while_an_asset_is_frozen() {
        assert_eq!(action::ALL, 0b11_1111);
    }

    #[test]
    fn escalation_is_immediate() {
        let breaker = Breaker::default().observe(Tier::Halted, true, 10, CALM);
        assert_eq!(
            breaker,
            Breaker {
                tier: Tier::Halted,
                calm_since: 0
            }
        );
    }

    #[test]
    fn each_step_down_takes_a_calm_period() {
        let mut breaker = Breaker {
            tier: Tier::Halted,
            calm_since: 0,
        };
        let mut seen = [0; 4];
        for now in (1_000..).step_by(60).take(60) {
            breaker = breaker.observe(Tier::Normal, true, now, CALM);
            seen[breaker.tier as usize] += 1;
        }
        assert_eq!(seen, [30, 10, 10, 10]);
    }

    #[test]
    fn a_relapse_starts_the_calm_period_anew() {
        let breaker = Breaker {
            tier: Tier::Caution,
            calm_since: 0,
        }
        .observe(Tier::Normal, true, 1_000, CALM)
        .observe(Tier::Caution, true, 1_599, CALM)
        .observe(Tier::Normal, true, 1_600, CALM);
        assert_eq!(
            breaker,
            Breaker {
                tier: Tier::Caution,
                calm_since: 1_600
            }
        );
        assert_eq!(
            breaker.observe(Tier::Normal, true, 2_199, CALM).tier,
            Tier::Caution
        );
        assert_eq!(
            breaker.observe(Tier::Normal, true, 2_200, CALM).tier,
            Tier::Normal
        );
    }

    #[test]
    fn silence_is_not_calm() {
        let breaker = Breaker {
            tier: Tier::Caution,
            calm_since: 1_000,
        }
        .observe(Tier::Normal, false, 90_000, CALM);
        assert_eq!(
            breaker,
            Breaker {
                tier: Tier::Caution,
                calm_since: 90_000
            }
        );
    }

    proptest! {
        #[test]
        fn it_is_never_milder_than_asked_and_falls_by_one_tier_at_most(steps in prop::collection::vec((0u8..4, any::<bool>(), 0u64..2_000), 1..100)) {
            let (mut breaker, mut now, mut fell_at) = (Breaker::default(), 1, 0);
            for (wanted, comparable, secs) in steps {
                now += secs;
                let before = breaker.tier;
                breaker = breaker.observe(Tier::from_u8(wanted), comparable, now, CALM);
                prop_assert!(breaker.tier >= Tier::from_u8(wanted));
                prop_assert!(breaker.tier as u8 + 1 >= before as u8);
                if breaker.tier < before {
                    prop_assert!(now - fell_at >= u64::from(CALM));
                    fell_at = now;
                }
            }
        }
    }
}
