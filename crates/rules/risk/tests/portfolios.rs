//! Accounts whose legs hedge one another: their margin is that of all they hold.

mod common;

use common::options::{self, CALL, PUT, SPOT, TEN};
use common::{POOL, Vault, usd, wad};
use risk::rules::liquidation;
use risk::{
    Closing, Error, Ground, Legs, Liquidation, Position, Price, Ratio, Size, Store, Usd, Valued,
    WAD,
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
    let most = liquidation::plan(&health, health.maintenance, rate, Ratio::ONE, true).unwrap();
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

/// The rest stays where it is, as if its volatility were distrusted.
#[test]
fn what_moves_alone_is_charged_for_the_margin_that_it_frees() {
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
    // Of net delta as much is left, the other way.
    assert_eq!((calls.count(), alone.0), (1, wad(10) + 1), "rounded up");
    assert_eq!(calls.get(CALL), Position(wad(-10)));
    let (puts, alone) = movable(&[PUT]);
    assert_eq!((puts.count(), alone.0), (1, wad(3) * 5 / 2));
    // Without the perpetuals the calls would need more than all needs together.
    let (none, freed) = movable(&[0]);
    assert_eq!((none.count(), freed), (0, Usd::ZERO));
    let (both, freed) = movable(&[0, CALL]);
    assert_eq!((both.count(), freed.0), (2, wad(10) + 1));
}

/// Why account 1 may be deleveraged now.
fn ground(vault: &Vault) -> Option<Ground> {
    let ground = vault.ask(|ledger| {
        let Valued {
            account,
            health,
            positions,
            ..
        } = ledger.valued(1)?;
        ledger.ground(1, &account, &positions, &health)
    });
    ground.unwrap()
}

/// Account 1 is short 10 calls, which 5 perpetuals hedge: 10 of margin, and 15 more for each perpetual that it lacks. It has 13.
fn hedged() -> Vault {
    let mut vault = options::after(&[(0, 1, CALL, 10, TEN), (1, 2, 0, 5, SPOT)]);
    vault.withdraw(1, usd(987)).unwrap();
    assert!(margin(&vault, 1) <= Usd(wad(10) + 1));
    vault
}

/// Account 2 closes a share of its short, which cuts account 1's hedge.
fn cut_the_hedge(vault: &mut Vault, percent: u128) {
    let share = Ratio(WAD / 100 * percent);
    vault
        .run(|ledger| ledger.cut_leg(2, POOL, 0, share, Size::MAX, Ratio::ZERO))
        .unwrap();
}

#[test]
fn an_account_that_cuts_made_ill_may_be_deleveraged_and_nothing_is_remembered() {
    let mut vault = hedged();
    assert_eq!(ground(&vault), None, "it is in health");
    let before = vault.memory.account(1);
    cut_the_hedge(&mut vault, 100);
    assert_eq!(vault.memory.account(1), before, "nothing is stored");
    assert_eq!(ground(&vault), Some(Ground::Cut));
    vault.touch(1, false).unwrap();
    assert_eq!(ground(&vault), Some(Ground::Cut), "whoever touches it");

    let refused_anew = vault.run(|ledger| ledger.rebucket(1)).map(drop);
    assert_eq!(refused_anew, Err(Error::NotDue), "no stranger ends it");

    // With the hedge it would be ill as well: prices did that, whatever was cut.
    let mut poor = vault.clone();
    poor.poke(CALL, Price(10 * WAD + WAD / 2)).unwrap();
    assert!(poor.ask(|ledger| ledger.valued(1)).unwrap().health.equity < usd(10));
    assert_eq!(ground(&poor), None);

    // It would be in health at its sizes at joining again: that counts now, not when it was cut.
    poor.deposit(1, usd(3)).unwrap();
    assert_eq!(ground(&poor), Some(Ground::Cut));

    // In health it may not, and its owner's touch takes what it has for what it joined with.
    let mut rich = vault.clone();
    rich.deposit(1, usd(20)).unwrap();
    assert_eq!(ground(&rich), None);
    vault.touch(1, true).unwrap();
    assert_eq!(ground(&vault), None);
}

#[test]
fn a_cut_that_leaves_an_account_in_health_is_no_ground_later() {
    let mut vault = hedged();
    cut_the_hedge(&mut vault, 10);
    assert_eq!(ground(&vault), None, "it can bear a tenth");
    // The calls rise until it is ill, and would be at its sizes at joining.
    vault.poke(CALL, Price(10 * WAD + WAD / 10 * 4)).unwrap();
    vault.touch(1, false).unwrap();
    assert_eq!(ground(&vault), None);
}

/// Whether account 1, so long in ill health, counts as healthy for a liquidation, while a deleveraging goes on as `closing` says.
fn is_spared(vault: &Vault, unhealthy: u16, closing: Option<Closing>) -> bool {
    let mut vault = vault.clone();
    let account = vault.memory.accounts.get_mut(&1).unwrap();
    account.clock.unhealthy = unhealthy;
    account.closing = closing.is_some();
    let spared = vault.ask(|ledger| {
        let valued = ledger.valued(1)?;
        let goes_on = || closing.expect("asked for while one goes on alone");
        ledger.is_spared_as_cut(1, &valued, goes_on)
    });
    spared.unwrap()
}

#[test]
fn whom_cuts_made_ill_nobody_liquidates_for_ten_minutes() {
    let mut vault = hedged();
    vault.now = 10_000;
    assert!(!is_spared(&vault, 0, None), "it is in health");
    cut_the_hedge(&mut vault, 100);
    assert!(is_spared(&vault, 0, None) && is_spared(&vault, 599, None));
    assert!(!is_spared(&vault, 600, None));
    // Its first leg has been closed, so that its margin at joining is another one.
    let closing = |rate, started| Closing {
        rate: Ratio(rate),
        started,
        ..Closing::default()
    };
    vault.touch(1, true).unwrap();
    assert!(!is_spared(&vault, 0, None));
    assert!(is_spared(&vault, 0, Some(closing(0, 6_400))));
    assert!(!is_spared(&vault, 600, Some(closing(0, 10_000))));
    assert!(!is_spared(&vault, 0, Some(closing(0, 6_399))), "it is over");
    assert!(
        !is_spared(&vault, 0, Some(closing(1, 10_000))),
        "prices did that"
    );
    let mut poor = hedged();
    cut_the_hedge(&mut poor, 10);
    poor.poke(CALL, Price(10 * WAD + WAD / 10 * 4)).unwrap();
    assert!(!is_spared(&poor, 0, None), "prices did that");
}

/// The margin at joining is another question to the engine: it is asked only of who is ill, and answered with what has not settled.
#[test]
fn the_margin_at_joining_is_of_all_legs_that_have_not_settled() {
    let mut vault = hedged();
    cut_the_hedge(&mut vault, 100);
    let legs = vault.memory.account(1).legs;
    let joined = |vault: &Vault| vault.ask(|ledger| ledger.maintenance_of_joined(1, &legs));
    assert_eq!(joined(&vault), Ok(Usd(wad(10) + 1)));
    vault.expire(CALL);
    assert_eq!(joined(&vault), Ok(usd(15)), "of the perpetuals alone");
}
