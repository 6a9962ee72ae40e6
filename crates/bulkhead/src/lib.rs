//! Bulkhead from the command line: a crisis on a local chain, the benchmarks, what a proposal would do, prices replayed through the guard, and
//! how long programs have.

/// Prints a line. A reader that has gone away ends nothing.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

pub mod abi;
pub mod bench;
pub mod chain;
pub mod demo;
pub mod deploy;
pub mod keeper;
pub mod market;
pub mod node;
pub mod orders;
pub mod picture;
pub mod prices;
pub mod programs;
pub mod project;
pub mod proposal;
pub mod replay;
pub mod units;
