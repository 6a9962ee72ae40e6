//! The vaults that the pool covers: what it pays them, and the income that it fetches from them.

use super::*;

/// A vault lets an instrument's cover be at most a tenth of the assets that it is told of: told of ten times the bond, the
/// bond.
const COVERS_IN_ASSETS: U256 = U256::from_limbs([10, 0, 0, 0]);

/// A call gets all but a 64th of the gas, so one that failed and left this much had more than six million.
const GAS_LEFT_BY_REFUSAL: u64 = 100_000;

impl InsurancePool {
    pub(super) fn register(&mut self, vault: Address) -> Result<(), Error> {
        if self.vault_list.len() >= MAX_VAULTS {
            return Err(TooManyVaults {}.into());
        }
        self.vault_list.push(vault);
        let position = self.vault_list.len() as u8;
        self.vaults.setter(vault).set_position(position);
        self.vm().log(VaultSet {
            vault,
            registered: true,
        });
        Ok(())
    }

    /// Moves the list's last vault into the gap.
    pub(super) fn unregister(&mut self, vault: Address) {
        let position = self.vaults.get(vault).position();
        let last = self.vault_list.pop().unwrap_or(vault);
        if last != vault {
            if let Some(mut gap) = self.vault_list.setter(u32::from(position) - 1) {
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

    /// What `vault` may draw now; zero if it is not registered.
    ///
    /// A share of what the pool held when the day began, less what the vault has drawn since. A pool that began the day
    /// with less than a dollar counts what came in since as well, so that a new one covers from its first hour. While the
    /// market is experimental, no more than its bond is worth.
    pub(super) fn drawable(&self, vault: Address) -> U256 {
        let record = self.vaults.get(vault);
        if record.position() == 0 {
            return U256::ZERO;
        }
        let now = self.now();
        let settings = self.config.get();
        let held = self.reserves.totals().assets;
        let drawn = record.drawn_on(now);
        let basis = self.opening(held + drawn);
        let limit = if settings.promoted {
            held
        } else {
            self.bond_worth()
        };
        share_of(basis, settings.parameters.dailyDrawShare)
            .saturating_sub(drawn)
            .min(limit)
    }

    /// What the pool began the day with; one that began it with less than a dollar has what `came_in`.
    pub(super) fn opening(&self, came_in: U256) -> U256 {
        let opening = self.reserves.opening(self.now());
        if opening < self.config.get().unit() {
            came_in
        } else {
            opening
        }
    }

    /// What instruments' covers are measured by; see [`available`](InsurancePool::available). What was drawn today counts, so that
    /// paying makes no cover smaller, and what came in today does not, so that tokens that pass through make none larger.
    pub(super) fn measured_assets(&self) -> U256 {
        let drawn = self.reserves.drawn(self.now());
        if self.config.get().promoted {
            let before_draws = self.reserves.totals().assets + drawn;
            before_draws.min(self.opening(before_draws))
        } else {
            (self.bond_worth() + drawn) * COVERS_IN_ASSETS
        }
    }

    pub(super) fn pay_cover(&mut self, amount: U256) -> Result<U256, Error> {
        let vault = self.vm().msg_sender();
        if !self.is_vault(vault) {
            return Err(NotVault { vault }.into());
        }
        let payable = amount.min(self.drawable(vault));
        let paid = self.pay(vault, payable)?;
        if amount - paid > self.config.get().unit() && !self.exit_clock.is_stopped() {
            self.stop_exit_clock();
        }
        self.vm().log(Covered {
            vault,
            amount,
            paid,
        });
        Ok(paid)
    }

    /// Sends `payable` to `vault` and counts it; returns what was paid. That is nothing if the token refuses, for a token
    /// that blocks the pool must not keep the vault from closing accounts.
    fn pay(&mut self, vault: Address, payable: U256) -> Result<U256, Error> {
        if payable.is_zero() {
            return Ok(U256::ZERO);
        }
        let sent = token::send(self.vm(), self.config.get().asset, vault, payable);
        if let Err(refused) = sent {
            // Whoever gives the token too little gas has not made it refuse.
            if self.vm().evm_gas_left() < GAS_LEFT_BY_REFUSAL {
                return Err(refused.into());
            }
            return Ok(U256::ZERO);
        }
        let now = self.now();
        let burned = self.slash_bond(payable)?;
        let before = self.reserves.totals();
        self.reserves.draw(
            now,
            payable,
            Totals {
                assets: before.assets - payable,
                shares: before.shares - burned,
            },
        );
        self.vaults.setter(vault).draw(now, payable);
        Ok(payable)
    }

    pub(super) fn fetch_income(&mut self, vault: Address) -> Result<U256, Error> {
        if !self.is_vault(vault) {
            return Err(NotVault { vault }.into());
        }
        self.observe_deficits();
        let account = account_of(self.vm().contract_address());
        let convert = vault::convertCall {
            account,
            maxProfit: U256::MAX,
        };
        // Nothing may be convertible yet; the capital can be fetched all the same.
        let _ = calls::call::<1>(self.vm(), vault, &convert.abi_encode());
        let balances = vault::balancesCall { account }.abi_encode();
        let [capital] = calls::view(self.vm(), vault, &balances)?;
        let amount = math::div(capital, self.config.get().wad_per_unit());
        if !amount.is_zero() {
            let to = self.vm().contract_address();
            let withdraw = vault::withdrawCall {
                account,
                amount,
                to,
            };
            calls::call::<1>(self.vm(), vault, &withdraw.abi_encode())?;
        }
        let assets = self.count_assets()?;
        self.vm().log(Harvested { vault, assets });
        Ok(assets)
    }

    /// Counts everything that the pool holds as its own, and returns by how much that is more than before.
    fn count_assets(&mut self) -> Result<U256, Error> {
        let held = self.held()?.min(MAX_ASSETS);
        let before = self.reserves.totals();
        let now = self.now();
        self.reserves.set(
            now,
            Totals {
                assets: held,
                ..before
            },
        );
        Ok(held.saturating_sub(before.assets))
    }
}

/// The first account of `owner` in a vault.
fn account_of(owner: Address) -> B256 {
    let mut account = B256::ZERO;
    account[..20].copy_from_slice(owner.as_slice());
    account
}
