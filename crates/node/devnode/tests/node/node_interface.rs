//! NodeInterface, and precompiles of Nitro that the node has not.

use alloy::{
    primitives::{Address, Bytes, U256, address},
    sol,
    sol_types::SolCall,
};
use serde_json::{Value, json};

use crate::{
    probe,
    support::{Node, probe_json},
};

const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

sol! {
    function gasEstimateComponents(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function gasEstimateL1Component(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function nitroGenesisBlock() pure returns (uint256 number);
    function blockL1Num(uint64 l2BlockNum) view returns (uint64 l1BlockNum);
    function l2BlockRangeForL1(uint64 blockNum) view returns (uint64 firstBlock, uint64 lastBlock);
    function getL1Confirmations(bytes32 blockHash) view returns (uint64 confirmations);
}

async fn ask<C: SolCall>(node: &Node, call: C) -> C::Return {
    let request = json!({ "to": NODE_INTERFACE, "data": Bytes::from(call.abi_encode()) });
    let answer = node.ok("eth_call", json!([request, "latest"])).await;
    let answer: Bytes = serde_json::from_value(answer).unwrap();
    C::abi_decode_returns(&answer).expect("its ABI")
}

fn quantity(value: &Value) -> u64 {
    let text = value.as_str().expect("a quantity");
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_components_of_an_estimate_are_the_estimate_and_nothing_for_the_parent_chain() {
    let node = Node::start();
    let probe = node.probe().await;
    for argument in [1, 3] {
        let estimated = node
            .ok(
                "eth_estimateGas",
                json!([probe_json(probe, probe::SPIN, argument), "latest"]),
            )
            .await;
        let components = ask(
            &node,
            gasEstimateComponentsCall {
                to: probe,
                contractCreation: false,
                data: probe::calldata(probe::SPIN, argument),
            },
        )
        .await;
        assert_eq!(components.gasEstimate, quantity(&estimated));
        assert_eq!(components.gasEstimateForL1, 0);
        assert_eq!(components.baseFee, U256::from(100_000_000));
        assert_eq!(components.l1BaseFeeEstimate, U256::ZERO);
    }
    let creation = json!([{ "data": probe::creation() }, "latest"]);
    let estimated = node.ok("eth_estimateGas", creation).await;
    let components = ask(
        &node,
        gasEstimateComponentsCall {
            to: Address::ZERO,
            contractCreation: true,
            data: probe::creation(),
        },
    )
    .await;
    assert_eq!(components.gasEstimate, quantity(&estimated));
    let l1 = ask(
        &node,
        gasEstimateL1ComponentCall {
            to: probe,
            contractCreation: false,
            data: Bytes::new(),
        },
    )
    .await;
    assert_eq!(
        (l1.gasEstimateForL1, l1.baseFee),
        (0, U256::from(100_000_000))
    );

    let failing = gasEstimateComponentsCall {
        to: probe,
        contractCreation: false,
        data: probe::calldata(probe::FAIL, 0),
    };
    let request = json!({ "to": NODE_INTERFACE, "data": Bytes::from(failing.abi_encode()) });
    let (code, message) = node.refused("eth_call", json!([request, "latest"])).await;
    assert_eq!((code, message.as_str()), (3, "execution reverted: no"));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_found_by_the_height_of_the_parent_chain() {
    let node = Node::start();
    for seconds in [0, 0, 36, 0, 12] {
        node.ok("evm_increaseTime", json!([seconds])).await;
        node.ok("evm_mine", json!([])).await;
    }
    assert_eq!(ask(&node, nitroGenesisBlockCall {}).await, U256::ZERO);
    let mut heights = Vec::new();
    for number in 0..=5 {
        let block = node
            .ok(
                "eth_getBlockByNumber",
                json!([format!("{number:#x}"), false]),
            )
            .await;
        let height = quantity(&block["l1BlockNumber"]);
        assert_eq!(
            ask(&node, blockL1NumCall { l2BlockNum: number }).await,
            height
        );
        heights.push(height);
    }
    for height in 0..heights[5] + 3 {
        let at = |number: &u64| heights[*number as usize] == height;
        let (first, last) = ((0..6).find(at), (0..6).rev().find(at));
        let call = l2BlockRangeForL1Call { blockNum: height };
        let Some((first, last)) = first.zip(last) else {
            let request = json!({ "to": NODE_INTERFACE, "data": Bytes::from(call.abi_encode()) });
            let (_, message) = node.refused("eth_call", json!([request, "latest"])).await;
            assert!(message.contains("no L2 block was found"), "{message}");
            continue;
        };
        let found = ask(&node, call).await;
        assert_eq!(
            (found.firstBlock, found.lastBlock),
            (first, last),
            "{heights:?}"
        );
    }
    assert!(
        heights[3] > heights[2] + 1,
        "some heights have no block: {heights:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_precompile_does_not_have_is_an_error_and_not_an_empty_success() {
    let node = Node::start();
    let calls = [
        // NodeInterface without a method, with an unknown one and with one about the parent chain; NodeInterfaceDebug.
        ("c8", Bytes::new()),
        ("c8", Bytes::from([1, 2, 3, 4])),
        (
            "c8",
            Bytes::from(
                getL1ConfirmationsCall {
                    blockHash: Default::default(),
                }
                .abi_encode(),
            ),
        ),
        ("c9", Bytes::from([1, 2, 3, 4])),
    ];
    let others = [
        "64", "65", "66", "67", "68", "69", "6b", "6c", "6d", "6e", "6f", "70", "71", "72", "73",
        "ff", "a4b05",
    ];
    let unknown = others.map(|address| (address, Bytes::from([0xde, 0xad, 0xbe, 0xef])));
    for (to, data) in calls.into_iter().chain(unknown) {
        let request = json!({ "to": format!("0x{to:0>40}"), "data": data });
        let refused = node.raw("eth_call", json!([request, "latest"])).await;
        assert!(refused.is_err(), "0x{to} answered {refused:?}");
    }
    // Only calls reach it.
    let genesis =
        json!({ "to": NODE_INTERFACE, "data": Bytes::from(nitroGenesisBlockCall {}.abi_encode()) });
    for method in ["eth_estimateGas", "eth_createAccessList", "debug_traceCall"] {
        let (code, message) = node.refused(method, json!([genesis, "latest"])).await;
        assert_eq!(code, -32_004, "{message}");
    }
    let simulated = json!([{ "blockStateCalls": [{ "calls": [genesis] }] }]);
    assert_eq!(node.refused("eth_simulateV1", simulated).await.0, -32_004);
}
