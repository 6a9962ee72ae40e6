//! Numbers in the bits of a half of a slot.

use oracle::Tier;
use oracle::settlement::{DAY, TIME_OF_DAY};

/// The `width` bits (below 64) of `half` above `shift`.
#[inline(always)]
pub(super) const fn field(half: u128, shift: u32, width: u32) -> u64 {
    (half >> shift) as u64 & ((1 << width) - 1)
}

/// `value` in `width` bits (below 64) above `shift`; what does not fit becomes the greatest that does.
#[inline(always)]
pub(super) fn in_field(value: impl Into<u64>, shift: u32, width: u32) -> u128 {
    u128::from(value.into().min((1 << width) - 1)) << shift
}

/// A day's end as a number; zero is none.
pub(super) const fn day_of(expiry: u64) -> u64 {
    expiry / DAY
}

/// The end of a day, given its number.
pub(super) const fn end_of(day: u64) -> u64 {
    day * DAY + (if day == 0 { 0 } else { TIME_OF_DAY })
}

/// A price above 32 bits of something else.
pub(super) fn with_price(price: u128, rest: u128) -> u128 {
    price << 32 | rest
}

/// The tier in the two bits of `half` above `shift`.
pub(super) fn tier_in(half: u128, shift: u32) -> Tier {
    Tier::from_u8(field(half, shift, 2) as u8)
}
