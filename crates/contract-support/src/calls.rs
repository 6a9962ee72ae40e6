//! Calls to other contracts.
//!
//! Every call flushes pending storage writes, so a callee that calls back sees them, and fails where the
//! callee has no code or returns something else than it declared.

use alloc::vec::Vec;

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolError, sol};
use stylus_sdk::call::RawCall;
use stylus_sdk::stylus_core::Host;

sol! {
    /// There is no contract at `target`.
    #[derive(Debug)]
    error NoCode(address target);
    /// `target` returned data of another type than declared.
    #[derive(Debug)]
    error BadReturnData(address target);
}

/// Calls `target` with all gas. The error is the revert data, [`NoCode`] or [`BadReturnData`], ABI-encoded.
pub fn call<C: SolCall>(host: &impl Host, target: Address, call: &C) -> Result<C::Return, Vec<u8>> {
    require_code(host, target)?;
    host.flush_cache(true);
    // SAFETY: callers hold no storage accessor's value across the call; the cache was cleared.
    let returned = unsafe { RawCall::new(host).call(target, &call.abi_encode()) }?;
    decode::<C>(target, &returned)
}

/// Calls `target` with all gas, without letting it change anything. Errors as [`call`].
pub fn view<C: SolCall>(host: &impl Host, target: Address, call: &C) -> Result<C::Return, Vec<u8>> {
    require_code(host, target)?;
    host.flush_cache(false);
    // SAFETY: a static call changes no storage.
    let returned = unsafe { RawCall::new_static(host).call(target, &call.abi_encode()) }?;
    decode::<C>(target, &returned)
}

/// Static call with at most `gas`, which returns the first `N` bytes, or `None` if it failed or returned fewer.
///
/// The caller makes sure that `gas` is there to give: a call that fails for want of gas is `None` too.
pub fn bounded_view<const N: usize>(
    host: &impl Host,
    target: Address,
    gas: u64,
    input: &[u8],
) -> Option<[u8; N]> {
    host.flush_cache(false);
    // SAFETY: a static call changes no storage.
    let returned = unsafe {
        RawCall::new_static(host)
            .gas(gas)
            .limit_return_data(0, N)
            .call(target, input)
    };
    returned.ok()?.try_into().ok()
}

fn require_code(host: &impl Host, target: Address) -> Result<(), Vec<u8>> {
    if host.code_size(target) == 0 {
        return Err(NoCode { target }.abi_encode());
    }
    Ok(())
}

fn decode<C: SolCall>(target: Address, returned: &[u8]) -> Result<C::Return, Vec<u8>> {
    C::abi_decode_returns_validate(returned).map_err(|_| BadReturnData { target }.abi_encode())
}
