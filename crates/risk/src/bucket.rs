//! Buckets: the legs of one instrument side whose owners have about the same margin utilisation.

use crate::{Base, Cumulative, Index, Result, Scale, Size, Usd, math};

/// Buckets of one instrument side.
pub const BUCKETS: usize = 16;
/// The bucket of accounts in debt, which is cut first.
pub const DEBT: u8 = 15;

/// Upper edge of each other bucket of margin utilisation (maintenance margin / equity), in units of 1e-9:
/// 2^((j - 14) / 2), a factor of the square root of 2 apart, 1 at the top.
const EDGES: [u32; BUCKETS - 1] = [
    7_812_500,
    11_048_543,
    15_625_000,
    22_097_087,
    31_250_000,
    44_194_174,
    62_500_000,
    88_388_348,
    125_000_000,
    176_776_695,
    250_000_000,
    353_553_391,
    500_000_000,
    707_106_781,
    1_000_000_000,
];
const EDGE_ONE: u128 = 1_000_000_000;

/// State of one bucket. With A the scale and K the cumulative gain at the signed index x, `drift` is K - A x: it changes
/// only when the bucket is cut, so no index needs to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// A: effective size = base x scale; falls when the side is deleveraged.
    pub scale: Scale,
    /// K less scale x index.
    pub drift: Cumulative,
    /// Sum of the bases of the bucket's legs.
    pub base: Base,
    /// Sum of the sizes that its legs had when they joined.
    pub joined: Size,
    /// Number of times that a cut has emptied the bucket; a leg of an earlier epoch has size zero.
    pub epoch: u32,
}

/// The last epoch of a bucket. Nothing joins a bucket that has reached it, so that it never ends: see
/// [`Bucket::is_spent`].
pub const LAST_EPOCH: u32 = (1 << 28) - 1;

impl Default for Bucket {
    fn default() -> Self {
        Self::empty(0)
    }
}

impl Bucket {
    /// A bucket without legs.
    #[must_use]
    pub const fn empty(epoch: u32) -> Self {
        Self {
            scale: Scale::ONE,
            drift: Cumulative::ZERO,
            base: Base::ZERO,
            joined: Size::ZERO,
            epoch,
        }
    }

    /// Whether it was cut since it was last empty. If not, its scale is one and its drift zero, and need not be kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.scale != Scale::ONE || self.drift != Cumulative::ZERO
    }

    /// Whether it has been closed as often as can be counted, 2^28 - 1 times. It is empty then and stays so: the next bucket
    /// of higher utilisation stands in for it.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.epoch >= LAST_EPOCH
    }

    /// Effective size of all its legs; at least the sum of their own sizes.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    pub fn size(&self) -> Result<Size> {
        self.base.size(self.scale)
    }

    /// K at a signed index, rounded down: what a leg is settled at.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    pub fn cumulative_floor(&self, index: Index) -> Result<Cumulative> {
        self.drift.plus(self.scale.gain_floor(index)?)
    }

    /// K at a signed index, rounded up: what a leg joins at.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    pub fn cumulative_ceil(&self, index: Index) -> Result<Cumulative> {
        self.drift.plus(self.scale.gain_ceil(index)?)
    }

    /// Scales the bucket down to at most `size`. Returns the final K if that closes it: when nothing remains, or so little
    /// that the scale would fall below [`Scale::MIN`].
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if a result does not fit, or the bucket has no legs.
    pub fn cut(&mut self, index: Index, size: Size) -> Result<Option<Cumulative>> {
        let scale = Scale::of(size, self.base)?;
        if scale < Scale::MIN {
            let closed = self.cumulative_floor(index)?;
            *self = Self::empty(self.epoch.checked_add(1).ok_or(crate::Error::Overflow)?);
            return Ok(Some(closed));
        }
        self.drift = self
            .drift
            .plus(self.scale.minus(scale)?.gain_floor(index)?)?;
        self.scale = scale;
        Ok(None)
    }
}

/// The bucket of an account that is not in debt: the first whose edge its utilisation does not exceed.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if `equity` is negative or the product does not fit.
pub fn bucket_due(maintenance: Usd, equity: Usd) -> Result<u8> {
    let (margin, equity) = (math::unsigned(maintenance.0)?, math::unsigned(equity.0)?);
    for (bucket, edge) in (0..DEBT).zip(EDGES) {
        if margin <= math::mul_div_down(equity, edge.into(), EDGE_ONE)? {
            return Ok(bucket);
        }
    }
    Ok(DEBT - 1)
}

/// size at joining / edge: a bucket's level is its size / this weight, in [0, its edge].
pub(crate) fn weight(bucket: usize, joined: Size) -> Result<u128> {
    math::mul_div_down(joined.0, EDGE_ONE, EDGES[bucket].into())
}
