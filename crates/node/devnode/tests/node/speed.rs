//! How fast the node is. Prints its measurements; fails only if something is badly wrong.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use alloy::transports::http::reqwest::Client;
use serde_json::json;

use crate::{
    probe,
    support::{Node, probe_json},
};

const MEASURED: Duration = Duration::from_secs(2);

/// Calls per second over `connections` keep-alive connections, each with one request at a time.
async fn calls_per_second(node: &Node, body: &str, connections: usize) -> f64 {
    let start = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (url, body) = (node.handle.url(), body.to_owned());
            tokio::spawn(async move {
                let client = Client::builder().pool_max_idle_per_host(1).build().unwrap();
                let mut calls = 0u64;
                while start.elapsed() < MEASURED {
                    let request = client
                        .post(&url)
                        .header("content-type", "application/json")
                        .body(body.clone());
                    let answer = request.send().await.unwrap().text().await.unwrap();
                    assert!(answer.contains("\"result\""), "{answer}");
                    calls += 1;
                }
                calls
            })
        })
        .collect();
    let mut calls = 0;
    for client in clients {
        calls += client.await.unwrap();
    }
    calls as f64 / start.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_getter_is_called_often() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 5).await;
    let params = json!([probe_json(probe, probe::GET, 0), "latest"]);
    let body =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": params }).to_string();
    let one = calls_per_second(&node, &body, 1).await;
    let eight = calls_per_second(&node, &body, 8).await;
    println!(
        "eth_call of a getter: {one:.0}/s over one connection, {eight:.0}/s over 8, client on the same cores"
    );
    assert!(one > 100.0 && eight > 100.0);
}

#[test]
fn the_program_is_ready_in_under_a_second() {
    let start = Instant::now();
    let mut node = Command::new(env!("CARGO_BIN_EXE_devnode"))
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let ready = start.elapsed();
    println!("ready after {} ms", ready.as_millis());
    node.kill().unwrap();
    node.wait().unwrap();
    assert!(
        first.starts_with("Listening on http://127.0.0.1:"),
        "{first}"
    );
    assert!(ready < Duration::from_secs(1));
}

#[test]
fn a_taken_port_ends_the_program_with_a_message() {
    let node = devnode::spawn(devnode::Config::default()).unwrap();
    let port = node.address().port().to_string();
    let refused = Command::new(env!("CARGO_BIN_EXE_devnode"))
        .args(["--port", &port])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(message.contains("cannot listen on"), "{message}");
}
