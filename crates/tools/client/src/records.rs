//! What the deploy scripts wrote down, where no option says it.

use crate::project;
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

/// What `script/Deploy.s.sol` deployed; its fields are those of `out/deployment.json`.
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

#[cfg(test)]
mod tests {
    use super::*;

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
