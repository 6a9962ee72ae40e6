//! Makes stack overflow the same on every machine: `crates/prover/src/programs/depth.rs` in Nitro.
//!
//! Each function takes the most words that its frame can hold from a counter when it is entered, and gives them back when
//! it returns.

use wasmparser::{BlockType, FuncType, ModuleArity, Operator, SubType};

use super::Globals;
use crate::binary::Binary;
use crate::invalid::InvalidProgram;

/// Most words of a frame.
const FRAME_LIMIT: u32 = 10 * 1024;
/// Most values on the stack at once.
const CONTENTION_LIMIT: u32 = 4_096;
/// Words of a frame besides locals and values.
const FRAME_OVERHEAD: u32 = 4;

/// Adds the accounting to one function. `func` is its index among those defined in the module, `locals` the number that
/// it declares.
pub fn check_depth<'a>(
    ops: Vec<Operator<'a>>,
    binary: &Binary<'_>,
    func: u32,
    locals: u32,
    globals: Globals,
) -> Result<Vec<Operator<'a>>, InvalidProgram> {
    let values = most_values(&ops, binary)?;
    if values > CONTENTION_LIMIT {
        return Err(InvalidProgram::Contention {
            func,
            values,
            limit: CONTENTION_LIMIT,
        });
    }
    let words = values + locals + FRAME_OVERHEAD;
    if words > FRAME_LIMIT {
        return Err(InvalidProgram::FrameSize {
            func,
            words,
            limit: FRAME_LIMIT,
        });
    }
    Ok(instrument(ops, words, globals.stack))
}

/// The final `end` gets a `return` before it, so that every way out gives the words back.
fn instrument<'a>(mut ops: Vec<Operator<'a>>, words: u32, stack: u32) -> Vec<Operator<'a>> {
    let mut out = Vec::with_capacity(ops.len() + 32);
    out.extend(enter(words, stack));
    let end = ops.pop();
    for op in ops.into_iter().chain([Operator::Return]).chain(end) {
        if matches!(op, Operator::Return) {
            out.extend(leave(words, stack));
        }
        out.push(op);
    }
    out
}

fn enter<'a>(words: u32, stack: u32) -> [Operator<'a>; 12] {
    use Operator::*;
    let value = words as i32;
    let [open, zero, note, trap, end] = super::trap_if(stack, 0);
    [
        GlobalGet {
            global_index: stack,
        },
        I32Const { value },
        I32LeU,
        open,
        zero,
        note,
        trap,
        end,
        GlobalGet {
            global_index: stack,
        },
        I32Const { value },
        I32Sub,
        GlobalSet {
            global_index: stack,
        },
    ]
}

fn leave<'a>(words: u32, stack: u32) -> [Operator<'a>; 4] {
    use Operator::*;
    [
        GlobalGet {
            global_index: stack,
        },
        I32Const {
            value: words as i32,
        },
        I32Add,
        GlobalSet {
            global_index: stack,
        },
    ]
}

/// Height of the value stack, and the most it ever was. Heights are Nitro's, which in unreachable code and for block
/// results are not always those of WebAssembly.
#[derive(Default)]
struct Height {
    now: u32,
    most: u32,
}

impl Height {
    fn push(&mut self, count: usize) {
        self.now += count as u32;
        self.most = self.most.max(self.now);
    }

    fn pop(&mut self, count: usize) {
        self.now = self.now.saturating_sub(count as u32);
    }

    fn apply(&mut self, ty: &FuncType) {
        self.push(ty.results().len());
        self.pop(ty.params().len());
    }

    /// Room for the results of a block is taken when it is entered.
    fn enter(&mut self, ty: BlockType, types: &[FuncType]) {
        match ty {
            BlockType::Empty => {}
            BlockType::Type(_) => self.push(1),
            BlockType::FuncType(index) => self.apply(&types[index as usize]),
        }
    }
}

fn most_values(ops: &[Operator<'_>], binary: &Binary<'_>) -> Result<u32, InvalidProgram> {
    use Operator::*;
    let mut height = Height::default();
    let mut scopes = vec![0];
    for op in ops {
        match op {
            Block { blockty } | Loop { blockty } => {
                height.enter(*blockty, &binary.types);
                scopes.push(height.now);
            }
            If { blockty } => {
                height.pop(1);
                height.enter(*blockty, &binary.types);
                scopes.push(height.now);
            }
            Else => height.now = scopes.last().copied().unwrap_or_default(),
            End => height.now = scopes.pop().unwrap_or_default(),
            Call { function_index } => match binary.function_type(*function_index) {
                Some(ty) => height.apply(ty),
                None => {
                    return Err(InvalidProgram::Malformed(format!(
                        "missing func {function_index}"
                    )));
                }
            },
            CallIndirect { type_index, .. } => {
                height.apply(&binary.types[*type_index as usize]);
                height.pop(1);
            }
            Br { .. } | Return | Unreachable | Nop => {}
            BrIf { .. } | BrTable { .. } => height.pop(1),
            plain => {
                let (params, results) = plain
                    .operator_arity(&NoModule)
                    .ok_or_else(|| InvalidProgram::Opcode(super::op_name(plain)))?;
                height.push(results.saturating_sub(params) as usize);
                height.pop(params.saturating_sub(results) as usize);
            }
        }
    }
    Ok(height.most)
}

/// Instructions that are left to `operator_arity` depend on no type of the module.
struct NoModule;

impl ModuleArity for NoModule {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &wasmparser::RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(BlockType, wasmparser::FrameKind)> {
        None
    }
}
