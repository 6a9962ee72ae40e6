//! Set-up, ownership and parameters.

use alloy_primitives::Address;
use alloy_sol_types::SolEvent;
use risk::{InstrumentId, Ratio, Side, Size, Store, Terms, Usd, WAD};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{AccountAccess, MessageAccess};

use crate::abi::{Args, Bytes, IMarginVault, IOwnable};
use crate::calls;
use crate::error::{Error, OrRevert, require};
use crate::session::emit;
use crate::storage::{Field, InstrumentField, Storage};
use crate::word::Word;

/// Bytes of an ERC-1167 clone.
const CLONE_SIZE: usize = 45;
/// Words of an encoded instrument: asset, maintenance rate, initial rate, price band, open interest limit.
const INSTRUMENT_WORDS: usize = 5;
const MAX_DECIMALS: u128 = 18;

const PERCENT: u64 = 10_000_000_000_000_000;
/// Defaults of DESIGN: the penalty rises from 5 % of maintenance margin to all of it in 10 minutes. A rest of less than 10
/// quote tokens is not worth anybody's gas.
const PENALTY_START: u64 = 5 * PERCENT;
const PENALTY_RAMP: u32 = 600;
const DUST_NOTIONAL: u128 = 10 * WAD;
/// Hard bounds of the parameters.
const MAX_PENALTY_START: u64 = 50 * PERCENT;
const PENALTY_RAMPS: core::ops::RangeInclusive<u32> = 60..=86_400;
const MAX_DUST: u128 = 10_000 * WAD;
const MAX_RATE: u64 = 100 * PERCENT;
const MAX_BAND: u64 = 20 * PERCENT;

/// Sets up a clone, once.
pub fn initialize(store: &mut Storage, args: Args) -> Bytes {
    let vm = WasmVM::default();
    require(
        vm.code_size(vm.contract_address()) == CLONE_SIZE,
        Error::NotAClone,
    );
    require(
        store.field(Field::Unit) == Word::ZERO,
        Error::AlreadyInitialized,
    );
    for (place, field) in [Field::Owner, Field::QuoteToken, Field::Guard, Field::Pool]
        .into_iter()
        .enumerate()
    {
        let address = args.address(place);
        require(!address.is_zero(), Error::InvalidParameters);
        store.set_field(field, Word::of_address(address));
    }
    let decimals = calls::decimals(store.address(Field::QuoteToken));
    require(decimals <= MAX_DECIMALS, Error::InvalidParameters);
    let mut unit = 1;
    for _ in decimals..MAX_DECIMALS {
        unit *= 10;
    }
    store.set_field(Field::Unit, Word::of(unit));
    transferred(Address::ZERO, store.address(Field::Owner));
    let defaults = [PENALTY_START.into(), PENALTY_RAMP.into(), 0, DUST_NOTIONAL].map(Word::of);
    store_parameters(store, &defaults);

    let (ids, count) = args.array(4, 32);
    let (instruments, described) = args.array(5, INSTRUMENT_WORDS * 32);
    require(count == described, Error::InvalidParameters);
    for place in 0..count {
        let id = ids.u32(place);
        require(store.listed(id).is_none(), Error::InvalidParameters);
        put_instrument(
            store,
            id,
            Args(instruments.slice(place * INSTRUMENT_WORDS * 32, INSTRUMENT_WORDS * 32)),
        );
    }
    &[]
}

/// Reverts unless the caller owns the vault.
fn only_owner(store: &Storage) {
    let caller = WasmVM::default().msg_sender();
    require(store.address(Field::Owner) == caller, Error::NotOwner);
}

/// Offers ownership to `to`.
pub fn transfer_ownership(store: &mut Storage, to: Address) -> Bytes {
    only_owner(store);
    store.set_field(Field::PendingOwner, Word::of_address(to));
    let indexed = [store.field(Field::Owner), Word::of_address(to)];
    emit(
        &IOwnable::OwnershipTransferStarted::SIGNATURE_HASH,
        2,
        &indexed,
    );
    &[]
}

/// Takes offered ownership.
pub fn accept_ownership(store: &mut Storage) -> Bytes {
    let caller = WasmVM::default().msg_sender();
    require(
        store.address(Field::PendingOwner) == caller,
        Error::NotPendingOwner,
    );
    let previous = store.address(Field::Owner);
    store.set_field(Field::Owner, Word::of_address(caller));
    store.set_field(Field::PendingOwner, Word::ZERO);
    transferred(previous, caller);
    &[]
}

fn transferred(from: Address, to: Address) {
    emit(
        &IOwnable::OwnershipTransferred::SIGNATURE_HASH,
        2,
        &[Word::of_address(from), Word::of_address(to)],
    );
}

/// Lists an instrument, or changes the parameters of one.
pub fn set_instrument(store: &mut Storage, args: Args) -> Bytes {
    only_owner(store);
    let id = args.u32(0);
    put_instrument(store, id, Args(args.slice(32, INSTRUMENT_WORDS * 32)));
    &[]
}

fn put_instrument(store: &mut Storage, number: u32, given: Args) {
    let asset = given.word(0);
    let (maintenance, initial, band) = (given.u64(1), given.u64(2), given.u64(3));
    let limit = given.unsigned(4);
    let in_bounds = asset != Word::ZERO
        && maintenance > 0
        && maintenance < initial
        && initial <= MAX_RATE
        && band <= MAX_BAND;
    require(in_bounds, Error::InvalidParameters);
    let id = match store.listed(number) {
        Some(id) => id,
        None => list(store, number),
    };
    let open = store.side(id, Side::Long).open_interest > Size::ZERO;
    require(
        !open || store.instrument_field(id, InstrumentField::Asset) == asset,
        Error::InvalidParameters,
    );
    let high = u128::from(maintenance) << 64 | u128::from(initial);
    let low = u128::from(band) << 64 | u128::from(number);
    store.set_instrument_field(id, InstrumentField::Asset, asset);
    store.set_instrument_field(id, InstrumentField::Rates, Word::new(high, low));
    store.set_instrument_field(id, InstrumentField::Limit, Word::new(limit, 0));
    let mut words = [Word::of(number.into()); 1 + INSTRUMENT_WORDS];
    words[1..].copy_from_slice(&instrument(store, id));
    emit(&IMarginVault::InstrumentSet::SIGNATURE_HASH, 1, &words);
}

fn list(store: &mut Storage, number: u32) -> InstrumentId {
    let listed = store.field(Field::Listed).low;
    // A place is stored as one more in a byte of an account.
    let id = u8::try_from(listed).ok().filter(|&id| id < u8::MAX);
    let id = (id, Error::InvalidParameters).or_revert();
    store.set_listed(number, id);
    store.set_field(Field::Listed, Word::of(listed + 1));
    id
}

/// An instrument's parameters as the interface encodes them.
pub fn instrument(store: &Storage, id: InstrumentId) -> [Word; INSTRUMENT_WORDS] {
    let rates = store.instrument_field(id, InstrumentField::Rates);
    let half = u128::from(u64::MAX);
    [
        store.instrument_field(id, InstrumentField::Asset),
        Word::of(rates.high >> 64),
        Word::of(rates.high & half),
        Word::of(rates.low >> 64),
        Word::of(store.instrument_field(id, InstrumentField::Limit).high),
    ]
}

/// Sets every parameter. Closing a debt earns no reward yet, so that none may be promised.
pub fn set_parameters(store: &mut Storage, args: Args) -> Bytes {
    only_owner(store);
    let (start, ramp, reward, dust) = (args.u64(0), args.u32(1), args.u64(2), args.unsigned(3));
    let in_bounds = start <= MAX_PENALTY_START
        && PENALTY_RAMPS.contains(&ramp)
        && reward == 0
        && dust <= MAX_DUST;
    require(in_bounds, Error::InvalidParameters);
    store_parameters(
        store,
        &[start.into(), ramp.into(), reward.into(), dust].map(Word::of),
    );
    &[]
}

fn store_parameters(store: &mut Storage, given: &[Word; 4]) {
    let [start, ramp, reward, dust] = given.map(|word| word.low);
    store.set_field(Field::Penalty, Word::new(start << 32 | ramp, reward));
    store.set_field(Field::Dust, Word::of(dust));
    emit(&IMarginVault::ParametersSet::SIGNATURE_HASH, 0, given);
}

/// The parameters as the interface encodes them.
pub fn parameters(store: &Storage) -> [Word; 4] {
    let Word { high, low } = store.field(Field::Penalty);
    [
        high >> 32,
        high & u128::from(u32::MAX),
        low,
        store.field(Field::Dust).low,
    ]
    .map(Word::of)
}

/// Terms of liquidations, and the notional of an account that is too small to leave a rest of.
#[expect(clippy::cast_possible_truncation, reason = "stored from 32 bits")]
pub fn terms(store: &Storage) -> (Terms, Usd) {
    let [start, ramp, _, dust] = parameters(store).map(|word| word.low);
    (
        Terms {
            penalty_start: Ratio(start),
            penalty_ramp: ramp as u32,
        },
        Usd(dust.cast_signed()),
    )
}
