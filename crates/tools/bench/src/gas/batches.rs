//! Liquidations of many accounts at once, in the market that the portfolios left.

use super::{
    Bench, START_PRICE,
    portfolios::{LIQUIDATOR, WEAK, WEAK_DEPOSIT, WEAK_PRICE},
};
use crate::BenchError;
use alloy::primitives::{B256, U256};
use client::{abi::IMarginVault, units::WAD};

const BATCHES: [usize; 2] = [10, 50];
/// Sub-account numbers beyond those of the portfolios.
const FIRST: u64 = 1_000;
/// Dollars in an account that takes a batch over.
const INTO_DEPOSIT: f64 = 1_000_000.0;
/// Units that each weak account is long.
const SIZE: f64 = super::portfolios::WEAK_SIZE;

impl Bench<'_> {
    pub(super) async fn batches(&mut self) -> Result<(), BenchError> {
        self.price(START_PRICE).await?;
        // Once more: the stable price needs time to follow, and counts in initial margin.
        self.price(START_PRICE).await?;
        let count: usize = BATCHES.iter().sum();
        let weak: Vec<B256> = (0..count as u64)
            .map(|k| self.people[WEAK].sub_account(FIRST + k))
            .collect();
        let into = BATCHES.map(|size| self.people[LIQUIDATOR].sub_account(FIRST + size as u64));
        let accounts = [&weak[..], &into].concat();
        let mut dollars = vec![WEAK_DEPOSIT; count];
        dollars.extend([INTO_DEPOSIT; BATCHES.len()]);
        let mut transactions = self.endow(&accounts, &dollars)?;
        for &account in &weak {
            transactions.push(self.buy(WEAK, account, 0, SIZE)?);
        }
        self.chain.execute(&transactions).await?;
        self.price(WEAK_PRICE).await?;
        let mut rest = &weak[..];
        for (size, into) in BATCHES.into_iter().zip(into) {
            let (accounts, others) = rest.split_at(size);
            rest = others;
            let batch = IMarginVault::liquidateBatchCall {
                accounts: accounts.to_vec(),
                into,
                maxShare: U256::from(WAD),
            };
            let name = format!("vault.liquidateBatch.{size}");
            self.call(&name, LIQUIDATOR, self.market.vault, &batch)
                .await?;
        }
        Ok(())
    }
}
