//! Cases whose numbers are known beforehand.

mod common;

use common::{POOL, Vault, usd, wad};
use risk::rules::liquidation;
use risk::rules::margin::rate_of_weights;
use risk::rules::trading::reduced_risk;
use risk::rules::trading::within_band;
use risk::{
    Clock, Error, Health, Legs, Liquidation, Mark, Penalty, Position, Price, Ratio, Size, Store,
    Totals, Usd, WAD, bucket_due, math, water_fill,
};

fn size(units: u128) -> Size {
    Size(units * WAD)
}

fn near(got: u128, expected: u128) -> bool {
    got.abs_diff(expected) <= 1_000
}

#[test]
fn products_and_quotients_are_exact_in_256_bits() {
    assert_eq!(math::mul_wide(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
    assert_eq!(
        math::mul_div_down(u128::MAX, u128::MAX, u128::MAX),
        Ok(u128::MAX)
    );
    assert_eq!(math::mul_div_down(u128::MAX, 3, 2), Err(Error::Overflow));
    assert_eq!(math::mul_div_down(1, 1, 0), Err(Error::Overflow));
    assert_eq!(
        (math::mul_div_down(10, 10, 3), math::mul_div_up(10, 10, 3)),
        (Ok(33), Ok(34))
    );
    assert_eq!(
        (
            math::mul_div_floor(-10, 10, 3),
            math::mul_div_ceil(-10, 10, 3)
        ),
        (Ok(-34), Ok(-33))
    );
}

proptest::proptest! {
    #[test]
    fn a_wide_quotient_times_its_divisor_and_the_remainder_give_the_product(a: u128, b: u128, shift in 0_u32..128, d: u128) {
        let divisor = (d >> shift).max(1);
        let (high, low) = math::mul_wide(a, b);
        if let Ok((quotient, rest)) = math::div_wide(high, low, divisor) {
            proptest::prop_assert!(rest < divisor);
            let (back_high, back_low) = math::mul_wide(quotient, divisor);
            let (sum, carry) = back_low.overflowing_add(rest);
            proptest::prop_assert_eq!((back_high + u128::from(carry), sum), (high, low));
        } else {
            proptest::prop_assert!(high >= divisor);
        }
    }
}

/// Equity 100k each, positions of 1.0m, 0.5m and 0.2m, 600k to close: 550k, 50k and nothing, so that both cut positions
/// end at 450k.
#[test]
fn deleveraging_cuts_the_most_leveraged_down_to_one_level() {
    let mut vault = Vault::default();
    vault.list(0, Price(WAD));
    for (account, margin, position) in [
        (0, 100_000, 1_000_000),
        (1, 100_000, 500_000),
        (2, 100_000, 200_000),
    ] {
        vault.deposit(account, usd(margin)).unwrap();
        vault.deposit(9, usd(1_000_000)).unwrap();
        vault
            .trade(account, 9, 0, size(position), Price(WAD))
            .unwrap();
    }
    // Utilisations 0.3, 0.15 and 0.06 lie in buckets whose edges are 0.354, 0.177 and 0.0625.
    let buckets = [0, 1, 2].map(|account| vault.memory.account(account).bucket);
    assert_eq!(buckets, [11, 9, 6]);
    let share = Ratio(WAD / 17 * 6 + 1);
    vault
        .run(|ledger| ledger.cut_leg(9, POOL, 0, share, Size::MAX, Ratio::ZERO))
        .unwrap();
    // The water level is (1.5m - 0.6m) / (1.0m / 0.3536 + 0.5m / 0.1768) = 0.1591: 45 % and 90 % remain, up to the
    // ninth digit, to which the edges are kept.
    for (account, left) in [(0, 450_000), (1, 450_000), (2, 200_000)] {
        let off = vault.size(account, 0).0 - wad(left);
        assert!(
            off.abs() < wad(1) / 1000,
            "550k, 50k and nothing are cut: {off} of account {account}"
        );
    }
    vault.check();
}

/// The same case in buckets whose edges are exact: 1/2, 1/4 and 1/16.
#[test]
fn water_stands_level_over_the_buckets_it_cuts() {
    let mut buckets = [(Size::ZERO, Size::ZERO); 16];
    for (bucket, held) in [(12, 1_000_000), (10, 500_000), (6, 200_000)] {
        buckets[bucket] = (size(held), size(held));
    }
    let (left, level) = water_fill(&buckets, size(600_000)).unwrap();
    // 900,000 over widths of 2,000,000 each.
    assert_eq!(level, Ratio(WAD * 225 / 1000));
    assert_eq!(
        (left[12], left[10], left[6]),
        (size(450_000), size(450_000), size(200_000))
    );
    // Once cut, buckets stand at one level, and the next cut takes from both in proportion.
    for bucket in [12, 10] {
        let (held, kept) = (buckets[bucket].0.0, left[bucket].0);
        let weight = kept / WAD * kept / (held / WAD);
        buckets[bucket] = (left[bucket], Size(weight));
    }
    let (left, _) = water_fill(&buckets, size(90_000)).unwrap();
    assert_eq!(
        (left[12], left[10], left[6]),
        (size(405_000), size(405_000), size(200_000))
    );
}

#[test]
fn water_takes_debt_first_and_everything_if_it_must() {
    let mut buckets = [(Size::ZERO, Size::ZERO); 16];
    buckets[15] = (size(5), size(5));
    buckets[3] = (size(10), size(10));
    let (left, level) = water_fill(&buckets, size(4)).unwrap();
    assert_eq!((left[15], left[3]), (size(1), size(10)));
    assert_eq!(level, Ratio::ONE, "nobody else was cut");
    let (left, _) = water_fill(&buckets, size(8)).unwrap();
    assert_eq!((left[15], left[3]), (Size::ZERO, size(7)));
    let (left, level) = water_fill(&buckets, size(100)).unwrap();
    assert_eq!((left, level), ([Size::ZERO; 16], Ratio::ZERO));
}

#[test]
fn a_deficit_is_shared_by_profits_in_proportion() {
    // Account 0 loses 150 with 100 of capital; accounts 1 and 2 win 100 and 50 and keep 100 of it between them.
    let mut vault = Vault::default();
    vault.list(0, Price(100 * WAD));
    for account in 0..3 {
        vault.deposit(account, usd(100)).unwrap();
    }
    vault.trade(1, 0, 0, size(10), Price(100 * WAD)).unwrap();
    vault.trade(2, 0, 0, size(5), Price(100 * WAD)).unwrap();
    vault.poke(0, Price(110 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    let closed = vault.deleverage(0).unwrap().unwrap();
    assert_eq!((closed.deficit, closed.insured), (usd(50), Usd::ZERO));
    assert_eq!(vault.coverage(), 666_666_666_666_666_666);
    for (account, value) in [(1, 66), (2, 33)] {
        let converted = vault.convert(account).unwrap();
        assert_eq!(converted.received.0 / wad(1), value);
    }
    assert_eq!(
        vault.coverage(),
        WAD,
        "the haircut has paid for the deficit"
    );
    vault.check();
}

#[test]
fn what_moves_no_tokens_sees_a_vault_impaired_beyond_a_thousandth_and_no_recovery() {
    let seen = |impaired_since, missing| {
        let totals = Totals {
            tokens: Usd(10_999),
            impaired_since,
            ..Totals::default()
        };
        totals.is_seen_impaired(Usd(missing))
    };
    assert_eq!([0, 9, 10].map(|missing| seen(0, missing)), [false; 3]);
    assert!(seen(0, 11));
    assert!(seen(1, 0));
}

#[test]
fn a_vault_is_impaired_beyond_a_thousandth_of_its_tokens_until_half_of_that() {
    let mut totals = Totals {
        tokens: usd(10_000),
        shortfall: usd(8),
        debt: usd(12),
        ..Totals::default()
    };
    assert_eq!(totals.missing(usd(10)), Ok(usd(10)));
    let impaired = |totals: &Totals, missing, average| totals.is_impaired(missing, || average);
    assert_eq!(impaired(&totals, usd(10), Usd::MAX), Ok(false));
    assert_eq!(impaired(&totals, Usd(wad(10) + 1), Usd::MAX), Ok(true));
    // Tokens that pass through end nothing: the average counts, if it is less.
    assert_eq!(impaired(&totals, usd(10), usd(9_999)), Ok(true));
    assert_eq!(impaired(&totals, usd(10), usd(10_000)), Ok(false));
    totals.impaired_since = 1;
    assert_eq!(impaired(&totals, usd(5), usd(10_000)), Ok(true));
    assert_eq!(impaired(&totals, Usd(wad(5) - 1), usd(10_000)), Ok(false));
    assert_eq!(impaired(&totals, usd(4), usd(8_000)), Ok(true));
    totals.tokens = usd(6_000);
    assert_eq!(impaired(&totals, usd(3), usd(8_000)), Ok(true));
    assert_eq!(impaired(&totals, Usd(wad(3) - 1), usd(8_000)), Ok(false));
    assert_eq!(impaired(&totals, Usd::ZERO, Usd::ZERO), Ok(false));
    // What haircuts have paid for is not missing any more.
    totals.shortfall = usd(-5);
    assert_eq!(totals.missing(Usd::ZERO), Ok(usd(7)));
    assert_eq!(totals.missing(usd(20)), Ok(Usd::ZERO));
}

#[test]
fn insurance_pays_a_deficit_before_profits_do() {
    let mut vault = Vault {
        insurance: usd(80),
        ..Vault::default()
    };
    vault.list(0, Price(100 * WAD));
    vault.deposit(0, usd(100)).unwrap();
    vault.deposit(1, usd(100)).unwrap();
    vault.trade(1, 0, 0, size(15), Price(100 * WAD)).unwrap();
    vault.poke(0, Price(110 * WAD)).unwrap();
    assert_eq!(vault.coverage(), WAD);
    let closed = vault.deleverage(0).unwrap().unwrap();
    assert_eq!((closed.deficit, closed.insured), (usd(50), usd(50)));
    assert_eq!((vault.insurance, vault.coverage()), (usd(30), WAD));
    assert_eq!(
        vault.convert(1).unwrap().received,
        usd(150),
        "the winner receives everything"
    );
}

#[test]
fn a_liquidation_restores_the_target() {
    let health = Health {
        equity: usd(80),
        maintenance: usd(100),
    };
    let plan = liquidation::plan(
        &health,
        health.maintenance,
        Ratio(WAD / 20),
        Ratio::ONE,
        false,
    )
    .unwrap();
    // (125 - 80) / (100 x 1.2) = 0.375; penalty 0.375 x 5 = 1.875; then 78.125 / 62.5 = 1.25.
    assert!(near(plan.share.0, 375 * WAD / 1000));
    assert!(near(plan.penalty.0.unsigned_abs(), 1_875 * WAD / 1000));
    assert_eq!(
        liquidation::plan(
            &health,
            health.maintenance,
            Ratio(WAD / 20),
            Ratio::ONE,
            true
        )
        .unwrap()
        .share,
        Ratio::ONE
    );
    assert_eq!(
        liquidation::plan(
            &health,
            health.maintenance,
            Ratio(WAD / 20),
            Ratio(7),
            false
        )
        .unwrap()
        .share,
        Ratio(7)
    );
    let healthy = Health {
        equity: usd(100),
        maintenance: usd(100),
    };
    assert_eq!(
        liquidation::plan(&healthy, healthy.maintenance, Ratio::ONE, Ratio::ONE, false),
        Err(Error::Healthy)
    );
    let bankrupt = Health {
        equity: Usd::ZERO,
        maintenance: usd(100),
    };
    assert_eq!(
        liquidation::plan(
            &bankrupt,
            bankrupt.maintenance,
            Ratio::ONE,
            Ratio::ONE,
            false
        ),
        Err(Error::NoEquity)
    );
}

#[test]
fn a_leg_that_cannot_move_is_set_aside() {
    let health = Health {
        equity: usd(80),
        maintenance: usd(100),
    };
    // Of 60 that can move: (125 - 80) / (60 x 1.2) = 0.625, and a penalty of 0.625 x 3.
    let plan = liquidation::plan(&health, usd(60), Ratio(WAD / 20), Ratio::ONE, false).unwrap();
    assert!(near(plan.share.0, 625 * WAD / 1000));
    assert!(near(plan.penalty.0.unsigned_abs(), 1_875 * WAD / 1000));

    let mut vault = Vault::default();
    for id in 0..2 {
        vault.list(id, Price(100 * WAD));
    }
    for account in 0..3 {
        vault.deposit(account, usd(100)).unwrap();
        for id in 0..2 {
            if account > 0 {
                vault
                    .trade(0, account, id, size(5), Price(100 * WAD))
                    .unwrap();
            }
        }
    }
    vault.poke(0, Price(92 * WAD)).unwrap();
    vault
        .run(|ledger| {
            ledger.touch(0, false)?;
            ledger.touch(3, true)?;
            let mut movable = Legs::default();
            movable.push(1)?;
            let all = Liquidation {
                share: Ratio::ONE,
                penalty: Usd::ZERO,
                maintenance: Usd::ZERO,
            };
            ledger.liquidate(0, 3, POOL, &all, &movable)
        })
        .unwrap();
    let sizes = [(0, 0), (0, 1), (3, 0), (3, 1)].map(|(account, id)| vault.size(account, id));
    assert_eq!(sizes.map(|size| size.0), [wad(10), 0, 0, wad(10)]);
    vault.check();
}

#[test]
fn a_penalty_never_exceeds_the_equity() {
    for equity in [1, 7, WAD.cast_signed() / 3, wad(99)] {
        let health = Health {
            equity: Usd(equity),
            maintenance: usd(100),
        };
        let plan = liquidation::plan(&health, health.maintenance, Ratio::ONE, Ratio::ONE, true);
        assert!(plan.is_err() || plan.unwrap().penalty <= health.equity);
    }
}

#[test]
fn the_clock_forgets_after_ten_minutes_in_which_nobody_looked() {
    let clock = [1_000, 1_060, 1_120]
        .into_iter()
        .fold(Clock::default(), |clock, now| clock.observed(now, false));
    assert_eq!(clock.observed(1_719, false).unhealthy, 180);
    let anew = Clock {
        seen: 1_720,
        unhealthy: 0,
    };
    assert_eq!(clock.observed(1_720, false), anew);
    assert_eq!(anew.observed(1_780, false).unhealthy, 60);
}

#[test]
fn the_clock_counts_observed_ill_health_only() {
    let clock = Clock::default().observed(1_000, false);
    assert_eq!(
        clock,
        Clock {
            seen: 1_000,
            unhealthy: 0
        }
    );
    let clock = clock.observed(1_030, false).observed(1_629, false);
    assert_eq!(
        clock.unhealthy, 90,
        "30 seconds, and at most 60 for a long gap"
    );
    assert_eq!(clock.observed(1_630, true), Clock::default());
    assert_eq!(clock.observed(1_628, false).unhealthy, 90, "time runs back");
    let long = (1..2_000).fold(clock, |clock, minute| {
        clock.observed(1_629 + 60 * minute, false)
    });
    assert_eq!(long.unhealthy, u16::MAX, "it stops at the end of its range");
    let penalty = Penalty {
        start: Ratio(WAD / 20),
        ramp: 600,
    };
    assert_eq!(penalty.rate(0), Ok(Ratio(WAD / 20)));
    assert_eq!(penalty.rate(300), Ok(Ratio(WAD / 1000 * 525)));
    assert_eq!(penalty.rate(600), Ok(Ratio::ONE));
}

#[test]
fn a_rate_of_the_margin_is_spread_over_what_positions_count_for() {
    let ten = Ratio(WAD / 10);
    assert_eq!(rate_of_weights(ten, usd(30), usd(60)), Ok(Ratio(WAD / 20)));
    assert_eq!(
        rate_of_weights(ten, usd(90), usd(60)),
        Ok(Ratio(WAD / 20 * 3))
    );
    assert_eq!(rate_of_weights(ten, usd(60), usd(60)), Ok(ten));
    assert_eq!(
        rate_of_weights(Ratio(5), usd(1), usd(3)),
        Ok(Ratio(1)),
        "rounded down"
    );
    assert_eq!(rate_of_weights(ten, usd(0), usd(0)), Ok(ten));
    assert_eq!(
        rate_of_weights(ten, usd(1), usd(0)),
        Ok(ten),
        "nothing counts"
    );
}

#[test]
fn closing_at_a_loss_that_weakens_the_account_is_no_reduction_of_risk() {
    let before = Health {
        equity: usd(10),
        maintenance: usd(100),
    };
    let after = |equity, maintenance| {
        reduced_risk(
            &before,
            &Health {
                equity,
                maintenance,
            },
        )
    };
    assert!(after(usd(5), usd(50)));
    assert!(!after(usd(4), usd(50)));
    assert!(!after(usd(10), usd(100)));
    assert!(!after(Usd(-1), Usd::ZERO));
    assert!(after(Usd::ZERO, Usd::ZERO) && after(usd(10), Usd::ZERO));
}

#[test]
fn a_fill_lies_within_the_band() {
    let within = |price| within_band(Price(price), Mark(1_000), Ratio(WAD / 50)).unwrap();
    assert!(within(980) && within(1_020) && !within(979) && !within(1_021));
}

#[test]
fn buckets_follow_utilisation_by_factors_of_the_square_root_of_two() {
    assert_eq!(bucket_due(Usd::ZERO, Usd::ZERO), Ok(0));
    assert_eq!(bucket_due(usd(1), usd(1)), Ok(14));
    assert_eq!(bucket_due(usd(1), usd(2)), Ok(12));
    assert_eq!(bucket_due(usd(2), usd(1)), Ok(14));
    assert_eq!(bucket_due(usd(1), usd(1000)), Ok(0));
}

#[test]
fn a_hedged_account_is_deleveraged_last() {
    let mut vault = Vault::default();
    vault.list(0, Price(100 * WAD));
    for (account, amount) in [(0, 30), (1, 3_000), (2, 30)] {
        vault.deposit(account, usd(amount)).unwrap();
    }
    vault.trade(1, 2, 0, size(5), Price(100 * WAD)).unwrap();
    vault.trade(0, 2, 0, size(5), Price(100 * WAD)).unwrap();
    vault.poke(0, Price(104 * WAD)).unwrap();
    vault.deleverage(2).unwrap().unwrap();
    assert_eq!(vault.size(2, 0), Position::ZERO);
    vault.poke(0, Price(90 * WAD)).unwrap();
    for account in 0..2 {
        vault.touch(account, false).unwrap();
        assert_eq!(
            vault.size(account, 0),
            Position::ZERO,
            "the whole side was closed"
        );
    }
    assert!(
        vault.memory.account(0).capital <= usd(30),
        "what came after the cut is not gained or lost"
    );
    vault.check();
}
