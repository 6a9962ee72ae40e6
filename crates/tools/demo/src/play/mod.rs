//! The crisis itself: minute by minute, price, breaker, trades and keeper, every operation audited.

mod operations;
mod orders;
mod state;

use super::{
    audit::{Audit, Operation},
    crowd::{Match, PERPETUALS, Trader, pair},
    options::OptionBoard,
    record::{Incident, Step},
};
use alloy::primitives::{Address, B256, Bytes, U256};
use client::{
    chain::{Chain, ChainError, Wallet, account_of},
    units::{WAD, number},
};
use keeper::{Action, Contracts, Keeper, plan};
use operations::Planned;
use prices::Tick;
use risk::rules::tiers::action;
use stage::market::{ContractSpec, Market, deposit, rate};
use standing::Instrument;
use state::State;
use std::collections::{BTreeMap, VecDeque};

/// A market that moved this much within `CONGESTION_WINDOW` fills the blocks, as it did on that day.
const CONGESTION_MOVE: f64 = 0.04;
const CONGESTION_WINDOW: usize = 10;
/// Minutes between the keeper's rounds while blocks are full.
const CONGESTION_PAUSE: u64 = 6;
/// Wei for each trader's transactions.
const GAS_MONEY: u128 = WAD;

/// Everybody and everything in a run.
pub struct Play<'a> {
    chain: &'a Chain,
    market: &'a Market,
    operator: &'a Wallet,
    /// Where all prices come from.
    feed: Address,
    /// WAD rates of maker and taker.
    fees: [u64; 2],
    keeper: Keeper,
    traders: Vec<(Trader, Wallet)>,
    waiting: VecDeque<Match>,
    audit: Audit,
    options: OptionBoard,
    /// Per option series, whether everybody was settled after its expiry.
    settled: Vec<bool>,
    next_nonce: u64,
    last_prices: VecDeque<f64>,
    /// What happened so far.
    pub incidents: Vec<Incident>,
    /// Transactions sent so far.
    pub transactions: usize,
}

impl<'a> Play<'a> {
    /// Puts the cast together; nothing is sent yet.
    pub fn new(
        chain: &'a Chain,
        market: &'a Market,
        operator: &'a Wallet,
        spec: &ContractSpec,
        keeper: Wallet,
        crowd: Vec<Trader>,
        options: OptionBoard,
    ) -> Result<Self, ChainError> {
        let waiting = pair(&crowd).into();
        let wallets = (0..crowd.len() as u64)
            .map(|k| Wallet::derived("trader", k))
            .collect::<Result<Vec<_>, _>>()?;
        let mut accounts: Vec<B256> = wallets.iter().map(Wallet::account).collect();
        // The operator is the treasury, and is paid for the debts that its trades reveal.
        accounts.extend([keeper.account(), operator.account()]);
        accounts.extend([market.pool, market.vault].map(account_of));
        let perpetuals = market.contracts.iter().map(|listed| {
            let asset = listed.asset;
            (listed.instrument, Instrument::Perpetual { asset })
        });
        let mut instruments: BTreeMap<u32, Instrument> = perpetuals.collect();
        instruments.extend(options.listed());
        let contracts = Contracts {
            vault: market.vault,
            guard: market.guard,
            pool: market.pool,
            token: market.token,
        };
        Ok(Self {
            chain,
            market,
            operator,
            feed: market.contracts[0].feed,
            fees: spec.fees.map(rate),
            keeper: Keeper::new(keeper, contracts, instruments),
            traders: crowd.into_iter().zip(wallets).collect(),
            waiting,
            audit: Audit::new(market, Some(options.clone()), accounts),
            settled: vec![false; options.series.len()],
            options,
            next_nonce: 1,
            last_prices: VecDeque::new(),
            incidents: Vec::new(),
            transactions: 0,
        })
    }

    /// Gives everybody gas and dollars, and has them deposit.
    pub async fn fund(&mut self, keeper_dollars: f64) -> Result<(), ChainError> {
        let from = self.chain.block_number().await?;
        let everybody = || {
            let traders = self
                .traders
                .iter()
                .map(|(trader, wallet)| (wallet, trader.deposit));
            traders.chain([(&self.keeper.wallet, keeper_dollars)])
        };
        let mut transactions = Vec::new();
        for (wallet, _) in everybody() {
            let value = U256::from(GAS_MONEY);
            transactions.push(self.operator.transact(
                self.chain,
                "gas money",
                wallet.address(),
                value,
                Bytes::new(),
            )?);
        }
        for (wallet, dollars) in everybody() {
            transactions.extend(deposit(self.chain, self.market, wallet, dollars)?);
        }
        self.chain.execute(&transactions).await?;
        self.transactions += transactions.len();
        let logs = self.chain.logs(self.market.vault, from).await?;
        self.keeper.learn(&logs);
        let mut answers = self.chain.views(&self.audit.views()).await?;
        let start = self.audit.read(&mut answers)?;
        self.audit.on_operation(
            &Operation {
                what: "deposits".into(),
                named: Vec::new(),
            },
            start,
        );
        Ok(())
    }

    /// Plays one minute at chain time `time`.
    pub async fn minute(
        &mut self,
        minute: u64,
        time: u64,
        tick: &Tick,
    ) -> Result<Step, ChainError> {
        let congested = self.congested(tick.price);
        let mut state = self.publish(minute, time, tick).await?;
        (state.step.minute, state.step.time) = (minute, tick.time);
        state.step.congested = congested;
        let (perpetuals, _) = state.marks.split_at(PERPETUALS);
        self.audit.on_marks(perpetuals);
        let opening = state.blocked[..PERPETUALS]
            .iter()
            .all(|blocked| blocked & action::OPEN == 0)
            && state.outlook.impaired_since == 0;
        let mut operations = if opening {
            self.trades(minute, &state.marks)?
        } else {
            Vec::new()
        };
        if !congested || minute.is_multiple_of(CONGESTION_PAUSE) {
            operations.extend(self.kept(plan(&state.outlook))?);
            operations.extend(self.unwind(&state.marks, &state.blocked)?);
        }
        operations.extend(self.expired(minute, &state)?);
        if operations.is_empty() {
            return Ok(state.step);
        }
        let before = self.incidents.len();
        state.step.trades = self.operate(minute, operations).await?;
        let count = |kind: &str| {
            self.incidents[before..]
                .iter()
                .filter(|incident| incident.kind == kind)
                .count()
        };
        state.step.liquidations = count("Liquidated");
        state.step.deleveragings = count("Deleveraged");
        Ok(self.look(state.step).await?.step)
    }

    /// Settles everybody who holds a series whose settlement has become final, which takes their legs away.
    fn expired(&mut self, minute: u64, state: &State) -> Result<Vec<Planned>, ChainError> {
        let mut holders = Vec::new();
        for place in 0..self.settled.len() {
            if !state.settled[place] || self.settled[place] {
                continue;
            }
            self.settled[place] = true;
            let contract = PERPETUALS + place;
            let mark = state.marks[contract];
            self.incidents.push(Incident {
                minute,
                kind: "Expired",
                trader: None,
                amount: number(mark),
                details: self.options.name(place),
            });
            let last = self.audit.last();
            holders.extend(last.iter().flat_map(|last| {
                let accounts = self.audit.accounts().iter().zip(&last.accounts);
                let held = accounts.filter(move |(_, state)| !state.sizes[contract].is_zero());
                held.map(|(account, _)| *account)
            }));
        }
        holders.sort();
        holders.dedup();
        self.kept(holders.into_iter().map(Action::Touch).collect())
    }

    /// Settles every account.
    pub async fn finish(&mut self, minute: u64) -> Result<(), ChainError> {
        let touches = self.keeper.watched().map(Action::Touch).collect();
        let operations = self.kept(touches)?;
        self.operate(minute, operations).await?;
        Ok(())
    }

    /// The node.
    pub fn chain(&self) -> &Chain {
        self.chain
    }

    /// The audit, with every operation so far in it.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// Who took part.
    pub fn traders(&self) -> impl Iterator<Item = (&Trader, B256)> {
        self.traders
            .iter()
            .map(|(trader, wallet)| (trader, wallet.account()))
    }

    /// Whether blocks are so full that the keeper is kept out of most.
    fn congested(&mut self, price: f64) -> bool {
        self.last_prices.push_back(price);
        if self.last_prices.len() > CONGESTION_WINDOW + 1 {
            self.last_prices.pop_front();
        }
        (price / self.last_prices[0] - 1.0).abs() >= CONGESTION_MOVE
    }
}
