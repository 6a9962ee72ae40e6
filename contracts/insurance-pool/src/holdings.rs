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
        let received = self
            .balances
            .get(to)
            .checked_add(value)
            .ok_or(Overflow {})?;
        self.balances.setter(to).set(received);
        self.vm().log(Transfer { from, to, value });
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

    /// Mints `shares` to `receiver`, then takes `assets` from the caller.
    pub(super) fn enter(
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
}
