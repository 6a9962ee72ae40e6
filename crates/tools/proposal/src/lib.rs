//! What a change of parameters would do, before anybody votes on it.
//!
//! | What happens | Where |
//! |---|---|
//! | what was given is read | [`input`] |
//! | wrappers come off: proposals, timelock operations, multisig transactions, batches | [`decode`] |
//! | every call gets its caller, and what it sets is found out | [`plan`], [`functions`], [`parameters`], [`system`] |
//! | the contracts say how everybody stands, before and after | [`probe`], [`holders`], [`snapshot`] |
//! | liquidations and days of crisis are computed with the crate `risk` | [`liquidation`], [`stress`], [`impact`] |
//! | it is told | [`report`], [`tables`], [`plots`] |
//!
//! The calls are made within an `eth_call`, one after the other and each in its caller's name, so that the contracts
//! themselves accept or refuse them, and answer for everybody's margins; nothing is sent. Everything is read at one block.

#![warn(missing_docs)]

pub mod amount;
pub mod coins;
pub mod decode;
pub mod error;
pub mod functions;
pub mod holders;
pub mod impact;
pub mod input;
pub mod liquidation;
pub mod parameters;
pub mod plan;
pub mod plots;
pub mod probe;
pub mod reader;

pub mod report;
pub mod snapshot;
pub mod stress;
pub mod system;
pub mod tables;

use alloy::primitives::Address;
use client::chain::ChainError;
use decode::Part;
use error::ProposalError;
use holders::Search;
use impact::Impact;
use parameters::Change;
use plan::{Plan, Senders};
use probe::{Probe, Stage};
use reader::Reader;
use report::Report;
use snapshot::Snapshot;
use std::path::PathBuf;
use system::{Market, System};

/// What to look at, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Calldata in hexadecimal, a file, or a proposal's number.
    pub proposal: String,
    /// The contract that the calldata is for, where it does not say: a vault, a guard, a pool, a timelock, a governor.
    pub to: Option<Address>,
    /// Who makes calls that do not say.
    pub from: Option<Address>,
    /// The node.
    pub rpc_url: String,
    /// The block to read; the latest if there is none.
    pub block: Option<u64>,
    /// Whose markets to look at.
    pub factory: Address,
    /// The blocks in which accounts are looked for.
    pub search: Search,
    /// Folder for the pictures; none are drawn without it.
    pub out: Option<PathBuf>,
}

/// Reads the proposal and the live system, and says what the one does to the other.
pub async fn run(options: &Options) -> Result<Report, ProposalError> {
    let parts = decode::unwrapped(input::read(&options.proposal, options.to)?)?;
    let parts = parts.into_iter().map(of_a_governor);
    let parts = parts.collect::<Result<Vec<Part>, _>>()?;
    let reader = Reader::open(&options.rpc_url, options.block).await?;
    let system = System::read(&reader, options.factory).await?;
    let senders = Senders {
        from: options.from,
        search: options.search,
    };
    let plan = Plan::new(&reader, &system, senders, parts).await?;
    let made: Vec<_> = plan.steps.iter().filter(|step| step.is_made()).collect();
    let probe = Probe::new(&reader, made.iter().map(|step| step.as_move()).collect());
    let outcomes = probe.outcomes().await?;
    let mut report = Report::new(&reader, &system, &plan, &outcomes);
    if !report.reverts() {
        report.changes = changes(&probe, &plan).await?;
        report.impacts = impacts(&probe, &system, &plan, options.search).await?;
    }
    reader.check_block().await?;
    if let Some(folder) = &options.out {
        plots::draw(&report, folder)?;
    }
    Ok(report)
}

/// A proposal on chain is that of the governor that the scripts wrote down, if it does not say.
fn of_a_governor(part: Part) -> Result<Part, ProposalError> {
    let Part::Stored { governor: None, id } = part else {
        return Ok(part);
    };
    let governor = client::records::governor().ok_or(ProposalError::NoGovernor(id))?;
    let governor = Some(governor);
    Ok(Part::Stored { governor, id })
}

/// What each thing that is set is, and would be.
async fn changes(probe: &Probe<'_>, plan: &Plan) -> Result<Vec<Change>, ProposalError> {
    let subjects = plan.subjects();
    let views: Vec<_> = subjects.iter().map(|subject| subject.view()).collect();
    let executed = Stage {
        executed: true,
        poke: None,
    };
    let mut before = probe.ask(&Stage::default(), &views).await?;
    let mut after = probe.ask(&executed, &views).await?;
    let mut changes = Vec::new();
    for subject in subjects {
        // What was never set may not be readable.
        let now = before.outcome()?.ok();
        let then = after.outcome()?;
        let then = then.map_err(|reason| ChainError::Reverted {
            what: subject.name(),
            reason,
        })?;
        let change = subject.change(now.as_ref().map(AsRef::as_ref), &then);
        changes.push(change.ok_or_else(|| ChainError::Malformed {
            what: subject.name(),
            reason: "not as many words as it has fields".into(),
        })?);
    }
    Ok(changes)
}

/// What becomes of every market that depends on the proposal, or on a call of it that is not understood.
async fn impacts(
    probe: &Probe<'_>,
    system: &System,
    plan: &Plan,
    search: Search,
) -> Result<Vec<Impact>, ProposalError> {
    let is_concerned = |market: &&Market| {
        plan.steps.iter().any(|step| match &step.sets {
            Ok(subject) => subject.setter.reaches_accounts && market.is_touched_by(subject.target),
            Err(_) => step.is_made() && market.is_touched_by(step.to),
        })
    };
    let mut impacts = Vec::new();
    for market in system.markets.iter().filter(is_concerned) {
        let snapshot = Snapshot::take(probe, *market, search).await?;
        impacts.push(impact::impact(&snapshot)?);
    }
    Ok(impacts)
}
