//! Gas of programs that Nitro's own VM ran: every row must match to the unit.

use std::path::PathBuf;

use revm::primitives::{Address, Bytes, hex};
use serde_json::Value;

use crate::common::{ALICE, Chain, program_address};

/// Where the measurements are, unless `NITRO_VECTORS` says otherwise.
const DEFAULT_FOLDER: &str = "../../../../shared/nitro";

fn folder() -> PathBuf {
    std::env::var_os("NITRO_VECTORS").map_or_else(|| DEFAULT_FOLDER.into(), PathBuf::from)
}

#[test]
fn every_measured_transaction_costs_what_it_costs_on_nitro() {
    let folder = folder();
    let Ok(rows) = std::fs::read(folder.join("gas.json")) else {
        eprintln!(
            "skipped: no measurements in {} (set NITRO_VECTORS)",
            folder.display()
        );
        return;
    };
    let rows: Vec<Value> = serde_json::from_slice(&rows).expect("gas.json is JSON");
    let mut chain = Chain::new();
    for file in std::fs::read_dir(&folder)
        .expect("the folder can be read")
        .flatten()
    {
        let path = file.path();
        if path.extension().is_some_and(|extension| extension == "wat") {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let source = std::fs::read_to_string(&path).expect("readable");
            chain.install(program_address(&name), &source);
        }
    }
    let mut wrong = Vec::new();
    for row in &rows {
        wrong.extend(compare(&mut chain, row));
    }
    assert!(rows.len() >= 30, "only {} rows", rows.len());
    assert!(
        wrong.is_empty(),
        "{} of {} rows differ:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

fn compare(chain: &mut Chain, row: &Value) -> Option<String> {
    let name = row["program"].as_str().expect("a name");
    let data = calldata(row["call"].as_str().expect("calldata"));
    let returned = chain
        .call(ALICE, program_address(name), data.clone())
        .output;
    let outcome = chain.send(ALICE, program_address(name), data.clone());
    let seen = (
        outcome.gas_used,
        outcome.status.is_success(),
        outcome.logs.len() as u64,
        matches(
            &hex::encode_prefixed(&returned),
            row["returns"].as_str().expect("bytes"),
        ),
    );
    let expected = (
        row["gasUsed"].as_u64().expect("gas"),
        row["ok"].as_bool().expect("a flag"),
        row["logs"].as_u64().expect("a number"),
        true,
    );
    (seen != expected).then(|| {
        format!(
            "{name} {}: {seen:?}, Nitro {expected:?}",
            hex::encode(&data[..data.len().min(40)])
        )
    })
}

/// Long results are given by their ends only.
fn matches(seen: &str, expected: &str) -> bool {
    match expected.split_once('\u{2026}') {
        Some((start, _)) => seen.starts_with(start),
        None => seen == expected,
    }
}

fn calldata(call: &str) -> Bytes {
    if let Some(rest) = call.strip_prefix("CALL:") {
        let (target, data) = rest.split_once(':').expect("a target");
        let data = hex::decode(data).expect("hex");
        return [program_address(target).as_slice(), &data].concat().into();
    }
    if let Some(data) = call.strip_prefix("EOA:") {
        let target = Address::with_last_byte(0xcd).into_array();
        let mut target = target;
        target[18] = 0xab;
        return [target.as_slice(), &hex::decode(data).expect("hex")]
            .concat()
            .into();
    }
    hex::decode(call).expect("hex").into()
}
