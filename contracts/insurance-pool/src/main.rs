//! Prints the contract's ABI.

extern crate alloc;

/// The program itself, whose crate is no library: one would be built without optimisation over crates.
#[path = "lib.rs"]
mod insurance_pool;

fn main() {
    insurance_pool::print_from_args();
}
