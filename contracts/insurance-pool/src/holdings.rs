//! Shares of their owners: moving them, and minting them for assets.

use crate::abi::{
    Approval, AssetsMissing, Deposit, Error, InsufficientAllowance, InsufficientBalance, Overflow,
    ZeroAddress, ZeroAmount,
};
use crate::cover::Owed;
use crate::{InsurancePool, narrow};
use alloy_primitives::{Address, B256, U256};
use contract_support::token;
use contract_support::words::word;
use insurance::{Income, MAX_ASSETS, MAX_SUPPLY, PoolTotals, Rounding};
use stylus_sdk::prelude::*;

impl InsurancePool {
    /// Shares of `account`; of the pool, its bond.
    pub(super) fn shares_of(&self, account: Address) -> u128 {
        self.balances.get(account).shares(&self.reserves.totals())
    }

    /// As `shares_of`; of the pool, with the shares that wait for redemption.
    pub(super) fn balance_of(&self, account: Address) -> u128 {
        let mut shares = self.shares_of(account);
        if account == self.vm().contract_address() {
            shares += self.leaving.pending();
        }
        shares
    }

    /// Shares of `owner` that `spender` may move.
    pub(super) fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.get(owner).get(spender)
    }

    /// Lets `spender` move `value` of the caller's shares; the greatest value never runs out.
    pub(super) fn approve(&mut self, spender: Address, value: U256) -> B256 {
        let owner = self.vm().msg_sender();
        self.allow(owner, spender, value);
        let fields = [owner.into_word(), spender.into_word(), value.into()];
        self.emit::<Approval>(2, &fields);
        word(1)
    }

    fn allow(&mut self, owner: Address, spender: Address, value: U256) {
        self.allowances.setter(owner).setter(spender).set(value);
    }

    /// Moves shares. Fails with `ZeroAddress` or `InsufficientBalance`.
    pub(super) fn move_shares(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<(), Error> {
        if to.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        let shares = self.take(from, value)?;
        self.give(from, to, shares);
        Ok(())
    }

    /// Takes shares off those of `owner`.
    pub(super) fn take(&mut self, owner: Address, value: U256) -> Result<u128, Error> {
        let totals = self.reserves.totals();
        let balance = self.shares_of(owner);
        let shares = narrow(value);
        let Some(left) = balance.checked_sub(shares) else {
            let words = [owner.into_word(), word(balance), value.into()];
            return Err(Error::of::<InsufficientBalance>(&words));
        };
        self.balances.setter(owner).set(left, &totals);
        Ok(shares)
    }

    pub(super) fn spend_allowance(
        &mut self,
        owner: Address,
        spender: Address,
        value: U256,
    ) -> Result<(), Error> {
        let allowance = self.allowance(owner, spender);
        if allowance == U256::MAX {
            return Ok(());
        }
        if allowance < value {
            let words = [
                owner.into_word(),
                spender.into_word(),
                allowance.into(),
                value.into(),
            ];
            return Err(Error::of::<InsufficientAllowance>(&words));
        }
        self.allow(owner, spender, allowance - value);
        Ok(())
    }

    /// What the pool can still take, in assets and in shares, for whomever; nothing over a known debt.
    pub(super) fn room_for(&self, _receiver: Address) -> PoolTotals {
        let mut room = PoolTotals::default();
        if let Ok(None) = self.owing(Owed::Closable, u128::MAX) {
            let (totals, price) = (self.reserves.totals(), self.price());
            let held = totals.assets + self.leaving.set_aside();
            let (assets, shares) = (MAX_ASSETS.saturating_sub(held), MAX_SUPPLY - totals.shares);
            let worth = price.to_assets(shares, Rounding::Down);
            let bought = price.to_shares(assets, Rounding::Down);
            room.assets = assets.min(worth.unwrap_or(assets));
            room.shares = shares.min(bought.unwrap_or(shares));
        }
        room
    }

    /// Takes `assets` from the caller and mints shares to `receiver`, rounded down; returns the shares.
    ///
    /// Fails with `DebtKnown` while a vault has a debt that can be closed, `VaultSilent`, `ZeroAmount` if there would be no shares,
    /// `ZeroAddress`, `Overflow` beyond [`room_for`](Self::room_for), `TokenCallFailed`, or `AssetsMissing` if less arrived.
    pub(super) fn deposit(&mut self, assets: u128, receiver: Address) -> Result<u128, Error> {
        let shares = self.price().to_shares(assets, Rounding::Down)?;
        self.enter(assets, shares, receiver)?;
        Ok(shares)
    }

    /// Mints `shares` to `receiver` for assets of the caller, rounded up; returns the assets. Fails as `deposit`.
    pub(super) fn mint(&mut self, shares: u128, receiver: Address) -> Result<u128, Error> {
        let assets = self.price().to_assets(shares, Rounding::Up)?;
        self.enter(assets, shares, receiver)?;
        Ok(assets)
    }

    /// Mints `shares` to `receiver`, then takes `assets` from the caller and sees that they arrived.
    fn enter(&mut self, assets: u128, shares: u128, receiver: Address) -> Result<(), Error> {
        if receiver.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        if shares == 0 {
            return Err(ZeroAmount {}.into());
        }
        self.ask_before_deposit()?;
        let before = self.reserves.totals();
        let after = PoolTotals {
            assets: before.assets.saturating_add(assets),
            shares: before.shares.saturating_add(shares),
            ..before
        };
        let held = after.assets.saturating_add(self.leaving.set_aside());
        if held > MAX_ASSETS || after.shares > MAX_SUPPLY {
            return Err(Overflow {}.into());
        }
        let now = self.now();
        if before.shares == 0 {
            // What is here is nobody's yet.
            self.income.set(&Income::new(before.assets, now));
        }
        self.reserves.set(now, &after);
        // Minted before the token is called, at a price that this deposit cannot move; if less arrives, all of it reverts.
        self.give(Address::ZERO, receiver, shares);
        let (sender, amount) = (self.vm().msg_sender(), U256::from(assets));
        let words = [
            sender.into_word(),
            receiver.into_word(),
            word(assets),
            word(shares),
        ];
        self.emit::<Deposit>(2, &words);
        token::fetch(self.vm(), self.config.get().asset, sender, amount)?;
        let (held, expected) = (self.held()?, U256::from(held));
        if held < expected {
            return Err(Error::of::<AssetsMissing>(&[held.into(), expected.into()]));
        }
        Ok(())
    }

    /// Adds to the shares of `to`; all shares together are bounded, so no balance overflows.
    fn give(&mut self, from: Address, to: Address, shares: u128) {
        let totals = self.reserves.totals();
        let received = self.shares_of(to).saturating_add(shares);
        self.balances.setter(to).set(received, &totals);
        self.emit_transfer(from, to, shares);
    }

    /// Asset units that stand at the pool's address, counted as its own or not.
    pub(super) fn held(&self) -> Result<U256, Error> {
        let pool = self.vm().contract_address();
        Ok(token::balance(self.vm(), self.config.get().asset, pool)?)
    }
}
