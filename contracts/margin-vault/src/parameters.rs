//! Parameters as they are stored: rates in 32 bits, in units of 1e-9.

use risk::{OutflowRates, Ratio, Terms, Usd, math};

use crate::error::{Error, OrRevert, require};
use crate::word::Word;

/// WAD value of one unit of a stored rate.
pub const RATE_UNIT: u64 = 1_000_000_000;

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

/// Parameters of the vault that are rates or times, of one slot. Rates are in units of 1e-9.
#[derive(Clone, Copy)]
pub struct Rates {
    pub penalty_start: u32,
    /// Seconds.
    pub penalty_ramp: u32,
    pub reward_share: u32,
    pub daily_outflow: u32,
    pub hourly_outflow: u32,
    pub insurance_fee_share: u32,
}

impl Rates {
    #[must_use]
    pub const fn of_word(word: Word) -> Self {
        let [
            penalty_start,
            penalty_ramp,
            reward_share,
            daily_outflow,
            hourly_outflow,
            insurance_fee_share,
            ..,
        ] = word.lanes();
        Self {
            penalty_start,
            penalty_ramp,
            reward_share,
            daily_outflow,
            hourly_outflow,
            insurance_fee_share,
        }
    }

    #[must_use]
    pub const fn word(&self) -> Word {
        Word::of_lanes([
            self.penalty_start,
            self.penalty_ramp,
            self.reward_share,
            self.daily_outflow,
            self.hourly_outflow,
            self.insurance_fee_share,
            0,
            0,
        ])
    }

    /// How fast tokens may leave.
    #[must_use]
    pub const fn outflow(&self) -> OutflowRates {
        OutflowRates {
            daily: ratio(self.daily_outflow),
            hourly: ratio(self.hourly_outflow),
        }
    }

    /// Terms of liquidations.
    #[must_use]
    pub const fn terms(&self) -> Terms {
        Terms {
            penalty_start: ratio(self.penalty_start),
            penalty_ramp: self.penalty_ramp,
        }
    }
}

/// Parameters of the vault that are amounts, of one slot.
#[derive(Clone, Copy)]
pub struct Amounts {
    /// Largest reward for closing one account in debt.
    pub max_reward: Usd,
    /// Notional below which a liquidation takes everything.
    pub dust: Usd,
}

impl Amounts {
    pub fn of_word(word: Word) -> Self {
        Self {
            max_reward: Usd(math::signed(word.high).or_revert()),
            dust: Usd(math::signed(word.low).or_revert()),
        }
    }
}

/// Parameters of an instrument that are rates, of one slot, in units of 1e-9; and what the interface calls the instrument.
#[derive(Clone, Copy)]
pub struct InstrumentRates {
    pub maintenance: u32,
    pub initial: u32,
    pub price_band: u32,
    pub maker_fee: u32,
    pub taker_fee: u32,
    pub shock: u32,
    pub number: u32,
}

impl InstrumentRates {
    #[must_use]
    pub const fn of_word(word: Word) -> Self {
        let [
            maintenance,
            initial,
            price_band,
            maker_fee,
            taker_fee,
            shock,
            number,
            _,
        ] = word.lanes();
        Self {
            maintenance,
            initial,
            price_band,
            maker_fee,
            taker_fee,
            shock,
            number,
        }
    }

    #[must_use]
    pub const fn word(&self) -> Word {
        Word::of_lanes([
            self.maintenance,
            self.initial,
            self.price_band,
            self.maker_fee,
            self.taker_fee,
            self.shock,
            self.number,
            0,
        ])
    }
}
