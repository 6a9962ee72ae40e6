//! The host functions of a running program.

mod call;
mod hooks;
mod meter;
mod state;

pub use hooks::register;
pub use state::{Exports, Host};

/// What makes a host function end the program.
#[derive(Debug, thiserror::Error)]
pub enum Escape {
    /// A pointer beyond the program's memory.
    #[error("out-of-bounds memory access by a host function")]
    Memory,
    /// Something that is not allowed.
    #[error("{0}")]
    Logical(&'static str),
    /// Ink has run out.
    #[error("out of ink")]
    OutOfInk,
    /// The program asked to end with this status.
    #[error("exit early: {0}")]
    Exit(u32),
}
