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
        &["no-such-command"],
        &[],
    ] {
        assert_eq!(bulkhead(arguments).status.code(), Some(2), "{arguments:?}");
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
