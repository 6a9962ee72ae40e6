//! ArbGasInfo (0x6c): what gas costs. The parent chain's data is free on this chain, so everything about it is 0.
//! `precompiles/ArbGasInfo.go` in Nitro; the costs of reading the prices are its own.

use alloy::sol;
use revm::primitives::U256;

use super::method::{Method, method};
use crate::evm::arbos::{
    call::{Call, Failure},
    state::{l2, spaces},
};

sol! {
    function getPricesInWei() view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorageAllocation, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal);
    function getPricesInWeiWithAggregator(address aggregator) view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorageAllocation, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal);
    function getPricesInArbGas() view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorageAllocation);
    function getPricesInArbGasWithAggregator(address aggregator) view returns (uint256 perL2Tx, uint256 perL1CalldataByte, uint256 perStorageAllocation);
    function getGasAccountingParams() view returns (uint256 speedLimitPerSecond, uint256 gasPoolMax, uint256 maxTxGasLimit);
    function getMaxTxGasLimit() view returns (uint256);
    function getMinimumGasPrice() view returns (uint256);
    function getL1BaseFeeEstimate() view returns (uint256);
    function getL1GasPriceEstimate() view returns (uint256);
    function getCurrentTxL1GasFees() view returns (uint256);
    function getGasBacklog() view returns (uint64);
    function getPricingInertia() view returns (uint64);
    function getGasBacklogTolerance() view returns (uint64);
    function getL1FeesAvailable() view returns (uint256);
}

/// Where the space of L1 pricing has the price of a unit of data.
const PRICE_PER_UNIT: u64 = 7;
/// Where the space of L1 pricing has the fees that are available.
const L1_FEES_AVAILABLE: u64 = 11;
/// Gas of filling a storage slot.
const STORAGE_ALLOCATION: u64 = 20_000;

pub(super) const METHODS: &[Method] = &[
    method!(View, getPricesInWeiCall, |call, _| {
        let prices = prices(call)?;
        Ok(getPricesInWeiReturn {
            perL2Tx: U256::ZERO,
            perL1CalldataByte: U256::ZERO,
            perStorageAllocation: prices.storage,
            perArbGasBase: prices.base,
            perArbGasCongestion: prices.total - prices.base,
            perArbGasTotal: prices.total,
        })
    }),
    method!(View, getPricesInWeiWithAggregatorCall, |call, _| {
        let prices = prices(call)?;
        Ok(getPricesInWeiWithAggregatorReturn {
            perL2Tx: U256::ZERO,
            perL1CalldataByte: U256::ZERO,
            perStorageAllocation: prices.storage,
            perArbGasBase: prices.base,
            perArbGasCongestion: prices.total - prices.base,
            perArbGasTotal: prices.total,
        })
    }),
    method!(View, getPricesInArbGasCall, |call, _| {
        l1(call, PRICE_PER_UNIT)?;
        Ok(getPricesInArbGasReturn {
            perL2Tx: U256::ZERO,
            perL1CalldataByte: U256::ZERO,
            perStorageAllocation: U256::from(STORAGE_ALLOCATION),
        })
    }),
    method!(View, getPricesInArbGasWithAggregatorCall, |call, _| {
        l1(call, PRICE_PER_UNIT)?;
        Ok(getPricesInArbGasWithAggregatorReturn {
            perL2Tx: U256::ZERO,
            perL1CalldataByte: U256::ZERO,
            perStorageAllocation: U256::from(STORAGE_ALLOCATION),
        })
    }),
    method!(View, getGasAccountingParamsCall, |call, _| {
        let speed_limit = l2_value(call, l2::SPEED_LIMIT)?;
        let gas_limit = l2_value(call, l2::BLOCK_GAS_LIMIT)?;
        Ok(getGasAccountingParamsReturn {
            speedLimitPerSecond: speed_limit,
            gasPoolMax: gas_limit,
            maxTxGasLimit: gas_limit,
        })
    }),
    method!(View, getMaxTxGasLimitCall, |call, _| l2_value(
        call,
        l2::TX_GAS_LIMIT
    )),
    method!(View, getMinimumGasPriceCall, |call, _| l2_value(
        call,
        l2::MIN_BASE_FEE
    )),
    method!(View, getL1BaseFeeEstimateCall, |call, _| l1(
        call,
        PRICE_PER_UNIT
    )),
    method!(View, getL1GasPriceEstimateCall, |call, _| l1(
        call,
        PRICE_PER_UNIT
    )),
    method!(View, getCurrentTxL1GasFeesCall, |_, _| Ok(U256::ZERO)),
    method!(View, getGasBacklogCall, |call, _| Ok(l2_value(
        call,
        l2::BACKLOG
    )?
    .saturating_to())),
    method!(View, getPricingInertiaCall, |call, _| {
        Ok(l2_value(call, l2::INERTIA)?.saturating_to())
    }),
    method!(View, getGasBacklogToleranceCall, |call, _| {
        Ok(l2_value(call, l2::BACKLOG_TOLERANCE)?.saturating_to())
    }),
    method!(View, getL1FeesAvailableCall, |call, _| l1(
        call,
        L1_FEES_AVAILABLE
    )),
];

fn l2_value(call: &mut Call<'_, '_>, offset: u64) -> Result<U256, Failure> {
    call.get(spaces::L2_PRICING.slot_at(offset))
}

fn l1(call: &mut Call<'_, '_>, offset: u64) -> Result<U256, Failure> {
    call.get(spaces::L1_PRICING.slot_at(offset))
}

/// Prices in wei.
struct Prices {
    /// Of filling a slot.
    storage: U256,
    /// Of a unit of gas when nothing is congested.
    base: U256,
    /// Of a unit of gas.
    total: U256,
}

fn prices(call: &mut Call<'_, '_>) -> Result<Prices, Failure> {
    l1(call, PRICE_PER_UNIT)?;
    let total = U256::from(call.ctx.block.basefee);
    let base = l2_value(call, l2::MIN_BASE_FEE)?.min(total);
    Ok(Prices {
        storage: total * U256::from(STORAGE_ALLOCATION),
        base,
        total,
    })
}
