//! What the deploy scripts wrote down, where no option says it.

use crate::{deploy::Deployment, project};
use alloy::primitives::Address;

/// The deployment of `out/deployment.json`.
///
/// # Errors
/// Why it cannot be read.
pub fn deployment() -> Result<Deployment, String> {
    let path = project::root()
        .map_err(|error| error.to_string())?
        .join("out/deployment.json");
    let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|error| broken(&error))?;
    serde_json::from_str(&text).map_err(|error| broken(&error))
}

/// Every address in `out/deployment.json`.
///
/// # Errors
/// Why it cannot be read.
pub fn addresses() -> Result<Vec<Address>, String> {
    let path = project::root()
        .map_err(|error| error.to_string())?
        .join("out/deployment.json");
    let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read_to_string(&path).map_err(|error| broken(&error))?;
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&text).map_err(|error| broken(&error))?;
    let addresses = fields
        .values()
        .filter_map(|field| field.as_str()?.parse().ok());
    Ok(addresses.collect())
}

/// The governor of `out/governance.json`, if there is one.
pub fn governor() -> Option<Address> {
    let path = project::root().ok()?.join("out/governance.json");
    let text = std::fs::read_to_string(path).ok()?;
    let governance: serde_json::Value = serde_json::from_str(&text).ok()?;
    governance["governor"].as_str()?.parse().ok()
}
