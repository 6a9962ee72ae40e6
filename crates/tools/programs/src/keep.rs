//! Giving programs another year.

use super::{ARB_WASM, Life, ProgramsError, Report};
use alloy::{
    primitives::{Address, U256},
    sol_types::{SolCall, SolError, SolEvent},
};
use client::{
    abi::IArbWasm::{self, activateProgramCall, codehashKeepaliveCall},
    chain::{Chain, ChainError, Wallet},
};
use serde::Serialize;
use std::fmt;

const DAY: u64 = 86_400;
/// What is sent beyond the fee that is asked for, as a share, because demand may rise until then; the rest comes back.
const HEADROOM_PERCENT: u64 = 20;

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "done")]
pub enum Kept {
    /// It has another year.
    Prolonged {
        /// The program.
        program: Address,
        /// What the chain took for it, in wei, besides gas.
        fee: U256,
    },
    /// It had expired, or never run, and was activated.
    Activated {
        /// The program.
        program: Address,
        /// What the chain took for it, in wei, besides gas.
        fee: U256,
    },
    /// It may not be prolonged yet: it was activated less than a month ago.
    TooSoon {
        /// The program.
        program: Address,
    },
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prolonged { program, fee } => write!(f, "{program} prolonged for {fee} wei"),
            Self::Activated { program, fee } => write!(f, "{program} activated for {fee} wei"),
            Self::TooSoon { program } => write!(f, "{program} cannot be prolonged yet"),
        }
    }
}

/// Prolongs every program of `report` that has at most `days` days left, and activates those that do not run, from `wallet`, one
/// after the other, each at the fee that the chain asks for then.
///
/// # Errors
/// [`ProgramsError`]; what was done before stays done.
pub async fn keep_alive(
    chain: &Chain,
    wallet: &Wallet,
    report: &Report,
    days: u64,
    mut done: impl FnMut(&Kept),
) -> Result<(), ProgramsError> {
    let limit = days.saturating_mul(DAY);
    for program in &report.programs {
        if program.seconds_left() > limit {
            continue;
        }
        let address = program.address;
        let kept = if let Life::Active { .. } = program.life {
            let call = codehashKeepaliveCall {
                codehash: program.code_hash,
            };
            match fee(chain, wallet, &call).await? {
                None => Kept::TooSoon { program: address },
                Some(fee) => {
                    let paid = pay(chain, wallet, &call, fee).await?;
                    Kept::Prolonged {
                        program: address,
                        fee: paid,
                    }
                }
            }
        } else {
            let call = activateProgramCall { program: address };
            let fee = fee(chain, wallet, &call).await?.unwrap_or_default();
            let paid = pay(chain, wallet, &call, fee).await?;
            Kept::Activated {
                program: address,
                fee: paid,
            }
        };
        done(&kept);
    }
    Ok(())
}

/// What the chain asks for a call in wei, which it says when nothing is sent; none if it is too soon for it.
async fn fee<C: SolCall>(
    chain: &Chain,
    wallet: &Wallet,
    call: &C,
) -> Result<Option<U256>, ChainError> {
    let from = Some(wallet.address());
    let data = match chain.try_call(from, ARB_WASM, call, None).await? {
        Ok(_) => return Ok(Some(U256::ZERO)),
        Err(data) => data,
    };
    if let Ok(short) = IArbWasm::ProgramInsufficientValue::abi_decode(&data) {
        return Ok(Some(short.want));
    }
    if data.starts_with(&IArbWasm::ProgramKeepaliveTooSoon::SELECTOR) {
        return Ok(None);
    }
    Err(ChainError::Refused {
        what: C::SIGNATURE.into(),
        reason: client::chain::error_name(&data),
    })
}

/// Makes a call with `fee` and some more, and returns what the chain kept of it.
async fn pay<C: SolCall>(
    chain: &Chain,
    wallet: &Wallet,
    call: &C,
    fee: U256,
) -> Result<U256, ChainError> {
    let headroom = fee.saturating_mul(U256::from(HEADROOM_PERCENT)) / U256::from(100);
    let value = fee.saturating_add(headroom);
    let data = call.abi_encode().into();
    let transaction = wallet.transact(chain, C::SIGNATURE, ARB_WASM, value, data)?;
    let receipts = chain.execute(&[transaction]).await?;
    let logs = receipts.iter().flat_map(|receipt| &receipt.logs);
    let paid = logs.filter_map(|log| {
        let prolonged = IArbWasm::ProgramLifetimeExtended::decode_log(&log.inner);
        let activated = IArbWasm::ProgramActivated::decode_log(&log.inner);
        let prolonged = prolonged.map(|event| event.dataFee);
        prolonged
            .or_else(|_| activated.map(|event| event.dataFee))
            .ok()
    });
    paid.last().ok_or_else(|| ChainError::Malformed {
        what: C::SIGNATURE.into(),
        reason: "the transaction left no event".into(),
    })
}
