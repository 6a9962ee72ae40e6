//! Two-step ownership, as `IOwnable` declares it.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolEvent, sol};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageAddress;

use crate::words;

sol! {
    /// `newOwner` may now accept.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
    /// `newOwner` owns the contract.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// The caller is not the owner.
    #[derive(Debug)]
    error NotOwner(address caller);
    /// The caller is not the account that the owner named.
    #[derive(Debug)]
    error NotPendingOwner(address caller);
}

/// The owner and the account that may become it.
#[storage]
pub struct Ownable {
    owner: StorageAddress,
    pending_owner: StorageAddress,
}

impl Ownable {
    /// Sets the first owner. The caller makes sure that this happens once.
    pub fn initialize(&mut self, owner: Address) {
        self.owner.set(owner);
        self.log(OwnershipTransferred::SIGNATURE_HASH, Address::ZERO, owner);
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.owner.get()
    }

    /// The account that may accept ownership; zero if none.
    pub fn pending_owner(&self) -> Address {
        self.pending_owner.get()
    }

    /// Succeeds for the owner only.
    pub fn only_owner(&self) -> Result<(), NotOwner> {
        let caller = self.vm().msg_sender();
        if caller != self.owner.get() {
            return Err(NotOwner { caller });
        }
        Ok(())
    }

    /// Names the account that may accept ownership; zero withdraws the offer. Owner only.
    pub fn transfer(&mut self, new_owner: Address) -> Result<(), NotOwner> {
        self.only_owner()?;
        self.pending_owner.set(new_owner);
        let owner = self.owner.get();
        self.log(OwnershipTransferStarted::SIGNATURE_HASH, owner, new_owner);
        Ok(())
    }

    /// Makes the caller the owner, if the owner named it.
    pub fn accept(&mut self) -> Result<(), NotPendingOwner> {
        let caller = self.vm().msg_sender();
        if caller != self.pending_owner.get() {
            return Err(NotPendingOwner { caller });
        }
        let previous = self.owner.get();
        self.owner.set(caller);
        self.pending_owner.set(Address::ZERO);
        self.log(OwnershipTransferred::SIGNATURE_HASH, previous, caller);
        Ok(())
    }

    /// Both events have the same fields.
    fn log(&self, topic: B256, from: Address, to: Address) {
        words::log(self.vm(), topic, 2, &[from.into_word(), to.into_word()]);
    }
}
