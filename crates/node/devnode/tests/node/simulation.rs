//! `eth_simulateV1`.

use alloy::primitives::{Address, B256, U256};
use serde_json::{Value, json};

use crate::{
    probe,
    support::{Node, probe_json},
};

async fn simulate(node: &Node, payload: Value) -> Vec<Value> {
    let answer = node.ok("eth_simulateV1", json!([payload, "latest"])).await;
    answer.as_array().expect("blocks").clone()
}

fn word(value: u64) -> Value {
    json!(B256::from(U256::from(value)))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_finds_what_the_ones_before_left_and_the_chain_stays() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 1).await;
    let blocks = simulate(
        &node,
        json!({ "blockStateCalls": [
            { "calls": [probe_json(probe, probe::GET, 0), probe_json(probe, probe::SET, 7), probe_json(probe, probe::GET, 0)] },
            { "stateOverrides": { probe.to_string(): { "stateDiff": { B256::ZERO.to_string(): word(9) } } },
              "calls": [probe_json(probe, probe::GET, 0), probe_json(probe, probe::HEIGHT, 0), probe_json(probe, probe::FAIL, 0)] },
        ] }),
    )
    .await;
    let results = |block: usize| blocks[block]["calls"].as_array().unwrap().clone();
    let first = results(0);
    assert_eq!(
        (&first[0]["returnData"], &first[2]["returnData"]),
        (&word(1), &word(7))
    );
    assert_eq!(first[0]["status"], "0x1");
    let log = &first[1]["logs"][0];
    assert_eq!(
        (&log["address"], &log["topics"][1]),
        (&json!(probe), &word(7))
    );
    assert_eq!(
        (&log["blockHash"], &log["transactionHash"], &log["logIndex"]),
        (
            &blocks[0]["hash"],
            &blocks[0]["transactions"][1],
            &json!("0x0")
        )
    );
    let second = results(1);
    assert_eq!(
        (&second[0]["returnData"], &second[1]["returnData"]),
        (&word(9), &word(4))
    );
    assert_eq!(second[2]["status"], "0x0");
    assert_eq!(second[2]["error"]["code"], 3);
    assert_eq!(second[2]["error"]["message"], "execution reverted: no");
    assert_eq!(
        (&blocks[0]["number"], &blocks[1]["number"]),
        (&json!("0x3"), &json!("0x4"))
    );
    assert_eq!(blocks[1]["parentHash"], blocks[0]["hash"]);
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::from(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_transaction_uses_the_gas_of_the_same_transaction_on_the_chain() {
    let node = Node::start();
    let probe = node.probe().await;
    let from = node.account(0);
    let mut call = probe_json(probe, probe::SPIN, 3);
    call["from"] = json!(from);
    let blocks = simulate(
        &node,
        json!({ "blockStateCalls": [{ "calls": [call] }], "returnFullTransactions": true }),
    )
    .await;
    let receipt = node
        .send(crate::support::to_probe(probe, probe::SPIN, 3))
        .await;
    assert_eq!(
        blocks[0]["calls"][0]["gasUsed"],
        json!(format!("{:#x}", receipt.gas_used))
    );
    assert_eq!(blocks[0]["gasUsed"], blocks[0]["calls"][0]["gasUsed"]);
    let transaction = &blocks[0]["transactions"][0];
    assert_eq!(
        (&transaction["from"], &transaction["to"]),
        (&json!(from), &json!(probe))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_of_ether_are_logs_when_asked() {
    let node = Node::start();
    let (from, to) = (node.account(0), Address::repeat_byte(7));
    let call = json!({ "from": from, "to": to, "value": "0x5" });
    for traced in [false, true] {
        let payload = json!({ "blockStateCalls": [{ "calls": [call] }], "traceTransfers": traced });
        let blocks = simulate(&node, payload).await;
        let logs = blocks[0]["calls"][0]["logs"].as_array().unwrap().clone();
        assert_eq!(logs.len(), usize::from(traced));
        if traced {
            assert_eq!(logs[0]["address"], json!(Address::repeat_byte(0xee)));
            assert_eq!(logs[0]["topics"][1], json!(from.into_word()));
            assert_eq!(logs[0]["topics"][2], json!(to.into_word()));
            assert_eq!(logs[0]["data"], word(5));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_follow_each_other_and_gaps_are_filled() {
    let node = Node::start();
    let probe = node.probe().await;
    let at = |number: &str, time: &str, command| json!({ "blockOverrides": { "number": number, "time": time }, "calls": [probe_json(probe, command, 0)] });
    let payload = json!({ "blockStateCalls": [at("0x4", "0xffffffff", probe::TIME)] });
    let blocks = simulate(&node, payload).await;
    let numbers: Vec<&Value> = blocks.iter().map(|block| &block["number"]).collect();
    assert_eq!(numbers, ["0x2", "0x3", "0x4"]);
    assert_eq!(blocks[2]["calls"][0]["returnData"], word(0xffff_ffff));
    let error = async |payload: Value| node.refused("eth_simulateV1", json!([payload])).await.0;
    assert_eq!(
        error(json!({ "blockStateCalls": [at("0x1", "0xffffffff", 0)] })).await,
        -38_020
    );
    assert_eq!(
        error(json!({ "blockStateCalls": [at("0x2", "0x1", 0)] })).await,
        -38_021
    );
    assert_eq!(
        error(json!({ "blockStateCalls": [at("0xffffff", "0xffffffff", 0)] })).await,
        -38_026
    );
    assert_eq!(error(json!({ "blockStateCalls": [] })).await, -32_602);
}

#[tokio::test(flavor = "multi_thread")]
async fn validation_holds_calls_to_the_rules_of_transactions() {
    let node = Node::start();
    let (rich, poor) = (node.account(0), Address::repeat_byte(9));
    let call = |from: Address, more: Value| {
        let mut call = json!({ "from": from, "to": poor, "gas": "0x5208" });
        call.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!([{ "validation": true, "blockStateCalls": [{ "calls": [call] }] }])
    };
    let price = "0x5f5e100";
    for (request, expected) in [
        (call(rich, json!({})), -38_012),
        (
            call(rich, json!({ "gasPrice": price, "nonce": "0x5" })),
            -38_011,
        ),
        (call(poor, json!({ "gasPrice": price })), -38_014),
        (
            call(rich, json!({ "gasPrice": price, "gas": "0x1" })),
            -38_013,
        ),
        (
            call(rich, json!({ "gasPrice": price, "gas": "0xffffffff" })),
            -38_015,
        ),
    ] {
        let (code, message) = node.refused("eth_simulateV1", request).await;
        assert_eq!(code, expected, "{message}");
    }
    let paid = node
        .ok("eth_simulateV1", call(rich, json!({ "gasPrice": price })))
        .await;
    assert_eq!(paid[0]["calls"][0]["status"], "0x1");
    assert_eq!(paid[0]["baseFeePerGas"], price);
}
