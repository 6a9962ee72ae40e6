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
            income.with(amount, START + at, DOLLAR)
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
    assert_eq!((both.locked, both.end), (200 * DOLLAR, START + 10 * DAY));
    let odd = after(&[(0, 700 * DOLLAR), (6 * DAY, 200 * DOLLAR)]);
    assert_eq!(odd.end, START + 6 * DAY + (DAY + 2 * WEEK).div_ceil(3));
    let up = after(&[(0, 10 * DOLLAR), (1, 3 * DOLLAR)]);
    assert_eq!(
        up.end,
        START + WEEK + 1,
        "three thirteenths of a second are one"
    );
}

#[test]
fn small_income_does_not_move_the_end() {
    let end = START + WEEK;
    assert_eq!(after(&[(0, 7 * DOLLAR), (DAY, DOLLAR - 1)]).end, end);
    assert!(after(&[(0, 7 * DOLLAR), (DAY, DOLLAR)]).end > end);
    // 60,000 dollars are locked then, and a ten-thousandth is six.
    let large = |more| after(&[(0, 70_000 * DOLLAR), (DAY, more)]);
    assert_eq!(large(6 * DOLLAR - 1).end, end);
    assert!(large(6 * DOLLAR).end > end);
    assert_eq!(large(6 * DOLLAR - 1).locked, 60_006 * DOLLAR - 1);
    // Where nothing is locked there is no end to keep.
    assert_eq!(after(&[(0, 1)]).end, end);
    assert_eq!(after(&[(0, DOLLAR), (WEEK, 1)]).end, START + 2 * WEEK);
}

#[test]
fn a_deficit_takes_what_is_locked_and_no_more() {
    let income = after(&[(0, 700 * DOLLAR)]);
    let left = income.without(250 * DOLLAR, START + DAY);
    assert_eq!(left.locked_at(START + DAY), 350 * DOLLAR);
    assert_eq!(left.end, income.end);
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
            income = income.with(amount, now, DOLLAR);
            prop_assert_eq!(income.locked_at(now), then + amount);
            prop_assert!(income.end <= now + WEEK);
            prop_assert_eq!(income.locked_at(income.end), 0);
        }
    }

    /// A harvest in parts is released no sooner than at once, and later only by the seconds that were rounded up.
    #[test]
    fn harvesting_in_parts_moves_the_end_by_seconds(
        locked in DOLLAR..1 << 50, days in 0_u64..7, parts in prop::collection::vec(DOLLAR..1 << 50, 2..10),
    ) {
        let old = after(&[(0, locked)]);
        let now = START + days * DAY;
        prop_assume!(parts.iter().all(|part| part * 10_000 >= locked + parts.iter().sum::<u128>()));
        let whole = old.with(parts.iter().sum(), now, DOLLAR);
        let split = parts.iter().fold(old, |income, &part| income.with(part, now, DOLLAR));
        prop_assert_eq!(whole.locked, split.locked);
        prop_assert!(whole.end <= split.end && split.end <= whole.end + parts.len() as u64);
    }
}
