//! What somebody gains by owing: an account that is closed in parts, hedged elsewhere, or full of dust costs insurance no more.

mod common;

use common::{UNLIMITED, Vault, unrewarded, usd};
use ledger_model::OptionTerms;
use risk::{Draw, InstrumentId, Price, Ratio, Size, Store, Usd, WAD};

const X: InstrumentId = 0;
const Y: InstrumentId = 1;
const FIRST_OPTION: InstrumentId = 70;
const WINNER: usize = 100;
const DEBTOR: usize = 1;

fn price(units: u128) -> Price {
    Price(units * WAD)
}

fn size(units: u128) -> Size {
    Size(units * WAD)
}

fn vault() -> Vault {
    let mut vault = Vault {
        insurance: UNLIMITED,
        ..Vault::default()
    };
    for (id, cover) in [(X, 10_000), (Y, 1_000)] {
        vault.list(id, price(100));
        vault.memory.cover_sizes.insert(id, usd(cover));
    }
    vault.deposit(WINNER, usd(1_000_000)).unwrap();
    vault
}

/// The debtor is long 100 X and so many options of 1e-6 on it, and owes 1,000 for X.
fn full_of_dust(options: u8) -> Vault {
    let mut vault = vault();
    let (underlying, delta) = (X, 8);
    for id in FIRST_OPTION..FIRST_OPTION + options {
        vault.list_option(id, price(50), OptionTerms { underlying, delta });
        let dust = Size(WAD / 1_000_000);
        vault.trade(DEBTOR, WINNER, id, dust, price(50)).unwrap();
    }
    vault
        .trade(DEBTOR, WINNER, X, size(100), price(100))
        .unwrap();
    vault.poke(X, price(90)).unwrap();
    vault.touch(DEBTOR, true).unwrap();
    vault
}

/// Whichever legs a call leaves, the debt stays until all that can be closed are: what is left open pays it when prices come back.
#[test]
fn no_debt_is_written_off_while_a_leg_is_left_to_gain() {
    for legs in 1..16 {
        let mut vault = full_of_dust(15);
        let held = vault.memory.account(DEBTOR).legs;
        let before = vault.insurance;
        let done = vault.run(|ledger| ledger.close(DEBTOR, &held, legs, &mut unrewarded()));
        assert_eq!(done, Ok(false));
        assert_eq!(vault.insurance, before);
        vault.poke(X, price(100)).unwrap();
        vault.touch(DEBTOR, true).unwrap();
        let account = vault.memory.account(DEBTOR);
        assert!(account.pnl.plus(account.capital).unwrap() <= Usd::ZERO);
        vault.check();
    }
}

/// The legs are on two underlyings: the one that has lost is closed first, and its debt stays until the other is closed as well. Written
/// off with the first, insurance would have paid for X, and the account would keep what Y gains.
#[test]
fn no_debt_of_one_underlying_is_written_off_while_a_leg_on_another_is_left() {
    let mut vault = vault();
    for (buyer, seller, id, units) in [(WINNER, DEBTOR, X, 10), (DEBTOR, WINNER, Y, 1_000)] {
        vault
            .trade(buyer, seller, id, size(units), price(100))
            .unwrap();
    }
    vault.poke(X, price(200)).unwrap();
    vault.touch(DEBTOR, false).unwrap();
    let owed = vault.memory.account(DEBTOR).pnl;
    assert_eq!(owed, usd(-1_000));
    let held = vault.memory.account(DEBTOR).legs;
    let before = vault.insurance;
    let mut draw = unrewarded();
    let done = vault.run(|ledger| ledger.close(DEBTOR, &held, 1, &mut draw));
    assert_eq!(done, Ok(false));
    assert_eq!(vault.size(DEBTOR, X).0, 0);
    assert_ne!(vault.size(DEBTOR, Y).0, 0);
    assert_eq!(vault.memory.account(DEBTOR).pnl, owed);
    assert_eq!((draw.deficit, vault.insurance), (Usd::ZERO, before));
    // Y pays half of it, and insurance the rest.
    vault.poke(Y, Price(100 * WAD + WAD / 2)).unwrap();
    vault.touch(DEBTOR, false).unwrap();
    let held = vault.memory.account(DEBTOR).legs;
    let done = vault.run(|ledger| ledger.close(DEBTOR, &held, 1, &mut draw));
    assert_eq!(done, Ok(true));
    let paid = before.minus(vault.insurance).unwrap();
    assert_eq!((draw.deficit, paid), (usd(500), usd(500)));
    assert_eq!(vault.memory.account(DEBTOR).pnl, Usd::ZERO);
    vault.check();
}

/// Dust closed first leaves the reward to the leg that is worth closing.
#[test]
fn dust_takes_no_reward_away() {
    let reward = |options| {
        let mut vault = full_of_dust(options);
        let held = vault.memory.account(DEBTOR).legs;
        let mut draw = Draw {
            unit: Usd(1),
            reward_share: Ratio(WAD / 10),
            reward_left: usd(50),
            ..Draw::default()
        };
        vault
            .run(|ledger| ledger.close(DEBTOR, &held, 16, &mut draw))
            .unwrap();
        assert_eq!(draw.reward.plus(draw.reward_left), Ok(usd(50)));
        vault.check();
        draw.reward
    };
    let (alone, with_dust) = (reward(0), reward(15));
    assert!(with_dust >= alone && alone > usd(20));
}

/// A leg of Y that loses beside one that gains as much owes nothing: the cover of Y pays nothing for X.
#[test]
fn a_hedge_within_an_underlying_makes_it_owe_nothing() {
    let mut vault = vault();
    vault.memory.cover_sizes.insert(X, Usd::ZERO);
    let terms = OptionTerms {
        underlying: Y,
        delta: 16,
    };
    vault.list_option(FIRST_OPTION, price(50), terms);
    vault.deposit(DEBTOR, usd(100)).unwrap();
    for (buyer, seller, id, units, at) in [
        (WINNER, DEBTOR, X, 10, 100),
        (DEBTOR, WINNER, Y, 1_000, 100),
        (WINNER, DEBTOR, FIRST_OPTION, 1_000, 50),
    ] {
        vault
            .trade(buyer, seller, id, size(units), price(at))
            .unwrap();
    }
    for (id, at) in [(X, 130), (Y, 101), (FIRST_OPTION, 51)] {
        vault.poke(id, price(at)).unwrap();
    }
    vault.touch(DEBTOR, true).unwrap();
    assert_eq!(vault.memory.debts(Y).known, Usd::ZERO);
    assert_eq!(vault.memory.debts(X).known, usd(200));
    let closed = vault.deleverage(DEBTOR).unwrap().unwrap();
    assert_eq!((closed.deficit, closed.insured), (usd(200), Usd::ZERO));
    vault.check();
}

/// What the pool has not paid has used up nothing, of debts and of rewards alike.
#[test]
fn payments_that_do_not_arrive_use_no_cover_up() {
    let mut vault = full_of_dust(0);
    let held = vault.memory.account(DEBTOR).legs;
    let mut draw = Draw {
        unit: Usd(1),
        reward_share: Ratio::ONE,
        reward_left: usd(90),
        ..Draw::default()
    };
    vault
        .run(|ledger| {
            ledger.close(DEBTOR, &held, 16, &mut draw)?;
            assert!(draw.reward == usd(90) && draw.insured.get(X) == usd(1_000));
            ledger.arrived(&mut draw, Usd::ZERO)
        })
        .unwrap();
    let cover = vault.ask(|ledger| ledger.cover_of(X)).unwrap();
    assert_eq!(cover.reward_room(), Ok(usd(1_000)));
    assert_eq!(cover.room(), Ok(usd(9_000)));
    assert_eq!((draw.reward, draw.rewards.get(X)), (Usd::ZERO, Usd::ZERO));
    assert_eq!(vault.missing(), usd(1_000));
    vault.check();
}

/// 1 is on record for Y. Of 1,000 for X the pool pays 1,001 in units of 7: the one beyond is what the record had left.
#[test]
fn a_payment_rounded_up_to_units_of_the_token_ends_what_is_on_record() {
    let mut vault = full_of_dust(0);
    let insurance = std::mem::take(&mut vault.insurance);
    vault.trade(2, WINNER, Y, size(1), price(100)).unwrap();
    vault.poke(Y, price(99)).unwrap();
    assert_eq!(vault.deleverage(2).unwrap().unwrap().deficit, usd(1));
    assert_eq!(vault.memory.records.unpaid, 1 << Y);
    vault.insurance = insurance;
    let held = vault.memory.account(DEBTOR).legs;
    let mut draw = Draw {
        unit: usd(7),
        ..Draw::default()
    };
    vault
        .run(|ledger| ledger.close(DEBTOR, &held, 16, &mut draw))
        .unwrap();
    assert_eq!(draw.insured.sum(), Ok(usd(1_001)));
    assert_eq!(vault.memory.totals.shortfall, Usd::ZERO);
    let records = vault.memory.records;
    assert_eq!((records.unpaid, records.generation), (0, 1));
}
