//! Why a module is not a valid program.

/// The rule that a module breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(
    missing_docs,
    reason = "every variant is one rule, and its message says which"
)]
pub enum InvalidProgram {
    #[error("failed to validate: {0}")]
    Malformed(String),
    #[error("unsupported section type: {0}")]
    Section(&'static str),
    #[error("unsupported import kind: {module}.{name} is not a function")]
    ImportKind { module: String, name: String },
    #[error("inconsistent imports for {module}.{name}")]
    InconsistentImports { module: String, name: String },
    #[error("binary exports an import with the same name {0}")]
    ExportedImport(String),
    #[error("binary exports reserved symbol {0}")]
    ReservedExport(String),
    #[error("binary imports reserved symbol {0}")]
    ReservedImport(String),
    #[error("start functions not allowed")]
    StartFunction,
    #[error("opcode not supported: {0}")]
    Opcode(String),
    #[error("too many values on the stack at once in func {func}: {values} > {limit}")]
    Contention { func: u32, values: u32, limit: u32 },
    #[error("frame too large in func {func}: {words} > {limit}-word limit")]
    FrameSize { func: u32, words: u32, limit: u32 },
    #[error("missing memory with export name memory")]
    NoMemory,
    #[error("memory size {pages} exceeds bound {limit}")]
    MemoryBound { pages: u64, limit: u64 },
    #[error(
        "missing import pay_for_memory_grow, which a program needs unless its memory cannot grow"
    )]
    NoPayForMemoryGrow,
    #[error("missing export with name {0}")]
    NoExport(&'static str),
    #[error("wrong type for {name}: {found}")]
    WrongType { name: &'static str, found: String },
    #[error("{0} too high")]
    Cost(&'static str),
    #[error("memory exceeds limit: {pages} > {limit}")]
    PageLimit { pages: u64, limit: u16 },
    #[error("too many wasm {what}: {count} > {limit}")]
    TooMany {
        what: &'static str,
        count: u64,
        limit: u64,
    },
    #[error("wasm module name too long: {len} > {limit}")]
    ModuleName { len: usize, limit: usize },
    #[error("no such import {name} in {module}")]
    UnknownImport { module: String, name: String },
    #[error("import {name} has the wrong signature: expected {expected} but have {found}")]
    ImportType {
        name: String,
        expected: String,
        found: String,
    },
    #[error("no implementation for floating point operation {0}")]
    FloatingPoint(String),
    #[error("out-of-bounds data segment with offset {offset} and size {size}")]
    DataSegment { offset: u32, size: usize },
    #[error("out-of-bounds element segment with offset {offset} and length {len}")]
    ElementSegment { offset: u32, len: u32 },
    #[error("non-constant {0}")]
    NotConstant(&'static str),
}

impl From<wasmparser::Error> for InvalidProgram {
    fn from(error: wasmparser::Error) -> Self {
        Self::Malformed(error.to_string())
    }
}
