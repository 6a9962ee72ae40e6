//! A bucket at its edges: whether it was cut, what it weighs, and when a cut or a leaving ends its epoch.

use proptest::prelude::*;
use risk::{Base, Bucket, Cumulative, Ended, Index, LAST_EPOCH, Scale, Size, WAD};

/// A bucket with so many units of base, uncut.
fn bucket(units: u128) -> Bucket {
    Bucket {
        base: Base(units * WAD),
        weight: Size(units * WAD),
        ..Bucket::default()
    }
}

#[test]
fn a_bucket_is_cut_if_its_scale_or_its_drift_says_so() {
    let whole = bucket(10);
    assert!(!whole.is_cut());
    let drifted = Bucket {
        drift: Cumulative(1),
        ..whole
    };
    assert!(drifted.is_cut());
    // Where the index is zero, a cut moves the scale alone.
    let mut cut = whole;
    assert_eq!(cut.cut(Index::ZERO, Size(5 * WAD)), Ok(None));
    assert_eq!(cut.drift, Cumulative::ZERO);
    assert!(cut.is_cut());
}

#[test]
fn bases_are_divided_below_the_smallest_scale() {
    let mut kept = bucket(1_000_000);
    assert_eq!(kept.cut(Index::ZERO, Size(WAD)), Ok(None));
    assert_eq!((kept.scale, kept.epoch), (Scale::MIN, 0));

    let index = Index(3 * WAD.cast_signed());
    let mut divided = bucket(1_000_000);
    let left = Size(WAD - 1);
    let ended = divided.cut(index, left).unwrap().unwrap();
    assert_eq!(ended.cumulative, Cumulative(3 * 10_i128.pow(21)), "K_end");
    assert!(!ended.emptied);
    assert_eq!((divided.base, divided.epoch), (Base(WAD), 1));
    assert_eq!(divided.scale, Scale(10_u128.pow(27) - 10_u128.pow(9)));
    assert_eq!(divided.size(), Ok(left));
    assert_eq!(divided.cumulative_ceil(index), Ok(Cumulative::ZERO), "K");
    assert_eq!(divided.weight, Size(WAD / 1_000_000), "M as after a cut");
    assert!(!divided.is_empty());
}

#[test]
fn a_cut_divides_as_often_as_it_takes() {
    let mut giant = bucket(10_u128.pow(14));
    let left = Size(10 * WAD);
    let ended = giant.cut(Index::ZERO, left).unwrap().unwrap();
    assert!(!ended.emptied);
    assert_eq!((giant.base, giant.epoch), (Base(100 * WAD), 2));
    assert_eq!(giant.scale, Scale(10_u128.pow(26)));
    assert_eq!(giant.size(), Ok(left));
}

#[test]
fn a_cut_to_nothing_or_to_a_base_below_the_least_empties() {
    for (left, emptied) in [(0, true), (65_535, true), (65_536, false)] {
        let mut cut = bucket(1);
        cut.base = Base(65_536 * 1_000_000 - u128::from(left == 65_535));
        cut.weight = Size(cut.base.0);
        let ended = cut.cut(Index::ZERO, Size(left.min(65_535))).unwrap();
        assert_eq!(ended.map(|ended| ended.emptied), Some(emptied), "{left}");
        assert_eq!((cut.is_empty(), cut.epoch), (emptied, 1));
        if emptied {
            assert_eq!(cut, Bucket::empty(1));
        }
    }
}

#[test]
fn a_leaving_that_leaves_a_base_below_the_least_empties() {
    let index = Index(7 * WAD.cast_signed());
    let leave = |rest: u128| {
        let mut left = bucket(5);
        left.join(Base(rest), Size(rest)).unwrap();
        let all = Size(5 * WAD);
        let ended = left.leave(index, Base(all.0), (all, all));
        (left, ended.unwrap())
    };
    let (left, ended) = leave(65_536);
    assert_eq!((left.base, left.weight), (Base(65_536), Size(65_536)));
    assert_eq!(ended, None);
    let (left, ended) = leave(65_535);
    assert_eq!(left, Bucket::empty(1));
    let cumulative = Cumulative(7 * 10_i128.pow(21));
    let emptied = true;
    assert_eq!(
        ended,
        Some(Ended {
            cumulative,
            emptied
        })
    );
    // Where all have left, nobody needs to be told.
    assert_eq!(leave(0), (Bucket::empty(0), None));
}

#[test]
fn the_last_epoch_never_ends() {
    let index = Index(2 * WAD.cast_signed());
    let last = |units| Bucket {
        epoch: LAST_EPOCH,
        ..bucket(units)
    };
    let mut worn = last(10_u128.pow(9));
    assert_eq!(worn.cut(index, Size(1)), Ok(None));
    assert_eq!((worn.scale, worn.size()), (Scale(1), Ok(Size(1))));
    assert_eq!(worn.cut(index, Size(0)), Ok(None));
    assert!(worn.is_empty() && worn.base == Base(10_u128.pow(27)));
    let gained = worn.cumulative_floor(index).unwrap().0;
    assert!((0..10).contains(&(2 * 10_i128.pow(21) - gained)));
    // Nothing is gained from then on, and every leg can leave.
    assert_eq!(worn.cumulative_floor(Index::ZERO).unwrap().0, gained);
    let (none, joined) = (Size(0), Size(WAD));
    let before = Base(worn.base.0 - 1);
    assert_eq!(worn.leave(index, before, (none, joined)), Ok(None));
    assert_eq!(worn.epoch, LAST_EPOCH);
    assert_eq!(worn.leave(index, Base(1), (none, joined)), Ok(None));
    assert_eq!(worn, Bucket::empty(LAST_EPOCH));

    // One that would pass it stops there, at a scale as small as it takes.
    let mut before = Bucket {
        epoch: LAST_EPOCH - 1,
        ..bucket(10_u128.pow(14))
    };
    let ended = before.cut(index, Size(10 * WAD)).unwrap().unwrap();
    assert!(!ended.emptied);
    assert_eq!(
        (before.base, before.epoch),
        (Base(10_u128.pow(26)), LAST_EPOCH)
    );
    assert_eq!(before.size(), Ok(Size(10 * WAD)));
}

#[test]
fn a_cut_takes_no_gain() {
    for left in [2 * WAD, WAD / 1_000_000] {
        let mut cut = bucket(8);
        let (before, index) = (bucket(8), Index(100 * WAD.cast_signed()));
        let end = cut.cut(index, Size(left)).unwrap();
        let so_far = end.map_or(Cumulative::ZERO, |ended| ended.cumulative);
        let now = so_far.plus(cut.cumulative_floor(index).unwrap());
        assert_eq!(now, before.cumulative_floor(index));
        // From then on all of it gains as its size does.
        let later = cut.cumulative_floor(Index(104 * WAD.cast_signed()));
        let change = later.unwrap().minus(cut.cumulative_floor(index).unwrap());
        let gained = cut.base.gain(change.unwrap()).unwrap().0;
        assert!(
            (0..10).contains(&(4 * left.cast_signed() - gained)),
            "{gained}"
        );
    }
}

proptest! {
    /// Whoever joins and leaves again has changed nothing, whatever the bucket went through before.
    #[test]
    fn joining_and_leaving_changes_no_level(
        cuts in prop::collection::vec(1_u128..1000, 0..8), size in 1_u128..1_000_000_000 * WAD,
    ) {
        let mut worn = bucket(1_000_000);
        for share in cuts {
            let left = Size(worn.size().unwrap().0 / 1000 * share);
            prop_assume!(left.0 > 1_000_000);
            worn.cut(Index::ZERO, left).unwrap();
        }
        let mut passed = worn;
        let base = Base::of(Size(size), worn.scale).unwrap();
        passed.join(base, Size(size)).unwrap();
        let now = base.size(worn.scale).unwrap();
        prop_assert_eq!(passed.leave(Index::ZERO, base, (now, Size(size))), Ok(None));
        prop_assert!((0..=2).contains(&(passed.weight.0 - worn.weight.0)));
        passed.weight = worn.weight;
        prop_assert_eq!(passed, worn);
    }

    /// M covers what the legs of a bucket will take along, to 3 units for each time that their bases were divided, and is at most
    /// the size.
    #[test]
    fn the_weight_of_a_bucket_covers_its_legs(
        legs in prop::collection::vec((1_u128..1_000_000_000_000, 0_u32..16, 1_u128..1_000_000), 1..20),
    ) {
        let mut bucket = Bucket::default();
        let mut held: Vec<(Base, Size)> = vec![];
        for (size, tens, share) in legs {
            let size = Size(size * 10_u128.pow(tens) + 65_536);
            let base = Base::of(size, bucket.scale).unwrap();
            bucket.join(base, size).unwrap();
            held.push((base, size));
            let left = bucket.size().unwrap().0 / 1_000_000 * share;
            let epoch = bucket.epoch;
            match bucket.cut(Index::ZERO, Size(left)).unwrap() {
                Some(Ended { emptied: true, .. }) => held.clear(),
                _ => for (base, _) in &mut held {
                    (epoch..bucket.epoch).for_each(|_| *base = base.divided());
                }
            }
            let parts = held.iter().map(|(base, joined)| {
                let now = base.size(bucket.scale).unwrap();
                risk::math::mul_div_down(now.0, now.0, joined.0).unwrap()
            });
            let rounding = 3 * u128::from(bucket.epoch);
            prop_assert!(parts.sum::<u128>() <= bucket.weight.0 + rounding);
            let most = bucket.size().unwrap().0 + 2 * 20 + rounding;
            prop_assert!(bucket.weight.0 <= most + most / 1_000_000_000_000);
            prop_assert!(bucket.scale.0 <= Scale::ONE.0 + (Scale::ONE.0 >> 16));
            prop_assert!(bucket.is_empty() || bucket.scale >= Scale::MIN);
        }
    }
}
