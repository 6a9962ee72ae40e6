//! What the chain knows about Stylus programs: `arbos/programs/{params,programs,data_pricer}.go` in Nitro.

use std::sync::LazyLock;

use revm::primitives::{B256, U256};
use stylus_vm::{DataPricer, ProgramInfo, StylusParams, activation_age, hours_since_arbitrum};

use super::{
    space::Space,
    state::{self, spaces},
};
use crate::evm::{context::Ctx, database::DbError};

static PARAMS: LazyLock<U256> = LazyLock::new(|| spaces::PROGRAMS.sub(&[0]).slot_at(0));
static ENTRIES: LazyLock<Space> = LazyLock::new(|| spaces::PROGRAMS.sub(&[1]));
static MODULE_HASHES: LazyLock<Space> = LazyLock::new(|| spaces::PROGRAMS.sub(&[2]));
static DATA_PRICER: LazyLock<Space> = LazyLock::new(|| spaces::PROGRAMS.sub(&[3]));
/// The set of accounts that may cache programs.
pub(in crate::evm) static CACHE_MANAGERS: LazyLock<Space> =
    LazyLock::new(|| spaces::PROGRAMS.sub(&[4]));

const SECONDS_PER_DAY: u64 = 86_400;
const ASM_UNIT: u32 = 1_024;

/// Where the parameters lie.
pub(in crate::evm) fn params_slot() -> U256 {
    *PARAMS
}

/// Where the entry of a program lies.
pub(in crate::evm) fn entry_slot(code_hash: B256) -> U256 {
    ENTRIES.slot(code_hash)
}

/// Where the hash of a program's module lies.
pub(in crate::evm) fn module_hash_slot(code_hash: B256) -> U256 {
    MODULE_HASHES.slot(code_hash)
}

/// The chain's Stylus parameters.
pub(in crate::evm) fn params(ctx: &mut Ctx<'_>) -> Result<StylusParams, DbError> {
    state::read(ctx, params_slot()).map(decode_params)
}

fn decode_params(word: U256) -> StylusParams {
    let bytes: [u8; 32] = word.to_be_bytes();
    let mut rest = bytes.as_slice();
    let mut take = |length: usize| {
        let (head, tail) = rest.split_at(length);
        rest = tail;
        head.iter()
            .fold(0_u32, |number, &byte| number << 8 | u32::from(byte))
    };
    StylusParams {
        version: take(2) as u16,
        ink_price: take(3),
        max_stack_depth: take(4),
        free_pages: take(2) as u16,
        page_gas: take(2) as u16,
        page_limit: take(2) as u16,
        min_init_gas: take(1) as u8,
        min_cached_init_gas: take(1) as u8,
        init_cost_scalar: take(1) as u8,
        cached_cost_scalar: take(1) as u8,
        expiry_days: take(2) as u16,
        keepalive_days: take(2) as u16,
        block_cache_size: take(2) as u16,
        max_wasm_size: take(4),
        ..StylusParams::default()
    }
}

/// The word that holds `params`.
pub(in crate::evm) fn encode_params(params: &StylusParams) -> U256 {
    let fields: [&[u8]; 14] = [
        &params.version.to_be_bytes(),
        &params.ink_price.to_be_bytes()[1..],
        &params.max_stack_depth.to_be_bytes(),
        &params.free_pages.to_be_bytes(),
        &params.page_gas.to_be_bytes(),
        &params.page_limit.to_be_bytes(),
        &[params.min_init_gas],
        &[params.min_cached_init_gas],
        &[params.init_cost_scalar],
        &[params.cached_cost_scalar],
        &params.expiry_days.to_be_bytes(),
        &params.keepalive_days.to_be_bytes(),
        &params.block_cache_size.to_be_bytes(),
        &params.max_wasm_size.to_be_bytes(),
    ];
    left_aligned(&fields.concat())
}

fn left_aligned(bytes: &[u8]) -> U256 {
    U256::from_be_bytes(B256::right_padding_from(bytes).0)
}

/// An activated program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::evm) struct Program {
    /// Version of Stylus it was activated for; 0 if it never was.
    pub(in crate::evm) version: u16,
    /// Price of entering it.
    pub(in crate::evm) init_cost: u16,
    /// Price of entering it from the cache.
    pub(in crate::evm) cached_cost: u16,
    /// Pages that it starts with.
    pub(in crate::evm) footprint: u16,
    /// When it was activated, in hours since Arbitrum began.
    pub(in crate::evm) activated_at: u32,
    /// Estimated size of its native code in KiB, rounded up.
    pub(in crate::evm) asm_estimate_kb: u32,
    /// Whether a cache manager cached it.
    pub(in crate::evm) cached: bool,
}

/// Why an activated program may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::evm) enum Inactive {
    /// It never was activated.
    #[error("ProgramNotActivated()")]
    NotActivated,
    /// It was activated for an older Stylus.
    #[error("ProgramNeedsUpgrade({version}, {stylus_version})")]
    NeedsUpgrade { version: u16, stylus_version: u16 },
    /// Too long ago.
    #[error("ProgramExpired({age_in_seconds})")]
    Expired { age_in_seconds: u64 },
}

impl Program {
    /// A program as activation found it at Unix time `time`.
    pub(in crate::evm) fn new(
        info: &ProgramInfo,
        params: &StylusParams,
        time: u64,
        cached: bool,
    ) -> Self {
        Self {
            version: params.version,
            init_cost: info.init_cost,
            cached_cost: info.cached_init_cost,
            footprint: info.footprint,
            activated_at: hours_since_arbitrum(time),
            asm_estimate_kb: info.asm_estimate.div_ceil(ASM_UNIT),
            cached,
        }
    }

    /// Estimated size of its native code in bytes.
    pub(in crate::evm) fn asm_size(&self) -> u32 {
        self.asm_estimate_kb.saturating_mul(ASM_UNIT)
    }

    /// Seconds since its activation.
    pub(in crate::evm) fn age(&self, time: u64) -> u64 {
        activation_age(time, self.activated_at)
    }

    /// Whether its activation lies too far back, or never was.
    pub(in crate::evm) fn has_expired(&self, params: &StylusParams, time: u64) -> bool {
        self.activated_at == 0 || self.age(time) > days(params.expiry_days)
    }

    /// Checks that it may be used at Unix time `time`.
    ///
    /// # Errors
    /// See [`Inactive`].
    pub(in crate::evm) fn check_active(
        &self,
        params: &StylusParams,
        time: u64,
    ) -> Result<(), Inactive> {
        let stylus_version = params.version;
        let age_in_seconds = self.age(time);
        match self.version {
            0 => Err(Inactive::NotActivated),
            version if version != stylus_version => Err(Inactive::NeedsUpgrade {
                version,
                stylus_version,
            }),
            _ if age_in_seconds > days(params.expiry_days) => {
                Err(Inactive::Expired { age_in_seconds })
            }
            _ => Ok(()),
        }
    }

    /// The program in a word of storage.
    pub(in crate::evm) fn decode(word: U256) -> Self {
        let bytes: [u8; 32] = word.to_be_bytes();
        let short = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        let medium = |at: usize| u32::from_be_bytes([0, bytes[at], bytes[at + 1], bytes[at + 2]]);
        Self {
            version: short(0),
            init_cost: short(2),
            cached_cost: short(4),
            footprint: short(6),
            activated_at: medium(8),
            asm_estimate_kb: medium(11),
            cached: bytes[14] != 0,
        }
    }

    /// The word of storage for a program.
    pub(in crate::evm) fn encode(&self) -> U256 {
        let fields: [&[u8]; 7] = [
            &self.version.to_be_bytes(),
            &self.init_cost.to_be_bytes(),
            &self.cached_cost.to_be_bytes(),
            &self.footprint.to_be_bytes(),
            &self.activated_at.to_be_bytes()[1..],
            &self.asm_estimate_kb.to_be_bytes()[1..],
            &[u8::from(self.cached)],
        ];
        left_aligned(&fields.concat())
    }
}

/// Seconds in `days` days.
pub(in crate::evm) fn days(days: u16) -> u64 {
    u64::from(days) * SECONDS_PER_DAY
}

/// The fields of the data pricer, in the order of their slots.
pub(in crate::evm) fn pricer_slots() -> [U256; 5] {
    std::array::from_fn(|i| DATA_PRICER.slot_at(i as u64))
}

/// Which of the data pricer's slots an update writes: its demand, and the time that it is paid back from.
pub(in crate::evm) const PRICER_CHANGES: [usize; 2] = [0, 2];

/// The values of the data pricer's slots.
pub(in crate::evm) fn encode_pricer(pricer: &DataPricer) -> [U256; 5] {
    [
        U256::from(pricer.demand),
        U256::from(pricer.bytes_per_second),
        U256::from(pricer.last_update_time),
        U256::from(pricer.min_price),
        U256::from(pricer.inertia),
    ]
}

/// The data pricer whose slots hold `words`.
pub(in crate::evm) fn decode_pricer(words: [U256; 5]) -> DataPricer {
    let [
        demand,
        bytes_per_second,
        last_update_time,
        min_price,
        inertia,
    ] = words;
    DataPricer {
        demand: demand.saturating_to(),
        bytes_per_second: bytes_per_second.saturating_to(),
        last_update_time: last_update_time.saturating_to(),
        min_price: min_price.saturating_to(),
        inertia: inertia.saturating_to(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_survive_their_word() {
        let params = StylusParams {
            expiry_days: 364,
            max_stack_depth: 0x01_02_03_04,
            ..StylusParams::default()
        };
        assert_eq!(decode_params(encode_params(&params)), params);
    }

    #[test]
    fn a_program_survives_its_word() {
        let program = Program {
            version: 2,
            init_cost: 0x0102,
            cached_cost: 0x0304,
            footprint: 17,
            activated_at: 0x05_06_07,
            asm_estimate_kb: 0x08_09_0a,
            cached: true,
        };
        assert_eq!(Program::decode(program.encode()), program);
    }
}
