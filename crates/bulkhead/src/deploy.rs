//! Runs the forge script that deploys Bulkhead, and reads what it deployed.

use crate::project::{self, ProjectError};
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use std::{path::Path, process::Stdio};
use tokio::process::Command;

/// Where the deployment failed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The checkout lacks something.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// Forge cannot be started, or its result cannot be read.
    #[error("{what}: {reason}")]
    Io {
        /// The file or program.
        what: String,
        /// What the system says.
        reason: String,
    },
    /// The script failed.
    #[error("the deploy script failed:\n{0}")]
    Script(String),
}

/// What the script deployed; its fields are those of `out/deployment.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// Chain id.
    pub chain_id: u64,
    /// Block after which everything was there.
    pub block: u64,
    /// Owner of the contracts and feeds.
    pub owner: Address,
    /// Oracle guard.
    pub guard: Address,
    /// Risk engine.
    pub risk_engine: Address,
    /// Market factory.
    pub factory: Address,
    /// Vault that the factory clones.
    pub vault_implementation: Address,
    /// Pool that the factory clones.
    pub pool_implementation: Address,
    /// Test dollar.
    pub quote_token: Address,
    /// Price feed of ETH.
    pub price_feed: Address,
    /// Uptime feed of the sequencer.
    pub sequencer_feed: Address,
}

/// Deploys to the node at `url` from `root`, with the feed starting at `price` (8 decimals).
pub async fn deploy(root: &Path, url: &str, price: i128) -> Result<Deployment, DeployError> {
    let file = format!("out/deployment-{}.json", std::process::id());
    let forge = project::tool(root, "forge")?;
    let output = Command::new(&forge)
        .args(["script", "script/Deploy.s.sol", "--root"])
        .arg(root)
        .current_dir(root)
        .env("RPC_URL", url)
        .env("INITIAL_PRICE", price.to_string())
        .env("DEPLOYMENT_FILE", &file)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| DeployError::Io {
            what: forge.display().to_string(),
            reason: error.to_string(),
        })?;
    if !output.status.success() {
        return Err(DeployError::Script(errors(&output.stdout, &output.stderr)));
    }
    let path = root.join(&file);
    let broken = |error: &dyn std::fmt::Display| DeployError::Io {
        what: file.clone(),
        reason: error.to_string(),
    };
    let text = std::fs::read_to_string(&path).map_err(|error| broken(&error))?;
    let deployment = serde_json::from_str(&text).map_err(|error| broken(&error))?;
    std::fs::rename(&path, root.join("out/deployment.json")).map_err(|error| broken(&error))?;
    Ok(deployment)
}

/// Forge's lines from its first error on, without the trace, which repeats whole programs in hexadecimal.
fn errors(stdout: &[u8], stderr: &[u8]) -> String {
    const LONGEST: usize = 400;
    let text = [stderr, b"\n", stdout].concat();
    let text = String::from_utf8_lossy(&text);
    let lines = text
        .lines()
        .skip_while(|line| !line.contains("Error"))
        .filter(|line| line.len() < LONGEST)
        .take(20);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_without_the_trace() {
        let trace = format!("    [0] VM::rpc({})\n", "ab".repeat(1000));
        let shown = errors(
            trace.as_bytes(),
            b"warning\nError: script failed: NotBuilt\n",
        );
        assert_eq!(shown.trim(), "Error: script failed: NotBuilt");
    }

    #[test]
    fn the_scripts_json_is_read() {
        let address = Address::repeat_byte(1);
        let names = [
            "owner",
            "guard",
            "riskEngine",
            "factory",
            "vaultImplementation",
            "poolImplementation",
            "quoteToken",
        ];
        let mut json = serde_json::json!({ "chainId": 412346, "block": 9 });
        for name in names.iter().chain(&["priceFeed", "sequencerFeed"]) {
            json[*name] = serde_json::json!(address);
        }
        let deployment: Deployment = serde_json::from_value(json).unwrap();
        assert_eq!(
            (deployment.chain_id, deployment.sequencer_feed),
            (412346, address)
        );
    }
}
