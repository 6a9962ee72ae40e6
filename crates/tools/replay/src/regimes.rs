//! Eight synthetic years that resemble 2018 to 2026: a long decline, quiet months, trends, four crashes and recoveries from them.
//!
//! Nothing of it is measured on a market: lengths, drifts, volatilities and jumps are chosen by hand to be of the size that large
//! coins have seen. Volatility clusters as in GARCH(1,1) (Bollerslev, 1986) by the hour: the next hour's variance is a
//! weighted mean of what the regime returns to, this hour's, and the square of this hour's return; jumps come at random as in
//! Merton (1976), and do not add to variance.

use super::DAY;
use prices::Point;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Seconds between two points, no longer than the window of the guard's mean.
pub const STEP_SECS: u64 = 300;
const STEPS_AN_HOUR: u64 = 3_600 / STEP_SECS;
const STEPS_A_DAY: u64 = DAY / STEP_SECS;
const STEPS_A_YEAR: f64 = 365.0 * STEPS_A_DAY as f64;
/// 1 January 2018.
const START: u64 = 1_514_764_800;
const START_PRICE: f64 = 10_000.0;
/// Weights of the last hour's squared return and of its variance: a shock is half forgotten after three days.
const SHOCK_WEIGHT: f64 = 0.05;
const PERSISTENCE: f64 = 0.94;

/// A stretch of time of one kind. Rates are by the year of 365 days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regime {
    /// What it is called.
    pub name: &'static str,
    /// How long it lasts.
    pub days: u64,
    /// Drift of the logarithm of the price.
    pub drift: f64,
    /// Volatility that it returns to.
    pub volatility: f64,
    /// Jumps a year.
    pub jumps: f64,
    /// Mean of a jump's logarithm.
    pub jump: f64,
    /// Standard deviation of a jump's logarithm.
    pub jump_deviation: f64,
}

const fn regime(
    name: &'static str,
    days: u64,
    [drift, volatility]: [f64; 2],
    [jumps, jump, jump_deviation]: [f64; 3],
) -> Regime {
    Regime {
        name,
        days,
        drift,
        volatility,
        jumps,
        jump,
        jump_deviation,
    }
}

/// The eight years.
pub const REGIMES: [Regime; 15] = [
    regime("decline", 360, [-1.0, 0.80], [8.0, -0.04, 0.04]),
    regime("calm", 150, [0.0, 0.40], [2.0, 0.0, 0.02]),
    regime("trend", 240, [1.2, 0.75], [4.0, 0.0, 0.03]),
    regime("calm", 58, [0.1, 0.45], [2.0, 0.0, 0.02]),
    regime("crash", 2, [-128.0, 3.5], [365.0, -0.06, 0.04]),
    regime("recovery", 180, [0.9, 0.85], [3.0, 0.0, 0.03]),
    regime("trend", 400, [1.4, 0.80], [6.0, -0.01, 0.04]),
    regime("crash", 3, [-61.0, 2.8], [250.0, -0.05, 0.04]),
    regime("recovery", 120, [0.6, 1.0], [4.0, 0.0, 0.03]),
    regime("decline", 420, [-0.9, 0.75], [8.0, -0.04, 0.03]),
    regime("crash", 4, [-27.0, 1.8], [180.0, -0.04, 0.03]),
    regime("calm", 330, [0.3, 0.42], [2.0, 0.0, 0.02]),
    regime("trend", 370, [0.8, 0.55], [3.0, 0.0, 0.03]),
    regime("crash", 1, [-65.0, 2.2], [365.0, -0.08, 0.04]),
    regime("calm", 282, [0.0, 0.38], [2.0, 0.0, 0.02]),
];

/// The price every [`STEP_SECS`] through all of [`REGIMES`]; the same for the same seed.
pub fn regimes(seed: u64) -> Vec<Point> {
    let mut walk = Walk {
        random: ChaCha8Rng::seed_from_u64(seed),
        variance: 0.0,
        log_price: START_PRICE.ln(),
        time: START,
    };
    let mut points = Vec::new();
    for regime in &REGIMES {
        walk.through(regime, &mut points);
    }
    points
}

struct Walk {
    random: ChaCha8Rng,
    /// Variance a year.
    variance: f64,
    log_price: f64,
    time: u64,
}

impl Walk {
    /// A crash breaks out at once: variance rises to what the regime returns to, but falls only as shocks are forgotten.
    fn through(&mut self, regime: &Regime, points: &mut Vec<Point>) {
        let level = regime.volatility * regime.volatility;
        self.variance = self.variance.max(level);
        for _ in 0..regime.days * 24 {
            let shock = self.hour(regime, points);
            let annual = shock * shock * STEPS_A_YEAR / STEPS_AN_HOUR as f64;
            self.variance = (1.0 - SHOCK_WEIGHT - PERSISTENCE) * level
                + SHOCK_WEIGHT * annual
                + PERSISTENCE * self.variance;
        }
    }

    /// Walks an hour; returns what chance added to the logarithm, jumps not counted.
    fn hour(&mut self, regime: &Regime, points: &mut Vec<Point>) -> f64 {
        let deviation = (self.variance / STEPS_A_YEAR).sqrt();
        let mut sum = 0.0;
        for _ in 0..STEPS_AN_HOUR {
            points.push(Point {
                time: self.time,
                price: self.log_price.exp(),
            });
            let shock = deviation * self.normal();
            self.log_price += regime.drift / STEPS_A_YEAR + shock + self.jump(regime);
            self.time += STEP_SECS;
            sum += shock;
        }
        sum
    }

    fn jump(&mut self, regime: &Regime) -> f64 {
        if self.random.random::<f64>() * STEPS_A_YEAR < regime.jumps {
            regime.jump + regime.jump_deviation * self.normal()
        } else {
            0.0
        }
    }

    fn normal(&mut self) -> f64 {
        self.random.sample(StandardNormal)
    }
}
