//! What is said about a proposal; as JSON, it is this.

use super::{
    functions::Contract,
    impact::Impact,
    parameters::Change,
    plan::{Plan, Step, Stored, Unknown},
    reader::{Block, Reader},
    system::System,
};
use alloy::primitives::{Address, Bytes, U256};
use serde::Serialize;

/// Whether a proposal can be judged by its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All of it is understood, and would be accepted.
    Understood,
    /// A part of it is not understood: what that does is not in the report.
    PartlyUnknown,
    /// A call would revert, and nothing happen.
    Reverts,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedCall {
    /// Who makes it.
    pub caller: Address,
    /// The contract.
    pub target: Address,
    /// Which of Bulkhead's that is.
    pub contract: Option<&'static str>,
    /// Wei.
    pub value: U256,
    /// The function with its arguments.
    pub data: Bytes,
    /// What it sets.
    pub sets: Option<String>,
    /// Why that is not known.
    pub unknown: Option<Unknown>,
    /// Whether the simulation makes it.
    pub made: bool,
    /// The error with which it reverts.
    pub reverts: Option<String>,
}

/// What a proposal does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether the rest says everything.
    pub verdict: Verdict,
    /// Chain id.
    pub chain_id: u64,
    /// The block at which everything was read.
    pub block: Block,
    /// Whose markets were looked at.
    pub factory: Address,
    /// Proposals on chain that were named.
    pub proposals: Vec<Stored>,
    /// The calls, in order.
    pub calls: Vec<ReportedCall>,
    /// What they set.
    pub changes: Vec<Change>,
    /// Markets that depend on it.
    pub impacts: Vec<Impact>,
}

impl Report {
    /// Of what is known before any market is looked at: `outcomes` are those of the calls that are made.
    pub fn new(
        reader: &Reader,
        system: &System,
        plan: &Plan,
        outcomes: &[Result<(), String>],
    ) -> Self {
        let mut outcomes = outcomes.iter();
        let calls: Vec<ReportedCall> = plan
            .steps
            .iter()
            .map(|step| {
                let outcome = if step.is_made() {
                    outcomes.next()
                } else {
                    None
                };
                ReportedCall::new(step, outcome)
            })
            .collect();
        let reverts = calls.iter().any(|call| call.reverts.is_some());
        Self {
            verdict: match (reverts, plan.is_understood()) {
                (true, _) => Verdict::Reverts,
                (false, false) => Verdict::PartlyUnknown,
                (false, true) => Verdict::Understood,
            },
            chain_id: reader.chain_id(),
            block: reader.block,
            factory: system.factory,
            proposals: plan.stored.clone(),
            calls,
            changes: vec![],
            impacts: vec![],
        }
    }

    /// Whether nothing would happen.
    pub fn reverts(&self) -> bool {
        self.verdict == Verdict::Reverts
    }
}

impl ReportedCall {
    fn new(step: &Step, outcome: Option<&Result<(), String>>) -> Self {
        Self {
            caller: step.caller,
            target: step.to,
            contract: step.contract.map(Contract::name),
            value: step.value,
            data: step.data.clone(),
            sets: step.sets.as_ref().ok().map(|subject| subject.name()),
            unknown: step.sets.as_ref().err().copied(),
            made: step.is_made(),
            reverts: outcome.and_then(|outcome| outcome.clone().err()),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        impact::impact,
        parameters::{Direction, FieldChange},
        snapshot::tests::snapshot,
    };
    use alloy::primitives::B256;
    use std::path::Path;

    /// One of everything.
    pub fn report() -> Report {
        let call = ReportedCall {
            caller: Address::repeat_byte(6),
            target: Address::repeat_byte(9),
            contract: Some("vault"),
            value: U256::ZERO,
            data: Bytes::from_static(&[1, 2, 3, 4, 5]),
            sets: Some("instrument 1".into()),
            unknown: None,
            made: true,
            reverts: None,
        };
        let unknown = ReportedCall {
            target: Address::repeat_byte(3),
            contract: None,
            sets: None,
            unknown: Some(Unknown::Contract),
            ..call.clone()
        };
        let change = FieldChange {
            field: "initialRate".into(),
            before: Some("0.07".into()),
            after: "0.12".into(),
            direction: Direction::Tighter,
        };
        Report {
            verdict: Verdict::PartlyUnknown,
            chain_id: 412_346,
            block: Block {
                number: 7,
                hash: B256::repeat_byte(5),
                timestamp: 1_700_000_000,
            },
            factory: Address::repeat_byte(1),
            proposals: vec![Stored {
                governor: Address::repeat_byte(2),
                id: "12".into(),
                state: "active",
            }],
            calls: vec![call, unknown],
            changes: vec![Change {
                target: Address::repeat_byte(9),
                name: "instrument 1".into(),
                fields: vec![change],
            }],
            impacts: vec![impact(&snapshot()).unwrap()],
        }
    }

    /// Compares with a file beside the tests, or writes it where `UPDATE_SNAPSHOTS` is set.
    pub fn assert_snapshot(name: &str, text: &str) {
        let path = Path::new("tests/snapshots").join(name);
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(&path, text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            text,
            expected,
            "{} differs; UPDATE_SNAPSHOTS=1 writes it",
            path.display()
        );
    }

    #[test]
    fn json_is_what_it_was() {
        let json = serde_json::to_string_pretty(&report()).unwrap() + "\n";
        assert_snapshot("proposal.json", &json);
    }
}
