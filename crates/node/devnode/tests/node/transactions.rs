//! Sending, refusing, replacing and signing transactions.

use alloy::{
    consensus::{
        SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxEnvelope, TxLegacy,
    },
    eips::{eip2718::Encodable2718, eip7702::Authorization},
    primitives::{Address, B256, Bytes, TxKind, U256, address},
    providers::Provider,
    signers::{SignerSync, local::PrivateKeySigner},
};
use devnode::{Config, chain::Mining};
use serde_json::{Value, json};

use crate::{
    probe,
    support::{Node, probe_json},
};

const SOMEBODY: Address = address!("0x00000000000000000000000000000000cafe0003");
const FEE: u128 = 100_000_000;

fn sign<T: SignableTransaction<alloy::primitives::Signature>>(
    signer: &PrivateKeySigner,
    tx: T,
) -> Bytes
where
    TxEnvelope: From<alloy::consensus::Signed<T>>,
{
    let signature = signer.sign_hash_sync(&tx.signature_hash()).unwrap();
    TxEnvelope::from(tx.into_signed(signature))
        .encoded_2718()
        .into()
}

/// A transfer of 1 wei.
fn transfer(nonce: u64, fee: u128) -> TxEip1559 {
    TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: fee,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(SOMEBODY),
        value: U256::ONE,
        ..Default::default()
    }
}

async fn send_raw(node: &Node, raw: Bytes) -> Value {
    node.ok("eth_sendRawTransaction", json!([raw])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_transaction_is_mined() {
    let node = Node::start();
    let signer = node.handle.accounts().signers()[1].clone();
    let probe = node.probe().await;
    let to = TxKind::Call(SOMEBODY);
    let legacy = TxLegacy {
        chain_id: Some(412_346),
        nonce: 0,
        gas_price: FEE,
        gas_limit: 21_000,
        to,
        ..Default::default()
    };
    let unprotected = TxLegacy {
        chain_id: None,
        nonce: 1,
        ..legacy.clone()
    };
    let listed = TxEip2930 {
        chain_id: 412_346,
        nonce: 2,
        gas_price: FEE,
        gas_limit: 30_000,
        to,
        ..Default::default()
    };
    let authorization = Authorization {
        chain_id: U256::from(412_346),
        address: probe,
        nonce: 0,
    };
    let delegator = &node.handle.accounts().signers()[2];
    let signature = delegator
        .sign_hash_sync(&authorization.signature_hash())
        .unwrap();
    let delegating = TxEip7702 {
        chain_id: 412_346,
        nonce: 4,
        gas_limit: 100_000,
        max_fee_per_gas: FEE,
        to: SOMEBODY,
        authorization_list: vec![authorization.into_signed(signature)],
        ..Default::default()
    };
    let all = [
        ("0x0", sign(&signer, legacy)),
        ("0x0", sign(&signer, unprotected)),
        ("0x1", sign(&signer, listed)),
        ("0x2", sign(&signer, transfer(3, FEE))),
        ("0x4", sign(&signer, delegating)),
    ];
    for (kind, raw) in all {
        let hash = send_raw(&node, raw.clone()).await;
        let receipt = node.ok("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1", "type {kind}");
        assert_eq!(receipt["type"], kind);
        let found = node.ok("eth_getTransactionByHash", json!([hash])).await;
        assert_eq!(
            found["from"],
            json!(signer.address().to_string().to_lowercase())
        );
        assert_eq!(
            node.ok("eth_getRawTransactionByHash", json!([hash])).await,
            json!(raw)
        );
    }
    let designator = node
        .provider
        .get_code_at(delegator.address())
        .await
        .unwrap();
    assert_eq!(
        designator,
        Bytes::from([&[0xef, 0x01, 0x00][..], probe.as_slice()].concat())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_transactions_are_refused_in_geths_words() {
    let node = Node::start();
    let signer = node.handle.accounts().signers()[1].clone();
    send_raw(&node, sign(&signer, transfer(0, FEE))).await;
    let pauper = PrivateKeySigner::random();
    let cases = [
        ("nonce too low", sign(&signer, transfer(0, 2 * FEE))),
        ("already known", sign(&signer, transfer(0, FEE))),
        (
            "insufficient funds for gas * price + value",
            sign(&pauper, transfer(0, FEE)),
        ),
        (
            "max fee per gas less than block base fee",
            sign(&signer, transfer(1, FEE - 1)),
        ),
        (
            "invalid chain id for signer",
            sign(
                &signer,
                TxEip1559 {
                    chain_id: 1,
                    ..transfer(1, FEE)
                },
            ),
        ),
        (
            "intrinsic gas too low",
            sign(
                &signer,
                TxEip1559 {
                    gas_limit: 20_999,
                    ..transfer(1, FEE)
                },
            ),
        ),
        (
            "exceeds block gas limit",
            sign(
                &signer,
                TxEip1559 {
                    gas_limit: 1 << 51,
                    ..transfer(1, FEE)
                },
            ),
        ),
        (
            "max priority fee per gas higher than max fee per gas",
            sign(
                &signer,
                TxEip1559 {
                    max_priority_fee_per_gas: FEE + 1,
                    ..transfer(1, FEE)
                },
            ),
        ),
        (
            "nonce has max value",
            sign(&signer, transfer(u64::MAX, FEE)),
        ),
        (
            "failed to decode signed transaction",
            Bytes::from_static(b"\x02nonsense"),
        ),
    ];
    let count = cases.len();
    for (reason, raw) in cases {
        let (_, message) = node.refused("eth_sendRawTransaction", json!([raw])).await;
        assert!(
            message.starts_with(reason),
            "{message:?} does not start with {reason:?}"
        );
    }
    assert_eq!(
        node.provider.get_block_number().await.unwrap(),
        1,
        "nothing of it was mined"
    );
    assert_eq!(
        node.ok("txpool_status", json!([])).await,
        json!({ "pending": "0x0", "queued": "0x0" })
    );
    println!("{count} invalid transactions were refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_waits_until_it_is_filled() {
    let node = Node::start();
    let signer = node.handle.accounts().signers()[1].clone();
    let late = send_raw(&node, sign(&signer, transfer(1, FEE))).await;
    assert_eq!(
        node.ok("txpool_status", json!([])).await,
        json!({ "pending": "0x0", "queued": "0x1" })
    );
    assert!(
        node.ok("eth_getTransactionReceipt", json!([late]))
            .await
            .is_null()
    );
    assert!(node.ok("eth_getTransactionByHash", json!([late])).await["blockHash"].is_null());
    send_raw(&node, sign(&signer, transfer(0, FEE))).await;
    let receipt = node.ok("eth_getTransactionReceipt", json!([late])).await;
    assert_eq!(
        (&receipt["status"], &receipt["blockNumber"]),
        (&json!("0x1"), &json!("0x1"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_must_pay_a_tenth_more() {
    let node = Node::with(Config {
        mining: Mining::Manual,
        ..Config::default()
    });
    let signer = node.handle.accounts().signers()[1].clone();
    let tipped = |fee: u128| TxEip1559 {
        max_priority_fee_per_gas: fee,
        ..transfer(0, fee)
    };
    let first = send_raw(&node, sign(&signer, tipped(10 * FEE))).await;
    let (_, message) = node
        .refused(
            "eth_sendRawTransaction",
            json!([sign(&signer, tipped(10 * FEE + FEE / 2))]),
        )
        .await;
    assert_eq!(message, "replacement transaction underpriced");
    let second = send_raw(&node, sign(&signer, tipped(11 * FEE))).await;
    assert!(
        node.ok("eth_getTransactionByHash", json!([first]))
            .await
            .is_null()
    );
    assert_eq!(
        node.provider
            .get_transaction_count(signer.address())
            .pending()
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        node.provider
            .get_transaction_count(signer.address())
            .await
            .unwrap(),
        0
    );
    node.ok("evm_mine", json!([])).await;
    assert_eq!(
        node.ok("eth_getTransactionReceipt", json!([second])).await["status"],
        "0x1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pending_block_has_what_waits() {
    let node = Node::with(Config {
        mining: Mining::Manual,
        ..Config::default()
    });
    let signer = node.handle.accounts().signers()[1].clone();
    send_raw(&node, sign(&signer, transfer(0, FEE))).await;
    send_raw(&node, sign(&signer, transfer(1, FEE))).await;
    let pending = node
        .ok("eth_getBlockByNumber", json!(["pending", false]))
        .await;
    assert_eq!(pending["transactions"].as_array().unwrap().len(), 2);
    assert!(pending["hash"].is_null());
    assert_eq!(
        node.ok("eth_getBalance", json!([SOMEBODY, "pending"]))
            .await,
        "0x2"
    );
    assert_eq!(
        node.ok("eth_getBalance", json!([SOMEBODY, "latest"])).await,
        "0x0"
    );
    assert_eq!(node.ok("eth_blockNumber", json!([])).await, "0x0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_signs_for_its_accounts_only() {
    let node = Node::start();
    let probe = node.probe().await;
    let mut request = probe_json(probe, probe::SET, 3);
    request["from"] = json!(node.account(3));
    let hash = node.ok("eth_sendTransaction", json!([request])).await;
    assert_eq!(
        node.ok("eth_getTransactionReceipt", json!([hash])).await["status"],
        "0x1"
    );
    request["from"] = json!(SOMEBODY);
    let (_, message) = node.refused("eth_sendTransaction", json!([request])).await;
    assert!(message.starts_with("unknown account"), "{message}");
    let failing =
        json!([{ "from": node.account(3), "to": probe, "data": probe::calldata(probe::FAIL, 0) }]);
    let (code, message) = node.refused("eth_sendTransaction", failing).await;
    assert_eq!((code, message.as_str()), (3, "execution reverted: no"));
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_recover_to_the_account() {
    let node = Node::start();
    let account = node.account(4);
    let parse = |signature: Value| -> alloy::primitives::Signature {
        let bytes: Bytes = serde_json::from_value(signature).unwrap();
        bytes.as_ref().try_into().unwrap()
    };
    let signed = parse(
        node.ok("personal_sign", json!(["0x68656c6c6f", account]))
            .await,
    );
    assert_eq!(signed.recover_address_from_msg("hello").unwrap(), account);
    let same = parse(node.ok("eth_sign", json!([account, "0x68656c6c6f"])).await);
    assert_eq!(same, signed);
    let typed = json!({
        "types": {
            "EIP712Domain": [{ "name": "name", "type": "string" }],
            "Order": [{ "name": "size", "type": "uint256" }],
        },
        "primaryType": "Order",
        "domain": { "name": "test" },
        "message": { "size": "7" },
    });
    let object = parse(
        node.ok("eth_signTypedData_v4", json!([account, typed]))
            .await,
    );
    let text = parse(
        node.ok("eth_signTypedData_v4", json!([account, typed.to_string()]))
            .await,
    );
    assert_eq!(object, text);
    let data: alloy::dyn_abi::TypedData = serde_json::from_value(typed).unwrap();
    let hash = data.eip712_signing_hash().unwrap();
    assert_eq!(object.recover_address_from_prehash(&hash).unwrap(), account);
    let (_, message) = node.refused("eth_sign", json!([SOMEBODY, "0x00"])).await;
    assert!(message.starts_with("unknown account"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_transaction_can_be_sent_later() {
    let node = Node::start();
    let request = json!({ "from": node.account(5), "to": SOMEBODY, "value": "0x9" });
    let raw = node.ok("eth_signTransaction", json!([request])).await;
    let receipt = node.ok("eth_sendRawTransactionSync", json!([raw])).await;
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(
        node.ok("eth_getBalance", json!([SOMEBODY, "latest"])).await,
        "0x9"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn blob_transactions_are_refused() {
    let node = Node::start();
    let request = json!({ "from": node.account(0), "to": SOMEBODY, "maxFeePerBlobGas": "0x1" });
    for method in ["eth_sendTransaction", "eth_call", "eth_estimateGas"] {
        let (_, message) = node.refused(method, json!([request])).await;
        assert_eq!(message, "transaction type not supported", "{method}");
    }
    let blob = TxEip4844 {
        chain_id: 412_346,
        gas_limit: 21_000,
        max_fee_per_gas: FEE,
        max_fee_per_blob_gas: 1,
        to: SOMEBODY,
        blob_versioned_hashes: vec![B256::with_last_byte(1)],
        ..Default::default()
    };
    let raw = sign(&node.handle.accounts().signers()[0], blob);
    let (_, message) = node.refused("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(message, "transaction type not supported");
}
