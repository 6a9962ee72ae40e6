//! What one account holds, as the rules take it.

use crate::market::{Leg, MarketState, Quote};
use risk::rules::liquidation::{self, movable};
use risk::rules::margin::requirement;
use risk::rules::tiers::action;
use risk::{Holding, InstrumentId, Legs, Positions, Ranges, Result, Spot, Underlying, Usd};

/// The open positions of an account in a market.
#[derive(Clone, Debug)]
pub struct Book<'m> {
    pub(crate) market: &'m MarketState,
    /// Numbers of instruments by their places here: what is held, then perpetuals that options are on.
    numbers: Vec<u32>,
    pub(crate) positions: Positions,
}

impl<'m> Book<'m> {
    /// What an account holds with such `legs`: what has settled is no position.
    ///
    /// # Errors
    /// [`TooManyLegs`](risk::Error::TooManyLegs); [`Overflow`](risk::Error::Overflow).
    pub fn new(market: &'m MarketState, legs: &[Leg]) -> Result<Self> {
        let mut book = Self {
            market,
            numbers: Vec::new(),
            positions: Positions::default(),
        };
        for leg in legs.iter().filter(|leg| market.is_open(leg.instrument)) {
            let place = book.place(leg.instrument);
            book.positions.add(place, leg.size)?;
        }
        for leg in legs {
            book.place(market.underlying(leg.instrument));
        }
        Ok(book)
    }

    /// The place of an instrument, which it gets if it has none: an account has sixteen legs, and so at most as many underlyings.
    fn place(&mut self, number: u32) -> InstrumentId {
        let known = self.numbers.iter().position(|known| *known == number);
        let place = known.unwrap_or_else(|| {
            self.numbers.push(number);
            self.numbers.len() - 1
        });
        InstrumentId::try_from(place).unwrap_or(InstrumentId::MAX)
    }

    /// The number of the instrument at a place.
    pub fn number(&self, place: InstrumentId) -> u32 {
        self.numbers.get(usize::from(place)).copied().unwrap_or(0)
    }

    fn quote(&self, place: InstrumentId) -> Quote {
        self.market.quote(self.number(place))
    }

    /// The place of the perpetual on an instrument's underlying.
    pub fn underlying(&self, place: InstrumentId) -> InstrumentId {
        let number = self.market.underlying(self.number(place));
        let known = self.numbers.iter().position(|known| *known == number);
        known.map_or(place, |place| {
            InstrumentId::try_from(place).unwrap_or(InstrumentId::MAX)
        })
    }

    /// Price of an instrument's underlying.
    pub(crate) fn spot(&self, place: InstrumentId) -> Spot {
        self.quote(place).spot
    }

    /// Sum of the sizes of some of the positions, each times the price of its underlying and rounded up.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    pub fn notional(&self, positions: &Positions) -> Result<Usd> {
        liquidation::notional(positions, |place| self.spot(place))
    }

    /// All positions.
    pub fn positions(&self) -> &Positions {
        &self.positions
    }

    /// Maintenance margin of some of the positions: options and the perpetual on one underlying are one portfolio.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow), also for a portfolio that the scenarios refuse.
    pub fn maintenance(&self, positions: &Positions) -> Result<Usd> {
        let (mut options, mut closing) = (Vec::new(), Vec::new());
        let mut distrusted = Vec::new();
        let mut underlyings: Vec<InstrumentId> = Vec::new();
        for (place, size) in positions.iter() {
            let underlying = self.underlying(place);
            if !underlyings.contains(&underlying) {
                underlyings.push(underlying);
            }
            let number = self.number(place);
            if let Some(series) = self.market.series(number) {
                let quote = self.quote(place);
                match self.market.closing_leg(series, &quote, size) {
                    Some(leg) => closing.push((underlying, leg)),
                    None => {
                        let leg = self.market.option_leg(series, &quote, size);
                        options.push((underlying, leg));
                    }
                }
                if quote.is_distrusted() {
                    distrusted.push(underlying);
                }
            }
        }
        let portfolios: Vec<_> = underlyings
            .into_iter()
            .map(|of| (of, held_in(&options, of), held_in(&closing, of)))
            .collect();
        let holdings = portfolios
            .iter()
            .map(|(underlying, options, closing)| Holding {
                underlying: self.rates_of(*underlying),
                rates: self.market.rates(self.number(*underlying)),
                perpetual: positions.get(*underlying),
                options,
                closing,
                distrusted: distrusted.contains(underlying),
            });
        let holdings: Vec<_> = holdings.collect();
        Ok(requirement(&holdings, Usd::ZERO)?.maintenance)
    }

    /// What an underlying's maintenance margin is computed from; its initial margin is not asked for.
    pub(crate) fn rates_of(&self, place: InstrumentId) -> Underlying {
        let Quote { spot, range, .. } = self.quote(place);
        Underlying {
            spot,
            stable: spot.as_stable(),
            ranges: Ranges {
                maintenance: range,
                initial: range,
            },
        }
    }

    /// The positions in which the guard allows an action.
    pub(crate) fn allowed(&self, action: u16) -> Result<Legs> {
        let mut allowed = Legs::default();
        for &place in self.positions.legs().as_slice() {
            if self.quote(place).allows(action) {
                allowed.push(place)?;
            }
        }
        Ok(allowed)
    }

    /// Which positions can move where the guard has a say in an action, and by how much maintenance margin, `whole` now, falls if all
    /// of that goes.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow).
    pub fn movable(&self, whole: Usd, action: u16) -> Result<(Positions, Usd)> {
        movable(
            &self.positions,
            whole,
            &self.allowed(action)?,
            |place| self.underlying(place),
            |positions| self.maintenance(positions),
        )
    }

    /// Whether one of the positions is on an asset in an outage of the sequencer, or in the grace period after one.
    pub fn in_grace(&self) -> bool {
        let legs = self.positions.legs().as_slice();
        legs.iter()
            .any(|&place| !self.quote(place).allows(action::GRACE))
    }
}

/// Those of some legs that are on an underlying.
fn held_in<L: Copy>(legs: &[(InstrumentId, L)], underlying: InstrumentId) -> Vec<L> {
    let held = legs.iter().filter(|held| held.0 == underlying);
    held.map(|held| held.1).collect()
}
