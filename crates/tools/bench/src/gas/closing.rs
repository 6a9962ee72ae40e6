//! The vault in trouble: accounts that go bankrupt within what insurance pays, and beyond it.

use super::{Bench, DAY, START_PRICE};
use crate::BenchError;
use alloy::primitives::{B256, U256};
use client::{
    abi::{IInsurancePool, IMarginVault},
    units::wad,
};
use stage::market::deposit;

const WEAK: usize = 2;
const LIQUIDATOR: usize = 5;
const OTHER_SIDE: usize = 6;
const BIG: usize = 7;

impl Bench<'_> {
    pub(super) async fn closing(&mut self) -> Result<(), BenchError> {
        self.insured().await?;
        self.uninsured().await
    }

    /// An account that is moved up a bucket, liquidated in part, and closed in debt.
    async fn insured(&mut self) -> Result<(), BenchError> {
        let vault = self.market.vault;
        let account = self.people[WEAK].account();
        self.trade("vault.settle.one_new", WEAK, OTHER_SIDE, 45.0)
            .await?;
        self.price(190.0).await?;
        let rebucket = IMarginVault::rebucketCall { account };
        self.call("vault.rebucket", 0, vault, &rebucket).await?;
        self.price(187.0).await?;
        let part = IMarginVault::liquidateCall {
            account,
            into: self.people[LIQUIDATOR].account(),
            maxShare: wad(0.1),
        };
        self.call("vault.liquidate.part", LIQUIDATOR, vault, &part)
            .await?;
        let harvest = IInsurancePool::harvestCall { vault };
        self.call("pool.harvest", 0, self.market.pool, &harvest)
            .await?;
        self.price(170.0).await?;
        let close = close(account);
        self.call("vault.deleverage.insured", 0, vault, &close)
            .await
    }

    /// A bankruptcy beyond what the pool pays in a day, and its recovery on the next.
    async fn uninsured(&mut self) -> Result<(), BenchError> {
        let vault = self.market.vault;
        self.price(START_PRICE).await?;
        // Once more: the stable price needs time to follow, and counts in initial margin.
        self.price(START_PRICE).await?;
        let more = deposit(
            self.chain,
            &self.market,
            &self.people[OTHER_SIDE],
            2_000_000.0,
        )?;
        self.chain.execute(&more).await?;
        self.trade("vault.settle.one_new", BIG, OTHER_SIDE, 9_000.0)
            .await?;
        self.price(168.0).await?;
        let close = close(self.people[BIG].account());
        self.call("vault.deleverage.beyond_insurance", 0, vault, &close)
            .await?;
        self.chain.advance(DAY).await?;
        self.quote(168.0).await?;
        let recover = IMarginVault::recoverCall {
            instrument: self.market.contracts[0].instrument,
        };
        self.call("vault.recover", 0, vault, &recover).await
    }
}

/// Closes all legs of an account.
pub(super) fn close(account: B256) -> IMarginVault::deleverageCall {
    const ALL_LEGS: u64 = 16;
    IMarginVault::deleverageCall {
        account,
        maxLegs: U256::from(ALL_LEGS),
    }
}
