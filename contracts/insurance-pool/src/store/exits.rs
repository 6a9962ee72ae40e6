//! What one controller has asked for, and what was set aside for it.

use contract_support::packing::{Pack, Unpack};
use insurance::batch::MAX_BATCHES;
use insurance::{Batch, Claim};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageArray, StorageB256};

use super::{pack_totals, unpack_totals};

/// Slot of the claim (shares 16 bytes, assets 12) and the number of open batches (1); and the batches, two slots each.
#[storage]
pub struct Exits {
    claim: StorageB256,
    batches: StorageArray<Slots, MAX_BATCHES>,
}

/// Slots of one batch: the totals when it was requested with the day on which it matures, and its shares (16 bytes).
#[storage]
pub struct Slots {
    requested_at: StorageB256,
    shares: StorageB256,
}

impl Exits {
    /// What was set aside, and the number of open batches.
    pub fn get(&self) -> (Claim, usize) {
        let mut fields = Unpack::new(self.claim.get());
        let claim = Claim {
            shares: fields.uint(16),
            assets: fields.uint(12),
        };
        (claim, fields.short(1) as usize)
    }

    /// Replaces both.
    pub fn set(&mut self, claim: &Claim, open: usize) {
        let word = Pack::default()
            .uint(claim.shares, 16)
            .uint(claim.assets, 12)
            .short(open as u64, 1);
        self.claim.set(word.word());
    }

    /// The open batches, oldest requests first unless some were fulfilled.
    pub fn batches(&self) -> impl Iterator<Item = Batch> {
        (0..self.get().1).filter_map(|k| self.batch(k))
    }

    /// The batch at a place below [`MAX_BATCHES`].
    pub fn batch(&self, k: usize) -> Option<Batch> {
        let slots = self.batches.get(k)?;
        let (requested_at, matures) = unpack_totals(slots.requested_at.get());
        Some(Batch {
            shares: Unpack::new(slots.shares.get()).uint(16),
            requested_at,
            matures,
        })
    }

    /// Stores a batch at a place below [`MAX_BATCHES`]; `None` clears it.
    pub fn set_batch(&mut self, k: usize, batch: Option<&Batch>) {
        let Some(mut slots) = self.batches.setter(k) else {
            return;
        };
        let words = batch.map_or_else(Default::default, |batch| {
            (
                pack_totals(&batch.requested_at, batch.matures),
                Pack::default().uint(batch.shares, 16).word(),
            )
        });
        slots.requested_at.set(words.0);
        slots.shares.set(words.1);
    }
}
