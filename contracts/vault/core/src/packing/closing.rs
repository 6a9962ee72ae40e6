//! A deleveraging that goes on, in a word.

use risk::{Closing, Legs, Ratio, WAD};

use crate::word::Word;

/// Place of the share, the penalty rate and the time.
const SHARE: u32 = 68;
const RATE: u32 = 38;
const STARTED: u32 = 5;

/// Its instruments; share, penalty rate, time, and number of instruments.
pub fn closing(closing: &Closing) -> Word {
    let (ids, count) = closing.remaining.parts();
    let low = closing.share.0.min(WAD) << SHARE
        | (closing.rate.0 / Closing::RATE_UNIT) << RATE
        | u128::from(closing.started) << STARTED
        | u128::from(count);
    Word::new(u128::from_be_bytes(ids), low)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
pub fn of_closing(word: Word) -> Closing {
    let Word { high, low } = word;
    Closing {
        share: Ratio(low >> SHARE),
        rate: Ratio((low >> RATE & Closing::MAX_RATE) * Closing::RATE_UNIT),
        started: (low >> STARTED) as u32,
        remaining: Legs::from_parts(high.to_be_bytes(), low as u8 & 0x1f),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closing_comes_back_at_its_limits() {
        let mut all = Legs::default();
        for id in 0..16 {
            all.push(255 - id).unwrap();
        }
        for (share, rate, started, remaining) in [
            (0, 0, 0, Legs::default()),
            (WAD, Closing::MAX_RATE, u32::MAX, all),
            (1, 0, 0, all),
            (0, 1, 0, Legs::default()),
            (0, 0, 1, Legs::default()),
        ] {
            let stored = Closing {
                share: Ratio(share),
                rate: Ratio(rate * Closing::RATE_UNIT),
                started,
                remaining,
            };
            assert_eq!(of_closing(closing(&stored)), stored);
        }
    }
}
