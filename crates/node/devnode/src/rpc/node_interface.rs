//! NodeInterface (0xC8), a contract that only `eth_call` knows: `execution/nodeinterface` in Nitro.

use alloy::{
    primitives::{Address, Bytes, TxKind, U256, address, hex},
    rpc::types::{TransactionInput, TransactionRequest},
    sol,
    sol_types::SolCall,
};

use super::{Rpc, RpcError, registry::RpcResult};
use crate::chain::BlockState;

const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");
const NODE_INTERFACE_DEBUG: Address = address!("00000000000000000000000000000000000000c9");

sol! {
    function gasEstimateComponents(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function gasEstimateL1Component(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
    function nitroGenesisBlock() pure returns (uint256 number);
    function blockL1Num(uint64 l2BlockNum) view returns (uint64 l1BlockNum);
    function l2BlockRangeForL1(uint64 blockNum) view returns (uint64 firstBlock, uint64 lastBlock);

    function estimateRetryableTicket(address sender, uint256 deposit, address to, uint256 l2CallValue, address excessFeeRefundAddress, address callValueRefundAddress, bytes data);
    function constructOutboxProof(uint64 size, uint64 leaf) view returns (bytes32 send, bytes32 root, bytes32[] proof);
    function findBatchContainingBlock(uint64 blockNum) view returns (uint64 batch);
    function getL1Confirmations(bytes32 blockHash) view returns (uint64 confirmations);
    function legacyLookupMessageBatchProof(uint256 batchNum, uint64 index) view returns (bytes32[] proof, uint256 path, address l2Sender, address l1Dest, uint256 l2Block, uint256 l1Block, uint256 timestamp, uint256 amount, bytes calldataForL1);
}

/// Methods about a parent chain, which there is none of.
const NEEDS_PARENT_CHAIN: [(&str, [u8; 4]); 5] = [
    (
        "estimateRetryableTicket",
        estimateRetryableTicketCall::SELECTOR,
    ),
    ("constructOutboxProof", constructOutboxProofCall::SELECTOR),
    (
        "findBatchContainingBlock",
        findBatchContainingBlockCall::SELECTOR,
    ),
    ("getL1Confirmations", getL1ConfirmationsCall::SELECTOR),
    (
        "legacyLookupMessageBatchProof",
        legacyLookupMessageBatchProofCall::SELECTOR,
    ),
];

/// Whether a request is to a contract that is not on the chain but in the node.
fn is_virtual(request: &TransactionRequest) -> Option<Address> {
    let to = request.to.and_then(TxKind::into_to)?;
    [NODE_INTERFACE, NODE_INTERFACE_DEBUG]
        .contains(&to)
        .then_some(to)
}

/// Refuses a request to NodeInterface, for methods other than `eth_call`.
///
/// # Errors
/// [`RpcError::Unsupported`].
pub(super) fn refuse(request: &TransactionRequest) -> RpcResult<()> {
    match is_virtual(request) {
        None => Ok(()),
        Some(to) => Err(RpcError::Unsupported(format!(
            "{to} is not on the chain: only eth_call answers for it"
        ))),
    }
}

impl Rpc {
    /// What NodeInterface answers; none for requests to others.
    pub(super) fn node_interface(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
    ) -> Option<RpcResult<Bytes>> {
        let to = is_virtual(request)?;
        if to == NODE_INTERFACE_DEBUG {
            let text = "NodeInterfaceDebug is not supported: the node has no retryable tickets";
            return Some(Err(RpcError::Unsupported(text.into())));
        }
        Some(self.ask_node_interface(state, request))
    }

    fn ask_node_interface(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
    ) -> RpcResult<Bytes> {
        let input = request.input.input().cloned().unwrap_or_default();
        let Some((&selector, arguments)) = input.split_first_chunk::<4>() else {
            return Err(reverted("NodeInterface needs a method"));
        };
        let paid = request.value.is_some_and(|value| !value.is_zero());
        let is_payable = [
            gasEstimateComponentsCall::SELECTOR,
            gasEstimateL1ComponentCall::SELECTOR,
        ]
        .contains(&selector);
        if paid && !is_payable {
            return Err(reverted("the method takes no value"));
        }
        let answer = match selector {
            gasEstimateComponentsCall::SELECTOR => {
                let asked = decode::<gasEstimateComponentsCall>(arguments)?;
                let gas_estimate = self.whole_estimate(
                    state,
                    request,
                    asked.to,
                    asked.contractCreation,
                    asked.data,
                )?;
                gasEstimateComponentsCall::abi_encode_returns(&gasEstimateComponentsReturn {
                    gasEstimate: gas_estimate,
                    gasEstimateForL1: 0,
                    baseFee: U256::from(state.env.basefee),
                    l1BaseFeeEstimate: U256::ZERO,
                })
            }
            gasEstimateL1ComponentCall::SELECTOR => {
                decode::<gasEstimateL1ComponentCall>(arguments)?;
                gasEstimateL1ComponentCall::abi_encode_returns(&gasEstimateL1ComponentReturn {
                    gasEstimateForL1: 0,
                    baseFee: U256::from(state.env.basefee),
                    l1BaseFeeEstimate: U256::ZERO,
                })
            }
            nitroGenesisBlockCall::SELECTOR => {
                nitroGenesisBlockCall::abi_encode_returns(&U256::ZERO)
            }
            blockL1NumCall::SELECTOR => {
                let asked = decode::<blockL1NumCall>(arguments)?;
                blockL1NumCall::abi_encode_returns(&self.l1_block_number(asked.l2BlockNum)?)
            }
            l2BlockRangeForL1Call::SELECTOR => {
                let asked = decode::<l2BlockRangeForL1Call>(arguments)?;
                let (first, last) = self.blocks_at_l1(asked.blockNum)?;
                l2BlockRangeForL1Call::abi_encode_returns(&l2BlockRangeForL1Return {
                    firstBlock: first,
                    lastBlock: last,
                })
            }
            other => return Err(unknown(other)),
        };
        Ok(answer.into())
    }

    /// Gas for a call or creation by the sender of `request`, with its value; the parent chain's share is 0.
    fn whole_estimate(
        &self,
        state: &BlockState,
        request: &TransactionRequest,
        to: Address,
        creates: bool,
        data: Bytes,
    ) -> RpcResult<u64> {
        let estimated = TransactionRequest {
            to: Some(if creates {
                TxKind::Create
            } else {
                TxKind::Call(to)
            }),
            input: TransactionInput::new(data),
            ..request.clone()
        };
        refuse(&estimated)?;
        self.estimate_gas(state, &estimated)
    }

    fn l1_block_number(&self, number: u64) -> RpcResult<u64> {
        self.chain
            .block(number.into())
            .map(|block| block.l1_block_number)
            .ok_or_else(|| RpcError::Refused(format!("nil header for l2 block: {number}")))
    }

    /// The first and the last block at a height of the parent chain.
    fn blocks_at_l1(&self, l1_number: u64) -> RpcResult<(u64, u64)> {
        let head = self.chain.head().header.number;
        // The first block at or beyond a height; heights never fall.
        let first_beyond = |target: u64| -> RpcResult<u64> {
            let (mut low, mut high) = (0, head + 1);
            while low < high {
                let middle = low.midpoint(high);
                if self.l1_block_number(middle)? < target {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            Ok(low)
        };
        let first = first_beyond(l1_number)?;
        let beyond = match l1_number.checked_add(1) {
            Some(next) => first_beyond(next)?,
            None => head + 1,
        };
        if first == beyond {
            return Err(RpcError::Refused(format!(
                "no L2 block was found with the given L1 block number {l1_number}"
            )));
        }
        Ok((first, beyond - 1))
    }
}

fn decode<C: SolCall>(arguments: &[u8]) -> RpcResult<C> {
    C::abi_decode_raw(arguments).map_err(|error| reverted(&error.to_string()))
}

fn reverted(reason: &str) -> RpcError {
    RpcError::Refused(format!("execution reverted: {reason}"))
}

fn unknown(selector: [u8; 4]) -> RpcError {
    match NEEDS_PARENT_CHAIN
        .iter()
        .find(|(_, known)| *known == selector)
    {
        Some((name, _)) => RpcError::Unsupported(format!(
            "NodeInterface.{name} is not supported: the node has no parent chain"
        )),
        None => reverted(&format!(
            "NodeInterface has no method 0x{}",
            hex::encode(selector)
        )),
    }
}
