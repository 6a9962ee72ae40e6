//! The vault while nobody is in trouble.

use super::{Bench, SPEC, START_PRICE};
use crate::BenchError;
use alloy::primitives::U256;
use client::{abi::IMarginVault, chain::Transaction, orders::Party, units::tokens};
use stage::market::deposit;

/// Whose positions the chapter is about.
const SHORT: usize = 1;
const LONG: usize = 3;
const IDLE: usize = 4;

impl Bench<'_> {
    pub(super) async fn trading(&mut self) -> Result<(), BenchError> {
        self.market
            .promote(self.chain, self.operator, &SPEC)
            .await?;
        self.deposits().await?;
        self.trade("vault.settle.new", LONG, SHORT, 100.0).await?;
        self.trade("vault.settle.existing", LONG, SHORT, 10.0)
            .await?;
        self.advance(super::CALM_SECONDS).await?;
        self.rounds(START_PRICE).await?;
        let settlement = self.trade_of(LONG, SHORT, 10.0)?;
        self.meter
            .note_poking("vault.settle.poking", settlement)
            .await?;
        self.trade("vault.settle.reducing", SHORT, LONG, 10.0)
            .await?;
        self.touches().await?;
        self.money().await?;
        let vault = self.market.vault;
        let nonce = U256::from(99);
        let cancel = IMarginVault::cancelCall { nonce };
        self.call("vault.cancel", LONG, vault, &cancel).await?;
        let signer = self.people[IDLE].address();
        let set_signer = IMarginVault::setSignerCall {
            signer,
            allowed: true,
        };
        self.call("vault.setSigner", LONG, vault, &set_signer)
            .await?;
        let distribute = IMarginVault::distributeFeesCall {};
        self.call("vault.distributeFees", IDLE, vault, &distribute)
            .await?;
        self.first_deposit().await?;
        self.conversion().await
    }

    async fn deposits(&mut self) -> Result<(), BenchError> {
        self.deposit("vault.deposit.new", SHORT, 10_000.0).await?;
        self.deposit("vault.deposit", SHORT, 100_000.0).await?;
        for who in 2..8 {
            let dollars = if who == 2 { 1_000.0 } else { 200_000.0 };
            let person = &self.people[who];
            let transactions = deposit(self.chain, &self.market, person, dollars)?;
            self.chain.execute(&transactions).await?;
        }
        Ok(())
    }

    /// Of the treasury, which has its share of fees in an account and has never deposited.
    async fn first_deposit(&mut self) -> Result<(), BenchError> {
        let [mint, approve, put] = deposit(self.chain, &self.market, self.operator, 1_000.0)?;
        self.chain.execute(&[mint, approve]).await?;
        self.meter.note("vault.deposit.first", put).await
    }

    /// A trade of the first contract at the start price between the first accounts of two people.
    pub(super) async fn trade(
        &mut self,
        name: &str,
        buyer: usize,
        seller: usize,
        size: f64,
    ) -> Result<(), BenchError> {
        let settlement = self.trade_of(buyer, seller, size)?;
        self.meter.note(name, settlement).await
    }

    fn trade_of(
        &mut self,
        buyer: usize,
        seller: usize,
        size: f64,
    ) -> Result<Transaction, BenchError> {
        let people = std::mem::take(&mut self.people);
        let parties = (Party::main(&people[seller]), Party::main(&people[buyer]));
        let settlement = self.settlement(parties.0, parties.1, 0, size, START_PRICE);
        self.people = people;
        settlement
    }

    async fn touches(&mut self) -> Result<(), BenchError> {
        let (vault, account) = (self.market.vault, self.people[LONG].account());
        let touch = IMarginVault::touchCall { account };
        self.call("vault.touch.unchanged", 0, vault, &touch).await?;
        self.price(START_PRICE * 1.02).await?;
        self.call("vault.touch.by_owner", LONG, vault, &touch)
            .await?;
        self.price(START_PRICE).await?;
        self.call("vault.touch.1", 0, vault, &touch).await
    }

    async fn money(&mut self) -> Result<(), BenchError> {
        let vault = self.market.vault;
        for (name, who) in [("vault.withdraw", IDLE), ("vault.withdraw.1", LONG)] {
            let withdraw = IMarginVault::withdrawCall {
                account: self.people[who].account(),
                amount: tokens(10.0),
                to: self.people[who].address(),
            };
            self.call(name, who, vault, &withdraw).await?;
        }
        let transfer = IMarginVault::transferCall {
            from: self.people[IDLE].account(),
            to: self.people[IDLE].sub_account(1),
            amount: client::units::wad(10.0),
        };
        self.call("vault.transfer", IDLE, vault, &transfer).await
    }

    /// Profit is converted once it is mature and the losers are settled.
    async fn conversion(&mut self) -> Result<(), BenchError> {
        let vault = self.market.vault;
        let [winner, loser] = [LONG, SHORT].map(|who| self.people[who].account());
        self.price(START_PRICE * 1.02).await?;
        let touch = |account| IMarginVault::touchCall { account };
        self.call("vault.touch.loser", 0, vault, &touch(loser))
            .await?;
        let settle = self.people[0].call(self.chain, vault, &touch(winner))?;
        self.chain.execute(&[settle]).await?;
        self.price(START_PRICE * 1.02).await?;
        let convert = IMarginVault::convertCall {
            account: winner,
            maxProfit: U256::MAX,
        };
        self.call("vault.convert", LONG, vault, &convert).await?;
        self.price(START_PRICE).await
    }
}
