//! A vault with a perpetual, and a call and a put on it.

use ledger_model::OptionTerms;
use risk::{Price, Size, WAD};

use super::{Vault, usd};

/// What the perpetual is worth.
pub const SPOT: Price = Price(100 * WAD);
/// Names a call of delta 0.8.
pub const CALL: u8 = 1;
/// Names a put of delta -0.8.
pub const PUT: u8 = 2;
/// What both options are worth at the start.
pub const TEN: Price = Price(10 * WAD);

/// Three accounts with a thousand dollars each, after `trades` of a buyer with a seller: in what, how much, at what price.
pub fn after(trades: &[(usize, usize, u8, u128, Price)]) -> Vault {
    let mut vault = Vault::default();
    vault.list(0, SPOT);
    for (id, delta) in [(CALL, 8), (PUT, -8)] {
        let underlying = 0;
        vault.list_option(id, TEN, OptionTerms { underlying, delta });
    }
    for account in 0..3 {
        vault.deposit(account, usd(1_000)).unwrap();
    }
    for &(buyer, seller, id, size, price) in trades {
        vault
            .trade(buyer, seller, id, Size(size * WAD), price)
            .unwrap();
    }
    vault
}
