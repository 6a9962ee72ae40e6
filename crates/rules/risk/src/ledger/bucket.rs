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
///
/// A bucket never closes with somebody in it: a cut that would leave A below 1e-6 divides all bases by as many powers of
/// [`Base::STEP`] as bring it back, and begins another epoch, in which K counts from zero (DESIGN 3, Legs and buckets). Where a
/// leg of an earlier epoch stands in it follows from [`Ended`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// A: effective size = base x scale; falls when the side is deleveraged.
    pub scale: Scale,
    /// K less scale x index.
    pub drift: Cumulative,
    /// Sum of the bases of the bucket's legs, and of what dividing them has left over.
    pub base: Base,
    /// M: sum over its legs of (size now)^2 / size at joining, which is what a leg's size counts for in its bucket's level. It
    /// is rounded up where it falls by a cut, and down where a leg takes its part along: so it covers all parts, up to 3 units of
    /// 1e-18 for each time that bases were divided, and a leg takes at most what is there.
    pub weight: Size,
    /// Rises when a cut empties the bucket or divides its bases.
    pub epoch: u32,
}

/// How an epoch of a bucket ended. One that was passed over, because a cut divided bases more than once, ended with nothing
/// gained: the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// K at its end.
    pub cumulative: Cumulative,
    /// Whether nothing was left of its legs. If not, each counts [a millionth](Base::divided) of its base in the next epoch.
    pub emptied: bool,
}

/// The last epoch of a bucket. Nothing joins a bucket that has reached it, and it never ends; its scale may fall to zero: see
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
            weight: Size::ZERO,
            epoch,
        }
    }

    /// Whether it was cut since it was last empty. If not, its scale is one and its drift zero, and need not be kept.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.scale != Scale::ONE || self.drift != Cumulative::ZERO
    }

    /// Whether it is in its last epoch, the 2^28th. Nobody joins it any more: the next bucket of higher utilisation stands in
    /// for it.
    #[must_use]
    pub const fn is_spent(&self) -> bool {
        self.epoch >= LAST_EPOCH
    }

    /// Whether it holds no size.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.base == Base::ZERO || self.scale == Scale::ZERO
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

    /// Takes in a leg.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if a sum does not fit.
    pub fn join(&mut self, base: Base, size: Size) -> Result<()> {
        self.base = self.base.plus(base)?;
        self.weight = self.weight.plus(size)?;
        Ok(())
    }

    /// Lets a leg go, with its base now, its size now and its size at joining. If that leaves a base below [`Base::LEAST`], the
    /// bucket is empty, and the rest of it is residue. Returns how the epoch ended if it did: where legs may be left.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if the bucket holds less, or a result does not fit.
    pub fn leave(
        &mut self,
        index: Index,
        base: Base,
        (size, joined): (Size, Size),
    ) -> Result<Option<Ended>> {
        self.base = self.base.minus(base)?;
        let part = if size == joined {
            size.0
        } else {
            math::mul_div_down(size.0, size.0, joined.0)?
        };
        self.weight = Size(self.weight.0.saturating_sub(part));
        if self.base == Base::ZERO {
            *self = Self::empty(self.epoch);
        } else if self.base < Base::LEAST {
            return self.empty_out(index);
        }
        Ok(None)
    }

    /// Scales the bucket down to at most `left` of its size. Returns how its epoch ended if that ends it: when nothing remains, or
    /// so little that the scale would fall below [`Scale::MIN`].
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if a result does not fit, or the bucket holds nothing.
    #[inline]
    pub fn cut(&mut self, index: Index, left: Size) -> Result<Option<Ended>> {
        let (size, scale) = (self.size()?, Scale::of(left, self.base)?);
        let weight = math::mul_div_up(self.weight.0, left.0, size.0)?;
        self.weight = Size(math::mul_div_up(weight, left.0, size.0)?);
        if scale < Scale::MIN && !self.is_spent() {
            return self.divide(index, left).map(Some);
        }
        self.drift = self
            .drift
            .plus(self.scale.minus(scale)?.gain_floor(index)?)?;
        self.scale = scale;
        Ok(None)
    }

    /// Divides all bases until the scale that gives them the size `left` is [`Scale::MIN`] again, in another epoch; empties
    /// the bucket where that leaves a base below [`Base::LEAST`]. The scale is then at most 1 + 2^-16, for one division less
    /// would have been too little.
    #[inline]
    fn divide(&mut self, index: Index, left: Size) -> Result<Ended> {
        let cumulative = self.cumulative_floor(index)?;
        let (mut base, mut epoch) = (self.base, self.epoch);
        while !base.has_scale_for(left) && base >= Base::LEAST && epoch < LAST_EPOCH {
            (base, epoch) = (base.divided(), epoch + 1);
        }
        let emptied = base < Base::LEAST;
        *self = if emptied {
            Self::empty(self.epoch + 1)
        } else {
            let scale = Scale::of(left, base)?;
            Self {
                scale,
                drift: Cumulative::ZERO.minus(scale.gain_ceil(index)?)?,
                base,
                weight: self.weight,
                epoch,
            }
        };
        Ok(Ended {
            cumulative,
            emptied,
        })
    }

    /// Ends the epoch with nothing left of its legs. The last one does not end: there its scale becomes zero.
    #[inline]
    fn empty_out(&mut self, index: Index) -> Result<Option<Ended>> {
        let cumulative = self.cumulative_floor(index)?;
        if self.is_spent() {
            (self.scale, self.drift) = (Scale::ZERO, cumulative);
            return Ok(None);
        }
        *self = Self::empty(self.epoch + 1);
        Ok(Some(Ended {
            cumulative,
            emptied: true,
        }))
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

/// The most that a bucket's size^2 / M counts for. Its legs add up to less at joining, 2^107 x (1 + ln 2^127), for one that has
/// shrunk by more has no base left; the widths of a side then fit 128 bits.
const WIDEST: u128 = 1 << 116;

/// How wide a bucket stands in the water: size / level, with level = edge x M / size, at most the edge.
#[inline]
pub(crate) fn width(bucket: usize, size: Size, weight: Size) -> Result<u128> {
    let joined = if weight >= size {
        size.0
    } else {
        let joined = math::checked_mul_div_down(size.0, size.0, weight.0.max(1));
        joined.unwrap_or(WIDEST).max(size.0)
    };
    math::mul_div_down(joined.min(WIDEST), EDGE_ONE, EDGES[bucket].into())
}
