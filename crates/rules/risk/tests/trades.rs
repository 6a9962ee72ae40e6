//! Trades: fees, and which legs they settle.

mod common;

use common::{FEES, Vault, usd, wad};
use proptest::prelude::*;
use risk::{Error, Index, Maturity, Price, Ratio, Size, Store, Trade, Usd, WAD};

const MARK: Price = Price(100 * WAD);

/// Account 0 is long 10 of instruments 0 and 1 against account 1, with 1,000 of capital each: utilisation 0.06.
fn vault() -> Vault {
    let mut vault = Vault::default();
    for account in 0..3 {
        vault.deposit(account, usd(1_000)).unwrap();
    }
    for id in 0..2 {
        vault.list(id, MARK);
        vault.trade(0, 1, id, Size(10 * WAD), MARK).unwrap();
    }
    vault
}

/// Whether account 0's leg in instrument 1 has been settled at the price it has now.
fn is_settled(vault: &Vault) -> bool {
    let now = vault.memory.prices[&1].index().unwrap();
    vault.memory.leg(0, 1).settled.0 == now.0 * 1_000
}

fn more(vault: &mut Vault, price: Price) -> Result<(), Error> {
    vault.trade(0, 2, 0, Size(WAD / 100), price)
}

#[test]
fn a_leg_that_is_not_traded_stays_unsettled() {
    let mut vault = vault();
    vault.poke(1, Price(101 * WAD)).unwrap();
    more(&mut vault, MARK).unwrap();
    assert!(!is_settled(&vault));
    let valued = vault.ask(|ledger| ledger.valued(0)).unwrap();
    assert_eq!((valued.gain, valued.health.equity), (usd(10), usd(1_010)));
    vault.check();
    vault.touch(0, true).unwrap();
    assert!(is_settled(&vault));
    assert_eq!(vault.equity(0), usd(1_010));
}

#[test]
fn positions_are_those_of_all_legs() {
    let mut vault = vault();
    vault.trade(1, 2, 1, Size(3 * WAD), MARK).unwrap();
    let held = |id| {
        let positions = vault.ask(|ledger| ledger.positions(id)).unwrap();
        [0, 1].map(|instrument| positions.get(instrument).0 / wad(1))
    };
    assert_eq!([0, 1, 2].map(held), [[10, 10], [-10, -7], [0, -3]]);
}

#[test]
fn all_legs_are_settled_when_the_bucket_changes() {
    let mut vault = vault();
    vault.poke(1, Price(101 * WAD)).unwrap();
    let bucket = vault.memory.account(0).bucket;
    vault.trade(0, 2, 0, Size(10 * WAD), MARK).unwrap();
    assert!(is_settled(&vault) && vault.memory.account(0).bucket > bucket);
    vault.check();
}

#[test]
fn all_legs_are_settled_when_one_was_cut() {
    let mut vault = vault();
    vault.poke(1, Price(101 * WAD)).unwrap();
    vault
        .run(|ledger| ledger.cut_leg(1, 9, 1, Ratio(WAD / 100), Size::MAX, Ratio::ZERO))
        .unwrap();
    more(&mut vault, MARK).unwrap();
    assert!(is_settled(&vault));
    let leg = vault.memory.leg(0, 1);
    assert!(leg.joined.0.abs_diff(WAD / 10 * 99) < 10);
    vault.check();
}

#[test]
fn all_legs_are_settled_while_something_is_missing() {
    let mut vault = vault();
    vault.memory.totals.shortfall = usd(1);
    vault.poke(1, Price(101 * WAD)).unwrap();
    more(&mut vault, MARK).unwrap();
    assert!(is_settled(&vault));
}

/// The loss at the price and the gain that is not settled are one net result: capital does not pay for the first while the
/// second becomes profit.
#[test]
fn an_unsettled_gain_meets_the_loss_of_the_traded_leg() {
    let mut vault = vault();
    vault.poke(1, Price(101 * WAD)).unwrap();
    vault.poke(0, Price(WAD / 2 * 199)).unwrap();
    more(&mut vault, Price(WAD / 2 * 199)).unwrap();
    assert!(is_settled(&vault));
    let account = vault.memory.account(0);
    assert_eq!((account.capital, account.pnl), (usd(1_000), usd(5)));
    // With both at a loss nothing changes by settling later.
    let mut vault = self::vault();
    vault.poke(1, Price(WAD / 2 * 199)).unwrap();
    vault.poke(0, Price(WAD / 2 * 199)).unwrap();
    more(&mut vault, Price(WAD / 2 * 199)).unwrap();
    assert!(!is_settled(&vault));
    vault.touch(0, false).unwrap();
    assert_eq!(vault.memory.account(0).capital, usd(990));
}

/// 1 % of 10 x 100 from either: out of capital first, then out of profit, which stays profit with what has not matured of it.
/// How fast what account 2 is paid for the distance from the mark matures, when account 0 buys from it a dollar too dear.
fn edge_matures(vault: &Vault, classes: [Maturity; 2]) -> [i64; 3] {
    let mut vault = vault.clone();
    let edge = Trade {
        buyer: 0,
        seller: 2,
        instrument: 0,
        size: Size(WAD),
        price: Price(101 * WAD),
        buyer_fee: Usd::ZERO,
        seller_fee: Usd::ZERO,
        fees: FEES,
    };
    let traded = vault.run(|ledger| {
        for (id, class) in classes.into_iter().enumerate() {
            ledger.store.set_maturity(id as u8, class);
        }
        ledger.trade(&edge)
    });
    traded.unwrap();
    let payee = vault.memory.account(2);
    assert_eq!(payee.pnl, usd(1));
    payee.maturing.amounts
}

#[test]
fn an_edge_matures_as_slowly_as_anything_that_it_may_come_from() {
    use Maturity::{Day, Hour, TenMinutes};
    let (fast, hour, day) = ([1_000_000, 0, 0], [0, 1_000_000, 0], [0, 0, 1_000_000]);
    let mut vault = vault();
    assert_eq!(edge_matures(&vault, [TenMinutes; 2]), fast);
    let traded = edge_matures(&vault, [Hour, TenMinutes]);
    assert_eq!(traded, hour, "the traded instrument's");
    let other = edge_matures(&vault, [TenMinutes, Day]);
    assert_eq!(other, day, "the payer's other leg's");
    assert_eq!(edge_matures(&vault, [Day, Hour]), day, "the longest");
    let mut own = |change, class| {
        let payer = vault.memory.accounts.get_mut(&0).unwrap();
        payer.maturing = payer.maturing.plus(change, class, 0);
        [TenMinutes, Hour].map(|traded| edge_matures(&vault, [traded, TenMinutes]))
    };
    let cents = |cents| Usd(usd(cents).0 / 100);
    // The payer's own, as far as it goes.
    let some = [[600_000, 0, 400_000], [0, 600_000, 400_000]];
    assert_eq!(own(cents(40), Day), some);
    let both = [[100_000, 500_000, 400_000], [0, 600_000, 400_000]];
    assert_eq!(own(cents(50), Hour), both);
    assert_eq!(own(usd(5), Day), [day; 2]);
    // What the payer's losses have taken does not count.
    assert_eq!(own(usd(-20), Day), [fast, hour]);
}

/// The payee's loss of before makes what it is paid from a restricted market no more mature.
#[test]
fn an_edge_that_takes_longer_is_offset_by_no_loss() {
    let mut vault = vault();
    let payee = vault.memory.accounts.get_mut(&2).unwrap();
    payee.maturing = payee.maturing.plus(usd(-50), Maturity::TenMinutes, 0);
    assert_eq!(
        edge_matures(&vault, [Maturity::TenMinutes, Maturity::Day]),
        [-50_000_000, 0, 1_000_000]
    );
    assert_eq!(
        edge_matures(&vault, [Maturity::TenMinutes; 2]),
        [-49_000_000, 0, 0]
    );
}

#[test]
fn fees_are_paid_like_any_payment() {
    let mut vault = vault();
    let fee = Ratio(WAD / 100);
    let traded = vault
        .trade_for(0, 1, 0, (Size(10 * WAD), MARK), fee)
        .unwrap();
    assert_eq!(traded.map(|party| party.fee), [usd(10); 2]);
    let fees = vault.memory.account(FEES);
    assert_eq!((fees.capital, fees.pnl), (usd(20), Usd::ZERO));

    vault.poke(0, Price(101 * WAD)).unwrap();
    let trade = (Size(10 * WAD), Price(101 * WAD));
    let traded = vault.trade_for(0, 2, 0, trade, fee).unwrap();
    assert_eq!(traded[0].fee, Usd(wad(101) / 10));
    let (fees, payer) = (vault.memory.account(FEES), vault.memory.account(0));
    assert_eq!(fees.pnl, Usd(wad(101) / 10), "of the 20 that were gained");
    assert_eq!(
        fees.capital,
        Usd(wad(20) + wad(101) / 10),
        "of the other's capital"
    );
    assert_eq!(payer.pnl, Usd(wad(200 - 101) / 10));
    assert_eq!(fees.maturing.amounts, [10_100_000, 0, 0]);
    assert_eq!(payer.maturing.amounts, [9_900_000, 0, 0]);
    assert_eq!(fees.immature(0), fees.pnl);
    vault.check();
}

#[test]
fn a_fee_takes_no_more_than_there_is() {
    let mut vault = Vault::default();
    vault.list(0, MARK);
    vault.deposit(0, usd(1)).unwrap();
    vault.deposit(1, usd(1_000)).unwrap();
    let trade = (Size(10 * WAD), MARK);
    let traded = vault.trade_for(0, 1, 0, trade, Ratio(WAD / 100)).unwrap();
    assert_eq!(traded.map(|party| party.fee), [usd(1), usd(10)]);
    assert_eq!(vault.memory.account(0).capital, Usd::ZERO);
    // While profit is worth half, it pays at that.
    let mut vault = self::vault();
    vault.poke(0, Price(102 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    vault.memory.totals.shortfall = usd(10);
    assert_eq!(vault.coverage(), WAD / 2);
    let trade = (Size(WAD), Price(102 * WAD));
    let traded = vault.trade_for(0, 2, 0, trade, Ratio(WAD / 100)).unwrap();
    assert_eq!(traded[0].fee, Usd(wad(102) / 100));
    assert_eq!(vault.memory.account(FEES).pnl, Usd(wad(204) / 100));
}

#[test]
fn equity_before_a_trade_counts_profit_for_what_it_is_worth() {
    let mut vault = vault();
    vault.poke(0, Price(102 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    vault.memory.totals.shortfall = usd(10);
    assert_eq!(vault.coverage(), WAD / 2);
    let trade = (Size(WAD), Price(102 * WAD));
    let traded = vault.trade_for(0, 2, 0, trade, Ratio::ZERO).unwrap();
    // Of 20 that were gained, and of nothing.
    let equity = traded.map(|party| party.equity_before);
    assert_eq!(equity, [usd(1_010), usd(1_000)]);
}

#[test]
fn nobody_trades_with_itself_or_the_fee_account() {
    let mut vault = vault();
    for (buyer, seller) in [(0, 0), (0, FEES), (FEES, 0)] {
        let trade = Trade {
            buyer,
            seller,
            instrument: 0,
            size: Size(WAD),
            price: MARK,
            buyer_fee: Usd::ZERO,
            seller_fee: Usd::ZERO,
            fees: FEES,
        };
        let refused = vault.run(|ledger| ledger.trade(&trade));
        assert_eq!(refused.unwrap_err(), Error::SameAccount);
    }
}

#[test]
fn funding_counts_before_it_is_settled() {
    let mut vault = vault();
    vault.fund(1, Index(wad(1))).unwrap();
    let valued = vault.ask(|ledger| ledger.valued(0)).unwrap();
    assert_eq!((valued.gain, valued.health.equity), (usd(-10), usd(990)));
    let valued = vault.ask(|ledger| ledger.valued(1)).unwrap();
    assert_eq!(
        (valued.gain, valued.mature_equity(0)),
        (usd(10), Ok(usd(1_000)))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// At the mark nothing but gains and fees is paid. Settling what is not traded after the trade then gives the parties what
    /// settling it before gives; the fee account receives the same amount, if not always as profit.
    #[test]
    fn settling_later_gives_what_settling_at_once_gives(
        book in prop::collection::vec((0_usize..4, 0_usize..4, 0_u8..3, 1_u128..400), 1..12),
        moves in prop::array::uniform3(-600_i128..600),
        (buyer, seller, id, size, fee) in (0_usize..4, 0_usize..4, 0_u8..3, 1_u128..400, 0_u128..200),
    ) {
        prop_assume!(buyer != seller);
        let mut vault = Vault::default();
        for account in 0..4 {
            vault.deposit(account, usd(200)).unwrap();
        }
        for id in 0..3 {
            vault.list(id, MARK);
        }
        for (buyer, seller, id, size) in book {
            if buyer != seller {
                vault.trade(buyer, seller, id, Size(size * WAD / 100), MARK).unwrap();
            }
        }
        for (id, by) in (0..).zip(moves) {
            let mark = Price((wad(100) + wad(by) / 100).unsigned_abs());
            vault.poke(id, mark).unwrap();
        }
        let trade = (Size(size * WAD / 100), vault.mark(id));
        let fee = Ratio(fee * WAD / 1_000_000);
        let (mut before, mut after) = (vault.clone(), vault);
        for party in [buyer, seller] {
            before.touch(party, false).unwrap();
        }
        before.trade_for(buyer, seller, id, trade, fee).unwrap();
        after.trade_for(buyer, seller, id, trade, fee).unwrap();
        for party in [buyer, seller] {
            after.touch(party, false).unwrap();
        }
        prop_assume!(before.missing() == Usd::ZERO && after.missing() == Usd::ZERO);
        for party in [buyer, seller] {
            let [at_once, later] = [&before, &after].map(|vault| vault.memory.account(party));
            prop_assert!((at_once.capital.0 - later.capital.0).abs() < 10);
            prop_assert!((at_once.pnl.0 - later.pnl.0).abs() < 10);
            prop_assert_eq!(at_once.bucket, later.bucket);
            prop_assert_eq!(before.size(party, id), after.size(party, id));
        }
        let [at_once, later] = [&before, &after].map(|vault| vault.memory.account(FEES));
        prop_assert_eq!(at_once.capital.0 + at_once.pnl.0, later.capital.0 + later.pnl.0);
        prop_assert!(later.capital <= at_once.capital);
        before.check();
        after.check();
    }
}
