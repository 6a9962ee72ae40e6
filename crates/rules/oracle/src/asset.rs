//! One asset's price, mean and breaker, and how an observation changes them.

use risk::{Mark, Stable};

use crate::mean::Mean;
use crate::parameters::Parameters;
use crate::price::{Price, Status};
use crate::quote::{Agreement, Quote, Sources, resolve};
use crate::tier::{Breaker, Cause, Tier, by_gap, by_move};

/// What a poke saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The sources' trusted answers.
    pub sources: Sources,
    /// Whether the sequencer is down or its feed gives no answer.
    pub sequencer_down: bool,
}

/// Price, mean and breaker of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asset {
    /// What readers see.
    pub price: Price,
    /// The time-weighted mean of the mark until the last observation.
    pub mean: Mean,
    /// Since when every observation asked for less than the tier; zero if the last one did not.
    pub calm_since: u64,
}

impl Asset {
    /// The state after `observation` at `now`, and what the breaker reacted to. The stable price moves by at most
    /// `stable_price_rate`, a WAD share of itself per second.
    ///
    /// Without a trusted price the mark stays. Where nobody looked for longer than the mean's window, the mean restarts at the new
    /// price, and the move is measured against the last trusted mark, by as much more as it is old (DESIGN 5): a congested quarter of
    /// an hour does not blind the breaker.
    pub fn observe(
        self,
        observation: Observation,
        parameters: &Parameters,
        stable_price_rate: u64,
        now: u64,
    ) -> (Self, Cause) {
        let stable = self.price.stable_at(now, stable_price_rate);
        let mean = self.mean_until(now, parameters.mean_window);
        let quote = resolve(observation.sources, stable);
        let moved = quote
            .as_ref()
            .map(|quote| self.moved(quote.mark, mean, parameters, now));
        let (wanted, cause) = wanted_tier(quote.as_ref().zip(moved), observation.sequencer_down);
        let before = Breaker {
            tier: self.price.tier,
            calm_since: self.calm_since,
        };
        let breaker = before.observe(wanted, mean.is_some(), now, parameters.calm_period);
        let next = Self {
            price: Price {
                stable,
                observed_at: now,
                tier: breaker.tier,
                ..self.price
            },
            mean: mean.unwrap_or_default(),
            calm_since: breaker.calm_since,
        };
        let next = match quote {
            Some(quote) => next.accept(quote, now),
            None => next.freeze(),
        };
        let cause = if breaker.tier < before.tier {
            Cause::Calm
        } else {
            cause
        };
        (next, cause)
    }

    fn accept(self, quote: Quote, now: u64) -> Self {
        let mean = if !self.mean.is_known() {
            Mean::restart(quote.mark, now)
        } else {
            self.mean
        };
        let price = Price {
            mark: quote.mark,
            stable: if self.price.stable == Stable::ZERO {
                Stable(quote.mark.0)
            } else {
                self.price.stable
            },
            primary: quote.primary,
            secondary: quote.secondary,
            updated_at: quote.updated_at,
            valid_until: quote.valid_until,
            status: match quote.agreement {
                Agreement::Agreeing => Status::Agreeing,
                Agreement::Diverged => Status::Diverged,
                Agreement::Sole => Status::Sole,
            },
            ..self.price
        };
        Self {
            price,
            mean,
            ..self
        }
    }

    fn freeze(self) -> Self {
        Self {
            price: Price {
                status: Status::Frozen,
                ..self.price
            },
            ..self
        }
    }

    /// The tier that the move to `mark` asks for: against the mean, or where that restarts against the mark that was trusted last.
    fn moved(&self, mark: Mark, mean: Option<Mean>, parameters: &Parameters, now: u64) -> Tier {
        if let Some(mean) = mean {
            return by_move(mark, mean.value(now, parameters.mean_window), parameters);
        }
        let Price {
            mark: last,
            observed_at,
            valid_until,
            ..
        } = self.price;
        if last == Mark::ZERO {
            return Tier::Normal;
        }
        let gap = now.saturating_sub(observed_at.min(valid_until));
        by_gap(mark, last, gap, parameters)
    }

    /// The mean of the mark until `now`, or `None` if it must restart.
    fn mean_until(&self, now: u64, window: u32) -> Option<Mean> {
        let Price {
            mark, observed_at, ..
        } = self.price;
        let known = self.mean.is_known() && now.checked_sub(observed_at)? <= window.into();
        known.then(|| self.mean.advance(mark, observed_at, now, window))
    }
}

/// The tier that an observation asks for, and why: of a price, with what its move asks for.
fn wanted_tier(quote: Option<(&Quote, Tier)>, sequencer_down: bool) -> (Tier, Cause) {
    let Some((quote, moved)) = quote else {
        return (Tier::Halted, Cause::Frozen);
    };
    if sequencer_down {
        return (Tier::Halted, Cause::SequencerDown);
    }
    match quote.agreement {
        Agreement::Sole => (moved.raised(), Cause::SourceLost),
        _ if quote.divergence > moved => (quote.divergence, Cause::Divergence),
        _ => (moved, Cause::Move),
    }
}

#[cfg(test)]
mod tests;
