//! The risk engine by itself: gas of its functions, measured by a contract that calls it.
//!
//! The portfolio is the one that other systems were measured with: spot 2000, two perpetuals, options of four expiries around the
//! money, half of them short.

use super::Bench;
use crate::BenchError;
use alloy::{
    primitives::{B256, I256, U256},
    sol_types::SolCall,
};
use client::abi::IRiskEngine;
use risk::{
    Position, Price, Ratio, Spot, Stable, WAD,
    options::{
        OptionLeg, Portfolio, Shock,
        black::Kind,
        encoding::{Halves, parts_of_ticks},
    },
};

const COUNTS: [usize; 7] = [0, 1, 8, 16, 32, 64, 128];
const SPOT: u128 = 2_000 * WAD;
const PERPETUAL: i128 = 2 * WAD as i128;
const TICK: u128 = WAD / 100;
const STRIKE_STEP: u128 = 100 * WAD;
const EXPIRY_DAYS: [u32; 4] = [14, 28, 56, 84];
const DAY: u32 = 86_400;
const VOLATILITY: u32 = 800_000;
/// Units of volatility in one, of a packed option.
const MICRO: u128 = WAD / 1_000_000;
const SHOCK: Shock = Shock {
    spot_range: Ratio(WAD / 5),
    initial_spot_range: Ratio(WAD / 5),
    volatility_range: Ratio(WAD * 35 / 100),
    short_option_rate: Ratio(WAD / 100),
    initial_factor: Ratio(WAD * 5 / 4),
};

/// Option `i` of the portfolio.
fn option(i: usize) -> OptionLeg {
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

fn packed(options: &[OptionLeg]) -> IRiskEngine::requirementsCall {
    let portfolio = Portfolio {
        spot: Spot(SPOT),
        stable: Stable(SPOT),
        tick: Price(TICK),
        perpetual: Position(PERPETUAL),
        shock: SHOCK,
    };
    let word = |[high, low]: Halves| B256::from(U256::from(high) << 128 | U256::from(low));
    let header = portfolio.pack(options.len()).expect("constants that fit");
    let words = header
        .into_iter()
        .chain(options.iter().map(OptionLeg::pack));
    IRiskEngine::requirementsCall {
        portfolios: words.map(word).collect(),
    }
}

fn evaluation(options: &[OptionLeg]) -> IRiskEngine::evaluateCall {
    let ratio = |ratio: Ratio| U256::from(ratio.0);
    let signed = |x: i128| I256::unchecked_from(x);
    let option = |leg: &OptionLeg| IRiskEngine::EngineOption {
        isCall: leg.kind == Kind::Call,
        strike: U256::from(leg.strike_price(Price(TICK)).0),
        secs: U256::from(leg.seconds),
        size: signed(leg.size.0),
        vol: U256::from(u128::from(leg.volatility) * MICRO),
    };
    IRiskEngine::evaluateCall {
        spot: U256::from(SPOT),
        perp: signed(PERPETUAL),
        options: options.iter().map(option).collect(),
        shock: IRiskEngine::Shock {
            spotRange: ratio(SHOCK.spot_range),
            initialSpotRange: ratio(SHOCK.initial_spot_range),
            volRange: ratio(SHOCK.volatility_range),
            shortOptionRate: ratio(SHOCK.short_option_rate),
            initialFactor: ratio(SHOCK.initial_factor),
        },
    }
}

impl Bench<'_> {
    pub(super) async fn engine(&mut self) -> Result<(), BenchError> {
        let engine = self.deployment.risk_engine;
        let price = IRiskEngine::priceCall {
            isCall: true,
            forward: U256::from(SPOT),
            strike: U256::from(SPOT + STRIKE_STEP),
            secs: U256::from(EXPIRY_DAYS[1] * DAY),
            vol: U256::from(u128::from(VOLATILITY) * MICRO),
        };
        let price = price.abi_encode();
        self.meter
            .note_inside("engine.price", engine, &price)
            .await?;
        let options: Vec<OptionLeg> = (0..COUNTS[COUNTS.len() - 1]).map(option).collect();
        for count in COUNTS {
            let options = &options[..count];
            let (public, packed) = (evaluation(options), packed(options));
            let name = format!("engine.evaluate.{count}");
            self.meter
                .note_inside(&name, engine, &public.abi_encode())
                .await?;
            let name = format!("engine.evaluateCompact.{count}");
            self.meter
                .note_inside(&name, engine, &packed.abi_encode())
                .await?;
        }
        Ok(())
    }
}
