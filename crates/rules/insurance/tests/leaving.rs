//! Leaving a pool, played on its rules alone: nobody gains by when, how often or under how many names it asks.

mod pool;

use insurance::batch::{self, HOUR};
use insurance::{DAY, PoolTotals};
use pool::{DOLLAR, Pool};
use proptest::prelude::*;

const MILLION: u128 = 1_000_000 * DOLLAR;

/// Noon of some day, and the first midnight at least a week later.
const NOON: u64 = 20_000 * DAY + DAY / 2;
const MATURITY: u64 = 20_008 * DAY;

#[test]
fn a_request_matures_at_the_first_midnight_at_least_a_week_later() {
    let week = 7 * DAY;
    assert_eq!(batch::maturity(NOON, week) * DAY, MATURITY);
    assert_eq!(batch::maturity(20_000 * DAY, week), 20_007);
    assert_eq!(batch::maturity(20_000 * DAY + 1, week), 20_008);
    assert_eq!(batch::maturity(20_001 * DAY - 1, week), 20_008);
}

#[test]
fn batches_are_fulfilled_in_the_first_hour_of_a_day() {
    assert!(batch::is_open(MATURITY) && batch::is_open(MATURITY + HOUR - 1));
    assert!(!batch::is_open(MATURITY + HOUR) && !batch::is_open(MATURITY - 1));
}

#[test]
fn nothing_is_fulfilled_a_day_too_early() {
    let mut pool = Pool::at(NOON);
    let shares = pool.deposit(MILLION);
    pool.request(7, shares);
    pool.now = MATURITY - DAY;
    assert_eq!(pool.fulfil(7), 0);
    assert_eq!(pool.batches(7).len(), 1);
    pool.now = MATURITY + HOUR;
    assert_eq!(pool.fulfil(7), 0);
    pool.now = MATURITY + DAY;
    assert_eq!(pool.fulfil(7), MILLION);
}

#[test]
fn who_asks_before_a_gain_gets_none_of_it() {
    let mut pool = Pool::at(NOON);
    let [stays, leaves] = [0, 1].map(|_| pool.deposit(MILLION));
    pool.request(7, leaves);
    pool.harvest(MILLION / 5); // a tenth for everybody
    pool.now = MATURITY + 30 * DAY;
    assert_eq!(pool.fulfil(7), MILLION);
    pool.now += 7 * DAY;
    let left = pool.worth(stays);
    assert!(left > MILLION * 6 / 5 - DOLLAR, "{left}");
}

#[test]
fn what_leavers_give_up_is_released_to_those_who_stay_over_a_week() {
    let mut pool = Pool::at(NOON);
    let [stays, leaves] = [1, 9].map(|part| pool.deposit(part * MILLION));
    pool.request(7, leaves);
    pool.harvest(MILLION);
    pool.now = MATURITY + 7 * DAY;
    let before = pool.worth(stays);
    let late = pool.deposit(11 * MILLION);
    assert_eq!(pool.fulfil(7), 9 * MILLION);
    // Nine tenths of the income are given up, and nothing is had at once.
    assert_eq!(before, MILLION * 11 / 10 - 1);
    assert!(pool.worth(stays).abs_diff(before) <= 1);
    assert!(pool.worth(late).abs_diff(11 * MILLION) <= 1);
    // Whoever came just before has of it what every other share has, as the week passes.
    pool.now += 3 * DAY + DAY / 2;
    let gained = (pool.worth(stays) - before) + (pool.worth(late) - 11 * MILLION);
    assert!(gained.abs_diff(MILLION * 9 / 20) <= 4, "{gained}");
    pool.now += 4 * DAY;
    let gained = (pool.worth(stays) - before) + (pool.worth(late) - 11 * MILLION);
    assert!(gained.abs_diff(MILLION * 9 / 10) <= 4, "{gained}");
}

#[test]
fn where_all_leave_the_last_are_paid_what_their_shares_are_worth() {
    let mut pool = Pool::at(NOON);
    let [first, last] = [0, 1].map(|_| pool.deposit(MILLION));
    pool.request(7, first);
    pool.request(8, last);
    pool.harvest(MILLION);
    pool.now = MATURITY;
    assert_eq!(pool.fulfil(7), MILLION);
    let paid = pool.fulfil(8);
    assert!(paid.abs_diff(MILLION * 3 / 2) <= 1, "{paid}");
    // What the first have given up is nobody's until somebody joins, and then that one's over a week.
    assert_eq!(
        (pool.assets(), pool.held()),
        (0, 3 * MILLION - MILLION - paid)
    );
    pool.now += 30 * DAY;
    let joins = pool.deposit(MILLION);
    assert_eq!(pool.worth(joins), MILLION);
    pool.now += DAY * 7 / 2;
    assert!(pool.worth(joins).abs_diff(MILLION * 5 / 4) <= 2);
    pool.now += DAY * 7 / 2;
    assert!(pool.worth(joins).abs_diff(MILLION * 3 / 2) <= 2);
}

#[test]
fn who_asks_before_a_loss_has_all_of_it() {
    let mut pool = Pool::at(NOON);
    let [stays, leaves] = [0, 1].map(|_| pool.deposit(MILLION));
    pool.request(7, leaves);
    pool.draw(MILLION / 5);
    pool.now = MATURITY;
    let paid = pool.fulfil(7);
    assert!(paid.abs_diff(MILLION * 9 / 10) <= 1, "{paid}");
    assert!(pool.worth(stays).abs_diff(paid) <= 1);
}

#[test]
fn a_sandwich_of_a_harvest_of_five_percent_earns_less_than_a_ten_thousandth() {
    let mut pool = Pool::at(NOON);
    pool.deposit(100 * MILLION);
    let shares = pool.deposit(900 * MILLION);
    pool.harvest(50 * MILLION);
    pool.now += 60; // some blocks later
    pool.request(7, shares);
    pool.now = MATURITY + 8 * DAY;
    let paid = pool.fulfil(7);
    assert!(paid < 900 * MILLION + 900 * MILLION / 10_000, "{paid}");
}

#[test]
fn what_is_asked_for_later_changes_nothing_that_was_asked_for_before() {
    // Price falls within the day: each request keeps its own.
    let mut pool = Pool::at(NOON);
    pool.deposit(MILLION);
    let [first, second] = [0, 1].map(|_| pool.deposit(MILLION));
    pool.request(7, first);
    pool.draw(MILLION * 3 / 2);
    pool.request(7, second);
    assert_eq!(pool.batches(7).len(), 2);
    pool.harvest(MILLION * 3 / 2);
    pool.now = MATURITY + 20 * DAY;
    let alone = MILLION + MILLION / 2;
    assert!(pool.fulfil(7).abs_diff(alone) <= 2);
}

#[test]
fn requests_of_a_day_at_a_price_that_has_not_fallen_are_one_batch() {
    let mut pool = Pool::at(NOON);
    let [first, second, third] = [0, 1, 2].map(|_| pool.deposit(MILLION));
    pool.harvest(MILLION);
    pool.request(7, first);
    pool.now += HOUR;
    pool.request(7, second);
    assert_eq!(pool.batches(7).len(), 1);
    pool.now += DAY;
    pool.request(7, third);
    assert_eq!(pool.batches(7).len(), 2);
}

#[test]
fn a_lost_pool_is_joined_again_and_old_shares_keep_their_part() {
    for decimals in [0_u8, 6, 18] {
        let mut pool = Pool::with_decimals(NOON, decimals);
        let dollar = 10_u128.pow(decimals.into());
        let old = pool.deposit(1_000_000 * dollar);
        for loss in 0..5 {
            pool.draw(pool.assets());
            assert_eq!(pool.assets(), 0);
            let shares = pool.deposit(1_000_000 * dollar);
            let worth = pool.worth(shares);
            assert!(
                1_000_000 * dollar - worth <= 2,
                "loss {loss} of {decimals} decimals: {worth}"
            );
            assert!(
                pool.worth(old) <= 1,
                "an old share is worth what was left: nothing"
            );
        }
    }
}

#[test]
fn a_pool_that_has_lost_nearly_all_is_shared_as_before() {
    let mut pool = Pool::at(NOON);
    let [old, other] = [3, 1].map(|part| pool.deposit(part * 1_000 * MILLION));
    pool.draw(pool.assets() - 40 * DOLLAR); // a hundred-millionth is left
    assert_eq!(pool.generation(), 1);
    assert!(pool.worth(old).abs_diff(30 * DOLLAR) <= 2);
    assert!(pool.worth(other).abs_diff(10 * DOLLAR) <= 2);
    let new = pool.deposit(120 * DOLLAR);
    assert!(pool.worth(new).abs_diff(120 * DOLLAR) <= 2);
    assert!(pool.worth(old).abs_diff(30 * DOLLAR) <= 2);
}

#[test]
fn shares_are_consolidated_255_times_at_most() {
    let worthless = |generation| PoolTotals {
        assets: 0,
        shares: MILLION * MILLION,
        generation,
    };
    let virtual_shares = 10_u128.pow(15);
    assert_eq!(worthless(255).consolidated(virtual_shares), worthless(255));
    let once = PoolTotals {
        shares: MILLION * DOLLAR,
        ..worthless(255)
    };
    assert_eq!(worthless(254).consolidated(virtual_shares), once);
}

#[test]
fn a_batch_of_before_a_consolidation_is_paid_what_is_left_of_it() {
    let mut pool = Pool::at(NOON);
    let [old, _] = [0, 1].map(|_| pool.deposit(1_000 * MILLION));
    pool.request(7, old);
    pool.draw(pool.assets() - 40 * DOLLAR);
    pool.deposit(1_000 * DOLLAR);
    pool.now = MATURITY;
    assert!(pool.fulfil(7).abs_diff(20 * DOLLAR) <= 2);
}

/// What happens to a pool between requests.
#[derive(Clone, Copy, Debug)]
enum Event {
    Deposit(u64),
    Harvest(u64),
    Draw(u64),
    Wait(u32),
    /// Somebody asks for a part of what it has, in 1/256, under one of four names.
    Request(u8, u8),
    Fulfil(u8),
    Redeem(u8, u8),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        (1..1_u64 << 50).prop_map(Event::Deposit),
        (0..1_u64 << 50).prop_map(Event::Harvest),
        (0..1_u64 << 51).prop_map(Event::Draw),
        (0..3 * DAY as u32).prop_map(Event::Wait),
        (0..4_u8, 0..=255_u8).prop_map(|(who, part)| Event::Request(who, part)),
        (0..4_u8).prop_map(Event::Fulfil),
        (0..4_u8, 0..=255_u8).prop_map(|(who, part)| Event::Redeem(who, part)),
    ];
    prop::collection::vec(event, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens, what was set aside and what the shares are worth is held; and whoever leaves takes nothing from who stays.
    #[test]
    fn what_is_owed_is_held(events in events()) {
        let mut pool = Pool::at(NOON);
        let mut free = [0_u128; 4];
        for (k, event) in events.into_iter().enumerate() {
            let who = k % 4;
            match event {
                Event::Deposit(amount) => {
                    if let Some(shares) = pool.try_deposit(amount.into()) {
                        free[who] += pool.raw(shares);
                    }
                }
                Event::Harvest(amount) => pool.harvest(amount.into()),
                Event::Draw(amount) => {
                    let generation = pool.generation();
                    pool.draw(u128::from(amount).min(pool.held()));
                    for _ in generation..pool.generation() {
                        free = free.map(|shares| shares / 1_000_000);
                    }
                }
                Event::Wait(secs) => pool.now += u64::from(secs),
                Event::Request(controller, part) => {
                    let shares = free[who] * u128::from(part) / 255;
                    if shares > 0 && pool.try_request(controller, shares) {
                        free[who] -= shares;
                    }
                }
                Event::Fulfil(controller) => {
                    pool.now = pool.now.div_ceil(DAY) * DAY;
                    let before = pool.worth_of_million();
                    pool.fulfil(controller);
                    prop_assert!(pool.worth_of_million() >= before, "an exit lowered the price");
                }
                Event::Redeem(controller, part) => {
                    let claim = pool.claim(controller);
                    let shares = claim.shares * u128::from(part) / 255;
                    let paid = pool.redeem(controller, shares);
                    prop_assert!(paid <= claim.assets);
                    prop_assert!(shares < claim.shares || paid == claim.assets, "the last share takes the rest");
                }
            }
            pool.check(free);
        }
    }

    /// However a request is split over names, in one moment or over a day, the parts get no more than each is due by itself, and those
    /// who stay lose nothing by it.
    #[test]
    fn nobody_gains_by_splitting_a_request(
        parts in prop::collection::vec((1_u64..1 << 40, 0_u8..4, 0_u32..20_000), 1..8),
        changes in prop::collection::vec((prop::bool::ANY, 0_u64..1 << 44, 0_u32..100_000), 0..6),
    ) {
        let mut pool = Pool::at(NOON - DAY / 2);
        pool.deposit(1 << 45);
        pool.harvest(1 << 44);
        let (mut due, mut all) = (0, Vec::new());
        for (amount, controller, wait) in parts {
            let shares = pool.deposit(amount.into());
            pool.request(controller, shares);
            all.push((pool.requested_at(), shares));
            pool.now += u64::from(wait) / 8;
            if wait % 3 == 0 {
                pool.draw(1 << 42);
            }
        }
        for (gains, amount, wait) in changes {
            if gains { pool.harvest(amount.into()) } else { pool.draw(u128::from(amount).min(pool.held())) }
            pool.now += u64::from(wait);
        }
        pool.now = MATURITY + 9 * DAY;
        prop_assume!(pool.generation() == 0);
        let paid: u128 = (0..4).map(|controller| pool.fulfil(controller)).sum();
        // What one leaves behind belongs to all others, the batches that are fulfilled after it as well: the price at the end is the
        // highest that any had.
        for (price, shares) in all {
            due += price(shares).min(pool.worth(shares)) + 1;
        }
        prop_assert!(paid <= due, "{paid} of {due}");
    }

    /// Consolidating shares changes nobody's part by more than a share of the new size.
    #[test]
    fn consolidation_keeps_everybodys_part(assets in 0_u128..1 << 20, first in 1_u128..1 << 126, second in 1_u128..1 << 126) {
        use insurance::{Price, Rounding, PoolTotals};
        let virtual_shares = 10_u128.pow(15);
        let before = PoolTotals { assets, shares: first + second, generation: 3 };
        let after = before.consolidated(virtual_shares);
        let now = [first, second].map(|shares| after.carried(shares, 3));
        prop_assert!(now[0] + now[1] <= after.shares);
        prop_assert!(Price::new(after, virtual_shares).to_shares(1_000_000_000 * DOLLAR, Rounding::Down).unwrap() < insurance::MAX_SUPPLY);
        let worth = |totals, shares| Price::new(totals, virtual_shares).to_assets(shares, Rounding::Down).unwrap();
        for (shares, now) in [first, second].into_iter().zip(now) {
            prop_assert!(worth(after, now) <= worth(before, shares) + 1);
        }
    }
}
