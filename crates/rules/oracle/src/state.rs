//! All of an asset that an observation changes, and when one has to be stored.
//!
//! Whoever moves money by a mark goes by an observation since which nothing could have changed it (DESIGN 3, Fresh marks): it is
//! worked out each time from what the feeds say now, so that nobody chooses between an old and a new price by poking or not
//! poking. It is stored only if there is news in it. Otherwise the next one will find the same, from what is stored and the
//! time that has passed.

use crate::asset::{Asset, Observation};
use crate::parameters::Parameters;
use crate::quote::Sources;
use crate::sequencer::Sequencer;
use crate::settlement::{Settlements, Windows};
use crate::tier::Cause;
use crate::volatility::{RangeLimits, Volatility};

/// All of an asset that an observation changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Price, mean and breaker.
    pub asset: Asset,
    /// How far the price moves.
    pub volatility: Volatility,
    /// The prices at which days end.
    pub settlements: Settlements,
}

impl State {
    /// The state after an observation of `sources` at `now`, and what the breaker reacted to. The price before it counts towards
    /// settlements, unless the `sequencer` went down or came up since.
    pub fn observe(
        self,
        sources: Sources,
        sequencer: &Sequencer,
        limits: &RangeLimits,
        parameters: &Parameters,
        windows: &Windows,
        now: u64,
    ) -> (Self, Cause) {
        let before = self.asset.price.under(sequencer);
        let observation = Observation {
            sources,
            sequencer_down: sequencer.down,
        };
        let (asset, cause) =
            self.asset
                .observe(observation, parameters, limits.stable_price_rate, now);
        let price = &asset.price;
        let volatility = if price.is_trusted(now) {
            self.volatility.sample(price.mark, parameters, limits, now)
        } else {
            self.volatility
        };
        let next = Self {
            asset,
            volatility,
            settlements: self.settlements.count(&before, windows, now),
        };
        (next, cause)
    }

    /// Whether this state, which an observation has made of the one `before`, must be stored: it says another price or tier, or
    /// what it says is not of sources that agree, whose mark depends on more than they say; the `sequencer` went down or came up
    /// since the last one; calm began or ended; a day is settled.
    pub fn has_news(&self, before: &Self, sequencer: &Sequencer) -> bool {
        let (next, last) = (&self.asset, &before.asset);
        !next.price.repeats(&last.price)
            || last.price.precedes(sequencer)
            || next.calm_since != last.calm_since
            || self.settlements.has_settled()
    }
}
