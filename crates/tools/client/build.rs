//! Joins the Solidity interfaces into one `sol!` block, so that the ABI has one source, and lists their errors.

use std::{env, fs, path::Path};

const INTERFACES: [&str; 7] = [
    "IOwnable",
    "IOracleGuard",
    "IMarginVault",
    "IInsurancePool",
    "IMarketFactory",
    "IRiskSteward",
    "IRiskEngine",
];

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo"))
        .join("../../../contracts/interfaces");
    let mut solidity = String::new();
    for name in INTERFACES {
        let path = folder.join(format!("{name}.sol"));
        println!("cargo::rerun-if-changed={}", path.display());
        let source =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for line in source.lines().filter(|line| !is_header(line)) {
            solidity.push_str(&without_prelude_names(line));
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

/// Structs that are called as something that Rust code takes for granted get other names, of which an ABI knows nothing.
fn without_prelude_names(line: &str) -> String {
    [
        ("struct Option ", "struct EngineOption "),
        (" Option[] ", " EngineOption[] "),
        ("struct Result ", "struct EngineResult "),
        ("(Result ", "(EngineResult "),
    ]
    .into_iter()
    .fold(line.to_owned(), |line, (name, other)| {
        line.replace(name, other)
    })
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
