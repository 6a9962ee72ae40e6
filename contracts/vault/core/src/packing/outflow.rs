//! What may leave the vault, and what an owner may take away again, in a word each.

use risk::{Credit, Outflow};

use super::{amount, of_amount, pair, unpair};
use crate::word::Word;

/// Hour, day and the higher part of the average; the rest of it, the day's opening, the time and the day.
pub fn outflow(outflow: &Outflow) -> Word {
    let (average, opening) = (u128::from(outflow.average), u128::from(outflow.opening));
    Word::new(
        u128::from(outflow.hour) << 76 | u128::from(outflow.day) << 24 | average >> 28,
        average << 100 | opening << 48 | u128::from(outflow.seen) << 16 | u128::from(outflow.date),
    )
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "narrow fields are cut out of 128 bits"
)]
pub const fn of_outflow(word: Word) -> Outflow {
    let Word { high, low } = word;
    let average = (high << 28 | low >> 100) as u64;
    Outflow {
        hour: (high >> 76) as u64,
        day: (high >> 24) as u64 & Outflow::MAX_AMOUNT,
        average: average & Outflow::MAX_AMOUNT,
        opening: (low >> 48) as u64 & Outflow::MAX_AMOUNT,
        seen: (low >> 16) as u32,
        date: low as u16,
    }
}

/// What was deposited on the day before and on the day of the last movement, and that day.
pub fn credit(credit: &Credit) -> Word {
    pair(amount(credit.before), amount(credit.today), credit.day)
}

pub const fn of_credit(word: Word) -> Credit {
    let (before, today, day) = unpair(word);
    Credit {
        today: of_amount(today),
        before: of_amount(before),
        day,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_outflow_comes_back_alone_and_with_the_others() {
        const MOST: u64 = Outflow::MAX_AMOUNT;
        for [hour, day, average, opening, seen, date] in [
            [0; 6],
            [MOST, 0, 0, 0, 0, 0],
            [0, MOST, 0, 0, 0, 0],
            [0, 0, MOST, 0, 0, 0],
            [0, 0, 1 << 28, 0, 0, 0],
            [0, 0, 0, MOST, 0, 0],
            [0, 0, 0, 0, u32::MAX.into(), 0],
            [0, 0, 0, 0, 0, u16::MAX.into()],
            [MOST, MOST, MOST, MOST, u32::MAX.into(), u16::MAX.into()],
        ] {
            let stored = Outflow {
                hour,
                day,
                average,
                opening,
                seen: seen.try_into().unwrap(),
                date: date.try_into().unwrap(),
            };
            assert_eq!(of_outflow(outflow(&stored)), stored);
        }
    }
}
