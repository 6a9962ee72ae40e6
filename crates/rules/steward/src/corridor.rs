//! How far and how often a risk agent may move one parameter.
//!
//! A parameter moves once in each delay, by at most its step of what it is then, and not out of its corridor. So in any
//! stretch of time shorter than the delay there is at most one step, wherever block boundaries fall, and `n` delays hold
//! at most `n + 1`. Whatever else the steward does to a parameter starts its delay anew.

use core::ops::RangeInclusive;

use crate::WAD;
use crate::kind::{Field, Range, Role};

/// Hard bounds of what governance may allow agents: at most half of the value at once, an hour to a year apart.
const STEPS: RangeInclusive<u64> = 1..=WAD / 2;
const DELAYS: RangeInclusive<u32> = 3_600..=365 * 86_400;

/// What governance allows agents, and the emergency multisig, to do with one parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Corridor {
    /// Least value.
    pub min: u128,
    /// Greatest value.
    pub max: u128,
    /// WAD share of the present value by which an agent may change it at once.
    pub max_step: u64,
    /// Seconds from one change to the next. Zero where governance has set no corridor.
    pub delay: u32,
}

/// A parameter that somebody wants to move.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// What it is.
    pub field: Field,
    /// What governance allows.
    pub corridor: Corridor,
    /// When the steward last changed it; zero if never.
    pub changed_at: u64,
    /// Its present value.
    pub current: u128,
}

/// Why a parameter may not be set to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Governance alone changes it, or has set no corridor.
    NotSteered,
    /// It is that already.
    Unchanged,
    /// Agents may move it from `from` on.
    TooEarly {
        /// Time in seconds.
        from: u64,
    },
    /// No multiple of its unit, or outside what may be set now.
    OutOfRange(Range),
    /// This is not the direction in which it is tighter, or there is none.
    NotTighter,
}

impl Corridor {
    /// Whether governance may set it for a field.
    pub fn is_within_bounds(&self, field: Field) -> bool {
        let Range { low, high } = field.bounds;
        low <= self.min
            && self.min <= self.max
            && self.max <= high
            && STEPS.contains(&self.max_step)
            && DELAYS.contains(&self.delay)
    }

    /// Whether governance has set it.
    pub const fn is_set(&self) -> bool {
        self.delay != 0
    }
}

impl Move {
    /// Whether anybody but governance may move it.
    pub fn is_steered(&self) -> bool {
        self.field.role != Role::Fixed && self.corridor.is_set()
    }

    /// From when on an agent may move it.
    pub fn open_from(&self) -> u64 {
        match self.changed_at {
            0 => 0,
            changed_at => changed_at.saturating_add(self.corridor.delay.into()),
        }
    }

    /// What an agent may set it to, once the delay is over: within a step of the present value and in the corridor, in
    /// whole units. Nothing but the present value if there is no such value, as while it is outside its corridor by more
    /// than a step.
    pub fn reach(&self) -> Range {
        let step = share(self.current, self.corridor.max_step);
        self.in_units(Range {
            low: self.current.saturating_sub(step).max(self.corridor.min),
            high: self.current.saturating_add(step).min(self.corridor.max),
        })
    }

    /// What an emergency may set it to: from the present value to the tighter end of the corridor, in whole units. Nothing but
    /// the present value if that is as tight.
    pub fn tighter(&self) -> Range {
        let Corridor { min, max, .. } = self.corridor;
        match self.field.role {
            Role::TighterUp => self.in_units(Range {
                low: self.current,
                high: max,
            }),
            Role::TighterDown => self.in_units(Range {
                low: min,
                high: self.current,
            }),
            Role::Fixed | Role::Steered => self.still(),
        }
    }

    /// Whether an agent may set it to `value` at `now`.
    pub fn check_step(&self, value: u128, now: u64) -> Result<(), Refusal> {
        self.check_steered(value)?;
        if now < self.open_from() {
            return Err(Refusal::TooEarly {
                from: self.open_from(),
            });
        }
        self.check_in(self.reach(), value)
    }

    /// Whether the emergency multisig may set it to `value`.
    pub fn check_tighter(&self, value: u128) -> Result<(), Refusal> {
        self.check_steered(value)?;
        let is_tighter = match self.field.role {
            Role::TighterUp => value > self.current,
            Role::TighterDown => value < self.current,
            Role::Fixed | Role::Steered => false,
        };
        if !is_tighter {
            return Err(Refusal::NotTighter);
        }
        self.check_in(self.tighter(), value)
    }

    fn check_steered(&self, value: u128) -> Result<(), Refusal> {
        if !self.is_steered() {
            return Err(Refusal::NotSteered);
        }
        if value == self.current {
            return Err(Refusal::Unchanged);
        }
        Ok(())
    }

    fn check_in(&self, range: Range, value: u128) -> Result<(), Refusal> {
        let in_units = value.is_multiple_of(self.field.unit.into());
        if !in_units || value < range.low || value > range.high {
            return Err(Refusal::OutOfRange(range));
        }
        Ok(())
    }

    /// The whole units in `range`.
    fn in_units(&self, range: Range) -> Range {
        let unit = u128::from(self.field.unit);
        let high = range.high - range.high % unit;
        match range.low.checked_next_multiple_of(unit) {
            Some(low) if low <= high => Range { low, high },
            _ => self.still(),
        }
    }

    fn still(&self) -> Range {
        Range {
            low: self.current,
            high: self.current,
        }
    }
}

/// `value` times the WAD `rate`, rounded down. The rate is at most a half, so that nothing overflows.
fn share(value: u128, rate: u64) -> u128 {
    let (wad, rate) = (u128::from(WAD), u128::from(rate));
    (value / wad) * rate + (value % wad) * rate / wad
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kind::Kind;

    const DAY: u64 = 86_400;
    const PERCENT: u128 = WAD as u128 / 100;
    const T: u64 = 1_700_000_000;

    /// An instrument's initial rate: higher is tighter.
    fn initial_rate() -> Move {
        Move {
            field: Kind::Instrument.fields()[2],
            corridor: Corridor {
                min: 5 * PERCENT,
                max: 20 * PERCENT,
                max_step: WAD / 10,
                delay: DAY as u32,
            },
            changed_at: T,
            current: 10 * PERCENT,
        }
    }

    #[test]
    fn a_step_is_a_share_of_the_present_value() {
        let range = Range {
            low: 9 * PERCENT,
            high: 11 * PERCENT,
        };
        let rate = initial_rate();
        assert_eq!(rate.reach(), range);
        let now = T + DAY;
        assert_eq!(rate.check_step(range.high, now), Ok(()));
        assert_eq!(rate.check_step(range.low, now), Ok(()));
        let outside = Err(Refusal::OutOfRange(range));
        assert_eq!(rate.check_step(range.high + 1_000_000_000, now), outside);
        assert_eq!(rate.check_step(range.low - 1_000_000_000, now), outside);
        assert_eq!(rate.check_step(range.high - 1, now), outside);
    }

    #[test]
    fn the_delay_ends_to_the_second() {
        let rate = initial_rate();
        let from = T + DAY;
        let early = Err(Refusal::TooEarly { from });
        assert_eq!(rate.check_step(11 * PERCENT, T), early);
        assert_eq!(rate.check_step(11 * PERCENT, from - 1), early);
        assert_eq!(rate.check_step(11 * PERCENT, from), Ok(()));
    }

    #[test]
    fn the_corridor_ends_a_step() {
        let mut rate = initial_rate();
        rate.current = 19 * PERCENT;
        assert_eq!(rate.reach().high, 20 * PERCENT);
        rate.current = 5 * PERCENT;
        assert_eq!(rate.reach().low, 5 * PERCENT);
    }

    #[test]
    fn beyond_a_step_from_its_corridor_a_parameter_stands_still() {
        let mut rate = initial_rate();
        rate.current = 30 * PERCENT;
        let still = rate.still();
        assert_eq!(rate.reach(), still);
        let outside = Err(Refusal::OutOfRange(still));
        assert_eq!(rate.check_step(20 * PERCENT, T + DAY), outside);
        rate.current = 21 * PERCENT;
        assert_eq!(rate.reach().high, 20 * PERCENT);
        assert_eq!(rate.check_step(20 * PERCENT, T + DAY), Ok(()));
    }

    #[test]
    fn an_emergency_only_tightens() {
        let rate = initial_rate();
        assert_eq!(rate.check_tighter(20 * PERCENT), Ok(()));
        assert_eq!(rate.check_tighter(9 * PERCENT), Err(Refusal::NotTighter));
        assert_eq!(rate.check_tighter(10 * PERCENT), Err(Refusal::Unchanged));
        let outside = Err(Refusal::OutOfRange(rate.tighter()));
        assert_eq!(rate.check_tighter(21 * PERCENT), outside);
        // On the loose side of the corridor, too, it may do less than go all the way to it.
        let loose = Move {
            current: PERCENT,
            ..rate
        };
        assert_eq!(loose.check_tighter(2 * PERCENT), Ok(()));
        assert_eq!(
            loose.check_tighter(21 * PERCENT),
            Err(Refusal::OutOfRange(loose.tighter()))
        );
        // On the tight side of it there is nothing to tighten.
        let tight = Move {
            current: 30 * PERCENT,
            ..rate
        };
        assert_eq!(
            tight.check_tighter(31 * PERCENT),
            Err(Refusal::OutOfRange(tight.still()))
        );
        let maintenance = Move {
            field: Kind::Instrument.fields()[1],
            ..rate
        };
        for value in [9 * PERCENT, 11 * PERCENT] {
            assert_eq!(maintenance.check_tighter(value), Err(Refusal::NotTighter));
        }
    }

    #[test]
    fn without_a_corridor_nothing_moves() {
        let mut rate = initial_rate();
        rate.corridor = Corridor::default();
        let refused = Err(Refusal::NotSteered);
        assert_eq!(rate.check_step(11 * PERCENT, T + DAY), refused);
        assert_eq!(rate.check_tighter(11 * PERCENT), refused);
        let mut asset = initial_rate();
        asset.field = Kind::Instrument.fields()[0];
        assert_eq!(asset.check_step(11 * PERCENT, T + DAY), refused);
    }

    #[test]
    fn governance_is_bound_too() {
        let Move {
            field, corridor, ..
        } = initial_rate();
        assert!(corridor.is_within_bounds(field));
        let outside = [
            Corridor {
                min: corridor.max + 1,
                ..corridor
            },
            Corridor {
                max_step: 0,
                ..corridor
            },
            Corridor {
                max_step: WAD / 2 + 1,
                ..corridor
            },
            Corridor {
                delay: 3_599,
                ..corridor
            },
            Corridor {
                delay: 365 * 86_400 + 1,
                ..corridor
            },
        ];
        for corridor in outside {
            assert!(!corridor.is_within_bounds(field), "{corridor:?}");
        }
    }

    #[test]
    fn agents_may_have_to_wait_from_an_hour_to_a_year() {
        let Move {
            field, corridor, ..
        } = initial_rate();
        for delay in [3_600, 31_536_000] {
            let corridor = Corridor { delay, ..corridor };
            assert!(corridor.is_within_bounds(field), "{delay}");
        }
    }

    #[test]
    fn a_corridor_stays_within_the_bounds_of_its_field() {
        for (field, (low, high)) in [
            (Kind::Instrument.fields()[3], (PERCENT / 2, u128::MAX)),
            (Kind::GuardParameters.fields()[4], (600, 14_400)),
        ] {
            let widest = Corridor {
                min: low,
                max: high,
                ..initial_rate().corridor
            };
            assert!(widest.is_within_bounds(field));
            let lower = Corridor {
                min: low - 1,
                ..widest
            };
            assert!(!lower.is_within_bounds(field));
            if let Some(max) = high.checked_add(1) {
                let higher = Corridor { max, ..widest };
                assert!(!higher.is_within_bounds(field));
            }
        }
    }

    fn any_move() -> impl Strategy<Value = Move> {
        let kinds = (0u8..7).prop_map(|number| Kind::of(number).unwrap());
        let fields = kinds.prop_flat_map(|kind| {
            (0..kind.fields().len()).prop_map(move |place| kind.fields()[place])
        });
        let values = prop_oneof![0u128..100 * WAD as u128, any::<u128>()];
        let corridors = (values.clone(), values.clone(), 1..=WAD / 2, 3_600u32..);
        (fields, corridors, 0..2 * T, values).prop_map(
            |(field, (a, b, max_step, delay), changed_at, current)| Move {
                field,
                corridor: Corridor {
                    min: a.min(b),
                    max: a.max(b),
                    max_step,
                    delay,
                },
                changed_at,
                current,
            },
        )
    }

    /// Values for which the products of the rule fit 128 bits, in whole units as contracts hold them, in a corridor near them.
    fn real_move() -> impl Strategy<Value = Move> {
        let kinds = prop::sample::select(Kind::ALL.to_vec());
        let fields = kinds.prop_flat_map(|kind| prop::sample::select(kind.fields().to_vec()));
        let values = (0u64..1 << 20, 0u64..1 << 20, 0u64..1 << 20);
        let times = prop_oneof![Just(0), T - 1_000_000..T];
        (fields, values, 1..=WAD / 2, 3_600u32..=1_000_000, times).prop_map(
            |(field, (current, a, b), max_step, delay, changed_at)| {
                let scale = u128::from(field.unit).min(100_000_000_000_000);
                let whole = u128::from(current) * scale;
                Move {
                    field,
                    corridor: Corridor {
                        min: u128::from(a.min(b)) * scale,
                        max: u128::from(a.max(b)) * scale,
                        max_step,
                        delay,
                    },
                    changed_at,
                    current: whole - whole % u128::from(field.unit),
                }
            },
        )
    }

    /// Values at, and a few units or fractions of one from, whatever bounds a change.
    fn around_edges(moved: &Move, offset: i128) -> std::vec::Vec<u128> {
        let Corridor { min, max, .. } = moved.corridor;
        let (reach, tighter) = (moved.reach(), moved.tighter());
        let edges = [
            min,
            max,
            reach.low,
            reach.high,
            tighter.low,
            tighter.high,
            moved.current,
        ];
        let unit = i128::from(moved.field.unit);
        let near = edges
            .into_iter()
            .flat_map(|edge| [offset, offset * unit].map(|by| edge.saturating_add_signed(by)));
        near.collect()
    }

    extern crate std;

    proptest! {
        /// What the view names may be set, and nothing beyond it; nothing of it leaves the corridor or exceeds the step.
        #[test]
        fn the_reach_is_what_is_accepted(moved in any_move(), value: u128) {
            let now = moved.open_from();
            let range = moved.reach();
            for end in [range.low, range.high] {
                if end != moved.current && moved.is_steered() {
                    prop_assert_eq!(moved.check_step(end, now), Ok(()));
                }
            }
            let near = range.low.saturating_sub(3) + value % 7;
            for value in [value, near] {
                if moved.check_step(value, now).is_ok() {
                    prop_assert!((range.low..=range.high).contains(&value));
                    prop_assert!((moved.corridor.min..=moved.corridor.max).contains(&value));
                    // |value - current| <= current * step, in 256 bits by comparing quotients.
                    let distance = value.abs_diff(moved.current);
                    prop_assert!(distance <= share(moved.current, moved.corridor.max_step));
                    prop_assert!(now == 0 || moved.check_step(value, now - 1).is_err());
                }
            }
        }

        /// Agents may set what the rule says, in so many words, and nothing else: around every edge there is, in both
        /// directions, before the delay is over and after.
        #[test]
        fn a_step_is_accepted_exactly_when_the_rule_allows_it(moved in real_move(), offset in -3i128..=3, late: bool) {
            let Move { field, corridor, current, .. } = moved;
            let unit = u128::from(field.unit);
            let now = if late { moved.open_from() } else { moved.open_from().saturating_sub(1) };
            for value in around_edges(&moved, offset) {
                let allowed = field.role != Role::Fixed
                    && value != current
                    && value % unit == 0
                    && (corridor.min..=corridor.max).contains(&value)
                    && value.abs_diff(current) * u128::from(WAD) <= current * u128::from(corridor.max_step)
                    && (late || moved.changed_at == 0);
                prop_assert_eq!(moved.check_step(value, now).is_ok(), allowed, "{:?} to {}", moved, value);
                let Range { low, high } = moved.reach();
                let shown = moved.is_steered() && value != current && value % unit == 0 && low <= value && value <= high;
                prop_assert_eq!(shown && now >= moved.open_from(), allowed);
            }
        }

        /// The same of the emergency: anything tighter, as far as the corridor goes that way.
        #[test]
        fn tightening_is_accepted_exactly_when_the_rule_allows_it(moved in real_move(), offset in -3i128..=3) {
            let Move { field, corridor, current, .. } = moved;
            let unit = u128::from(field.unit);
            for value in around_edges(&moved, offset) {
                let tighter = match field.role {
                    Role::TighterUp => value > current && value <= corridor.max,
                    Role::TighterDown => value < current && value >= corridor.min,
                    Role::Fixed | Role::Steered => false,
                };
                let allowed = tighter && value % unit == 0;
                prop_assert_eq!(moved.check_tighter(value).is_ok(), allowed, "{:?} to {}", moved, value);
                let Range { low, high } = moved.tighter();
                let shown = value != current && value % unit == 0 && low <= value && value <= high;
                prop_assert_eq!(shown, allowed);
            }
        }

        /// However agents time their steps, and wherever the blocks fall between them, `n` delays change a value by at most `n + 1`
        /// steps.
        #[test]
        fn steps_add_up_to_one_for_each_delay_and_one(moved in real_move(), gaps in prop::collection::vec(0u64..100_000, 1..40)) {
            let (mut moved, mut now) = (moved, moved.open_from());
            let (started, from, mut steps) = (now, moved.current, 0u64);
            for gap in gaps {
                now += gap;
                let high = moved.reach().high;
                if moved.check_step(high, now).is_ok() && high > moved.current {
                    (moved.current, moved.changed_at, steps) = (high, now, steps + 1);
                }
            }
            let delays = (now - started) / u64::from(moved.corridor.delay);
            prop_assert!(steps <= delays + 1);
            let most = (0..steps).fold(from, |value, _| value + share(value, moved.corridor.max_step));
            prop_assert!(moved.current <= most);
        }

        #[test]
        fn a_share_is_exact(value in 0..u128::MAX / WAD as u128, rate in 0..=WAD / 2) {
            prop_assert_eq!(share(value, rate), value * u128::from(rate) / u128::from(WAD));
        }
    }
}
