//! What happened in a run, as it is printed and written to JSON.

use super::audit::Finding;
use super::crowd::Temper;
use super::options::Greeks;
use serde::Serialize;
use std::collections::BTreeMap;

/// The market at the end of a minute. Money is in dollars, sizes in units of the underlying.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Minutes after the start.
    pub minute: u64,
    /// Seconds since the Unix epoch in the price path's own time.
    pub time: u64,
    /// Price that the feed was last given.
    pub price: f64,
    /// The guard's mark.
    pub mark: f64,
    /// The guard's tier.
    pub tier: u8,
    /// Whether the keeper was kept out of this minute's blocks.
    pub congested: bool,
    /// Open interest of all perpetuals, one side.
    pub open_interest: f64,
    /// Open interest of all options, one side.
    pub option_interest: f64,
    /// Sensitivities of all that is held long in options; of what is held short they are the opposite.
    pub greeks: Greeks,
    /// Coverage ratio h.
    pub coverage: f64,
    /// What nobody has paid for.
    pub missing: f64,
    /// Assets of the insurance pool.
    pub insurance: f64,
    /// V.
    pub tokens: f64,
    /// Total capital.
    pub capital: f64,
    /// Total settled profit.
    pub profit: f64,
    /// Total debt.
    pub debt: f64,
    /// Accounts below maintenance.
    pub unhealthy: usize,
    /// Trades settled in this minute.
    pub trades: usize,
    /// Liquidations in this minute.
    pub liquidations: usize,
    /// Deleveragings in this minute.
    pub deleveragings: usize,
}

/// One thing that happened to an account or to the vault.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// Minutes after the start.
    pub minute: u64,
    /// The event's name, or `Refused` for a transaction that reverted.
    pub kind: &'static str,
    /// Place of the account in the crowd; none for the keeper, the pool and the vault as a whole.
    pub trader: Option<usize>,
    /// Dollars: penalty, deficit, amount paid.
    pub amount: f64,
    /// Details in words.
    pub details: String,
}

/// A trader before and after.
#[derive(Clone, Debug, Serialize)]
pub struct TraderResult {
    /// How they trade.
    pub temper: Temper,
    /// What they put in.
    pub deposit: f64,
    /// Capital at the end.
    pub capital: f64,
    /// Settled profit at the end, before coverage.
    pub profit: f64,
    /// Times liquidated.
    pub liquidated: usize,
    /// Times deleveraged as the account in trouble.
    pub deleveraged: usize,
}

/// Totals of a run. Money is in dollars.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// First, lowest and last price.
    pub prices: [f64; 3],
    /// Minutes in each tier.
    pub minutes_in_tier: [usize; 4],
    /// Trades that settled.
    pub trades: usize,
    /// Transactions that reverted.
    pub refused: usize,
    /// Liquidations.
    pub liquidations: usize,
    /// Accounts that were liquidated.
    pub accounts_liquidated: usize,
    /// Penalties of liquidations.
    pub penalties: f64,
    /// Deleveragings.
    pub deleveragings: usize,
    /// Deficits of accounts that deleveraging closed.
    pub deficits: f64,
    /// What insurance paid.
    pub insured: f64,
    /// Fees of trades that went to insurance and the treasury.
    pub fees: f64,
    /// Rewards for revealing and closing debts.
    pub rewards: f64,
    /// Largest delta, gamma and vega of the longs in options, by size.
    pub greeks: Greeks,
    /// Option series that expired.
    pub expired: usize,
    /// Lowest and last coverage ratio.
    pub coverage: [f64; 2],
    /// Insurance pool at the start, at its lowest and at the end.
    pub insurance: [f64; 3],
    /// Capital and V at the end.
    pub backing: [f64; 2],
    /// Seconds from the first transaction to the last check.
    pub play_seconds: f64,
    /// Transactions that the demo sent.
    pub transactions: usize,
}

/// Everything about a run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// What was played.
    pub title: String,
    /// Seed of the path and the crowd.
    pub seed: u64,
    /// The market, minute by minute.
    pub steps: Vec<Step>,
    /// What happened.
    pub incidents: Vec<Incident>,
    /// Who took part.
    pub traders: Vec<TraderResult>,
    /// Which stages of a crisis were seen.
    pub stages: BTreeMap<&'static str, bool>,
    /// Totals.
    pub summary: Summary,
    /// The invariants.
    pub invariants: Vec<Finding>,
}

impl Record {
    /// Whether every invariant was checked and held.
    pub fn holds(&self) -> bool {
        !self.invariants.is_empty()
            && self
                .invariants
                .iter()
                .all(|finding| finding.checked > 0 && finding.violated == 0)
    }

    fn largest_greeks(&self) -> Greeks {
        let largest = |value: fn(&Greeks) -> f64| {
            let values = self.steps.iter().map(|step| value(&step.greeks));
            values.fold(0.0, |so_far: f64, next| {
                if next.abs() > so_far.abs() {
                    next
                } else {
                    so_far
                }
            })
        };
        Greeks {
            delta: largest(|greeks| greeks.delta),
            gamma: largest(|greeks| greeks.gamma),
            vega: largest(|greeks| greeks.vega),
        }
    }

    /// Fills in what follows from the steps and incidents.
    pub fn conclude(&mut self) {
        let prices = || self.steps.iter().map(|step| step.price);
        let insurance = || self.steps.iter().map(|step| step.insurance);
        let last = self.steps.last().cloned().unwrap_or_default();
        let first = self.steps.first().cloned().unwrap_or_default();
        let of = |kind: &str| {
            self.incidents
                .iter()
                .filter(move |incident| incident.kind == kind)
                .collect::<Vec<_>>()
        };
        let sum = |incidents: &[&Incident]| {
            incidents
                .iter()
                .map(|incident| incident.amount)
                .sum::<f64>()
        };
        let (liquidations, deleveragings) = (of("Liquidated"), of("Deleveraged"));
        let liquidated: std::collections::BTreeSet<_> = liquidations
            .iter()
            .map(|incident| incident.trader)
            .collect();
        let minutes = |tier: u8| self.steps.iter().filter(|step| step.tier == tier).count();
        let lowest_coverage = self
            .steps
            .iter()
            .map(|step| step.coverage)
            .fold(1.0, f64::min);
        let summary = Summary {
            prices: [
                first.price,
                prices().fold(f64::INFINITY, f64::min),
                last.price,
            ],
            minutes_in_tier: [minutes(0), minutes(1), minutes(2), minutes(3)],
            trades: self.steps.iter().map(|step| step.trades).sum(),
            refused: of("Refused").len(),
            liquidations: liquidations.len(),
            accounts_liquidated: liquidated.len(),
            penalties: sum(&liquidations),
            deleveragings: deleveragings.len(),
            deficits: sum(&deleveragings),
            insured: sum(&of("Covered")),
            fees: sum(&of("FeesDistributed")),
            rewards: sum(&of("Rewarded")),
            greeks: self.largest_greeks(),
            expired: of("Expired").len(),
            coverage: [lowest_coverage, last.coverage],
            insurance: [
                first.insurance,
                insurance().fold(f64::INFINITY, f64::min),
                last.insurance,
            ],
            backing: [last.capital, last.tokens],
            ..self.summary.clone()
        };
        self.stages = BTreeMap::from([
            ("options expired", summary.expired > 0),
            ("normal", summary.minutes_in_tier[0] > 0),
            ("caution", summary.minutes_in_tier[1] > 0),
            ("restricted", summary.minutes_in_tier[2] > 0),
            ("liquidation", summary.liquidations > 0),
            ("deleveraging", summary.deleveragings > 0),
            ("insurance drawn", summary.insured > 0.0),
            ("coverage below one", summary.coverage[0] < 1.0),
        ]);
        self.summary = summary;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(checked: u64, violated: u64) -> Finding {
        Finding {
            invariant: 1,
            rule: "",
            checked,
            violated,
            examples: vec![],
        }
    }

    fn record() -> Record {
        let step = |minute, price, tier, coverage| Step {
            minute,
            price,
            tier,
            coverage,
            greeks: Greeks {
                delta: price - 120.0,
                gamma: 0.5,
                vega: f64::from(tier),
            },
            ..Step::default()
        };
        let incident = |kind, trader, amount| Incident {
            minute: 1,
            kind,
            trader,
            amount,
            details: String::new(),
        };
        Record {
            title: "test".into(),
            seed: 1,
            steps: vec![
                step(0, 194.0, 0, 1.0),
                step(1, 86.0, 2, 0.9),
                step(2, 100.0, 1, 0.95),
            ],
            incidents: vec![
                incident("Liquidated", Some(1), 5.0),
                incident("Liquidated", Some(1), 6.0),
                incident("Deleveraged", Some(2), 40.0),
                incident("Covered", None, 30.0),
                incident("FeesDistributed", None, 3.0),
                incident("Rewarded", Some(2), 2.0),
                incident("Expired", None, 0.5),
            ],
            traders: vec![],
            stages: BTreeMap::new(),
            summary: Summary {
                transactions: 9,
                ..Summary::default()
            },
            invariants: vec![finding(3, 0)],
        }
    }

    #[test]
    fn the_summary_follows_from_what_happened() {
        let mut record = record();
        record.conclude();
        let summary = &record.summary;
        assert_eq!(summary.prices, [194.0, 86.0, 100.0]);
        assert_eq!(summary.minutes_in_tier, [1, 1, 1, 0]);
        assert_eq!(
            (
                summary.liquidations,
                summary.accounts_liquidated,
                summary.penalties
            ),
            (2, 1, 11.0)
        );
        assert_eq!(
            (summary.deficits, summary.insured, summary.transactions),
            (40.0, 30.0, 9)
        );
        assert_eq!((summary.fees, summary.rewards), (3.0, 2.0));
        let greeks = &summary.greeks;
        assert_eq!((greeks.delta, greeks.gamma, greeks.vega), (74.0, 0.5, 2.0));
        assert_eq!(summary.expired, 1);
        assert_eq!(summary.coverage, [0.9, 0.95]);
        assert!(
            record.stages.values().all(|seen| *seen),
            "{:?}",
            record.stages
        );
    }

    #[test]
    fn an_invariant_that_was_broken_or_never_checked_does_not_hold() {
        let mut record = record();
        assert!(record.holds());
        for findings in [
            vec![],
            vec![finding(0, 0)],
            vec![finding(3, 0), finding(3, 1)],
        ] {
            record.invariants = findings;
            assert!(!record.holds());
        }
    }

    #[test]
    fn the_json_has_the_parts_that_others_read() {
        let mut record = record();
        record.conclude();
        let json = serde_json::to_value(&record).unwrap();
        for part in [
            "title",
            "seed",
            "steps",
            "incidents",
            "traders",
            "stages",
            "summary",
            "invariants",
        ] {
            assert!(json.get(part).is_some(), "{part}");
        }
        assert_eq!(json["steps"][1]["openInterest"], 0.0);
        assert_eq!(
            json["summary"]["minutesInTier"],
            serde_json::json!([1, 1, 1, 0])
        );
        assert_eq!(json["incidents"][2]["kind"], "Deleveraged");
    }
}
