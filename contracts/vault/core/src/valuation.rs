//! What the guard says of the instruments of one operation.

use alloc::vec::Vec;

use risk::options::settlement::Counted;
use risk::{InstrumentId, Mark, Ratio, SettlementPrice, Tier, TierEnds, Underlying};

use crate::abi::{Args, Bytes};
pub use risk::rules::tiers::action;

use crate::error::{Error, OrRevert};
use crate::options::{Series, is_option};

/// What an instrument is to whoever holds it. A perpetual lives.
///
/// | From | Becomes | By |
/// |---|---|---|
/// | live | closing | the day before its series settles early |
/// | live, closing | settled | the guard's final mark, or the settlement that the vault has kept |
/// | any but a perpetual | delisted | whoever delists a series that nobody holds any more; its place may be another series' then |
///
/// Whether its asset is frozen is no part of it: see `blocked`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Life {
    /// It is traded, by a mark that moves.
    #[default]
    Live,
    /// Of a series that settles early: within a day; its volatility is fixed, and its time.
    Closing,
    /// Its mark is final.
    Settled,
    /// There is no such series any more; accounts may still name it, for what it has settled at.
    Delisted,
}

impl Life {
    /// Whether nothing moves its mark any more: whoever settles a leg of it takes the leg away.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Settled | Self::Delisted)
    }
}

/// What the guard says of one instrument.
#[derive(Clone, Copy, Debug, Default)]
pub struct Valuation {
    pub id: InstrumentId,
    /// The terms of an option; but for its underlying, nothing of one that has been delisted.
    pub series: Option<Series>,
    /// Place of the underlying's asset in what the guard is asked.
    pub(crate) asset: u8,
    pub tier: Tier,
    /// When the asset was last in stricter tiers than Normal.
    pub ends: TierEnds,
    pub blocked: u16,
    pub mark: Mark,
    /// What margin is computed from; its spot is the instrument's own mark, unless it is an option.
    pub underlying: Underlying,
    /// To expiry, of an option; of a series that settles early, from then on as many as were left.
    pub seconds: u32,
    pub life: Life,
    /// The words that the guard has answered.
    pub(crate) answer: Bytes,
}

impl Valuation {
    /// Whether the guardian distrusts an option's volatility: nothing but what reduces risk, at twice the volatility range.
    #[must_use]
    pub const fn is_distrusted(&self) -> bool {
        self.blocked & action::DISTRUSTED != 0
    }

    /// Implied volatility a year of an option, WAD.
    #[must_use]
    pub fn volatility(&self) -> u64 {
        Args::new(self.answer).u64(1)
    }

    /// Change of an option's mark by its underlying's, WAD.
    #[must_use]
    pub fn delta(&self) -> i128 {
        Args::new(self.answer).signed(5)
    }

    /// Change of an option's delta by its underlying's mark, WAD.
    #[must_use]
    pub fn gamma(&self) -> u128 {
        Args::new(self.answer).unsigned(6)
    }

    /// Change of an option's mark by its volatility, WAD.
    #[must_use]
    pub fn vega(&self) -> u128 {
        Args::new(self.answer).unsigned(7)
    }

    /// What is counted of an option's settlement.
    #[must_use]
    pub fn counted(&self) -> Counted {
        let answer = Args::new(self.answer);
        Counted {
            share: Ratio(answer.unsigned(8)),
            average: SettlementPrice(answer.unsigned(9)),
        }
    }
}

/// The instruments of one operation. On the heap, since the stack is small.
#[derive(Clone, Debug, Default)]
pub struct Valuations {
    /// An option comes after the perpetual on its underlying.
    pub(crate) known: Vec<Valuation>,
    /// Of each instrument, its place in `known` and one; zero if nobody asked for it.
    pub(crate) places: Vec<u8>,
    /// How many of `known` are perpetuals, and how many are options that the guard is asked about.
    pub(crate) perpetuals: u8,
    pub(crate) options: u8,
    /// Whether the guard is to keep what it observes, as it is for whatever may change state.
    pub(crate) kept: bool,
}

impl Valuations {
    /// What the guard said of an instrument. One that nobody asked for has no price.
    #[must_use]
    pub fn get(&self, id: InstrumentId) -> &Valuation {
        (self.find(id), Error::GuardFailed).or_revert()
    }

    /// What the guard said of an instrument, if it was asked for.
    #[must_use]
    pub fn find(&self, id: InstrumentId) -> Option<&Valuation> {
        let place = *self.places.get(usize::from(id))?;
        self.known.get(usize::from(place).wrapping_sub(1))
    }

    /// Every perpetual that was asked for, or whose options were.
    pub fn perpetuals(&self) -> impl Iterator<Item = &Valuation> {
        self.known
            .iter()
            .filter(|valuation| !is_option(valuation.id))
    }
}
