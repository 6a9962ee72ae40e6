//! Portfolios of options, and how they are packed into words for the risk engine.
//!
//! A portfolio is four words and one word per option, each big-endian and read here as its high and its low 128 bits. Fields are
//! listed from the top bit:
//!
//! | Word | High half | Low half |
//! |---|---|---|
//! | 0 | spot, WAD | stable price, WAD |
//! | 1 | tick, WAD | perpetual, WAD, signed |
//! | 2 | spot range, initial spot range; 64 bits each, WAD | volatility range, short option rate; 64 bits each, WAD |
//! | 3 | initial factor, WAD; zero; 64 bits each | zero; number of options; 64 bits each |
//! | option | strike in 2^-16 of a tick, 64 bits; a bit that is set for a put; one that is set if its series is closing; one if some of its settlement is counted; seconds to expiry, 29 bits; volatility in millionths, 32 bits | size, WAD, signed |
//! | after one of which some is counted | the mean of that, WAD | zero |
//! | after that | the share that is counted, WAD | zero |
//!
//! What follows an option counts among the options, and is written and read by [`late`](super::late). See [`closing`](super::closing)
//! and [`settlement`](super::settlement) for how those are margined.
//!
//! The answer is one word per portfolio: maintenance margin and initial margin, WAD.

use super::black::Kind;
use crate::{Position, Price, Ratio, Result, Spot, Stable, Usd, math};

/// A word of calldata or return data: its high and its low 128 bits.
pub type Halves = [u128; 2];

/// Words of a portfolio before its options.
pub const HEADER_WORDS: usize = 4;
/// Longest time to expiry, in seconds: 68 years.
pub const MAX_SECONDS: u32 = u32::MAX >> 1;
/// Longest time to expiry of a packed option, in seconds: 17 years.
pub const PACKED_SECONDS: u32 = u32::MAX >> 3;
/// Units of volatility in one, of an option.
pub const VOLATILITY_UNITS: u32 = 1_000_000;

/// Bits of the parts of a tick that the strikes of portfolios are counted in. Listed strikes are whole ticks; in a settlement window
/// options move like others struck off the grid (see [`settlement`](super::settlement)), which so are off by at most 1.5e-5 of a
/// tick.
pub const PART_BITS: u32 = 16;
/// Ticks of a listed strike, at most: its parts fit 64 bits.
pub const MAX_TICKS: u64 = u64::MAX >> PART_BITS;

const LANE: u32 = 64;

/// One option of a portfolio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionLeg {
    /// Call or put.
    pub kind: Kind,
    /// Strike in parts of a tick of the portfolio, 2^-[`PART_BITS`] each; zero stands for any at or below: a call on nothing to pay,
    /// a put worth nothing.
    pub strike: u64,
    /// Seconds to expiry, at most [`PACKED_SECONDS`]; none of an option that has expired.
    pub seconds: u32,
    /// Volatility in millionths.
    pub volatility: u32,
    /// Size; positive is long.
    pub size: Position,
}

/// A number of ticks in parts of one. More than [`MAX_TICKS`] count as those.
#[must_use]
pub const fn parts_of_ticks(ticks: u64) -> u64 {
    let ticks = if ticks > MAX_TICKS { MAX_TICKS } else { ticks };
    ticks << PART_BITS
}

/// WAD of a unit of volatility, a millionth.
const VOLATILITY_UNIT: u64 = 1_000_000_000_000;

/// A WAD volatility in millionths, rounded down. One that does not fit counts as the largest that does.
#[must_use]
#[inline]
pub fn millionths(volatility: u64) -> u32 {
    (volatility / VOLATILITY_UNIT).min(u32::MAX.into()) as u32
}

/// A strike in parts of a `tick`, rounded up or down. One of more than [`MAX_TICKS`] counts as the largest that fits.
#[must_use]
pub fn parts_of(strike: Price, tick: Price, up: bool) -> u64 {
    let round = if up {
        math::checked_mul_div_up
    } else {
        math::checked_mul_div_down
    };
    let parts = round(strike.0, 1 << PART_BITS, tick.0);
    parts
        .and_then(|parts| u64::try_from(parts).ok())
        .unwrap_or(u64::MAX)
}

impl OptionLeg {
    /// The strike as a price, rounded down; the largest number where it does not fit.
    #[must_use]
    pub fn strike_price(&self, tick: Price) -> Price {
        let strike = math::checked_mul_div_down(tick.0, self.strike.into(), 1 << PART_BITS);
        Price(strike.unwrap_or(u128::MAX))
    }

    /// The word of an option. Seconds beyond [`PACKED_SECONDS`] count as that many.
    #[must_use]
    pub fn pack(&self) -> Halves {
        let put = u128::from(self.kind == Kind::Put) << 31;
        let times = put | u128::from(self.seconds.min(PACKED_SECONDS));
        let terms = u128::from(self.strike) << 64 | times << 32 | u128::from(self.volatility);
        [terms, self.size.0.cast_unsigned()]
    }

    /// Reads the word of an option.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "each shift leaves the field lowest"
    )]
    pub const fn unpack([terms, size]: Halves) -> Self {
        let times = (terms >> 32) as u32;
        Self {
            kind: if times > MAX_SECONDS {
                Kind::Put
            } else {
                Kind::Call
            },
            strike: (terms >> 64) as u64,
            seconds: times & PACKED_SECONDS,
            volatility: terms as u32,
            size: Position(size.cast_signed()),
        }
    }
}

/// How far prices are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shock {
    /// Range of spot for maintenance.
    pub spot_range: Ratio,
    /// Range of spot for the initial margin.
    pub initial_spot_range: Ratio,
    /// Range of a 30-day volatility.
    pub volatility_range: Ratio,
    /// Margin of every short option, of spot.
    pub short_option_rate: Ratio,
    /// Initial margin of maintenance, at least.
    pub initial_factor: Ratio,
}

impl Shock {
    /// How far prices are moved where an option is held whose volatility the guardian distrusts (DESIGN 5): twice the volatility
    /// range, however wide that is.
    pub const fn distrust(&mut self) {
        // The top bit of 128 is never set in a ratio that a scenario takes.
        self.volatility_range = Ratio(self.volatility_range.0 << 1);
    }
}

/// Positions in one underlying, without the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portfolio {
    /// Price of the underlying.
    pub spot: Spot,
    /// The stable price; spot where there is none.
    pub stable: Stable,
    /// What strikes are counted in.
    pub tick: Price,
    /// The perpetual; positive is long.
    pub perpetual: Position,
    /// How far prices are moved.
    pub shock: Shock,
}

impl Portfolio {
    /// The words before those of a number of options.
    ///
    /// # Errors
    /// [`Error::Overflow`](crate::Error::Overflow) if a ratio of the shock does not fit 64 bits: from 18.4.
    pub fn pack(&self, options: usize) -> Result<[Halves; HEADER_WORDS]> {
        let shock = &self.shock;
        let pair = |a: Ratio, b: Ratio| -> Result<u128> { Ok(lane(a)? << LANE | lane(b)?) };
        Ok([
            [self.spot.0, self.stable.0],
            [self.tick.0, self.perpetual.0.cast_unsigned()],
            [
                pair(shock.spot_range, shock.initial_spot_range)?,
                pair(shock.volatility_range, shock.short_option_rate)?,
            ],
            [lane(shock.initial_factor)? << LANE, options as u128],
        ])
    }

    /// Reads the words before the options, and the number of those.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the other fields of the word are cut off"
    )]
    pub const fn unpack(words: [Halves; HEADER_WORDS]) -> (Self, u64) {
        let [
            [spot, stable],
            [tick, perpetual],
            [spots, others],
            [factor, options],
        ] = words;
        let shock = Shock {
            spot_range: Ratio(spots >> LANE),
            initial_spot_range: Ratio(spots as u64 as u128),
            volatility_range: Ratio(others >> LANE),
            short_option_rate: Ratio(others as u64 as u128),
            initial_factor: Ratio(factor >> LANE),
        };
        let portfolio = Self {
            spot: Spot(spot),
            stable: Stable(stable),
            tick: Price(tick),
            perpetual: Position(perpetual.cast_signed()),
            shock,
        };
        (portfolio, options as u64)
    }
}

/// A ratio in 64 bits.
fn lane(ratio: Ratio) -> Result<u128> {
    match ratio.0 >> LANE {
        0 => Ok(ratio.0),
        _ => crate::refuse(crate::Error::Overflow),
    }
}

/// Margin of a portfolio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Maintenance margin.
    pub maintenance: Usd,
    /// Initial margin.
    pub initial: Usd,
}

impl Requirement {
    /// The word of a requirement.
    #[must_use]
    pub const fn pack(&self) -> Halves {
        [
            self.maintenance.0.cast_unsigned(),
            self.initial.0.cast_unsigned(),
        ]
    }

    /// Reads the word of a requirement.
    ///
    /// # Errors
    /// [`Error::Overflow`](crate::Error::Overflow) if an amount is not below 2^127.
    pub fn unpack([maintenance, initial]: Halves) -> Result<Self> {
        Ok(Self {
            maintenance: Usd(math::signed(maintenance)?),
            initial: Usd(math::signed(initial)?),
        })
    }
}
