//! Prints the part of the guard's ABI that this program serves; for `constructor`, nothing: it is the guard that is constructed.

#[path = "functions.rs"]
mod functions;

use guard_support::program::interface_of;

fn main() {
    if std::env::args().nth(1).as_deref() != Some("constructor") {
        print!("{}", interface_of(functions::SERVED));
    }
}
