//! The portfolio that the margin of accounts is timed and priced with, here and elsewhere: spot 2000, two perpetuals, options of four
//! expiries around the money, calls and puts, half of them short.

use risk::options::black::Kind;
use risk::options::encoding::parts_of_ticks;
use risk::options::{OptionLeg, Portfolio, Shock};
use risk::{Position, Price, Ratio, Spot, Stable, WAD};

/// Spot, WAD dollars.
pub const SPOT: u128 = 2_000 * WAD;
/// Price that strikes are counted in, WAD dollars.
pub const TICK: u128 = WAD / 100;
/// Distance of strikes, WAD dollars.
pub const STRIKE_STEP: u128 = 100 * WAD;

const EXPIRY_DAYS: [u32; 4] = [14, 28, 56, 84];
const DAY: u32 = 86_400;
/// Volatility of every option, a year, millionths.
const VOLATILITY: u32 = 800_000;

/// The portfolio without its options.
pub const PORTFOLIO: Portfolio = Portfolio {
    spot: Spot(SPOT),
    stable: Stable(SPOT),
    tick: Price(TICK),
    perpetual: Position(2 * WAD as i128),
    shock: Shock {
        spot_range: Ratio(WAD / 5),
        initial_spot_range: Ratio(WAD / 5),
        volatility_range: Ratio(WAD * 35 / 100),
        short_option_rate: Ratio(WAD / 100),
        initial_factor: Ratio(WAD * 5 / 4),
    },
};

/// Option `i` of it, from zero.
#[must_use]
pub fn option(i: usize) -> OptionLeg {
    let (expiry, rank) = (i % EXPIRY_DAYS.len(), i / EXPIRY_DAYS.len());
    let distance = rank.div_ceil(2) as u128 * STRIKE_STEP;
    let strike = if rank % 2 == 1 {
        SPOT + distance
    } else {
        SPOT - distance
    };
    let is_even = |n: usize| n.is_multiple_of(2);
    OptionLeg {
        kind: if is_even(rank + expiry) {
            Kind::Call
        } else {
            Kind::Put
        },
        strike: parts_of_ticks((strike / TICK) as u64),
        seconds: EXPIRY_DAYS[expiry] * DAY,
        volatility: VOLATILITY,
        size: Position(if is_even(rank / 2 + expiry) { -1 } else { 1 } * WAD as i128),
    }
}
