//! What a vault and its guard say of instruments.

use crate::numbers;
use alloy::primitives::{B256, U256};
use client::abi::{
    IMarginVault::{self, OptionRules, Parameters, optionReturn},
    IOracleGuard::{self, OptionId, OptionMark},
};
use risk::options::{
    ClosingLeg,
    black::Kind,
    encoding::{OptionLeg, millionths, parts_of},
    settlement::Counted,
};
use risk::rules::listing::{is_closing, seconds_to_expiry};
use risk::rules::tiers::action;
use risk::{
    Mark, OptionRates, Penalty, Position, Price, Ranges, Ratio, Result, SettlementPrice, Spot,
    Tier, Usd,
};
use std::collections::BTreeMap;

/// A position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The instrument's number.
    pub instrument: u32,
    /// Positive is long.
    pub size: Position,
}

/// What an instrument is, whatever the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// A perpetual on an asset of the guard.
    Perpetual {
        /// The guard's id.
        asset: B256,
    },
    /// An option.
    Option(Series),
}

/// Terms of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// The perpetual that it is on.
    pub underlying: u32,
    /// Unix time.
    pub expiry: u64,
    /// What it is exercised at.
    pub strike: Price,
    /// Call or put.
    pub kind: Kind,
    /// When it settles early, unix time; zero if it does not.
    pub closes: u64,
}

impl Series {
    /// What the vault says of a series.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow) for a strike that is no price.
    pub fn of(terms: &optionReturn) -> Result<Self> {
        Self::listed(terms.underlying, terms.expiry, terms.strike, terms.isCall).map(|series| {
            Self {
                closes: terms.closes,
                ..series
            }
        })
    }

    /// A series as it is listed.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow) for a strike that is no price.
    pub fn listed(underlying: u32, expiry: u64, strike: U256, is_call: bool) -> Result<Self> {
        Ok(Self {
            underlying,
            expiry,
            strike: numbers::price(strike)?,
            kind: if is_call { Kind::Call } else { Kind::Put },
            closes: 0,
        })
    }

    /// What the guard knows it by, whose underlying's asset is at a `place` among those of the same call.
    pub fn id(&self, place: u8) -> OptionId {
        OptionId {
            asset: place,
            expiry: self.expiry,
            strike: self.strike.0,
            isCall: self.kind == Kind::Call,
            closes: self.closes,
        }
    }
}

/// What the guard says of an instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Its price.
    pub mark: Mark,
    /// Price of its underlying; the mark of a perpetual.
    pub spot: Spot,
    /// Share of that by which maintenance margin lets it move: the larger of the instrument's own rate and the guard's range.
    pub range: Ratio,
    /// WAD volatility a year at the strike; zero of a perpetual, and of an option from its expiry on.
    pub volatility: u64,
    /// Whether it is a settlement price, which does not move any more: the option is no position any more.
    pub is_final: bool,
    /// What is forbidden: bits of [`action`].
    pub blocked: u16,
    /// What is counted of its settlement.
    pub counted: Counted,
}

impl Quote {
    /// What the guard says of a perpetual of such `parameters`.
    pub fn of_perpetual(said: &IOracleGuard::Mark, parameters: &IMarginVault::Instrument) -> Self {
        let own = Ranges {
            maintenance: Ratio(parameters.maintenanceRate.into()),
            initial: Ratio(parameters.initialRate.into()),
        };
        let guarded = Ranges {
            maintenance: Ratio(said.spotRange.into()),
            initial: Ratio(said.initialSpotRange.into()),
        };
        // Concentration widens the initial range alone.
        let ranges = Ranges::of(own, guarded, Tier::from_u8(said.tier), 0);
        Self {
            mark: Mark(said.mark),
            spot: Mark(said.mark).of_underlying(),
            range: ranges.maintenance,
            blocked: said.blocked,
            ..Self::default()
        }
    }

    /// What the guard says of an option on what `underlying` quotes.
    pub fn of_option(said: &OptionMark, underlying: &Self) -> Self {
        Self {
            mark: Mark(said.mark),
            volatility: said.volatility,
            is_final: said.isFinal,
            blocked: said.blocked,
            counted: Counted {
                share: Ratio(said.counted.into()),
                average: SettlementPrice(said.average),
            },
            ..*underlying
        }
    }

    /// Whether the guard allows an action: one of the bits of [`action`].
    pub fn allows(&self, action: u16) -> bool {
        self.blocked & action == 0
    }

    /// Whether the guardian distrusts an option's volatility.
    pub fn is_distrusted(&self) -> bool {
        !self.allows(action::DISTRUSTED)
    }
}

/// By what the options on an underlying are margined.
pub fn option_rates(rules: &OptionRules) -> OptionRates {
    OptionRates {
        tick: Price(rules.tick),
        volatility_range: Ratio(rules.volRange.into()),
        short_option_rate: Ratio(rules.shortOptionRate.into()),
    }
}

/// A vault's instruments at a time, and what it liquidates by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketState {
    /// Unix time.
    pub time: u64,
    /// By number: perpetuals, and options that have not been delisted.
    pub instruments: BTreeMap<u32, Instrument>,
    /// By number.
    pub quotes: BTreeMap<u32, Quote>,
    /// By number of the perpetual, where there are options on its underlying.
    pub option_rates: BTreeMap<u32, OptionRates>,
    /// What a liquidation costs.
    pub penalty: Penalty,
    /// Notional below which a liquidation takes everything.
    pub dust_notional: Usd,
}

impl MarketState {
    /// A vault with such parameters, of no instrument yet.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow) never, for what a vault says.
    pub fn new(time: u64, parameters: &Parameters) -> Result<Self> {
        Ok(Self {
            time,
            instruments: BTreeMap::new(),
            quotes: BTreeMap::new(),
            option_rates: BTreeMap::new(),
            penalty: Penalty {
                start: Ratio(parameters.penaltyStart.into()),
                ramp: parameters.penaltyRamp,
            },
            dust_notional: numbers::usd(parameters.dustNotional)?,
        })
    }

    /// What the guard says of an instrument; nothing of one that it was not asked about.
    pub fn quote(&self, instrument: u32) -> Quote {
        self.quotes.get(&instrument).copied().unwrap_or_default()
    }

    /// The perpetual on an instrument's underlying: itself, unless it is an option.
    pub fn underlying(&self, instrument: u32) -> u32 {
        self.series(instrument)
            .map_or(instrument, |series| series.underlying)
    }

    /// The terms of an option that has not been delisted.
    pub fn series(&self, instrument: u32) -> Option<&Series> {
        match self.instruments.get(&instrument) {
            Some(Instrument::Option(series)) => Some(series),
            _ => None,
        }
    }

    /// Whether a leg is a position still: an option that has settled is none, nor is one that has been delisted since.
    pub fn is_open(&self, instrument: u32) -> bool {
        self.instruments.contains_key(&instrument) && !self.quote(instrument).is_final
    }

    /// An option as its portfolio has it: in its settlement window, what of it is left to move.
    pub(crate) fn option_leg(&self, series: &Series, quote: &Quote, size: Position) -> OptionLeg {
        let tick = self.rates(series.underlying).tick;
        self.whole_leg(series, quote, size)
            .in_settlement(tick, &quote.counted)
    }

    /// The same of a series that settles early, within a day; none of another.
    pub(crate) fn closing_leg(
        &self,
        series: &Series,
        quote: &Quote,
        size: Position,
    ) -> Option<ClosingLeg> {
        is_closing(series.closes, self.time).then(|| ClosingLeg {
            option: self.whole_leg(series, quote, size),
            counted: quote.counted,
        })
    }

    fn whole_leg(&self, series: &Series, quote: &Quote, size: Position) -> OptionLeg {
        let tick = self.rates(series.underlying).tick;
        let seconds = seconds_to_expiry(series.expiry, series.closes, self.time);
        OptionLeg {
            kind: series.kind,
            strike: parts_of(series.strike, tick, false),
            seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            volatility: millionths(quote.volatility),
            size,
        }
    }

    /// By what the options on the underlying of a perpetual are margined.
    pub(crate) fn rates(&self, underlying: u32) -> OptionRates {
        self.option_rates
            .get(&underlying)
            .copied()
            .unwrap_or_default()
    }
}
