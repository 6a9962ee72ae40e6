//! Deleveraging beside ten and beside ten thousand accounts, which occupy the same buckets in the same proportions: what it
//! costs depends on how many buckets the cut reaches, so that is measured for a small and for a large part of a side.

use super::{Bench, DAY, START_PRICE, closing::close};
use crate::BenchError;
use alloy::primitives::B256;
use client::{abi::IMarginVault, orders::Party};

/// Accounts in a crowd, and the part of their side that each victim is closed against, with what the keys say of it.
const CROWDS: [(usize, f64, &str); 3] = [
    (10, 0.04, ""),
    (10, 0.25, ".quarter_of_side"),
    (10_000, 0.04, ""),
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
const HOUR: u64 = 3_600;

impl Bench<'_> {
    pub(super) async fn crowds(&mut self) -> Result<(), BenchError> {
        for (count, part, suffix) in CROWDS {
            // The first draw of a day costs the pool a slot more, so that each crowd gets a day of its own.
            let now = self.chain.timestamp().await?;
            self.advance(DAY - now % DAY).await?;
            self.open_market(1).await?;
            self.gather(count, part).await?;
            self.deleverage(&format!("vault.deleverage.{count}accounts"), suffix)
                .await?;
        }
        Ok(())
    }

    /// Reduces the first victim's position, which cuts buckets that were never cut; then measures the second one's beside
    /// buckets that were, as they are in a market that has been in use: when it is weak, and when it is in debt.
    async fn deleverage(&mut self, name: &str, suffix: &str) -> Result<(), BenchError> {
        let vault = self.market.vault;
        let victims = self.victims();
        self.price(WEAK_PRICE).await?;
        self.observe(victims).await?;
        let [first, second] = victims.map(close);
        let key = format!("{name}.before_debt{suffix}");
        self.call(&format!("{key}.first"), MAKER, vault, &first)
            .await?;
        // What may be deleveraged within an hour is available again.
        self.advance(HOUR).await?;
        self.quote(WEAK_PRICE).await?;
        // And its clock has forgotten what was seen before.
        self.observe(victims).await?;
        // One signed transaction serves twice: its sender sends no other, and the first time is undone.
        let close = self.people[CLOSER].call(self.chain, vault, &second)?;
        self.meter.try_out(&key, close.clone()).await?;
        self.quote(DEBT_PRICE).await?;
        self.meter.note(&format!("{name}{suffix}"), close).await
    }

    /// Lets the victims' clocks show two minutes.
    async fn observe(&mut self, victims: [B256; 2]) -> Result<(), BenchError> {
        for _ in 0..OBSERVATIONS {
            self.advance(OBSERVED_EVERY).await?;
            for account in victims {
                let touch = IMarginVault::touchCall { account };
                let touch = self.people[MAKER].call(self.chain, self.market.vault, &touch)?;
                self.chain.execute(&[touch]).await?;
            }
        }
        Ok(())
    }

    fn victims(&self) -> [B256; 2] {
        [0, 1].map(|number| self.people[VICTIM].sub_account(number))
    }

    /// Opens the crowd's positions, and each victim's of `part` as much, all against one maker. Who closes has an
    /// account, as keepers do.
    async fn gather(&mut self, count: usize, part: f64) -> Result<(), BenchError> {
        let accounts: Vec<B256> = (0..count as u64)
            .map(|k| self.people[CROWD].sub_account(k))
            .collect();
        let notional = START_PRICE * SIZE;
        let deposit = |k: usize| {
            let utilisation = UTILISATION / 2_f64.powf((k % BUCKETS) as f64 / 2.0);
            super::SPEC.maintenance * notional / utilisation
        };
        let mut dollars: Vec<f64> = (0..count).map(deposit).collect();
        let [maker, closer] = [MAKER, CLOSER].map(|who| self.people[who].account());
        let victims = self.victims();
        let size = part * SIZE * count as f64;
        dollars.extend([VICTIM_DEPOSIT * size; 2]);
        dollars.extend([notional * count as f64, 1.0]);
        let everybody = [&accounts[..], &victims, &[maker, closer]].concat();
        let mut transactions = self.endow(&everybody, &dollars)?;
        let people = std::mem::take(&mut self.people);
        let party = |wallet: usize, account| Party {
            wallet: &people[wallet],
            account,
        };
        let maker = party(MAKER, maker);
        for &account in &accounts {
            let short = party(CROWD, account);
            transactions.push(self.settlement(short, maker, 0, SIZE, START_PRICE)?);
        }
        for victim in victims {
            let victim = party(VICTIM, victim);
            transactions.push(self.settlement(maker, victim, 0, size, START_PRICE)?);
        }
        self.people = people;
        self.chain.execute(&transactions).await?;
        Ok(())
    }
}
