//! Prints the part of the vault's ABI that this program serves; for `constructor`, nothing: a clone is initialised instead.

#[path = "functions.rs"]
mod functions;

use margin_vault::program::interface_of;

fn main() {
    if std::env::args().nth(1).as_deref() != Some("constructor") {
        print!("{}", interface_of(functions::SERVED));
    }
}
