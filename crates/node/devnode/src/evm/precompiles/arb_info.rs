//! ArbInfo (0x65): accounts. `precompiles/ArbInfo.go` in Nitro.

use alloy::sol;

use super::method::{Method, method};
use crate::evm::arbos::state;

sol! {
    function getBalance(address account) view returns (uint256);
    function getCode(address account) view returns (bytes);
}

/// Price of `BALANCE`.
const BALANCE: u64 = 700;
/// Price of a cold storage slot, which is what code costs here.
const COLD_CODE: u64 = 2_100;

pub(super) const METHODS: &[Method] = &[
    method!(View, getBalanceCall, |call, arguments| {
        call.burn(BALANCE)?;
        Ok(state::peek(call.ctx, arguments.account)?.balance)
    }),
    method!(View, getCodeCall, |call, arguments| {
        call.burn(COLD_CODE)?;
        let code = state::peek_code(call.ctx, arguments.account)?.original_bytes();
        call.pay_for_words(code.len())?;
        Ok(code)
    }),
];
