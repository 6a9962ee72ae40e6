//! Evaluation of a portfolio and the price of an option, by the public ABI.

use alloc::vec::Vec;

use risk::options::black::{Inputs, Kind, Quote};
use risk::options::encoding::MAX_SECONDS;
use risk::options::scenario::Worth;
use risk::options::{Portfolio, Refusal, Shock, Summation};
use risk::{Position, Price, Ratio, Spot};

use crate::portfolios::{add, margin};
use crate::refusal::{bad_input, or_revert};
use crate::words::{self, Word};

/// Words of an option.
const OPTION_WORDS: usize = 5;

fn kind(is_call: bool) -> Kind {
    if is_call { Kind::Call } else { Kind::Put }
}

fn quote(inputs: &Inputs) -> Quote {
    or_revert(inputs.quote().map_err(|_| Refusal::Price))
}

/// `price`: see the interface.
pub fn price(arguments: &[Word]) -> Vec<u8> {
    let quote = quote(&Inputs {
        kind: kind(words::flag(arguments, 0)),
        forward: Price(words::unsigned(arguments, 1)),
        strike: Price(words::unsigned(arguments, 2)),
        seconds: words::short(arguments, 3),
        volatility: Ratio(words::unsigned(arguments, 4)),
    });
    let mut output = Vec::with_capacity(4 * 32);
    words::push(words::of(quote.value.0), &mut output);
    words::push(words::of_signed(quote.delta), &mut output);
    words::push(words::of(quote.gamma), &mut output);
    words::push(words::of(quote.vega), &mut output);
    output
}

/// `evaluate`: see the interface.
pub fn evaluate(arguments: &[Word]) -> Vec<u8> {
    let ratio = |place| Ratio(words::unsigned(arguments, place));
    let spot = Spot(words::unsigned(arguments, 0));
    let portfolio = Portfolio {
        spot,
        stable: spot.as_stable(),
        tick: Price::ZERO,
        perpetual: Position(words::signed(arguments, 1)),
        shock: Shock {
            spot_range: ratio(3),
            initial_spot_range: ratio(4),
            volatility_range: ratio(5),
            short_option_rate: ratio(6),
            initial_factor: ratio(7),
        },
    };
    let (options, _) = words::array(arguments, 2, OPTION_WORDS).as_chunks();
    evaluation(&portfolio, options)
}

/// Not a part of its caller, as for a packed portfolio.
#[inline(never)]
fn evaluation(portfolio: &Portfolio, options: &[[Word; OPTION_WORDS]]) -> Vec<u8> {
    let size = |option: &[Word; OPTION_WORDS]| Position(words::signed(option, 3));
    let revaluation = or_revert(portfolio.begin(options.iter().map(size)));
    let mut worth = Worth::NOTHING;
    let mut summation = or_revert(Summation::new(portfolio));
    for option in options {
        let (inputs, size) = (inputs(portfolio.spot, option), size(option));
        let contract = revaluation.contract_of(&inputs, size);
        add(&revaluation, &mut worth, &contract);
        or_revert(summation.add(&inputs, size));
    }
    let contract_at = |place: usize| {
        let option = options.get(place)?;
        Some(revaluation.contract_of(&inputs(portfolio.spot, option), size(option)))
    };
    let (requirement, worst) = margin(&revaluation, &worth, (&contract_at, &[]));
    let sums = summation.sums();
    let mut output = Vec::with_capacity(7 * 32);
    words::push(words::of_signed(requirement.maintenance.0), &mut output);
    words::push(words::of_signed(requirement.initial.0), &mut output);
    words::push(words::of(worst.into()), &mut output);
    words::push(words::of_signed(sums.delta.0), &mut output);
    words::push(words::of_signed(sums.gamma), &mut output);
    words::push(words::of_signed(sums.vega.0), &mut output);
    words::push(words::of_signed(sums.value.0), &mut output);
    output
}

fn inputs(spot: Spot, option: &[Word; OPTION_WORDS]) -> Inputs {
    let seconds = words::short(option, 2);
    if seconds > MAX_SECONDS.into() {
        bad_input();
    }
    Inputs {
        kind: kind(words::flag(option, 0)),
        forward: spot.price(),
        strike: Price(words::unsigned(option, 1)),
        seconds,
        volatility: Ratio(words::short(option, 4).into()),
    }
}
