//! Views.

use super::Bench;
use crate::BenchError;
use alloy::sol_types::SolCall;
use client::abi::{IERC4626, IInsurancePool, IMarginVault, IOracleGuard};
use stage::market::Market;

impl Bench<'_> {
    /// Views cost nothing by themselves; an estimate says what a transaction that only makes the call would use.
    pub(super) async fn views(&mut self) -> Result<(), BenchError> {
        let Market {
            vault, pool, guard, ..
        } = self.market;
        let (account, asset) = (self.people[3].account(), self.market.contracts[0].asset);
        let views = [
            (
                "guard.read",
                guard,
                IOracleGuard::readCall { asset }.abi_encode(),
            ),
            (
                "vault.health",
                vault,
                IMarginVault::healthCall { account }.abi_encode(),
            ),
            (
                "vault.balances",
                vault,
                IMarginVault::balancesCall { account }.abi_encode(),
            ),
            (
                "vault.legs",
                vault,
                IMarginVault::legsCall { account }.abi_encode(),
            ),
            (
                "vault.coverage",
                vault,
                IMarginVault::coverageCall {}.abi_encode(),
            ),
            (
                "vault.totals",
                vault,
                IMarginVault::totalsCall {}.abi_encode(),
            ),
            (
                "pool.totalAssets",
                pool,
                IERC4626::totalAssetsCall {}.abi_encode(),
            ),
            (
                "pool.available",
                pool,
                IInsurancePool::availableCall { vault }.abi_encode(),
            ),
        ];
        for (name, to, data) in views {
            let gas = self
                .chain
                .estimate(self.people[0].address(), to, data.into())
                .await?;
            self.meter
                .figures
                .gas
                .insert(format!("{name}.estimate"), gas);
        }
        Ok(())
    }
}
