//! ArbSys (0x64): the chain itself. `precompiles/ArbSys.go` in Nitro.

use alloy::sol;
use revm::{
    Database,
    primitives::{Address, B256, Bytes, U256, address},
};

use super::method::{Method, method};
use crate::evm::arbos::{
    ARBOS_VERSION,
    call::{Call, Failure},
    merkle,
};

sol! {
    function arbBlockNumber() view returns (uint256);
    function arbBlockHash(uint256 arbBlockNum) view returns (bytes32);
    function arbChainID() view returns (uint256);
    function arbOSVersion() view returns (uint256);
    function getStorageGasAvailable() view returns (uint256);
    function isTopLevelCall() view returns (bool);
    function mapL1SenderContractAddressToL2Alias(address sender, address unused) pure returns (address);
    function wasMyCallersAddressAliased() view returns (bool);
    function myCallersAddressWithoutAliasing() view returns (address);
    function withdrawEth(address destination) payable returns (uint256);
    function sendTxToL1(address destination, bytes data) payable returns (uint256);

    event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);
    event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);

    error InvalidBlockNumber(uint256 requested, uint256 current);
}

/// Nitro's versions count from 56, after those of ArbOS before Nitro.
const VERSION_OFFSET: u64 = 55;
/// Added to the address of a contract on the parent chain.
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");
/// Blocks whose hash can still be asked for.
const BLOCK_HASHES: u64 = 256;
/// Bit where the level of a node begins in its position.
const LEVEL_SHIFT: usize = 192;

pub(super) const METHODS: &[Method] = &[
    method!(View, arbBlockNumberCall, |call, _| Ok(call
        .ctx
        .block
        .number)),
    method!(View, arbBlockHashCall, |call, arguments| block_hash(
        call,
        arguments.arbBlockNum
    )),
    method!(View, arbChainIDCall, |call, _| Ok(U256::from(
        call.ctx.cfg.chain_id
    ))),
    method!(View, arbOSVersionCall, |_, _| Ok(U256::from(
        VERSION_OFFSET + ARBOS_VERSION
    ))),
    method!(View, getStorageGasAvailableCall, |_, _| Ok(U256::ZERO)),
    method!(View, isTopLevelCallCall, |call, _| Ok(call
        .ctx
        .chain
        .callers
        .len()
        <= 1)),
    method!(
        Pure,
        mapL1SenderContractAddressToL2AliasCall,
        |_, arguments| { Ok(alias(arguments.sender)) }
    ),
    // Only transactions from the parent chain are aliased, and there are none.
    method!(View, wasMyCallersAddressAliasedCall, |_, _| Ok(false)),
    method!(View, myCallersAddressWithoutAliasingCall, |call, _| {
        Ok(call.ctx.chain.callers.last().copied().unwrap_or_default())
    }),
    method!(Payable, withdrawEthCall, |call, arguments| {
        send(call, arguments.destination, Bytes::new())
    }),
    method!(Payable, sendTxToL1Call, |call, arguments| {
        send(call, arguments.destination, arguments.data)
    }),
];

fn block_hash(call: &mut Call<'_, '_>, requested: U256) -> Result<B256, Failure> {
    let current = call.ctx.block.number;
    if requested >= current || requested + U256::from(BLOCK_HASHES) < current {
        return Err(Failure::solidity(&InvalidBlockNumber {
            requested,
            current,
        }));
    }
    Ok(call
        .ctx
        .journaled_state
        .database
        .block_hash(requested.saturating_to())?)
}

fn alias(address: Address) -> Address {
    let number = U256::from_be_slice(address.as_slice());
    let offset = U256::from_be_slice(ALIAS_OFFSET.as_slice());
    Address::from_word((number + offset).into())
}

fn send(call: &mut Call<'_, '_>, destination: Address, data: Bytes) -> Result<U256, Failure> {
    let (number, time) = (call.ctx.block.number, call.ctx.block.timestamp);
    let hash = call.keccak(
        &[
            call.caller.as_slice(),
            destination.as_slice(),
            &number.to_be_bytes::<32>(),
            &number.to_be_bytes::<32>(),
            &time.to_be_bytes::<32>(),
            &call.value.to_be_bytes::<32>(),
            &data,
        ]
        .concat(),
    )?;
    let (leaf, nodes) = merkle::append(call, hash)?;
    // The number of leaves is read once more.
    call.get(crate::evm::arbos::state::spaces::SEND_MERKLE.slot_at(0))?;
    call.pay_out(call.value)?;
    for node in nodes {
        let position = U256::from(node.level) << LEVEL_SHIFT | U256::from(node.leaf);
        call.emit(&SendMerkleUpdate {
            reserved: U256::ZERO,
            hash: node.hash,
            position,
        })?;
    }
    call.emit(&L2ToL1Tx {
        caller: call.caller,
        destination,
        hash: hash.into(),
        position: U256::from(leaf),
        arbBlockNum: number,
        ethBlockNum: number,
        timestamp: time,
        callvalue: call.value,
        data,
    })?;
    Ok(U256::from(leaf))
}
