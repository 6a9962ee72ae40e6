use proptest::prelude::*;

use super::*;

const L: SurfaceLimits = SurfaceLimits::DEFAULT;
const EXPIRY: u64 = 20_000 * 86_400 + 8 * 3_600;
const NOW: u64 = EXPIRY - 30 * 86_400;
const FLAT: Surface = Surface {
    atm: 800_000,
    skew: 0,
    curvature: 0,
};
const SMILE: Surface = Surface {
    atm: 600_000,
    skew: -200_000,
    curvature: 400_000,
};
/// A forward, WAD.
const FORWARD: u128 = 2_000_000_000_000_000_000_000;

fn quoted() -> Quoted {
    let first = Quoted::default().update(FLAT, EXPIRY, &L, NOW);
    first.unwrap()
}

fn volatility(surface: &Surface, strike: u128, forward: u128) -> u32 {
    let quoted = Quoted {
        surface: *surface,
        ..quoted()
    };
    quoted.volatility(Price(strike), Forward(forward))
}

fn strike_at(k: f64) -> u128 {
    (FORWARD as f64 * k.exp()) as u128
}

#[test]
fn it_is_a_parabola_of_log_moneyness() {
    for (k, expected) in [
        (0.0, 600_000),
        (0.1, 584_000),
        (-0.1, 624_000),
        (0.5, 600_000),
        (-0.5, 800_000),
        (1.0, 800_000),
        (-1.0, 1_200_000),
    ] {
        let volatility = volatility(&SMILE, strike_at(k), FORWARD);
        assert!(volatility.abs_diff(expected) <= 1, "{k}: {volatility}");
    }
}

#[test]
fn beyond_a_factor_of_e_it_is_flat() {
    for strike in [0, 1, strike_at(-1.1), strike_at(-9.0)] {
        assert_eq!(volatility(&SMILE, strike, FORWARD), 1_200_000);
    }
    for strike in [strike_at(1.1), strike_at(20.0), u128::MAX] {
        let volatility = volatility(&SMILE, strike, FORWARD);
        assert!(volatility.abs_diff(800_000) <= 1, "{volatility}");
    }
}

#[test]
fn it_is_held_to_the_limits() {
    let steep = Surface {
        atm: 600_000,
        skew: -4_000_000,
        curvature: -4_000_000,
    };
    assert_eq!(volatility(&steep, strike_at(0.5), FORWARD), 100_000);
    let high = Surface {
        curvature: 4_000_000,
        ..steep
    };
    assert_eq!(volatility(&high, strike_at(-1.0), FORWARD), 5_000_000);
}

#[test]
fn the_first_surface_may_have_any_level_within_the_limits() {
    for (atm, allowed) in [
        (99_999, false),
        (100_000, true),
        (5_000_000, true),
        (5_000_001, false),
    ] {
        let first = Quoted::default().update(Surface { atm, ..FLAT }, EXPIRY, &L, NOW);
        assert_eq!(first.is_ok(), allowed, "{atm}");
    }
    for slope in [-4_000_001, 4_000_001, i32::MIN, i32::MAX] {
        for surface in [
            Surface {
                skew: slope,
                ..FLAT
            },
            Surface {
                curvature: slope,
                ..FLAT
            },
        ] {
            let first = Quoted::default().update(surface, EXPIRY, &L, NOW);
            assert_eq!(first, Err(SurfaceRefusal::OutOfBounds), "{surface:?}");
        }
    }
}

#[test]
fn expiries_are_on_the_grid_ahead_and_near() {
    let set = |expiry, now| Quoted::default().update(FLAT, expiry, &L, now).err();
    let invalid = Some(SurfaceRefusal::InvalidExpiry);
    assert_eq!(set(EXPIRY, EXPIRY - 1), None);
    assert_eq!(set(EXPIRY, EXPIRY), invalid);
    assert_eq!(set(EXPIRY + 1, NOW), invalid);
    let farthest = EXPIRY - 400 * 86_400;
    assert_eq!(set(EXPIRY, farthest), None);
    assert_eq!(set(EXPIRY, farthest - 1), invalid);
}

#[test]
fn updates_keep_their_interval_to_the_second() {
    let at = |now| quoted().update(FLAT, EXPIRY, &L, now);
    let allowed_at = NOW + u64::from(L.min_interval);
    for now in [NOW - 9_000, NOW, allowed_at - 1] {
        assert_eq!(at(now), Err(SurfaceRefusal::TooSoon { allowed_at }));
    }
    assert_eq!(at(allowed_at).map(|next| next.updated_at), Ok(allowed_at));
}

#[test]
fn a_step_counts_what_every_part_of_it_can_do() {
    let step = |next| quoted().update(next, EXPIRY, &L, NOW + 300);
    let moved = |atm: i32, skew, curvature| Surface {
        atm: FLAT.atm.saturating_add_signed(atm),
        skew,
        curvature,
    };
    for (next, allowed) in [
        (moved(50_000, 0, 0), true),
        (moved(-50_000, 0, 0), true),
        (moved(50_001, 0, 0), false),
        (moved(20_000, -20_000, 10_000), true),
        (moved(20_000, -20_000, 10_001), false),
        (moved(-20_000, 20_001, -10_000), false),
    ] {
        assert_eq!(step(next).is_ok(), allowed, "{next:?}");
    }
    assert_eq!(
        step(moved(60_000, 0, 0)),
        Err(SurfaceRefusal::StepTooLarge { step: WAD / 50 * 3 })
    );
}

#[test]
fn it_is_stale_from_a_set_age_on() {
    let at = |now| quoted().is_fresh(now);
    assert!(at(NOW) && at(NOW + u64::from(L.stale_after) - 1));
    assert!(!at(NOW + u64::from(L.stale_after)));
    assert!(!Quoted::default().is_fresh(0));
}

/// A change of limits does not move what was quoted under the old ones.
#[test]
fn new_limits_hold_from_the_next_update_on() {
    let tight = SurfaceLimits {
        min_volatility: WAD,
        stale_after: 400,
        ..L
    };
    let next = Surface {
        atm: 1_000_000,
        ..FLAT
    };
    let far = Quoted::default().update(next, EXPIRY, &L, NOW).unwrap();
    let low = Surface {
        atm: 960_000,
        ..FLAT
    };
    assert_eq!(
        far.update(low, EXPIRY, &tight, NOW + 300),
        Err(SurfaceRefusal::OutOfBounds)
    );
    assert!(far.is_fresh(NOW + 400) && far.min_volatility == 100_000);
    let held = far.update(next, EXPIRY, &tight, NOW + 300).unwrap();
    assert!(held.is_fresh(NOW + 699) && !held.is_fresh(NOW + 700));
    assert_eq!(held.min_volatility, 1_000_000);
}

/// However long it was silent, the next step is no larger.
#[test]
fn silence_saves_up_no_steps() {
    let next = Surface {
        atm: FLAT.atm + 50_001,
        ..FLAT
    };
    let late = quoted().update(next, EXPIRY, &L, EXPIRY - 1);
    assert!(matches!(late, Err(SurfaceRefusal::StepTooLarge { .. })));
}

#[test]
fn a_surface_that_nobody_has_limited_moves_five_points_in_five_minutes() {
    let expected = SurfaceLimits {
        min_volatility: 100_000_000_000_000_000,
        max_volatility: 5_000_000_000_000_000_000,
        max_step: 50_000_000_000_000_000,
        min_interval: 300,
        stale_after: 3_600,
    };
    assert_eq!(L, expected);
    assert_eq!(SurfaceLimits::UNIT, 1_000_000_000_000_000);
}

#[test]
fn limits_have_bounds() {
    assert!(L.is_within_bounds());
    let outside = [
        SurfaceLimits {
            min_volatility: WAD / 20 - SurfaceLimits::UNIT,
            ..L
        },
        SurfaceLimits {
            min_volatility: L.max_volatility + SurfaceLimits::UNIT,
            ..L
        },
        SurfaceLimits {
            min_volatility: L.min_volatility + 1,
            ..L
        },
        SurfaceLimits {
            max_volatility: 10 * WAD + SurfaceLimits::UNIT,
            ..L
        },
        SurfaceLimits { max_step: 0, ..L },
        SurfaceLimits {
            max_step: WAD / 4 + SurfaceLimits::UNIT,
            ..L
        },
        SurfaceLimits {
            max_step: L.max_step + 1,
            ..L
        },
        SurfaceLimits {
            min_interval: 29,
            ..L
        },
        SurfaceLimits {
            min_interval: 86_401,
            stale_after: 604_800,
            ..L
        },
        SurfaceLimits {
            min_interval: 30,
            stale_after: 59,
            ..L
        },
        SurfaceLimits {
            stale_after: 604_801,
            ..L
        },
        SurfaceLimits {
            stale_after: L.min_interval,
            ..L
        },
    ];
    for limits in outside {
        assert!(!limits.is_within_bounds(), "{limits:?}");
    }
}

#[test]
fn limits_may_be_as_wide_and_as_narrow_as_their_bounds() {
    let widest = SurfaceLimits {
        min_volatility: WAD / 20,
        max_volatility: 10 * WAD,
        max_step: WAD / 4,
        min_interval: 86_400,
        stale_after: 604_800,
    };
    let narrowest = SurfaceLimits {
        min_volatility: WAD / 20,
        max_volatility: WAD / 20,
        max_step: WAD / 1_000,
        min_interval: 30,
        stale_after: 60,
    };
    assert!(widest.is_within_bounds() && narrowest.is_within_bounds());
}

fn any_surface() -> impl Strategy<Value = Surface> {
    let slope = || -Surface::MAX_SLOPE..=Surface::MAX_SLOPE;
    (100_000u32..=5_000_000, slope(), slope()).prop_map(|(atm, skew, curvature)| Surface {
        atm,
        skew,
        curvature,
    })
}

const HOUR: u32 = 3_600;

fn distrusted(quoted: Quoted, secs: u32, now: u64) -> Result<Quoted, NotDistrusted> {
    quoted.distrusted(secs, EXPIRY, Mark(FORWARD), now)
}

#[test]
fn while_it_is_distrusted_nobody_updates_it_and_afterwards_it_goes_on_by_steps() {
    let distrusted = distrusted(quoted(), HOUR, NOW + 60).unwrap();
    let until = NOW + 60 + u64::from(HOUR);
    let step = Surface {
        atm: 850_000,
        ..FLAT
    };
    let refused = Err(SurfaceRefusal::Distrusted { until });
    for now in [NOW + 60, NOW + 600, until - 1] {
        assert_eq!(distrusted.update(step, EXPIRY, &L, now), refused);
        assert!(distrusted.is_distrusted(now) && !distrusted.is_fresh(now));
    }
    assert!(!distrusted.is_distrusted(until));
    let two_steps = Surface {
        atm: 850_001,
        ..FLAT
    };
    assert!(matches!(
        distrusted.update(two_steps, EXPIRY, &L, until),
        Err(SurfaceRefusal::StepTooLarge { .. })
    ));
    let updated = distrusted.update(step, EXPIRY, &L, until).unwrap();
    assert!(updated.is_fresh(until));
    assert_eq!(updated.distrust, distrusted.distrust, "the time is used");
}

#[test]
fn it_is_distrusted_for_72_hours_in_30_days_and_never_beyond_its_expiry() {
    let refused = |left| {
        Err(NotDistrusted::Spell(SpellRefusal::AllowanceExceeded {
            left,
        }))
    };
    assert_eq!(distrusted(quoted(), 72 * HOUR + 1, NOW), refused(72 * HOUR));
    let used = distrusted(quoted(), 72 * HOUR, NOW).unwrap();
    assert_eq!(distrusted(used, 1, used.distrust.until), refused(0));
    let short = Err(NotDistrusted::Spell(SpellRefusal::TooShort));
    assert_eq!(distrusted(used, HOUR, NOW + 60), short);
    assert_eq!(distrusted(quoted(), 0, NOW), short);
    let late = distrusted(quoted(), 72 * HOUR, EXPIRY - 100).unwrap();
    assert_eq!(late.distrust.until, EXPIRY);
    assert_eq!(late.distrust.used, 100);
    let none = Err(NotDistrusted::NoSurface);
    assert_eq!(distrusted(quoted(), HOUR, EXPIRY), none);
    assert_eq!(distrusted(Quoted::default(), HOUR, NOW), none);
}

#[test]
fn distrusting_it_again_keeps_what_options_have() {
    let first = distrusted(quoted(), HOUR, NOW).unwrap();
    let longer = first.distrusted(2 * HOUR, EXPIRY, Mark(2 * FORWARD), NOW + 60);
    assert_eq!(longer.unwrap().distrusted_at, Mark(FORWARD));
    let later = first.distrusted(HOUR, EXPIRY, Mark(2 * FORWARD), first.distrust.until);
    assert_eq!(later.unwrap().distrusted_at, Mark(2 * FORWARD));
}

/// Updates at any times, and the one of before each 08:00 found again at any later time.
#[test]
fn the_surface_of_a_time_past_is_found_whatever_was_set_since() {
    extern crate std;
    use std::collections::BTreeMap;
    use std::vec::Vec;
    let starts = EXPIRY - 20 * DAY;
    // Some are set at an 08:00 itself, which is when the one before was in force for the last time.
    for (first, steps) in [
        (1, [7_200, 50_000, 3]),
        (1, [86_400, 86_400, 86_400]),
        (0, [43_200, 43_200, 43_200]),
        (1, [400_000, 1, 30_000]),
    ] {
        let (mut kept, mut all) = (BTreeMap::new(), Vec::new());
        let mut live = Quoted::default();
        let mut now = starts + first;
        for step in steps.iter().cycle().take(60) {
            if now >= EXPIRY {
                break;
            }
            let next = Quoted {
                updated_at: now,
                ..quoted()
            };
            if let Some(day) = live.outlived(now) {
                assert!(kept.insert(day, live).is_none(), "each time has one");
            }
            (live, now) = (next, now + step);
            all.push(next);
            for day in 1..20 {
                let time = starts + day * DAY;
                if time > now {
                    break;
                }
                let found = live.at(time, now, |day| kept.get(&day).copied().unwrap_or_default());
                let expected = all.iter().rev().find(|past| past.updated_at < time);
                assert_eq!(Some(&found), expected, "{time} at {now}");
            }
        }
    }
    // One that had none then has its first.
    let first = quoted();
    let none = |_| Quoted::default();
    assert_eq!(first.at(NOW - DAY, NOW, none), first);
}

proptest! {
    #[test]
    fn it_agrees_with_floating_point(surface in any_surface(), k in -1.5f64..1.5) {
        let strike = strike_at(k);
        let k = (strike as f64 / FORWARD as f64).ln().clamp(-1.0, 1.0);
        let exact = f64::from(surface.atm) + f64::from(surface.skew) * k + f64::from(surface.curvature) * k * k;
        let found = f64::from(volatility(&surface, strike, FORWARD));
        prop_assert!((found - exact.clamp(1e5, 5e6)).abs() < 0.6, "{found} {exact}");
    }

    /// What a provider that does its worst can do.
    #[test]
    fn no_update_moves_any_strike_by_more_than_a_step(surfaces in prop::collection::vec((any_surface(), 0u64..900), 1..60), strike in 0u128..1 << 96, forward in 0u128..1 << 96) {
        let (mut state, mut now) = (quoted(), NOW);
        for (surface, secs) in surfaces {
            now += secs;
            // Towards the surface by as much as one step allows, or a little more.
            let toward = |from: i64, to: i64| from + (to - from).clamp(-17_000, 17_000);
            let next = Surface {
                atm: toward(state.surface.atm.into(), surface.atm.into()) as u32,
                skew: toward(state.surface.skew.into(), surface.skew.into()) as i32,
                curvature: toward(state.surface.curvature.into(), surface.curvature.into()) as i32,
            };
            let before = state;
            if let Ok(after) = state.update(next, EXPIRY, &L, now) {
                prop_assert!(after.updated_at >= before.updated_at + u64::from(L.min_interval));
                state = after;
            }
            let [was, is] = [before, state].map(|quoted| volatility(&quoted.surface, strike, forward));
            // Each is wrong by at most one.
            prop_assert!(u64::from(was.abs_diff(is)) * MILLIONTH <= L.max_step + 2 * MILLIONTH);
            prop_assert!((100_000..=5_000_000).contains(&is));
        }
    }
}

/// The guardian distrusts from 06:00 for two days and three hours: at three times that instruments may expire.
#[test]
fn a_surface_is_distrusted_at_every_time_that_its_spell_covers() {
    let day = next_expiry(NOW) + 10 * DAY;
    let distrusted = |from: u64, secs: u32| {
        let quoted = Quoted {
            updated_at: NOW,
            ..Quoted::default()
        };
        let quoted = quoted
            .distrusted(secs, day + 20 * DAY, Mark(1), from)
            .unwrap();
        let mut days = quoted.days_of_distrust(from);
        [0; 4].map(|_| days.next().map(|found| (found - day) / DAY))
    };
    let first = |count| [0, 1, 2, 3].map(|day| (day < count).then_some(day));
    assert_eq!(distrusted(day - 7_200, 51 * 3_600), first(3));
    assert_eq!(distrusted(day - 7_200, 7_200), first(0), "it has ended");
    assert_eq!(distrusted(day - 7_200, 7_201), first(1));
    assert_eq!(distrusted(day, 1), first(1), "from that second on");
    assert_eq!(distrusted(day + 1, 3_600), first(0), "it began later");
    assert_eq!(distrusted(day, 72 * 3_600), first(3));
}

#[test]
fn a_closing_series_has_the_volatility_of_the_last_day_that_nobody_distrusted() {
    let closes = next_expiry(NOW) + 30 * DAY;
    let day = |distrusted: &[u64]| {
        let found = day_of_volatility(closes, |day| distrusted.contains(&((closes - day) / DAY)));
        (closes - found) / DAY
    };
    assert_eq!(day(&[]), 1);
    assert_eq!(day(&[0, 2, 3]), 1);
    assert_eq!(day(&[1]), 2);
    assert_eq!(day(&[1, 2, 3]), 4);
    assert_eq!(day(&[1, 2, 3, 4, 5, 6]), 7);
    assert_eq!(day(&[1, 2, 3, 4, 5, 6, 7, 8]), 7, "the oldest that counts");
}
