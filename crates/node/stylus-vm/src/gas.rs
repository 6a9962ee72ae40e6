//! EVM gas that programs pay for state, calls and logs.
//!
//! Rules of `core/vm/operations_acl_arbitrum.go` in the fork of go-ethereum that Nitro uses, with the EIP-2929 and
//! EIP-3529 numbers. All results are in gas.

use alloy_primitives::B256;

use crate::api::SlotState;

/// First access to a slot in a transaction.
pub const COLD_SLOAD: u64 = 2_100;
/// Any access to a warm slot or account.
pub const WARM_ACCESS: u64 = 100;
/// First access to an account in a transaction.
pub const COLD_ACCOUNT: u64 = 2_600;
/// Gas that must be left before storage is written (EIP-2200).
pub const SSTORE_SENTRY: u64 = 2_300;
/// Reading or writing a transient slot.
pub const TRANSIENT: u64 = WARM_ACCESS;
/// Extra gas that the callee gets where value is sent.
pub const CALL_STIPEND: u64 = 2_300;

const SSTORE_SET: u64 = 20_000;
const SSTORE_RESET: u64 = 5_000;
const SSTORE_CLEARS_REFUND: i64 = 4_800;
const CALL_VALUE_TRANSFER: u64 = 9_000;
const CALL_NEW_ACCOUNT: u64 = 25_000;
const CREATE: u64 = 32_000;
const KECCAK_WORD: u64 = 6;
const LOG_TOPIC: u64 = 375;
const LOG_DATA_BYTE: u64 = 8;
/// `MaxCodeSize / 24576 * ExtcodeSizeGas`, for the standard code size limit.
const CODE_LOAD: u64 = 700;
const MEMORY_WORD: u64 = 3;
const MEMORY_QUADRATIC_DIVISOR: u64 = 512;

/// Gas and refund of one storage write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreCost {
    /// Gas to pay.
    pub gas: u64,
    /// Change of the refund counter.
    pub refund: i64,
}

/// Reading a slot (`WasmStateLoadCost`).
pub const fn state_load_gas(is_cold: bool) -> u64 {
    if is_cold { COLD_SLOAD } else { WARM_ACCESS }
}

/// Writing `value` to a slot (`WasmStateStoreCost`). The caller checks the sentry.
pub fn state_store_cost(slot: &SlotState, value: B256) -> StoreCost {
    let access = if slot.is_cold { COLD_SLOAD } else { 0 };
    if slot.present == value {
        return StoreCost {
            gas: access + WARM_ACCESS,
            refund: 0,
        };
    }
    if slot.original == slot.present {
        return first_change(slot, value, access);
    }
    StoreCost {
        gas: access + WARM_ACCESS,
        refund: clearing_refund(slot, value) + restoring_refund(slot, value),
    }
}

fn first_change(slot: &SlotState, value: B256, access: u64) -> StoreCost {
    if slot.original.is_zero() {
        return StoreCost {
            gas: access + SSTORE_SET,
            refund: 0,
        };
    }
    let refund = if value.is_zero() {
        SSTORE_CLEARS_REFUND
    } else {
        0
    };
    StoreCost {
        gas: access + SSTORE_RESET - COLD_SLOAD,
        refund,
    }
}

fn clearing_refund(slot: &SlotState, value: B256) -> i64 {
    if slot.original.is_zero() {
        0
    } else if slot.present.is_zero() {
        -SSTORE_CLEARS_REFUND
    } else if value.is_zero() {
        SSTORE_CLEARS_REFUND
    } else {
        0
    }
}

fn restoring_refund(slot: &SlotState, value: B256) -> i64 {
    if slot.original != value {
        0
    } else if value.is_zero() {
        (SSTORE_SET - WARM_ACCESS) as i64
    } else {
        (SSTORE_RESET - COLD_SLOAD - WARM_ACCESS) as i64
    }
}

/// Reading an account's balance or code hash, or (`with_code`) its code (`WasmAccountTouchCost`).
pub const fn account_touch_gas(is_cold: bool, with_code: bool) -> u64 {
    let access = if is_cold { COLD_ACCOUNT } else { WARM_ACCESS };
    if with_code {
        access + CODE_LOAD
    } else {
        access
    }
}

/// What a call costs before its callee runs (`WasmCallCost`).
pub const fn call_gas(is_cold: bool, is_empty: bool, sends_value: bool) -> u64 {
    let mut gas = if is_cold { COLD_ACCOUNT } else { WARM_ACCESS };
    if sends_value {
        gas += CALL_VALUE_TRANSFER;
        if is_empty {
            gas += CALL_NEW_ACCOUNT;
        }
    }
    gas
}

/// What a creation costs before its code runs: words of it are hashed, and paid for, under `CREATE2` only.
pub const fn create_gas(init_code_len: usize, has_salt: bool) -> u64 {
    if has_salt {
        CREATE + KECCAK_WORD * init_code_len.div_ceil(32) as u64
    } else {
        CREATE
    }
}

/// A log with `topics` topics and `data_len` bytes besides them.
pub const fn log_gas(topics: u32, data_len: u32) -> u64 {
    (1 + topics as u64) * LOG_TOPIC + data_len as u64 * LOG_DATA_BYTE
}

/// Memory of an EVM frame that holds `len` bytes: return data must cost at least this (ArbOS 31).
pub const fn evm_memory_gas(len: u64) -> u64 {
    let words = len.div_ceil(32);
    words * MEMORY_WORD + words * words / MEMORY_QUADRATIC_DIVISOR
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Original, present and new value of a slot, gas of a warm write, refund: the cases of EIP-2200 and EIP-3529.
    const CASES: [(u8, u8, u8, u64, i64); 17] = [
        (0, 0, 0, 100, 0),
        (0, 0, 1, 20_000, 0),
        (0, 1, 0, 100, 19_900),
        (0, 1, 2, 100, 0),
        (0, 1, 1, 100, 0),
        (1, 0, 0, 100, 0),
        (1, 0, 1, 100, -4_800 + 2_800),
        (1, 0, 2, 100, -4_800),
        (1, 2, 0, 100, 4_800),
        (1, 2, 3, 100, 0),
        (1, 2, 1, 100, 2_800),
        (1, 2, 2, 100, 0),
        (1, 1, 0, 2_900, 4_800),
        (1, 1, 2, 2_900, 0),
        (1, 1, 1, 100, 0),
        (2, 0, 2, 100, -4_800 + 2_800),
        (2, 1, 0, 100, 4_800),
    ];

    #[test]
    fn writing_a_slot_costs_what_sstore_does() {
        for (original, present, value, gas, refund) in CASES {
            let word = B256::with_last_byte;
            let slot = SlotState {
                original: word(original),
                present: word(present),
                is_cold: false,
            };
            let warm = state_store_cost(&slot, word(value));
            assert_eq!(
                warm,
                StoreCost { gas, refund },
                "{original} {present} {value}"
            );
            let cold = state_store_cost(
                &SlotState {
                    is_cold: true,
                    ..slot
                },
                word(value),
            );
            assert_eq!(
                cold,
                StoreCost {
                    gas: gas + 2_100,
                    refund
                },
                "cold {original} {present} {value}"
            );
        }
    }

    #[test]
    fn calls_accounts_and_logs() {
        assert_eq!(call_gas(true, true, false), 2_600);
        assert_eq!(call_gas(false, true, true), 100 + 9_000 + 25_000);
        assert_eq!(call_gas(false, false, true), 100 + 9_000);
        assert_eq!(account_touch_gas(true, true), 3_300);
        assert_eq!(account_touch_gas(false, false), 100);
        assert_eq!(log_gas(4, 3), 5 * 375 + 24);
        assert_eq!(create_gas(33, false), 32_000);
        assert_eq!(create_gas(33, true), 32_012);
        assert_eq!(evm_memory_gas(65_536), 2_048 * 3 + 8_192);
    }
}
