//! Time that the guardian may take of one thing: of an asset's tier, of an expiry's surface.

/// The most seconds that spells may last together in [`PERIOD`].
pub const ALLOWANCE: u32 = 72 * 3_600;

/// The seconds over which [`ALLOWANCE`] counts.
pub const PERIOD: u64 = 30 * 86_400;

/// A spell, which ends by itself, and the time used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spell {
    /// When the last one ends or ended.
    pub until: u64,
    /// Seconds in spells since the allowance was last whole.
    pub used: u32,
}

/// Why a spell is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpellRefusal {
    /// It would end before the one that is running, or lasts no time.
    TooShort,
    /// It would use more than the allowance; `left` seconds remain.
    AllowanceExceeded {
        /// Seconds that remain.
        left: u32,
    },
}

impl Spell {
    /// Whether it is running at `now`.
    pub fn is_running(&self, now: u64) -> bool {
        now < self.until
    }

    /// Seconds that remain at `now`. The allowance is whole again 30 days after the last spell's end, so no 30 days hold more
    /// than the allowance, and spells cannot be chained.
    pub fn allowance(&self, now: u64) -> u32 {
        if now >= self.until.saturating_add(PERIOD) {
            ALLOWANCE
        } else {
            ALLOWANCE.saturating_sub(self.used)
        }
    }

    /// The spell after the guardian asks at `now` for `secs` seconds.
    pub fn extended(self, secs: u32, now: u64) -> Result<Self, SpellRefusal> {
        let until = now.saturating_add(secs.into());
        if secs == 0 || until < self.until {
            return Err(SpellRefusal::TooShort);
        }
        let left = self.allowance(now);
        let added = until - self.until.max(now);
        if added > left.into() {
            return Err(SpellRefusal::AllowanceExceeded { left });
        }
        Ok(Self {
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

    fn first(secs: u32) -> Spell {
        Spell::default().extended(secs, NOW).unwrap()
    }

    #[test]
    fn it_ends_by_itself() {
        assert!(!Spell::default().is_running(NOW));
        assert!(first(HOUR).is_running(NOW + 3_599));
        assert!(!first(HOUR).is_running(NOW + 3_600));
    }

    #[test]
    fn a_running_one_cannot_be_cut_short() {
        let spell = first(HOUR);
        let refused = Err(SpellRefusal::TooShort);
        assert_eq!(spell.extended(HOUR - 61, NOW + 60), refused);
        assert_eq!(spell.extended(0, NOW + 60), refused);
        assert!(spell.extended(HOUR - 60, NOW + 60).is_ok());
    }

    #[test]
    fn the_allowance_is_exactly_72_hours() {
        assert_eq!(first(72 * HOUR).allowance(NOW), 0);
        assert_eq!(
            Spell::default().extended(72 * HOUR + 1, NOW),
            Err(SpellRefusal::AllowanceExceeded { left: ALLOWANCE })
        );
    }

    #[test]
    fn they_cannot_be_chained() {
        let second = first(48 * HOUR);
        let second = second.extended(24 * HOUR, second.until).unwrap();
        let refused = Err(SpellRefusal::AllowanceExceeded { left: 0 });
        assert_eq!(second.extended(1, second.until), refused);
        let whole_again = second.until + 2_592_000;
        assert_eq!(second.extended(1, whole_again - 1), refused);
        assert!(second.extended(72 * HOUR, whole_again).is_ok());
    }

    #[test]
    fn one_on_top_of_another_uses_only_the_time_it_adds() {
        let second = first(10 * HOUR).extended(10 * HOUR, NOW + 3_600).unwrap();
        assert_eq!(second.used, 11 * HOUR);
    }

    proptest! {
        #[test]
        fn no_30_days_hold_more_than_the_allowance(asks in prop::collection::vec((1u32..80 * 3_600, 0u64..20 * 86_400), 1..60)) {
            let (mut spell, mut now) = (Spell::default(), NOW);
            let mut spans: [(u64, u64); 60] = [(0, 0); 60];
            for (k, (secs, wait)) in asks.into_iter().enumerate() {
                now += wait;
                let before = spell.until.max(now);
                if let Ok(next) = spell.extended(secs, now) {
                    spell = next;
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
