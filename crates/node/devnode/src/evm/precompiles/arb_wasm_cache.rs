//! ArbWasmCache (0x72): makes entering chosen programs cheaper. `precompiles/ArbWasmCache.go` in Nitro.

use alloy::sol;
use revm::primitives::{Address, B256};

use super::{
    arb_wasm::{self, ProgramExpired, ProgramNeedsUpgrade},
    method::{Method, method},
};
use crate::evm::arbos::{
    address_set::AddressSet,
    call::{Call, Failure},
    programs::{self, CACHE_MANAGERS, Program},
    state::spaces,
};

sol! {
    function isCacheManager(address manager) view returns (bool);
    function allCacheManagers() view returns (address[] managers);
    function cacheProgram(address addr);
    function evictCodehash(bytes32 codehash);
    function codehashIsCached(bytes32 codehash) view returns (bool);

    event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
}

/// Most managers that are listed.
pub(super) const MAX_MEMBERS: u64 = 65_536;

pub(super) const METHODS: &[Method] = &[
    method!(View, isCacheManagerCall, |call, arguments| {
        AddressSet::new(&CACHE_MANAGERS).contains(call, arguments.manager)
    }),
    method!(View, allCacheManagersCall, |call, _| {
        AddressSet::new(&CACHE_MANAGERS).members(call, MAX_MEMBERS)
    }),
    method!(Write, cacheProgramCall, |call, arguments| {
        let code_hash = call.code_hash(arguments.addr)?;
        set_cached(call, code_hash, true)?;
        Ok(cacheProgramReturn {})
    }),
    method!(Write, evictCodehashCall, |call, arguments| {
        set_cached(call, arguments.codehash, false)?;
        Ok(evictCodehashReturn {})
    }),
    method!(View, codehashIsCachedCall, |call, arguments| {
        Ok(arb_wasm::program(call, arguments.codehash)?.cached)
    }),
];

fn set_cached(call: &mut Call<'_, '_>, code_hash: B256, cached: bool) -> Result<(), Failure> {
    if !has_access(call)? {
        return Err(call.burn_out());
    }
    let params = arb_wasm::params(call)?;
    let program = arb_wasm::program(call, code_hash)?;
    if cached && program.version != params.version {
        return Err(Failure::solidity(&ProgramNeedsUpgrade {
            version: program.version,
            stylusVersion: params.version,
        }));
    }
    let age = program.age(call.time());
    if cached && age > programs::days(params.expiry_days) {
        return Err(Failure::solidity(&ProgramExpired { ageInSeconds: age }));
    }
    if program.cached == cached {
        return Ok(());
    }
    call.emit(&UpdateProgramCache {
        manager: call.caller,
        codehash: code_hash,
        cached,
    })?;
    call.burn(program.init_cost.into())?;
    call.get(programs::module_hash_slot(code_hash))?;
    call.set(
        programs::entry_slot(code_hash),
        Program { cached, ..program }.encode(),
    )
}

fn has_access(call: &mut Call<'_, '_>) -> Result<bool, Failure> {
    let caller: Address = call.caller;
    Ok(AddressSet::new(&CACHE_MANAGERS).contains(call, caller)?
        || AddressSet::new(&spaces::CHAIN_OWNERS).contains(call, caller)?)
}
