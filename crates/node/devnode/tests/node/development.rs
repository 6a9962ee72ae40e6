//! Development methods: snapshots, time, mining, impersonation, direct changes, dumps.

use std::time::Duration;

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, U256, address},
    providers::Provider,
    rpc::types::TransactionRequest,
};
use devnode::{Config, chain::Mining};
use serde_json::{Value, json};

use crate::{
    probe,
    support::{Node, probe_json, to_probe},
};

const SOMEBODY: Address = address!("0x00000000000000000000000000000000cafe0004");

async fn timestamp(node: &Node) -> u64 {
    node.provider
        .get_block(alloy::eips::BlockId::latest())
        .await
        .unwrap()
        .unwrap()
        .header
        .timestamp
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revert_restores_everything() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 1).await;
    let head = node
        .ok("eth_getBlockByNumber", json!(["latest", true]))
        .await;
    let balance = node
        .ok("eth_getBalance", json!([node.account(0), "latest"]))
        .await;
    let snapshot = node.ok("evm_snapshot", json!([])).await;
    let later = node.ok("evm_snapshot", json!([])).await;
    let receipt = node.set(probe, 2).await;
    node.ok("anvil_setBalance", json!([SOMEBODY, "0x5"])).await;
    node.ok("evm_increaseTime", json!([100_000])).await;
    assert_eq!(node.ok("evm_revert", json!([snapshot])).await, true);
    assert_eq!(
        node.ok("eth_getBlockByNumber", json!(["latest", true]))
            .await,
        head
    );
    assert_eq!(
        node.ok("eth_getBalance", json!([node.account(0), "latest"]))
            .await,
        balance
    );
    assert_eq!(
        node.ok("eth_getBalance", json!([SOMEBODY, "latest"])).await,
        "0x0"
    );
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::ONE);
    assert!(
        node.ok(
            "eth_getTransactionReceipt",
            json!([receipt.transaction_hash])
        )
        .await
        .is_null()
    );
    assert_eq!(
        node.ok("evm_revert", json!([snapshot])).await,
        false,
        "a snapshot is used once"
    );
    assert_eq!(
        node.ok("evm_revert", json!([later])).await,
        false,
        "later snapshots are forgotten"
    );
    node.set(probe, 3).await;
    let block = node.provider.get_block_number().await.unwrap();
    assert_eq!(block, 3);
    assert!(
        timestamp(&node).await
            < u64::from_str_radix(&head["timestamp"].as_str().unwrap()[2..], 16).unwrap() + 100
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn time_travels() {
    let node = Node::start();
    let probe = node.probe().await;
    let start = timestamp(&node).await;
    node.ok("evm_increaseTime", json!(["0xe10"])).await;
    node.ok("evm_mine", json!([])).await;
    let hour_later = timestamp(&node).await;
    assert!((start + 3600..start + 3660).contains(&hour_later));
    node.ok("evm_setNextBlockTimestamp", json!([start + 10_000]))
        .await;
    node.ok("evm_mine", json!([])).await;
    assert_eq!(timestamp(&node).await, start + 10_000);
    assert_eq!(
        node.ask(probe, probe::TIME).await.unwrap(),
        U256::from(start + 10_000)
    );
    let (_, message) = node
        .refused("evm_setNextBlockTimestamp", json!([start]))
        .await;
    assert!(message.contains("before the previous block"), "{message}");
    node.ok("anvil_setTime", json!([start + 20_000])).await;
    node.ok("evm_mine", json!([])).await;
    assert!((start + 20_000..start + 20_060).contains(&timestamp(&node).await));
    node.ok(
        "evm_mine",
        json!([{ "timestamp": start + 30_000, "blocks": 2 }]),
    )
    .await;
    assert!((start + 30_000..start + 30_060).contains(&timestamp(&node).await));
    let before = timestamp(&node).await;
    node.ok("anvil_setBlockTimestampInterval", json!([7])).await;
    node.ok("anvil_mine", json!(["0x3"])).await;
    assert_eq!(timestamp(&node).await, before + 21);
    node.ok("anvil_removeBlockTimestampInterval", json!([]))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_mined_on_request() {
    let node = Node::with(Config {
        mining: Mining::Manual,
        ..Config::default()
    });
    let start = timestamp(&node).await;
    node.ok("hardhat_mine", json!(["0x64", "0x3c"])).await;
    assert_eq!(node.provider.get_block_number().await.unwrap(), 100);
    assert!((start + 99 * 60..start + 99 * 60 + 60).contains(&timestamp(&node).await));
    node.ok("anvil_mine", json!([])).await;
    assert_eq!(node.provider.get_block_number().await.unwrap(), 101);
    let (_, message) = node.refused("anvil_mine", json!(["0xffffffff"])).await;
    assert!(message.contains("at once"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_mining_can_be_switched() {
    let node = Node::start();
    let probe = node.probe().await;
    node.ok("evm_setAutomine", json!([false])).await;
    assert_eq!(node.ok("anvil_getAutomine", json!([])).await, false);
    let pending = node
        .provider
        .send_transaction(to_probe(probe, probe::SET, 8).with_gas_limit(200_000))
        .await
        .unwrap();
    let hash = *pending.tx_hash();
    assert!(
        node.ok("eth_getTransactionReceipt", json!([hash]))
            .await
            .is_null()
    );
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::ZERO);
    let waiting = node
        .ok(
            "eth_call",
            json!([probe_json(probe, probe::GET, 0), "pending"]),
        )
        .await;
    assert_eq!(waiting, json!(B256::from(U256::from(8))));
    node.ok("evm_setAutomine", json!([true])).await;
    assert_eq!(
        node.ok("eth_getTransactionReceipt", json!([hash])).await["status"],
        "0x1"
    );
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::from(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_come_at_intervals() {
    let node = Node::with(Config {
        mining: Mining::Interval(Duration::from_millis(100)),
        ..Config::default()
    });
    let deployed = node.probe().await;
    node.set(deployed, 1).await;
    assert_eq!(node.ask(deployed, probe::GET).await.unwrap(), U256::ONE);
    let before = node.provider.get_block_number().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    let mined = node.provider.get_block_number().await.unwrap() - before;
    assert!((3..=11).contains(&mined), "{mined} blocks in a second");
    node.ok("evm_setIntervalMining", json!([0])).await;
    let stopped = node.provider.get_block_number().await.unwrap();
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(node.provider.get_block_number().await.unwrap() <= stopped + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_can_be_impersonated() {
    let node = Node::start();
    let probe = node.probe().await;
    node.ok("anvil_setBalance", json!([probe, "0xde0b6b3a7640000"]))
        .await;
    let request = json!([{ "from": probe, "to": SOMEBODY, "value": "0x1" }]);
    let (_, message) = node.refused("eth_sendTransaction", request.clone()).await;
    assert!(message.starts_with("unknown account"), "{message}");
    node.ok("anvil_impersonateAccount", json!([probe])).await;
    let hash = node.ok("eth_sendTransaction", request.clone()).await;
    let receipt = node.ok("eth_getTransactionReceipt", json!([hash])).await;
    assert_eq!(
        receipt["status"], "0x1",
        "contracts can be impersonated too"
    );
    assert_eq!(receipt["from"], json!(probe));
    // Clients refuse signatures with a part that is zero; the zero address has one like any other.
    node.ok("anvil_impersonateAccount", json!([Address::ZERO]))
        .await;
    let by_nobody = json!([{ "from": Address::ZERO, "to": SOMEBODY, "gasPrice": "0x5f5e100", "gas": "0x5208" }]);
    node.ok(
        "anvil_setBalance",
        json!([Address::ZERO, "0xde0b6b3a7640000"]),
    )
    .await;
    let nobodys = node.ok("eth_sendTransaction", by_nobody).await;
    for hash in [&hash, &nobodys] {
        let transaction = node.ok("eth_getTransactionByHash", json!([hash])).await;
        for part in ["r", "s"] {
            let part: U256 = serde_json::from_value(transaction[part].clone()).unwrap();
            assert!(!part.is_zero(), "{transaction}");
        }
    }
    node.ok("anvil_stopImpersonatingAccount", json!([probe]))
        .await;
    node.refused("eth_sendTransaction", request.clone()).await;
    node.ok("anvil_autoImpersonateAccount", json!([true])).await;
    node.ok("eth_sendTransaction", request).await;
    assert_eq!(
        node.ok("eth_getBalance", json!([SOMEBODY, "latest"])).await,
        "0x2"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_can_be_edited() {
    let node = Node::start();
    let slot = B256::from(U256::ZERO);
    node.ok("anvil_setCode", json!([SOMEBODY, probe::runtime()]))
        .await;
    node.ok(
        "anvil_setStorageAt",
        json!([SOMEBODY, slot, B256::from(U256::from(17))]),
    )
    .await;
    node.ok("anvil_setNonce", json!([SOMEBODY, "0x5"])).await;
    node.ok("hardhat_setBalance", json!([SOMEBODY, "0x7"]))
        .await;
    node.ok("anvil_addBalance", json!([SOMEBODY, "0x1"])).await;
    assert_eq!(
        node.ask(SOMEBODY, probe::GET).await.unwrap(),
        U256::from(17)
    );
    assert_eq!(
        node.ok("eth_getTransactionCount", json!([SOMEBODY, "latest"]))
            .await,
        "0x5"
    );
    assert_eq!(
        node.ok("eth_getBalance", json!([SOMEBODY, "latest"])).await,
        "0x8"
    );
    assert_eq!(
        node.ok("eth_getStorageAt", json!([SOMEBODY, "0x0", "latest"]))
            .await,
        json!(B256::from(U256::from(17)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_continues_the_chain_elsewhere() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node.set(probe, 6).await;
    let head = node
        .ok("eth_getBlockByNumber", json!(["latest", true]))
        .await;
    let dump = node.ok("anvil_dumpState", json!([])).await;
    let other = Node::start();
    assert_eq!(other.ok("anvil_loadState", json!([dump])).await, true);
    assert_eq!(
        other
            .ok("eth_getBlockByNumber", json!(["latest", true]))
            .await,
        head
    );
    assert_eq!(other.ask(probe, probe::GET).await.unwrap(), U256::from(6));
    let copied = other
        .provider
        .get_transaction_receipt(receipt.transaction_hash)
        .await
        .unwrap();
    assert_eq!(copied.as_ref(), Some(&receipt));
    let (_, message) = other
        .refused("eth_call", json!([probe_json(probe, probe::GET, 0), "0x1"]))
        .await;
    assert!(message.contains("not available"), "{message}");
    other.set(probe, 7).await;
    assert_eq!(other.ask(probe, probe::GET).await.unwrap(), U256::from(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_dump_changes_nothing() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 6).await;
    let dump = node.ok("anvil_dumpState", json!([])).await;
    let bytes: alloy::primitives::Bytes = serde_json::from_value(dump).unwrap();
    let good: Value = serde_json::from_slice(&bytes).unwrap();
    let changed = |path: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        bad
    };
    let bad = [
        json!({}),
        changed("/format", json!("other")),
        changed("/chainId", json!(1)),
        changed("/blocks", json!([])),
        changed("/blocks/1/header/number", json!("0x7")),
        changed("/blocks/1/header/parentHash", json!(B256::ZERO)),
        changed("/blocks/1/transactions/0/raw", json!("0x02")),
    ];
    let count = bad.len();
    for dump in bad {
        let text = alloy::hex::encode_prefixed(serde_json::to_vec(&dump).unwrap());
        node.refused("anvil_loadState", json!([text])).await;
        assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::from(6));
        assert_eq!(node.provider.get_block_number().await.unwrap(), 2);
    }
    println!("{count} bad dumps were refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_file_survives_a_restart() {
    let folder = std::env::temp_dir().join(format!("devnode-state-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = Config {
        state: Some(folder.join("state.json")),
        ..Config::default()
    };
    let node = Node::with(config.clone());
    let deployed = node.probe().await;
    node.set(deployed, 11).await;
    drop(node);
    let node = Node::with(config.clone());
    assert_eq!(
        node.ask(deployed, probe::GET).await.unwrap(),
        U256::from(11)
    );
    assert_eq!(node.provider.get_block_number().await.unwrap(), 2);
    drop(node);
    std::fs::write(folder.join("state.json"), "{").unwrap();
    let refused = devnode::spawn(config).unwrap_err().to_string();
    assert!(refused.contains("state.json"), "{refused}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_state_that_could_not_be_saved_at_the_end_is_refused_at_the_start() {
    let config = Config {
        state: Some("/no/such/folder/state.json".into()),
        ..Config::default()
    };
    let refused = devnode::spawn(config).unwrap_err().to_string();
    assert!(
        refused.starts_with("/no/such/folder/state.json: "),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_returns_to_the_start() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 1).await;
    node.ok("anvil_reset", json!([])).await;
    assert_eq!(node.provider.get_block_number().await.unwrap(), 0);
    assert!(node.provider.get_code_at(probe).await.unwrap().is_empty());
    let request = TransactionRequest::default()
        .with_to(SOMEBODY)
        .with_nonce(0)
        .with_value(U256::ONE);
    assert!(node.send(request).await.status());
    assert_eq!(
        node.ok("eth_getStorageAt", json!([probe, "0x0", "latest"]))
            .await,
        json!(B256::ZERO)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_transaction_can_be_dropped() {
    let node = Node::with(Config {
        mining: Mining::Manual,
        ..Config::default()
    });
    let request = json!([{ "from": node.account(1), "to": SOMEBODY, "value": "0x1" }]);
    let hash = node.ok("eth_sendTransaction", request).await;
    assert_eq!(node.ok("anvil_dropTransaction", json!([hash])).await, hash);
    node.ok("evm_mine", json!([])).await;
    assert_eq!(
        node.ok("eth_getBalance", json!([SOMEBODY, "latest"])).await,
        "0x0"
    );
}
