//! What is known about programs, to be printed or read by others.

use alloy::primitives::{Address, B256};
use chrono::DateTime;
use serde::Serialize;
use std::fmt;

const DAY: u64 = 86_400;

/// How long a program has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum Life {
    /// It runs.
    Active {
        /// Seconds until it does not.
        seconds: u64,
    },
    /// It has run for too long.
    Expired,
    /// Nobody ever activated it.
    NotActivated,
    /// It was activated for an older version of Stylus.
    NeedsUpgrade,
}

/// A program of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Program {
    /// What the build calls it, if its code is that of `out/contracts`.
    pub name: Option<String>,
    /// Where it is.
    pub address: Address,
    /// Hash of its code.
    pub code_hash: B256,
    /// How long it has.
    #[serde(flatten)]
    pub life: Life,
    /// When that ends, seconds since the Unix epoch.
    pub expires: Option<u64>,
}

impl Program {
    /// Seconds until it does not run; none are left if it does not run.
    pub fn seconds_left(&self) -> u64 {
        match self.life {
            Life::Active { seconds } => seconds,
            _ => 0,
        }
    }
}

/// The programs of a deployment, those that end first at the top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Chain id.
    pub chain_id: u64,
    /// Time of the block that was looked at, seconds since the Unix epoch.
    pub time: u64,
    /// The programs.
    pub programs: Vec<Program>,
}

impl Report {
    /// Whether a program does not run, or will not `days` days from now.
    pub fn is_due(&self, days: u64) -> bool {
        let limit = days.saturating_mul(DAY);
        self.programs
            .iter()
            .any(|program| program.seconds_left() <= limit)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<22} {:<42} {:>9}  until",
            "program", "address", "days left"
        )?;
        for program in &self.programs {
            let name = program.name.as_deref().unwrap_or("(not built here)");
            let (left, until) = match program.life {
                Life::Active { seconds } => ((seconds / DAY).to_string(), date(program.expires)),
                Life::Expired => ("0".into(), "expired: activate it again".into()),
                Life::NotActivated => ("0".into(), "never activated".into()),
                Life::NeedsUpgrade => ("0".into(), "needs to be activated for this Stylus".into()),
            };
            writeln!(f, "{name:<22} {} {left:>9}  {until}", program.address)?;
        }
        Ok(())
    }
}

fn date(time: Option<u64>) -> String {
    let time = time.and_then(|time| i64::try_from(time).ok());
    let date = time.and_then(|time| DateTime::from_timestamp(time, 0));
    date.map_or_else(
        || "?".into(),
        |date| date.format("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lives: &[Life]) -> Report {
        let program = |life: &Life| Program {
            name: None,
            address: Address::ZERO,
            code_hash: B256::ZERO,
            life: *life,
            expires: Some(1_800_000_000),
        };
        Report {
            chain_id: 1,
            time: 0,
            programs: lives.iter().map(program).collect(),
        }
    }

    #[test]
    fn what_does_not_run_is_due_whatever_the_notice() {
        let long = Life::Active { seconds: 31 * DAY };
        assert!(!report(&[long]).is_due(30));
        assert!(report(&[long]).is_due(31));
        for life in [Life::Expired, Life::NotActivated, Life::NeedsUpgrade] {
            assert!(report(&[long, life]).is_due(0), "{life:?}");
        }
    }

    #[test]
    fn the_table_has_days_and_dates() {
        let text = report(&[
            Life::Active {
                seconds: 3 * DAY + 5,
            },
            Life::Expired,
        ])
        .to_string();
        assert!(text.contains(" 3  2027-01-15 08:00 UTC"), "{text}");
        assert!(text.contains("expired"), "{text}");
    }
}
