//! The insurance pool: junior capital of one isolated market, as ERC-4626 shares over the vault's quote token, which leaves by
//! ERC-7540 requests.
//!
//! Registered vaults draw on it with `cover`, which lowers the price of every share alike,
//! those that wait for redemption included. It never owes: it pays what it holds, within a daily limit.
//!
//! While its market is experimental, the pool pays no more than the bond of the market's creator: shares that the pool holds
//! itself, so that nobody can take them away, and burns before it lets the price of the others fall.
//!
//! The pool keeps count of its assets. What is sent to it in any other way than by a deposit counts from the next
//! `harvest`, as income does, and belongs to the shares as a week passes. Every conversion rounds in favour
//! of the pool. It counts at most [`insurance::MAX_ASSETS`] and [`insurance::MAX_SUPPLY`]; beyond them deposits fail with `Overflow`, exits and cover go on.
//!
//! What it decides is in the crate [`insurance`]; here is what it fetches, calls and stores.
//!
//! | Where is ... | |
//! |---|---|
//! | a call served | [`router`] |
//! | a parameter, a vault, an owner set | [`governing`] |
//! | a share moved or minted | [`holdings`] |
//! | an exit requested, fulfilled, redeemed | [`exits`] |
//! | a vault asked what it owes, paid, harvested | [`cover`] |
//! | the bond of an experimental market | [`bond`] |
//!
//! Lives behind ERC-1167 clones only. Views answer whoever calls back, because a vault that the pool asks
//! for its claims asks the pool what is available; what changes state and calls out holds a lock.

extern crate alloc;

mod abi;
mod bond;
mod cover;
mod events;
mod exits;
mod functions;
mod governing;
mod holdings;
mod interface;
mod router;
mod store;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use contract_support::lock;
use contract_support::ownable::Ownable;
use insurance::{PoolTotals, Price};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageBool, StorageMap, StorageU32, StorageU256, StorageVec,
};

use self::abi::Error;
use self::store::{Config, Exits, Holding, Leaving, LockedIncome, Reserves, VaultRecord};

/// Decimals of the vaults' USD amounts.
const WAD_DECIMALS: u8 = 18;

const DAY: u32 = 86_400;

/// Storage of a pool. New fields go at the end.
///
/// `balances` has no requested shares: those wait in `leaving`, and the pool's own are its bond.
#[storage]
pub struct InsurancePool {
    ownership: Ownable,
    config: Config,
    reserves: Reserves,
    income: LockedIncome,
    leaving: Leaving,
    balances: StorageMap<Address, Holding>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    operators: StorageMap<Address, StorageMap<Address, StorageBool>>,
    exits: StorageMap<Address, Exits>,
    vault_list: StorageVec<StorageAddress>,
    vaults: StorageMap<Address, VaultRecord>,
    steward: StorageAddress,
    factory: StorageAddress,
    /// What the last steward had counted when it was removed; see [`program_support::steward::Steward::left`].
    emergencies_left: StorageU32,
}

contract_support::entrypoint!(InsurancePool, Locked);

impl InsurancePool {
    /// Runs `operation` with the lock held.
    fn locked<T>(
        &mut self,
        operation: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        lock::enter()?;
        let result = operation(self)?;
        lock::leave();
        Ok(result)
    }

    /// What the shares own now. What is left where there are none is income of whoever joins next.
    fn released(&self) -> PoolTotals {
        let mut totals = self.reserves.totals();
        // What is locked is part of the assets.
        totals.assets -= match totals.shares {
            0 => totals.assets,
            _ => self.income.get().locked_at(self.now()),
        };
        totals
    }

    /// The price of a share now.
    fn price(&self) -> Price {
        Price::new(self.released(), self.config.get().virtual_shares())
    }

    fn now(&self) -> u64 {
        self.vm().block_timestamp()
    }
}

/// An amount within what the pool counts; what is beyond is beyond every balance and limit.
fn narrow(amount: U256) -> u128 {
    amount.saturating_to()
}
