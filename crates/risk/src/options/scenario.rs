//! The margin of a portfolio of one underlying: its worst loss over moves of spot and volatility.
//!
//! Seven moves of spot by three of volatility, and two tails of twice the range at 35 %, each by full revaluation. The loop
//! works in 64 bits, in units of 2^-30 of spot. A put is a call less the underlying, plus the strike: the loop knows calls only, and
//! the rest is linear.

use super::black::Kind;
use super::fast_normal::{BITS, ONE, distribution};
use super::fixed::{self, exp, ln_ratio, sqrt_years};
use crate::math::{mul_div_down, mul_div_up, signed};
use crate::{Error, Price, Ratio, Result, Size, Usd, WAD};

/// Legs of a portfolio, at most.
pub const MAX_OPTIONS: usize = 128;
/// Lots of an option, at most.
pub const MAX_LOTS: u32 = 1 << 30;
/// Moves of spot: seven steps of a third of the range, and the two tails.
const MOVES: usize = 9;
const STEPS: usize = 7;
/// Units of volatility in one, of a leg.
const VOLATILITY: u128 = 1_000_000;
/// Bits that a volatility has below a unit of a leg's, when it is moved.
const FINER: u32 = 16;
/// No volatility falls below 5 %.
const MIN_VOLATILITY: i64 = (VOLATILITY as i64 / 20) << FINER;
/// No volatility rises above what fits a product with the root of a time.
const MAX_VOLATILITY: i64 = 1 << 56;
/// What a loss in a tail counts for, of 100.
const TAIL_WEIGHT: i128 = 35;
/// No move takes a price below 1 %.
const MIN_PRICE: i64 = ONE / 100;
/// Ranges, strikes and deviations from which products would not fit: 300 %, 8 x spot, 8.
const MAX_RANGE: i64 = 3 * ONE;
const MAX_STRIKE: u128 = 8 << BITS;
const MAX_DEVIATION: i64 = 8 * ONE;

/// One option of a portfolio in 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionLeg {
    /// Call or put.
    pub kind: Kind,
    /// Strike in ticks of the portfolio.
    pub strike: u32,
    /// Seconds to expiry, below 2^31.
    pub seconds: u32,
    /// Volatility in millionths.
    pub volatility: u32,
    /// Size in lots of the portfolio, below [`MAX_LOTS`]; positive is long.
    pub lots: i32,
}

impl OptionLeg {
    /// Reads a leg: strike, kind and seconds (the top bit is a put), volatility, lots; 32 bits each from the top.
    #[must_use]
    pub const fn unpack(word: u128) -> Self {
        let times = (word >> 64) as u32;
        Self {
            kind: if times >> 31 == 0 {
                Kind::Call
            } else {
                Kind::Put
            },
            strike: (word >> 96) as u32,
            seconds: times & (u32::MAX >> 1),
            volatility: (word >> 32) as u32,
            lots: word as u32 as i32,
        }
    }

    /// The word that [`unpack`](Self::unpack) reads.
    #[must_use]
    pub fn pack(&self) -> u128 {
        let put = u32::from(self.kind == Kind::Put) << 31;
        (u128::from(self.strike) << 96)
            | (u128::from(self.seconds & (u32::MAX >> 1) | put) << 64)
            | (u128::from(self.volatility) << 32)
            | u128::from(self.lots.cast_unsigned())
    }
}

/// Positions in one underlying.
#[derive(Clone, Copy, Debug)]
pub struct Portfolio<'a> {
    /// Price of the underlying.
    pub spot: Price,
    /// What strikes are counted in.
    pub tick: Price,
    /// What sizes are counted in.
    pub lot: Size,
    /// The perpetual, in lots.
    pub perpetual: i64,
    /// Packed legs: see [`OptionLeg::unpack`]. Legs of one expiry should follow each other.
    pub options: &'a [u128],
}

/// How far prices are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shock {
    /// Range of spot for maintenance.
    pub spot_range: Ratio,
    /// Range of spot for the initial margin.
    pub initial_spot_range: Ratio,
    /// Range of a 30-day volatility.
    pub volatility_range: Ratio,
    /// Margin of every short option, of spot.
    pub short_option_rate: Ratio,
    /// Initial margin of maintenance, at least.
    pub initial_factor: Ratio,
}

/// Margin of a portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Maintenance margin.
    pub maintenance: Usd,
    /// Initial margin.
    pub initial: Usd,
    /// Scenario of the worst loss: 3 x step of spot + step of volatility, each from the lowest; 21 and 22 are the tails.
    pub worst: u8,
}

/// What does not change between the scenarios of a portfolio: prices after each move as a share of spot, and their logarithms.
struct Grid {
    price: [i64; MOVES],
    log: [i64; MOVES],
}

impl Grid {
    fn new(range: Ratio) -> Result<Self> {
        let range = to_loop(range)?;
        if range > MAX_RANGE {
            return Err(Error::Overflow);
        }
        let thirds = [-3, -2, -1, 0, 1, 2, 3, -6, 6];
        let price = thirds.map(|n| (ONE + range * n / 3).max(MIN_PRICE));
        let log = price.map(|p| nearest(ln_ratio(p.unsigned_abs().into(), 1 << BITS)));
        Ok(Self { price, log })
    }
}

/// A ratio in the units of the loop, to the nearest.
fn to_loop(ratio: Ratio) -> Result<i64> {
    let doubled = mul_div_down(ratio.0, 2 << BITS, WAD)?;
    i64::try_from(doubled.div_ceil(2)).map_err(|_| Error::Overflow)
}

/// A number of [`fixed`] in the units of the loop, to the nearest. What comes here is below 2^7.
fn nearest(x: i128) -> i64 {
    ((x + (1 << (BITS - 1))) >> (fixed::BITS - BITS)) as i64
}

/// What the options of one expiry share: the root of their time, and the moves of volatility.
#[derive(Clone, Copy)]
struct Expiry {
    seconds: u32,
    root: u128,
    /// A shock of volatility, times the term's factor.
    shock: i64,
}

impl Expiry {
    /// The factor is (30 / days)^0.3 up to 30 days, and ^0.13 beyond; at least a day.
    fn new(seconds: u32, volatility_range: Ratio) -> Result<Self> {
        const DAY: u32 = 86_400;
        let log = ln_ratio(u128::from(30 * DAY), u128::from(seconds.max(DAY)));
        let power = if seconds <= 30 * DAY { 30 } else { 13 };
        let factor = exp(log * power / 100)?;
        let shock = mul_div_down(volatility_range.0, factor, WAD)?;
        Ok(Self {
            seconds,
            root: sqrt_years(seconds.into()),
            shock: nearest(signed(shock)?.min(100 * fixed::ONE)),
        })
    }
}

/// Deviation of the logarithm of the price, half of it, and its reciprocal: one division for all moves of spot.
struct Deviation {
    reach: i64,
    half: i64,
    reciprocal: i64,
}

impl Deviation {
    fn new(volatility: i64, root: u128) -> Self {
        let wide = u128::from(volatility.unsigned_abs()) * root / (VOLATILITY << FINER);
        let rounded = ((wide + (1 << (BITS - 1))) >> (fixed::BITS - BITS))
            .min(MAX_DEVIATION.unsigned_abs().into()) as i64;
        let deviation = rounded.max(1);
        Self {
            // Nothing is left beyond 7.5 deviations, and 7.5 x 2^60 fits.
            reach: deviation * 15 / 2,
            half: deviation / 2,
            reciprocal: (1 << (2 * BITS)) / deviation,
        }
    }

    /// Value of a call, as a share of spot, at a `price`; `log` is ln(price / strike).
    #[inline(always)]
    fn call(&self, price: i64, log: i64, strike: i64) -> i64 {
        let x = (log.clamp(-self.reach, self.reach) * self.reciprocal) >> BITS;
        (price * distribution(x + self.half) - strike * distribution(x - self.half)) >> BITS
    }
}

/// An option made ready for the loop.
struct Ready {
    strike: i64,
    log: i64,
    lots: i64,
    mark: i64,
    moved: [Deviation; 3],
}

impl Ready {
    fn new(leg: &OptionLeg, portfolio: &Portfolio<'_>, expiry: &Expiry) -> Result<Self> {
        if leg.lots.unsigned_abs() >= MAX_LOTS {
            return Err(Error::Overflow);
        }
        let strike = u128::from(leg.strike)
            .checked_mul(portfolio.tick.0)
            .ok_or(Error::Overflow)?;
        let share = mul_div_down(strike, 1 << BITS, portfolio.spot.0)?;
        if share >= MAX_STRIKE {
            return Err(Error::Overflow);
        }
        let volatility = i64::from(leg.volatility) << FINER;
        let moved = [-1, 0, 1].map(|step| {
            let factor = i128::from(ONE + step * expiry.shock);
            let moved = ((i128::from(volatility) * factor) >> BITS) as i64;
            Deviation::new(moved.clamp(MIN_VOLATILITY, MAX_VOLATILITY), expiry.root)
        });
        let (strike, log) = (share as i64, nearest(ln_ratio(strike, portfolio.spot.0)));
        let mark = Deviation::new(volatility, expiry.root).call(ONE, -log, strike);
        Ok(Self {
            strike,
            log,
            lots: leg.lots.into(),
            mark,
            moved,
        })
    }

    /// Adds what the option gains in every scenario.
    fn add_gains(&self, grid: &Grid, gains: &mut [[i128; 3]; MOVES]) {
        for ((price, log), row) in grid.price.iter().zip(&grid.log).zip(gains) {
            for (deviation, gain) in self.moved.iter().zip(row) {
                let value = deviation.call(*price, log - self.log, self.strike);
                *gain += i128::from(self.lots) * i128::from(value - self.mark);
            }
        }
    }
}

impl Portfolio<'_> {
    /// Maintenance and initial margin. Rounded up; wrong by about 1e-8 of gross notional.
    ///
    /// # Errors
    /// [`Error::Overflow`] if the portfolio has more than [`MAX_OPTIONS`], a strike of 8 x spot, a range above 300 % or a
    /// result that does not fit.
    pub fn requirement(&self, shock: &Shock) -> Result<Requirement> {
        if self.options.len() > MAX_OPTIONS {
            return Err(Error::Overflow);
        }
        let (maintenance, worst) = self.margin(shock.spot_range, shock)?;
        let mut initial = maintenance.times_up(shock.initial_factor)?;
        if shock.initial_spot_range != shock.spot_range {
            initial = initial.max(self.margin(shock.initial_spot_range, shock)?.0);
        }
        Ok(Requirement {
            maintenance,
            initial,
            worst,
        })
    }

    /// Worst loss at a range of spot and the floor of short options, and the scenario of the loss.
    fn margin(&self, range: Ratio, shock: &Shock) -> Result<(Usd, u8)> {
        let grid = Grid::new(range)?;
        let mut gains = [[0; 3]; MOVES];
        let mut linear = i128::from(self.perpetual);
        let mut short = 0_u128;
        let mut expiry = Expiry::new(0, shock.volatility_range)?;
        for word in self.options {
            let leg = OptionLeg::unpack(*word);
            if leg.seconds != expiry.seconds {
                expiry = Expiry::new(leg.seconds, shock.volatility_range)?;
            }
            if leg.kind == Kind::Put {
                linear -= i128::from(leg.lots);
            }
            short += u128::from(leg.lots.min(0).unsigned_abs());
            Ready::new(&leg, self, &expiry)?.add_gains(&grid, &mut gains);
        }
        for (price, row) in grid.price.iter().zip(&mut gains) {
            let gain = linear * i128::from(price - ONE);
            *row = row.map(|options| options + gain);
        }
        let (loss, worst) = worst_loss(&gains);
        let floor = self
            .dollars(short << BITS)?
            .times_up(shock.short_option_rate)?;
        Ok((self.dollars(loss)?.plus(floor)?, worst))
    }

    /// Lots x 2^-30 of spot in dollars, rounded up.
    fn dollars(&self, amount: u128) -> Result<Usd> {
        let size = mul_div_up(amount, self.lot.0, 1 << BITS)?;
        Ok(Usd(signed(mul_div_up(size, self.spot.0, WAD)?)?))
    }
}

/// The largest loss, zero if there is none, and the first scenario that has it.
fn worst_loss(gains: &[[i128; 3]; MOVES]) -> (u128, u8) {
    let steps = gains.iter().take(STEPS).flatten().map(|gain| -gain);
    let tails = gains
        .iter()
        .skip(STEPS)
        .map(|row| -row[1] * TAIL_WEIGHT / 100);
    let mut worst = (i128::MIN, 0);
    for (index, loss) in (0..).zip(steps.chain(tails)) {
        if loss > worst.0 {
            worst = (loss, index);
        }
    }
    (worst.0.max(0).unsigned_abs(), worst.1)
}
