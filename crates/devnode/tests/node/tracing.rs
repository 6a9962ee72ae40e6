//! `debug_traceTransaction` and `debug_traceCall`.

use serde_json::json;

use crate::{
    probe,
    support::{Node, probe_json, to_probe},
};
use alloy::network::TransactionBuilder;

#[tokio::test(flavor = "multi_thread")]
async fn the_call_tracer_shows_nested_calls() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node.send(to_probe(probe, probe::NEST, 2)).await;
    let options = json!({ "tracer": "callTracer" });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, options]),
        )
        .await;
    assert_eq!(trace["type"], "CALL");
    assert_eq!(trace["to"], json!(probe));
    assert_eq!(trace["gasUsed"], json!(format!("{:#x}", receipt.gas_used)));
    assert_eq!(trace["calls"].as_array().unwrap().len(), 1);
    assert_eq!(trace["calls"][0]["from"], json!(probe));
    assert_eq!(
        trace["calls"][0]["input"],
        json!(probe::calldata(probe::SPIN, 2))
    );
    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, top]),
        )
        .await;
    assert!(trace["calls"].is_null());
    let block = node
        .ok("debug_traceBlockByNumber", json!(["latest", options]))
        .await;
    assert_eq!(block[0]["txHash"], json!(receipt.transaction_hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_tracer_shows_logs_when_asked() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node.set(probe, 3).await;
    let options = json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, options]),
        )
        .await;
    assert_eq!(trace["logs"][0]["address"], json!(probe));
    assert_eq!(trace["logs"][0]["topics"][0], json!(probe::SET_TOPIC));
    let without = json!({ "tracer": "callTracer" });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, without]),
        )
        .await;
    assert!(trace["logs"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_traced_transaction_finds_the_state_that_it_found() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 1).await;
    let read = node.send(to_probe(probe, probe::GET, 0)).await;
    node.set(probe, 2).await;
    let options = json!({ "tracer": "callTracer" });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([read.transaction_hash, options]),
        )
        .await;
    assert_eq!(
        trace["output"],
        json!(alloy::primitives::B256::with_last_byte(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_traced_with_their_reason() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node
        .send(to_probe(probe, probe::FAIL, 0).with_gas_limit(100_000))
        .await;
    let options = json!({ "tracer": "callTracer" });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, options]),
        )
        .await;
    assert_eq!(trace["error"], "execution reverted");
    assert_eq!(trace["revertReason"], "no");
    let call = json!([probe_json(probe, probe::FAIL, 0), "latest", options]);
    assert_eq!(
        node.ok("debug_traceCall", call).await["error"],
        "execution reverted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tracers_are_refused_by_name() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node.set(probe, 1).await;
    let hash = receipt.transaction_hash;
    for options in [
        json!({}),
        json!({ "tracer": "prestateTracer" }),
        json!({ "tracer": "{ step: function() {} }" }),
    ] {
        let (code, message) = node
            .refused("debug_traceTransaction", json!([hash, options]))
            .await;
        assert_eq!(code, -32_004, "{message}");
        assert!(message.contains("callTracer"), "{message}");
    }
    let unknown = json!([alloy::primitives::B256::ZERO, { "tracer": "callTracer" }]);
    let (_, message) = node.refused("debug_traceTransaction", unknown).await;
    assert!(message.contains("not found"), "{message}");
}
