//! What is known and what is owed of debts, by instrument: DESIGN 3, "What insurance pays for an instrument". Options count to
//! their underlying, so that an instrument is one of at most 64 perpetuals.

use crate::{InstrumentId, Result, Usd, math};

/// The rate below which a new generation of records starts: 1e-9.
const LEAST_RATE: u128 = Records::RATE_ONE / 1_000_000_000;
/// WAD units of a unit of a record's base: 1e-9 of the quote token.
const BASE_UNIT: u128 = 1_000_000_000;
/// Bits of a base.
const BASE_BITS: u32 = 112;

/// What the pool says: amounts of the quote token, WAD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// What it would pay the vault now.
    pub payable: Usd,
    /// What instruments' covers are measured by: the smaller of its assets at the day's opening, and its assets now with what was
    /// drawn today.
    pub measured: Usd,
    /// The same for what is on record: no more than what it had before the deposits that came since.
    pub recorded: Usd,
}

/// The debts that one instrument has left: known ones, of accounts that are still to be closed, and what nobody paid of those that
/// were written off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Debts {
    /// Sum of the parts of known debts that are attributed to it.
    pub known: Usd,
    /// What nobody paid = base x [`Records::rate`], while the generation lasts; units of 1e-9.
    pub base: u128,
    /// The records that `base` belongs to.
    pub generation: u32,
}

/// What holds of the debts of all instruments together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Records {
    /// A bit for each instrument with known debts.
    pub known: u64,
    /// A bit for each instrument with something unpaid on record.
    pub unpaid: u64,
    /// R: what haircuts have left of each record, 1e27 is one; rounded up.
    pub rate: u128,
    /// Rises when nothing is owed any more, or the rate has fallen too far: older records are left to haircuts.
    pub generation: u32,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            known: 0,
            unpaid: 0,
            rate: Records::RATE_ONE,
            generation: 0,
        }
    }
}

impl Records {
    /// A rate of one.
    pub const RATE_ONE: u128 = 1_000_000_000_000_000_000_000_000_000;

    /// What is on record of an instrument, rounded up.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    #[inline]
    pub fn unpaid_of(&self, debts: &Debts) -> Result<Usd> {
        if debts.generation != self.generation {
            return Ok(Usd::ZERO);
        }
        let unpaid = math::mul_div_up(debts.base, self.rate * BASE_UNIT, Records::RATE_ONE)?;
        Ok(Usd(math::signed(unpaid)?))
    }

    /// Puts what nobody paid for an instrument on record, rounded up.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    #[inline]
    pub fn record(&mut self, id: InstrumentId, debts: &mut Debts, unpaid: Usd) -> Result<()> {
        if unpaid <= Usd::ZERO {
            return Ok(());
        }
        if debts.generation != self.generation {
            (debts.base, debts.generation) = (0, self.generation);
        }
        let unpaid = math::unsigned(unpaid.0)?.div_ceil(BASE_UNIT);
        let base = debts.base + math::mul_div_up(unpaid, Records::RATE_ONE, self.rate)?;
        debts.base = base.min((1 << BASE_BITS) - 1);
        self.unpaid |= 1 << id;
        Ok(())
    }

    /// Takes what was paid for an instrument off its record, rounded down; at least all there is takes everything.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if `paid` is negative.
    #[inline]
    pub fn recover(&mut self, id: InstrumentId, debts: &mut Debts, paid: Usd) -> Result<()> {
        if paid >= self.unpaid_of(debts)? {
            debts.base = 0;
        } else {
            let base = math::mul_div_down(
                math::unsigned(paid.0)?,
                Records::RATE_ONE,
                self.rate * BASE_UNIT,
            )?;
            debts.base = debts.base.saturating_sub(base);
        }
        if debts.base == 0 {
            self.unpaid &= !(1 << id);
        }
        Ok(())
    }

    /// A haircut that leaves `left` of a shortfall of `shortfall`, of every record alike. Nothing left, or a rate below 1e-9, begins
    /// the records anew.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) unless `left` is at most `shortfall`.
    #[inline]
    pub fn cut(&mut self, left: Usd, shortfall: Usd) -> Result<()> {
        let (left, shortfall) = (
            math::unsigned(left.or_zero().0)?,
            math::unsigned(shortfall.0)?,
        );
        if left == 0 {
            self.begin_anew();
            return Ok(());
        }
        self.rate = math::mul_div_up(self.rate, left, shortfall)?.min(self.rate);
        if self.rate < LEAST_RATE {
            self.begin_anew();
        }
        Ok(())
    }

    /// Nothing is on record any more.
    #[inline]
    pub fn begin_anew(&mut self) {
        if self.unpaid != 0 || self.rate != Records::RATE_ONE {
            self.unpaid = 0;
            self.rate = Records::RATE_ONE;
            self.generation = self.generation.wrapping_add(1);
        }
    }

    /// Whether an instrument has debts, known or on record.
    #[must_use]
    pub const fn has(&self, id: InstrumentId) -> bool {
        (self.known | self.unpaid) >> id & 1 == 1
    }

    /// Notes whether an instrument has known debts.
    pub fn note(&mut self, id: InstrumentId, known: bool) {
        let bit = 1 << id;
        self.known = if known {
            self.known | bit
        } else {
            self.known & !bit
        };
    }
}

/// An amount that insurance owes in whole units of the token: rounded up, or down where that is more than it can pay.
///
/// # Errors
/// [`Overflow`](crate::Error::Overflow) if an amount is negative, or the result does not fit.
#[inline]
pub fn whole_units(amount: Usd, unit: Usd, most: Usd) -> Result<Usd> {
    let unit = math::unsigned(unit.0)?.max(1);
    let (amount, most) = (math::unsigned(amount.0)?, math::unsigned(most.or_zero().0)?);
    let units = amount.div_ceil(unit).min(most / unit);
    math::mul_div_down(units, unit, 1)
        .and_then(math::signed)
        .map(Usd)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::WAD;

    fn usd(dollars: i128) -> Usd {
        Usd(dollars * WAD as i128)
    }

    #[test]
    fn haircuts_cut_every_record_alike() {
        let (mut records, mut debts) = (Records::default(), [Debts::default(); 2]);
        for (id, unpaid) in [(0, 300), (1, 100)] {
            records
                .record(id, &mut debts[usize::from(id)], usd(unpaid))
                .unwrap();
        }
        assert_eq!(records.unpaid, 3);
        records.cut(usd(100), usd(400)).unwrap();
        assert_eq!(
            debts.map(|debts| records.unpaid_of(&debts).unwrap()),
            [usd(75), usd(25)]
        );
        // What comes later was not cut.
        records.record(1, &mut debts[1], usd(10)).unwrap();
        assert_eq!(records.unpaid_of(&debts[1]), Ok(usd(35)));
        records.recover(1, &mut debts[1], usd(5)).unwrap();
        assert_eq!(records.unpaid_of(&debts[1]), Ok(usd(30)));
        records.recover(1, &mut debts[1], usd(30)).unwrap();
        assert_eq!(
            (records.unpaid_of(&debts[1]), records.unpaid),
            (Ok(Usd::ZERO), 1)
        );
        records.cut(usd(0), usd(75)).unwrap();
        assert_eq!(
            (
                records.unpaid_of(&debts[0]),
                records.unpaid,
                records.generation
            ),
            (Ok(Usd::ZERO), 0, 1)
        );
        records.record(0, &mut debts[0], usd(7)).unwrap();
        assert_eq!(records.unpaid_of(&debts[0]), Ok(usd(7)));
    }

    #[test]
    fn below_a_billionth_older_records_are_left_to_haircuts() {
        let (mut records, mut debts) = (Records::default(), Debts::default());
        records
            .record(5, &mut debts, usd(1_000_000_000_000))
            .unwrap();
        records.cut(usd(1_000), usd(1_000_000_000_000)).unwrap();
        assert_eq!(records.unpaid_of(&debts), Ok(usd(1_000)));
        assert_eq!(records.generation, 0);
        records
            .record(5, &mut debts, usd(1_000_000_000_000))
            .unwrap();
        assert_eq!(records.unpaid_of(&debts), Ok(usd(1_000_000_001_000)));
        records.cut(usd(999), usd(1_000)).unwrap();
        assert_eq!((records.generation, records.unpaid), (1, 0));
        assert_eq!(records.unpaid_of(&debts), Ok(Usd::ZERO));
    }

    #[test]
    fn a_base_beyond_112_bits_is_the_largest_of_them() {
        let (mut records, mut debts) = (Records::default(), Debts::default());
        records.record(5, &mut debts, usd(1)).unwrap();
        records.cut(usd(1), usd(100_000_000)).unwrap();
        records.record(5, &mut debts, Usd(i128::MAX)).unwrap();
        assert_eq!(debts.base, (1 << 112) - 1);
    }

    #[test]
    fn records_begin_anew_once_they_have_changed() {
        let (mut records, mut debts) = (Records::default(), Debts::default());
        records.begin_anew();
        assert_eq!(records, Records::default());
        records.record(5, &mut debts, usd(4)).unwrap();
        records.cut(usd(2), usd(4)).unwrap();
        records.recover(5, &mut debts, usd(2)).unwrap();
        assert_eq!((records.unpaid, records.generation), (0, 0));
        // Nothing is on record, but what comes next was not cut.
        records.begin_anew();
        let anew = Records {
            generation: 1,
            ..Records::default()
        };
        assert_eq!(records, anew);
    }

    #[test]
    fn an_instrument_has_debts_that_are_known_or_on_record() {
        let has = |known, unpaid| {
            let records = Records {
                known,
                unpaid,
                ..Records::default()
            };
            [0, 5, 63].map(|id| records.has(id))
        };
        assert_eq!(has(0, 0), [false; 3]);
        assert_eq!(has(1 << 5, 0), [false, true, false]);
        assert_eq!(has(1 << 63, 1), [true, false, true]);
        assert_eq!(has(1 << 5, 1 << 5), [false, true, false]);
    }

    #[test]
    fn what_insurance_owes_is_rounded_up_to_units_it_has() {
        let whole = |amount, most| whole_units(Usd(amount), Usd(10), Usd(most)).unwrap().0;
        assert_eq!(
            [whole(0, 50), whole(1, 50), whole(40, 50), whole(41, 50)],
            [0, 10, 40, 50]
        );
        assert_eq!([whole(41, 49), whole(41, 9), whole(41, -5)], [40, 0, 0]);
        assert!(whole_units(Usd(-1), Usd(1), Usd(5)).is_err());
    }

    proptest! {
        /// The sum of the records is never below what is missing of them, and above it by less than 1e-8 a step.
        #[test]
        fn records_add_up_to_what_nobody_paid(steps in prop::collection::vec((0u8..3, 0u8..4, 1i128..1 << 80), 1..40)) {
            let (mut records, mut debts, mut shortfall) = (Records::default(), [Debts::default(); 4], 0_i128);
            for (number, (kind, id, amount)) in (1..).zip(steps) {
                let of = &mut debts[usize::from(id)];
                match kind {
                    0 => {
                        records.record(id, of, Usd(amount)).unwrap();
                        shortfall += amount;
                    }
                    1 => {
                        let paid = amount.min(records.unpaid_of(of).unwrap().0).min(shortfall);
                        records.recover(id, of, Usd(paid)).unwrap();
                        shortfall -= paid;
                    }
                    _ => {
                        let left = (shortfall - amount % (shortfall + 1)).max(shortfall / 10);
                        let generation = records.generation;
                        if shortfall > 0 {
                            records.cut(Usd(left), Usd(shortfall)).unwrap();
                        }
                        shortfall = if records.generation == generation { left } else { 0 };
                    }
                }
                let sum: i128 = debts.iter().map(|debts| records.unpaid_of(debts).unwrap().0).sum();
                prop_assert!(sum >= shortfall, "{sum} of {shortfall}");
                prop_assert!(sum <= shortfall + number * 20_000_000_000, "{sum} of {shortfall}");
            }
        }
    }
}
