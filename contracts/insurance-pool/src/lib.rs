//! The insurance pool: junior capital of one isolated market, as ERC-4626 shares over the vault's quote token.
//!
//! Registered vaults draw on it with [`cover`](InsurancePool::cover), which lowers the price of every share alike,
//! those that wait for redemption included. It never owes: it pays what it holds, within a daily limit.
//!
//! Lives behind ERC-1167 clones only. Built with the SDK's feature `reentrant`, because a vault that the pool asks
//! for its coverage asks the pool what is available; what changes state and calls out holds a lock.

extern crate alloc;

mod abi;
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

    fn register(&mut self, vault: Address) -> Result<(), Error> {
        if self.vault_list.len() >= MAX_VAULTS {
            return Err(TooManyVaults {}.into());
        }
        self.vault_list.push(vault);
        let position = self.vault_list.len() as u32;
        self.vaults.setter(vault).set_position(position);
        self.vm().log(VaultSet {
            vault,
            registered: true,
        });
        Ok(())
    }

    /// Moves the list's last vault into the gap.
    fn unregister(&mut self, vault: Address) {
        let position = self.vaults.get(vault).position();
        let last = self.vault_list.pop().unwrap_or(vault);
        if last != vault {
            if let Some(mut gap) = self.vault_list.setter(position - 1) {
                gap.set(last);
            }
            self.vaults.setter(last).set_position(position);
        }
        self.vaults.setter(vault).set_position(0);
        self.vm().log(VaultSet {
            vault,
            registered: false,
        });
    }

    fn totals(&self) -> Result<Totals, Error> {
        Ok(Totals {
            assets: self.total_assets()?,
            shares: self.total_supply.get(),
        })
    }

    /// Shares of `owner` in their claim window.
    fn claimable(&self, owner: Address) -> U256 {
        let clock = self.exit_clock.running(self.vm().block_timestamp());
        self.requests
            .get(owner)
            .claimable(clock, self.parameters.values().claimWindow)
    }

    /// Shares of `owner` that no request holds.
    fn transferable(&self, owner: Address) -> U256 {
        let clock = self.exit_clock.running(self.vm().block_timestamp());
        let locked = self
            .requests
            .get(owner)
            .locked(clock, self.parameters.values().claimWindow);
        self.balances.get(owner).saturating_sub(locked)
    }

    /// A registered vault with a deficit above dust, or that does not answer.
    fn deficient_vault(&self) -> Option<Address> {
        (0..self.vault_list.len())
            .filter_map(|k| self.vault_list.get(k))
            .find(|&vault| {
                let coverage = calls::view(self.vm(), vault, &vault::coverageCall {}.abi_encode());
                coverage.map_or(true, |[_, missing]| missing > DEFICIT_DUST)
            })
    }

    /// Looks for a deficit and stops or starts the exit clock accordingly; returns the vault that has one.
    fn observe_deficits(&mut self) -> Option<Address> {
        let deficient = self.deficient_vault();
        match (deficient.is_some(), self.exit_clock.is_stopped()) {
            (true, false) => self.stop_exit_clock(),
            (false, true) => {
                let now = self.vm().block_timestamp();
                let stopped_for = self.exit_clock.start(now);
                self.vm().log(ExitClockStarted {
                    stoppedFor: stopped_for,
                });
            }
            _ => {}
        }
        deficient
    }

    fn stop_exit_clock(&mut self) {
        let now = self.vm().block_timestamp();
        self.exit_clock.stop(now);
        self.vm().log(ExitClockStopped { at: now });
    }

    fn move_shares(&mut self, from: Address, to: Address, value: U256) -> Result<(), Error> {
        if to.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        let transferable = self.transferable(from);
        if transferable < value {
            return Err(InsufficientBalance {
                owner: from,
                transferable,
                needed: value,
            }
            .into());
        }
        let left = self.balances.get(from) - value;
        self.balances.setter(from).set(left);
        let received = self
            .balances
            .get(to)
            .checked_add(value)
            .ok_or(Overflow {})?;
        self.balances.setter(to).set(received);
        self.vm().log(Transfer { from, to, value });
        Ok(())
    }

    fn spend_allowance(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
    ) -> Result<(), Error> {
        let allowance = self.allowances.get(owner).get(spender);
        if allowance == U256::MAX {
            return Ok(());
        }
        if allowance < value {
            return Err(InsufficientAllowance {
                owner,
                spender,
                allowance,
                needed: value,
            }
            .into());
        }
        self.allowances
            .setter(owner)
            .setter(spender)
            .set(allowance - value);
        Ok(())
    }

    /// Mints `shares` to `receiver`, then takes `assets` from the caller.
    fn enter(
        &mut self,
        before: Totals,
        assets: U256,
        shares: U256,
        receiver: Address,
    ) -> Result<(), Error> {
        if receiver.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        if shares.is_zero() {
            return Err(ZeroAmount {}.into());
        }
        let now = self.vm().block_timestamp();
        self.opening.roll(now, before.assets);
        self.opening.deposited(assets);
        let supply = before.shares.checked_add(shares).ok_or(Overflow {})?;
        self.total_supply.set(supply);
        let balance = self.balances.get(receiver) + shares;
        self.balances.setter(receiver).set(balance);
        let sender = self.vm().msg_sender();
        self.vm().log(Transfer {
            from: Address::ZERO,
            to: receiver,
            value: shares,
        });
        self.vm().log(Deposit {
            sender,
            owner: receiver,
            assets,
            shares,
        });
        Ok(token::fetch(self.vm(), self.asset.get(), sender, assets)?)
    }

    /// Burns `shares` of `owner`, which must be claimable, then pays `assets` to `receiver`.
    fn leave(
        &mut self,
        before: Totals,
        assets: U256,
        shares: U256,
        receiver: Address,
        owner: Address,
    ) -> Result<(), Error> {
        if shares.is_zero() || assets.is_zero() {
            return Err(ZeroAmount {}.into());
        }
        let sender = self.vm().msg_sender();
        if sender != owner {
            self.spend_allowance(owner, sender, shares)?;
        }
        if let Some(vault) = self.observe_deficits() {
            return Err(ExitStopped { vault }.into());
        }
        self.claim(shares, receiver, owner)?;
        let now = self.vm().block_timestamp();
        self.opening.roll(now, before.assets);
        let balance = self.balances.get(owner);
        let left = balance.checked_sub(shares).ok_or(InsufficientBalance {
            owner,
            transferable: balance,
            needed: shares,
        })?;
        self.balances.setter(owner).set(left);
        self.total_supply.set(before.shares - shares);
        self.vm().log(Transfer {
            from: owner,
            to: Address::ZERO,
            value: shares,
        });
        self.vm().log(Withdraw {
            sender,
            receiver,
            owner,
            assets,
            shares,
        });
        Ok(token::send(self.vm(), self.asset.get(), receiver, assets)?)
    }

    /// Takes `shares` off the request of `owner`.
    fn claim(&mut self, shares: U256, receiver: Address, owner: Address) -> Result<(), Error> {
        let claimable = self.claimable(owner);
        if claimable < shares {
            return Err(ExceedsClaimable {
                owner,
                claimable,
                needed: shares,
            }
            .into());
        }
        let mut request = self.requests.setter(owner);
        if request.receiver() != receiver {
            return Err(ReceiverMismatch {
                requested: request.receiver(),
                given: receiver,
            }
            .into());
        }
        request.claim(shares);
        Ok(())
    }

    fn request(&mut self, shares: U256, receiver: Address) -> Result<u64, Error> {
        if receiver.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        let owner = self.vm().msg_sender();
        let balance = self.balances.get(owner);
        if balance < shares {
            return Err(InsufficientBalance {
                owner,
                transferable: balance,
                needed: shares,
            }
            .into());
        }
        self.observe_deficits();
        let now = self.vm().block_timestamp();
        let cooldown = u64::from(self.parameters.values().cooldown);
        let clock = self.exit_clock.running(now);
        self.requests
            .setter(owner)
            .set(shares, receiver, clock.saturating_add(cooldown));
        let claimable_at = now.saturating_add(cooldown);
        self.vm().log(RedeemRequested {
            owner,
            receiver,
            shares,
            claimableAt: claimable_at,
        });
        Ok(claimable_at)
    }

    fn pay_cover(&mut self, amount: U256) -> Result<U256, Error> {
        let vault = self.vm().msg_sender();
        if !self.is_vault(vault) {
            return Err(NotVault { vault }.into());
        }
        let now = self.vm().block_timestamp();
        let held = self.total_assets()?;
        self.opening.roll(now, held);
        let paid = amount.min(self.available(vault)?);
        self.vaults.setter(vault).draw(now, paid);
        if paid < amount && !self.exit_clock.is_stopped() {
            self.stop_exit_clock();
        }
        self.vm().log(Covered {
            vault,
            amount,
            paid,
        });
        if !paid.is_zero() {
            token::send(self.vm(), self.asset.get(), vault, paid)?;
        }
        Ok(paid)
    }

    fn fetch_income(&mut self, vault: Address) -> Result<U256, Error> {
        if !self.is_vault(vault) {
            return Err(NotVault { vault }.into());
        }
        let before = self.total_assets()?;
        let now = self.vm().block_timestamp();
        self.opening.roll(now, before);
        self.observe_deficits();
        let account = account_of(self.vm().contract_address());
        let balances = vault::balancesCall { account }.abi_encode();
        let [_, profit] = calls::view(self.vm(), vault, &balances)?;
        if !profit.is_zero() && !profit.bit(255) {
            let convert = vault::convertCall {
                account,
                maxProfit: profit,
            };
            calls::call::<1>(self.vm(), vault, &convert.abi_encode())?;
        }
        let [capital] = calls::view(self.vm(), vault, &balances)?;
        let amount = math::div(capital, self.wad_per_unit());
        if !amount.is_zero() {
            let to = self.vm().contract_address();
            let withdraw = vault::withdrawCall {
                account,
                amount,
                to,
            };
            calls::call::<1>(self.vm(), vault, &withdraw.abi_encode())?;
        }
        let assets = self.total_assets()?.saturating_sub(before);
        self.vm().log(Harvested { vault, assets });
        Ok(assets)
    }

    /// WAD amount of one asset unit.
    fn wad_per_unit(&self) -> U256 {
        let decimals: u8 = self.asset_decimals.get().to();
        U256::from(10u64.pow(u32::from(WAD_DECIMALS.saturating_sub(decimals))))
    }
}

/// The first account of `owner` in a vault.
fn account_of(owner: Address) -> B256 {
    let mut account = B256::ZERO;
    account[..20].copy_from_slice(owner.as_slice());
    account
}
