//! What a running program's host functions share.

use std::ptr::NonNull;

use alloy_primitives::{Address, Bytes};
use wasmtime::{Global, Memory};

use crate::api::{EvmApi, EvmData};
use crate::params::StylusConfig;
use crate::storage_cache::StorageCache;

/// The parts of the instance that host functions touch.
#[derive(Clone, Copy)]
pub struct Exports {
    /// The program's memory.
    pub memory: Memory,
    /// Ink that is left (`i64`).
    pub ink: Global,
    /// Whether ink has run out (`i32`).
    pub status: Global,
}

/// State of one run.
pub struct Host {
    evm: EvmPointer,
    /// Set once the program is instantiated, before it runs.
    pub exports: Option<Exports>,
    /// What the program may ask about its surroundings.
    pub data: EvmData,
    /// Prices.
    pub config: StylusConfig,
    /// Calldata.
    pub args: Vec<u8>,
    /// What the program returns.
    pub outs: Vec<u8>,
    /// Storage slots.
    pub storage: StorageCache,
    /// What the last call or creation returned.
    pub return_data: Bytes,
    /// The account whose code was asked for last, with the code, unless it has none.
    pub last_code: Option<(Address, Bytes)>,
}

impl Host {
    /// State of a run that is about to start.
    ///
    /// # Safety
    /// The result must be dropped before the borrow of `evm` ends.
    pub unsafe fn new(
        evm: &mut dyn EvmApi,
        data: EvmData,
        config: StylusConfig,
        args: Vec<u8>,
    ) -> Self {
        Self {
            // SAFETY: the caller promises what `EvmPointer::new` asks for.
            evm: unsafe { EvmPointer::new(evm) },
            exports: None,
            data,
            config,
            args,
            outs: Vec::new(),
            storage: StorageCache::default(),
            return_data: Bytes::new(),
            last_code: None,
        }
    }

    /// The chain.
    pub fn evm(&mut self) -> &mut dyn EvmApi {
        // SAFETY: the pointer came from a unique borrow that outlives `self`, and the result borrows `self` uniquely.
        unsafe { self.evm.0.as_mut() }
    }
}

/// The borrow of the chain without its lifetime: wasmtime wants the data of a store to be `'static`.
struct EvmPointer(NonNull<dyn EvmApi>);

impl EvmPointer {
    /// # Safety
    /// The result must not be used after the borrow of `evm` ends.
    unsafe fn new<'a>(evm: &'a mut (dyn EvmApi + 'a)) -> Self {
        let pointer: NonNull<dyn EvmApi + 'a> = evm.into();
        // SAFETY: only the lifetime changes, and the caller keeps it.
        Self(unsafe {
            std::mem::transmute::<NonNull<dyn EvmApi + 'a>, NonNull<dyn EvmApi + 'static>>(pointer)
        })
    }
}
