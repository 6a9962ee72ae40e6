//! Random portfolios.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{Closing, Leg, Portfolio, Shock};

const WAD: u64 = 1_000_000_000_000_000_000;
/// Prices of the underlyings, in units of 1e-18.
const SPOTS: [u128; 7] = [
    1_000_000_000,
    20_000_000_000_000_000,
    WAD as u128,
    25 * WAD as u128,
    2_000 * WAD as u128,
    65_000 * WAD as u128,
    1_000_000_000 * WAD as u128,
];
/// Ticks in a spot.
const TICKS: u128 = 1_000_000;
/// Parts of a size of one.
const SIZE_STEP: i128 = 1_000_000_000_000;
const DAY: u32 = 86_400;

/// What kind of portfolio is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Options near the money with a perpetual, as the reference model draws them.
    Usual,
    /// Strikes of a tenth to seven times spot, seconds to ten years, volatilities of 1 % to 800 %, ranges of 1 % to 300 %.
    Wide,
    /// Verticals, butterflies, straddles and calendars: legs that nearly cancel.
    Hedged,
    /// Options without time or volatility left, at the money or not, and prices that a move takes to their lowest.
    Edges,
}

impl Shape {
    /// All shapes.
    pub const ALL: [Self; 4] = [Self::Usual, Self::Wide, Self::Hedged, Self::Edges];
}

/// A source of portfolios that a seed determines.
#[derive(Clone, Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The source of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A number from `low` to `high`, whose logarithm is spread evenly.
    pub fn spread(&mut self, low: f64, high: f64) -> f64 {
        self.0.random_range(low.ln()..=high.ln()).exp()
    }

    /// True as often as not.
    pub fn coin(&mut self) -> bool {
        self.0.random()
    }

    /// A number of those from `low` to `high`.
    pub fn whole(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high)
    }

    /// One of some.
    pub fn one_of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.0.random_range(0..some.len())]
    }

    /// A rate from `low` to `high` ten-thousandths.
    fn rate(&mut self, low: u64, high: u64) -> u64 {
        self.whole(low, high) * (WAD / 10_000)
    }

    /// A size from -`most` to `most`.
    fn size(&mut self, most: i128) -> i128 {
        let steps = most * 1_000_000;
        self.0.random_range(-steps..=steps) * SIZE_STEP
    }

    fn leg(&mut self, shape: Shape) -> Leg {
        let near = (TICKS / 2) as u64..=(TICKS * 9 / 5) as u64;
        let usual = Leg {
            is_call: self.coin(),
            ticks: self.0.random_range(near),
            seconds: self.one_of(&[3_600, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY]),
            volatility: self.whole(200_000, 2_500_000) as u32,
            size: self.size(5),
            closing: None,
        };
        match shape {
            Shape::Usual | Shape::Hedged => usual,
            Shape::Wide => Leg {
                ticks: self.spread(1e5, 7e6) as u64,
                seconds: self.spread(1.0, 3650.0 * f64::from(DAY)) as u32,
                volatility: self.spread(1e4, 8e6) as u32,
                size: self.size(1_000),
                ..usual
            },
            Shape::Edges => Leg {
                ticks: self.one_of(&[1, 10_000, 990_000, 1_000_000, 1_000_001, 7_999_999]),
                seconds: self.one_of(&[0, 1, DAY - 1, DAY, DAY + 1, 30 * DAY, 30 * DAY + 1]),
                volatility: self.one_of(&[0, 1, 50_000, 800_000]),
                ..usual
            },
        }
    }

    /// Legs that nearly cancel: two to four of one size.
    fn hedge(&mut self, legs: &mut Vec<Leg>) {
        let one = self.leg(Shape::Hedged);
        let step = self.whole(1, TICKS as u64 / 10);
        let at = |steps: u64, size: i128| Leg {
            ticks: one.ticks + steps * step,
            size,
            ..one
        };
        let put = Leg {
            is_call: !one.is_call,
            ..one
        };
        let later = Leg {
            seconds: one.seconds * 2,
            size: -one.size,
            ..one
        };
        match self.whole(0, 3) {
            0 => legs.extend([one, at(1, -one.size)]),
            1 => legs.extend([one, at(1, -2 * one.size), at(2, one.size)]),
            2 => legs.extend([one, put]),
            _ => legs.extend([one, later]),
        }
    }

    /// Makes about half of a portfolio's options those of series that settle within a day, early, most of them in their windows.
    pub fn close(&mut self, portfolio: &mut Portfolio) {
        for leg in &mut portfolio.options {
            if self.coin() {
                let left = self.spread(1e-4, 2.0).min(1.0);
                let off = self.spread(0.8, 1.25);
                leg.closing = Some(Closing {
                    counted: ((1.0 - left) * WAD as f64) as u64,
                    average: (portfolio.spot as f64 * off) as u128,
                });
                leg.seconds = leg.seconds.max(DAY / 24);
                // Below the least that others move to, which no fixed one is held to.
                if self.whole(0, 7) == 0 {
                    leg.volatility = self.spread(1e4, 5e4) as u32;
                }
            }
        }
    }

    /// A portfolio of about so many options.
    pub fn portfolio(&mut self, shape: Shape, options: usize) -> Portfolio {
        let spot = self.one_of(&SPOTS);
        let mut legs = Vec::new();
        while legs.len() < options {
            if shape == Shape::Hedged {
                self.hedge(&mut legs);
            } else {
                legs.push(self.leg(shape));
            }
        }
        legs.truncate(options);
        let spot_range = match shape {
            Shape::Usual | Shape::Hedged => self.rate(300, 6_000),
            Shape::Wide | Shape::Edges => self.rate(100, 30_000),
        };
        let initial_spot_range = self.one_of(&[
            spot_range,
            spot_range,
            spot_range / 4 * 5,
            (2 * spot_range).min(3 * WAD),
        ]);
        Portfolio {
            spot,
            stable: spot,
            tick: spot / TICKS,
            perpetual: self.size(10),
            options: legs,
            shock: Shock {
                spot_range,
                initial_spot_range: initial_spot_range.min(3 * WAD),
                volatility_range: self.rate(0, 10_000),
                short_option_rate: WAD / 100,
                initial_factor: WAD / 4 * 5,
            },
        }
    }
}
