//! Requests to redeem, the clock that deficits stop, and paying out.

use super::store::Terms;
use super::*;

impl InsurancePool {
    /// Shares of `owner` in their claim window.
    pub(super) fn claimable(&self, owner: Address) -> U256 {
        let terms = self.requests.get(owner).terms();
        terms.claimable(self.exit_clock.time(self.now()))
    }

    /// Shares of `owner` that no request holds.
    pub(super) fn transferable(&self, owner: Address) -> U256 {
        let balance = self.balances.get(owner);
        let terms = self.requests.get(owner).terms();
        if terms.shares.is_zero() {
            return balance;
        }
        balance.saturating_sub(terms.locked(self.exit_clock.time(self.now())))
    }

    /// The known deficit of `vault`, WAD; `None` if it does not answer.
    ///
    /// Known is what was written off, less what haircuts have paid for it, and every debt that was found, including
    /// debts that the pool is about to pay: nobody leaves in front of them.
    pub(super) fn deficit(&self, vault: Address) -> Option<U256> {
        let totals = vault::totalsCall {}.abi_encode();
        let [_, _, _, debt] = calls::view(self.vm(), vault, &totals).ok()?;
        let shortfall = vault::shortfallCall {}.abi_encode();
        let [written_off] = calls::view(self.vm(), vault, &shortfall).ok()?;
        // Two's complement: haircuts may have paid for more than was written off yet.
        let deficit = debt.wrapping_add(written_off);
        Some(if deficit.bit(255) {
            U256::ZERO
        } else {
            deficit
        })
    }

    /// Whether `vault` has a known deficit above dust, or does not answer.
    pub(super) fn is_deficient(&self, vault: Address) -> bool {
        self.deficit(vault)
            .is_none_or(|deficit| deficit > DEFICIT_DUST)
    }

    /// A registered vault that stops exits now.
    pub(super) fn deficient_vault(&self) -> Option<Address> {
        (0..self.vault_list.len())
            .filter_map(|k| self.vault_list.get(k))
            .find(|&vault| self.is_deficient(vault))
    }

    /// Looks for a deficit and stops or starts the exit clock accordingly; returns the vault that has one.
    pub(super) fn observe_deficits(&mut self) -> Option<Address> {
        let deficient = self.deficient_vault();
        match (deficient.is_some(), self.exit_clock.is_stopped()) {
            (true, false) => self.stop_exit_clock(),
            (false, true) => {
                let now = self.now();
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
        let now = self.now();
        self.exit_clock.stop(now);
        self.vm().log(ExitClockStopped { at: now });
    }

    /// Burns `shares` of `owner`, which must be claimable, then pays `assets` to `receiver`.
    pub(super) fn leave(
        &mut self,
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
        self.burn(owner, shares)?;
        let before = self.reserves.totals();
        let now = self.now();
        self.reserves.set(
            now,
            Totals {
                assets: before.assets - assets,
                shares: before.shares - shares,
            },
        );
        self.vm().log(Withdraw {
            sender,
            receiver,
            owner,
            assets,
            shares,
        });
        let asset = self.config.get().asset;
        Ok(token::send(self.vm(), asset, receiver, assets)?)
    }

    /// Takes `shares` off the request of `owner`.
    fn claim(&mut self, shares: U256, receiver: Address, owner: Address) -> Result<(), Error> {
        let clock = self.exit_clock.time(self.now());
        let mut request = self.requests.setter(owner);
        let mut terms = request.terms();
        let claimable = terms.claimable(clock);
        if claimable < shares {
            return Err(ExceedsClaimable {
                owner,
                claimable,
                needed: shares,
            }
            .into());
        }
        let requested = request.receiver();
        if requested != receiver {
            return Err(ReceiverMismatch {
                requested,
                given: receiver,
            }
            .into());
        }
        terms.shares -= shares;
        request.set_terms(&terms);
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
        let now = self.now();
        let parameters = self.config.get().parameters;
        let cooldown = u64::from(parameters.cooldown);
        let claimable_at = self.exit_clock.time(now) + cooldown;
        let mut request = self.requests.setter(owner);
        request.set_terms(&Terms {
            shares,
            claimable_at,
            expires_at: claimable_at + u64::from(parameters.claimWindow),
        });
        request.set_receiver(receiver);
        let claimable_at = now + cooldown;
        self.vm().log(RedeemRequested {
            owner,
            receiver,
            shares,
            claimableAt: claimable_at,
        });
        Ok(claimable_at)
    }
}
