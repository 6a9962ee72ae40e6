//! Gas and results that were measured on Nitro's own VM.
//!
//! The rows are not part of this repository. `STYLUS_NITRO_ROWS` names the folder with `gas.json` and the programs;
//! without it, `../../../../shared/nitro` is tried.

mod common;

use std::path::PathBuf;

use alloy_primitives::{Address, hex};
use common::{SENDER, World};
use serde_json::Value;
use stylus_vm::Status;

fn folder() -> Option<PathBuf> {
    let default = || PathBuf::from("../../../../shared/nitro");
    let named = std::env::var_os("STYLUS_NITRO_ROWS").map(PathBuf::from);
    let required = named.is_some();
    let folder = named.unwrap_or_else(default);
    let present = folder.join("gas.json").is_file();
    assert!(
        present || !required,
        "STYLUS_NITRO_ROWS is set, but there is no {}/gas.json",
        folder.display()
    );
    present.then_some(folder)
}

fn address_of(program: &str) -> Address {
    Address::right_padding_from(program.as_bytes())
}

fn calldata(call: &str) -> Vec<u8> {
    let (target, rest) = match call.split(':').collect::<Vec<_>>()[..] {
        ["CALL", target, rest] => (address_of(target), rest),
        ["EOA", rest] => (Address::left_padding_from(&[0xab, 0xcd]), rest),
        _ => return hex::decode(call).expect("calldata is hex"),
    };
    [
        target.as_slice(),
        &hex::decode(rest).expect("calldata is hex"),
    ]
    .concat()
}

#[test]
fn every_measured_row_is_met_to_the_unit() {
    let Some(folder) = folder() else {
        eprintln!(
            "SKIPPED: there is no ../shared/nitro beside the repository; set STYLUS_NITRO_ROWS to run this test"
        );
        return;
    };
    let text = std::fs::read_to_string(folder.join("gas.json")).expect("gas.json is readable");
    let rows: Vec<Value> = serde_json::from_str(&text).expect("gas.json is a list");
    let mut world = World::default();
    world.accounts.insert(
        SENDER,
        common::Account {
            nonce: 1,
            ..Default::default()
        },
    );
    for row in &rows {
        let name = row["program"].as_str().expect("row names a program");
        if !world.accounts.contains_key(&address_of(name)) {
            let wat = std::fs::read_to_string(folder.join(format!("{name}.wat")))
                .expect("program is there");
            world.install(address_of(name), &wat);
        }
    }
    for name in ["echo", "storage_write", "revert"] {
        assert!(
            world.accounts.contains_key(&address_of(name)),
            "{name} is called by another program"
        );
    }
    let mut wrong = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let (name, call) = (
            row["program"].as_str().unwrap(),
            row["call"].as_str().unwrap(),
        );
        let intrinsic = row["intrinsic"].as_u64().unwrap();
        let logs = world.logs.len();
        let (outcome, gas) = world.transact(address_of(name), &calldata(call), intrinsic);
        let returned = hex::encode_prefixed(&outcome.output);
        let expected = row["returns"].as_str().unwrap();
        let matches = match expected.split_once('…') {
            Some((start, _)) => returned.starts_with(start),
            None => returned == expected,
        };
        let ok = outcome.status == Status::Success;
        let found = (ok, gas, (world.logs.len() - logs) as u64, matches);
        let wanted = (
            row["ok"].as_bool().unwrap(),
            row["afterIntrinsic"].as_u64().unwrap(),
            row["logs"].as_u64().unwrap(),
            true,
        );
        if found != wanted {
            wrong.push(format!("row {index} {name} {call}: found {found:?} {returned}, wanted {wanted:?} {expected}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} rows differ:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
    println!("{} rows of {} match", rows.len(), folder.display());
}
