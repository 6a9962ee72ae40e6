//! The slots of options: their terms, their rules and limits, and what they were counted for.

use core::ops::Range;

use risk::InstrumentId;

use crate::options::{Counted, OptionLimits, OptionRules, Places, Series, is_option};
use crate::storage::{Field, InstrumentField, Storage};
use crate::word::Word;

impl Storage {
    /// The terms of an option.
    #[must_use]
    pub fn series(&self, id: InstrumentId) -> Series {
        Series::of_word(self.instrument_field(id, InstrumentField::Asset))
    }

    /// Stores the terms of an option, or that there is none at this place. Its underlying is kept: a debt may still count against
    /// a leg that has settled, and against the underlying's cover.
    pub fn set_series(&mut self, id: InstrumentId, series: Option<&Series>) {
        let underlying = self.instrument_field(id, InstrumentField::Asset).high & 0xff;
        let word = series.map_or(Word::new(underlying, 0), Series::word);
        self.set_instrument_field(id, InstrumentField::Asset, word);
    }

    /// The perpetual on an instrument's underlying: itself, unless it is an option.
    #[must_use]
    pub fn underlying_of(&self, id: InstrumentId) -> InstrumentId {
        if is_option(id) {
            self.series(id).underlying
        } else {
            id
        }
    }

    /// What the interface calls an instrument.
    #[must_use]
    pub fn number_of(&self, id: InstrumentId) -> u32 {
        let field = if is_option(id) {
            InstrumentField::Asset
        } else {
            InstrumentField::Rates
        };
        // The same bits of both.
        (self.instrument_field(id, field).low >> 96) as u32
    }

    /// By what rules options on the underlying of a perpetual are margined and listed.
    #[must_use]
    pub fn option_rules(&self, underlying: InstrumentId) -> OptionRules {
        OptionRules::of_word(self.instrument_field(underlying, InstrumentField::OptionRules))
    }

    /// Stores the rules of options.
    pub fn set_option_rules(&mut self, underlying: InstrumentId, rules: &OptionRules) {
        self.set_instrument_field(underlying, InstrumentField::OptionRules, rules.word());
    }

    /// What options on the underlying of a perpetual may add up to.
    #[must_use]
    pub fn option_limits(&self, underlying: InstrumentId) -> OptionLimits {
        OptionLimits::of_word(self.instrument_field(underlying, InstrumentField::OptionLimits))
    }

    /// Stores the limits of options.
    pub fn set_option_limits(&mut self, underlying: InstrumentId, limits: &OptionLimits) {
        self.set_instrument_field(underlying, InstrumentField::OptionLimits, limits.word());
    }

    /// What an option was last counted for; of a perpetual, what all options on its underlying were.
    #[must_use]
    pub fn counted(&self, id: InstrumentId) -> Counted {
        Counted::of_word(self.instrument_field(id, InstrumentField::Counted))
    }

    /// Stores what an option, or all of an underlying, count for.
    pub fn set_counted(&mut self, id: InstrumentId, counted: &Counted) {
        self.set_instrument_field(id, InstrumentField::Counted, counted.word());
    }

    /// Every listed instrument: perpetuals, then options.
    pub fn instruments(&self) -> impl Iterator<Item = InstrumentId> + use<> {
        self.perpetuals().chain(self.places().taken())
    }

    /// Every perpetual. They have the places before the first option's.
    #[must_use]
    pub fn perpetuals(&self) -> Range<InstrumentId> {
        0..self.field(Field::Listed).low as InstrumentId
    }

    /// Which places of options are taken.
    #[must_use]
    pub fn places(&self) -> Places {
        Places::of_word(self.field(Field::Places))
    }

    /// Stores which places of options are taken.
    pub fn set_places(&mut self, places: &Places) {
        self.set_field(Field::Places, places.word());
    }
}
