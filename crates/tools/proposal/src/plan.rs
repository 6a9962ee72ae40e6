//! A proposal's calls on the chain that it is for: who makes each, whether it is understood, and what it sets.

use super::{
    decode::{
        self, Call, Caller,
        IGovernorViews::{proposalDetailsCall, stateCall, timelockCall},
        Part,
    },
    error::ProposalError,
    functions::{Access, Contract},
    holders::{self, Search},
    parameters::Subject,
    probe::Move,
    reader::Reader,
    system::System,
};
use alloy::{
    primitives::{Address, Bytes, U256},
    rpc::types::Log,
    sol_types::SolEvent,
};
use client::abi::{
    IOracleGuard::guardianCall,
    IOwnable::{ownerCall, pendingOwnerCall},
    IRiskSteward::{AgentSet, emergencyCall, isAgentCall},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// Why a call is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Unknown {
    /// It goes to another contract than Bulkhead's.
    Contract,
    /// The contract is Bulkhead's, and the function none that sets something, or its arguments are not the function's.
    Function,
    /// It sends ether, which nothing here takes: it is left out.
    Ether,
    /// It is one of the account that makes it, whose code is another's meanwhile: it is left out.
    Caller,
}

impl Unknown {
    fn is_left_out(self) -> bool {
        matches!(self, Self::Ether | Self::Caller)
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Step {
    /// Who makes it.
    pub caller: Address,
    /// The contract.
    pub to: Address,
    /// Which of Bulkhead's that is.
    pub contract: Option<Contract>,
    /// Wei.
    pub value: U256,
    /// The function with its arguments.
    pub data: Bytes,
    /// What it sets, or why that is not known.
    pub sets: Result<Subject, Unknown>,
}

impl Step {
    /// Whether the simulation makes it.
    pub fn is_made(&self) -> bool {
        !matches!(&self.sets, Err(unknown) if unknown.is_left_out())
    }

    /// The call, as the simulation makes it.
    pub fn as_move(&self) -> Move {
        Move {
            caller: self.caller,
            to: self.to,
            data: self.data.clone(),
        }
    }
}

/// A proposal that a governor has on chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// The governor.
    pub governor: Address,
    /// The proposal's number.
    pub id: String,
    /// Where it stands.
    pub state: &'static str,
}

/// How to find who makes a call that does not say.
#[derive(Clone, Copy, Debug)]
pub struct Senders {
    /// They do.
    pub from: Option<Address>,
    /// Blocks in which the steward's agents are looked for.
    pub search: Search,
}

/// Everything that a proposal does, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its calls.
    pub steps: Vec<Step>,
    /// Proposals on chain that it names.
    pub stored: Vec<Stored>,
}

impl Plan {
    /// The calls that `parts` come to on the chain.
    pub async fn new(
        reader: &Reader,
        system: &System,
        senders: Senders,
        parts: Vec<Part>,
    ) -> Result<Self, ProposalError> {
        let (calls, stored) = calls(reader, parts).await?;
        let mut steps = Vec::new();
        for call in calls {
            steps.push(step(reader, system, senders, call).await?);
        }
        leave_out_callers(&mut steps);
        Ok(Self { steps, stored })
    }

    /// What is set, each thing once.
    pub fn subjects(&self) -> Vec<&Subject> {
        let mut found: Vec<&Subject> = Vec::new();
        for subject in self.steps.iter().filter_map(|step| step.sets.as_ref().ok()) {
            if !found.iter().any(|other| other.is(subject)) {
                found.push(subject);
            }
        }
        found
    }

    /// Whether all of it is understood.
    pub fn is_understood(&self) -> bool {
        self.steps.iter().all(|step| step.sets.is_ok())
    }
}

/// Calls of an account that makes calls cannot be simulated: meanwhile it has another's code.
fn leave_out_callers(steps: &mut [Step]) {
    let callers: BTreeSet<Address> = steps.iter().map(|step| step.caller).collect();
    for step in steps {
        if callers.contains(&step.to) {
            step.sets = Err(Unknown::Caller);
        }
    }
}

async fn step(
    reader: &Reader,
    system: &System,
    senders: Senders,
    call: Call,
) -> Result<Step, ProposalError> {
    let to = call.to.ok_or(decode::DecodeError::NoTarget)?;
    let contract = system.contract(to);
    let found = Subject::of(to, &call.data, system);
    let access = found.as_ref().map(|(_, access)| *access);
    let sets = match (contract, found) {
        _ if !call.value.is_zero() => Err(Unknown::Ether),
        (_, Some((subject, _))) => Ok(subject),
        (Some(_), None) => Err(Unknown::Function),
        (None, None) => Err(Unknown::Contract),
    };
    let caller = match (call.caller, senders.from) {
        (Caller::Account(caller), _) | (Caller::Unsaid, Some(caller)) => caller,
        (Caller::Governance(governor), _) => executor(reader, system, governor).await,
        (Caller::Unsaid, None) => entitled(reader, system, senders, to, access).await?,
    };
    Ok(Step {
        caller,
        to,
        contract,
        value: call.value,
        data: call.data,
        sets,
    })
}

/// What a governor executes with: its timelock, or itself if it has none; of an unknown governor the factory's owner.
async fn executor(reader: &Reader, system: &System, governor: Option<Address>) -> Address {
    let Some(governor) = governor else {
        return system.owner;
    };
    let timelock = reader.call(governor, &timelockCall {}).await;
    timelock.unwrap_or(governor)
}

/// Somebody who may call a function that gives no other caller.
async fn entitled(
    reader: &Reader,
    system: &System,
    senders: Senders,
    to: Address,
    access: Option<Access>,
) -> Result<Address, ProposalError> {
    Ok(match access {
        Some(Access::Owner) => reader.call(to, &ownerCall {}).await?,
        Some(Access::PendingOwner) => reader.call(to, &pendingOwnerCall {}).await?,
        Some(Access::Guardian) => reader.call(to, &guardianCall {}).await?,
        Some(Access::Emergency) => reader.call(to, &emergencyCall {}).await?,
        Some(Access::Agent) => agent(reader, senders, to).await?.unwrap_or(system.owner),
        Some(Access::Anyone) | None => system.owner,
    })
}

/// One of the steward's agents.
async fn agent(
    reader: &Reader,
    senders: Senders,
    steward: Address,
) -> Result<Option<Address>, ProposalError> {
    let kinds = [AgentSet::SIGNATURE_HASH];
    let mut named = BTreeSet::new();
    let fetch = async |blocks| reader.events(steward, &kinds, blocks).await;
    let note = |log: &Log| {
        named.extend(log.topics().get(1).map(|topic| Address::from_word(*topic)));
    };
    holders::scan(senders.search, reader.block.number, fetch, note).await?;
    for agent in named {
        if reader.call(steward, &isAgentCall { agent }).await? {
            return Ok(Some(agent));
        }
    }
    Ok(None)
}

/// The calls that `parts` come to, those of proposals on chain in their places; and these proposals.
async fn calls(
    reader: &Reader,
    parts: Vec<Part>,
) -> Result<(Vec<Call>, Vec<Stored>), ProposalError> {
    let (mut calls, mut stored) = (Vec::new(), Vec::<Stored>::new());
    let mut waiting: Vec<Part> = parts.into_iter().rev().collect();
    while let Some(part) = waiting.pop() {
        let (governor, id) = match part {
            Part::Call(call) => {
                calls.push(call);
                continue;
            }
            Part::Stored { governor, id } => (governor, id),
        };
        let governor = governor.ok_or(ProposalError::NoGovernor(id))?;
        let found = Stored {
            governor,
            id: id.to_string(),
            state: state(reader, governor, id).await?,
        };
        // One that executes itself is there already.
        if !stored.contains(&found) {
            stored.push(found);
            waiting.extend(proposed(reader, governor, id).await?.into_iter().rev());
        }
    }
    Ok((calls, stored))
}

/// What a proposal on chain consists of.
async fn proposed(
    reader: &Reader,
    governor: Address,
    id: U256,
) -> Result<Vec<Part>, ProposalError> {
    let query = proposalDetailsCall { proposalId: id };
    let details = reader.call(governor, &query).await;
    let details = details.map_err(|reason| ProposalError::NoProposal {
        governor,
        id,
        reason,
    })?;
    let caller = Caller::Governance(Some(governor));
    let listed = decode::zip(caller, details.targets, details.values, details.calldatas)?;
    Ok(decode::unwrapped(
        listed.into_iter().map(Part::Call).collect(),
    )?)
}

async fn state(
    reader: &Reader,
    governor: Address,
    id: U256,
) -> Result<&'static str, ProposalError> {
    /// By OpenZeppelin's numbers.
    const STATES: [&str; 8] = [
        "pending",
        "active",
        "cancelled",
        "defeated",
        "succeeded",
        "queued",
        "expired",
        "executed",
    ];
    let state = reader.call(governor, &stateCall { proposalId: id }).await;
    let state = state.map_err(|reason| ProposalError::NoProposal {
        governor,
        id,
        reason,
    })?;
    Ok(STATES.get(usize::from(state)).copied().unwrap_or("unknown"))
}
