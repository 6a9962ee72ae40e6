//! What insurance has paid and owes, in words.

use risk::{Attribution, Cover, Debts, InstrumentId, MAX_LEGS, Records, Usd};

use super::{WIDE, amount, narrow, of_amount, pair, unpair};
use crate::word::Word;

/// Bits of what debts have used up of a cover.
const COVER_DEBTS: u32 = 100;
/// Place of the rest of what rewards have used up of it, above its size and its time.
const COVER_REST: u32 = 96;
/// Bits of a perpetual's place, beside its share of a debt.
const PLACE: u32 = 6;

/// Known debts and the base of what is unpaid, and the generation of records beside them.
pub fn debts(debts: &Debts) -> Word {
    pair(
        amount(debts.known),
        narrow(debts.base, WIDE),
        debts.generation,
    )
}

pub const fn of_debts(word: Word) -> Debts {
    let (known, base, generation) = unpair(word);
    Debts {
        known: of_amount(known),
        base,
        generation,
    }
}

/// What debts have used up, and the lower part of what rewards have; the rest of that, size and time.
pub fn cover(cover: &Cover) -> Word {
    let rewards = u128::from(cover.rewards);
    let beside = 128 - COVER_DEBTS;
    Word::new(
        cover.debts.0.unsigned_abs() | (rewards & ((1 << beside) - 1)) << COVER_DEBTS,
        rewards >> beside << COVER_REST | u128::from(cover.size) << 32 | u128::from(cover.seen),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
pub const fn of_cover(word: Word) -> Cover {
    let Word { high, low } = word;
    let debts = high & ((1 << COVER_DEBTS) - 1);
    let rewards = high >> COVER_DEBTS | low >> COVER_REST << (128 - COVER_DEBTS);
    Cover {
        debts: Usd(debts.cast_signed()),
        rewards: rewards as u64,
        size: (low >> 32) as u64,
        seen: low as u32,
    }
}

/// Instruments with known and with unpaid debts; what the rate is less than one, and the generation. Nothing at first.
pub fn records(records: &Records) -> Word {
    let below_one = Records::RATE_ONE - records.rate.min(Records::RATE_ONE);
    Word::new(
        u128::from(records.known) << 64 | u128::from(records.unpaid),
        below_one << 32 | u128::from(records.generation),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
pub const fn of_records(word: Word) -> Records {
    let Word { high, low } = word;
    Records {
        known: (high >> 64) as u64,
        unpaid: high as u64,
        rate: Records::RATE_ONE - (low >> 32),
        generation: low as u32,
    }
}

/// Shares of underlyings, each with its place below it: eight to a word.
pub fn attribution(attribution: &Attribution) -> [Word; 2] {
    let mut bytes = [0; 4 * MAX_LEGS];
    for (slot, &(id, share)) in bytes.chunks_exact_mut(4).zip(&attribution.shares) {
        slot.copy_from_slice(&(share << PLACE | u32::from(id)).to_le_bytes());
    }
    let half = |at: usize| {
        let bytes = bytes[16 * at..].first_chunk();
        bytes.map_or(0, |half| u128::from_le_bytes(*half))
    };
    [Word::new(half(0), half(1)), Word::new(half(2), half(3))]
}

pub fn of_attribution(words: [Word; 2]) -> Attribution {
    let mut bytes = [0; 4 * MAX_LEGS];
    let halves = [words[0].high, words[0].low, words[1].high, words[1].low];
    for (slot, half) in bytes.chunks_exact_mut(16).zip(halves) {
        slot.copy_from_slice(&half.to_le_bytes());
    }
    let mut shares = [(0, 0); MAX_LEGS];
    for (slot, packed) in shares.iter_mut().zip(bytes.chunks_exact(4)) {
        let packed = packed
            .first_chunk()
            .map_or(0, |packed| u32::from_le_bytes(*packed));
        let place = packed & ((1 << PLACE) - 1);
        *slot = (place as InstrumentId, packed >> PLACE);
    }
    Attribution { shares }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_comes_back_with_every_field_at_its_end() {
        let most = Cover {
            debts: Usd((1 << 100) - 1),
            rewards: (1 << 60) - 1,
            size: u64::MAX,
            seen: u32::MAX,
        };
        for stored in [
            Cover::default(),
            most,
            Cover {
                debts: Usd(0),
                ..most
            },
            Cover {
                rewards: 1 << 30,
                ..most
            },
            Cover {
                rewards: 0,
                size: 1,
                ..most
            },
        ] {
            assert_eq!(of_cover(cover(&stored)), stored);
        }
    }

    #[test]
    fn records_come_back_with_every_field_at_its_end() {
        let least = Records::RATE_ONE / 1_000_000_000;
        for (rate, generation) in [(Records::RATE_ONE, 0), (least, u32::MAX)] {
            let stored = Records {
                known: u64::MAX,
                unpaid: 1 << 63,
                rate,
                generation,
            };
            assert_eq!(of_records(records(&stored)), stored);
        }
        assert_eq!(of_records(Word::ZERO), Records::default());
        assert_eq!(records(&Records::default()), Word::ZERO);
    }

    #[test]
    fn sixteen_shares_of_a_debt_come_back() {
        let mut stored = Attribution::default();
        for (place, share) in (0..).zip(&mut stored.shares) {
            *share = (63 - place, (1 << 26) - 1 - u32::from(place));
        }
        assert_eq!(of_attribution(attribution(&stored)), stored);
        assert_eq!(of_attribution([Word::ZERO; 2]), Attribution::default());
    }
}
