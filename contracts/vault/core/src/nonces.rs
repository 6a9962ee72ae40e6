//! What has become of orders, by their nonces, and who may sign them.
//!
//! An order page holds 128 nonces of an account, two bits each: whether the order is done, and whether it is partly filled.
//! Only a partly filled order has a slot of its own, which is cleared when it is done.

use alloy_primitives::{Address, B256};
use program_support::storage::Slot;

use crate::storage::{Hashed, Storage};
use crate::word::Word;

/// What is filled of an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// This much; less than its size.
    Size(u128),
    /// All of it.
    Done,
}

/// Bits of a nonce in an order page.
mod state {
    pub const DONE: u128 = 1;
    pub const PARTLY: u128 = 2;
    pub const ALL: u128 = DONE | PARTLY;
}

impl Storage {
    /// What is filled of the account's order under a nonce.
    #[must_use]
    pub fn filled(&self, account: B256, nonce: Word) -> Filled {
        let (page, place) = Page::of_order(nonce);
        let half = place.half(self.load(self.page_slot(Hashed::Orders, account, page)));
        match half >> place.shift & state::ALL {
            0 => Filled::Size(0),
            state::PARTLY => Filled::Size(self.load(self.fill_slot(account, nonce)).low),
            _ => Filled::Done,
        }
    }

    /// Stores what is filled of the account's order under a nonce; more than nothing.
    pub fn set_filled(&mut self, account: B256, nonce: Word, filled: Filled) {
        let (page, place) = Page::of_order(nonce);
        let slot = self.page_slot(Hashed::Orders, account, page);
        let mut word = self.load(slot);
        let was_partly = place.half(word) >> place.shift & state::PARTLY != 0;
        let (now, size) = match filled {
            Filled::Size(size) => (state::PARTLY, size),
            Filled::Done => (state::DONE, 0),
        };
        if was_partly || size > 0 {
            self.store(self.fill_slot(account, nonce), Word::of(size));
        }
        let half = place.half_mut(&mut word);
        *half = *half & !(state::ALL << place.shift) | now << place.shift;
        self.store(slot, word);
    }

    /// Whether the owner has cancelled its orders under a nonce.
    #[must_use]
    pub fn is_cancelled(&self, owner: Address, nonce: Word) -> bool {
        let (page, place) = Page::of_cancellation(nonce);
        let word = self.load(self.page_slot(Hashed::Cancelled, owner.into_word(), page));
        place.half(word) >> place.shift & 1 != 0
    }

    /// Cancels the owner's orders under a nonce.
    pub fn set_cancelled(&mut self, owner: Address, nonce: Word) {
        let (page, place) = Page::of_cancellation(nonce);
        let slot = self.page_slot(Hashed::Cancelled, owner.into_word(), page);
        let mut word = self.load(slot);
        *place.half_mut(&mut word) |= 1 << place.shift;
        self.store(slot, word);
    }

    /// Whether `signer` may sign orders, and liquidate, for the accounts of `owner`.
    #[must_use]
    pub fn is_signer(&self, owner: Address, signer: Address) -> bool {
        self.load(self.signer_slot(owner, signer)) != Word::ZERO
    }

    /// Lets `signer` act for `owner`, or no more.
    pub fn set_signer(&mut self, owner: Address, signer: Address, allowed: bool) {
        let slot = self.signer_slot(owner, signer);
        self.store(slot, Word::of(allowed.into()));
    }

    fn page_slot(&self, region: Hashed, name: B256, page: Word) -> Slot {
        self.hashed(region, name, 0, page)
    }

    fn fill_slot(&self, account: B256, nonce: Word) -> Slot {
        self.hashed(Hashed::Filled, account, 0, nonce)
    }

    fn signer_slot(&self, owner: Address, signer: Address) -> Slot {
        self.hashed(
            Hashed::Signer,
            owner.into_word(),
            0,
            Word::of_address(signer),
        )
    }
}

/// Where a nonce's bits are in their page.
struct Page {
    high: bool,
    shift: u32,
}

impl Page {
    /// The number of a nonce's order page, and the place in it: two bits a nonce.
    const fn of_order(nonce: Word) -> (Word, Self) {
        let page = Word::new(nonce.high >> 7, nonce.high << 121 | nonce.low >> 7);
        let place = Self {
            high: nonce.low & 64 != 0,
            shift: 2 * (nonce.low & 63) as u32,
        };
        (page, place)
    }

    /// The number of a nonce's page of cancellations, and the place in it: a bit a nonce.
    const fn of_cancellation(nonce: Word) -> (Word, Self) {
        let page = Word::new(nonce.high >> 8, nonce.high << 120 | nonce.low >> 8);
        let place = Self {
            high: nonce.low & 128 != 0,
            shift: (nonce.low & 127) as u32,
        };
        (page, place)
    }

    /// The half of a page's word that the bits are in.
    const fn half(&self, word: Word) -> u128 {
        if self.high { word.high } else { word.low }
    }

    const fn half_mut<'w>(&self, word: &'w mut Word) -> &'w mut u128 {
        if self.high {
            &mut word.high
        } else {
            &mut word.low
        }
    }
}
