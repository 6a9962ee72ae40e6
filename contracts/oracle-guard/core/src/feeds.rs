//! Calls to feeds, none of which can revert its caller or make it run out of gas.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError, sol};
use oracle::Sequencer;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::MeteringAccess;

use crate::abi::guard;
use crate::host::{self, revert, uint};
use crate::store::Field;

sol! {
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80);
    function decimals() external view returns (uint8);
}

/// Gas for one call to a feed: several times what Chainlink's proxies and aggregators use.
const FEED_GAS: u64 = 200_000;

/// Gas that must be left before a call so that the feed gets [`FEED_GAS`] (the EVM keeps a 64th) and the poke can finish.
const REQUIRED_GAS: u64 = FEED_GAS + FEED_GAS / 63 + 50_000;

/// The five words of the last round of `feed`, or `None` if it reverts, burns its gas or returns too little.
/// Fails rather than let a caller starve a healthy feed of gas and have it distrusted.
pub fn latest_round(feed: Address) -> Option<[u8; 160]> {
    ask(feed, latestRoundDataCall::SELECTOR)
}

/// The decimals of `feed`, or `None` as in [`latest_round`].
pub fn decimals(feed: Address) -> Option<U256> {
    ask::<32>(feed, decimalsCall::SELECTOR).map(U256::from_be_bytes)
}

/// The sequencer's status as the uptime feed tells it, or `None` where none is configured. Fails as [`latest_round`] does.
pub fn sequencer(now: u64) -> Option<Sequencer> {
    let feed = Field::SequencerFeed.address();
    if feed.is_zero() {
        return None;
    }
    Some(Sequencer::from_answer(latest_round(feed).as_ref(), now))
}

/// The first `N` bytes that `feed` returns. Fails with `InsufficientGas` where it could not get its whole allowance.
fn ask<const N: usize>(feed: Address, selector: [u8; 4]) -> Option<[u8; N]> {
    // A call keeps a 64th: with less, whoever calls could starve a healthy feed and have it distrusted.
    let available = WasmVM::default().evm_gas_left();
    if available < REQUIRED_GAS {
        let words = [uint(available), uint(REQUIRED_GAS)];
        revert(guard::InsufficientGas::SELECTOR, &words);
    }
    let mut answer = [0; N];
    host::ask(feed, FEED_GAS, &selector, &mut answer).then_some(answer)
}
