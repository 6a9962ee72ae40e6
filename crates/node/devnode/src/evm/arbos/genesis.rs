//! ArbOS's state before the first block.

use revm::primitives::{Address, U256};
use stylus_vm::{DataPricer, StylusParams};

use super::{
    ARBOS_VERSION, address_set,
    programs::{self, CACHE_MANAGERS},
    space::Space,
    state::{l2, root, spaces},
};

/// Nitro's version of brotli's level for pricing calldata.
const BROTLI_COMPRESSION_LEVEL: u64 = 1;

/// ArbOS's storage for a new chain. Nobody has paid for data of the parent chain yet, and nobody will.
pub(in crate::evm) fn storage(chain_id: u64, owner: Address) -> Vec<(U256, U256)> {
    let mut slots = vec![
        (
            Space::ROOT.slot_at(root::VERSION),
            U256::from(ARBOS_VERSION),
        ),
        (Space::ROOT.slot_at(root::CHAIN_ID), U256::from(chain_id)),
        (
            Space::ROOT.slot_at(root::BROTLI_COMPRESSION_LEVEL),
            U256::from(BROTLI_COMPRESSION_LEVEL),
        ),
        (
            programs::params_slot(),
            programs::encode_params(&StylusParams::default()),
        ),
    ];
    slots.extend(l2_pricing());
    slots.extend(address_set::initial(&spaces::CHAIN_OWNERS, &[owner]));
    slots.extend(address_set::initial(&CACHE_MANAGERS, &[]));
    let pricer = programs::encode_pricer(&DataPricer::default());
    slots.extend(programs::pricer_slots().into_iter().zip(pricer));
    slots.retain(|(_, value)| !value.is_zero());
    slots
}

fn l2_pricing() -> impl Iterator<Item = (U256, U256)> {
    let values: [(u64, u64); 7] = [
        (l2::SPEED_LIMIT, 7_000_000),
        (l2::BLOCK_GAS_LIMIT, 32_000_000),
        (l2::BASE_FEE, 100_000_000),
        (l2::MIN_BASE_FEE, 100_000_000),
        (l2::INERTIA, 102),
        (l2::BACKLOG_TOLERANCE, 10),
        (l2::TX_GAS_LIMIT, 32_000_000),
    ];
    values
        .into_iter()
        .map(|(offset, value)| (spaces::L2_PRICING.slot_at(offset), U256::from(value)))
}
