//! Which buckets a deleveraging cuts, and how far.

use core::cmp::Ordering;

use crate::bucket::{BUCKETS, DEBT, weight};
use crate::{Error, Result, Size, math};

/// What remains of each bucket of one side after `amount` has been taken off it by water-filling.
///
/// `buckets` holds (effective size, size at joining). Accounts in debt are cut first. Then every other bucket above the
/// water level is scaled down to it, where a bucket's level is its edge x size / size at joining, and
/// water = (sum of the sizes above it - amount) / (sum of their weights), weight = size at joining / edge.
/// Remainders round down, so that what is taken is at least `amount`, or everything.
///
/// # Errors
/// [`Error::Overflow`] if a sum does not fit.
pub fn water_fill(buckets: &[(Size, Size); BUCKETS], amount: Size) -> Result<[Size; BUCKETS]> {
    let mut remaining = buckets.map(|(size, _)| size);
    let debt = usize::from(DEBT);
    let from_debt = amount.min(remaining[debt]);
    remaining[debt] = remaining[debt].minus(from_debt)?;
    let left = amount.minus(from_debt)?;
    if left == Size::ZERO {
        return Ok(remaining);
    }

    let mut weights = [0; BUCKETS - 1];
    for (bucket, slot) in weights.iter_mut().enumerate() {
        *slot = weight(bucket, buckets[bucket].1)?;
    }
    let mut above = [false; BUCKETS - 1];
    let (mut size_above, mut weight_above) = (Size::ZERO, 0_u128);
    while let Some(top) = highest(&remaining, &weights, &above) {
        // Water stands at (size above - left) / weight above: done once that reaches the next level.
        let kept = size_above.0.saturating_sub(left.0);
        if weight_above > 0
            && size_above >= left
            && math::cmp_products(kept, weights[top], remaining[top].0, weight_above)
                != Ordering::Less
        {
            break;
        }
        above[top] = true;
        size_above = size_above.plus(remaining[top])?;
        weight_above = weight_above
            .checked_add(weights[top])
            .ok_or(Error::Overflow)?;
    }
    let kept = size_above.0.saturating_sub(left.0);
    for bucket in 0..above.len() {
        if above[bucket] {
            remaining[bucket] = Size(math::mul_div_down(kept, weights[bucket], weight_above)?);
        }
    }
    Ok(remaining)
}

/// The bucket with the highest level among those that hold something and are not marked; levels compare exactly.
fn highest(
    sizes: &[Size; BUCKETS],
    weights: &[u128; BUCKETS - 1],
    marked: &[bool; BUCKETS - 1],
) -> Option<usize> {
    let mut best: Option<usize> = None;
    for bucket in (0..marked.len()).rev() {
        if marked[bucket] || sizes[bucket] == Size::ZERO {
            continue;
        }
        let higher = best.is_none_or(|top| {
            math::cmp_products(sizes[bucket].0, weights[top], sizes[top].0, weights[bucket])
                == Ordering::Greater
        });
        if higher {
            best = Some(bucket);
        }
    }
    best
}
