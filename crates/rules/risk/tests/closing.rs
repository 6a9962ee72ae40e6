//! Closing accounts leg by leg, in debt and before.

mod common;

use common::{Memory, POOL, Vault, unrewarded, usd, wad};
use risk::{
    CutLeg, DEBT, Draw, Error, Ledger, Legs, Liquidation, Position, Price, Ratio, Result, Side,
    Size, Store, Usd, WAD,
};

const MARK: Price = Price(100 * WAD);

/// Account 0 is short 10 and 30 of instruments 0 and 1 against account 1, and has lost 80 more than it had.
fn broke() -> Vault {
    let mut vault = broke_unseen();
    vault.insurance = usd(1_000);
    vault.touch(0, false).unwrap();
    vault
}

/// A share of a debt is known to 1.5e-8.
fn near(got: Usd, expected: Usd) {
    assert!(
        got.0.abs_diff(expected.0) < WAD / 100_000,
        "{got:?} instead of {expected:?}"
    );
}

#[test]
fn a_debt_is_owed_for_what_legs_lost_and_covers_bound_what_is_paid_of_each() {
    let mut vault = broke();
    assert_eq!(vault.memory.account(0).pnl, usd(-80));
    // Nine tenths of 5 pay debts.
    vault.memory.cover_sizes.insert(0, usd(5));
    near(vault.missing(), Usd(wad(31) / 2));
    let mut draw = unrewarded();
    let mut leg = vault.clone();
    let first = leg.run(|ledger| ledger.close_leg(0, 0, &mut draw)).unwrap();
    assert_eq!(
        (first.position, first.weight),
        (Position(wad(-10)), usd(33))
    );
    let legs = vault.memory.account(0).legs;
    let mut close = |vault: &mut Vault| vault.run(|ledger| ledger.close(0, &legs, 1, &mut draw));
    assert_eq!(close(&mut vault), Ok(false));
    // Whoever closes leg by leg has nothing written off while one is left that may gain.
    assert_eq!(vault.memory.account(0).pnl, usd(-80));
    near(vault.missing(), Usd(wad(31) / 2));
    assert_eq!(close(&mut vault), Ok(true));
    near(draw.deficits.get(0), usd(20));
    near(draw.deficits.get(1), usd(60));
    assert_eq!(draw.insured.get(0), Usd(wad(9) / 2));
    assert_eq!(
        (draw.deficit, draw.insured.get(1)),
        (usd(80), draw.deficits.get(1))
    );
    let account = vault.memory.account(0);
    assert!(account.pnl == Usd::ZERO && account.legs.as_slice().is_empty());
    near(vault.missing(), Usd(wad(31) / 2));
    assert_eq!(vault.insurance.0, wad(1_000) - draw.total().unwrap().0);
    vault.check();
}

#[test]
fn a_call_that_writes_nothing_off_says_whose_cover_pays_the_reward() {
    let mut vault = broke();
    let legs = vault.memory.account(0).legs;
    let mut draw = Draw {
        reward_share: Ratio(WAD / 10),
        reward_left: usd(30),
        ..unrewarded()
    };
    assert_eq!(
        vault.run(|ledger| ledger.close(0, &legs, 1, &mut draw)),
        Ok(false)
    );
    let told: Vec<_> = draw.deficits.iter().collect();
    let [(id, Usd::ZERO)] = told[..] else {
        panic!("{told:?}")
    };
    // A tenth of what the leg counts for, 10 or 30 at 110 x 3 %.
    assert_eq!(draw.rewards.get(id), draw.reward);
    assert!(draw.reward > Usd::ZERO && draw.deficit == Usd::ZERO);
    // Where there is no reward, there is nothing to tell.
    let mut draw = unrewarded();
    let mut vault = broke();
    vault
        .run(|ledger| ledger.close(0, &legs, 1, &mut draw))
        .unwrap();
    assert_eq!(draw.deficits.iter().count(), 0);
}

#[test]
fn insurance_pays_whole_units_of_the_token() {
    let mut vault = broke();
    let mut draw = Draw {
        unit: Usd(wad(7)),
        ..Draw::default()
    };
    let legs = vault.memory.account(0).legs;
    let done = vault.run(|ledger| ledger.close(0, &legs, usize::MAX, &mut draw));
    assert_eq!((done, draw.deficit), (Ok(true), usd(80)));
    // Of 20 and of 60, less the one that the first has paid too much.
    assert_eq!(
        [draw.insured.get(0), draw.insured.get(1)],
        [usd(21), usd(63)]
    );
    assert_eq!(vault.missing(), Usd::ZERO);
}

/// Account 2 is in debt by its short in instrument 0 and its long in instrument 1. Closing account 3, long in instrument 0, cuts
/// that short to nothing; the debt is still owed for it, whoever touches the account.
#[test]
fn a_leg_that_others_cut_keeps_its_part_of_the_debt() {
    let mut vault = Vault {
        insurance: usd(1_000),
        ..Vault::default()
    };
    for id in 0..3 {
        vault.list(id, MARK);
    }
    vault.deposit(1, usd(100_000)).unwrap();
    vault.deposit(2, usd(150)).unwrap();
    vault.deposit(3, usd(100)).unwrap();
    vault.trade(1, 2, 0, Size(10 * WAD), MARK).unwrap();
    vault.trade(2, 1, 1, Size(10 * WAD), MARK).unwrap();
    vault.trade(3, 1, 0, Size(10 * WAD), MARK).unwrap();
    vault.trade(3, 1, 2, Size(20 * WAD), MARK).unwrap();
    for (id, price) in [(0, 110), (1, 90), (2, 80)] {
        vault.poke(id, Price(price * WAD)).unwrap();
    }
    for account in [2, 3] {
        vault.touch(account, false).unwrap();
        assert_eq!(vault.memory.account(account).bucket, DEBT);
    }
    assert_eq!(vault.memory.account(2).pnl, usd(-50));
    let closed = |vault: &mut Vault, account| {
        let mut draw = unrewarded();
        let legs = vault.memory.account(account).legs;
        vault
            .run(|ledger| ledger.close(account, &legs, usize::MAX, &mut draw))
            .unwrap();
        draw.deficits.get(0)
    };
    let mut untouched = vault.clone();
    let expected = closed(&mut untouched, 2);
    near(expected, usd(25));
    closed(&mut vault, 3);
    assert_eq!(vault.size(2, 0), Position::ZERO);
    vault.touch(2, false).unwrap();
    vault.touch(2, true).unwrap();
    near(closed(&mut vault, 2), expected);
    vault.check();
}

/// A debt is owed for a leg that is gone before it is found: it is written off once the others are closed.
#[test]
fn a_leg_that_was_cut_before_the_debt_was_found_counts_as_well() {
    let mut vault = broke_unseen();
    vault.insurance = usd(1_000);
    vault
        .run(|ledger| ledger.cut_leg(1, POOL, 0, Ratio::ONE, Size::MAX, Ratio::ZERO))
        .unwrap();
    assert_eq!(vault.memory.side(0, Side::Short).open_interest, Size::ZERO);
    vault.touch(0, false).unwrap();
    let account = vault.memory.account(0);
    assert!(account.in_debt() && account.bucket == DEBT);
    let debts = |vault: &Vault| [0, 1].map(|id| vault.memory.debts(id).known);
    let [gone, held] = debts(&vault);
    near(gone, usd(20));
    near(held, usd(60));
    let legs = account.legs;
    let mut draw = unrewarded();
    let done = vault.run(|ledger| ledger.close(0, &legs, usize::MAX, &mut draw));
    assert_eq!((done, draw.deficit), (Ok(true), usd(80)));
    assert_eq!([draw.insured.get(0), draw.insured.get(1)], [gone, held]);
    assert_eq!(debts(&vault), [Usd::ZERO; 2]);
    vault.check();
}

/// Later losses are owed for by the legs that lost them, payments reduce all parts alike, and a debt that is paid is nobody's.
#[test]
fn a_debt_grows_by_its_own_legs_and_falls_by_all_alike() {
    let mut vault = broke();
    let known = |vault: &Vault| [0, 1].map(|id| vault.memory.debts(id).known);
    vault.poke(0, Price(112 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    let [first, second] = known(&vault);
    near(first, usd(40));
    near(second, usd(60));
    vault.deposit(0, usd(50)).unwrap();
    let [first, second] = known(&vault);
    near(first, usd(20));
    near(second, usd(30));
    vault.check();
    vault.poke(1, Price(109 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    let [first, second] = known(&vault);
    near(first, usd(8));
    near(second, usd(12));
    vault.deposit(0, usd(21)).unwrap();
    assert_eq!(known(&vault), [Usd::ZERO; 2]);
    assert_eq!(vault.memory.records.known, 0);
    assert!(!vault.memory.account(0).attributed);
    vault.check();
}

/// A closing that stops at frozen legs books the rest as stuck: others convert as if nobody insured it, and nothing else changes.
#[test]
fn frozen_debts_block_nobody() {
    let mut vault = broke();
    vault.memory.cover_sizes.insert(0, usd(5));
    vault.touch(1, true).unwrap();
    vault.now += 1_000_000;
    let convert = |vault: &mut Vault| vault.run(|ledger| ledger.convert_own(1, usd(10)));
    assert_eq!(convert(&mut vault), Err(Error::DebtOpen));
    let mut movable = Legs::default();
    movable.push(0).unwrap();
    let missing = vault.missing();
    let mut draw = unrewarded();
    let done = vault.run(|ledger| ledger.close(0, &movable, usize::MAX, &mut draw));
    assert_eq!(done, Ok(false));
    let account = vault.memory.account(0);
    assert!(account.stuck && account.legs.as_slice() == [1]);
    near(vault.memory.stuck, usd(60));
    assert_eq!(
        vault.missing(),
        missing,
        "equity counts on insurance as before"
    );
    vault.check();
    let h = vault.memory.totals.coverage(Usd::ZERO).unwrap();
    let converted = convert(&mut vault).unwrap();
    assert_eq!(converted.received, h.worth(usd(10)).unwrap());
    // More of it comes, and some is paid.
    vault.poke(1, Price(111 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    near(vault.memory.stuck, usd(90));
    vault.deposit(0, usd(30)).unwrap();
    near(vault.memory.stuck, usd(60));
    vault.check();
    // Once it can be closed, it counts as every other debt.
    vault.run(|ledger| ledger.set_stuck(0, false)).unwrap();
    assert_eq!(vault.memory.stuck, Usd::ZERO);
    assert_eq!(convert(&mut vault), Err(Error::DebtOpen));
    vault.run(|ledger| ledger.set_stuck(0, true)).unwrap();
    vault.deposit(0, usd(200)).unwrap();
    assert_eq!(vault.memory.stuck, Usd::ZERO);
    vault.check();
}

/// As [`broke`], but nobody has seen the debt.
fn broke_unseen() -> Vault {
    let mut vault = Vault::default();
    vault.deposit(0, usd(320)).unwrap();
    vault.deposit(1, usd(10_000)).unwrap();
    for (id, size) in [(0, 10), (1, 30)] {
        vault.list(id, MARK);
        vault.trade(1, 0, id, Size(size * WAD), MARK).unwrap();
    }
    for id in 0..2 {
        vault.poke(id, Price(110 * WAD)).unwrap();
    }
    vault
}

#[test]
fn a_debt_that_is_paid_drops_what_was_kept_of_legs() {
    let mut vault = broke_unseen();
    vault
        .run(|ledger| ledger.cut_leg(1, POOL, 0, Ratio::ONE, Size::MAX, Ratio::ZERO))
        .unwrap();
    vault.touch(0, false).unwrap();
    vault.deposit(0, usd(1_000)).unwrap();
    vault.touch(0, false).unwrap();
    let account = vault.memory.account(0);
    assert!(!account.in_debt() && account.bucket < DEBT);
    assert_eq!(account.legs.as_slice(), [1]);
    vault.check();
}

#[test]
fn only_a_debt_is_written_off() {
    let mut vault = broke();
    let mut refused = |account, id| {
        let mut draw = unrewarded();
        vault
            .run(|ledger| ledger.close_leg(account, id, &mut draw))
            .map(drop)
    };
    assert_eq!(refused(1, 0), Err(Error::NotDeleverageable));
    assert_eq!(refused(0, 2), Err(Error::NotDeleverageable));
    let legs = vault.memory.account(1).legs;
    let healthy = vault.run(|ledger| ledger.close(1, &legs, 1, &mut unrewarded()));
    assert_eq!(healthy, Err(Error::NotDeleverageable));
}

/// 40 % of 30 at a rate of 10 % of margin, of which only 9 may go.
#[test]
fn a_cut_takes_its_share_up_to_the_limit_and_pays_for_what_it_took() {
    let mut vault = broke_unseen();
    vault.deposit(0, usd(100)).unwrap();
    vault.touch(0, false).unwrap();
    let bucket = vault.memory.account(0).bucket;
    let cut = vault
        .run(|ledger| {
            ledger.cut_leg(
                0,
                POOL,
                1,
                Ratio(WAD / 5 * 2),
                Size(9 * WAD),
                Ratio(WAD / 10),
            )
        })
        .unwrap();
    assert_eq!((cut.size, cut.left), (Size(9 * WAD), Size(3 * WAD)));
    assert_eq!(cut.penalty.0, wad(9 * 110) * 3 / 1000);
    assert_eq!(vault.size(0, 1), Position(wad(-21)));
    assert_eq!(vault.size(1, 1).0.abs_diff(wad(21)), 0);
    assert_eq!(vault.memory.account(POOL).capital, cut.penalty);
    assert_eq!(vault.memory.account(0).bucket, bucket);
    // At most what there is.
    let cut = vault
        .run(|ledger| ledger.cut_leg(0, POOL, 1, Ratio::ONE, Size::MAX, Ratio::ONE))
        .unwrap();
    assert_eq!(cut.penalty.0, wad(20) - wad(9 * 110) * 3 / 1000);
    let account = vault.memory.account(0);
    assert!(!account.in_debt() && account.capital == Usd::ZERO);
    assert_eq!(account.legs.as_slice(), [0]);
    let mut again = |account, id| {
        vault.run(|ledger| ledger.cut_leg(account, POOL, id, Ratio::ONE, Size::MAX, Ratio::ONE))
    };
    assert_eq!(again(0, 1), Ok(CutLeg::default()), "nothing is left");
    assert_eq!(again(POOL, 0), Err(Error::SameAccount));
    vault.check();
}

/// A broke account that is out of debt by the grace of a stranger, and of which a deleveraging goes on.
fn being_closed() -> Vault {
    let mut vault = broke_unseen();
    vault.deposit(0, usd(120)).unwrap();
    vault.memory.accounts.get_mut(&0).unwrap().closing = true;
    vault
}

/// Whether a deleveraging of account 0 goes on after an operation.
fn goes_on(operation: impl FnOnce(&mut Ledger<Memory>) -> Result<()>) -> bool {
    let mut vault = being_closed();
    vault.run(operation).unwrap();
    vault.memory.account(0).closing
}

#[test]
fn nothing_that_a_stranger_does_starts_a_closing_anew() {
    let some = Liquidation {
        share: Ratio(1),
        penalty: Usd::ZERO,
        maintenance: Usd::ZERO,
    };
    assert!(goes_on(|ledger| ledger.deposit(0, usd(1))));
    assert!(goes_on(|ledger| ledger.touch(0, false).map(drop)));
    assert!(goes_on(|ledger| ledger.convert(0, Usd::MAX).map(drop)));
    assert!(goes_on(|ledger| {
        ledger.touch(0, false)?;
        ledger.rebucket(0).map(drop)
    }));
    assert!(goes_on(|ledger| {
        ledger
            .cut_leg(0, POOL, 0, Ratio(WAD / 2), Size::MAX, Ratio(WAD / 10))
            .map(drop)
    }));
    assert!(goes_on(|ledger| {
        ledger.touch(0, false)?;
        let legs = ledger.store.account(0).legs;
        ledger.liquidate(0, 1, POOL, &some, &legs).map(drop)
    }));
    // Nor does its owner's deposit, which nobody can tell from a stranger's.
    assert!(goes_on(|ledger| ledger.touch(0, true).map(drop)));
    assert!(goes_on(|ledger| ledger.transfer(1, 0, usd(1)).map(drop)));
}

#[test]
fn a_closing_ends_with_what_it_was_decided_for() {
    assert!(!goes_on(|ledger| ledger.withdraw(0, usd(1)).map(drop)));
    assert!(!goes_on(|ledger| ledger.transfer(0, 5, usd(1)).map(drop)));
    let mut traded = being_closed();
    traded.trade(0, 1, 0, Size(WAD), Price(110 * WAD)).unwrap();
    assert!(!traded.memory.account(0).closing);
    // In debt everything is closed, and whoever leaves debt is looked at anew.
    let mut vault = being_closed();
    vault.poke(0, Price(10_000 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    assert!(vault.memory.account(0).in_debt() && !vault.memory.account(0).closing);
    let mut account = being_closed().memory.account(0);
    account.observe(1, false);
    assert!(account.closing);
    account.observe(2, true);
    assert!(!account.closing);
}

#[test]
fn a_liquidation_needs_three_accounts() {
    let mut vault = broke_unseen();
    let plan = Liquidation {
        share: Ratio::ONE,
        penalty: Usd::ZERO,
        maintenance: Usd::ZERO,
    };
    let legs = vault.memory.account(0).legs;
    for (account, into) in [(0, 0), (0, POOL), (POOL, 0)] {
        let refused = vault.run(|ledger| ledger.liquidate(account, into, POOL, &plan, &legs));
        assert_eq!(refused.unwrap_err(), Error::SameAccount);
    }
}
