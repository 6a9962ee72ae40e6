//! The model's portfolios as the fixed-point code takes them: the same whole numbers under its types.

use risk::options::black::Kind;
use risk::options::encoding::parts_of_ticks;
use risk::options::{self, OptionLeg};
use risk::{Position, Price, Ratio};

use crate::{Leg, Portfolio, Shock};

impl Leg {
    /// The option in the types of `risk`.
    #[must_use]
    pub fn native(&self) -> OptionLeg {
        OptionLeg {
            kind: if self.is_call { Kind::Call } else { Kind::Put },
            strike: parts_of_ticks(self.ticks),
            seconds: self.seconds,
            volatility: self.volatility,
            size: Position(self.size),
        }
    }
}

impl Shock {
    fn native(&self) -> options::Shock {
        let ratio = |wad: u64| Ratio(wad.into());
        options::Shock {
            spot_range: ratio(self.spot_range),
            initial_spot_range: ratio(self.initial_spot_range),
            volatility_range: ratio(self.volatility_range),
            short_option_rate: ratio(self.short_option_rate),
            initial_factor: ratio(self.initial_factor),
        }
    }
}

impl Portfolio {
    /// The portfolio and its options in the types of `risk`.
    #[must_use]
    pub fn native(&self) -> (options::Portfolio, Vec<OptionLeg>) {
        let portfolio = options::Portfolio {
            spot: Price(self.spot),
            stable: Price(self.stable),
            tick: Price(self.tick),
            perpetual: Position(self.perpetual),
            shock: self.shock.native(),
        };
        (portfolio, self.options.iter().map(Leg::native).collect())
    }
}
