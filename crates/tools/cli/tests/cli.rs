//! The command line as a user meets it, without a node.

use std::{
    io::Write,
    process::{Command, Output},
};

fn bulkhead(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bulkhead"))
        .args(arguments)
        .output()
        .unwrap()
}

fn play(body: &str) -> Output {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(body.as_bytes()).unwrap();
    bulkhead(&["demo", "--prices", file.path().to_str().unwrap()])
}

#[test]
fn a_bad_price_file_is_exit_code_2_with_a_line_and_a_reason() {
    let output = play(
        "timestamp_utc_ms,open,high,low,close,volume\n1500000060000,10,12,9,11,5\n1500000120000,10,12,9,oops,5\n",
    );
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("line 3: close = `oops` is not a number"),
        "{message}"
    );
    assert!(!message.contains("panicked"), "{message}");
}

#[test]
fn times_in_another_unit_are_refused_by_its_name_whoever_reads_the_file() {
    for (time, unit) in [
        ("1500000120", "a time in seconds"),
        ("1500000120000000", "a time in microseconds"),
        (
            "120000",
            "not a time in milliseconds between the years 2009 and 2100",
        ),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let body = format!(
            "timestamp_utc_ms,open,high,low,close,volume\n1500000060000,1,1,1,1,1\n{time},1,1,1,1,1\n"
        );
        file.write_all(body.as_bytes()).unwrap();
        let file = file.path().to_str().unwrap();
        for arguments in [
            &["demo", "--prices", file][..],
            &["replay", "--prices", file],
            &["replay", "--prices", file, "--secondary", file],
        ] {
            let output = bulkhead(arguments);
            let message = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{message}");
            assert!(
                message.contains(&format!("line 3: {time} is {unit}")),
                "{message}"
            );
        }
    }
}

#[test]
fn a_missing_price_file_is_exit_code_2() {
    let output = bulkhead(&["demo", "--prices", "/no/such/file.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("/no/such/file.csv")
    );
}

#[test]
fn a_bad_argument_is_exit_code_2() {
    for arguments in [
        &["demo", "--traders", "1"][..],
        &["demo", "--seed", "x"],
        &["bench", "--no-such-flag"],
        &["replay", "--seed", "x"],
        &["simulate-proposal", "0x", "--block", "x"],
        &["programs", "0x12"],
        &["keep-alive", "--private-key", "0x12"],
        &["no-such-command"],
        &[],
    ] {
        assert_eq!(bulkhead(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_negative_number_is_a_bad_value_and_not_an_unknown_flag() {
    for arguments in [
        &["demo", "--seed", "-1"][..],
        &["demo", "--traders", "-1"],
        &["replay", "--seed", "-1"],
        &["simulate-proposal", "1", "--block", "-1"],
        &["simulate-proposal", "1", "--from-block", "-1"],
        &["simulate-proposal", "1", "--log-range", "-1"],
        &["programs", "--within", "-1"],
        &["keep-alive", "--within", "-1"],
    ] {
        let output = bulkhead(arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("invalid value '-1' for '--"), "{message}");
    }
}

#[test]
fn every_command_says_in_a_line_that_its_node_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let nobody = "0x0000000000000000000000000000000000000001";
    let key = "0x0000000000000000000000000000000000000000000000000000000000000001";
    for (url, reason) in [
        ("http://127.0.0.1:1", "the node does not answer"),
        ("nowhere", "`nowhere` is not the address of a node"),
    ] {
        for arguments in [
            &["demo", "--out", folder][..],
            &["bench"],
            &["programs", nobody],
            &["keep-alive", "--private-key", key, nobody],
            &[
                "simulate-proposal",
                "0x12345678",
                "--to",
                nobody,
                "--factory",
                nobody,
            ],
        ] {
            let output = bulkhead(&[arguments, &["--rpc-url", url]].concat());
            let message = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{arguments:?}");
            assert!(message.contains(reason), "{arguments:?}: {message}");
            assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        }
    }
}

#[test]
fn a_node_that_does_not_answer_is_exit_code_1_with_a_reason() {
    let output = bulkhead(&[
        "demo",
        "--rpc-url",
        "http://127.0.0.1:1",
        "--out",
        "/dev/null/demo",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("bulkhead: ")
    );
}
