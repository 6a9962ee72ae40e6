//! Prints the part of the vault's ABI that this program serves.

fn main() {
    vault_registry::print_from_args();
}
