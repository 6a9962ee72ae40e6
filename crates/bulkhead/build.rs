//! Joins the Solidity interfaces into one `sol!` block, so that the ABI has one source, and lists their errors.

use std::{env, fs, path::Path};

const INTERFACES: [&str; 6] = [
    "IOwnable",
    "IOracleGuard",
    "IMarginVault",
    "IInsurancePool",
    "IMarketFactory",
    "IRiskSteward",
];

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo"))
        .join("../../contracts/interfaces");
    let mut solidity = String::new();
    for name in INTERFACES {
        let path = folder.join(format!("{name}.sol"));
        println!("cargo::rerun-if-changed={}", path.display());
        let source =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in source.lines().filter(|line| !is_header(line)) {
            solidity.push_str(line);
            solidity.push('\n');
        }
    }
    let rust = format!(
        "alloy::sol! {{\n#![sol(all_derives = true)]\n{solidity}}}\n\
         /// Signatures of every error of the interfaces.\npub const ERRORS: &[&str] = &{:?};\n",
        errors(&solidity)
    );
    let target = Path::new(&env::var("OUT_DIR").expect("set by cargo")).join("interfaces.rs");
    fs::write(&target, rust).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
}

/// Lines that only a Solidity compiler needs; `sol!` sees all interfaces at once.
fn is_header(line: &str) -> bool {
    ["import ", "pragma ", "// SPDX"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// `error Name(type a, type b);` as `Name(type,type)`.
fn errors(solidity: &str) -> Vec<String> {
    let declarations = solidity
        .split("\n    error ")
        .skip(1)
        .filter_map(|rest| rest.split(';').next());
    let mut signatures: Vec<String> = declarations
        .filter_map(|declaration| {
            let (name, parameters) = declaration.trim_end_matches(')').split_once('(')?;
            let types: Vec<&str> = parameters
                .split(',')
                .filter_map(|parameter| parameter.split_whitespace().next())
                .collect();
            Some(format!("{name}({})", types.join(",")))
        })
        .collect();
    signatures.sort();
    signatures.dedup();
    signatures
}
