//! Reading and calling, as alloy does it.

use alloy::{
    eips::{BlockId, BlockNumberOrTag},
    network::TransactionBuilder,
    primitives::{B256, Bytes, U256, address, map::AddressHashMap},
    providers::Provider,
    rpc::types::{
        BlockOverrides, TransactionRequest,
        state::{AccountOverride, StateOverridesBuilder},
    },
};
use serde_json::json;

use crate::{
    probe,
    support::{Node, probe_json, revert_data, to_probe},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_is_deployed_written_and_read() {
    let node = Node::start();
    let probe = node.probe().await;
    assert_eq!(
        node.provider.get_code_at(probe).await.unwrap(),
        probe::runtime()
    );
    let receipt = node.set(probe, 42).await;
    assert!(receipt.status());
    assert_eq!(receipt.effective_gas_price, 100_000_000);
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::from(42));
    assert_eq!(
        node.provider
            .get_storage_at(probe, U256::ZERO)
            .await
            .unwrap(),
        U256::from(42)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_pays_the_base_fee_and_no_tip() {
    let node = Node::start();
    let sender = node.account(0);
    let before = node.provider.get_balance(sender).await.unwrap();
    let request = TransactionRequest::default()
        .with_to(node.account(1))
        .with_value(U256::from(5))
        .with_max_priority_fee_per_gas(1_000_000_000)
        .with_max_fee_per_gas(3_000_000_000);
    let receipt = node.send(request).await;
    let after = node.provider.get_balance(sender).await.unwrap();
    assert_eq!(before - after, U256::from(5 + 21_000 * 100_000_000u64));
    assert_eq!(receipt.effective_gas_price, 100_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_have_arbitrums_fields_and_link_to_their_parents() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 1).await;
    let genesis = node
        .ok("eth_getBlockByNumber", json!(["earliest", true]))
        .await;
    let first = node.ok("eth_getBlockByNumber", json!(["0x1", true])).await;
    let second = node
        .ok("eth_getBlockByNumber", json!(["latest", true]))
        .await;
    assert_eq!(first["parentHash"], genesis["hash"]);
    assert_eq!(second["parentHash"], first["hash"]);
    for block in [&genesis, &first, &second] {
        assert_eq!(block["baseFeePerGas"], "0x5f5e100");
        assert_eq!(block["gasLimit"], "0x4000000000000");
        assert_eq!(block["sendCount"], "0x0");
        assert_eq!(block["sendRoot"], json!(B256::ZERO));
        assert_eq!(block["l1BlockNumber"], "0x1");
        // Bytes 16 to 24: the ArbOS version.
        assert_eq!(
            &block["mixHash"].as_str().unwrap()[34..50],
            "0000000000000033"
        );
    }
    let receipt = node
        .ok(
            "eth_getTransactionReceipt",
            json!([second["transactions"][0]["hash"]]),
        )
        .await;
    assert_eq!(receipt["gasUsedForL1"], "0x0");
    assert_eq!(receipt["l1BlockNumber"], "0x1");
    assert_eq!(receipt["blockHash"], second["hash"]);
    let by_hash = node
        .ok("eth_getBlockByHash", json!([second["hash"], true]))
        .await;
    assert_eq!(by_hash, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_hash_is_the_hash_of_its_header() {
    let node = Node::start();
    node.probe().await;
    let block = node
        .provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(block.header.inner.hash_slow(), block.header.hash);
}

#[tokio::test(flavor = "multi_thread")]
async fn reverts_carry_code_reason_and_data() {
    let node = Node::start();
    let probe = node.probe().await;
    for method in ["eth_call", "eth_estimateGas"] {
        let error = node
            .raw(method, json!([probe_json(probe, probe::FAIL, 0)]))
            .await
            .unwrap_err();
        let payload = error.as_error_resp().unwrap();
        assert_eq!(payload.code, 3, "{method}");
        assert_eq!(payload.message, "execution reverted: no", "{method}");
        assert_eq!(
            &revert_data(&error)[..4],
            [0x08, 0xc3, 0x79, 0xa0],
            "{method}"
        );
    }
    let error = node
        .provider
        .call(to_probe(probe, probe::FAIL_WITH, 77))
        .await
        .unwrap_err();
    assert_eq!(
        revert_data(&error),
        Bytes::from(U256::from(77).to_be_bytes::<32>())
    );
    assert_eq!(error.as_error_resp().unwrap().message, "execution reverted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_transaction_is_mined_with_status_0() {
    let node = Node::start();
    let probe = node.probe().await;
    let receipt = node
        .send(to_probe(probe, probe::FAIL, 0).with_gas_limit(100_000))
        .await;
    assert!(!receipt.status());
    assert!(receipt.gas_used < 100_000);
    let hung = node
        .send(to_probe(probe, probe::HANG, 0).with_gas_limit(100_000))
        .await;
    assert!(!hung.status());
    assert_eq!(hung.gas_used, 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_enough_for_nested_calls_and_little_more() {
    let node = Node::start();
    let probe = node.probe().await;
    for argument in [1, 7, 40] {
        let request = to_probe(probe, probe::NEST, argument).with_from(node.account(0));
        let estimate = node.provider.estimate_gas(request.clone()).await.unwrap();
        let snapshot = node.ok("evm_snapshot", json!([])).await;
        let receipt = node.send(request.clone().with_gas_limit(estimate)).await;
        assert!(receipt.status(), "{argument}: {estimate} is enough");
        node.ok("evm_revert", json!([snapshot])).await;
        let receipt = node.send(request.with_gas_limit(estimate * 97 / 100)).await;
        assert!(
            !receipt.status(),
            "{argument}: 97 % of {estimate} is not enough"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_estimated_at_its_exact_cost() {
    let node = Node::start();
    let request = TransactionRequest::default()
        .with_from(node.account(0))
        .with_to(node.account(1));
    assert_eq!(node.provider.estimate_gas(request).await.unwrap(), 21_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_never_ends_runs_out_of_gas() {
    let node = Node::start();
    let probe = node.probe().await;
    let (code, message) = node
        .refused("eth_call", json!([probe_json(probe, probe::HANG, 0)]))
        .await;
    assert_eq!((code, message.as_str()), (-32_000, "out of gas"));
    let (_, message) = node
        .refused(
            "eth_estimateGas",
            json!([probe_json(probe, probe::HANG, 0)]),
        )
        .await;
    assert_eq!(message, "gas required exceeds allowance (50000000)");
}

#[tokio::test(flavor = "multi_thread")]
async fn overrides_change_a_call_and_nothing_else() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 5).await;
    let get = to_probe(probe, probe::GET, 0);
    let word = |value: u64| B256::from(U256::from(value));
    let diff = StateOverridesBuilder::default()
        .with_state_diff(probe, [(word(0), word(9))])
        .build();
    assert_eq!(
        node.provider
            .call(get.clone())
            .overrides(diff)
            .await
            .unwrap(),
        Bytes::from(word(9))
    );
    let whole = StateOverridesBuilder::default()
        .with_state(probe, [(word(1), word(9))])
        .build();
    assert_eq!(
        node.provider
            .call(get.clone())
            .overrides(whole)
            .await
            .unwrap(),
        Bytes::from(word(0))
    );
    let elsewhere = address!("0x00000000000000000000000000000000cafe0001");
    let mut code = AddressHashMap::default();
    code.insert(
        elsewhere,
        AccountOverride::default()
            .with_code(probe::runtime())
            .with_balance(U256::ONE),
    );
    let height = to_probe(elsewhere, probe::HEIGHT, 0);
    let env = BlockOverrides {
        number: Some(U256::from(1234)),
        time: Some(99),
        ..Default::default()
    };
    let call = node
        .provider
        .call(height)
        .overrides(code.clone())
        .with_block_overrides(env.clone());
    assert_eq!(call.await.unwrap(), Bytes::from(word(1234)));
    let time = to_probe(elsewhere, probe::TIME, 0);
    let call = node
        .provider
        .call(time)
        .overrides(code)
        .with_block_overrides(env);
    assert_eq!(call.await.unwrap(), Bytes::from(word(99)));
    assert_eq!(node.ask(probe, probe::GET).await.unwrap(), U256::from(5));
    assert!(
        node.provider
            .get_code_at(elsewhere)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poor_caller_can_send_value_with_a_balance_override() {
    let node = Node::start();
    let poor = address!("0x00000000000000000000000000000000cafe0002");
    let request = json!({ "from": poor, "to": node.account(1), "value": "0x10" });
    let (_, message) = node.refused("eth_call", json!([request, "latest"])).await;
    assert!(message.starts_with("insufficient funds"), "{message}");
    let rich = json!({ poor.to_string(): { "balance": "0x20" } });
    assert_eq!(
        node.ok("eth_call", json!([request, "latest", rich])).await,
        "0x"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn past_blocks_keep_their_state() {
    let node = Node::start();
    let probe = node.probe().await;
    for value in 1..=5 {
        node.set(probe, value).await;
    }
    for value in 1..=5u64 {
        let block = BlockId::number(1 + value);
        let seen = node
            .provider
            .call(to_probe(probe, probe::GET, 0))
            .block(block)
            .await
            .unwrap();
        assert_eq!(U256::from_be_slice(&seen), U256::from(value));
        let slot = node
            .provider
            .get_storage_at(probe, U256::ZERO)
            .block_id(block)
            .await
            .unwrap();
        assert_eq!(slot, U256::from(value));
        let height = node
            .provider
            .call(to_probe(probe, probe::HEIGHT, 0))
            .block(block)
            .await
            .unwrap();
        assert_eq!(U256::from_be_slice(&height), U256::from(1 + value));
    }
    let before = node
        .provider
        .get_code_at(probe)
        .block_id(BlockId::number(0))
        .await
        .unwrap();
    assert!(before.is_empty());
    let nonce = node
        .provider
        .get_transaction_count(node.account(0))
        .block_id(BlockId::number(3))
        .await
        .unwrap();
    assert_eq!(nonce, 3);
    let (_, message) = node.refused("eth_getBalance", json!([probe, "0x63"])).await;
    assert_eq!(message, "header not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn fee_history_covers_the_blocks_that_exist() {
    let node = Node::start();
    let probe = node.probe().await;
    node.set(probe, 1).await;
    let history = node
        .provider
        .get_fee_history(10, BlockNumberOrTag::Latest, &[25.0, 75.0])
        .await
        .unwrap();
    assert_eq!(history.oldest_block, 0);
    assert_eq!(history.base_fee_per_gas, vec![100_000_000; 4]);
    assert_eq!(history.gas_used_ratio.len(), 3);
    assert_eq!(history.reward, Some(vec![vec![0, 0]; 3]));
    for percentiles in [[75.0, 25.0], [50.0, 50.0], [0.0, 100.5], [-1.0, 5.0]] {
        let params = json!(["0x1", "latest", percentiles]);
        let (code, _) = node.refused("eth_feeHistory", params).await;
        assert_eq!(code, -32_602, "{percentiles:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_answered_in_one_body() {
    let node = Node::start();
    let body = r#"[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},
        {"jsonrpc":"2.0","id":2,"method":"nonsense"},
        {"jsonrpc":"2.0","id":3,"method":"eth_blockNumber","params":[]}]"#;
    let (status, answer) = node.post(body).await;
    assert_eq!(status, 200);
    let answers: Vec<serde_json::Value> = serde_json::from_str(&answer).unwrap();
    assert_eq!(answers[0]["result"], "0x64aba");
    assert_eq!(answers[1]["error"]["code"], -32_601);
    assert_eq!(answers[2]["result"], "0x0");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_list_names_the_slots_that_were_touched() {
    let node = Node::start();
    let probe = node.probe().await;
    let list = node
        .provider
        .create_access_list(&to_probe(probe, probe::GET, 0))
        .await
        .unwrap();
    assert_eq!(list.access_list.0.len(), 1);
    assert_eq!(list.access_list.0[0].address, probe);
    assert_eq!(list.access_list.0[0].storage_keys, vec![B256::ZERO]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_node_lacks_is_a_typed_error() {
    let node = Node::start();
    let (code, message) = node
        .refused("eth_getProof", json!([node.account(0), [], "latest"]))
        .await;
    assert_eq!(code, -32_004, "{message}");
    let (code, _) = node.refused("eth_nonsense", json!([])).await;
    assert_eq!(code, -32_601);
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_ask_from_any_origin() {
    let node = Node::start();
    let response = alloy::transports::http::reqwest::Client::new()
        .request("OPTIONS".parse().unwrap(), node.handle.url())
        .header("origin", "https://example.org")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .send()
        .await
        .unwrap();
    assert!(response.status().is_success());
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
}
