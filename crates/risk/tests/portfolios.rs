//! Accounts whose legs hedge one another: their margin is that of all they hold.

mod common;

use common::options::{self, CALL, PUT, SPOT, TEN};
use common::{POOL, Vault, usd, wad};
use risk::{
    Closing, Ground, Legs, Liquidation, Position, Ratio, Size, Store, Usd, WAD, plan_liquidation,
};

/// Account 0 has bought 10 calls of account 1; account 0 is long and account 1 short 5 of the perpetual; account 1 has bought 5
/// puts of account 2.
fn vault() -> Vault {
    options::after(&[
        (0, 1, CALL, 10, TEN),
        (0, 1, 0, 5, SPOT),
        (1, 2, PUT, 5, TEN),
    ])
}

fn margin(vault: &Vault, account: usize) -> Usd {
    vault
        .ask(|ledger| ledger.valued(account))
        .unwrap()
        .health
        .maintenance
}

/// Margin is asked for once an account, and once more where a share of some of its legs is taken over.
#[test]
fn margin_is_asked_for_as_seldom_as_possible() {
    let vault = vault();
    let asked = |act: &dyn Fn(&mut Vault)| {
        let mut copy = vault.clone();
        let before = copy.memory.asked.get();
        act(&mut copy);
        copy.memory.asked.get() - before
    };
    assert_eq!(asked(&|vault| vault.touch(0, false).unwrap()), 1);
    assert_eq!(asked(&|vault| vault.touch(0, true).unwrap()), 1);
    assert_eq!(asked(&|vault| vault.withdraw(0, usd(1)).unwrap()), 1);
    assert_eq!(asked(&|vault| vault.deposit(0, usd(1)).unwrap()), 0);
    assert_eq!(asked(&|vault| assert!(vault.size(0, CALL).0 > 0)), 0);
    let size = Size(WAD);
    assert_eq!(
        asked(&|vault| vault.trade(0, 1, CALL, size, TEN).unwrap()),
        2
    );
    let half = Liquidation {
        share: Ratio(WAD / 2),
        penalty: usd(1),
        maintenance: margin(&vault, 0),
    };
    let taken = |vault: &mut Vault| {
        let legs = vault.memory.account(0).legs;
        let run = vault.run(|ledger| ledger.liquidate(0, 2, POOL, &half, &legs));
        run.map(drop).unwrap();
    };
    assert_eq!(
        asked(&taken),
        1,
        "of who takes it: half is left of what was"
    );
}

/// Whatever is taken over of all legs, or of some, the account is left with what its rest needs.
#[test]
fn a_liquidation_knows_what_is_left() {
    let vault = vault();
    for movable in [&[0, CALL, PUT][..], &[CALL], &[0, PUT]] {
        let mut copy = vault.clone();
        let mut legs = Legs::default();
        movable.iter().for_each(|&id| legs.push(id).unwrap());
        let plan = Liquidation {
            share: Ratio(WAD / 3),
            penalty: usd(1),
            maintenance: margin(&vault, 1),
        };
        let taken = copy.run(|ledger| ledger.liquidate(1, 2, POOL, &plan, &legs));
        let told = taken.unwrap()[0].health.maintenance;
        let seen = margin(&copy, 1);
        assert!((told.0 - seen.0).abs() <= 10, "{told:?} {seen:?}");
        copy.check();
    }
}

/// A hedged account pays for what it needs together, not for its legs one by one.
#[test]
fn the_penalty_of_a_hedged_account_is_that_of_its_margin() {
    let mut vault = vault();
    let valued = vault.run(|ledger| ledger.touch(1, false)).unwrap();
    // Net delta: -5 calls' deltas, -5 perpetuals, -2.5 of puts; ten calls short.
    assert_eq!(
        valued.health.maintenance.0,
        wad(3) * 25 / 2 + wad(10) + 1,
        "rounded up"
    );
    let weights = vault.memory.weights(&valued.positions).unwrap();
    assert_eq!(weights, usd(60));
    let mut health = valued.health;
    health.equity = usd(9);
    let legs = &valued.account.legs;
    let rate = Ratio(WAD / 10);
    let margins = (legs, health.maintenance, weights);
    let plan = Closing::decide(Ground::Margin, &health, margins, rate, true, 0).unwrap();
    assert_eq!(plan.share, Ratio::ONE);
    let penalty = vault
        .run(|ledger| {
            let mut sum = Usd::ZERO;
            for &id in legs.as_slice() {
                let cut = ledger.cut_leg(1, POOL, id, plan.share, Size::MAX, plan.rate)?;
                sum = sum.plus(cut.penalty)?;
            }
            Ok(sum)
        })
        .unwrap();
    let due = health.maintenance.times_up(rate).unwrap();
    let most = plan_liquidation(&health, health.maintenance, rate, Ratio::ONE, true).unwrap();
    assert_eq!(due, most.penalty);
    // Up to a unit of the rate.
    assert!(
        (0..=weights.0 / 1_000_000_000 + 3).contains(&(penalty.0 - due.0)),
        "{penalty:?} {due:?}"
    );
}

/// Ten short calls with a delta of a half, hedged by five perpetuals: only their floor is left.
#[test]
fn a_hedge_lowers_margin_and_the_bucket_with_it() {
    let mut vault = vault();
    let bare = margin(&vault, 1);
    let bucket = vault.memory.account(1).bucket;
    // Five back and five more, and the puts' delta of two and a half.
    let hedge = Size(25 * WAD / 2);
    vault.trade(1, 2, 0, hedge, SPOT).unwrap();
    assert_eq!(
        margin(&vault, 1),
        Usd(wad(10) + 1),
        "a third of 3 % for each short call, rounded up"
    );
    assert!(bare > usd(47) && vault.memory.account(1).bucket < bucket);
    vault.check();
}

#[test]
fn closing_a_hedge_reduces_nobodys_risk() {
    let mut vault = vault();
    let trade = |vault: &mut Vault, buyer, seller, id, size: u128| {
        let traded = vault.trade_for(
            buyer,
            seller,
            id,
            (Size(size * WAD), vault.mark(id)),
            Ratio::ZERO,
        );
        traded
            .unwrap()
            .map(|traded| vault.ask(|ledger| ledger.reduced_risk(&traded)).unwrap())
    };
    assert_eq!(
        trade(&mut vault, 1, 2, 0, 5),
        [true, false],
        "it buys back what adds to its short calls"
    );
    assert_eq!(
        trade(&mut vault, 1, 2, 0, 5),
        [true, false],
        "and more, against them"
    );
    assert_eq!(
        trade(&mut vault, 2, 1, 0, 5),
        [true, false],
        "and gives that up"
    );
    assert!(trade(&mut vault, 1, 0, CALL, 10)[0]);
}

/// The hedge stays where it is, as if its market were frozen.
#[test]
fn what_moves_alone_is_charged_no_more_than_the_account_needs() {
    let mut vault = vault();
    vault.trade(1, 2, 0, Size(10 * WAD), SPOT).unwrap();
    let valued = vault.ask(|ledger| ledger.valued(1)).unwrap();
    let movable = |ids: &[u8]| {
        let mut legs = Legs::default();
        ids.iter().for_each(|&id| legs.push(id).unwrap());
        vault.ask(|ledger| ledger.movable(&valued, &legs)).unwrap()
    };
    let asked = vault.memory.asked.get();
    let (positions, all) = movable(&[0, CALL, PUT]);
    assert_eq!((positions.count(), all), (3, valued.health.maintenance));
    assert_eq!(vault.memory.asked.get(), asked, "it is known");
    let (calls, alone) = movable(&[CALL]);
    assert_eq!((calls.count(), alone), (1, valued.health.maintenance));
    assert_eq!(calls.get(CALL), Position(wad(-10)));
    let (puts, alone) = movable(&[PUT]);
    assert_eq!((puts.count(), alone.0), (1, wad(3) * 5 / 2));
}
