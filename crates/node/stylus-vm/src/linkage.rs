//! Whether a module can be put together: imports, floating point and segments (`Module::from_binary` in Nitro's
//! `crates/prover/src/machine.rs`, and `wasm_to_wavm`).

use wasmparser::{ElementItems, ElementKind, Operator};

use crate::abi;
use crate::binary::{Binary, constant_offset, data_offset};
use crate::invalid::InvalidProgram;
use crate::limits::type_text;

const PAGE_SIZE: u64 = 64 * 1024;

/// Checks an instrumented module.
pub fn check_linkage(binary: &Binary<'_>) -> Result<(), InvalidProgram> {
    check_hooks(binary)?;
    for code in &binary.codes {
        if let Some(op) = code.ops.iter().find(|op| needs_floating_point(op)) {
            return Err(InvalidProgram::FloatingPoint(crate::metering::op_name(op)));
        }
    }
    check_datas(binary)?;
    check_elements(binary)
}

fn check_hooks(binary: &Binary<'_>) -> Result<(), InvalidProgram> {
    for (import, ty) in &binary.imports {
        let Some(expected) = abi::hook_type(import.module, import.name) else {
            return Err(InvalidProgram::UnknownImport {
                module: import.module.into(),
                name: import.name.into(),
            });
        };
        let found = &binary.types[*ty as usize];
        if *found != expected {
            return Err(InvalidProgram::ImportType {
                name: import.name.into(),
                expected: type_text(Some(&expected)),
                found: type_text(Some(found)),
            });
        }
    }
    Ok(())
}

/// Loads, stores, constants and reinterpretations of floats exist (and can never be paid for); arithmetic does not.
#[rustfmt::skip]
fn needs_floating_point(op: &Operator<'_>) -> bool {
    use Operator::*;
    matches!(
        op,
        F32Eq | F32Ne | F32Lt | F32Gt | F32Le | F32Ge | F64Eq | F64Ne | F64Lt | F64Gt | F64Le | F64Ge
        | F32Abs | F32Neg | F32Ceil | F32Floor | F32Trunc | F32Nearest | F32Sqrt
        | F32Add | F32Sub | F32Mul | F32Div | F32Min | F32Max | F32Copysign
        | F64Abs | F64Neg | F64Ceil | F64Floor | F64Trunc | F64Nearest | F64Sqrt
        | F64Add | F64Sub | F64Mul | F64Div | F64Min | F64Max | F64Copysign
        | I32TruncF32S | I32TruncF32U | I32TruncF64S | I32TruncF64U
        | I64TruncF32S | I64TruncF32U | I64TruncF64S | I64TruncF64U
        | F32ConvertI32S | F32ConvertI32U | F32ConvertI64S | F32ConvertI64U | F32DemoteF64
        | F64ConvertI32S | F64ConvertI32U | F64ConvertI64S | F64ConvertI64U | F64PromoteF32
        | I32TruncSatF32S | I32TruncSatF32U | I32TruncSatF64S | I32TruncSatF64U
        | I64TruncSatF32S | I64TruncSatF32U | I64TruncSatF64S | I64TruncSatF64U
    )
}

fn check_datas(binary: &Binary<'_>) -> Result<(), InvalidProgram> {
    let memory = binary
        .memories
        .first()
        .map_or(0, |memory| memory.initial * PAGE_SIZE);
    for data in &binary.datas {
        let Some(offset) = data_offset(data)? else {
            continue;
        };
        if u64::from(offset) + data.data.len() as u64 > memory {
            return Err(InvalidProgram::DataSegment {
                offset,
                size: data.data.len(),
            });
        }
    }
    Ok(())
}

fn check_elements(binary: &Binary<'_>) -> Result<(), InvalidProgram> {
    for element in &binary.elements {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.kind
        else {
            continue;
        };
        let offset = constant_offset(offset_expr, "element segment offset")?;
        let ElementItems::Functions(functions) = &element.items else {
            return Err(InvalidProgram::NotConstant("element initializers"));
        };
        let entries = binary
            .tables
            .get(table_index.unwrap_or(0) as usize)
            .map_or(0, |table| table.initial);
        let len = functions.count();
        if u64::from(offset) + u64::from(len) > entries {
            return Err(InvalidProgram::ElementSegment { offset, len });
        }
    }
    Ok(())
}
