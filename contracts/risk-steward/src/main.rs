//! Prints the contract's ABI.

fn main() {
    risk_steward::print_from_args();
}
