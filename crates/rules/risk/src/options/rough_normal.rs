//! The normal distribution to 1.5e-10: what the sums over a portfolio, and strikes far from spot, are made of.

use super::fixed::{
    CUT_BITS, ROUGH_ONE, cut, fraction_of_rough, over_factorial, polynomial, rough_of_fraction,
    rough_product,
};
use super::normal::{ARGUMENT_BITS, Normal};
use super::scaled::quotient;

/// The functions to 1.5e-10.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rough;

impl Normal for Rough {
    fn exp_near_one(x: i64) -> i64 {
        const fn over(n: i64) -> i64 {
            over_factorial(ROUGH_ONE, n)
        }
        fraction_of_rough(
            polynomial!(rough_product, cut(x); ROUGH_ONE, ROUGH_ONE, over(2), over(3), over(4), over(5), over(6), over(7), over(8),
                const { over(9) }),
        )
    }

    /// As [`Precise`](super::normal::Precise) has it; the polynomial is that through 15 points.
    fn mills(x: i64) -> i64 {
        /// K = 4.5 in units of 2^-34, and of 2^-56.
        const K: u64 = 9 << (CUT_BITS - 1);
        const DIVIDEND: u64 = 9 << 55;
        const DIGIT: u32 = 24;
        // w = K / (x + K) in units of 2^-46: 22 bits, and 24 of what is left.
        let sum = (x.cast_unsigned() >> (ARGUMENT_BITS - CUT_BITS)).wrapping_add(K) | 1;
        let first = quotient(DIVIDEND, sum);
        let rest = DIVIDEND.wrapping_sub(first.wrapping_mul(sum));
        let second = quotient(rest << DIGIT, sum);
        let w = (first << DIGIT).wrapping_add(second).cast_signed();
        let rounded = |shift: u32| w.wrapping_add(1 << (shift - 1)) >> shift;
        let t = (1_i64 << CUT_BITS).wrapping_sub(rounded(11));
        let smooth = polynomial!(rough_product, t; 7_479_162_397_411, -6_274_109_309_642, 4_374_944_069_611, -2_480_624_767_325,
            1_091_477_012_787, -331_918_065_123, 41_387_947_872, 17_142_805_504, -8_989_840_350, 48_928_556, 1_089_110_549,
            -137_382_725, -127_113_278, 17_391_307, 11_491_639);
        fraction_of_rough(rough_product(smooth, rounded(12)))
    }

    #[inline(always)]
    fn product(a: i64, b: i64) -> i64 {
        fraction_of_rough(rough_product(rough_of_fraction(a), cut(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::fixed::WHOLE;
    use crate::options::normal::Precise;

    /// 1.5e-10.
    const ERROR: i64 = WHOLE / 20_000_000_000 * 3;

    #[test]
    fn density_and_ratio_are_the_precise_ones_to_ten_digits() {
        let mut worst = [0, 0];
        for n in 0..=3_200_000_i64 {
            // To 32, where an argument ends.
            let x = (n * 10_000) << (ARGUMENT_BITS - 30);
            let off = (Rough::mills(x) - Precise::mills(x)).abs();
            worst[0] = worst[0].max(off);
            for x in [x, -x] {
                let off = (Rough::density(x) - Precise::density(x)).abs();
                worst[1] = worst[1].max(off);
            }
        }
        assert!(worst[0] <= ERROR && worst[1] <= ERROR, "{worst:?}");
    }

    #[test]
    fn a_product_is_the_precise_one_to_ten_digits() {
        for n in -100..=100 {
            for m in -125..=125 {
                let (a, b) = (WHOLE / 100 * n, WHOLE / 100 * m);
                let off = (Rough::product(a, b) - Precise::product(a, b)).abs();
                assert!(off <= ERROR, "{n} {m} {off}");
            }
        }
    }
}
