//! A module's sections, parsed and checked as `crates/prover/src/binary.rs` does in Nitro.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use wasmparser::{
    BinaryReader, Data, DataKind, Element, Export, ExternalKind, FuncType, FunctionBody, Import,
    KnownCustom, MemoryType, Name, NameSectionReader, Operator, Parser, Payload, TableType,
    TypeRef, Validator, WasmFeatures,
};

use crate::invalid::InvalidProgram;

/// A function that is defined in the module.
pub struct Code<'a> {
    /// Groups of locals as they are declared; parameters are not among them.
    pub locals: Vec<(u32, wasmparser::ValType)>,
    /// Instructions, the final `end` included.
    pub ops: Vec<Operator<'a>>,
}

impl Code<'_> {
    /// Number of declared locals.
    pub fn local_count(&self) -> u32 {
        self.locals.iter().map(|(count, _)| count).sum()
    }
}

/// A valid module, taken apart.
#[derive(Default)]
pub struct Binary<'a> {
    /// Types of functions, by index.
    pub types: Vec<FuncType>,
    /// Imported functions, with the indices of their types.
    pub imports: Vec<(Import<'a>, u32)>,
    /// Type of each function that is defined in the module.
    pub functions: Vec<u32>,
    /// Its tables.
    pub tables: Vec<TableType>,
    /// Its memories; a program has one.
    pub memories: Vec<MemoryType>,
    /// How many globals it has.
    pub global_count: u32,
    /// What it exports by which name: the kind, and the index among those of the kind.
    pub exports: BTreeMap<&'a str, (ExternalKind, u32)>,
    /// Whether it has a start function, which no program may.
    pub has_start: bool,
    /// What its tables are filled with.
    pub elements: Vec<Element<'a>>,
    /// Code of each function that is defined in the module.
    pub codes: Vec<Code<'a>>,
    /// What its memory is filled with.
    pub datas: Vec<Data<'a>>,
    /// Its name, from the section of names; empty without one.
    pub module_name: &'a str,
    /// Where each section's contents lie in the source, by section id.
    pub sections: BTreeMap<u8, Range<usize>>,
}

impl Binary<'_> {
    /// The type of any function, imported or defined.
    pub fn function_type(&self, index: u32) -> Option<&FuncType> {
        let imported = self.imports.len() as u32;
        let ty = match index.checked_sub(imported) {
            None => self.imports[index as usize].1,
            Some(local) => *self.functions.get(local as usize)?,
        };
        self.types.get(ty as usize)
    }
}

/// What Nitro's validator allows; everything else of WebAssembly is refused.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
}

/// Parses a module and checks what can be said of it without its costs.
pub fn parse(wasm: &[u8]) -> Result<Binary<'_>, InvalidProgram> {
    Validator::new_with_features(features()).validate_all(wasm)?;
    let mut binary = Binary::default();
    for payload in Parser::new(0).parse_all(wasm) {
        add_section(&mut binary, payload?)?;
    }
    check_imports(&binary)?;
    check_exports(&binary)?;
    Ok(binary)
}

fn add_section<'a>(binary: &mut Binary<'a>, payload: Payload<'a>) -> Result<(), InvalidProgram> {
    if let Some((id, range)) = payload.as_section() {
        binary.sections.insert(id, range);
    }
    match payload {
        Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
        Payload::TypeSection(types) => {
            for ty in types.into_iter_err_on_gc_types() {
                binary.types.push(ty?);
            }
        }
        Payload::ImportSection(imports) => {
            for import in imports.into_imports() {
                binary.imports.push(function_import(import?)?);
            }
        }
        Payload::FunctionSection(functions) => collect(&mut binary.functions, functions)?,
        Payload::TableSection(tables) => {
            for table in tables {
                binary.tables.push(table?.ty);
            }
        }
        Payload::MemorySection(memories) => collect(&mut binary.memories, memories)?,
        Payload::GlobalSection(globals) => add_globals(binary, globals)?,
        Payload::ExportSection(exports) => {
            for export in exports {
                let Export { name, kind, index } = export?;
                binary.exports.insert(name, (kind, index));
            }
        }
        Payload::StartSection { .. } => binary.has_start = true,
        Payload::ElementSection(elements) => collect(&mut binary.elements, elements)?,
        Payload::CodeSectionEntry(body) => binary.codes.push(function_body(&body)?),
        Payload::DataSection(datas) => collect(&mut binary.datas, datas)?,
        Payload::CustomSection(custom) => {
            if let KnownCustom::Name(_) = custom.as_known() {
                binary.module_name = module_name(custom.data())?.unwrap_or(binary.module_name);
            }
        }
        Payload::DataCountSection { .. } => return Err(InvalidProgram::Section("data count")),
        _ => return Err(InvalidProgram::Section("unknown")),
    }
    Ok(())
}

fn collect<'a, T>(
    into: &mut Vec<T>,
    section: wasmparser::SectionLimited<'a, T>,
) -> Result<(), InvalidProgram>
where
    T: wasmparser::FromReader<'a>,
{
    for item in section {
        into.push(item?);
    }
    Ok(())
}

fn function_import(import: Import<'_>) -> Result<(Import<'_>, u32), InvalidProgram> {
    match import.ty {
        TypeRef::Func(ty) => Ok((import, ty)),
        _ => Err(InvalidProgram::ImportKind {
            module: import.module.into(),
            name: import.name.into(),
        }),
    }
}

fn add_globals(
    binary: &mut Binary<'_>,
    globals: wasmparser::GlobalSectionReader<'_>,
) -> Result<(), InvalidProgram> {
    for global in globals {
        let mut init = global?.init_expr.get_operators_reader();
        let (first, second) = (init.read()?, init.read()?);
        let constant = matches!(
            first,
            Operator::I32Const { .. }
                | Operator::I64Const { .. }
                | Operator::F32Const { .. }
                | Operator::F64Const { .. }
        );
        if !constant || !matches!(second, Operator::End) || !init.eof() {
            return Err(InvalidProgram::NotConstant("global initializer"));
        }
        binary.global_count += 1;
    }
    Ok(())
}

fn function_body<'a>(body: &FunctionBody<'a>) -> Result<Code<'a>, InvalidProgram> {
    let locals = body
        .get_locals_reader()?
        .into_iter()
        .collect::<Result<_, _>>()?;
    let ops = body
        .get_operators_reader()?
        .into_iter()
        .collect::<Result<_, _>>()?;
    Ok(Code { locals, ops })
}

/// The module's name in a name section. All function names must be well-formed too.
fn module_name(section: &[u8]) -> Result<Option<&str>, InvalidProgram> {
    let mut found = None;
    for name in NameSectionReader::new(BinaryReader::new(section, 0)) {
        match name? {
            Name::Module { name, .. } => found = Some(name),
            Name::Function(names) => {
                for naming in names {
                    naming?;
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn check_imports(binary: &Binary<'_>) -> Result<(), InvalidProgram> {
    let mut seen = HashMap::new();
    for (import, ty) in &binary.imports {
        if seen
            .insert((import.module, import.name), ty)
            .is_some_and(|prior| prior != ty)
        {
            return Err(InvalidProgram::InconsistentImports {
                module: import.module.into(),
                name: import.name.into(),
            });
        }
    }
    Ok(())
}

/// Symbols of this prefix belong to the instrumentation.
const RESERVED: &str = "stylus";

fn check_exports(binary: &Binary<'_>) -> Result<(), InvalidProgram> {
    let symbols: Vec<&str> = binary
        .exports
        .keys()
        .filter_map(|name| name.rsplit("__").next())
        .collect();
    for (import, _) in &binary.imports {
        if symbols.contains(&import.name) {
            return Err(InvalidProgram::ExportedImport(import.name.into()));
        }
    }
    if let Some(name) = symbols.iter().find(|name| name.starts_with(RESERVED)) {
        return Err(InvalidProgram::ReservedExport((*name).into()));
    }
    if let Some((import, _)) = binary
        .imports
        .iter()
        .find(|(import, _)| import.name.starts_with(RESERVED))
    {
        return Err(InvalidProgram::ReservedImport(import.name.into()));
    }
    Ok(())
}

/// The constant offset of an active data segment, if it is one.
pub fn data_offset(data: &Data<'_>) -> Result<Option<u32>, InvalidProgram> {
    match &data.kind {
        DataKind::Active { offset_expr, .. } => {
            constant_offset(offset_expr, "data segment offset").map(Some)
        }
        DataKind::Passive => Ok(None),
    }
}

/// The value of a constant `i32` expression.
pub fn constant_offset(
    expr: &wasmparser::ConstExpr<'_>,
    what: &'static str,
) -> Result<u32, InvalidProgram> {
    let mut ops = expr.get_operators_reader();
    match (ops.read()?, ops.read()?, ops.eof()) {
        (Operator::I32Const { value }, Operator::End, true) => Ok(value as u32),
        _ => Err(InvalidProgram::NotConstant(what)),
    }
}
