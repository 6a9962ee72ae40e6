//! The crisis itself: minute by minute, price, breaker, trades and keeper, every operation audited.

use super::{
    audit::{Audit, Operation, Snapshot},
    crowd::{CONTRACTS, Match, Temper, Trader, pair},
    record::{Incident, Step},
};
use crate::{
    abi::{IERC4626, IInsurancePool, IMarginVault, IOracleGuard, IPriceFeed},
    chain::{Answers, Chain, ChainError, Receipt, Transaction, View, Wallet, account_of},
    keeper::{Action, Keeper, Outlook, plan},
    market::{Market, deposit},
    orders::{Trade, settle},
    prices::Point,
    units::{FEED, WAD, number, signed_number, token_number, wad},
};
use alloy::{
    primitives::{B256, Bytes, I256, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use serde_json::json;
use std::collections::VecDeque;

/// Operations whose transactions and snapshots travel in one message.
const OPERATIONS_A_BATCH: usize = 12;
/// A market that moved this much within `CONGESTION_WINDOW` fills the blocks, as it did on that day.
const CONGESTION_MOVE: f64 = 0.04;
const CONGESTION_WINDOW: usize = 10;
/// Minutes between the keeper's rounds while blocks are full.
const CONGESTION_PAUSE: u64 = 6;
/// Dollars of inventory from which the keeper looks for somebody to sell it to.
const LEAST_UNWIND: f64 = 1_000.0;
/// Counterparties that a keeper finds in a minute.
const UNWINDS_A_MINUTE: usize = 3;
/// Wei for each trader's transactions.
const GAS_MONEY: u128 = WAD;

/// Bits of a guard reading's `blocked`.
const OPENING: u16 = 1;
const REDUCING: u16 = 2;
/// A vault that misses more than this part of its tokens is impaired: reduce-only (DESIGN 3).
const IMPAIRED: f64 = 1000.0;

/// An operation on its way: its transaction, and the accounts that it settles.
struct Planned {
    transaction: Transaction,
    kind: Kind,
}

enum Kind {
    Trade(B256, B256),
    Keep(Action),
}

/// Everybody and everything in a run.
pub struct Play<'a> {
    chain: &'a Chain,
    market: &'a Market,
    operator: &'a Wallet,
    keeper: Keeper,
    traders: Vec<(Trader, Wallet)>,
    waiting: VecDeque<Match>,
    audit: Audit,
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
        keeper: Wallet,
        crowd: Vec<Trader>,
    ) -> Result<Self, ChainError> {
        let waiting = pair(&crowd).into();
        let wallets = (0..crowd.len() as u64)
            .map(|k| Wallet::derived("trader", k))
            .collect::<Result<Vec<_>, _>>()?;
        let mut accounts: Vec<B256> = wallets.iter().map(Wallet::account).collect();
        accounts.extend([keeper.account(), account_of(market.pool)]);
        Ok(Self {
            chain,
            market,
            operator,
            keeper: Keeper::new(keeper, market.vault, market.pool),
            traders: crowd.into_iter().zip(wallets).collect(),
            waiting,
            audit: Audit::new(market, accounts),
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
        point: &Point,
    ) -> Result<Step, ChainError> {
        let congested = self.congested(point.price);
        let (mut step, mut outlook, marks, blocked) = self.publish(time, point).await?;
        (step.minute, step.time, step.congested) = (minute, point.time, congested);
        self.audit.on_marks(&marks);
        let opening = blocked & OPENING == 0 && step.missing * IMPAIRED <= step.tokens;
        let mut operations = if opening {
            self.trades(minute, &marks)?
        } else {
            Vec::new()
        };
        if !congested || minute.is_multiple_of(CONGESTION_PAUSE) {
            operations.extend(self.rescue(&outlook)?);
            operations.extend(self.unwind(&marks, blocked)?);
        }
        if !operations.is_empty() {
            let before = self.incidents.len();
            step.trades = self.operate(minute, operations).await?;
            let count = |kind: &str| {
                self.incidents[before..]
                    .iter()
                    .filter(|incident| incident.kind == kind)
                    .count()
            };
            (step.liquidations, step.deleveragings) = (count("Liquidated"), count("Deleveraged"));
            let mut answers = self.chain.views(&self.state_views()).await?;
            outlook = self.read_state(&mut answers, &mut step)?.0;
        }
        step.unhealthy = outlook
            .others
            .iter()
            .filter(|health| health.equity < health.maintenance)
            .count();
        Ok(step)
    }

    /// Settles every account.
    pub async fn finish(&mut self, minute: u64) -> Result<(), ChainError> {
        let accounts: Vec<B256> = self.keeper.watched().collect();
        let mut operations = Vec::with_capacity(accounts.len());
        for account in accounts {
            let action = Action::Touch(account);
            let transaction = self.keeper.transaction(self.chain, action)?;
            operations.push(Planned {
                transaction,
                kind: Kind::Keep(action),
            });
        }
        self.operate(minute, operations).await?;
        Ok(())
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

    /// Pushes the price, pokes the guard, and looks at the market, all in one message.
    async fn publish(
        &mut self,
        time: u64,
        point: &Point,
    ) -> Result<(Step, Outlook, Vec<U256>, u16), ChainError> {
        let answer = I256::unchecked_from((point.price * FEED).round() as i128);
        let push = self.operator.call(
            self.chain,
            self.market.feed,
            &IPriceFeed::pushCall { answer },
        )?;
        let assets = self
            .market
            .contracts
            .iter()
            .map(|contract| contract.asset)
            .collect();
        let poke = self.keeper.wallet.call(
            self.chain,
            self.market.guard,
            &IOracleGuard::pokeManyCall { assets },
        )?;
        let mut batch = self.chain.batch();
        let moved = batch.add::<serde_json::Value>("evm_setNextBlockTimestamp", json!([time]))?;
        let sent = [batch.send(&push)?, batch.send(&poke)?];
        let views = batch.views(&self.state_views())?;
        batch.finish().await?;
        moved
            .await
            .map_err(|error| crate::chain::refused("evm_setNextBlockTimestamp", &error))?;
        for transaction in sent {
            transaction.hash().await?;
        }
        self.transactions += 2;
        let mut step = Step {
            price: point.price,
            ..Step::default()
        };
        let (outlook, marks, blocked) = self.read_state(&mut views.answers().await?, &mut step)?;
        Ok((step, outlook, marks, blocked))
    }

    fn state_views(&self) -> Vec<View> {
        let (vault, pool) = (self.market.vault, self.market.pool);
        let mut views = vec![
            View::new(vault, &IMarginVault::coverageCall {}),
            View::new(vault, &IMarginVault::totalsCall {}),
            View::new(pool, &IERC4626::totalAssetsCall {}),
        ];
        for contract in &self.market.contracts {
            let instrument = contract.instrument;
            views.push(View::new(
                self.market.guard,
                &IOracleGuard::readCall {
                    asset: contract.asset,
                },
            ));
            views.push(View::new(
                vault,
                &IMarginVault::openInterestCall { instrument },
            ));
        }
        views.extend(self.keeper.views());
        views
    }

    /// Fills in the step; returns the keeper's outlook, the marks, and everything that some tier blocks.
    fn read_state(
        &self,
        answers: &mut Answers,
        step: &mut Step,
    ) -> Result<(Outlook, Vec<U256>, u16), ChainError> {
        let coverage = answers.take::<IMarginVault::coverageCall>()?;
        let totals = answers.take::<IMarginVault::totalsCall>()?;
        step.insurance = token_number(answers.take::<IERC4626::totalAssetsCall>()?);
        (step.coverage, step.missing) = (number(coverage.h), number(coverage.missing));
        (step.tokens, step.capital) = (number(totals.tokens), number(totals.capital));
        (step.profit, step.debt) = (number(totals.profit), number(totals.debt));
        let (mut marks, mut blocked) = (Vec::with_capacity(CONTRACTS), 0);
        step.open_interest = 0.0;
        for _ in &self.market.contracts {
            let reading = answers.take::<IOracleGuard::readCall>()?;
            step.tier = step.tier.max(reading.tier);
            step.mark = number(reading.mark);
            blocked |= reading.blocked;
            marks.push(reading.mark);
            step.open_interest += number(answers.take::<IMarginVault::openInterestCall>()?.long);
        }
        Ok((self.keeper.outlook(answers)?, marks, blocked))
    }

    /// Trades of the crowd that are due; they wait while the breaker or the vault lets nobody open a position.
    fn trades(&mut self, minute: u64, marks: &[U256]) -> Result<Vec<Planned>, ChainError> {
        let mut planned = Vec::new();
        while let Some(due) = self.waiting.pop_front_if(|next| next.minute <= minute) {
            let (seller, buyer) = (&self.traders[due.short].1, &self.traders[due.long].1);
            let size = round_size(due.notional / number(marks[due.contract]));
            planned.push(self.trade(seller, buyer, due.contract, size, marks, false)?);
            self.next_nonce += 1;
        }
        Ok(planned)
    }

    /// What the keeper does about accounts in ill health.
    fn rescue(&self, outlook: &Outlook) -> Result<Vec<Planned>, ChainError> {
        let planned = plan(outlook).into_iter().map(|action| {
            let transaction = self.keeper.transaction(self.chain, action)?;
            Ok(Planned {
                transaction,
                kind: Kind::Keep(action),
            })
        });
        planned.collect()
    }

    /// The keeper sells what it took over to traders who close the other side, at the mark.
    fn unwind(&mut self, marks: &[U256], blocked: u16) -> Result<Vec<Planned>, ChainError> {
        let mut planned = Vec::new();
        let (Some(last), Some(own)) = (
            self.audit.last(),
            self.audit.place(self.keeper.wallet.account()),
        ) else {
            return Ok(planned);
        };
        if blocked & REDUCING != 0 {
            return Ok(planned);
        }
        for contract in 0..self.market.contracts.len() {
            let mut left = signed_number(last.accounts[own].sizes[contract]);
            for (place, size) in counterparties(last, &self.traders, contract, left) {
                let amount = round_size(left.abs().min(size.abs()));
                if number(amount) * number(marks[contract]) < LEAST_UNWIND {
                    break;
                }
                let (keeper, other) = (&self.keeper.wallet, &self.traders[place].1);
                let (seller, buyer) = if left > 0.0 {
                    (keeper, other)
                } else {
                    (other, keeper)
                };
                planned.push(self.trade(seller, buyer, contract, amount, marks, true)?);
                left -= left.signum() * number(amount);
                self.next_nonce += 1;
            }
        }
        Ok(planned)
    }

    fn trade(
        &self,
        seller: &Wallet,
        buyer: &Wallet,
        contract: usize,
        size: U256,
        marks: &[U256],
        reduce_only: bool,
    ) -> Result<Planned, ChainError> {
        let instrument = self.market.contracts[contract].instrument;
        let nonce = self.next_nonce;
        let trade = Trade {
            seller,
            buyer,
            instrument,
            size,
            price: marks[contract],
            nonce,
            reduce_only,
        };
        let transaction = settle(self.chain, self.market.vault, self.operator, &trade)?;
        Ok(Planned {
            transaction,
            kind: Kind::Trade(seller.account(), buyer.account()),
        })
    }

    /// Sends operations, each followed by a snapshot of the whole vault, and audits them one by one. Returns how many
    /// trades settled.
    async fn operate(
        &mut self,
        minute: u64,
        operations: Vec<Planned>,
    ) -> Result<usize, ChainError> {
        let mut settled = 0;
        let views = self.audit.views();
        for chunk in operations.chunks(OPERATIONS_A_BATCH) {
            let mut batch = self.chain.batch();
            let mut sent = Vec::with_capacity(chunk.len());
            for operation in chunk {
                sent.push((batch.send(&operation.transaction)?, batch.views(&views)?));
            }
            batch.finish().await?;
            let (mut hashes, mut snapshots) = (Vec::new(), Vec::new());
            for (transaction, pending) in sent {
                hashes.push(transaction.hash().await?);
                snapshots.push(self.audit.read(&mut pending.answers().await?)?);
            }
            let receipts = self.chain.receipts(&hashes).await?;
            self.transactions += chunk.len();
            for ((operation, receipt), snapshot) in chunk.iter().zip(&receipts).zip(snapshots) {
                settled += usize::from(self.digest(minute, operation, receipt, snapshot).await);
            }
        }
        Ok(settled)
    }

    /// Takes note of what an operation did. Returns whether it settled a trade.
    async fn digest(
        &mut self,
        minute: u64,
        operation: &Planned,
        receipt: &Receipt,
        after: Snapshot,
    ) -> bool {
        let what = format!("{} in minute {minute}", operation.transaction.what);
        if !receipt.succeeded() {
            let reason = self
                .chain
                .reverted(&operation.transaction)
                .await
                .to_string();
            self.incidents.push(Incident {
                minute,
                kind: "Refused",
                trader: None,
                amount: 0.0,
                details: reason,
            });
            self.audit.on_operation(
                &Operation {
                    what,
                    named: Vec::new(),
                },
                after,
            );
            return false;
        }
        let named = self.named(&operation.kind, receipt, &after);
        self.audit.on_operation(&Operation { what, named }, after);
        for log in &receipt.logs {
            self.note(minute, log);
        }
        matches!(operation.kind, Kind::Trade(..))
    }

    /// Accounts that an operation settled, with what it may have cost them beyond their own losses.
    fn named(&self, kind: &Kind, receipt: &Receipt, after: &Snapshot) -> Vec<(B256, I256)> {
        let keeper = self.keeper.wallet.account();
        let pool = account_of(self.market.pool);
        match *kind {
            Kind::Trade(seller, buyer) => vec![(seller, I256::ZERO), (buyer, I256::ZERO)],
            Kind::Keep(Action::Touch(account)) => vec![(account, I256::ZERO)],
            Kind::Keep(Action::Liquidate(account, _)) => {
                let events = receipt
                    .logs
                    .iter()
                    .filter_map(|log| IMarginVault::Liquidated::decode_log(&log.inner).ok());
                let penalty: U256 = events.map(|event| event.penalty).sum();
                vec![
                    (account, I256::from_raw(penalty)),
                    (keeper, I256::ZERO),
                    (pool, I256::ZERO),
                ]
            }
            // A deleveraging before there is debt charges its penalty to the pool's account.
            Kind::Keep(Action::Deleverage(account)) => {
                let worth = |snapshot: &Snapshot| {
                    let state = self
                        .audit
                        .place(pool)
                        .map(|place| &snapshot.accounts[place]);
                    state.map_or(I256::ZERO, |state| state.capital + state.pnl)
                };
                let before = self.audit.last().map_or(I256::ZERO, worth);
                vec![(account, worth(after) - before), (pool, I256::ZERO)]
            }
            Kind::Keep(Action::Recover) => Vec::new(),
        }
    }

    fn note(&mut self, minute: u64, log: &Log) {
        let trader = |account: B256| {
            self.traders
                .iter()
                .position(|(_, wallet)| wallet.account() == account)
        };
        let incident = |kind, trader, amount, details| Incident {
            minute,
            kind,
            trader,
            amount,
            details,
        };
        let noted = if let Ok(event) = IMarginVault::Liquidated::decode_log(&log.inner) {
            let details = format!("{:.1} % of every leg", 100.0 * number(event.share));
            incident(
                "Liquidated",
                trader(event.account),
                number(event.penalty),
                details,
            )
        } else if let Ok(event) = IMarginVault::Deleveraged::decode_log(&log.inner) {
            let details = format!("insurance pays {:.2}", number(event.insured));
            incident(
                "Deleveraged",
                trader(event.account),
                number(event.deficit),
                details,
            )
        } else if let Ok(event) = IInsurancePool::Covered::decode_log(&log.inner) {
            let details = format!("of {:.2} asked for", token_number(event.amount));
            incident("Covered", None, token_number(event.paid), details)
        } else if let Ok(event) = IMarginVault::Recovered::decode_log(&log.inner) {
            incident("Recovered", None, number(event.paid), String::new())
        } else {
            return;
        };
        self.incidents.push(noted);
    }
}

/// Traders on the other side of `inventory`, the largest first; hedgers keep their hedges.
fn counterparties(
    last: &Snapshot,
    traders: &[(Trader, Wallet)],
    contract: usize,
    inventory: f64,
) -> Vec<(usize, f64)> {
    let sizes = traders
        .iter()
        .enumerate()
        .filter(|(_, (trader, _))| trader.temper != Temper::Hedged);
    let mut found: Vec<(usize, f64)> = sizes
        .map(|(place, _)| (place, signed_number(last.accounts[place].sizes[contract])))
        .filter(|(_, size)| size * inventory < 0.0)
        .collect();
    found.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    found.truncate(UNWINDS_A_MINUTE);
    found
}

/// A size in thousandths of a unit, rounded down.
fn round_size(size: f64) -> U256 {
    wad((size * 1000.0).floor() / 1000.0)
}
