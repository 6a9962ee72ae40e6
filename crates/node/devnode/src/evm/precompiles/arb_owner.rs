//! ArbOwner (0x70), as far as programs need it: who may cache them, and EIP-7623's calldata price. Everything here is
//! free for chain owners and refused to all others (`precompiles/wrapper.go` in Nitro).

use alloy::{sol, sol_types::SolCall};
use revm::primitives::{Bytes, FixedBytes, U256};

use super::method::{Method, method};
use crate::evm::arbos::{
    address_set::AddressSet,
    call::{Call, Failure},
    programs::CACHE_MANAGERS,
    state::spaces,
};

sol! {
    function addWasmCacheManager(address manager);
    function removeWasmCacheManager(address manager);
    function setCalldataPriceIncrease(bool enable);
    function isChainOwner(address addr) view returns (bool);

    event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
}

pub(super) const METHODS: &[Method] = &[
    method!(Write, addWasmCacheManagerCall, |call, arguments| {
        check_owner(call)?;
        AddressSet::new(&CACHE_MANAGERS).add(call, arguments.manager)?;
        announce(call, &arguments)?;
        Ok(addWasmCacheManagerReturn {})
    }),
    method!(Write, removeWasmCacheManagerCall, |call, arguments| {
        check_owner(call)?;
        AddressSet::new(&CACHE_MANAGERS).remove(call, arguments.manager)?;
        announce(call, &arguments)?;
        Ok(removeWasmCacheManagerReturn {})
    }),
    method!(Write, setCalldataPriceIncreaseCall, |call, arguments| {
        check_owner(call)?;
        call.set(spaces::FEATURES.slot_at(0), U256::from(arguments.enable))?;
        announce(call, &arguments)?;
        Ok(setCalldataPriceIncreaseReturn {})
    }),
    method!(View, isChainOwnerCall, |call, arguments| {
        check_owner(call)?;
        AddressSet::new(&spaces::CHAIN_OWNERS).contains(call, arguments.addr)
    }),
];

/// From here on everything is free, or the call has failed.
fn check_owner(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    let caller = call.caller;
    call.make_free();
    match AddressSet::new(&spaces::CHAIN_OWNERS).contains(call, caller)? {
        true => Ok(()),
        false => Err(Failure::Halt(
            "unauthorized caller to access-controlled method".into(),
        )),
    }
}

fn announce(call: &mut Call<'_, '_>, arguments: &impl SolCall) -> Result<(), Failure> {
    let data = Bytes::from(arguments.abi_encode());
    let method = FixedBytes::from_slice(&data[..4]);
    call.emit(&OwnerActs {
        method,
        owner: call.caller,
        data,
    })
}
