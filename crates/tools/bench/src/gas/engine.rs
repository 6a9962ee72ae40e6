//! The risk engine by itself: gas of its functions, measured by a contract that calls it.
//!
//! The portfolio is the one that other systems were measured with, [`option_model::yardstick`].

use super::Bench;
use crate::BenchError;
use alloy::{
    primitives::{B256, I256, U256},
    sol_types::SolCall,
};
use client::abi::IRiskEngine;
use option_model::yardstick::{PORTFOLIO, SPOT, STRIKE_STEP, option};
use risk::{
    Ratio, WAD,
    options::{OptionLeg, Shock, black::Kind, encoding::Halves},
};

const COUNTS: [usize; 7] = [0, 1, 8, 16, 32, 64, 128];
/// Units of volatility in one, of a packed option.
const MICRO: u128 = WAD / 1_000_000;

fn packed(options: &[OptionLeg]) -> IRiskEngine::requirementsCall {
    let word = |[high, low]: Halves| B256::from(U256::from(high) << 128 | U256::from(low));
    let header = PORTFOLIO.pack(options.len()).expect("constants that fit");
    let words = header
        .into_iter()
        .chain(options.iter().map(OptionLeg::pack));
    IRiskEngine::requirementsCall {
        portfolios: words.map(word).collect(),
    }
}

fn evaluation(options: &[OptionLeg]) -> IRiskEngine::evaluateCall {
    let Shock {
        spot_range,
        initial_spot_range,
        volatility_range,
        short_option_rate,
        initial_factor,
    } = PORTFOLIO.shock;
    let ratio = |ratio: Ratio| U256::from(ratio.0);
    let signed = |x: i128| I256::unchecked_from(x);
    let option = |leg: &OptionLeg| IRiskEngine::EngineOption {
        isCall: leg.kind == Kind::Call,
        strike: U256::from(leg.strike_price(PORTFOLIO.tick).0),
        secs: U256::from(leg.seconds),
        size: signed(leg.size.0),
        vol: U256::from(u128::from(leg.volatility) * MICRO),
    };
    IRiskEngine::evaluateCall {
        spot: U256::from(SPOT),
        perp: signed(PORTFOLIO.perpetual.0),
        options: options.iter().map(option).collect(),
        shock: IRiskEngine::Shock {
            spotRange: ratio(spot_range),
            initialSpotRange: ratio(initial_spot_range),
            volRange: ratio(volatility_range),
            shortOptionRate: ratio(short_option_rate),
            initialFactor: ratio(initial_factor),
        },
    }
}

impl Bench<'_> {
    pub(super) async fn engine(&mut self) -> Result<(), BenchError> {
        let engine = self.deployment.risk_engine;
        let second = option(1);
        let price = IRiskEngine::priceCall {
            isCall: true,
            forward: U256::from(SPOT),
            strike: U256::from(SPOT + STRIKE_STEP),
            secs: U256::from(second.seconds),
            vol: U256::from(u128::from(second.volatility) * MICRO),
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
