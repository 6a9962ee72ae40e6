//! The embedded node as a library: transactions and calls without HTTP, sent in anybody's name.

use std::sync::Arc;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::BlockId;
use alloy::primitives::{Address, Bytes, Log, TxKind, U256};
use alloy::sol_types::SolCall;
use client::abi::ERRORS;
use client::abi::IMulticall3::{Call3, aggregate3Call};
use client::chain::MULTICALL3;
use devnode::chain::{Chain, ChainTransaction, placeholder_signature};
use devnode::evm::Options;

/// Wei that every sender has for gas.
const GAS_MONEY: u128 = 1_000_000 * 1_000_000_000_000_000_000;
/// Wei a unit of gas: the base fee.
const GAS_PRICE: u128 = 100_000_000;
const GAS_LIMIT: u64 = 30_000_000;
/// Of a look at everything, which is no transaction.
const GAS_OF_A_LOOK: u64 = 4_000_000_000;

/// A chain in this process, on which time moves only by [`Node::wait`].
#[derive(Clone, Debug)]
pub struct Node {
    chain: Arc<Chain>,
}

/// A call that is one of many in a look.
#[derive(Clone, Debug)]
pub struct Question {
    to: Address,
    data: Bytes,
}

impl Question {
    pub fn new<C: SolCall>(to: Address, call: &C) -> Self {
        Self {
            to,
            data: call.abi_encode().into(),
        }
    }
}

/// What the questions of a look were answered, in their order.
#[derive(Debug)]
pub struct Answers {
    results: std::vec::IntoIter<client::abi::IMulticall3::Result>,
}

impl Answers {
    /// The next answer, or why there is none.
    pub fn ask<C: SolCall>(&mut self) -> Result<C::Return, String> {
        let result = self.results.next().expect("an answer to every question");
        if result.success {
            Ok(C::abi_decode_returns(&result.returnData).expect("what the ABI says"))
        } else {
            Err(named(&result.returnData))
        }
    }

    /// The next answer, which there has to be.
    pub fn take<C: SolCall>(&mut self) -> C::Return {
        self.ask::<C>()
            .unwrap_or_else(|error| panic!("{}: {error}", C::SIGNATURE))
    }
}

/// The name of a contract's error, or its bytes.
fn named(data: &[u8]) -> String {
    let known = ERRORS.iter().find(|signature| {
        let hash = alloy::primitives::keccak256(signature);
        data.get(..4) == Some(&hash[..4])
    });
    known.map_or_else(
        || format!("0x{}", alloy::hex::encode(data)),
        |signature| signature.split('(').next().unwrap_or_default().to_owned(),
    )
}

impl Node {
    pub fn new(chain: Arc<Chain>) -> Self {
        Self { chain }
    }

    pub fn chain(&self) -> &Arc<Chain> {
        &self.chain
    }

    pub fn now(&self) -> u64 {
        self.chain.head().header.timestamp
    }

    /// Time passes, in one block.
    pub fn wait(&self, seconds: u64) {
        let later = self.now() + seconds;
        self.chain.mine(Some(later)).expect("time goes on");
    }

    pub fn fund(&self, who: Address) {
        self.chain.set_balance(who, U256::from(GAS_MONEY));
    }

    /// A transaction in the name of `from`: what it emitted, or the name of the error with which it reverted.
    pub fn send<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<Vec<Log>, String> {
        self.transact(from, TxKind::Call(to), call.abi_encode().into(), U256::ZERO)
            .map(|(logs, _)| logs)
    }

    /// As [`Node::send`], of what has to work.
    pub fn must<C: SolCall>(&self, from: Address, to: Address, call: &C) -> Vec<Log> {
        self.send(from, to, call)
            .unwrap_or_else(|error| panic!("{}: {error}", C::SIGNATURE))
    }

    /// Creates a contract.
    pub fn create(&self, from: Address, code: Bytes) -> Address {
        let created = self.transact(from, TxKind::Create, code, U256::ZERO);
        created.expect("it is created").1.expect("an address")
    }

    pub fn transact(
        &self,
        from: Address,
        to: TxKind,
        input: Bytes,
        value: U256,
    ) -> Result<(Vec<Log>, Option<Address>), String> {
        let transaction = self.transaction(from, to, input.clone(), value, GAS_LIMIT);
        let hash = self.chain.send(transaction).expect("it is valid");
        let (block, index) = self.chain.mined_transaction(&hash).expect("it is mined");
        let executed = &block.transactions[index];
        if executed.success {
            return Ok((executed.logs.clone(), executed.created));
        }
        let again = self.execute(BlockId::latest(), from, to, input, GAS_LIMIT);
        Err(again
            .err()
            .unwrap_or_else(|| "it would work a second time".to_owned()))
    }

    fn transaction(
        &self,
        from: Address,
        to: TxKind,
        input: Bytes,
        value: U256,
        gas_limit: u64,
    ) -> ChainTransaction {
        let unsigned = TxEip1559 {
            chain_id: self.chain.chain_id(),
            nonce: self.chain.pending_nonce(from),
            gas_limit,
            max_fee_per_gas: GAS_PRICE,
            max_priority_fee_per_gas: 0,
            to,
            value,
            access_list: Default::default(),
            input,
        };
        let signed = unsigned.into_signed(placeholder_signature(from));
        ChainTransaction {
            envelope: TxEnvelope::Eip1559(signed),
            from,
            impersonated: true,
        }
    }

    fn execute(
        &self,
        block: BlockId,
        from: Address,
        to: TxKind,
        input: Bytes,
        gas_limit: u64,
    ) -> Result<Bytes, String> {
        let state = self.chain.state_at(block).expect("a block that was mined");
        let call = self.transaction(from, to, input, U256::ZERO, gas_limit);
        let outcome = self
            .chain
            .call(&state, call.to_env(), &Options::call())
            .expect("it can be executed");
        if outcome.status.is_success() {
            Ok(outcome.output)
        } else if let devnode::evm::Status::Halt(halt) = outcome.status {
            Err(halt.to_string())
        } else {
            Err(named(&outcome.output))
        }
    }

    /// What a call in the name of `from` would answer.
    pub fn ask<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
    ) -> Result<C::Return, String> {
        let input = call.abi_encode().into();
        let output = self.execute(BlockId::latest(), from, TxKind::Call(to), input, GAS_LIMIT)?;
        Ok(C::abi_decode_returns(&output).expect("what the ABI says"))
    }

    /// A view that has to answer.
    pub fn view<C: SolCall>(&self, to: Address, call: &C) -> C::Return {
        self.ask(MULTICALL3, to, call)
            .unwrap_or_else(|error| panic!("{}: {error}", C::SIGNATURE))
    }

    /// The number of the newest block.
    pub fn height(&self) -> u64 {
        self.chain.head().header.number
    }

    /// Asks many questions one after the other, each of which finds what the ones before have done; nothing of it lasts.
    pub fn look(&self, questions: &[Question]) -> Answers {
        self.look_back(self.height(), questions)
    }

    /// As [`Node::look`], at an earlier block.
    pub fn look_back(&self, height: u64, questions: &[Question]) -> Answers {
        let calls = questions
            .iter()
            .map(|question| Call3 {
                target: question.to,
                allowFailure: true,
                callData: question.data.clone(),
            })
            .collect();
        let input = aggregate3Call { calls }.abi_encode().into();
        let to = TxKind::Call(MULTICALL3);
        let output = self
            .execute(height.into(), Address::ZERO, to, input, GAS_OF_A_LOOK)
            .expect("a look fails by itself");
        let results = aggregate3Call::abi_decode_returns(&output).expect("what the ABI says");
        Answers {
            results: results.into_iter(),
        }
    }
}
