//! Margins of packed portfolios, as vaults ask for them.

use alloc::vec::Vec;
use core::slice::Iter;

use risk::options::encoding::{HEADER_WORDS, Halves};
use risk::options::late::{counted, is_closing, is_late};
use risk::options::scenario::{Added, Contract, Revaluation, Worth};
use risk::options::{ClosingLeg, OptionLeg, Portfolio, Requirement};
use risk::{Position, Price};

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
    let (mut worth, mut late) = (Worth::NOTHING, Late::default());
    let mut words = options.iter();
    while let Some(word) = words.next() {
        let option = halves(word);
        let mut leg = OptionLeg::unpack(option);
        if is_late(option) {
            match late.take(portfolio.tick, option, &mut words) {
                Some(moving) => leg = moving,
                None => continue,
            }
        }
        add(&revaluation, &mut worth, &revaluation.contract(&leg));
    }
    for leg in &late.closing {
        revaluation.add_closing(&mut worth, leg);
    }
    // The words of those that are late have no size here; they come last.
    let contract_at = |place: usize| {
        let Some(word) = options.get(place) else {
            let moving = late.moving.get(place - options.len())?;
            return Some(revaluation.contract(moving));
        };
        let [terms, size] = halves(word);
        let size = if is_late([terms, size]) { 0 } else { size };
        Some(revaluation.contract(&OptionLeg::unpack([terms, size])))
    };
    margin(&revaluation, &worth, (&contract_at, &late.closing)).0
}

/// Options of which something is fixed.
#[derive(Default)]
struct Late {
    /// Those that are closing.
    closing: Vec<ClosingLeg>,
    /// What is left to move of others.
    moving: Vec<OptionLeg>,
}

impl Late {
    /// Takes in the `option` of a word, and the next words where they are its own. Returns what is left to move of it, unless it is
    /// closing.
    #[cold]
    #[inline(never)]
    fn take(&mut self, tick: Price, word: Halves, words: &mut Iter<'_, Word>) -> Option<OptionLeg> {
        let Ok(counted) = counted(word, || words.next().map(halves)) else {
            malformed();
        };
        let option = OptionLeg::unpack(word);
        if is_closing(word) {
            self.closing.push(ClosingLeg { option, counted });
            return None;
        }
        let moving = option.in_settlement(tick, &counted);
        self.moving.push(moving);
        Some(moving)
    }
}

/// Adds an option: the scenario loop, once in the program.
#[inline(never)]
pub fn add(revaluation: &Revaluation, worth: &mut Worth, contract: &Contract) {
    revaluation.add(worth, contract);
}

/// The margin of what has been added, once in the program.
#[inline(never)]
pub fn margin(revaluation: &Revaluation, worth: &Worth, options: Added<'_>) -> (Requirement, u8) {
    or_revert(revaluation.requirement(worth, options))
}
