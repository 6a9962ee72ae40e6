//! From selectors to functions.

use margin_vault::abi::{Args, Bytes, encode};
use margin_vault::program::Program;
use margin_vault::storage::{Field, Storage};

use crate::functions::selector;
use crate::{admin, views};

/// The program.
pub struct Registry;

impl Program for Registry {
    fn view(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::OWNER => views::address(store, Field::Owner),
            selector::PENDING_OWNER => views::address(store, Field::PendingOwner),
            selector::EMERGENCIES => views::emergencies(store),
            selector::STEWARD => views::address(store, Field::Steward),
            selector::QUOTE_TOKEN => views::address(store, Field::QuoteToken),
            selector::GUARD => views::address(store, Field::Guard),
            selector::ENGINE => views::address(store, Field::Engine),
            selector::POOL => views::address(store, Field::Pool),
            selector::INSTRUMENT => encode(&admin::instrument(store, store.listing(args.u32(0)))),
            selector::INSTRUMENTS => views::instruments(store),
            selector::PARAMETERS => encode(&admin::parameters(store)),
            selector::HEALTH => views::health(store, args.b256(0)),
            selector::BALANCES => views::balances(store, args.b256(0)),
            selector::POSITION => {
                let id = store.listing(args.u32(1));
                views::position(store, args.b256(0), id)
            }
            selector::LEGS => views::legs(store, args.b256(0)),
            selector::COVERAGE => views::coverage(store),
            selector::TOTALS => views::totals(store),
            selector::SHORTFALL => views::shortfall(store),
            selector::OPEN_INTEREST => views::open_interest(store, store.listing(args.u32(0))),
            selector::UNSETTLED => views::unsettled(store, store.listing(args.u32(0))),
            selector::IMMATURE => views::immature(store, args.b256(0)),
            selector::IMPAIRED_SINCE => views::impaired_since(store),
            selector::OUTFLOW => views::outflow(store),
            selector::OUTFLOW_CREDIT => views::outflow_credit(store, args.address(0)),
            selector::COVER => views::cover(store, store.listing(args.u32(0))),
            selector::DEBTS => views::debts(store, store.listing(args.u32(0))),
            selector::STUCK_DEBT => views::stuck_debt(store),
            selector::CLAIMS => views::claims(store),
            selector::FUNDING => views::funding(store, store.listing(args.u32(0))),
            selector::DUST => views::dust(store, store.listing(args.u32(0))),
            _ => return None,
        };
        Some(output)
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::INITIALIZE => admin::initialize(store, args),
            selector::TRANSFER_OWNERSHIP => admin::transfer_ownership(store, args.address(0)),
            selector::ACCEPT_OWNERSHIP => admin::accept_ownership(store),
            selector::SET_STEWARD => admin::set_steward(store, args.address(0), args.u32(1)),
            selector::SET_INSTRUMENT => admin::set_instrument(store, args),
            selector::SET_PARAMETERS => admin::set_parameters(store, args),
            _ => return None,
        };
        Some(output)
    }
}
