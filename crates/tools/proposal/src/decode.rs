//! From calldata to the calls that it makes in the end: proposals, timelock operations, multisig transactions and batches are
//! taken apart, as deep as they are nested. Who makes a call is what its wrapper stands for.

use alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};
use client::{abi::IMulticall3::aggregate3Call, chain::MULTICALL3};

/// Wrappers within wrappers, and calls in all, beyond which a proposal is refused.
const MAX_DEPTH: usize = 8;
const MAX_CALLS: usize = 1_000;
/// A Safe's operation that runs foreign code as the Safe.
const DELEGATE_CALL: u8 = 1;

alloy::sol! {
    interface IGovernorLists {
        function propose(address[] targets, uint256[] values, bytes[] calldatas, string description) external;
        function queue(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external;
        function execute(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external;
        function relay(address target, uint256 value, bytes data) external;
    }

    interface IGovernorStorage {
        function queue(uint256 proposalId) external;
        function execute(uint256 proposalId) external;
        function castVote(uint256 proposalId, uint8 support) external;
    }

    interface IGovernorViews {
        function timelock() external view returns (address);
        function state(uint256 proposalId) external view returns (uint8);
        function proposalDetails(uint256 proposalId) external view
            returns (address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash);
    }

    interface ITimelock {
        function schedule(address target, uint256 value, bytes data, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function execute(address target, uint256 value, bytes payload, bytes32 predecessor, bytes32 salt) external;
        function scheduleBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay) external;
        function executeBatch(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt) external;
    }

    interface ISafe {
        function execTransaction(address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas, uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures) external;
    }
}

/// Why calldata cannot be taken apart.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DecodeError {
    /// There is less than a selector.
    #[error("calldata of {0} bytes calls no function")]
    TooShort(usize),
    /// The arguments do not fit the function.
    #[error("the arguments of {0} do not decode")]
    Malformed(&'static str),
    /// Targets, values and calls are not as many.
    #[error("{targets} targets, {values} values and {calls} calls")]
    Uneven {
        /// Of targets.
        targets: usize,
        /// Of values.
        values: usize,
        /// Of calls.
        calls: usize,
    },
    /// Wrapped too deeply.
    #[error("calls are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// Too many calls.
    #[error("more than {MAX_CALLS} calls")]
    TooMany,
    /// It does not say what it is for.
    #[error("bare calldata: say with --to which contract it is for")]
    NoTarget,
    /// It does not say whose it is.
    #[error("{0}: say with --to which contract that is called on")]
    NoWrapper(&'static str),
    /// A multisig would run foreign code.
    #[error("a delegate call of {0} runs code that nobody can foresee")]
    DelegateCall(Address),
}

/// Who makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever sends it.
    Unsaid,
    /// What a governor executes with, its timelock; the governor, if it is known.
    Governance(Option<Address>),
    /// This account.
    Account(Address),
}

/// One call that a proposal makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who makes it.
    pub caller: Caller,
    /// The contract; not known of bare calldata.
    pub to: Option<Address>,
    /// Wei that are sent with it.
    pub value: U256,
    /// The function with its arguments.
    pub data: Bytes,
}

/// What a proposal consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A call as such.
    Call(Call),
    /// A proposal that a governor has on chain.
    Stored {
        /// The governor, if it is known.
        governor: Option<Address>,
        /// The proposal's number.
        id: U256,
    },
}

/// Takes `parts` apart until no wrapper is left.
pub fn unwrapped(parts: Vec<Part>) -> Result<Vec<Part>, DecodeError> {
    let mut found = Vec::new();
    for part in parts {
        match part {
            Part::Call(call) => unwrap(call, 0, &mut found)?,
            stored @ Part::Stored { .. } => found.push(stored),
        }
    }
    Ok(found)
}

fn unwrap(call: Call, depth: usize, found: &mut Vec<Part>) -> Result<(), DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::TooDeep);
    }
    if let Some(id) = stored(&call.data)? {
        let governor = call.to;
        found.push(Part::Stored { governor, id });
        return Ok(());
    }
    match inner(&call)? {
        Some(calls) => {
            for call in calls {
                unwrap(call, depth + 1, found)?;
            }
        }
        None if call.to.is_none() => return Err(DecodeError::NoTarget),
        None => found.push(Part::Call(call)),
    }
    if found.len() > MAX_CALLS {
        return Err(DecodeError::TooMany);
    }
    Ok(())
}

/// The number of the proposal that `data` queues, executes or votes on.
fn stored(data: &[u8]) -> Result<Option<U256>, DecodeError> {
    use IGovernorStorage::{castVoteCall, executeCall, queueCall};
    Ok(if let Some(queue) = decode::<queueCall>(data)? {
        Some(queue.proposalId)
    } else if let Some(execute) = decode::<executeCall>(data)? {
        Some(execute.proposalId)
    } else {
        decode::<castVoteCall>(data)?.map(|vote| vote.proposalId)
    })
}

/// The calls that `call` wraps; none if it wraps nothing.
fn inner(call: &Call) -> Result<Option<Vec<Call>>, DecodeError> {
    if call.data.len() < 4 && !(call.data.is_empty() && call.to.is_some()) {
        return Err(DecodeError::TooShort(call.data.len()));
    }
    if let Some(calls) = governed(call)? {
        return Ok(Some(calls));
    }
    if let Some(calls) = timelocked(call)? {
        return Ok(Some(calls));
    }
    batched(call)
}

fn governed(call: &Call) -> Result<Option<Vec<Call>>, DecodeError> {
    use IGovernorLists::{executeCall, proposeCall, queueCall, relayCall};
    let (data, caller) = (&call.data, Caller::Governance(call.to));
    let calls = if let Some(lists) = decode::<proposeCall>(data)? {
        zip(caller, lists.targets, lists.values, lists.calldatas)?
    } else if let Some(lists) = decode::<queueCall>(data)? {
        zip(caller, lists.targets, lists.values, lists.calldatas)?
    } else if let Some(lists) = decode::<executeCall>(data)? {
        zip(caller, lists.targets, lists.values, lists.calldatas)?
    } else if let Some(relayed) = decode::<relayCall>(data)? {
        let governor = call
            .to
            .ok_or(DecodeError::NoWrapper("a governor's relay"))?;
        let caller = Caller::Account(governor);
        vec![one(caller, relayed.target, relayed.value, relayed.data)]
    } else {
        return Ok(None);
    };
    Ok(Some(calls))
}

fn timelocked(call: &Call) -> Result<Option<Vec<Call>>, DecodeError> {
    use ITimelock::{executeBatchCall, executeCall, scheduleBatchCall, scheduleCall};
    let data = &call.data;
    let caller = call.to.map_or(Caller::Governance(None), Caller::Account);
    let calls = if let Some(single) = decode::<scheduleCall>(data)? {
        vec![one(caller, single.target, single.value, single.data)]
    } else if let Some(single) = decode::<executeCall>(data)? {
        vec![one(caller, single.target, single.value, single.payload)]
    } else if let Some(lists) = decode::<scheduleBatchCall>(data)? {
        zip(caller, lists.targets, lists.values, lists.payloads)?
    } else if let Some(lists) = decode::<executeBatchCall>(data)? {
        zip(caller, lists.targets, lists.values, lists.payloads)?
    } else {
        return Ok(None);
    };
    Ok(Some(calls))
}

fn batched(call: &Call) -> Result<Option<Vec<Call>>, DecodeError> {
    if let Some(transaction) = decode::<ISafe::execTransactionCall>(&call.data)? {
        if transaction.operation == DELEGATE_CALL {
            return Err(DecodeError::DelegateCall(transaction.to));
        }
        let safe = call
            .to
            .ok_or(DecodeError::NoWrapper("a multisig's transaction"))?;
        let ISafe::execTransactionCall {
            to, value, data, ..
        } = transaction;
        return Ok(Some(vec![one(Caller::Account(safe), to, value, data)]));
    }
    let caller = Caller::Account(call.to.unwrap_or(MULTICALL3));
    let batch = decode::<aggregate3Call>(&call.data)?;
    Ok(batch.map(|batch| {
        let calls = batch.calls.into_iter();
        calls
            .map(|call| one(caller, call.target, U256::ZERO, call.callData))
            .collect()
    }))
}

/// The arguments, if `data` calls `C`.
fn decode<C: SolCall>(data: &[u8]) -> Result<Option<C>, DecodeError> {
    if !data.starts_with(&C::SELECTOR) {
        return Ok(None);
    }
    let call = C::abi_decode(data).map_err(|_| DecodeError::Malformed(C::SIGNATURE))?;
    Ok(Some(call))
}

fn one(caller: Caller, to: Address, value: U256, data: Bytes) -> Call {
    Call {
        caller,
        to: Some(to),
        value,
        data,
    }
}

/// Calls out of lists of targets, values and calldata.
pub fn zip(
    caller: Caller,
    targets: Vec<Address>,
    values: Vec<U256>,
    calls: Vec<Bytes>,
) -> Result<Vec<Call>, DecodeError> {
    if targets.len() != calls.len() || targets.len() != values.len() {
        return Err(DecodeError::Uneven {
            targets: targets.len(),
            values: values.len(),
            calls: calls.len(),
        });
    }
    let triples = targets.into_iter().zip(values).zip(calls);
    Ok(triples
        .map(|((to, value), data)| one(caller, to, value, data))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;
    use proptest::prelude::*;

    const TARGET: Address = Address::repeat_byte(0x11);
    const WRAPPER: Address = Address::repeat_byte(0x22);

    fn leaf() -> Bytes {
        Bytes::from_static(&[1, 2, 3, 4, 5])
    }

    fn call(caller: Caller) -> Part {
        Part::Call(one(caller, TARGET, U256::ZERO, leaf()))
    }

    fn propose(targets: usize, to: Address, data: Bytes) -> Bytes {
        let call = IGovernorLists::proposeCall {
            targets: vec![to; targets],
            values: vec![U256::ZERO; targets],
            calldatas: vec![data; targets],
            description: "why".into(),
        };
        call.abi_encode().into()
    }

    fn only(to: Option<Address>, data: Bytes) -> Result<Vec<Part>, DecodeError> {
        unwrapped(vec![Part::Call(Call {
            caller: Caller::Unsaid,
            to,
            value: U256::ZERO,
            data,
        })])
    }

    fn safe_transaction(operation: u8) -> Bytes {
        let call = ISafe::execTransactionCall {
            to: TARGET,
            value: U256::ZERO,
            data: leaf(),
            operation,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            signatures: Bytes::new(),
        };
        call.abi_encode().into()
    }

    fn batch() -> Bytes {
        let call = ITimelock::scheduleBatchCall {
            targets: vec![TARGET],
            values: vec![U256::ZERO],
            payloads: vec![leaf()],
            predecessor: B256::ZERO,
            salt: B256::ZERO,
            delay: U256::from(1),
        };
        call.abi_encode().into()
    }

    #[test]
    fn wrappers_come_off_one_after_the_other() {
        let relay = IGovernorLists::relayCall {
            target: WRAPPER,
            value: U256::ZERO,
            data: batch(),
        };
        let found = only(None, propose(2, TARGET, relay.abi_encode().into())).unwrap();
        assert_eq!(found, vec![call(Caller::Account(WRAPPER)); 2]);
    }

    #[test]
    fn who_calls_is_what_the_wrapper_stands_for() {
        let safe = safe_transaction(0);
        for (to, data, expected) in [
            (None, leaf(), Err(DecodeError::NoTarget)),
            (Some(TARGET), leaf(), Ok(Caller::Unsaid)),
            (
                None,
                propose(1, TARGET, leaf()),
                Ok(Caller::Governance(None)),
            ),
            (
                Some(WRAPPER),
                propose(1, TARGET, leaf()),
                Ok(Caller::Governance(Some(WRAPPER))),
            ),
            (None, batch(), Ok(Caller::Governance(None))),
            (Some(WRAPPER), batch(), Ok(Caller::Account(WRAPPER))),
            (Some(WRAPPER), safe.clone(), Ok(Caller::Account(WRAPPER))),
            (
                None,
                safe,
                Err(DecodeError::NoWrapper("a multisig's transaction")),
            ),
        ] {
            let expected = expected.map(|caller| vec![call(caller)]);
            assert_eq!(only(to, data), expected);
        }
    }

    #[test]
    fn a_proposal_on_chain_is_named_by_its_number() {
        let id = U256::from(7);
        let data = IGovernorStorage::executeCall { proposalId: id };
        let governor = Some(WRAPPER);
        assert_eq!(
            only(governor, data.abi_encode().into()),
            Ok(vec![Part::Stored { governor, id }])
        );
    }

    #[test]
    fn rubbish_is_an_error_and_not_a_panic() {
        assert_eq!(only(None, Bytes::new()), Err(DecodeError::TooShort(0)));
        let cut = propose(1, TARGET, leaf()).slice(..40);
        assert!(matches!(only(None, cut), Err(DecodeError::Malformed(_))));
        let uneven = IGovernorLists::proposeCall {
            targets: vec![TARGET],
            values: vec![],
            calldatas: vec![],
            description: String::new(),
        };
        let error = DecodeError::Uneven {
            targets: 1,
            values: 0,
            calls: 0,
        };
        assert_eq!(only(None, uneven.abi_encode().into()), Err(error));
        assert_eq!(
            only(Some(WRAPPER), safe_transaction(DELEGATE_CALL)),
            Err(DecodeError::DelegateCall(TARGET))
        );
    }

    #[test]
    fn depth_and_number_are_limited() {
        let deep = (0..=MAX_DEPTH).fold(leaf(), |data, _| propose(1, TARGET, data));
        assert_eq!(only(None, deep), Err(DecodeError::TooDeep));
        assert_eq!(
            only(None, propose(MAX_CALLS + 1, TARGET, leaf())),
            Err(DecodeError::TooMany)
        );
    }

    /// Calldata of every wrapper, as a start for what follows.
    fn wrappers() -> Vec<Bytes> {
        vec![
            propose(2, TARGET, batch()),
            batch(),
            safe_transaction(0),
            propose(1, TARGET, propose(3, TARGET, safe_transaction(0))),
        ]
    }

    /// What is understood is limited, and every call of it has a target.
    fn check(found: &Result<Vec<Part>, DecodeError>) {
        let Ok(parts) = found else { return };
        assert!(parts.len() <= MAX_CALLS);
        for part in parts {
            assert!(!matches!(part, Part::Call(call) if call.to.is_none()));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(data in prop::collection::vec(any::<u8>(), 0..300), known in 0usize..14) {
            use IGovernorLists as g;
            use ITimelock as t;
            let selectors = [
                g::proposeCall::SELECTOR, g::queueCall::SELECTOR, g::executeCall::SELECTOR, g::relayCall::SELECTOR,
                t::scheduleCall::SELECTOR, t::executeCall::SELECTOR, t::scheduleBatchCall::SELECTOR,
                t::executeBatchCall::SELECTOR, ISafe::execTransactionCall::SELECTOR, aggregate3Call::SELECTOR,
                IGovernorStorage::queueCall::SELECTOR, IGovernorStorage::castVoteCall::SELECTOR,
            ];
            let selector = selectors.get(known).map_or(&[][..], |selector| &selector[..]);
            let data: Bytes = [selector, &data].concat().into();
            check(&only(None, data.clone()));
            check(&only(Some(TARGET), data));
        }

        #[test]
        fn nothing_that_is_broken_makes_it_panic(which in 0usize..4, place in any::<prop::sample::Index>(), byte: u8, end in any::<prop::sample::Index>()) {
            let mut data = wrappers()[which].to_vec();
            let place = place.index(data.len());
            data[place] = byte;
            data.truncate(end.index(data.len()) + 1);
            check(&only(Some(TARGET), data.into()));
        }
    }
}
