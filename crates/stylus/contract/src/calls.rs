//! Calls to other contracts.
//!
//! Every call flushes pending storage writes, so a callee that calls back sees them, and fails where the
//! callee has no code or returns less than it declared.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolError, sol};
use stylus_sdk::call::RawCall;
use stylus_sdk::stylus_core::Host;

sol! {
    /// There is no contract at `target`.
    #[derive(Debug)]
    error NoCode(address target);
    /// A contract that was called reverted without data.
    #[derive(Debug)]
    error CallFailed();
    /// `target` returned less than it declared.
    #[derive(Debug)]
    error ShortReturnData(address target);
}

/// The revert data of a called contract, or [`CallFailed`] if there is none.
pub fn reason(data: Vec<u8>) -> Vec<u8> {
    if data.is_empty() {
        return CallFailed {}.abi_encode();
    }
    data
}

/// Calls `target` with all gas and returns the first `N` words of what it returns.
/// The error is the revert data, or [`NoCode`] or [`ShortReturnData`], ABI-encoded.
pub fn call<const N: usize>(
    host: &impl Host,
    target: Address,
    input: &[u8],
) -> Result<[U256; N], Vec<u8>> {
    host.flush_cache(true);
    // SAFETY: callers hold no storage accessor's value across the call; the cache was cleared.
    let returned = unsafe { RawCall::new(host).call(target, input) }?;
    words(host, target, &returned)
}

/// As [`call`], without letting `target` change anything.
pub fn view<const N: usize>(
    host: &impl Host,
    target: Address,
    input: &[u8],
) -> Result<[U256; N], Vec<u8>> {
    host.flush_cache(false);
    // SAFETY: a static call changes no storage.
    let returned = unsafe { RawCall::new_static(host).call(target, input) }?;
    words(host, target, &returned)
}

/// The first `N` words. A call to an address without code succeeds and returns nothing, so that is told apart.
fn words<const N: usize>(
    host: &impl Host,
    target: Address,
    returned: &[u8],
) -> Result<[U256; N], Vec<u8>> {
    if returned.is_empty() && host.code_size(target) == 0 {
        return Err(NoCode { target }.abi_encode());
    }
    let mut words = [U256::ZERO; N];
    if returned.len() < 32 * N {
        return Err(ShortReturnData { target }.abi_encode());
    }
    for (word, bytes) in words.iter_mut().zip(returned.chunks_exact(32)) {
        *word = U256::from_be_slice(bytes);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn a_contract_that_reverts_says_why_or_it_is_said_that_it_did_not() {
        assert_eq!(reason(vec![1, 2, 3, 4]), [1, 2, 3, 4]);
        assert_eq!(reason(vec![]), CallFailed::SELECTOR);
    }
}
