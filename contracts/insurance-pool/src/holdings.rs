//! Shares of their owners: moving them, and minting them for assets.

use super::*;

impl InsurancePool {
    /// Shares of `account`; of the pool, its bond.
    pub(super) fn shares_of(&self, account: Address) -> u128 {
        self.balances.get(account).shares(&self.reserves.totals())
    }

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
        let allowance = self.allowances.get(owner).get(spender);
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
        self.allowances
            .setter(owner)
            .setter(spender)
            .set(allowance - value);
        Ok(())
    }

    /// What the pool can still take: assets and shares; nothing over a known debt.
    pub(super) fn room(&self) -> Totals {
        let mut room = Totals::default();
        if let Ok(None) = self.owing(Owed::Closable, u128::MAX) {
            let totals = self.reserves.totals();
            let held = totals.assets + self.aside.set_aside();
            room.assets = MAX_ASSETS.saturating_sub(held);
            room.shares = MAX_SUPPLY - totals.shares;
        }
        room
    }

    /// Mints `shares` to `receiver`, then takes `assets` from the caller and sees that they arrived.
    pub(super) fn enter(
        &mut self,
        assets: u128,
        shares: u128,
        receiver: Address,
    ) -> Result<(), Error> {
        if receiver.is_zero() {
            return Err(ZeroAddress {}.into());
        }
        if shares == 0 {
            return Err(ZeroAmount {}.into());
        }
        if let Some(vault) = self.owing(Owed::Closable, u128::MAX)? {
            return Err(Error::of::<DebtKnown>(&[vault.into_word()]));
        }
        let before = self.reserves.totals();
        let after = Totals {
            assets: before.assets.saturating_add(assets),
            shares: before.shares.saturating_add(shares),
            ..before
        };
        let held = after.assets.saturating_add(self.aside.set_aside());
        if held > MAX_ASSETS || after.shares > MAX_SUPPLY {
            return Err(Overflow {}.into());
        }
        let now = self.now();
        self.reserves.set(now, &after);
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
