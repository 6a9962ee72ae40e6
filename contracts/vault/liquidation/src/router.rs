//! From selectors to functions.

use margin_vault::abi::{Args, Bytes};
use margin_vault::program::Program;
use margin_vault::storage::Storage;

use crate::functions::selector;
use crate::liquidation;

/// The program.
pub struct Liquidating;

impl Program for Liquidating {
    fn view(_: u32, _: Args, _: &mut Storage) -> Option<Bytes> {
        None
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::LIQUIDATE => {
                liquidation::liquidate(store, args.b256(0), args.b256(1), args.saturated(2))
            }
            selector::LIQUIDATE_BATCH => liquidation::liquidate_batch(
                store,
                args.array(0, 32),
                args.b256(1),
                args.saturated(2),
            ),
            _ => return None,
        };
        Some(output)
    }
}
