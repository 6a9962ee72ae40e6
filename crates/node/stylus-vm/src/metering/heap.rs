//! Pays for memory before it grows: `crates/prover/src/programs/heap.rs` in Nitro.

use wasmparser::{FuncType, Operator, ValType};

use super::Globals;
use crate::binary::Binary;
use crate::invalid::InvalidProgram;

/// Most pages that a program may start with.
const HEAP_BOUND: u64 = 128;
const PAY_FUNC: &str = "pay_for_memory_grow";

/// The function that pays for growth, or none if the memory cannot grow.
pub fn pay_function(binary: &Binary<'_>) -> Result<Option<u32>, InvalidProgram> {
    let memory = match (binary.memories.as_slice(), binary.exports.get("memory")) {
        ([memory], Some((wasmparser::ExternalKind::Memory, 0))) => memory,
        _ => return Err(InvalidProgram::NoMemory),
    };
    if memory.initial > HEAP_BOUND {
        return Err(InvalidProgram::MemoryBound {
            pages: memory.initial,
            limit: HEAP_BOUND,
        });
    }
    if memory.maximum == Some(memory.initial) {
        return Ok(None);
    }
    let found = binary
        .imports
        .iter()
        .position(|(import, _)| import.module == "vm_hooks" && import.name == PAY_FUNC);
    let index = found.ok_or(InvalidProgram::NoPayForMemoryGrow)? as u32;
    match binary.function_type(index) {
        Some(ty) if *ty == FuncType::new([ValType::I32], []) => Ok(Some(index)),
        other => Err(InvalidProgram::WrongType {
            name: PAY_FUNC,
            found: format!("{other:?}"),
        }),
    }
}

/// Puts a call of `pay_func` with the number of pages before every `memory.grow`.
pub fn pay_for_growth<'a>(
    ops: Vec<Operator<'a>>,
    pay_func: Option<u32>,
    globals: Globals,
) -> Vec<Operator<'a>> {
    use Operator::*;
    let Some(function_index) = pay_func else {
        return ops;
    };
    let global_index = globals.scratch;
    let mut out = Vec::with_capacity(ops.len());
    for op in ops {
        if matches!(op, MemoryGrow { .. }) {
            out.extend([
                GlobalSet { global_index },
                GlobalGet { global_index },
                GlobalGet { global_index },
                Call { function_index },
            ]);
        }
        out.push(op);
    }
    out
}
