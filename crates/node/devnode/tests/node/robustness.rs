//! Clients that misbehave.

use std::time::Duration;

use alloy::{primitives::U256, providers::Provider};
use devnode::{Config, rpc::Limits};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    probe,
    support::{Node, probe_json},
};

fn error_code(answer: &str) -> Option<i64> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    // Nested brackets are a batch, and get a batch of answers.
    let answer = answer.get(0).unwrap_or(&answer);
    answer["error"]["code"].as_i64()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_get_json_rpc_errors() {
    let node = Node::start();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let deep_params = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{}}}"#,
        nested(50_000)
    );
    let deep_object = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"eth_signTypedData_v4","params":["{}",{}]}}"#,
        node.account(0),
        nested(100_000),
    );
    let cases: Vec<(String, &[i64])> = vec![
        ("{".into(), &[-32_700]),
        ("not json".into(), &[-32_700]),
        ("{}".into(), &[-32_600, -32_700]),
        ("[]".into(), &[-32_600]),
        ("null".into(), &[-32_600, -32_700]),
        ("{\"id\":1,\"method\":7}".into(), &[-32_600, -32_700]),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":"x"}"#.into(),
            &[-32_600, -32_602, -32_700],
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{"a":1}}"#.into(),
            &[-32_602],
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}"#.into(),
            &[-32_602],
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x12"]}"#.into(),
            &[-32_602],
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}"#.into(),
            &[-32_602],
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"","params":[]}"#.into(),
            &[-32_601],
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#.into(),
            &[-32_601, -32_603, -32_600],
        ),
        (nested(100_000), &[-32_700, -32_600]),
        (deep_params, &[-32_700, -32_600, -32_602]),
        (deep_object, &[-32_700, -32_600, -32_602]),
    ];
    let count = cases.len();
    for (body, expected) in cases {
        let shown: String = body.chars().take(80).collect();
        let (_, answer) = node.post(body).await;
        let code = error_code(&answer);
        assert!(
            code.is_some_and(|code| expected.contains(&code)),
            "{shown}: {answer}"
        );
    }
    let (_, answer) = node.post([0xff, 0xfe, 0x00]).await;
    assert_eq!(error_code(&answer), Some(-32_700));
    assert!(node.is_alive().await);
    println!("{} malformed requests were answered", count + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_body_is_refused() {
    let limits = Limits {
        request_bytes: 100_000,
        ..Limits::default()
    };
    let node = Node::with(Config {
        limits,
        ..Config::default()
    });
    let padding = "0".repeat(200_000);
    let body =
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x{padding}"]}}"#);
    let (status, answer) = node.post(body).await;
    assert_eq!(status, 413);
    assert!(error_code(&answer).is_some(), "{answer}");
    let batch: Vec<_> = (0..1_001)
        .map(|id| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" }))
        .collect();
    let (_, answer) = node.post(serde_json::to_vec(&batch).unwrap()).await;
    assert!(error_code(&answer).is_some(), "{answer}");
    assert!(node.is_alive().await);
}

/// Asks for a method with fewer than `most` of the values, which must be answered.
async fn ask_at_random(
    node: &Node,
    random: &mut StdRng,
    name: &str,
    values: &[Value],
    most: usize,
) {
    let count = random.random_range(0..most);
    let params: Vec<&Value> = (0..count)
        .map(|_| &values[random.random_range(0..values.len())])
        .collect();
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": name, "params": params });
    let (status, answer) = node.post(body.to_string()).await;
    let answer: Value =
        serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{body}: {status} {answer}"));
    assert_ne!(answer["error"]["code"], -32_603, "{body}: {answer}");
}

/// Every method of the node with parameters that fit badly or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn random_parameters_break_nothing() {
    let seed = std::env::var("SEED")
        .ok()
        .map_or_else(rand::random, |seed| seed.parse().expect("a number"));
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 5).await;
    let methods: Vec<&str> =
        devnode::rpc::methods(node.handle.chain().clone(), node.handle.accounts().clone())
            .method_names()
            .collect();
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5e300),
        json!(u64::MAX),
        json!(""),
        json!("0x"),
        json!("0x0"),
        json!("0xffffffffffffffff"),
        json!("0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
        json!("latest"),
        json!("pending"),
        json!(probe),
        json!(probe::runtime()),
        json!([]),
        json!([[], {}]),
        json!({}),
        json!({ "from": probe, "to": probe, "gas": "0xffffffffffffffff", "gasPrice": "0xffffffffffffffffffffffffffffffff" }),
        json!({ "to": probe, "data": "0x", "value": "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" }),
        json!({ "fromBlock": "0xffffffffffffffff", "toBlock": "latest" }),
        json!({ "blockHash": "0x0000000000000000000000000000000000000000000000000000000000000000" }),
        json!({ "tracer": "callTracer", "tracerConfig": { "withLog": 7 } }),
        json!({ probe.to_string(): { "code": "0xef0100", "balance": "0x1" } }),
    ];
    // These change the chain, as they should; the others must not.
    let writes = |name: &str| {
        ["anvil", "evm_", "hardhat"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
            || name.starts_with("eth_send")
    };
    let mut asked = 0;
    for name in methods
        .iter()
        .filter(|name| !writes(name) && !name.ends_with("subscribe"))
    {
        for _ in 0..60 {
            ask_at_random(&node, &mut random, name, &values, 5).await;
            asked += 1;
        }
    }
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::from(5));
    assert_eq!(node.provider.get_block_number().await.unwrap(), 2);
    for name in methods
        .iter()
        .filter(|name| writes(name) && !name.contains("mine"))
    {
        for _ in 0..40 {
            ask_at_random(&node, &mut random, name, &values, 4).await;
            asked += 1;
        }
    }
    assert!(node.is_alive().await);
    println!(
        "{asked} requests with random parameters to {} methods",
        methods.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_connections_is_refused_and_survived() {
    let limits = Limits {
        connections: 50,
        ..Limits::default()
    };
    let node = Node::with(Config {
        limits,
        ..Config::default()
    });
    let probe = node.probe().await;
    node.set(probe, 5).await;
    let address = node.handle.address();
    let mut open = Vec::new();
    for _ in 0..400 {
        open.push(TcpStream::connect(address).await.unwrap());
    }
    let mut refused = 0;
    for stream in &mut open {
        let request = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        let mut answer = [0; 64];
        let exchange = async {
            stream.write_all(request.as_bytes()).await?;
            stream.read(&mut answer).await
        };
        match tokio::time::timeout(Duration::from_secs(2), exchange).await {
            Ok(Ok(length)) if answer[..length].starts_with(b"HTTP/1.1 503") => refused += 1,
            Ok(Ok(0) | Err(_)) => refused += 1,
            _ => {}
        }
    }
    assert!(refused >= 350, "{refused} of 400 refused");
    drop(open);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::from(5));
    println!("400 connections, {refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_is_disconnected_and_holds_up_nobody() {
    let limits = Limits {
        patience: Duration::from_millis(300),
        ..Limits::default()
    };
    let node = Node::with(Config {
        limits,
        ..Config::default()
    });
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(node.handle.address()).await.unwrap();
        stream
            .write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-le")
            .await
            .unwrap();
        slow.push(stream);
    }
    assert!(node.is_alive().await);
    let mut closed = 0;
    for stream in &mut slow {
        let mut rest = [0; 256];
        let ended = tokio::time::timeout(Duration::from_secs(5), async {
            while stream.read(&mut rest).await.is_ok_and(|length| length > 0) {}
        });
        closed += usize::from(ended.await.is_ok());
    }
    assert_eq!(closed, 100);
    let mut stuck = TcpStream::connect(node.handle.address()).await.unwrap();
    let head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    stuck.write_all(head.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), stuck.read_to_end(&mut rest)).await;
    assert!(
        ended.is_ok(),
        "a body that stands still ends the connection"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn long_calls_hold_up_neither_reads_nor_transactions() {
    let node = Node::start();
    let probe = node.probe().await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [probe_json(probe, probe::HANG, 0)] });
    let url = node.handle.url();
    let long: Vec<_> = (0..8)
        .map(|_| {
            let (url, body) = (url.clone(), body.to_string().into_bytes());
            tokio::spawn(async move { crate::support::post(&url, body).await })
        })
        .collect();
    for value in 0..20 {
        node.set(probe, value + 1).await;
        assert_eq!(
            node.ask(probe, probe::GET).await.unwrap(),
            U256::from(value + 1)
        );
    }
    for call in long {
        let (_, answer) = call.await.unwrap();
        assert_eq!(error_code(&answer), Some(-32_000), "{answer}");
    }
}

#[test]
fn a_taken_port_is_a_plain_error() {
    let node = devnode::spawn(Config::default()).unwrap();
    let taken = Config {
        port: node.address().port(),
        ..Config::default()
    };
    let error = devnode::spawn(taken).unwrap_err().to_string();
    assert!(error.contains("cannot listen on 127.0.0.1"), "{error}");
}

#[test]
fn a_node_that_cannot_note_reverts_does_not_start() {
    let nowhere = Config {
        reverts: Some("/nowhere/reverts".into()),
        ..Config::default()
    };
    let error = devnode::spawn(nowhere).unwrap_err().to_string();
    assert!(error.contains("/nowhere/reverts"), "{error}");
}
