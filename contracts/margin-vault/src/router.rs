//! From selectors to functions.

use crate::abi::{Args, Bytes, encode};
use crate::error::{Error, OrRevert, revert};
use crate::orders::{self, ORDER_WORDS, Order};
use crate::session::word;
use crate::storage::{Field, Storage};
use crate::word::Word;
use crate::{accounts, admin, closing, trading, views};

/// Selectors as integers, which a `match` compares in one step.
mod selector {
    use alloy_sol_types::SolCall;

    use crate::abi::{IMarginVault as vault, IOwnable as ownable};

    macro_rules! selectors {
        ($($name:ident = $call:ty;)*) => {
            $(pub const $name: u32 = u32::from_be_bytes(<$call>::SELECTOR);)*
        };
    }

    selectors! {
        OWNER = ownable::ownerCall;
        PENDING_OWNER = ownable::pendingOwnerCall;
        TRANSFER_OWNERSHIP = ownable::transferOwnershipCall;
        ACCEPT_OWNERSHIP = ownable::acceptOwnershipCall;
        QUOTE_TOKEN = vault::quoteTokenCall;
        GUARD = vault::guardCall;
        POOL = vault::poolCall;
        INSTRUMENT = vault::instrumentCall;
        INSTRUMENTS = vault::instrumentsCall;
        PARAMETERS = vault::parametersCall;
        HASH_ORDER = vault::hashOrderCall;
        FILLED = vault::filledCall;
        HEALTH = vault::healthCall;
        BALANCES = vault::balancesCall;
        POSITION = vault::positionCall;
        LEGS = vault::legsCall;
        COVERAGE = vault::coverageCall;
        TOTALS = vault::totalsCall;
        SHORTFALL = vault::shortfallCall;
        OPEN_INTEREST = vault::openInterestCall;
        UNSETTLED = vault::unsettledCall;
        INITIALIZE = vault::initializeCall;
        SET_INSTRUMENT = vault::setInstrumentCall;
        SET_PARAMETERS = vault::setParametersCall;
        DEPOSIT = vault::depositCall;
        WITHDRAW = vault::withdrawCall;
        CONVERT = vault::convertCall;
        TOUCH = vault::touchCall;
        REBUCKET = vault::rebucketCall;
        SETTLE = vault::settleCall;
        CANCEL = vault::cancelCall;
        LIQUIDATE = vault::liquidateCall;
        LIQUIDATE_BATCH = vault::liquidateBatchCall;
        DELEVERAGE = vault::deleverageCall;
        RECOVER = vault::recoverCall;
    }
}

fn split(input: &[u8]) -> (u32, Args<'_>) {
    let (selector, arguments) = (input.split_first_chunk(), Error::UnknownFunction).or_revert();
    (u32::from_be_bytes(*selector), Args(arguments))
}

/// Serves a function that changes nothing; `None` if the selector is not one's.
pub fn view(input: &[u8]) -> Option<Bytes> {
    let (selector, args) = split(input);
    let store = &mut Storage::default();
    let output = match selector {
        selector::OWNER => encode(&[store.field(Field::Owner)]),
        selector::PENDING_OWNER => encode(&[store.field(Field::PendingOwner)]),
        selector::QUOTE_TOKEN => encode(&[store.field(Field::QuoteToken)]),
        selector::GUARD => encode(&[store.field(Field::Guard)]),
        selector::POOL => encode(&[store.field(Field::Pool)]),
        selector::INSTRUMENT => {
            encode(&admin::instrument(store, views::listed(store, args.u32(0))))
        }
        selector::INSTRUMENTS => views::instruments(store),
        selector::PARAMETERS => encode(&admin::parameters(store)),
        selector::HASH_ORDER => encode(&[word(Order::decode(args, 0).digest())]),
        selector::FILLED => encode(&[Word::of(store.filled(args.b256(0), args.word(1)))]),
        selector::HEALTH => views::health(store, args.b256(0)),
        selector::BALANCES => views::balances(store, args.b256(0)),
        selector::POSITION => {
            let id = views::listed(store, args.u32(1));
            views::position(store, args.b256(0), id)
        }
        selector::LEGS => views::legs(store, args.b256(0)),
        selector::COVERAGE => views::coverage(store),
        selector::TOTALS => views::totals(store),
        selector::SHORTFALL => views::shortfall(store),
        selector::OPEN_INTEREST => views::open_interest(store, views::listed(store, args.u32(0))),
        selector::UNSETTLED => views::unsettled(store, views::listed(store, args.u32(0))),
        _ => return None,
    };
    Some(output)
}

/// Serves a function that may change state.
pub fn execute(input: &[u8]) -> Bytes {
    let (selector, args) = split(input);
    let store = &mut Storage::default();
    match selector {
        selector::INITIALIZE => admin::initialize(store, args),
        selector::TRANSFER_OWNERSHIP => admin::transfer_ownership(store, args.address(0)),
        selector::ACCEPT_OWNERSHIP => admin::accept_ownership(store),
        selector::SET_INSTRUMENT => admin::set_instrument(store, args),
        selector::SET_PARAMETERS => admin::set_parameters(store, args),
        selector::DEPOSIT => accounts::deposit(store, args.b256(0), args.unsigned(1)),
        selector::WITHDRAW => {
            accounts::withdraw(store, args.b256(0), args.unsigned(1), args.address(2))
        }
        selector::CONVERT => accounts::convert(store, args.b256(0), saturated(args.word(1))),
        selector::TOUCH => accounts::touch(store, args.b256(0)),
        selector::REBUCKET => accounts::rebucket(store, args.b256(0)),
        selector::SETTLE => settle(store, args),
        selector::CANCEL => orders::cancel(store, args.word(0)),
        selector::LIQUIDATE => {
            closing::liquidate(store, args.b256(0), args.b256(1), saturated(args.word(2)))
        }
        selector::LIQUIDATE_BATCH => closing::liquidate_batch(
            store,
            args.array(0, 32),
            args.b256(1),
            saturated(args.word(2)),
        ),
        selector::DELEVERAGE => closing::deleverage(store, args.b256(0), saturated(args.word(1))),
        selector::RECOVER => closing::recover(store),
        _ => revert(Error::UnknownFunction),
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
    trading::settle(
        store,
        [(&maker, maker_signature), (&taker, taker_signature)],
        size,
    )
}

/// An upper limit, for which anything beyond 128 bits is as good as that.
const fn saturated(limit: Word) -> u128 {
    if limit.high == 0 {
        limit.low
    } else {
        u128::MAX
    }
}
