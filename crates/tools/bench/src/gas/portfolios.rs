//! Accounts of one, four and sixteen legs, in a market that others trade in too: on both sides of every contract there is
//! somebody in every bucket that an account can open in or be liquidated down to.

use super::{Bench, CALM_SECONDS, SPEC, START_PRICE};
use crate::BenchError;
use alloy::primitives::{B256, U256};
use client::{abi::IMarginVault, chain::Transaction, orders::Party, units::WAD};

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
/// Own the accounts that are in the market besides, long and short.
const LONGS: usize = 1;
const SHORTS: usize = 0;

/// Margin utilisations of the others when they open, a factor of sqrt(2) apart, so that each has a bucket.
const OTHERS: usize = 14;
const HIGHEST_UTILISATION: f64 = 0.45;
/// At the weak price an account that opened with this has the utilisation that a liquidation leaves behind.
const LEADING_TO_TARGET: f64 = 0.4;
/// Units of each contract that each of the others holds.
const OTHERS_SIZE: f64 = 1.0;

/// A weak account: dollars that it deposits, and units that it is long at the start price, almost ten times as much.
pub(super) const WEAK_DEPOSIT: f64 = 1_000.0;
pub(super) const WEAK_SIZE: f64 = 45.0;
/// A price at which a weak account is below maintenance margin and not in debt.
pub(super) const WEAK_PRICE: f64 = 187.0;

impl Bench<'_> {
    pub(super) async fn portfolios(&mut self) -> Result<(), BenchError> {
        self.open_market(LEGS).await?;
        self.populate().await?;
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

    /// Opens the others' positions, each long account against a short one of the same utilisation.
    async fn populate(&mut self) -> Result<(), BenchError> {
        let maintenance = LEGS as f64 * OTHERS_SIZE * START_PRICE * SPEC.maintenance;
        let utilisations = (0..OTHERS)
            .map(|k| HIGHEST_UTILISATION / 2_f64.powf(k as f64 / 2.0))
            .chain([LEADING_TO_TARGET]);
        let deposits: Vec<f64> = utilisations.map(|u| maintenance / u).collect();
        let pairs: Vec<[B256; 2]> = (0..deposits.len() as u64)
            .map(|k| [LONGS, SHORTS].map(|who| self.people[who].sub_account(k)))
            .collect();
        let twice: Vec<f64> = deposits.iter().flat_map(|&d| [d, d]).collect();
        let mut transactions = self.endow(&pairs.concat(), &twice)?;
        let people = std::mem::take(&mut self.people);
        let party = |who: usize, account| Party {
            wallet: &people[who],
            account,
        };
        for [long, short] in pairs {
            let (seller, buyer) = (party(SHORTS, short), party(LONGS, long));
            for contract in 0..LEGS {
                let trade = self.settlement(seller, buyer, contract, OTHERS_SIZE, START_PRICE)?;
                transactions.push(trade);
            }
        }
        self.people = people;
        self.chain.execute(&transactions).await?;
        Ok(())
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
        let account = self.people[LONGS].sub_account(OTHERS as u64);
        let touch = IMarginVault::touchCall { account };
        let touch = self.people[LONGS].call(self.chain, self.market.vault, &touch)?;
        self.chain.execute(&[touch]).await?;
        self.liquidation_that_pokes(weak[0], into[0]).await?;
        for (place, legs) in SIZES.into_iter().enumerate() {
            let liquidate = liquidation(weak[place], into[place]);
            let name = format!("vault.liquidate.{legs}");
            self.call(&name, LIQUIDATOR, self.market.vault, &liquidate)
                .await?;
        }
        Ok(())
    }

    /// A liquidation that meets a new round of every feed, undone. It comes later than what the guard has seen: a round of the same
    /// second that says the same is no news.
    async fn liquidation_that_pokes(&mut self, weak: B256, into: B256) -> Result<(), BenchError> {
        self.advance(CALM_SECONDS).await?;
        self.rounds(WEAK_PRICE).await?;
        let liquidate = liquidation(weak, into);
        let liquidate = self.people[LIQUIDATOR].call(self.chain, self.market.vault, &liquidate)?;
        self.meter
            .try_poking("vault.liquidate.1.poking", liquidate)
            .await?;
        self.people[LIQUIDATOR].take_back();
        self.poke().await
    }
}

/// Takes all that is due.
fn liquidation(account: B256, into: B256) -> IMarginVault::liquidateCall {
    IMarginVault::liquidateCall {
        account,
        into,
        maxShare: U256::from(WAD),
    }
}
