//! Where an asset's prices come from, and what their answers must satisfy.

use alloy_primitives::Address;
use oracle::compact::Decimal;
use oracle::{Asset, Limits, Mark, SourcePrice, Volatility};
use program_support::Word;

use super::bits::{field, in_field};
use super::{Entry, Part, Record, address_in, word_of};
use crate::host::now;

/// One configured feed, and one of the two prices that bound both.
#[derive(Clone, Copy)]
pub struct Source {
    /// The feed; zero if none is configured.
    pub feed: Address,
    /// Age in seconds beyond which its answers are too old.
    pub heartbeat: u32,
    /// The decimals that it had when it was configured.
    pub decimals: u8,
    /// The floor with the primary, the ceiling with the secondary.
    pub bound: Decimal,
}

impl Source {
    fn of_word(word: Word) -> Self {
        Self {
            feed: address_in(word),
            heartbeat: field(word.high, 96, 20) as u32,
            decimals: field(word.high, 116, 5) as u8,
            bound: Decimal {
                significand: (word.high >> 32) as u64,
                exponent: field(word.high, 121, 5) as u8,
            },
        }
    }

    fn word(self) -> Word {
        let Word { high, low } = word_of(self.feed);
        let limits = u128::from(self.bound.significand) << 32
            | in_field(self.heartbeat, 96, 20)
            | in_field(self.decimals, 116, 5)
            | in_field(self.bound.exponent, 121, 5);
        Word::new(high | limits, low)
    }
}

/// An asset's sources.
#[derive(Clone, Copy)]
pub struct Feeds {
    /// The primary source, with the floor of both.
    pub primary: Source,
    /// The secondary source, if its feed is not zero, with the ceiling of both.
    pub secondary: Source,
}

impl Feeds {
    /// What an answer of `source` must satisfy.
    pub fn limits(&self, source: Source) -> Limits {
        Limits {
            decimals: source.decimals,
            heartbeat: source.heartbeat,
            floor: SourcePrice(self.primary.bound.value()),
            ceiling: SourcePrice(self.secondary.bound.value()),
        }
    }
}

impl Record {
    /// The sources; all zero if the asset has not been configured.
    pub fn feeds(&self) -> Feeds {
        Feeds {
            primary: Source::of_word(self.load(Part::Primary)),
            secondary: Source::of_word(self.load(Part::Secondary)),
        }
    }

    /// Configures the sources. The last trusted mark and the volatility stay; no move is measured across the change.
    pub fn configure(&self, feeds: &Feeds) {
        self.store(Part::Primary, feeds.primary.word());
        self.store(Part::Secondary, feeds.secondary.word());
        let entry = self.entry().unwrap_or_else(|| Entry::new(now()));
        self.set_entry(&entry);
        self.set_progress(&Asset {
            price: entry.price,
            ..Asset::default()
        });
        self.set_volatility(&Volatility {
            mark: Mark::ZERO,
            ..self.volatility()
        });
    }

    /// When the sources were last changed; zero if never.
    pub fn changed_at(&self) -> u64 {
        field(self.load(Part::Changed).low, 0, 32)
    }

    /// Stores that the sources are changed at `now`.
    pub fn set_changed_at(&self, now: u64) {
        self.store(Part::Changed, Word::new(0, in_field(now, 0, 32)));
    }
}
