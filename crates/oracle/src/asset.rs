//! One asset's whole state and how an observation changes it.

use crate::mean::Mean;
use crate::parameters::Parameters;
use crate::quote::{Agreement, Quote, Sources, resolve};
use crate::stable::follow;
use crate::tier::{Breaker, Cause, Tier, blocked, blocked_by, by_move};
use crate::trip::Trip;

/// The stable price follows the primary at this part of its rate while the sources diverge.
const DIVERGED_RATE_DIVISOR: u64 = 5;

/// What the last observation found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// No trusted price: the mark is the last trusted one, or zero.
    #[default]
    Frozen = 0,
    /// Every configured source is trusted and they agree.
    Agreeing = 1,
    /// Two trusted sources differ by 3 % or more.
    Diverged = 2,
    /// One of two sources is trusted.
    Sole = 3,
}

impl Status {
    /// The status with number `value`; unknown numbers are Frozen.
    pub fn from_u8(value: u8) -> Self {
        match value {
            1 => Self::Agreeing,
            2 => Self::Diverged,
            3 => Self::Sole,
            _ => Self::Frozen,
        }
    }
}

/// What a poke saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The sources' trusted answers.
    pub sources: Sources,
    /// Whether the sequencer is down or its feed gives no answer.
    pub sequencer_down: bool,
}

/// Everything the guard remembers of an asset's price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asset {
    /// The last trusted WAD price; zero before the first.
    pub mark: u128,
    /// The stable WAD price at `observed_at`; zero before the first mark.
    pub stable: u128,
    /// The time-weighted mean of the mark until `observed_at`.
    pub mean: Mean,
    /// The primary's WAD price at the last trusted observation; zero if it was untrusted.
    pub primary: u128,
    /// The secondary's WAD price at the last trusted observation; zero if it was untrusted or is not configured.
    pub secondary: u128,
    /// When the oldest source behind the mark was updated.
    pub updated_at: u64,
    /// The last second at which the mark is not too old.
    pub valid_until: u64,
    /// When the guard last looked.
    pub observed_at: u64,
    /// The automatic breaker.
    pub breaker: Breaker,
    /// What the last observation found.
    pub status: Status,
}

impl Asset {
    /// The state after `observation` at `now`, and what the breaker reacted to.
    ///
    /// Without a trusted price the mark stays. Where nobody looked for longer than the mean's window, the mean
    /// restarts at the new price, so that no move is measured against a stale mean.
    pub fn observe(
        self,
        observation: Observation,
        parameters: &Parameters,
        now: u64,
    ) -> (Self, Cause) {
        let stable = self.stable_at(now, parameters);
        let mean = self.mean_until(now, parameters.mean_window);
        let quote = resolve(observation.sources, stable);
        let (wanted, cause) = wanted_tier(
            quote.as_ref(),
            mean,
            observation.sequencer_down,
            parameters,
            now,
        );
        let breaker = self
            .breaker
            .observe(wanted, mean.is_some(), now, parameters.calm_period);
        let next = Self {
            stable,
            mean: mean.unwrap_or_default(),
            observed_at: now,
            breaker,
            ..self
        };
        let next = match quote {
            Some(quote) => next.accept(quote, mean, now),
            None => Self {
                status: Status::Frozen,
                ..next
            },
        };
        (
            next,
            if breaker.tier < self.breaker.tier {
                Cause::Calm
            } else {
                cause
            },
        )
    }

    fn accept(self, quote: Quote, mean: Option<Mean>, now: u64) -> Self {
        Self {
            mark: quote.mark,
            stable: if self.stable == 0 {
                quote.mark
            } else {
                self.stable
            },
            mean: mean.unwrap_or(Mean::restart(quote.mark, now)),
            primary: quote.primary,
            secondary: quote.secondary,
            updated_at: quote.updated_at,
            valid_until: quote.valid_until,
            status: match quote.agreement {
                Agreement::Agreeing => Status::Agreeing,
                Agreement::Diverged => Status::Diverged,
                Agreement::Sole => Status::Sole,
            },
            ..self
        }
    }

    /// The mean of the mark until `now`, or `None` if it must restart.
    fn mean_until(&self, now: u64, window: u32) -> Option<Mean> {
        let known = self.mean.current != 0 && now.checked_sub(self.observed_at)? <= window.into();
        known.then(|| self.mean.advance(self.mark, self.observed_at, now, window))
    }

    /// The stable price at `now`: it has followed the mark since the last observation, or the primary at a fifth of
    /// the rate if the sources diverged then. A price counts only for the time it was in force.
    pub fn stable_at(&self, now: u64, parameters: &Parameters) -> u128 {
        let secs = now.saturating_sub(self.observed_at);
        match self.status {
            Status::Diverged => follow(
                self.stable,
                self.primary,
                parameters.stable_price_rate / DIVERGED_RATE_DIVISOR,
                secs,
            ),
            _ => follow(self.stable, self.mark, parameters.stable_price_rate, secs),
        }
    }

    /// Whether the mark is trusted at `now`: the last observation found a price, and it is not too old yet.
    pub fn is_trusted(&self, now: u64) -> bool {
        self.status != Status::Frozen && now <= self.valid_until
    }

    /// Whether every configured source was trusted and agreed, and still counts at `now`.
    pub fn sources_agree(&self, now: u64) -> bool {
        self.status == Status::Agreeing && self.is_trusted(now)
    }

    /// The tier in force at `now`, the guardian's `trip` included.
    pub fn tier_at(&self, trip: &Trip, now: u64) -> Tier {
        if !self.is_trusted(now) {
            return Tier::Halted;
        }
        self.breaker
            .tier
            .max(trip.tier_at(now, self.sources_agree(now)))
    }

    /// The actions forbidden at `now` in `tier`; `grace` is the time after a sequencer outage.
    pub fn blocked_at(&self, tier: Tier, grace: bool, now: u64) -> u16 {
        if !self.is_trusted(now) {
            return blocked::ALL;
        }
        blocked_by(tier) | if grace { blocked::OPENING } else { 0 }
    }

    /// The lowest and highest of the mark and the sources behind it.
    pub fn range(&self) -> (u128, u128) {
        let sources = [self.primary, self.secondary];
        let prices = || sources.into_iter().filter(|&price| price != 0);
        (
            prices().fold(self.mark, u128::min),
            prices().fold(self.mark, u128::max),
        )
    }
}

/// The tier that an observation asks for, and why.
fn wanted_tier(
    quote: Option<&Quote>,
    mean: Option<Mean>,
    sequencer_down: bool,
    parameters: &Parameters,
    now: u64,
) -> (Tier, Cause) {
    let Some(quote) = quote else {
        return (Tier::Halted, Cause::Frozen);
    };
    if sequencer_down {
        return (Tier::Halted, Cause::SequencerDown);
    }
    let moved = mean.map_or(Tier::Normal, |mean| {
        by_move(
            quote.mark,
            mean.value(now, parameters.mean_window),
            parameters,
        )
    });
    match quote.agreement {
        Agreement::Sole => (moved.raised(), Cause::SourceLost),
        _ if quote.divergence > moved => (quote.divergence, Cause::Divergence),
        _ => (moved, Cause::Move),
    }
}

#[cfg(test)]
mod tests;
