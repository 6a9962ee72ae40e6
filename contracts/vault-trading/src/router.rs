//! From selectors to functions.

use margin_vault::abi::{Args, Bytes};
use margin_vault::orders::{ORDER_WORDS, Order};
use margin_vault::program::Program;
use margin_vault::storage::Storage;

use crate::functions::selector;
use crate::settlement;

/// The program.
pub struct Trading;

impl Program for Trading {
    fn view(_: u32, _: Args, _: &mut Storage) -> Option<Bytes> {
        None
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        (selector == selector::SETTLE).then(|| settle(store, args))
    }
}

/// settle(Order maker, bytes makerSig, Order taker, bytes takerSig, uint256 size)
fn settle(store: &mut Storage, args: Args) -> Bytes {
    const MAKER_SIGNATURE: usize = ORDER_WORDS;
    const TAKER: usize = MAKER_SIGNATURE + 1;
    const TAKER_SIGNATURE: usize = TAKER + ORDER_WORDS;
    let maker = Order::decode(args, 0);
    let taker = Order::decode(args, TAKER);
    let maker_signature = args.bytes(MAKER_SIGNATURE);
    let taker_signature = args.bytes(TAKER_SIGNATURE);
    let size = args.unsigned(TAKER_SIGNATURE + 1);
    settlement::settle(
        store,
        [(&maker, maker_signature), (&taker, taker_signature)],
        size,
    )
}
