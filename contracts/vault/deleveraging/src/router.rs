//! From selectors to functions.

use margin_vault::abi::{Args, Bytes};
use margin_vault::program::Program;
use margin_vault::storage::Storage;

use crate::deleveraging;
use crate::functions::selector;

/// The program.
pub struct Deleveraging;

impl Program for Deleveraging {
    fn view(_: u32, _: Args, _: &mut Storage) -> Option<Bytes> {
        None
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::DELEVERAGE => {
                deleveraging::deleverage(store, args.b256(0), args.saturated(1))
            }
            _ => return None,
        };
        Some(output)
    }
}
