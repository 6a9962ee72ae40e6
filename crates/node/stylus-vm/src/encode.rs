//! Writes an instrumented module.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection, GlobalType, Module,
    RawSection, SectionId, ValType,
};
use wasmparser::{BinaryReader, GlobalSectionReader};

use crate::activate::Prepared;
use crate::invalid::InvalidProgram;
use crate::limits::ENTRYPOINT;

/// Export names of the globals that the instrumentation adds.
pub const INK_LEFT: &str = "stylus_ink_left";
/// See [`INK_LEFT`].
pub const INK_STATUS: &str = "stylus_ink_status";
/// See [`INK_LEFT`].
pub const STACK_LEFT: &str = "stylus_stack_left";
/// Export name of the memory.
pub const MEMORY: &str = "memory";

/// Sections that are copied as they are.
const COPIED: [SectionId; 5] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
];

/// The instrumented module as WASM. `wasm` is the source that `prepared` was made of.
pub fn encode(wasm: &[u8], prepared: &Prepared<'_>) -> Result<Vec<u8>, InvalidProgram> {
    let mut module = Module::new();
    let copy = |module: &mut Module, id: SectionId| {
        if let Some(range) = prepared.binary.sections.get(&(id as u8)) {
            module.section(&RawSection {
                id: id as u8,
                data: &wasm[range.clone()],
            });
        }
    };
    for id in COPIED {
        copy(&mut module, id);
    }
    module.section(&globals(wasm, prepared)?);
    module.section(&exports(prepared));
    copy(&mut module, SectionId::Element);
    module.section(&code(prepared)?);
    copy(&mut module, SectionId::Data);
    Ok(module.finish())
}

fn internal(error: impl std::fmt::Display) -> InvalidProgram {
    InvalidProgram::Malformed(format!("failed to instrument: {error}"))
}

fn globals(wasm: &[u8], prepared: &Prepared<'_>) -> Result<GlobalSection, InvalidProgram> {
    let mut section = GlobalSection::new();
    if let Some(range) = prepared.binary.sections.get(&(SectionId::Global as u8)) {
        let reader =
            GlobalSectionReader::new(BinaryReader::new(&wasm[range.clone()], range.start))?;
        RoundtripReencoder
            .parse_global_section(&mut section, reader)
            .map_err(internal)?;
    }
    let mutable = |val_type| GlobalType {
        val_type,
        mutable: true,
        shared: false,
    };
    section.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
    for _ in 0..3 {
        section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
    }
    Ok(section)
}

fn exports(prepared: &Prepared<'_>) -> ExportSection {
    let mut section = ExportSection::new();
    section.export(MEMORY, ExportKind::Memory, 0);
    section.export(ENTRYPOINT, ExportKind::Func, prepared.entrypoint);
    section.export(INK_LEFT, ExportKind::Global, prepared.globals.ink);
    section.export(INK_STATUS, ExportKind::Global, prepared.globals.status);
    section.export(STACK_LEFT, ExportKind::Global, prepared.globals.stack);
    section
}

fn code(prepared: &Prepared<'_>) -> Result<CodeSection, InvalidProgram> {
    let mut section = CodeSection::new();
    for code in &prepared.binary.codes {
        let locals = code
            .locals
            .iter()
            .map(|&(count, ty)| Ok((count, RoundtripReencoder.val_type(ty).map_err(internal)?)))
            .collect::<Result<Vec<_>, InvalidProgram>>()?;
        let mut function = Function::new(locals);
        for op in &code.ops {
            function.instruction(
                &RoundtripReencoder
                    .instruction(op.clone())
                    .map_err(internal)?,
            );
        }
        section.function(&function);
    }
    Ok(section)
}
