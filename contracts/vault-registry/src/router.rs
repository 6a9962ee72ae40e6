//! From selectors to functions.

use margin_vault::abi::{Args, Bytes, encode};
use margin_vault::program::Program;
use margin_vault::storage::{Field, Storage};

use crate::{admin, views};

margin_vault::functions! {
    OWNER = ownable::ownerCall;
    PENDING_OWNER = ownable::pendingOwnerCall;
    TRANSFER_OWNERSHIP = ownable::transferOwnershipCall;
    ACCEPT_OWNERSHIP = ownable::acceptOwnershipCall;
    STEWARD = vault::stewardCall;
    SET_STEWARD = vault::setStewardCall;
    QUOTE_TOKEN = vault::quoteTokenCall;
    GUARD = vault::guardCall;
    POOL = vault::poolCall;
    INSTRUMENT = vault::instrumentCall;
    INSTRUMENTS = vault::instrumentsCall;
    PARAMETERS = vault::parametersCall;
    HEALTH = vault::healthCall;
    BALANCES = vault::balancesCall;
    POSITION = vault::positionCall;
    LEGS = vault::legsCall;
    COVERAGE = vault::coverageCall;
    TOTALS = vault::totalsCall;
    SHORTFALL = vault::shortfallCall;
    OPEN_INTEREST = vault::openInterestCall;
    UNSETTLED = vault::unsettledCall;
    IMMATURE = vault::immatureCall;
    IMPAIRED_SINCE = vault::impairedSinceCall;
    OUTFLOW = vault::outflowCall;
    COVER = vault::coverCall;
    FUNDING = vault::fundingCall;
    DUST = vault::dustCall;
    INITIALIZE = vault::initializeCall;
    SET_INSTRUMENT = vault::setInstrumentCall;
    SET_PARAMETERS = vault::setParametersCall;
}

/// The program.
pub struct Registry;

impl Program for Registry {
    fn view(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        let output = match selector {
            selector::OWNER => views::address(store, Field::Owner),
            selector::PENDING_OWNER => views::address(store, Field::PendingOwner),
            selector::STEWARD => views::address(store, Field::Steward),
            selector::QUOTE_TOKEN => views::address(store, Field::QuoteToken),
            selector::GUARD => views::address(store, Field::Guard),
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
            selector::COVER => views::cover(store, store.listing(args.u32(0))),
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
            selector::SET_STEWARD => admin::set_steward(store, args.address(0)),
            selector::SET_INSTRUMENT => admin::set_instrument(store, args),
            selector::SET_PARAMETERS => admin::set_parameters(store, args),
            _ => return None,
        };
        Some(output)
    }
}
