//! Prints the contract's ABI.

extern crate alloc;

/// The program itself, whose crate is no library: one would be built without optimisation over crates.
#[path = "lib.rs"]
mod risk_steward;

fn main() {
    risk_steward::print_from_args();
}
