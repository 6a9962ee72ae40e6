//! One asset's price as readers see it.

use risk::{Mark, Stable};

use crate::WAD;
use crate::compact::spread;
use crate::math::share_of;
use crate::sequencer::Sequencer;
use crate::source::SourcePrice;
use crate::stable::follow;
use crate::tier::{Cause, Tier, action, blocked_by};
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

/// What the last observation left for readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// The last that was trusted; zero before the first.
    pub mark: Mark,
    /// The stable price at `observed_at`; zero before the first mark.
    pub stable: Stable,
    /// The primary's price at the last trusted observation; none if it was untrusted.
    pub primary: SourcePrice,
    /// The secondary's price at the last trusted observation; none if it was untrusted or is not configured.
    pub secondary: SourcePrice,
    /// When the oldest source behind the mark was updated.
    pub updated_at: u64,
    /// The last second at which the mark is not too old.
    pub valid_until: u64,
    /// When the guard last looked.
    pub observed_at: u64,
    /// The automatic breaker's tier.
    pub tier: Tier,
    /// What the last observation found.
    pub status: Status,
}

impl Price {
    /// The stable price at `now`: it has followed the mark since the last observation by at most `rate`, a WAD share of
    /// itself per second, or the primary at a fifth of the rate if the sources diverged then. A price counts only for
    /// the time it was in force, and was trusted: while the asset is frozen the stable price stands still.
    pub fn stable_at(&self, now: u64, rate: u64) -> Stable {
        let secs = now.min(self.valid_until).saturating_sub(self.observed_at);
        match self.status {
            Status::Frozen => self.stable,
            Status::Diverged => follow(
                self.stable,
                self.primary.as_stable(),
                rate / DIVERGED_RATE_DIVISOR,
                secs,
            ),
            _ => follow(self.stable, Stable(self.mark.0), rate, secs),
        }
    }

    /// Whether `sequencer` went down or came up after this price was observed.
    pub fn precedes(&self, sequencer: &Sequencer) -> bool {
        sequencer.since > self.observed_at
    }

    /// What counts of this price given that `sequencer`: of one that precedes its status the mark has ceased to be valid, so that
    /// the asset is frozen until the next observation.
    pub fn under(self, sequencer: &Sequencer) -> Self {
        if self.precedes(sequencer) {
            Self {
                valid_until: 0,
                ..self
            }
        } else {
            self
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

    /// Whether this price, observed after the one `before`, says nothing that that did not say: both of sources that agree, and
    /// but for what time does to either they are the same, to the precision with which a secondary is stored.
    pub fn repeats(&self, before: &Self) -> bool {
        let said = |price: &Self| {
            let Self {
                mark,
                updated_at,
                valid_until,
                tier,
                status,
                ..
            } = *price;
            (mark, updated_at, valid_until, tier, status, price.spread())
        };
        self.status == Status::Agreeing && said(self) == said(before)
    }

    /// How far the secondary is from the mark, if that is the primary's price and it is near. Without a secondary it is at the
    /// mark.
    pub fn spread(&self) -> Option<u32> {
        match self.secondary {
            _ if self.primary.as_mark() != self.mark => None,
            SourcePrice::NONE => Some(0),
            SourcePrice(secondary) => spread(secondary, self.mark.0),
        }
    }

    /// The tier in force at `now`, the guardian's `trip` included.
    pub fn tier_at(&self, trip: &Trip, now: u64) -> Tier {
        if !self.is_trusted(now) {
            return Tier::Halted;
        }
        self.tier.max(trip.tier_at(now, self.sources_agree(now)))
    }

    /// The tier that time alone has led to by `now`, and why, from the one last `reported`: the mark has become too old, or is from
    /// before an outage of the `sequencer`, or the `trip` has ended. Before the first mark nothing changes.
    pub fn lapse(
        &self,
        trip: &Trip,
        reported: Tier,
        sequencer: &Sequencer,
        now: u64,
    ) -> (Tier, Cause) {
        let tier = match self.mark {
            Mark::ZERO => reported,
            _ => self.under(sequencer).tier_at(trip, now),
        };
        let cause = match tier {
            _ if tier < reported => Cause::Calm,
            _ if self.precedes(sequencer) => Cause::SequencerDown,
            _ => Cause::Frozen,
        };
        (tier, cause)
    }

    /// The actions forbidden at `now` in `tier`. In the `grace` period after a sequencer outage nobody opens, and
    /// [`action::GRACE`] says so.
    pub fn blocked_at(&self, tier: Tier, grace: bool, now: u64) -> u16 {
        let by_price = if self.is_trusted(now) {
            blocked_by(tier)
        } else {
            action::ALL
        };
        by_price
            | if grace {
                action::OPEN | action::GRACE
            } else {
                0
            }
    }

    /// The lowest and highest of the mark and the sources behind it, WAD, each widened by `confidence`, a WAD share of itself; the low
    /// one is rounded down, the high one up.
    pub fn range(&self, confidence: u64) -> (u128, u128) {
        let (mut low, mut high) = (self.mark.0, self.mark.0);
        for SourcePrice(price) in [self.primary, self.secondary] {
            if price != 0 {
                (low, high) = (low.min(price), high.max(price));
            }
        }
        let certain = WAD - confidence;
        (
            share_of(low, certain, WAD),
            high.saturating_add(high - share_of(high, certain, WAD)),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::spell::Spell;

    const NOW: u64 = 1_700_000_000;

    /// Observed ten minutes ago, valid for ten more.
    fn observed() -> Price {
        Price {
            mark: Mark(2_000),
            stable: Stable(2_000),
            observed_at: NOW - 600,
            valid_until: NOW + 600,
            status: Status::Agreeing,
            ..Price::default()
        }
    }

    #[test]
    fn time_alone_ends_trips_and_validity_and_says_why() {
        let (up, came_up) = (
            Sequencer::default(),
            Sequencer {
                down: false,
                since: NOW - 1,
            },
        );
        let trip = Trip {
            tier: Tier::Restricted,
            spell: Spell {
                until: NOW,
                used: 60,
            },
        };
        let after = |now, reported, sequencer| observed().lapse(&trip, reported, sequencer, now);
        assert_eq!(after(NOW - 1, Tier::Restricted, &up).0, Tier::Restricted);
        assert_eq!(
            after(NOW, Tier::Restricted, &up),
            (Tier::Normal, Cause::Calm)
        );
        let late = NOW + 601;
        assert_eq!(
            after(late, Tier::Normal, &up),
            (Tier::Halted, Cause::Frozen)
        );
        assert_eq!(
            after(NOW, Tier::Normal, &came_up),
            (Tier::Halted, Cause::SequencerDown)
        );
    }

    #[test]
    fn a_secondary_has_a_spread_from_a_mark_that_is_the_primarys() {
        let of = |mark, primary, secondary| {
            let price = Price {
                mark: Mark(mark),
                primary: SourcePrice(primary),
                secondary: SourcePrice(secondary),
                ..Price::default()
            };
            price.spread()
        };
        assert_eq!(of(2_000, 2_000, 0), Some(0));
        assert_eq!(of(2_000, 2_000, 2_000), Some(0));
        assert_eq!(of(2_000, 2_000, 2_001), Some(34_359_739));
        assert_eq!(of(2_000, 1_999, 2_001), None);
    }

    #[test]
    fn an_asset_that_has_no_mark_yet_does_not_lapse() {
        let price = Price::default();
        let (tier, _) = price.lapse(&Trip::default(), Tier::Normal, &Sequencer::default(), NOW);
        assert_eq!(tier, Tier::Normal);
    }

    proptest! {
        #[test]
        fn the_range_holds_every_source_and_as_much_again_as_is_uncertain(mark in 1u128..1 << 96, primary in 0u128..1 << 96, secondary in 0u128..1 << 96, thousandths in 0u64..=100) {
            let price = Price { mark: Mark(mark), primary: SourcePrice(primary), secondary: SourcePrice(secondary), ..Price::default() };
            let (low, high) = price.range(0);
            for source in [mark, primary, secondary] {
                prop_assert!(source == 0 || (low <= source && source <= high));
            }
            let (wide_low, wide_high) = price.range(thousandths * (WAD / 1_000));
            let widening = u128::from(thousandths);
            prop_assert_eq!(wide_low, low - (low * widening).div_ceil(1_000));
            prop_assert_eq!(wide_high, high + (high * widening).div_ceil(1_000));
        }
    }
}
