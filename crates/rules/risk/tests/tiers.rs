//! By which of an asset's tiers a gain matures: the strictest since its account was last settled, whenever it is settled.

mod common;

use common::{FEES, POOL, Vault, usd};
use risk::{Maturing, Maturity, Price, Ratio, Size, TierEnds, Trade, Usd, WAD};

const HOUR: u32 = 3_600;
/// When accounts 0 and 1 took their positions.
const START: u32 = 1_000_000;
/// From when until when instrument 0 is in Restricted, and then in Caution.
const RESTRICTED: u32 = START + 60;
const CAUTION: u32 = RESTRICTED + HOUR;
const NORMAL: u32 = CAUTION + HOUR;
const MARK: Price = Price(100 * WAD);

/// Account 0 is long 10 of instruments 0 and 1 against account 1. Instrument 0 rises by 11 % as it becomes Restricted.
fn vault() -> Vault {
    let mut vault = Vault {
        now: START.into(),
        ..Vault::default()
    };
    for account in 0..3 {
        vault.deposit(account, usd(5_000)).unwrap();
    }
    for id in 0..2 {
        vault.list(id, MARK);
        vault.trade(0, 1, id, Size(10 * WAD), MARK).unwrap();
    }
    vault.poke(0, Price(111 * WAD)).unwrap();
    vault
}

/// At a time, with what the guard says then.
fn at(vault: &mut Vault, now: u32) -> &mut Vault {
    let last = |until: u32| {
        if now < RESTRICTED {
            0
        } else {
            until.min(now + 1)
        }
    };
    let ends = TierEnds::new(last(NORMAL), last(CAUTION));
    vault.memory.tier_ends.insert(0, ends);
    vault.now = now.into();
    vault
}

fn touched(vault: &mut Vault, now: u32) -> Maturing {
    at(vault, now).touch(0, false).unwrap();
    vault.memory.accounts[&0].maturing
}

/// What of an account is to mature, in micro-dollars, and how fast.
fn maturing(vault: &Vault, account: usize) -> [i64; 3] {
    vault.memory.accounts[&account].maturing.amounts
}

/// Instrument 1 is Restricted and stands still; instrument 0 has risen in Normal.
#[test]
fn a_leg_that_gained_nothing_keeps_nobody_waiting() {
    let mut vault = vault();
    let now = START + 600;
    vault.now = now.into();
    let ends = TierEnds::new(now + 1, now + 1);
    vault.memory.tier_ends.insert(1, ends);
    vault.touch(0, false).unwrap();
    assert_eq!(maturing(&vault, 0), [110_000_000, 0, 0]);
}

#[test]
fn a_gain_that_nobody_settled_in_restricted_matures_in_a_day_when_it_is_settled() {
    for now in [RESTRICTED, CAUTION - 1, CAUTION, NORMAL, NORMAL + 9 * HOUR] {
        let mut vault = vault();
        let settled = touched(&mut vault, now);
        assert_eq!(settled.amounts, [0, 0, 110_000_000]);
        // 1/e of it is left a day later.
        vault.now += 86_400;
        let left = vault.memory.accounts[&0].immature(vault.now);
        assert_eq!(left.0 / 1_000_000_000_000, 40_466_739);
    }
}

#[test]
fn what_is_lost_of_a_slow_gain_and_gained_back_in_a_quiet_market_is_as_slow_as_before() {
    let mut vault = vault();
    let settled = touched(&mut vault, NORMAL);
    assert_eq!(settled.amounts, [0, 0, 110_000_000]);
    vault.poke(0, MARK).unwrap();
    let lost = touched(&mut vault, NORMAL);
    assert_eq!((lost.amounts, lost.lost), ([0; 3], [0, 110_000_000]));
    vault.poke(0, Price(105 * WAD)).unwrap();
    let gained = touched(&mut vault, NORMAL + 60);
    assert_eq!(gained.amounts, [0, 0, 50_000_000]);
    // What is gained beyond what was lost, less what would have matured, is of the market that it arose in.
    vault.poke(0, Price(120 * WAD)).unwrap();
    let gained = touched(&mut vault, NORMAL + 60);
    assert_eq!(gained.lost, [0; 2]);
    assert_eq!(gained.amounts, [90_076_362, 0, 109_923_638]);
}

#[test]
fn a_gain_that_arose_in_caution_alone_matures_in_an_hour() {
    for (settled_before, class) in [
        (CAUTION - 1, Maturity::Day),
        (CAUTION, Maturity::Hour),
        (NORMAL - 1, Maturity::Hour),
        (NORMAL, Maturity::TenMinutes),
    ] {
        let mut vault = vault();
        vault.poke(0, MARK).unwrap();
        assert_eq!(touched(&mut vault, settled_before).amounts, [0; 3]);
        vault.poke(0, Price(105 * WAD)).unwrap();
        let mut amounts = [0; 3];
        amounts[class as usize] = 50_000_000;
        let gained = touched(&mut vault, NORMAL + HOUR).amounts;
        assert_eq!(gained, amounts, "{settled_before}");
    }
}

/// Nothing gained and nothing lost is settled as well: what comes later arises later.
#[test]
fn a_settlement_of_nothing_counts_as_one() {
    let mut vault = vault();
    vault.poke(0, MARK).unwrap();
    let settled = touched(&mut vault, NORMAL);
    assert_eq!((settled.amounts, settled.since), ([0; 3], NORMAL));
    // Nobody held anything before it opened.
    at(&mut vault, NORMAL + 1)
        .trade(2, 1, 0, Size(WAD), MARK)
        .unwrap();
    vault.poke(0, Price(105 * WAD)).unwrap();
    at(&mut vault, NORMAL + 2).touch(2, false).unwrap();
    assert_eq!(maturing(&vault, 2), [5_000_000, 0, 0]);
}

/// A trade that settles the traded leg alone would move the time since which the other has gained.
#[test]
fn a_trade_of_another_leg_forgets_no_tier() {
    let mut vault = vault();
    at(&mut vault, NORMAL + HOUR)
        .trade(0, 2, 1, Size(WAD / 100), MARK)
        .unwrap();
    assert_eq!(maturing(&vault, 0), [0, 0, 110_000_000]);
    vault.check();
}

#[test]
fn a_leg_that_is_traded_is_settled_by_the_tiers_since_it_was() {
    let mut vault = vault();
    let mark = Price(111 * WAD);
    at(&mut vault, NORMAL + HOUR)
        .trade(2, 0, 0, Size(10 * WAD), mark)
        .unwrap();
    assert_eq!(maturing(&vault, 0), [0, 0, 110_000_000]);
    vault.check();
}

#[test]
fn a_part_of_a_leg_that_is_closed_is_settled_by_the_tiers_since_it_was() {
    let mut vault = vault();
    at(&mut vault, NORMAL)
        .run(|ledger| ledger.cut_leg(0, POOL, 0, Ratio(WAD / 2), Size::MAX, Ratio(0)))
        .unwrap();
    assert_eq!(maturing(&vault, 0), [0, 0, 110_000_000]);
}

/// Account 0 buys from account 2 a dollar too dear in instrument 1.
fn edge_matures(vault: &mut Vault) -> [i64; 3] {
    let trade = Trade {
        buyer: 0,
        seller: 2,
        instrument: 1,
        size: Size(WAD),
        price: Price(101 * WAD),
        buyer_fee: Usd::ZERO,
        seller_fee: Usd::ZERO,
        fees: FEES,
    };
    vault.run(|ledger| ledger.trade(&trade)).unwrap();
    maturing(vault, 2)
}

#[test]
fn what_is_paid_against_a_gain_that_nobody_settled_matures_in_a_day() {
    let mut vault = vault();
    assert_eq!(
        edge_matures(at(&mut vault, NORMAL + HOUR)),
        [0, 0, 1_000_000]
    );
}

#[test]
fn what_is_paid_against_nothing_that_is_to_mature_matures_as_the_market_it_is_paid_in() {
    let mut vault = vault();
    vault.poke(0, MARK).unwrap();
    touched(&mut vault, NORMAL);
    assert_eq!(
        edge_matures(at(&mut vault, NORMAL + HOUR)),
        [1_000_000, 0, 0]
    );
    // Nor does it matter to who opens a position what the market has been.
    vault.poke(1, Price(100 * WAD)).unwrap();
    vault
        .memory
        .tier_ends
        .insert(1, TierEnds::new(NORMAL, NORMAL));
    vault.memory.accounts.get_mut(&2).unwrap().maturing = Maturing::default();
    vault.deposit(3, usd(1_000)).unwrap();
    let trade = Trade {
        buyer: 3,
        seller: 2,
        instrument: 1,
        size: Size(WAD / 10),
        price: Price(101 * WAD),
        buyer_fee: Usd::ZERO,
        seller_fee: Usd::ZERO,
        fees: FEES,
    };
    vault.memory.accounts.get_mut(&2).unwrap().maturing.since = NORMAL;
    vault.run(|ledger| ledger.trade(&trade)).unwrap();
    assert_eq!(maturing(&vault, 2), [100_000, 0, 0]);
}
