//! What an option is, and what its market margins options by.
//!
//! Options share rates, limits, flow and the guard's asset with the perpetual on their underlying; an option's own slots hold its
//! mark and, in the place of an asset, its terms.

use risk::options::black::Kind;
use risk::{InstrumentId, Price, Ratio};

use crate::error::{Error, require};
use crate::parameters::ratio;
use crate::storage::{InstrumentField, Storage};
use crate::word::Word;

/// The first place of an option in the listing: which instruments are options is known without a slot.
pub const FIRST_OPTION: InstrumentId = 64;

/// Bits of a tick.
const TICK: u32 = 96;
/// Bit that tells terms from an empty slot.
const LISTED: u128 = 1 << 16;
/// Bit of a put.
const PUT: u128 = 1 << 8;

/// Whether the instrument at a place of the listing is an option.
#[must_use]
pub const fn is_option(id: InstrumentId) -> bool {
    id >= FIRST_OPTION
}

/// The terms of an option, of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// In ticks of its underlying.
    pub strike: u64,
    /// Unix time.
    pub expiry: u32,
    /// What the interface calls the option.
    pub number: u32,
    /// The perpetual on its underlying.
    pub underlying: InstrumentId,
    pub kind: Kind,
}

impl Terms {
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "narrow fields are cut out of 128 bits"
    )]
    pub const fn of_word(word: Word) -> Self {
        let Word { high, low } = word;
        Self {
            strike: low as u64,
            expiry: (low >> 64) as u32,
            number: (low >> 96) as u32,
            underlying: high as u8,
            kind: if high & PUT == 0 {
                Kind::Call
            } else {
                Kind::Put
            },
        }
    }

    #[must_use]
    pub fn word(&self) -> Word {
        let put = if self.kind == Kind::Put { PUT } else { 0 };
        Word::new(
            u128::from(self.underlying) | put | LISTED,
            u128::from(self.strike) | u128::from(self.expiry) << 64 | u128::from(self.number) << 96,
        )
    }
}

/// What options on an underlying are margined by, of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarginRules {
    /// What strikes are counted in, below 2^96; zero where no options are allowed.
    pub tick: Price,
    /// Range of a 30-day volatility, in units of 1e-9.
    pub volatility_range: u32,
    /// Margin of every short option, a share of spot in units of 1e-9.
    pub short_option_rate: u32,
}

impl MarginRules {
    #[must_use]
    pub const fn of_word(word: Word) -> Self {
        let [_, _, _, _, volatility_range, short_option_rate, ..] = word.lanes();
        Self {
            tick: Price(word.low),
            volatility_range,
            short_option_rate,
        }
    }

    /// Reverts with `Overflow` if the tick does not fit.
    #[must_use]
    pub fn word(&self) -> Word {
        require(
            self.tick.0 >> TICK == 0,
            Error::Ledger(risk::Error::Overflow),
        );
        let high = u128::from(self.short_option_rate) << 32 | u128::from(self.volatility_range);
        Word::new(high, self.tick.0)
    }

    /// Range of a 30-day volatility.
    #[must_use]
    pub const fn volatility_range(&self) -> Ratio {
        ratio(self.volatility_range)
    }

    /// Margin of every short option, a share of spot.
    #[must_use]
    pub const fn short_option_rate(&self) -> Ratio {
        ratio(self.short_option_rate)
    }
}

impl Storage {
    /// The terms of an option.
    #[must_use]
    pub fn terms(&self, id: InstrumentId) -> Terms {
        Terms::of_word(self.instrument_field(id, InstrumentField::Asset))
    }

    /// Stores the terms of an option.
    pub fn set_terms(&mut self, id: InstrumentId, terms: &Terms) {
        self.set_instrument_field(id, InstrumentField::Asset, terms.word());
    }

    /// The perpetual on an instrument's underlying: itself, unless it is an option.
    #[must_use]
    pub fn underlying(&self, id: InstrumentId) -> InstrumentId {
        if is_option(id) {
            self.terms(id).underlying
        } else {
            id
        }
    }

    /// What options on the underlying of a perpetual are margined by.
    #[must_use]
    pub fn margin_rules(&self, underlying: InstrumentId) -> MarginRules {
        MarginRules::of_word(self.instrument_field(underlying, InstrumentField::OptionMargin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_back_at_their_limits() {
        for kind in [Kind::Call, Kind::Put] {
            let terms = Terms {
                strike: u64::MAX,
                expiry: u32::MAX - 1,
                number: u32::MAX - 2,
                underlying: FIRST_OPTION - 1,
                kind,
            };
            assert_eq!(Terms::of_word(terms.word()), terms);
            assert_ne!(terms.word(), Word::ZERO);
        }
    }

    #[test]
    fn margin_rules_come_back_at_their_limits() {
        let rules = MarginRules {
            tick: Price((1 << TICK) - 1),
            volatility_range: u32::MAX,
            short_option_rate: u32::MAX - 1,
        };
        assert_eq!(MarginRules::of_word(rules.word()), rules);
    }
}
