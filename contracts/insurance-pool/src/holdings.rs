//! Shares of their owners: moving them, and minting them for assets.

use super::*;

impl InsurancePool {
    pub(super) fn move_shares(
        &mut self,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<(), Error> {
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
        self.give(from, to, value);
        Ok(())
    }

    pub(super) fn spend_allowance(
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

    /// Mints `shares` to `receiver`, then takes `assets` from the caller and sees that they arrived.
    pub(super) fn enter(
        &mut self,
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
        let before = self.reserves.totals();
        let after = Totals {
            assets: before.assets.saturating_add(assets),
            shares: before.shares.saturating_add(shares),
        };
        if after.assets > MAX_ASSETS || after.shares > MAX_SUPPLY {
            return Err(Overflow {}.into());
        }
        let now = self.now();
        self.reserves.set(now, after);
        self.give(Address::ZERO, receiver, shares);
        let sender = self.vm().msg_sender();
        self.vm().log(Deposit {
            sender,
            owner: receiver,
            assets,
            shares,
        });
        token::fetch(self.vm(), self.config.get().asset, sender, assets)?;
        let held = self.held()?;
        if held < after.assets {
            return Err(AssetsMissing {
                held,
                expected: after.assets,
            }
            .into());
        }
        Ok(())
    }

    /// Burns `shares` of `owner`.
    pub(super) fn burn(&mut self, owner: Address, shares: U256) -> Result<(), Error> {
        let balance = self.balances.get(owner);
        let left = balance.checked_sub(shares).ok_or(InsufficientBalance {
            owner,
            transferable: balance,
            needed: shares,
        })?;
        self.balances.setter(owner).set(left);
        self.vm().log(Transfer {
            from: owner,
            to: Address::ZERO,
            value: shares,
        });
        Ok(())
    }

    /// Adds `value` to the shares of `to`; all shares together are bounded, so no balance overflows.
    fn give(&mut self, from: Address, to: Address, value: U256) {
        let received = self.balances.get(to) + value;
        self.balances.setter(to).set(received);
        self.vm().log(Transfer { from, to, value });
    }

    /// Asset units that stand at the pool's address, counted as its own or not.
    pub(super) fn held(&self) -> Result<U256, Error> {
        let pool = self.vm().contract_address();
        Ok(token::balance(self.vm(), self.config.get().asset, pool)?)
    }
}
