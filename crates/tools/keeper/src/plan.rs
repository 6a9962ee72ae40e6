//! What a keeper does about what it sees: pure decisions, no chain.

use alloy::primitives::B256;
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
/// Accounts in one batch, so that it fits any block.
const BATCH: usize = 20;
/// Dollars that a cover has for what is missing, that the pool can pay, or of profit to convert, that are worth a transaction.
const WORTHWHILE: f64 = 1.0;
/// Dollars of collected fees that are worth distributing.
const FEES_WORTHWHILE: f64 = 100.0;
/// Seconds of impairment after which anyone may convert anyone's profit (DESIGN 3).
const FORCIBLE_AFTER: u64 = 86_400;

/// What the views say of an account. Amounts are in the quote currency.
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
    /// Settled profit, or debt when negative.
    pub profit: f64,
    /// Seconds on the clock of ill health.
    pub unhealthy_secs: u64,
}

impl Health {
    fn ratio(&self) -> f64 {
        self.equity / self.maintenance
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Settle an account, which also moves its clock.
    Touch(B256),
    /// Take over at most this share of the legs of each account.
    Liquidate(Vec<B256>, f64),
    /// Close an account's legs against the other side.
    Deleverage(B256),
    /// Have the pool pay for what is missing of an instrument.
    Recover(u32),
    /// Turn an account's profit into capital at the coverage ratio, which works off what is missing.
    Convert(B256),
    /// Move the fees to the pool's and the treasury's accounts.
    DistributeFees,
}

/// One look at the vault.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// The keeper's own account.
    pub own: Health,
    /// All others.
    pub others: Vec<Health>,
    /// Accounts whose deleveraging has begun and is not finished.
    pub unfinished: BTreeSet<B256>,
    /// Instruments with the dollars that nobody has paid for and their covers have.
    pub recoverable: Vec<(u32, f64)>,
    /// Dollars that the pool would pay now.
    pub available: f64,
    /// For how many seconds the vault has been impaired, if it is.
    pub impaired_secs: Option<u64>,
    /// Dollars of fees that wait to be distributed.
    pub fees: f64,
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
    let (hopeless, weak): (Vec<&Health>, Vec<&Health>) = ill
        .into_iter()
        .partition(|health| is_to_be_deleveraged(health, &outlook.unfinished));
    let free = COMMITTED * (outlook.own.equity - outlook.own.initial);
    let mut actions: Vec<Action> = hopeless
        .iter()
        .map(|health| Action::Deleverage(health.account))
        .collect();
    actions.extend(liquidations(&weak, free));
    actions.extend(upkeep(outlook));
    actions
}

fn is_to_be_deleveraged(health: &Health, unfinished: &BTreeSet<B256>) -> bool {
    let is_due = health.ratio() < DELEVERAGE_RATIO && health.unhealthy_secs >= DELEVERAGE_CLOCK;
    health.equity <= 0.0 || is_due || unfinished.contains(&health.account)
}

/// Takes over what the keeper's `free` margin allows of the accounts, in their order: in batches as long as it suffices, a
/// part of the next one; the rest is touched.
fn liquidations(weak: &[&Health], mut free: f64) -> Vec<Action> {
    let mut whole = Vec::new();
    let mut rest = Vec::new();
    for health in weak {
        let affordable = (free / health.initial).min(1.0);
        let needed = ((TARGET_RATIO - health.ratio()) / TARGET_RATIO).clamp(0.0, 1.0);
        if needed <= affordable {
            whole.push(health.account);
        } else if affordable >= LEAST_SHARE {
            rest.push(Action::Liquidate(vec![health.account], affordable));
        } else {
            rest.push(Action::Touch(health.account));
        }
        free -= needed.min(affordable.max(0.0)) * health.initial;
    }
    let batches = whole
        .chunks(BATCH)
        .map(|accounts| Action::Liquidate(accounts.to_vec(), 1.0));
    batches.chain(rest).collect()
}

/// What is due whatever the health of accounts.
fn upkeep(outlook: &Outlook) -> Vec<Action> {
    let mut actions = Vec::new();
    if outlook.available > WORTHWHILE {
        let worthwhile = outlook.recoverable.iter().filter(|due| due.1 > WORTHWHILE);
        actions.extend(worthwhile.map(|due| Action::Recover(due.0)));
    }
    let is_forcible = outlook
        .impaired_secs
        .is_some_and(|secs| secs >= FORCIBLE_AFTER);
    if is_forcible {
        let profitable = outlook
            .others
            .iter()
            .filter(|health| health.profit > WORTHWHILE);
        actions.extend(profitable.map(|health| Action::Convert(health.account)));
    }
    if outlook.fees > FEES_WORTHWHILE {
        actions.push(Action::DistributeFees);
    }
    actions
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
            profit: 0.0,
            unhealthy_secs,
        }
    }

    fn outlook(own_equity: f64, others: Vec<Health>) -> Outlook {
        Outlook {
            own: health(0, own_equity, 0.0, 0),
            others,
            unfinished: BTreeSet::new(),
            recoverable: vec![],
            available: 0.0,
            impaired_secs: None,
            fees: 0.0,
        }
    }

    fn actions(own_equity: f64, others: Vec<Health>) -> Vec<Action> {
        plan(&outlook(own_equity, others))
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
            [Action::Liquidate(vec![account(1)], 1.0)]
        );
        assert_eq!(
            actions(1000.0, vec![health(1, 11.0, 50.0, 120)]),
            [Action::Liquidate(vec![account(1)], 1.0)]
        );
    }

    #[test]
    fn the_most_endangered_comes_first_and_gets_the_margin_that_there_is() {
        let others = vec![health(1, 45.0, 50.0, 0), health(2, 25.0, 50.0, 0)];
        // 80 % of 50 is free; account 2 needs 60 % of its 100, more than that.
        assert_eq!(
            actions(50.0, others),
            [
                Action::Liquidate(vec![account(2)], 0.4),
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
    fn what_the_margin_suffices_for_goes_into_one_batch() {
        let others = vec![
            health(1, 45.0, 50.0, 0),
            health(2, 25.0, 50.0, 0),
            health(3, -1.0, 50.0, 0),
        ];
        assert_eq!(
            actions(1000.0, others),
            [
                Action::Deleverage(account(3)),
                Action::Liquidate(vec![account(2), account(1)], 1.0)
            ]
        );
        let many = (0..45).map(|k| health(k, 45.0, 50.0, 0)).collect();
        let sizes: Vec<usize> = actions(1e6, many)
            .iter()
            .map(|action| match action {
                Action::Liquidate(accounts, _) => accounts.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sizes, [20, 20, 5]);
    }

    #[test]
    fn a_deleveraging_that_has_begun_goes_on_while_the_account_is_ill() {
        let mut outlook = outlook(1000.0, vec![health(1, 40.0, 50.0, 0)]);
        outlook.unfinished.insert(account(1));
        assert_eq!(plan(&outlook), [Action::Deleverage(account(1))]);
        outlook.others = vec![health(1, 60.0, 50.0, 0)];
        assert_eq!(plan(&outlook), []);
    }

    #[test]
    fn the_pool_is_asked_when_it_can_pay_for_what_is_missing() {
        let plan = |recoverable, available| {
            plan(&Outlook {
                recoverable: vec![(1, 0.5), (2, recoverable)],
                available,
                ..outlook(0.0, vec![])
            })
        };
        assert_eq!(plan(500.0, 100.0), [Action::Recover(2)]);
        assert_eq!(plan(500.0, 0.0), []);
        assert_eq!(plan(0.0, 100.0), []);
        assert_eq!(plan(-5.0, 100.0), []);
    }

    #[test]
    fn profit_is_converted_by_force_after_a_day() {
        let winner = Health {
            profit: 10.0,
            ..health(1, 100.0, 0.0, 0)
        };
        let plan = |secs| {
            plan(&Outlook {
                impaired_secs: secs,
                ..outlook(0.0, vec![winner, health(2, 100.0, 0.0, 0)])
            })
        };
        assert_eq!(plan(Some(86_400)), [Action::Convert(account(1))]);
        assert_eq!(plan(Some(86_399)), []);
        assert_eq!(plan(None), []);
    }

    #[test]
    fn fees_are_distributed_once_there_are_enough() {
        let fees = |fees| {
            plan(&Outlook {
                fees,
                ..outlook(0.0, vec![])
            })
        };
        assert_eq!(fees(101.0), [Action::DistributeFees]);
        assert_eq!(fees(99.0), []);
    }
}
