//! Ink and memory, as host functions use them.

use alloy_primitives::{Address, B256, U256};
use wasmtime::{Caller, Val};

use super::{Escape, Exports, Host};
use crate::ink::{self, Ink};

/// One call of a host function.
pub struct HostCall<'a> {
    /// The instance that called, with its host.
    pub caller: Caller<'a, Host>,
    exports: Exports,
}

impl<'a> HostCall<'a> {
    /// Starts a host function.
    ///
    /// # Errors
    /// Never once a program runs: it has no start function that could call before its exports are known.
    pub fn new(caller: Caller<'a, Host>) -> Result<Self, Escape> {
        let exports = caller
            .data()
            .exports
            .ok_or(Escape::Logical("host function called during instantiation"))?;
        Ok(Self { caller, exports })
    }

    /// State of the run.
    pub fn host(&mut self) -> &mut Host {
        self.caller.data_mut()
    }

    /// Ink that is left.
    pub fn ink_left(&mut self) -> Result<Ink, Escape> {
        match (
            self.exports.status.get(&mut self.caller),
            self.exports.ink.get(&mut self.caller),
        ) {
            (Val::I32(0), Val::I64(ink)) => Ok(Ink(ink as u64)),
            _ => self.exhaust(),
        }
    }

    fn exhaust<T>(&mut self) -> Result<T, Escape> {
        self.set_meter(Ink(0), 1)?;
        Err(Escape::OutOfInk)
    }

    fn set_meter(&mut self, ink: Ink, status: i32) -> Result<(), Escape> {
        let set = self
            .exports
            .ink
            .set(&mut self.caller, Val::I64(ink.0 as i64))
            .and_then(|()| self.exports.status.set(&mut self.caller, Val::I32(status)));
        set.map_err(|_| Escape::Logical("the meter is not writable"))
    }

    /// Pays.
    pub fn buy_ink(&mut self, price: Ink) -> Result<(), Escape> {
        match self.ink_left()?.0.checked_sub(price.0) {
            Some(rest) => self.set_meter(Ink(rest), 0),
            None => self.exhaust(),
        }
    }

    /// Checks that so much is left, without paying it.
    pub fn require_ink(&mut self, ink: Ink) -> Result<(), Escape> {
        if self.ink_left()? < ink {
            self.exhaust()
        } else {
            Ok(())
        }
    }

    fn ink_price(&self) -> u32 {
        self.caller.data().config.ink_price
    }

    /// Whole gas that is left.
    pub fn gas_left(&mut self) -> Result<u64, Escape> {
        Ok(self.ink_left()?.to_gas(self.ink_price()))
    }

    /// Pays gas.
    pub fn buy_gas(&mut self, gas: u64) -> Result<(), Escape> {
        self.buy_ink(Ink::from_gas(gas, self.ink_price()))
    }

    /// Checks that so much gas is left, without paying it.
    pub fn require_gas(&mut self, gas: u64) -> Result<(), Escape> {
        self.require_ink(Ink::from_gas(gas, self.ink_price()))
    }

    /// What a host call to the chain costs, in gas.
    pub fn api_gas(&self) -> u64 {
        ink::EVM_API.to_gas(self.ink_price())
    }

    /// Reads `len` bytes of the program's memory.
    pub fn read(&self, ptr: u32, len: u32) -> Result<&[u8], Escape> {
        let memory = self.exports.memory.data(&self.caller);
        memory
            .get(ptr as usize..)
            .and_then(|rest| rest.get(..len as usize))
            .ok_or(Escape::Memory)
    }

    /// Reads 32 bytes.
    pub fn read_word(&self, ptr: u32) -> Result<B256, Escape> {
        self.read(ptr, 32).map(B256::from_slice)
    }

    /// Reads 32 bytes as a big-endian number.
    pub fn read_u256(&self, ptr: u32) -> Result<U256, Escape> {
        self.read_word(ptr).map(Into::into)
    }

    /// Reads 20 bytes.
    pub fn read_address(&self, ptr: u32) -> Result<Address, Escape> {
        self.read(ptr, 20).map(Address::from_slice)
    }

    /// Writes to the program's memory.
    pub fn write(&mut self, ptr: u32, data: &[u8]) -> Result<(), Escape> {
        self.exports
            .memory
            .write(&mut self.caller, ptr as usize, data)
            .map_err(|_| Escape::Memory)
    }

    /// Writes a number in big-endian.
    pub fn write_u256(&mut self, ptr: u32, value: U256) -> Result<(), Escape> {
        self.write(ptr, &value.to_be_bytes::<32>())
    }

    /// Writes a number as the program's own instructions do.
    pub fn write_u32(&mut self, ptr: u32, value: u32) -> Result<(), Escape> {
        self.write(ptr, &value.to_le_bytes())
    }
}

/// The part of `data` from `offset` on, at most `size` bytes.
pub fn window(data: &[u8], offset: u32, size: u32) -> &[u8] {
    let rest = data.get(offset as usize..).unwrap_or_default();
    &rest[..rest.len().min(size as usize)]
}
