extern crate std;

use std::vec::Vec;

use proptest::prelude::*;

use super::*;
use crate::parameters::LONGEST_WINDOW;

const EXPIRY: u64 = 20_000 * DAY + TIME_OF_DAY;
const WINDOW: u32 = 1_800;
const WINDOWS: Windows = Windows::of_length(WINDOW);

fn price(mark: u128, observed_at: u64) -> Price {
    Price {
        mark: Mark(mark),
        observed_at,
        valid_until: observed_at + 3_600,
        status: Status::Agreeing,
        ..Price::default()
    }
}

fn frozen(observed_at: u64) -> Price {
    Price {
        status: Status::Frozen,
        ..price(1, observed_at)
    }
}

/// Marks, each observed at its time, until `now`.
fn counted(marks: &[(u128, u64)], now: u64) -> Settlements {
    let ends = marks.iter().skip(1).map(|&(_, time)| time).chain([now]);
    let none = Settlements::default();
    marks
        .iter()
        .zip(ends)
        .fold(none, |one, (&(mark, at), end)| {
            let last = if mark == 0 {
                frozen(at)
            } else {
                price(mark, at)
            };
            one.count(&last, &WINDOWS, end)
        })
}

fn settled(first: u64, last: u64, price: u128) -> Option<Settled> {
    let price = SettlementPrice(price);
    Some(Settled { first, last, price })
}

#[test]
fn days_end_at_eight() {
    assert!(is_expiry(EXPIRY) && !is_expiry(EXPIRY + 1));
    assert_eq!(next_expiry(EXPIRY - 1), EXPIRY);
    assert_eq!(next_expiry(EXPIRY), EXPIRY + DAY);
    assert_eq!(next_expiry(EXPIRY + DAY - TIME_OF_DAY), EXPIRY + DAY);
}

#[test]
fn a_settlement_is_averaged_over_four_hours_at_most() {
    assert_eq!(LONGEST_WINDOW, 14_400);
}

#[test]
fn a_steady_price_settles_at_itself_whoever_looked() {
    let after = counted(&[(2_000, EXPIRY - 2_000)], EXPIRY + 60);
    assert_eq!(after.settled, [settled(EXPIRY, EXPIRY, 2_000), None, None]);
    assert_eq!((after.day, after.pending), (Sums::default(), None));
}

#[test]
fn prices_count_for_their_time_in_the_window() {
    let marks = [
        (7, EXPIRY - 3_000),
        (1_000, EXPIRY - 1_800),
        (4_000, EXPIRY - 600),
        (9, EXPIRY),
    ];
    assert_eq!(counted(&marks[..2], EXPIRY - 900).day.secs, 900);
    assert_eq!(
        counted(&marks[..3], EXPIRY).settled[0],
        settled(EXPIRY, EXPIRY, 2_000)
    );
    assert!(!counted(&marks, EXPIRY + 50).has_settled());
}

#[test]
fn half_of_the_window_makes_a_price_and_less_does_not() {
    let marks = [(1_000, EXPIRY - 1_800), (0, EXPIRY - 900)];
    assert_eq!(
        counted(&marks, EXPIRY).settled[0],
        settled(EXPIRY, EXPIRY, 1_000)
    );
    let marks = [(1_000, EXPIRY - 1_800), (0, EXPIRY - 901)];
    let less = counted(&marks, EXPIRY);
    assert!(!less.has_settled());
    assert_eq!(
        less.pending.map(|one| (one.first, one.missing())),
        Some((EXPIRY, 1))
    );
}

#[test]
fn what_is_missing_of_half_is_made_up_and_no_more() {
    let marks = [
        (1_000, EXPIRY - 1_800),
        (0, EXPIRY - 1_200),
        (4_000, EXPIRY + 5_000),
    ];
    let before = counted(&marks, EXPIRY + 5_299);
    assert!(!before.has_settled() && before.pending.is_some());
    for end in [EXPIRY + 5_300, EXPIRY + 8_000] {
        let after = counted(&marks, end);
        assert_eq!(after.settled[0], settled(EXPIRY, EXPIRY, 2_000));
        assert_eq!(after.pending, None);
    }
}

#[test]
fn days_that_end_while_one_is_pending_join_it() {
    let marks = [(1_000, EXPIRY - 1_800), (0, EXPIRY - 1_200)];
    let silent = counted(&marks, EXPIRY + 400 * DAY + 9);
    assert_eq!(silent.pending.map(|one| one.first), Some(EXPIRY));
    let thawed = silent.count(
        &price(4_000, EXPIRY + 400 * DAY + 9),
        &WINDOWS,
        EXPIRY + 400 * DAY + 309,
    );
    assert_eq!(
        thawed.settled,
        [settled(EXPIRY, EXPIRY + 400 * DAY, 2_000), None, None]
    );
}

/// Sixteen minutes before the next day ends the asset thaws. A minute before, the first has its half; the next has nine tenths
/// of half a window to itself.
#[test]
fn a_day_that_ends_after_a_pending_one_is_made_up_counts_alone() {
    let next = EXPIRY + DAY;
    let marks = [(0, EXPIRY - 1_800), (3_000, next - 960), (5_000, next - 60)];
    let at_half = counted(&marks[..2], next - 60);
    assert_eq!(at_half.settled[0], settled(EXPIRY, EXPIRY, 3_000));
    assert_eq!(at_half.day.secs, 900);
    let after = counted(&marks, next);
    let mean = (3_000 * 900 + 5_000 * 60) / 960;
    assert_eq!(after.settled[0], settled(next, next, mean));
}

#[test]
fn a_day_that_ends_before_the_pending_one_is_made_up_joins_it() {
    let next = EXPIRY + DAY;
    let marks = [(0, EXPIRY - 1_800), (3_000, next - 500)];
    let after = counted(&marks, next + 400);
    assert_eq!(after.settled, [settled(EXPIRY, next, 3_000), None, None]);
    assert_eq!((after.day, after.pending), (Sums::default(), None));
}

/// A mark that is trusted for seven days settles each of them, though nobody came, at itself, in one record.
#[test]
fn a_mark_that_stays_trusted_settles_every_day_at_itself() {
    let held = Price {
        valid_until: EXPIRY + 6 * DAY + 3,
        ..price(3_000, EXPIRY - 100)
    };
    let before = counted(&[(1_000, EXPIRY - 1_800)], EXPIRY - 100);
    let after = before.count(&held, &WINDOWS, EXPIRY + 9 * DAY);
    let mean = (1_000 * 1_700 + 3_000 * 100) / 1_800;
    assert_eq!(
        after.settled,
        [
            settled(EXPIRY, EXPIRY, mean),
            settled(EXPIRY + DAY, EXPIRY + 6 * DAY, 3_000),
            None
        ]
    );
    assert_eq!(
        after.pending.map(|one| one.first),
        Some(EXPIRY + 7 * DAY),
        "and later ones wait"
    );
}

#[test]
fn an_asset_that_nobody_has_looked_at_has_no_days() {
    let none = Settlements::default().count(&Price::default(), &WINDOWS, EXPIRY);
    assert_eq!(none, Settlements::default());
}

#[test]
fn a_new_window_holds_from_the_next_eight_o_clock() {
    let changed = WINDOWS.changed(600, EXPIRY - 2_000);
    assert_eq!((changed.of(EXPIRY), changed.of(EXPIRY + DAY)), (1_800, 600));
    let again = changed.changed(900, EXPIRY - 1_000);
    assert_eq!((again.of(EXPIRY), again.of(EXPIRY + DAY)), (1_800, 900));
    let later = again.changed(300, EXPIRY);
    assert_eq!(
        (later.of(EXPIRY + DAY), later.of(EXPIRY + 2 * DAY)),
        (900, 300)
    );
    assert_eq!(WINDOWS.begun(EXPIRY - 2_000, EXPIRY - 1_800), None);
    assert_eq!(WINDOWS.begun(EXPIRY - 2_000, EXPIRY - 1_799), Some(EXPIRY));
    assert_eq!(WINDOWS.begun(EXPIRY, EXPIRY + 1), None);
    assert_eq!(WINDOWS.begun(0, EXPIRY), None);
}

#[test]
fn what_is_counted_is_fixed_and_what_untrusted_time_has_left_out_is_not() {
    let (start, wad) = (EXPIRY - 1_800, u128::from(WAD));
    let share = |one: &Settlements, now| one.fixed(EXPIRY, &WINDOWS, now).share.0;
    let none = Settlements::default();
    assert_eq!(none.fixed(EXPIRY, &WINDOWS, start), Counted::default());
    let half = counted(&[(2_000, start)], start + 900);
    let (average, now) = (SettlementPrice(2_000), start + 900);
    assert_eq!(
        half.fixed(EXPIRY, &WINDOWS, now),
        Counted {
            share: Ratio(wad / 2),
            average
        }
    );
    assert_eq!(half.fixed(EXPIRY + DAY, &WINDOWS, now), Counted::default());
    // Five minutes counted and as many left, of which half a window is still made.
    let marks = [(2_000, start), (0, start + 300), (3_000, EXPIRY - 300)];
    assert_eq!(share(&counted(&marks, EXPIRY - 300), EXPIRY - 300), wad / 3);
    let late = counted(&marks, EXPIRY);
    assert_eq!(share(&late, EXPIRY), wad * 600 / 900);
    assert_eq!(
        late.progress(EXPIRY, &WINDOWS, EXPIRY),
        (SettlementPrice(2_500), 300)
    );
    let joined = counted(&marks[..2], EXPIRY + DAY);
    assert_eq!(
        joined.fixed(EXPIRY + DAY, &WINDOWS, EXPIRY + DAY).share.0,
        wad * 300 / 900
    );
    let last = counted(&[(2_000, start)], EXPIRY - 1);
    assert_eq!(share(&last, EXPIRY - 1), wad * 1_799 / 1_800);
}

/// Five minutes of the first day are counted in time, and 200 seconds that make up for it, which are the next day's as well.
#[test]
fn a_pending_day_and_the_one_under_way_are_counted_apart() {
    let next = EXPIRY + DAY;
    let marks = [
        (1_000, EXPIRY - 1_800),
        (0, EXPIRY - 1_500),
        (3_000, next - 960),
    ];
    let now = next - 760;
    let both = counted(&marks, now);
    let progress = |expiry| both.progress(expiry, &WINDOWS, now);
    assert_eq!(progress(EXPIRY), (SettlementPrice(1_800), 400));
    assert_eq!(progress(next), (SettlementPrice(3_000), 700));
    assert_eq!(progress(EXPIRY - DAY), (SettlementPrice::ZERO, 0));
    let fixed = Counted {
        share: Ratio(u128::from(WAD) * 500 / 900),
        average: SettlementPrice(1_800),
    };
    assert_eq!(both.pending.map(|one| one.fixed()), Some(fixed));
}

/// A mark, for how long it is the last one seen, whether it is trusted, and for how long.
type Look = (u128, u64, bool, u64);

fn looks() -> impl Strategy<Value = Vec<Look>> {
    let secs = prop_oneof![
        8 => 0_u64..600,
        3 => 600_u64..8_000,
        1 => 0_u64..3 * DAY,
        1 => 0_u64..9 * DAY
    ];
    let valid = prop_oneof![3 => 0_u64..4_000, 1 => 0_u64..7 * DAY];
    prop::collection::vec((1_u128..1 << 96, secs, any::<bool>(), valid), 1..60)
}

/// Every day's price by the design, from whole histories: the spans in which a mark was trusted.
fn prices(spans: &[(u128, u64, u64)], start: u64, end: u64) -> Vec<(u64, u128)> {
    let within = |from: u64, to: u64| {
        spans.iter().fold((0, 0), |(sum, secs), &(mark, a, b)| {
            let more = b.min(to).saturating_sub(a.max(from));
            (sum + mark * u128::from(more), secs + more)
        })
    };
    let (mut prices, mut day) = (Vec::new(), next_expiry(start));
    while day <= end {
        let from = day - u64::from(WINDOW);
        let (sum, secs) = within(from, day);
        if secs >= 900 {
            prices.push((day, sum / u128::from(secs)));
            day += DAY;
            continue;
        }
        // The first second by which half is made up.
        let (mut low, mut high) = (day, end + 1);
        while low < high {
            let middle = low.midpoint(high);
            if within(from, middle).1 >= 900 {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if low > end {
            break;
        }
        let (sum, secs) = within(from, low);
        while day <= low {
            prices.push((day, sum / u128::from(secs)));
            day += DAY;
        }
    }
    prices
}

proptest! {
    /// Days have the prices of the design, each one, in their order; whoever looks between, once more or not, changes nothing.
    #[test]
    fn days_settle_as_designed_whoever_looks(start in EXPIRY - DAY..EXPIRY, looks in looks(), between in 0_u64..100) {
        let (mut one, mut other) = (Settlements::default(), Settlements::default());
        let (mut now, mut spans, mut found) = (start, Vec::new(), [Vec::new(), Vec::new()]);
        let mut note = |k: usize, one: &Settlements| {
            for settled in one.settled.iter().flatten() {
                for day in (settled.first..=settled.last).step_by(DAY as usize) {
                    found[k].push((day, settled.price.0));
                }
            }
        };
        for (mark, secs, trusted, valid) in looks {
            let status = if trusted { Status::Agreeing } else { Status::Frozen };
            let last = Price { status, valid_until: now + valid, ..price(mark, now) };
            if trusted {
                spans.push((mark, now, now + secs.min(valid)));
            }
            one = one.count(&last, &WINDOWS, now + secs);
            note(0, &one);
            // Somebody looks between, and sees the same.
            let middle = now + secs * between / 100;
            other = other.count(&last, &WINDOWS, middle);
            note(1, &other);
            other = other.count(&Price { observed_at: middle, ..last }, &WINDOWS, now + secs);
            note(1, &other);
            now += secs;
            prop_assert_eq!((one.day, one.pending), (other.day, other.pending));
            let counted = one.fixed(next_expiry(now), &WINDOWS, now).share.0;
            prop_assert!(counted < u128::from(WAD));
        }
        prop_assert_eq!(&found[0], &found[1]);
        prop_assert_eq!(&found[0], &prices(&spans, start, now));
    }
}
