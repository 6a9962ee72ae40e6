//! What options of one expiry are worth, before it, until its settlement is final, and from then on.
//!
//! Nothing jumps at the expiry. While the settlement is being counted, what is counted is fixed and what is left moves like fewer
//! options struck at what the rest has to average (DESIGN 4, In the settlement window); at the expiry their time value has run
//! out, and when all is counted nothing is left to move.
//!
//! Nor does anything jump where a series settles early: from a day before on its volatility is that of then, whatever becomes of the
//! price, in the window what is counted of its settlement is fixed, and from its time on it is worth what it settles at, whoever asks,
//! and whether or not anybody has booked it.

use risk::math::mul_div_down;
use risk::options::black::{Inputs, Kind, Quote};
use risk::options::settlement::{Counted, Moving};
use risk::{Mark, Position, Price, Ratio, SettlementPrice};

use crate::WAD;
use crate::surface::{Forward, Quoted};
use crate::tier::action;

/// WAD volatility of a millionth.
const MILLIONTH: u128 = WAD as u128 / 1_000_000;

/// One option, WAD.
const UNIT: i128 = WAD as i128;

/// How far an expiry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It lies so many seconds ahead.
    Ahead {
        /// Seconds, not zero.
        secs: u64,
        /// Its surface.
        quoted: Quoted,
        /// Whether that is neither stale nor distrusted.
        fresh: bool,
        /// Whether the guardian distrusts it.
        distrusted: bool,
    },
    /// It is over, and its settlement is not final.
    Settling,
    /// Its settlement is final.
    Settled,
}

/// One expiry of an asset at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The price of what is left to move: the mark; at last the one at which it has settled.
    pub price: Forward,
    /// What of its settlement is counted; nothing once it is final.
    pub counted: Counted,
    /// How far it is; of a series that settles early, how far that is.
    pub stage: Stage,
    /// Of a series that settles early, from a day before on: what it will settle with.
    pub early: Option<Early>,
}

/// What a series that settles before its expiry settles with, beside the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Early {
    /// Seconds that are left to its expiry then, or now, if that is more.
    pub secs: u64,
    /// The surface of a day before, or of earlier: see [`day_of_volatility`](crate::surface::day_of_volatility).
    pub quoted: Quoted,
    /// The price at which volatilities are read of it: the settlement price of its day, so that none moves with the price. Zero
    /// while that day has none: they are then read at the forward.
    pub at: SettlementPrice,
}

/// One option at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionQuote {
    /// Value and Greeks.
    pub quote: Quote,
    /// Volatility a year that it was valued at, WAD; zero from the expiry on.
    pub volatility: u64,
}

impl Expiry {
    /// An expiry ahead of `now`.
    pub fn ahead(mark: Mark, counted: Counted, expiry: u64, quoted: Quoted, now: u64) -> Self {
        Self {
            price: mark.into(),
            counted,
            stage: Stage::Ahead {
                secs: expiry.saturating_sub(now),
                quoted,
                fresh: quoted.is_fresh(now),
                distrusted: quoted.is_distrusted(now),
            },
            early: None,
        }
    }

    /// From its expiry on: settled at `settled`, or, while that is zero, valued at the mark.
    pub fn over(mark: Mark, counted: Counted, settled: SettlementPrice) -> Self {
        let (price, counted, stage) = match settled {
            SettlementPrice::ZERO => (mark.into(), counted, Stage::Settling),
            settled => (settled.into(), Counted::default(), Stage::Settled),
        };
        Self {
            price,
            counted,
            stage,
            early: None,
        }
    }

    /// Of series that settle at `closes`, before their `expiry`, at `now`, at most a day before: at `settled` once that is not zero.
    /// Its volatilities are those of the surface `quoted` at the price `at`, or at the forward while that is zero.
    pub fn early(
        (mark, counted, settled): (Mark, Counted, SettlementPrice),
        (expiry, closes): (u64, u64),
        (quoted, at): (Quoted, SettlementPrice),
        now: u64,
    ) -> Self {
        let early = Early {
            secs: expiry.saturating_sub(closes.min(now)),
            quoted,
            at,
        };
        let expiry = if now < closes {
            Self {
                price: mark.into(),
                counted,
                stage: Stage::Ahead {
                    secs: closes - now,
                    quoted,
                    fresh: true,
                    distrusted: false,
                },
                early: None,
            }
        } else {
            Self::over(mark, counted, settled)
        };
        Self {
            early: Some(early),
            ..expiry
        }
    }

    /// Whether its settlement is final.
    pub fn is_final(&self) -> bool {
        self.stage == Stage::Settled
    }

    /// The option with this `strike`; beyond the largest price it counts as that.
    ///
    /// Ahead of the expiry its undiscounted Black-76 value, as precise as [`Inputs::quote`], of what is left to move; without a
    /// surface, and from the expiry on, its intrinsic value, in which there is nothing left but delta, and nothing at all once it
    /// is final. While its surface is distrusted its volatility is that at the mark of then. What is fixed of a call that cannot
    /// end without value is part of its value. All is rounded towards zero.
    pub fn quote(&self, kind: Kind, strike: Price) -> OptionQuote {
        if let Some(early) = &self.early {
            return self.quote_early(early, kind, strike);
        }
        let (forward, whole) = (self.price.price(), strike.min(Price::MAX));
        let Moving { strike, size } = self.counted.moving(kind, whole, Position(UNIT));
        let (seconds, volatility) = match self.stage {
            Stage::Ahead {
                secs,
                quoted,
                distrusted,
                ..
            } if quoted.exists() => {
                let at = if distrusted {
                    quoted.distrusted_at.into()
                } else {
                    Forward(forward.0)
                };
                (secs, quoted.volatility(strike, at))
            }
            _ => (0, 0),
        };
        let volatility = u128::from(volatility) * MILLIONTH;
        let inputs = Inputs {
            kind,
            forward,
            strike,
            seconds,
            volatility: Ratio(volatility),
        };
        // Neither price is above the largest.
        let mut quote = inputs.quote().unwrap_or_default();
        if self.counted.share > Ratio(0) {
            quote = self.scaled(quote, size, kind, whole, strike);
        }
        if self.is_final() {
            quote.delta = 0;
        }
        OptionQuote {
            quote,
            volatility: volatility as u64,
        }
    }

    /// The option with this `strike` of a series that settles early: what it would settle at if the price stayed what it is. It moves
    /// with what of the settlement is not counted, and with no volatility.
    fn quote_early(&self, early: &Early, kind: Kind, strike: Price) -> OptionQuote {
        let Counted { share, average } = self.counted;
        let share = share.0.min(WAD.into());
        let rest = u128::from(WAD) - share;
        let of = |value: u128, share| mul_div_down(value, share, WAD.into()).unwrap_or(u128::MAX);
        let (price, strike) = (self.price.price(), strike.min(Price::MAX));
        // Neither part is above the largest price, nor are they together.
        let average = average.price().min(Price::MAX);
        let forward = of(average.0, share) + of(price.0, rest);
        let at = match early.at {
            SettlementPrice::ZERO => Forward(forward),
            at => at.into(),
        };
        let volatility = u128::from(early.quoted.volatility(strike, at)) * MILLIONTH;
        let inputs = Inputs {
            kind,
            forward: Price(forward),
            strike,
            seconds: early.secs,
            volatility: Ratio(volatility),
        };
        let whole = inputs.quote().unwrap_or_default();
        let moving = if self.is_final() { 0 } else { rest };
        let delta = of(whole.delta.unsigned_abs(), moving).cast_signed();
        OptionQuote {
            quote: Quote {
                value: whole.value,
                delta: if whole.delta < 0 { -delta } else { delta },
                gamma: of(of(whole.gamma, moving), moving),
                vega: 0,
            },
            volatility: volatility as u64,
        }
    }

    /// A `quote` of what is left to move as that of an option of one unit struck at `whole`.
    fn scaled(
        &self,
        quote: Quote,
        left: Position,
        kind: Kind,
        whole: Price,
        strike: Price,
    ) -> Quote {
        let size = left.0.unsigned_abs();
        // Only a number that did not fit to begin with does not fit now.
        let share = |value| mul_div_down(value, size, WAD.into()).unwrap_or(u128::MAX);
        let mut value = share(quote.value.0);
        if strike == Price::ZERO && kind == Kind::Call {
            let Counted { share, average } = self.counted;
            let fixed = mul_div_down(average.0, share.0, WAD.into()).unwrap_or(u128::MAX);
            value = value.saturating_add(fixed).saturating_sub(whole.0);
        }
        let delta = share(quote.delta.unsigned_abs()).cast_signed();
        Quote {
            value: Price(value),
            delta: if quote.delta < 0 { -delta } else { delta },
            gamma: share(quote.gamma),
            vega: share(quote.vega),
        }
    }

    /// The actions forbidden with its options, given those forbidden with the asset.
    ///
    /// While its surface is distrusted, an option is neither transferred nor cut, and traded only to reduce risk, whether the
    /// surface is stale or not. A final price needs no feed any more, so that a frozen asset keeps nobody in an option that is over.
    pub fn blocked(&self, by_asset: u16) -> u16 {
        match self.stage {
            Stage::Ahead { fresh: true, .. } => by_asset,
            Stage::Ahead {
                distrusted: true, ..
            } => by_asset | action::LIQUIDATE | action::DELEVERAGE | action::DISTRUSTED,
            Stage::Ahead { quoted, .. } if quoted.exists() => by_asset | action::OPEN,
            Stage::Ahead { .. } => by_asset | action::ALL,
            Stage::Settling => by_asset | action::OPEN | action::REDUCE,
            Stage::Settled => action::OPEN | action::REDUCE,
        }
    }
}

#[cfg(test)]
mod tests;
