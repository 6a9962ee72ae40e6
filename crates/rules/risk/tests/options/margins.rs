//! The scenario margin and the sums of Greeks against double precision, and that against the reference model.
//!
//! `OPTION_PORTFOLIOS` is how many portfolios of the reference model are drawn (10,000), and of each shape here;
//! `OPTION_SEED` is the first seed.

use option_model::bound::ENOUGH;
use option_model::reference::{self, Reference};
use option_model::{Draw, SCENARIOS, Shape};
use risk::options::Refusal;

use crate::setting;

/// Of gross notional: spot x all sizes.
const MARGIN: f64 = 1e-7;
/// Of the sizes, times what no delta, gamma, vega and value of one option exceeds.
const GREEKS: f64 = 1e-9;
/// How near a bound has to be to what needs no closer look for both to be right, of itself.
const TIE: f64 = 1e-5;
/// Digits of a WAD that are lost whatever the size.
const DIGITS: f64 = 8e-18;

/// Largest errors found.
#[derive(Default)]
struct Tally {
    portfolios: u64,
    maintenance: f64,
    initial: f64,
    total: f64,
    /// Where another scenario was named than the model's.
    others: u64,
    /// Where a bound needed as close a look as not.
    ties: u64,
    /// Where options without time are struck at nodes.
    blurred: u64,
    /// Where the worst loss is between two nodes.
    between: u64,
    /// Where more may be lost between two rows than short options add.
    raised: u64,
    greeks: [f64; 4],
}

/// What the margin should be.
struct Expected {
    maintenance: f64,
    initial: f64,
    greeks: [f64; 4],
}

fn greeks(greeks: &option_model::Greeks) -> [f64; 4] {
    [greeks.delta, greeks.gamma, greeks.vega, greeks.value]
}

impl Tally {
    fn check(&mut self, model: &option_model::Portfolio, expected: &Expected) {
        let (portfolio, legs) = model.native();
        let got = portfolio.evaluate(&legs).unwrap();
        assert_eq!(portfolio.requirement(&legs).unwrap(), got.requirement);
        // Prices are shares of the larger of spot and stable price.
        let gross = model.gross() * (model.stable as f64 / model.spot as f64).max(1.0);
        let error = |got: i128, expected: f64| {
            let off = (got as f64 / 1e18 - expected).abs() - DIGITS;
            if gross > 0.0 {
                off.max(0.0) / gross
            } else {
                off.max(0.0)
            }
        };
        let errors = |maintenance, initial| {
            [
                error(got.requirement.maintenance.0, maintenance),
                error(got.requirement.initial.0, initial),
            ]
        };
        let mut enough = ENOUGH;
        let mut off = errors(expected.maintenance, expected.initial);
        // Where a bound is as large as needs no closer look, but for the error, either is right.
        for other in [ENOUGH * (1.0 - TIE), ENOUGH * (1.0 + TIE)] {
            if off.iter().any(|error| *error > MARGIN) {
                let margin = model.margin_refined(other);
                enough = other;
                off = errors(margin.maintenance, margin.initial);
            }
        }
        let blur = blur(model);
        if off.iter().any(|error| *error > MARGIN) && blur > 0.0 {
            let off = errors(expected.maintenance, expected.initial).map(|error| error * gross);
            let closer =
                [expected.maintenance, expected.initial].map(|margin| margin * (ENOUGH - 1.0));
            assert!(
                off[0] <= closer[0] + blur && off[1] <= closer[1] + 1.25 * blur,
                "{off:?} {blur} {got:?} {model:?}"
            );
            self.blurred += 1;
            return;
        }
        self.ties += u64::from(enough != ENOUGH);
        let [maintenance, initial] = off;
        assert!(
            maintenance <= MARGIN && initial <= MARGIN,
            "{maintenance:e} {initial:e} {got:?} {model:?}"
        );
        self.portfolios += 1;
        self.maintenance = self.maintenance.max(maintenance);
        self.initial = self.initial.max(initial);
        self.total += maintenance;
        if blur == 0.0 {
            self.check_worst(model, got.worst.into(), enough);
        }
        let sums = got.sums;
        let found = [sums.delta.0, sums.gamma, sums.vega.0, sums.value.0].map(|x| x as f64 / 1e18);
        self.check_greeks(model, found, expected.greeks);
    }

    /// What is named has the largest loss, or one that is as large but for the error.
    fn check_worst(&mut self, model: &option_model::Portfolio, named: usize, enough: f64) {
        let losses = model.losses(model.spot, model.shock.spot_range, enough);
        let mut slack = 2.0 * (MARGIN * model.gross() + DIGITS);
        // Of two bounds that are as large but for the error, either may be looked at closer.
        if named >= SCENARIOS && losses.worst >= SCENARIOS {
            slack += losses.largest().max(0.0) * (ENOUGH - 1.0);
        }
        assert!(
            losses.by_number[named] >= losses.largest() - slack,
            "{named} {losses:?} {model:?}"
        );
        self.others += u64::from(named != losses.worst);
        self.between += u64::from(named >= SCENARIOS);
    }

    fn check_greeks(&mut self, model: &option_model::Portfolio, found: [f64; 4], sums: [f64; 4]) {
        let spot = model.spot as f64 / 1e18;
        let mut scales = [model.perpetual.unsigned_abs() as f64 / 1e18, 0.0, 0.0, 0.0];
        let mut digits = [0.0_f64; 4];
        for leg in &model.options {
            let (size, inputs) = (leg.size.unsigned_abs() as f64 / 1e18, model.inputs(leg));
            let root = inputs.years.sqrt();
            let steepest = 1.0 / (spot * inputs.deviation()).max(1e-18);
            for (n, scale) in [1.0, steepest, spot * root, spot].into_iter().enumerate() {
                scales[n] += size * scale;
                digits[n] += (size + 2.0) * DIGITS;
            }
        }
        for n in 0..4 {
            let off = ((found[n] - sums[n]).abs() - digits[n] - DIGITS).max(0.0);
            let error = if off > 0.0 { off / scales[n] } else { 0.0 };
            assert!(
                error <= GREEKS,
                "{n}: {error:e} {found:?} {sums:?} {model:?}"
            );
            self.greeks[n] = self.greeks[n].max(error);
        }
    }

    fn print(&self, what: &str) {
        println!(
            "{what}: {} portfolios; maintenance off by at most {:e}, {:e} on average, initial by {:e} of gross notional; {} \
             times another scenario that is as bad, {} between two nodes, {} as near to being looked at as not, {} with an option without \
             time at a node, {} margined for more than the reference model's rows; delta, gamma, vega, value off by at most {:?}",
            self.portfolios,
            self.maintenance,
            self.total / self.portfolios as f64,
            self.initial,
            self.others,
            self.between,
            self.ties,
            self.blurred,
            self.raised,
            self.greeks
        );
    }
}

/// By how much a bound may differ where an option is struck within a few deviations of a node: a logarithm that is off by some units
/// of 2^-30 is another slope there, of a curve as near to the option's. Any such slope bounds what is lost.
fn blur(model: &option_model::Portfolio) -> f64 {
    /// Of a logarithm.
    const LOG: f64 = 4e-9;
    let mut blur = 0.0;
    let shock = &model.shock;
    for (start, range) in [
        (model.spot, shock.spot_range),
        (model.spot, shock.initial_spot_range),
        (model.stable, shock.initial_spot_range),
    ] {
        let (start, width) = (start as f64 / 1e18, range as f64 / 3e18);
        for leg in model.options.iter().filter(|leg| leg.size > 0) {
            let inputs = model.inputs(leg);
            let least = inputs.years.sqrt() * 0.05;
            let widest = inputs.deviation().max(least) * 64.0;
            let at_a_node = (-3..=3).any(|step| {
                let price = start * (1.0 + width * f64::from(step)).max(0.01);
                (price / inputs.strike).ln().abs() < widest + LOG
            });
            let slope = if at_a_node {
                (LOG / least).min(1.0)
            } else {
                0.0
            };
            // Where it matters less than what a margin may be off by.
            if slope > 1e-5 {
                blur += slope * start * width * leg.size as f64 / 1e18;
            }
        }
    }
    blur
}

/// The reference model looks at the volatilities of the rows alone. Where more may be lost between them than short options add, the
/// margin is larger by that.
fn check_reference(tally: &mut Tally, case: &Reference) {
    let (model, shock) = (&case.portfolio, &case.portfolio.shock);
    let more = |range| model.floor(model.spot, range) - model.short_floor();
    let raises = [more(shock.spot_range), more(shock.initial_spot_range)];
    let mut expected = Expected {
        maintenance: case.maintenance + raises[0],
        initial: case.initial,
        greeks: greeks(&case.greeks),
    };
    if raises != [0.0, 0.0] {
        expected.initial = model.margin().initial;
        assert!(expected.initial >= case.initial * (1.0 - 1e-9), "{case:?}");
        tally.raised += 1;
    }
    tally.check(model, &expected);
}

fn check_model(tally: &mut Tally, model: &option_model::Portfolio) {
    let margin = model.margin();
    let expected = Expected {
        maintenance: margin.maintenance,
        initial: margin.initial,
        greeks: greeks(&margin.greeks),
    };
    tally.check(model, &expected);
}

#[test]
fn margins_are_those_that_the_reference_model_has_computed() {
    let mut tally = Tally::default();
    for line in reference::FIXTURE.lines() {
        check_reference(&mut tally, &reference::parse(line));
    }
    tally.print("fixture");
    assert_eq!(tally.portfolios, 24);
}

#[test]
fn margins_are_the_reference_model_s() {
    let (seed, count) = (
        setting("OPTION_SEED", 1),
        setting("OPTION_PORTFOLIOS", 10_000),
    );
    let mut tally = Tally::default();
    // In parts, so that both run at once and memory stays small.
    let parts = count.div_ceil(1_000);
    for part in 0..parts {
        let size = (count - part * 1_000).min(1_000);
        let Some(cases) = reference::draw(seed + part, size as usize, 64) else {
            println!("skipped: no reference model (MARGIN_MODEL), or no python3");
            return;
        };
        for case in &cases {
            check_reference(&mut tally, case);
        }
    }
    tally.print("reference model");
    assert_eq!(tally.portfolios, count);
}

#[test]
fn margins_are_those_of_double_precision_whatever_the_portfolio() {
    let seed = setting("OPTION_SEED", 1);
    let count = setting("OPTION_PORTFOLIOS", 10_000) / 5;
    for shape in Shape::ALL {
        let (mut draw, mut tally) = (Draw::new(seed), Tally::default());
        for _ in 0..count {
            let options = draw.whole(0, 128) as usize >> draw.whole(0, 6);
            check_model(&mut tally, &draw.portfolio(shape, options));
        }
        tally.print(&format!("{shape:?}"));
    }
}

#[test]
fn moves_start_from_the_stable_price_as_well() {
    let (mut draw, mut tally) = (Draw::new(setting("OPTION_SEED", 1)), Tally::default());
    let mut raised = 0;
    for _ in 0..2_000 {
        let shape = draw.one_of(&Shape::ALL);
        let options = draw.whole(0, 16) as usize;
        let mut model = draw.portfolio(shape, options);
        let initial = model.margin().initial;
        model.stable = (model.spot as f64 * draw.spread(0.1, 10.0)) as u128;
        check_model(&mut tally, &model);
        raised += u32::from(model.margin().initial > initial);
    }
    tally.print("stable price");
    assert!(raised > 500, "{raised}");
}

#[test]
fn strikes_far_above_spot_count_for_what_they_are_worth() {
    let (mut draw, mut tally) = (Draw::new(setting("OPTION_SEED", 1)), Tally::default());
    let mut worth = 0;
    for _ in 0..1_000 {
        let mut model = draw.portfolio(Shape::Wide, 3);
        for leg in &mut model.options {
            leg.ticks = draw.spread(6e6, 1e8) as u64;
            leg.seconds = draw.spread(5e6, 3e7) as u32;
            leg.volatility = draw.spread(8e5, 4e6) as u32;
        }
        check_model(&mut tally, &model);
        let calls = model.options.iter().filter(|leg| leg.is_call);
        let values = calls.map(|leg| model.inputs(leg).value() / model.inputs(leg).forward);
        worth += u32::from(values.fold(0.0, f64::max) > 0.01);
    }
    tally.print("far strikes");
    assert!(worth > 300, "{worth}");
}

#[test]
fn a_margin_that_does_not_fit_is_refused() {
    let mut model = Draw::new(1).portfolio(Shape::Usual, 0);
    model.perpetual = -i128::MAX;
    model.shock.spot_range = 3_000_000_000_000_000_000;
    let (portfolio, legs) = model.native();
    assert_eq!(portfolio.requirement(&legs), Err(Refusal::Overflow));
    // Nor is one whose loss in units of the underlying does not fit, however cheap these are.
    (model.spot, model.stable) = (1_000_000_000, 1_000_000_000);
    let (portfolio, legs) = model.native();
    assert_eq!(portfolio.requirement(&legs), Err(Refusal::Overflow));
}
