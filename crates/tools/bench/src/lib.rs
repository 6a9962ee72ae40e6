//! `make bench`: gas of every function, sizes of the contracts, speed of the node, accuracy of option prices.

#![warn(missing_docs)]

pub mod accuracy;
mod artifacts;
pub mod gas;
pub mod speed;
mod table;

use client::{
    chain::{Chain, ChainError},
    project::{self, ProjectError},
};
use serde::Serialize;
use stage::{deploy::DeployError, node::Node};
use std::{collections::BTreeMap, path::Path};

/// Why a benchmark ends early.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The checkout lacks something.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The node does not start.
    #[error(transparent)]
    Node(#[from] devnode::NodeError),
    /// The contracts cannot be deployed.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The node or a contract refuses something.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// What should have met news at a feed has met none.
    #[error("{0}: the guard has observed nothing, so it is not what its name says")]
    NotPoked(String),
    /// A file cannot be read or written, or a program not started.
    #[error("{what}: {reason}")]
    Io {
        /// The file or program.
        what: String,
        /// What the system says.
        reason: String,
    },
}

impl BenchError {
    fn io(what: &Path, error: &dyn std::fmt::Display) -> Self {
        Self::Io {
            what: what.display().to_string(),
            reason: error.to_string(),
        }
    }
}

/// What `out/bench.json` holds.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// `contract.function` or `contract.function.case` to gas used by the transaction; with `.cached` at the end, the same
    /// while the chain's cache holds every program.
    pub gas: BTreeMap<String, u64>,
    /// The same keys, without `.cached`, to the storage slots that the transaction touched.
    pub slots: BTreeMap<String, gas::Slots>,
    /// Contract to compressed bytes on chain.
    pub size: BTreeMap<String, u64>,
    /// Name, with its unit, to number.
    pub speed: BTreeMap<String, f64>,
    /// Price, Greek or margin of options to how far it is from double precision.
    pub accuracy: BTreeMap<String, accuracy::Accuracy>,
}

/// Runs all benchmarks, prints them and writes `out/bench.json`. Measures the node at `url`, or one started here; start-up
/// time and the comparison with anvil always use nodes started here.
pub async fn run(url: Option<String>) -> Result<Figures, BenchError> {
    let root = project::root()?;
    let mut figures = Figures {
        size: artifacts::sizes(&root)?,
        ..Figures::default()
    };
    let node = Node::at(url)?;
    let chain = Chain::connect(&node.url()).await?;
    stage::say!("measuring gas at {}", node.url());
    let (measured, market) = gas::measure(&root, &chain).await?;
    stage::say!("measuring speed");
    (figures.gas, figures.slots) = (measured.gas, measured.slots);
    figures.speed = speed::measure(&root, &chain, &market).await?;
    stage::say!("measuring the accuracy of option prices");
    figures.accuracy = accuracy::measure();
    if let Some(seconds) = demo_seconds(&root) {
        figures.speed.insert("demo_s".into(), seconds);
    }
    table::print(&figures);
    let path = root.join("out/bench.json");
    let json =
        serde_json::to_vec_pretty(&figures).map_err(|error| BenchError::io(&path, &error))?;
    std::fs::write(&path, json).map_err(|error| BenchError::io(&path, &error))?;
    stage::say!("\nwritten {}", path.display());
    Ok(figures)
}

/// How long the last demo took, if there was one.
fn demo_seconds(root: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(root.join("out/demo/record.json")).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    json["summary"]["playSeconds"].as_f64()
}
