//! The chain's sequencer, and what its outages do to prices.
//!
//! While the sequencer is down nobody pokes, and the first transaction after an outage may come before any poke. A mark counts
//! no longer once the sequencer has changed its status after the mark was observed: whoever acts asks the uptime feed, and has
//! the asset observed anew; and what was in force before it counts towards no settlement.

/// The sequencer's status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequencer {
    /// It is down, or its feed gave no valid answer.
    pub down: bool,
    /// Since when it has been in this status, seconds.
    pub since: u64,
}

impl Sequencer {
    /// What the five words of an uptime feed's `latestRoundData` say at `now`; `None` is a feed that gave no such answer.
    ///
    /// The answer is 0 while the sequencer is up, and `startedAt` is the time of the last change. Whatever is not a plain "up"
    /// counts as down from now on.
    pub fn from_answer(latest_round_data: Option<&[u8; 160]>, now: u64) -> Self {
        let up_since = latest_round_data.and_then(|data| {
            let words: &[[u8; 32]] = data.as_chunks().0;
            let (status, (head, since)) = (words[1], words[2].split_last_chunk()?);
            let since = u64::from_be_bytes(*since);
            let up = status == [0; 32] && head == [0; 24];
            (up && since != 0 && since <= now).then_some(since)
        });
        Self {
            down: up_since.is_none(),
            since: up_since.unwrap_or(now),
        }
    }

    /// What is known after the feed said `seen`: an outage that goes on began when it was first seen.
    pub fn followed_by(self, seen: Self) -> Self {
        if self.down && seen.down { self } else { seen }
    }

    /// Whether an outage goes on at `now`, or ended less than the `grace` period ago.
    pub fn is_grace(&self, now: u64, grace: u32) -> bool {
        self.down || now < self.since.saturating_add(grace.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruint::aliases::U256;

    use super::*;
    use crate::price::{Price, Status};
    use crate::settlement::{Settlements, Windows, next_expiry};
    use crate::tier::{Tier, action};
    use crate::trip::Trip;
    use crate::{Mark, SourcePrice, Stable};

    const NOW: u64 = 1_700_000_000;
    const GRACE: u32 = 3_600;

    fn answer(status: U256, started_at: U256) -> [u8; 160] {
        let mut data = [0; 160];
        data[32..64].copy_from_slice(&status.to_be_bytes::<32>());
        data[64..96].copy_from_slice(&started_at.to_be_bytes::<32>());
        data
    }

    fn says(status: u64, started_at: u64) -> Sequencer {
        let data = answer(U256::from(status), U256::from(started_at));
        Sequencer::from_answer(Some(&data), NOW)
    }

    fn price(observed_at: u64) -> Price {
        Price {
            mark: Mark(2_000),
            stable: Stable(2_100),
            updated_at: observed_at,
            valid_until: observed_at + 3_600,
            observed_at,
            status: Status::Agreeing,
            ..Price::default()
        }
    }

    #[test]
    fn zero_is_up_since_it_started() {
        let up = |since| Sequencer { down: false, since };
        assert_eq!(says(0, NOW - 5), up(NOW - 5));
        assert_eq!(says(0, NOW), up(NOW));
        assert_eq!(says(0, 1), up(1));
    }

    #[test]
    fn whatever_is_not_a_plain_up_is_down_from_now_on() {
        let down = Sequencer {
            down: true,
            since: NOW,
        };
        assert_eq!(says(1, NOW - 5), down);
        assert_eq!(says(2, NOW - 5), down);
        assert_eq!(says(0, 0), down);
        assert_eq!(says(0, NOW + 1), down);
        assert_eq!(Sequencer::from_answer(None, NOW), down);
        let far = answer(U256::ZERO, U256::from(NOW) + (U256::ONE << 64));
        assert_eq!(Sequencer::from_answer(Some(&far), NOW), down);
        let wide = answer(U256::ONE << 64, U256::from(NOW));
        assert_eq!(Sequencer::from_answer(Some(&wide), NOW), down);
    }

    #[test]
    fn an_outage_began_when_it_was_first_seen() {
        let (early, late, up) = (
            Sequencer {
                down: true,
                since: NOW - 50,
            },
            Sequencer {
                down: true,
                since: NOW,
            },
            Sequencer {
                down: false,
                since: NOW - 9,
            },
        );
        assert_eq!(early.followed_by(late), early);
        assert_eq!(early.followed_by(up), up);
        assert_eq!(up.followed_by(late), late);
    }

    #[test]
    fn grace_lasts_through_the_outage_and_its_period_after_it() {
        let down = Sequencer {
            down: true,
            since: NOW - 100_000,
        };
        assert!(down.is_grace(NOW, GRACE));
        assert!(says(0, NOW - 3_599).is_grace(NOW, GRACE));
        assert!(!says(0, NOW - 3_600).is_grace(NOW, GRACE));
        assert!(!says(0, NOW).is_grace(NOW, 0));
    }

    #[test]
    fn a_price_from_before_an_outage_freezes_its_asset() {
        let observed = NOW - 600;
        for status in [
            says(1, NOW - 900),
            says(0, observed + 1),
            Sequencer::from_answer(None, NOW),
        ] {
            let price = price(observed).under(&status);
            assert_eq!(price.tier_at(&Trip::default(), NOW), Tier::Halted);
            assert_eq!(price.blocked_at(Tier::Halted, false, NOW), action::ALL);
            assert!(!price.sources_agree(NOW));
            assert_eq!((price.mark, price.updated_at), (Mark(2_000), observed));
        }
    }

    #[test]
    fn a_price_observed_since_the_last_change_counts() {
        let observed = NOW - 600;
        for status in [
            says(0, observed),
            says(0, 1),
            Sequencer {
                down: true,
                since: observed,
            },
        ] {
            assert_eq!(price(observed).under(&status), price(observed));
        }
    }

    #[test]
    fn a_settlement_does_not_count_a_price_from_before_an_outage() {
        let (expiry, windows) = (next_expiry(NOW), Windows::of_length(1_800));
        let last = price(expiry - 1_800);
        let up = |since| Sequencer { down: false, since };
        let counted = |price: Price| Settlements::default().count(&price, &windows, expiry);
        assert!(counted(last.under(&up(1))).has_settled());
        let interrupted = counted(last.under(&up(expiry - 60)));
        assert!(!interrupted.has_settled());
        assert_eq!(interrupted.pending.map(|one| one.sums.secs), Some(0));
    }

    proptest! {
        #[test]
        fn what_a_feed_says_is_never_from_the_future(data: [[u8; 32]; 5], zero: bool, now in 1u64..) {
            let mut words = data;
            if zero {
                words[1] = [0; 32];
                words[2][..24].fill(0);
            }
            let mut bytes = [0; 160];
            for (place, word) in bytes.chunks_exact_mut(32).zip(words) {
                place.copy_from_slice(&word);
            }
            let status = Sequencer::from_answer(Some(&bytes), now);
            prop_assert!(status.since <= now);
            prop_assert!(status.down || U256::from_be_bytes(words[2]) == U256::from(status.since));
        }

        /// Nothing but the validity of the mark changes.
        #[test]
        fn prices_and_tier_are_the_same(observed in NOW - 3_000..NOW, since in NOW - 3_000..=NOW, diverged: bool) {
            let price = Price {
                primary: SourcePrice(500),
                status: if diverged { Status::Diverged } else { Status::Agreeing },
                ..price(observed)
            };
            let seen = price.under(&Sequencer { down: false, since });
            let valid_until = price.valid_until;
            prop_assert_eq!(Price { valid_until, ..seen }, price);
            prop_assert_eq!(seen.is_trusted(NOW), since <= observed);
        }
    }
}
