//! The insurance pool: junior capital of one isolated market, as ERC-4626 shares over the vault's quote token, which leaves by
//! ERC-7540 requests.
//!
//! Registered vaults draw on it with [`cover`](InsurancePool::cover), which lowers the price of every share alike,
//! those that wait for redemption included. It never owes: it pays what it holds, within a daily limit.
//!
//! While its market is experimental, the pool pays no more than the bond of the market's creator: shares that the pool holds
//! itself, so that nobody can take them away, and burns before it lets the price of the others fall.
//!
//! The pool keeps count of its assets. What is sent to it in any other way than by a deposit counts from the next
//! [`harvest`](InsurancePool::harvest), as income does, and belongs to the shares as a week passes. Every conversion rounds in favour
//! of the pool. It counts at most [`MAX_ASSETS`] and [`MAX_SUPPLY`]; beyond them deposits fail with `Overflow`, exits and cover go on.
//!
//! What it decides is in the crate [`insurance`]; here is what it fetches, calls and stores.
//!
//! | Where is ... | |
//! |---|---|
//! | a share moved, minted, burned | [`holdings`] |
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
mod holdings;
mod store;

use alloc::string::String;
use alloc::vec::Vec;

use alloy_primitives::{Address, B256, FixedBytes, U256};
use alloy_sol_types::SolCall;
use contract_support::ownable::Ownable;
use contract_support::words::{self, encode, word};
use contract_support::{calls, clone, lock, token};
use insurance::claim::By;
use insurance::shares::SHARE_DECIMALS;
use insurance::{MAX_ASSETS, MAX_SUPPLY, Price, Rounding, Totals};
use program_support::steward::{require_may_name, require_no_emergency_since};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageBool, StorageMap, StorageU256, StorageVec};

use self::abi::*;
use self::cover::Owed;
use self::store::{
    Aside, Config, DRAW_SHARE_UNIT, Exits, Holding, Reserves, Settings, VaultRecord,
};

/// Vaults that one pool may cover; every deposit and every fulfilment asks each of them.
const MAX_VAULTS: usize = 8;

/// Decimals of the vaults' USD amounts.
const WAD_DECIMALS: u8 = 18;

/// Interfaces that the pool says it has (ERC-165), by their ids: ERC-165; the operators of ERC-7540, and its asynchronous
/// redemption; ERC-7575 in whole, and its parts for assets and shares, deposits, mints, redemptions and withdrawals.
const INTERFACES: [u32; 9] = [
    0x01ff_c9a7,
    0xe3bc_4e65,
    0x620e_e8e4,
    0x2f0a_18c5,
    0x50a5_26d6,
    0xc1f3_29ef,
    0xe155_0342,
    0x2fd7_d42a,
    0x70de_c094,
];

/// Wait seven days, pay a vault at most a quarter of the pool a day.
const DEFAULT_PARAMETERS: Parameters = Parameters {
    cooldown: 7 * DAY,
    dailyDrawShare: 250_000_000_000_000_000,
};

const DAY: u32 = 86_400;
const MAX_COOLDOWN: u32 = 30 * DAY;
/// Hard bounds of the daily draw: 0.1 % and all of it, WAD. A pool is at least ten times the cover of any instrument.
const MIN_DRAW_SHARE: u64 = 1_000_000_000_000_000;
const MAX_DRAW_SHARE: u64 = 1_000_000_000_000_000_000;

/// Storage of a pool. New fields go at the end.
///
/// `balances` has no requested shares: those wait in `pending`, and the pool's own are its bond.
#[storage]
pub struct InsurancePool {
    ownership: Ownable,
    config: Config,
    reserves: Reserves,
    aside: Aside,
    pending: StorageU256,
    balances: StorageMap<Address, Holding>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    operators: StorageMap<Address, StorageMap<Address, StorageBool>>,
    exits: StorageMap<Address, Exits>,
    vault_list: StorageVec<StorageAddress>,
    vaults: StorageMap<Address, VaultRecord>,
    steward: StorageAddress,
    factory: StorageAddress,
}

contract_support::entrypoint!(InsurancePool, Locked);

/// Ownership, set-up and parameters; shares; ERC-4626; ERC-7540; cover.
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
            let words = [asset.into_word(), word(decimals.into())];
            return Err(Error::of::<UnsupportedDecimals>(&words));
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
    /// Fails with `DebtKnown` if the vault has a deficit that is known: the pool's to pay, or of before the pool covered it; and with
    /// `VaultSilent` if the vault to register does not answer, which would stop every exit. One that stopped answering can be removed.
    pub fn set_vault(&mut self, vault: Address, registered: bool) -> Result<(), Error> {
        self.ownership.only_owner()?;
        if vault.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        if registered == self.is_vault(vault) {
            return Ok(());
        }
        match self.has_deficit(vault) {
            Ok(true) => return Err(Error::of::<DebtKnown>(&[vault.into_word()])),
            Err(silent) if registered => return Err(silent),
            _ => {}
        }
        if registered {
            self.register(vault)
        } else {
            self.unregister(vault);
            Ok(())
        }
    }

    /// Whether `vault` may draw on the pool.
    pub fn is_vault(&self, vault: Address) -> bool {
        self.vaults.get(vault).position() != 0
    }

    /// Ends the market's trial: from now on all of the pool covers it, and the bond's shares are `creator`'s to move. Factory
    /// only (`NotFactory`), at the word of its owner. Fails with `DebtKnown` while a vault has a deficit: that is the bond's
    /// to pay, and nobody else's.
    pub fn promote(&mut self, creator: Address) -> Result<(), Error> {
        let caller = self.vm().msg_sender();
        if caller != self.factory.get() {
            return Err(Error::of::<NotFactory>(&[caller.into_word()]));
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
        let shares = U256::from(self.bonded());
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
        let (caller, steward) = (self.vm().msg_sender(), self.steward.get());
        if caller == self.ownership.owner() {
            require_no_emergency_since(steward, emergencies);
        } else if caller != steward {
            return Err(Error::of::<NotSteward>(&[caller.into_word()]));
        }
        let within_bounds = (DAY..=MAX_COOLDOWN).contains(&parameters.cooldown)
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

    /// Shares that exist, those that wait for redemption included.
    pub fn total_supply(&self) -> U256 {
        U256::from(self.reserves.totals().shares)
    }

    /// Shares of `account`. Shares that wait for redemption are the pool's.
    pub fn balance_of(&self, account: Address) -> U256 {
        let mut shares = U256::from(self.shares_of(account));
        if account == self.vm().contract_address() {
            shares += self.pending.get();
        }
        shares
    }

    /// Shares of `owner` that `spender` may move.
    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.get(owner).get(spender)
    }

    /// Lets `spender` move `value` of the caller's shares; the greatest value never runs out.
    pub fn approve(&mut self, spender: Address, value: U256) -> Result<bool, Error> {
        let owner = self.vm().msg_sender();
        self.allowances.setter(owner).setter(spender).set(value);
        let words = [owner.into_word(), spender.into_word(), value.into()];
        self.emit::<Approval>(2, &words);
        Ok(true)
    }

    /// Moves the caller's shares. Fails with `ZeroAddress` or `InsufficientBalance`.
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

    /// The share token: the pool itself (ERC-7575).
    pub fn share(&self) -> Address {
        self.vm().contract_address()
    }

    /// Whether the pool has an interface (ERC-165).
    pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
        INTERFACES.contains(&u32::from_be_bytes(interface_id.0))
    }

    /// Asset units that belong to the shares: not income that is still to be released, nor what was set aside.
    pub fn total_assets(&self) -> U256 {
        U256::from(self.released().assets)
    }

    /// Shares worth `assets`, rounded down.
    pub fn convert_to_shares(&self, assets: U256) -> Result<U256, Error> {
        Ok(U256::from(
            self.price().to_shares(narrow(assets), Rounding::Down)?,
        ))
    }

    /// Assets worth `shares`, rounded down.
    pub fn convert_to_assets(&self, shares: U256) -> Result<U256, Error> {
        Ok(U256::from(
            self.price().to_assets(narrow(shares), Rounding::Down)?,
        ))
    }

    /// Assets that the pool can still take, whoever deposits; none over a known debt.
    pub fn max_deposit(&self, _receiver: Address) -> U256 {
        let room = self.room();
        let worth = self
            .price()
            .to_assets(room.shares, Rounding::Down)
            .unwrap_or(u128::MAX);
        U256::from(worth.min(room.assets))
    }

    /// Shares that the pool can still mint, to whomever; none over a known debt.
    pub fn max_mint(&self, _receiver: Address) -> U256 {
        let room = self.room();
        let shares = self
            .price()
            .to_shares(room.assets, Rounding::Down)
            .unwrap_or(u128::MAX);
        U256::from(shares.min(room.shares))
    }

    /// Assets that were set aside for `controller`.
    pub fn max_withdraw(&self, controller: Address) -> U256 {
        U256::from(self.exits.get(controller).get().0.assets)
    }

    /// Shares of `controller` that were fulfilled.
    pub fn max_redeem(&self, controller: Address) -> U256 {
        U256::from(self.exits.get(controller).get().0.shares)
    }

    /// Shares minted for `assets`, rounded down.
    pub fn preview_deposit(&self, assets: U256) -> Result<U256, Error> {
        self.convert_to_shares(assets)
    }

    /// Assets taken for `shares`, rounded up.
    pub fn preview_mint(&self, shares: U256) -> Result<U256, Error> {
        Ok(U256::from(
            self.price().to_assets(narrow(shares), Rounding::Up)?,
        ))
    }

    /// Reverts with `PreviewUnsupported`: what an exit pays was fixed when it was fulfilled (ERC-7540).
    pub fn preview_withdraw(&self, _assets: U256) -> Result<U256, Error> {
        Err(PreviewUnsupported {}.into())
    }

    /// Reverts with `PreviewUnsupported`, as [`preview_withdraw`](Self::preview_withdraw).
    pub fn preview_redeem(&self, _shares: U256) -> Result<U256, Error> {
        Err(PreviewUnsupported {}.into())
    }

    /// Takes `assets` from the caller and mints shares to `receiver`, rounded down; returns the shares.
    ///
    /// Fails with `DebtKnown` while a vault has a debt that can be closed, `VaultSilent`, `ZeroAmount` if there would be no shares,
    /// `ZeroAddress`, `Overflow` beyond [`max_deposit`](Self::max_deposit), `TokenCallFailed`, or `AssetsMissing` if less arrived.
    pub fn deposit(&mut self, assets: U256, receiver: Address) -> Result<U256, Error> {
        self.locked(|pool| {
            let assets = narrow(assets);
            let shares = pool.price().to_shares(assets, Rounding::Down)?;
            pool.enter(assets, shares, receiver)?;
            Ok(U256::from(shares))
        })
    }

    /// Mints `shares` to `receiver` for assets of the caller, rounded up; returns the assets. Fails as `deposit`.
    pub fn mint(&mut self, shares: U256, receiver: Address) -> Result<U256, Error> {
        self.locked(|pool| {
            let shares = narrow(shares);
            let assets = pool.price().to_assets(shares, Rounding::Up)?;
            pool.enter(assets, shares, receiver)?;
            Ok(U256::from(assets))
        })
    }

    /// Pays `assets` of what was set aside for `controller` to `receiver`; returns the shares that it was set aside for, rounded up.
    ///
    /// For the controller and its operators (`NotOperator`). Fails with `ExceedsClaimable`, `ZeroAmount`, `ZeroAddress` or
    /// `TokenCallFailed`.
    pub fn withdraw(
        &mut self,
        assets: U256,
        receiver: Address,
        controller: Address,
    ) -> Result<U256, Error> {
        self.locked(|pool| {
            let part = pool.leave(assets, By::Assets, receiver, controller)?;
            Ok(U256::from(part.shares))
        })
    }

    /// Pays `receiver` what was set aside for `shares` of `controller`, rounded down; returns the assets. Fails as `withdraw`.
    pub fn redeem(
        &mut self,
        shares: U256,
        receiver: Address,
        controller: Address,
    ) -> Result<U256, Error> {
        self.locked(|pool| {
            let part = pool.leave(shares, By::Shares, receiver, controller)?;
            Ok(U256::from(part.assets))
        })
    }

    /// Asks to redeem `shares` of `owner` for `controller`; they are paid at most what they are worth now. They mature at the first
    /// midnight after the cooldown, and stay in the supply and slashable until they are fulfilled. Returns zero: requests are told
    /// apart by their controller alone.
    ///
    /// For `owner`, its operators, and whoever has its allowance; only `controller` and its operators name it (`NotOperator`). Fails
    /// with `ZeroAmount`, `InsufficientBalance`, `InsufficientAllowance`, or `TooManyBatches` if eight are open.
    pub fn request_redeem(
        &mut self,
        shares: U256,
        controller: Address,
        owner: Address,
    ) -> Result<U256, Error> {
        self.locked(|pool| pool.request(shares, controller, owner))
    }

    /// Shares that `controller` has requested and nobody has fulfilled. There is no request but number zero.
    pub fn pending_redeem_request(&self, request_id: U256, controller: Address) -> U256 {
        if request_id.is_zero() {
            U256::from(self.requested(controller))
        } else {
            U256::ZERO
        }
    }

    /// Shares of `controller` that were fulfilled. There is no request but number zero.
    pub fn claimable_redeem_request(&self, request_id: U256, controller: Address) -> U256 {
        if request_id.is_zero() {
            self.max_redeem(controller)
        } else {
            U256::ZERO
        }
    }

    /// Whether `operator` may request and redeem for `controller`.
    pub fn is_operator(&self, controller: Address, operator: Address) -> bool {
        self.operators.get(controller).get(operator)
    }

    /// Lets `operator` request and redeem for the caller, or no more.
    pub fn set_operator(&mut self, operator: Address, approved: bool) -> bool {
        let controller = self.vm().msg_sender();
        self.operators
            .setter(controller)
            .setter(operator)
            .set(approved);
        let words = [
            controller.into_word(),
            operator.into_word(),
            word(approved.into()),
        ];
        self.emit::<OperatorSet>(2, &words);
        true
    }

    /// Fixes what the mature batches of `controller` are paid: what their shares were worth when they were requested, or are worth
    /// now if that is less. Burns the shares and sets the assets aside. For anyone, in the first hour of a day.
    ///
    /// Returns the assets. Fails with `FulfilmentClosed`, `NothingMature`, `PaymentDue` while the pool would still pay for something
    /// that is known, or `VaultSilent`.
    pub fn fulfil(&mut self, controller: Address) -> Result<U256, Error> {
        self.locked(|pool| pool.fulfil_mature(controller))
    }

    /// Pays the calling vault at most `amount`, in asset units: what is [`available`](Self::available) to it.
    ///
    /// Returns what was paid: nothing if the token refuses to send it. Fails with `NotVault`, or with `TokenCallFailed` if little gas
    /// was left to the token.
    pub fn cover(&mut self, amount: U256) -> Result<U256, Error> {
        self.locked(|pool| pool.pay_cover(amount))
    }

    /// What `cover` would pay `vault` now, zero if it is not registered; what instruments' covers are measured by: the smaller of the
    /// pool's assets at the start of the day, less what left it since, and its assets now with what was drawn today; and that less
    /// what the pending requests are worth, which new open interest is limited by. While the market is experimental the last two are
    /// ten times the bond, with what was drawn today. In asset units.
    pub fn available(&self, vault: Address) -> (U256, U256, U256) {
        let (measured, lasting) = self.measured_assets();
        (
            U256::from(self.drawable(vault)),
            U256::from(measured),
            U256::from(lasting),
        )
    }

    /// Converts the profit in the pool's account in `vault` and withdraws its capital, as far as the vault allows, and
    /// counts what the pool holds. The shares get it over seven days; what is not released yet pays deficits before them.
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
        self.emit::<StewardSet>(1, &[steward.into_word()]);
    }

    fn configure(&mut self, settings: Settings) {
        self.config.set(&settings);
        let Parameters {
            cooldown,
            dailyDrawShare: share,
        } = settings.parameters;
        self.emit::<ParametersSet>(0, &[word(cooldown.into()), word(share.into())]);
    }

    /// What the shares own now.
    fn released(&self) -> Totals {
        let mut totals = self.reserves.totals();
        // What is locked is part of the assets.
        totals.assets -= self.aside.income().locked_at(self.now());
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
