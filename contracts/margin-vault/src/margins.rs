//! Margins of whole accounts: linear while an account holds no option, and the risk engine's where it does.
//!
//! Options and the perpetual on one underlying are one portfolio; portfolios add up. The engine is asked once for all of an
//! account's portfolios, and answers maintenance and initial margin together, so that what was asked is kept for the rest of the
//! operation. An option that has settled cannot lose any more and needs none.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use risk::options::encoding::{HEADER_WORDS, OptionLeg, Portfolio, Requirement, Shock};
use risk::{Position, Positions, Ratio, Result, Usd};

use crate::abi::{Engine, encode_call};
use crate::calls;
use crate::error::Error;
use crate::market::{LEAST_INITIAL, Market};
use crate::options::{Series, is_option};
use crate::storage::{Field, Storage};
use crate::word::Word;

/// The largest move that the engine makes: 300 %.
const MAX_RANGE: Ratio = Ratio(3 * risk::WAD);
/// WAD of a unit of the engine's volatilities.
const VOLATILITY_UNIT: u64 = 1_000_000_000_000;

/// Whether one of some positions is in an option.
fn has_options(positions: &Positions) -> bool {
    positions.iter().any(|(id, _)| is_option(id))
}

impl Storage {
    /// Maintenance margin of an account's positions at the prices of the operation.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    pub fn maintenance_of(&self, positions: &Positions) -> Result<Usd> {
        if has_options(positions) {
            return Ok(self.margins(positions)?.maintenance);
        }
        self.linear(positions, Market::weight)
    }

    /// Initial margin of an account's positions at the worse of marks and stable prices.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    pub fn initial_of(&self, positions: &Positions) -> Result<Usd> {
        if has_options(positions) {
            return Ok(self.margins(positions)?.initial);
        }
        self.linear(positions, Market::initial)
    }

    /// What positions in perpetuals add up to.
    fn linear(
        &self,
        positions: &Positions,
        margin: impl Fn(&Market, Position) -> Result<Usd>,
    ) -> Result<Usd> {
        let mut sum = Usd::ZERO;
        for (id, position) in positions.iter() {
            sum = sum.plus(margin(self.markets.get(id), position)?)?;
        }
        Ok(sum)
    }

    /// Both margins of positions with options, asked for once in an operation.
    fn margins(&self, positions: &Positions) -> Result<Requirement> {
        let mut answers = self.answers.borrow_mut();
        let same = |known: &&(Positions, Requirement)| known.0.iter().eq(positions.iter());
        if let Some(known) = answers.iter().find(same) {
            return Ok(known.1);
        }
        let margins = self.ask_engine(positions)?;
        answers.push((*positions, margins));
        Ok(margins)
    }

    /// Adds up the perpetuals on underlyings without options, and what the engine says of the others.
    fn ask_engine(&self, positions: &Positions) -> Result<Requirement> {
        let mut sum = Requirement::default();
        let mut words = Vec::from([Word::of(32), Word::ZERO]);
        let mut portfolios = 0;
        for perpetual in self.markets.perpetuals() {
            let position = positions.get(perpetual.id);
            if self.describe(perpetual, positions, &mut words)? {
                portfolios += 1;
            } else if position != Position::ZERO {
                add(
                    &mut sum,
                    &Requirement {
                        maintenance: perpetual.weight(position)?,
                        initial: perpetual.initial(position)?,
                    },
                )?;
            }
        }
        if portfolios > 0 {
            words[1] = Word::of(words.len() as u128 - 2);
            let call = encode_call(Engine::requirementsCall::SELECTOR, &words);
            let engine = self.address(Field::Engine);
            let answer = calls::ask(engine, call, 2 + portfolios, Error::EngineFailed);
            for place in 0..portfolios {
                let Word { high, low } = answer.word(2 + place);
                add(&mut sum, &Requirement::unpack([high, low])?)?;
            }
        }
        Ok(sum)
    }

    /// Appends the portfolio of an underlying, if there is an option in it that has not settled. Returns whether there is.
    fn describe(
        &self,
        perpetual: &Market,
        positions: &Positions,
        words: &mut Vec<Word>,
    ) -> Result<bool> {
        let start = words.len();
        words.extend([Word::ZERO; HEADER_WORDS]);
        for (id, position) in positions.iter() {
            let market = self.markets.get(id);
            if let Some(series) = &market.series
                && series.underlying == perpetual.id
                && !market.is_final
            {
                let [high, low] = leg(market, series, position).pack();
                words.push(Word::new(high, low));
            }
        }
        let options = words.len() - start - HEADER_WORDS;
        if options == 0 {
            words.truncate(start);
            return Ok(false);
        }
        let rules = self.option_rules(perpetual.id);
        let portfolio = Portfolio {
            spot: perpetual.spot,
            stable: perpetual.stable,
            tick: rules.tick(),
            perpetual: positions.get(perpetual.id),
            shock: Shock {
                spot_range: perpetual.maintenance,
                initial_spot_range: perpetual.initial.min(MAX_RANGE),
                volatility_range: rules.vol_range(),
                short_option_rate: rules.short_rate(),
                initial_factor: LEAST_INITIAL,
            },
        };
        for (word, [high, low]) in words[start..].iter_mut().zip(portfolio.pack(options)?) {
            *word = Word::new(high, low);
        }
        Ok(true)
    }
}

fn add(sum: &mut Requirement, more: &Requirement) -> Result<()> {
    sum.maintenance = sum.maintenance.plus(more.maintenance)?;
    sum.initial = sum.initial.plus(more.initial)?;
    Ok(())
}

/// An option as the engine reads it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a volatility that does not fit is cut to the largest that does"
)]
fn leg(market: &Market, series: &Series, position: Position) -> OptionLeg {
    let volatility = (market.volatility / VOLATILITY_UNIT).min(u32::MAX.into());
    OptionLeg {
        kind: series.kind,
        strike: series.strike,
        seconds: market.seconds,
        volatility: volatility as u32,
        size: position,
    }
}
