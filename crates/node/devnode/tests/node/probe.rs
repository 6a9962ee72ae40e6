//! A contract that does one small thing per command. Calldata: command and argument, a word each.

use alloy::primitives::{B256, Bytes, U256, b256};

use crate::asm::{assemble, creation_code};

/// First topic of the log that [`SET`] writes; the second is the stored value.
pub const SET_TOPIC: B256 =
    b256!("0x5e7000000000000000000000000000000000000000000000000000000000005e");
/// Returns slot 0.
pub const GET: u8 = 0;
/// Stores the argument in slot 0 and logs it.
pub const SET: u8 = 1;
/// Reverts with `Error("no")`.
pub const FAIL: u8 = 2;
/// Calls itself with [`SPIN`] and the argument, and reverts if that fails.
pub const NEST: u8 = 3;
/// Stores the argument down to 1 in slots of these numbers: 22,100 gas each.
pub const SPIN: u8 = 4;
/// Returns the block's timestamp.
pub const TIME: u8 = 5;
/// Returns the block's number.
pub const HEIGHT: u8 = 6;
/// Never ends.
pub const HANG: u8 = 7;
/// Reverts with the argument as data.
pub const FAIL_WITH: u8 = 8;

const RUNTIME: &str = "
    0x00 CALLDATALOAD
    DUP1 0x00 EQ @get JUMPI
    DUP1 0x01 EQ @set JUMPI
    DUP1 0x02 EQ @fail JUMPI
    DUP1 0x03 EQ @nest JUMPI
    DUP1 0x04 EQ @spin JUMPI
    DUP1 0x05 EQ @time JUMPI
    DUP1 0x06 EQ @height JUMPI
    DUP1 0x07 EQ @hang JUMPI
    DUP1 0x08 EQ @failwith JUMPI
    INVALID
    get: 0x00 SLOAD @answer JUMP
    time: TIMESTAMP @answer JUMP
    height: NUMBER @answer JUMP
    answer: 0x00 MSTORE 0x20 0x00 RETURN
    set:
        0x20 CALLDATALOAD 0x00 SSTORE
        0x20 CALLDATALOAD 0x00 MSTORE
        0x20 CALLDATALOAD
        0x5e7000000000000000000000000000000000000000000000000000000000005e
        0x20 0x00 LOG2 STOP
    fail:
        0x08c379a000000000000000000000000000000000000000000000000000000000 0x00 MSTORE
        0x20 0x04 MSTORE
        0x02 0x24 MSTORE
        0x6e6f000000000000000000000000000000000000000000000000000000000000 0x44 MSTORE
        0x64 0x00 REVERT
    failwith: 0x20 CALLDATALOAD 0x00 MSTORE 0x20 0x00 REVERT
    nest:
        0x04 0x00 MSTORE
        0x20 CALLDATALOAD 0x20 MSTORE
        0x00 0x00 0x40 0x00 0x00 ADDRESS GAS CALL
        @done JUMPI
        0x00 0x00 REVERT
    done: STOP
    spin:
        0x20 CALLDATALOAD
    next:
        DUP1 ISZERO @done JUMPI
        DUP1 DUP1 SSTORE
        0x01 SWAP1 SUB
        @next JUMP
    hang: @hang JUMP
";

/// The deployed code.
pub fn runtime() -> Bytes {
    assemble(RUNTIME).into()
}

/// The code that deploys it.
pub fn creation() -> Bytes {
    creation_code(&assemble(RUNTIME)).into()
}

/// Calldata for a command.
pub fn calldata(command: u8, argument: u64) -> Bytes {
    let words = [U256::from(command), U256::from(argument)];
    words
        .iter()
        .flat_map(|word| word.to_be_bytes::<32>())
        .collect::<Vec<_>>()
        .into()
}
