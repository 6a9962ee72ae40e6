//! Logarithm, root and exponential of the scenario loop: 64 bits, no branches, in units of 2^-30 ([`ONE`]).
//!
//! Everything wraps rather than checks: a check costs a program more than the sum it guards. What is fed in is bounded where it
//! comes from, so that nothing does wrap; the bounds are beside the operations.

use core::num::Wrapping;

use super::scaled::{Scaled, high_product, quotient};

/// A number in the scale of the scenario loop.
pub(super) type Fix = Wrapping<i64>;
/// Fractional bits of the scale.
pub(super) const BITS: usize = 30;
/// One.
pub(super) const ONE: Fix = Wrapping(1 << BITS);

/// a x b of an `a` from 0 to 2^46 and a `b` below 2^33 of magnitude, or from 0 to 2^36 and below 2^42; rounded down.
pub(super) fn times(a: Fix, b: Fix) -> Fix {
    times_at::<BITS>(a, b)
}

/// a x b of a `b` with `B_BITS` fractional bits, in units of `a`. Half of `a`'s bits above the lowest 16, and all those of `b`, make
/// less than 63.
#[inline(always)]
pub(super) fn times_at<const B_BITS: usize>(a: Fix, b: Fix) -> Fix {
    const HALF: usize = 16;
    const LOW: Fix = Wrapping((1 << HALF) - 1);
    (((a >> HALF) * b) >> (B_BITS - HALF)) + (((a & LOW) * b) >> B_BITS)
}

/// A WAD below 2^64, wrong by less than a unit.
pub(super) fn of_wad(x: u64) -> Fix {
    /// 2^123 / WAD, to the nearest.
    const FACTOR: u64 = 10_633_823_966_279_326_983;
    // From 16 on the product has all 64 bits: it is no sign.
    Wrapping((high_product(x, FACTOR) >> (59 - BITS)).cast_signed())
}

impl Scaled {
    /// The number itself, to the nearest unit, and to one of what is less than half of one but not nothing; it is below 8.
    pub(super) fn fix(self) -> Fix {
        let doubled = self.mantissa >> (32_i64.wrapping_sub(self.exponent)).clamp(0, 63);
        (Wrapping(doubled.cast_signed()) + Wrapping(1)) >> 1
    }

    /// The logarithm, wrong by at most two units and a twentieth of one for each power of two; of what is below 2^-128, that of
    /// 2^-128.
    pub(super) fn fast_ln(self) -> Fix {
        /// ln 2 and its half, root of two: in units of 2^-31, to the nearest.
        const LN_2: Fix = Wrapping(1_488_522_236);
        const LN_2_HALF: Fix = Wrapping(744_261_118);
        const ROOT_2: u64 = 3_037_000_500;
        const UNIT: usize = 31;
        let share = |n: i64| Wrapping((1 << UNIT) / n);
        // ln m = ln(root 2) + 2 atanh(z), z = (m - root 2) / (m + root 2), at most 0.172 (Abramowitz and Stegun 4.1.27).
        let sum = (self.mantissa >> 32).wrapping_add(ROOT_2);
        let rest = quotient((2 * ROOT_2) << UNIT, sum);
        let z = Wrapping(1 << UNIT) - Wrapping(rest.cast_signed());
        let square = (z * z) >> UNIT;
        let series = share(9) + ((square * share(11)) >> UNIT);
        let series = share(7) + ((square * series) >> UNIT);
        let series = share(5) + ((square * series) >> UNIT);
        let series = share(3) + ((square * series) >> UNIT);
        let series = z + ((z * ((square * series) >> UNIT)) >> UNIT);
        (Wrapping(self.exponent.max(-128)) * LN_2 + LN_2_HALF + (series << 1)) >> 1
    }
}

/// 2^`bits` / `x` of a positive number, wrong by at most a unit and 2^-bits of itself.
pub(super) fn reciprocal(x: Fix, bits: u32) -> Fix {
    Wrapping(quotient(1 << bits, x.0.cast_unsigned()).cast_signed())
}

/// The logarithm of a positive number of the loop.
pub(super) fn log_of(x: Fix) -> Fix {
    Scaled::new(x.0.cast_unsigned())
        .shifted(-(BITS as i64))
        .fast_ln()
}

/// 1 / sqrt(`m`) of a number from 1 to 4 in units of 2^-28, wrong by a few units.
pub(super) fn inverse_root(m: Fix) -> Fix {
    /// The line nearest to 1 / sqrt(m): 9 % off at most.
    const SEED: (Fix, Fix) = (Wrapping(ONE.0 / 1000 * 1066), Wrapping(ONE.0 / 1000 * 152));
    let mut inverse = SEED.0 - ((m * SEED.1) >> (BITS - 2));
    // Newton: y (3 - m y^2) / 2 has 1.5 times the square of the error of y.
    for _ in 0..4 {
        let product = (m * ((inverse * inverse) >> BITS)) >> (BITS - 2);
        inverse = (inverse * (ONE + ONE + ONE - product)) >> (BITS + 1);
    }
    inverse
}

/// The root of a time in years of 365 days, wrong by at most a unit and 3.1e-9 of itself.
pub(super) fn root_of_years(seconds: u32) -> Fix {
    /// 2^43 / sqrt(31,536,000), to the nearest.
    const ROOT: Fix = Wrapping(1_566_341_700);
    // An even shift, so that half of it comes out of the root: m is from 1 to 4.
    let zeros = u64::from(seconds).leading_zeros() & !1;
    let m = Wrapping((u64::from(seconds).wrapping_shl(zeros) >> 34).cast_signed());
    let root = (m * inverse_root(m)) >> (BITS - 2);
    (root * ROOT) >> (12 + (zeros >> 1) as usize)
}

/// How much more a short expiry's volatility moves than a 30-day one's: (30 / days)^0.3 up to 30 days and ^0.13 beyond, of at
/// least a day; wrong by less than 2e-8 of itself.
pub(super) fn term_factor(seconds: u32) -> Fix {
    const DAY: u32 = 86_400;
    /// ln(30 days in seconds), to the nearest.
    const LN_30_DAYS: Fix = Wrapping(15_856_955_194);
    let log = LN_30_DAYS - Scaled::new(seconds.max(DAY).into()).fast_ln();
    let power = if log.0 >= 0 { 30 } else { 13 };
    // exp(x) = exp(x / 4)^4, and |x| / 4 is below 0.26.
    let x = (log * Wrapping((power * ONE.0) / 400)) >> BITS;
    let share = |n: i64| Wrapping(ONE.0 / n);
    let series = share(5_040) + ((x * share(40_320)) >> BITS);
    let series = share(720) + ((x * series) >> BITS);
    let series = share(120) + ((x * series) >> BITS);
    let series = share(24) + ((x * series) >> BITS);
    let series = share(6) + ((x * series) >> BITS);
    let series = share(2) + ((x * series) >> BITS);
    let series = ONE + ((x * series) >> BITS);
    let fourth_root = ONE + ((x * series) >> BITS);
    let root = (fourth_root * fourth_root) >> BITS;
    (root * root) >> BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The largest distance, in units, of what `fast` says of numbers from what `precise` says.
    fn furthest(
        xs: impl Iterator<Item = u64>,
        fast: impl Fn(u64) -> Fix,
        precise: impl Fn(f64) -> f64,
    ) -> f64 {
        let off = |x: u64| (fast(x).0 as f64 - precise(x as f64) * ONE.0 as f64).abs();
        xs.map(off).fold(0.0, f64::max)
    }

    #[test]
    fn a_product_is_rounded_down() {
        for a in [
            0,
            1,
            0xffff,
            0x1_0000,
            0x1_ffff,
            ONE.0,
            (1 << 36) - 1,
            (1 << 46) - 1,
        ] {
            for b in [
                -(1 << 33) + 1,
                -ONE.0,
                -12_345,
                -1,
                0,
                1,
                12_345,
                ONE.0 - 1,
                ONE.0,
                (1 << 33) - 1,
            ] {
                let exact = (i128::from(a) * i128::from(b)) >> BITS;
                let off = exact - i128::from(times(Wrapping(a), Wrapping(b)).0);
                assert!((0..=1).contains(&off), "{a} {b} {off}");
            }
        }
        // A product of whole halves is exact.
        assert_eq!(
            times(Wrapping(3 << 29), Wrapping(5 << 29)),
            Wrapping(15 << 28)
        );
    }

    #[test]
    fn a_wad_loses_less_than_a_unit() {
        for wad in [
            0,
            1,
            15_999_999_999_999_999_999,
            16_000_000_000_000_000_000,
            931_322_574,
            931_322_575,
            1_000_000_000_000_000_000,
            u64::MAX,
        ] {
            let exact = (u128::from(wad) << BITS) / crate::WAD;
            let off = exact as i64 - of_wad(wad).0;
            assert!((0..=1).contains(&off), "{wad} {off}");
        }
    }

    #[test]
    fn a_number_is_rounded_to_the_nearest_unit() {
        for units in [1, 2, 1_000, ONE.0.unsigned_abs(), (8 << BITS) - 1] {
            for (quarters, rounded) in [(0, units), (1, units), (2, units + 1), (3, units + 1)] {
                let number = Scaled::new(4 * units + quarters).shifted(-2 - BITS as i64);
                assert_eq!(
                    number.fix().0.cast_unsigned(),
                    rounded,
                    "{units} {quarters}"
                );
            }
        }
        assert_eq!(Scaled::new(0).fix(), Wrapping(0));
        assert_eq!(Scaled::new(1).shifted(-100).fix(), Wrapping(1));
    }

    #[test]
    fn a_logarithm_is_known_to_two_units() {
        let thousandths = (1..8_000).map(|n| n * (ONE.0.unsigned_abs() / 1_000));
        let off = furthest(
            thousandths,
            |x| log_of(Wrapping(x.cast_signed())),
            |x| libm::log(x / ONE.0 as f64),
        );
        assert!(off < 1.7, "{off}");
        // ln 2 x 2^30 is 744,261,117.95.
        for power in [-128, -100, -30, -1, 0, 1, 30, 63] {
            let off = Scaled::new(1).shifted(power).fast_ln().0 as f64
                - 744_261_117.954_893 * power as f64;
            assert!(
                off.abs() <= 2.0 + power.abs() as f64 / 20.0,
                "{power} {off}"
            );
        }
        assert_eq!(
            Scaled::new(1).shifted(-200).fast_ln(),
            Scaled::new(1).shifted(-128).fast_ln()
        );
    }

    #[test]
    fn a_reciprocal_is_known_to_a_unit() {
        for x in [1, 2, 3, 1_000_000_007, ONE.0 - 1, ONE.0, 5 * ONE.0, 1 << 36] {
            let exact = (1_i128 << 60) / i128::from(x);
            let off = exact - i128::from(reciprocal(Wrapping(x), 60).0);
            let most = 1 + ((exact * exact) >> 60);
            assert!((0..=most).contains(&off), "{x} {off}");
        }
    }

    #[test]
    fn an_inverse_root_is_known_to_two_units() {
        let quarters = (1 << 28..=1 << 30).step_by(100_003);
        let off = furthest(
            quarters,
            |m| inverse_root(Wrapping(m.cast_signed())),
            |m| 1.0 / libm::sqrt(m / (1 << 28) as f64),
        );
        assert!(off < 2.0, "{off}");
    }

    #[test]
    fn a_root_of_years_is_known_to_a_unit_and_nine_digits() {
        for seconds in (0..100_000).chain((100_000..u32::MAX >> 1).step_by(50_021)) {
            let exact = libm::sqrt(f64::from(seconds) / 31_536_000.0) * ONE.0 as f64;
            let off = (root_of_years(seconds).0 as f64 - exact).abs();
            assert!(off <= 1.0 + 3.1e-9 * exact, "{seconds} {off}");
        }
        assert_eq!(root_of_years(0), Wrapping(0));
    }

    #[test]
    fn a_short_expiry_moves_more_by_the_power_of_its_days() {
        for seconds in (86_400..2_592_000)
            .step_by(997)
            .chain((2_592_000..u32::MAX >> 1).step_by(500_009))
        {
            let shortness = 2_592_000.0 / f64::from(seconds);
            let power = if seconds < 2_592_000 { 0.3 } else { 0.13 };
            let exact = libm::pow(shortness, power) * ONE.0 as f64;
            let off = (term_factor(seconds).0 as f64 - exact) / exact;
            assert!((-2e-8..=1e-8).contains(&off), "{seconds} {off}");
        }
        // 2.774181 at 86,401 seconds, less what eleven roundings down and four multiplications of them lose: every term counts.
        assert_eq!(term_factor(86_401), Wrapping(2_978_754_646));
        // Less than a day counts as one, and thirty days move by the range itself, but for four units of rounding.
        assert_eq!(term_factor(0), term_factor(86_400));
        assert_eq!(term_factor(2_592_000), ONE - Wrapping(4));
    }
}
