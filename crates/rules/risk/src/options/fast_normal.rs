//! The normal distribution of the scenario loop: 64 bits, no branches, in units of 2^-30 ([`ONE`]).

use core::num::Wrapping;

use super::fast::{BITS, Fix, ONE};

/// Where the table ends: 1e-9 is left of the distribution, a unit.
const END: u64 = 6 * ONE.0.unsigned_abs();
/// Distance of the nodes, as a power of two below one: 1/8.
const STEP: usize = BITS - 3;
const NODES: usize = 49;
/// Bits of the density in a node.
const LOW: usize = 32;

/// N(-x) at 0, 1/8, ... 6 in units of 2^-31, and 32 bits lower the density in units of 2^-32, to the nearest.
const TABLE: [u64; NODES] = {
    let mut table = [0; NODES];
    let mut node = 0;
    while node < NODES {
        table[node] = (TAIL[node] as u64) << LOW | DENSITY[node] as u64;
        node += 1;
    }
    table
};

/// N(-x) at 0, 1/8, ... 6, in units of 2^-31, to the nearest.
#[rustfmt::skip]
const TAIL: [u32; NODES] = [
    1_073_741_824,
    966_929_799,
    861_771_604,
    759_844_640,
    662_579_319,
    571_199_574,
    486_678_533,
    409_711_862,
    340_709_563,
    279_805_345,
    226_881_161,
    181_603_506,
    143_467_372,
    111_843_696,
    86_026_384,
    65_275_690,
    48_855_536,
    36_063_351,
    26_251_855,
    18_843_042,
    13_335_155,
    9_303_862,
    6_398_993,
    4_338_212,
    2_898_884,
    1_909_167,
    1_239_152,
    792_590,
    499_567,
    310_270,
    189_875,
    114_487,
    68_013,
    39_807,
    22_953,
    13_039,
    7_296,
    4_022,
    2_184,
    1_168,
    616,
    319,
    163,
    82,
    41,
    20,
    10,
    5,
    2,
];

/// The density at 0, 1/8, ... 6, in units of 2^-32, to the nearest.
#[rustfmt::skip]
const DENSITY: [u32; NODES] = [
    1_713_444_047,
    1_700_109_920,
    1_660_726_916,
    1_597_105_467,
    1_512_109_065,
    1_409_440_628,
    1_293_375_423,
    1_168_467_321,
    1_039_256_348,
    910_003_264,
    784_471_848,
    665_772_611,
    556_273_838,
    457_578_377,
    370_558_263,
    295_434_805,
    231_889_435,
    179_190_267,
    136_320_767,
    102_099_537,
    75_283_477,
    54_649_944,
    39_056_554,
    27_479_717,
    19_034_644,
    12_980_499,
    8_714_695,
    5_760_062,
    3_748_144,
    2_401_151,
    1_514_387,
    940_304,
    574_796,
    345_919,
    204_950,
    119_546,
    68_650,
    38_811,
    21_602,
    11_837,
    6_385,
    3_391,
    1_773,
    913,
    463,
    231,
    113,
    55,
    26,
];

/// N(`x`), wrong by at most three units, by Taylor's series of order 5 from the nearest node a:
/// N(-a - h) = N(-a) - phi(a) h (1 - h (a/2 - h (He2/6 - h (He3/24 - h He4/120)))), with Hermite's polynomials of a.
#[inline(always)]
pub(super) fn distribution(x: Fix) -> Fix {
    let share = |n: i64| Wrapping(ONE.0 / n);
    let sign = x >> 63;
    let size = ((x ^ sign) - sign).0.cast_unsigned().min(END);
    let index = (size + (1 << (STEP - 1))) >> STEP;
    let node = Wrapping(index.cast_signed());
    let h = Wrapping(size.cast_signed()) - (node << STEP);
    // In eighths, so that the polynomials are whole numbers of 1/64, 1/512, 1/4096.
    let square = node * node;
    let (second, third) = (square - Wrapping(64), node * (square - Wrapping(192)));
    let fourth = square * (square - Wrapping(384)) + Wrapping(12_288);
    let term = (((fourth * h) >> 12) * share(120)) >> BITS;
    let term = third * share(24 << 9) - term;
    let term = second * share(6 << 6) - ((h * term) >> BITS);
    let term = (node << (STEP - 1)) - ((h * term) >> BITS);
    let step = (h * (ONE - ((h * term) >> BITS))) >> BITS;
    let entry = TABLE.get(index as usize).copied().unwrap_or(0);
    let from = Wrapping((entry >> LOW).cast_signed()) << 1;
    let density = Wrapping(i64::from(entry as u32));
    let tail = (from - ((density * step) >> BITS) + Wrapping(2)) >> 2;
    // The other side of one where x is not negative.
    (tail ^ !sign) - !sign + (ONE & !sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{fixed, normal};

    #[test]
    fn it_is_within_three_units_of_the_precise_distribution() {
        let finer = fixed::BITS as usize - BITS;
        let mut worst = 0;
        for n in -1_200_000_i64..=1_200_000 {
            let x = n * 10_007;
            let precise = normal::distribution(i128::from(x) << finer);
            let fast = i128::from(distribution(Wrapping(x)).0) << finer;
            worst = worst.max((fast - precise).abs());
        }
        assert!(worst <= 3 << finer, "{worst}");
    }

    #[test]
    fn both_sides_of_zero_add_up_to_one() {
        assert_eq!(distribution(Wrapping(0)), Wrapping(ONE.0 / 2));
        for n in 1..=60_000 {
            let x = Wrapping(n * 100_003);
            assert_eq!(distribution(x) + distribution(-x), ONE, "{x}");
        }
    }
}
