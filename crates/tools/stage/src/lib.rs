//! A market on a node of one's own, for the demo, the benchmarks and the tests: the node, the deployment, the market and its money.

#![warn(missing_docs)]

pub mod deploy;
pub mod market;
pub mod node;

/// Prints a line. A reader that has gone away ends nothing.
#[macro_export]
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}
