//! A search for the portfolio that loses the most of its margin, at any price and volatility of the range.
//!
//! `CLIMB` is how many evaluations it makes (20,000), `CLIMB_STEPS` those from one start (1,000); `OPTION_SEED` the seed.

use option_model::{Draw, Leg, Portfolio, Shape, Shock};

use crate::every_price::{
    TICKS, WIDEST_VOLATILITY, between_rows, largest_loss, margin, requirement, short_lived,
    with_wings,
};
use crate::setting;

const WAD: u64 = 1_000_000_000_000_000_000;
const UNIT: i128 = WAD as i128;

/// A portfolio, and where its loss is looked at: a price of the range and a move of volatility, each from -1 to 1.
#[derive(Clone, Debug)]
struct Climber {
    model: Portfolio,
    price: f64,
    volatility: f64,
    /// Whether it keeps away from the volatilities of the rows.
    is_between: bool,
    /// Whether the loss is compared with what the margin counts for it, without what it counts for short options.
    is_bare: bool,
}

impl Climber {
    fn new(draw: &mut Draw) -> Self {
        let options = draw.whole(1, 6) as usize;
        let mut model = match draw.whole(0, 3) {
            0 => draw.portfolio(Shape::Hedged, options),
            1 => draw.portfolio(Shape::Usual, options),
            2 => with_wings(draw),
            _ => short_lived(draw, options),
        };
        model.spot = 2_000 * WAD as u128;
        model.stable = model.spot;
        model.tick = model.spot / u128::from(TICKS);
        model.shock.volatility_range = model.shock.volatility_range.min(WIDEST_VOLATILITY);
        if draw.coin() {
            draw.close(&mut model);
        }
        Self {
            model,
            price: share(draw),
            volatility: share(draw),
            is_between: draw.coin(),
            is_bare: draw.coin(),
        }
    }

    /// The loss there over the margin; nothing where there is next to none.
    fn ratio(&self) -> f64 {
        let Shock {
            spot_range,
            volatility_range,
            ..
        } = self.model.shock;
        let from_a_row = (self.volatility * 2.0 - (self.volatility * 2.0).round()).abs();
        if self.is_between && from_a_row < 0.2 {
            return 0.0;
        }
        let rate = |wad: u64| wad as f64 / 1e18;
        let price = self.model.price() * (1.0 + self.price * rate(spot_range));
        let loss = -self
            .model
            .gain(price, self.volatility * rate(volatility_range));
        if loss < 1e-6 * self.model.gross() {
            return 0.0;
        }
        if self.is_bare {
            return loss / (margin(&self.model) + between_rows(&self.model));
        }
        loss * 1e18 / requirement(&self.model).maintenance.0 as f64
    }

    /// Changes one thing, a little or a lot.
    fn step(&mut self, draw: &mut Draw) {
        let model = &mut self.model;
        let scale = draw.one_of(&[1.001, 1.01, 1.1, 2.0]);
        let factor = draw.spread(1.0 / scale, scale);
        let near = |at: f64, draw: &mut Draw| (at + (scale - 1.0) * share(draw)).clamp(-1.0, 1.0);
        let n = draw.whole(0, model.options.len() as u64 - 1) as usize;
        let leg = &mut model.options[n];
        let times = |x: u64, low: u64, high: u64| ((x as f64 * factor) as u64).clamp(low, high);
        match draw.whole(0, 11) {
            0 | 1 => leg.size = (leg.size as f64 * factor) as i128,
            2 => leg.ticks = times(leg.ticks, TICKS / 5, TICKS * 3),
            3 => leg.seconds = times(leg.seconds.into(), 1, 40_000_000) as u32,
            4 => leg.volatility = times(leg.volatility.into(), 50_000, 3_000_000) as u32,
            5 => self.price = near(self.price, draw),
            6 => self.volatility = near(self.volatility, draw),
            7 => {
                model.perpetual =
                    (model.perpetual as f64 * factor) as i128 + UNIT / 1000 * n as i128
            }
            8 => leg.is_call = !leg.is_call,
            9 => leg.size = -leg.size,
            10 => {
                let shock = &mut model.shock;
                shock.spot_range = times(shock.spot_range, WAD / 100 * 3, WAD / 10 * 6);
                shock.initial_spot_range = shock.spot_range;
                shock.volatility_range =
                    times(shock.volatility_range, WAD / 100, WIDEST_VOLATILITY);
            }
            _ => self.change_legs(n, draw),
        }
    }

    fn change_legs(&mut self, n: usize, draw: &mut Draw) {
        let legs = &mut self.model.options;
        let Leg { size, ticks, .. } = legs[n];
        if draw.coin() && legs.len() > 1 {
            legs.remove(n);
        } else if legs.len() < 8 {
            let moved = (ticks as f64 * draw.spread(0.9, 1.1)) as u64;
            let size = -(size as f64 * draw.spread(0.2, 5.0)) as i128;
            legs.push(Leg {
                size,
                ticks: moved,
                ..legs[n]
            });
        }
    }
}

/// From -1 to 1.
fn share(draw: &mut Draw) -> f64 {
    const PARTS: u64 = 1_000_000_000;
    draw.whole(0, 2 * PARTS) as f64 / PARTS as f64 - 1.0
}

/// Climbs from a start, a number of steps.
fn climb(draw: &mut Draw, steps: u64) -> (Climber, f64) {
    let mut best = Climber::new(draw);
    let mut ratio = best.ratio();
    for _ in 1..steps {
        let mut next = best.clone();
        next.step(draw);
        if draw.coin() {
            next.step(draw);
        }
        let new = next.ratio();
        if new >= ratio {
            (best, ratio) = (next, new);
        }
    }
    (best, ratio)
}

#[test]
fn a_search_for_a_loss_above_the_margin_finds_none() {
    let (evaluations, seed) = (setting("CLIMB", 20_000), setting("OPTION_SEED", 1));
    let steps = setting("CLIMB_STEPS", 1_000);
    let mut draw = Draw::new(seed);
    let (mut worst, mut bare, mut between, mut at_rows): (f64, f64, f64, f64) =
        (0.0, 0.0, 0.0, 0.0);
    let mut worst_climber = Climber::new(&mut draw);
    for _ in 0..evaluations.div_ceil(steps) {
        let (best, ratio) = climb(&mut draw, steps);
        let of_kind = if best.is_bare { &mut bare } else { &mut worst };
        *of_kind = of_kind.max(ratio);
        if best.is_between && !best.is_bare {
            between = between.max(ratio);
        }
        if ratio >= worst.max(bare) {
            worst_climber = best.clone();
        }
        at_rows = at_rows.max(largest_loss(&best.model, 400) / margin(&best.model).max(1e-300));
    }
    println!(
        "seed {seed}, {evaluations} evaluations: the largest loss found at any price and volatility is {worst:.6} of the margin, well \
         between those of the rows {between:.6}; without what short options add, {bare:.9}; at the volatilities of the rows, \
         {at_rows:.9}; {worst_climber:?}"
    );
    assert!(
        worst > 0.9 && bare > 0.9,
        "the search found nothing: {worst} {bare}"
    );
    assert!(
        worst <= 1.0 && bare <= 1.0,
        "{worst} {bare} {worst_climber:?}"
    );
    assert!(at_rows <= 1.0, "{at_rows}");
}
