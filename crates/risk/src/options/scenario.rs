//! The margin of a portfolio of one underlying: its worst loss over moves of spot and volatility.
//!
//! Seven moves of spot by three of volatility, and two tails of twice the range at 35 %, each by full revaluation. The loop
//! works in 64 bits, in units of 2^-30 of spot, and sizes in units of 2^-29 of the gross size: a margin is wrong by about 1e-8 of
//! the gross notional. A put is a call less the underlying, plus the strike: the loop knows calls only, and the rest is linear.

use core::num::Wrapping;

use super::black::{Kind, Terms};
use super::encoding::{
    MAX_SECONDS, OptionLeg, PART_BITS, Portfolio, Requirement, Shock, VOLATILITY_UNITS,
};
use super::fast::{self, BITS, Fix, ONE, of_wad, reciprocal, root_of_years, times};
use super::fast_normal::distribution;
use super::refusal::{Refusal, Result};
use super::rough_normal::Rough;
use super::scaled::Scaled;
use super::standing::{self, Standing};
use crate::math::{mul_div_up, signed};
use crate::{Position, Price, Ratio, Size, Usd, WAD};

/// Options of a portfolio, at most.
pub const MAX_OPTIONS: usize = 128;
/// Widest range of spot: the price after the largest move stays below 8 x spot.
pub const MAX_RANGE: Ratio = Ratio(3 * WAD);
/// Steps of spot, a third of the range each, and the tails after them.
const STEPS: usize = 7;
const MOVES: usize = 9;
/// Moves of volatility.
const TURNS: usize = 3;
/// What a loss in a tail counts for, of 100.
const TAIL_WEIGHT: i64 = 35;
/// No move takes a price below 1 %.
const MIN_PRICE: Fix = Wrapping(ONE.0 / 100);
/// No move takes a volatility below 5 %.
const MIN_VOLATILITY: Fix = Wrapping(ONE.0 / 20);
/// Deviations of the logarithm of a price: an option of the largest is worth all it can be, and one of the smallest nothing
/// more than it has inside, both to less than 1e-8.
const MIN_DEVIATION: Fix = Wrapping(1 << 4);
const MAX_DEVIATION: Fix = Wrapping(16 * ONE.0);
/// Deviation and change of volatility beyond which products would not fit: both are far beyond [`MAX_DEVIATION`].
const MAX_PRODUCT: Fix = Wrapping(1 << 36);
const MAX_SHOCK: Fix = Wrapping(1 << 41);
/// Bits of the gross size.
const SIZE_BITS: u32 = 29;
/// Power of two from which a strike is far: its calls are out of the money after every move.
const FAR: i64 = 3;

/// A range of spot: prices after each move as shares of the unit, their logarithms, and what the portfolio's calls are worth there.
struct Grid {
    price: [Fix; MOVES],
    log: [Fix; MOVES],
    value: [[Fix; TURNS]; MOVES],
}

impl Grid {
    /// Moves of at most `range` around `base`, a share of the unit.
    fn new(base: Fix, range: Ratio) -> Result<Self> {
        let range = match u64::try_from(range.0) {
            Ok(wad) if range <= MAX_RANGE => of_wad(wad) + Wrapping(1),
            _ => return Err(Refusal::Range),
        };
        let thirds = [-3, -2, -1, 0, 1, 2, 3, -6, 6];
        let moved = |n: i64| (ONE + range * Wrapping(n) / Wrapping(3)).max(MIN_PRICE);
        let price = thirds.map(|n| ((base * moved(n)) >> BITS).max(Wrapping(1)));
        Ok(Self {
            price,
            log: price.map(log_of),
            value: [[Wrapping(0); TURNS]; MOVES],
        })
    }
}

/// The logarithm of a positive number of the loop.
fn log_of(x: Fix) -> Fix {
    Scaled::new(x.0.cast_unsigned())
        .shifted(-(BITS as i64))
        .fast_ln()
}

/// Deviation of the logarithm of a price, and its reciprocal: one division for all moves of spot.
struct Deviation {
    half: Fix,
    /// 2^30 x 2^shift / deviation, below 2^27: its product with any logarithm fits.
    reciprocal: Fix,
    shift: usize,
}

impl Deviation {
    fn new(deviation: Fix) -> Self {
        let deviation = deviation.clamp(MIN_DEVIATION, MAX_DEVIATION);
        let length = 63 - deviation.0.leading_zeros();
        Self {
            half: deviation >> 1,
            reciprocal: reciprocal(deviation, length + 26),
            shift: length as usize - 4,
        }
    }

    /// Value of a call at a `price`; `log` is ln(price / strike).
    #[inline(always)]
    fn call(&self, price: Fix, log: Fix, strike: Fix) -> Fix {
        let x = (log * self.reciprocal) >> self.shift;
        (price * distribution(x + self.half) - strike * distribution(x - self.half)) >> BITS
    }

    /// The same of a strike that is not below the price, whatever the strike.
    fn far_call(&self, price: Fix, log: Fix) -> Fix {
        const FINER: usize = standing::ARGUMENT_BITS as usize - BITS;
        // Below 16, as half of a deviation is.
        const MOST: Fix = Wrapping((16 << BITS) - 1);
        let moneyness = ((-log * self.reciprocal) >> self.shift).min(MOST);
        let standing =
            Standing::<Rough>::of_arguments((moneyness << FINER).0, (self.half << FINER).0);
        let outside = standing.outside() >> (standing::FRACTION_BITS as usize - BITS);
        (price * Wrapping(outside)) >> BITS
    }
}

/// An option as the loop takes it.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    kind: Kind,
    /// In units of the revaluation.
    strike: Scaled,
    seconds: u32,
    volatility: Fix,
    size: i128,
}

/// What revaluing one portfolio takes, and has found so far.
pub struct Revaluation {
    shock: Shock,
    spot: Price,
    /// What prices are shares of: the larger of spot and stable price.
    unit: Price,
    /// 1 / unit.
    inverse: Scaled,
    /// A part of a tick, in units.
    part: Scaled,
    /// Spot, and its logarithm.
    base: Fix,
    base_log: Fix,
    /// Sizes are counted in 2^`shift` WAD.
    shift: u32,
    /// Of maintenance; of the initial margin around spot and around the stable price, where they differ.
    grids: [Option<Grid>; 3],
    volatility_range: Fix,
    /// What gains with spot: the perpetual, less puts.
    linear: Fix,
    /// Value of all calls, marked.
    marks: Fix,
    /// Sizes of short options.
    short: u128,
}

impl Revaluation {
    /// Begins with the perpetual; `gross` is the sum of all sizes, that of the perpetual included.
    ///
    /// # Errors
    /// [`Refusal::Price`] if a price is zero or above [`Price::MAX`]; [`Refusal::Range`] if a range of spot is above [`MAX_RANGE`], or
    /// that of volatility does not fit 64 bits.
    pub fn new(portfolio: &Portfolio, gross: Size) -> Result<Self> {
        let Portfolio {
            spot,
            stable,
            shock,
            ..
        } = *portfolio;
        let unit = spot.max(stable);
        if spot.min(stable) == Price::ZERO || unit > Price::MAX {
            return Err(Refusal::Price);
        }
        let volatility_range =
            u64::try_from(shock.volatility_range.0).map_err(|_| Refusal::Range)?;
        let inverse = Scaled::of_wide(unit.0).inverse();
        let share = |price: Price| {
            Scaled::of_wide(price.0)
                .times(inverse)
                .fix()
                .max(Wrapping(1))
        };
        let base = share(spot);
        let initial = |base, needed: bool| match needed {
            true => Grid::new(base, shock.initial_spot_range).map(Some),
            false => Ok(None),
        };
        let mut revaluation = Self {
            shock,
            spot,
            unit,
            inverse,
            part: Scaled::of_wide(portfolio.tick.0)
                .times(inverse)
                .shifted(-i64::from(PART_BITS)),
            base,
            base_log: log_of(base),
            shift: (128 - gross.0.leading_zeros()).saturating_sub(SIZE_BITS),
            grids: [
                Some(Grid::new(base, shock.spot_range)?),
                initial(base, shock.initial_spot_range != shock.spot_range)?,
                initial(share(stable), stable != spot)?,
            ],
            volatility_range: of_wad(volatility_range),
            linear: Wrapping(0),
            marks: Wrapping(0),
            short: 0,
        };
        revaluation.linear = revaluation.size(portfolio.perpetual.0);
        Ok(revaluation)
    }

    /// A size in units of the loop, to the nearest.
    fn size(&self, size: i128) -> Fix {
        let half = (1_i128 << self.shift) >> 1;
        Wrapping((size.wrapping_add(half) >> self.shift) as i64)
    }

    /// An option of a packed portfolio.
    #[must_use]
    pub fn contract(&self, leg: &OptionLeg) -> Contract {
        /// 2^50 in millionths, to the nearest.
        const FACTOR: i64 = ((1 << 50) + VOLATILITY_UNITS as i64 / 2) / VOLATILITY_UNITS as i64;
        let volatility = Wrapping(i64::from(leg.volatility)) * Wrapping(FACTOR);
        Contract {
            kind: leg.kind,
            strike: Scaled::new(leg.strike).times(self.part),
            seconds: leg.seconds,
            volatility: volatility >> (50 - BITS),
            size: leg.size.0,
        }
    }

    /// An option by its terms, of which the forward is not used. Times and volatilities beyond [`MAX_SECONDS`] and 18.4 count as
    /// those.
    #[must_use]
    pub fn contract_of(&self, terms: &Terms, size: Position) -> Contract {
        Contract {
            kind: terms.kind,
            strike: Scaled::of_wide(terms.strike.0).times(self.inverse),
            seconds: terms.seconds.min(MAX_SECONDS.into()) as u32,
            volatility: of_wad(terms.volatility.0.min(u64::MAX.into()) as u64),
            size: size.0,
        }
    }

    /// Adds an option.
    #[inline]
    pub fn add(&mut self, contract: &Contract) {
        let size = self.size(contract.size);
        let root = root_of_years(contract.seconds);
        let shock =
            times(self.volatility_range, fast::term_factor(contract.seconds)).min(MAX_SHOCK);
        let deviation = times(contract.volatility, root).min(MAX_PRODUCT);
        let least = (root * MIN_VOLATILITY) >> BITS;
        let moved = [ONE - shock, ONE, ONE + shock]
            .map(|factor| Deviation::new(times(deviation, factor).max(least)));
        let still = Deviation::new(deviation);
        let strike_log = contract.strike.fast_ln();
        if contract.kind == Kind::Put {
            self.linear -= size;
        }
        if contract.size < 0 {
            self.short = self.short.saturating_add(contract.size.unsigned_abs());
        }
        if contract.strike.reaches(FAR) {
            let value =
                |deviation: &Deviation, price, log| deviation.far_call(price, log - strike_log);
            self.marks += size * value(&still, self.base, self.base_log);
            self.add_values(size, &moved, value);
        } else {
            let strike = contract.strike.fix();
            let value =
                |deviation: &Deviation, price, log| deviation.call(price, log - strike_log, strike);
            self.marks += size * value(&still, self.base, self.base_log);
            self.add_values(size, &moved, value);
        }
    }

    #[inline(always)]
    fn add_values(
        &mut self,
        size: Fix,
        moved: &[Deviation; TURNS],
        value: impl Fn(&Deviation, Fix, Fix) -> Fix,
    ) {
        for grid in self.grids.iter_mut().flatten() {
            let moves = grid.price.iter().zip(&grid.log).zip(&mut grid.value);
            for (step, ((price, log), values)) in moves.enumerate() {
                values[1] += size * value(&moved[1], *price, *log);
                if step < STEPS {
                    values[0] += size * value(&moved[0], *price, *log);
                    values[2] += size * value(&moved[2], *price, *log);
                }
            }
        }
    }

    /// The largest loss on a grid, zero if there is none, and the first scenario that has it.
    fn worst_loss(&self, grid: &Grid) -> (u64, u8) {
        let mut worst = (i64::MIN, 0);
        let mut scenario = 0;
        for (step, (price, values)) in grid.price.iter().zip(&grid.value).enumerate() {
            let unmoved = self.marks - self.linear * (*price - self.base);
            let losses = values.map(|value| (unmoved - value).0);
            let losses = match step {
                0..STEPS => &losses[..],
                _ => &[losses[1] / 100 * TAIL_WEIGHT],
            };
            for loss in losses {
                if *loss > worst.0 {
                    worst = (*loss, scenario);
                }
                scenario += 1;
            }
        }
        (worst.0.max(0).unsigned_abs(), worst.1)
    }

    /// Maintenance and initial margin, rounded up, and the scenario of the worst loss: 3 x step of spot + step of
    /// volatility, each from the lowest; 21 and 22 are the tails.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] if a result does not fit.
    pub fn requirement(&self) -> Result<(Requirement, u8)> {
        let [at_maintenance, others @ ..] = &self.grids;
        let (loss, worst) = at_maintenance
            .as_ref()
            .map_or((0, 0), |grid| self.worst_loss(grid));
        let floor = Size(self.short)
            .notional_up(self.spot)?
            .times_up(self.shock.short_option_rate)?;
        let maintenance = self.dollars(loss)?.plus(floor)?;
        let mut initial = maintenance.times_up(self.shock.initial_factor)?;
        for grid in others.iter().flatten() {
            let (loss, _) = self.worst_loss(grid);
            initial = initial.max(self.dollars(loss)?.plus(floor)?);
        }
        Ok((
            Requirement {
                maintenance,
                initial,
            },
            worst,
        ))
    }

    /// An amount of the loop in dollars, rounded up.
    fn dollars(&self, amount: u64) -> Result<Usd> {
        let bits = BITS as u32;
        let amount = u128::from(amount);
        let (amount, divisor) = match self.shift.checked_sub(bits) {
            None => (amount, WAD << (bits - self.shift)),
            Some(shift) if shift < amount.leading_zeros() => (amount << shift, WAD),
            Some(_) => return Err(Refusal::Overflow),
        };
        Ok(Usd(signed(mul_div_up(amount, self.unit.0, divisor)?)?))
    }
}
