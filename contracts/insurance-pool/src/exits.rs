//! Requests to redeem, the clock that deficits stop, and paying out.

use super::*;

impl InsurancePool {
    /// Shares of `owner` in their claim window.
    pub(super) fn claimable(&self, owner: Address) -> U256 {
        let clock = self.exit_clock.running(self.vm().block_timestamp());
        self.requests
            .get(owner)
            .claimable(clock, self.parameters.values().claimWindow)
    }

    /// Shares of `owner` that no request holds.
    pub(super) fn transferable(&self, owner: Address) -> U256 {
        let clock = self.exit_clock.running(self.vm().block_timestamp());
        let locked = self
            .requests
            .get(owner)
            .locked(clock, self.parameters.values().claimWindow);
        self.balances.get(owner).saturating_sub(locked)
    }

    /// A registered vault with a deficit above dust, or that does not answer.
    pub(super) fn deficient_vault(&self) -> Option<Address> {
        (0..self.vault_list.len())
            .filter_map(|k| self.vault_list.get(k))
            .find(|&vault| {
                let coverage = calls::view(self.vm(), vault, &vault::coverageCall {}.abi_encode());
                coverage.map_or(true, |[_, missing]| missing > DEFICIT_DUST)
            })
    }

    /// Looks for a deficit and stops or starts the exit clock accordingly; returns the vault that has one.
    pub(super) fn observe_deficits(&mut self) -> Option<Address> {
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

    pub(super) fn stop_exit_clock(&mut self) {
        let now = self.vm().block_timestamp();
        self.exit_clock.stop(now);
        self.vm().log(ExitClockStopped { at: now });
    }

    /// Burns `shares` of `owner`, which must be claimable, then pays `assets` to `receiver`.
    pub(super) fn leave(
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
    pub(super) fn claim(
        &mut self,
        shares: U256,
        receiver: Address,
        owner: Address,
    ) -> Result<(), Error> {
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

    pub(super) fn request(&mut self, shares: U256, receiver: Address) -> Result<u64, Error> {
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
}
