//! What happens at each limit of precision: the operation that would pass it is refused, and whatever lets funds out goes on.

mod common;

use common::{Vault, usd, wad};
use proptest::prelude::*;
use risk::{
    DEBT, Error, Index, LAST_EPOCH, Mark, Price, Prices, Ratio, Scale, Side, Size, Store, Usd, WAD,
};

const ONE: Price = Price(WAD);

/// Accounts 0 and 1 hold such a position against each other, account 2 only capital.
fn vault(mark: Price, size: Size, margin: Usd) -> Vault {
    let mut vault = Vault::default();
    vault.list(0, mark);
    for account in 0..3 {
        vault.deposit(account, margin).unwrap();
    }
    vault.trade(0, 1, 0, size, mark).unwrap();
    vault
}

/// Everybody can settle, close and leave with all their capital; what profit is left cannot exceed the tokens.
fn everybody_leaves(vault: &mut Vault) {
    vault.check();
    let mark = vault.mark(0);
    let held = vault.size(0, 0);
    if held.0 > 0 {
        vault.trade(1, 0, 0, held.size(), mark).unwrap();
    } else if held.0 < 0 {
        vault.trade(0, 1, 0, held.size(), mark).unwrap();
    }
    for account in 0..3 {
        vault.convert(account).unwrap();
        let capital = vault.memory.account(account).capital;
        vault.withdraw(account, capital).unwrap();
    }
    vault.check();
    assert_eq!(vault.memory.totals.capital, Usd::ZERO);
}

#[test]
fn a_price_beyond_the_largest_is_refused_and_the_old_one_stays() {
    let mut vault = vault(ONE, Size(WAD), usd(1_000));
    assert_eq!(vault.poke(0, Price(Price::MAX.0 + 1)), Err(Error::Overflow));
    assert_eq!(vault.mark(0), ONE);
    everybody_leaves(&mut vault);

    let mut vault = self::vault(ONE, Size(WAD), usd(1_000));
    vault.poke(0, Price::MAX).unwrap();
    vault.touch(0, false).unwrap();
    vault.touch(1, false).unwrap();
    assert!(vault.memory.account(1).in_debt());
    vault.deleverage(1).unwrap().unwrap();
    everybody_leaves(&mut vault);
}

#[test]
fn funding_beyond_the_largest_is_refused() {
    let mut vault = vault(ONE, Size(WAD), usd(1_000));
    let beyond = Index(Index::MAX_FUNDING.0 + 1);
    assert_eq!(vault.fund(0, beyond), Err(Error::Overflow));
    assert_eq!(vault.fund(0, Index(-beyond.0)), Err(Error::Overflow));
    vault.fund(0, Index::MAX_FUNDING).unwrap();
    vault.fund(0, Index(-2 * Index::MAX_FUNDING.0)).unwrap();
    vault.touch(1, false).unwrap();
    vault.deleverage(1).unwrap().unwrap();
    everybody_leaves(&mut vault);
}

/// A side's value is bounded by what its accounts can settle; a price that would make it more is not taken.
#[test]
fn a_price_that_makes_a_side_too_valuable_is_refused() {
    let size = Size(Usd::MAX_TRADED.0.unsigned_abs());
    let mut vault = vault(ONE, size, usd(300_000_000_000));
    assert_eq!(vault.poke(0, Price(8 * WAD + 1)), Err(Error::Overflow));
    vault.poke(0, Price(8 * WAD)).unwrap();
    assert_eq!(vault.poke(0, Price(9 * WAD)), Err(Error::Overflow));
    vault.touch(0, false).unwrap();
    vault.touch(1, false).unwrap();
    vault.deleverage(1).unwrap().unwrap();
    everybody_leaves(&mut vault);
}

#[test]
fn open_interest_rises_to_its_limits_and_no_further() {
    let mut vault = vault(ONE, Size(Usd::MAX_TRADED.0.unsigned_abs()), usd(1_000));
    assert_eq!(vault.trade(0, 1, 0, Size(1), ONE), Err(Error::Overflow));
    // A handover leaves it as it is.
    vault.trade(2, 0, 0, Size(WAD), ONE).unwrap();
    everybody_leaves_after(&mut vault, |vault| vault.trade(0, 2, 0, Size(WAD), ONE));

    let dear = Price(WAD / 1_000_000);
    let mut vault = self::vault(dear, Size::MAX, usd(1_000_000_000));
    assert_eq!(vault.trade(0, 1, 0, Size(1), dear), Err(Error::Overflow));
    everybody_leaves(&mut vault);
}

fn everybody_leaves_after(vault: &mut Vault, first: impl FnOnce(&mut Vault) -> Result<(), Error>) {
    first(vault).unwrap();
    everybody_leaves(vault);
}

#[test]
fn amounts_end_at_their_limits() {
    let mut vault = Vault::default();
    vault.deposit(0, Usd::MAX_TOKENS).unwrap();
    assert_eq!(vault.deposit(1, Usd(1)), Err(Error::Overflow));
    vault.withdraw(0, Usd::MAX_TOKENS).unwrap();
    vault.deposit(1, Usd::MAX_TOKENS).unwrap();
    vault.withdraw(1, Usd::MAX_TOKENS).unwrap();
}

/// Out of reach of what a vault takes in; whoever would pass it is refused, whoever leaves is not.
#[test]
fn profit_and_totals_end_at_their_limits() {
    let gaining = || {
        let mut vault = vault(ONE, Size(WAD), usd(1_000));
        vault.poke(0, Price(2 * WAD)).unwrap();
        vault
    };
    let mut vault = gaining();
    vault.memory.totals.profit = Usd::MAX;
    assert_eq!(vault.touch(0, false), Err(Error::Overflow));
    vault.memory.totals.profit = Usd::MAX.minus(usd(1)).unwrap();
    assert_eq!(vault.touch(0, false), Ok(()));

    for (limit, refused) in [(Usd::MAX.0, true), (Usd::MAX.0 - wad(1), false)] {
        let mut vault = gaining();
        let account = vault.memory.accounts.get_mut(&0).unwrap();
        account.pnl = Usd(limit);
        vault.memory.totals.profit = Usd(limit);
        assert_eq!(vault.touch(0, false).is_err(), refused);
        vault.withdraw(2, usd(1_000)).unwrap();
    }
    for sign in [1, -1] {
        assert_eq!(Usd(sign * 5).within(Usd(5)), Ok(Usd(sign * 5)));
        assert_eq!(Usd(sign * 6).within(Usd(5)), Err(Error::Overflow));
    }
}

/// A side at the largest size is cut in half and filled up again until its bucket is worn down: what the bucket keeps still fits.
#[test]
fn the_largest_side_fits_its_bucket_down_to_the_smallest_scale() {
    let mark = Price(WAD / 1_000_000_000);
    let mut vault = Vault::default();
    vault.list(0, mark);
    let half = Size(Size::MAX.0 / 2);
    for account in 0..60 {
        vault.deposit(account, usd(200_000_000)).unwrap();
    }
    let (mut account, mut smallest) = (10, Scale::ONE);
    vault.trade(1, 0, 0, Size::MAX, mark).unwrap();
    for round in 0..24 {
        // Half of account 0's short goes, and half of every long with it; a new long takes its place.
        let share = Ratio(WAD / 2);
        vault
            .run(|ledger| ledger.cut_leg(0, 999, 0, share, Size::MAX, Ratio::ZERO))
            .unwrap();
        let left = vault.memory.side(0, Side::Short).open_interest;
        vault
            .trade(account, 0, 0, Size(Size::MAX.0 - left.0), mark)
            .unwrap();
        let bucket = vault.memory.bucket(0, Side::Long, 0);
        smallest = smallest.min(bucket.scale);
        assert!(left >= Size(half.0 - 1), "round {round}");
        // Joining anew at the small scale takes the largest base.
        vault.touch(1, true).unwrap();
        vault.check();
        account += 1;
    }
    assert!(smallest < Scale(Scale::MIN.0 * 3), "{smallest:?}");
    let bucket = vault.memory.bucket(0, Side::Long, 0);
    assert!(bucket.epoch > 0, "worn down, and its bases divided");
    let longs = (0..60).map(|account| vault.size(account, 0).0.max(0));
    let open = vault.memory.side(0, Side::Long).open_interest.0;
    let lost = open - longs.sum::<i128>().cast_unsigned();
    assert!(
        lost < 1_000_000_000_000,
        "nothing is lost: {lost} of {open}"
    );
    assert!(vault.size(1, 0).0 > 0, "of nobody's position");
    for account in 0..60 {
        vault.touch(account, true).unwrap();
        vault.withdraw(account, usd(100_000_000)).unwrap();
    }
    vault.check();
}

/// What is left below a millionth of a bucket has its bases divided: its legs keep their size, and gain by it.
#[test]
fn a_bucket_goes_on_below_the_smallest_scale() {
    for (kept, divided) in [(1_001_u128, false), (999, true)] {
        let size = Size(WAD * 1_000_000_000);
        let mut vault = vault(ONE, size, usd(2_000_000_000));
        vault.poke(0, Price(WAD / 100 * 101)).unwrap();
        let share = Ratio(WAD - kept * WAD / 1_000_000_000);
        vault
            .run(|ledger| ledger.cut_leg(1, 999, 0, share, Size::MAX, Ratio::ZERO))
            .unwrap();
        let number = vault.memory.account(0).bucket;
        let bucket = vault.memory.bucket(0, Side::Long, number);
        let left = vault.memory.side(0, Side::Long).open_interest;
        assert_eq!(left, Size(WAD * kept));
        assert_eq!(bucket.epoch, u32::from(divided));
        vault.poke(0, Price(WAD / 100 * 102)).unwrap();
        vault.touch(0, false).unwrap();
        let gained = vault.memory.account(0).pnl.0 - wad(10_000_000);
        let expected = wad(kept.cast_signed()) / 100;
        assert!((gained - expected).abs() < 1_000_000, "{gained}");
        assert!(vault.size(0, 0).size().0.abs_diff(left.0) < 1_000_000);
        let leg = vault.memory.leg(0, 0);
        assert_eq!((leg.epoch, leg.joined), (bucket.epoch, size));
        vault.check();
        everybody_leaves(&mut vault);
    }
}

/// A bucket in its last epoch takes no more legs: the next one does.
#[test]
fn the_next_bucket_stands_in_for_a_spent_one() {
    let mut vault = vault(ONE, Size(1_000 * WAD), usd(1_000));
    let risky = |vault: &mut Vault| {
        vault.withdraw(0, usd(700)).unwrap();
        vault.memory.account(0).bucket
    };
    let due = risky(&mut vault.clone());
    assert!(due > vault.memory.account(0).bucket && due < DEBT - 1);
    let mut bucket = vault.memory.bucket(0, Side::Long, due);
    bucket.epoch = LAST_EPOCH - 1;
    vault.memory.set_bucket(0, Side::Long, due, &bucket);
    assert_eq!(risky(&mut vault), due);
    vault
        .run(|ledger| ledger.cut_leg(1, 999, 0, Ratio::ONE, Size::MAX, Ratio::ZERO))
        .unwrap();
    assert!(vault.memory.bucket(0, Side::Long, due).is_spent());
    assert_eq!(vault.size(0, 0).0, 0);
    vault.trade(0, 1, 0, Size(1_000 * WAD), ONE).unwrap();
    assert_eq!(vault.memory.account(0).bucket, due + 1);
    vault.touch(0, true).unwrap();
    vault.trade(0, 1, 0, Size(WAD / 1_000), ONE).unwrap();
    assert_eq!(vault.memory.account(0).bucket, due + 1);
    everybody_leaves(&mut vault);
}

#[test]
fn a_debt_stays_where_it_is_if_its_bucket_is_spent() {
    let mut vault = vault(ONE, Size(100 * WAD), usd(100));
    let mut bucket = vault.memory.bucket(0, Side::Short, DEBT);
    bucket.epoch = LAST_EPOCH;
    vault.memory.set_bucket(0, Side::Short, DEBT, &bucket);
    vault.poke(0, Price(3 * WAD)).unwrap();
    vault.touch(1, false).unwrap();
    vault.touch(1, true).unwrap();
    let account = vault.memory.account(1);
    assert!(account.in_debt() && account.bucket < DEBT);
    assert_eq!(vault.deleverage(1).unwrap().unwrap().deficit, usd(100));
    everybody_leaves(&mut vault);
}

proptest! {
    /// However prices and funding move within their limits, and whatever is cut in between, K fits (the store asserts it), and
    /// every leg can be settled.
    #[test]
    fn cumulative_gains_stay_within_the_range_of_the_index(
        moves in prop::collection::vec((0_u32..101, any::<u64>(), -100_i64..101, 1_u128..1000), 1..40),
    ) {
        let mut vault = vault(ONE, Size(1_000), usd(1_000_000_000));
        for (bits, digits, funding, share) in moves {
            let mark = Mark(u128::from(digits) << 36 >> (100 - bits));
            let funding = Index(Index::MAX_FUNDING.0 / 100 * i128::from(funding));
            vault.run(|ledger| ledger.set_prices(0, &Prices { mark, funding })).unwrap();
            let share = Ratio(WAD / 1_000 * share);
            let short = if vault.size(1, 0).0 != 0 { 1 } else { 0 };
            vault.touch(short, false).unwrap();
            if vault.size(short, 0).0 != 0 && !vault.memory.account(short).in_debt() {
                vault.run(|ledger| ledger.cut_leg(short, 999, 0, share, Size::MAX, Ratio::ZERO)).unwrap();
            }
            vault.touch(0, true).unwrap();
            vault.check();
        }
    }
}
