//! How many storage slots each operation of the ledger uses, with the vault's packing. The vault's own (prices it reads,
//! orders, limits) come on top.

mod common;

use common::slots::{Count, count};
use common::{FEES, POOL, Vault, unrewarded, usd, wad};
use risk::{InstrumentId, Liquidation, Maturity, Price, Ratio, Size, Store, Trade, Usd, WAD};

const MARK: Price = Price(100 * WAD);

/// Account 0 is long, account 1 short one unit of each of so many instruments; prices have moved a little since.
fn book(legs: InstrumentId) -> Vault {
    let mut vault = Vault::default();
    for account in 0..3 {
        vault.deposit(account, usd(10_000)).unwrap();
    }
    for id in 0..legs {
        vault.list(id, MARK);
        let fee = Ratio(WAD / 10_000);
        vault.trade_for(0, 1, id, (Size(WAD), MARK), fee).unwrap();
    }
    // Somebody else's gain, so that no total is zero.
    vault.deposit(3, usd(10_000)).unwrap();
    vault.trade(2, 3, 0, Size(WAD), MARK).unwrap();
    for id in 0..legs {
        vault.poke(id, Price(101 * WAD)).unwrap();
    }
    // What they gained so far is settled, so that every slot of theirs is in use.
    for account in 0..2 {
        vault.touch(account, false).unwrap();
    }
    for id in 0..legs {
        vault.poke(id, Price(102 * WAD)).unwrap();
    }
    vault
}

fn show(what: &str, count: Count) -> Count {
    println!("{what}: {count:?}");
    count
}

fn trade(buyer: usize, seller: usize, instrument: InstrumentId, size: u128) -> Trade<usize> {
    Trade {
        buyer,
        seller,
        instrument,
        size: Size(size),
        price: Price(102 * WAD),
        buyer_fee: Usd(wad(102) / 100),
        seller_fee: Usd(wad(102) / 100),
        fees: FEES,
    }
}

/// Three slots of totals, two of the account, and of each leg its own, its bucket, the instrument's price and rates, and
/// the side that keeps the unsettled gain: nothing of this can be left out. Written: what counts profit (two totals, two of the
/// account), and of each leg its snapshot and the side's offset.
#[test]
fn a_touch_uses_five_slots_a_leg_and_changes_two() {
    for legs in [1, 4, 16] {
        let vault = book(legs);
        for by_owner in [false, true] {
            let (count, _) = count(&vault.memory, Usd::ZERO, |ledger| ledger.touch(0, by_owner));
            let legs = usize::from(legs);
            assert_eq!(
                show(&format!("touch, {legs} legs"), count),
                Count {
                    read: 5 + 5 * legs,
                    changed: 4 + 2 * legs,
                    created: 0,
                    cleared: 0
                }
            );
        }
    }
}

/// An account with gains of stricter tiers than Normal has a third slot, created with the first of them.
#[test]
fn gains_of_stricter_tiers_use_a_slot_more_of_their_account() {
    let mut vault = book(1);
    vault.memory.set_maturity(0, Maturity::Day);
    let touch = |vault: &Vault| {
        let (count, after) = count(&vault.memory, Usd::ZERO, |ledger| ledger.touch(0, false));
        (show("touch, slow gains", count), after)
    };
    let calm = Count {
        read: 10,
        changed: 6,
        created: 0,
        cleared: 0,
    };
    let (first, after) = touch(&vault);
    assert_eq!(
        first,
        Count {
            // In place of its immature gain of the quiet market.
            changed: 5,
            created: 1,
            ..calm
        }
    );
    vault.memory = after;
    vault.poke(0, Price(103 * WAD)).unwrap();
    let (more, after) = touch(&vault);
    assert_eq!(more, Count { read: 11, ..calm });
    // Every gain was lost, which is remembered, and of a quiet market comes another once that is forgotten.
    vault.memory = after;
    vault.memory.set_maturity(0, Maturity::TenMinutes);
    vault.poke(0, Price(100 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    vault.poke(0, Price(101 * WAD)).unwrap();
    let (remembered, _) = touch(&vault);
    assert_eq!(remembered.read, 11);
    vault.now += 100 * 86_400;
    vault.touch(0, false).unwrap();
    vault.poke(0, Price(102 * WAD)).unwrap();
    assert_eq!(touch(&vault).0, calm);
}

/// Read: three totals, two slots of each party and of the fee account, a leg and its bucket for each leg of both, prices and
/// rates of each instrument, and the traded side of either. Written: all totals, the three accounts, and of the traded leg
/// of either its own slot, its bucket and its side. Legs that are not traded are read only, for margin.
#[test]
fn a_trade_changes_nothing_of_the_legs_that_are_not_traded() {
    for legs in [1, 4, 16] {
        let vault = book(legs);
        let (count, _) = count(&vault.memory, Usd::ZERO, |ledger| {
            ledger.trade(&trade(0, 1, 0, WAD / 100))
        });
        let legs = usize::from(legs);
        assert_eq!(
            show(&format!("trade, {legs} legs"), count),
            Count {
                read: 11 + 6 * legs,
                changed: 14,
                // The fee account receives profit that has not matured.
                created: 1,
                cleared: 0
            }
        );
    }
}

/// As with legs that are there, but a slot for each leg is new, and one for each account's list of legs.
#[test]
fn a_trade_of_new_legs_creates_a_slot_each() {
    let mut vault = book(1);
    for account in 5..7 {
        vault.deposit(account, usd(1_000_000)).unwrap();
    }
    let (count, _) = count(&vault.memory, Usd::ZERO, |ledger| {
        ledger.trade(&trade(5, 6, 0, WAD / 100))
    });
    assert_eq!(
        show("trade, new legs", count),
        Count {
            read: 15,
            changed: 7,
            created: 4,
            cleared: 0
        }
    );
}

/// Account 0 is long so many instruments, and in ill health; 1 is on the other side, 2 takes over.
fn ill(legs: InstrumentId) -> Vault {
    let mut vault = Vault::default();
    for (account, amount) in [
        (0, 30 * i128::from(legs)),
        (1, 100_000),
        (2, 100_000),
        (3, 1_000),
    ] {
        vault.deposit(account, usd(amount)).unwrap();
    }
    for id in 0..legs {
        vault.list(id, MARK);
        vault.trade(0, 1, id, Size(5 * WAD), MARK).unwrap();
        vault.trade(3, 1, id, Size(WAD / 10), MARK).unwrap();
    }
    for id in 0..legs {
        vault.poke(id, Price(96 * WAD)).unwrap();
    }
    vault
}

/// Read: three totals; two slots of the account, the one that takes over and the pool's; of each leg its own slot, the
/// bucket it leaves and the one it joins, the side, prices and rates. Of these, prices and rates are not written. Created:
/// the new legs, their account's list, and the pool's first penalty.
#[test]
fn a_liquidation_writes_five_slots_a_leg() {
    for legs in [1, 4, 16] {
        let vault = ill(legs);
        let whole = Liquidation {
            share: Ratio::ONE,
            penalty: usd(1),
            maintenance: Usd::ZERO,
        };
        let (count, _) = count(&vault.memory, Usd::ZERO, |ledger| {
            let health = ledger.touch(0, false)?.health;
            assert!(!health.is_healthy() && health.equity > Usd::ZERO);
            ledger.touch(2, true)?;
            let held = ledger.store.account(0).legs;
            ledger.liquidate(0, 2, POOL, &whole, &held)
        });
        let legs = usize::from(legs);
        assert_eq!(
            show(&format!("liquidation, {legs} legs"), count),
            Count {
                read: 9 + 6 * legs,
                changed: 4 + 2 * legs,
                created: 2 + legs,
                cleared: 2 * legs
            }
        );
    }
}

/// Read: three totals, two slots of the account, its leg, bucket and side, prices and rates, the opposite side, and those of
/// its buckets that have legs, here one: whatever the number of accounts in it.
#[test]
fn a_deleveraging_costs_the_same_for_any_number_of_accounts() {
    let counts = [10, 300].map(|accounts| {
        let mut vault = Vault::default();
        vault.list(0, MARK);
        vault.deposit(0, usd(50 * accounts)).unwrap();
        for account in 1..=usize::try_from(accounts).unwrap() {
            vault.deposit(account, usd(1_000)).unwrap();
            vault.trade(0, account, 0, Size(10 * WAD), MARK).unwrap();
        }
        vault.poke(0, Price(90 * WAD)).unwrap();
        vault.touch(0, false).unwrap();
        assert!(vault.memory.account(0).in_debt());
        let (count, after) = count(&vault.memory, Usd::ZERO, |ledger| {
            let legs = ledger.touch(0, false)?.account.legs;
            ledger.close(0, &legs, 1, &mut unrewarded())
        });
        assert_eq!(after.account(1).capital, usd(1_000));
        show(&format!("deleverage, {accounts} accounts"), count)
    });
    let expected = Count {
        // Of the debt: how it is divided, records, the instrument's debts, its cover with its limits and flow.
        read: 12 + 7,
        changed: 4 + 2,
        // The end of the epoch of the bucket that was closed.
        created: 1,
        cleared: 5 + 1,
    };
    assert_eq!(counts, [expected; 2]);
}
