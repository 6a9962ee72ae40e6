//! `debug_traceTransaction` and `debug_traceCall`.

use serde_json::{Value, json};

use crate::{
    probe,
    support::{Node, probe_json, to_probe},
};
use alloy::{network::TransactionBuilder, primitives::B256};

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
async fn the_prestate_is_what_a_transaction_found() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 3).await;
    let from = node.account(0);
    let before = node.ok("eth_getBalance", json!([from, "latest"])).await;
    let receipt = node.set(probe, 5).await;
    node.set(probe, 8).await;
    let trace = async |config: Value| {
        let options = json!({ "tracer": "prestateTracer", "tracerConfig": config });
        let params = json!([receipt.transaction_hash, options]);
        node.ok("debug_traceTransaction", params).await
    };
    let (zero, word) = (B256::ZERO.to_string(), |value| {
        json!(B256::with_last_byte(value))
    });
    let (probe, from) = (lower(probe), lower(from));
    let found = trace(json!({})).await;
    assert_eq!(found[&probe]["storage"][&zero], word(3));
    assert_eq!(found[&probe]["code"], json!(probe::runtime()));
    assert_eq!(found[&from]["balance"], before);
    assert_eq!(found[&from]["nonce"], 2);
    let lean = trace(json!({ "disableCode": true, "disableStorage": true })).await;
    assert!(lean[&probe]["code"].is_null() && lean[&probe]["storage"].is_null());

    let diff = trace(json!({ "diffMode": true })).await;
    assert_eq!(diff["pre"][&probe]["storage"][&zero], word(3));
    assert_eq!(
        diff["post"][&probe],
        json!({ "storage": { &zero: word(5) } }),
        "only what changed"
    );
    assert_eq!(diff["post"][&from]["nonce"], 3);
    assert_ne!(diff["post"][&from]["balance"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn created_accounts_and_cleared_slots_are_on_one_side_only() {
    let node = Node::start();
    let options = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let request =
        alloy::rpc::types::TransactionRequest::default().with_deploy_code(probe::creation());
    let receipt = node.send(request).await;
    let created = receipt.contract_address.unwrap();
    let diff = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, options]),
        )
        .await;
    assert!(diff["pre"][lower(created)].is_null());
    assert_eq!(
        diff["post"][lower(created)]["code"],
        json!(probe::runtime())
    );
    node.set(created, 4).await;
    let call = json!([probe_json(created, probe::SET, 0), "latest", options]);
    let diff = node.ok("debug_traceCall", call).await;
    let zero = B256::ZERO.to_string();
    assert_eq!(
        diff["pre"][lower(created)]["storage"][&zero],
        json!(B256::with_last_byte(4))
    );
    assert!(diff["post"][lower(created)]["storage"].is_null());
}

fn lower(address: alloy::primitives::Address) -> String {
    format!("{address:#x}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_struct_logger_shows_every_instruction_and_where_gas_went() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node.send(to_probe(probe, probe::NEST, 2)).await;
    let everything = json!({ "enableMemory": true, "enableReturnData": true });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, everything]),
        )
        .await;
    assert_eq!(
        (&trace["failed"], &trace["returnValue"]),
        (&json!(false), &json!("0x"))
    );
    assert_eq!(trace["gas"], receipt.gas_used);
    let logs = trace["structLogs"].as_array().unwrap();
    assert_eq!(logs[0]["op"], "PUSH1");
    assert_eq!(
        (&logs[0]["pc"], &logs[0]["depth"], &logs[0]["gasCost"]),
        (&json!(0), &json!(1), &json!(3))
    );
    // Whatever runs without opening a frame takes its cost off the gas.
    for pair in logs
        .windows(2)
        .filter(|pair| pair[0]["depth"] == pair[1]["depth"] && pair[0]["op"] != "CALL")
    {
        let (gas, cost) = (
            pair[0]["gas"].as_u64().unwrap(),
            pair[0]["gasCost"].as_u64().unwrap(),
        );
        assert_eq!(pair[1]["gas"], gas - cost, "{}", pair[0]);
    }
    // Slots 2 and 1 are stored, two frames deep, in that order.
    let stores: Vec<_> = logs.iter().filter(|log| log["op"] == "SSTORE").collect();
    assert_eq!(stores.len(), 2);
    let slot = |number: u8| B256::with_last_byte(number).to_string();
    assert_eq!(stores[0]["depth"], 2);
    assert_eq!(stores[0]["storage"], json!({ slot(2): slot(2) }));
    assert_eq!(
        stores[1]["storage"],
        json!({ slot(1): slot(1), slot(2): slot(2) })
    );
    assert_eq!(stores[0]["gasCost"], 22_100);
    let call = logs.iter().find(|log| log["op"] == "CALL").unwrap();
    assert_eq!(call["memory"].as_array().unwrap().len(), 2);
    assert_eq!(call["memory"][0], json!(slot(4)));
    assert_eq!(
        call["stack"].as_array().unwrap().last(),
        Some(&call["stack"][call["stack"].as_array().unwrap().len() - 1])
    );
    let spent: u64 = logs
        .iter()
        .filter(|log| log["depth"] == 1 && log["op"] != "CALL")
        .map(|log| log["gasCost"].as_u64().unwrap())
        .sum();
    let inner: u64 = logs
        .iter()
        .filter(|log| log["depth"] == 2)
        .map(|log| log["gasCost"].as_u64().unwrap())
        .sum();
    let intrinsic = 21_000
        + probe::calldata(probe::NEST, 2)
            .iter()
            .map(|byte| if *byte == 0 { 4 } else { 16 })
            .sum::<u64>();
    // A call to oneself is warm: 100 gas.
    assert_eq!(intrinsic + spent + inner + 100, receipt.gas_used);

    let brief = json!({ "disableStack": true, "disableStorage": true, "limit": 5 });
    let trace = node
        .ok(
            "debug_traceTransaction",
            json!([receipt.transaction_hash, brief]),
        )
        .await;
    assert_eq!(trace["structLogs"].as_array().unwrap().len(), 5);
    assert!(
        trace["structLogs"][4]["stack"].is_null() && trace["structLogs"][4]["memory"].is_null()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_struct_logger_shows_reads_failures_and_refuses_what_is_too_long() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 6).await;
    let trace = async |command| {
        let call = json!([probe_json(probe, command, 0), "latest", {}]);
        node.ok("debug_traceCall", call).await
    };
    let read = trace(probe::GET).await;
    let load = read["structLogs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|log| log["op"] == "SLOAD")
        .unwrap()
        .clone();
    let slot = |number: u8| B256::with_last_byte(number).to_string();
    assert_eq!(load["storage"], json!({ slot(0): slot(6) }));
    assert_eq!(
        (&load["gasCost"], &read["returnValue"]),
        (&json!(2_100), &json!(B256::with_last_byte(6)))
    );
    let failed = trace(probe::FAIL).await;
    assert_eq!(failed["failed"], true);
    assert!(
        failed["structLogs"].as_array().unwrap().last().unwrap()["error"].is_null(),
        "a revert is no fault"
    );
    let invalid = trace(99).await;
    let last = invalid["structLogs"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&last["op"], &last["error"]),
        (&json!("INVALID"), &json!("invalid opcode: INVALID"))
    );
    let mut poor = probe_json(probe, probe::SPIN, 1);
    poor["gas"] = json!("0x7530");
    let poor = node
        .ok("debug_traceCall", json!([poor, "latest", {}]))
        .await;
    let last = poor["structLogs"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&last["op"], &last["error"]),
        (&json!("SSTORE"), &json!("out of gas"))
    );
    let endless = json!([probe_json(probe, probe::HANG, 0), "latest", {}]);
    let (_, message) = node.refused("debug_traceCall", endless).await;
    assert!(message.contains("limit"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tracers_are_refused_by_name() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node.set(probe, 1).await;
    let hash = receipt.transaction_hash;
    for options in [
        json!({ "tracer": "4byteTracer" }),
        json!({ "tracer": "muxTracer" }),
        json!({ "tracer": "{ step: function() {} }" }),
    ] {
        let (code, message) = node
            .refused("debug_traceTransaction", json!([hash, options]))
            .await;
        assert_eq!(code, -32_004, "{message}");
        assert!(
            message.contains("callTracer") && message.contains("prestateTracer"),
            "{message}"
        );
    }
    let unknown = json!([alloy::primitives::B256::ZERO, { "tracer": "callTracer" }]);
    let (_, message) = node.refused("debug_traceTransaction", unknown).await;
    assert!(message.contains("not found"), "{message}");
}
