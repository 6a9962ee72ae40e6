//! The asset and the parameters: one slot.

use alloy_primitives::{Address, B256};
use contract_support::packing::{Pack, Unpack};
use contract_support::words::word;
use insurance::shares::SHARE_DECIMALS;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

use super::super::WAD_DECIMALS;
use super::super::abi::Parameters;

/// The draw share is stored in this unit, 1e-9 as a WAD.
pub const DRAW_SHARE_UNIT: u64 = 1_000_000_000;

/// Slot of the asset's address (20 bytes) and decimals (1), the cooldown (3), the draw share (4), and whether the market has been
/// promoted (1).
#[storage]
pub struct Config {
    word: StorageB256,
}

/// What [`Config`] holds.
pub struct Settings {
    /// The quote token; zero before initialisation.
    pub asset: Address,
    /// The quote token's decimals, at most 18.
    pub decimals: u8,
    /// The parameters, within their hard bounds.
    pub parameters: Parameters,
    /// Governance has promoted the market: all of the pool covers it, not only its creator's bond.
    pub promoted: bool,
}

impl Settings {
    /// The parameters, as the interface has them.
    pub fn words(&self) -> [B256; 2] {
        let Parameters {
            cooldown,
            dailyDrawShare: share,
        } = self.parameters;
        [word(cooldown.into()), word(share.into())]
    }

    /// Asset units of one dollar.
    pub fn dollar(&self) -> u128 {
        power_of_ten(self.decimals)
    }

    /// WAD amount of one asset unit.
    pub fn wad_per_unit(&self) -> u128 {
        power_of_ten(WAD_DECIMALS.saturating_sub(self.decimals))
    }

    /// Shares that stand against the one virtual unit of asset.
    pub fn virtual_shares(&self) -> u128 {
        power_of_ten(SHARE_DECIMALS.saturating_sub(self.decimals))
    }
}

impl Config {
    /// The asset and the parameters.
    pub fn get(&self) -> Settings {
        let mut fields = Unpack::new(self.word.get());
        Settings {
            asset: fields.address(),
            decimals: fields.short(1) as u8,
            parameters: Parameters {
                cooldown: fields.short(3) as u32,
                dailyDrawShare: fields.short(4) * DRAW_SHARE_UNIT,
            },
            promoted: fields.short(1) != 0,
        }
    }

    /// Stores a token of at most 18 decimals and parameters within their hard bounds.
    pub fn set(&mut self, settings: &Settings) {
        let parameters = &settings.parameters;
        let word = Pack::default()
            .address(settings.asset)
            .short(settings.decimals.into(), 1)
            .short(parameters.cooldown.into(), 3)
            .short(parameters.dailyDrawShare / DRAW_SHARE_UNIT, 4)
            .short(settings.promoted.into(), 1);
        self.word.set(word.word());
    }
}

fn power_of_ten(exponent: u8) -> u128 {
    10_u128.pow(exponent.into())
}
