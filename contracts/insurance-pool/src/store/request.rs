//! A holder's request to redeem.

use alloy_primitives::{Address, U256};
use contract_support::packing::{Pack, Unpack};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageB256};

/// Slots of one request: shares (16 bytes), from when (8) and until when (8) they may be claimed; and who is paid.
/// Both times are on the exit clock, which stops while a vault has a deficit, and fixed when the request is made: no
/// later parameter revives a request or cuts it short.
#[storage]
pub struct Request {
    terms: StorageB256,
    receiver: StorageAddress,
}

/// The first slot of a [`Request`].
pub struct Terms {
    /// Shares that have not been claimed.
    pub shares: U256,
    /// When they may first be claimed, on the exit clock.
    pub claimable_at: u64,
    /// When they may no longer be claimed, on the exit clock.
    pub expires_at: u64,
}

impl Terms {
    /// Shares that wait or may be claimed when the exit clock stands at `clock`.
    pub fn locked(&self, clock: u64) -> U256 {
        if clock < self.expires_at {
            self.shares
        } else {
            U256::ZERO
        }
    }

    /// Shares that may be claimed when the exit clock stands at `clock`.
    pub fn claimable(&self, clock: u64) -> U256 {
        if clock < self.claimable_at {
            U256::ZERO
        } else {
            self.locked(clock)
        }
    }
}

impl Request {
    /// The request's shares and times; all zero if there never was one.
    pub fn terms(&self) -> Terms {
        let mut fields = Unpack::new(self.terms.get());
        Terms {
            shares: U256::from(fields.uint(16)),
            claimable_at: fields.short(8),
            expires_at: fields.short(8),
        }
    }

    /// Replaces the request's shares, which exist, and its times.
    pub fn set_terms(&mut self, terms: &Terms) {
        let word = Pack::default()
            .uint(terms.shares.saturating_to(), 16)
            .short(terms.claimable_at, 8)
            .short(terms.expires_at, 8);
        self.terms.set(word.word());
    }

    /// Who is to be paid.
    pub fn receiver(&self) -> Address {
        self.receiver.get()
    }

    /// Sets who is to be paid.
    pub fn set_receiver(&mut self, receiver: Address) {
        self.receiver.set(receiver);
    }
}
