//! The insurance pool: junior capital of one isolated market, as ERC-4626 shares over the vault's quote token.
//!
//! Registered vaults draw on it with [`cover`](InsurancePool::cover), which lowers the price of every share alike,
//! those that wait for redemption included. It never owes: it pays what it holds, within a daily limit.
//!
//! Lives behind ERC-1167 clones only. Built re-entrant, because a vault that the pool asks
//! for its coverage asks the pool what is available; what changes state and calls out holds a lock.

extern crate alloc;

mod abi;
mod cover;
mod exits;
mod holdings;
mod shares;
mod store;

use alloc::string::String;
use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U8, U256};
use alloy_sol_types::SolCall;
use contract_support::ownable::Ownable;
use contract_support::{calls, clone, lock, math, token};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap, StorageU8, StorageU256, StorageVec};

use crate::abi::*;
use crate::shares::{EXTRA_DECIMALS, Rounding, Totals};
use crate::store::{ExitClock, Opening, StoredParameters, StoredRequest, StoredVault, WAD};

/// Vaults that one pool may cover; every exit asks each of them.
const MAX_VAULTS: usize = 8;

/// Decimals of the vaults' USD amounts.
const WAD_DECIMALS: u8 = 18;

/// A vault that misses no more than this, one dollar in WAD, does not stop exits.
const DEFICIT_DUST: U256 = WAD;

/// Wait seven days, claim within two, pay a vault at most a quarter of the pool a day.
const DEFAULT_PARAMETERS: Parameters = Parameters {
    cooldown: 7 * DAY,
    claimWindow: 2 * DAY,
    dailyDrawShare: 250_000_000_000_000_000,
};

const DAY: u32 = 86_400;
const MAX_COOLDOWN: u32 = 30 * DAY;
const MAX_CLAIM_WINDOW: u32 = 14 * DAY;
/// Hard bounds of the daily draw: 1 % and all of it, WAD.
const MIN_DRAW_SHARE: u64 = 10_000_000_000_000_000;
const MAX_DRAW_SHARE: u64 = 1_000_000_000_000_000_000;

/// Storage of a pool. New fields go at the end.
#[storage]
#[entrypoint]
pub struct InsurancePool {
    ownership: Ownable,
    asset: StorageAddress,
    asset_decimals: StorageU8,
    parameters: StoredParameters,
    total_supply: StorageU256,
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    requests: StorageMap<Address, StoredRequest>,
    exit_clock: ExitClock,
    opening: Opening,
    vault_list: StorageVec<StorageAddress>,
    vaults: StorageMap<Address, StoredVault>,
}

/// Ownership, set-up and parameters; shares; ERC-4626; exits; cover.
#[public]
impl InsurancePool {
    /// Sets up a clone, once: `vault` is registered to draw `asset`.
    ///
    /// Fails with `NotClone` at the implementation, `AlreadyInitialized`, `ZeroAddress`, `TokenCallFailed` if `asset`
    /// is no token, or `UnsupportedDecimals` above 18.
    pub fn initialize(
        &mut self,
        owner: Address,
        asset: Address,
        vault: Address,
    ) -> Result<(), Error> {
        if !clone::is_clone(self.vm()) {
            return Err(NotClone {}.into());
        }
        if !self.asset.get().is_zero() {
            return Err(AlreadyInitialized {}.into());
        }
        if owner.is_zero() || asset.is_zero() || vault.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        let decimals = token::token_decimals(self.vm(), asset)?;
        if decimals > WAD_DECIMALS {
            return Err(UnsupportedDecimals {
                token: asset,
                decimals,
            }
            .into());
        }
        self.asset.set(asset);
        self.asset_decimals.set(U8::from(decimals));
        self.ownership.initialize(owner);
        self.apply_parameters(DEFAULT_PARAMETERS);
        self.register(vault)
    }

    /// The owner.
    pub fn owner(&self) -> Address {
        self.ownership.owner()
    }

    /// The account that may accept ownership.
    pub fn pending_owner(&self) -> Address {
        self.ownership.pending_owner()
    }

    /// Offers ownership to `new_owner`. Owner only (`NotOwner`).
    pub fn transfer_ownership(&mut self, new_owner: Address) -> Result<(), Error> {
        Ok(self.ownership.transfer(new_owner)?)
    }

    /// Takes offered ownership. Fails with `NotPendingOwner`.
    pub fn accept_ownership(&mut self) -> Result<(), Error> {
        Ok(self.ownership.accept()?)
    }

    /// Registers a vault to draw on the pool, or removes it. Owner only; fails with `NotOwner`, `ZeroAddress` or
    /// `TooManyVaults` beyond eight.
    pub fn set_vault(&mut self, vault: Address, registered: bool) -> Result<(), Error> {
        self.ownership.only_owner()?;
        if vault.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        match (registered, self.is_vault(vault)) {
            (true, false) => self.register(vault),
            (false, true) => {
                self.unregister(vault);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether `vault` may draw on the pool.
    pub fn is_vault(&self, vault: Address) -> bool {
        self.vaults.get(vault).position() != 0
    }

    /// Sets every parameter. Owner only; fails with `NotOwner` or `ParametersOutOfBounds`.
    pub fn set_parameters(&mut self, parameters: Parameters) -> Result<(), Error> {
        self.ownership.only_owner()?;
        let within_bounds = (DAY..=MAX_COOLDOWN).contains(&parameters.cooldown)
            && (DAY..=MAX_CLAIM_WINDOW).contains(&parameters.claimWindow)
            && (MIN_DRAW_SHARE..=MAX_DRAW_SHARE).contains(&parameters.dailyDrawShare);
        if !within_bounds {
            return Err(ParametersOutOfBounds {}.into());
        }
        self.apply_parameters(parameters);
        Ok(())
    }

    /// The parameters.
    pub fn parameters(&self) -> Parameters {
        self.parameters.values()
    }

    /// The share token's name.
    pub fn name(&self) -> String {
        String::from("Bulkhead Insurance")
    }

    /// The share token's symbol.
    pub fn symbol(&self) -> String {
        String::from("bkIN")
    }

    /// The share token's decimals: those of the asset and 15 more.
    pub fn decimals(&self) -> u8 {
        self.asset_decimals
            .get()
            .to::<u8>()
            .saturating_add(EXTRA_DECIMALS)
    }

    /// Shares that exist.
    pub fn total_supply(&self) -> U256 {
        self.total_supply.get()
    }

    /// Shares of `account`, those that wait for redemption included.
    pub fn balance_of(&self, account: Address) -> U256 {
        self.balances.get(account)
    }

    /// Shares of `owner` that `spender` may move.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.get(owner).get(spender)
    }

    /// Lets `spender` move `value` of the caller's shares; the greatest value never runs out.
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Error> {
        let owner = self.vm().msg_sender();
        self.allowances.setter(owner).setter(spender).set(value);
        self.vm().log(Approval {
            owner,
            spender,
            value,
        });
        Ok(true)
    }

    /// Moves the caller's shares. Fails with `ZeroAddress`, or `InsufficientBalance` beyond the shares that wait for
    /// no redemption.
    pub fn transfer(&mut self, to: Address, value: U256) -> Result<bool, Error> {
        let from = self.vm().msg_sender();
        self.move_shares(from, to, value)?;
        Ok(true)
    }

    /// Moves shares of `from` with its allowance. Fails as `transfer`, or with `InsufficientAllowance`.
    pub fn transfer_from(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<bool, Error> {
        let spender = self.vm().msg_sender();
        self.spend_allowance(from, spender, value)?;
        self.move_shares(from, to, value)?;
        Ok(true)
    }

    /// The quote token.
    pub fn asset(&self) -> Address {
        self.asset.get()
    }

    /// Asset units that the pool holds.
    pub fn total_assets(&self) -> Result<U256, Error> {
        Ok(token::balance(
            self.vm(),
            self.asset.get(),
            self.vm().contract_address(),
        )?)
    }

    /// Shares worth `assets`, rounded down.
    pub fn convert_to_shares(&self, assets: U256) -> Result<U256, Error> {
        Ok(self.totals()?.to_shares(assets, Rounding::Down)?)
    }

    /// Assets worth `shares`, rounded down.
    pub fn convert_to_assets(&self, shares: U256) -> Result<U256, Error> {
        Ok(self.totals()?.to_assets(shares, Rounding::Down)?)
    }

    /// Deposits have no limit.
    pub fn max_deposit(&self, _receiver: Address) -> U256 {
        U256::MAX
    }

    /// Mints have no limit.
    pub fn max_mint(&self, _receiver: Address) -> U256 {
        U256::MAX
    }

    /// Assets that `owner` may withdraw now: its claimable shares' worth, rounded down; zero while exits are stopped.
    pub fn max_withdraw(&self, owner: Address) -> Result<U256, Error> {
        self.convert_to_assets(self.max_redeem(owner))
    }

    /// Shares that `owner` may redeem now: those whose request is in its claim window; zero while exits are stopped.
    pub fn max_redeem(&self, owner: Address) -> U256 {
        if self.deficient_vault().is_some() {
            U256::ZERO
        } else {
            self.claimable(owner)
        }
    }

    /// Shares minted for `assets`, rounded down.
    pub fn preview_deposit(&self, assets: U256) -> Result<U256, Error> {
        self.convert_to_shares(assets)
    }

    /// Assets taken for `shares`, rounded up.
    pub fn preview_mint(&self, shares: U256) -> Result<U256, Error> {
        Ok(self.totals()?.to_assets(shares, Rounding::Up)?)
    }

    /// Shares burned for `assets`, rounded up.
    pub fn preview_withdraw(&self, assets: U256) -> Result<U256, Error> {
        Ok(self.totals()?.to_shares(assets, Rounding::Up)?)
    }

    /// Assets paid for `shares`, rounded down.
    pub fn preview_redeem(&self, shares: U256) -> Result<U256, Error> {
        self.convert_to_assets(shares)
    }

    /// Takes `assets` from the caller and mints shares to `receiver`, rounded down; returns the shares.
    ///
    /// Fails with `ZeroAmount` if there would be none, `ZeroAddress`, `Overflow` or `TokenCallFailed`.
    pub fn deposit(&mut self, assets: U256, receiver: Address) -> Result<U256, Error> {
        self.locked(|pool| {
            let totals = pool.totals()?;
            let shares = totals.to_shares(assets, Rounding::Down)?;
            pool.enter(totals, assets, shares, receiver)?;
            Ok(shares)
        })
    }

    /// Mints `shares` to `receiver` for assets of the caller, rounded up; returns the assets. Fails as `deposit`.
    pub fn mint(&mut self, shares: U256, receiver: Address) -> Result<U256, Error> {
        self.locked(|pool| {
            let totals = pool.totals()?;
            let assets = totals.to_assets(shares, Rounding::Up)?;
            pool.enter(totals, assets, shares, receiver)?;
            Ok(assets)
        })
    }

    /// Pays `assets` to `receiver` for claimable shares of `owner`, rounded up; returns the shares.
    ///
    /// Fails with `ExitStopped` while a vault has a deficit, `ExceedsClaimable`, `ReceiverMismatch` if the request
    /// names another receiver, `InsufficientAllowance`, `ZeroAmount`, `Overflow` or `TokenCallFailed`.
    pub fn withdraw(
        &mut self,
        assets: U256,
        receiver: Address,
        owner: Address,
    ) -> Result<U256, Error> {
        self.locked(|pool| {
            let totals = pool.totals()?;
            let shares = totals.to_shares(assets, Rounding::Up)?;
            pool.leave(totals, assets, shares, receiver, owner)?;
            Ok(shares)
        })
    }

    /// Pays `receiver` for `shares` of `owner`, rounded down; returns the assets. Fails as `withdraw`.
    pub fn redeem(
        &mut self,
        shares: U256,
        receiver: Address,
        owner: Address,
    ) -> Result<U256, Error> {
        self.locked(|pool| {
            let totals = pool.totals()?;
            let assets = totals.to_assets(shares, Rounding::Down)?;
            pool.leave(totals, assets, shares, receiver, owner)?;
            Ok(assets)
        })
    }

    /// Asks to redeem `shares` of the caller, to be paid to `receiver`; replaces the caller's earlier request, and zero
    /// shares cancel it. They cannot be transferred meanwhile, and stay slashable.
    ///
    /// Returns the time from which they may be claimed, which is later if a vault has a deficit until then. Fails with
    /// `InsufficientBalance` or `ZeroAddress`.
    pub fn request_redeem(&mut self, shares: U256, receiver: Address) -> Result<u64, Error> {
        self.locked(|pool| pool.request(shares, receiver))
    }

    /// The request of `owner`: its shares, who is to be paid, and from when until when it may be claimed if no vault
    /// has a deficit meanwhile. All zero if there is none or its time is over.
    pub fn redeem_request(&self, owner: Address) -> (U256, Address, u64, u64) {
        let now = self.vm().block_timestamp();
        let clock = self.exit_clock.running(now);
        let window = self.parameters.values().claimWindow;
        let request = self.requests.get(owner);
        let shares = request.locked(clock, window);
        if shares.is_zero() {
            return (U256::ZERO, Address::ZERO, 0, 0);
        }
        let claimable_at = request.claimable_at().saturating_add(now - clock);
        (
            shares,
            request.receiver(),
            claimable_at,
            claimable_at.saturating_add(window.into()),
        )
    }

    /// Pays the calling vault at most `amount`, in asset units: what is [`available`](Self::available) to it.
    ///
    /// Returns what was paid. If that is less, a deficit is known and the exit clock stops. Fails with `NotVault` or
    /// `TokenCallFailed`.
    pub fn cover(&mut self, amount: U256) -> Result<U256, Error> {
        self.locked(|pool| pool.pay_cover(amount))
    }

    /// What `cover` would pay `vault` now, in asset units; zero if it is not registered.
    pub fn available(&self, vault: Address) -> Result<U256, Error> {
        if !self.is_vault(vault) {
            return Ok(U256::ZERO);
        }
        let now = self.vm().block_timestamp();
        let held = self.total_assets()?;
        let opening = self.opening.assets_on(now, held);
        let share = self.parameters.values().dailyDrawShare;
        Ok(self
            .vaults
            .get(vault)
            .allowance(now, opening, share)
            .min(held))
    }

    /// Converts the profit in the pool's account in `vault` and withdraws its capital, as far as the vault allows.
    ///
    /// Returns the asset units received. Fails with `NotVault`, or with the vault's own error.
    pub fn harvest(&mut self, vault: Address) -> Result<U256, Error> {
        self.locked(|pool| pool.fetch_income(vault))
    }
}

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

    fn apply_parameters(&mut self, parameters: Parameters) {
        self.parameters.set_values(&parameters);
        self.vm().log(ParametersSet { parameters });
    }

    fn totals(&self) -> Result<Totals, Error> {
        Ok(Totals {
            assets: self.total_assets()?,
            shares: self.total_supply.get(),
        })
    }
}
