//! Pays for each basic block at its start: `crates/prover/src/programs/meter.rs` in Nitro.

use wasmparser::{FuncType, Operator};

use super::Globals;
use super::price::{ends_basic_block, op_ink};

/// Ink of the check itself, paid with every basic block.
const HEADER_INK: u64 = 2_450;

/// Puts before every basic block: if the ink left is less than its price, mark as exhausted and trap; else take it.
pub fn meter<'a>(
    ops: Vec<Operator<'a>>,
    types: &[FuncType],
    globals: Globals,
) -> Vec<Operator<'a>> {
    let mut out = Vec::with_capacity(ops.len() * 3);
    let mut block = Vec::new();
    let mut cost: u64 = 0;
    for op in ops {
        cost = cost.saturating_add(op_ink(&op, types));
        let last = ends_basic_block(&op);
        block.push(op);
        if last {
            out.extend(header(cost.saturating_add(HEADER_INK), globals));
            out.append(&mut block);
            cost = 0;
        }
    }
    out
}

fn header<'a>(cost: u64, globals: Globals) -> [Operator<'a>; 12] {
    use Operator::*;
    let Globals { ink, status, .. } = globals;
    let value = cost as i64;
    let [open, one, note, trap, end] = super::trap_if(status, 1);
    [
        GlobalGet { global_index: ink },
        I64Const { value },
        I64LtU,
        open,
        one,
        note,
        trap,
        end,
        GlobalGet { global_index: ink },
        I64Const { value },
        I64Sub,
        GlobalSet { global_index: ink },
    ]
}
