//! Buckets that cuts have worn: nobody's position vanishes with them, and what is left of legs hides nobody.

mod common;

use common::{POOL, Vault, usd, wad};
use proptest::prelude::*;
use risk::{
    BUCKETS, DEBT, Error, InstrumentId, LAST_EPOCH, Position, Price, Ratio, Side, Size, Store, Usd,
    WAD,
};

const MARK: Price = Price(100 * WAD);

fn vault() -> Vault {
    let mut vault = Vault::default();
    vault.list(0, MARK);
    vault
}

/// Buys of the second account for the first, each with so many dollars more.
fn open(
    vault: &mut Vault,
    (buyer, bought): (usize, i128),
    (seller, sold): (usize, i128),
    size: u128,
) {
    vault.deposit(buyer, Usd(bought)).unwrap();
    vault.deposit(seller, Usd(sold)).unwrap();
    let mark = vault.mark(0);
    vault.trade(buyer, seller, 0, Size(size), mark).unwrap();
}

/// Closes all but `rest` of an account's leg against the other side.
fn cut_to(vault: &mut Vault, id: usize, rest: u128) {
    let held = vault.size(id, 0).size().0;
    let cut = Size(held - rest);
    vault
        .run(|ledger| {
            ledger.touch(id, false)?;
            ledger.cut_leg(id, POOL, 0, Ratio::ONE, cut, Ratio::ZERO)
        })
        .unwrap();
}

fn near(got: Position, units: i128, tolerance: i128) {
    assert!((got.0 - units).abs() <= tolerance, "{got:?} for {units}");
}

/// The day of DESIGN 9: one leg is scaled to 1e-6 of itself; 1,000 ETH join its bucket later; then 0.1 ETH goes bankrupt.
#[test]
fn a_bankruptcy_of_a_tenth_beside_a_worn_bucket_cuts_a_tenth() {
    let mut vault = vault();
    open(
        &mut vault,
        (0, wad(20)),
        (1, wad(20)),
        999_999 * WAD / 1_000_000,
    );
    open(&mut vault, (0, 0), (2, wad(1_000)), WAD / 1_000_000);
    cut_to(&mut vault, 1, 0);
    let worn = vault.memory.account(0).bucket;
    near(vault.size(0, 0), wad(1) / 1_000_000, 10);

    // Somebody of the same utilisation, and a bankruptcy.
    open(&mut vault, (3, wad(20_000)), (4, wad(200_000)), 1_000 * WAD);
    assert_eq!(vault.memory.account(3).bucket, worn);
    open(&mut vault, (5, wad(1_000)), (6, wad(1)), WAD / 10);
    vault.poke(0, Price(115 * WAD)).unwrap();
    vault.touch(6, false).unwrap();
    assert!(vault.memory.account(6).in_debt());
    vault.insurance = usd(100);
    vault.deleverage(6).unwrap().unwrap();
    let longs = [0, 3, 5].map(|account| vault.size(account, 0).0);
    let held = longs.iter().sum::<i128>();
    assert!((0..10_000).contains(&(wad(1_000) + wad(1) / 1_000_000 - held)));
    near(vault.size(3, 0), wad(1_000) - wad(1) / 10, 1_000_000_000);
    assert_eq!(vault.size(4, 0), Position(wad(-1_000)));

    // The price falls back: nobody claims more than there is.
    vault.poke(0, Price(90 * WAD)).unwrap();
    let mut claims = 0;
    for account in 0..7 {
        vault.touch(account, false).unwrap();
        claims += vault.equity(account).0;
    }
    assert!(claims <= vault.memory.totals.tokens.0);
    vault.check();
}

/// u = 0.97 beside the rest of a leg of 1,000 units is cut before u = 0.03.
#[test]
fn the_rest_of_a_leg_hides_no_newcomer() {
    for rest in [WAD / 1_000_000_000, 0] {
        let mut vault = vault();
        // Margin is 3 a unit: a utilisation of 0.97.
        let risky = |units: i128| units * wad(3) * 100 / 97;
        open(
            &mut vault,
            (0, risky(1_000)),
            (1, wad(100_000)),
            1_000 * WAD,
        );
        cut_to(&mut vault, 1, rest);
        let number = vault.memory.account(0).bucket;
        assert_eq!(number, DEBT - 1);
        assert!(vault.size(0, 0).size().0.abs_diff(rest) < 1_000);

        open(&mut vault, (2, risky(10)), (3, wad(100_000)), 10 * WAD);
        open(
            &mut vault,
            (4, wad(3) * 1_000 * 100 / 3),
            (3, 0),
            1_000 * WAD,
        );
        assert_eq!(vault.memory.account(2).bucket, number);
        assert!(vault.memory.account(4).bucket < 5);
        cut_to(&mut vault, 3, 1_005 * WAD);
        near(vault.size(2, 0), wad(5), 1_000_000_000);
        assert_eq!(vault.size(4, 0), Position(wad(1_000)), "cut last");
        vault.check();
    }
}

/// Who joins anew is above who joined once and was cut: its level is what cuts have left of it.
#[test]
fn a_leg_that_was_cut_is_cut_less_than_one_that_was_not() {
    let level = |newcomers: u128| {
        let mut vault = vault();
        open(&mut vault, (0, wad(30)), (1, wad(10_000)), 8 * WAD);
        cut_to(&mut vault, 1, 2 * WAD);
        if newcomers > 0 {
            open(&mut vault, (2, wad(30)), (3, wad(10_000)), newcomers * WAD);
            assert_eq!(
                vault.memory.account(2).bucket,
                vault.memory.account(0).bucket
            );
        }
        let bucket = vault
            .memory
            .bucket(0, Side::Long, vault.memory.account(0).bucket);
        (bucket.weight, bucket.size().unwrap())
    };
    assert_eq!(level(0), (Size(WAD / 2), Size(2 * WAD)));
    assert_eq!(level(8), (Size(WAD / 2 * 17), Size(10 * WAD)));
}

/// A market in which account 0 is long `size` units at 1e-7 against account 1, who has enough.
fn giant(size: u128) -> Vault {
    let mut vault = Vault::default();
    vault.list(0, Price(WAD / 10_000_000));
    vault.deposit(0, usd(1_000_000_000)).unwrap();
    vault.deposit(1, usd(100_000_000_000)).unwrap();
    let mark = vault.mark(0);
    vault.trade(0, 1, 0, Size(size), mark).unwrap();
    vault
}

/// A leg sleeps while its bucket's bases are divided again and again; another, of the same size, is touched each time. Both end
/// with the same size and have gained the same; what has been divided to nothing counts nothing.
#[test]
fn a_leg_that_slept_counts_what_one_that_was_touched_each_time_does() {
    for divisions in 1..=9 {
        let mut vault = giant(60_000_000_000_000 * WAD);
        vault.deposit(2, usd(1_000_000_000)).unwrap();
        let mark = vault.mark(0);
        vault
            .trade(2, 1, 0, Size(60_000_000_000_000 * WAD), mark)
            .unwrap();
        let number = vault.memory.account(0).bucket;
        assert_eq!(vault.memory.account(2).bucket, number);
        let (mut epochs, mut expected) = (0, 60_000_000_000_000 * WAD);
        let mut gained = 0;
        for division in 0..divisions {
            // Somebody keeps the side large.
            let newcomer = 10 + division;
            vault.deposit(newcomer, usd(1_000_000_000)).unwrap();
            let mark = vault.mark(0);
            let open = vault.memory.side(0, Side::Long).open_interest.0;
            let size = 140_000_000_000_000 * WAD - open;
            vault.trade(newcomer, 1, 0, Size(size), mark).unwrap();
            assert_eq!(vault.memory.account(newcomer).bucket, number);
            let open = vault.memory.side(0, Side::Long).open_interest.0;
            let rest = open / 2_000_000;
            cut_to(&mut vault, 1, rest);
            expected /= 2_000_000;
            let epoch = vault.memory.bucket(0, Side::Long, number).epoch;
            assert!(epoch > epochs, "divided");
            epochs = epoch;
            let step = WAD / 100_000_000 * u128::from(division as u8 + 1);
            vault.poke(0, Price(mark.0 + step)).unwrap();
            gained += risk::math::mul_div_down(expected, step, WAD)
                .unwrap()
                .cast_signed();
            vault.touch(2, false).unwrap();
            vault.check();
        }
        let asked = vault.ask(|ledger| ledger.valued(0)).unwrap();
        vault.touch(0, false).unwrap();
        vault.check();
        let [slept, woken] = [0, 2].map(|id| (vault.size(id, 0).0, vault.memory.account(id).pnl.0));
        assert_eq!(slept.0, woken.0, "size after {divisions}");
        assert_eq!(asked.positions.get(0).0, slept.0);
        assert_eq!(asked.account.pnl.0, slept.1);
        assert!(
            (0..100).contains(&(woken.1 - slept.1).abs()),
            "{slept:?} {woken:?}"
        );
        // Whole bases are divided: each time less than one of them is lost.
        let bound = expected.cast_signed() / 1_000 + 2;
        assert!(
            (expected.cast_signed() - slept.0).abs() <= bound,
            "{expected} {slept:?}"
        );
        assert!(
            (gained - slept.1).abs() <= gained / 1_000 + 1_000,
            "{gained} {slept:?}"
        );
        assert!(divisions < 6 || slept.0 == 0, "nothing after that many");
    }
}

/// The legs of an epoch that ended with nothing left count nothing, although another goes on in their bucket, and are paid what they
/// had gained.
#[test]
fn legs_of_an_epoch_that_was_emptied_count_nothing_in_a_later_one() {
    let mut vault = vault();
    open(&mut vault, (0, wad(10_000)), (1, wad(10_000)), 100 * WAD);
    vault.poke(0, Price(103 * WAD)).unwrap();
    cut_to(&mut vault, 1, 0);
    let number = vault.memory.account(0).bucket;
    assert_eq!(vault.memory.bucket(0, Side::Long, number).epoch, 1);
    assert_eq!(vault.memory.side(0, Side::Long).occupied, 0);
    open(&mut vault, (2, wad(10_000)), (1, 0), 100 * WAD);
    assert_eq!(vault.memory.account(2).bucket, number);
    vault.poke(0, Price(110 * WAD)).unwrap();
    assert_eq!(vault.size(0, 0), Position::ZERO);
    vault.check();
    vault.touch(0, false).unwrap();
    assert_eq!(vault.memory.account(0).pnl, usd(300));
    let leg = vault.memory.leg(0, 0);
    assert_eq!(
        (leg.base.0, leg.joined),
        (0, Size(100 * WAD)),
        "until it joins anew"
    );
    vault.touch(0, false).unwrap();
    assert_eq!(vault.memory.account(0).pnl, usd(300), "once");
    vault.touch(0, true).unwrap();
    assert!(vault.memory.account(0).legs.as_slice().is_empty());
    vault.touch(2, false).unwrap();
    assert_eq!(vault.memory.account(2).pnl, usd(700));
    assert_eq!(vault.check(), 0);
}

/// Every bucket is empty once its legs have left, whatever it went through, and its instrument can be retired.
#[test]
fn a_bucket_whose_legs_have_all_left_is_empty() {
    let mut vault = giant(100_000_000_000_000 * WAD);
    let number = vault.memory.account(0).bucket;
    for newcomer in 10..30 {
        vault.deposit(newcomer, usd(1_000_000_000)).unwrap();
        let (mark, size) = (vault.mark(0), 1_000_000_000_000 * WAD + newcomer as u128);
        vault.trade(newcomer, 1, 0, Size(size), mark).unwrap();
        let open = vault.memory.side(0, Side::Long).open_interest.0;
        cut_to(
            &mut vault,
            1,
            open / (7 + 1_000_003 * (newcomer as u128 % 2)),
        );
        vault.check();
    }
    assert!(vault.memory.bucket(0, Side::Long, number).epoch > 8);
    for account in [0].into_iter().chain(10..30) {
        let (held, mark) = (vault.size(account, 0), vault.mark(0));
        if held.0 > 0 {
            vault.trade(1, account, 0, held.size(), mark).unwrap();
        }
        vault.touch(account, true).unwrap();
        vault.check();
    }
    assert_eq!(vault.memory.side(0, Side::Long).occupied, 0);
    for bucket in (0..).take(BUCKETS) {
        assert!(vault.memory.bucket(0, Side::Long, bucket).is_empty());
    }
    // What rounding left the short of the last is its own side's; it goes with its account.
    let rest = vault.size(1, 0).size();
    assert!(rest.0 < 1_000_000_000_000, "{rest:?}");
    let closed = |vault: &mut Vault| vault.run(|ledger| ledger.retire(0));
    assert_eq!(closed(&mut vault), Ok(rest == Size::ZERO));
    cut_to(&mut vault, 1, 0);
    assert_eq!(closed(&mut vault), Ok(true));
}

/// Anybody lets legs of ended epochs join anew, in the bucket where they are if none above is due; those of the current epoch, and
/// those of an account in debt, stay.
#[test]
fn anybody_lets_legs_of_ended_epochs_join_anew() {
    let mut vault = giant(100_000_000_000_000 * WAD);
    vault.list(1, MARK);
    vault.deposit(2, usd(1_000_000)).unwrap();
    vault.trade(0, 2, 1, Size(8 * WAD), MARK).unwrap();
    let number = vault.memory.account(0).bucket;
    let refused = vault.run(|ledger| ledger.rebucket(0));
    assert_eq!(refused.map(drop), Err(Error::NotDue));
    cut_to(&mut vault, 1, 1_000 * WAD);
    vault
        .run(|ledger| ledger.cut_leg(2, POOL, 1, Ratio(WAD / 2), Size::MAX, Ratio::ZERO))
        .unwrap();
    let before = vault.memory.leg(0, 1);
    assert!(vault.memory.bucket(0, Side::Long, number).epoch > 0);
    let (old, valued) = vault.run(|ledger| ledger.rebucket(0)).unwrap();
    assert_eq!((old, valued.account.bucket), (number, number), "not down");
    let leg = vault.memory.leg(0, 0);
    near(vault.size(0, 0), wad(1_000), 10);
    assert!(leg.joined.0.abs_diff(1_000 * WAD) < 10, "anew");
    assert_eq!(vault.memory.leg(0, 1), before, "as it was");
    vault.check();
    let refused = vault.run(|ledger| ledger.rebucket(0));
    assert_eq!(refused.map(drop), Err(Error::NotDue));

    // One that is in debt keeps no leg that was cut to nothing: its debt is attributed, whatever legs are left.
    vault.poke(1, Price(WAD)).unwrap();
    cut_to(&mut vault, 1, 0);
    vault.memory.accounts.get_mut(&0).unwrap().capital = Usd::ZERO;
    vault.memory.totals.capital = vault
        .memory
        .totals
        .capital
        .minus(usd(1_000_000_000))
        .unwrap();
    vault.touch(0, false).unwrap();
    let account = vault.memory.account(0);
    assert!(account.in_debt() && account.bucket == DEBT);
    assert!(vault.memory.debts(1).known > Usd::ZERO);
    let refused = vault.run(|ledger| ledger.rebucket(0));
    assert_eq!(refused.map(drop), Err(Error::NotDue));
    assert_eq!(vault.memory.account(0).legs.as_slice(), [1]);
}

/// An account whose bucket is in its last epoch cannot join it anew; it settles and leaves as ever.
#[test]
fn the_last_epoch_keeps_nobody_in() {
    let mut vault = vault();
    open(&mut vault, (0, wad(10_000)), (1, wad(10_000)), 100 * WAD);
    let number = vault.memory.account(0).bucket;
    let mut bucket = vault.memory.bucket(0, Side::Long, number);
    bucket.epoch = LAST_EPOCH;
    vault.memory.set_bucket(0, Side::Long, number, &bucket);
    let mut leg = vault.memory.leg(0, 0);
    leg.epoch = LAST_EPOCH;
    vault.memory.set_leg(0, 0, Some(&leg));
    cut_to(&mut vault, 1, WAD / 1_000_000_000);
    near(vault.size(0, 0), wad(1) / 1_000_000_000, 2);
    cut_to(&mut vault, 1, 0);
    assert_eq!(vault.size(0, 0), Position::ZERO);
    assert_eq!(vault.memory.side(0, Side::Long).occupied, 0);
    vault.touch(0, false).unwrap();
    let refused = vault.run(|ledger| ledger.rebucket(0));
    assert_eq!(refused.map(drop), Err(Error::NotDue));
    vault.withdraw(0, usd(10_000)).unwrap();
    assert!(vault.memory.account(0).legs.as_slice().is_empty());
    assert!(vault.memory.bucket(0, Side::Long, number).is_empty());
    let (mark, number) = (vault.mark(0), number + 1);
    vault.deposit(0, usd(10_000)).unwrap();
    vault.trade(0, 1, 0, Size(100 * WAD), mark).unwrap();
    assert_eq!(vault.memory.account(0).bucket, number, "stands in");
    vault.check();
}

#[derive(Clone, Debug)]
enum Step {
    /// An account buys so many units of 1e-18, times a power of ten.
    Buy(usize, u128, u32),
    /// The short closes all but one part in a power of ten.
    Cut(u128, u32),
    Touch(usize, bool),
    Rebucket(usize),
    Sell(usize),
    /// The mark moves by so many basis points.
    Poke(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let account = 2..8_usize;
    prop_oneof![
        6 => (account.clone(), 1_u128..1000, 0_u32..30).prop_map(|(id, size, tens)| Step::Buy(id, size, tens)),
        4 => (1_u128..10, 0_u32..13).prop_map(|(parts, tens)| Step::Cut(parts, tens)),
        2 => (account.clone(), any::<bool>()).prop_map(|(id, owner)| Step::Touch(id, owner)),
        1 => account.clone().prop_map(Step::Rebucket),
        2 => account.prop_map(Step::Sell),
        3 => (-500_i64..500).prop_map(Step::Poke),
    ]
}

/// Everything of [`Vault::check`] holds while giants and dwarfs share buckets that are divided again and again, and what the accounts
/// claim never exceeds what the vault holds by more than residue can gain.
fn wear_out(steps: Vec<Step>) -> (usize, usize) {
    let mut vault = giant(1_000_000 * WAD);
    for account in 2..8 {
        vault.deposit(account, usd(10_000_000_000)).unwrap();
    }
    let id: InstrumentId = 0;
    let mut rounding = 0;
    for step in steps {
        let mark = vault.mark(id);
        match step {
            Step::Buy(account, size, tens) => {
                let open = vault.memory.side(id, Side::Long).open_interest.0;
                let size = (size * 10_u128.pow(tens)).min(Size::MAX.0 - open);
                if size > 0 {
                    vault.trade(account, 1, id, Size(size), mark).unwrap();
                }
            }
            Step::Cut(parts, tens) => {
                let held = vault.size(1, id).size().0;
                cut_to(&mut vault, 1, held / 10_u128.pow(tens) / 10 * parts);
            }
            Step::Touch(account, by_owner) => vault.touch(account, by_owner).unwrap(),
            Step::Rebucket(account) => {
                let done = vault.run(|ledger| ledger.rebucket(account));
                assert!(matches!(done, Ok(_) | Err(Error::NotDue)));
            }
            Step::Sell(account) => {
                let held = vault.size(account, id);
                if held.0 > 0 {
                    vault.trade(1, account, id, held.size(), mark).unwrap();
                }
            }
            Step::Poke(points) => {
                let moved = mark.0 / 10_000 * 10_000_u128.saturating_add_signed(points.into());
                vault.poke(id, Price(moved)).unwrap();
            }
        }
        // K counts in 1e-21 of a unit of base, and each operation rounds it for a leg, of both sides, at most twice.
        let bases = vault.memory.buckets.values().map(|bucket| bucket.base.0);
        let base = bases.max().unwrap() / 10_u128.pow(21);
        rounding += 4 * base.cast_signed() + 1_000;
        let surplus = vault.check();
        assert!(surplus.abs() <= rounding, "{surplus}, beyond {rounding}");
    }
    let ended = vault.memory.ended.values();
    let emptied = ended.filter(|ended| ended.emptied).count();
    (vault.memory.ended.len() - emptied, emptied)
}

#[test]
fn giants_and_dwarfs_wear_buckets_out_and_nothing_is_lost() {
    let cases = std::env::var("RISK_CASES").map_or(300, |cases| cases.parse().unwrap());
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let (divided, emptied) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    runner
        .run(&prop::collection::vec(step(), 1..80), |steps| {
            let (more, gone) = wear_out(steps);
            divided.set(divided.get() + more);
            emptied.set(emptied.get() + gone);
            Ok(())
        })
        .unwrap();
    println!(
        "bases divided {} times, {} buckets emptied",
        divided.get(),
        emptied.get()
    );
    assert!(divided.get() > 100 && emptied.get() > 10);
}
