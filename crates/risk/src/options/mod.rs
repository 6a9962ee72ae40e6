//! Options: Black-76 prices and Greeks.

pub mod black;
pub mod fixed;
pub mod normal;
