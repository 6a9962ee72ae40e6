//! Prints the contract's Solidity interface; for `constructor`, nothing: there is none.

fn main() {
    if std::env::args().nth(1).as_deref() != Some("constructor") {
        print!("{}", include_str!("../../interfaces/IRiskEngine.sol"));
    }
}
