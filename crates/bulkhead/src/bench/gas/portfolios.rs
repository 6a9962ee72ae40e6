//! Accounts of one, four and sixteen legs.

use super::{Bench, START_PRICE};
use crate::{abi::IMarginVault, bench::BenchError, chain::Transaction, orders::Party, units::WAD};
use alloy::primitives::{B256, U256};

/// The most that an account may have.
const LEGS: usize = 16;
const SIZES: [usize; 3] = [1, 4, 16];
/// Owns what others trade against; its first account ends up with 16 legs.
pub(super) const WHALE: usize = 6;
/// Owns the accounts that get into trouble.
pub(super) const WEAK: usize = 3;
/// Owns the accounts that take over.
pub(super) const LIQUIDATOR: usize = 2;
const HEALTHY: usize = 4;

/// A weak account: dollars that it deposits, and units that it is long at the start price, almost ten times as much.
pub(super) const WEAK_DEPOSIT: f64 = 1_000.0;
pub(super) const WEAK_SIZE: f64 = 45.0;
/// A price at which a weak account is below maintenance margin and not in debt.
pub(super) const WEAK_PRICE: f64 = 187.0;

impl Bench<'_> {
    pub(super) async fn portfolios(&mut self) -> Result<(), BenchError> {
        self.open_market(LEGS).await?;
        let account = |who: usize, k: usize| self.people[who].sub_account(k as u64);
        let healthy = SIZES.map(|k| account(HEALTHY, k));
        let weak = SIZES.map(|k| account(WEAK, k));
        let into = SIZES.map(|k| account(LIQUIDATOR, k));
        let accounts = [&healthy[..], &weak, &into, &[account(WHALE, 0)]].concat();
        let mut dollars = vec![100_000.0; accounts.len()];
        dollars[healthy.len()..][..weak.len()].fill(WEAK_DEPOSIT);
        dollars[accounts.len() - 1] = 10_000_000.0;
        let mut transactions = self.endow(&accounts, &dollars)?;
        for (place, legs) in SIZES.into_iter().enumerate() {
            for (who, account, size) in [
                (HEALTHY, healthy[place], 10.0),
                (WEAK, weak[place], WEAK_SIZE / legs as f64),
            ] {
                for contract in 0..legs {
                    transactions.push(self.buy(who, account, contract, size)?);
                }
            }
        }
        self.chain.execute(&transactions).await?;
        let trade = self.buy(HEALTHY, healthy[2], 0, 1.0)?;
        self.meter.note("vault.settle.16legs", trade).await?;
        self.touches_of_many_legs(&healthy).await?;
        self.liquidations(&weak, &into).await
    }

    /// The settlement of a purchase from the whale at the start price.
    pub(super) fn buy(
        &mut self,
        who: usize,
        account: B256,
        contract: usize,
        size: f64,
    ) -> Result<Transaction, BenchError> {
        let people = std::mem::take(&mut self.people);
        let buyer = Party {
            wallet: &people[who],
            account,
        };
        let seller = Party::main(&people[WHALE]);
        let settlement = self.settlement(seller, buyer, contract, size, START_PRICE);
        self.people = people;
        settlement
    }

    async fn touches_of_many_legs(&mut self, accounts: &[B256; 3]) -> Result<(), BenchError> {
        self.price(START_PRICE * 1.01).await?;
        for (legs, &account) in SIZES.into_iter().zip(accounts) {
            let touch = IMarginVault::touchCall { account };
            let name = format!("vault.touch.{legs}");
            self.call(&name, 0, self.market.vault, &touch).await?;
        }
        Ok(())
    }

    /// Each into an account without legs.
    async fn liquidations(&mut self, weak: &[B256; 3], into: &[B256; 3]) -> Result<(), BenchError> {
        self.price(WEAK_PRICE).await?;
        for (place, legs) in SIZES.into_iter().enumerate() {
            let liquidate = IMarginVault::liquidateCall {
                account: weak[place],
                into: into[place],
                maxShare: U256::from(WAD),
            };
            let name = format!("vault.liquidate.{legs}");
            self.call(&name, LIQUIDATOR, self.market.vault, &liquidate)
                .await?;
        }
        Ok(())
    }
}
