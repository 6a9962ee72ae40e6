//! Prints the part of the guard's Solidity interface that this program serves itself, or its constructor.

#[path = "functions.rs"]
mod functions;

use guard_support::program::interface_of;

/// The constructor, as tools want to read it.
const CONSTRUCTOR_SIGNATURE: &str =
    "constructor(address owner, address guardian, address sequencer_uptime_feed, address settings)";

fn main() {
    if std::env::args().nth(1).as_deref() == Some("constructor") {
        println!("{CONSTRUCTOR_SIGNATURE}");
    } else {
        print!("{}", interface_of(functions::SERVED));
    }
}
