//! Set-up, ownership and parameters.

use alloy_primitives::Address;
use core::ops::RangeInclusive;
use margin_vault::abi::{Args, Bytes, usd};
use margin_vault::calls;
use margin_vault::checks::{only_owner, only_steward};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::exposures;
use margin_vault::interfaces::{IMarginVault, IOwnable};
use margin_vault::options::{FIRST_NUMBER, is_option};
use margin_vault::parameters::{
    FEE_UNIT, InstrumentRates, MAX_DECIMALS, QuoteToken, RATE_UNIT, Rates, stored_rate,
};
use margin_vault::session::Session;
use margin_vault::steward::Steward;
use margin_vault::storage::{Field, InstrumentField, PoolAssets, Storage};
use margin_vault::topic;
use margin_vault::word::Word;
use risk::{InstrumentId, Side, Size, Store, Usd, WAD};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::{AccountAccess, MessageAccess};

/// Bytes of an ERC-1167 clone.
const CLONE_SIZE: usize = 45;
/// Words of an encoded instrument.
const INSTRUMENT_WORDS: usize = 9;
/// Words of the encoded parameters.
const PARAMETER_WORDS: usize = 10;

/// One per cent as a stored rate.
const PERCENT: u32 = 10_000_000;

/// What a new vault starts with. The penalty rises from 5 % of maintenance margin to all of it in 10 minutes; a rest of less
/// than 10 quote tokens is not worth anybody's gas; whoever reveals and closes a debt gets a tenth of the margin closed, at
/// most 2 quote tokens, so that accounts start at 20; a tenth of the tokens may leave in a day, a hundredth in an hour; a
/// covered pool gets half of the fees; listing a series costs 25 quote tokens.
const DEFAULT_RATES: Rates = Rates {
    penalty_start: 5 * PERCENT,
    penalty_ramp: 600,
    reward_share: 10 * PERCENT,
    insurance_fee_share: 50 * PERCENT,
    listing_fee: 25_000_000,
};
const DEFAULT_DAILY_OUTFLOW: u32 = 10 * PERCENT;
const DEFAULT_HOURLY_OUTFLOW: u32 = PERCENT;
const DEFAULT_MAX_REWARD: u128 = 2 * WAD;
const DEFAULT_DUST: u128 = 10 * WAD;

/// Hard bounds of the parameters. They keep a penalty from taking more than half of a margin at once, a reward from making
/// bankruptcies worth farming, and the outflow limiter from being switched off or locking anybody in.
const PENALTY_STARTS: RangeInclusive<u32> = 0..=50 * PERCENT;
const PENALTY_RAMPS: RangeInclusive<u32> = 60..=43_200;
const REWARD_SHARES: RangeInclusive<u32> = 0..=10 * PERCENT;
const DAILY_OUTFLOWS: RangeInclusive<u32> = 5 * PERCENT..=50 * PERCENT;
const HOURLY_OUTFLOWS: RangeInclusive<u32> = PERCENT / 2..=10 * PERCENT;
const INSURANCE_FEE_SHARES: RangeInclusive<u32> = 0..=100 * PERCENT;
const MAX_REWARD: u128 = 1_000 * WAD;
const MAX_DUST: u128 = 10_000 * WAD;
const MAX_LISTING_FEE: u128 = 1_000 * WAD;

/// Hard bounds of an instrument. Fees count towards nobody's margin, so that they stay small against it; a shock below 15 %
/// would let open interest outgrow what a day in March 2020 needs.
const INITIAL_RATES: RangeInclusive<u32> = 2..=100 * PERCENT;
const PRICE_BANDS: RangeInclusive<u32> = 0..=20 * PERCENT;
const FEES: RangeInclusive<u32> = 0..=PERCENT;
const SHOCKS: RangeInclusive<u32> = 15 * PERCENT..=400 * PERCENT;

/// Sets up a clone, once. The vault's owner is its treasury until the parameters name another; a zero steward is none.
///
/// Fails with `NotAClone`, `AlreadyInitialized`, `InvalidParameters`, `TokenFailed` or `Overflow`.
pub fn initialize(store: &mut Storage, args: Args) -> Bytes {
    let vm = WasmVM::default();
    require(
        // At a program or an implementation nobody sets up what others might take for a vault.
        vm.code_size(vm.contract_address()) == CLONE_SIZE,
        Error::NotAClone,
    );
    require(
        store.field(Field::QuoteToken) == Word::ZERO,
        Error::AlreadyInitialized,
    );
    let [owner, token, guard, engine, pool] = [0, 2, 3, 4, 5].map(|place| {
        let address = args.address(place);
        require(!address.is_zero(), Error::InvalidParameters);
        address
    });
    let decimals = calls::decimals(token);
    let decimals = u8::try_from(decimals).ok();
    let decimals = decimals.filter(|&decimals| decimals <= MAX_DECIMALS);
    let token = QuoteToken {
        address: token,
        decimals: (decimals, Error::InvalidParameters).or_revert(),
        daily_outflow: DEFAULT_DAILY_OUTFLOW,
        hourly_outflow: DEFAULT_HOURLY_OUTFLOW,
    };
    for (field, address) in [
        (Field::Owner, owner),
        (Field::Guard, guard),
        (Field::Engine, engine),
        (Field::Pool, pool),
    ] {
        store.set_field(field, Word::of_address(address));
    }
    transferred(Address::ZERO, owner);
    let steward = Steward {
        address: args.address(1),
        left: 0,
    };
    put_steward(store, &steward);
    store_parameters(
        store,
        &token,
        &DEFAULT_RATES,
        [DEFAULT_MAX_REWARD, DEFAULT_DUST],
        owner,
    );

    let (ids, count) = args.array(6, 32);
    let (instruments, described) = args.array(7, INSTRUMENT_WORDS * 32);
    require(count == described, Error::InvalidParameters);
    for place in 0..count {
        let id = ids.u32(place);
        require(store.listed(id).is_none(), Error::InvalidParameters);
        put_instrument(
            store,
            id,
            Args::new(instruments.slice(place * INSTRUMENT_WORDS * 32, INSTRUMENT_WORDS * 32)),
        );
    }
    &[]
}

/// Names the steward, which may change parameters; zero removes it, whatever the emergencies, but the owner's changes need the number
/// that it had counted until there is another.
///
/// Fails with `NotOwner`, `EmergencySince` or `StewardFailed`.
pub fn set_steward(store: &mut Storage, steward: Address, emergencies: u32) -> Bytes {
    only_owner(store);
    let steward = store.steward().replaced(steward, emergencies);
    put_steward(store, &steward);
    &[]
}

fn put_steward(store: &mut Storage, steward: &Steward) {
    store.set_steward(steward);
    let word = Word::of_address(steward.address);
    emit(topic!(IMarginVault::StewardSet), 1, &[word]);
}

/// Offers ownership to `to`.
///
/// Fails with `NotOwner`.
pub fn transfer_ownership(store: &mut Storage, to: Address) -> Bytes {
    only_owner(store);
    store.set_field(Field::PendingOwner, Word::of_address(to));
    let indexed = [store.field(Field::Owner), Word::of_address(to)];
    emit(topic!(IOwnable::OwnershipTransferStarted), 2, &indexed);
    &[]
}

/// Takes offered ownership.
///
/// Fails with `NotPendingOwner`.
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
        topic!(IOwnable::OwnershipTransferred),
        2,
        &[Word::of_address(from), Word::of_address(to)],
    );
}

/// Lists an instrument, or changes the parameters of one. What can be traded is the owner's to decide, not the steward's.
///
/// Fails with `NotSteward`, `NotOwner`, `UnknownInstrument`, `EmergencySince`, `StewardFailed`, `InvalidParameters` or
/// `Overflow`.
pub fn set_instrument(store: &mut Storage, args: Args) -> Bytes {
    let is_owner = only_steward(store, args.u32(1 + INSTRUMENT_WORDS));
    let id = args.u32(0);
    if !is_owner {
        let asset = store.instrument_field(store.listing(id), InstrumentField::Asset);
        require(asset == args.word(1), Error::NotOwner);
    }
    put_instrument(store, id, Args::new(args.slice(32, INSTRUMENT_WORDS * 32)));
    &[]
}

fn put_instrument(store: &mut Storage, number: u32, given: Args) {
    let asset = given.word(0);
    let rate = |place| stored_rate(given.u64(place));
    let mut rates = InstrumentRates {
        maintenance: rate(1),
        initial: rate(2),
        price_band: rate(3),
        maker_fee: rate(4),
        taker_fee: rate(5),
        shock: rate(6),
        number,
        beside: 0,
    };
    let in_bounds = asset != Word::ZERO
        && rates.maintenance > 0
        && rates.maintenance < rates.initial
        && rates.maintenance < rates.shock
        && INITIAL_RATES.contains(&rates.initial)
        && PRICE_BANDS.contains(&rates.price_band)
        && FEES.contains(&rates.maker_fee)
        && FEES.contains(&rates.taker_fee)
        && SHOCKS.contains(&rates.shock);
    let [open_interest, allowance] = [given.unsigned(7), given.unsigned(8)];
    require(
        in_bounds && allowance <= Usd::MAX.0.unsigned_abs(),
        Error::InvalidParameters,
    );
    let id = match store.listed(number) {
        Some(id) => id,
        None => list(store, number),
    };
    require(!is_option(id), Error::InvalidParameters);
    let held = store.side(id, Side::Long).open_interest > Size::ZERO;
    // Another asset would revalue what people hold, and have its cover pay debts of this one.
    let in_use = held || store.counted(id).series > 0 || store.records().has(id);
    require(
        !in_use || store.instrument_field(id, InstrumentField::Asset) == asset,
        Error::InvalidParameters,
    );
    rates.beside = store.rates_of(id).beside;
    let limits = Word::new(open_interest, allowance);
    store.set_instrument_field(id, InstrumentField::Asset, asset);
    store.set_instrument_field(id, InstrumentField::Rates, rates.word());
    store.set_instrument_field(id, InstrumentField::Limits, limits);
    // The limit may have moved: concentration is measured by it.
    let open_interest = exposures::open_interest(store, id);
    exposures::concentrate(store, id, open_interest);
    let mut words = [Word::of(number.into()); 1 + INSTRUMENT_WORDS];
    words[1..].copy_from_slice(&instrument(store, id));
    emit(topic!(IMarginVault::InstrumentSet), 1, &words);
}

fn list(store: &mut Storage, number: u32) -> InstrumentId {
    require(number < FIRST_NUMBER, Error::InvalidParameters);
    let listed = store.field(Field::Listed).low;
    let id = u8::try_from(listed).ok().filter(|&id| !is_option(id));
    let id = (id, Error::InvalidParameters).or_revert();
    store.set_listed(number, id);
    store.set_field(Field::Listed, Word::of(listed + 1));
    id
}

/// A perpetual's parameters as the interface encodes them.
///
/// Fails with `UnknownInstrument`.
pub fn instrument(store: &Storage, id: InstrumentId) -> [Word; INSTRUMENT_WORDS] {
    require(!is_option(id), Error::UnknownInstrument);
    let rates = store.rates_of(id);
    let limits = store.instrument_field(id, InstrumentField::Limits);
    [
        store.instrument_field(id, InstrumentField::Asset),
        wad(rates.maintenance),
        wad(rates.initial),
        wad(rates.price_band),
        wad(rates.maker_fee),
        wad(rates.taker_fee),
        wad(rates.shock),
        Word::of(limits.high),
        Word::of(limits.low),
    ]
}

fn wad(rate: u32) -> Word {
    Word::of(u128::from(rate) * u128::from(RATE_UNIT))
}

/// Sets every parameter; who is paid, and what listing costs, is the owner's to decide, not the steward's.
///
/// Fails with `NotSteward`, `NotOwner`, `EmergencySince`, `StewardFailed`, `InvalidParameters`, `PoolFailed` or `Overflow`.
pub fn set_parameters(store: &mut Storage, args: Args) -> Bytes {
    let is_owner = only_steward(store, args.u32(PARAMETER_WORDS));
    let rate = |place| stored_rate(args.u64(place));
    let fee = args.unsigned(9);
    require(
        fee <= MAX_LISTING_FEE && fee.is_multiple_of(FEE_UNIT),
        Error::InvalidParameters,
    );
    let rates = Rates {
        penalty_start: rate(0),
        penalty_ramp: args.u32(1),
        reward_share: rate(2),
        insurance_fee_share: rate(7),
        listing_fee: (fee / FEE_UNIT) as u32,
    };
    let token = QuoteToken {
        daily_outflow: rate(5),
        hourly_outflow: rate(6),
        ..store.token()
    };
    let [max_reward, dust_notional] = [args.unsigned(3), args.unsigned(4)];
    let treasury = args.address(8);
    require(
        is_owner
            || treasury == store.address(Field::Treasury)
                && rates.listing_fee == store.rates().listing_fee,
        Error::NotOwner,
    );
    let in_bounds = PENALTY_STARTS.contains(&rates.penalty_start)
        && PENALTY_RAMPS.contains(&rates.penalty_ramp)
        && REWARD_SHARES.contains(&rates.reward_share)
        && DAILY_OUTFLOWS.contains(&token.daily_outflow)
        && HOURLY_OUTFLOWS.contains(&token.hourly_outflow)
        && token.hourly_outflow <= token.daily_outflow
        && INSURANCE_FEE_SHARES.contains(&rates.insurance_fee_share)
        && max_reward <= MAX_REWARD
        && dust_notional <= MAX_DUST
        && !treasury.is_zero()
        // Fees are shared among three accounts that have to differ: else nobody could distribute them.
        && treasury != WasmVM::default().contract_address()
        && treasury != store.address(Field::Pool);
    require(in_bounds, Error::InvalidParameters);
    // The limiter drains at the old rates until now.
    let (outflow, _) = Session::open(store).outflow();
    store.set_outflow(&outflow);
    store_parameters(store, &token, &rates, [max_reward, dust_notional], treasury);
    &[]
}

fn store_parameters(
    store: &mut Storage,
    token: &QuoteToken,
    rates: &Rates,
    [max_reward, dust_notional]: [u128; 2],
    treasury: Address,
) {
    store.set_field(Field::QuoteToken, token.word());
    store.set_field(Field::Rates, rates.word());
    store.set_field(Field::Amounts, Word::new(max_reward, dust_notional));
    store.set_field(Field::Treasury, Word::of_address(treasury));
    // Until fees are next distributed, that share of them counts as paid into insurance.
    store.set_pool_assets(&PoolAssets {
        fee_share: rates.insurance_fee_share,
        ..store.pool_assets()
    });
    emit(topic!(IMarginVault::ParametersSet), 0, &parameters(store));
}

/// The parameters as the interface encodes them.
pub fn parameters(store: &Storage) -> [Word; PARAMETER_WORDS] {
    let (token, rates) = (store.token(), store.rates());
    let amounts = store.field(Field::Amounts);
    [
        wad(rates.penalty_start),
        Word::of(rates.penalty_ramp.into()),
        wad(rates.reward_share),
        Word::of(amounts.high),
        Word::of(amounts.low),
        wad(token.daily_outflow),
        wad(token.hourly_outflow),
        wad(rates.insurance_fee_share),
        store.field(Field::Treasury),
        usd(rates.listing_fee()),
    ]
}
