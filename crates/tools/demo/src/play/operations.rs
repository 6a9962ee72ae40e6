//! Sending operations, auditing each, and noting what happened.

use super::Play;
use crate::{
    audit::{Named, Operation, Snapshot},
    record::Incident,
};
use alloy::{
    primitives::{B256, I256, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use client::{
    abi::{IInsurancePool, IMarginVault},
    chain::{ChainError, Receipt, Transaction, account_of},
    units::{mul_up, number, token_number},
};
use keeper::Action;

/// Operations whose transactions and snapshots travel in one message.
const OPERATIONS_A_BATCH: usize = 12;

/// An operation on its way: its transaction, and what it is.
pub(super) struct Planned {
    /// What is sent.
    pub transaction: Transaction,
    /// What it is.
    pub kind: Kind,
}

/// What an operation is.
pub(super) enum Kind {
    /// A trade at the mark.
    Trade {
        /// Which contract.
        contract: usize,
        /// Sells.
        maker: B256,
        /// Buys.
        taker: B256,
        /// WAD size.
        size: U256,
        /// WAD price.
        price: U256,
        /// The most that either side pays as a fee, WAD dollars.
        fee: [U256; 2],
    },
    /// What the keeper does.
    Keep(Action),
}

impl Play<'_> {
    /// The keeper's actions as operations.
    pub(super) fn kept(&self, actions: Vec<Action>) -> Result<Vec<Planned>, ChainError> {
        let planned = actions.into_iter().map(|action| {
            let transaction = self.keeper.transaction(self.chain, &action)?;
            Ok(Planned {
                transaction,
                kind: Kind::Keep(action),
            })
        });
        planned.collect()
    }

    /// Sends operations, each followed by a snapshot of the whole vault, and audits them one by one. Returns how many
    /// trades settled.
    pub(super) async fn operate(
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
        self.keeper.learn(&receipt.logs);
        matches!(operation.kind, Kind::Trade { .. })
    }

    /// Accounts that an operation settled, with what it may have cost them beyond their own losses.
    fn named(&self, kind: &Kind, receipt: &Receipt, after: &Snapshot) -> Vec<Named> {
        let settled = |account| Named::at_no_cost(account);
        let keeper = self.keeper.wallet.account();
        let [pool, fees] = [self.market.pool, self.market.vault].map(account_of);
        match *kind {
            Kind::Trade {
                contract,
                maker,
                taker,
                size,
                price,
                fee,
            } => {
                // An option's mark may have moved by some seconds since the price was agreed on.
                let distance = after.contracts[contract]
                    .option
                    .map_or(U256::ZERO, |(mark, _)| mark.into_raw().abs_diff(price));
                let party = |account, fee| Named {
                    account,
                    cost: I256::from_raw(fee + mul_up(size, distance)),
                    contract: Some(contract),
                };
                let [maker_fee, taker_fee] = fee;
                vec![party(maker, maker_fee), party(taker, taker_fee)]
            }
            Kind::Keep(Action::Touch(account) | Action::Convert(account)) => vec![settled(account)],
            Kind::Keep(Action::Liquidate(..)) => {
                let events = receipt
                    .logs
                    .iter()
                    .filter_map(|log| IMarginVault::Liquidated::decode_log(&log.inner).ok());
                let liquidated = events.map(|event| Named {
                    cost: I256::from_raw(event.penalty),
                    ..settled(event.account)
                });
                liquidated.chain([settled(keeper), settled(pool)]).collect()
            }
            // A deleveraging before there is debt charges its penalty to the pool's account.
            Kind::Keep(Action::Deleverage(account)) => {
                let before = self
                    .audit
                    .last()
                    .map_or(I256::ZERO, |last| self.worth(last, pool));
                let cost = self.worth(after, pool) - before;
                vec![
                    Named {
                        cost,
                        ..settled(account)
                    },
                    settled(pool),
                ]
            }
            Kind::Keep(Action::DistributeFees) => {
                let cost = self
                    .audit
                    .last()
                    .map_or(I256::ZERO, |last| self.worth(last, fees));
                vec![Named {
                    cost,
                    ..settled(fees)
                }]
            }
            Kind::Keep(Action::Recover(_)) => Vec::new(),
        }
    }

    /// Capital and settled profit of an account in a snapshot.
    fn worth(&self, snapshot: &Snapshot, account: B256) -> I256 {
        let place = self.audit.place(account);
        place.map_or(I256::ZERO, |place| {
            let state = &snapshot.accounts[place];
            state.capital + state.pnl
        })
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
            let details = format!("for instrument {}", event.instrument);
            incident("Recovered", None, number(event.paid), details)
        } else if let Ok(event) = IMarginVault::Rewarded::decode_log(&log.inner) {
            let details = "for revealing and closing a debt".to_owned();
            incident(
                "Rewarded",
                trader(event.account),
                number(event.reward),
                details,
            )
        } else if let Ok(event) = IMarginVault::FeesDistributed::decode_log(&log.inner) {
            let details = format!("{:.2} of it to insurance", number(event.insurance));
            let amount = number(event.insurance) + number(event.treasury);
            incident("FeesDistributed", None, amount, details)
        } else if let Ok(event) = IMarginVault::Impaired::decode_log(&log.inner) {
            let details = if event.impaired { "begins" } else { "ends" };
            incident("Impaired", None, number(event.missing), details.to_owned())
        } else {
            return;
        };
        self.incidents.push(noted);
    }
}
