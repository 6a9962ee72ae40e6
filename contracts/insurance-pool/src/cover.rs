//! The vaults that the pool covers: what it pays them, and the income that it fetches from them.

use super::*;

impl InsurancePool {
    pub(super) fn register(&mut self, vault: Address) -> Result<(), Error> {
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
    pub(super) fn unregister(&mut self, vault: Address) {
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

    pub(super) fn pay_cover(&mut self, amount: U256) -> Result<U256, Error> {
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

    pub(super) fn fetch_income(&mut self, vault: Address) -> Result<U256, Error> {
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
    pub(super) fn wad_per_unit(&self) -> U256 {
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
