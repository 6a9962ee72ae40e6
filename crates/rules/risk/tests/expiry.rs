//! Options that have expired: their legs are settled for good and go, whoever settles them.

mod common;

use common::options::{self, CALL, PUT, SPOT, TEN};
use common::{POOL, Vault, unrewarded, usd, wad};
use ledger_model::OptionTerms;
use risk::{CutLeg, DEBT, Liquidation, Position, Price, Ratio, Side, Size, Store, Usd, WAD};

/// Account 0 has bought 10 calls of account 1; both have a perpetual with account 2, and account 2 sold a put to account 1.
fn vault() -> Vault {
    options::after(&[
        (0, 1, CALL, 10, TEN),
        (0, 2, 0, 5, SPOT),
        (2, 1, 0, 5, SPOT),
        (1, 2, PUT, 5, TEN),
    ])
}

fn open_interest(vault: &Vault, id: u8) -> [u128; 2] {
    Side::BOTH.map(|side| vault.memory.side(id, side).open_interest.0 / WAD)
}

fn settle_at(vault: &mut Vault, id: u8, mark: u128) {
    vault.poke(id, Price(mark * WAD)).unwrap();
    vault.expire(id);
}

#[test]
fn anybodys_touch_takes_an_expired_leg_away_and_leaves_the_others_where_they_are() {
    let mut vault = vault();
    settle_at(&mut vault, CALL, 30);
    let before = vault.memory.account(0);
    let perpetual = vault.memory.leg(0, 0);
    assert_eq!(
        vault.size(0, CALL),
        Position::ZERO,
        "before anybody has settled it"
    );
    let seen = vault.ask(|ledger| ledger.valued(0)).unwrap();
    assert_eq!((seen.gain, seen.health.maintenance), (usd(200), usd(15)));
    vault.touch(0, false).unwrap();
    let account = vault.memory.account(0);
    assert_eq!(account.legs.as_slice(), [0]);
    assert_eq!(account.pnl.0 - before.pnl.0, wad(200));
    assert_eq!(account.bucket, before.bucket, "in place");
    assert_eq!(vault.memory.leg(0, 0), perpetual, "in place");
    assert_eq!(
        open_interest(&vault, CALL),
        [0, 10],
        "one side goes before the other"
    );
    let empty = vault.memory.bucket(CALL, Side::Long, before.bucket);
    assert_eq!((empty.base.0, empty.weight.0), (0, 0));
    assert_eq!(vault.memory.side(CALL, Side::Long).occupied, 0);
    vault.check();
    vault.touch(1, true).unwrap();
    assert_eq!(open_interest(&vault, CALL), [0, 0]);
    assert_eq!(vault.memory.account(1).legs.as_slice().len(), 2);
    assert_eq!(vault.memory.account(1).capital, usd(800));
    assert_eq!(vault.check(), 0);
}

/// The owner's own acts settle everything: nothing that has expired stays lazily unsettled.
#[test]
fn a_trade_settles_all_legs_where_one_has_expired() {
    let mut lazy = vault();
    lazy.poke(0, Price(101 * WAD)).unwrap();
    let mut expired = lazy.clone();
    settle_at(&mut expired, CALL, 12);
    for vault in [&mut lazy, &mut expired] {
        vault.trade(1, 2, PUT, Size(WAD / 100), TEN).unwrap();
    }
    assert_eq!(
        lazy.memory.account(1).pnl,
        Usd::ZERO,
        "untouched legs stay unsettled"
    );
    let account = expired.memory.account(1);
    // Five short perpetuals lose one each, ten short calls two each.
    assert_eq!(account.capital, usd(1_000 - 5 - 20));
    assert!(!account.legs.contains(CALL));
    expired.check();
}

/// Account 1 owes 235: 430 for calls that have expired 43 dearer and 5 for its perpetual, less 200 that it had. All of it is owed
/// for the underlying of both.
#[test]
fn a_debt_for_expired_legs_is_owed_for_their_underlying_whatever_takes_their_place() {
    let mut vault = vault();
    vault
        .run(|ledger| ledger.withdraw(1, usd(800)).map(drop))
        .unwrap();
    settle_at(&mut vault, CALL, 53);
    vault.poke(0, Price(101 * WAD)).unwrap();
    vault.touch(1, false).unwrap();
    let account = vault.memory.account(1);
    assert_eq!((account.pnl, account.bucket), (usd(-235), DEBT));
    assert_eq!(account.legs.as_slice().len(), 2, "the call is gone");
    assert_eq!(open_interest(&vault, CALL), [10, 0]);
    assert_eq!(vault.memory.debts(0).known, usd(235));
    vault.check();
    // A stranger's touch changes nothing, nor does whether the others have settled, or what is listed in the call's place.
    let mut touched = vault.clone();
    for account in [1, 0, 1] {
        touched.touch(account, false).unwrap();
    }
    let mut listed_again = touched.clone();
    assert_eq!(listed_again.relist(CALL, Price(WAD)), Ok(true));
    listed_again.list(9, SPOT);
    let elsewhere = OptionTerms {
        underlying: 9,
        delta: 8,
    };
    listed_again.memory.options.insert(CALL, elsewhere);
    for vault in [&mut vault, &mut touched, &mut listed_again] {
        vault.memory.cover_sizes.insert(0, usd(100));
        vault.insurance = usd(1_000);
        let legs = vault.memory.account(1).legs;
        let mut draw = unrewarded();
        let done = vault.run(|ledger| ledger.close(1, &legs, 1, &mut draw));
        assert_eq!(done, Ok(false));
        assert_eq!(draw.deficit, Usd::ZERO, "not before the last leg");
        let done = vault.run(|ledger| ledger.close(1, &legs, 1, &mut draw));
        assert_eq!((done, draw.deficit), (Ok(true), usd(235)));
        assert_eq!(draw.insured.get(0), usd(90));
        let account = vault.memory.account(1);
        assert!(account.legs.as_slice().is_empty() && account.pnl == Usd::ZERO);
        vault.touch(0, false).unwrap();
        assert_eq!(
            vault.size(0, 0),
            Position::ZERO,
            "the perpetual was closed against it"
        );
        assert_eq!(vault.missing(), usd(145));
        vault.check();
    }
    assert_eq!(vault.memory.totals, touched.memory.totals);
    assert_eq!(vault.memory.totals, listed_again.memory.totals);
}

#[test]
fn a_debt_that_is_paid_forgets_expired_legs() {
    let mut vault = vault();
    settle_at(&mut vault, CALL, 250);
    vault.touch(1, false).unwrap();
    assert!(vault.memory.account(1).in_debt());
    vault.deposit(1, usd(5_000)).unwrap();
    vault.touch(1, false).unwrap();
    let account = vault.memory.account(1);
    assert!(account.bucket < DEBT);
    assert_eq!(account.legs.as_slice().len(), 2);
    vault.check();
}

/// It expires between the call that decided what to close and the next.
#[test]
fn an_expired_leg_is_neither_cut_nor_taken_over() {
    let mut vault = vault();
    settle_at(&mut vault, CALL, 50);
    let cut = |vault: &mut Vault| {
        let (all, rate) = (Ratio::ONE, Ratio(WAD / 10));
        vault
            .run(|ledger| ledger.cut_leg(0, POOL, CALL, all, Size::MAX, rate))
            .unwrap()
    };
    let mut untouched = vault.clone();
    assert_eq!(
        cut(&mut untouched),
        CutLeg::default(),
        "settled by it, and not cut"
    );
    assert_eq!(untouched.memory.account(0).pnl, usd(400));
    assert_eq!(open_interest(&untouched, CALL), [0, 10]);
    vault.touch(0, false).unwrap();
    assert_eq!(cut(&mut vault), CutLeg::default());

    let into = 2;
    vault.expire(PUT);
    let plan = Liquidation {
        share: Ratio::ONE,
        penalty: Usd::ZERO,
        maintenance: Usd::ZERO,
    };
    let legs = vault.memory.account(1).legs;
    vault
        .run(|ledger| {
            ledger.touch(1, false)?;
            ledger.liquidate(1, into, POOL, &plan, &legs)
        })
        .unwrap();
    assert_eq!(vault.size(into, PUT), Position::ZERO);
    assert_eq!(vault.size(into, 0), Position(wad(-5)));
    assert!(vault.memory.account(1).legs.as_slice().is_empty());
    vault.touch(into, false).unwrap();
    assert_eq!(open_interest(&vault, PUT), [0, 0]);
    vault.check();
}

#[test]
fn a_place_is_used_again_only_once_all_legs_are_gone() {
    let mut vault = vault();
    settle_at(&mut vault, CALL, 30);
    assert_eq!(vault.relist(CALL, TEN), Ok(false));
    vault.touch(0, false).unwrap();
    assert_eq!(vault.relist(CALL, TEN), Ok(false));
    vault.touch(1, false).unwrap();
    assert_eq!(vault.relist(CALL, Price(70 * WAD)), Ok(true));
    assert_eq!(vault.check(), 0);
    vault.trade(2, 0, CALL, Size(WAD), Price(70 * WAD)).unwrap();
    vault.poke(CALL, Price(71 * WAD)).unwrap();
    vault.touch(2, false).unwrap();
    assert_eq!(vault.size(2, CALL), Position(wad(1)));
    assert_eq!(open_interest(&vault, CALL), [1, 1]);
    assert_eq!(vault.check(), 0);
}

/// A leg that was cut to nothing before the expiry, and which nobody has touched when another option takes the place, is still
/// settled at what it had gained.
#[test]
fn a_leg_that_was_cut_to_nothing_is_paid_after_its_place_is_anothers() {
    let mut vault = vault();
    vault.poke(CALL, Price(30 * WAD)).unwrap();
    vault.touch(1, false).unwrap();
    vault
        .run(|ledger| ledger.cut_leg(1, POOL, CALL, Ratio::ONE, Size::MAX, Ratio::ZERO))
        .unwrap();
    assert_eq!(vault.memory.side(CALL, Side::Long).occupied, 0);
    settle_at(&mut vault, CALL, 77);
    let gains = vault.memory.totals.gains;
    assert_eq!(vault.relist(CALL, Price(WAD)), Ok(true));
    assert_eq!(vault.memory.totals.gains, gains);
    vault.trade(2, 1, CALL, Size(3 * WAD), Price(WAD)).unwrap();
    vault.poke(CALL, Price(5 * WAD)).unwrap();
    vault.check();
    assert_eq!(vault.size(0, CALL), Position::ZERO);
    vault.touch(0, false).unwrap();
    assert_eq!(vault.memory.account(0).pnl, usd(200));
    assert_eq!(vault.check(), 0);
}

/// A bucket that was worn to less than a millionth keeps its legs: they settle like any other, and leave rounding behind, which goes
/// with the series; the next one's price moves none of it.
#[test]
fn a_worn_bucket_goes_with_its_series_and_loses_nothing() {
    let mut vault = Vault::default();
    vault.list(0, SPOT);
    let terms = OptionTerms {
        underlying: 0,
        delta: 8,
    };
    vault.list_option(CALL, TEN, terms);
    for account in 0..2 {
        vault.deposit(account, usd(1_000_000_000)).unwrap();
    }
    let all = 21_000_000;
    vault.trade(0, 1, CALL, Size(all * WAD), TEN).unwrap();
    // All but one of them, below a millionth of the bucket.
    let share = Ratio(WAD - WAD / all);
    vault
        .run(|ledger| ledger.cut_leg(1, POOL, CALL, share, Size::MAX, Ratio::ZERO))
        .unwrap();
    let number = vault.memory.account(0).bucket;
    assert_eq!(vault.memory.bucket(CALL, Side::Long, number).epoch, 1);
    let size = vault.size(0, CALL).0;
    assert!((0..10_000_000).contains(&(wad(1) - size)), "{size}");
    settle_at(&mut vault, CALL, 16);
    for account in 0..2 {
        vault.touch(account, false).unwrap();
    }
    let gained = vault.memory.account(0).pnl.0;
    assert!((0..100_000_000).contains(&(wad(6) - gained)), "{gained}");
    let residue = Side::BOTH.map(|side| vault.memory.side(CALL, side).open_interest.0);
    assert!(residue[0] < 10_000_000 && residue[1] < 10, "{residue:?}");
    let (gains, surplus) = (vault.memory.totals.gains, vault.check());
    assert!(
        gains.0 < 100_000_000 && surplus < 100_000_000,
        "of the residue"
    );
    assert_eq!(vault.relist(CALL, TEN), Ok(true));
    assert_eq!(open_interest(&vault, CALL), [0, 0]);
    vault.trade(1, 0, CALL, Size(WAD), TEN).unwrap();
    for mark in [1, 50] {
        vault.poke(CALL, Price(mark * WAD)).unwrap();
        assert_eq!(vault.check(), surplus);
    }
    assert_eq!(vault.memory.totals.gains.0, gains.0 + wad(40));
}
