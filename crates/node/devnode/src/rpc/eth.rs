//! Methods that read blocks, transactions, accounts and fees, and what the node says about itself.

use alloy::{
    eips::{BlockId, BlockNumberOrTag, eip2718::Encodable2718},
    primitives::{Address, B256, Bytes, U64, U256, keccak256},
    rpc::types::{FeeHistory, Header, Transaction},
};

use super::{
    CLIENT_VERSION, Rpc, RpcError,
    registry::{Args, Registry, RpcResult},
    types::{self, ArbBlock, ArbReceipt, Number, WideNumber},
};
use crate::chain::{Block, SEQUENCER, SharedBlock};

/// How many blocks one fee history covers at most, as geth.
const MAX_FEE_HISTORY: u64 = 1_024;
/// How many percentiles one fee history has at most, as geth.
const MAX_PERCENTILES: usize = 100;

pub(super) fn register(registry: &mut Registry) {
    register_node(registry);
    register_accounts(registry);
    register_blocks(registry);
    register_transactions(registry);
    register_fees(registry);
}

fn register_node(registry: &mut Registry) {
    registry.quick(&["web3_clientVersion"], |_, _| Ok(CLIENT_VERSION));
    registry.quick(&["web3_sha3"], |_, args| {
        Ok(keccak256(args.next::<Bytes>()?))
    });
    registry.quick(&["net_version"], |rpc, _| {
        Ok(rpc.chain.chain_id().to_string())
    });
    registry.quick(&["net_listening"], |_, _| Ok(true));
    registry.quick(&["net_peerCount"], |_, _| Ok(U64::ZERO));
    registry.quick(&["eth_chainId"], |rpc, _| {
        Ok(U64::from(rpc.chain.chain_id()))
    });
    registry.quick(&["eth_syncing", "eth_mining"], |_, _| Ok(false));
    registry.quick(&["eth_hashrate"], |_, _| Ok(U64::ZERO));
    registry.quick(&["eth_coinbase"], |_, _| Ok(SEQUENCER));
    registry.quick(&["eth_protocolVersion"], |_, _| Ok(U64::from(65)));
}

fn register_accounts(registry: &mut Registry) {
    registry.heavy(&["eth_getBalance"], |rpc, args| {
        let (address, block) = (args.next()?, args.or_default::<BlockId>()?);
        Ok(match block {
            BlockId::Number(BlockNumberOrTag::Pending) => {
                rpc.chain.state_at(block)?.account(address).balance
            }
            mined => rpc.chain.view_at(mined)?.account(address).balance,
        })
    });
    registry.heavy(&["eth_getCode"], |rpc, args| {
        let (address, block) = (args.next()?, args.or_default::<BlockId>()?);
        Ok(match block {
            BlockId::Number(BlockNumberOrTag::Pending) => rpc.chain.state_at(block)?.code(address),
            mined => rpc.chain.view_at(mined)?.code(address),
        })
    });
    registry.heavy(&["eth_getStorageAt"], |rpc, args| {
        let (address, slot) = (args.next()?, args.next::<WideNumber>()?.0);
        let block = args.or_default::<BlockId>()?;
        Ok(B256::from(match block {
            BlockId::Number(BlockNumberOrTag::Pending) => {
                rpc.chain.state_at(block)?.slot(address, slot)
            }
            mined => rpc.chain.view_at(mined)?.slot(address, slot),
        }))
    });
    registry.heavy(&["eth_getTransactionCount"], |rpc, args| {
        let (address, block) = (args.next()?, args.or_default::<BlockId>()?);
        Ok(U64::from(match block {
            BlockId::Number(BlockNumberOrTag::Pending) => rpc.chain.pending_nonce(address),
            mined => rpc.chain.view_at(mined)?.account(address).nonce,
        }))
    });
    registry.quick(&["eth_getProof"], |_, _| -> RpcResult<()> {
        Err(RpcError::Unsupported(
            "the node keeps no Merkle tree: eth_getProof is not supported".into(),
        ))
    });
    registry.heavy(&["eth_getAccountInfo", "eth_getAccount"], account_info);
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountInfo {
    balance: U256,
    nonce: U64,
    code: Bytes,
    code_hash: B256,
}

fn account_info(rpc: &Rpc, args: &mut Args) -> RpcResult<AccountInfo> {
    let address: Address = args.next()?;
    let view = rpc.chain.view_at(args.or_default()?)?;
    let account = view.account(address);
    Ok(AccountInfo {
        balance: account.balance,
        nonce: U64::from(account.nonce),
        code: view.code(address),
        code_hash: account.code_hash,
    })
}

fn register_blocks(registry: &mut Registry) {
    registry.quick(&["eth_blockNumber"], |rpc, _| {
        Ok(U64::from(rpc.chain.head().header.number))
    });
    registry.heavy(
        &["eth_getBlockByNumber", "eth_getBlockByHash"],
        |rpc, args| {
            let (id, full) = (block_id(args)?, args.or_default::<bool>()?);
            Ok(rpc.any_block(id).map(|block| rpc_block(&block, id, full)))
        },
    );
    registry.heavy(
        &["eth_getHeaderByNumber", "eth_getHeaderByHash"],
        |rpc, args| {
            Ok(rpc
                .any_block(block_id(args)?)
                .map(|block| types::header(&block)))
        },
    );
    let names = [
        "eth_getBlockTransactionCountByNumber",
        "eth_getBlockTransactionCountByHash",
    ];
    registry.heavy(&names, |rpc, args| {
        Ok(rpc
            .any_block(block_id(args)?)
            .map(|block| U64::from(block.transactions.len())))
    });
    registry.heavy(&["eth_getBlockReceipts"], block_receipts);
    registry.quick(
        &[
            "eth_getUncleCountByBlockNumber",
            "eth_getUncleCountByBlockHash",
        ],
        |rpc, args| Ok(rpc.chain.block(block_id(args)?).map(|_| U64::ZERO)),
    );
    let names = [
        "eth_getUncleByBlockNumberAndIndex",
        "eth_getUncleByBlockHashAndIndex",
    ];
    registry.quick(&names, |_, _| Ok(None::<Header>));
}

/// A pending block has no hash, nonce or miner yet.
#[derive(serde::Serialize)]
#[serde(untagged)]
enum AnyBlock {
    Mined(Box<ArbBlock>),
    Pending(serde_json::Value),
}

fn rpc_block(block: &Block, id: BlockId, full: bool) -> AnyBlock {
    let rpc = types::block(block, full);
    if id != BlockId::pending() {
        return AnyBlock::Mined(rpc.into());
    }
    let mut value = serde_json::to_value(rpc).unwrap_or_default();
    for field in ["hash", "nonce", "miner"] {
        value[field] = serde_json::Value::Null;
    }
    AnyBlock::Pending(value)
}

fn block_receipts(rpc: &Rpc, args: &mut Args) -> RpcResult<Option<Vec<ArbReceipt>>> {
    let block = rpc.any_block(block_id(args)?);
    let all = |block: SharedBlock| {
        (0..block.transactions.len())
            .map(|index| types::receipt(&block, index))
            .collect()
    };
    Ok(block.map(all))
}

fn register_transactions(registry: &mut Registry) {
    registry.quick(&["eth_getTransactionByHash"], |rpc, args| {
        Ok(rpc.transaction(&args.next()?))
    });
    registry.quick(&["eth_getTransactionReceipt"], |rpc, args| {
        Ok(rpc.receipt(&args.next()?))
    });
    registry.quick(
        &["eth_getRawTransactionByHash", "debug_getRawTransaction"],
        |rpc, args| {
            let hash = args.next()?;
            let mined = rpc.chain.mined_transaction(&hash);
            let mined = mined.map(|(block, index)| block.transactions[index].transaction.clone());
            let found = mined.or_else(|| rpc.chain.waiting_transaction(&hash));
            Ok(found.map(|transaction| Bytes::from(transaction.envelope.encoded_2718())))
        },
    );
    let names = [
        "eth_getTransactionByBlockNumberAndIndex",
        "eth_getTransactionByBlockHashAndIndex",
    ];
    registry.heavy(&names, |rpc, args| {
        let block = rpc.any_block(block_id(args)?);
        let index = usize::try_from(args.next::<Number>()?.0).unwrap_or(usize::MAX);
        let block = block.filter(|block| index < block.transactions.len());
        Ok(block.map(|block| types::mined_transaction(&block, index)))
    });
}

fn register_fees(registry: &mut Registry) {
    registry.quick(&["eth_gasPrice", "eth_baseFee"], |rpc, _| {
        Ok(U256::from(rpc.chain.settings().base_fee))
    });
    // Nitro ignores tips.
    registry.quick(&["eth_maxPriorityFeePerGas"], |_, _| Ok(U256::ZERO));
    registry.heavy(&["eth_feeHistory"], fee_history);
}

fn fee_history(rpc: &Rpc, args: &mut Args) -> RpcResult<FeeHistory> {
    let count = args.next::<Number>()?.0.min(MAX_FEE_HISTORY);
    let newest = rpc.chain.block_number(args.next::<BlockNumberOrTag>()?);
    let percentiles: Option<Vec<f64>> = args.optional()?;
    let head = rpc.chain.head().header.number;
    if newest > head + 1 {
        return Err(RpcError::Refused(format!(
            "request beyond head block: requested {newest}, head {head}"
        )));
    }
    let percentiles = percentiles.map(check_percentiles).transpose()?;
    let newest = newest.min(head);
    let oldest = (newest + 1).saturating_sub(count);
    let blocks = if count == 0 {
        Vec::new()
    } else {
        rpc.chain.blocks(oldest, newest)
    };
    let fee = |block: &SharedBlock| u128::from(block.header.base_fee_per_gas.unwrap_or_default());
    let next_fee = match rpc.chain.block(BlockId::number(newest + 1)) {
        Some(next) => fee(&next),
        None => rpc.chain.settings().base_fee.into(),
    };
    let used = |block: &SharedBlock| block.header.gas_used as f64 / block.header.gas_limit as f64;
    Ok(FeeHistory {
        base_fee_per_gas: blocks.iter().map(fee).chain([next_fee]).collect(),
        gas_used_ratio: blocks.iter().map(used).collect(),
        oldest_block: oldest,
        reward: percentiles.map(|asked| vec![vec![0; asked]; blocks.len()]),
        ..Default::default()
    })
}

/// Returns how many percentiles are asked for; the tips themselves are always 0.
fn check_percentiles(percentiles: Vec<f64>) -> RpcResult<usize> {
    let ordered = percentiles.is_sorted_by(|lower, higher| lower < higher);
    let in_range = percentiles
        .iter()
        .all(|percentile| (0.0..=100.0).contains(percentile));
    if !ordered || !in_range || percentiles.len() > MAX_PERCENTILES {
        return Err(RpcError::InvalidParams(format!(
            "reward percentiles must be at most {MAX_PERCENTILES}, each above the one before, and between 0 and 100"
        )));
    }
    Ok(percentiles.len())
}

/// A block's number, tag, hash, or an object with one of them.
fn block_id(args: &mut Args) -> RpcResult<BlockId> {
    args.next()
}

impl Rpc {
    /// A mined block, or what `pending` would be.
    fn any_block(&self, id: BlockId) -> Option<SharedBlock> {
        match id {
            BlockId::Number(BlockNumberOrTag::Pending) => Some(self.chain.pending().0.into()),
            mined => self.chain.block(mined),
        }
    }

    fn transaction(&self, hash: &B256) -> Option<Transaction> {
        match self.chain.mined_transaction(hash) {
            Some((block, index)) => Some(types::mined_transaction(&block, index)),
            None => self
                .chain
                .waiting_transaction(hash)
                .map(|found| types::waiting_transaction(&found)),
        }
    }

    pub(super) fn receipt(&self, hash: &B256) -> Option<ArbReceipt> {
        let (block, index) = self.chain.mined_transaction(hash)?;
        Some(types::receipt(&block, index))
    }
}
