//! Prints the contract's ABI.

fn main() {
    risk_engine::print_from_args();
}
