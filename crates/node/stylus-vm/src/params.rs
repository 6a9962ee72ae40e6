//! Chain parameters of Stylus and the price of entering a program.
//!
//! `arbos/programs/params.go` and `programs.go` in Nitro.

use crate::memory::MemoryModel;

/// The Stylus parameters of a chain. [`StylusParams::default`] is a chain that starts with ArbOS 51.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StylusParams {
    /// Version of the Stylus VM. Only version 2 is implemented.
    pub version: u16,
    /// Ink that one gas buys.
    pub ink_price: u32,
    /// Stack of a program in words.
    pub max_stack_depth: u32,
    /// Pages that a transaction gets for free.
    pub free_pages: u16,
    /// Gas per page after those.
    pub page_gas: u16,
    /// Reported by ArbWasm only; the ramp itself is the table behind [`MemoryModel`].
    pub page_ramp: u64,
    /// Pages that all open frames may have at activation.
    pub page_limit: u16,
    /// Least price of entering a program, in units of [`MIN_INIT_GAS_UNIT`].
    pub min_init_gas: u8,
    /// Least price of entering a cached program, in units of [`MIN_CACHED_GAS_UNIT`].
    pub min_cached_init_gas: u8,
    /// Scales a program's init cost, in units of [`COST_SCALAR_PERCENT`].
    pub init_cost_scalar: u8,
    /// Scales a program's cached init cost, in units of [`COST_SCALAR_PERCENT`].
    pub cached_cost_scalar: u8,
    /// Days until a program must be activated again.
    pub expiry_days: u16,
    /// Days before an activation may be prolonged.
    pub keepalive_days: u16,
    /// Size of the block's cache of recent programs; reported only before ArbOS 60.
    pub block_cache_size: u16,
    /// Most bytes of a program's decompressed WASM.
    pub max_wasm_size: u32,
}

/// Gas per unit of `min_init_gas`.
pub const MIN_INIT_GAS_UNIT: u64 = 128;
/// Gas per unit of `min_cached_init_gas`.
pub const MIN_CACHED_GAS_UNIT: u64 = 32;
/// Percent per unit of the two scalars.
pub const COST_SCALAR_PERCENT: u64 = 2;
/// Unix time that activation hours are counted from.
pub const ARBITRUM_START_TIME: u64 = 1_421_388_000;

impl Default for StylusParams {
    fn default() -> Self {
        Self {
            version: 2,
            ink_price: 10_000,
            max_stack_depth: 22_000,
            free_pages: 2,
            page_gas: 1_000,
            page_ramp: 620_674_314,
            page_limit: 128,
            min_init_gas: 69,
            min_cached_init_gas: 11,
            init_cost_scalar: 50,
            cached_cost_scalar: 50,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            max_wasm_size: 128 * 1024,
        }
    }
}

impl StylusParams {
    /// What `run` needs of the parameters.
    pub const fn config(&self) -> StylusConfig {
        StylusConfig {
            version: self.version,
            max_depth: self.max_stack_depth,
            ink_price: self.ink_price,
            memory: MemoryModel {
                free_pages: self.free_pages,
                page_gas: self.page_gas,
            },
        }
    }

    /// Gas of entering a program of this init cost that is not cached, besides [`Self::cached_gas`].
    pub const fn init_gas(&self, init_cost: u16) -> u64 {
        scaled(
            self.min_init_gas as u64 * MIN_INIT_GAS_UNIT,
            init_cost,
            self.init_cost_scalar,
        )
    }

    /// Gas of entering any program of this cached init cost.
    pub const fn cached_gas(&self, cached_init_cost: u16) -> u64 {
        scaled(
            self.min_cached_init_gas as u64 * MIN_CACHED_GAS_UNIT,
            cached_init_cost,
            self.cached_cost_scalar,
        )
    }

    /// Gas of entering a program, its memory apart. Version 2 always charges the cached part.
    pub const fn entry_gas(&self, init_cost: u16, cached_init_cost: u16, cached: bool) -> u64 {
        let gas = self.cached_gas(cached_init_cost);
        if cached {
            gas
        } else {
            gas.saturating_add(self.init_gas(init_cost))
        }
    }
}

const fn scaled(base: u64, cost: u16, scalar: u8) -> u64 {
    let dynamic = cost as u64 * scalar as u64 * COST_SCALAR_PERCENT;
    base + dynamic.div_ceil(100)
}

/// What a single run depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StylusConfig {
    /// Version of the Stylus VM.
    pub version: u16,
    /// Stack in words.
    pub max_depth: u32,
    /// Ink that one gas buys.
    pub ink_price: u32,
    /// What memory costs.
    pub memory: MemoryModel,
}

/// Hours from [`ARBITRUM_START_TIME`] to `time`, rounded down and capped at 24 bits, as activations are stored.
pub fn hours_since_arbitrum(time: u64) -> u32 {
    let hours = time.saturating_sub(ARBITRUM_START_TIME) / 3_600;
    hours.min(0xff_ffff) as u32
}

/// Seconds from the start of activation hour `hours` to `time`.
pub const fn activation_age(time: u64, hours: u32) -> u64 {
    time.saturating_sub(ARBITRUM_START_TIME + hours as u64 * 3_600)
}
