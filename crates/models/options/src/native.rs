//! The model's portfolios as the fixed-point code takes them: the same whole numbers under its types.

use risk::options::black::Kind;
use risk::options::encoding::parts_of_ticks;
use risk::options::{self, ClosingLeg, Counted, OptionLeg};
use risk::{Position, Price, Ratio, SettlementPrice, Spot, Stable};

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
    /// The portfolio and its options in the types of `risk`, but for those that are closing.
    #[must_use]
    pub fn native(&self) -> (options::Portfolio, Vec<OptionLeg>) {
        let portfolio = options::Portfolio {
            spot: Spot(self.spot),
            stable: Stable(self.stable),
            tick: Price(self.tick),
            perpetual: Position(self.perpetual),
            shock: self.shock.native(),
        };
        let options = self.options.iter().filter(|leg| leg.closing.is_none());
        (portfolio, options.map(Leg::native).collect())
    }

    /// The options of the portfolio that are closing, of which [`native`](Self::native) has none.
    #[must_use]
    pub fn native_closing(&self) -> Vec<ClosingLeg> {
        let closing = |leg: &Leg| {
            let closing = leg.closing?;
            Some(ClosingLeg {
                option: leg.native(),
                counted: Counted {
                    share: Ratio(closing.counted.into()),
                    average: SettlementPrice(closing.average),
                },
            })
        };
        self.options.iter().filter_map(closing).collect()
    }
}
