//! Prints the contract's Solidity interface, or its constructor.

/// The constructor, as tools want to read it.
const CONSTRUCTOR_SIGNATURE: &str =
    "constructor(address owner, address guardian, address sequencer_uptime_feed)";

fn main() {
    if std::env::args().nth(1).as_deref() == Some("constructor") {
        println!("{CONSTRUCTOR_SIGNATURE}");
    } else {
        print!("{}", include_str!("../../interfaces/IOracleGuard.sol"));
    }
}
