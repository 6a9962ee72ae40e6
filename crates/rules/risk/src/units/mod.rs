//! Quantities with their units, so that a price cannot be added to a size.

mod positions;

pub use positions::{Legs, MAX_LEGS, Positions};

use crate::{Error, Result, math, refuse, refused};

/// One, in the scale of prices, sizes, ratios and quote amounts.
pub const WAD: u128 = 1_000_000_000_000_000_000;
/// One, in the scale of [`Scale`].
const SCALE_ONE: u128 = 1_000_000_000_000_000_000_000_000_000;
/// One, in the scale of [`Cumulative`].
const CUMULATIVE_ONE: u128 = 1_000_000_000_000_000_000_000;
/// [`SCALE_ONE`] x [`WAD`] / [`CUMULATIVE_ONE`]: turns scale x index into a cumulative gain.
const SCALE_INDEX_TO_CUMULATIVE: u128 = 1_000_000_000_000_000_000_000_000;
/// [`CUMULATIVE_ONE`] / [`WAD`].
const INDEX_TO_CUMULATIVE: i128 = 1_000;

/// An instrument's place in its vault's listing.
pub type InstrumentId = u8;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($repr:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub $repr);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            // Called in programs, where the check inlined everywhere takes more than their limit leaves.
            /// The sum.
            ///
            /// # Errors
            /// [`Error::Overflow`] if it does not fit.
            #[cfg_attr(target_family = "wasm", inline(never))]
            pub fn plus(self, other: Self) -> Result<Self> {
                self.0.checked_add(other.0).map(Self).ok_or_else(|| refused(Error::Overflow))
            }

            /// The difference.
            ///
            /// # Errors
            /// [`Error::Overflow`] if it does not fit; below zero for an unsigned quantity.
            #[cfg_attr(target_family = "wasm", inline(never))]
            pub fn minus(self, other: Self) -> Result<Self> {
                self.0.checked_sub(other.0).map(Self).ok_or_else(|| refused(Error::Overflow))
            }
        }
    };
}

quantity! {
    /// Quote tokens per unit of an instrument, WAD.
    Price(u128)
}
quantity! {
    /// The price at which an instrument is valued, and its legs gain and lose: the guard's, WAD.
    Mark(u128)
}
quantity! {
    /// The price of an underlying, which is the [mark of its perpetual](Mark::of_underlying): what margins, fees and the options on it
    /// are computed from, WAD. Of an option it is not its mark.
    Spot(u128)
}
quantity! {
    /// The price of an underlying that follows its mark slowly: what initial margin is computed from as well, where that is more, WAD.
    Stable(u128)
}
quantity! {
    /// A mean of trusted marks that options settle at: the final one, or that of the part of the window which has passed, WAD.
    SettlementPrice(u128)
}
quantity! {
    /// A price less cumulative funding, WAD; of one side it is signed, so that a rise is a gain for that side.
    Index(i128)
}
quantity! {
    /// Magnitude of a position in units of its instrument, WAD.
    Size(u128)
}
quantity! {
    /// A position or a change of one, WAD; positive is long.
    Position(i128)
}
quantity! {
    /// An amount of the quote token, WAD whatever the token's decimals.
    Usd(i128)
}
quantity! {
    /// A share or a rate, WAD.
    Ratio(u128)
}
quantity! {
    /// What cuts have left of a bucket's bases, 1e27 is one: effective size = base x scale.
    Scale(u128)
}
quantity! {
    /// Size of a leg before the cuts of its bucket, WAD: size at joining / scale at joining; in later epochs
    /// [divided](Base::divided).
    Base(u128)
}
quantity! {
    /// Quote tokens gained by one unit of base, 1e21 is one.
    Cumulative(i128)
}

/// One side of an instrument's market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

impl Side {
    /// Both sides.
    pub const BOTH: [Self; 2] = [Self::Long, Self::Short];

    /// The side that takes the other end of this side's trades.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }

    /// The index with the sign of this side. It cannot be `i128::MIN`: see [`Index::new`].
    #[must_use]
    pub const fn signed(self, index: Index) -> Index {
        match self {
            Self::Long => index,
            Self::Short => Index(-index.0),
        }
    }

    /// A position of `size` on this side.
    ///
    /// # Errors
    /// [`Error::Overflow`] from 2^127.
    pub fn position(self, size: Size) -> Result<Position> {
        let size = math::signed(size.0)?;
        Ok(Position(if self == Self::Long { size } else { -size }))
    }
}

impl Index {
    /// Largest funding that one unit may have paid or received: 6.3e11.
    pub const MAX_FUNDING: Self = Self((1 << 99) - 1);

    /// The index at a mark price after `funding` was paid by one unit of long position. It stays within +-1.91e12. With A0
    /// the scale at the start of an epoch, K + A0 x index then = sum of (fall of A) x index at each cut + A x index now is A0
    /// times a mean of indexes. In the first epoch and after an emptying K is that mean, A0 being one; after bases were divided
    /// A0 is at most 1 + 2^-16 and K a difference, within +-3.83e12; a leg can keep +-5.19e12.
    ///
    /// # Errors
    /// [`Error::Overflow`] beyond [`Price::MAX`] or [`Index::MAX_FUNDING`].
    pub fn new(mark: Mark, funding: Self) -> Result<Self> {
        Self::checked(mark, funding).ok_or_else(|| refused(Error::Overflow))
    }

    /// As [`Index::new`]; `None` beyond the range.
    #[must_use]
    pub fn checked(mark: Mark, funding: Self) -> Option<Self> {
        let in_range = mark.price() <= Price::MAX
            && funding.0.unsigned_abs() <= Self::MAX_FUNDING.0.unsigned_abs();
        // Within these limits neither wraps.
        in_range.then(|| Self(mark.0.cast_signed().wrapping_sub(funding.0)))
    }

    /// The cumulative gain of a unit of base at scale one.
    fn cumulative(self) -> Result<Cumulative> {
        // A checked product would take a call of its own.
        if self.0.unsigned_abs() > i128::MAX.unsigned_abs() / INDEX_TO_CUMULATIVE.unsigned_abs() {
            return refuse(Error::Overflow);
        }
        Ok(Cumulative(self.0.wrapping_mul(INDEX_TO_CUMULATIVE)))
    }
}

impl Price {
    /// Largest price: 1.26e12.
    pub const MAX: Self = Self((1 << 100) - 1);
}

impl Mark {
    /// As a price to trade at, or to multiply a size by.
    #[must_use]
    pub const fn price(self) -> Price {
        Price(self.0)
    }

    /// Of a perpetual: the price of its underlying.
    #[must_use]
    pub const fn of_underlying(self) -> Spot {
        Spot(self.0)
    }
}

impl Spot {
    /// As a price to multiply a size by, or as the forward of an option.
    #[must_use]
    pub const fn price(self) -> Price {
        Price(self.0)
    }

    /// What stands for the stable price where the guard has none.
    #[must_use]
    pub const fn as_stable(self) -> Stable {
        Stable(self.0)
    }
}

impl Stable {
    /// As a price to multiply a size by.
    #[must_use]
    pub const fn price(self) -> Price {
        Price(self.0)
    }
}

impl SettlementPrice {
    /// As a price that strikes are compared with.
    #[must_use]
    pub const fn price(self) -> Price {
        Price(self.0)
    }
}

impl Position {
    /// A long position, or a growth, of `size`.
    ///
    /// # Errors
    /// [`Error::Overflow`] from 2^127.
    pub fn long(size: Size) -> Result<Self> {
        math::signed(size.0).map(Self)
    }

    /// The side that the position is on; a position of nothing counts as short.
    #[must_use]
    pub const fn side(self) -> Side {
        if self.0 > 0 { Side::Long } else { Side::Short }
    }

    /// Magnitude.
    #[must_use]
    pub const fn size(self) -> Size {
        Size(self.0.unsigned_abs())
    }

    /// The position the other way round.
    ///
    /// # Errors
    /// [`Error::Overflow`] for `i128::MIN`.
    pub fn negated(self) -> Result<Self> {
        self.0
            .checked_neg()
            .map(Self)
            .ok_or_else(|| refused(Error::Overflow))
    }
}

impl Size {
    /// Largest open interest of one side, 1.6e14: the bases of a bucket that is cut to [`Scale::MIN`] stay below 2^127, and
    /// M, which is at most the size, fits 112 bits.
    pub const MAX: Self = Self(1 << 107);

    /// size x price, rounded up: what a requirement counts.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn notional_up(self, price: Price) -> Result<Usd> {
        Ok(Usd(math::signed(math::mul_div_up(self.0, price.0, WAD)?)?))
    }

    /// size x index, rounded towards minus infinity.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn value_floor(self, index: Index) -> Result<Usd> {
        math::mul_div_floor(index.0, self.0, WAD).map(Usd)
    }

    /// size x index, rounded towards plus infinity.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn value_ceil(self, index: Index) -> Result<Usd> {
        math::mul_div_ceil(index.0, self.0, WAD).map(Usd)
    }

    /// The share of this size, rounded up, at most all of it.
    ///
    /// # Errors
    /// [`Error::Overflow`] if the product does not fit.
    pub fn share_up(self, share: Ratio) -> Result<Self> {
        Ok(Self(math::mul_div_up(self.0, share.0, WAD)?.min(self.0)))
    }
}

impl Usd {
    /// Largest amount of an account, and of the totals: 2.59e15.
    pub const MAX: Self = Self((1 << 111) - 1);
    /// Most quote tokens that a vault accepts: 1.26e12.
    pub const MAX_TOKENS: Self = Self(1 << 100);
    /// Largest notional of one side after a trade that raises it, 3.1e11: an eighth of what a price may make of it.
    pub const MAX_TRADED: Self = Self(1 << 98);
    /// Largest |open interest x index| of one side, 2.5e12. However often it is cut, a leg then gains less than 36 times that, and
    /// 16 legs less than 1.5e15, of [`Usd::MAX`]: whoever settles is not stopped by a price. For a leg of size s gains the
    /// value at its end, less that at its start, and the sum of (fall of s) x index over its cuts. With |index| at most X = 1.91e12
    /// and at most this / s, that is at most (3 + ln([`Size::MAX`] x X / this)) times this, the logarithm being 32.4.
    pub const MAX_VALUE: Self = Self(1 << 101);

    /// The amount, if it lies within +-`limit`.
    ///
    /// # Errors
    /// [`Error::Overflow`] beyond.
    pub fn within(self, limit: Self) -> Result<Self> {
        if self.0.unsigned_abs() > limit.0.unsigned_abs() {
            refuse(Error::Overflow)
        } else {
            Ok(self)
        }
    }

    /// The negative.
    ///
    /// # Errors
    /// [`Error::Overflow`] for `i128::MIN`.
    pub fn negated(self) -> Result<Self> {
        Self::ZERO.minus(self)
    }

    /// `max(self, 0)`.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// `max(-self, 0)`.
    ///
    /// # Errors
    /// [`Error::Overflow`] for `i128::MIN`.
    pub fn deficit(self) -> Result<Self> {
        Ok(Self::ZERO.minus(self)?.or_zero())
    }

    /// amount x ratio of an amount that is not negative, rounded up.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit, or the amount is negative.
    pub fn times_up(self, ratio: Ratio) -> Result<Self> {
        Ok(Self(math::signed(math::mul_div_up(
            math::unsigned(self.0)?,
            ratio.0,
            WAD,
        )?)?))
    }

    /// amount x ratio of an amount that is not negative, rounded down.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit, or the amount is negative.
    pub fn times_down(self, ratio: Ratio) -> Result<Self> {
        Ok(Self(math::signed(math::mul_div_down(
            math::unsigned(self.0)?,
            ratio.0,
            WAD,
        )?)?))
    }
}

impl Ratio {
    /// The whole.
    pub const ONE: Self = Self(WAD);
}

impl Scale {
    /// Nothing has been cut since bases were what legs had at joining.
    pub const ONE: Self = Self(SCALE_ONE);
    /// Below this precision would suffer: the bases of the bucket are divided.
    pub const MIN: Self = Self(SCALE_ONE / Base::STEP);

    /// The scale at which `base` has the given size, rounded down.
    ///
    /// # Errors
    /// [`Error::Overflow`] if `base` is zero or the result does not fit.
    pub fn of(size: Size, base: Base) -> Result<Self> {
        math::mul_div_down(size.0, SCALE_ONE, base.0).map(Self)
    }

    /// scale x index, rounded towards minus infinity.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn gain_floor(self, index: Index) -> Result<Cumulative> {
        if self == Self::ONE {
            return index.cumulative();
        }
        math::mul_div_floor(index.0, self.0, SCALE_INDEX_TO_CUMULATIVE).map(Cumulative)
    }

    /// scale x index, rounded towards plus infinity.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn gain_ceil(self, index: Index) -> Result<Cumulative> {
        if self == Self::ONE {
            return index.cumulative();
        }
        math::mul_div_ceil(index.0, self.0, SCALE_INDEX_TO_CUMULATIVE).map(Cumulative)
    }
}

impl Base {
    /// What bases are divided by where a scale would fall below [`Scale::MIN`].
    pub const STEP: u128 = 1_000_000;
    /// The least base of a bucket. What has less is empty: so a scale never exceeds 1 + 2^-16, and what dividing has left over of
    /// fewer legs than this holds nobody up.
    pub const LEAST: Self = Self(1 << 16);

    /// The base in the next epoch of its bucket, rounded down. Below 2^127 nothing is left after seven.
    #[must_use]
    pub const fn divided(self) -> Self {
        Self(self.0 / Self::STEP)
    }

    /// Whether the scale at which it has a size is at least [`Scale::MIN`].
    #[must_use]
    pub const fn has_scale_for(self, size: Size) -> bool {
        self.0 <= size.0.saturating_mul(Self::STEP)
    }

    /// The base that has `size` at `scale`, rounded down.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn of(size: Size, scale: Scale) -> Result<Self> {
        if scale == Scale::ONE {
            return Ok(Self(size.0));
        }
        math::mul_div_down(size.0, SCALE_ONE, scale.0).map(Self)
    }

    /// As [`Base::of`]; `None` if it does not fit.
    #[must_use]
    pub(crate) fn checked(size: Size, scale: Scale) -> Option<Self> {
        if scale == Scale::ONE {
            return Some(Self(size.0));
        }
        math::checked_mul_div_down(size.0, SCALE_ONE, scale.0).map(Self)
    }

    /// Effective size, rounded down.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn size(self, scale: Scale) -> Result<Size> {
        if scale == Scale::ONE {
            return Ok(Size(self.0));
        }
        math::mul_div_down(self.0, scale.0, SCALE_ONE).map(Size)
    }

    /// base x cumulative gain, rounded towards minus infinity.
    ///
    /// # Errors
    /// [`Error::Overflow`] if it does not fit.
    pub fn gain(self, cumulative: Cumulative) -> Result<Usd> {
        math::mul_div_floor(cumulative.0, self.0, CUMULATIVE_ONE).map(Usd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_counts_up_to_what_fits() {
        let most = i128::MAX / INDEX_TO_CUMULATIVE;
        for sign in [1, -1] {
            let cumulative = Index(sign * most).cumulative();
            assert_eq!(
                cumulative,
                Ok(Cumulative(sign * most * INDEX_TO_CUMULATIVE))
            );
            for beyond in [most + 1, most + 2, i128::MAX] {
                assert_eq!(Index(sign * beyond).cumulative(), Err(Error::Overflow));
            }
        }
    }

    #[test]
    fn a_position_of_nothing_counts_as_short() {
        let sides = [-1, 0, 1].map(|size| Position(size).side());
        assert_eq!(sides, [Side::Short, Side::Short, Side::Long]);
    }
}
