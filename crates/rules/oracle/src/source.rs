//! One feed's answer, and every reason to distrust it.

use risk::{Mark, Stable};
use ruint::aliases::U256;

/// Feeds with more decimals than prices have are refused.
pub const MAX_DECIMALS: u8 = 18;

/// The longest heartbeat that a source may be given, in seconds.
pub const MAX_HEARTBEAT: u32 = 7 * 86_400;

/// No source may be given a ceiling above this WAD price (7.9e10), so that every price fits 96 bits.
pub const MAX_CEILING: u128 = 1 << 96;

/// What a Chainlink `AggregatorV3Interface` returned from `latestRoundData`, and its `decimals` now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// `roundId`.
    pub round_id: U256,
    /// `answer`, an `int256` in two's complement.
    pub answer: U256,
    /// `updatedAt`; zero while the round is incomplete.
    pub updated_at: U256,
    /// `answeredInRound`; an earlier round while this one has no answer.
    pub answered_in_round: U256,
    /// `decimals`.
    pub decimals: U256,
}

impl Round {
    /// Decodes the five words of `latestRoundData`, of a feed with these `decimals`.
    pub fn from_words(latest_round_data: &[u8; 160], decimals: U256) -> Self {
        let word = |k: usize| U256::from_be_slice(&latest_round_data[32 * k..32 * (k + 1)]);
        Self {
            round_id: word(0),
            answer: word(1),
            updated_at: word(3),
            answered_in_round: word(4),
            decimals,
        }
    }
}

/// What a source says the price is, WAD; zero where it says nothing that is trusted. Which of them is the mark, if any, is for
/// [`resolve`](crate::quote::resolve) to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePrice(pub u128);

impl SourcePrice {
    /// Of a source that is untrusted, or not configured.
    pub const NONE: Self = Self(0);

    /// As the mark.
    #[must_use]
    pub const fn as_mark(self) -> Mark {
        Mark(self.0)
    }

    /// As what the stable price is to follow.
    #[must_use]
    pub const fn as_stable(self) -> Stable {
        Stable(self.0)
    }
}

/// What an answer must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The decimals that the source had when it was configured, at most [`MAX_DECIMALS`].
    pub decimals: u8,
    /// Age in seconds beyond which an answer is too old.
    pub heartbeat: u32,
    /// An answer at or below this is distrusted.
    pub floor: SourcePrice,
    /// An answer at or above this is distrusted; at most [`MAX_CEILING`].
    pub ceiling: SourcePrice,
}

/// Why an answer is distrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// The feed reverted, burned its gas or returned too little.
    NoAnswer,
    /// `decimals` differs from what was configured.
    DecimalsChanged,
    /// The round has not been answered.
    IncompleteRound,
    /// The answer carries a time that has not come.
    FromTheFuture,
    /// The answer is older than the heartbeat.
    TooOld,
    /// The answer is zero or negative.
    NotPositive,
    /// The answer is at or outside the floor or the ceiling.
    OutOfRange,
}

/// A trusted answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What it says.
    pub price: SourcePrice,
    /// When the feed was updated.
    pub updated_at: u64,
    /// The last second at which the answer is not older than its heartbeat.
    pub valid_until: u64,
}

impl Limits {
    /// The trusted price of `round` at time `now`, or the reason to distrust it.
    pub fn check(&self, round: &Round, now: u64) -> Result<Sample, Distrust> {
        if round.decimals != U256::from(self.decimals) {
            return Err(Distrust::DecimalsChanged);
        }
        if round.updated_at.is_zero() || round.answered_in_round < round.round_id {
            return Err(Distrust::IncompleteRound);
        }
        let updated_at = u64::try_from(round.updated_at).map_err(|_| Distrust::FromTheFuture)?;
        if updated_at > now {
            return Err(Distrust::FromTheFuture);
        }
        let valid_until = updated_at.saturating_add(self.heartbeat.into());
        if valid_until < now {
            return Err(Distrust::TooOld);
        }
        Ok(Sample {
            price: self.price(round.answer)?,
            updated_at,
            valid_until,
        })
    }

    /// `answer` as a price inside floor and ceiling.
    fn price(&self, answer: U256) -> Result<SourcePrice, Distrust> {
        if answer.is_zero() || answer.bit(255) {
            return Err(Distrust::NotPositive);
        }
        let answer = u128::try_from(answer).map_err(|_| Distrust::OutOfRange)?;
        let scale = 10u128.pow(u32::from(MAX_DECIMALS.saturating_sub(self.decimals)));
        let price = answer.checked_mul(scale).map(SourcePrice);
        let price = price.ok_or(Distrust::OutOfRange)?;
        if price <= self.floor || price >= self.ceiling {
            return Err(Distrust::OutOfRange);
        }
        Ok(price)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One US dollar at eight decimals.
    const USD: i128 = 100_000_000;
    const NOW: u64 = 1_700_000_000;
    const LIMITS: Limits = Limits {
        decimals: 8,
        heartbeat: 3_600,
        floor: SourcePrice(10 * crate::WAD as u128),
        ceiling: SourcePrice(100_000 * crate::WAD as u128),
    };

    fn round(answer: i128, updated_at: u64) -> Round {
        let answer = if answer < 0 {
            U256::ZERO.wrapping_sub(U256::from(answer.unsigned_abs()))
        } else {
            U256::from(answer.unsigned_abs())
        };
        Round {
            round_id: U256::from(7),
            answer,
            updated_at: U256::from(updated_at),
            answered_in_round: U256::from(7),
            decimals: U256::from(8),
        }
    }

    #[test]
    fn a_heartbeat_is_a_week_at_most_and_no_price_has_more_than_96_bits() {
        assert_eq!(MAX_HEARTBEAT, 604_800);
        assert_eq!(MAX_CEILING, 79_228_162_514_264_337_593_543_950_336);
    }

    #[test]
    fn a_good_answer_is_scaled_to_wad() {
        let sample = LIMITS
            .check(&round(2_200 * USD + 12_345_678, NOW - 10), NOW)
            .unwrap();
        assert_eq!(sample.price, SourcePrice(2_200_123_456_780_000_000_000));
        assert_eq!(
            (sample.updated_at, sample.valid_until),
            (NOW - 10, NOW + 3_590)
        );
    }

    #[test]
    fn age_is_allowed_up_to_the_heartbeat() {
        assert!(LIMITS.check(&round(2_200 * USD, NOW - 3_600), NOW).is_ok());
        assert_eq!(
            LIMITS.check(&round(2_200 * USD, NOW - 3_601), NOW),
            Err(Distrust::TooOld)
        );
    }

    #[test]
    fn the_present_is_not_the_future() {
        assert!(LIMITS.check(&round(2_200 * USD, NOW), NOW).is_ok());
        assert_eq!(
            LIMITS.check(&round(2_200 * USD, NOW + 1), NOW),
            Err(Distrust::FromTheFuture)
        );
        let never = Round {
            updated_at: U256::MAX,
            ..round(2_200 * USD, NOW)
        };
        assert_eq!(LIMITS.check(&never, NOW), Err(Distrust::FromTheFuture));
    }

    #[test]
    fn an_unanswered_round_is_incomplete() {
        assert_eq!(
            LIMITS.check(&round(2_200 * USD, 0), NOW),
            Err(Distrust::IncompleteRound)
        );
        let carried = Round {
            answered_in_round: U256::from(6),
            ..round(2_200 * USD, NOW)
        };
        assert_eq!(LIMITS.check(&carried, NOW), Err(Distrust::IncompleteRound));
    }

    #[test]
    fn zero_and_negative_answers_are_distrusted() {
        for answer in [0, -1, i128::MIN] {
            assert_eq!(
                LIMITS.check(&round(answer, NOW), NOW),
                Err(Distrust::NotPositive)
            );
        }
    }

    #[test]
    fn floor_and_ceiling_themselves_are_distrusted() {
        for (answer, trusted) in [
            (10 * USD, false),
            (10 * USD + 1, true),
            (100_000 * USD - 1, true),
            (100_000 * USD, false),
        ] {
            assert_eq!(
                LIMITS.check(&round(answer, NOW), NOW).is_ok(),
                trusted,
                "{answer}"
            );
        }
        assert_eq!(
            LIMITS.check(&round(112_000_000, NOW), NOW),
            Err(Distrust::OutOfRange)
        );
    }

    #[test]
    fn an_answer_too_large_to_scale_is_out_of_range() {
        let huge = Limits {
            ceiling: SourcePrice(u128::MAX),
            ..LIMITS
        };
        assert_eq!(
            huge.check(&round(i128::MAX, NOW), NOW),
            Err(Distrust::OutOfRange)
        );
        let word = Round {
            answer: U256::MAX >> 1,
            ..round(1, NOW)
        };
        assert_eq!(huge.check(&word, NOW), Err(Distrust::OutOfRange));
    }

    #[test]
    fn changed_decimals_are_distrusted() {
        let changed = Round {
            decimals: U256::from(18),
            ..round(2_200 * USD, NOW)
        };
        assert_eq!(LIMITS.check(&changed, NOW), Err(Distrust::DecimalsChanged));
        let absurd = Round {
            decimals: U256::from(8) + (U256::from(1) << 8),
            ..round(2_200 * USD, NOW)
        };
        assert_eq!(LIMITS.check(&absurd, NOW), Err(Distrust::DecimalsChanged));
    }

    #[test]
    fn words_are_decoded_in_the_order_of_the_interface() {
        let mut data = [0; 160];
        for k in 0..5 {
            data[32 * k + 31] = k as u8 + 1;
        }
        let round = Round::from_words(&data, U256::from(8));
        assert_eq!(
            (
                round.round_id,
                round.answer,
                round.updated_at,
                round.answered_in_round,
                round.decimals
            ),
            (
                U256::from(1),
                U256::from(2),
                U256::from(4),
                U256::from(5),
                U256::from(8)
            )
        );
    }

    proptest! {
        #[test]
        fn whatever_passes_is_inside_every_limit(data: [[u8; 32]; 5], now: u64, answer in 0u64..1 << 60, age in -5_000i64..5_000) {
            let mut words = [0; 160];
            for (k, word) in data.iter().enumerate() {
                words[32 * k..32 * (k + 1)].copy_from_slice(word);
            }
            let wild = Round::from_words(&words, U256::from(8));
            let tame = Round {
                answer: U256::from(answer),
                updated_at: U256::from(now.saturating_add_signed(-age)),
                answered_in_round: wild.round_id,
                ..wild
            };
            for round in [wild, tame] {
                if let Ok(sample) = LIMITS.check(&round, now) {
                    prop_assert!(sample.price > LIMITS.floor && sample.price < LIMITS.ceiling);
                    prop_assert!(sample.updated_at <= now && now <= sample.valid_until);
                    prop_assert!(round.answered_in_round >= round.round_id);
                }
            }
        }
    }
}
