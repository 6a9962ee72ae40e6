//! What the guardian may do with a tier: raise one asset's for a while, never lower it.

use crate::spell::{Spell, SpellRefusal};
use crate::tier::Tier;

/// One asset's trip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trip {
    /// The tier asked for.
    pub tier: Tier,
    /// How long.
    pub spell: Spell,
}

/// Why a trip is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TripRefusal {
    /// The tier is not above the one in force.
    NotRaised,
    /// Halted may not be asked for while the sources agree.
    SourcesAgree,
    /// It may not last so long, or has to last longer.
    Spell(SpellRefusal),
}

impl Trip {
    /// The tier that the trip imposes at `now`; while the sources agree at most Restricted.
    pub fn tier_at(&self, now: u64, sources_agree: bool) -> Tier {
        match (self.spell.is_running(now), sources_agree) {
            (false, _) => Tier::Normal,
            (true, true) => self.tier.min(Tier::Restricted),
            (true, false) => self.tier,
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
        let spell = self.spell.extended(secs, now).map_err(TripRefusal::Spell)?;
        Ok(Self { tier, spell })
    }
}

#[cfg(test)]
mod tests {
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
        let refused = Err(TripRefusal::Spell(SpellRefusal::TooShort));
        assert_eq!(raise(trip, Tier::Restricted, HOUR - 61, NOW + 60), refused);
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
    fn its_tier_may_rise_while_it_runs_and_its_time_counts_once() {
        let first = raise(Trip::default(), Tier::Caution, 10 * HOUR, NOW).unwrap();
        let second = raise(first, Tier::Restricted, 10 * HOUR, NOW + 3_600).unwrap();
        assert_eq!(second.tier, Tier::Restricted);
        assert_eq!(second.spell.used, 11 * HOUR);
    }
}
