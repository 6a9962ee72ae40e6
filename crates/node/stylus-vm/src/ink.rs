//! Ink, the unit of computation, and what host calls cost in it.
//!
//! Constants of `crates/arbutil/src/pricing.rs` in Nitro.

use alloy_primitives::U256;

/// An amount of ink. One gas buys [`crate::StylusParams::ink_price`] of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ink(pub u64);

impl Ink {
    /// Sum, capped at the maximum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Multiple, capped at the maximum.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// Ink that `gas` buys at `ink_price`, capped at the maximum.
    pub const fn from_gas(gas: u64, ink_price: u32) -> Self {
        Self(gas.saturating_mul(ink_price as u64))
    }

    /// Whole gas that this ink is worth, rounded down. A price of 0 counts as 1.
    pub const fn to_gas(self, ink_price: u32) -> u64 {
        let price = if ink_price == 0 { 1 } else { ink_price };
        self.0 / price as u64
    }
}

/// Any host call.
pub const HOSTIO: Ink = Ink(8_400);
/// Each pointer that a host call takes.
pub const POINTER: Ink = Ink(13_440 - HOSTIO.0);
/// A host call that goes to the chain.
pub const EVM_API: Ink = Ink(59_673);
const DIV: Ink = Ink(20_000);
const MUL_MOD: Ink = Ink(24_100);
const ADD_MOD: Ink = Ink(21_000);

const fn hostio(pointers: u64) -> Ink {
    HOSTIO.plus(POINTER.times(pointers))
}

const fn chain_hostio(pointers: u64) -> Ink {
    hostio(pointers).plus(EVM_API)
}

/// `read_args`, `write_result` and every host call without pointers that only returns a number.
pub const PLAIN: Ink = hostio(0);
/// Host calls that write one known value to a pointer, such as `msg_sender`.
pub const WRITE_VALUE: Ink = hostio(1);
/// `storage_load_bytes32` and `storage_cache_bytes32`.
pub const STORAGE: Ink = hostio(2);
/// `storage_flush_cache`.
pub const STORAGE_FLUSH: Ink = chain_hostio(0);
/// `transient_load_bytes32` and `transient_store_bytes32`.
pub const TRANSIENT: Ink = chain_hostio(2);
/// The three calls.
pub const CALL: Ink = chain_hostio(3);
/// `create1`.
pub const CREATE1: Ink = chain_hostio(3);
/// `create2`.
pub const CREATE2: Ink = chain_hostio(4);
/// `read_return_data`.
pub const READ_RETURN_DATA: Ink = chain_hostio(0);
/// `emit_log`.
pub const EMIT_LOG: Ink = chain_hostio(0);
/// `account_balance` and `account_codehash`.
pub const ACCOUNT_WORD: Ink = chain_hostio(2);
/// `account_code` and `account_code_size`.
pub const ACCOUNT_CODE: Ink = chain_hostio(0);
/// `math_div` and `math_mod`.
pub const MATH_DIV: Ink = hostio(3).plus(DIV);
/// `math_pow`, without its exponent.
pub const MATH_POW: Ink = hostio(3);
/// `math_add_mod`.
pub const MATH_ADD_MOD: Ink = hostio(4).plus(ADD_MOD);
/// `math_mul_mod`.
pub const MATH_MUL_MOD: Ink = hostio(4).plus(MUL_MOD);

/// Writing `bytes` from the host into a program's memory.
pub const fn write_ink(bytes: u32) -> Ink {
    per_extra(5_040, 30, bytes.saturating_sub(32))
}

/// Reading `bytes` of a program's memory into the host.
pub const fn read_ink(bytes: u32) -> Ink {
    per_extra(16_381, 55, bytes.saturating_sub(32))
}

/// Hashing `bytes`, reading and writing included.
pub const fn keccak_ink(bytes: u32) -> Ink {
    per_extra(121_800, 21_000, bytes.div_ceil(32).saturating_sub(2))
}

/// Raising to `exponent`: by its length in bytes, at least one step.
pub const fn pow_ink(exponent: U256) -> Ink {
    let bytes = exponent.bit_len().div_ceil(8) as u64;
    Ink(3_000 + (1 + bytes) * 17_500)
}

const fn per_extra(base: u64, per: u64, count: u32) -> Ink {
    Ink(base).plus(Ink(per).times(count as u64))
}
