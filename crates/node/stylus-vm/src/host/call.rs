//! Host functions that call and create contracts.

use alloy_primitives::{B256, Bytes, U256};

use super::Escape;
use super::meter::{HostCall, window};
use crate::api::CallKind;
use crate::chain;
use crate::ink;

/// What `call_contract` returns on failure; 0 is success.
const CALL_FAILED: u32 = 2;

/// Where in its memory a program put the arguments of a call.
pub struct CallArgs {
    /// The address that is called.
    pub contract: u32,
    /// The calldata.
    pub data: u32,
    /// Bytes of it.
    pub data_len: u32,
    /// Wei; only for plain calls.
    pub value: Option<u32>,
    /// Most gas that the callee gets.
    pub gas: u64,
    /// Where the number of bytes that are returned goes.
    pub ret_len: u32,
}

/// The functions of Nitro's names; what they take are places in the program's memory, but for lengths and gas.
impl HostCall<'_> {
    /// Calls a contract; returns 0, or [`CALL_FAILED`].
    pub fn call(&mut self, kind: CallKind, args: CallArgs) -> Result<u32, Escape> {
        self.buy_ink(ink::CALL)?;
        self.pay_for_two_reads(args.data_len)?;
        let gas_left = self.gas_left()?;
        let call = chain::Call {
            kind,
            target: self.read_address(args.contract)?,
            input: Bytes::copy_from_slice(self.read(args.data, args.data_len)?),
            value: args
                .value
                .map_or(Ok(U256::ZERO), |value| self.read_u256(value))?,
            gas_left,
            gas_wanted: args.gas.min(gas_left),
        };
        let called = chain::call(self.host().evm(), call);
        let len = called.output.len() as u32;
        self.host().return_data = called.output;
        self.buy_gas(called.gas)?;
        self.write_u32(args.ret_len, len)?;
        Ok(if called.success { 0 } else { CALL_FAILED })
    }

    /// A plain call.
    pub fn call_contract(
        &mut self,
        contract: u32,
        data: u32,
        data_len: u32,
        value: u32,
        gas: u64,
        ret_len: u32,
    ) -> Result<u32, Escape> {
        self.call(
            CallKind::Call,
            CallArgs {
                contract,
                data,
                data_len,
                value: Some(value),
                gas,
                ret_len,
            },
        )
    }

    /// A call of another contract's code in this one's name.
    pub fn delegate_call_contract(
        &mut self,
        contract: u32,
        data: u32,
        data_len: u32,
        gas: u64,
        ret_len: u32,
    ) -> Result<u32, Escape> {
        self.call(
            CallKind::Delegate,
            CallArgs {
                contract,
                data,
                data_len,
                value: None,
                gas,
                ret_len,
            },
        )
    }

    /// A call that may change nothing.
    pub fn static_call_contract(
        &mut self,
        contract: u32,
        data: u32,
        data_len: u32,
        gas: u64,
        ret_len: u32,
    ) -> Result<u32, Escape> {
        self.call(
            CallKind::Static,
            CallArgs {
                contract,
                data,
                data_len,
                value: None,
                gas,
                ret_len,
            },
        )
    }

    /// Creates a contract at an address by the nonce.
    pub fn create1(
        &mut self,
        code: u32,
        code_len: u32,
        endowment: u32,
        contract: u32,
        revert_len: u32,
    ) -> Result<(), Escape> {
        self.buy_ink(ink::CREATE1)?;
        let (init_code, value) = self.read_creation(code, code_len, endowment)?;
        self.create(init_code, value, None, contract, revert_len)
    }

    /// Creates a contract at an address by the salt.
    pub fn create2(
        &mut self,
        code: u32,
        code_len: u32,
        endowment: u32,
        salt: u32,
        contract: u32,
        revert_len: u32,
    ) -> Result<(), Escape> {
        self.buy_ink(ink::CREATE2)?;
        let (init_code, value) = self.read_creation(code, code_len, endowment)?;
        let salt = self.read_word(salt)?;
        self.create(init_code, value, Some(salt), contract, revert_len)
    }

    /// The init code and the wei of a creation, paid for.
    fn read_creation(
        &mut self,
        code: u32,
        code_len: u32,
        endowment: u32,
    ) -> Result<(Bytes, U256), Escape> {
        self.pay_for_two_reads(code_len)?;
        let init_code = Bytes::copy_from_slice(self.read(code, code_len)?);
        Ok((init_code, self.read_u256(endowment)?))
    }

    fn create(
        &mut self,
        init_code: Bytes,
        value: U256,
        salt: Option<B256>,
        contract: u32,
        revert_len: u32,
    ) -> Result<(), Escape> {
        let gas_left = self.gas_left()?;
        let created = chain::create(self.host().evm(), init_code, value, salt, gas_left)
            .map_err(Escape::Logical)?;
        let len = created.output.len() as u32;
        self.host().return_data = created.output;
        self.buy_gas(created.gas)?;
        self.write_u32(revert_len, len)?;
        self.write(contract, created.address.as_slice())
    }

    /// Copies of what the last call returned; returns how many bytes.
    pub fn read_return_data(&mut self, dest: u32, offset: u32, size: u32) -> Result<u32, Escape> {
        self.buy_ink(ink::READ_RETURN_DATA)?;
        let data = self.host().return_data.clone();
        let rest = (data.len() as u32).saturating_sub(offset);
        self.buy_ink(ink::write_ink(size.min(rest)))?;
        let part = window(&data, offset, size);
        if !part.is_empty() {
            self.write(dest, part)?;
        }
        Ok(part.len() as u32)
    }

    /// Bytes that the last call returned.
    pub fn return_data_size(&mut self) -> Result<u32, Escape> {
        self.buy_ink(ink::PLAIN)?;
        Ok(self.host().return_data.len() as u32)
    }

    /// Bytes go from the program to the host and from there to the chain, and are paid for both times.
    pub fn pay_for_two_reads(&mut self, len: u32) -> Result<(), Escape> {
        self.buy_ink(ink::read_ink(len))?;
        self.buy_ink(ink::read_ink(len))
    }
}
