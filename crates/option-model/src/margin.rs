//! The margin of a portfolio of one underlying: its worst loss over moves of spot and volatility, by full revaluation.

use crate::black::{Terms, YEAR};
use crate::{Greeks, WAD};

/// Scenarios: seven moves of spot by three of volatility, and two tails.
pub const SCENARIOS: usize = 23;
const SPOT_STEPS: [f64; 7] = [-1.0, -2.0 / 3.0, -1.0 / 3.0, 0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0];
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
    /// Loss of each scenario for maintenance, in the order of their numbers: 3 x step of spot + step of volatility, each
    /// from the lowest; the last two are the tails.
    pub losses: [f64; SCENARIOS],
    /// The first scenario with the largest loss.
    pub worst: usize,
    /// Value of the options, and delta, gamma and vega of all.
    pub greeks: Greeks,
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

impl Portfolio {
    /// What an option's price depends on, today.
    #[must_use]
    pub fn terms(&self, leg: &Leg) -> Terms {
        Terms {
            is_call: leg.is_call,
            forward: price(self.spot),
            strike: leg.ticks as f64 * price(self.tick),
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

    /// Margin of every short option.
    #[must_use]
    pub fn floor(&self) -> f64 {
        let short: f64 = self
            .options
            .iter()
            .map(|leg| number(-leg.size).max(0.0))
            .sum();
        rate(self.shock.short_option_rate) * price(self.spot) * short
    }

    /// What the portfolio gains, from the marks, when the price goes to `start` x (1 + `spot_move`) and volatility moves.
    fn gain(&self, start: f64, spot_move: f64, volatility_move: f64) -> f64 {
        let spot = price(self.spot);
        let moved = start * (1.0 + spot_move.max(LOWEST_MOVE));
        let mut total = number(self.perpetual) * (moved - spot);
        for leg in &self.options {
            let terms = self.terms(leg);
            let factor = 1.0 + volatility_move * term_factor(terms.years);
            let volatility = (terms.volatility * factor).max(MIN_VOLATILITY);
            let after = Terms {
                forward: moved,
                volatility,
                ..terms
            };
            total += number(leg.size) * change(&terms, &after);
        }
        total
    }

    /// Loss of each scenario at a range of spot, from a price.
    #[must_use]
    pub fn losses(&self, start: u128, spot_range: u64) -> [f64; SCENARIOS] {
        let (start, range) = (price(start), rate(spot_range));
        let volatility_range = rate(self.shock.volatility_range);
        let mut losses = [0.0; SCENARIOS];
        for (row, step) in SPOT_STEPS.iter().enumerate() {
            for (column, volatility_step) in [-1.0, 0.0, 1.0].iter().enumerate() {
                losses[3 * row + column] =
                    -self.gain(start, step * range, volatility_step * volatility_range);
            }
        }
        for (index, side) in [(21, -1.0), (22, 1.0)] {
            losses[index] = -TAIL_WEIGHT * self.gain(start, side * TAIL_MULTIPLE * range, 0.0);
        }
        losses
    }

    /// Margin and Greeks.
    #[must_use]
    pub fn margin(&self) -> Margin {
        let shock = &self.shock;
        let losses = self.losses(self.spot, shock.spot_range);
        let (worst, loss) = worst_of(&losses);
        let maintenance = loss.max(0.0) + self.floor();
        let mut initial = rate(shock.initial_factor) * maintenance;
        for start in [self.spot, self.stable] {
            let (_, loss) = worst_of(&self.losses(start, shock.initial_spot_range));
            initial = initial.max(loss.max(0.0) + self.floor());
        }
        Margin {
            maintenance,
            initial,
            losses,
            worst,
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
            let (size, one) = (number(leg.size), self.terms(leg).greeks());
            sum.value += size * one.value;
            sum.delta += size * one.delta;
            sum.gamma += size * one.gamma;
            sum.vega += size * one.vega;
        }
        sum
    }
}

/// How much more the second is worth. In the money, a put is a call less the underlying, so that a high strike takes no digits.
fn change(before: &Terms, after: &Terms) -> f64 {
    if before.is_call || before.strike < before.forward {
        return after.value() - before.value();
    }
    let call = |terms: &Terms| {
        let is_call = true;
        Terms { is_call, ..*terms }.value()
    };
    call(after) - call(before) - (after.forward - before.forward)
}

/// The first of the largest losses.
fn worst_of(losses: &[f64; SCENARIOS]) -> (usize, f64) {
    let mut worst = (0, f64::NEG_INFINITY);
    for (index, &loss) in losses.iter().enumerate() {
        if loss > worst.1 {
            worst = (index, loss);
        }
    }
    worst
}
