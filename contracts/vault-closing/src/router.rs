//! From selectors to functions.

use margin_vault::abi::{Args, Bytes};
use margin_vault::program::Program;
use margin_vault::storage::Storage;

use crate::{deleveraging, insurance, liquidation, settling};

margin_vault::functions! {
    TOUCH = vault::touchCall;
    REBUCKET = vault::rebucketCall;
    LIQUIDATE = vault::liquidateCall;
    LIQUIDATE_BATCH = vault::liquidateBatchCall;
    DELEVERAGE = vault::deleverageCall;
    RECOVER = vault::recoverCall;
}

/// The program.
pub struct Closing;

impl Program for Closing {
    fn view(_: u32, _: Args, _: &mut Storage) -> Option<Bytes> {
        None
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::TOUCH => settling::touch(store, args.b256(0)),
            selector::REBUCKET => settling::rebucket(store, args.b256(0)),
            selector::LIQUIDATE => {
                liquidation::liquidate(store, args.b256(0), args.b256(1), args.saturated(2))
            }
            selector::LIQUIDATE_BATCH => liquidation::liquidate_batch(
                store,
                args.array(0, 32),
                args.b256(1),
                args.saturated(2),
            ),
            selector::DELEVERAGE => {
                deleveraging::deleverage(store, args.b256(0), args.saturated(1))
            }
            selector::RECOVER => insurance::recover(store),
            _ => return None,
        };
        Some(output)
    }
}
