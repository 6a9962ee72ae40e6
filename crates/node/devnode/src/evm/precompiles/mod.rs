//! Precompiled contracts: Ethereum's and ArbOS's own.
//!
//! The frame around a method, its gas and its failures follow `precompiles/precompile.go` in Nitro.

mod arb_gas_info;
mod arb_info;
mod arb_owner;
mod arb_owner_public;
mod arb_sys;
mod arb_wasm;
mod arb_wasm_cache;
mod method;

use revm::{
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{Address, AddressSet, Bytes, address, hardfork::SpecId},
};

use self::method::{Method, Purity};
use super::{
    arbos::call::{Call, Failure},
    context::{Ctx, explain},
};

struct Precompile {
    address: Address,
    methods: &'static [Method],
}

const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_INFO: Address = address!("0000000000000000000000000000000000000065");
const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
const ARB_OWNER: Address = address!("0000000000000000000000000000000000000070");
const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

const PRECOMPILES: &[Precompile] = &[
    Precompile {
        address: ARB_SYS,
        methods: arb_sys::METHODS,
    },
    Precompile {
        address: ARB_INFO,
        methods: arb_info::METHODS,
    },
    Precompile {
        address: ARB_OWNER_PUBLIC,
        methods: arb_owner_public::METHODS,
    },
    Precompile {
        address: ARB_GAS_INFO,
        methods: arb_gas_info::METHODS,
    },
    Precompile {
        address: ARB_OWNER,
        methods: arb_owner::METHODS,
    },
    Precompile {
        address: ARB_WASM,
        methods: arb_wasm::METHODS,
    },
    Precompile {
        address: ARB_WASM_CACHE,
        methods: arb_wasm_cache::METHODS,
    },
];

/// Precompiles that Nitro has and this node has not: they exist, and every method of theirs reverts as an unknown one.
/// ArbAddressTable, ArbBLS, ArbFunctionTable, ArbosTest, ArbAggregator, ArbRetryableTx, ArbStatistics, ArbNativeTokenManager,
/// ArbDebug and ArbosActs.
const EMPTY_PRECOMPILES: [Address; 10] = [
    address!("0000000000000000000000000000000000000066"),
    address!("0000000000000000000000000000000000000067"),
    address!("0000000000000000000000000000000000000068"),
    address!("0000000000000000000000000000000000000069"),
    address!("000000000000000000000000000000000000006d"),
    address!("000000000000000000000000000000000000006e"),
    address!("000000000000000000000000000000000000006f"),
    address!("0000000000000000000000000000000000000073"),
    address!("00000000000000000000000000000000000000ff"),
    address!("00000000000000000000000000000000000a4b05"),
];

/// The addresses of ArbOS's precompiles.
pub(super) fn addresses() -> impl Iterator<Item = Address> {
    PRECOMPILES
        .iter()
        .map(|precompile| precompile.address)
        .chain(EMPTY_PRECOMPILES)
}

fn find(address: &Address) -> Option<&'static [Method]> {
    let known = PRECOMPILES
        .iter()
        .find(|precompile| precompile.address == *address);
    known
        .map(|precompile| precompile.methods)
        .or_else(|| EMPTY_PRECOMPILES.contains(address).then_some(&[]))
}

/// All precompiles of the chain.
pub(super) struct ArbitrumPrecompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
}

impl ArbitrumPrecompiles {
    /// Ethereum's precompiles at `spec`, and ArbOS's.
    pub(super) fn new(spec: SpecId) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let mut warm = ethereum.warm_addresses().clone();
        warm.extend(addresses());
        Self { ethereum, warm }
    }
}

impl<'a> PrecompileProvider<Ctx<'a>> for ArbitrumPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(
        &mut self,
        ctx: &mut Ctx<'a>,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        match find(&inputs.bytecode_address) {
            Some(methods) => run(ctx, methods, inputs).map(Some),
            None => self.ethereum.run(ctx, inputs),
        }
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}

/// How a call of a precompile ends.
enum End {
    Return(Vec<u8>),
    Revert(Vec<u8>),
    /// All gas is gone, with a reason.
    Halt(String),
}

fn run(
    ctx: &mut Ctx<'_>,
    methods: &[Method],
    inputs: &CallInputs,
) -> Result<InterpreterResult, String> {
    let input = inputs.input.bytes(ctx);
    let mut call = Call::new(ctx, inputs);
    let end = match dispatch(&mut call, methods, &input, inputs) {
        Ok(output) => End::Return(output),
        Err(failure) => ended(&mut call, failure)?,
    };
    let mut gas = Gas::new(inputs.gas_limit);
    gas.set_remaining(call.gas_left());
    Ok(match end {
        End::Return(output) => {
            InterpreterResult::new(InstructionResult::Return, output.into(), gas)
        }
        End::Revert(data) => InterpreterResult::new(InstructionResult::Revert, data.into(), gas),
        End::Halt(reason) => {
            explain(ctx, reason);
            gas.spend_all();
            InterpreterResult::new(InstructionResult::PrecompileError, Bytes::new(), gas)
        }
    })
}

/// What a failure does to the frame. A failing database is an error of the node.
fn ended(call: &mut Call<'_, '_>, failure: Failure) -> Result<End, String> {
    Ok(match failure {
        Failure::Arguments => {
            call.burn_out();
            End::Revert(Vec::new())
        }
        Failure::OutOfGas => End::Revert(Vec::new()),
        Failure::Other(reason) => {
            if let Some(recorder) = &mut call.ctx.chain.recorder {
                recorder.explain(reason);
            }
            End::Revert(Vec::new())
        }
        Failure::Solidity(data) => match call.pay_for_words(data.len()) {
            Ok(()) => End::Revert(data),
            Err(_) => End::Revert(Vec::new()),
        },
        Failure::Halt(reason) => End::Halt(reason),
        Failure::Database(error) => return Err(error.to_string()),
    })
}

fn dispatch(
    call: &mut Call<'_, '_>,
    methods: &[Method],
    input: &[u8],
    inputs: &CallInputs,
) -> Result<Vec<u8>, Failure> {
    let (selector, arguments) = input.split_first_chunk::<4>().ok_or(Failure::Arguments)?;
    let method = methods
        .iter()
        .find(|method| method.selector == *selector)
        .ok_or(Failure::Arguments)?;
    let purity = method.purity;
    let acts_as_other = inputs.target_address != inputs.bytecode_address;
    if (purity >= Purity::View && acts_as_other)
        || (purity >= Purity::Write && inputs.is_static)
        || (purity < Purity::Payable && !inputs.call_value().is_zero())
    {
        return Err(Failure::Arguments);
    }
    call.open(purity == Purity::Pure)?;
    call.pay_for_words(arguments.len())
        .map_err(|_| Failure::Arguments)?;
    let output = (method.run)(call, arguments)?;
    call.pay_for_words(output.len())
        .map_err(|_| Failure::Arguments)?;
    Ok(output)
}
