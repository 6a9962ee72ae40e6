//! Development methods under anvil's names, and under Hardhat's where tools use those.

use alloy::{
    eips::BlockId,
    primitives::{Address, B256, Bytes, U64},
};
use serde::{Deserialize, Serialize};

use super::{
    CLIENT_VERSION, Rpc, RpcError,
    registry::{Args, Registry, RpcResult},
    types::{Number, WideNumber, block},
};
use crate::chain::{ARBOS_VERSION, ChainError, Dump, MAX_BLOCKS_AT_ONCE, Mining};

pub(super) fn register(registry: &mut Registry) {
    register_snapshots(registry);
    register_mining(registry);
    register_time(registry);
    register_state(registry);
    register_impersonation(registry);
    register_blocks_to_come(registry);
    register_pool(registry);
    register_dumps(registry);
    register_information(registry);
}

fn register_snapshots(registry: &mut Registry) {
    registry.heavy(&["evm_snapshot", "anvil_snapshot"], |rpc, _| {
        Ok(U64::from(rpc.chain.snapshot()))
    });
    registry.heavy(&["evm_revert", "anvil_revert"], |rpc, args| {
        Ok(rpc.chain.revert(args.next::<Number>()?.0))
    });
    registry.heavy(&["anvil_reset", "hardhat_reset"], |rpc, args| {
        #[derive(Deserialize)]
        struct Reset {
            forking: Option<serde_json::Value>,
        }
        if args
            .optional::<Reset>()?
            .is_some_and(|reset| reset.forking.is_some())
        {
            return Err(RpcError::Unsupported(
                "the node cannot fork another chain".into(),
            ));
        }
        rpc.chain.reset();
        Ok(true)
    });
}

fn register_mining(registry: &mut Registry) {
    registry.heavy(&["evm_mine"], |rpc, args| {
        mine(rpc, args)?;
        Ok("0x0")
    });
    registry.heavy(
        &[
            "evm_mine_detailed",
            "anvil_mine_detailed",
            "anvil_mineDetailed",
        ],
        |rpc, args| {
            let before = rpc.chain.head().header.number;
            mine(rpc, args)?;
            let mined = rpc.chain.blocks(before + 1, u64::MAX);
            Ok(mined
                .iter()
                .map(|mined| block(mined, true))
                .collect::<Vec<_>>())
        },
    );
    registry.heavy(&["anvil_mine", "hardhat_mine"], |rpc, args| {
        let count = args.optional::<Number>()?.map_or(1, |count| count.0);
        let interval = args.optional::<Number>()?.map(|interval| interval.0);
        rpc.chain.mine_many(count, interval)?;
        Ok(())
    });
    registry.heavy(&["evm_setAutomine", "anvil_setAutomine"], |rpc, args| {
        let automatic: bool = args.next()?;
        let was_automatic = rpc.chain.mining_mode() == Mining::Automatic;
        if automatic {
            rpc.chain.set_mining(Mining::Automatic);
        } else if was_automatic {
            rpc.chain.set_mining(Mining::Manual);
        }
        Ok(true)
    });
    registry.quick(&["anvil_getAutomine", "hardhat_getAutomine"], |rpc, _| {
        Ok(rpc.chain.mining_mode() == Mining::Automatic)
    });
    registry.heavy(
        &["evm_setIntervalMining", "anvil_setIntervalMining"],
        |rpc, args| {
            rpc.chain.set_interval_mining(args.next::<Number>()?.0);
            Ok(true)
        },
    );
    registry.quick(&["anvil_getIntervalMining"], |rpc, _| {
        Ok(match rpc.chain.mining_mode() {
            Mining::Interval(interval) => Some(interval.as_secs()),
            Mining::Automatic | Mining::Manual => None,
        })
    });
}

/// What `evm_mine` takes: a timestamp, or an object with a timestamp and a number of blocks.
#[derive(Deserialize)]
#[serde(untagged)]
enum MineOptions {
    Full {
        timestamp: Option<Number>,
        blocks: Option<Number>,
    },
    Timestamp(Number),
}

fn mine(rpc: &Rpc, args: &mut Args) -> RpcResult<()> {
    let (timestamp, count) = match args.optional()? {
        Some(MineOptions::Full { timestamp, blocks }) => {
            (timestamp, blocks.map_or(1, |blocks| blocks.0))
        }
        Some(MineOptions::Timestamp(timestamp)) => (Some(timestamp), 1),
        None => (None, 1),
    };
    if count > MAX_BLOCKS_AT_ONCE {
        return Err(ChainError::TooManyBlocks {
            limit: MAX_BLOCKS_AT_ONCE,
        }
        .into());
    }
    if count > 0 {
        rpc.chain.mine(timestamp.map(|timestamp| timestamp.0))?;
        rpc.chain.mine_many(count - 1, None)?;
    }
    Ok(())
}

fn register_time(registry: &mut Registry) {
    registry.heavy(&["evm_increaseTime", "anvil_increaseTime"], |rpc, args| {
        let seconds = args.next::<Number>()?.0;
        Ok(rpc
            .chain
            .configure(|settings| settings.clock.advance(seconds)))
    });
    registry.heavy(&["evm_setTime", "anvil_setTime"], |rpc, args| {
        let timestamp = args.next::<Number>()?.0;
        Ok(rpc
            .chain
            .configure(|settings| settings.clock.set(timestamp)))
    });
    let names = ["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"];
    registry.heavy(&names, |rpc, args| {
        let timestamp = args.next::<Number>()?.0;
        let parent = rpc.chain.head().header.timestamp;
        Ok(rpc
            .chain
            .configure(|settings| settings.clock.set_next(timestamp, parent))?)
    });
    let names = [
        "evm_setBlockTimestampInterval",
        "anvil_setBlockTimestampInterval",
    ];
    registry.heavy(&names, |rpc, args| {
        let seconds = args.next::<Number>()?.0;
        rpc.chain
            .configure(|settings| settings.clock.set_interval(Some(seconds)));
        Ok(())
    });
    let names = [
        "evm_removeBlockTimestampInterval",
        "anvil_removeBlockTimestampInterval",
    ];
    registry.heavy(&names, |rpc, _| {
        rpc.chain
            .configure(|settings| settings.clock.set_interval(None));
        Ok(true)
    });
}

fn register_state(registry: &mut Registry) {
    registry.heavy(
        &[
            "anvil_setBalance",
            "hardhat_setBalance",
            "evm_setAccountBalance",
        ],
        |rpc, args| {
            let (address, balance) = (args.next()?, args.next::<WideNumber>()?.0);
            rpc.chain.set_balance(address, balance);
            Ok(true)
        },
    );
    registry.heavy(&["anvil_addBalance"], |rpc, args| {
        let (address, added) = (args.next()?, args.next::<WideNumber>()?.0);
        let balance = rpc
            .chain
            .view_at(BlockId::latest())?
            .account(address)
            .balance;
        rpc.chain
            .set_balance(address, balance.saturating_add(added));
        Ok(())
    });
    registry.heavy(
        &["anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce"],
        |rpc, args| {
            let (address, nonce) = (args.next()?, args.next::<Number>()?.0);
            rpc.chain.set_nonce(address, nonce);
            Ok(true)
        },
    );
    registry.heavy(
        &["anvil_setCode", "hardhat_setCode", "evm_setAccountCode"],
        |rpc, args| {
            let (address, code) = (args.next()?, args.next()?);
            rpc.chain.set_code(address, code);
            Ok(true)
        },
    );
    let names = [
        "anvil_setStorageAt",
        "hardhat_setStorageAt",
        "evm_setAccountStorageAt",
    ];
    registry.heavy(&names, |rpc, args| {
        let (address, slot) = (args.next()?, args.next::<WideNumber>()?.0);
        let value = args.next::<WideNumber>()?.0;
        rpc.chain.set_storage(address, slot, value);
        Ok(true)
    });
}

fn register_impersonation(registry: &mut Registry) {
    registry.heavy(
        &["anvil_impersonateAccount", "hardhat_impersonateAccount"],
        |rpc, args| {
            let address: Address = args.next()?;
            rpc.chain
                .configure(|settings| settings.impersonated.insert(address));
            Ok(true)
        },
    );
    let names = [
        "anvil_stopImpersonatingAccount",
        "hardhat_stopImpersonatingAccount",
    ];
    registry.heavy(&names, |rpc, args| {
        let address: Address = args.next()?;
        rpc.chain
            .configure(|settings| settings.impersonated.remove(&address));
        Ok(true)
    });
    let names = [
        "anvil_autoImpersonateAccount",
        "hardhat_autoImpersonateAccount",
    ];
    registry.heavy(&names, |rpc, args| {
        let enabled: bool = args.next()?;
        rpc.chain
            .configure(|settings| settings.impersonate_all = enabled);
        Ok(true)
    });
}

fn register_blocks_to_come(registry: &mut Registry) {
    registry.heavy(
        &["anvil_setCoinbase", "hardhat_setCoinbase"],
        |rpc, args| {
            let beneficiary = args.next()?;
            rpc.chain
                .configure(|settings| settings.beneficiary = beneficiary);
            Ok(true)
        },
    );
    registry.heavy(
        &["anvil_setBlockGasLimit", "evm_setBlockGasLimit"],
        |rpc, args| {
            let gas_limit = args.next::<Number>()?.0;
            rpc.chain
                .configure(|settings| settings.gas_limit = gas_limit);
            Ok(true)
        },
    );
    let names = [
        "anvil_setNextBlockBaseFeePerGas",
        "hardhat_setNextBlockBaseFeePerGas",
    ];
    registry.heavy(&names, |rpc, args| {
        let base_fee = args.next::<Number>()?.0;
        rpc.chain.configure(|settings| settings.base_fee = base_fee);
        Ok(true)
    });
    // The node logs by its own settings; tools only need the call to succeed.
    registry.quick(
        &["anvil_setLoggingEnabled", "hardhat_setLoggingEnabled"],
        |_, args| {
            args.next::<bool>()?;
            Ok(true)
        },
    );
}

fn register_pool(registry: &mut Registry) {
    registry.heavy(
        &["anvil_dropTransaction", "hardhat_dropTransaction"],
        |rpc, args| {
            let hash: B256 = args.next()?;
            Ok(rpc.chain.drop_transaction(&hash).then_some(hash))
        },
    );
    registry.heavy(&["anvil_dropAllTransactions"], |rpc, _| {
        rpc.chain.drop_transactions(None);
        Ok(())
    });
    registry.heavy(&["anvil_removePoolTransactions"], |rpc, args| {
        rpc.chain.drop_transactions(Some(args.next()?));
        Ok(())
    });
}

fn register_dumps(registry: &mut Registry) {
    registry.heavy(&["anvil_dumpState", "hardhat_dumpState"], |rpc, _| {
        let dump = serde_json::to_vec(&rpc.chain.dump());
        dump.map(Bytes::from)
            .map_err(|error| RpcError::Internal(error.to_string()))
    });
    registry.heavy(&["anvil_loadState", "hardhat_loadState"], |rpc, args| {
        let dump: Bytes = args.next()?;
        let dump: Dump = serde_json::from_slice(&dump).map_err(|error| {
            RpcError::InvalidParams(format!("not a dump of this node: {error}"))
        })?;
        rpc.chain.load(dump)?;
        Ok(true)
    });
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeInfo {
    current_block_number: U64,
    current_block_timestamp: u64,
    current_block_hash: B256,
    hard_fork: &'static str,
    transaction_order: &'static str,
    environment: Environment,
    fork_config: ForkConfig,
    arbos_version: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    base_fee: U64,
    chain_id: u64,
    gas_limit: U64,
    gas_price: U64,
}

/// Empty: the node never forks another chain.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ForkConfig {
    fork_url: Option<String>,
    fork_block_number: Option<u64>,
    fork_retry_backoff: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    client_version: &'static str,
    chain_id: u64,
    instance_id: B256,
    latest_block_number: u64,
    latest_block_hash: B256,
}

fn register_information(registry: &mut Registry) {
    registry.quick(&["anvil_nodeInfo"], |rpc, _| {
        let (head, settings) = (rpc.chain.head(), rpc.chain.settings());
        Ok(NodeInfo {
            current_block_number: U64::from(head.header.number),
            current_block_timestamp: head.header.timestamp,
            current_block_hash: head.hash,
            hard_fork: "prague",
            transaction_order: "fifo",
            environment: Environment {
                base_fee: U64::from(settings.base_fee),
                chain_id: rpc.chain.chain_id(),
                gas_limit: U64::from(settings.gas_limit),
                gas_price: U64::from(settings.base_fee),
            },
            fork_config: ForkConfig {
                fork_url: None,
                fork_block_number: None,
                fork_retry_backoff: None,
            },
            arbos_version: ARBOS_VERSION,
        })
    });
    registry.quick(&["anvil_metadata", "hardhat_metadata"], |rpc, _| {
        let head = rpc.chain.head();
        let genesis = rpc.chain.block(BlockId::earliest());
        Ok(Metadata {
            client_version: CLIENT_VERSION,
            chain_id: rpc.chain.chain_id(),
            instance_id: genesis.map(|genesis| genesis.hash).unwrap_or_default(),
            latest_block_number: head.header.number,
            latest_block_hash: head.hash,
        })
    });
}
