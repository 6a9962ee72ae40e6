//! What is said about a proposal: as JSON, and as tables.

use super::{
    decode::Call,
    impact::{AccountImpact, Impact, Standing, Totals},
    parameters::{Change, Direction, FieldChange},
};
use alloy::primitives::{Address, Bytes, hex};
use serde::Serialize;
use std::fmt;

/// Accounts that a table shows; JSON has them all.
const SHOWN_ACCOUNTS: usize = 20;

/// One struct that changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StructChange {
    /// The contract.
    pub target: Address,
    /// What the struct is.
    pub name: String,
    /// The fields that change.
    pub fields: Vec<FieldChange>,
}

/// A call that sets no parameters, about which nothing is said but that it is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherCall {
    /// The contract.
    pub target: Option<Address>,
    /// What it is called with.
    pub data: Bytes,
}

/// What a proposal does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Parameters that it sets.
    pub changes: Vec<StructChange>,
    /// What else it calls.
    pub other_calls: Vec<OtherCall>,
    /// Markets that depend on them.
    pub impacts: Vec<Impact>,
}

impl Report {
    /// Of `changes`, other calls, and the markets that were looked at.
    pub fn new(changes: &[Change], others: &[Call], impacts: Vec<Impact>) -> Self {
        let changes = changes.iter().map(|change| StructChange {
            target: change.subject.target,
            name: change.subject.name(),
            fields: change.fields(),
        });
        let others = others.iter().map(|call| OtherCall {
            target: call.to,
            data: call.data.clone(),
        });
        Self {
            changes: changes.collect(),
            other_calls: others.collect(),
            impacts,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for change in &self.changes {
            write!(f, "{change}")?;
        }
        if self.changes.is_empty() {
            writeln!(f, "No parameter of a vault, a pool or a guard changes.")?;
        }
        for call in &self.other_calls {
            let target = call
                .target
                .map_or_else(String::new, |to| format!(" of {to}"));
            let selector = hex::encode_prefixed(call.data.get(..4).unwrap_or_default());
            writeln!(f, "Not looked into: a call{target}, function {selector}")?;
        }
        for impact in &self.impacts {
            write!(f, "\n{impact}")?;
        }
        Ok(())
    }
}

impl fmt::Display for StructChange {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{} ({})", self.name, self.target)?;
        if self.fields.is_empty() {
            writeln!(f, "  stays as it is")?;
        }
        for change in &self.fields {
            let direction = match change.direction {
                Direction::Tighter => "tighter",
                Direction::Looser => "looser",
                Direction::Neither => "",
            };
            let FieldChange {
                field,
                before,
                after,
                ..
            } = change;
            writeln!(f, "  {field:<20} {before:>16} -> {after:<16} {direction}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "Market {}, amounts in dollars", self.vault)?;
        totals(f, &self.before, &self.after)?;
        writeln!(
            f,
            "\n  {:<10} {:>16} {:>16} {:>16} {:>14} {:>14}",
            "instrument", "open interest", "limit before", "after", "cover before", "after"
        )?;
        for room in &self.room {
            writeln!(
                f,
                "  {:<10} {:>16.4} {:>16.4} {:>16.4} {:>14.2} {:>14.2}",
                room.instrument,
                room.open_interest,
                room.limit_before,
                room.limit_after,
                room.cover_before,
                room.cover_after
            )?;
        }
        stress(f, self)?;
        accounts(f, &self.accounts)
    }
}

fn totals(f: &mut fmt::Formatter, before: &Totals, after: &Totals) -> fmt::Result {
    let count = |f: &mut fmt::Formatter, name: &str, before: usize, after: usize| {
        writeln!(f, "  {name:<36} {before:>16} {after:>16}")
    };
    let amount = |f: &mut fmt::Formatter, name: &str, before: f64, after: f64| {
        writeln!(f, "  {name:<36} {before:>16.2} {after:>16.2}")
    };
    writeln!(f, "  {:<36} {:>16} {:>16}", "", "before", "after")?;
    count(
        f,
        "accounts with positions",
        before.accounts,
        after.accounts,
    )?;
    count(
        f,
        "below initial margin",
        before.below_initial,
        after.below_initial,
    )?;
    count(
        f,
        "below maintenance margin",
        before.below_maintenance,
        after.below_maintenance,
    )?;
    amount(f, "initial margin required", before.initial, after.initial)?;
    amount(
        f,
        "maintenance margin required",
        before.maintenance,
        after.maintenance,
    )?;
    amount(
        f,
        "notional to be liquidated now",
        before.liquidated,
        after.liquidated,
    )
}

fn stress(f: &mut fmt::Formatter, impact: &Impact) -> fmt::Result {
    writeln!(
        f,
        "\n  {:<34} {:>8} {:>14} {:>14} {:>14}",
        "if prices gapped as on", "bankrupt", "deficit", "insured", "from profits"
    )?;
    for day in &impact.stress {
        for (when, loss) in [("before", day.before), ("after", day.after)] {
            let name = if when == "before" { day.day } else { "" };
            writeln!(
                f,
                "  {name:<34} {:>8} {:>14.2} {:>14.2} {:>14.2}  {when}",
                loss.bankrupt, loss.deficit, loss.insured, loss.uncovered
            )?;
        }
    }
    Ok(())
}

fn accounts(f: &mut fmt::Formatter, accounts: &[AccountImpact]) -> fmt::Result {
    let concerned: Vec<&AccountImpact> = accounts
        .iter()
        .filter(|account| account.before != account.after)
        .collect();
    writeln!(
        f,
        "\n  {} of {} accounts stand differently; initial margin before and after:",
        concerned.len(),
        accounts.len()
    )?;
    for account in concerned.iter().take(SHOWN_ACCOUNTS) {
        writeln!(
            f,
            "  {} {:>14.2} {:>14.2}  equity {:>14.2}  {}",
            account.account,
            account.before.initial,
            account.after.initial,
            account.after.equity,
            verdict(account)
        )?;
    }
    if concerned.len() > SHOWN_ACCOUNTS {
        writeln!(f, "  and {} more: --json", concerned.len() - SHOWN_ACCOUNTS)?;
    }
    Ok(())
}

fn verdict(account: &AccountImpact) -> String {
    let AccountImpact { before, after, .. } = account;
    if after.standing == before.standing {
        return String::new();
    }
    match after.standing {
        Standing::Free => "may open again".into(),
        Standing::BelowInitial => "only reduces".into(),
        Standing::BelowMaintenance => {
            format!("is liquidated: {:.1} %", 100.0 * after.liquidated_share)
        }
        Standing::InDebt => "is in debt".into(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::proposal::impact::{impact, tests::snapshot};

    pub fn report() -> Report {
        Report {
            changes: vec![StructChange {
                target: Address::repeat_byte(9),
                name: "instrument 1".into(),
                fields: vec![FieldChange {
                    field: "initialRate".into(),
                    before: "0.07".into(),
                    after: "0.12".into(),
                    direction: Direction::Tighter,
                }],
            }],
            other_calls: vec![OtherCall {
                target: Some(Address::repeat_byte(3)),
                data: Bytes::from_static(&[1, 2, 3, 4, 5]),
            }],
            impacts: vec![impact(&snapshot()).unwrap()],
        }
    }

    #[test]
    fn the_tables_say_who_is_liquidated_and_what_was_not_looked_into() {
        let text = report().to_string();
        for expected in [
            "initialRate",
            "0.07 -> 0.12",
            "tighter",
            "function 0x01020304",
            "is liquidated: 41.7 %",
            "12 March 2020",
        ] {
            assert!(text.contains(expected), "{expected} is missing in\n{text}");
        }
    }

    #[test]
    fn json_has_every_account() {
        let json = serde_json::to_value(report()).unwrap();
        let accounts = &json["impacts"][0]["accounts"];
        assert_eq!(accounts.as_array().map(Vec::len), Some(2));
        assert_eq!(json["impacts"][0]["after"]["belowMaintenance"], 1);
    }
}
