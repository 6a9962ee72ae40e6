//! Gas of every public function, from receipts of real transactions; of views, from an estimate.
//!
//! One market is walked through chapter by chapter, each in a file of its own; accounts of many legs and crowds of accounts
//! get markets of their own.

mod administration;
mod batches;
mod cache;
mod closing;
mod crowds;
mod engine;
mod factory;
mod guard;
mod meter;
mod options;
mod ownership;
mod pool;
mod portfolios;
mod probe;
mod slots;
mod trading;
mod views;

use super::{BenchError, artifacts};
use alloy::{
    primitives::{Address, B256, I256, U256},
    sol_types::{SolCall, SolValue},
};
use cache::ProgramCache;
use client::records::Deployment;
use client::{
    abi::{IOracleGuard, IPriceFeed},
    chain::{Chain, OPERATOR, Transaction, Wallet},
    orders::{Party, Trade, settle},
    units::{FEED, tokens, wad},
};
use meter::Meter;
pub use meter::{CACHED, GasFigures};
pub use slots::Slots;
use stage::{
    deploy,
    market::{ContractSpec, Market, deposit},
};
use std::path::Path;

const SPEC: ContractSpec = ContractSpec {
    maintenance: 0.05,
    initial: 0.1,
    band: 0.02,
    fees: [0.0001, 0.0005],
    open_interest: 1e9,
    shock: 0.15,
    cover: 1e9,
    floor: 10.0,
    ceiling: 10_000.0,
    heartbeat: 86_400,
};
const START_PRICE: f64 = 200.0;
const DAY: u64 = 86_400;
/// Sixteen windows of the guard's mean, after which no breaker reacts to a move below 20 %; the stable price follows that in minutes.
const CALM_SECONDS: u64 = 4_800;
/// Dollars in the pool of a market whose open interest must not be limited.
const PLENTY: f64 = 1e9;

/// A market with its people, and the figures so far.
struct Bench<'a> {
    chain: &'a Chain,
    deployment: Deployment,
    market: Market,
    operator: &'a Wallet,
    people: Vec<Wallet>,
    nonce: u64,
    feed_code: alloy::primitives::Bytes,
    meter: Meter<'a>,
}

/// Deploys to `chain`, walks through every function, and returns what each used, and the first market.
pub async fn measure(root: &Path, chain: &Chain) -> Result<(GasFigures, Market), BenchError> {
    let deployment = deploy::deploy(root, &chain.url, (START_PRICE * FEED) as i128).await?;
    let operator = Wallet::open(chain, OPERATOR).await?;
    let cache = ProgramCache::open(root, chain, &operator).await?;
    let listed = [("ETH", deployment.price_feed)];
    let market = Market::create(chain, &operator, &deployment, &listed, &SPEC).await?;
    let people = (0..8)
        .map(|k| Wallet::derived("bench", k))
        .collect::<Result<Vec<_>, _>>()?;
    let mut bench = Bench {
        chain,
        deployment,
        market: market.clone(),
        operator: &operator,
        people,
        nonce: 1,
        feed_code: artifacts::creation_code(root, "PriceFeed")?,
        meter: Meter::new(chain, cache),
    };
    bench.fund().await?;
    bench.factory().await?;
    bench.guard().await?;
    bench.engine().await?;
    bench.pool().await?;
    bench.trading().await?;
    bench.closing().await?;
    bench.administration().await?;
    bench.views().await?;
    bench.portfolios().await?;
    bench.batches().await?;
    bench.options().await?;
    bench.crowds().await?;
    bench.market = market.clone();
    bench.ownership().await?;
    Ok((bench.meter.figures, market))
}

impl Bench<'_> {
    async fn call<C: SolCall>(
        &mut self,
        name: &str,
        who: usize,
        to: Address,
        call: &C,
    ) -> Result<(), BenchError> {
        let transaction = self.people[who].call(self.chain, to, call)?;
        self.meter.note(name, transaction).await
    }

    async fn owner_call<C: SolCall>(
        &mut self,
        name: &str,
        to: Address,
        call: &C,
    ) -> Result<(), BenchError> {
        let transaction = self.operator.call(self.chain, to, call)?;
        self.meter.note(name, transaction).await
    }

    /// Gives everybody gas money.
    async fn fund(&mut self) -> Result<(), BenchError> {
        let mut transactions = Vec::new();
        for person in &self.people {
            let value = U256::from(10_u64.pow(18));
            transactions.push(self.operator.transact(
                self.chain,
                "gas money",
                person.address(),
                value,
                Default::default(),
            )?);
        }
        self.chain.execute(&transactions).await?;
        Ok(())
    }

    /// A new price of every contract, that no breaker reacts to.
    async fn price(&self, dollars: f64) -> Result<(), BenchError> {
        self.chain.advance(CALM_SECONDS).await?;
        self.quote(dollars).await
    }

    /// A new price of every contract, now.
    async fn quote(&self, dollars: f64) -> Result<(), BenchError> {
        self.rounds(dollars).await?;
        self.poke().await
    }

    /// A new round of every feed, which the guard has not seen.
    async fn rounds(&self, dollars: f64) -> Result<(), BenchError> {
        let mut transactions = Vec::new();
        for contract in &self.market.contracts {
            let push = IPriceFeed::pushCall {
                answer: feed_answer(dollars),
            };
            transactions.push(self.operator.call(self.chain, contract.feed, &push)?);
        }
        self.chain.execute(&transactions).await?;
        Ok(())
    }

    /// Has the guard look at every feed.
    async fn poke(&self) -> Result<(), BenchError> {
        let assets = self.market.assets();
        let poke = IOracleGuard::pokeManyCall { assets };
        let poke = self.operator.call(self.chain, self.market.guard, &poke)?;
        self.chain.execute(&[poke]).await?;
        Ok(())
    }

    /// Creates a price feed that says the start price.
    async fn create_feed(&self) -> Result<Address, BenchError> {
        const DECIMALS: u8 = 8;
        let arguments = (
            self.operator.address(),
            U256::from(DECIMALS),
            "benchmark".to_owned(),
            feed_answer(START_PRICE),
        );
        let initcode = [&self.feed_code[..], &arguments.abi_encode_params()].concat();
        let create = self
            .operator
            .create(self.chain, "create a feed", initcode.into())?;
        let feed = create.to;
        self.chain.execute(&[create]).await?;
        Ok(feed)
    }

    /// Goes on in a new market of `contracts` contracts with a price feed each, and plenty of insurance.
    async fn open_market(&mut self, contracts: usize) -> Result<(), BenchError> {
        let names: Vec<String> = (0..contracts).map(|k| format!("C{k}")).collect();
        let mut listed = Vec::with_capacity(contracts);
        for name in &names {
            listed.push((name.as_str(), self.create_feed().await?));
        }
        self.market =
            Market::create(self.chain, self.operator, &self.deployment, &listed, &SPEC).await?;
        self.market
            .seed_insurance(self.chain, self.operator, PLENTY)
            .await?;
        self.quote(START_PRICE).await
    }

    /// Deposits into the first account of one of the people.
    async fn deposit(&mut self, name: &str, who: usize, dollars: f64) -> Result<(), BenchError> {
        let [mint, approve, put] = deposit(self.chain, &self.market, &self.people[who], dollars)?;
        self.chain.execute(&[mint, approve]).await?;
        self.meter.note(name, put).await
    }

    /// Transactions with which the operator deposits the same into each of `accounts`.
    fn endow(&self, accounts: &[B256], dollars: &[f64]) -> Result<Vec<Transaction>, BenchError> {
        use client::abi::{IMarginVault::depositCall, IQuoteToken};
        let Market { vault, token, .. } = self.market;
        let total = tokens(dollars.iter().sum::<f64>() + 1.0);
        let to = self.operator.address();
        let mut transactions = vec![
            self.operator.call(
                self.chain,
                token,
                &IQuoteToken::mintCall { to, amount: total },
            )?,
            self.operator.call(
                self.chain,
                token,
                &IQuoteToken::approveCall {
                    spender: vault,
                    amount: total,
                },
            )?,
        ];
        for (&account, &dollars) in accounts.iter().zip(dollars) {
            let amount = tokens(dollars);
            let call = depositCall { account, amount };
            transactions.push(self.operator.call(self.chain, vault, &call)?);
        }
        Ok(transactions)
    }

    /// The transaction that settles a trade of contract `contract` at `price`, submitted by the operator.
    fn settlement(
        &mut self,
        seller: Party,
        buyer: Party,
        contract: usize,
        size: f64,
        price: f64,
    ) -> Result<Transaction, BenchError> {
        let trade = Trade {
            seller,
            buyer,
            instrument: self.market.contracts[contract].instrument,
            size: wad(size),
            price: wad(price),
            nonce: self.nonce,
            reduce_only: false,
        };
        self.nonce += 1;
        Ok(settle(
            self.chain,
            self.market.vault,
            self.operator,
            &trade,
        )?)
    }
}

/// A price as a feed says it.
fn feed_answer(dollars: f64) -> I256 {
    I256::unchecked_from((dollars * FEED).round() as i128)
}
