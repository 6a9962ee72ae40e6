//! Deleveraging beside ten and beside ten thousand accounts, which occupy the same buckets in the same proportions: what it
//! costs depends on how many buckets the cut reaches, so that is measured for a small and for a large part of a side.

use super::{Bench, START_PRICE, closing::close};
use crate::{abi::IMarginVault, bench::BenchError, orders::Party};
use alloy::primitives::B256;

/// Accounts in a crowd, and the part of their side that is closed, with what the keys say of it.
const CROWDS: [(usize, f64, &str); 3] = [
    (10, 0.05, ""),
    (10, 0.5, ".half_of_side"),
    (10_000, 0.05, ""),
];
/// Margin utilisations in a crowd, a factor of sqrt(2) apart, so that each has a bucket.
const BUCKETS: usize = 10;
/// The highest of them when a crowd opens its positions.
const UTILISATION: f64 = 0.45;
/// Units that each of a crowd is short.
const SIZE: f64 = 10.0;
const MAKER: usize = 0;
const CROWD: usize = 1;
const VICTIM: usize = 5;
const CLOSER: usize = 7;
/// The victim's deposit, in dollars for each unit of its position.
const VICTIM_DEPOSIT: f64 = 22.0;
/// Prices at which the victim has less than a fifth of its maintenance margin, and is in debt.
const WEAK_PRICE: f64 = 178.6;
const DEBT_PRICE: f64 = 174.0;
/// Its clock has to show two minutes, of which one observation adds at most one.
const OBSERVATIONS: usize = 4;
const OBSERVED_EVERY: u64 = 61;

impl Bench<'_> {
    pub(super) async fn crowds(&mut self) -> Result<(), BenchError> {
        for (count, part, suffix) in CROWDS {
            self.open_market(1).await?;
            self.gather(count, part).await?;
            self.deleverage(&format!("vault.deleverage.{count}accounts"), suffix)
                .await?;
        }
        Ok(())
    }

    /// Reduces the victim's position when it is weak, and closes what is left of it when it is in debt.
    async fn deleverage(&mut self, name: &str, suffix: &str) -> Result<(), BenchError> {
        let account = self.people[VICTIM].account();
        let vault = self.market.vault;
        self.price(WEAK_PRICE).await?;
        let touch = IMarginVault::touchCall { account };
        for _ in 0..OBSERVATIONS {
            self.advance(OBSERVED_EVERY).await?;
            let touch = self.people[MAKER].call(self.chain, vault, &touch)?;
            self.chain.execute(&[touch]).await?;
        }
        // One signed transaction serves twice: its sender sends no other, and the first time is undone.
        let close = self.people[CLOSER].call(self.chain, vault, &close(account))?;
        self.meter
            .try_out(&format!("{name}.before_debt{suffix}"), close.clone())
            .await?;
        self.quote(DEBT_PRICE).await?;
        self.meter.note(&format!("{name}{suffix}"), close).await
    }

    /// Opens the crowd's positions, and the victim's of `part` as much, all against one maker.
    async fn gather(&mut self, count: usize, part: f64) -> Result<(), BenchError> {
        let accounts: Vec<B256> = (0..count as u64)
            .map(|k| self.people[CROWD].sub_account(k))
            .collect();
        let notional = START_PRICE * SIZE;
        let deposit = |k: usize| {
            let utilisation = UTILISATION / 2_f64.powf((k % BUCKETS) as f64 / 2.0);
            super::TERMS.maintenance * notional / utilisation
        };
        let mut dollars: Vec<f64> = (0..count).map(deposit).collect();
        let two = [MAKER, VICTIM].map(|who| self.people[who].account());
        let size = part * SIZE * count as f64;
        dollars.extend([notional * count as f64, VICTIM_DEPOSIT * size]);
        let mut transactions = self.endow(&[&accounts[..], &two].concat(), &dollars)?;
        let people = std::mem::take(&mut self.people);
        let party = |wallet: usize, account| Party {
            wallet: &people[wallet],
            account,
        };
        let maker = party(MAKER, two[0]);
        for &account in &accounts {
            let short = party(CROWD, account);
            transactions.push(self.settlement(short, maker, 0, SIZE, START_PRICE)?);
        }
        let victim = party(VICTIM, two[1]);
        transactions.push(self.settlement(maker, victim, 0, size, START_PRICE)?);
        self.people = people;
        self.chain.execute(&transactions).await?;
        Ok(())
    }
}
