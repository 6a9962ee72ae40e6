//! The margin holds at every price of the range: against dense grids, and against a search for the portfolio that loses the most.
//!
//! `EVERY_PRICE` is how many portfolios are laid on grids (2,000; half of them short-lived and near the money), `EVERY_STEPS` the
//! prices of a grid (400); `CLIMB` how many evaluations the search makes (20,000); `OPTION_SEED` the seed.

use option_model::{Draw, Leg, Portfolio, Shape, Shock};
use risk::options::Requirement;

use crate::setting;

const WAD: u64 = 1_000_000_000_000_000_000;
const UNIT: i128 = WAD as i128;
/// Ticks in a spot.
const TICKS: u64 = 1_000_000;
/// A loss that no margin has to be compared with, of gross notional: double precision itself is off by some 1e-16 of it.
const NOTHING: f64 = 1e-14;
/// Widest move of a 30-day volatility that accounts are margined by.
const WIDEST_VOLATILITY: u64 = WAD / 10 * 6;

fn requirement(model: &Portfolio) -> Requirement {
    let (portfolio, legs) = model.native();
    portfolio.requirement(&legs).unwrap()
}

/// Maintenance margin without its floor.
fn margin(model: &Portfolio) -> f64 {
    requirement(model).maintenance.0 as f64 / 1e18 - model.floor()
}

/// Prices of the range, evenly spread.
fn prices(model: &Portfolio, steps: u64) -> impl Iterator<Item = f64> {
    let (spot, range) = (model.price(), model.shock.spot_range as f64 / 1e18);
    (0..=steps).map(move |n| spot * (1.0 - range + 2.0 * range * n as f64 / steps as f64).max(0.01))
}

/// The largest loss at prices of the range and the volatilities of the rows.
fn largest_loss(model: &Portfolio, steps: u64) -> f64 {
    let moves = model.volatility_moves();
    prices(model, steps)
        .flat_map(|price| moves.map(|volatility| -model.gain(price, volatility)))
        .fold(0.0, f64::max)
}

/// A portfolio whose options are short-lived, and struck within the range or just beyond.
fn short_lived(draw: &mut Draw, options: usize) -> Portfolio {
    let mut model = draw.portfolio(Shape::Usual, options);
    let range = model.shock.spot_range as f64 / 1e18;
    for leg in &mut model.options {
        leg.seconds = draw.one_of(&[60, 900, 1_800, 3_600, 14_400, 86_400]);
        let moneyness = draw.spread(1.0, 1.0 + 1.2 * range);
        let strike = if draw.coin() {
            moneyness
        } else {
            2.0 - moneyness
        };
        leg.ticks = (strike * TICKS as f64) as u64;
    }
    model
}

#[test]
fn no_price_of_the_range_loses_more_than_the_margin_without_its_floor() {
    let (count, steps) = (setting("EVERY_PRICE", 2_000), setting("EVERY_STEPS", 400));
    let mut draw = Draw::new(setting("OPTION_SEED", 1));
    let (mut nearest, mut found, mut hidden) = (f64::INFINITY, 0, 0);
    let mut ratios = Vec::new();
    for n in 0..count {
        let options = draw.whole(1, 16) as usize;
        let mut model = if n % 2 == 0 {
            short_lived(&mut draw, options)
        } else {
            draw.portfolio(Shape::Usual, options)
        };
        model.shock.volatility_range = model.shock.volatility_range.min(WIDEST_VOLATILITY);
        let (margin, loss, gross) = (margin(&model), largest_loss(&model, steps), model.gross());
        if loss <= NOTHING * gross {
            continue;
        }
        found += 1;
        let spare = (margin - loss) / gross;
        nearest = nearest.min(spare);
        assert!(spare >= 0.0, "{spare:e} {margin} {loss} {model:?}");
        let nodes = largest_loss(&model, 6);
        hidden += u64::from(nodes < loss * 0.999);
        ratios.push(margin / loss);
    }
    ratios.sort_by(f64::total_cmp);
    let at = |share: usize| ratios[(ratios.len() - 1) * share / 100];
    println!(
        "{found} portfolios, {steps} prices each; margin without its floor exceeds the largest loss by at least {nearest:e} of gross \
         notional, by a factor of {:.4} (median), {:.4} (99 %), {:.4} (most); in {hidden} the nodes alone are short by 0.1 % or more",
        at(50),
        at(99),
        at(100)
    );
    assert!(found > count / 2 && hidden > count / 100);
}
