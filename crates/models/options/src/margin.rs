//! The margin of a portfolio of one underlying: the largest loss at any price of its range, by full revaluation at the nodes of a
//! grid, a bound between prices and one between volatilities.

use crate::black::{Inputs, YEAR};
use crate::bound::{self, Interval, Node};
use crate::rows::BetweenRows;
use crate::{Greeks, WAD};

/// Moves of spot.
const STEPS: usize = 7;
/// Moves of volatility.
const ROWS: usize = 5;
/// Revaluations: seven moves of spot by five of volatility, and two tails.
pub const SCENARIOS: usize = STEPS * ROWS + 2;
/// What a worst loss may be numbered: the revaluations, and what is between each node and the next of its volatility.
pub const NUMBERS: usize = SCENARIOS + (STEPS - 1) * ROWS;
const SPOT_STEPS: [f64; STEPS] = [-1.0, -2.0 / 3.0, -1.0 / 3.0, 0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];
const VOLATILITY_STEPS: [f64; ROWS] = [-1.0, -0.5, 0.0, 0.5, 1.0];
const TAIL_MULTIPLE: f64 = 2.0;
const TAIL_WEIGHT: f64 = 0.35;
/// No volatility falls below 5 %.
const MIN_VOLATILITY: f64 = 0.05;
/// No move takes a price below 1 %.
const LOWEST_MOVE: f64 = -0.99;
/// Parts of a volatility of one.
const MICRO: f64 = 1e6;

/// One option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leg {
    /// Whether it is a call, not a put.
    pub is_call: bool,
    /// Strike in ticks of the portfolio.
    pub ticks: u64,
    /// Seconds to expiry.
    pub seconds: u32,
    /// Volatility in millionths.
    pub volatility: u32,
    /// Size in units of 1e-18; positive is long.
    pub size: i128,
    /// What is counted of its settlement, if its series settles early, within a day.
    pub closing: Option<Closing>,
}

/// What is counted of the settlement of an option whose series settles early. Its volatility is fixed, and it is margined as what it
/// then is: 1 - counted options on spot + counted x average / (1 - counted), struck at strike / (1 - counted).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closing {
    /// The share that is counted, in units of 1e-18, below one.
    pub counted: u64,
    /// The mean of that, in units of 1e-18.
    pub average: u128,
}

impl Closing {
    fn rest(&self) -> f64 {
        1.0 - self.counted as f64 / WAD
    }

    /// What is added to spot.
    fn shift(&self) -> f64 {
        (1.0 - self.rest()) * price(self.average) / self.rest()
    }
}

/// How far prices are moved; rates in units of 1e-18.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shock {
    /// Range of spot for maintenance.
    pub spot_range: u64,
    /// Range of spot for the initial margin.
    pub initial_spot_range: u64,
    /// Range of a 30-day volatility.
    pub volatility_range: u64,
    /// Margin of every short option, of spot.
    pub short_option_rate: u64,
    /// Initial margin of maintenance, at least.
    pub initial_factor: u64,
}

/// Positions in one underlying; prices and sizes in units of 1e-18.
#[derive(Clone, Debug, PartialEq)]
pub struct Portfolio {
    /// Price of the underlying.
    pub spot: u128,
    /// What the moves of a second initial margin start from; the price itself if there is none.
    pub stable: u128,
    /// What strikes are counted in.
    pub tick: u128,
    /// The perpetual.
    pub perpetual: i128,
    /// Options.
    pub options: Vec<Leg>,
    /// How far prices are moved.
    pub shock: Shock,
}

/// Margin and Greeks of a portfolio, USD and per USD.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    /// Maintenance margin.
    pub maintenance: f64,
    /// Initial margin.
    pub initial: f64,
    /// What maintenance is taken from.
    pub losses: Losses,
    /// Value of the options, and delta, gamma and vega of all.
    pub greeks: Greeks,
}

/// Losses at a range of spot, from a price.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses {
    /// By number: 5 x step of spot + step of volatility, each from the lowest; the tails; and the bounds of what is lost between
    /// two nodes, 37 + the lower.
    pub by_number: [f64; NUMBERS],
    /// The first with the largest loss: a revaluation, unless a bound is larger.
    pub worst: usize,
    /// How many prices were looked at besides the nodes.
    pub refinements: usize,
}

impl Losses {
    /// The largest loss.
    #[must_use]
    pub const fn largest(&self) -> f64 {
        self.by_number[self.worst]
    }
}

fn number(wad: i128) -> f64 {
    wad as f64 / WAD
}

fn price(wad: u128) -> f64 {
    wad as f64 / WAD
}

fn rate(wad: u64) -> f64 {
    wad as f64 / WAD
}

/// How much more the volatility of a short expiry moves than that of 30 days.
fn term_factor(years: f64) -> f64 {
    let days = (years * 365.0).max(1.0);
    (30.0 / days).powf(if days <= 30.0 { 0.3 } else { 0.13 })
}

/// A volatility that is moved: up it is multiplied, down it is divided, so that the way back is the way there.
fn moved(volatility: f64, volatility_move: f64, years: f64) -> f64 {
    let factor = 1.0 + volatility_move.abs() * term_factor(years);
    let moved = if volatility_move >= 0.0 {
        volatility * factor
    } else {
        volatility / factor
    };
    moved.max(MIN_VOLATILITY)
}

impl Leg {
    /// How many options are left to move.
    fn left(&self) -> f64 {
        number(self.size) * self.closing.map_or(1.0, |closing| closing.rest())
    }

    /// The forward of what is left to move, with the underlying at `price`.
    fn forward(&self, price: f64) -> f64 {
        price + self.closing.map_or(0.0, |closing| closing.shift())
    }
}

impl Portfolio {
    /// What the price of what is left to move of an option depends on, today.
    #[must_use]
    pub fn inputs(&self, leg: &Leg) -> Inputs {
        let rest = leg.closing.map_or(1.0, |closing| closing.rest());
        Inputs {
            is_call: leg.is_call,
            forward: leg.forward(price(self.spot)),
            strike: leg.ticks as f64 * price(self.tick) / rest,
            years: f64::from(leg.seconds) / YEAR,
            volatility: f64::from(leg.volatility) / MICRO,
        }
    }

    /// Sizes of all legs, whatever their sign, at spot.
    #[must_use]
    pub fn gross(&self) -> f64 {
        let options: f64 = self.options.iter().map(|leg| number(leg.size).abs()).sum();
        (options + number(self.perpetual).abs()) * price(self.spot)
    }

    /// Margin of every short option at the short option rate: all that the reference model adds to the largest loss.
    #[must_use]
    pub fn short_floor(&self) -> f64 {
        let short: f64 = self.options.iter().map(|leg| (-leg.left()).max(0.0)).sum();
        rate(self.shock.short_option_rate) * price(self.spot) * short
    }

    /// What may be lost between two volatilities of the grid, more than at the worse of them, at any price of a range.
    #[must_use]
    pub fn between_rows(&self, start: u128, spot_range: u64) -> f64 {
        let half_range = rate(self.shock.volatility_range) / 2.0;
        let of = |leg: &Leg| {
            let inputs = self.inputs(leg);
            let step = half_range * term_factor(inputs.years);
            let is_stopped = inputs.volatility / (1.0 + 2.0 * step) < MIN_VOLATILITY;
            BetweenRows::of(number(leg.size), inputs.deviation(), step, is_stopped)
        };
        let moved = self.options.iter().filter(|leg| leg.closing.is_none());
        let sum = (moved.map(of)).fold(BetweenRows::default(), BetweenRows::plus);
        sum.most() * price(start) * (1.0 + rate(spot_range))
    }

    /// What is added to the largest loss of a range: the larger of [`short_floor`](Self::short_floor) and
    /// [`between_rows`](Self::between_rows).
    #[must_use]
    pub fn floor(&self, start: u128, spot_range: u64) -> f64 {
        self.short_floor().max(self.between_rows(start, spot_range))
    }

    /// An option's inputs when the price is `price` and volatility has moved, unless that is fixed.
    fn moved_inputs(&self, leg: &Leg, price: f64, volatility_move: f64) -> Inputs {
        let inputs = self.inputs(leg);
        let volatility = match leg.closing {
            Some(_) => inputs.volatility,
            None => moved(inputs.volatility, volatility_move, inputs.years),
        };
        Inputs {
            forward: leg.forward(price),
            volatility,
            ..inputs
        }
    }

    /// What the portfolio gains, from the marks, when the price goes to `price` and volatility moves by a share of a 30-day one.
    #[must_use]
    pub fn gain(&self, price: f64, volatility_move: f64) -> f64 {
        let mut total = number(self.perpetual) * (price - self.price());
        for leg in &self.options {
            let after = self.moved_inputs(leg, price, volatility_move);
            total += leg.left() * change(&self.inputs(leg), &after);
        }
        total
    }

    /// The price of the underlying.
    #[must_use]
    pub fn price(&self) -> f64 {
        price(self.spot)
    }

    /// The volatility moves of the rows.
    #[must_use]
    pub fn volatility_moves(&self) -> [f64; ROWS] {
        VOLATILITY_STEPS.map(|step| step * rate(self.shock.volatility_range))
    }

    fn node(&self, price: f64, volatility_move: f64) -> Node {
        let (mut longs, mut delta) = (0.0, 0.0);
        for leg in self.options.iter().filter(|leg| leg.size > 0) {
            let inputs = self.moved_inputs(leg, price, volatility_move);
            let call = Inputs {
                is_call: true,
                ..inputs
            };
            let greeks = call.greeks();
            longs += leg.left() * greeks.value;
            delta += leg.left() * greeks.delta;
        }
        Node {
            price,
            profit: self.gain(price, volatility_move),
            longs,
            delta,
        }
    }

    /// Losses at a range of spot, from a price. A bound that is not above `enough` x the largest loss seen is not looked at
    /// closer: the model's is [`bound::ENOUGH`].
    #[must_use]
    pub fn losses(&self, start: u128, spot_range: u64, enough: f64) -> Losses {
        let (start, range) = (price(start), rate(spot_range));
        let moved = |step: f64| start * (1.0 + (step * range).max(LOWEST_MOVE));
        let moves = self.volatility_moves();
        let mut by_number = [0.0; NUMBERS];
        let mut nodes = Vec::new();
        for step in SPOT_STEPS {
            nodes.extend(moves.map(|volatility| self.node(moved(step), volatility)));
        }
        for (loss, node) in by_number.iter_mut().zip(&nodes) {
            *loss = -node.profit;
        }
        for (tail, side) in [-1.0, 1.0].into_iter().enumerate() {
            let gain = self.gain(moved(side * TAIL_MULTIPLE), 0.0);
            by_number[nodes.len() + tail] = -TAIL_WEIGHT * gain;
        }
        let (worst, seen) = largest(&by_number[..SCENARIOS]);
        let lower = nodes.iter().zip(nodes.iter().skip(ROWS)).enumerate();
        let intervals =
            lower.map(|(n, (low, high))| Interval::new(SCENARIOS + n, n % ROWS, *low, *high));
        let open: Vec<Interval> = intervals.collect();
        let revalue = |price: f64, row: usize| self.node(price, moves[row]);
        let (open, refinements) = bound::refined(open, seen, enough, revalue);
        by_number[SCENARIOS..].fill(f64::NEG_INFINITY);
        for interval in &open {
            let bound = &mut by_number[interval.number];
            *bound = bound.max(interval.bound);
        }
        let (hidden, bound) = largest(&by_number[SCENARIOS..]);
        Losses {
            by_number,
            worst: if bound > seen {
                SCENARIOS + hidden
            } else {
                worst
            },
            refinements,
        }
    }

    /// Margin and Greeks.
    #[must_use]
    pub fn margin(&self) -> Margin {
        self.margin_refined(bound::ENOUGH)
    }

    /// The same, of bounds that need no closer look up to `enough` x the largest loss seen.
    #[must_use]
    pub fn margin_refined(&self, enough: f64) -> Margin {
        self.margin_above(enough, |start, range| self.floor(start, range))
    }

    /// The reference model's, which looks at the volatilities of the rows alone.
    #[must_use]
    pub fn margin_at_rows(&self) -> Margin {
        self.margin_above(bound::ENOUGH, |_, _| self.short_floor())
    }

    /// The margin above a floor, which is that of a start and a range.
    fn margin_above(&self, enough: f64, floor: impl Fn(u128, u64) -> f64) -> Margin {
        let shock = &self.shock;
        let losses = self.losses(self.spot, shock.spot_range, enough);
        let maintenance = losses.largest().max(0.0) + floor(self.spot, shock.spot_range);
        let mut initial = rate(shock.initial_factor) * maintenance;
        for start in [self.spot, self.stable] {
            let range = shock.initial_spot_range;
            let largest = self.losses(start, range, enough).largest();
            initial = initial.max(largest.max(0.0) + floor(start, range));
        }
        Margin {
            maintenance,
            initial,
            losses,
            greeks: self.greeks(),
        }
    }

    /// Sums over the options, and the perpetual's delta.
    fn greeks(&self) -> Greeks {
        let mut sum = Greeks {
            delta: number(self.perpetual),
            ..Greeks::default()
        };
        for leg in &self.options {
            let (size, one) = (leg.left(), self.inputs(leg).greeks());
            sum.value += size * one.value;
            sum.delta += size * one.delta;
            sum.gamma += size * one.gamma;
            sum.vega += size * one.vega;
        }
        sum
    }
}

/// How much more the second is worth. In the money, a put is a call less the underlying, so that a high strike takes no digits.
fn change(before: &Inputs, after: &Inputs) -> f64 {
    if before.is_call || before.strike < before.forward {
        return after.value() - before.value();
    }
    let call = |inputs: &Inputs| {
        let is_call = true;
        Inputs { is_call, ..*inputs }.value()
    };
    call(after) - call(before) - (after.forward - before.forward)
}

/// The first of the largest losses.
fn largest(losses: &[f64]) -> (usize, f64) {
    let mut worst = (0, f64::NEG_INFINITY);
    for (index, &loss) in losses.iter().enumerate() {
        if loss > worst.1 {
            worst = (index, loss);
        }
    }
    worst
}
