//! Who signed a digest: an owner, one of its signers, or a contract that is one of these (ERC-1271).

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, address, b256};
use alloy_sol_types::SolCall;
use stylus_sdk::call::RawCall;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{AccountAccess, MeteringAccess};

use crate::abi::encode_call;
use crate::calls;
use crate::error::{Error, require};
use crate::interfaces::Erc1271;
use crate::storage::Storage;
use crate::word::Word;

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");
/// Bytes of a signature by a key: r, s, v.
const KEY_SIGNATURE: usize = 65;
/// Half the order of secp256k1: of the two signatures that verify, only the one with the lower s counts.
const MAX_S: B256 = b256!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
/// Gas that a contract may use up to answer about a signature.
const GAS_TO_ANSWER: u64 = 500_000;
/// Gas that has to be left so that it gets all of that: 64/63 of it, what the call itself costs, and some to spare.
const GAS_TO_ASK: u64 = 520_000;

/// Whether a digest is signed by the key of `owner`, or of one of its signers.
pub fn is_signed_by_key(store: &Storage, owner: Address, digest: B256, signature: &[u8]) -> bool {
    recover(digest, signature)
        .is_some_and(|signer| signer == owner || store.is_signer(owner, signer))
}

/// Whether a contract accepts a signature: the signer of the owner's whose address it begins with, of the rest, or else the
/// owner, of all of it.
#[cold]
#[inline(never)]
pub fn is_signed_by_contract(
    store: &Storage,
    owner: Address,
    digest: B256,
    signature: &[u8],
) -> bool {
    let named = match signature.split_first_chunk::<20>() {
        Some((signer, rest)) if signature.len() != KEY_SIGNATURE => {
            let signer = Address::from(*signer);
            store.is_signer(owner, signer) && accepts(signer, digest, rest)
        }
        _ => false,
    };
    named || accepts(owner, digest, signature)
}

/// Whether the contract `signer` accepts a signature (ERC-1271). An address without code accepts none. Reverts with
/// `InsufficientGas` if the contract could not get its whole allowance: nobody makes it refuse by being short of gas. Of its
/// answer only one word is copied, whatever it returns.
fn accepts(signer: Address, digest: B256, signature: &[u8]) -> bool {
    let vm = WasmVM::default();
    if vm.code_size(signer) == 0 {
        return false;
    }
    require(vm.evm_gas_left() >= GAS_TO_ASK, Error::InsufficientGas);
    let selector = Erc1271::isValidSignatureCall::SELECTOR;
    let head = [
        Word::of_bytes(&digest.0),
        Word::of(64),
        Word::of(signature.len() as u128),
    ];
    let mut data = Vec::from(encode_call(selector, &head));
    data.extend_from_slice(signature);
    data.resize(100 + signature.len().next_multiple_of(32), 0);
    // SAFETY: as for `calls::read`.
    let answer = unsafe {
        RawCall::new_static(&vm)
            .gas(GAS_TO_ANSWER)
            .limit_return_data(0, 32)
            .call(signer, &data)
    };
    let mut magic = [0; 32];
    magic[..4].copy_from_slice(&selector);
    answer.is_ok_and(|answer| answer == magic)
}

/// The address that made a 65-byte signature (r, s, v); none if it is malleable or nobody's.
fn recover(digest: B256, signature: &[u8]) -> Option<Address> {
    if signature.len() != KEY_SIGNATURE {
        return None;
    }
    let v = signature[64];
    // One encoding of each signature, so that nobody makes a second one of it.
    if signature[32..64] > MAX_S[..] || !(27..=28).contains(&v) {
        return None;
    }
    let mut input = [0; 128];
    input[..32].copy_from_slice(&digest.0);
    input[63] = v;
    input[64..].copy_from_slice(&signature[..64]);
    let output = calls::read(ECRECOVER, &input)?;
    // It returns nothing for a signature of nobody's.
    if output.len() == 32 {
        Some(Address::from_slice(&output[12..]))
    } else {
        None
    }
}
