//! A bucket at its edges: whether it was cut, and when a cut closes it.

use risk::{Base, Bucket, Cumulative, Index, Scale, Size, WAD};

/// A bucket with so many units of base, uncut.
fn bucket(units: u128) -> Bucket {
    Bucket {
        base: Base(units * WAD),
        joined: Size(units * WAD),
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
fn a_bucket_stays_open_at_the_smallest_scale_and_closes_below() {
    let mut kept = bucket(1_000_000);
    assert_eq!(kept.cut(Index::ZERO, Size(WAD)), Ok(None));
    assert_eq!((kept.scale, kept.epoch), (Scale::MIN, 0));
    let mut closed = bucket(1_000_000);
    assert_eq!(
        closed.cut(Index::ZERO, Size(WAD - 1)),
        Ok(Some(Cumulative::ZERO))
    );
    assert_eq!(closed, Bucket::empty(1));
}

#[test]
fn a_cut_takes_no_gain() {
    let mut cut = bucket(8);
    let (before, index) = (bucket(8), Index(100 * WAD.cast_signed()));
    assert_eq!(cut.cut(index, Size(2 * WAD)), Ok(None));
    assert_eq!(cut.cumulative_floor(index), before.cumulative_floor(index));
    // From then on a unit of base gains a quarter.
    let later = Index(104 * WAD.cast_signed());
    let gained = cut.cumulative_floor(later).unwrap().0 - cut.cumulative_floor(index).unwrap().0;
    assert_eq!(gained, 10_i128.pow(21));
}
