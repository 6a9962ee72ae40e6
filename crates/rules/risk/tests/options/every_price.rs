//! The margin holds at every price and volatility of the range: against dense grids.
//!
//! `EVERY_PRICE` is how many portfolios are laid on grids (2,000; half of them short-lived and near the money), `EVERY_STEPS` the
//! prices of a grid (400), a tenth of them where volatilities between the rows are looked at; `OPTION_SEED` the seed.

use option_model::{Draw, Leg, Portfolio, Shape, Shock};
use risk::options::black::Kind;
use risk::options::encoding::parts_of_ticks;
use risk::options::{Counted, OptionLeg, Requirement};
use risk::{Position, Price, Ratio, SettlementPrice, Spot};

use crate::setting;

const WAD: u64 = 1_000_000_000_000_000_000;
const UNIT: i128 = WAD as i128;
/// Ticks in a spot.
pub const TICKS: u64 = 1_000_000;
/// A loss that no margin has to be compared with, of gross notional: double precision itself is off by some 1e-16 of it.
const NOTHING: f64 = 1e-14;
/// Volatilities from a row to the next that a grid looks at.
const BETWEEN: u32 = 5;
/// Widest move of a 30-day volatility that accounts are margined by.
pub const WIDEST_VOLATILITY: u64 = WAD / 10 * 6;

pub fn requirement(model: &Portfolio) -> Requirement {
    let (portfolio, legs) = model.native();
    portfolio
        .requirement_with(&legs, &model.native_closing())
        .unwrap()
}

/// Maintenance margin without its floor.
pub fn margin(model: &Portfolio) -> f64 {
    let floor = model.floor(model.spot, model.shock.spot_range);
    requirement(model).maintenance.0 as f64 / 1e18 - floor
}

/// What may be lost between the rows, of maintenance margin.
pub fn between_rows(model: &Portfolio) -> f64 {
    model.between_rows(model.spot, model.shock.spot_range)
}

/// Prices of the range, evenly spread.
fn prices(model: &Portfolio, steps: u64) -> impl Iterator<Item = f64> {
    let (spot, range) = (model.price(), model.shock.spot_range as f64 / 1e18);
    (0..=steps).map(move |n| spot * (1.0 - range + 2.0 * range * n as f64 / steps as f64).max(0.01))
}

/// The largest loss at prices of the range and the volatilities of the rows.
pub fn largest_loss(model: &Portfolio, steps: u64) -> f64 {
    let moves = model.volatility_moves();
    prices(model, steps)
        .flat_map(|price| moves.map(|volatility| -model.gain(price, volatility)))
        .fold(0.0, f64::max)
}

/// The same at volatilities of the rows and between them.
pub fn largest_loss_anywhere(model: &Portfolio, steps: u64) -> f64 {
    let parts = 2 * BETWEEN as i32;
    let range = model.shock.volatility_range as f64 / 1e18;
    let moves = move || (-parts..=parts).map(move |n| range * f64::from(n) / f64::from(parts));
    prices(model, steps)
        .flat_map(|price| moves().map(move |volatility| -model.gain(price, volatility)))
        .fold(0.0, f64::max)
}

/// A long-lived straddle or one of its halves, sold against many options of days that are bought far from the money.
pub fn with_wings(draw: &mut Draw) -> Portfolio {
    let mut model = draw.portfolio(Shape::Usual, 4);
    let volatility = draw.spread(3e5, 1.5e6) as u32;
    let seconds = draw.spread(86_400.0, 1e6) as u32;
    let deviation = f64::from(volatility) / 1e6 * (f64::from(seconds) / 31_536_000.0).sqrt();
    let away = deviation * draw.spread(1.5, 7.0);
    model.perpetual = 0;
    for (n, leg) in model.options.iter_mut().enumerate() {
        leg.is_call = n % 2 == 0;
        leg.volatility = volatility;
        if n < 2 {
            leg.seconds = draw.spread(1e6, 3e7) as u32;
            leg.ticks = (TICKS as f64 * draw.spread(0.8, 1.25)) as u64;
            leg.size = -(UNIT / 1_000_000) * draw.whole(0, 1_000_000) as i128;
        } else {
            leg.seconds = seconds;
            let strike = if n == 2 { away.exp() } else { (-away).exp() };
            leg.ticks = (TICKS as f64 * strike) as u64;
            leg.size = UNIT / 1_000 * draw.spread(1e3, 3e6) as i128;
        }
    }
    model.shock.spot_range = draw.spread(3e16, 3e17) as u64;
    model.shock.initial_spot_range = model.shock.spot_range;
    model
}

/// A portfolio whose options are short-lived, and struck within the range or just beyond.
pub fn short_lived(draw: &mut Draw, options: usize) -> Portfolio {
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

/// A year's straddle that is sold, against strangles of a day that are bought five deviations away: what they gain from a row to the
/// next is what the straddle loses, but half way they are worth next to nothing.
#[test]
fn what_is_sold_against_wings_is_margined_for_volatilities_between_the_rows() {
    const WINGS: i128 = 1_000;
    let leg = |is_call: bool, ticks: u64, seconds: u32, size: i128| Leg {
        is_call,
        ticks,
        seconds,
        volatility: 800_000,
        size: size * UNIT,
        closing: None,
    };
    let (day, year, spot) = (86_400, 365 * 86_400, 2_000 * WAD as u128);
    let model = Portfolio {
        spot,
        stable: spot,
        tick: spot / u128::from(TICKS),
        perpetual: 0,
        options: vec![
            leg(true, TICKS, year, -1),
            leg(false, TICKS, year, -1),
            leg(true, TICKS / 1_000 * 1_210, day, WINGS),
            leg(false, TICKS / 1_000 * 790, day, WINGS),
        ],
        shock: Shock {
            spot_range: WAD / 20,
            initial_spot_range: WAD / 20,
            volatility_range: WIDEST_VOLATILITY,
            short_option_rate: WAD / 100,
            initial_factor: WAD / 4 * 5,
        },
    };
    let at_rows = model.margin_at_rows();
    let loss = largest_loss_anywhere(&model, 100);
    assert!(loss > 1.7 * at_rows.maintenance && loss > 1.3 * at_rows.initial);
    let needed = requirement(&model);
    let maintenance = needed.maintenance.0 as f64 / 1e18;
    assert!(
        maintenance > loss && maintenance < 3.0 * loss,
        "{maintenance} {loss}"
    );
    assert!(needed.initial.0 as f64 / 1e18 > 1.25 * loss);
}

#[test]
fn no_volatility_of_the_range_loses_more_than_the_rows_and_what_may_be_lost_between_them() {
    let (count, steps) = (
        setting("EVERY_PRICE", 2_000),
        setting("EVERY_STEPS", 400) / 10,
    );
    let mut draw = Draw::new(setting("OPTION_SEED", 1));
    let (mut nearest, mut found, mut hidden) = (f64::INFINITY, 0, 0);
    let (mut usual, mut raised, mut raise) = (0, 0, 0.0);
    for n in 0..count {
        let options = draw.whole(2, 12) as usize;
        let mut model = match n % 4 {
            0 => short_lived(&mut draw, options),
            1 => draw.portfolio(Shape::Usual, options),
            2 => draw.portfolio(Shape::Hedged, options),
            _ => with_wings(&mut draw),
        };
        // Twice the widest where a surface is not trusted.
        let times = if n % 8 < 4 { 1 } else { 2 };
        let range = model.shock.volatility_range * times;
        model.shock.volatility_range = range.min(times * WIDEST_VOLATILITY);
        let (at_rows, between, gross) = (margin(&model), between_rows(&model), model.gross());
        let loss = largest_loss_anywhere(&model, steps);
        if loss <= NOTHING * gross {
            continue;
        }
        found += 1;
        let spare = (at_rows + between - loss) / gross;
        nearest = nearest.min(spare);
        assert!(
            spare >= 0.0,
            "{spare:e} {at_rows} {between} {loss} {model:?}"
        );
        hidden += u64::from(at_rows < loss * 0.999);
        if n % 4 != 3 && times == 1 {
            usual += 1;
            raised += u64::from(between > model.short_floor());
            let floor = model.short_floor();
            raise += (between - floor).max(0.0) / (at_rows + floor);
        }
    }
    let share = raise / f64::from(usual);
    println!(
        "{found} portfolios, {} volatilities each: what the rows lose and what may be lost between them exceeds the largest loss by at \
         least {nearest:e} of gross notional; in {hidden} the rows alone are short by 0.1 % or more; of {usual} without wings {raised} are \
         margined for more than their short options, by {:.3} % on average",
        4 * BETWEEN + 1,
        share * 100.0
    );
    assert!(found > count / 2 && hidden > count / 100);
    assert!(share < 0.01, "{share}");
}

/// Short 100 calls at the mark, long 1,000 at 6 % above, 33 minutes left, a range of 20 %: it loses most between two nodes.
#[test]
fn a_back_ratio_that_loses_most_between_two_nodes_is_margined_for_that() {
    let leg = |ticks: u64, size: i128| Leg {
        is_call: true,
        ticks,
        seconds: 33 * 60,
        volatility: 800_000,
        size: size * UNIT,
        closing: None,
    };
    let spot = 2_000 * WAD as u128;
    let model = Portfolio {
        spot,
        stable: spot,
        tick: spot / u128::from(TICKS),
        perpetual: 0,
        options: vec![leg(TICKS, -100), leg(TICKS / 100 * 106, 1_000)],
        shock: Shock {
            spot_range: WAD / 5,
            initial_spot_range: WAD / 5,
            volatility_range: WAD / 100 * 45,
            short_option_rate: WAD / 100,
            initial_factor: WAD / 4 * 5,
        },
    };
    let price = model.price() * 1.055;
    let moves = model.volatility_moves();
    let loss = moves
        .map(|volatility| -model.gain(price, volatility))
        .into_iter()
        .fold(0.0, f64::max);
    let nodes = largest_loss(&model, 6);
    assert!(loss > 9_000.0 && nodes < loss / 2.0, "{loss} {nodes}");
    let margin = margin(&model);
    assert!(
        margin >= loss && margin >= largest_loss(&model, 10_000),
        "{margin} {loss}"
    );
    assert!(margin <= 1.05 * largest_loss(&model, 10_000));
    let evaluation = {
        let (portfolio, legs) = model.native();
        portfolio.evaluate(&legs).unwrap()
    };
    assert!(
        (37 + 15..37 + 25).contains(&evaluation.worst),
        "above the mark: {}",
        evaluation.worst
    );
}

/// 97 % of the average counted, a long call struck at half the mark hedges a short perpetual no longer.
#[test]
fn what_is_settled_hedges_nothing() {
    let spot = Spot(2_000 * u128::from(WAD));
    let shock = risk::options::Shock {
        spot_range: Ratio((WAD / 10).into()),
        initial_spot_range: Ratio((WAD / 5).into()),
        volatility_range: Ratio((WAD / 2).into()),
        short_option_rate: Ratio((WAD / 100).into()),
        initial_factor: Ratio((WAD / 4 * 5).into()),
    };
    for (perpetual, kind, strike) in [(-UNIT, Kind::Call, 1_000), (UNIT, Kind::Put, 4_000)] {
        let portfolio = risk::options::Portfolio {
            spot,
            stable: spot.as_stable(),
            tick: Price((WAD / 2).into()),
            perpetual: Position(perpetual),
            shock,
        };
        let alone = portfolio.requirement(&[]).unwrap().initial.0;
        let hedge = OptionLeg {
            kind,
            strike: parts_of_ticks(2 * strike),
            seconds: 60,
            volatility: 800_000,
            size: Position(UNIT),
        };
        let hedged = portfolio.requirement(&[hedge]).unwrap().initial.0;
        assert!(hedged < alone / 1_000_000, "before its window: {hedged}");
        for share in [1_u128, 50, 97, 100] {
            let counted = Counted {
                share: Ratio(u128::from(WAD) * share / 100),
                average: SettlementPrice(spot.0),
            };
            let leg = hedge.in_settlement(portfolio.tick, &counted);
            let needed = portfolio.requirement(&[leg]).unwrap().initial.0;
            assert!(
                needed >= alone * share as i128 / 100,
                "{share} {needed} {alone}"
            );
            assert!(
                needed <= alone * share as i128 / 100 + alone / 10_000,
                "{share} {needed} {alone}"
            );
        }
    }
}
