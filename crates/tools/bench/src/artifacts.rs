//! What the contract build and forge left in `out`.

use super::BenchError;
use alloy::primitives::Bytes;
use std::{collections::BTreeMap, path::Path};

/// Creation code of a Solidity contract, from forge's build.
pub fn creation_code(root: &Path, contract: &str) -> Result<Bytes, BenchError> {
    let path = root.join(format!("out/forge/{contract}.sol/{contract}.json"));
    let json = read_json(&path)?;
    let code = json["bytecode"]["object"].as_str().unwrap_or_default();
    code.parse().map_err(|error| BenchError::io(&path, &error))
}

/// Compressed size of every Stylus program.
pub fn sizes(root: &Path) -> Result<BTreeMap<String, u64>, BenchError> {
    let path = root.join("out/contracts/sizes.json");
    let json = read_json(&path)?;
    let contracts = json["contracts"]
        .as_object()
        .ok_or_else(|| BenchError::io(&path, &"no `contracts`"))?;
    let size = |(name, entry): (&String, &serde_json::Value)| {
        let bytes = entry["compressed"]
            .as_u64()
            .ok_or_else(|| BenchError::io(&path, &"no `compressed`"))?;
        Ok((name.clone(), bytes))
    };
    contracts.iter().map(size).collect()
}

/// Creation code of every Stylus program.
pub fn programs(root: &Path) -> Result<Vec<Bytes>, BenchError> {
    let initcode = |name: &String| {
        let path = root.join(format!("out/contracts/{name}.initcode"));
        let text = std::fs::read_to_string(&path).map_err(|error| BenchError::io(&path, &error))?;
        text.trim()
            .parse()
            .map_err(|error| BenchError::io(&path, &error))
    };
    sizes(root)?.keys().map(initcode).collect()
}

fn read_json(path: &Path) -> Result<serde_json::Value, BenchError> {
    let text = std::fs::read_to_string(path).map_err(|error| BenchError::io(path, &error))?;
    serde_json::from_str(&text).map_err(|error| BenchError::io(path, &error))
}
