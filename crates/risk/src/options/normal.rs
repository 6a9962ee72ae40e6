//! The normal distribution and its density, in 64-bit arithmetic.
//!
//! Arguments are in units of 2^-58, results fractions of [`fixed`](super::fixed); the public functions are in units of 2^-60.

use super::fixed::{BITS, FRACTION_BITS, WHOLE, exp_of_negative, polynomial, product};
use super::scaled::{Scaled, high_product};

/// Fractional bits of an argument: it is below 32.
pub(super) const ARGUMENT_BITS: u32 = 58;
/// Where nothing is left of the density: 16.
const END: i128 = 16 << BITS;

/// The density phi(`x`) = exp(-x^2 / 2) / sqrt(2 pi), wrong by at most 2^-52 of itself and two units.
pub(super) fn density_of(x: i64) -> i64 {
    /// 1 / sqrt(2 pi), to the nearest.
    const PEAK: i64 = 1_839_796_536_686_825_613;
    let size = x.unsigned_abs();
    // The upper half of the square, of 52 bits below one, is half of it with one more.
    product(exp_of_negative(high_product(size, size)), PEAK)
}

/// Mills' ratio N(-x) / phi(x) of `x` >= 0, wrong by at most 2^-47.
///
/// With w = K / (x + K), K = 4.5, the ratio is w times a function of w that is smooth from 0 (an infinite x) to 1. (The mapping is
/// that of M. Shepherd and J. Laframboise, Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, 1981; the polynomial is that
/// through 19 Chebyshev points, in powers of 1 - 2w, from 60 digits.)
pub(super) fn mills(x: i64) -> i64 {
    const K: Scaled = Scaled {
        mantissa: 9 << 60,
        exponent: 2,
    };
    let sum = x.cast_unsigned().wrapping_add(9 << (ARGUMENT_BITS - 1));
    let sum = Scaled::new(sum).shifted(-i64::from(ARGUMENT_BITS));
    let w = sum.inverse().times(K).to_fixed(FRACTION_BITS.into());
    let t = WHOLE.wrapping_sub(w << 1);
    let smooth = polynomial!(t; 1_960_617_547_507_024_723, -1_644_720_110_152_367_162, 1_146_865_338_639_140_691,
        -650_280_925_763_422_476, 286_124_132_994_604_211, -87_010_037_825_726_578, 10_849_788_148_424_512,
        4_492_474_630_275_105, -2_357_534_283_711_621, 16_358_675_740_424, 287_775_067_906_817, -40_844_278_956_663,
        -36_452_993_719_442, 8_064_328_535_002, 5_318_130_127_569, -1_167_202_381_548, -792_839_252_323, 103_313_754_427,
        79_110_187_435);
    product(w, smooth)
}

/// An argument of the public functions; beyond [`END`], that.
fn argument(x: i128) -> i64 {
    (x.clamp(-END, END) >> (BITS - ARGUMENT_BITS)) as i64
}

/// The density phi(`x`), wrong by at most 2^-52.
#[must_use]
pub fn density(x: i128) -> i128 {
    i128::from(density_of(argument(x))) >> (FRACTION_BITS - BITS)
}

/// The distribution N(`x`), wrong by at most 2^-49.
#[must_use]
pub fn distribution(x: i128) -> i128 {
    let x = argument(x);
    let upper = product(density_of(x), mills(x.abs()));
    i128::from(if x > 0 { WHOLE - upper } else { upper }) >> (FRACTION_BITS - BITS)
}
