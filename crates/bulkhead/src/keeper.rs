//! A keeper: watches a vault through its views and events, and touches, liquidates and deleverages. Pure decisions first;
//! whoever runs it (the demo, a liquidator bot) fetches the views and sends the transactions.

use crate::{
    abi::{
        IInsurancePool,
        IMarginVault::{self, Deposited, Settled},
    },
    chain::{Answers, Chain, ChainError, Transaction, View, Wallet},
    units::{number, signed_number, wad},
};
use alloy::{
    primitives::{Address, B256, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use std::collections::BTreeSet;

/// Equity over maintenance below which deleveraging is allowed before there is debt (DESIGN 3).
const DELEVERAGE_RATIO: f64 = 0.2;
/// Seconds on the clock of ill health from which it is.
const DELEVERAGE_CLOCK: u64 = 120;
/// Equity over maintenance that a liquidation restores (DESIGN 3).
const TARGET_RATIO: f64 = 1.25;
/// A smaller share is not worth a transaction.
const LEAST_SHARE: f64 = 0.02;
/// Part of its free margin that the keeper commits, so that its own loss until the next round cannot stop it.
const COMMITTED: f64 = 0.8;
/// Dollars of missing backing, and of what the pool can pay, from which asking the pool is worth a transaction.
const RECOVERABLE: f64 = 1.0;
/// An account has at most 16 legs.
const ALL_LEGS: u64 = 16;

/// What a view says of an account. Amounts are in the quote currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Health {
    /// Which account.
    pub account: B256,
    /// Capital and what profit is worth, after settling.
    pub equity: f64,
    /// Maintenance margin.
    pub maintenance: f64,
    /// Initial margin.
    pub initial: f64,
    /// Seconds on the clock of ill health.
    pub unhealthy_secs: u64,
}

impl Health {
    fn ratio(&self) -> f64 {
        self.equity / self.maintenance
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// Settle an account, which also moves its clock.
    Touch(B256),
    /// Take over at most this share of an account's legs.
    Liquidate(B256, f64),
    /// Close an account's legs against the other side.
    Deleverage(B256),
    /// Have the pool pay for what is missing.
    Recover,
}

/// One look at the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The keeper's own account.
    pub own: Health,
    /// All others.
    pub others: Vec<Health>,
    /// Dollars that nobody has paid for.
    pub missing: f64,
    /// Dollars that the pool would pay now.
    pub available: f64,
}

/// Chooses the actions of a round, the most endangered account first. Liquidations stop where the keeper's own margin would
/// be used up; what then still ails is touched, so that its clock runs and deleveraging comes due.
pub fn plan(outlook: &Outlook) -> Vec<Action> {
    let mut ill: Vec<&Health> = outlook
        .others
        .iter()
        .filter(|health| health.equity < health.maintenance.max(0.0))
        .collect();
    ill.sort_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let mut free = COMMITTED * (outlook.own.equity - outlook.own.initial);
    let mut actions = Vec::with_capacity(ill.len() + 1);
    for health in ill {
        actions.push(treat(health, &mut free));
    }
    if outlook.missing > RECOVERABLE && outlook.available > RECOVERABLE {
        actions.push(Action::Recover);
    }
    actions
}

/// The action for one account below maintenance; takes what a liquidation needs from the keeper's `free` margin.
fn treat(health: &Health, free: &mut f64) -> Action {
    if health.equity <= 0.0 {
        return Action::Deleverage(health.account);
    }
    if health.ratio() < DELEVERAGE_RATIO && health.unhealthy_secs >= DELEVERAGE_CLOCK {
        return Action::Deleverage(health.account);
    }
    let affordable = (*free / health.initial).min(1.0);
    if affordable < LEAST_SHARE {
        return Action::Touch(health.account);
    }
    let needed = ((TARGET_RATIO - health.ratio()) / TARGET_RATIO).clamp(0.0, 1.0);
    *free -= needed.min(affordable) * health.initial;
    Action::Liquidate(health.account, affordable)
}

/// A keeper of one vault.
pub struct Keeper {
    /// Signs, and owns the account that takes over positions.
    pub wallet: Wallet,
    vault: Address,
    pool: Address,
    watched: BTreeSet<B256>,
}

impl Keeper {
    /// A keeper that knows no account yet.
    pub fn new(wallet: Wallet, vault: Address, pool: Address) -> Self {
        Self {
            wallet,
            vault,
            pool,
            watched: BTreeSet::new(),
        }
    }

    /// Learns of accounts from the vault's events.
    pub fn learn(&mut self, logs: &[Log]) {
        for log in logs.iter().filter(|log| log.address() == self.vault) {
            if let Ok(event) = Deposited::decode_log(&log.inner) {
                self.watched.insert(event.account);
            }
            if let Ok(event) = Settled::decode_log(&log.inner) {
                self.watched.extend([event.maker, event.taker]);
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
        let health = |account| View::new(self.vault, &IMarginVault::healthCall { account });
        let mut views = vec![
            View::new(self.vault, &IMarginVault::coverageCall {}),
            View::new(
                self.pool,
                &IInsurancePool::availableCall { vault: self.vault },
            ),
            health(self.wallet.account()),
        ];
        views.extend(self.watched.iter().map(|&account| health(account)));
        views
    }

    /// What the answers to `views` say.
    pub fn outlook(&self, answers: &mut Answers) -> Result<Outlook, ChainError> {
        let missing = number(answers.take::<IMarginVault::coverageCall>()?.missing);
        let available =
            crate::units::token_number(answers.take::<IInsurancePool::availableCall>()?);
        let mut health = |account| -> Result<Health, ChainError> {
            let view = answers.take::<IMarginVault::healthCall>()?;
            Ok(Health {
                account,
                equity: signed_number(view.equity),
                maintenance: number(view.maintenance),
                initial: number(view.initial),
                unhealthy_secs: view.unhealthySecs,
            })
        };
        let own = health(self.wallet.account())?;
        let others = self
            .watched
            .iter()
            .map(|&account| health(account))
            .collect::<Result<_, _>>()?;
        Ok(Outlook {
            own,
            others,
            missing,
            available,
        })
    }

    /// The transaction of an action.
    pub fn transaction(&self, chain: &Chain, action: Action) -> Result<Transaction, ChainError> {
        let into = self.wallet.account();
        match action {
            Action::Touch(account) => {
                self.wallet
                    .call(chain, self.vault, &IMarginVault::touchCall { account })
            }
            Action::Liquidate(account, share) => {
                let max_share = wad(share);
                self.wallet.call(
                    chain,
                    self.vault,
                    &IMarginVault::liquidateCall {
                        account,
                        into,
                        maxShare: max_share,
                    },
                )
            }
            Action::Deleverage(account) => {
                let legs = U256::from(ALL_LEGS);
                self.wallet.call(
                    chain,
                    self.vault,
                    &IMarginVault::deleverageCall {
                        account,
                        maxLegs: legs,
                    },
                )
            }
            Action::Recover => self
                .wallet
                .call(chain, self.vault, &IMarginVault::recoverCall {}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(number: u8, equity: f64, maintenance: f64, unhealthy_secs: u64) -> Health {
        let account = B256::repeat_byte(number);
        Health {
            account,
            equity,
            maintenance,
            initial: maintenance * 2.0,
            unhealthy_secs,
        }
    }

    fn actions(own_equity: f64, others: Vec<Health>) -> Vec<Action> {
        plan(&Outlook {
            own: health(0, own_equity, 0.0, 0),
            others,
            missing: 0.0,
            available: 0.0,
        })
    }

    fn account(number: u8) -> B256 {
        B256::repeat_byte(number)
    }

    #[test]
    fn healthy_accounts_are_left_alone() {
        assert_eq!(
            actions(
                1000.0,
                vec![health(1, 100.0, 50.0, 0), health(2, 0.0, 0.0, 0)]
            ),
            []
        );
    }

    #[test]
    fn an_account_without_equity_is_deleveraged_at_once() {
        assert_eq!(
            actions(1000.0, vec![health(1, -5.0, 50.0, 0)]),
            [Action::Deleverage(account(1))]
        );
    }

    #[test]
    fn a_debt_without_legs_is_closed() {
        assert_eq!(
            actions(1000.0, vec![health(1, -5.0, 0.0, 0)]),
            [Action::Deleverage(account(1))]
        );
    }

    #[test]
    fn a_fifth_of_maintenance_and_two_minutes_allow_deleveraging() {
        assert_eq!(
            actions(1000.0, vec![health(1, 9.0, 50.0, 120)]),
            [Action::Deleverage(account(1))]
        );
        assert_eq!(
            actions(1000.0, vec![health(1, 9.0, 50.0, 119)]),
            [Action::Liquidate(account(1), 1.0)]
        );
        assert_eq!(
            actions(1000.0, vec![health(1, 11.0, 50.0, 120)]),
            [Action::Liquidate(account(1), 1.0)]
        );
    }

    #[test]
    fn the_most_endangered_comes_first_and_gets_the_margin_that_there_is() {
        let others = vec![health(1, 45.0, 50.0, 0), health(2, 25.0, 50.0, 0)];
        // 80 % of 50 is free; account 2 needs 60 % of its 100, more than that.
        assert_eq!(
            actions(50.0, others),
            [
                Action::Liquidate(account(2), 0.4),
                Action::Touch(account(1))
            ]
        );
    }

    #[test]
    fn a_keeper_without_margin_moves_the_clock() {
        assert_eq!(
            actions(0.0, vec![health(1, 30.0, 50.0, 0)]),
            [Action::Touch(account(1))]
        );
    }

    #[test]
    fn the_pool_is_asked_when_it_can_pay_for_what_is_missing() {
        let outlook = |missing, available| Outlook {
            own: health(0, 0.0, 0.0, 0),
            others: vec![],
            missing,
            available,
        };
        assert_eq!(plan(&outlook(500.0, 100.0)), [Action::Recover]);
        assert_eq!(plan(&outlook(500.0, 0.0)), []);
        assert_eq!(plan(&outlook(0.0, 100.0)), []);
    }
}
