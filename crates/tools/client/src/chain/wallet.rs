//! A key that signs transactions with its own count of nonces, and EIP-712 digests.

use super::{Chain, ChainError, Transaction};
use alloy::{
    consensus::{SignableTransaction, TxEip1559},
    eips::eip2718::Encodable2718,
    network::TxSignerSync,
    primitives::{Address, B256, Bytes, TxKind, U64, U256, keccak256},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolCall,
};
use serde_json::json;
use std::cell::Cell;

/// Enough for any call of Bulkhead's; what is not used is not paid for.
const GAS_LIMIT: u64 = 20_000_000;

/// A sender of transactions; no other program may send for the same key meanwhile.
pub struct Wallet {
    signer: PrivateKeySigner,
    nonce: Cell<u64>,
}

impl Wallet {
    /// The wallet of `key`, with the nonce that the node says comes next.
    pub async fn open(chain: &Chain, key: B256) -> Result<Self, ChainError> {
        let wallet = Self::new(key)?;
        let nonce: U64 = chain
            .request(
                "eth_getTransactionCount",
                json!([wallet.address(), "pending"]),
            )
            .await?;
        wallet.nonce.set(nonce.to());
        Ok(wallet)
    }

    /// A key that nobody has used, derived from a label and a number; for local chains only.
    pub fn derived(label: &str, number: u64) -> Result<Self, ChainError> {
        Self::new(keccak256(
            [label.as_bytes(), &number.to_be_bytes()].concat(),
        ))
    }

    fn new(key: B256) -> Result<Self, ChainError> {
        let signer = PrivateKeySigner::from_bytes(&key).map_err(|error| ChainError::Refused {
            what: "private key".into(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            signer,
            nonce: Cell::new(0),
        })
    }

    /// The address.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// The vault account with sub-account number 0: the address in the high 20 bytes.
    pub fn account(&self) -> B256 {
        account_of(self.address())
    }

    /// The vault account with sub-account number `number`, which is in the low 12 bytes.
    pub fn sub_account(&self, number: u64) -> B256 {
        let mut account = self.account();
        account[24..].copy_from_slice(&number.to_be_bytes());
        account
    }

    /// Takes the last nonce back: its transaction was undone.
    pub fn take_back(&self) {
        self.nonce.set(self.nonce.get().saturating_sub(1));
    }

    /// Signs a call with the next nonce.
    pub fn call<C: SolCall>(
        &self,
        chain: &Chain,
        to: Address,
        call: &C,
    ) -> Result<Transaction, ChainError> {
        self.transact(
            chain,
            C::SIGNATURE,
            to,
            U256::ZERO,
            call.abi_encode().into(),
        )
    }

    /// Signs a transaction with the next nonce.
    pub fn transact(
        &self,
        chain: &Chain,
        what: &str,
        to: Address,
        value: U256,
        data: Bytes,
    ) -> Result<Transaction, ChainError> {
        let raw = self.sign(chain, what, TxKind::Call(to), value, data.clone())?;
        Ok(Transaction {
            what: what.to_owned(),
            from: self.address(),
            to,
            data,
            raw,
        })
    }

    /// Signs the creation of a contract with the next nonce.
    pub fn create(
        &self,
        chain: &Chain,
        what: &str,
        initcode: Bytes,
    ) -> Result<Transaction, ChainError> {
        let to = self.address().create(self.nonce.get());
        let raw = self.sign(chain, what, TxKind::Create, U256::ZERO, initcode.clone())?;
        Ok(Transaction {
            what: what.to_owned(),
            from: self.address(),
            to,
            data: initcode,
            raw,
        })
    }

    fn sign(
        &self,
        chain: &Chain,
        what: &str,
        to: TxKind,
        value: U256,
        input: Bytes,
    ) -> Result<Bytes, ChainError> {
        let mut unsigned = TxEip1559 {
            chain_id: chain.id,
            nonce: self.nonce.get(),
            gas_limit: GAS_LIMIT,
            max_fee_per_gas: chain.gas_price,
            max_priority_fee_per_gas: 0,
            to,
            value,
            access_list: Default::default(),
            input,
        };
        let signature = self
            .signer
            .sign_transaction_sync(&mut unsigned)
            .map_err(|error| ChainError::Refused {
                what: what.to_owned(),
                reason: error.to_string(),
            })?;
        self.nonce.set(self.nonce.get() + 1);
        Ok(unsigned.into_signed(signature).encoded_2718().into())
    }

    /// The 65-byte signature (r, s, v) of an EIP-712 digest.
    pub fn sign_digest(&self, digest: B256) -> Result<Bytes, ChainError> {
        let signature =
            self.signer
                .sign_hash_sync(&digest)
                .map_err(|error| ChainError::Refused {
                    what: "signature".into(),
                    reason: error.to_string(),
                })?;
        Ok(signature.as_bytes().into())
    }
}

/// The vault account of `owner` with sub-account number 0.
pub fn account_of(owner: Address) -> B256 {
    let mut account = B256::ZERO;
    account[..20].copy_from_slice(owner.as_slice());
    account
}
