//! Instrumentation of a program's functions.
//!
//! The passes run in Nitro's order (`WasmBinary::instrument`). A later pass sees what an earlier one inserted, but only the
//! first one prices instructions, so inserted instructions cost nothing by themselves.

mod depth;
mod dynamic;
mod heap;
mod meter;
mod price;

use wasmparser::{BlockType, Operator};

use crate::binary::Binary;
use crate::invalid::InvalidProgram;

/// Indices of the globals that the instrumentation adds after a module's own, in this order.
#[derive(Clone, Copy)]
pub struct Globals {
    /// `i64`: ink that is left.
    pub ink: u32,
    /// `i32`: 1 if ink has run out.
    pub status: u32,
    /// `i32`: a place for one value.
    pub scratch: u32,
    /// `i32`: words of stack that are left; 0 if it has overflowed.
    pub stack: u32,
}

impl Globals {
    /// How many there are.
    pub const COUNT: u32 = 4;

    const fn after(own: u32) -> Self {
        Self {
            ink: own,
            status: own + 1,
            scratch: own + 2,
            stack: own + 3,
        }
    }
}

/// Traps if the value on top of the stack is not 0, once a global has been set to `value`, which says why.
fn trap_if<'a>(global_index: u32, value: i32) -> [Operator<'a>; 5] {
    [
        Operator::If {
            blockty: BlockType::Empty,
        },
        Operator::I32Const { value },
        Operator::GlobalSet { global_index },
        Operator::Unreachable,
        Operator::End,
    ]
}

/// Replaces the code of all functions by instrumented code and returns where its globals will be.
pub fn instrument(binary: &mut Binary<'_>) -> Result<Globals, InvalidProgram> {
    let globals = Globals::after(binary.global_count);
    let pay_func = heap::pay_function(binary)?;
    let mut codes = std::mem::take(&mut binary.codes);
    for (func, code) in codes.iter_mut().enumerate() {
        let ops = std::mem::take(&mut code.ops);
        let ops = meter::meter(ops, &binary.types, globals);
        let ops = dynamic::meter_bulk(ops, globals)?;
        let ops = depth::check_depth(ops, binary, func as u32, code.local_count(), globals)?;
        code.ops = heap::pay_for_growth(ops, pay_func, globals);
    }
    binary.codes = codes;
    binary.global_count += Globals::COUNT;
    Ok(globals)
}

/// The bare name of an instruction.
pub fn op_name(op: &Operator<'_>) -> String {
    let text = format!("{op:?}");
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}
