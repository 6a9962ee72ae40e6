//! What an option is, by what rules options are listed, traded and margined, and what all of an underlying add up to.
//!
//! Options share rates, limits, flow and the guard's asset with the perpetual on their underlying. An option has slots of its own
//! for its mark, its sides, what it was last counted for and, in the place of an asset, its terms.

use risk::options::black::Kind;
use risk::rules::listing::Exposure;
use risk::{InstrumentId, OptionRates, Price};

use crate::parameters::{RATE_UNIT, ratio};
use crate::word::Word;

/// The first place of an option in the listing: which instruments are options is known without a slot.
pub const FIRST_OPTION: InstrumentId = 64;
/// Places for options.
pub const PLACES: u32 = 256 - FIRST_OPTION as u32;
/// The first number that the interface gives an option; perpetuals have those below.
pub const FIRST_NUMBER: u32 = 1 << 31;
/// Seconds of an hour.
const HOUR: u64 = 3_600;

/// Bit of a call.
const CALL: u128 = 1 << 8;
/// Bit of a series of which it is booked that it has settled before it expired.
const SETTLED: u128 = 1 << 9;

/// Whether the instrument at a place of the listing is an option.
#[must_use]
pub const fn is_option(id: InstrumentId) -> bool {
    id >= FIRST_OPTION
}

/// The terms of an option, of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// In ticks of its underlying.
    pub strike: u64,
    /// Unix time.
    pub expiry: u32,
    /// What the interface calls the option.
    pub number: u32,
    /// The perpetual on its underlying.
    pub underlying: InstrumentId,
    pub kind: Kind,
    /// Unix time at which the series settles before it expires; zero if it does not.
    pub closes: u32,
    /// Whether it is booked that it has settled before it expired.
    pub is_settled: bool,
}

impl Series {
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "narrow fields are cut out of 128 bits"
    )]
    pub const fn of_word(word: Word) -> Self {
        let Word { high, low } = word;
        Self {
            strike: low as u64,
            expiry: (low >> 64) as u32,
            number: (low >> 96) as u32,
            underlying: high as u8,
            kind: if high & CALL == 0 {
                Kind::Put
            } else {
                Kind::Call
            },
            closes: (high >> 64) as u32,
            is_settled: high & SETTLED != 0,
        }
    }

    #[must_use]
    pub fn word(&self) -> Word {
        let call = if self.kind == Kind::Call { CALL } else { 0 };
        let settled = if self.is_settled { SETTLED } else { 0 };
        Word::new(
            u128::from(self.underlying) | call | settled | u128::from(self.closes) << 64,
            u128::from(self.strike) | u128::from(self.expiry) << 64 | u128::from(self.number) << 96,
        )
    }

    /// The strike as a price. It fits: see [`risk::rules::listing::strike_in_ticks`].
    #[must_use]
    pub fn strike_price(&self, rules: &OptionRules) -> Price {
        Price(u128::from(self.strike) * rules.tick().0)
    }
}

/// By what rules options on an underlying are margined and listed, of one slot. Rates are in units of 1e-9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionRules {
    /// What strikes are counted in, in units of 1e-9; zero where there are no options.
    pub tick: u64,
    /// Range of a 30-day volatility.
    pub vol_range: u32,
    /// Margin of every short option, a share of spot.
    pub short_rate: u32,
    /// Shares of the underlying's notional.
    pub maker_fee: u32,
    pub taker_fee: u32,
    /// Ticks between strikes.
    pub strike_step: u32,
    /// Hours that a series may live.
    pub longest_hours: u16,
    /// How many series there may be.
    pub max_series: u8,
}

impl OptionRules {
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "narrow fields are cut out of 128 bits"
    )]
    pub const fn of_word(word: Word) -> Self {
        let [
            _,
            _,
            vol_range,
            short_rate,
            maker_fee,
            taker_fee,
            strike_step,
            limits,
        ] = word.lanes();
        Self {
            tick: word.low as u64,
            vol_range,
            short_rate,
            maker_fee,
            taker_fee,
            strike_step,
            longest_hours: limits as u16,
            max_series: (limits >> 16) as u8,
        }
    }

    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the two halves of a tick")]
    pub fn word(&self) -> Word {
        Word::of_lanes([
            self.tick as u32,
            (self.tick >> 32) as u32,
            self.vol_range,
            self.short_rate,
            self.maker_fee,
            self.taker_fee,
            self.strike_step,
            u32::from(self.max_series) << 16 | u32::from(self.longest_hours),
        ])
    }

    /// What strikes are counted in.
    #[must_use]
    pub const fn tick(&self) -> Price {
        Price(self.tick as u128 * RATE_UNIT as u128)
    }

    /// What options are margined by.
    #[must_use]
    pub const fn rates(&self) -> OptionRates {
        OptionRates {
            tick: self.tick(),
            volatility_range: ratio(self.vol_range),
            short_option_rate: ratio(self.short_rate),
        }
    }

    /// Seconds that a series may live.
    #[must_use]
    pub fn longest(&self) -> u64 {
        u64::from(self.longest_hours) * HOUR
    }
}

/// What all series of an underlying may add up to, and how far from the mark a strike may be, of one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionLimits {
    /// In millionths, as [`Exposure`] counts them.
    pub vega: u64,
    pub gamma: u64,
    /// In units of 1e-9: see [`risk::rules::listing::is_near`].
    pub strike_range: u32,
}

impl OptionLimits {
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "narrow fields are cut out of 128 bits"
    )]
    pub const fn of_word(word: Word) -> Self {
        let Word { high, low } = word;
        Self {
            vega: low as u64,
            gamma: (low >> 64) as u64,
            strike_range: high as u32,
        }
    }

    #[must_use]
    pub fn word(&self) -> Word {
        Word::new(
            self.strike_range.into(),
            u128::from(self.gamma) << 64 | u128::from(self.vega),
        )
    }
}

/// What one series was last counted for, and when it was last traded; or the sum of all series of an underlying, and their number;
/// of one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub exposure: Exposure,
    /// Number of series.
    pub series: u8,
    /// Unix time at which the series was last traded, or listed.
    pub traded: u32,
}

impl Counted {
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "narrow fields are cut out of 128 bits"
    )]
    pub const fn of_word(word: Word) -> Self {
        let Word { high, low } = word;
        Self {
            exposure: Exposure {
                open_interest: low as u64,
                vega: (low >> 64) as u64,
                gamma: high as u64,
            },
            series: (high >> 64) as u8,
            traded: (high >> 96) as u32,
        }
    }

    #[must_use]
    pub fn word(&self) -> Word {
        let Exposure {
            open_interest,
            vega,
            gamma,
        } = self.exposure;
        Word::new(
            u128::from(self.traded) << 96 | u128::from(self.series) << 64 | u128::from(gamma),
            u128::from(vega) << 64 | u128::from(open_interest),
        )
    }
}

/// Which places of options are taken, how many are kept for the underlyings, and how many series there have ever been; of one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// A bit for each of the first 128 places, and for each of the other 64.
    low: u128,
    high: u64,
    /// Number of series ever listed.
    pub listed: u32,
    /// Places that underlyings may count on: of each as many as its rules allow, or as it has series if that is more. At most
    /// [`PLACES`], so that no underlying's series take another's places.
    pub reserved: u8,
}

impl Places {
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "narrow fields are cut out of 128 bits"
    )]
    pub const fn of_word(word: Word) -> Self {
        Self {
            low: word.low,
            high: word.high as u64,
            listed: (word.high >> 64) as u32,
            reserved: (word.high >> 96) as u8,
        }
    }

    #[must_use]
    pub fn word(&self) -> Word {
        Word::new(
            u128::from(self.reserved) << 96 | u128::from(self.listed) << 64 | u128::from(self.high),
            self.low,
        )
    }

    /// Whether an option is at this place.
    #[must_use]
    pub const fn is_taken(&self, id: InstrumentId) -> bool {
        let place = (id - FIRST_OPTION) as u32;
        if place < 128 {
            self.low >> place & 1 == 1
        } else {
            self.high >> (place - 128) & 1 == 1
        }
    }

    /// Keeps `new` places for an underlying in the stead of `old`. Returns whether there are as many.
    #[must_use]
    pub fn reserve(&mut self, old: u8, new: u8) -> bool {
        let others = self.reserved.saturating_sub(old);
        let Some(reserved) = others.checked_add(new) else {
            return false;
        };
        self.reserved = reserved;
        u32::from(reserved) <= PLACES
    }

    /// Takes the first place that is free, if there is one, and returns it.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "there are 192 places")]
    pub fn take(&mut self) -> Option<InstrumentId> {
        let place = match (self.low.trailing_ones(), self.high.trailing_ones()) {
            (low @ 0..128, _) => low,
            (_, high @ 0..64) => 128 + high,
            _ => return None,
        };
        let id = FIRST_OPTION + place as u8;
        self.set(id, true);
        Some(id)
    }

    /// Takes a place, or frees it.
    pub const fn set(&mut self, id: InstrumentId, taken: bool) {
        let place = (id - FIRST_OPTION) as u32;
        if place < 128 {
            self.low = self.low & !(1 << place) | (taken as u128) << place;
        } else {
            let place = place - 128;
            self.high = self.high & !(1 << place) | (taken as u64) << place;
        }
    }

    /// Every place that is taken.
    pub fn taken(self) -> impl Iterator<Item = InstrumentId> {
        (FIRST_OPTION..=InstrumentId::MAX).filter(move |&id| self.is_taken(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_come_back_at_their_limits() {
        for kind in [Kind::Call, Kind::Put] {
            let series = Series {
                strike: u64::MAX,
                expiry: u32::MAX - 1,
                number: u32::MAX - 2,
                underlying: FIRST_OPTION - 1,
                kind,
                closes: u32::MAX - 3,
                is_settled: kind == Kind::Call,
            };
            assert_eq!(Series::of_word(series.word()), series);
        }
    }

    fn rules() -> OptionRules {
        OptionRules {
            tick: u64::MAX - 1,
            vol_range: u32::MAX,
            short_rate: u32::MAX - 1,
            maker_fee: u32::MAX - 2,
            taker_fee: u32::MAX - 3,
            strike_step: u32::MAX - 4,
            longest_hours: u16::MAX,
            max_series: u8::MAX - 1,
        }
    }

    #[test]
    fn rules_and_limits_come_back_at_their_limits() {
        assert_eq!(OptionRules::of_word(rules().word()), rules());
        let limits = OptionLimits {
            vega: u64::MAX,
            gamma: u64::MAX - 1,
            strike_range: u32::MAX,
        };
        assert_eq!(OptionLimits::of_word(limits.word()), limits);
    }

    #[test]
    fn a_strike_is_a_number_of_ticks() {
        let rules = OptionRules {
            tick: 500_000_000,
            ..rules()
        };
        let series = Series {
            strike: 4_000,
            expiry: 0,
            number: 0,
            underlying: 0,
            kind: Kind::Call,
            closes: 0,
            is_settled: false,
        };
        assert_eq!(series.strike_price(&rules), Price(2_000 * risk::WAD));
        assert_eq!(rules.longest(), 65_535 * HOUR);
    }

    #[test]
    fn what_was_counted_comes_back() {
        let counted = Counted {
            exposure: Exposure {
                open_interest: u64::MAX,
                vega: u64::MAX - 1,
                gamma: u64::MAX - 2,
            },
            series: u8::MAX,
            traded: u32::MAX - 1,
        };
        assert_eq!(Counted::of_word(counted.word()), counted);
        assert_eq!(Counted::of_word(Word::ZERO), Counted::default());
    }

    #[test]
    fn underlyings_reserve_no_more_places_than_there_are() {
        let mut places = Places::default();
        assert!(places.reserve(0, 100) && places.reserve(0, 92));
        assert!(!Places { ..places }.reserve(0, 1));
        assert!(!Places { ..places }.reserve(0, u8::MAX));
        assert!(places.reserve(100, 40) && places.reserve(0, 60));
        assert_eq!(u32::from(places.reserved), PLACES);
    }

    #[test]
    fn every_place_is_taken_once_and_can_be_taken_again() {
        let mut places = Places::default();
        for id in FIRST_OPTION..=InstrumentId::MAX {
            assert!(!places.is_taken(id));
            assert_eq!(places.take(), Some(id));
        }
        assert_eq!(places.take(), None);
        assert_eq!(places.taken().count(), PLACES as usize);
        places.listed = u32::MAX;
        places.reserved = u8::MAX;
        assert_eq!(Places::of_word(places.word()), places);
        for id in [FIRST_OPTION, 191, 192, InstrumentId::MAX] {
            places.set(id, false);
            assert_eq!(places.taken().count(), PLACES as usize - 1);
            assert_eq!(places.take(), Some(id));
        }
        assert_eq!(places.listed, u32::MAX);
    }
}
