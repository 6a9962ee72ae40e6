//! The release of income.

use insurance::{DAY, Income};
use proptest::prelude::*;

const DOLLAR: u128 = 1_000_000;
const START: u64 = 1_800_000_000;
const WEEK: u64 = 7 * DAY;

fn after(amounts: &[(u64, u128)]) -> Income {
    amounts
        .iter()
        .fold(Income::default(), |income, &(at, amount)| {
            income.with(amount, START + at)
        })
}

#[test]
fn income_is_released_evenly_over_a_week() {
    let income = after(&[(0, 700 * DOLLAR)]);
    assert_eq!(income.locked_at(START), 700 * DOLLAR);
    for day in 0..=7 {
        let left = u128::from(7 - day) * 100 * DOLLAR;
        assert_eq!(income.locked_at(START + day * DAY), left);
    }
    assert_eq!(income.locked_at(START + 8 * DAY), 0);
    assert_eq!(
        income.locked_at(START + 1),
        700 * DOLLAR - 1_157,
        "rounded up"
    );
}

#[test]
fn a_new_harvest_averages_the_end_by_amount_rounded_up() {
    // A hundred with a day to go, a hundred with seven.
    let both = after(&[(0, 700 * DOLLAR), (6 * DAY, 100 * DOLLAR)]);
    assert_eq!((both.locked, both.left), (200 * DOLLAR, (4 * DAY) << 40));
    let odd = after(&[(0, 700 * DOLLAR), (6 * DAY, 200 * DOLLAR)]);
    assert_eq!(odd.left, ((15 * DAY) << 40) / 3);
    let up = after(&[(0, 700 * DOLLAR), (6 * DAY, 600 * DOLLAR)]);
    assert_eq!(up.left, ((43 * DAY) << 40).div_ceil(7));
    // Where nothing is locked all of it is released over a week.
    assert_eq!(after(&[(0, DOLLAR), (WEEK, 1)]).left, WEEK << 40);
}

/// A harvest of a millionth of what is locked is released with a millionth of seven days more, in one piece or in a thousand: none of
/// it escapes them, and no number of pieces delays the rest by more than they weigh.
#[test]
fn small_income_moves_the_end_by_what_it_weighs() {
    let old = after(&[(0, 7_000_000 * DOLLAR)]);
    let now = START + 6 * DAY;
    let whole = old.with(1_000 * DOLLAR, now);
    let pieces = (0..1_000).fold(old, |income, _| income.with(DOLLAR, now));
    assert_eq!(pieces.locked, 1_001_000 * DOLLAR);
    assert!(whole.left <= pieces.left && pieces.left <= whole.left + 1_000);
    let later = (pieces.left >> 40) - DAY;
    assert_eq!(later, 6 * DAY / 1_001);
    // A thousand units delay it by no second.
    let dust = (0..1_000).fold(old, |income, _| income.with(1, now));
    assert_eq!(dust.left >> 40, DAY);
}

#[test]
fn a_deficit_takes_what_is_locked_and_no_more() {
    let income = after(&[(0, 700 * DOLLAR)]);
    let left = income.without(250 * DOLLAR, START + DAY);
    assert_eq!(left.locked_at(START + DAY), 350 * DOLLAR);
    assert_eq!(left.left, (6 * DAY) << 40);
    assert_eq!(
        income
            .without(900 * DOLLAR, START + DAY)
            .locked_at(START + DAY),
        0
    );
}

proptest! {
    /// What is locked only falls between harvests, a harvest releases nothing at once, and no end is further than a week.
    #[test]
    fn nothing_is_released_at_once(harvests in prop::collection::vec((0_u64..3 * DAY, 1_u128..1 << 60), 1..30)) {
        let (mut income, mut now) = (Income::default(), START);
        for (wait, amount) in harvests {
            let before = income.locked_at(now);
            prop_assert!(income.locked_at(now + wait) <= before);
            now += wait;
            let then = income.locked_at(now);
            income = income.with(amount, now);
            prop_assert_eq!(income.locked_at(now), then + amount);
            prop_assert!(income.left <= WEEK << 40);
            prop_assert_eq!(income.locked_at(now + WEEK), 0);
        }
    }

    /// A harvest in parts, however small, is released no sooner than at once, and later only by what was rounded up.
    #[test]
    fn harvesting_in_parts_moves_no_end(
        locked in 0_u128..1 << 50, days in 0_u64..7, parts in prop::collection::vec(0_u128..1 << 50, 2..10),
    ) {
        let old = after(&[(0, locked)]);
        let now = START + days * DAY;
        let whole = old.with(parts.iter().sum(), now);
        let split = parts.iter().fold(old, |income, &part| income.with(part, now));
        prop_assert_eq!(whole.locked, split.locked);
        prop_assert!(whole.locked == 0 || whole.left <= split.left && split.left <= whole.left + parts.len() as u64);
        for hours in 0..7 * 24 {
            let then = now + hours * 3_600;
            prop_assert!(split.locked_at(then) >= whole.locked_at(then));
        }
    }
}
