//! Gas of one call, seen by a contract that makes it.

use crate::BenchError;
use alloy::{
    primitives::{Address, Bytes, U256, hex},
    sol_types::SolValue,
};
use client::chain::Chain;
use serde_json::json;

/// Creation code that calls a contract with what follows it as calldata, and returns whether that succeeded, and the gas. The
/// contract has been touched before, as the target of a transaction has.
fn probe(to: Address, data: &[u8]) -> Bytes {
    /// Bytes of the code below.
    const LENGTH: u16 = 74;
    let len = (data.len() as u16).to_be_bytes();
    let code = [
        &[0x61][..],
        &len,
        &[0x61][..],
        &LENGTH.to_be_bytes(),
        // CODECOPY to 0; EXTCODESIZE and POP warm the account; GAS.
        &hex!("5f 39 73")[..],
        to.as_slice(),
        &hex!("3b 50 5a")[..],
        // STATICCALL with all gas, no output; GAS.
        &hex!("5f 5f 61")[..],
        &len,
        &hex!("5f 73")[..],
        to.as_slice(),
        &hex!("5a fa 5a")[..],
        // Success to word 0, the difference to word 1; RETURN both.
        &hex!("90 5f 52 90 03 60 20 52 60 40 5f f3")[..],
    ]
    .concat();
    debug_assert_eq!(code.len(), usize::from(LENGTH));
    [&code, data].concat().into()
}

/// Gas that a call takes, from before it to after it, without the transaction around it.
pub async fn gas_inside(chain: &Chain, to: Address, data: &[u8]) -> Result<u64, BenchError> {
    let call = json!([{ "data": probe(to, data), "gas": "0x2faf080" }, "latest"]);
    let answer: Bytes = chain.request("eth_call", call).await?;
    match <(bool, U256)>::abi_decode(&answer) {
        Ok((true, gas)) => Ok(gas.saturating_to()),
        failed => Err(BenchError::Io {
            what: format!("call of {to}"),
            reason: format!("{failed:?}"),
        }),
    }
}
