//! From selectors to functions.

use margin_vault::abi::{Args, Bytes};
use margin_vault::program::Program;
use margin_vault::storage::Storage;

use crate::functions::selector;
use crate::{conversion, fees, permits, recovery};

/// The program.
pub struct Profits;

impl Program for Profits {
    fn view(_: u32, _: Args, _: &mut Storage) -> Option<Bytes> {
        None
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::DEPOSIT_WITH_PERMIT => permits::permit(store, args),
            selector::RECOVER => {
                let id = store.listing(args.u32(0));
                recovery::recover(store, id)
            }
            selector::CONVERT => conversion::convert(store, args.b256(0), args.saturated(1)),
            selector::DISTRIBUTE_FEES => fees::distribute(store),
            _ => return None,
        };
        Some(output)
    }
}
