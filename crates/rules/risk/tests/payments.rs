//! Capital and profit that move between accounts, and into and out of the vault.

mod common;

use common::{FEES, POOL, Vault, usd, wad};
use risk::{Error, Maturity, Price, Ratio, Size, Store, Usd, WAD};

const MARK: Price = Price(100 * WAD);
const TREASURY: usize = 1002;

/// Account 0 has gained 100 from account 1, settled at time 0.
fn vault() -> Vault {
    let mut vault = Vault::default();
    vault.list(0, MARK);
    for account in 0..2 {
        vault.deposit(account, usd(1_000)).unwrap();
    }
    vault.trade(0, 1, 0, Size(10 * WAD), MARK).unwrap();
    vault.poke(0, Price(110 * WAD)).unwrap();
    for account in 0..2 {
        vault.touch(account, false).unwrap();
    }
    vault
}

#[test]
fn a_transfer_moves_capital_and_nothing_else() {
    let mut vault = vault();
    vault.run(|ledger| ledger.transfer(0, 2, usd(900))).unwrap();
    let [from, to] = [0, 2].map(|account| vault.memory.account(account));
    assert_eq!((from.capital, from.pnl), (usd(100), usd(100)));
    assert_eq!((to.capital, to.pnl), (usd(900), Usd::ZERO));
    assert_eq!(vault.memory.totals.tokens, usd(2_000));
    // Utilisation 33 / 200 in place of 33 / 1,100.
    assert_eq!(from.bucket, 9);
    let beyond = vault.run(|ledger| ledger.transfer(0, 2, usd(101)));
    assert_eq!(beyond.unwrap_err(), Error::InsufficientCapital);
    let same = vault.run(|ledger| ledger.transfer(0, 0, usd(1)));
    assert_eq!(same.unwrap_err(), Error::SameAccount);
    vault.check();
}

#[test]
fn a_transfer_settles_a_loss_before_capital_leaves() {
    let mut vault = vault();
    vault.poke(0, Price(210 * WAD)).unwrap();
    let late = vault.run(|ledger| ledger.transfer(1, 2, usd(1)));
    assert_eq!(late.unwrap_err(), Error::InsufficientCapital);
}

#[test]
fn a_transfer_pays_a_debt_first() {
    let mut vault = vault();
    vault.poke(0, Price(211 * WAD)).unwrap();
    vault.touch(1, false).unwrap();
    assert_eq!(vault.memory.account(1).pnl, usd(-110));
    vault.run(|ledger| ledger.transfer(0, 1, usd(150))).unwrap();
    let paid = vault.memory.account(1);
    assert_eq!((paid.capital, paid.pnl), (usd(40), Usd::ZERO));
    vault.check();
}

#[test]
fn a_charge_moves_capital_between_accounts_that_stay_unsettled() {
    let mut vault = vault();
    vault.poke(0, Price(211 * WAD)).unwrap();
    vault
        .run(|ledger| ledger.charge(0, TREASURY, usd(300)))
        .unwrap();
    let [from, to] = [0, TREASURY].map(|account| vault.memory.account(account));
    assert_eq!((from.capital, from.pnl), (usd(700), usd(100)));
    assert_eq!((to.capital, to.pnl), (usd(300), Usd::ZERO));
    assert_eq!(vault.memory.totals.tokens, usd(2_000));
    let beyond = vault.run(|ledger| ledger.charge(0, TREASURY, usd(701)));
    assert_eq!(beyond, Err(Error::InsufficientCapital));
    let same = vault.run(|ledger| ledger.charge(0, 0, usd(1)));
    assert_eq!(same, Err(Error::SameAccount));
    vault.check();
}

/// A debt of 110, of which insurance pays 50: of a profit of 1,110, 1,050 are backed.
#[test]
fn insurance_counts_for_a_debt_before_it_is_settled() {
    let mut vault = vault();
    vault.insurance = usd(50);
    vault.poke(0, Price(211 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    let valued = vault.ask(|ledger| ledger.valued(1)).unwrap();
    assert_eq!(valued.account.pnl, usd(-110));
    let backed = WAD * 1_050 / 1_110;
    assert_eq!(valued.coverage.ratio(), Ok(backed));
    vault.touch(1, false).unwrap();
    assert_eq!(vault.coverage(), backed);
}

#[test]
fn others_convert_a_profit_at_what_insurance_pays_of_debts_that_are_stuck() {
    let mut vault = vault();
    vault.insurance = usd(50);
    vault.poke(0, Price(211 * WAD)).unwrap();
    for account in 0..2 {
        vault.touch(account, false).unwrap();
    }
    vault.now = 100_000_000;
    let open = vault.run(|ledger| ledger.convert_forced(0, usd(100)));
    assert_eq!(open.unwrap_err(), Error::DebtOpen);
    vault.run(|ledger| ledger.set_stuck(1, true)).unwrap();
    let converted = vault
        .run(|ledger| ledger.convert_forced(0, usd(100)))
        .unwrap();
    assert_eq!(converted.profit, usd(100));
    assert_eq!(converted.received, Usd(usd(100).0 * 1_050 / 1_110));
    vault.check();
}

/// 100 gained at time 0: 36.79 of it has not matured after ten minutes.
#[test]
fn profit_converts_as_it_matures() {
    let mut vault = vault();
    assert_eq!(vault.convert_mature(0).unwrap().profit, Usd::ZERO);
    let valued = vault.ask(|ledger| ledger.valued(0)).unwrap();
    assert_eq!(valued.health.equity, usd(1_100));
    assert_eq!(valued.mature_equity(vault.now), Ok(usd(1_000)));
    vault.now = 600;
    let converted = vault.convert_mature(0).unwrap();
    assert_eq!(converted.profit, converted.received);
    assert_eq!(
        converted.received.0 / 1_000_000_000_000,
        100_000_000 - 36_787_945
    );
    assert_eq!(vault.convert_mature(0).unwrap().profit, Usd::ZERO);
    vault.now = 60_000;
    vault.convert_mature(0).unwrap();
    assert_eq!(vault.memory.account(0).capital, usd(1_100));
    vault.check();
}

/// Gains of a leg mature by the tier of its instrument; of several that are settled at once, by the slowest.
#[test]
fn gains_mature_by_the_tier_they_arise_in() {
    let mut vault = vault();
    vault.list(1, MARK);
    vault.trade(0, 1, 1, Size(WAD), MARK).unwrap();
    vault.poke(0, Price(111 * WAD)).unwrap();
    vault.poke(1, Price(99 * WAD)).unwrap();
    let touch = |vault: &mut Vault, classes: [Maturity; 2]| {
        vault
            .run(|ledger| {
                ledger.store.set_maturity(0, classes[0]);
                ledger.store.set_maturity(1, classes[1]);
                ledger.touch(0, false)
            })
            .unwrap()
            .account
            .maturing
            .amounts
    };
    let lost = touch(&mut vault.clone(), [Maturity::TenMinutes, Maturity::Day]);
    assert_eq!(lost, [109_000_000, 0, 0], "what lost does not count");
    assert_eq!(
        touch(&mut vault, [Maturity::Hour, Maturity::Day]),
        [100_000_000, 9_000_000, 0]
    );
    vault.poke(1, Price(100 * WAD)).unwrap();
    assert_eq!(
        touch(&mut vault, [Maturity::TenMinutes, Maturity::Day]),
        [100_000_000, 9_000_000, 1_000_000]
    );
}

#[test]
fn fees_are_distributed_as_what_they_were_paid_in() {
    let mut vault = vault();
    vault
        .trade_for(0, 1, 0, (Size(WAD), Price(110 * WAD)), Ratio(WAD / 100))
        .unwrap();
    let share = Ratio(WAD / 4);
    let given = vault.run(|ledger| ledger.distribute(FEES, [POOL, TREASURY], share));
    assert_eq!(given, Ok([Usd(wad(55) / 100), Usd(wad(165) / 100)]));
    let [fees, pool, treasury] = [FEES, POOL, TREASURY].map(|id| vault.memory.account(id));
    assert_eq!((fees.capital, fees.pnl), (Usd::ZERO, Usd::ZERO));
    let quarter = Usd(wad(275) / 1000);
    assert_eq!((pool.capital, pool.pnl), (quarter, quarter));
    assert_eq!(
        (treasury.capital.0, treasury.pnl.0),
        (3 * quarter.0, 3 * quarter.0)
    );
    assert_eq!(pool.maturing.amounts, [275_000, 0, 0]);
    assert_eq!(treasury.maturing.amounts, [825_000, 0, 0]);
    for to in [[POOL, POOL], [FEES, POOL], [POOL, FEES]] {
        let refused = vault.run(|ledger| ledger.distribute(FEES, to, share));
        assert_eq!(refused, Err(Error::SameAccount));
    }
    vault.check();
}

/// Of fees that were paid in what matures slowly, it is that part that does wherever they go, the rest takes ten minutes.
#[test]
fn fees_mature_as_slowly_as_what_they_were_paid_in_and_no_slower() {
    let mut vault = vault();
    let trade = (Size(WAD), Price(110 * WAD));
    vault.trade_for(0, 1, 0, trade, Ratio(WAD / 100)).unwrap();
    let fees = &mut vault.memory.accounts.get_mut(&FEES).unwrap().maturing;
    assert_eq!(fees.amounts, [1_100_000, 0, 0]);
    fees.amounts = [1_099_700, 200, 100];
    vault.now = 3_600;
    vault
        .run(|ledger| ledger.distribute(FEES, [POOL, TREASURY], Ratio(WAD / 4)))
        .unwrap();
    let [pool, treasury] = [POOL, TREASURY].map(|id| vault.memory.account(id).maturing.amounts);
    // 200 / e and 100 / exp(1/24) are left of what is slow.
    assert_eq!(pool, [275_000 - 74 - 96, 74, 96]);
    assert_eq!(treasury, [825_000, 0, 0]);
    vault.check();
}

/// Who has paid fees out of slow profit has lost none of it: what is slow of them is with whom they were paid to, and the fees that are
/// paid and handed on afterwards are as fast as ever.
#[test]
fn slow_fees_slow_no_others_once_they_are_handed_on() {
    let mut vault = vault();
    let trade = (Size(WAD), Price(110 * WAD));
    vault.trade_for(0, 1, 0, trade, Ratio(WAD / 100)).unwrap();
    let fees = &mut vault.memory.accounts.get_mut(&FEES).unwrap().maturing;
    fees.amounts = [0, 0, 1_100_000];
    for amounts in [[0, 0, 275_000], [275_000, 0, 275_000]] {
        vault
            .run(|ledger| ledger.distribute(FEES, [POOL, TREASURY], Ratio(WAD / 4)))
            .unwrap();
        let [fees, pool] = [FEES, POOL].map(|id| vault.memory.account(id).maturing);
        assert_eq!((fees.amounts, fees.lost), ([0; 3], [0; 2]));
        assert_eq!(pool.amounts, amounts);
        vault.trade_for(1, 0, 0, trade, Ratio(WAD / 100)).unwrap();
    }
    vault.check();
}

/// Nobody waits for what one of the two owes.
#[test]
fn what_is_due_to_an_account_in_debt_waits_with_the_fees_to_come() {
    let mut vault = vault();
    let trade = (Size(WAD), Price(110 * WAD));
    vault.trade_for(0, 1, 0, trade, Ratio(WAD / 100)).unwrap();
    let owe = |vault: &mut Vault, owed: Usd| {
        let treasury = vault.memory.accounts.entry(TREASURY).or_default();
        treasury.pnl = owed.negated().unwrap();
        vault.memory.totals.debt = owed;
    };
    owe(&mut vault, usd(5));
    let quarter = Ratio(WAD / 4);
    let distribute =
        |vault: &mut Vault| vault.run(|ledger| ledger.distribute(FEES, [POOL, TREASURY], quarter));
    // Profit is worth 0.95 while the debt is open.
    let given = distribute(&mut vault).unwrap();
    assert_eq!(given, [Usd(wad(275) * 195 / 100_000), Usd::ZERO]);
    assert_eq!(vault.memory.account(TREASURY).pnl, usd(-5));
    owe(&mut vault, Usd::ZERO);
    let given = distribute(&mut vault).unwrap();
    assert_eq!(given, [Usd(wad(165) / 400), Usd(wad(165) * 3 / 400)]);
    vault.check();
}

/// What rounding leaves of a coverage ratio of zero keeps nothing from being cancelled.
#[test]
fn worthless_profit_is_cancelled_against_what_is_missing() {
    let mut vault = vault();
    vault.memory.totals.shortfall = Usd(wad(100) - 1);
    vault.memory.totals.tokens = vault.memory.totals.capital;
    assert!(vault.coverage() < 1_000);
    let converted = vault.convert(0).unwrap();
    assert_eq!(
        (converted.profit, converted.received),
        (usd(100), Usd::ZERO)
    );
    assert_eq!(vault.memory.totals.shortfall, Usd(-1));
    assert_eq!(vault.missing(), Usd::ZERO);
}

/// Profit that is paid is as immature for who receives it as it was for who paid.
#[test]
fn what_is_paid_out_of_profit_matures_as_slowly_there() {
    let mut vault = vault();
    vault.poke(0, Price(120 * WAD)).unwrap();
    vault
        .run(|ledger| {
            ledger.store.set_maturity(0, Maturity::Day);
            ledger.touch(0, false)
        })
        .unwrap();
    let before = vault.memory.account(0).maturing.amounts;
    assert_eq!(before, [100_000_000, 0, 100_000_000]);
    vault
        .trade_for(0, 1, 0, (Size(WAD), Price(120 * WAD)), Ratio(WAD / 100))
        .unwrap();
    let amounts = |vault: &Vault| [0, FEES].map(|id| vault.memory.account(id).maturing.amounts);
    let [payer, fees] = amounts(&vault);
    assert_eq!(payer, [98_800_000, 0, 100_000_000]);
    assert_eq!(fees, [0, 0, 1_200_000]);
    // What has matured takes ten minutes once more; of the other's, what it gains now is paid on.
    vault.now = 60 * 86_400;
    vault.poke(0, Price(119 * WAD)).unwrap();
    vault.touch(0, false).unwrap();
    vault
        .trade_for(0, 1, 0, (Size(WAD), Price(119 * WAD)), Ratio(WAD / 100))
        .unwrap();
    let paid = [[-12_190_000, 0, 0], [1_190_000, 0, 1_190_000]];
    assert_eq!(amounts(&vault), paid);
    assert_eq!(vault.memory.account(FEES).pnl, Usd(wad(358) / 100));
}
