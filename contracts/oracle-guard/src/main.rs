//! Prints the contract's ABI.

fn main() {
    oracle_guard::print_from_args();
}
