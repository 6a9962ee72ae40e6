//! The rules of options.

use core::ops::RangeInclusive;

use margin_vault::abi::{Args, Bytes};
use margin_vault::checks::{only_owner, only_steward};
use margin_vault::error::{Error, OrRevert, require};
use margin_vault::event::emit;
use margin_vault::interfaces::IMarginVault;
use margin_vault::options::{OptionLimits, OptionRules, PLACES, is_option};
use margin_vault::parameters::{InstrumentRates, RATE_UNIT, stored_rate};
use margin_vault::storage::{InstrumentField, Storage};
use margin_vault::topic;
use margin_vault::word::Word;
use risk::InstrumentId;
use risk::rules::listing::{MAX_COUNTED, wad};

/// Words of encoded rules.
const RULE_WORDS: usize = 11;
/// One per cent as a stored rate.
const PERCENT: u32 = 10_000_000;
/// Seconds of an hour.
const HOUR: u32 = 3_600;
/// WAD units in a millionth.
const MICRO: u128 = 1_000_000_000_000;

/// Hard bounds. No volatility move, or no floor under short options, would leave what is far out of the money without margin, and
/// beyond a move of 60 % the scenarios are too far apart (DESIGN 4); fees count towards nobody's margin, so that they stay small
/// against it.
const STRIKE_RANGES: RangeInclusive<u32> = 10 * PERCENT..=400 * PERCENT;
const LONGEST_HOURS: RangeInclusive<u32> = 24..=2 * 366 * 24;
const MAX_SERIES: RangeInclusive<u32> = 0..=PLACES;
const VOL_RANGES: RangeInclusive<u32> = 10 * PERCENT..=60 * PERCENT;
const SHORT_OPTION_RATES: RangeInclusive<u32> = PERCENT / 2..=20 * PERCENT;
const FEES: RangeInclusive<u32> = 0..=PERCENT;

/// Sets the rules of options on the underlying of a perpetual. The owner gives an underlying its first ones; a steward may change
/// them.
///
/// Fails with `NotSteward`, `NotOwner`, `EmergencySince`, `StewardFailed`, `UnknownInstrument`, `InvalidParameters` or
/// `Overflow`.
pub fn set(store: &mut Storage, args: Args) -> Bytes {
    let is_owner = only_steward(store, args.u32(1 + RULE_WORDS));
    let number = args.u32(0);
    let id = store.listing(number);
    let before = store.option_rules(id);
    if before.tick == 0 && !is_owner {
        only_owner(store);
    }
    let (rules, limits) = decode(Args::new(args.slice(32, RULE_WORDS * 32)));
    // Strikes are stored in ticks: another tick would move those that people hold.
    let unmoved = rules.tick == before.tick || store.counted(id).series == 0;
    require(
        !is_option(id) && unmoved && in_bounds(&rules, &limits),
        Error::InvalidParameters,
    );
    let (series, mut places) = (store.counted(id).series, store.places());
    let (old, new) = (before.max_series.max(series), rules.max_series.max(series));
    // Places are promised to each underlying, so that the series of one never fill another's.
    require(places.reserve(old, new), Error::InvalidParameters);
    store.set_places(&places);
    store.set_option_rules(id, &rules);
    store.set_option_limits(id, &limits);
    let rates = store.rates_of(id);
    let rates = InstrumentRates {
        beside: InstrumentRates::beside(rates.step(), true),
        ..rates
    };
    store.set_instrument_field(id, InstrumentField::Rates, rates.word());
    let mut words = [Word::of(number.into()); 1 + RULE_WORDS];
    words[1..].copy_from_slice(&self::rules(store, id));
    emit(topic!(IMarginVault::OptionRulesSet), 1, &words);
    &[]
}

fn in_bounds(rules: &OptionRules, limits: &OptionLimits) -> bool {
    rules.tick > 0
        && rules.strike_step > 0
        && STRIKE_RANGES.contains(&limits.strike_range)
        && LONGEST_HOURS.contains(&rules.longest_hours.into())
        && MAX_SERIES.contains(&rules.max_series.into())
        && VOL_RANGES.contains(&rules.vol_range)
        && SHORT_OPTION_RATES.contains(&rules.short_rate)
        && FEES.contains(&rules.maker_fee)
        && FEES.contains(&rules.taker_fee)
        && limits.vega < MAX_COUNTED
        && limits.gamma < MAX_COUNTED
}

/// Rules as the interface encodes them; reverts with `InvalidParameters` if they do not fit how they are stored.
fn decode(given: Args) -> (OptionRules, OptionLimits) {
    let rate = |place| stored_rate(given.u64(place));
    let rules = OptionRules {
        tick: whole(given.unsigned(0), RATE_UNIT.into()),
        strike_step: given.u32(1),
        longest_hours: whole(given.u32(3).into(), HOUR.into()),
        max_series: given.u8(4),
        vol_range: rate(5),
        short_rate: rate(6),
        maker_fee: rate(7),
        taker_fee: rate(8),
    };
    let limits = OptionLimits {
        strike_range: rate(2),
        vega: whole(given.unsigned(9), MICRO),
        gamma: whole(given.unsigned(10), MICRO),
    };
    (rules, limits)
}

/// How many whole units an amount is.
fn whole<T: TryFrom<u128>>(amount: u128, unit: u128) -> T {
    require(amount.is_multiple_of(unit), Error::InvalidParameters);
    let units = T::try_from(amount / unit).ok();
    (units, Error::InvalidParameters).or_revert()
}

/// The rules as the interface encodes them; zero where there are none.
pub fn rules(store: &Storage, id: InstrumentId) -> [Word; RULE_WORDS] {
    let (rules, limits) = (store.option_rules(id), store.option_limits(id));
    let rate = |rate: u32| Word::of(u128::from(rate) * u128::from(RATE_UNIT));
    [
        Word::of(rules.tick().0),
        Word::of(rules.strike_step.into()),
        rate(limits.strike_range),
        Word::of(rules.longest().into()),
        Word::of(rules.max_series.into()),
        rate(rules.vol_range),
        rate(rules.short_rate),
        rate(rules.maker_fee),
        rate(rules.taker_fee),
        Word::of(wad(limits.vega)),
        Word::of(wad(limits.gamma)),
    ]
}
