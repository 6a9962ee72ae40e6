//! The command as a user meets it.

use crate::scene::Scene;
use alloy::primitives::hex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Output};

/// Outside the checkout, where nothing is written down.
fn bulkhead(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .current_dir(std::env::temp_dir())
        .env_remove("RPC_URL")
        .arg("simulate-proposal")
        .args(arguments)
        .output()
        .unwrap()
}

/// Paths of all values, places in lists left out.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                paths(value, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(values) => {
            for value in values {
                paths(value, &format!("{at}[]"), found);
            }
        }
        _ => {
            found.insert(at.to_owned());
        }
    }
}

fn all_paths(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    paths(&serde_json::from_str(text).unwrap(), "", &mut found);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn it_prints_tables_or_json_draws_and_says_by_its_code_how_sure_it_is() {
    let scene = Scene::open().await;
    let (vault, factory) = (
        scene.market.vault.to_string(),
        scene.deployment.factory.to_string(),
    );
    let folder = tempfile::tempdir().unwrap();
    let strict = scene.stricter().await;
    let simulate = |data: &[u8], extra: &[&str]| {
        let data = hex::encode_prefixed(data);
        let given = [
            &data,
            "--to",
            &vault,
            "--rpc-url",
            &scene.url,
            "--factory",
            &factory,
        ];
        bulkhead(&[&given[..], extra].concat())
    };
    let tables = simulate(&strict, &["--out", folder.path().to_str().unwrap()]);
    let text = String::from_utf8(tables.stdout).unwrap();
    assert_eq!(tables.status.code(), Some(0), "{text}");
    // (1.25 x 1,400 - 1,200) / (1,400 x (1.25 - 0.05))
    assert!(text.contains("is liquidated: 32.7 %"), "{text}");
    assert!(text.contains("All calls are understood"), "{text}");
    assert!(folder.path().join("proposal-0.png").is_file());

    let json = simulate(&strict, &["--json"]);
    let json = String::from_utf8(json.stdout).unwrap();
    let documented = include_str!("../../../proposal/tests/snapshots/proposal.json");
    let undocumented: Vec<String> = all_paths(&json)
        .difference(&all_paths(documented))
        .cloned()
        .collect();
    assert_eq!(
        undocumented, [""; 0],
        "paths that the snapshot does not have"
    );
    let report: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["impacts"][0]["after"]["belowMaintenance"], 1);

    let unknown = simulate(&[1, 2, 3, 4], &[]);
    let text = String::from_utf8(unknown.stdout).unwrap();
    assert!(matches!(unknown.status.code(), Some(3 | 4)), "{text}");
    assert!(text.contains("function 0x01020304 of the vault"), "{text}");
    let reverts = simulate(&strict[..strict.len() - 1], &[]);
    assert_eq!(
        reverts.status.code(),
        Some(4),
        "{}",
        String::from_utf8_lossy(&reverts.stderr)
    );
    let stranger = simulate(
        &strict,
        &["--from", "0x1111111111111111111111111111111111111111"],
    );
    let text = String::from_utf8(stranger.stdout).unwrap();
    assert_eq!(stranger.status.code(), Some(4), "{text}");
    assert!(text.contains("NotSteward(address)"), "{text}");
}

#[test]
fn what_cannot_be_read_is_exit_code_2() {
    let factory = "0x0000000000000000000000000000000000000001";
    for (given, expected) in [
        (vec!["0x12"], "calls no function"),
        (vec!["0x123"], "is not hexadecimal"),
        (vec!["not calldata"], "neither calldata"),
        (vec!["/no/such/file"], "neither calldata"),
        (vec!["0x01020304"], "--to"),
        (vec!["12"], "--to"),
        (vec!["0x01020304", "--to", "0x12"], "--to"),
        (vec!["0x01020304", "--block", "soon"], "--block"),
        (vec!["0x01020304", "--log-range", "0"], "--log-range"),
        (vec![], "<PROPOSAL>"),
        (vec!["--unknown"], "--unknown"),
        (vec!["a", "b"], "unexpected argument"),
    ] {
        let url = ["--rpc-url", "http://127.0.0.1:1", "--factory", factory];
        let output = bulkhead(&[&given[..], &url].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{given:?}: {message}");
        assert!(message.contains(expected), "{given:?}: {message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn without_a_factory_it_says_where_one_would_be() {
    let output = bulkhead(&["0x01020304"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("--factory") && message.contains("checkout"),
        "{message}"
    );
}

#[test]
fn a_node_that_is_not_there_is_exit_code_1() {
    for url in ["http://127.0.0.1:1", "nowhere", "ftp://127.0.0.1"] {
        let to = "0x0000000000000000000000000000000000000001";
        let output = bulkhead(&["0x01020304", "--to", to, "--factory", to, "--rpc-url", url]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{url}: {message}");
        assert!(message.starts_with("bulkhead: "), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

/// Bytes that end up as an argument, or as a file: neither makes the command panic.
#[test]
fn no_argument_makes_it_panic() {
    use rand::{Rng, SeedableRng};
    const SEED: u64 = 7;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(SEED);
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let length = random.random_range(0..200);
        let bytes: Vec<u8> = (0..length).map(|_| random.random()).collect();
        let text: String = bytes
            .iter()
            .filter(|byte| **byte != 0)
            .map(|byte| char::from(*byte))
            .collect();
        let path = folder.path().join("given");
        std::fs::write(&path, &bytes).unwrap();
        let path = path.to_str().unwrap();
        let hexadecimal = hex::encode_prefixed(&bytes);
        let to = "0x0000000000000000000000000000000000000001";
        let node = ["--rpc-url", "http://127.0.0.1:1", "--factory", to];
        for given in [
            &[text.as_str()][..],
            &[path],
            &[&hexadecimal],
            &[&hexadecimal, "--to", to],
            &["--to", &text],
        ] {
            let output = bulkhead(&[given, &node[..]].concat());
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(
                matches!(output.status.code(), Some(0..=2)),
                "round {round} of seed {SEED}: {given:?}: {message}"
            );
            assert!(
                !message.contains("panicked"),
                "round {round} of seed {SEED}: {given:?}: {message}"
            );
        }
    }
}
