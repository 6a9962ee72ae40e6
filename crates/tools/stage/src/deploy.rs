//! Runs the forge script that deploys Bulkhead, and reads what it deployed.

use client::{
    project::{self, ProjectError},
    records::Deployment,
};
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
}
