//! Sizes that a program may not exceed: the second half of `WasmBinary::parse_user` in Nitro.

use wasmparser::ExternalKind;

use crate::binary::Binary;
use crate::invalid::InvalidProgram;

const SEGMENTS: u64 = 128;
const FUNCTIONS: u64 = 4_096;
const GLOBALS: u64 = 32_768;
const LOCALS: u64 = 348;
const FUNCTION_OPCODES: u64 = 65_536;
const IMPORTS: u64 = 513;
const TABLE_ENTRIES: u64 = 4_096;
/// In bytes, although it is called entries.
const ELEMENT_BYTES: u64 = 4_096;
const MODULE_NAME: usize = 512;

/// Checks an instrumented module. Of its exports only the entrypoint and the memory are kept, so they need no limit.
pub fn check_limits(binary: &Binary<'_>, page_limit: u16) -> Result<(), InvalidProgram> {
    let pages = binary
        .memories
        .first()
        .ok_or(InvalidProgram::NoMemory)?
        .initial;
    if pages > u64::from(page_limit) {
        return Err(InvalidProgram::PageLimit {
            pages,
            limit: page_limit,
        });
    }
    at_most("datas", binary.datas.len() as u64, SEGMENTS)?;
    at_most("elements", binary.elements.len() as u64, SEGMENTS)?;
    at_most("functions", binary.codes.len() as u64, FUNCTIONS)?;
    at_most("globals", u64::from(binary.global_count), GLOBALS)?;
    for code in &binary.codes {
        at_most("locals", u64::from(code.local_count()), LOCALS)?;
        at_most(
            "opcodes in func body",
            code.ops.len() as u64,
            FUNCTION_OPCODES,
        )?;
    }
    at_most("imports", binary.imports.len() as u64, IMPORTS)?;
    at_most(
        "table entries",
        binary.tables.iter().map(|table| table.initial).sum(),
        TABLE_ENTRIES,
    )?;
    at_most(
        "element entries",
        binary
            .elements
            .iter()
            .map(|elem| elem.range.len() as u64)
            .sum(),
        ELEMENT_BYTES,
    )?;
    if binary.module_name.len() > MODULE_NAME {
        return Err(InvalidProgram::ModuleName {
            len: binary.module_name.len(),
            limit: MODULE_NAME,
        });
    }
    Ok(())
}

fn at_most(what: &'static str, count: u64, limit: u64) -> Result<(), InvalidProgram> {
    if count > limit {
        Err(InvalidProgram::TooMany { what, count, limit })
    } else {
        Ok(())
    }
}

/// The name of the function that a call enters.
pub const ENTRYPOINT: &str = "user_entrypoint";

/// Finds the entrypoint, `(i32) -> i32`.
pub fn check_entrypoint(binary: &Binary<'_>) -> Result<u32, InvalidProgram> {
    use wasmparser::{FuncType, ValType::I32};
    let index = match binary.exports.get(ENTRYPOINT) {
        Some((ExternalKind::Func, index)) => *index,
        _ => return Err(InvalidProgram::NoExport(ENTRYPOINT)),
    };
    match binary.function_type(index) {
        Some(ty) if *ty == FuncType::new([I32], [I32]) => Ok(index),
        other => Err(InvalidProgram::WrongType {
            name: ENTRYPOINT,
            found: type_text(other),
        }),
    }
}

/// A function type as text.
pub fn type_text(ty: Option<&wasmparser::FuncType>) -> String {
    let Some(ty) = ty else { return "none".into() };
    let list = |types: &[wasmparser::ValType]| {
        types
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}
