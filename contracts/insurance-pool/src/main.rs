//! Prints the contract's ABI, as far as the program serves it; for `constructor`, nothing: a clone is initialised instead.

mod functions;
mod interface;

use program_support::interface::part_of;

/// Functions of `IERC4626` and `IERC20` that the pool's interface inherits as they are: name, symbol, decimals, asset, allowance.
const INHERITED: usize = 5;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("constructor") {
        return;
    }
    let own = include_str!("../../interfaces/IInsurancePool.sol");
    let of_erc4626 = |signature: &&&str| {
        let name = signature.split('(').next().unwrap_or_default();
        !own.contains(&format!("function {name}(")) && !name.contains("wner")
    };
    let inherited = functions::SERVED.iter().filter(of_erc4626).count();
    assert_eq!(inherited, INHERITED, "functions of ERC-20 and ERC-4626");
    print!("{}", part_of(own, functions::SERVED));
}
