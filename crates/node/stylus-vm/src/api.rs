//! What a running program needs from the chain.
//!
//! [`EvmApi`] is deliberately made of primitives: the implementer reads and writes state and says whether an access
//! was cold; every price, cap and order of checks of Nitro's Go side (`arbos/programs/api.go` and
//! `core/vm/operations_acl_arbitrum.go`) lives in this crate and is charged here. An implementer therefore never
//! charges gas for an access itself. He returns the gas that a nested call or creation left over, nothing else.
//!
//! The implementer stands for *one frame*: `acting address` below is the address whose storage the frame uses, which
//! under a delegate call is not the address of the code. No method may panic. A failing database is the implementer's
//! to remember: return neutral values and fail the transaction afterwards.

use alloy_primitives::{Address, B256, Bytes, U256};

/// A storage slot of the acting address as it stands, with its access made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotState {
    /// Value at the start of the transaction (`GetCommittedState`).
    pub original: B256,
    /// Value now.
    pub present: B256,
    /// Whether this was the first access to the slot in the transaction (EIP-2929).
    pub is_cold: bool,
}

/// An account as it stands, with its access made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Balance in wei.
    pub balance: U256,
    /// Hash of the code; the hash of no bytes for an account without code; zero for an account that does not exist.
    pub code_hash: B256,
    /// Empty in the sense of EIP-161: no code, nonce 0, balance 0, or absent.
    pub is_empty: bool,
    /// Whether this was the first access to the account in the transaction (EIP-2929).
    pub is_cold: bool,
}

/// The three ways to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `CALL`.
    Call,
    /// `DELEGATECALL`: the callee runs with this frame's address, caller and value.
    Delegate,
    /// `STATICCALL`.
    Static,
}

/// A call that a program makes, with everything before the callee's first instruction paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRequest {
    /// How to call.
    pub kind: CallKind,
    /// Whose code to run.
    pub target: Address,
    /// Wei to send; zero for delegate and static calls.
    pub value: U256,
    /// Calldata.
    pub input: Bytes,
    /// Gas of the callee: 63/64 rule applied and the stipend of 2,300 included where value is sent.
    pub gas_limit: u64,
}

/// How a call ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallResult {
    /// Whether it ended without revert or failure.
    pub success: bool,
    /// Returned bytes, or the revert data. Empty on exceptional halts.
    pub output: Bytes,
    /// What is left of `gas_limit`: all of it where the call could not start (balance too low, call depth 1,024 reached),
    /// nothing after an exceptional halt.
    pub gas_left: u64,
}

/// A contract creation that a program makes, with its base cost paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRequest {
    /// Creation code. Nitro checks neither its size nor charges per word of it here (no EIP-3860), so the implementer must not.
    pub init_code: Bytes,
    /// Wei to send.
    pub value: U256,
    /// The salt of `CREATE2`, or none for `CREATE`.
    pub salt: Option<B256>,
    /// Gas of the creation, 63/64 rule applied. The code deposit comes out of it, as in the EVM.
    pub gas_limit: u64,
}

/// How a creation ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateResult {
    /// The new contract, or none if the creation failed for whatever reason.
    pub address: Option<Address>,
    /// Revert data if the creation code reverted, else empty.
    pub revert_data: Bytes,
    /// What is left of `gas_limit`: all of it where the creation could not start.
    pub gas_left: u64,
}

/// WASM pages (64 KiB) in use by the programs of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCount {
    /// Pages of the frames that are open now.
    pub open: u16,
    /// The most that were ever open in the transaction.
    pub ever: u16,
}

/// The chain, as one frame sees it. See the module's text for who charges what.
pub trait EvmApi {
    /// Whether the frame may not change state (it or a frame above it was called statically).
    fn is_static(&self) -> bool;

    /// Reads a storage slot of the acting address and marks it warm.
    ///
    /// Charged here: [`crate::gas::state_load_gas`] for reads, [`crate::gas::state_store_cost`] for writes.
    fn load_slot(&mut self, key: B256) -> SlotState;

    /// Writes a storage slot of the acting address. Only after `load_slot` of the same key, never in a static frame.
    fn store_slot(&mut self, key: B256, value: B256);

    /// Adds to (or takes from) the transaction's refund counter, in gas. Must be undone when the frame reverts, as in the EVM.
    fn add_refund(&mut self, delta: i64);

    /// Reads a transient slot of the acting address. Costs a constant, charged here.
    fn load_transient(&mut self, key: B256) -> B256;

    /// Writes a transient slot of the acting address. Never called in a static frame.
    fn store_transient(&mut self, key: B256, value: B256);

    /// Reads an account and marks it warm.
    ///
    /// Charged here: [`crate::gas::account_touch_gas`], or [`crate::gas::call_gas`] before a call.
    fn load_account(&mut self, address: Address) -> AccountState;

    /// The code of an account, which `load_account` made warm just before. An EIP-7702 account gives its designator.
    fn account_code(&mut self, address: Address) -> Bytes;

    /// Runs a call to its end. The caller is the acting address (delegate: this frame's caller).
    ///
    /// The target is warm already. State changes of a failed call must be undone. The implementer checks call depth
    /// and balance, moves the value, resolves EIP-7702 delegation, runs precompiles, EVM code, and through
    /// [`crate::call_program`] Stylus programs.
    fn call(&mut self, request: CallRequest) -> CallResult;

    /// Runs a contract creation to its end: nonce, address, collision, init code, code deposit (including the rules for
    /// code that begins with `EF`, of which `EFF000` is allowed on Arbitrum).
    fn create(&mut self, request: CreateRequest) -> CreateResult;

    /// Adds a log of the acting address; at most four topics. Never called in a static frame.
    fn emit_log(&mut self, topics: &[B256], data: Bytes);

    /// Pages in use in the transaction. Both counts start at 0 with each transaction and are *not* undone by a revert.
    fn pages(&self) -> PageCount;

    /// Sets the pages in use in the transaction.
    fn set_pages(&mut self, pages: PageCount);
}

/// What a program may ask about its call, block and transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvmData {
    /// ArbOS version of the block.
    pub arbos_version: u64,
    /// Base fee in wei per gas.
    pub block_basefee: U256,
    /// Chain id.
    pub chain_id: u64,
    /// Coinbase of the block; on Arbitrum the batch poster.
    pub block_coinbase: Address,
    /// Gas limit of the block.
    pub block_gas_limit: u64,
    /// Block number as contracts see it, which on Arbitrum is the estimated number of the *parent* chain's block.
    pub block_number: u64,
    /// Unix time of the block in seconds.
    pub block_timestamp: u64,
    /// Acting address.
    pub contract_address: Address,
    /// Caller of the frame.
    pub msg_sender: Address,
    /// Wei sent to the frame.
    pub msg_value: U256,
    /// Price of the transaction's gas in wei; on Arbitrum the base fee, since tips are dropped.
    pub tx_gas_price: U256,
    /// Sender of the transaction.
    pub tx_origin: Address,
    /// Whether more than one frame of the acting address is open, frames entered by delegate call not counted
    /// (`Programs[acting address] > 1` in `arbos/tx_processor.go`). EVM frames count like those of programs.
    pub reentrant: bool,
}
