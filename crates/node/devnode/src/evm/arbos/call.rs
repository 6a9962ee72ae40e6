//! A call of one of ArbOS's precompiles: who called, what he can pay, what happens if it fails.
//!
//! Gas: `precompiles/context.go` and `arbos/storage/storage.go` in Nitro.

use alloy::sol_types::{SolError, SolEvent};
use revm::{
    context::{ContextTr, JournalTr, journaled_state::account::JournaledAccountTr},
    interpreter::CallInputs,
    primitives::{Address, B256, Log, U256, keccak256},
};

use super::{
    space::Space,
    state::{self, root},
};
use crate::evm::{context::Ctx, database::DbError};

const STORAGE_READ: u64 = 800;
const STORAGE_WRITE: u64 = 20_000;
const STORAGE_CLEAR: u64 = 5_000;
const CODE_HASH: u64 = 2_600;
const COPY_WORD: u64 = 3;
const KECCAK: u64 = 30;
const KECCAK_WORD: u64 = 6;
const LOG: u64 = 375;
const LOG_TOPIC: u64 = 375;
const LOG_BYTE: u64 = 8;

/// Why a precompile fails.
pub(in crate::evm) enum Failure {
    /// The call itself is wrong, or its data cannot be paid for: reverts without data and takes all gas.
    Arguments,
    /// Out of gas within the method: reverts without data, no gas is left.
    OutOfGas,
    /// A typed error: reverts with it.
    Solidity(Vec<u8>),
    /// Any other error: reverts without data; what is left of the gas stays.
    Other(String),
    /// Not even a revert: all gas is gone. A program that may not run, for example.
    Halt(String),
    /// The database failed.
    Database(DbError),
}

impl Failure {
    /// A typed error.
    pub(in crate::evm) fn solidity(error: &impl SolError) -> Self {
        Self::Solidity(error.abi_encode())
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

/// One call.
pub(in crate::evm) struct Call<'c, 'a> {
    /// The chain.
    pub(in crate::evm) ctx: &'c mut Ctx<'a>,
    /// Who called.
    pub(in crate::evm) caller: Address,
    /// The precompile.
    pub(in crate::evm) address: Address,
    /// Wei sent along; they are the precompile's already.
    pub(in crate::evm) value: U256,
    gas_limit: u64,
    gas_left: u64,
    is_free: bool,
}

impl<'c, 'a> Call<'c, 'a> {
    /// The call that `inputs` describe.
    pub(in crate::evm) fn new(ctx: &'c mut Ctx<'a>, inputs: &CallInputs) -> Self {
        Self {
            ctx,
            caller: inputs.caller,
            address: inputs.bytecode_address,
            value: inputs.call_value(),
            gas_limit: inputs.gas_limit,
            gas_left: inputs.gas_limit,
            is_free: false,
        }
    }

    /// Gas that is left.
    pub(in crate::evm) fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// Takes `gas`, or everything if there is less.
    pub(in crate::evm) fn burn(&mut self, gas: u64) -> Result<(), Failure> {
        if self.is_free {
            return Ok(());
        }
        match self.gas_left.checked_sub(gas) {
            Some(left) => {
                self.gas_left = left;
                Ok(())
            }
            None => Err(self.burn_out()),
        }
    }

    /// Gives back all gas, and takes none from now on.
    pub(in crate::evm) fn make_free(&mut self) {
        self.gas_left = self.gas_limit;
        self.is_free = true;
    }

    /// Takes all gas.
    pub(in crate::evm) fn burn_out(&mut self) -> Failure {
        self.gas_left = 0;
        Failure::OutOfGas
    }

    /// All but pure methods begin by reading ArbOS's version.
    pub(in crate::evm) fn open(&mut self, is_pure: bool) -> Result<(), Failure> {
        if is_pure {
            return Ok(());
        }
        self.get(Space::ROOT.slot_at(root::VERSION)).map(drop)
    }

    /// Pays for copying `bytes` bytes of arguments or results.
    pub(in crate::evm) fn pay_for_words(&mut self, bytes: usize) -> Result<(), Failure> {
        self.burn(COPY_WORD * words(bytes))
    }

    /// Reads a slot of ArbOS's state.
    pub(in crate::evm) fn get(&mut self, slot: U256) -> Result<U256, Failure> {
        self.burn(STORAGE_READ)?;
        Ok(state::read(self.ctx, slot)?)
    }

    /// Writes a slot of ArbOS's state.
    pub(in crate::evm) fn set(&mut self, slot: U256, value: U256) -> Result<(), Failure> {
        self.burn(if value.is_zero() {
            STORAGE_CLEAR
        } else {
            STORAGE_WRITE
        })?;
        Ok(state::write(self.ctx, slot, value)?)
    }

    /// Hashes.
    pub(in crate::evm) fn keccak(&mut self, data: &[u8]) -> Result<B256, Failure> {
        self.burn(KECCAK + KECCAK_WORD * words(data.len()))?;
        Ok(keccak256(data))
    }

    /// The hash of an account's code.
    pub(in crate::evm) fn code_hash(&mut self, address: Address) -> Result<B256, Failure> {
        self.burn(CODE_HASH)?;
        Ok(state::peek_code_hash(self.ctx, address)?)
    }

    /// Emits an event of the precompile.
    pub(in crate::evm) fn emit(&mut self, event: &impl SolEvent) -> Result<(), Failure> {
        let data = event.encode_log_data();
        let topics = LOG_TOPIC * data.topics().len() as u64;
        self.burn(LOG + topics + LOG_BYTE * data.data.len() as u64)?;
        self.ctx.journal_mut().log(Log {
            address: self.address,
            data,
        });
        Ok(())
    }

    /// Moves wei of the precompile.
    pub(in crate::evm) fn pay(&mut self, to: Address, amount: U256) -> Result<(), Failure> {
        match self.ctx.journal_mut().transfer(self.address, to, amount)? {
            None => Ok(()),
            Some(_) => Err(Failure::Other("insufficient balance for transfer".into())),
        }
    }

    /// Takes wei of the precompile out of existence.
    pub(in crate::evm) fn pay_out(&mut self, amount: U256) -> Result<(), Failure> {
        let mut account = self.ctx.journal_mut().load_account_mut(self.address)?;
        if account.data.decr_balance(amount) {
            return Ok(());
        }
        Err(Failure::Other("insufficient balance for transfer".into()))
    }

    /// Unix time of the block.
    pub(in crate::evm) fn time(&self) -> u64 {
        self.ctx.block.timestamp.saturating_to()
    }
}

fn words(bytes: usize) -> u64 {
    bytes.div_ceil(32) as u64
}
