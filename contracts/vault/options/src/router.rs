//! From selectors to functions.

use margin_vault::abi::{Args, Bytes, encode};
use margin_vault::program::Program;
use margin_vault::storage::Storage;

use crate::functions::selector;
use crate::{closing, listing, orders, portfolio, rules};

/// The program.
pub struct Options;

impl Program for Options {
    fn view(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::OPTION_RULES => encode(&rules::rules(store, store.listing(args.u32(0)))),
            selector::OPTION => listing::option(store, store.listing(args.u32(0))),
            selector::SERIES_OF => listing::series_of(store, args),
            selector::OPTION_TOTALS => listing::totals(store, store.listing(args.u32(0))),
            selector::PORTFOLIO => {
                let underlying = store.listing(args.u32(1));
                portfolio::portfolio(store, args.b256(0), underlying)
            }
            selector::HASH_ORDER => orders::hash(args),
            selector::EIP712_DOMAIN => orders::domain(),
            selector::FILLED => orders::filled(store, args.b256(0), args.word(1)),
            selector::IS_SIGNER => orders::is_signer(store, args.address(0), args.address(1)),
            _ => return None,
        };
        Some(output)
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::SET_OPTION_RULES => rules::set(store, args),
            selector::LIST_OPTION => listing::list(store, args),
            selector::DELIST => listing::delist(store, args.u32(0)),
            selector::CLOSE_OPTION => closing::close(store, args.u32(0)),
            selector::SETTLE_OPTION => closing::settle(store, args.u32(0)),
            selector::REFRESH => listing::refresh(store, args),
            selector::CANCEL => orders::cancel(store, args.word(0)),
            selector::SET_SIGNER => orders::set_signer(store, args.address(0), args.bool(1)),
            _ => return None,
        };
        Some(output)
    }
}
