//! What the contracts answer once a proposal's calls have been made: in one `eth_call` every caller is given the code of
//! Multicall3 and makes its calls, prices are poked, and views are asked. Nothing is sent.

use super::{error::ProposalError, reader::Reader};
use alloy::primitives::{Address, Bytes};
use client::chain::{Answers, MULTICALL3, View, multicall};
use std::collections::BTreeSet;

/// One call in the name of its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Who makes it.
    pub caller: Address,
    /// The contract.
    pub to: Address,
    /// The function with its arguments.
    pub data: Bytes,
}

/// What has happened before views are asked.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Whether the calls have been made.
    pub executed: bool,
    /// What has asked the feeds for their prices since.
    pub poke: Option<View>,
}

/// A proposal's calls, and a block to try them on.
pub struct Probe<'a> {
    reader: &'a Reader,
    moves: Vec<Move>,
    callers: Vec<Address>,
}

impl<'a> Probe<'a> {
    /// `moves` in their order.
    pub fn new(reader: &'a Reader, moves: Vec<Move>) -> Self {
        let callers: BTreeSet<Address> = moves.iter().map(|one| one.caller).collect();
        Self {
            reader,
            moves,
            callers: callers
                .into_iter()
                .filter(|caller| *caller != MULTICALL3)
                .collect(),
        }
    }

    /// The block.
    pub fn reader(&self) -> &'a Reader {
        self.reader
    }

    /// What becomes of every call: the name of its error if it reverts.
    pub async fn outcomes(&self) -> Result<Vec<Result<(), String>>, ProposalError> {
        let mut answers = self.reader.ask(&self.steps(), &self.callers).await?;
        self.moves.iter().map(|_| made(&mut answers)).collect()
    }

    /// Answers to `views` at `stage`.
    pub async fn ask(&self, stage: &Stage, views: &[View]) -> Result<Answers, ProposalError> {
        let steps = if stage.executed { self.steps() } else { vec![] };
        let callers = if stage.executed {
            &self.callers[..]
        } else {
            &[]
        };
        let all = [&steps[..], stage.poke.as_slice(), views].concat();
        let mut answers = self.reader.ask(&all, callers).await?;
        for (_, one) in steps.iter().zip(&self.moves) {
            made(&mut answers)?.map_err(|reason| ProposalError::RevertsWithViews {
                target: one.to,
                reason,
            })?;
        }
        if stage.poke.is_some() {
            // A feed that does not answer freezes its asset, whatever the parameters.
            let _poked = answers.outcome()?;
        }
        Ok(answers)
    }

    /// The calls, each as one that its caller makes.
    fn steps(&self) -> Vec<View> {
        let step = |one: &Move| {
            let (_, data) = multicall(&[View::raw(one.to, one.data.clone())]);
            View::raw(one.caller, data)
        };
        self.moves.iter().map(step).collect()
    }
}

/// Whether a caller's one call has succeeded.
fn made(answers: &mut Answers) -> Result<Result<(), String>, ProposalError> {
    Ok(match answers.outcome()? {
        Ok(data) => Answers::decode(&data)?.outcome()?.map(drop),
        Err(reason) => Err(reason),
    })
}
