//! ArbWasm (0x71): activates Stylus programs and tells about them. `precompiles/ArbWasm.go` in Nitro.

use alloy::sol;
use revm::primitives::{Address, B256, U256};
use stylus_vm::{ActivationError, DataPricer, StylusParams, activate, decode_program};

use super::method::{Method, method};
use crate::evm::arbos::{
    call::{Call, Failure},
    programs::{self, Inactive, Program},
    space::Space,
    state::{self, root},
};

sol! {
    function activateProgram(address program) payable returns (uint16 version, uint256 dataFee);
    function codehashKeepalive(bytes32 codehash) payable;
    function stylusVersion() view returns (uint16 version);
    function codehashVersion(bytes32 codehash) view returns (uint16 version);
    function codehashAsmSize(bytes32 codehash) view returns (uint32 size);
    function programVersion(address program) view returns (uint16 version);
    function programInitGas(address program) view returns (uint64 gas, uint64 gasWhenCached);
    function programMemoryFootprint(address program) view returns (uint16 footprint);
    function programTimeLeft(address program) view returns (uint64 _secs);
    function inkPrice() view returns (uint32 price);
    function maxStackDepth() view returns (uint32 depth);
    function freePages() view returns (uint16 pages);
    function pageGas() view returns (uint16 gas);
    function pageRamp() view returns (uint64 ramp);
    function pageLimit() view returns (uint16 limit);
    function minInitGas() view returns (uint64 gas, uint64 cached);
    function initCostScalar() view returns (uint64 percent);
    function expiryDays() view returns (uint16 _days);
    function keepaliveDays() view returns (uint16 _days);
    function blockCacheSize() view returns (uint16 count);

    event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
    event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

    error ProgramNotWasm();
    error ProgramNotActivated();
    error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
    error ProgramExpired(uint64 ageInSeconds);
    error ProgramUpToDate();
    error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
    error ProgramInsufficientValue(uint256 have, uint256 want);
}

/// Burnt before an activation begins.
const ACTIVATION_FIXED_GAS: u64 = 1_659_168;
/// Price of the parameters, which count as warm.
const PARAMS_GAS: u64 = 100;

const MIN_INIT_GAS_UNIT: u64 = 128;
const MIN_CACHED_GAS_UNIT: u64 = 32;
const COST_SCALAR_PERCENT: u64 = 2;

pub(super) const METHODS: &[Method] = &[
    method!(Payable, activateProgramCall, |call, arguments| {
        activate_program(call, arguments.program)
    }),
    method!(Payable, codehashKeepaliveCall, |call, arguments| {
        keep_alive(call, arguments.codehash)?;
        Ok(codehashKeepaliveReturn {})
    }),
    method!(View, stylusVersionCall, |call, _| Ok(params(call)?.version)),
    method!(View, codehashVersionCall, |call, arguments| {
        Ok(active_program(call, arguments.codehash)?.1.version)
    }),
    method!(View, codehashAsmSizeCall, |call, arguments| {
        Ok(active_program(call, arguments.codehash)?.1.asm_size())
    }),
    method!(View, programVersionCall, |call, arguments| {
        Ok(program_at(call, arguments.program)?.1.version)
    }),
    method!(View, programInitGasCall, |call, arguments| {
        let (params, program) = program_at(call, arguments.program)?;
        Ok(programInitGasReturn {
            gas: params.entry_gas(program.init_cost, program.cached_cost, false),
            gasWhenCached: params.entry_gas(program.init_cost, program.cached_cost, true),
        })
    }),
    method!(View, programMemoryFootprintCall, |call, arguments| {
        Ok(program_at(call, arguments.program)?.1.footprint)
    }),
    method!(View, programTimeLeftCall, |call, arguments| {
        let (params, program) = program_at(call, arguments.program)?;
        Ok(programs::days(params.expiry_days).saturating_sub(program.age(call.time())))
    }),
    method!(View, inkPriceCall, |call, _| Ok(params(call)?.ink_price)),
    method!(View, maxStackDepthCall, |call, _| Ok(
        params(call)?.max_stack_depth
    )),
    method!(View, freePagesCall, |call, _| Ok(params(call)?.free_pages)),
    method!(View, pageGasCall, |call, _| Ok(params(call)?.page_gas)),
    method!(View, pageRampCall, |call, _| Ok(params(call)?.page_ramp)),
    method!(View, pageLimitCall, |call, _| Ok(params(call)?.page_limit)),
    method!(View, minInitGasCall, |call, _| {
        let params = params(call)?;
        Ok(minInitGasReturn {
            gas: u64::from(params.min_init_gas) * MIN_INIT_GAS_UNIT,
            cached: u64::from(params.min_cached_init_gas) * MIN_CACHED_GAS_UNIT,
        })
    }),
    method!(View, initCostScalarCall, |call, _| {
        Ok(u64::from(params(call)?.init_cost_scalar) * COST_SCALAR_PERCENT)
    }),
    method!(
        View,
        expiryDaysCall,
        |call, _| Ok(params(call)?.expiry_days)
    ),
    method!(View, keepaliveDaysCall, |call, _| Ok(
        params(call)?.keepalive_days
    )),
    method!(View, blockCacheSizeCall, |call, _| Ok(
        params(call)?.block_cache_size
    )),
];

/// The Stylus parameters, at the caller's cost.
pub(super) fn params(call: &mut Call<'_, '_>) -> Result<StylusParams, Failure> {
    call.burn(PARAMS_GAS)?;
    Ok(programs::params(call.ctx)?)
}

/// What a caller is told about a program that may not be used.
impl From<Inactive> for Failure {
    fn from(inactive: Inactive) -> Self {
        match inactive {
            Inactive::NotActivated => Self::solidity(&ProgramNotActivated {}),
            Inactive::NeedsUpgrade {
                version,
                stylus_version,
            } => Self::solidity(&ProgramNeedsUpgrade {
                version,
                stylusVersion: stylus_version,
            }),
            Inactive::Expired { age_in_seconds } => Self::solidity(&ProgramExpired {
                ageInSeconds: age_in_seconds,
            }),
        }
    }
}

/// The entry of a program, active or not, at the caller's cost.
pub(super) fn program(call: &mut Call<'_, '_>, code_hash: B256) -> Result<Program, Failure> {
    call.get(programs::entry_slot(code_hash))
        .map(Program::decode)
}

fn active_program(
    call: &mut Call<'_, '_>,
    code_hash: B256,
) -> Result<(StylusParams, Program), Failure> {
    let params = params(call)?;
    checked(call, params, code_hash)
}

fn program_at(
    call: &mut Call<'_, '_>,
    address: Address,
) -> Result<(StylusParams, Program), Failure> {
    let params = params(call)?;
    let code_hash = call.code_hash(address)?;
    checked(call, params, code_hash)
}

fn checked(
    call: &mut Call<'_, '_>,
    params: StylusParams,
    code_hash: B256,
) -> Result<(StylusParams, Program), Failure> {
    let program = program(call, code_hash)?;
    program.check_active(&params, call.time())?;
    Ok((params, program))
}

fn activate_program(
    call: &mut Call<'_, '_>,
    address: Address,
) -> Result<activateProgramReturn, Failure> {
    call.burn(ACTIVATION_FIXED_GAS)?;
    let code_hash = state::peek_code_hash(call.ctx, address)?;
    let params = params(call)?;
    let old = program(call, code_hash)?;
    if old.version == params.version && !old.has_expired(&params, call.time()) {
        return Err(Failure::solidity(&ProgramUpToDate {}));
    }

    let wasm = wasm_of(call, address, params.max_wasm_size)?;
    let page_limit = params.page_limit.saturating_sub(call.ctx.chain.pages.open);
    let activation = activate(&wasm, page_limit, call.gas_left()).map_err(|error| match error {
        ActivationError::OutOfGas => call.burn_out(),
        invalid @ ActivationError::Invalid(_) => Failure::Halt(invalid.to_string()),
    })?;
    call.burn(activation.gas)?;

    let module_hash = module_hash(&wasm);
    call.set(programs::module_hash_slot(code_hash), module_hash.into())
        .map_err(|e| burnt(call, e))?;
    let fee = data_fee(call, activation.info.asm_estimate).map_err(|e| burnt(call, e))?;
    let new = Program::new(&activation.info, &params, call.time(), old.cached);
    call.set(programs::entry_slot(code_hash), new.encode())?;

    pay_data_fee(call, fee)?;
    let version = params.version;
    call.emit(&ProgramActivated {
        codehash: code_hash,
        moduleHash: module_hash,
        program: address,
        dataFee: fee,
        version,
    })?;
    Ok(activateProgramReturn {
        version,
        dataFee: fee,
    })
}

/// A failure after the program was checked takes all gas.
fn burnt(call: &mut Call<'_, '_>, failure: Failure) -> Failure {
    let _ = call.burn_out();
    failure
}

/// Nitro stores the hash of the module it proves with. This node has no such module and stores the hash of the WASM.
fn module_hash(wasm: &[u8]) -> B256 {
    revm::primitives::keccak256(wasm)
}

fn wasm_of(call: &mut Call<'_, '_>, address: Address, limit: u32) -> Result<Vec<u8>, Failure> {
    let code = state::peek_code(call.ctx, address)?;
    if code.is_empty() {
        return Err(Failure::solidity(&ProgramNotWasm {}));
    }
    decode_program(code.original_byte_slice(), limit)
        .map_err(|error| Failure::Other(error.to_string()))
}

fn keep_alive(call: &mut Call<'_, '_>, code_hash: B256) -> Result<(), Failure> {
    let (params, mut program) = active_program(call, code_hash)?;
    let age = program.age(call.time());
    if age < programs::days(params.keepalive_days) {
        return Err(Failure::solidity(&ProgramKeepaliveTooSoon {
            ageInSeconds: age,
        }));
    }
    let fee = data_fee(call, program.asm_size())?;
    program.activated_at = stylus_vm::hours_since_arbitrum(call.time());
    call.set(programs::entry_slot(code_hash), program.encode())?;
    pay_data_fee(call, fee)?;
    call.emit(&ProgramLifetimeExtended {
        codehash: code_hash,
        dataFee: fee,
    })
}

/// The fee in wei for `bytes` more of native code, rounded down.
fn data_fee(call: &mut Call<'_, '_>, bytes: u32) -> Result<U256, Failure> {
    let slots = programs::pricer_slots();
    let mut words = [U256::ZERO; 5];
    for (word, slot) in words.iter_mut().zip(slots) {
        *word = call.get(slot)?;
    }
    let mut pricer: DataPricer = programs::decode_pricer(words);
    let fee = pricer.update(bytes, call.time());
    let updated = programs::encode_pricer(&pricer);
    for changed in programs::PRICER_CHANGES {
        call.set(slots[changed], updated[changed])?;
    }
    Ok(U256::from(fee))
}

fn pay_data_fee(call: &mut Call<'_, '_>, fee: U256) -> Result<(), Failure> {
    let Some(change) = call.value.checked_sub(fee) else {
        return Err(Failure::solidity(&ProgramInsufficientValue {
            have: call.value,
            want: fee,
        }));
    };
    let network = call.get(Space::ROOT.slot_at(root::NETWORK_FEE_ACCOUNT))?;
    call.pay(state::to_address(network), fee)?;
    call.pay(call.caller, change)
}
