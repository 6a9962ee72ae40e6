//! How far prices move: volatility at two speeds, and the ranges that margins are computed over.
//!
//! Variance is an exponentially weighted mean of squared log returns per unit time: a return r over t seconds counts as
//! r^2 / t, with weight 1 - exp(-t / period). Pokes at any rhythm give the same mean. Returns are taken over at least
//! [`SAMPLE_SECS`], so that neither feeds that flicker nor a poke in every block drive it up.
//!
//! The slow speed moves maintenance margin: it is never below a blend with a stressed value, so that margins do not melt away in
//! calm times, and the range that it gives rises by a set rate at most, so that nobody is liquidated by a jump of volatility.
//! The fast speed moves initial margin at once, but counts for no more than the stressed value: beyond what is known of the worst
//! times only the slow speed leads, so that initial margin is less procyclical than a plain average that covers as many moves.

use risk::Mark;
use risk::decay::left_down;

use crate::WAD;
use crate::parameters::Parameters;

/// A return is taken over at least this many seconds.
pub const SAMPLE_SECS: u64 = 60;

/// Seconds of a year of 365 days, by which volatilities are quoted.
const YEAR: u128 = 31_536_000;

/// Volatilities and ranges are computed in millionths.
const MILLIONTH: u64 = WAD / 1_000_000;

/// Bits of the binary fraction of a variance per second.
const VARIANCE_BITS: u32 = 60;

/// What one asset's volatility, ranges and stable price are held to. All WAD: volatilities a year, the others as shares of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeLimits {
    /// Volatility of a stressed market: where both speeds start, what the floor is a blend with, and all that the fast speed
    /// counts for.
    pub stressed: u64,
    /// The least range.
    pub min: u64,
    /// The greatest range.
    pub max: u64,
    /// How far the true price may be from what the sources say.
    pub confidence: u64,
    /// Share of itself by which the stable price may move per second.
    pub stable_price_rate: u64,
}

impl RangeLimits {
    /// Limits of an asset that nobody has looked at: the volatility of a large coin in its worst month; a stable price that follows a
    /// coin by at most 0.03 % a second, 9 % in five minutes, so that a true crash leads it by minutes.
    pub const DEFAULT: Self = Self {
        stressed: WAD / 2 * 3,
        min: WAD / 20,
        max: WAD / 10 * 6,
        confidence: 0,
        stable_price_rate: WAD / 10_000 * 3,
    };

    /// [`Self::DEFAULT`] of an asset that is pegged to another, whose true price hardly moves: its stable price follows by 0.9 % in five
    /// minutes. While the sources diverge a fifth of it is 2.16 % an hour, so that a primary that is wrong for an hour has not moved it
    /// by the 3 % at which the divergence is noticed, and stays outvoted.
    pub const PEGGED: Self = Self {
        stable_price_rate: WAD / 100_000 * 3,
        ..Self::DEFAULT
    };

    /// The rate of the stable price is stored in units of 1e-9.
    pub const RATE_UNIT: u64 = WAD / 1_000_000_000;

    /// The other limits are stored in thousandths.
    pub const UNIT: u64 = WAD / 1_000;

    /// Whether the limits are in order, multiples of their units, and within 10 % to 1,600 % of volatility, 1 % to 60 % of range,
    /// 10 % of confidence, and 0.0001 % to 1 % a second of the stable price.
    pub fn is_within_bounds(&self) -> bool {
        (WAD / 10..=16 * WAD).contains(&self.stressed)
            && self.min >= WAD / 100
            && self.min <= self.max
            && self.max <= WAD / 10 * 6
            && self.confidence <= WAD / 10
            && (WAD / 1_000_000..=WAD / 100).contains(&self.stable_price_rate)
            && self.stable_price_rate.is_multiple_of(Self::RATE_UNIT)
            && [self.stressed, self.min, self.max, self.confidence]
                .iter()
                .all(|limit| limit.is_multiple_of(Self::UNIT))
    }
}

/// An asset's volatility as of its last sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volatility {
    /// Slow variance per second, in units of 2^-60.
    pub slow: u64,
    /// Fast variance per second, in units of 2^-60.
    pub fast: u64,
    /// The mark at the last sample; zero if the next sample must take no return.
    pub mark: Mark,
    /// When the last sample was taken, seconds; zero before the first.
    pub sampled_at: u64,
    /// The maintenance range that was in force then, in millionths.
    pub range: u32,
}

/// What margins need of an asset's volatility. All WAD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranges {
    /// Slow volatility a year, its floor included.
    pub volatility: u128,
    /// The move that maintenance margin covers, as a share of the price.
    pub maintenance: u64,
    /// What `maintenance` rises towards.
    pub target: u64,
    /// The move that initial margin covers, before what tiers and concentration add; at least `maintenance`.
    pub initial: u64,
}

/// [`Ranges`] as a poke leaves them for readers, in units of [`Outlook::UNIT`], rounded up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Maintenance range at the poke.
    pub maintenance: u16,
    /// What it rises towards.
    pub target: u16,
    /// Initial range.
    pub initial: u16,
}

impl Outlook {
    /// Unit of the ranges, WAD.
    pub const UNIT: u64 = WAD / 5_000;

    /// The outlook on `ranges`.
    pub fn of(ranges: &Ranges) -> Self {
        let units = |range: u64| range.div_ceil(Self::UNIT) as u16;
        Self {
            maintenance: units(ranges.maintenance),
            target: units(ranges.target),
            initial: units(ranges.initial),
        }
    }

    /// The WAD ranges of maintenance and of initial margin `secs` after the poke.
    pub fn after(&self, parameters: &Parameters, secs: u64) -> (u64, u64) {
        let wad = |units: u16| u64::from(units) * Self::UNIT;
        let rise = rise(parameters, secs).saturating_mul(MILLIONTH);
        let maintenance = wad(self.maintenance).saturating_add(rise);
        (maintenance.min(wad(self.target)), wad(self.initial))
    }
}

impl Volatility {
    /// The state after the trusted `mark` at `now`; the same if the last sample is too recent.
    ///
    /// The first sample starts both speeds at the stressed value.
    pub fn sample(
        self,
        mark: Mark,
        parameters: &Parameters,
        limits: &RangeLimits,
        now: u64,
    ) -> Self {
        if self.sampled_at == 0 {
            return Self::start(mark, parameters, limits, now);
        }
        let secs = now.saturating_sub(self.sampled_at);
        if secs < SAMPLE_SECS {
            return self;
        }
        let range = self.range_at(parameters, limits, now);
        let next = if self.mark == Mark::ZERO {
            self
        } else {
            let variance = variance(log_distance(self.mark, mark), secs);
            Self {
                slow: mean(self.slow, variance, secs, parameters.slow_period),
                fast: mean(self.fast, variance, secs, parameters.fast_period),
                ..self
            }
        };
        let target = range_of(next.slow_volatility(parameters, limits), parameters, limits);
        Self {
            mark,
            sampled_at: now,
            range: range.min(target) as u32,
            ..next
        }
    }

    fn start(mark: Mark, parameters: &Parameters, limits: &RangeLimits, now: u64) -> Self {
        let stressed = limits.stressed / MILLIONTH;
        let variance = variance_of(stressed);
        Self {
            slow: variance,
            fast: variance,
            mark,
            sampled_at: now,
            range: range_of(stressed, parameters, limits) as u32,
        }
    }

    /// What margins need at `now`.
    pub fn ranges(&self, parameters: &Parameters, limits: &RangeLimits, now: u64) -> Ranges {
        let slow = self.slow_volatility(parameters, limits);
        let fast = volatility_of(self.fast).min(limits.stressed / MILLIONTH);
        let target = range_of(slow, parameters, limits);
        let initial = match fast > slow {
            true => range_of(fast, parameters, limits),
            false => target,
        };
        Ranges {
            volatility: u128::from(slow) * u128::from(MILLIONTH),
            maintenance: self.limited(target, parameters, now) * MILLIONTH,
            target: target * MILLIONTH,
            initial: initial * MILLIONTH,
        }
    }

    /// The maintenance range at `now` in millionths: what the slow volatility asks for, but no more above that of the last
    /// sample than the time since then allows.
    fn range_at(&self, parameters: &Parameters, limits: &RangeLimits, now: u64) -> u64 {
        let target = range_of(self.slow_volatility(parameters, limits), parameters, limits);
        self.limited(target, parameters, now)
    }

    fn limited(&self, target: u64, parameters: &Parameters, now: u64) -> u64 {
        let secs = now.saturating_sub(self.sampled_at);
        target.min(rise(parameters, secs).saturating_add(self.range.into()))
    }

    /// Slow volatility a year in millionths: the mean, but at least its blend with the stressed value.
    fn slow_volatility(&self, parameters: &Parameters, limits: &RangeLimits) -> u64 {
        let measured = volatility_of(self.slow);
        let stressed = limits.stressed / MILLIONTH;
        let weight = parameters.stressed_weight / MILLIONTH;
        let blend = measured * (1_000_000 - weight) + stressed * weight;
        measured.max(blend.div_ceil(1_000_000))
    }
}

/// Millionths by which the maintenance range may rise in `secs`.
fn rise(parameters: &Parameters, secs: u64) -> u64 {
    (parameters.hourly_rise / MILLIONTH).saturating_mul(secs) / 3_600
}

/// `old` and `new` averaged, `old` weighing exp(-secs / period).
fn mean(old: u64, new: u64, secs: u64, period: u32) -> u64 {
    let kept = left_down(secs, period).0;
    let wad = u128::from(WAD);
    ((u128::from(old) * kept + u128::from(new) * (wad - kept)) / wad) as u64
}

/// Variance per second of one return of `log` (in units of 2^-56) over `secs`, which must not be zero.
fn variance(log: u64, secs: u64) -> u64 {
    let squared = (u128::from(log) * u128::from(log)) >> (2 * LOG_BITS - VARIANCE_BITS);
    u64::try_from(squared / u128::from(secs)).unwrap_or(u64::MAX)
}

/// 5^12: a million squared is 2^12 times this.
const FIVES: u128 = 244_140_625;

/// Volatility a year in millionths, rounded down, of a variance per second: sqrt(variance x year).
fn volatility_of(variance: u64) -> u64 {
    let squared = (u128::from(variance) * YEAR * FIVES) >> (VARIANCE_BITS - 12);
    square_root(squared.min(u64::MAX.into()) as u64)
}

/// Variance per second, rounded up, of a volatility a year of at most sixteen, in millionths.
fn variance_of(volatility: u64) -> u64 {
    let squared = u128::from(volatility) * u128::from(volatility);
    (squared << (VARIANCE_BITS - 12)).div_ceil(YEAR * FIVES) as u64
}

/// Range in millionths of a volatility in millionths: multiplier x volatility x sqrt(horizon / year), rounded down, within
/// the limits.
fn range_of(volatility: u64, parameters: &Parameters, limits: &RangeLimits) -> u64 {
    let horizon = u128::from(parameters.horizon) * 1_000_000_000_000 / YEAR;
    let root = square_root(horizon as u64);
    let multiplier = parameters.range_multiplier / MILLIONTH;
    let range = u128::from(volatility) * u128::from(multiplier) * u128::from(root);
    let range = (range / 1_000_000_000_000).min(u64::MAX.into()) as u64;
    range.clamp(limits.min / MILLIONTH, limits.max / MILLIONTH)
}

/// The square root, rounded down: bit by bit, which takes no table and no division.
fn square_root(value: u64) -> u64 {
    let (mut rest, mut root, mut bit) = (value, 0, 1 << 62);
    while bit != 0 {
        if rest >= root + bit {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    root
}

/// Bits of the binary fraction of a logarithm.
const LOG_BITS: u32 = 56;
/// ln 2 in units of 2^-56.
const LN_2: u64 = 49_946_518_145_322_872;
/// Bits to which prices are shortened before their logarithm is taken.
const PRICE_BITS: u32 = 61;

/// |ln(a / b)| in units of 2^-56, with an error below 2^-32; at most 2^7, and zero if either mark is.
fn log_distance(Mark(a): Mark, Mark(b): Mark) -> u64 {
    let (low, high) = (a.min(b), a.max(b));
    if low == 0 {
        return 0;
    }
    let shift = (u128::BITS - high.leading_zeros()).saturating_sub(PRICE_BITS);
    let high = (high >> shift) as u64;
    let mut low = ((low >> shift) as u64).max(1);
    let mut doublings = 0;
    while low <= high / 2 {
        (low, doublings) = (low * 2, doublings + 1);
    }
    // ln(high / low) = 2 (z + z^3/3 + z^5/5 + ...) with z = (high - low) / (high + low), at most 1/3.
    let z = ((u128::from(high - low) << 63) / u128::from(high + low)) as u64;
    let product = |x: u64, y: u64| ((u128::from(x) * u128::from(y)) >> 63) as u64;
    let square = product(z, z);
    let (mut power, mut series) = (z, z);
    for divisor in (3..=19).step_by(2) {
        power = product(power, square);
        series += power / divisor;
    }
    (series >> (63 - LOG_BITS - 1)) + doublings * LN_2
}

#[cfg(test)]
mod tests;
