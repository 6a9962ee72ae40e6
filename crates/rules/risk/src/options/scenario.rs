//! The margin of a portfolio of one underlying: its worst loss over moves of spot and volatility.
//!
//! Seven moves of spot by five of volatility, and two tails of twice the range at 35 %, each by full revaluation; and a bound of
//! the loss at every price between two nodes of the same volatility, and of what may be lost between two volatilities. The loop
//! works in 64 bits, in units of 2^-30 of spot, and sizes in units of 2^-29 of the gross size. A put is a call less the
//! underlying, plus the strike: the loop knows calls only, and the rest is linear.

use core::num::Wrapping;

use super::black::Inputs;
use super::bound::{Loss, Node, Search};
use super::closing::{Closing, ClosingLeg};
use super::encoding::{
    MAX_SECONDS, OptionLeg, PART_BITS, Portfolio, Requirement, Shock, VOLATILITY_UNITS,
};
use super::fast::{BITS, Fix, of_wad};
use super::grid::{Grid, Rows};
use super::leg::Leg;
pub use super::moves::MAX_RANGE;
use super::moves::{MOVES, ROWS, STEPS, STILL, Sum};
use super::refusal::{Refusal, Result};
use super::rows::BetweenRows;
use super::scaled::Scaled;
use crate::math::{checked_mul_div_up, mul_div_up, signed};
use crate::options::black::Kind;
use crate::{Position, Price, Size, Spot, Usd, WAD};

/// Options of a portfolio, at most.
pub const MAX_OPTIONS: usize = 128;
/// What a loss in a tail counts for, of 100.
const TAIL_WEIGHT: Fix = Wrapping(35);
/// Number of the first tail.
const FIRST_TAIL: u8 = (STEPS * ROWS) as u8;
/// Number of what is between the first node and the next of its row.
const FIRST_BETWEEN: u8 = FIRST_TAIL + (MOVES - STEPS) as u8;
/// The step of spot that is none.
const UNMOVED: usize = STEPS / 2;
/// What a margin counts for the errors of the loop, in units of 2^-30 of the gross size at the unit price: a value is off by some
/// units, and so is a mark. The largest error that was found is 5 (see docs/verification.md).
const ALLOWANCE: Fix = Wrapping(16);
/// Bits of the gross size.
const SIZE_BITS: u32 = 29;

/// An option of a portfolio.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    kind: Kind,
    /// In units of the revaluation.
    strike: Scaled,
    seconds: u32,
    volatility: Fix,
    size: i128,
}

/// The options that were added to a revaluation: by their places from zero, and those that are closing.
pub type Added<'o> = (&'o dyn Fn(usize) -> Option<Contract>, &'o [ClosingLeg]);

/// What revaluing one portfolio takes.
pub struct Revaluation {
    shock: Shock,
    spot: Spot,
    /// What prices are shares of: the larger of spot and stable price.
    unit: Price,
    /// 1 / unit.
    inverse: Scaled,
    /// A part of a tick, in units.
    part: Scaled,
    /// Spot.
    base: Fix,
    /// Sizes are counted in 2^`shift` WAD.
    shift: u32,
    /// Sum of all sizes, rounded up.
    gross: Fix,
    /// Of maintenance; of the initial margin around spot and around the stable price, where they differ.
    grids: [Option<Grid>; 3],
    volatility_range: Fix,
    /// The perpetual.
    perpetual: Fix,
}

/// What the options of a portfolio add up to in its revaluation.
#[derive(Clone, Debug)]
pub struct Worth {
    /// By grid.
    rows: [Rows; 3],
    /// Sizes of puts.
    puts: Fix,
    /// By how much the marks are less than the values where nothing has moved.
    below: Fix,
    between_rows: BetweenRows,
    /// Sizes of short options, WAD.
    short: u128,
    has_longs: bool,
    has_options: bool,
}

impl Worth {
    /// Of no options. A constant, so that a program's stack holds it once.
    pub const NOTHING: Self = Self {
        rows: [[[Sum::NOTHING; MOVES]; ROWS]; 3],
        puts: Wrapping(0),
        below: Wrapping(0),
        between_rows: BetweenRows::NOTHING,
        short: 0,
        has_longs: false,
        has_options: false,
    };

    /// All options as calls, marked: at the node of maintenance where nothing has moved.
    fn marks(&self) -> Fix {
        let [rows, ..] = &self.rows;
        let sum = rows.get(STILL).and_then(|sums| sums.get(UNMOVED));
        sum.map_or(Wrapping(0), |sum| sum.shorts + sum.longs) - self.below
    }
}

impl Revaluation {
    /// Of the perpetual, and of options that are to be added; `gross` is the sum of all sizes, that of the perpetual included.
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
        let unit = spot.price().max(stable.price());
        if spot.price().min(stable.price()) == Price::ZERO || unit > Price::MAX {
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
        let base = share(spot.price());
        let initial = |base, needed: bool| match needed {
            true => Grid::new(base, shock.initial_spot_range).map(Some),
            false => Ok(None),
        };
        let shift = (128 - gross.0.leading_zeros()).saturating_sub(SIZE_BITS);
        let mut revaluation = Self {
            shock,
            spot,
            unit,
            inverse,
            part: Scaled::of_wide(portfolio.tick.0)
                .times(inverse)
                .shifted(-i64::from(PART_BITS)),
            base,
            shift,
            gross: Wrapping((gross.0 >> shift) as i64) + Wrapping(1),
            grids: [
                Some(Grid::new(base, shock.spot_range)?),
                initial(base, shock.initial_spot_range != shock.spot_range)?,
                initial(share(stable.price()), stable.0 != spot.0)?,
            ],
            volatility_range: of_wad(volatility_range),
            perpetual: Wrapping(0),
        };
        revaluation.perpetual = revaluation.size(portfolio.perpetual.0);
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

    /// An option by what Black-76 takes, of which the forward is not used. Times and volatilities beyond [`MAX_SECONDS`] and 18.4 count as
    /// those.
    #[must_use]
    pub fn contract_of(&self, inputs: &Inputs, size: Position) -> Contract {
        Contract {
            kind: inputs.kind,
            strike: Scaled::of_wide(inputs.strike.0).times(self.inverse),
            seconds: inputs.seconds.min(MAX_SECONDS.into()) as u32,
            volatility: of_wad(inputs.volatility.0.min(u64::MAX.into()) as u64),
            size: size.0,
        }
    }

    fn leg(&self, contract: &Contract) -> Leg {
        Leg::new(
            self.size(contract.size),
            contract.strike,
            contract.seconds,
            contract.volatility,
            self.volatility_range,
        )
    }

    /// Adds an option to what others are worth.
    #[inline]
    pub fn add(&self, worth: &mut Worth, contract: &Contract) {
        let leg = self.leg(contract);
        if contract.kind == Kind::Put {
            worth.puts += leg.size;
        }
        if contract.size < 0 {
            worth.short = worth.short.saturating_add(contract.size.unsigned_abs());
        }
        worth.has_options = true;
        worth.has_longs |= leg.size > Wrapping(0);
        worth.below += leg.below(self.base);
        leg.add_between_rows(&mut worth.between_rows);
        for row in 0..ROWS {
            let deviation = leg.deviation(row);
            for (grid, rows) in self.grids.iter().zip(&mut worth.rows) {
                if let Some(grid) = grid {
                    grid.add(rows, row, &leg, &deviation);
                }
            }
        }
    }

    #[inline(never)]
    fn closing(&self, closing: &ClosingLeg) -> Closing {
        let leg = self.leg(&self.contract(&closing.option));
        Closing::new(closing, leg, self.inverse)
    }

    /// Adds a closing option, of which what is left to move counts among the short ones.
    #[cold]
    #[inline(never)]
    pub fn add_closing(&self, worth: &mut Worth, closing: &ClosingLeg) {
        let option = self.closing(closing);
        let size = closing.option.size;
        if size.0 < 0 {
            let left = checked_mul_div_up(size.size().0, closing.rest(), WAD);
            worth.short = worth.short.saturating_add(left.unwrap_or(u128::MAX));
        }
        worth.has_options = true;
        worth.has_longs |= option.is_long();
        for (grid, rows) in self.grids.iter().zip(&mut worth.rows) {
            if let Some(grid) = grid {
                grid.add_closing(rows, &option);
            }
        }
    }

    /// The portfolio at a price, of what its options are worth there.
    fn node(&self, worth: &Worth, price: Fix, sum: &Sum) -> Node {
        let linear = self.perpetual - worth.puts;
        Node {
            price,
            rest: linear * (price - self.base) + sum.shorts - worth.marks(),
            longs: sum.longs,
            delta: sum.delta,
        }
    }

    /// The largest loss at a price of a grid's range or in a tail of it; the `options` are as for
    /// [`requirement`](Self::requirement).
    fn worst_loss(&self, worth: &Worth, (grid, rows): (&Grid, &Rows), options: Added<'_>) -> Loss {
        let mut nodes = [[Node::NOTHING; MOVES]; ROWS];
        for (nodes, sums) in nodes.iter_mut().zip(rows) {
            for ((node, price), sum) in nodes.iter_mut().zip(&grid.price).zip(sums) {
                *node = self.node(worth, *price, sum);
            }
        }
        let worst = worst_node(&nodes);
        // What has no long options is concave or linear in the price: it loses most at a node.
        if worth.has_longs {
            worst.or(self.hidden_loss(worth, worst, &nodes, options))
        } else {
            worst
        }
    }

    /// The largest loss between nodes, where it may be larger than the `worst` of those.
    #[inline(never)]
    fn hidden_loss(
        &self,
        worth: &Worth,
        worst: Loss,
        nodes: &[[Node; MOVES]; ROWS],
        (contract_at, closing): Added<'_>,
    ) -> Loss {
        let mut search = Search::NOTHING;
        search.seen = worst.amount;
        for (row, nodes) in nodes.iter().enumerate() {
            let steps = nodes.iter().zip(nodes.iter().skip(1)).take(STEPS - 1);
            for (step, (low, high)) in steps.enumerate() {
                search.add(FIRST_BETWEEN + number(step, row), row, low, high);
            }
        }
        let revalue = |price: Fix, row: usize| {
            let mut sum = Sum::NOTHING;
            let contracts = (0..).map_while(contract_at);
            for leg in contracts.map(|contract| self.leg(&contract)) {
                leg.add_to(&mut sum, &leg.call(&leg.deviation(row), price));
            }
            for option in closing {
                self.closing(option).add_to(&mut sum, price);
            }
            self.node(worth, price, &sum)
        };
        search.largest(revalue).unwrap_or(worst)
    }

    /// Maintenance and initial margin, rounded up, and what the worst loss is numbered: 5 x step of spot + step of volatility, each
    /// from the lowest; 35 and 36 the tails; 37 + the lower node between two of a row. `options` are those that were added to `worth`:
    /// prices that the grid does not have are looked at where a bound is loose.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] if a result does not fit.
    pub fn requirement(&self, worth: &Worth, options: Added<'_>) -> Result<(Requirement, u8)> {
        let short = Size(worth.short)
            .notional_up(self.spot.price())?
            .times_up(self.shock.short_option_rate)?;
        let mut margins = self.grids.iter().zip(&worth.rows).map(|(grid, rows)| {
            let grid = grid.as_ref()?;
            let mut worst = self.worst_loss(worth, (grid, rows), options);
            if worth.has_options {
                worst.amount += self.gross * ALLOWANCE;
            }
            Some(
                self.margin(worst, short, worth.between_rows.most(grid.highest()))
                    .map(|margin| (margin, worst.number)),
            )
        });
        let (maintenance, worst) = margins.next().flatten().transpose()?.unwrap_or_default();
        let mut initial = maintenance.times_up(self.shock.initial_factor)?;
        for margin in margins.flatten() {
            initial = initial.max(margin?.0);
        }
        let requirement = Requirement {
            maintenance,
            initial,
        };
        Ok((requirement, worst))
    }

    /// The margin of the `worst` loss at the volatilities of the rows: what short options add, or what may be lost between the rows
    /// where that is more.
    fn margin(&self, worst: Loss, short: Usd, between_rows: Fix) -> Result<Usd> {
        let floor = short.max(self.dollars(between_rows)?);
        Ok(self.dollars(worst.amount)?.plus(floor)?)
    }

    /// A loss in dollars, rounded up; of a gain, nothing.
    fn dollars(&self, loss: Fix) -> Result<Usd> {
        let bits = BITS as u32;
        let amount = u128::from(loss.0.max(0).unsigned_abs());
        let (amount, divisor) = match self.shift.checked_sub(bits) {
            None => (amount, WAD << (bits - self.shift)),
            Some(shift) if shift < amount.leading_zeros() => (amount << shift, WAD),
            Some(_) => return Err(Refusal::Overflow),
        };
        Ok(Usd(signed(mul_div_up(amount, self.unit.0, divisor)?)?))
    }
}

/// The number of a node.
const fn number(step: usize, row: usize) -> u8 {
    (step * ROWS + row) as u8
}

/// The largest loss at a node or in a tail, and the first that has it.
fn worst_node(nodes: &[[Node; MOVES]; ROWS]) -> Loss {
    let mut worst = Loss {
        amount: Wrapping(i64::MIN),
        number: 0,
    };
    for (row, nodes) in nodes.iter().enumerate() {
        for (step, node) in nodes.iter().take(STEPS).enumerate() {
            worst = worst.or(Loss {
                amount: node.loss(),
                number: number(step, row),
            });
        }
        if row == STILL {
            for (number, node) in (FIRST_TAIL..).zip(nodes.iter().skip(STEPS)) {
                let amount = node.loss() / Wrapping(100) * TAIL_WEIGHT;
                worst = worst.or(Loss { amount, number });
            }
        }
    }
    worst
}
