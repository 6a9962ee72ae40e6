//! Prints the part of the vault's ABI that this program serves.

fn main() {
    vault_liquidation::print_from_args();
}
