//! The host functions, in the order of checks and payments of Nitro's `user-host-trait`.

use alloy_primitives::{B256, Bytes, U256, keccak256};
use wasmtime::{Caller, Linker};

use super::meter::{HostCall, window};
use super::{Escape, Host};
use crate::abi::MODULE;
use crate::chain::{self, StoreStatus};
use crate::gas;
use crate::ink;
use crate::storage_cache::MOST_ACCESS_GAS;

/// Data and results.
impl HostCall<'_> {
    fn read_args(&mut self, ptr: u32) -> Result<(), Escape> {
        self.buy_ink(ink::PLAIN)?;
        let args = std::mem::take(&mut self.host().args);
        let written = self
            .buy_ink(ink::write_ink(args.len() as u32))
            .and_then(|()| self.write(ptr, &args));
        self.host().args = args;
        written
    }

    fn write_result(&mut self, ptr: u32, len: u32) -> Result<(), Escape> {
        self.buy_ink(ink::PLAIN)?;
        self.pay_for_two_reads(len)?;
        self.host().outs = self.read(ptr, len)?.to_vec();
        Ok(())
    }

    fn exit_early(&mut self, status: u32) -> Result<(), Escape> {
        Err(Escape::Exit(status))
    }

    fn native_keccak256(&mut self, input: u32, len: u32, output: u32) -> Result<(), Escape> {
        self.buy_ink(ink::keccak_ink(len))?;
        let digest = keccak256(self.read(input, len)?);
        self.write(output, digest.as_slice())
    }

    fn pay_for_memory_grow(&mut self, pages: u32) -> Result<(), Escape> {
        let pages = pages as u16;
        if pages == 0 {
            return self.buy_ink(ink::PLAIN);
        }
        let model = self.host().config.memory;
        let before = self.host().evm().pages();
        self.host().evm().set_pages(before.with_opened(pages));
        self.buy_gas(model.gas_cost(pages, before))
    }
}

/// Storage and logs.
impl HostCall<'_> {
    fn storage_load_bytes32(&mut self, key: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(ink::STORAGE)?;
        let api_gas = self.api_gas();
        self.require_gas(gas::COLD_SLOAD + MOST_ACCESS_GAS + api_gas)?;
        let key = self.read_word(key)?;
        let mut gas = self.host().storage.read_gas();
        let value = match self.host().storage.get(&key) {
            Some(value) => value,
            None => {
                let slot = self.host().evm().load_slot(key);
                self.host().storage.learn(key, slot.present);
                gas += gas::state_load_gas(slot.is_cold) + api_gas;
                slot.present
            }
        };
        self.buy_gas(gas)?;
        self.write(dest, value.as_slice())
    }

    fn storage_cache_bytes32(&mut self, key: u32, value: u32) -> Result<(), Escape> {
        self.buy_ink(ink::STORAGE)?;
        self.require_gas(gas::SSTORE_SENTRY + MOST_ACCESS_GAS)?;
        let (key, value) = (self.read_word(key)?, self.read_word(value)?);
        let gas = self.host().storage.write_gas();
        self.host().storage.write(key, value);
        self.buy_gas(gas)
    }

    fn storage_flush_cache(&mut self, clear: u32) -> Result<(), Escape> {
        self.buy_ink(ink::STORAGE_FLUSH)?;
        self.require_gas(gas::SSTORE_SENTRY)?;
        let gas_left = self.gas_left()?.saturating_add(1);
        let dirty = self.host().storage.flush(clear != 0);
        if dirty.is_empty() {
            return Ok(());
        }
        let (gas, status) = chain::store_slots(self.host().evm(), &dirty, gas_left);
        self.buy_gas(gas)?;
        match status {
            StoreStatus::Done => Ok(()),
            StoreStatus::OutOfGas => Err(Escape::Logical(
                "out of gas while flushing the storage cache",
            )),
            StoreStatus::WriteProtection => {
                Err(Escape::Logical("storage written in a static call"))
            }
        }
    }

    fn transient_load_bytes32(&mut self, key: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(ink::TRANSIENT)?;
        self.buy_gas(gas::TRANSIENT)?;
        let key = self.read_word(key)?;
        let value = self.host().evm().load_transient(key);
        self.write(dest, value.as_slice())
    }

    fn transient_store_bytes32(&mut self, key: u32, value: u32) -> Result<(), Escape> {
        self.buy_ink(ink::TRANSIENT)?;
        self.buy_gas(gas::TRANSIENT)?;
        let (key, value) = (self.read_word(key)?, self.read_word(value)?);
        if self.host().evm().is_static() {
            return Err(Escape::Logical(
                "transient storage written in a static call",
            ));
        }
        self.host().evm().store_transient(key, value);
        Ok(())
    }

    fn emit_log(&mut self, data: u32, len: u32, topics: u32) -> Result<(), Escape> {
        self.buy_ink(ink::EMIT_LOG)?;
        if topics > 4 || len < topics * 32 {
            return Err(Escape::Logical("bad topic data"));
        }
        self.buy_ink(ink::read_ink(len))?;
        self.buy_gas(gas::log_gas(topics, len - topics * 32))?;
        let (head, body) = self.read(data, len)?.split_at(topics as usize * 32);
        let topics: Vec<B256> = head.chunks_exact(32).map(B256::from_slice).collect();
        let body = Bytes::copy_from_slice(body);
        if self.host().evm().is_static() {
            return Err(Escape::Logical("log emitted in a static call"));
        }
        self.host().evm().emit_log(&topics, body);
        Ok(())
    }
}

/// Accounts.
impl HostCall<'_> {
    fn account_balance(&mut self, address: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(ink::ACCOUNT_WORD)?;
        self.require_gas(gas::COLD_ACCOUNT)?;
        let address = self.read_address(address)?;
        let account = self.host().evm().load_account(address);
        self.buy_gas(gas::account_touch_gas(account.is_cold, false))?;
        self.write_u256(dest, account.balance)
    }

    fn account_codehash(&mut self, address: u32, dest: u32) -> Result<(), Escape> {
        self.buy_ink(ink::ACCOUNT_WORD)?;
        self.require_gas(gas::COLD_ACCOUNT)?;
        let address = self.read_address(address)?;
        let account = self.host().evm().load_account(address);
        self.buy_gas(gas::account_touch_gas(account.is_cold, false))?;
        self.write(dest, account.code_hash.as_slice())
    }

    fn account_code(
        &mut self,
        address: u32,
        offset: u32,
        size: u32,
        dest: u32,
    ) -> Result<u32, Escape> {
        let code = self.load_code(address)?;
        self.buy_ink(ink::write_ink(code.len() as u32))?;
        let part = window(&code, offset, size);
        self.write(dest, part)?;
        Ok(part.len() as u32)
    }

    fn account_code_size(&mut self, address: u32) -> Result<u32, Escape> {
        Ok(self.load_code(address)?.len() as u32)
    }

    /// The code of the account that was asked for last costs nothing more, if it has any.
    fn load_code(&mut self, address: u32) -> Result<Bytes, Escape> {
        self.buy_ink(ink::ACCOUNT_CODE)?;
        self.require_gas(gas::COLD_ACCOUNT)?;
        let address = self.read_address(address)?;
        if let Some((last, code)) = &self.host().last_code
            && *last == address
        {
            return Ok(code.clone());
        }
        let account = self.host().evm().load_account(address);
        self.buy_gas(gas::account_touch_gas(account.is_cold, true))?;
        let code = self.host().evm().account_code(address);
        if !code.is_empty() {
            self.host().last_code = Some((address, code.clone()));
        }
        Ok(code)
    }
}

/// Block, transaction and call.
impl HostCall<'_> {
    fn write_value(&mut self, ptr: u32, value: U256) -> Result<(), Escape> {
        self.buy_ink(ink::WRITE_VALUE)?;
        self.write_u256(ptr, value)
    }

    fn write_address(
        &mut self,
        ptr: u32,
        address: alloy_primitives::Address,
    ) -> Result<(), Escape> {
        self.buy_ink(ink::WRITE_VALUE)?;
        self.write(ptr, address.as_slice())
    }

    fn number(&mut self, value: u64) -> Result<u64, Escape> {
        self.buy_ink(ink::PLAIN)?;
        Ok(value)
    }

    fn block_basefee(&mut self, ptr: u32) -> Result<(), Escape> {
        let value = self.host().data.block_basefee;
        self.write_value(ptr, value)
    }

    fn block_coinbase(&mut self, ptr: u32) -> Result<(), Escape> {
        let address = self.host().data.block_coinbase;
        self.write_address(ptr, address)
    }

    fn block_gas_limit(&mut self) -> Result<u64, Escape> {
        let value = self.host().data.block_gas_limit;
        self.number(value)
    }

    fn block_number(&mut self) -> Result<u64, Escape> {
        let value = self.host().data.block_number;
        self.number(value)
    }

    fn block_timestamp(&mut self) -> Result<u64, Escape> {
        let value = self.host().data.block_timestamp;
        self.number(value)
    }

    fn chainid(&mut self) -> Result<u64, Escape> {
        let value = self.host().data.chain_id;
        self.number(value)
    }

    fn contract_address(&mut self, ptr: u32) -> Result<(), Escape> {
        let address = self.host().data.contract_address;
        self.write_address(ptr, address)
    }

    fn evm_gas_left(&mut self) -> Result<u64, Escape> {
        self.buy_ink(ink::PLAIN)?;
        self.gas_left()
    }

    fn evm_ink_left(&mut self) -> Result<u64, Escape> {
        self.buy_ink(ink::PLAIN)?;
        Ok(self.ink_left()?.0)
    }

    fn msg_reentrant(&mut self) -> Result<u32, Escape> {
        self.buy_ink(ink::PLAIN)?;
        Ok(self.host().data.reentrant.into())
    }

    fn msg_sender(&mut self, ptr: u32) -> Result<(), Escape> {
        let address = self.host().data.msg_sender;
        self.write_address(ptr, address)
    }

    fn msg_value(&mut self, ptr: u32) -> Result<(), Escape> {
        let value = self.host().data.msg_value;
        self.write_value(ptr, value)
    }

    fn tx_gas_price(&mut self, ptr: u32) -> Result<(), Escape> {
        let value = self.host().data.tx_gas_price;
        self.write_value(ptr, value)
    }

    fn tx_ink_price(&mut self) -> Result<u32, Escape> {
        self.buy_ink(ink::PLAIN)?;
        Ok(self.host().config.ink_price)
    }

    fn tx_origin(&mut self, ptr: u32) -> Result<(), Escape> {
        let address = self.host().data.tx_origin;
        self.write_address(ptr, address)
    }
}

/// Arithmetic in 256 bits. Results replace the first operand; dividing by zero gives zero.
impl HostCall<'_> {
    fn math_div(&mut self, value: u32, divisor: u32) -> Result<(), Escape> {
        self.buy_ink(ink::MATH_DIV)?;
        let (a, b) = (self.read_u256(value)?, self.read_u256(divisor)?);
        self.write_u256(value, a.checked_div(b).unwrap_or_default())
    }

    fn math_mod(&mut self, value: u32, modulus: u32) -> Result<(), Escape> {
        self.buy_ink(ink::MATH_DIV)?;
        let (a, b) = (self.read_u256(value)?, self.read_u256(modulus)?);
        self.write_u256(value, a.checked_rem(b).unwrap_or_default())
    }

    fn math_pow(&mut self, value: u32, exponent: u32) -> Result<(), Escape> {
        self.buy_ink(ink::MATH_POW)?;
        let (a, b) = (self.read_u256(value)?, self.read_u256(exponent)?);
        self.buy_ink(ink::pow_ink(b))?;
        self.write_u256(value, a.wrapping_pow(b))
    }

    fn math_add_mod(&mut self, value: u32, addend: u32, modulus: u32) -> Result<(), Escape> {
        self.buy_ink(ink::MATH_ADD_MOD)?;
        let (a, b, c) = (
            self.read_u256(value)?,
            self.read_u256(addend)?,
            self.read_u256(modulus)?,
        );
        self.write_u256(value, a.add_mod(b, c))
    }

    fn math_mul_mod(&mut self, value: u32, multiplier: u32, modulus: u32) -> Result<(), Escape> {
        self.buy_ink(ink::MATH_MUL_MOD)?;
        let (a, b, c) = (
            self.read_u256(value)?,
            self.read_u256(multiplier)?,
            self.read_u256(modulus)?,
        );
        self.write_u256(value, a.mul_mod(b, c))
    }
}

macro_rules! link {
    ($linker:ident: $($name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        $($linker.func_wrap(MODULE, stringify!($name), |caller: Caller<'_, Host>, $($arg: $ty),*| -> wasmtime::Result<$ret> {
            Ok(HostCall::new(caller)?.$name($($arg),*)?)
        })?;)*
    };
}

/// Makes all host functions known to a linker.
///
/// # Errors
/// None that depends on a program.
pub fn register(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    link! { linker:
        read_args(ptr: u32) -> ();
        write_result(ptr: u32, len: u32) -> ();
        exit_early(status: u32) -> ();
        storage_load_bytes32(key: u32, dest: u32) -> ();
        storage_cache_bytes32(key: u32, value: u32) -> ();
        storage_flush_cache(clear: u32) -> ();
        transient_load_bytes32(key: u32, dest: u32) -> ();
        transient_store_bytes32(key: u32, value: u32) -> ();
        call_contract(contract: u32, data: u32, data_len: u32, value: u32, gas: u64, ret_len: u32) -> u32;
        delegate_call_contract(contract: u32, data: u32, data_len: u32, gas: u64, ret_len: u32) -> u32;
        static_call_contract(contract: u32, data: u32, data_len: u32, gas: u64, ret_len: u32) -> u32;
        create1(code: u32, code_len: u32, endowment: u32, contract: u32, revert_len: u32) -> ();
        create2(code: u32, code_len: u32, endowment: u32, salt: u32, contract: u32, revert_len: u32) -> ();
        read_return_data(dest: u32, offset: u32, size: u32) -> u32;
        return_data_size() -> u32;
        emit_log(data: u32, len: u32, topics: u32) -> ();
        account_balance(address: u32, dest: u32) -> ();
        account_code(address: u32, offset: u32, size: u32, dest: u32) -> u32;
        account_codehash(address: u32, dest: u32) -> ();
        account_code_size(address: u32) -> u32;
        evm_gas_left() -> u64;
        evm_ink_left() -> u64;
        block_basefee(ptr: u32) -> ();
        chainid() -> u64;
        block_coinbase(ptr: u32) -> ();
        block_gas_limit() -> u64;
        block_number() -> u64;
        block_timestamp() -> u64;
        contract_address(ptr: u32) -> ();
        math_div(value: u32, divisor: u32) -> ();
        math_mod(value: u32, modulus: u32) -> ();
        math_pow(value: u32, exponent: u32) -> ();
        math_add_mod(value: u32, addend: u32, modulus: u32) -> ();
        math_mul_mod(value: u32, multiplier: u32, modulus: u32) -> ();
        msg_reentrant() -> u32;
        msg_sender(ptr: u32) -> ();
        msg_value(ptr: u32) -> ();
        tx_gas_price(ptr: u32) -> ();
        tx_ink_price() -> u32;
        tx_origin(ptr: u32) -> ();
        pay_for_memory_grow(pages: u32) -> ();
        native_keccak256(input: u32, len: u32, output: u32) -> ();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wasmtime::{Engine, ExternType, Linker, Module, ValType};

    use super::*;
    use crate::abi::HOOKS;

    #[test]
    fn every_hook_is_linked_with_the_type_that_activation_demands() {
        let engine = Engine::default();
        let mut linker = Linker::new(&engine);
        register(&mut linker).expect("names are unique");
        let text = |types: &[wasmparser::ValType]| {
            types.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let wat: String = HOOKS
            .iter()
            .map(|(name, params, results)| {
                let list = |kind, types| format!("({kind} {})", text(types).join(" "));
                format!(
                    r#"(import "vm_hooks" "{name}" (func {} {}))"#,
                    list("param", params),
                    list("result", results)
                )
            })
            .collect();
        let wasm = wat::parse_str(format!("(module {wat})")).expect("valid");
        let module = Module::new(&engine, wasm).expect("valid");
        assert_eq!(module.imports().len(), 42);
        assert!(linker.instantiate_pre(&module).is_ok());
        let float = module.imports().any(|import| match import.ty() {
            ExternType::Func(ty) => ty
                .params()
                .chain(ty.results())
                .any(|ty| matches!(ty, ValType::F32 | ValType::F64)),
            _ => true,
        });
        assert!(!float);
    }
}
