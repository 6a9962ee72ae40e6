//! Prints the contract's ABI.

fn main() {
    margin_vault::print_from_args();
}
