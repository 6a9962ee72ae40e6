//! Volatility surfaces, one for each expiry of an asset, and what they are held to.

use oracle::compact::{compact, expand};
use oracle::{Mark, Quoted, Spell, Surface, SurfaceLimits};
use program_support::Word;
use program_support::storage::{Slot, load, store};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::CryptographyAccess;

use super::bits::{field, in_field};
use super::{Field, Record};

/// Mantissa of the mark at which a surface was distrusted: seven digits.
const DISTRUSTED: u32 = 25;

/// What surfaces are held to from their next update on.
pub fn surface_limits() -> SurfaceLimits {
    let low = load(&Field::SurfaceLimits.slot()).low;
    SurfaceLimits {
        min_volatility: field(low, 0, 14) * SurfaceLimits::UNIT,
        max_volatility: field(low, 14, 14) * SurfaceLimits::UNIT,
        max_step: field(low, 28, 8) * SurfaceLimits::UNIT,
        min_interval: field(low, 36, 17) as u32,
        stale_after: field(low, 53, 20) as u32,
    }
}

/// Stores what surfaces are held to.
pub fn set_surface_limits(limits: &SurfaceLimits) {
    let low = in_field(limits.min_volatility / SurfaceLimits::UNIT, 0, 14)
        | in_field(limits.max_volatility / SurfaceLimits::UNIT, 14, 14)
        | in_field(limits.max_step / SurfaceLimits::UNIT, 28, 8)
        | in_field(limits.min_interval, 36, 17)
        | in_field(limits.stale_after, 53, 20);
    store(&Field::SurfaceLimits.slot(), Word::new(0, low));
}

impl Record {
    /// The surface of `expiry`.
    pub fn quoted(&self, expiry: u64) -> Quoted {
        quoted_in(load(&self.surface_slot(expiry)))
    }

    /// The surface of `expiry` that was in force at `time`, an 08:00 UTC until `now`: see [`Quoted::at`].
    pub fn quoted_at(&self, expiry: u64, time: u64, now: u64) -> Quoted {
        let kept = |day| quoted_in(load(&self.kept_slot(expiry, day)));
        self.quoted(expiry).at(time, now, kept)
    }

    /// Stores the surface of `expiry` at `now`. The one before is kept if it was in force at an 08:00.
    pub fn replace_quoted(&self, expiry: u64, before: &Quoted, next: &Quoted, now: u64) {
        if let Some(day) = before.outlived(now) {
            store(&self.kept_slot(expiry, day), word_of_quoted(before));
        }
        self.set_quoted(expiry, next);
    }

    /// Stores the surface of `expiry`.
    pub fn set_quoted(&self, expiry: u64, quoted: &Quoted) {
        store(&self.surface_slot(expiry), word_of_quoted(quoted));
    }

    /// Keeps that the surface of `expiry` is distrusted at an 08:00, `day`.
    pub fn set_distrusted(&self, expiry: u64, day: u64) {
        store(&self.distrust_slot(expiry, day), Word::new(0, 1));
    }

    /// Whether the surface of `expiry` was distrusted at an 08:00, `day`, whatever has become of it since.
    pub fn was_distrusted(&self, expiry: u64, day: u64) -> bool {
        load(&self.distrust_slot(expiry, day)).low != 0
    }

    /// The second after an 08:00 is none itself.
    fn distrust_slot(&self, expiry: u64, day: u64) -> Slot {
        self.kept_slot(expiry, day.wrapping_add(1))
    }

    /// Its last byte is that of no other slot of the expiry.
    fn surface_slot(&self, expiry: u64) -> Slot {
        let mut slot = self.expiry_slot(expiry);
        slot[31] ^= 1;
        slot
    }

    /// Where the surface of `expiry` is kept that was in force at an 08:00, `day`, and was replaced before the next.
    fn kept_slot(&self, expiry: u64, day: u64) -> Slot {
        let mut name = [0; 48];
        name[..32].copy_from_slice(&self.slots);
        name[32..40].copy_from_slice(&expiry.to_le_bytes());
        name[40..].copy_from_slice(&day.to_le_bytes());
        WasmVM::default().native_keccak256(&name).0
    }
}

/// The surface in a slot.
fn quoted_in(word: Word) -> Quoted {
    let Word { high, low } = word;
    Quoted {
        surface: Surface {
            atm: field(low, 0, 24) as u32,
            skew: slope(low, 24),
            curvature: slope(low, 48),
        },
        updated_at: field(low, 72, 32),
        min_volatility: field(low, 104, 24) as u32,
        max_volatility: field(high, 0, 24) as u32,
        stale_after: field(high, 24, 20) as u32,
        distrust: Spell {
            used: field(high, 44, 18) as u32,
            until: field(high, 64, 32),
        },
        distrusted_at: Mark(expand(field(high, 96, 32), DISTRUSTED)),
    }
}

/// A surface as stored.
fn word_of_quoted(quoted: &Quoted) -> Word {
    let Surface {
        atm,
        skew,
        curvature,
    } = quoted.surface;
    let slope = |slope: i32| slope.cast_unsigned() & SLOPE;
    let low = in_field(atm, 0, 24)
        | in_field(slope(skew), 24, 24)
        | in_field(slope(curvature), 48, 24)
        | in_field(quoted.updated_at, 72, 32)
        | in_field(quoted.min_volatility, 104, 24);
    let mark = compact(quoted.distrusted_at.0, DISTRUSTED);
    let high = in_field(quoted.max_volatility, 0, 24)
        | in_field(quoted.stale_after, 24, 20)
        | in_field(quoted.distrust.used, 44, 18)
        | in_field(quoted.distrust.until, 64, 32)
        | in_field(mark, 96, 32);
    Word::new(high, low)
}

/// The bits in which a slope of a surface is stored: at most 4,000,000 either way.
const SLOPE: u32 = (1 << 24) - 1;

/// The slope in the bits of `half` above `shift`.
fn slope(half: u128, shift: u32) -> i32 {
    ((half >> shift) as i32) << 8 >> 8
}
