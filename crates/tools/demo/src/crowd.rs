//! Who trades in the demo: pure choices from a seed, no chain.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The perpetual in which the crowd takes its risk.
pub const PERPETUAL: usize = 0;
/// The second contract on the same price, which hedgers hold against the first.
pub const HEDGE: usize = 1;
/// Number of perpetual contracts in the demo's market.
pub const PERPETUALS: usize = 2;
/// Number of option series, which follow the perpetuals.
pub const SERIES: usize = 4;
/// Number of contracts in the demo's market.
pub const CONTRACTS: usize = PERPETUALS + SERIES;

/// How somebody trades. Leverage is notional over deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Temper {
    /// Deposits and never trades.
    Idle,
    /// As much long in one contract as short in the other.
    Hedged,
    /// Buys calls and puts.
    Buyer,
    /// Sells them, and holds nothing else.
    Writer,
    /// Short at 2 to 5 times.
    Short,
    /// Long at 1.2 to 3 times.
    Prudent,
    /// Long at 4 to 9 times.
    Leveraged,
    /// Long at 12 to 17 times; every second one buys on the way down.
    Reckless,
}

/// One trader's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Trader {
    /// How they trade.
    pub temper: Temper,
    /// Dollars.
    pub deposit: f64,
    /// Minutes after the start at which they trade.
    pub enters: u64,
    /// Dollars of notional wanted in each contract, negative when short; of an option, of its underlying.
    pub notional: [f64; CONTRACTS],
}

/// A trade between two of the crowd, by their places in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Sells.
    pub short: usize,
    /// Buys.
    pub long: usize,
    /// Which contract.
    pub contract: usize,
    /// Dollars of notional.
    pub notional: f64,
    /// Minutes after the start.
    pub minute: u64,
}

/// The part of the crowd with each temper; what is left over is prudent.
const PARTS: [(Temper, f64); 7] = [
    (Temper::Idle, 0.075),
    (Temper::Hedged, 0.15),
    (Temper::Buyer, 0.05),
    (Temper::Writer, 0.05),
    (Temper::Short, 0.2),
    (Temper::Leveraged, 0.175),
    (Temper::Reckless, 0.25),
];
/// Leverage of a hedger in each of the two contracts: low, because the most heavily margined are deleveraged first.
const HEDGE_LEVERAGE: f64 = 0.5;
/// Underlying that buyers of options want in each series, of their deposit.
const OPTION_LEVERAGE: f64 = 2.0;

/// `count` traders whose wishes to buy and to sell add up to the same in each contract. `minutes` is the length of the
/// play: every second reckless trader enters in its first two thirds, everybody else at its start.
pub fn crowd(count: usize, minutes: u64, seed: u64) -> Vec<Trader> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut traders: Vec<Trader> = tempers(count)
        .into_iter()
        .enumerate()
        .map(|(k, temper)| wish(temper, k, minutes, &mut random))
        .collect();
    balance(&mut traders);
    traders
}

fn tempers(count: usize) -> Vec<Temper> {
    let mut tempers = Vec::with_capacity(count);
    for (temper, part) in PARTS {
        let mut members = (part * count as f64).round() as usize;
        if temper == Temper::Hedged {
            members -= members % 2; // in pairs that trade with each other
        }
        tempers.extend(std::iter::repeat_n(temper, members.max(1)));
    }
    tempers.resize(count.max(tempers.len()), Temper::Prudent);
    tempers
}

fn wish(temper: Temper, place: usize, minutes: u64, random: &mut ChaCha8Rng) -> Trader {
    let deposit = (random.random_range(8.0_f64.ln()..80.0_f64.ln()).exp() * 1000.0).round();
    let leverage = match temper {
        Temper::Idle | Temper::Buyer | Temper::Writer => 0.0,
        Temper::Hedged => HEDGE_LEVERAGE,
        Temper::Short => -random.random_range(2.0..5.0),
        Temper::Prudent => random.random_range(1.2..3.0),
        Temper::Leveraged => random.random_range(4.0..9.0),
        Temper::Reckless => random.random_range(12.0..17.0),
    };
    let late = temper == Temper::Reckless && place.is_multiple_of(2);
    let enters = if late {
        random.random_range(0..minutes * 2 / 3)
    } else {
        0
    };
    let mut notional = [0.0; CONTRACTS];
    notional[PERPETUAL] = deposit * leverage;
    if temper == Temper::Buyer {
        notional[PERPETUALS..].fill(deposit * OPTION_LEVERAGE);
    }
    Trader {
        temper,
        deposit,
        enters,
        notional,
    }
}

/// Makes the two sides of each contract equal: hedgers in pairs, writers by their deposits, shorts scaled in deposit and
/// notional to what all longs want.
fn balance(traders: &mut [Trader]) {
    let hedgers: Vec<usize> = (0..traders.len())
        .filter(|&k| traders[k].temper == Temper::Hedged)
        .collect();
    for pair in hedgers.chunks_exact(2) {
        let notional = traders[pair[0]].notional[PERPETUAL]
            .min(traders[pair[1]].notional[PERPETUAL])
            .round();
        for (hedger, long) in [(pair[0], notional), (pair[1], -notional)] {
            traders[hedger].notional[PERPETUAL] = long;
            traders[hedger].notional[HEDGE] = -long;
        }
    }
    write_options(traders);
    let outright = |trader: &Trader| !matches!(trader.temper, Temper::Hedged | Temper::Idle);
    let wanted = |traders: &[Trader], sign: f64| -> f64 {
        traders
            .iter()
            .filter(|t| outright(t))
            .map(|t| (t.notional[PERPETUAL] * sign).max(0.0))
            .sum()
    };
    let scale = wanted(traders, 1.0) / wanted(traders, -1.0);
    for short in traders
        .iter_mut()
        .filter(|trader| trader.temper == Temper::Short)
    {
        short.deposit = (short.deposit * scale).round();
        short.notional[PERPETUAL] *= scale;
    }
}

/// Gives writers what buyers of options want, by their deposits.
fn write_options(traders: &mut [Trader]) {
    let deposits: f64 = traders
        .iter()
        .filter(|trader| trader.temper == Temper::Writer)
        .map(|trader| trader.deposit)
        .sum();
    for series in PERPETUALS..CONTRACTS {
        let wanted: f64 = traders.iter().map(|trader| trader.notional[series]).sum();
        for writer in traders
            .iter_mut()
            .filter(|trader| trader.temper == Temper::Writer)
        {
            writer.notional[series] = -wanted * writer.deposit / deposits;
        }
    }
}

/// Pairs buyers with sellers, in order of entering, contract by contract, until no wish of a dollar is left.
pub fn pair(traders: &[Trader]) -> Vec<Match> {
    let mut buyers: Vec<usize> = (0..traders.len()).collect();
    buyers.sort_by_key(|&k| traders[k].enters);
    let mut matches = Vec::new();
    for contract in 0..CONTRACTS {
        let mut left: Vec<f64> = traders
            .iter()
            .map(|trader| trader.notional[contract])
            .collect();
        for &long in &buyers {
            for short in 0..traders.len() {
                let same_kind = (traders[long].temper == Temper::Hedged)
                    == (traders[short].temper == Temper::Hedged);
                let notional = left[long].min(-left[short]);
                if notional < 1.0 || !same_kind {
                    continue;
                }
                left[long] -= notional;
                left[short] += notional;
                matches.push(Match {
                    short,
                    long,
                    contract,
                    notional,
                    minute: traders[long].enters,
                });
            }
        }
    }
    matches.sort_by_key(|found| found.minute);
    matches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_crowd() {
        assert_eq!(crowd(40, 1000, 3), crowd(40, 1000, 3));
        assert_ne!(crowd(40, 1000, 3), crowd(40, 1000, 4));
    }

    #[test]
    fn every_wish_is_matched_and_both_sides_are_equal() {
        for seed in 0..20 {
            let traders = crowd(40, 1000, seed);
            assert_eq!(traders.len(), 40);
            for contract in 0..CONTRACTS {
                let wanted: f64 = traders
                    .iter()
                    .map(|trader| trader.notional[contract].max(0.0))
                    .sum();
                let net: f64 = traders.iter().map(|trader| trader.notional[contract]).sum();
                let matched: f64 = pair(&traders)
                    .iter()
                    .filter(|m| m.contract == contract)
                    .map(|m| m.notional)
                    .sum();
                assert!(net.abs() < 0.01, "seed {seed}: longs less shorts are {net}");
                assert!(
                    (wanted - matched).abs() < 100.0,
                    "seed {seed}: {wanted} wanted, {matched} matched"
                );
            }
        }
    }

    #[test]
    fn there_is_somebody_of_every_temper() {
        let traders = crowd(40, 1000, 1);
        for temper in [
            Temper::Idle,
            Temper::Hedged,
            Temper::Buyer,
            Temper::Writer,
            Temper::Short,
            Temper::Prudent,
            Temper::Leveraged,
            Temper::Reckless,
        ] {
            assert!(
                traders.iter().any(|trader| trader.temper == temper),
                "{temper:?}"
            );
        }
    }

    #[test]
    fn hedgers_have_no_price_risk_and_trade_with_hedgers() {
        let traders = crowd(40, 1000, 5);
        for found in pair(&traders) {
            assert_eq!(
                traders[found.long].temper == Temper::Hedged,
                traders[found.short].temper == Temper::Hedged
            );
        }
        for hedger in traders
            .iter()
            .filter(|trader| trader.temper == Temper::Hedged)
        {
            assert_eq!(hedger.notional[PERPETUAL], -hedger.notional[HEDGE]);
        }
    }
}
