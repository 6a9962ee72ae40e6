//! Logs: queries, filters that are polled, subscriptions.

use std::time::Duration;

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    rpc::types::Filter,
};
use serde_json::{Value, json};

use crate::{probe, support::Node};

fn word(value: u64) -> B256 {
    U256::from(value).into()
}

/// Two probes; values 1 to 4 stored in turn, from block 3 on.
async fn four_logs(node: &Node) -> [Address; 2] {
    let probes = [node.probe().await, node.probe().await];
    for value in 1..=4u64 {
        node.set(probes[(value % 2) as usize], value).await;
    }
    probes
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_found_by_address_topic_range_and_block() {
    let node = Node::start();
    let [even, odd] = four_logs(&node).await;
    let last = node
        .provider
        .get_block(alloy::eips::BlockId::number(6))
        .await
        .unwrap()
        .unwrap();
    let all = Filter::new().from_block(0);
    let cases = [
        ("everything", all.clone(), vec![1, 2, 3, 4]),
        ("latest by default", Filter::new(), vec![4]),
        ("one address", all.clone().address(odd), vec![1, 3]),
        (
            "two addresses",
            all.clone().address(vec![odd, even]),
            vec![1, 2, 3, 4],
        ),
        (
            "first topic",
            all.clone().event_signature(probe::SET_TOPIC),
            vec![1, 2, 3, 4],
        ),
        (
            "another first topic",
            all.clone().event_signature(word(9)),
            vec![],
        ),
        (
            "alternatives",
            all.clone().topic1(vec![word(2), word(3)]),
            vec![2, 3],
        ),
        (
            "address and topic",
            all.clone().address(even).topic1(vec![word(2), word(3)]),
            vec![2],
        ),
        (
            "more topics than logs have",
            all.clone().topic2(word(1)),
            vec![],
        ),
        (
            "a range",
            Filter::new().from_block(4).to_block(5),
            vec![2, 3],
        ),
        (
            "a range beyond the end",
            Filter::new().from_block(6).to_block(99),
            vec![4],
        ),
        (
            "a block hash",
            Filter::new().at_block_hash(last.header.hash),
            vec![4],
        ),
    ];
    for (name, filter, expected) in cases {
        let logs = node.provider.get_logs(&filter).await.unwrap();
        let found: Vec<u64> = logs
            .iter()
            .map(|log| U256::from_be_slice(&log.inner.data.data).to())
            .collect();
        assert_eq!(found, expected, "{name}");
    }
    let (_, message) = node
        .refused(
            "eth_getLogs",
            json!([{ "fromBlock": "0x5", "toBlock": "0x4" }]),
        )
        .await;
    assert_eq!(message, "invalid block range params");
    let (_, message) = node
        .refused("eth_getLogs", json!([{ "blockHash": word(1) }]))
        .await;
    assert_eq!(message, "unknown block");
    let open = node
        .ok(
            "eth_getLogs",
            json!([{ "fromBlock": "earliest", "topics": [null, [word(1), word(4)]] }]),
        )
        .await;
    assert_eq!(open.as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_and_blooms_have_the_same_logs() {
    let node = Node::start();
    let [even, _] = four_logs(&node).await;
    let receipts = node.ok("eth_getBlockReceipts", json!(["0x4"])).await;
    let logs = node
        .ok(
            "eth_getLogs",
            json!([{ "fromBlock": "0x4", "toBlock": "0x4" }]),
        )
        .await;
    assert_eq!(receipts[0]["logs"], logs);
    assert_eq!(logs[0]["address"], json!(even));
    assert_eq!(
        (&logs[0]["logIndex"], &logs[0]["transactionIndex"]),
        (&json!("0x0"), &json!("0x0"))
    );
    let block = node.ok("eth_getBlockByNumber", json!(["0x4", false])).await;
    assert_eq!(block["logsBloom"], receipts[0]["logsBloom"]);
    assert_eq!(logs[0]["blockHash"], block["hash"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_report_what_is_new() {
    let node = Node::start();
    let probe = node.probe().await;
    let logs = node
        .ok("eth_newFilter", json!([{ "address": probe }]))
        .await;
    let blocks = node.ok("eth_newBlockFilter", json!([])).await;
    let transactions = node.ok("eth_newPendingTransactionFilter", json!([])).await;
    let receipt = node.set(probe, 1).await;
    let changes = |id: Value| node.ok("eth_getFilterChanges", json!([id]));
    assert_eq!(changes(logs.clone()).await[0]["topics"][1], json!(word(1)));
    assert_eq!(changes(blocks.clone()).await, json!([receipt.block_hash]));
    assert_eq!(
        changes(transactions).await,
        json!([receipt.transaction_hash])
    );
    assert_eq!(changes(logs.clone()).await, json!([]));
    node.set(probe, 2).await;
    assert_eq!(changes(logs.clone()).await.as_array().unwrap().len(), 1);
    assert_eq!(node.ok("eth_uninstallFilter", json!([logs])).await, true);
    assert_eq!(node.ok("eth_uninstallFilter", json!([logs])).await, false);
    let (_, message) = node.refused("eth_getFilterChanges", json!([logs])).await;
    assert_eq!(message, "filter not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_hear_of_blocks_logs_and_transactions() {
    let node = Node::start();
    let probe = node.probe().await;
    let socket = node.socket().await;
    let mut heads = socket.subscribe_blocks().await.unwrap();
    let mut logs = socket
        .subscribe_logs(&Filter::new().address(probe))
        .await
        .unwrap();
    let mut pending = socket.subscribe_pending_transactions().await.unwrap();
    for value in 1..=20 {
        let receipt = node.set(probe, value).await;
        let wait = Duration::from_secs(5);
        let head = tokio::time::timeout(wait, heads.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(Some(head.hash), receipt.block_hash);
        let log = tokio::time::timeout(wait, logs.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(log.topics()[1], word(value));
        let hash = tokio::time::timeout(wait, pending.recv())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(hash, receipt.transaction_hash);
    }
    let id = *heads.local_id();
    socket.unsubscribe(id).await.unwrap();
    let refused = socket
        .raw_request::<_, Value>("eth_subscribe".into(), json!(["nonsense"]))
        .await;
    assert!(refused.is_err());
    assert_eq!(socket.get_block_number().await.unwrap(), 21);
}
