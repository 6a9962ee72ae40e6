//! Signing with the development accounts.

use alloy::{
    dyn_abi::TypedData,
    primitives::{Address, B256, Bytes},
    signers::{SignerSync, local::PrivateKeySigner},
};
use serde_json::Value;

use super::{
    Rpc, RpcError,
    registry::{Registry, RpcResult},
};
use crate::chain::ChainError;

pub(super) fn register(registry: &mut Registry) {
    registry.quick(&["eth_accounts", "eth_requestAccounts"], |rpc, _| {
        let mut accounts = rpc.accounts.addresses();
        let impersonated = rpc.chain.settings().impersonated;
        accounts.extend(
            impersonated
                .into_iter()
                .filter(|address| rpc.accounts.signer(*address).is_none()),
        );
        Ok(accounts)
    });
    registry.quick(&["eth_sign"], |rpc, args| {
        let (address, message) = (args.next()?, args.next::<Bytes>()?);
        sign_message(rpc.signer(address)?, &message)
    });
    registry.quick(&["personal_sign"], |rpc, args| {
        let (message, address) = (args.next::<Bytes>()?, args.next()?);
        sign_message(rpc.signer(address)?, &message)
    });
    let names = [
        "eth_signTypedData",
        "eth_signTypedData_v3",
        "eth_signTypedData_v4",
    ];
    registry.quick(&names, |rpc, args| {
        let (address, data) = (args.next()?, args.next::<Value>()?);
        let hash = typed_data_hash(data)?;
        sign_hash(rpc.signer(address)?, &hash)
    });
}

fn sign_message(signer: &PrivateKeySigner, message: &[u8]) -> RpcResult<Bytes> {
    let signature = signer.sign_message_sync(message);
    signature
        .map(|signature| signature.as_bytes().into())
        .map_err(|error| RpcError::Internal(error.to_string()))
}

fn sign_hash(signer: &PrivateKeySigner, hash: &B256) -> RpcResult<Bytes> {
    let signature = signer.sign_hash_sync(hash);
    signature
        .map(|signature| signature.as_bytes().into())
        .map_err(|error| RpcError::Internal(error.to_string()))
}

/// Typed data comes as an object, or as the text of one.
fn typed_data_hash(data: Value) -> RpcResult<B256> {
    let invalid = |error: String| RpcError::InvalidParams(format!("typed data: {error}"));
    let data: TypedData = match data {
        Value::String(text) => serde_json::from_str(&text),
        object => serde_json::from_value(object),
    }
    .map_err(|error| invalid(error.to_string()))?;
    data.eip712_signing_hash()
        .map_err(|error| invalid(error.to_string()))
}

impl Rpc {
    /// The key of a development account.
    ///
    /// # Errors
    /// [`ChainError::UnknownAccount`].
    pub(super) fn signer(&self, address: Address) -> RpcResult<&PrivateKeySigner> {
        Ok(self
            .accounts
            .signer(address)
            .ok_or(ChainError::UnknownAccount(address))?)
    }
}
