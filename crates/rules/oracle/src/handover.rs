//! From one asset's sources to others, so that nothing depends on a feed for ever, and nobody sets a price by choosing one (DESIGN 5).

use risk::Mark;

use crate::WAD;
use crate::math::{share_at_least, share_of};
use crate::price::Price;
use crate::quote::Sources;
use crate::settlement::DAY;
use crate::source::{Sample, SourcePrice};

/// How far new sources of a live asset may be from what was known, per cent; of a frozen one times the root of the hours that it has
/// been frozen.
const BAND: u64 = 3;

/// What that grows to at most, per cent.
const WIDEST_BAND: u64 = 50;

/// How far apart the new sources of a frozen asset may be, as a share of the lower, per cent.
const APART: u64 = 1;

/// What an asset is whose sources change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetState {
    /// It has had no price, so that there is nothing to compare.
    Unpriced,
    /// Its mark is trusted.
    Live,
    /// It is not.
    Frozen,
}

/// Why new sources are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Those of a live asset were changed less than a day ago.
    TooSoon {
        /// From when on they may be.
        allowed_at: u64,
    },
    /// One of them gives no trusted price; a frozen asset takes two.
    Untrusted,
    /// One of them is too far from the mark or the stable price, or those of a frozen asset from each other.
    TooFar {
        /// Its price.
        price: SourcePrice,
    },
}

/// Whether an asset whose last `price` is as observed at `now`, and whose sources were last changed at `changed_at` (zero if never),
/// takes new `sources`, and what it is before.
///
/// A frozen asset has been so since its mark became too old.
pub fn take(
    price: &Price,
    changed_at: u64,
    sources: &Sources,
    now: u64,
) -> Result<AssetState, NotTaken> {
    if price.mark == Mark::ZERO {
        return Ok(AssetState::Unpriced);
    }
    let live = price.is_trusted(now);
    let allowed_at = changed_at.saturating_add(DAY);
    if live && changed_at != 0 && now < allowed_at {
        return Err(NotTaken::TooSoon { allowed_at });
    }
    let (primary, secondary) = match *sources {
        Sources::One(Some(only)) if live => (only, only),
        Sources::Two(Some(primary), Some(secondary)) => (primary, secondary),
        _ => return Err(NotTaken::Untrusted),
    };
    let band = if live {
        percent(BAND)
    } else {
        agree(primary, secondary)?;
        band_after(now.saturating_sub(price.valid_until))
    };
    for sample in [primary, secondary] {
        for known in [price.mark.0, price.stable.0] {
            if sample.price.0.abs_diff(known) > share_of(known, band, WAD) {
                let price = sample.price;
                return Err(NotTaken::TooFar { price });
            }
        }
    }
    Ok(if live {
        AssetState::Live
    } else {
        AssetState::Frozen
    })
}

const fn percent(percent: u64) -> u64 {
    WAD / 100 * percent
}

fn agree(primary: Sample, secondary: Sample) -> Result<(), NotTaken> {
    let (SourcePrice(a), SourcePrice(b)) = (primary.price, secondary.price);
    if share_at_least(a.abs_diff(b), a.min(b), APART, 100) {
        let price = secondary.price;
        return Err(NotTaken::TooFar { price });
    }
    Ok(())
}

/// 3 % x sqrt(hours), at most 50 %; WAD, rounded down to a thousandth of the root.
fn band_after(secs: u64) -> u64 {
    let root = (secs.min(1 << 32) * 1_000_000 / 3_600).isqrt();
    (percent(BAND) / 1_000)
        .saturating_mul(root)
        .min(percent(WIDEST_BAND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stable;
    use crate::price::Status;

    const NOW: u64 = 1_800_000_000;
    const HOUR: u64 = 3_600;

    fn price(mark: u128, stable: u128) -> Price {
        Price {
            mark: Mark(mark),
            stable: Stable(stable),
            observed_at: NOW,
            valid_until: NOW + HOUR,
            status: Status::Agreeing,
            ..Price::default()
        }
    }

    fn frozen(mark: u128, hours: u64) -> Price {
        Price {
            valid_until: NOW - hours * HOUR,
            status: Status::Frozen,
            ..price(mark, mark)
        }
    }

    fn at(price: u128) -> Option<Sample> {
        Some(Sample {
            price: SourcePrice(price),
            updated_at: NOW,
            valid_until: NOW + HOUR,
        })
    }

    fn one(price: u128) -> Sources {
        Sources::One(at(price))
    }

    fn two(primary: u128, secondary: u128) -> Sources {
        Sources::Two(at(primary), at(secondary))
    }

    fn too_far(price: u128) -> Result<AssetState, NotTaken> {
        Err(NotTaken::TooFar {
            price: SourcePrice(price),
        })
    }

    #[test]
    fn a_live_asset_takes_sources_within_three_per_cent_of_mark_and_stable_price() {
        let asked = |sources| take(&price(10_000, 10_200), 0, &sources, NOW);
        assert_eq!(asked(one(10_300)), Ok(AssetState::Live));
        assert_eq!(asked(one(10_301)), too_far(10_301));
        assert_eq!(asked(two(10_000, 9_894)), Ok(AssetState::Live));
        assert_eq!(asked(two(10_000, 9_893)), too_far(9_893));
        assert_eq!(asked(Sources::One(None)), Err(NotTaken::Untrusted));
        assert_eq!(
            asked(Sources::Two(at(10_000), None)),
            Err(NotTaken::Untrusted)
        );
    }

    #[test]
    fn a_live_asset_takes_others_once_a_day() {
        let asked = |changed_at| take(&price(100, 100), changed_at, &one(100), NOW);
        assert_eq!(asked(NOW - DAY), Ok(AssetState::Live));
        let allowed_at = NOW + 1;
        assert_eq!(asked(NOW - DAY + 1), Err(NotTaken::TooSoon { allowed_at }));
    }

    #[test]
    fn a_frozen_asset_takes_two_that_agree_within_the_root_of_its_hours() {
        let asked = |hours, sources| take(&frozen(1_000_000, hours), NOW, &sources, NOW);
        assert_eq!(asked(4, one(1_000_000)), Err(NotTaken::Untrusted));
        assert_eq!(asked(4, two(1_060_000, 1_060_000)), Ok(AssetState::Frozen));
        assert_eq!(asked(4, two(940_000, 940_000)), Ok(AssetState::Frozen));
        let price = 1_060_001;
        assert_eq!(asked(4, two(price, 1_060_000)), too_far(price));
        assert_eq!(asked(400, two(500_000, 500_000)), Ok(AssetState::Frozen));
        let price = 499_999;
        assert_eq!(asked(400_000, two(500_000, price)), too_far(price));
        assert_eq!(asked(4, two(1_000_000, 1_009_999)), Ok(AssetState::Frozen));
        let price = 1_010_000;
        assert_eq!(asked(4, two(1_000_000, price)), too_far(price));
        assert_eq!(asked(0, two(1_000_000, 1_000_001)), too_far(1_000_001));
    }

    #[test]
    fn a_frozen_asset_must_be_near_its_stable_price_too() {
        let price = Price {
            stable: Stable(900_000),
            ..frozen(1_000_000, 4)
        };
        let asked = |price_of_both| take(&price, 0, &two(price_of_both, price_of_both), NOW);
        assert!(asked(954_000).is_ok());
        assert!(asked(960_000).is_err());
    }

    #[test]
    fn an_asset_without_a_price_takes_any() {
        let none = take(&Price::default(), NOW, &Sources::One(None), NOW);
        assert_eq!(none, Ok(AssetState::Unpriced));
    }
}
