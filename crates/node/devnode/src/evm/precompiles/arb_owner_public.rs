//! ArbOwnerPublic (0x6b): what anybody may know about the chain's owners. `precompiles/ArbOwnerPublic.go` in Nitro.

use alloy::sol;

use super::{
    arb_wasm_cache::MAX_MEMBERS,
    method::{Method, method},
};
use crate::evm::arbos::{
    address_set::AddressSet,
    space::Space,
    state::{self, root, spaces},
};

sol! {
    function isChainOwner(address addr) view returns (bool);
    function getAllChainOwners() view returns (address[]);
    function isNativeTokenOwner(address addr) view returns (bool);
    function getAllNativeTokenOwners() view returns (address[]);
    function getNativeTokenManagementFrom() view returns (uint64);
    function getNetworkFeeAccount() view returns (address);
    function getInfraFeeAccount() view returns (address);
    function getBrotliCompressionLevel() view returns (uint64);
    function getScheduledUpgrade() view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
    function isCalldataPriceIncreaseEnabled() view returns (bool);
}

/// Slots of the scheduled upgrade, of which there never is one.
const UPGRADE: [u64; 2] = [1, 2];

pub(super) const METHODS: &[Method] = &[
    method!(View, isChainOwnerCall, |call, arguments| {
        AddressSet::new(&spaces::CHAIN_OWNERS).contains(call, arguments.addr)
    }),
    method!(View, getAllChainOwnersCall, |call, _| {
        AddressSet::new(&spaces::CHAIN_OWNERS).members(call, MAX_MEMBERS)
    }),
    method!(View, isNativeTokenOwnerCall, |call, arguments| {
        AddressSet::new(&spaces::NATIVE_TOKEN_OWNERS).contains(call, arguments.addr)
    }),
    method!(View, getAllNativeTokenOwnersCall, |call, _| {
        AddressSet::new(&spaces::NATIVE_TOKEN_OWNERS).members(call, MAX_MEMBERS)
    }),
    method!(View, getNativeTokenManagementFromCall, |call, _| {
        Ok(call
            .get(Space::ROOT.slot_at(root::NATIVE_TOKEN_FROM))?
            .saturating_to())
    }),
    method!(View, getNetworkFeeAccountCall, |call, _| {
        call.get(Space::ROOT.slot_at(root::NETWORK_FEE_ACCOUNT))
            .map(state::to_address)
    }),
    method!(View, getInfraFeeAccountCall, |call, _| {
        call.get(Space::ROOT.slot_at(root::INFRA_FEE_ACCOUNT))
            .map(state::to_address)
    }),
    method!(View, getBrotliCompressionLevelCall, |call, _| {
        Ok(call
            .get(Space::ROOT.slot_at(root::BROTLI_COMPRESSION_LEVEL))?
            .saturating_to())
    }),
    method!(View, getScheduledUpgradeCall, |call, _| {
        for slot in UPGRADE {
            call.get(Space::ROOT.slot_at(slot))?;
        }
        Ok(getScheduledUpgradeReturn {
            arbosVersion: 0,
            scheduledForTimestamp: 0,
        })
    }),
    method!(View, isCalldataPriceIncreaseEnabledCall, |call, _| {
        call.get(spaces::FEATURES.slot_at(0))
            .map(state::calldata_price_increase)
    }),
];
