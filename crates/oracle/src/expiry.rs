//! What options of one expiry are worth, before it, until its settlement is final, and from then on.
//!
//! Nothing jumps at the expiry: while the settlement is being counted an option is already valued at the price at which it
//! would settle if the mark stayed, and at the expiry its time value has run out.

use risk::options::black::{Kind, Quote, Terms};
use risk::{Price as Usd, Ratio};

use crate::WAD;
use crate::surface::Quoted;
use crate::tier::blocked;

/// WAD volatility of a millionth.
const MILLIONTH: u128 = WAD as u128 / 1_000_000;

/// How far an expiry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It lies so many seconds ahead.
    Ahead {
        /// Seconds, not zero.
        secs: u64,
        /// Its surface.
        quoted: Quoted,
        /// Whether that is not stale.
        fresh: bool,
    },
    /// It is over, and its settlement is not final.
    Settling,
    /// Its settlement is final.
    Settled,
}

/// One expiry of an asset at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The WAD price at which it settles: final, or if the mark stays.
    pub price: u128,
    /// How far it is.
    pub stage: Stage,
}

/// One option at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionQuote {
    /// Value and Greeks.
    pub quote: Quote,
    /// Volatility a year that it was valued at, WAD; zero from the expiry on.
    pub volatility: u64,
}

impl Expiry {
    /// An expiry ahead of `now`.
    pub fn ahead(price: u128, expiry: u64, quoted: Quoted, now: u64) -> Self {
        Self {
            price,
            stage: Stage::Ahead {
                secs: expiry.saturating_sub(now),
                quoted,
                fresh: quoted.is_fresh(now),
            },
        }
    }

    /// Whether its settlement is final.
    pub fn is_final(&self) -> bool {
        self.stage == Stage::Settled
    }

    /// The option with this `strike` (WAD; beyond the largest price it counts as that).
    ///
    /// Ahead of the expiry its undiscounted Black-76 value, as precise as [`Terms::quote`]; without a surface, and from the expiry
    /// on, its intrinsic value, in which there is nothing left but delta, and nothing at all once it is final.
    pub fn quote(&self, kind: Kind, strike: u128) -> OptionQuote {
        let (forward, strike) = (self.price.min(Usd::MAX.0), strike.min(Usd::MAX.0));
        let (seconds, volatility) = match self.stage {
            Stage::Ahead { secs, quoted, .. } if quoted.exists() => {
                (secs, quoted.volatility(strike, forward))
            }
            _ => (0, 0),
        };
        let volatility = u128::from(volatility) * MILLIONTH;
        let terms = Terms {
            kind,
            forward: Usd(forward),
            strike: Usd(strike),
            seconds,
            volatility: Ratio(volatility),
        };
        // Neither price is above the largest.
        let mut quote = terms.quote().unwrap_or_default();
        if self.is_final() {
            quote.delta = 0;
        }
        OptionQuote {
            quote,
            volatility: volatility as u64,
        }
    }

    /// The actions forbidden with its options, given those forbidden with the asset.
    ///
    /// A final price needs no feed any more, so that a frozen asset keeps nobody in an option that is over.
    pub fn blocked(&self, by_asset: u16) -> u16 {
        match self.stage {
            Stage::Ahead { fresh: true, .. } => by_asset,
            Stage::Ahead { quoted, .. } if quoted.exists() => by_asset | blocked::OPENING,
            Stage::Ahead { .. } => by_asset | blocked::ALL,
            Stage::Settling => by_asset | blocked::OPENING | blocked::REDUCING,
            Stage::Settled => blocked::OPENING | blocked::REDUCING,
        }
    }
}

#[cfg(test)]
mod tests;
