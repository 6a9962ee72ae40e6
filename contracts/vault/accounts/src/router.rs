//! From selectors to functions.

use margin_vault::abi::{Args, Bytes};
use margin_vault::program::Program;
use margin_vault::storage::Storage;

use crate::functions::selector;
use crate::{money, rebucketing, settling};

/// The program.
pub struct Accounts;

impl Program for Accounts {
    fn view(_: u32, _: Args, _: &mut Storage) -> Option<Bytes> {
        None
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::DEPOSIT => money::deposit(store, args.b256(0), args.unsigned(1)),
            selector::WITHDRAW => {
                money::withdraw(store, args.b256(0), args.unsigned(1), args.address(2))
            }
            selector::TOUCH => settling::touch(store, args.b256(0)),
            selector::REBUCKET => rebucketing::rebucket(store, args.b256(0)),
            selector::TRANSFER => {
                money::transfer(store, args.b256(0), args.b256(1), args.unsigned(2))
            }
            _ => return None,
        };
        Some(output)
    }
}
