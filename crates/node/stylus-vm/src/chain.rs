//! State access, calls and creations with their prices: the Go side of Nitro's host calls (`arbos/programs/api.go`).

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::api::{CallKind, CallRequest, CreateRequest, EvmApi};
use crate::gas;

/// How a storage write went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreStatus {
    /// All slots are written.
    Done,
    /// The gas does not pay for all of them, or pays without any to spare.
    OutOfGas,
    /// The frame is static.
    WriteProtection,
}

/// Writes slots while `gas_left` pays for them. Returns the gas they cost, which is all of it if it did not suffice.
pub fn store_slots(
    evm: &mut dyn EvmApi,
    slots: &[(B256, B256)],
    gas_left: u64,
) -> (u64, StoreStatus) {
    let mut left = gas_left;
    for &(key, value) in slots {
        if evm.is_static() {
            return (gas_left - left, StoreStatus::WriteProtection);
        }
        let slot = evm.load_slot(key);
        let cost = gas::state_store_cost(&slot, value);
        if cost.refund != 0 {
            evm.add_refund(cost.refund);
        }
        if cost.gas > left {
            return (gas_left, StoreStatus::OutOfGas);
        }
        left -= cost.gas;
        evm.store_slot(key, value);
    }
    let status = if left == 0 {
        StoreStatus::OutOfGas
    } else {
        StoreStatus::Done
    };
    (gas_left - left, status)
}

/// How a call went, as the program sees it.
pub struct Called {
    /// Whether it succeeded.
    pub success: bool,
    /// What it returned.
    pub output: Bytes,
    /// What it cost in gas.
    pub gas: u64,
}

impl Called {
    const fn refused(gas: u64) -> Self {
        Self {
            success: false,
            output: Bytes::new(),
            gas,
        }
    }
}

/// What a program asks of a call.
pub struct Call {
    /// How to call.
    pub kind: CallKind,
    /// Whose code to run.
    pub target: Address,
    /// Wei to send.
    pub value: U256,
    /// Calldata.
    pub input: Bytes,
    /// Gas of the frame.
    pub gas_left: u64,
    /// Most gas that the callee may have.
    pub gas_wanted: u64,
}

/// Makes a call.
pub fn call(evm: &mut dyn EvmApi, call: Call) -> Called {
    let Call {
        kind,
        target,
        value,
        input,
        gas_left,
        gas_wanted,
    } = call;
    let sends_value = !value.is_zero();
    if sends_value && evm.is_static() {
        return Called::refused(0);
    }
    if gas_left < gas::WARM_ACCESS {
        return Called::refused(gas_left);
    }
    let account = evm.load_account(target);
    let base = gas::call_gas(account.is_cold, account.is_empty, sends_value);
    if base > gas_left {
        return Called::refused(gas_left);
    }
    let stipend = if sends_value { gas::CALL_STIPEND } else { 0 };
    let gas_limit = all_but_one_64th(gas_left - base)
        .min(gas_wanted)
        .saturating_add(stipend);
    let result = evm.call(CallRequest {
        kind,
        target,
        value,
        input,
        gas_limit,
    });
    let used = gas_limit.saturating_sub(result.gas_left);
    Called {
        success: result.success,
        output: result.output,
        gas: base.saturating_add(used),
    }
}

/// `gas * 63 / 64`, rounded down.
fn all_but_one_64th(gas: u64) -> u64 {
    (u128::from(gas) * 63 / 64) as u64
}

/// How a creation went, as the program sees it.
pub struct Created {
    /// The new contract, or zero.
    pub address: Address,
    /// Revert data.
    pub output: Bytes,
    /// What it cost in gas.
    pub gas: u64,
}

/// Creates a contract.
///
/// # Errors
/// Why the creation cannot even be tried, which ends the program.
pub fn create(
    evm: &mut dyn EvmApi,
    init_code: Bytes,
    value: U256,
    salt: Option<B256>,
    gas_left: u64,
) -> Result<Created, &'static str> {
    if evm.is_static() {
        return Err("write protection");
    }
    let base = gas::create_gas(init_code.len(), salt.is_some());
    let Some(rest) = gas_left.checked_sub(base) else {
        return Err("out of gas");
    };
    let kept = rest / 64;
    let result = evm.create(CreateRequest {
        init_code,
        value,
        salt,
        gas_limit: rest - kept,
    });
    Ok(Created {
        address: result.address.unwrap_or_default(),
        output: result.revert_data,
        gas: gas_left.saturating_sub(result.gas_left.saturating_add(kept)),
    })
}
