//! What the emergency multisig may hold tighter, and for how long.
//!
//! An emergency is of one struct, whose values are coupled: it begins with the first field that is tightened, and whatever
//! is tightened after that ends with it. From then on anyone may put back what was there before. While it lasts, agents
//! change nothing in that struct. The next one may begin 30 days after the last began, so that 72 hours cannot be made a
//! lasting change by repeating them, unless governance confirmed all of it.

/// Seconds until an emergency expires.
pub const DURATION: u64 = 72 * 3_600;

/// Seconds from the beginning of one emergency to that of the next.
pub const PERIOD: u64 = 30 * 86_400;

/// Fields that a struct may have.
pub const MAX_FIELDS: usize = 32;

/// The emergency of one struct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emergency {
    /// When the last one began; zero if there was none, or governance confirmed all of it.
    pub started_at: u64,
    /// A bit for each field that it holds.
    pub held: u32,
}

/// Why nothing may be tightened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmergencyRefusal {
    /// It has expired: what it changed has to be put back first.
    Expired,
    /// The next may begin at `from`.
    Spent {
        /// Time in seconds.
        from: u64,
    },
}

impl Emergency {
    /// Whether it holds any field.
    pub const fn is_open(&self) -> bool {
        self.held != 0
    }

    /// Whether it holds the field at `place`.
    pub const fn holds(&self, place: u8) -> bool {
        self.held & bit(place) != 0
    }

    /// When what it holds may be put back.
    pub const fn expires_at(&self) -> u64 {
        self.started_at.saturating_add(DURATION)
    }

    /// The emergency in which something is tightened at `now`: the one that goes on, or a new one.
    pub const fn admit(self, now: u64) -> Result<Self, EmergencyRefusal> {
        if self.is_open() {
            return if now < self.expires_at() {
                Ok(self)
            } else {
                Err(EmergencyRefusal::Expired)
            };
        }
        let from = self.started_at.saturating_add(PERIOD);
        if self.started_at != 0 && now < from {
            return Err(EmergencyRefusal::Spent { from });
        }
        Ok(Self {
            started_at: now,
            held: 0,
        })
    }

    /// With the field at `place` held.
    pub const fn hold(self, place: u8) -> Self {
        Self {
            held: self.held | bit(place),
            ..self
        }
    }

    /// With the field at `place` put back.
    pub const fn release(self, place: u8) -> Self {
        Self {
            held: self.held & !bit(place),
            ..self
        }
    }

    /// With the field at `place` confirmed. Once nothing is held, the emergency counts as governance's decision.
    pub const fn confirm(self, place: u8) -> Self {
        let left = self.release(place);
        if left.is_open() {
            left
        } else {
            Self {
                started_at: 0,
                held: 0,
            }
        }
    }
}

/// The bit of a field; none beyond [`MAX_FIELDS`].
const fn bit(place: u8) -> u32 {
    match 1u32.checked_shl(place as u32) {
        Some(bit) => bit,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T: u64 = 1_700_000_000;

    #[test]
    fn what_is_tightened_later_ends_with_the_first() {
        let first = Emergency::default().admit(T).unwrap().hold(2);
        let second = first.admit(T + DURATION - 1).unwrap().hold(3);
        assert_eq!(second.expires_at(), T + DURATION);
        assert!(second.holds(2) && second.holds(3) && !second.holds(4));
        let refused = second.admit(T + DURATION);
        assert_eq!(refused, Err(EmergencyRefusal::Expired));
    }

    #[test]
    fn an_emergency_lasts_three_days_and_the_next_begins_after_thirty() {
        let open = Emergency::default().admit(T).unwrap().hold(1);
        assert_eq!(open.expires_at(), T + 259_200);
        let from = T + 2_592_000;
        let again = open.release(1).admit(T);
        assert_eq!(again, Err(EmergencyRefusal::Spent { from }));
    }

    #[test]
    fn what_is_tightened_twice_stays_held() {
        let open = Emergency::default().admit(T).unwrap().hold(2);
        assert_eq!(open.hold(2), open);
    }

    #[test]
    fn emergencies_cannot_be_chained() {
        let over = Emergency::default().admit(T).unwrap().hold(1).release(1);
        let from = T + PERIOD;
        assert_eq!(over.admit(from - 1), Err(EmergencyRefusal::Spent { from }));
        assert_eq!(over.admit(from).unwrap().started_at, from);
    }

    #[test]
    fn governance_takes_over_what_it_confirms() {
        let open = Emergency::default().admit(T).unwrap().hold(1).hold(2);
        let partly = open.confirm(1);
        assert_eq!((partly.held, partly.started_at), (1 << 2, T));
        assert_eq!(partly.confirm(2), Emergency::default());
        // What was put back is no decision of governance.
        let mixed = open.release(1).admit(T + 1).unwrap();
        assert_eq!(mixed.started_at, T);
    }

    proptest! {
        /// However the multisig times its calls, with everything put back as soon as that is possible, a field is held for
        /// at most 72 hours of any 30 days.
        #[test]
        fn at_most_72_hours_in_30_days(gaps in prop::collection::vec(0u64..20 * 86_400, 1..60)) {
            let mut emergency = Emergency::default();
            let (mut now, mut held) = (T, std::vec::Vec::new());
            for gap in gaps {
                now += gap;
                if emergency.is_open() && now >= emergency.expires_at() {
                    held.push((emergency.started_at, emergency.expires_at()));
                    emergency = emergency.release(0);
                }
                if let Ok(admitted) = emergency.admit(now) {
                    emergency = admitted.hold(0);
                }
            }
            for (start, _) in &held {
                let end = start + PERIOD;
                let within = held.iter().map(|(from, to)| (*to).min(end).saturating_sub(*from.max(start)));
                prop_assert!(within.sum::<u64>() <= DURATION);
            }
        }
    }

    extern crate std;
}
