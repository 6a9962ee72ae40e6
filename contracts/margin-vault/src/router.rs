//! From selectors to functions.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;

use crate::abi::IMarginVault::{
    balancesCall, cancelCall, convertCall, coverageCall, deleverageCall, depositCall, filledCall, guardCall, hashOrderCall,
    healthCall, initializeCall, instrumentCall, instrumentsCall, legsCall, liquidateBatchCall, liquidateCall, openInterestCall,
    parametersCall, poolCall, positionCall, quoteTokenCall, rebucketCall, recoverCall, setInstrumentCall, setParametersCall,
    settleCall, shortfallCall, totalsCall, touchCall, unsettledCall, withdrawCall,
};
use crate::abi::IOwnable::{acceptOwnershipCall, ownerCall, pendingOwnerCall, transferOwnershipCall};
use crate::abi::{Args, encode};
use crate::error::{Error, Result};
use crate::orders::{self, ORDER_WORDS, Order};
use crate::storage::{Field, Storage};
use crate::word::Word;
use crate::{accounts, admin, closing, trading, views};

fn split(input: &[u8]) -> Result<([u8; 4], Args<'_>)> {
    let (selector, arguments) = input.split_first_chunk().ok_or(Error::UnknownFunction)?;
    Ok((*selector, Args(arguments)))
}

/// Serves a function that changes nothing; `None` if the selector is not one's.
pub fn view(input: &[u8]) -> Result<Option<Vec<u8>>> {
    let (selector, args) = split(input)?;
    let store = &mut Storage::default();
    let output = match selector {
        ownerCall::SELECTOR => encode(&[store.field(Field::Owner)]),
        pendingOwnerCall::SELECTOR => encode(&[store.field(Field::PendingOwner)]),
        quoteTokenCall::SELECTOR => encode(&[store.field(Field::QuoteToken)]),
        guardCall::SELECTOR => encode(&[store.field(Field::Guard)]),
        poolCall::SELECTOR => encode(&[store.field(Field::Pool)]),
        instrumentCall::SELECTOR => encode(&admin::instrument(store, views::listed(store, args.u32(0)?)?)),
        instrumentsCall::SELECTOR => views::instruments(store),
        parametersCall::SELECTOR => encode(&admin::parameters(store)),
        hashOrderCall::SELECTOR => Order::decode(args, 0)?.digest().to_vec(),
        filledCall::SELECTOR => encode(&[Word::of(store.filled(args.b256(0)?, args.word(1)?))]),
        healthCall::SELECTOR => views::health(store, args.b256(0)?)?,
        balancesCall::SELECTOR => views::balances(store, args.b256(0)?),
        positionCall::SELECTOR => {
            let id = views::listed(store, args.u32(1)?)?;
            views::position(store, args.b256(0)?, id)?
        }
        legsCall::SELECTOR => views::legs(store, args.b256(0)?)?,
        coverageCall::SELECTOR => views::coverage(store)?,
        totalsCall::SELECTOR => views::totals(store),
        shortfallCall::SELECTOR => views::shortfall(store),
        openInterestCall::SELECTOR => views::open_interest(store, views::listed(store, args.u32(0)?)?),
        unsettledCall::SELECTOR => views::unsettled(store, views::listed(store, args.u32(0)?)?)?,
        _ => return Ok(None),
    };
    Ok(Some(output))
}

/// Serves a function that may change state.
pub fn execute(input: &[u8]) -> Result<Vec<u8>> {
    let (selector, args) = split(input)?;
    let store = &mut Storage::default();
    match selector {
        initializeCall::SELECTOR => admin::initialize(store, args),
        transferOwnershipCall::SELECTOR => admin::transfer_ownership(store, args.address(0)?),
        acceptOwnershipCall::SELECTOR => admin::accept_ownership(store),
        setInstrumentCall::SELECTOR => admin::set_instrument(store, args),
        setParametersCall::SELECTOR => admin::set_parameters(store, args),
        depositCall::SELECTOR => accounts::deposit(store, args.b256(0)?, args.unsigned(1)?),
        withdrawCall::SELECTOR => accounts::withdraw(store, args.b256(0)?, args.unsigned(1)?, args.address(2)?),
        convertCall::SELECTOR => accounts::convert(store, args.b256(0)?, saturated(args.word(1)?)),
        touchCall::SELECTOR => accounts::touch(store, args.b256(0)?),
        rebucketCall::SELECTOR => accounts::rebucket(store, args.b256(0)?),
        settleCall::SELECTOR => settle(store, args),
        cancelCall::SELECTOR => orders::cancel(store, args.word(0)?),
        liquidateCall::SELECTOR => {
            closing::liquidate(store, args.b256(0)?, args.b256(1)?, saturated(args.word(2)?))
        }
        liquidateBatchCall::SELECTOR => {
            closing::liquidate_batch(store, args.array(0, 1)?, args.b256(1)?, saturated(args.word(2)?))
        }
        deleverageCall::SELECTOR => closing::deleverage(store, args.b256(0)?, saturated(args.word(1)?)),
        recoverCall::SELECTOR => closing::recover(store),
        _ => Err(Error::UnknownFunction),
    }
}

/// settle(Order maker, bytes makerSig, Order taker, bytes takerSig, uint256 size)
fn settle(store: &mut Storage, args: Args) -> Result<Vec<u8>> {
    const MAKER_SIGNATURE: usize = ORDER_WORDS;
    const TAKER: usize = MAKER_SIGNATURE + 1;
    const TAKER_SIGNATURE: usize = TAKER + ORDER_WORDS;
    let maker = Order::decode(args, 0)?;
    let taker = Order::decode(args, TAKER)?;
    let maker_signature = args.bytes(MAKER_SIGNATURE)?;
    let taker_signature = args.bytes(TAKER_SIGNATURE)?;
    let size = args.unsigned(TAKER_SIGNATURE + 1)?;
    trading::settle(store, (&maker, maker_signature), (&taker, taker_signature), size)
}

/// An upper limit, for which anything beyond 128 bits is as good as that.
const fn saturated(limit: Word) -> u128 {
    if limit.high == 0 { limit.low } else { u128::MAX }
}
