//! Parameters as they are stored: rates in 32 bits, in units of 1e-9.

use alloy_primitives::Address;
use risk::rules::listing::CONCENTRATION_STEPS;
use risk::{OutflowRates, Penalty, Ratio, Usd, WAD, math};

use crate::error::{Error, OrRevert, require};
use crate::word::Word;

/// Decimals of the ABI's amounts, and the most that a quote token may have.
pub const MAX_DECIMALS: u8 = 18;
/// WAD value of one unit of a stored rate.
pub const RATE_UNIT: u64 = 1_000_000_000;

/// WAD value of one unit of the stored listing fee.
pub const FEE_UNIT: u128 = 1_000_000_000_000;

/// A WAD ratio as it is stored; reverts with `InvalidParameters` unless it is a multiple of 1e-9 and fits.
pub fn stored_rate(wad: u64) -> u32 {
    require(wad.is_multiple_of(RATE_UNIT), Error::InvalidParameters);
    (
        u32::try_from(wad / RATE_UNIT).ok(),
        Error::InvalidParameters,
    )
        .or_revert()
}

/// The ratio that a stored rate stands for.
#[must_use]
pub const fn ratio(rate: u32) -> Ratio {
    Ratio(rate as u128 * RATE_UNIT as u128)
}

/// The quote token, and how fast it may leave, of one slot: whatever moves tokens reads all of it.
#[derive(Clone, Copy)]
pub struct QuoteToken {
    pub address: Address,
    pub decimals: u8,
    /// Shares of the vault's tokens that may leave, in units of 1e-9.
    pub daily_outflow: u32,
    pub hourly_outflow: u32,
}

impl QuoteToken {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "narrow fields are cut out of 128 bits"
    )]
    pub fn of_word(word: Word) -> Self {
        Self {
            address: word.low_address(),
            decimals: (word.high >> 32) as u8,
            daily_outflow: (word.high >> 64) as u32,
            hourly_outflow: (word.high >> 96) as u32,
        }
    }

    #[must_use]
    pub fn word(&self) -> Word {
        let Word { high, low } = Word::of_address(self.address);
        let beside = u128::from(self.decimals) << 32
            | u128::from(self.daily_outflow) << 64
            | u128::from(self.hourly_outflow) << 96;
        Word::new(beside | high, low)
    }

    /// WAD value of one smallest unit.
    #[must_use]
    pub fn unit(&self) -> u128 {
        10_u64
            .pow(MAX_DECIMALS.saturating_sub(self.decimals).into())
            .into()
    }

    /// How fast tokens may leave.
    #[must_use]
    pub const fn outflow(&self) -> OutflowRates {
        OutflowRates {
            daily: ratio(self.daily_outflow),
            hourly: ratio(self.hourly_outflow),
        }
    }
}

/// Parameters of the vault that are rates or times, of one slot, and what listing costs. Rates are in units of 1e-9.
#[derive(Clone, Copy)]
pub struct Rates {
    pub penalty_start: u32,
    /// Seconds.
    pub penalty_ramp: u32,
    pub reward_share: u32,
    pub insurance_fee_share: u32,
    /// What listing a series costs, in units of [`FEE_UNIT`].
    pub listing_fee: u32,
}

impl Rates {
    #[must_use]
    pub const fn of_word(word: Word) -> Self {
        let [
            penalty_start,
            penalty_ramp,
            reward_share,
            insurance_fee_share,
            listing_fee,
            ..,
        ] = word.lanes();
        Self {
            penalty_start,
            penalty_ramp,
            reward_share,
            insurance_fee_share,
            listing_fee,
        }
    }

    #[must_use]
    pub const fn word(&self) -> Word {
        Word::of_lanes([
            self.penalty_start,
            self.penalty_ramp,
            self.reward_share,
            self.insurance_fee_share,
            self.listing_fee,
            0,
            0,
            0,
        ])
    }

    /// What listing a series costs.
    #[must_use]
    pub const fn listing_fee(&self) -> Usd {
        Usd((self.listing_fee as u128 * FEE_UNIT).cast_signed())
    }

    /// What liquidations cost.
    #[must_use]
    pub const fn penalty(&self) -> Penalty {
        Penalty {
            start: ratio(self.penalty_start),
            ramp: self.penalty_ramp,
        }
    }
}

/// Parameters of the vault that are amounts, of one slot.
#[derive(Clone, Copy)]
pub struct Amounts {
    /// Largest reward for closing one account in debt.
    pub max_reward: Usd,
    /// Notional below which a liquidation takes everything.
    pub dust_notional: Usd,
}

impl Amounts {
    pub fn of_word(word: Word) -> Self {
        Self {
            max_reward: Usd(math::signed(word.high).or_revert()),
            dust_notional: Usd(math::signed(word.low).or_revert()),
        }
    }
}

/// Parameters of an instrument that are rates, of one slot, in units of 1e-9; and what the interface calls the instrument.
#[derive(Clone, Copy)]
pub struct InstrumentRates {
    pub maintenance: u32,
    pub initial: u32,
    pub price_band: u32,
    /// Where an option's terms have theirs: see [`number_of`](crate::storage::Storage::number_of).
    pub number: u32,
    pub maker_fee: u32,
    pub taker_fee: u32,
    pub shock: u32,
    /// See [`InstrumentRates::concentration`] and [`InstrumentRates::has_options`].
    pub beside: u32,
}

/// Bit of an instrument on whose underlying there are rules for options; below it is the step of concentration.
const HAS_OPTIONS: u32 = 1 << 8;

impl InstrumentRates {
    #[must_use]
    pub const fn of_word(word: Word) -> Self {
        let [
            maintenance,
            initial,
            price_band,
            number,
            maker_fee,
            taker_fee,
            shock,
            beside,
        ] = word.lanes();
        Self {
            maintenance,
            initial,
            price_band,
            maker_fee,
            taker_fee,
            shock,
            number,
            beside,
        }
    }

    #[must_use]
    pub const fn word(&self) -> Word {
        Word::of_lanes([
            self.maintenance,
            self.initial,
            self.price_band,
            self.number,
            self.maker_fee,
            self.taker_fee,
            self.shock,
            self.beside,
        ])
    }

    /// By what initial margin grows with the open interest in the whole underlying: 1 to 2 in steps of 1/16.
    #[must_use]
    pub const fn concentration(&self) -> Ratio {
        Ratio(WAD + WAD / CONCENTRATION_STEPS as u128 * self.step() as u128)
    }

    /// The step of the concentration.
    #[must_use]
    pub const fn step(&self) -> u32 {
        self.beside & (HAS_OPTIONS - 1)
    }

    /// Whether there are rules for options on the underlying.
    #[must_use]
    pub const fn has_options(&self) -> bool {
        self.beside & HAS_OPTIONS != 0
    }

    /// With a step of the concentration, and options or none.
    #[must_use]
    pub const fn beside(step: u32, has_options: bool) -> u32 {
        if has_options {
            step | HAS_OPTIONS
        } else {
            step
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_keeps_its_rates_apart_from_its_address() {
        let stored = QuoteToken {
            address: Address::repeat_byte(0xff),
            decimals: 18,
            daily_outflow: u32::MAX,
            hourly_outflow: 1,
        };
        let token = QuoteToken::of_word(stored.word());
        assert_eq!(token.address, stored.address);
        assert_eq!(stored.word().low_address(), stored.address);
        assert_eq!((token.decimals, token.unit()), (18, 1));
        assert_eq!((token.daily_outflow, token.hourly_outflow), (u32::MAX, 1));
    }

    #[test]
    fn a_unit_is_worth_more_the_fewer_decimals_there_are() {
        for (decimals, unit) in [(0, 10_u128.pow(18)), (6, 10_u128.pow(12)), (18, 1)] {
            let token = QuoteToken {
                address: Address::ZERO,
                decimals,
                daily_outflow: 0,
                hourly_outflow: 0,
            };
            assert_eq!(token.unit(), unit);
        }
    }

    #[test]
    fn rates_are_multiples_of_a_billionth() {
        assert_eq!(stored_rate(150_000_000_000_000_000), 150_000_000);
        assert_eq!(ratio(150_000_000), Ratio(150_000_000_000_000_000));
    }

    #[test]
    #[should_panic(expected = "reverted")]
    fn a_rate_between_two_billionths_is_refused() {
        stored_rate(150_000_000_000_000_001);
    }

    #[test]
    fn an_instruments_rates_come_back_in_their_order() {
        let stored = InstrumentRates {
            maintenance: 1,
            initial: 2,
            price_band: 3,
            maker_fee: 4,
            taker_fee: 5,
            shock: 6,
            number: u32::MAX,
            beside: InstrumentRates::beside(4, true),
        };
        let word = stored.word();
        assert_eq!(word.lanes(), [1, 2, 3, u32::MAX, 4, 5, 6, 260]);
        assert_eq!(InstrumentRates::of_word(word).word(), word);
        assert_eq!(stored.concentration(), Ratio(WAD / 4 * 5));
        assert!(stored.has_options());
        let none = InstrumentRates {
            beside: InstrumentRates::beside(16, false),
            ..stored
        };
        assert_eq!(none.concentration(), Ratio(2 * WAD));
        assert!(!none.has_options());
    }
}
