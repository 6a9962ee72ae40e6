//! Options of series that settle early, in their last day: their volatility is fixed, and they move as what is left of them does.
//!
//! `CLOSING` is how many portfolios are drawn (1,000), most of them of closing and other options together; `OPTION_SEED` the seed.

use option_model::bound::ENOUGH;
use option_model::{Closing, Draw, Leg, Portfolio, Shape, Shock};
use risk::options::Requirement;

use crate::every_price::{
    TICKS, WIDEST_VOLATILITY, between_rows, largest_loss, largest_loss_anywhere, margin,
    requirement, short_lived, with_wings,
};
use crate::setting;

const WAD: u64 = 1_000_000_000_000_000_000;
const UNIT: i128 = WAD as i128;
const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;
/// Of gross notional, by which margins may be off; and a loss that none is compared with.
const MARGIN: f64 = 1e-7;
const NOTHING: f64 = 1e-12;

fn drawn(draw: &mut Draw, n: u64) -> Portfolio {
    let options = draw.whole(1, 12) as usize;
    let mut model = match n % 4 {
        0 => short_lived(draw, options),
        1 => draw.portfolio(Shape::Usual, options),
        2 => draw.portfolio(Shape::Hedged, options),
        _ => with_wings(draw),
    };
    draw.close(&mut model);
    model.shock.volatility_range = model.shock.volatility_range.min(WIDEST_VOLATILITY);
    model
}

fn usd(requirement: &Requirement) -> [f64; 2] {
    [requirement.maintenance, requirement.initial].map(|margin| margin.0 as f64 / 1e18)
}

#[test]
fn closing_options_and_others_are_margined_as_in_double_precision() {
    let count = setting("CLOSING", 1_000);
    let mut draw = Draw::new(setting("OPTION_SEED", 1));
    let mut largest: f64 = 0.0;
    for n in 0..count {
        let mut model = drawn(&mut draw, n);
        if n % 8 < 4 {
            model.stable = (model.spot as f64 * draw.spread(0.8, 1.25)) as u128;
        }
        let gross = model.gross() * (model.stable as f64 / model.spot as f64).max(1.0);
        let found = usd(&requirement(&model));
        // Where a bound is as large as needs no closer look, but for the error, either is right.
        let off = [1.0, 1.0 - 1e-5, 1.0 + 1e-5].map(|near| {
            let expected = model.margin_refined(ENOUGH * near);
            let off = [expected.maintenance - found[0], expected.initial - found[1]];
            off.map(f64::abs).into_iter().fold(0.0, f64::max) / gross
        });
        let off = off.into_iter().fold(f64::INFINITY, f64::min);
        largest = largest.max(off);
        assert!(off <= MARGIN, "{n}: {off:e} {found:?} {model:?}");
    }
    println!("{count} portfolios: off by at most {largest:e} of gross notional");
}

#[test]
fn no_price_and_no_volatility_loses_more_than_the_margin_of_closing_options_and_others() {
    let (count, steps) = (setting("CLOSING", 1_000), 400);
    let mut draw = Draw::new(setting("OPTION_SEED", 1));
    let (mut nearest, mut found, mut hidden) = (f64::INFINITY, 0, 0);
    for n in 0..count {
        let model = drawn(&mut draw, n);
        let (rows, gross) = (margin(&model), model.gross());
        let loss = largest_loss(&model, steps);
        let anywhere = largest_loss_anywhere(&model, steps / 10);
        if loss <= NOTHING * gross {
            continue;
        }
        found += 1;
        let spare = (rows - loss).min(rows + between_rows(&model) - anywhere) / gross;
        nearest = nearest.min(spare);
        assert!(
            spare >= 0.0,
            "{n}: {spare:e} {rows} {loss} {anywhere} {model:?}"
        );
        hidden += u64::from(largest_loss(&model, 6) < loss * 0.999);
    }
    println!(
        "{found} portfolios, {steps} prices each: the margin without its floor exceeds the largest loss by at least {nearest:e} of gross \
         notional; in {hidden} the nodes alone are short by 0.1 % or more"
    );
    assert!(found > count / 2 && hidden > count / 100);
}

/// Options at 2,000 USD and a volatility of 80 %, in ranges of 5 % and 30 %.
fn market(options: Vec<Leg>, perpetual: i128) -> Portfolio {
    let spot = 2_000 * WAD as u128;
    Portfolio {
        spot,
        stable: spot,
        tick: spot / u128::from(TICKS),
        perpetual: perpetual * UNIT,
        options,
        shock: Shock {
            spot_range: WAD / 20,
            initial_spot_range: WAD / 20,
            volatility_range: WAD / 10 * 3,
            short_option_rate: WAD / 100,
            initial_factor: WAD / 4 * 5,
        },
    }
}

fn option(is_call: bool, dollars: u64, seconds: u32, size: i128) -> Leg {
    Leg {
        is_call,
        ticks: dollars * (TICKS / 2_000),
        seconds,
        volatility: 800_000,
        size: size * UNIT,
        closing: None,
    }
}

/// An option of which so many thousandths are counted at an average in dollars.
fn closing(option: Leg, thousandths: u64, average: u128) -> Leg {
    let closing = Closing {
        counted: WAD / 1_000 * thousandths,
        average: average * WAD as u128,
    };
    Leg {
        closing: Some(closing),
        ..option
    }
}

/// 1,000 calls of months, bought, puts sold and perpetuals sold: nothing moves them as long as one volatility is that of both.
#[test]
fn a_volatility_that_is_fixed_hedges_none_that_moves() {
    let book = |call: Leg| market(vec![call, option(false, 2_000, 77 * DAY, -1_000)], -1_000);
    let call = option(true, 2_000, 77 * DAY, 1_000);
    let [hedged, fixed] = [call, closing(call, 0, 0)].map(|call| usd(&requirement(&book(call)))[0]);
    let floor = 0.01 * 2_000.0 * 1_000.0;
    assert!((floor..1.01 * floor).contains(&hedged), "{hedged}");
    let alone = book(closing(call, 0, 0));
    let loss = -alone.gain(2_000.0, 0.3);
    assert!(loss > 2.0 * floor, "{loss}");
    assert!(
        fixed >= loss + floor && fixed < 1.01 * loss + floor + 1_000.0,
        "{fixed} {loss}"
    );
}

/// 1,000 calls deep in the money, of which 59 % are counted, hedge 410 perpetuals less: they do not if they have months to live, at a
/// forward of which 59 % are fixed.
#[test]
fn in_its_window_a_closing_option_moves_as_its_value_at_the_mean_does() {
    let call = closing(option(true, 1_700, 77 * DAY, 1_000), 590, 2_000);
    for (perpetual, least, most) in [
        (-290, 0.0, 9_000.0),
        (-410, 0.0, 14_000.0),
        (-700, 25_000.0, 50_000.0),
    ] {
        let model = market(vec![call], perpetual);
        let [maintenance, _] = usd(&requirement(&model));
        let loss = largest_loss(&model, 4_000);
        assert!(
            maintenance >= loss && maintenance <= 1.03 * loss + 10.0,
            "{maintenance} {loss}"
        );
        assert!(
            (least..most).contains(&maintenance),
            "{perpetual}: {maintenance}"
        );
    }
    // Where all but a ten-millionth is counted, it hedges nothing any more.
    let all = Closing {
        counted: WAD - WAD / 10_000_000,
        average: 2_100 * WAD as u128,
    };
    let call = Leg {
        closing: Some(all),
        ..call
    };
    let [alone, with] =
        [vec![], vec![call]].map(|legs| usd(&requirement(&market(legs, -1_000)))[0]);
    assert!((with - alone).abs() < 0.1, "{with} {alone}");
}

/// The portfolio of `test/attacks/ClosingWindow.t.sol`, to the last digit that the programs give.
#[test]
fn the_programs_margin_a_closing_option_as_the_native_code_does() {
    let call = option(true, 1_700, 76 * DAY + 540, 1_000);
    let mut model = market(vec![closing(call, 700, 2_000)], -290);
    model.shock.initial_spot_range = WAD / 10;
    let found = requirement(&model);
    assert_eq!(found.maintenance.0, 6_753_756_426_203_086_848_000);
    assert_eq!(found.initial.0, 13_119_969_171_152_486_400_000);
}

/// What is left to move counts as short options.
#[test]
fn a_short_closing_option_counts_for_what_is_left_of_it() {
    // An hour left, far out of the money: it cannot lose, at its volatility.
    let call = option(true, 3_000, HOUR, -1_000);
    for (thousandths, floor) in [(0, 20_000.0), (250, 15_000.0), (999, 20.0)] {
        let model = market(vec![closing(call, thousandths, 2_000)], 0);
        let [maintenance, initial] = usd(&requirement(&model));
        assert!((maintenance - floor).abs() < 0.1, "{maintenance}");
        assert!((initial - 1.25 * floor).abs() < 0.1, "{initial}");
    }
}

/// A straddle struck halfway between two prices of the grid is worth as much at both, and less between them.
#[test]
fn long_closing_options_are_margined_between_the_prices_of_the_grid() {
    let straddle = [true, false].map(|is_call| closing(option(is_call, 2_017, HOUR, 1_000), 0, 0));
    let model = market(straddle.to_vec(), 0);
    let loss = largest_loss(&model, 400);
    assert!(largest_loss(&model, 6) < loss / 2.0, "{loss}");
    assert!(margin(&model) >= loss, "{} of {loss}", margin(&model));
}

/// An average beyond the prices of the loop, and none of anything: no number is too large.
#[test]
fn no_average_is_too_large() {
    for (thousandths, average) in [(0, 1), (500, 20_000), (999, 1 << 60), (1_000, 1 << 60)] {
        for size in [-1, 1] {
            for is_call in [true, false] {
                let leg = closing(option(is_call, 2_000, DAY, size), thousandths, average);
                let [maintenance, initial] = usd(&requirement(&market(vec![leg], 0)));
                assert!(
                    maintenance >= 0.0 && initial <= 2_000.0,
                    "{maintenance} {initial}"
                );
            }
        }
    }
}
