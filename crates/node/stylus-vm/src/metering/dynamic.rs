//! Pays for the bytes that bulk memory instructions touch: `crates/prover/src/programs/dynamic.rs` in Nitro.

use wasmparser::Operator;

use super::Globals;
use crate::invalid::InvalidProgram;

/// Ink per byte of `memory.fill` and `memory.copy`.
const BYTE_INK: i64 = 100;

/// Puts the payment before every bulk instruction, and refuses those that Stylus does not have.
pub fn meter_bulk<'a>(
    ops: Vec<Operator<'a>>,
    globals: Globals,
) -> Result<Vec<Operator<'a>>, InvalidProgram> {
    use Operator::*;
    let mut out = Vec::with_capacity(ops.len());
    for op in ops {
        match op {
            MemoryFill { .. } | MemoryCopy { .. } => out.extend(payment(globals)),
            MemoryInit { .. }
            | DataDrop { .. }
            | ElemDrop { .. }
            | TableInit { .. }
            | TableCopy { .. }
            | TableFill { .. }
            | TableGet { .. }
            | TableSet { .. }
            | TableGrow { .. }
            | TableSize { .. } => return Err(InvalidProgram::Opcode(super::op_name(&op))),
            _ => {}
        }
        out.push(op);
    }
    Ok(out)
}

/// Takes the size from the top of the stack, pays, and puts it back. Paying more than is left wraps, which the
/// comparison of old and new ink finds.
fn payment<'a>(globals: Globals) -> [Operator<'a>; 17] {
    use Operator::*;
    let Globals {
        ink,
        status,
        scratch,
        ..
    } = globals;
    let [open, value, note, trap, end] = super::trap_if(status, 1);
    [
        GlobalSet {
            global_index: scratch,
        },
        GlobalGet { global_index: ink },
        GlobalGet { global_index: ink },
        GlobalGet {
            global_index: scratch,
        },
        I64ExtendI32U,
        I64Const { value: BYTE_INK },
        I64Mul,
        I64Sub,
        GlobalSet { global_index: ink },
        GlobalGet { global_index: ink },
        I64LtU,
        open,
        value,
        note,
        trap,
        end,
        GlobalGet {
            global_index: scratch,
        },
    ]
}
