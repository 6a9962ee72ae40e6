//! Which buckets a deleveraging cuts, and how far.

use core::cmp::Ordering;

use super::bucket::{BUCKETS, DEBT, width};
use crate::{Error, Ratio, Result, Size, WAD, math, refused};

/// What remains of each bucket of one side after `amount` has been taken off it by water-filling, and the water level: one where
/// accounts in debt alone were cut.
///
/// `buckets` holds (effective size, M). Accounts in debt are cut first. Then every other bucket above the water level is scaled
/// down to it, where a bucket's level is its edge x M / size, and
/// water = (sum of the sizes above it - amount) / (sum of their widths), width = size / level.
/// Remainders round down, so that what is taken is at least `amount`, or everything. The level that is returned is rounded down.
///
/// # Errors
/// [`Error::Overflow`] if a sum does not fit.
#[inline]
pub fn water_fill(
    buckets: &[(Size, Size); BUCKETS],
    amount: Size,
) -> Result<([Size; BUCKETS], Ratio)> {
    let mut remaining = buckets.map(|(size, _)| size);
    let debt = usize::from(DEBT);
    let from_debt = amount.min(remaining[debt]);
    remaining[debt] = remaining[debt].minus(from_debt)?;
    let left = amount.minus(from_debt)?;
    if left == Size::ZERO {
        return Ok((remaining, Ratio::ONE));
    }

    let mut widths = [0; BUCKETS - 1];
    for (bucket, slot) in widths.iter_mut().enumerate() {
        let (size, weight) = buckets[bucket];
        *slot = width(bucket, size, weight)?;
    }
    let mut above = [false; BUCKETS - 1];
    let (mut size_above, mut width_above) = (Size::ZERO, 0_u128);
    while let Some(top) = highest(&remaining, &widths, &above) {
        // Water stands at (size above - left) / width above: done once that reaches the next level.
        let kept = size_above.0.saturating_sub(left.0);
        if width_above > 0
            && size_above >= left
            && math::cmp_products(kept, widths[top], remaining[top].0, width_above)
                != Ordering::Less
        {
            break;
        }
        above[top] = true;
        size_above = size_above.plus(remaining[top])?;
        width_above = width_above
            .checked_add(widths[top])
            .ok_or_else(|| refused(Error::Overflow))?;
    }
    let kept = size_above.0.saturating_sub(left.0);
    for bucket in 0..above.len() {
        if above[bucket] {
            remaining[bucket] = Size(math::mul_div_down(kept, widths[bucket], width_above)?);
        }
    }
    // Nothing is kept where nothing is above.
    let level = math::mul_div_down(kept, WAD, width_above.max(1))?;
    Ok((remaining, Ratio(level)))
}

/// The bucket with the highest level among those that hold something and are not marked; levels compare exactly.
#[inline]
fn highest(
    sizes: &[Size; BUCKETS],
    widths: &[u128; BUCKETS - 1],
    marked: &[bool; BUCKETS - 1],
) -> Option<usize> {
    let mut best: Option<usize> = None;
    for bucket in (0..marked.len()).rev() {
        if marked[bucket] || sizes[bucket] == Size::ZERO {
            continue;
        }
        let higher = best.is_none_or(|top| {
            math::cmp_products(sizes[bucket].0, widths[top], sizes[top].0, widths[bucket])
                == Ordering::Greater
        });
        if higher {
            best = Some(bucket);
        }
    }
    best
}
