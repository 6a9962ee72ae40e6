//! What is remembered of accounts that are being closed: a deleveraging that one call did not finish, and who found a debt.

use alloy_primitives::{Address, B256};
use program_support::event::emit;
use program_support::storage::Slot;
use program_support::topic;
use risk::{Account, Closing, DEBT, Usd};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::MessageAccess;

use crate::abi::{Bytes, encode, usd, word};
use crate::error::{Error, require};
use crate::interfaces::IMarginVault;
use crate::packing;
use crate::storage::{ADDRESS_IN_HIGH, Hashed, Storage};
use crate::word::Word;

/// A debt that was found, until it is paid or the account is closed.
#[derive(Clone, Copy)]
pub struct Revealed {
    /// Whose call found it.
    pub by: Address,
    /// What is left of the largest reward for closing the account.
    pub reward: Usd,
}

impl Storage {
    /// The deleveraging of an account that goes on; only while the account says that there is one.
    #[must_use]
    pub fn closing(&self, account: B256) -> Closing {
        packing::of_closing(self.load(self.closing_slot(account)))
    }

    /// Stores a deleveraging that goes on.
    pub fn set_closing(&mut self, account: B256, closing: &Closing) {
        self.store(self.closing_slot(account), packing::closing(closing));
    }

    /// Who found the account's debt.
    #[must_use]
    pub fn revealed(&self, account: B256) -> Option<Revealed> {
        let word = self.load(self.revealed_slot(account));
        (word != Word::ZERO).then(|| Revealed {
            by: word.low_address(),
            reward: Usd((word.high >> ADDRESS_IN_HIGH).cast_signed()),
        })
    }

    /// Stores who found the account's debt, and what is left of the reward: less than 2^96.
    pub fn set_revealed(&mut self, account: B256, revealed: Option<&Revealed>) {
        let word = revealed.map_or(Word::ZERO, |revealed| {
            let by = Word::of_address(revealed.by);
            let reward = revealed.reward.or_zero().0.unsigned_abs();
            Word::new(by.high | reward << ADDRESS_IN_HIGH, by.low)
        });
        self.store(self.revealed_slot(account), word);
    }

    fn closing_slot(&self, account: B256) -> Slot {
        self.hashed(Hashed::Closing, account, 0, Word::ZERO)
    }

    fn revealed_slot(&self, account: B256) -> Slot {
        self.hashed(Hashed::Revealed, account, 0, Word::ZERO)
    }
}

/// What a call that closes has done.
#[derive(Clone, Copy, Default)]
pub struct Closed {
    /// Whether nothing is left to do.
    pub done: bool,
    /// Debt written off.
    pub deficit: Usd,
    /// What insurance paid of it.
    pub insured: Usd,
}

/// How many legs a call may close; reverts for none.
pub fn leg_limit(max_legs: u128) -> usize {
    require(max_legs > 0, Error::InvalidAmount);
    usize::try_from(max_legs).unwrap_or(usize::MAX)
}

/// Answers what was closed, of which the dispatcher then tells (`Deleveraged`).
pub fn report(closed: &Closed) -> Bytes {
    encode(&[
        Word::of(closed.done.into()),
        usd(closed.deficit),
        usd(closed.insured),
    ])
}

/// Remembers the caller if a settlement has found a debt that nobody knew, and forgets who found one that is paid.
pub fn watch_debt(store: &mut Storage, id: B256, before: &Account, after: &Account) {
    // Whoever finds a debt moves the account into that bucket in the same call.
    let known = before.bucket == DEBT;
    if after.in_debt() && !known {
        let revealed = Revealed {
            by: WasmVM::default().msg_sender(),
            reward: store.amounts().max_reward,
        };
        store.set_revealed(id, Some(&revealed));
        let words = [word(id), Word::of_address(revealed.by)];
        emit(topic!(IMarginVault::DebtRevealed), 1, &words);
    } else if known && !after.in_debt() {
        store.set_revealed(id, None);
    }
}
