//! What all assets share, in one slot.

use oracle::{Parameters, Sequencer, Windows};
use program_support::Word;
use program_support::storage::{load, store};

use super::Field;
use super::bits::{day_of, end_of, field, in_field};

/// What all assets share: the parameters, and the sequencer's status as the last poke saw it.
#[derive(Clone, Copy)]
pub struct Shared {
    /// The parameters.
    pub parameters: Parameters,
    /// The window of settlements, in force and before its last change.
    pub windows: Windows,
    /// The sequencer's status.
    pub sequencer: Sequencer,
}

/// The units in which parameters are stored, so that all that is shared fits one word.
mod unit {
    use oracle::WAD;

    pub const RATE: u64 = WAD / 1_000_000_000;
    pub const WEIGHT: u64 = WAD / 100;
    pub const RISE: u64 = WAD / 10_000;
    pub const MULTIPLIER: u64 = WAD / 10;
    pub const MINUTE: u32 = 60;
    pub const HOUR: u32 = 3_600;
}

impl Shared {
    /// Whether the parameters are multiples of the units in which they are stored.
    pub fn can_store(p: &Parameters) -> bool {
        p.caution_move.is_multiple_of(unit::RATE)
            && p.restricted_move.is_multiple_of(unit::RATE)
            && p.stressed_weight.is_multiple_of(unit::WEIGHT)
            && p.hourly_rise.is_multiple_of(unit::RISE)
            && p.range_multiplier.is_multiple_of(unit::MULTIPLIER)
            && p.slow_period.is_multiple_of(unit::HOUR)
            && p.fast_period.is_multiple_of(unit::MINUTE)
            && p.horizon.is_multiple_of(unit::HOUR)
            && p.settlement_window.is_multiple_of(unit::MINUTE)
    }

    /// As stored.
    pub fn load() -> Self {
        let Word { high, low } = load(&Field::Shared.slot());
        let settlement_window = field(low, 82, 8) as u32 * unit::MINUTE;
        Self {
            windows: Windows {
                length: settlement_window,
                earlier: field(high, 64, 8) as u32 * unit::MINUTE,
                until: end_of(field(high, 72, 16)),
            },
            parameters: Parameters {
                caution_move: field(high, 0, 32) * unit::RATE,
                restricted_move: field(high, 32, 32) * unit::RATE,
                stressed_weight: field(high, 88, 8) * unit::WEIGHT,
                hourly_rise: field(high, 96, 16) * unit::RISE,
                range_multiplier: field(high, 112, 8) * unit::MULTIPLIER,
                mean_window: field(low, 0, 12) as u32,
                slow_period: field(low, 12, 12) as u32 * unit::HOUR,
                fast_period: field(low, 24, 14) as u32 * unit::MINUTE,
                horizon: field(low, 38, 9) as u32 * unit::HOUR,
                calm_period: field(low, 47, 17) as u32,
                grace_period: field(low, 64, 17) as u32,
                settlement_window,
            },
            sequencer: Sequencer {
                down: field(low, 81, 1) != 0,
                since: field(low, 96, 32),
            },
        }
    }

    /// Stores all of it.
    pub fn store(&self) {
        let (p, sequencer, windows) = (&self.parameters, &self.sequencer, &self.windows);
        let high = in_field(p.caution_move / unit::RATE, 0, 32)
            | in_field(p.restricted_move / unit::RATE, 32, 32)
            | in_field(windows.earlier / unit::MINUTE, 64, 8)
            | in_field(day_of(windows.until), 72, 16)
            | in_field(p.stressed_weight / unit::WEIGHT, 88, 8)
            | in_field(p.hourly_rise / unit::RISE, 96, 16)
            | in_field(p.range_multiplier / unit::MULTIPLIER, 112, 8);
        let low = in_field(p.mean_window, 0, 12)
            | in_field(p.slow_period / unit::HOUR, 12, 12)
            | in_field(p.fast_period / unit::MINUTE, 24, 14)
            | in_field(p.horizon / unit::HOUR, 38, 9)
            | in_field(p.calm_period, 47, 17)
            | in_field(p.grace_period, 64, 17)
            | in_field(sequencer.down, 81, 1)
            | in_field(windows.length / unit::MINUTE, 82, 8)
            | in_field(sequencer.since, 96, 32);
        store(&Field::Shared.slot(), Word::new(high, low));
    }
}
