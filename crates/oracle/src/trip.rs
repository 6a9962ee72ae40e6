//! What the guardian may do: raise one asset's tier for a while, never lower it.

use crate::tier::Tier;

/// The most seconds that an asset may spend under trips in [`PERIOD`].
pub const ALLOWANCE: u32 = 72 * 3_600;

/// The seconds over which [`ALLOWANCE`] counts.
pub const PERIOD: u64 = 30 * 86_400;

/// One asset's trip, which expires by itself, and the time used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trip {
    /// The tier asked for.
    pub tier: Tier,
    /// When the last trip ends or ended.
    pub until: u64,
    /// Seconds under trips since the allowance was last whole.
    pub used: u32,
}

/// Why a trip is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TripRefusal {
    /// The tier is not above the one in force.
    NotRaised,
    /// Halted may not be asked for while the sources agree.
    SourcesAgree,
    /// It would end before the trip that is running, or lasts no time.
    TooShort,
    /// It would use more than the allowance; `left` seconds remain.
    AllowanceExceeded {
        /// Seconds that remain.
        left: u32,
    },
}

impl Trip {
    /// The tier that the trip imposes at `now`; while the sources agree at most Restricted.
    pub fn tier_at(&self, now: u64, sources_agree: bool) -> Tier {
        match (now < self.until, sources_agree) {
            (false, _) => Tier::Normal,
            (true, true) => self.tier.min(Tier::Restricted),
            (true, false) => self.tier,
        }
    }

    /// Seconds under trips that remain at `now`. The allowance is whole again 30 days after the last trip's end, so no
    /// 30 days hold more than the allowance, and trips cannot be chained.
    pub fn allowance(&self, now: u64) -> u32 {
        if now >= self.until.saturating_add(PERIOD) {
            ALLOWANCE
        } else {
            ALLOWANCE.saturating_sub(self.used)
        }
    }

    /// The trip after the guardian asks at `now` for `tier` during `secs` seconds, `current` being the tier in force.
    pub fn raise(
        self,
        tier: Tier,
        secs: u32,
        now: u64,
        current: Tier,
        sources_agree: bool,
    ) -> Result<Self, TripRefusal> {
        if tier <= current {
            return Err(TripRefusal::NotRaised);
        }
        if sources_agree && tier > Tier::Restricted {
            return Err(TripRefusal::SourcesAgree);
        }
        let until = now.saturating_add(secs.into());
        if secs == 0 || until < self.until {
            return Err(TripRefusal::TooShort);
        }
        let left = self.allowance(now);
        let added = until - self.until.max(now);
        if added > left.into() {
            return Err(TripRefusal::AllowanceExceeded { left });
        }
        Ok(Self {
            tier,
            until,
            used: ALLOWANCE - left + added as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: u32 = 3_600;
    const NOW: u64 = 1_700_000_000;

    fn raise(trip: Trip, tier: Tier, secs: u32, now: u64) -> Result<Trip, TripRefusal> {
        trip.raise(tier, secs, now, trip.tier_at(now, true), true)
    }

    #[test]
    fn it_expires_by_itself() {
        let trip = raise(Trip::default(), Tier::Restricted, HOUR, NOW).unwrap();
        assert_eq!(trip.tier_at(NOW + 3_599, true), Tier::Restricted);
        assert_eq!(trip.tier_at(NOW + 3_600, true), Tier::Normal);
    }

    #[test]
    fn it_only_raises() {
        let trip = Trip::default();
        assert_eq!(
            trip.raise(Tier::Caution, HOUR, NOW, Tier::Caution, true),
            Err(TripRefusal::NotRaised)
        );
        assert_eq!(
            trip.raise(Tier::Normal, HOUR, NOW, Tier::Normal, true),
            Err(TripRefusal::NotRaised)
        );
    }

    #[test]
    fn a_running_trip_cannot_be_cut_short() {
        let trip = raise(Trip::default(), Tier::Caution, HOUR, NOW).unwrap();
        assert_eq!(
            raise(trip, Tier::Restricted, HOUR - 61, NOW + 60),
            Err(TripRefusal::TooShort)
        );
        assert_eq!(
            raise(trip, Tier::Restricted, 0, NOW + 60),
            Err(TripRefusal::TooShort)
        );
        assert!(raise(trip, Tier::Restricted, HOUR - 60, NOW + 60).is_ok());
    }

    #[test]
    fn halted_needs_disagreeing_sources_for_as_long_as_it_lasts() {
        assert_eq!(
            raise(Trip::default(), Tier::Halted, HOUR, NOW),
            Err(TripRefusal::SourcesAgree)
        );
        let trip = Trip::default()
            .raise(Tier::Halted, HOUR, NOW, Tier::Normal, false)
            .unwrap();
        assert_eq!(trip.tier_at(NOW, false), Tier::Halted);
        assert_eq!(trip.tier_at(NOW, true), Tier::Restricted);
    }

    #[test]
    fn the_allowance_is_exactly_72_hours() {
        assert!(raise(Trip::default(), Tier::Caution, 72 * HOUR, NOW).is_ok());
        assert_eq!(
            raise(Trip::default(), Tier::Caution, 72 * HOUR + 1, NOW),
            Err(TripRefusal::AllowanceExceeded { left: ALLOWANCE })
        );
    }

    #[test]
    fn trips_cannot_be_chained() {
        let first = raise(Trip::default(), Tier::Caution, 48 * HOUR, NOW).unwrap();
        let second = raise(first, Tier::Caution, 24 * HOUR, first.until).unwrap();
        let refused = Err(TripRefusal::AllowanceExceeded { left: 0 });
        assert_eq!(raise(second, Tier::Caution, 1, second.until), refused);
        assert_eq!(
            raise(second, Tier::Caution, 1, second.until + PERIOD - 1),
            refused
        );
        assert!(raise(second, Tier::Caution, 72 * HOUR, second.until + PERIOD).is_ok());
    }

    #[test]
    fn a_higher_trip_on_top_of_a_lower_one_uses_only_the_time_it_adds() {
        let first = raise(Trip::default(), Tier::Caution, 10 * HOUR, NOW).unwrap();
        let second = raise(first, Tier::Restricted, 10 * HOUR, NOW + 3_600).unwrap();
        assert_eq!(second.used, 11 * HOUR);
    }

    proptest! {
        #[test]
        fn no_30_days_hold_more_than_the_allowance(asks in prop::collection::vec((1u8..3, 1u32..80 * 3_600, 0u64..20 * 86_400), 1..60)) {
            let (mut trip, mut now) = (Trip::default(), NOW);
            let mut spans: [(u64, u64); 60] = [(0, 0); 60];
            for (k, (tier, secs, wait)) in asks.into_iter().enumerate() {
                now += wait;
                let before = trip.until.max(now);
                if let Ok(next) = raise(trip, Tier::from_u8(tier), secs, now) {
                    trip = next;
                    spans[k] = (before, next.until);
                }
            }
            for (start, _) in spans {
                let end = start + PERIOD;
                let total: u64 = spans.iter().map(|&(a, b)| b.min(end).saturating_sub(a.max(start))).sum();
                prop_assert!(total <= u64::from(ALLOWANCE));
            }
        }
    }
}
