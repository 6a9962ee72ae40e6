//! When an asset was last in stricter tiers than Normal: profit that arose in one matures by it, whenever it is settled.

use crate::tier::Tier;
use crate::trip::Trip;

/// Seconds after Caution in which a gain that arose in it matures but for a millionth: fourteen times an hour.
const CAUTION_COUNTS: u64 = 14 * 3_600;
/// Seconds after Restricted or Halted in which a gain that arose in it matures but for a millionth: fourteen times a day.
const RESTRICTED_COUNTS: u64 = 14 * 86_400;

/// The first second after the last in which an asset was in a tier or a stricter one; zero if it never was, or so long ago that it
/// counts no more.
///
/// What counts is the breaker's tier, and the guardian's. A mark that was too old for a while because nobody looked is no tier: how
/// far the price moved meanwhile is seen by who looks next, and asks for the tier that is due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raised {
    /// Caution.
    pub caution: u64,
    /// Restricted.
    pub restricted: u64,
}

impl Raised {
    /// Whether nothing counts.
    pub fn is_over(&self) -> bool {
        *self == Self::default()
    }

    /// After an observation at `now` that has changed the breaker's tier from `before` to `tier`. One that stays in force is not
    /// over: that is told when somebody [asks](Raised::told).
    pub fn after(self, before: Tier, tier: Tier, now: u64) -> Self {
        let fallen = if tier < before { before } else { Tier::Normal };
        self.with(fallen, now).counting(now)
    }

    /// With what the guardian's last `trip` has been until `now`: it ends by itself.
    pub fn with_trip(self, trip: &Trip, now: u64) -> Self {
        self.with(trip.tier, trip.spell.until.min(now))
    }

    /// What counts at `now`, with `tier` in force and the guardian's last `trip`. What is in force ends in the next second, or later.
    pub fn told(self, tier: Tier, trip: &Trip, now: u64) -> Self {
        let next = now + 1;
        self.with_trip(trip, next).with(tier, next).counting(now)
    }

    fn with(self, tier: Tier, until: u64) -> Self {
        let later = |time: u64, least| if tier >= least { time.max(until) } else { time };
        Self {
            caution: later(self.caution, Tier::Caution),
            restricted: later(self.restricted, Tier::Restricted),
        }
    }

    fn counting(self, now: u64) -> Self {
        let still = |time: u64, secs| if now < time + secs { time } else { 0 };
        Self {
            caution: still(self.caution, CAUTION_COUNTS),
            restricted: still(self.restricted, RESTRICTED_COUNTS),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parameters::Parameters;
    use crate::spell::Spell;
    use crate::tier::Breaker;

    const NOW: u64 = 1_700_000_000;
    const NO_TRIP: Trip = Trip {
        tier: Tier::Normal,
        spell: Spell { until: 0, used: 0 },
    };

    fn told(raised: Raised, tier: Tier, now: u64) -> [u64; 2] {
        let Raised {
            caution,
            restricted,
        } = raised.told(tier, &NO_TRIP, now);
        [caution, restricted]
    }

    #[test]
    fn a_tier_in_force_ends_in_the_next_second_or_later() {
        let raised = Raised::default();
        let next = NOW + 1;
        assert_eq!(told(raised, Tier::Normal, NOW), [0, 0]);
        assert_eq!(told(raised, Tier::Caution, NOW), [next, 0]);
        assert_eq!(told(raised, Tier::Restricted, NOW), [next, next]);
        assert_eq!(told(raised, Tier::Halted, NOW), [next, next]);
    }

    #[test]
    fn a_tier_that_fell_ended_when_it_did() {
        let [later, last] = [NOW + 600, NOW + 1_200];
        let raised = Raised::default().after(Tier::Restricted, Tier::Caution, NOW);
        assert_eq!(told(raised, Tier::Caution, later), [later + 1, NOW]);
        let raised = raised.after(Tier::Caution, Tier::Normal, later);
        assert_eq!(told(raised, Tier::Normal, last), [later, NOW]);
        // One that stays, or rises, has not ended.
        for tier in [Tier::Caution, Tier::Halted] {
            let same = raised.after(Tier::Caution, tier, last);
            assert_eq!(same, raised);
        }
    }

    #[test]
    fn a_trip_ends_by_itself_when_it_was_to_end() {
        let until = NOW + 3_600;
        let trip = Trip {
            tier: Tier::Restricted,
            spell: Spell { until, used: 3_600 },
        };
        let running = Raised::default().told(Tier::Restricted, &trip, until - 1);
        assert_eq!([running.caution, running.restricted], [until, until]);
        let over = Raised::default().told(Tier::Normal, &trip, until + 999);
        assert_eq!([over.caution, over.restricted], [until, until]);
        // Of the next one that takes its place it is kept.
        let next = Trip {
            tier: Tier::Caution,
            spell: Spell {
                until: until + 2_000,
                used: 4_600,
            },
        };
        let kept = Raised::default().with_trip(&trip, until + 1_000);
        let after = kept.told(Tier::Normal, &next, until + 2_001);
        assert_eq!([after.caution, after.restricted], [until + 2_000, until]);
    }

    #[test]
    fn what_would_have_matured_since_counts_no_more() {
        let raised = Raised::default().after(Tier::Halted, Tier::Normal, NOW);
        let caution_over = NOW + 14 * 3_600;
        assert_eq!(told(raised, Tier::Normal, caution_over - 1), [NOW, NOW]);
        assert_eq!(told(raised, Tier::Normal, caution_over), [0, NOW]);
        let over = NOW + 14 * 86_400;
        assert_eq!(told(raised, Tier::Normal, over - 1), [0, NOW]);
        assert_eq!(told(raised, Tier::Normal, over), [0, 0]);
        assert!(!raised.after(Tier::Normal, Tier::Normal, over - 1).is_over());
        assert!(raised.after(Tier::Normal, Tier::Normal, over).is_over());
    }

    proptest! {
        /// As told, whoever looked in between: with what every second of the last hours was in.
        #[test]
        fn it_tells_the_last_second_of_every_tier(steps in prop::collection::vec((0u8..4, 1u64..900), 1..40)) {
            let calm = Parameters::DEFAULT.calm_period;
            let (mut breaker, mut raised, mut now) = (Breaker::default(), Raised::default(), NOW);
            let mut last = [0; 2];
            for (wanted, secs) in steps {
                // In force in each of the seconds before the next look, and in that of the last.
                now += secs;
                for (last, least) in last.iter_mut().zip([Tier::Caution, Tier::Restricted]) {
                    if breaker.tier >= least {
                        *last = now;
                    }
                }
                let before = breaker.tier;
                breaker = breaker.observe(Tier::from_u8(wanted), true, now, calm);
                raised = raised.after(before, breaker.tier, now);
                let expected = [(last[0], Tier::Caution), (last[1], Tier::Restricted)]
                    .map(|(last, least)| if breaker.tier >= least { now + 1 } else { last });
                prop_assert_eq!(told(raised, breaker.tier, now), expected);
            }
        }
    }
}
