//! How long a deployment's Stylus programs have before the chain runs them no more, and giving them another year.
//!
//! A chain runs a program for a time after its activation, a year unless the chain's owner says otherwise
//! (`ArbWasm.expiryDays`). From a month on anybody may prolong that for a fee (`codehashKeepalive`); a program that has expired has
//! to be activated anew.

#![warn(missing_docs)]

mod find;
mod keep;
mod report;

pub use find::Found;
pub use keep::{Kept, keep_alive};
pub use report::{Life, Program, Report};

use alloy::{
    primitives::{Address, address},
    sol_types::{SolCall, SolError},
};
use client::{
    abi::IArbWasm,
    chain::{Chain, ChainError},
};

/// ArbWasm.
pub const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");

/// Why nothing can be said about programs.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// The node refused something.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// No program was found.
    #[error("no Stylus program is at {0}, nor at the addresses in its code and storage")]
    NoProgram(String),
}

impl ProgramsError {
    /// Whether what was asked for is at fault, rather than the node.
    pub fn is_bad_input(&self) -> bool {
        matches!(
            self,
            Self::NoProgram(_) | Self::Chain(ChainError::BadUrl(_))
        )
    }
}

/// Looks at every program of the system that `start` belongs to: at these addresses, at those in the code of contracts there, and
/// in the first slots of their storage.
///
/// # Errors
/// [`ProgramsError`].
pub async fn report(chain: &Chain, start: &[Address]) -> Result<Report, ProgramsError> {
    let found = find::programs(chain, start).await?;
    if found.is_empty() {
        let names: Vec<String> = start.iter().map(Address::to_string).collect();
        return Err(ProgramsError::NoProgram(names.join(", ")));
    }
    let now = chain.timestamp().await?;
    let mut programs = Vec::with_capacity(found.len());
    for program in found {
        let life = life(chain, program.address).await?;
        programs.push(Program {
            name: program.name,
            address: program.address,
            code_hash: program.code_hash,
            expires: match life {
                Life::Active { seconds } => Some(now.saturating_add(seconds)),
                _ => None,
            },
            life,
        });
    }
    programs.sort_by_key(|program| (program.seconds_left(), program.address));
    Ok(Report {
        chain_id: chain.id,
        time: now,
        programs,
    })
}

/// How long the program at `address` has.
async fn life(chain: &Chain, address: Address) -> Result<Life, ChainError> {
    let asked = IArbWasm::programTimeLeftCall { program: address };
    match chain.try_call(None, ARB_WASM, &asked, None).await? {
        Ok(seconds) => Ok(Life::Active { seconds }),
        Err(data) if data.starts_with(&IArbWasm::ProgramExpired::SELECTOR) => Ok(Life::Expired),
        Err(data) if data.starts_with(&IArbWasm::ProgramNotActivated::SELECTOR) => {
            Ok(Life::NotActivated)
        }
        Err(data) if data.starts_with(&IArbWasm::ProgramNeedsUpgrade::SELECTOR) => {
            Ok(Life::NeedsUpgrade)
        }
        Err(data) => Err(ChainError::Refused {
            what: format!("{} of {address}", IArbWasm::programTimeLeftCall::SIGNATURE),
            reason: client::chain::error_name(&data),
        }),
    }
}
