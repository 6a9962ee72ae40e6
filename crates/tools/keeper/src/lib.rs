//! A keeper: watches a vault through its views and events, and touches, liquidates, deleverages, recovers, converts and
//! distributes fees. Pure decisions first; whoever runs it (the demo, a liquidator bot) fetches the views and sends the
//! transactions.

mod plan;

pub use plan::{Action, Health, Outlook, plan};

use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use client::{
    abi::{
        IInsurancePool,
        IMarginVault::{self, Deleveraged, Deposited, Settled},
    },
    chain::{Answers, Chain, ChainError, Transaction, View, Wallet, account_of},
    units::{number, signed_number, token_number, wad},
};
use std::collections::BTreeSet;

/// Legs that one call closes, so that it fits any block; the next round goes on.
const LEGS_A_CALL: u64 = 4;

/// A keeper of one vault.
pub struct Keeper {
    /// Signs, and owns the account that takes over positions.
    pub wallet: Wallet,
    vault: Address,
    pool: Address,
    instruments: Vec<u32>,
    watched: BTreeSet<B256>,
    unfinished: BTreeSet<B256>,
}

impl Keeper {
    /// A keeper that knows no account yet, of a vault with some perpetuals.
    pub fn new(wallet: Wallet, vault: Address, pool: Address, instruments: Vec<u32>) -> Self {
        Self {
            wallet,
            vault,
            pool,
            instruments,
            watched: BTreeSet::new(),
            unfinished: BTreeSet::new(),
        }
    }

    /// Learns from the vault's events: of accounts, and of deleveragings that are not finished.
    pub fn learn<'a>(&mut self, logs: impl IntoIterator<Item = &'a Log>) {
        for log in logs.into_iter().filter(|log| log.address() == self.vault) {
            if let Ok(event) = Deposited::decode_log(&log.inner) {
                self.watched.insert(event.account);
            }
            if let Ok(event) = Settled::decode_log(&log.inner) {
                self.watched.extend([event.maker, event.taker]);
            }
            if let Ok(event) = Deleveraged::decode_log(&log.inner) {
                if event.done {
                    self.unfinished.remove(&event.account);
                } else {
                    self.unfinished.insert(event.account);
                }
            }
        }
        self.watched.remove(&self.wallet.account());
    }

    /// Accounts known so far, the keeper's own not among them.
    pub fn watched(&self) -> impl Iterator<Item = B256> {
        self.watched.iter().copied()
    }

    /// The views whose answers `outlook` takes.
    pub fn views(&self) -> Vec<View> {
        let (vault, pool) = (self.vault, self.pool);
        let balances = |account| View::new(vault, &IMarginVault::balancesCall { account });
        let mut views = vec![
            View::timestamp(),
            View::new(vault, &IMarginVault::impairedSinceCall {}),
            View::new(pool, &IInsurancePool::availableCall { vault }),
            balances(account_of(vault)),
        ];
        for &instrument in &self.instruments {
            views.push(View::new(vault, &IMarginVault::debtsCall { instrument }));
        }
        for account in [self.wallet.account()].into_iter().chain(self.watched()) {
            views.push(View::new(vault, &IMarginVault::healthCall { account }));
            views.push(balances(account));
        }
        views
    }

    /// What the answers to `views` say.
    pub fn outlook(&self, answers: &mut Answers) -> Result<Outlook, ChainError> {
        let now = answers.timestamp()?;
        let impaired_since = answers.take::<IMarginVault::impairedSinceCall>()?;
        let available = token_number(answers.take::<IInsurancePool::availableCall>()?.amount);
        let fees = answers.take::<IMarginVault::balancesCall>()?;
        let mut recoverable = Vec::with_capacity(self.instruments.len());
        for &instrument in &self.instruments {
            let debts = answers.take::<IMarginVault::debtsCall>()?;
            let beyond_known = number(debts.room) - number(debts.known);
            recoverable.push((instrument, number(debts.unpaid).min(beyond_known)));
        }
        let own = health(answers, self.wallet.account())?;
        let others = self
            .watched()
            .map(|account| health(answers, account))
            .collect::<Result<_, _>>()?;
        Ok(Outlook {
            own,
            others,
            unfinished: self.unfinished.clone(),
            recoverable,
            available,
            impaired_secs: (impaired_since > 0).then(|| now.saturating_sub(impaired_since)),
            fees: number(fees.capital) + signed_number(fees.pnl),
        })
    }

    /// The transaction of an action.
    pub fn transaction(&self, chain: &Chain, action: &Action) -> Result<Transaction, ChainError> {
        let (wallet, vault) = (&self.wallet, self.vault);
        let into = wallet.account();
        match *action {
            Action::Touch(account) => {
                wallet.call(chain, vault, &IMarginVault::touchCall { account })
            }
            Action::Liquidate(ref accounts, share) => {
                let max_share = wad(share);
                if let [account] = accounts[..] {
                    let liquidate = IMarginVault::liquidateCall {
                        account,
                        into,
                        maxShare: max_share,
                    };
                    return wallet.call(chain, vault, &liquidate);
                }
                let batch = IMarginVault::liquidateBatchCall {
                    accounts: accounts.clone(),
                    into,
                    maxShare: max_share,
                };
                wallet.call(chain, vault, &batch)
            }
            Action::Deleverage(account) => {
                let deleverage = IMarginVault::deleverageCall {
                    account,
                    maxLegs: U256::from(LEGS_A_CALL),
                };
                wallet.call(chain, vault, &deleverage)
            }
            Action::Recover(instrument) => {
                wallet.call(chain, vault, &IMarginVault::recoverCall { instrument })
            }
            Action::Convert(account) => {
                let convert = IMarginVault::convertCall {
                    account,
                    maxProfit: U256::MAX,
                };
                wallet.call(chain, vault, &convert)
            }
            Action::DistributeFees => {
                wallet.call(chain, vault, &IMarginVault::distributeFeesCall {})
            }
        }
    }
}

fn health(answers: &mut Answers, account: B256) -> Result<Health, ChainError> {
    let view = answers.take::<IMarginVault::healthCall>()?;
    let balances = answers.take::<IMarginVault::balancesCall>()?;
    Ok(Health {
        account,
        equity: signed_number(view.equity),
        maintenance: number(view.maintenance),
        initial: number(view.initial),
        profit: signed_number(balances.pnl),
        unhealthy_secs: view.unhealthySecs,
    })
}
