//! The demo's option market: its rules, its series, and whoever quotes their volatility.

use super::crowd::{HEDGE, SERIES};
use alloy::primitives::{Address, I256, U256};
use client::{
    abi::{
        IMarginVault::{self, OptionRules},
        IOracleGuard::{self, OptionId, OptionMark, RangeLimits, Surface},
    },
    chain::{Answers, Chain, ChainError, Transaction, View, Wallet},
    units::wad,
};
use risk::{Price, options::black::Kind};
use stage::market::{Contract, Market, STABLE_PRICE_RATE, deposit, rate};
use standing::Instrument;

/// Times of day at which options expire.
const EXPIRY_HOUR: u64 = 8 * 3600;
const DAY: u64 = 86_400;
/// Seconds from the start that the first expiry is away at least.
const LEAST_LIFE: u64 = 4 * 3600;
/// Days from the first expiry to the second.
const LATER: u64 = 2;
/// How far out of the money the later series are.
const OUTSIDE: f64 = 0.1;
/// Minutes between two quotes of volatility.
const QUOTE_PAUSE: u64 = 6;
/// Prices that a quote of volatility looks back over, and how much a move among them adds to it.
const LOOK_BACK: usize = 60;
const CALM: f64 = 0.9;
const PER_MOVE: f64 = 6.0;
const HIGHEST: f64 = 3.0;
/// Largest step of a quote: what the guard takes in one.
const STEP: f64 = 0.05;
/// Least and largest move that margin in the underlying of the options covers.
const RANGE: [f64; 2] = [0.1, 0.4];
/// Dollars that the operator pays for listing all series: 25 each.
const LISTING_FEES: f64 = 25.0 * SERIES as f64;
/// Fee of either side, share of the underlying's notional.
pub const FEE: f64 = 0.0003;

/// One listed series.
#[derive(Clone, Debug)]
pub struct Series {
    /// Its number in the vault.
    pub instrument: u32,
    /// What the guard knows it by; the asset is the first of the question's.
    pub id: OptionId,
}

/// The series of a run, and the volatility that they are quoted at.
#[derive(Clone, Debug)]
pub struct OptionBoard {
    underlying: Contract,
    guard: Address,
    /// A call and a put at the money that expire first, then a call and a put out of the money.
    pub series: Vec<Series>,
    expiries: [u64; 2],
    volatility: f64,
    prices: Vec<f64>,
}

/// What the guard says of a series, and what both sides hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Quote {
    /// WAD.
    pub mark: U256,
    /// What is blocked.
    pub blocked: u16,
    /// Whether the mark is the settled one.
    pub is_final: bool,
    /// Of one unit, with respect to the price of the underlying.
    pub greeks: Greeks,
}

/// Sensitivities in dollars and units of the underlying.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Greeks {
    /// Units of the underlying.
    pub delta: f64,
    /// Change of delta for a dollar.
    pub gamma: f64,
    /// Dollars for a unit of volatility.
    pub vega: f64,
}

impl Greeks {
    /// Adds those of `size` units with sensitivities `each`.
    pub fn add(&mut self, size: f64, each: &Self) {
        self.delta += size * each.delta;
        self.gamma += size * each.gamma;
        self.vega += size * each.vega;
    }
}

impl OptionBoard {
    /// Lists options on the second contract for a play that starts at `start` with `price`; `operator` owns guard and vault.
    pub async fn open(
        chain: &Chain,
        market: &Market,
        operator: &Wallet,
        start: u64,
        price: f64,
    ) -> Result<Self, ChainError> {
        let first = (start + LEAST_LIFE)
            .saturating_sub(EXPIRY_HOUR)
            .div_ceil(DAY)
            * DAY
            + EXPIRY_HOUR;
        let mut options = Self {
            underlying: market.contracts[HEDGE].clone(),
            guard: market.guard,
            series: Vec::new(),
            expiries: [first, first + LATER * DAY],
            volatility: CALM,
            prices: Vec::new(),
        };
        let step = strike_step(price);
        let mut setup = options.allow(chain, market, operator, step)?;
        setup.extend(deposit(chain, market, operator, LISTING_FEES)?);
        let wanted = options.wanted(price, step);
        for id in &wanted {
            let list = IMarginVault::listOptionCall {
                underlying: options.underlying.instrument,
                expiry: id.expiry,
                strike: U256::from(id.strike),
                isCall: id.isCall,
                account: operator.account(),
            };
            setup.push(operator.call(chain, market.vault, &list)?);
        }
        chain.execute(&setup).await?;
        for id in wanted {
            let listed = IMarginVault::seriesOfCall {
                underlying: options.underlying.instrument,
                expiry: id.expiry,
                strike: U256::from(id.strike),
                isCall: id.isCall,
            };
            let instrument = chain.call(market.vault, &listed).await?;
            options.series.push(Series { instrument, id });
        }
        Ok(options)
    }

    /// Rules, ranges, the right to quote, and the first quotes.
    fn allow(
        &self,
        chain: &Chain,
        market: &Market,
        operator: &Wallet,
        step: u128,
    ) -> Result<Vec<Transaction>, ChainError> {
        let rules = IMarginVault::setOptionRulesCall {
            underlying: self.underlying.instrument,
            rules: OptionRules {
                tick: step,
                strikeStep: 1,
                strikeRange: rate(1.0),
                longestExpiry: (30 * DAY) as u32,
                maxSeries: SERIES as u8,
                volRange: rate(0.3),
                shortOptionRate: rate(0.01),
                makerFee: rate(FEE),
                takerFee: rate(FEE),
                vegaLimit: wad(1e9).to(),
                gammaLimit: wad(1e9).to(),
            },
            emergencies: 0,
        };
        let ranges = IOracleGuard::setRangeLimitsCall {
            asset: self.underlying.asset,
            limits: RangeLimits {
                stressed: rate(1.5),
                min: rate(RANGE[0]),
                max: rate(RANGE[1]),
                confidence: 0,
                stablePriceRate: rate(STABLE_PRICE_RATE),
            },
            emergencies: 0,
        };
        let provider = IOracleGuard::setSurfaceProviderCall {
            provider: operator.address(),
        };
        let mut setup = vec![
            operator.call(chain, market.vault, &rules)?,
            operator.call(chain, market.guard, &ranges)?,
            operator.call(chain, market.guard, &provider)?,
        ];
        setup.extend(self.surfaces(chain, operator, 0)?);
        Ok(setup)
    }

    fn wanted(&self, price: f64, step: u128) -> [OptionId; SERIES] {
        let [first, later] = self.expiries;
        [
            (first, 1.0, true),
            (first, 1.0, false),
            (later, 1.0 + OUTSIDE, true),
            (later, 1.0 - OUTSIDE, false),
        ]
        .map(|(expiry, moneyness, is_call)| OptionId {
            asset: 0,
            expiry,
            strike: nearest_strike(price * moneyness, step),
            isCall: is_call,
            closes: 0,
        })
    }

    /// A quote of every expiry that is ahead at `now`.
    fn surfaces(
        &self,
        chain: &Chain,
        operator: &Wallet,
        now: u64,
    ) -> Result<Vec<Transaction>, ChainError> {
        let ahead = self.expiries.iter().filter(|expiry| **expiry > now + 60);
        let quote = |&expiry: &u64| {
            let set = IOracleGuard::setSurfaceCall {
                asset: self.underlying.asset,
                expiry,
                surface: Surface {
                    atm: millionths(self.volatility),
                    skew: 0,
                    curvature: 0,
                },
            };
            operator.call(chain, self.guard, &set)
        };
        ahead.map(quote).collect()
    }

    /// What the provider of volatilities sends in a minute: new quotes every six.
    pub fn keep(
        &mut self,
        chain: &Chain,
        operator: &Wallet,
        minute: u64,
        now: u64,
        price: f64,
    ) -> Result<Vec<Transaction>, ChainError> {
        self.prices.push(price);
        let mut sent = Vec::new();
        if minute.is_multiple_of(QUOTE_PAUSE) {
            self.requote();
            sent.extend(self.surfaces(chain, operator, now)?);
        }
        Ok(sent)
    }

    /// Moves the quoted volatility towards what the last hour's range of prices suggests.
    fn requote(&mut self) {
        let recent = &self.prices[self.prices.len().saturating_sub(LOOK_BACK)..];
        let low = recent.iter().copied().fold(f64::INFINITY, f64::min);
        let high = recent.iter().copied().fold(0.0, f64::max);
        let aim = (CALM + PER_MOVE * (high / low - 1.0)).min(HIGHEST);
        self.volatility += (aim - self.volatility).clamp(-STEP, STEP);
    }

    /// Every series as an instrument, by number.
    pub fn listed(&self) -> impl Iterator<Item = (u32, Instrument)> {
        self.series.iter().map(|series| {
            let id = &series.id;
            let terms = standing::Series {
                underlying: self.underlying.instrument,
                expiry: id.expiry,
                strike: Price(id.strike),
                kind: if id.isCall { Kind::Call } else { Kind::Put },
                closes: id.closes,
            };
            (series.instrument, Instrument::Option(terms))
        })
    }

    /// The view whose answer `quotes` takes.
    pub fn view(&self) -> View {
        let call = IOracleGuard::marksWithOptionsCall {
            assets: vec![self.underlying.asset],
            options: self.series.iter().map(|series| series.id.clone()).collect(),
        };
        View::new(self.guard, &call)
    }

    /// What the guard says of every series.
    pub fn quotes(&self, answers: &mut Answers) -> Result<Vec<Quote>, ChainError> {
        let answer = answers.take::<IOracleGuard::marksWithOptionsCall>()?;
        Ok(answer._1.iter().map(quote).collect())
    }

    /// A series in words.
    pub fn name(&self, place: usize) -> String {
        let id = &self.series[place].id;
        let strike = client::units::number(U256::from(id.strike));
        format!("{} {strike}", if id.isCall { "call" } else { "put" })
    }
}

fn quote(said: &OptionMark) -> Quote {
    let number = |value: u128| client::units::number(U256::from(value));
    let delta = I256::try_from(said.delta).unwrap_or_default();
    Quote {
        mark: U256::from(said.mark),
        blocked: said.blocked,
        is_final: said.isFinal,
        greeks: Greeks {
            delta: client::units::signed_number(delta),
            gamma: number(said.gamma),
            vega: number(said.vega),
        },
    }
}

/// WAD distance of two strikes: a power of ten of which a price has some hundreds.
fn strike_step(price: f64) -> u128 {
    wad(10_f64.powf(price.log10().floor() - 2.0).max(1e-9)).to()
}

fn nearest_strike(price: f64, step: u128) -> u128 {
    let price: u128 = wad(price).to();
    (price + step / 2) / step * step
}

/// A volatility as the guard takes it: WAD, a multiple of 1e-6.
fn millionths(volatility: f64) -> u64 {
    (volatility * 1e6).round() as u64 * 1_000_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_are_hundreds_of_steps() {
        for (price, step, strike) in [
            (194.3, 1.0, 194.0),
            (2_046.0, 10.0, 2_050.0),
            (0.0376, 0.0001, 0.0376),
        ] {
            assert_eq!(U256::from(strike_step(price)), wad(step), "{price}");
            assert_eq!(
                U256::from(nearest_strike(price, strike_step(price))),
                wad(strike)
            );
        }
    }

    #[test]
    fn volatility_follows_the_last_hour_by_steps() {
        let mut options = OptionBoard {
            underlying: Contract {
                instrument: 1,
                asset: Default::default(),
                symbol: String::new(),
                feed: Address::ZERO,
            },
            guard: Address::ZERO,
            series: Vec::new(),
            expiries: [0; 2],
            volatility: CALM,
            prices: vec![100.0; 100],
        };
        options.requote();
        assert_eq!(options.volatility, CALM);
        options.prices.push(80.0);
        options.requote();
        assert_eq!(options.volatility, CALM + STEP);
        for _ in 0..100 {
            options.requote();
        }
        assert!((options.volatility - (CALM + PER_MOVE * 0.25)).abs() < 1e-9);
    }
}
