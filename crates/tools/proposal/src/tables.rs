//! A report as tables.

use super::{
    amount::Amount,
    impact::{AccountImpact, Impact, MarketTotals, Room, Standing},
    parameters::{Change, Direction, FieldChange},
    plan::Unknown,
    report::{Report, ReportedCall, Verdict},
    stress::Loss,
};
use alloy::primitives::hex;
use std::fmt::{self, Display, Formatter};

/// Accounts that a table shows; JSON has them all.
const SHOWN_ACCOUNTS: usize = 20;
/// Sizes have as many decimals.
const SIZE_DECIMALS: usize = 4;
/// From here on a limit of open interest is none.
const UNLIMITED: Amount = Amount(i128::MAX / 4);

impl Display for Report {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(
            f,
            "Read at block {} of chain {}: {} s, {}",
            self.block.number, self.chain_id, self.block.timestamp, self.block.hash
        )?;
        for stored in &self.proposals {
            writeln!(
                f,
                "Proposal {} of {}: {}",
                stored.id, stored.governor, stored.state
            )?;
        }
        for change in &self.changes {
            write!(f, "\n{change}")?;
        }
        for impact in &self.impacts {
            write!(f, "\n{impact}")?;
        }
        if self.impacts.is_empty() && self.verdict == Verdict::Understood {
            writeln!(f, "\nNo account and no insurance depends on what it sets.")?;
        }
        writeln!(f)?;
        for (number, call) in (1..).zip(&self.calls) {
            remark(f, number, call)?;
        }
        writeln!(f, "{}", self.verdict)
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Understood => "All calls are understood, and would be accepted.",
            Self::PartlyUnknown => {
                "NOT ALL OF IT IS UNDERSTOOD: it may do more than is said above."
            }
            Self::Reverts => "IT WOULD REVERT, if it were executed now: nothing would change.",
        })
    }
}

/// What a call's reader has to know: nothing, of one that is understood and accepted.
fn remark(f: &mut Formatter, number: usize, call: &ReportedCall) -> fmt::Result {
    let selector = hex::encode_prefixed(call.data.get(..4).unwrap_or(&call.data));
    let what = match (&call.sets, call.contract) {
        (Some(name), _) => name.clone(),
        (None, Some(contract)) => format!("function {selector} of the {contract}"),
        (None, None) => format!("function {selector}"),
    };
    let name = format!(
        "Call {number}, {what} ({}), by {}",
        call.target, call.caller
    );
    if let Some(reason) = &call.reverts {
        writeln!(f, "{name}: reverts with {reason}")?;
    }
    if let Some(unknown) = call.unknown {
        writeln!(f, "{name}: not understood, {unknown}")?;
    }
    Ok(())
}

impl Display for Unknown {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Contract => "the contract is not one of Bulkhead's",
            Self::Function => "the function sets no parameter, or its arguments are others'",
            Self::Ether => "it sends ether, and was left out",
            Self::Caller => "it is called on an account that makes calls, and was left out",
        })
    }
}

impl Display for Change {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
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
            let before = before.as_deref().unwrap_or("unset");
            let line = format!("  {field:<20} {before:>16} -> {after:<16} {direction}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl Display for Impact {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        writeln!(f, "Market {}, amounts in dollars", self.vault)?;
        totals(f, self)?;
        room(f, &self.room)?;
        stress(f, self)?;
        accounts(f, &self.accounts)?;
        for missing in &self.missing {
            writeln!(
                f,
                "  INCOMPLETE: of instrument {} nobody was found with {:.SIZE_DECIMALS$} long and {:.SIZE_DECIMALS$} short; \
                 an earlier --from-block finds them",
                missing.instrument, missing.long, missing.short
            )?;
        }
        Ok(())
    }
}

fn totals(f: &mut Formatter, impact: &Impact) -> fmt::Result {
    let Impact {
        now, before, after, ..
    } = impact;
    writeln!(
        f,
        "  {:<36} {:>18} {:>18} {:>18}",
        "", "now", "before", "after"
    )?;
    let mut row = |name: &str, of: &dyn Fn(&MarketTotals) -> String| {
        let [now, before, after] = [now, before, after].map(of);
        writeln!(f, "  {name:<36} {now:>18} {before:>18} {after:>18}")
    };
    row("accounts with positions", &|all| all.accounts.to_string())?;
    row("below initial margin", &|all| all.below_initial.to_string())?;
    row("below maintenance margin", &|all| {
        all.below_maintenance.to_string()
    })?;
    row("initial margin required", &|all| all.initial.to_string())?;
    row("maintenance margin required", &|all| {
        all.maintenance.to_string()
    })?;
    row("notional to be liquidated now", &|all| {
        all.liquidated.to_string()
    })?;
    row("insurance that the pool pays now", &|all| {
        all.insurance.to_string()
    })?;
    writeln!(f, "  (before and after: once prices have been poked)")
}

fn room(f: &mut Formatter, rooms: &[Room]) -> fmt::Result {
    writeln!(
        f,
        "\n  {:<16} {:>16} {:>16} {:>16} {:>14} {:>14}",
        "instrument", "open interest", "limit before", "after", "cover before", "after"
    )?;
    for room in rooms {
        let name = match room.symbol {
            Some(symbol) => format!("{} {symbol}", room.instrument),
            None => room.instrument.to_string(),
        };
        writeln!(
            f,
            "  {name:<16} {:>16.SIZE_DECIMALS$} {:>16} {:>16} {:>14} {:>14}",
            room.open_interest,
            limit(room.limit_before),
            limit(room.limit_after),
            room.cover_before,
            room.cover_after
        )?;
    }
    Ok(())
}

fn limit(size: Amount) -> String {
    if size >= UNLIMITED {
        "none".into()
    } else {
        format!("{size:.SIZE_DECIMALS$}")
    }
}

fn stress(f: &mut Formatter, impact: &Impact) -> fmt::Result {
    writeln!(
        f,
        "\n  {:<34} {:>8} {:>16} {:>16} {:>16}",
        "if prices gapped as on", "in debt", "deficit", "insured", "from profits"
    )?;
    let (moving, still): (Vec<_>, Vec<_>) =
        impact.stress.iter().partition(|day| !day.moves.is_empty());
    for day in moving {
        loss(f, day.day, &day.before, "before")?;
        loss(f, "", &day.after, "after")?;
    }
    if !still.is_empty() {
        let names: Vec<&str> = still.iter().map(|day| day.day).collect();
        writeln!(f, "  no price here moves: {}", names.join("; "))?;
    }
    writeln!(
        f,
        "  (debts after the gap; insured up to each instrument's cover, and in all up to what the pool pays now)"
    )
}

fn loss(f: &mut Formatter, name: &str, loss: &Loss, when: &str) -> fmt::Result {
    writeln!(
        f,
        "  {name:<34} {:>8} {:>16} {:>16} {:>16}  {when}",
        loss.bankrupt, loss.deficit, loss.insured, loss.uncovered
    )
}

fn accounts(f: &mut Formatter, accounts: &[AccountImpact]) -> fmt::Result {
    let differ = |one: &&AccountImpact| one.before != one.after;
    let concerned: Vec<&AccountImpact> = accounts.iter().filter(differ).collect();
    writeln!(
        f,
        "\n  {} of {} accounts stand differently; initial margin before and after:",
        concerned.len(),
        accounts.len()
    )?;
    for one in concerned.iter().take(SHOWN_ACCOUNTS) {
        let line = format!(
            "  {} {:>16} {:>16}  equity {:>16}  {}",
            one.account,
            one.before.initial,
            one.after.initial,
            one.after.equity,
            consequence(one)
        );
        writeln!(f, "{}", line.trim_end())?;
    }
    if concerned.len() > SHOWN_ACCOUNTS {
        writeln!(f, "  and {} more: --json", concerned.len() - SHOWN_ACCOUNTS)?;
    }
    Ok(())
}

fn consequence(one: &AccountImpact) -> String {
    let AccountImpact { before, after, .. } = one;
    if after.standing == before.standing {
        return String::new();
    }
    match after.standing {
        Standing::Free => "may open again".into(),
        Standing::BelowInitial => "only reduces".into(),
        Standing::BelowMaintenance => {
            let percent = Amount(after.liquidated_share.0.saturating_mul(100));
            format!("is liquidated: {percent:.1} %")
        }
        Standing::InDebt => "is in debt".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{assert_snapshot, report};

    #[test]
    fn tables_are_what_they_were() {
        let text = report().to_string();
        for expected in [
            "is liquidated: 41.7 %",
            "0.07 -> 0.12",
            "not understood",
            "at block 7",
        ] {
            assert!(text.contains(expected), "{expected} is missing in\n{text}");
        }
        assert_snapshot("proposal.txt", &text);
    }

    #[test]
    fn what_would_revert_says_so_and_with_what() {
        let mut report = report();
        report.verdict = Verdict::Reverts;
        report.calls[0].reverts = Some("InvalidParameters()".into());
        report.impacts.clear();
        let text = report.to_string();
        let last: Vec<&str> = text.lines().rev().take(3).collect();
        assert!(last[0].starts_with("IT WOULD REVERT"), "{text}");
        assert!(text.contains("Call 1, instrument 1"), "{text}");
        assert!(text.contains("reverts with InvalidParameters()"), "{text}");
    }

    #[test]
    fn what_nobody_was_found_with_is_said() {
        let mut report = report();
        report.impacts[0].missing.push(crate::impact::Missing {
            instrument: 1,
            long: Amount(risk::WAD as i128),
            short: Amount(0),
        });
        let text = report.to_string();
        assert!(
            text.contains("INCOMPLETE: of instrument 1 nobody was found with 1.0000 long"),
            "{text}"
        );
    }
}
