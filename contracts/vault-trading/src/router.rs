//! From selectors to functions.

use margin_vault::abi::{Args, Bytes, encode};
use margin_vault::program::Program;
use margin_vault::session::word;
use margin_vault::storage::Storage;
use margin_vault::word::Word;

use crate::orders::{self, Domain, ORDER_WORDS, Order};
use crate::settlement;

margin_vault::functions! {
    HASH_ORDER = vault::hashOrderCall;
    FILLED = vault::filledCall;
    IS_SIGNER = vault::isSignerCall;
    SETTLE = vault::settleCall;
    CANCEL = vault::cancelCall;
    SET_SIGNER = vault::setSignerCall;
}

/// The program.
pub struct Trading;

impl Program for Trading {
    fn view(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::HASH_ORDER => hash_order(args),
            selector::FILLED => orders::filled(store, args.b256(0), args.word(1)),
            selector::IS_SIGNER => {
                let allowed = store.is_signer(args.address(0), args.address(1));
                encode(&[Word::of(allowed.into())])
            }
            _ => return None,
        };
        Some(output)
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::SETTLE => settle(store, args),
            selector::CANCEL => orders::cancel(store, args.word(0)),
            selector::SET_SIGNER => orders::set_signer(store, args.address(0), args.bool(1)),
            _ => return None,
        };
        Some(output)
    }
}

/// hashOrder(Order order)
fn hash_order(args: Args) -> Bytes {
    let digest = Order::decode(args, 0).digest(&Domain::of_this_vault());
    encode(&[word(digest)])
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
