//! The normal distribution and its density, in units of 2^-60 ([`ONE`]).

use super::fixed::{BITS, ONE, exp, times};

/// 1 / sqrt(2 pi), to the nearest.
const PEAK: i128 = 459_949_134_171_706_403;
/// Nothing is left of the density from here: its value at 10 is below 2^-73.
const END: i128 = 10 * ONE;
/// Distance of the nodes of [`MILLS`], as a power of two below one: 1/4.
const STEP: u32 = BITS - 2;
/// Terms of the series of Mills' ratio around a node, at most 1/8 away: the first one left out is below 2^-63.
const TERMS: i128 = 17;

/// Mills' ratio N(-x) / phi(x) at 0, 1/4, ... 10, to the nearest, from 100 digits.
#[rustfmt::skip]
const MILLS: [i64; 41] = [
    1_444_972_820_938_818_966,
    1_196_530_271_511_241_506,
    1_010_379_427_718_552_607,
    867_655_496_089_533_266,
    755_947_044_585_410_079,
    666_884_784_875_493_983,
    594_694_941_713_995_351,
    535_309_442_074_616_687,
    485_805_645_825_811_255,
    444_045_746_924_086_683,
    408_439_865_184_057_866,
    377_787_375_600_067_163,
    351_168_705_477_501_253,
    327_870_292_512_597_618,
    307_331_713_278_534_907,
    289_107_877_902_861_392,
    272_841_621_377_498_053,
    258_243_573_406_074_684,
    245_077_193_438_378_090,
    233_147_518_245_447_826,
    222_292_610_188_776_359,
    212_376_992_482_037_540,
    203_286_562_035_850_500,
    194_924_612_192_144_577,
    187_208_697_115_756_815,
    180_068_140_192_810_843,
    173_442_039_402_342_644,
    167_277_659_290_835_304,
    161_529_125_988_404_398,
    156_156_361_486_370_180,
    151_124_208_117_010_885,
    146_401_705_221_558_552,
    141_961_488_344_530_303,
    137_779_287_655_009_190,
    133_833_507_176_834_084,
    130_104_870_180_026_052,
    126_576_119_016_880_273,
    123_231_759_978_906_912,
    120_057_845_554_850_261,
    117_041_787_897_565_843,
    114_172_198_443_293_465,
];

/// The density phi(`x`) = exp(-x^2 / 2) / sqrt(2 pi), wrong by at most 2^-58.
#[must_use]
pub fn density(x: i128) -> i128 {
    let x = x.saturating_abs();
    if x >= END {
        return 0;
    }
    // Half of the square is below 50: it fits, and its exponential is at most one.
    let falling = exp(-((x * x) >> (BITS + 1))).unwrap_or(0);
    times(falling.cast_signed(), PEAK)
}

/// N(-x) / phi(x) of `x` from 0 to 10, wrong by at most 2^-56.
fn mills(x: i128) -> i128 {
    let node = (x + (1 << (STEP - 1))) >> STEP;
    let from = node << STEP;
    let Some(&value) = MILLS.get(node as usize) else {
        return 0;
    };
    // R' = x R - 1, so that the coefficients of Taylor's series are c(n+1) = (x c(n) + c(n-1)) / (n + 1).
    let (mut last, mut next) = (i128::from(value), times(from, i128::from(value)) - ONE);
    let mut power = ONE;
    let mut sum = last;
    for term in 1..=TERMS {
        power = times(power, x - from);
        sum += times(next, power);
        (last, next) = (next, (times(from, next) + last) / (term + 1));
    }
    sum
}

/// The upper tail N(-`x`) of `x` >= 0, given its density.
fn tail(x: i128, density: i128) -> i128 {
    if x >= END {
        return 0;
    }
    times(mills(x), density)
}

/// The distribution N(`x`), wrong by at most 2^-57.
#[must_use]
pub fn distribution(x: i128) -> i128 {
    let upper = tail(x.saturating_abs(), density(x));
    if x > 0 { ONE - upper } else { upper }
}

/// The value of an option out of the money, as a share of the smaller of forward and strike: N(-x1) - exp(k) N(-x2),
/// where k = |ln(forward / strike)|, x1 = k/s - s/2, x2 = k/s + s/2. With exp(k) phi(x2) = phi(x1), the second term
/// is phi(x1) R(x2), R being Mills' ratio: nothing large is multiplied.
pub(super) fn outside_value(x1: i128, x2: i128) -> i128 {
    let second = if x2 >= END {
        // R(x) is below 1/x; the density at x1 may not be small.
        times(density(x1), far_mills(x2))
    } else {
        times(density(x1), mills(x2.max(0)))
    };
    (distribution(-x1) - second).clamp(0, ONE)
}

/// N(-x) / phi(x) from 10: 1/x (1 - 1/x^2 (1 - 3/x^2 (1 - 5/x^2 (...)))) (Abramowitz and Stegun 26.2.12), wrong by less
/// than 2^-57.
fn far_mills(x: i128) -> i128 {
    let half = x >> (BITS / 2);
    let square = (ONE << BITS) / half.pow(2).max(1);
    let mut series = ONE;
    for half_odd in (0..25).rev() {
        let factor = 2 * half_odd + 1;
        series = ONE - times(factor * series, square);
    }
    times(series, (ONE << (BITS / 2)) / half.max(1))
}
