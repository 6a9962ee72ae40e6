//! What a change of parameters would do, before anybody votes on it.
//!
//! A proposal is taken apart into the structs that it sets ([`decode`], [`parameters`]). The contracts themselves say how
//! everybody would stand afterwards: the changes are made within an `eth_call` in the name of the owner, and sent nowhere
//! ([`system`]). Shares of liquidations and what days of crisis would cost are the arithmetic of the crate `risk`
//! ([`impact`], [`stress`]).
//!
//! Ranges of the guard are those after the next poke: one that rises goes on rising for hours, at the guard's own pace.

pub mod decode;
pub mod impact;
pub mod parameters;
pub mod plots;
pub mod report;
pub mod stress;
pub mod system;

use crate::{
    abi::IOwnable::ownerCall,
    chain::{Chain, ChainError},
    picture::PlotError,
    project::{self, ProjectError},
};
use alloy::primitives::{Address, U256};
use decode::{Call, DecodeError, IGovernorDetails::proposalDetailsCall, Part};
use parameters::{Change, Setting};
use report::Report;
use std::path::PathBuf;
use system::{Market, Probe, SystemError};

/// What to look at, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Calldata in hexadecimal, or a file.
    pub proposal: String,
    /// The contract that the calldata is for, where it does not say: a vault, a guard, a pool, or a governor.
    pub to: Option<Address>,
    /// The node.
    pub rpc_url: String,
    /// Whose markets to look at; that of `out/deployment.json` if there is none.
    pub factory: Option<Address>,
    /// The block from which on accounts are looked for.
    pub from_block: u64,
    /// Folder for the picture; none is drawn without it.
    pub out: Option<PathBuf>,
}

/// Why nothing can be said about a proposal.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// It cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The system cannot be read, or would not accept it.
    #[error(transparent)]
    System(#[from] SystemError),
    /// It names no governor.
    #[error("proposal {0} is on chain: say with --to which governor has it")]
    NoGovernor(U256),
    /// It does not say what it is for.
    #[error("bare calldata: say with --to which contract it is for")]
    NoTarget,
    /// Nobody could execute all of it at once.
    #[error("{first} and {second} have different owners: no proposal sets both")]
    DifferentOwners {
        /// Of one contract.
        first: Address,
        /// Of another.
        second: Address,
    },
    /// Neither an option nor a file names the factory.
    #[error("no factory: give --factory, or run where out/deployment.json is ({0})")]
    NoFactory(String),
    /// A quantity is beyond what the ledger computes with.
    #[error("a quantity does not fit the ledger's arithmetic: {0:?}")]
    Arithmetic(risk::Error),
    /// The picture.
    #[error(transparent)]
    Plot(#[from] PlotError),
}

impl From<ChainError> for ProposalError {
    fn from(error: ChainError) -> Self {
        SystemError::from(error).into()
    }
}

impl From<ProjectError> for ProposalError {
    fn from(error: ProjectError) -> Self {
        Self::NoFactory(error.to_string())
    }
}

/// Reads the proposal and the live system, and says what the one does to the other.
pub async fn run(options: &Options) -> Result<Report, ProposalError> {
    let parts = decode::parts(decode::read(&options.proposal, options.to)?)?;
    let chain = Chain::connect(&options.rpc_url).await?;
    let calls = calls(&chain, parts).await?;
    let (mut settings, mut others) = (Vec::new(), Vec::new());
    for call in calls {
        match Setting::of(&call) {
            Some(setting) => settings.push(setting),
            None => others.push(call),
        }
    }
    let changes = changes(&chain, &settings).await?;
    let mut impacts = Vec::new();
    if let Some(owner) = owner(&chain, &changes).await? {
        let probe = Probe::new(&chain, owner).await?;
        for market in concerned(&chain, options, &changes).await? {
            let snapshot = probe.snapshot(market, &changes, options.from_block).await?;
            impacts.push(impact::impact(&snapshot).map_err(ProposalError::Arithmetic)?);
        }
    }
    let report = Report::new(&changes, &others, impacts);
    if let Some(folder) = &options.out {
        plots::draw(&report, folder)?;
    }
    Ok(report)
}

/// The calls that are made in the end, those of proposals on chain included.
async fn calls(chain: &Chain, parts: Vec<Part>) -> Result<Vec<Call>, ProposalError> {
    let mut calls = Vec::new();
    for part in parts {
        match part {
            Part::Call(Call { to: None, .. }) => return Err(ProposalError::NoTarget),
            Part::Call(call) => calls.push(call),
            Part::Stored { governor, id } => {
                let governor = governor.ok_or(ProposalError::NoGovernor(id))?;
                let query = proposalDetailsCall { proposalId: id };
                let details = chain.call(governor, &query).await?;
                let listed = decode::zip(details.targets, details.calldatas)?;
                // What a proposal on chain wraps is a call by now; another number would be another proposal's.
                let inner = decode::parts(listed)?.into_iter();
                calls.extend(inner.filter_map(|part| match part {
                    Part::Call(call) => Some(call),
                    Part::Stored { .. } => None,
                }));
            }
        }
    }
    Ok(calls)
}

/// What each struct is and would be, later settings on top of earlier ones.
async fn changes(chain: &Chain, settings: &[Setting]) -> Result<Vec<Change>, ProposalError> {
    let mut changes: Vec<Change> = Vec::new();
    for setting in settings {
        let earlier = changes
            .iter_mut()
            .find(|change| change.subject == setting.subject);
        match earlier {
            Some(change) => change.after = Change::new(setting, change.after.clone()).after,
            None => changes.push(Change::new(setting, setting.subject.read(chain).await?)),
        }
    }
    Ok(changes)
}

/// The one owner of everything that changes; none if nothing does.
async fn owner(chain: &Chain, changes: &[Change]) -> Result<Option<Address>, ProposalError> {
    let mut owner = None;
    for change in changes {
        let second = chain.call(change.subject.target, &ownerCall {}).await?;
        match owner {
            Some(first) if first != second => {
                return Err(ProposalError::DifferentOwners { first, second });
            }
            _ => owner = Some(second),
        }
    }
    Ok(owner)
}

/// The markets that depend on what changes.
async fn concerned(
    chain: &Chain,
    options: &Options,
    changes: &[Change],
) -> Result<Vec<Market>, ProposalError> {
    let factory = match options.factory {
        Some(factory) => factory,
        None => deployed_factory()?,
    };
    let markets = system::markets(chain, factory).await?;
    let is_concerned = |market: &Market| {
        changes
            .iter()
            .any(|change| market.is_concerned(&change.subject))
    };
    Ok(markets.into_iter().filter(is_concerned).collect())
}

/// The factory that the deploy script wrote down.
fn deployed_factory() -> Result<Address, ProposalError> {
    let path = project::root()?.join("out/deployment.json");
    let broken = |reason: String| ProposalError::NoFactory(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(&path).map_err(|error| broken(error.to_string()))?;
    let deployment: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| broken(error.to_string()))?;
    let factory = deployment["factory"]
        .as_str()
        .and_then(|text| text.parse().ok());
    factory.ok_or_else(|| broken("no address of a factory".into()))
}
