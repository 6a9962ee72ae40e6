//! Margins of whole accounts: linear while an account holds no option, and the risk engine's where it does.
//!
//! Options and the perpetual on one underlying are one portfolio; portfolios and other perpetuals add up. The engine is asked once
//! for all of an account's portfolios, and answers maintenance and initial margin together, so that what it said is kept for the
//! rest of the operation. An option that has settled cannot lose any more and needs nothing.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use risk::options::OptionLeg;
use risk::options::encoding::{Requirement, millionths, parts_of_ticks};
use risk::{InstrumentId, MAX_LEGS, Position, Positions, Result, Store, Underlying, Usd};

use crate::abi::encode_call;
use crate::calls;
use crate::error::Error;
use crate::interfaces::Engine;
use crate::options::{Series, is_option};
use crate::storage::{Field, Storage};
use crate::valuation::{Life, Valuation};
use crate::word::Word;

/// Words of the engine's calldata and return data before the first that counts.
const ARRAY_HEAD: usize = 2;

impl Storage {
    /// Maintenance margin of an account's positions at the prices of the operation.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    pub fn maintenance_of(&self, positions: &Positions) -> Result<Usd> {
        if !cfg!(feature = "portfolios") {
            return self.weights(positions);
        }
        self.add_up(
            positions,
            |needed| needed.maintenance,
            Underlying::maintenance,
        )
    }

    /// Initial margin of an account's positions at the worse of marks and stable prices.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    pub fn initial_of(&self, positions: &Positions) -> Result<Usd> {
        self.add_up(positions, |needed| needed.initial, Underlying::initial)
    }

    /// What the portfolios among some positions need, and every other perpetual on its own.
    fn add_up(
        &self,
        positions: &Positions,
        together: impl Fn(&Requirement) -> Usd,
        alone: impl Fn(&Underlying, Position) -> Result<Usd>,
    ) -> Result<Usd> {
        let portfolios = self.portfolios(positions);
        let mut sum = Usd::ZERO;
        if portfolios != 0 {
            sum = together(&self.required(portfolios, positions)?);
        }
        for (id, position) in positions.iter() {
            if !is_option(id) && portfolios >> id & 1 == 0 {
                sum = sum.plus(alone(&self.valuations.get(id).underlying, position)?)?;
            }
        }
        Ok(sum)
    }

    /// A bit for each underlying of which there is an option that has not settled.
    fn portfolios(&self, positions: &Positions) -> u64 {
        let mut portfolios = 0;
        for (id, _) in positions.iter() {
            if is_option(id)
                && let Some((_, series)) = self.live_option(id)
            {
                portfolios |= 1 << series.underlying;
            }
        }
        portfolios
    }

    /// An option that has not settled, and its terms.
    fn live_option(&self, id: InstrumentId) -> Option<(&Valuation, &Series)> {
        let valuation = self.valuations.get(id);
        let series = valuation.series.as_ref()?;
        (!valuation.life.is_over()).then_some((valuation, series))
    }

    /// What all portfolios among some positions need together, asked for once in an operation.
    fn required(&self, portfolios: u64, positions: &Positions) -> Result<Requirement> {
        let mut answers = self.answers.borrow_mut();
        for (asked, required) in answers.iter() {
            if asked.iter().eq(positions.iter()) {
                return Ok(*required);
            }
        }
        let required = self.ask_engine(portfolios, positions)?;
        answers.push((*positions, required));
        Ok(required)
    }

    fn ask_engine(&self, portfolios: u64, positions: &Positions) -> Result<Requirement> {
        let mut words = Vec::with_capacity(64);
        words.extend_from_slice(&[Word::of(32), Word::ZERO]);
        let (mut left, mut count) = (portfolios, 0);
        while left != 0 {
            self.describe(left.trailing_zeros() as InstrumentId, positions, &mut words)?;
            left &= left - 1;
            count += 1;
        }
        words[1] = Word::of((words.len() - ARRAY_HEAD) as u128);
        let call = encode_call(Engine::requirementsCall::SELECTOR, &words);
        let engine = self.address(Field::Engine);
        let answer = calls::ask(engine, call, ARRAY_HEAD + count, Error::EngineFailed);
        let mut sum = Requirement::default();
        for place in ARRAY_HEAD..ARRAY_HEAD + count {
            let Word { high, low } = answer.word(place);
            let required = Requirement::unpack([high, low])?;
            sum.maintenance = sum.maintenance.plus(required.maintenance)?;
            sum.initial = sum.initial.plus(required.initial)?;
        }
        Ok(sum)
    }

    /// Appends the portfolio of an underlying.
    fn describe(
        &self,
        underlying: InstrumentId,
        positions: &Positions,
        words: &mut Vec<Word>,
    ) -> Result<()> {
        let rates = self.option_rules(underlying).rates();
        let valuation = self.valuations.get(underlying);
        let mut portfolio = valuation
            .underlying
            .portfolio(positions.get(underlying), &rates);
        let (mut legs, mut distrusted) = (Vec::with_capacity(MAX_LEGS), false);
        for (id, position) in positions.iter() {
            if is_option(id)
                && let Some((valuation, series)) = self.live_option(id)
                && series.underlying == underlying
            {
                let leg = leg(valuation, series, position);
                let words = leg.pack_late(&valuation.counted(), valuation.life == Life::Closing);
                legs.extend(words.into_iter().flatten());
                // One is enough: all that a portfolio holds is moved together.
                distrusted |= valuation.is_distrusted();
            }
        }
        if distrusted {
            portfolio.shock.distrust();
        }
        for [high, low] in portfolio.pack(legs.len())?.into_iter().chain(legs) {
            words.push(Word::new(high, low));
        }
        Ok(())
    }
}

/// An option as the engine reads it.
fn leg(valuation: &Valuation, series: &Series, position: Position) -> OptionLeg {
    OptionLeg {
        kind: series.kind,
        strike: parts_of_ticks(series.strike),
        seconds: valuation.seconds,
        volatility: millionths(valuation.volatility()),
        size: position,
    }
}
