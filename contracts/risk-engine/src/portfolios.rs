//! Margins of packed portfolios, as vaults ask for them.

use alloc::vec::Vec;

use risk::Position;
use risk::options::encoding::HEADER_WORDS;
use risk::options::scenario::{Contract, Revaluation, Worth};
use risk::options::{OptionLeg, Portfolio, Requirement};

use crate::refusal::{malformed, or_revert};
use crate::words::{self, Word, halves};

/// `requirements`: see the interface.
pub fn requirements(arguments: &[Word]) -> Vec<u8> {
    let mut rest = words::array(arguments, 0, 1);
    let mut output = Vec::with_capacity(64 + 32 * (rest.len() / HEADER_WORDS));
    words::push(words::of(32), &mut output);
    words::push(words::of(0), &mut output);
    while let Some((header, tail)) = rest.split_first_chunk::<HEADER_WORDS>() {
        let (portfolio, count) = Portfolio::unpack([0, 1, 2, 3].map(|n: usize| halves(&header[n])));
        let count = usize::try_from(count).ok();
        let Some((options, tail)) = count.and_then(|count| tail.split_at_checked(count)) else {
            malformed();
        };
        words::push(requirement(&portfolio, options).pack(), &mut output);
        rest = tail;
    }
    if !rest.is_empty() {
        malformed();
    }
    words::set_length(&mut output);
    output
}

/// Not a part of its caller: what options are worth would take its room on the stack beside that of the public function.
#[inline(never)]
fn requirement(portfolio: &Portfolio, options: &[Word]) -> Requirement {
    let sizes = options
        .iter()
        .map(|word| Position(halves(word)[1].cast_signed()));
    let revaluation = or_revert(portfolio.begin(sizes));
    let mut worth = Worth::NOTHING;
    for word in options {
        let contract = revaluation.contract(&OptionLeg::unpack(halves(word)));
        add(&revaluation, &mut worth, &contract);
    }
    let contract_at = |place: usize| {
        let word = options.get(place)?;
        Some(revaluation.contract(&OptionLeg::unpack(halves(word))))
    };
    margin(&revaluation, &worth, &contract_at).0
}

/// Adds an option: the scenario loop, once in the program.
#[inline(never)]
pub fn add(revaluation: &Revaluation, worth: &mut Worth, contract: &Contract) {
    revaluation.add(worth, contract);
}

/// The margin of what has been added, once in the program.
#[inline(never)]
pub fn margin(
    revaluation: &Revaluation,
    worth: &Worth,
    contract_at: &dyn Fn(usize) -> Option<Contract>,
) -> (Requirement, u8) {
    or_revert(revaluation.requirement(worth, contract_at))
}
