//! Joins the Solidity interfaces into one `sol!` block, so that the ABI has one source.

use std::{env, fs, path::Path};

const INTERFACES: [&str; 5] = [
    "IOwnable",
    "IOracleGuard",
    "IMarginVault",
    "IInsurancePool",
    "IMarketFactory",
];

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo"))
        .join("../../contracts/interfaces");
    let mut joined = String::from("alloy::sol! {\n#![sol(all_derives = true)]\n");
    for name in INTERFACES {
        let path = folder.join(format!("{name}.sol"));
        println!("cargo::rerun-if-changed={}", path.display());
        let source =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in source.lines().filter(|line| !is_header(line)) {
            joined.push_str(line);
            joined.push('\n');
        }
    }
    joined.push_str("}\n");
    let target = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("interfaces.rs");
    fs::write(&target, joined).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
}

/// Lines that only a Solidity compiler needs; `sol!` sees all interfaces at once.
fn is_header(line: &str) -> bool {
    ["import ", "pragma ", "// SPDX"]
        .iter()
        .any(|start| line.starts_with(start))
}
