//! The normal distribution and its density, in 64-bit arithmetic.
//!
//! Arguments are in units of 2^-58, results fractions of [`fixed`](super::fixed); the public functions are in units of 2^-60.

use super::fixed::{
    BITS, FRACTION_BITS, WHOLE, cut, exp_near_one, exp_of_negative, polynomial, product,
    rough_product,
};
use super::scaled::{Scaled, high_product};

/// Fractional bits of an argument: it is below 32.
pub(super) const ARGUMENT_BITS: u32 = 58;
/// Where nothing is left of the density: 16.
const END: i128 = 16 << BITS;

/// The functions that every price is made of, at some precision.
pub(super) trait Normal {
    /// exp(`x`) of a fraction within ln 2 / 2 of zero.
    fn exp_near_one(x: i64) -> i64;

    /// Mills' ratio N(-x) / phi(x) of `x` >= 0.
    fn mills(x: i64) -> i64;

    /// a x b of fractions from -1 to 1.25.
    fn product(a: i64, b: i64) -> i64;

    /// The density phi(`x`) = exp(-x^2 / 2) / sqrt(2 pi), wrong by as much of itself as the exponential, and two units.
    fn density(x: i64) -> i64 {
        /// 1 / sqrt(2 pi), to the nearest.
        const PEAK: i64 = 1_839_796_536_686_825_613;
        let size = x.unsigned_abs();
        // The upper half of the square, of 52 bits below one, is half of it with one more.
        let power = high_product(size, size);
        Self::product(exp_of_negative(power, Self::exp_near_one), PEAK)
    }
}

/// The functions to 1e-15: the exponential is wrong by at most 2^-52, the ratio by 2^-47.
#[derive(Clone, Copy, Debug)]
pub(super) struct Precise;

impl Normal for Precise {
    fn exp_near_one(x: i64) -> i64 {
        exp_near_one(x)
    }

    /// With w = K / (x + K), K = 4.5, the ratio is w times a function of w that is smooth from 0 (an infinite x) to 1. (The mapping
    /// is that of M. Shepherd and J. Laframboise, Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, 1981; the polynomial is that
    /// through 19 Chebyshev points, in powers of 1 - 2w, from 60 digits.)
    fn mills(x: i64) -> i64 {
        const K: Scaled = Scaled {
            mantissa: 9 << 60,
            exponent: 2,
        };
        let sum = x.cast_unsigned().wrapping_add(9 << (ARGUMENT_BITS - 1));
        let sum = Scaled::new(sum).shifted(-i64::from(ARGUMENT_BITS));
        let w = sum.inverse().times(K).to_fixed(FRACTION_BITS.into());
        let t = WHOLE.wrapping_sub(w << 1);
        // In units of 2^-60.
        let rest = polynomial!(rough_product, cut(t); -10_211_069_739_166, -9_113_248_429_860, 2_016_082_133_750, 1_329_532_531_892,
            -291_800_595_387, -198_209_813_081, 25_828_438_607, 19_777_546_859);
        let smooth = polynomial!(product, t; 1_960_617_547_507_024_723, -1_644_720_110_152_367_162, 1_146_865_338_639_140_691,
            -650_280_925_763_422_476, 286_124_132_994_604_211, -87_010_037_825_726_578, 10_849_788_148_424_512,
            4_492_474_630_275_105, -2_357_534_283_711_621, 16_358_675_740_424, 287_775_067_906_817, rest << 2);
        product(w, smooth)
    }

    fn product(a: i64, b: i64) -> i64 {
        product(a, b)
    }
}

/// An argument of the public functions; beyond [`END`], that.
fn argument(x: i128) -> i64 {
    (x.clamp(-END, END) >> (BITS - ARGUMENT_BITS)) as i64
}

/// The density phi(`x`), wrong by at most 2^-52.
#[must_use]
pub fn density(x: i128) -> i128 {
    i128::from(Precise::density(argument(x))) >> (FRACTION_BITS - BITS)
}

/// The distribution N(`x`), wrong by at most 2^-49.
#[must_use]
pub fn distribution(x: i128) -> i128 {
    let x = argument(x);
    let upper = product(Precise::density(x), Precise::mills(x.abs()));
    i128::from(if x > 0 { WHOLE - upper } else { upper }) >> (FRACTION_BITS - BITS)
}
