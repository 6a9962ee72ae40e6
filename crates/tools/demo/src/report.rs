//! What a run prints: a timeline while it goes, a table at its end.

use super::record::{Record, Step};
use oracle::Tier;
use std::io::{IsTerminal, Write};

/// Minutes between rows of the timeline in which nothing happens.
const QUIET_MINUTES: u64 = 30;

/// Prints rows as the run goes.
pub struct Timeline {
    minutes: u64,
    last_tier: u8,
    terminal: bool,
}

impl Timeline {
    /// Prints the heading.
    pub fn start(title: &str, minutes: u64) -> Self {
        stage::say!("\n{title}, minute by minute\n");
        stage::say!(
            "{:>5} {:>12} {:>8} {:<10} {:>10} {:>9} {:>11} {:>11} {:>4} {:>4} {:>4}",
            "done",
            "UTC",
            "price",
            "tier",
            "OI (ETH)",
            "coverage",
            "insurance",
            "missing",
            "ill",
            "liq",
            "adl"
        );
        Self {
            minutes,
            last_tier: 0,
            terminal: std::io::stdout().is_terminal(),
        }
    }

    /// Prints a minute if something happened in it or none was printed for long; on a terminal the last line always shows
    /// the current minute.
    pub fn show(&mut self, step: &Step) {
        let eventful = step.tier != self.last_tier || step.liquidations + step.deleveragings > 0;
        let row = self.row(step);
        if eventful || step.minute.is_multiple_of(QUIET_MINUTES) || step.minute + 1 == self.minutes
        {
            stage::say!("{}{row}", if self.terminal { "\r" } else { "" });
        } else if self.terminal {
            let _ = write!(std::io::stdout(), "\r{row}");
            // A terminal that cannot be flushed shows the line later.
            let _ = std::io::stdout().flush();
        }
        self.last_tier = step.tier;
    }

    fn row(&self, step: &Step) -> String {
        format!(
            "{:>4}% {:>12} {:>8.2} {:<10} {:>10.1} {:>9.6} {:>11.0} {:>11.0} {:>4} {:>4} {:>4}{}",
            (step.minute + 1) * 100 / self.minutes.max(1),
            clock(step.time),
            step.price,
            Tier::NAMES[Tier::from_u8(step.tier) as usize],
            step.open_interest,
            step.coverage,
            step.insurance,
            step.missing,
            step.unhealthy,
            step.liquidations,
            step.deleveragings,
            if step.congested { "  blocks full" } else { "" }
        )
    }
}

/// Prints the summary, the stages and the invariants.
pub fn conclude(record: &Record) {
    let summary = &record.summary;
    let row = |name: &str, value: String| stage::say!("  {name:<34} {value}");
    stage::say!("\nSummary of {} (seed {})", record.title, record.seed);
    let [first, lowest, last] = summary.prices;
    row(
        "price: first, lowest, last",
        format!("{first:.2}  {lowest:.2}  {last:.2} USD"),
    );
    let tiers: Vec<String> = Tier::NAMES
        .iter()
        .zip(summary.minutes_in_tier)
        .map(|(name, minutes)| format!("{name} {minutes}"))
        .collect();
    row("minutes in each tier", tiers.join(", "));
    row(
        "trades settled, transactions refused",
        format!("{}, {}", summary.trades, summary.refused),
    );
    row("liquidations, accounts, penalties", {
        format!(
            "{}, {}, {:.2} USD",
            summary.liquidations, summary.accounts_liquidated, summary.penalties
        )
    });
    row(
        "deleveragings, deficits",
        format!("{}, {:.2} USD", summary.deleveragings, summary.deficits),
    );
    row("options: series expired", summary.expired.to_string());
    row("options: largest delta, gamma, vega", {
        let greeks = &summary.greeks;
        format!(
            "{:.1} ETH, {:.3} ETH per USD, {:.0} USD per 100 %",
            greeks.delta, greeks.gamma, greeks.vega
        )
    });
    row("paid by insurance", format!("{:.2} USD", summary.insured));
    row(
        "fees distributed, rewards",
        format!("{:.2}, {:.2} USD", summary.fees, summary.rewards),
    );
    let [start, low, end] = summary.insurance;
    row(
        "insurance: start, lowest, end",
        format!("{start:.2}  {low:.2}  {end:.2} USD"),
    );
    row(
        "coverage ratio: lowest, last",
        format!("{:.6}  {:.6}", summary.coverage[0], summary.coverage[1]),
    );
    row(
        "capital and V at the end",
        format!("{:.2}  {:.2} USD", summary.backing[0], summary.backing[1]),
    );
    row(
        "transactions, time",
        format!("{} in {:.1} s", summary.transactions, summary.play_seconds),
    );
    let seen = |wanted: bool| -> String {
        let names = record
            .stages
            .iter()
            .filter(|(_, seen)| **seen == wanted)
            .map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    };
    row("stages seen", seen(true));
    if record.stages.values().any(|seen| !seen) {
        row("stages not seen", seen(false));
    }
    stage::say!("\nInvariants, on chain, after every operation");
    for finding in &record.invariants {
        let verdict = if finding.violated == 0 && finding.checked > 0 {
            "holds"
        } else {
            "VIOLATED"
        };
        stage::say!(
            "  {} {verdict:<9} {:>8} checks  {}",
            finding.invariant,
            finding.checked,
            finding.rule
        );
        for example in &finding.examples {
            stage::say!("             {example}");
        }
    }
}

/// Month, day and time of day in UTC.
fn clock(seconds: u64) -> String {
    chrono::DateTime::from_timestamp(seconds as i64, 0)
        .map_or(String::new(), |time| time.format("%b %d %H:%M").to_string())
}
