//! Which coin an asset of the guard is: its id is a hash of the vault and a symbol, so that symbols can only be tried.

use alloy::{
    primitives::{Address, B256, keccak256},
    sol_types::SolValue,
};

/// How a coin fares in a crisis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coin {
    /// Bitcoin.
    Bitcoin,
    /// Ether.
    Ether,
    /// A coin that is meant to be worth a dollar.
    Stable,
    /// Any other, and what has an unknown symbol.
    Other,
}

/// Symbols that are tried.
const SYMBOLS: [(&str, Coin); 12] = [
    ("BTC", Coin::Bitcoin),
    ("WBTC", Coin::Bitcoin),
    ("ETH", Coin::Ether),
    ("WETH", Coin::Ether),
    ("USDC", Coin::Stable),
    ("USDT", Coin::Stable),
    ("USDe", Coin::Stable),
    ("DAI", Coin::Stable),
    ("SOL", Coin::Other),
    ("ARB", Coin::Other),
    ("LINK", Coin::Other),
    ("XRP", Coin::Other),
];

/// What may follow a coin's name in a symbol.
const SUFFIXES: [&str; 4] = ["", "-PERP", "-QUARTER", "-USD"];

impl Coin {
    /// What `asset` of the market of `vault` is.
    pub fn of(vault: Address, asset: B256) -> Self {
        known(vault, asset).map_or(Self::Other, |(_, coin)| coin)
    }
}

/// The coin that `asset` is named after, if it is one of those that are tried.
pub fn symbol(vault: Address, asset: B256) -> Option<&'static str> {
    known(vault, asset).map(|(symbol, _)| symbol)
}

fn known(vault: Address, asset: B256) -> Option<(&'static str, Coin)> {
    SYMBOLS
        .into_iter()
        .find(|(symbol, _)| is_named(vault, asset, symbol))
}

fn is_named(vault: Address, asset: B256, coin: &str) -> bool {
    let mut symbols = SUFFIXES.iter().map(|suffix| format!("{coin}{suffix}"));
    symbols.any(|symbol| asset_of(vault, &symbol) == asset)
}

/// The guard's id of `symbol` in a market.
pub fn asset_of(vault: Address, symbol: &str) -> B256 {
    let symbol = B256::right_padding_from(symbol.as_bytes());
    keccak256((vault, symbol).abi_encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coin_is_known_by_its_symbol_in_its_own_market() {
        let [vault, other] = [1, 2].map(Address::repeat_byte);
        let ether = asset_of(vault, "ETH");
        assert_eq!(
            (Coin::of(vault, ether), symbol(vault, ether)),
            (Coin::Ether, Some("ETH"))
        );
        let perpetual = asset_of(vault, "BTC-PERP");
        assert_eq!(Coin::of(vault, perpetual), Coin::Bitcoin);
        assert_eq!(
            (Coin::of(other, ether), symbol(other, ether)),
            (Coin::Other, None)
        );
    }
}
