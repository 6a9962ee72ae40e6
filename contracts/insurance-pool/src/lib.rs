//! The insurance pool: junior capital of one isolated market, as ERC-4626 shares over the vault's quote token.
//!
//! Registered vaults draw on it with [`cover`](InsurancePool::cover), which lowers the price of every share alike,
//! those that wait for redemption included. It never owes: it pays what it holds, within a daily limit.
//!
//! While its market is experimental, the pool pays no more than the bond of the market's creator: shares that the pool holds
//! itself, so that nobody can take them away, and burns before it lets the price of the others fall.
//!
//! The pool keeps count of its assets. What is sent to it in any other way than by a deposit counts from the next
//! [`harvest`](InsurancePool::harvest). Every conversion rounds in favour of the pool. It counts at most
//! [`MAX_ASSETS`] and [`MAX_SUPPLY`]; beyond them deposits fail with `Overflow`, exits and cover go on.
//!
//! Lives behind ERC-1167 clones only. Views answer whoever calls back, because a vault that the pool asks
//! for its coverage asks the pool what is available; what changes state and calls out holds a lock.

extern crate alloc;

mod abi;
mod bond;
mod cover;
mod exits;
mod holdings;
mod shares;
mod store;

use alloc::string::String;
use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolCall;
use contract_support::ownable::Ownable;
use contract_support::{calls, clone, lock, math, token};
use program_support::steward::{may_set, require_may_name};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap, StorageU256, StorageVec};

use self::abi::*;
use self::shares::{Price, Rounding, SHARE_DECIMALS, Totals, share_of};
use self::store::{
    Config, DRAW_SHARE_UNIT, ExitClock, MAX_ASSETS, MAX_SUPPLY, Request, Reserves, Settings,
    VaultRecord, power_of_ten,
};

/// Vaults that one pool may cover; every exit asks each of them.
const MAX_VAULTS: usize = 8;

/// Decimals of the vaults' USD amounts.
const WAD_DECIMALS: u8 = 18;

/// A vault whose deficit is no more than this, one dollar in WAD, does not stop exits.
const DEFICIT_DUST: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Wait seven days, claim within two, pay a vault at most a quarter of the pool a day.
const DEFAULT_PARAMETERS: Parameters = Parameters {
    cooldown: 7 * DAY,
    claimWindow: 2 * DAY,
    dailyDrawShare: 250_000_000_000_000_000,
};

const DAY: u32 = 86_400;
const MAX_COOLDOWN: u32 = 30 * DAY;
const MAX_CLAIM_WINDOW: u32 = 14 * DAY;
/// Hard bounds of the daily draw: 0.1 % and all of it, WAD. A pool is at least ten times the cover of any instrument.
const MIN_DRAW_SHARE: u64 = 1_000_000_000_000_000;
const MAX_DRAW_SHARE: u64 = 1_000_000_000_000_000_000;

/// Storage of a pool. New fields go at the end.
#[storage]
pub struct InsurancePool {
    ownership: Ownable,
    config: Config,
    reserves: Reserves,
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    requests: StorageMap<Address, Request>,
    exit_clock: ExitClock,
    vault_list: StorageVec<StorageAddress>,
    vaults: StorageMap<Address, VaultRecord>,
    steward: StorageAddress,
    factory: StorageAddress,
}

contract_support::entrypoint!(InsurancePool, Locked);

/// Ownership, set-up and parameters; shares; ERC-4626; exits; cover.
#[public]
impl InsurancePool {
    /// Sets up a clone, once: `vault` is registered to draw `asset`. The caller is the market's factory, which may promote it.
    /// A zero `steward` is none.
    ///
    /// Fails with `NotClone` at the implementation, `AlreadyInitialized`, `ZeroAddress`, `TokenCallFailed` if `asset`
    /// is no token, or `UnsupportedDecimals` above 18.
    pub fn initialize(
        &mut self,
        owner: Address,
        steward: Address,
        asset: Address,
        vault: Address,
    ) -> Result<(), Error> {
        if !clone::is_clone(self.vm()) {
            return Err(NotClone {}.into());
        }
        if !self.config.get().asset.is_zero() {
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
        self.ownership.initialize(owner);
        let factory = self.vm().msg_sender();
        self.factory.set(factory);
        self.put_steward(steward);
        self.configure(Settings {
            asset,
            decimals,
            parameters: DEFAULT_PARAMETERS,
            promoted: false,
        });
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
    ///
    /// Fails with `ExitStopped` if the vault to remove has a deficit, which is the pool's to pay, or if the vault to
    /// register has one or does not answer, which would stop every exit. A vault that stopped answering can be removed.
    pub fn set_vault(&mut self, vault: Address, registered: bool) -> Result<(), Error> {
        self.ownership.only_owner()?;
        if vault.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        match (registered, self.is_vault(vault)) {
            (true, false) if self.is_deficient(vault) => Err(ExitStopped { vault }.into()),
            (true, false) => self.register(vault),
            (false, true)
                if self
                    .deficit(vault)
                    .is_some_and(|deficit| deficit > DEFICIT_DUST) =>
            {
                Err(ExitStopped { vault }.into())
            }
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

    /// Ends the market's trial: from now on all of the pool covers it, and the bond's shares are `creator`'s to move. Factory
    /// only (`NotFactory`), at the word of its owner. Fails with `ExitStopped` while a vault has a deficit: that is the bond's
    /// to pay, and nobody else's.
    pub fn promote(&mut self, creator: Address) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller != self.factory.get() {
            return Err(NotFactory { caller }.into());
        }
        self.locked(|pool| pool.release_bond(creator))
    }

    /// The contract that created the pool.
    pub fn factory(&self) -> Address {
        self.factory.get()
    }

    /// Whether the market has been promoted.
    pub fn is_promoted(&self) -> bool {
        self.config.get().promoted
    }

    /// The shares that stand for the market while it is experimental, and the assets that they are worth, rounded down. Shares
    /// that are given to the pool itself add to them. Zero once the market is promoted.
    pub fn bond(&self) -> Result<(U256, U256), Error> {
        let shares = self.bonded();
        Ok((shares, self.convert_to_assets(shares)?))
    }

    /// Names the steward, which may set the parameters; zero removes it. Owner only (`NotOwner`); to name one fails with
    /// `EmergencySince` or `StewardFailed`.
    pub fn set_steward(&mut self, steward: Address, emergencies: u32) -> Result<(), Error> {
        self.ownership.only_owner()?;
        require_may_name(steward, self.steward.get(), emergencies);
        self.put_steward(steward);
        Ok(())
    }

    /// The steward.
    pub fn steward(&self) -> Address {
        self.steward.get()
    }

    /// Sets every parameter; requests keep the times they were given. Owner or steward; fails with `NotSteward`,
    /// `EmergencySince`, `StewardFailed` or `ParametersOutOfBounds`, also if the draw share is no multiple of 1e-9.
    pub fn set_parameters(
        &mut self,
        parameters: Parameters,
        emergencies: u32,
    ) -> Result<(), Error> {
        let (owner, steward) = (self.ownership.owner(), self.steward.get());
        let caller = self.vm().msg_sender();
        if !may_set(caller, owner, steward, emergencies) {
            return Err(NotSteward { caller }.into());
        }
        let within_bounds = (DAY..=MAX_COOLDOWN).contains(&parameters.cooldown)
            && (DAY..=MAX_CLAIM_WINDOW).contains(&parameters.claimWindow)
            && (MIN_DRAW_SHARE..=MAX_DRAW_SHARE).contains(&parameters.dailyDrawShare)
            && parameters.dailyDrawShare.is_multiple_of(DRAW_SHARE_UNIT);
        if !within_bounds {
            return Err(ParametersOutOfBounds {}.into());
        }
        let settings = self.config.get();
        self.configure(Settings {
            parameters,
            ..settings
        });
        Ok(())
    }

    /// The parameters.
    pub fn parameters(&self) -> Parameters {
        self.config.get().parameters
    }

    /// The share token's name.
    pub fn name(&self) -> String {
        String::from("Bulkhead Insurance")
    }

    /// The share token's symbol.
    pub fn symbol(&self) -> String {
        String::from("bkIN")
    }

    /// The share token's decimals, 21 whatever the asset's.
    pub fn decimals(&self) -> u8 {
        SHARE_DECIMALS
    }

    /// Shares that exist.
    pub fn total_supply(&self) -> U256 {
        self.reserves.totals().shares
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
        self.config.get().asset
    }

    /// Asset units that the pool counts as its own.
    pub fn total_assets(&self) -> U256 {
        self.reserves.totals().assets
    }

    /// Shares worth `assets`, rounded down.
    pub fn convert_to_shares(&self, assets: U256) -> Result<U256, Error> {
        Ok(self.price().to_shares(assets, Rounding::Down)?)
    }

    /// Assets worth `shares`, rounded down.
    pub fn convert_to_assets(&self, shares: U256) -> Result<U256, Error> {
        Ok(self.price().to_assets(shares, Rounding::Down)?)
    }

    /// Assets that the pool can still take, whoever deposits.
    pub fn max_deposit(&self, _receiver: Address) -> Result<U256, Error> {
        let totals = self.reserves.totals();
        let worth = self
            .price()
            .to_assets(MAX_SUPPLY - totals.shares, Rounding::Down)?;
        Ok(worth.min(MAX_ASSETS - totals.assets))
    }

    /// Shares that the pool can still mint, to whomever.
    pub fn max_mint(&self, _receiver: Address) -> Result<U256, Error> {
        let totals = self.reserves.totals();
        let shares = self
            .price()
            .to_shares(MAX_ASSETS - totals.assets, Rounding::Down)?;
        Ok(shares.min(MAX_SUPPLY - totals.shares))
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
        Ok(self.price().to_assets(shares, Rounding::Up)?)
    }

    /// Shares burned for `assets`, rounded up.
    pub fn preview_withdraw(&self, assets: U256) -> Result<U256, Error> {
        Ok(self.price().to_shares(assets, Rounding::Up)?)
    }

    /// Assets paid for `shares`, rounded down.
    pub fn preview_redeem(&self, shares: U256) -> Result<U256, Error> {
        self.convert_to_assets(shares)
    }

    /// Takes `assets` from the caller and mints shares to `receiver`, rounded down; returns the shares.
    ///
    /// Fails with `ZeroAmount` if there would be none, `ZeroAddress`, `Overflow` beyond [`max_deposit`](Self::max_deposit),
    /// `TokenCallFailed`, or `AssetsMissing` if less arrived.
    pub fn deposit(&mut self, assets: U256, receiver: Address) -> Result<U256, Error> {
        self.locked(|pool| {
            let shares = pool.price().to_shares(assets, Rounding::Down)?;
            pool.enter(assets, shares, receiver)?;
            Ok(shares)
        })
    }

    /// Mints `shares` to `receiver` for assets of the caller, rounded up; returns the assets. Fails as `deposit`.
    pub fn mint(&mut self, shares: U256, receiver: Address) -> Result<U256, Error> {
        self.locked(|pool| {
            let assets = pool.price().to_assets(shares, Rounding::Up)?;
            pool.enter(assets, shares, receiver)?;
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
            let shares = pool.price().to_shares(assets, Rounding::Up)?;
            pool.leave(assets, shares, receiver, owner)?;
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
            let assets = pool.price().to_assets(shares, Rounding::Down)?;
            pool.leave(assets, shares, receiver, owner)?;
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
        let now = self.now();
        let clock = self.exit_clock.time(now);
        let request = self.requests.get(owner);
        let terms = request.terms();
        let shares = terms.locked(clock);
        if shares.is_zero() {
            return (U256::ZERO, Address::ZERO, 0, 0);
        }
        let stood = now - clock;
        (
            shares,
            request.receiver(),
            terms.claimable_at + stood,
            terms.expires_at + stood,
        )
    }

    /// Stops the exit clock if a vault has a deficit, lets it go on if none has; returns whether it runs. For anyone:
    /// the clock notices by itself only what it is told or has to ask for.
    pub fn update_exit_clock(&mut self) -> Result<bool, Error> {
        self.locked(|pool| Ok(pool.observe_deficits().is_none()))
    }

    /// Pays the calling vault at most `amount`, in asset units: what is [`available`](Self::available) to it.
    ///
    /// Returns what was paid: nothing if the token refuses to send it. If more than a dollar is left, a deficit is known
    /// and the exit clock stops. Fails with `NotVault`, or with `TokenCallFailed` if little gas was left to the token.
    pub fn cover(&mut self, amount: U256) -> Result<U256, Error> {
        self.locked(|pool| pool.pay_cover(amount))
    }

    /// What `cover` would pay `vault` now, zero if it is not registered, and what instruments' covers are measured by: the smaller
    /// of the pool's assets at the start of the day, and its assets now with what was drawn today; while the market is experimental
    /// ten times the bond, with what was drawn today. In asset units.
    pub fn available(&self, vault: Address) -> (U256, U256) {
        (self.drawable(vault), self.measured_assets())
    }

    /// Converts the profit in the pool's account in `vault` and withdraws its capital, as far as the vault allows, and
    /// counts what the pool holds.
    ///
    /// Returns by how many asset units the pool grew. Fails with `NotVault`, or with the vault's own error if it does
    /// not let capital go.
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

    fn put_steward(&mut self, steward: Address) {
        self.steward.set(steward);
        self.vm().log(StewardSet { steward });
    }

    fn configure(&mut self, settings: Settings) {
        self.config.set(&settings);
        self.vm().log(ParametersSet {
            parameters: settings.parameters,
        });
    }

    /// The price of a share now.
    fn price(&self) -> Price {
        let virtual_shares = power_of_ten(SHARE_DECIMALS - self.config.get().decimals);
        Price::new(self.reserves.totals(), virtual_shares)
    }

    fn now(&self) -> u64 {
        self.vm().block_timestamp()
    }
}
