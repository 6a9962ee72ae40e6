//! Invariants 1 to 4, 6 and 7 of the design under random sequences of operations, with fees, funding, maturity, time, and options
//! that expire.
//! Invariant 5, what a caller may be left with, is the vault's to keep: see `margin` for its rules.

mod common;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::UNIX_EPOCH;

use common::{FEES, POOL, Vault, unrewarded, usd, wad};
use ledger_model::OptionTerms;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use risk::{Index, InstrumentId, Legs, Price, Ratio, Size, Store, Traded, Usd, WAD, math};

const ACCOUNTS: usize = 8;
/// Three perpetuals, and options on the first two of them.
const INSTRUMENTS: InstrumentId = 7;
const OPTIONS: Range<InstrumentId> = 3..INSTRUMENTS;
/// Who shares the fees with the pool.
const TREASURY: usize = 1002;
/// Rounding that a sequence may add up to, in units of 1e-18 of the quote token: 1e-9 of a token.
const TOLERANCE: i128 = 1_000_000_000;

#[derive(Clone, Debug)]
enum Operation {
    /// The mark moves by so many basis points.
    Poke(InstrumentId, i32),
    Fund(InstrumentId, i64),
    Trade {
        buyer: usize,
        seller: usize,
        id: InstrumentId,
        purse_percent: u32,
        edge: i32,
        /// In units of 1e-5 of notional.
        fee: u32,
    },
    Touch(usize, bool),
    Deposit(usize, u64),
    Withdraw(usize, u32),
    Convert(usize),
    ConvertMature(usize),
    Transfer(usize, usize, u32),
    Distribute(u32),
    Wait(u32),
    Liquidate {
        account: usize,
        into: usize,
        rate: u32,
    },
    Deleverage(usize),
    /// Closes one leg of an account in debt, of which insurance pays so much at most.
    CloseLeg(usize, InstrumentId, u32),
    /// Recovers what is on record of an instrument, whose cover is so large now.
    Recover(InstrumentId, u32),
    /// Cuts a share of a leg, in percent, of which at most so many percent go, at a penalty rate in percent.
    CutLeg(usize, InstrumentId, [u32; 3]),
    Rebucket(usize),
    Expire(InstrumentId),
    /// Another option comes in the place of one that has expired, at so many percent of its last mark.
    Relist(InstrumentId, u32),
}

fn operation() -> impl Strategy<Value = Operation> {
    let account = 0..ACCOUNTS;
    let id = 0..INSTRUMENTS;
    prop_oneof![
        8 => (id.clone(), -1500..1500).prop_map(|(id, move_by)| Operation::Poke(id, move_by)),
        1 => (id.clone(), -1000_i64..1000).prop_map(|(id, paid)| Operation::Fund(id, paid)),
        8 => (account.clone(), account.clone(), id.clone(), 10_u32..900, -50..50, 0_u32..100)
            .prop_map(|(buyer, seller, id, purse_percent, edge, fee)| Operation::Trade { buyer, seller, id, purse_percent, edge, fee }),
        3 => (account.clone(), any::<bool>()).prop_map(|(account, owner)| Operation::Touch(account, owner)),
        1 => (account.clone(), 1_u64..1000).prop_map(|(account, amount)| Operation::Deposit(account, amount)),
        2 => (account.clone(), 1_u32..100).prop_map(|(account, percent)| Operation::Withdraw(account, percent)),
        2 => account.clone().prop_map(Operation::Convert),
        2 => account.clone().prop_map(Operation::ConvertMature),
        1 => (account.clone(), account.clone(), 1_u32..100).prop_map(|(from, to, percent)| Operation::Transfer(from, to, percent)),
        1 => (0_u32..101).prop_map(Operation::Distribute),
        2 => (1_u32..100_000).prop_map(Operation::Wait),
        4 => (account.clone(), account.clone(), 5_u32..100)
            .prop_map(|(account, into, rate)| Operation::Liquidate { account, into, rate }),
        3 => account.clone().prop_map(Operation::Deleverage),
        3 => (account.clone(), id.clone(), 0_u32..500).prop_map(|(account, id, cover)| Operation::CloseLeg(account, id, cover)),
        1 => (0..OPTIONS.start, 0_u32..500).prop_map(|(id, cover)| Operation::Recover(id, cover)),
        1 => (account.clone(), id, [1_u32..101, 1..101, 0..101])
            .prop_map(|(account, id, percents)| Operation::CutLeg(account, id, percents)),
        1 => account.prop_map(Operation::Rebucket),
        1 => OPTIONS.prop_map(Operation::Expire),
        2 => (OPTIONS, 1_u32..400).prop_map(|(id, percent)| Operation::Relist(id, percent)),
    ]
}

fn vault() -> Vault {
    let mut vault = Vault {
        insurance: usd(300),
        ..Vault::default()
    };
    for (id, mark) in (0..).zip([wad(2000), wad(60_000), wad(1) / 100_000]) {
        vault.list(id, Price(mark.unsigned_abs()));
    }
    for (id, (mark, underlying, delta)) in
        OPTIONS.zip([(150, 0, 9), (80, 0, -6), (2_500, 1, 8), (1_500, 1, -7)])
    {
        let mark = Price(wad(mark).unsigned_abs());
        vault.list_option(id, mark, OptionTerms { underlying, delta });
    }
    for account in 0..ACCOUNTS {
        vault
            .deposit(account, usd(500 + 500 * i128::try_from(account).unwrap()))
            .unwrap();
    }
    vault
}

/// Runs one operation. Returns whether it changed something, and the accounts whose owners asked for it.
fn apply(vault: &mut Vault, operation: &Operation) -> (bool, Vec<usize>) {
    match *operation {
        Operation::Poke(id, _) if vault.memory.settled.contains(&id) => (false, vec![]),
        Operation::Fund(id, _) if OPTIONS.contains(&id) => (false, vec![]),
        Operation::Trade { id, .. } if vault.memory.settled.contains(&id) => (false, vec![]),
        Operation::Poke(id, move_by) => {
            let mark =
                vault.mark(id).0 * (10_000_u128.saturating_add_signed(move_by.into())) / 10_000;
            (vault.poke(id, Price(mark)).is_ok(), vec![])
        }
        Operation::Fund(id, paid) => {
            let paid = vault.mark(id).0.cast_signed() / 1_000_000 * i128::from(paid);
            (vault.fund(id, Index(paid)).is_ok(), vec![])
        }
        Operation::Trade {
            buyer,
            seller,
            id,
            purse_percent,
            edge,
            fee,
        } => {
            let purse = vault.equity(buyer).0.min(vault.equity(seller).0);
            if buyer == seller || purse <= 0 || vault.missing() > Usd::ZERO {
                return (false, vec![]);
            }
            let mark = vault.mark(id).0;
            let notional = purse.unsigned_abs() / 100 * u128::from(purse_percent);
            let spot = vault.mark(vault.memory.underlying(id)).0;
            let size = Size(math::mul_div_up(notional, WAD, spot).unwrap());
            let price = Price(mark * 10_000_u128.saturating_add_signed(edge.into()) / 10_000);
            let fee = Ratio(WAD / 100_000 * u128::from(fee));
            let before = vault.clone();
            let traded = vault
                .trade_for(buyer, seller, id, (size, price), fee)
                .unwrap();
            check_trade(&before, vault, [buyer, seller], &traded);
            (true, vec![buyer, seller])
        }
        Operation::Touch(account, by_owner) => {
            vault.touch(account, by_owner).unwrap();
            (true, if by_owner { vec![account] } else { vec![] })
        }
        Operation::Deposit(account, amount) => (
            vault.deposit(account, Usd(wad(amount.into()) + 7)).is_ok(),
            vec![account],
        ),
        Operation::Withdraw(account, percent) => {
            let amount = vault.memory.account(account).capital.0 / 100 * i128::from(percent);
            (vault.withdraw(account, Usd(amount)).is_ok(), vec![account])
        }
        Operation::Convert(account) => (
            vault.convert(account).unwrap().profit > Usd::ZERO,
            vec![account],
        ),
        Operation::ConvertMature(account) => (
            vault.convert_mature(account).unwrap().profit > Usd::ZERO,
            vec![account],
        ),
        Operation::Transfer(from, to, percent) => {
            let amount = Usd(vault.memory.account(from).capital.0 / 100 * i128::from(percent));
            let done = vault.run(|ledger| ledger.transfer(from, to, amount));
            (done.is_ok(), vec![from])
        }
        Operation::Distribute(percent) => {
            let share = Ratio(WAD / 100 * u128::from(percent));
            let given = vault.run(|ledger| ledger.distribute(FEES, [POOL, TREASURY], share));
            (given.unwrap() != [Usd::ZERO; 2], vec![])
        }
        Operation::Wait(seconds) => {
            vault.now += u64::from(seconds);
            (true, vec![])
        }
        Operation::Liquidate {
            account,
            into,
            rate,
        } => {
            if account == into {
                return (false, vec![]);
            }
            let rate = Ratio(WAD / 100 * u128::from(rate));
            (vault.liquidate(account, into, rate).unwrap(), vec![into])
        }
        Operation::Deleverage(account) => (vault.deleverage(account).unwrap().is_some(), vec![]),
        Operation::CloseLeg(account, id, cover) => {
            let cover = usd(cover.into());
            let underlying = vault.memory.underlying(id);
            vault.memory.cover_sizes.insert(underlying, cover);
            let mut draw = unrewarded();
            let closed = vault.run(|ledger| {
                ledger.touch(account, false)?;
                let mut closable = Legs::default();
                closable.push(id)?;
                ledger.close(account, &closable, 1, &mut draw)
            });
            assert!(draw.insured.get(underlying) <= cover);
            assert!(draw.insured.sum().unwrap().0 <= draw.deficit.0 + 16);
            (closed.is_ok(), vec![])
        }
        Operation::Recover(id, cover) => {
            vault.memory.cover_sizes.insert(id, usd(cover.into()));
            let before = (vault.missing(), vault.insurance);
            let paid = vault.recover(id).unwrap();
            assert!(vault.missing() <= before.0 && vault.insurance.0 == before.1.0 - paid.0);
            assert!(paid <= usd(cover.into()));
            (paid > Usd::ZERO, vec![])
        }
        Operation::CutLeg(account, id, [share, limit, rate]) => {
            let percent = |percent: u32| Ratio(WAD / 100 * u128::from(percent));
            let cut = vault.run(|ledger| {
                let held = ledger.touch(account, false)?.positions.get(id).size();
                let limit = held.share_up(percent(limit))?;
                ledger.cut_leg(account, POOL, id, percent(share), limit, percent(rate))
            });
            (cut.is_ok_and(|cut| cut.size > Size::ZERO), vec![])
        }
        Operation::Expire(id) => {
            let open = !vault.memory.settled.contains(&id);
            vault.expire(id);
            (open, vec![])
        }
        Operation::Relist(id, percent) => {
            if !vault.memory.settled.contains(&id) {
                return (false, vec![]);
            }
            let mark = Price(vault.mark(id).0 / 100 * u128::from(percent) + WAD);
            let gains = vault.memory.totals.gains;
            let relisted = vault.relist(id, mark).unwrap();
            assert_eq!(vault.memory.totals.gains, gains, "no gain moves");
            (relisted, vec![])
        }
        Operation::Rebucket(account) => {
            let moved = vault.run(|ledger| ledger.rebucket(account));
            (moved.is_ok(), vec![])
        }
    }
}

/// What a trade says of its parties is what a view says of them, before and after; fees arrive.
fn check_trade(before: &Vault, after: &Vault, parties: [usize; 2], traded: &[Traded; 2]) {
    let valued = |vault: &Vault, party| vault.ask(|ledger| ledger.valued(party)).unwrap();
    // The second party's trade may change the coverage ratio that the first was valued at.
    let missing = after.missing() > Usd::ZERO;
    for (party, traded) in parties.into_iter().zip(traded) {
        if party == parties[0] || !missing {
            let held = valued(before, party);
            assert_eq!(traded.equity_before, held.health.equity);
            let [told, seen] = [traded.positions_before, held.positions]
                .map(|positions| positions.iter().collect::<BTreeMap<_, _>>());
            assert_eq!(told, seen);
        }
        // Legs that join a bucket that was cut lose some rounding there.
        let near = |told: Usd, seen: Usd| {
            let lost = told.0 - seen.0;
            assert!((0..TOLERANCE).contains(&lost), "{told:?} {seen:?}");
        };
        let (told, seen) = (&traded.valued, valued(after, party));
        near(told.account.capital, seen.account.capital);
        near(told.account.pnl, seen.account.pnl);
        // Of a leg that hedges, less is more margin.
        let margins = [told, &seen].map(|valued| valued.health.maintenance.0);
        assert!(margins[0].abs_diff(margins[1]) < TOLERANCE.unsigned_abs());
        assert_eq!(told.account.maturing, seen.account.maturing);
        assert_eq!(told.account.bucket, seen.account.bucket);
        assert_eq!(told.account.legs, seen.account.legs);
        if party == parties[1] || !missing {
            near(told.health.equity, seen.health.equity);
        }
    }
    let held = |vault: &Vault| {
        let fees = vault.memory.account(FEES);
        fees.capital.0 + fees.pnl.0
    };
    let paid = traded[0].fee.plus(traded[1].fee).unwrap();
    if !missing {
        assert_eq!(held(after) - held(before), paid.0);
    }
}

/// A runner whose random numbers follow from a printed seed; `RISK_SEED` repeats one, `RISK_CASES` sets how many cases.
fn runner(cases: u32) -> TestRunner {
    let cases = std::env::var("RISK_CASES").map_or(cases, |cases| cases.parse().unwrap());
    let seed = std::env::var("RISK_SEED").map_or_else(
        |_| UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
        |seed| seed.parse().unwrap(),
    );
    println!("RISK_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// What each account's legs have gained since they were last settled.
fn unsettled_gain(vault: &Vault, account: usize) -> i128 {
    let mut copy = vault.clone();
    copy.run(|ledger| ledger.touch(account, false))
        .unwrap()
        .gain
        .0
}

#[test]
fn no_sequence_breaks_conservation_backing_or_balance() {
    let mut runner = runner(96);
    let (ran, changed, worst) = (Cell::new(0_u64), Cell::new(0_u64), Cell::new(0_i128));
    runner
        .run(&prop::collection::vec(operation(), 1..120), |operations| {
            let mut vault = vault();
            for operation in operations {
                let before = vault.clone();
                let (done, owners) = apply(&mut vault, &operation);
                let surplus = vault.check();
                prop_assert!(surplus.abs() <= TOLERANCE, "conservation: {surplus}");
                assert_claims_are_backed(&vault)?;
                for account in (0..ACCOUNTS).chain([POOL, TREASURY]) {
                    if !owners.contains(&account) {
                        assert_only_own_losses(&before, &vault, account, &operation)?;
                    }
                    assert_valued_as_touched(&vault, account)?;
                }
                ran.set(ran.get() + 1);
                changed.set(changed.get() + u64::from(done));
                worst.set(worst.get().max(surplus.abs()));
            }
            Ok(())
        })
        .unwrap();
    println!(
        "{} operations, {} of them took effect; conservation within {} x 1e-18",
        ran.get(),
        changed.get(),
        worst.get()
    );
    assert!(
        changed.get() * 3 > ran.get(),
        "most operations must do something"
    );
}

/// Invariant 4: an operation by others lowers an account's capital by no more than its own losses and penalty.
fn assert_only_own_losses(
    before: &Vault,
    after: &Vault,
    account: usize,
    operation: &Operation,
) -> Result<(), TestCaseError> {
    let old = before.memory.account(account);
    let lost = old.capital.0 - after.memory.account(account).capital.0;
    let penalty = match operation {
        Operation::Liquidate {
            account: closed, ..
        }
        | Operation::CutLeg(closed, ..)
            if *closed == account =>
        {
            old.capital.0
        }
        _ => 0,
    };
    let own = (-unsettled_gain(before, account)).max(0) + penalty;
    prop_assert!(
        lost <= own.max(0),
        "{operation:?} took {lost} from account {account}, whose own loss was {own}"
    );
    Ok(())
}

/// Invariant 7: once everybody is settled, all equity at h is at most V and what is insured of open debts, to what residue can
/// have gained. Gains that no leg has are counted for nobody.
fn assert_claims_are_backed(vault: &Vault) -> Result<(), TestCaseError> {
    let mut settled = vault.clone();
    let accounts: Vec<_> = settled.memory.accounts.keys().copied().collect();
    for &account in &accounts {
        settled.touch(account, false).unwrap();
    }
    let claims = accounts.iter().map(|&account| settled.equity(account));
    let claims: i128 = claims.map(|equity| equity.or_zero().0).sum();
    let totals = &settled.memory.totals;
    let insured = totals.debt.min(settled.insurance);
    let dearest = settled.memory.prices.values().map(|prices| prices.mark.0);
    let dearest = Price(dearest.max().unwrap().max(60_000 * WAD) * 10);
    let worn = settled.memory.wear.values();
    let moved = worn.map(|wear| wear.residue().notional_up(dearest).unwrap().0);
    let backing = totals.tokens.0 + insured.0;
    let tolerance = moved.sum::<i128>() + TOLERANCE;
    prop_assert!(
        claims <= backing + tolerance,
        "{claims} of claims, {backing} behind them"
    );
    Ok(())
}

/// What a view says of an account is what a touch makes of it.
fn assert_valued_as_touched(vault: &Vault, account: usize) -> Result<(), TestCaseError> {
    let asked = vault.ask(|ledger| ledger.valued(account)).unwrap();
    let touched = vault
        .clone()
        .run(|ledger| ledger.touch(account, false))
        .unwrap();
    // A debt that is found or paid moves its account to another bucket, which costs each leg some rounding; a leg that is taken
    // away costs its side some, and thereby G.
    let held = vault.memory.account(account);
    let mut legs = held.legs.as_slice().iter();
    let moved =
        held.bucket != touched.account.bucket || legs.any(|leg| vault.memory.settled.contains(leg));
    let tolerance = if moved { TOLERANCE } else { 0 };
    let pairs = [
        (asked.gain, touched.gain),
        (asked.account.capital, touched.account.capital),
        (asked.account.pnl, touched.account.pnl),
        (asked.health.equity, touched.health.equity),
        (asked.health.maintenance, touched.health.maintenance),
        (
            asked.mature_equity(vault.now).unwrap(),
            touched.mature_equity(vault.now).unwrap(),
        ),
    ];
    for (asked, touched) in pairs {
        prop_assert!(
            (asked.0 - touched.0).abs() <= tolerance,
            "{asked:?} {touched:?}"
        );
    }
    prop_assert_eq!(asked.account.maturing, touched.account.maturing);
    let immature = touched.account.immature(vault.now);
    prop_assert!(Usd::ZERO <= immature && immature <= touched.account.pnl.or_zero());
    Ok(())
}

/// Invariant 6, on random books, in which some options have expired and nobody has settled them: every order of closing, with
/// strangers touching in between, gives the same accounts.
#[test]
fn closing_accounts_in_debt_gives_one_result_in_any_order() {
    let mut runner = runner(100);
    let (closings, books) = (Cell::new(0_u64), Cell::new(0_u64));
    let listed = prop_oneof![0_u8..2, 0_u8..2, OPTIONS];
    let trades = prop::collection::vec((0..ACCOUNTS, 0..ACCOUNTS, listed, 300_u32..1200), 10..40);
    let moves = prop::collection::vec(-4000..4000_i32, usize::from(INSTRUMENTS));
    let strategy = (trades, moves, any::<u8>(), any::<u64>());
    runner
        .run(&strategy, |(trades, moves, expired, order_seed)| {
            let mut vault = vault();
            for (buyer, seller, id, purse_percent) in trades {
                apply(
                    &mut vault,
                    &Operation::Trade {
                        buyer,
                        seller,
                        id,
                        purse_percent,
                        edge: 0,
                        fee: 50,
                    },
                );
            }
            for (id, move_by) in (0..).zip(moves) {
                apply(&mut vault, &Operation::Poke(id, move_by));
            }
            for id in OPTIONS.filter(|id| expired >> id & 1 == 1) {
                vault.expire(id);
            }
            for account in 0..ACCOUNTS {
                vault.touch(account, false).unwrap();
            }
            let broke: Vec<_> = (0..ACCOUNTS)
                .filter(|&a| vault.memory.account(a).in_debt())
                .collect();
            if broke.len() > 1 {
                books.set(books.get() + 1);
                closings.set(closings.get() + compare_orders(&vault, &broke, order_seed)?);
            }
            Ok(())
        })
        .unwrap();
    println!(
        "{} books with several bankrupt accounts, {} closings compared",
        books.get(),
        closings.get()
    );
    assert!(
        books.get() >= 10,
        "too few books had several bankrupt accounts"
    );
}

fn compare_orders(vault: &Vault, broke: &[usize], mut seed: u64) -> Result<u64, TestCaseError> {
    let mut reference: Option<Vec<i128>> = None;
    let mut closings = 0;
    // A debt is divided among underlyings in shares of 26 bits.
    let tolerance = TOLERANCE / 1000 + (vault.memory.totals.debt.0 >> 24);
    for turn in 0..12 {
        let mut order = broke.to_vec();
        for at in (1..order.len()).rev() {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, usize::try_from(seed >> 33).unwrap() % (at + 1));
        }
        let mut copy = vault.clone();
        copy.memory.cover_sizes = [(0, usd(90)), (1, usd(60))].into();
        // Leg by leg, one account's between another's.
        let legs: Vec<_> = (0..INSTRUMENTS)
            .flat_map(|round| order.iter().map(move |&account| (account, round)))
            .collect();
        for (account, round) in legs {
            for stranger in 0..ACCOUNTS {
                if (seed >> stranger) & 1 == 1 {
                    copy.touch(stranger, false).unwrap();
                }
            }
            let held = copy.memory.account(account);
            if !held.in_debt() {
                prop_assert!(round > 0 && held.legs.as_slice().is_empty());
                continue;
            }
            // The order of an account's legs is whatever it has come to.
            let mut legs = Legs::default();
            let ids = held.legs.as_slice();
            for at in 0..ids.len() {
                let first = usize::try_from(seed >> 40).unwrap() + account;
                legs.push(ids[(first + at) % ids.len()]).unwrap();
            }
            let account_now = copy.memory.accounts.get_mut(&account).unwrap();
            account_now.legs = legs;
            let missing = copy.missing();
            let count = 1 + usize::try_from(seed >> 45).unwrap() % 3;
            let closed = copy.run(|ledger| ledger.close(account, &legs, count, &mut unrewarded()));
            closed.unwrap();
            let moved = copy.missing().0.abs_diff(missing.0);
            prop_assert!(moved <= 1_000, "closing moves no h: {moved}");
            closings += 1;
        }
        let mut result = vec![];
        for account in 0..ACCOUNTS {
            copy.touch(account, false).unwrap();
            let held = copy.memory.account(account);
            result.extend([held.capital.0, held.pnl.0]);
            result.extend((0..INSTRUMENTS).map(|id| copy.size(account, id).0));
        }
        prop_assert_eq!(copy.memory.totals.debt, Usd::ZERO);
        copy.check();
        result.push(copy.coverage().cast_signed());
        result.push(copy.insurance.0);
        match &reference {
            None => reference = Some(result),
            Some(expected) => {
                for (got, expected) in result.iter().zip(expected) {
                    prop_assert!(
                        (got - expected).abs() <= tolerance,
                        "order {turn}: {got} instead of {expected}"
                    );
                }
            }
        }
    }
    Ok(closings)
}
