//! Where everything is stored, in as few slots as a poke and a reader can do with.
//!
//! Times are 32 bits, good until 2106; prices below [`MAX_CEILING`](oracle::source::MAX_CEILING) are 96.
//!
//! | What | Where |
//! |---|---|
//! | the guard's own slots, and an asset's | here |
//! | what all assets share | [`Shared`] |
//! | sources | [`Feeds`] |
//! | price, tiers, mean and volatility | [`Entry`] |
//! | days that are counted, pending and settled | [`settlements`] |
//! | volatility surfaces | [`surfaces`] |

mod asset;
mod bits;
mod settlements;
mod shared;
mod sources;
mod surfaces;

pub use asset::Entry;
pub use shared::Shared;
pub use sources::{Feeds, Source};
pub use surfaces::{set_surface_limits, surface_limits};

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolError;
use program_support::Word;
use program_support::steward::Steward;
use program_support::storage::{Slot, load, store};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::CryptographyAccess;

use crate::abi::guard;
use crate::host::revert;

/// The guard's own slots.
#[derive(Clone, Copy)]
pub enum Field {
    Owner,
    PendingOwner,
    Guardian,
    Registrar,
    SequencerFeed,
    /// See [`Shared`].
    Shared,
    /// See [`steward`].
    Steward,
    SurfaceProvider,
    /// See [`surface_limits`].
    SurfaceLimits,
    /// The program that serves what the guard's own does not.
    Settings,
}

impl Field {
    fn slot(self) -> Slot {
        let mut slot = [0; 32];
        slot[31] = self as u8;
        slot
    }

    /// The address in this slot.
    pub fn address(self) -> Address {
        address_in(load(&self.slot()))
    }

    /// Puts an address into this slot.
    pub fn set_address(self, address: Address) {
        store(&self.slot(), word_of(address));
    }
}

/// Where in the upper half of a slot something stands beside an address.
const BESIDE_ADDRESS: u32 = 32;

/// The steward, and what those before it had counted.
pub fn steward() -> Steward {
    let word = load(&Field::Steward.slot());
    Steward {
        address: address_in(word),
        left: bits::field(word.high, BESIDE_ADDRESS, 32) as u32,
    }
}

/// Stores the steward.
pub fn set_steward(steward: &Steward) {
    let Word { high, low } = word_of(steward.address);
    let left = bits::in_field(steward.left, BESIDE_ADDRESS, 32);
    store(&Field::Steward.slot(), Word::new(high | left, low));
}

/// An address in the first 20 bytes of a slot.
fn word_of(address: Address) -> Word {
    let [mut low, mut high] = [[0; 16]; 2];
    low.copy_from_slice(&address[..16]);
    high[..4].copy_from_slice(&address[16..]);
    Word::new(u128::from_le_bytes(high), u128::from_le_bytes(low))
}

fn address_in(word: Word) -> Address {
    let mut address = Address::ZERO;
    address[..16].copy_from_slice(&word.low.to_le_bytes());
    address[16..].copy_from_slice(&word.high.to_le_bytes()[..4]);
    address
}

/// An asset's slots. Whoever observes it needs all but the last three, `Apart` where the sources differ, and `Raised` for a while
/// after a stricter tier; a poke changes `Price` and `Validity`, and `History` now and then.
#[derive(Clone, Copy)]
enum Part {
    /// [`Source`].
    Primary,
    /// [`Source`].
    Secondary,
    /// Mark, time of observation; stable price and its rate, status, tier, reported tier.
    Price,
    /// Expiry of the mark; price of the secondary, as a spread; of the mean its running price and the seconds since its bucket
    /// began, and those since it has been calm; tier, end and seconds used of the trip, seconds from the mark's update to its
    /// expiry, range limits, whether the asset is configured, its sources' prices are apart from the mark, days are pending, and tiers
    /// that are over count.
    Validity,
    /// Of the mean its past prices; slow and fast variance; price and time of the last sample, range.
    History,
    /// Prices of the sources, where the primary's is not the mark or the secondary's is not near it.
    Apart,
    /// Days without a price: the first one's end and window, seconds counted; sum of marks over them.
    Pending,
    /// When its sources were last changed.
    Changed,
    /// When it was last in Restricted, and in Caution.
    Raised,
}

/// A configured asset; reverts with `UnknownAsset`.
pub fn known(asset: &B256) -> (Record, Entry) {
    let record = Record::of(asset);
    match record.entry() {
        Some(entry) => (record, entry),
        None => revert(guard::UnknownAsset::SELECTOR, &[*asset]),
    }
}

/// Where one asset is stored.
pub struct Record {
    slots: Slot,
}

impl Record {
    /// The place of `asset`.
    pub fn of(asset: &B256) -> Self {
        Self {
            slots: WasmVM::default().native_keccak256(asset.as_slice()).0,
        }
    }

    /// The last byte of the hash tells the parts apart.
    fn slot(&self, part: Part) -> Slot {
        let mut slot = self.slots;
        slot[31] = part as u8;
        slot
    }

    fn load(&self, part: Part) -> Word {
        load(&self.slot(part))
    }

    fn store(&self, part: Part, word: Word) {
        store(&self.slot(part), word);
    }

    fn expiry_slot(&self, expiry: u64) -> Slot {
        let mut name = [0; 40];
        name[..32].copy_from_slice(&self.slots);
        name[32..].copy_from_slice(&expiry.to_le_bytes());
        WasmVM::default().native_keccak256(&name).0
    }
}
