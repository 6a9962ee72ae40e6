//! ERC-20 tokens, including those that return nothing.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, sol};
use stylus_sdk::call::RawCall;
use stylus_sdk::stylus_core::Host;

use program_support::encoding::concat;

sol! {
    /// The token refused, returned `false`, or is no contract.
    #[derive(Debug)]
    error TokenCallFailed(address token);

    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
    function approve(address spender, uint256 amount) external returns (bool);
    function balanceOf(address account) external view returns (uint256);
    function decimals() external view returns (uint8);
}

/// Sends `amount` of the running contract's `token` to `to`.
pub fn send(
    host: &impl Host,
    token: Address,
    to: Address,
    amount: U256,
) -> Result<(), TokenCallFailed> {
    let words = [to.into_word(), amount.into()];
    call(host, token, &concat(&transferCall::SELECTOR, &words))
}

/// Fetches `amount` of `token` from `from`, who has approved the running contract.
pub fn fetch(
    host: &impl Host,
    token: Address,
    from: Address,
    amount: U256,
) -> Result<(), TokenCallFailed> {
    let to = host.contract_address();
    let words = [from.into_word(), to.into_word(), amount.into()];
    call(host, token, &concat(&transferFromCall::SELECTOR, &words))
}

/// Lets `spender` fetch `amount` of the running contract's `token`.
pub fn allow(
    host: &impl Host,
    token: Address,
    spender: Address,
    amount: U256,
) -> Result<(), TokenCallFailed> {
    let words = [spender.into_word(), amount.into()];
    call(host, token, &concat(&approveCall::SELECTOR, &words))
}

/// What `account` holds of `token`.
pub fn balance(
    host: &impl Host,
    token: Address,
    account: Address,
) -> Result<U256, TokenCallFailed> {
    let words = [account.into_word()];
    view(host, token, &concat(&balanceOfCall::SELECTOR, &words))
}

/// The decimals of `token`.
pub fn token_decimals(host: &impl Host, token: Address) -> Result<u8, TokenCallFailed> {
    let decimals = view(host, token, &decimalsCall::SELECTOR)?;
    decimals.try_into().map_err(|_| TokenCallFailed { token })
}

/// A call succeeded if it did not revert and returned `true`, or nothing from an address with code.
fn call(host: &impl Host, token: Address, input: &[u8]) -> Result<(), TokenCallFailed> {
    host.flush_cache(true);
    // SAFETY: callers hold no storage accessor's value across the call; the cache was cleared.
    let returned = unsafe {
        RawCall::new(host)
            .limit_return_data(0, 32)
            .call(token, input)
    };
    let accepted = returned.is_ok_and(|data: Vec<u8>| match data.len() {
        0 => host.code_size(token) > 0,
        _ => U256::try_from_be_slice(&data) == Some(U256::ONE) && data.len() == 32,
    });
    if accepted {
        Ok(())
    } else {
        Err(TokenCallFailed { token })
    }
}

fn view(host: &impl Host, token: Address, input: &[u8]) -> Result<U256, TokenCallFailed> {
    host.flush_cache(false);
    // SAFETY: a static call changes no storage.
    let returned = unsafe {
        RawCall::new_static(host)
            .limit_return_data(0, 32)
            .call(token, input)
    };
    let word: Option<[u8; 32]> = returned.ok().and_then(|data: Vec<u8>| data.try_into().ok());
    word.map(U256::from_be_bytes)
        .ok_or(TokenCallFailed { token })
}
