//! Prints the contract's ABI.

fn main() {
    market_factory::print_from_args();
}
