//! Prints the contract's ABI.

fn main() {
    insurance_pool::print_from_args();
}
