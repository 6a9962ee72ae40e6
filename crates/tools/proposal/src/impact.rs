//! What a proposal does to everybody in a market.

use super::{
    amount::Amount,
    coins,
    error::ProposalError,
    liquidation::taken,
    snapshot::{Conditions, Margins, Snapshot},
    stress::{self, Stressed},
};
use alloy::primitives::{Address, B256};
use risk::{Size, Usd};
use serde::Serialize;
use standing::{Book, Instrument, Leg};

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It may open positions.
    Free,
    /// Below initial margin: it may only reduce.
    BelowInitial,
    /// Below maintenance margin: it is liquidated.
    BelowMaintenance,
    /// It owes: it is closed.
    InDebt,
}

/// How an account stands at one stage.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Capital, and profit at its worth.
    pub equity: Amount,
    /// Below which it is liquidated.
    pub maintenance: Amount,
    /// Below which it opens nothing.
    pub initial: Amount,
    /// Sum of the sizes of its legs, each times the price of its underlying.
    pub notional: Amount,
    /// Where that leaves it.
    pub standing: Standing,
    /// Share of every leg that a liquidation takes now.
    pub liquidated_share: Amount,
    /// Notional that it takes.
    pub liquidated: Amount,
    /// Penalty that it costs.
    pub penalty: Amount,
}

/// What becomes of one account.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountImpact {
    /// Owner and sub-account number.
    pub account: B256,
    /// As it is.
    pub now: Account,
    /// With prices poked.
    pub before: Account,
    /// With the calls made, and prices poked.
    pub after: Account,
    /// Change of required initial margin.
    pub initial_change: Amount,
    /// Change of required maintenance margin.
    pub maintenance_change: Amount,
}

/// Sums over a market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketTotals {
    /// Accounts with positions.
    pub accounts: usize,
    /// Of these, below initial margin, those below included.
    pub below_initial: usize,
    /// Below maintenance margin.
    pub below_maintenance: usize,
    /// Required to open.
    pub initial: Amount,
    /// Required to keep.
    pub maintenance: Amount,
    /// Notional of all accounts.
    pub notional: Amount,
    /// Notional that liquidations take now.
    pub liquidated: Amount,
    /// What the pool would pay the vault now.
    pub insurance: Amount,
}

/// An instrument's open interest against what cover allows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// The perpetual.
    pub instrument: u32,
    /// Its symbol, if it is a common one.
    pub symbol: Option<&'static str>,
    /// Size of the larger side.
    pub open_interest: Amount,
    /// Size of one side that its cover pays for, by the parameters as they are.
    pub limit_before: Amount,
    /// As they would be.
    pub limit_after: Amount,
    /// What insurance pays for it now.
    pub cover_before: Amount,
    /// What it would pay.
    pub cover_after: Amount,
}

/// Open interest that nobody was found to hold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// The instrument.
    pub instrument: u32,
    /// Size of the long side.
    pub long: Amount,
    /// Size of the short side.
    pub short: Amount,
}

/// What a proposal does to a market.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Impact {
    /// The market's vault.
    pub vault: Address,
    /// Over all accounts, as they are.
    pub now: MarketTotals,
    /// With prices poked.
    pub before: MarketTotals,
    /// With the calls made, and prices poked.
    pub after: MarketTotals,
    /// Open interest of accounts that are not in this report; empty if it has all of them.
    pub missing: Vec<Missing>,
    /// By perpetual.
    pub room: Vec<Room>,
    /// The days that it must survive.
    pub stress: Vec<Stressed>,
    /// Everybody with a position, those whose requirement changes most first.
    pub accounts: Vec<AccountImpact>,
}

/// Everything that `snapshot` tells.
pub fn impact(snapshot: &Snapshot) -> Result<Impact, ProposalError> {
    let mut accounts = Vec::new();
    for (account, legs) in &snapshot.holders {
        accounts.push(account_impact(snapshot, *account, legs)?);
    }
    accounts.sort_by_key(|one| {
        let AccountImpact {
            initial_change,
            maintenance_change,
            ..
        } = one;
        std::cmp::Reverse((
            initial_change.0.unsigned_abs(),
            maintenance_change.0.unsigned_abs(),
        ))
    });
    let sum = |conditions, stage: fn(&AccountImpact) -> &Account| {
        totals(conditions, accounts.iter().map(stage))
    };
    Ok(Impact {
        vault: snapshot.market.vault,
        now: sum(&snapshot.now, |one| &one.now)?,
        before: sum(&snapshot.before, |one| &one.before)?,
        after: sum(&snapshot.after, |one| &one.after)?,
        missing: missing(snapshot),
        room: room(snapshot)?,
        stress: stress::days(snapshot)?,
        accounts,
    })
}

fn account_impact(
    snapshot: &Snapshot,
    account: B256,
    legs: &[Leg],
) -> Result<AccountImpact, ProposalError> {
    let at = |conditions: &Conditions| {
        let margins = conditions.accounts.get(&account);
        let margins = margins.ok_or(ProposalError::AccountLost(account))?;
        Ok::<_, ProposalError>(standing_of(conditions, margins, legs)?)
    };
    let (now, before, after) = (
        at(&snapshot.now)?,
        at(&snapshot.before)?,
        at(&snapshot.after)?,
    );
    Ok(AccountImpact {
        account,
        now,
        before,
        after,
        initial_change: Amount(after.initial.0 - before.initial.0),
        maintenance_change: Amount(after.maintenance.0 - before.maintenance.0),
    })
}

fn standing_of(
    conditions: &Conditions,
    margins: &Margins,
    legs: &[Leg],
) -> Result<Account, risk::Error> {
    let book = Book::new(&conditions.market, legs)?;
    let taken = taken(&book, margins)?;
    Ok(Account {
        equity: Amount(margins.health.equity.0),
        maintenance: Amount(margins.health.maintenance.0),
        initial: Amount(margins.initial.0),
        notional: Amount(book.notional(book.positions())?.0),
        standing: standing(margins),
        liquidated_share: Amount::of(taken.share.0)?,
        liquidated: Amount(taken.notional.0),
        penalty: Amount(taken.penalty.0),
    })
}

fn standing(margins: &Margins) -> Standing {
    let Margins {
        health, initial, ..
    } = margins;
    if health.equity >= *initial {
        Standing::Free
    } else if health.is_healthy() {
        Standing::BelowInitial
    } else if health.equity >= Usd::ZERO {
        Standing::BelowMaintenance
    } else {
        Standing::InDebt
    }
}

fn totals<'a>(
    conditions: &Conditions,
    accounts: impl Iterator<Item = &'a Account>,
) -> Result<MarketTotals, risk::Error> {
    let mut sum = MarketTotals {
        insurance: Amount(conditions.insurance.0),
        ..MarketTotals::default()
    };
    let add = |sum: &mut Amount, amount: Amount| {
        *sum = Amount(Usd(sum.0).plus(Usd(amount.0))?.0);
        Ok::<_, risk::Error>(())
    };
    for account in accounts {
        sum.accounts += 1;
        sum.below_initial += usize::from(account.standing >= Standing::BelowInitial);
        sum.below_maintenance += usize::from(account.standing >= Standing::BelowMaintenance);
        add(&mut sum.initial, account.initial)?;
        add(&mut sum.maintenance, account.maintenance)?;
        add(&mut sum.notional, account.notional)?;
        add(&mut sum.liquidated, account.liquidated)?;
    }
    Ok(sum)
}

fn missing(snapshot: &Snapshot) -> Vec<Missing> {
    let each = snapshot.unfound.iter().map(|unfound| Missing {
        instrument: unfound.instrument,
        long: amount(unfound.long),
        short: amount(unfound.short),
    });
    each.collect()
}

/// A size; the largest amount where it is no size but says that there is no limit.
fn amount(size: Size) -> Amount {
    Amount(i128::try_from(size.0).unwrap_or(i128::MAX))
}

fn room(snapshot: &Snapshot) -> Result<Vec<Room>, risk::Error> {
    let mut rooms = Vec::new();
    for (number, before) in &snapshot.before.capacities {
        let after = snapshot.after.capacities.get(number).unwrap_or(before);
        let symbol = match snapshot.before.market.instruments.get(number) {
            Some(Instrument::Perpetual { asset }) => coins::symbol(snapshot.market.vault, *asset),
            _ => None,
        };
        rooms.push(Room {
            instrument: *number,
            symbol,
            open_interest: amount(before.open_interest),
            limit_before: amount(before.open_interest_limit),
            limit_after: amount(after.open_interest_limit),
            cover_before: Amount(before.cover_left.0),
            cover_after: Amount(after.cover_left.0),
        });
    }
    Ok(rooms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::{ALICE, BOB, snapshot, usd};

    #[test]
    fn who_falls_below_a_margin_is_counted() {
        let impact = impact(&snapshot()).unwrap();
        assert_eq!(
            (impact.before.below_initial, impact.after.below_initial),
            (0, 1)
        );
        assert_eq!(impact.after.below_maintenance, 1);
        let required = [
            impact.now.initial,
            impact.before.initial,
            impact.after.initial,
        ];
        assert_eq!(required, [2_800, 2_800, 4_800].map(|sum| Amount(usd(sum))));
        let alice = impact
            .accounts
            .iter()
            .find(|one| one.account == ALICE)
            .unwrap();
        assert_eq!(alice.after.notional, Amount(usd(20_000)));
        assert_eq!(alice.before.standing, Standing::Free);
        assert_eq!(alice.after.standing, Standing::BelowMaintenance);
        assert_eq!(alice.initial_change, Amount(usd(1_000)));
    }

    #[test]
    fn whose_requirement_changes_most_comes_first() {
        let mut snapshot = snapshot();
        snapshot.after.accounts.get_mut(&BOB).unwrap().initial = Usd::ZERO;
        let impact = impact(&snapshot).unwrap();
        assert_eq!(impact.accounts[0].account, BOB);
        assert_eq!(impact.accounts[0].initial_change, Amount(usd(-1_400)));
    }

    #[test]
    fn the_notional_of_a_liquidation_is_its_share() {
        let impact = impact(&snapshot()).unwrap();
        assert_eq!(impact.before.liquidated, Amount(0));
        // (1.25 x 2,000 - 1,500) / (2,000 x (1.25 - 0.05)) of 20,000 dollars.
        let expected = usd(20_000) * 1_000 / 2_400;
        assert!((impact.after.liquidated.0 - expected).abs() < 20_000);
    }

    #[test]
    fn an_account_that_was_not_answered_for_is_an_error() {
        let mut snapshot = snapshot();
        snapshot.after.accounts.remove(&BOB);
        let error = impact(&snapshot).unwrap_err();
        assert!(matches!(error, ProposalError::AccountLost(account) if account == BOB));
    }
}
