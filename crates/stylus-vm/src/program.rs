//! A program in native code.

/// A program that is ready to run. Cheap to clone; shared between threads.
#[derive(Clone)]
pub struct CompiledProgram {}

/// A program could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CompileError(pub String);
