//! An account's positions in one underlying, as the risk engine evaluates them.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use margin_vault::abi::{Bytes, encode, encode_call, usd};
use margin_vault::calls;
use margin_vault::error::{Error, OrRevert};
use margin_vault::interfaces::Engine;
use margin_vault::options::OptionRules;
use margin_vault::session::Session;
use margin_vault::storage::{Field, Storage};
use margin_vault::valuation::{Life, Valuation};
use margin_vault::word::Word;
use risk::math::mul_div_floor;
use risk::options::black::Kind;
use risk::{InstrumentId, Position, Positions, WAD};

/// Words of a result: maintenance, initial, worst scenario, delta, gamma, vega, value.
const RESULT_WORDS: usize = 7;
/// Places in a result.
const MAINTENANCE: usize = 0;
const INITIAL: usize = 1;
const DELTA: usize = 3;
const GAMMA: usize = 4;
const VALUE: usize = 6;

/// Margins, Greeks, value and worst scenario of an account's positions in one underlying, at the guard's prices. Options that have
/// settled are left out; of those that are closing, Greeks and value are the guard's, and the worst scenario is without them.
///
/// Fails with `GuardFailed`, `EngineFailed`, `PoolFailed` or `Overflow`.
pub fn portfolio(store: &mut Storage, account: B256, underlying: InstrumentId) -> Bytes {
    let mut session = Session::open(store);
    session.want(underlying);
    session.want_legs(account);
    session.read_prices();
    let held = session.ledger.positions(account).or_revert();
    let store = &*session.ledger.store;
    let held = within(store, &held, underlying);
    let engine = store.address(Field::Engine);
    let call = question(store, &held, underlying);
    let answer = calls::ask(engine, call, RESULT_WORDS, Error::EngineFailed);
    let mut words: [Word; RESULT_WORDS] = core::array::from_fn(|place| answer.word(place));
    // Those of the vault look at the stable price, and at what is closing, too.
    words[MAINTENANCE] = usd(store.maintenance_of(&held).or_revert());
    words[INITIAL] = usd(store.initial_of(&held).or_revert());
    for (id, position) in held.iter() {
        let valuation = store.valuations.get(id);
        if valuation.life == Life::Closing {
            add(&mut words[DELTA], valuation.delta(), position);
            add(
                &mut words[GAMMA],
                valuation.gamma().min(i128::MAX as u128) as i128,
                position,
            );
            add(&mut words[VALUE], valuation.mark.0.cast_signed(), position);
        }
    }
    encode(&words)
}

/// Adds `one`, WAD, of each of a position to a sum.
fn add(sum: &mut Word, one: i128, position: Position) {
    let position = if one < 0 { -position.0 } else { position.0 };
    let all = mul_div_floor(position, one.unsigned_abs(), WAD).or_revert();
    let before = (sum.signed(), Error::EngineFailed).or_revert();
    *sum = Word::of_signed(before.saturating_add(all));
}

/// Those of some positions that are on an underlying and can still gain or lose.
fn within(store: &Storage, held: &Positions, underlying: InstrumentId) -> Positions {
    let mut within = Positions::default();
    for (id, position) in held.iter() {
        let on = store.underlying_of(id) == underlying;
        if on && !store.valuations.get(id).life.is_over() {
            within.add(id, position).or_revert();
        }
    }
    within
}

/// evaluate(uint256 spot, int256 perp, Option[] options, Shock shock)
fn question(store: &Storage, held: &Positions, underlying: InstrumentId) -> Bytes {
    /// Words of the head.
    const HEAD: usize = 8;
    let rules = store.option_rules(underlying);
    let on = store.valuations.get(underlying).underlying;
    let mut portfolio = on.portfolio(held.get(underlying), &rules.rates());
    let mut valuations = held.iter().map(|(id, _)| store.valuations.get(id));
    if valuations.any(Valuation::is_distrusted) {
        portfolio.shock.distrust();
    }
    let shock = portfolio.shock;
    let mut words = Vec::with_capacity(HEAD + 1 + 5 * held.iter().count());
    words.extend([
        Word::of(portfolio.spot.0),
        Word::of_signed(portfolio.perpetual.0),
        Word::of(32 * HEAD as u128),
        Word::of(shock.spot_range.0),
        Word::of(shock.initial_spot_range.0),
        Word::of(shock.volatility_range.0),
        Word::of(shock.short_option_rate.0),
        Word::of(shock.initial_factor.0),
        Word::ZERO,
    ]);
    for (id, position) in held.iter() {
        let valuation = store.valuations.get(id);
        if id != underlying && valuation.life != Life::Closing {
            words.extend(option(valuation, &rules, position));
            words[HEAD].low += 1;
        }
    }
    encode_call(Engine::evaluateCall::SELECTOR, &words)
}

/// What of an option is left to move: whether it is a call, strike, seconds, size, volatility.
fn option(valuation: &Valuation, rules: &OptionRules, size: Position) -> [Word; 5] {
    let series = (valuation.series, Error::UnknownInstrument).or_revert();
    let strike = series.strike_price(rules);
    let left = valuation.counted().moving(series.kind, strike, size);
    [
        Word::of((series.kind == Kind::Call).into()),
        Word::of(left.strike.0),
        Word::of(valuation.seconds.into()),
        Word::of_signed(left.size.0),
        Word::of(valuation.volatility().into()),
    ]
}
