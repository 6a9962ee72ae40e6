//! From what a proposal is given as to the calls that it makes in the end: proposals, timelock operations, multisig
//! transactions and batches are taken apart, as deep as they are nested.

use alloy::{
    primitives::{Address, Bytes, U256, hex},
    sol_types::SolCall,
};
use serde::Deserialize;
use std::path::Path;

use crate::abi::IMulticall3::aggregate3Call;

/// Wrappers within wrappers, and calls in all, beyond which a proposal is refused.
const MAX_DEPTH: usize = 8;
const MAX_CALLS: usize = 1_000;
/// Largest file that is read: the largest transaction that nodes commonly accept, in hexadecimal, and room around it.
const MAX_FILE: u64 = 1 << 20;
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

    interface IGovernorDetails {
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

/// Why a proposal cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DecodeError {
    /// What was given is neither.
    #[error("`{0}` is neither calldata in hexadecimal nor a file")]
    NeitherHexNorFile(String),
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// What the system or the parser says.
        reason: String,
    },
    /// There is less than a selector.
    #[error("calldata of {0} bytes calls no function")]
    TooShort(usize),
    /// The arguments do not fit the function.
    #[error("the arguments of {0} do not decode")]
    Malformed(&'static str),
    /// Targets and calls are not as many.
    #[error("{targets} targets, but {calls} calls")]
    Uneven {
        /// Of targets.
        targets: usize,
        /// Of calls.
        calls: usize,
    },
    /// Wrapped too deeply.
    #[error("calls are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// Too many calls.
    #[error("more than {MAX_CALLS} calls")]
    TooMany,
    /// A multisig would run foreign code.
    #[error("a delegate call of {0} runs code that nobody can foresee")]
    DelegateCall(Address),
}

/// One call that a proposal makes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Call {
    /// The contract; not known of bare calldata.
    #[serde(alias = "target", default)]
    pub to: Option<Address>,
    /// The function with its arguments.
    #[serde(alias = "calldata")]
    pub data: Bytes,
}

/// What a proposal consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A call as such.
    Call(Call),
    /// A proposal that the governor has on chain.
    Stored {
        /// The governor, if it is known.
        governor: Option<Address>,
        /// The proposal's number.
        id: U256,
    },
}

/// The calls that `given` names: hexadecimal, or a file with hexadecimal or with a JSON list of `{"to", "data"}`. Of bare
/// calldata `to` is the target.
pub fn read(given: &str, to: Option<Address>) -> Result<Vec<Call>, DecodeError> {
    let given = given.trim();
    if let Ok(data) = hex::decode(given) {
        let data = data.into();
        return Ok(vec![Call { to, data }]);
    }
    let path = Path::new(given);
    if !path.is_file() {
        return Err(DecodeError::NeitherHexNorFile(shortened(given)));
    }
    read_file(path, to)
}

fn read_file(path: &Path, to: Option<Address>) -> Result<Vec<Call>, DecodeError> {
    let broken = |reason: String| DecodeError::File {
        path: path.display().to_string(),
        reason,
    };
    let size = std::fs::metadata(path).map_err(|error| broken(error.to_string()))?;
    if size.len() > MAX_FILE {
        return Err(broken(format!("larger than {MAX_FILE} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| broken(error.to_string()))?;
    if let Ok(data) = hex::decode(text.trim()) {
        let data = data.into();
        return Ok(vec![Call { to, data }]);
    }
    let calls: Vec<Call> = serde_json::from_str(&text)
        .map_err(|error| broken(format!("neither hexadecimal nor a list of calls: {error}")))?;
    Ok(calls
        .into_iter()
        .map(|call| Call {
            to: call.to.or(to),
            ..call
        })
        .collect())
}

fn shortened(given: &str) -> String {
    const LONGEST: usize = 80;
    match given.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &given[..end]),
        None => given.to_owned(),
    }
}

/// Takes `calls` apart until no wrapper is left.
pub fn parts(calls: Vec<Call>) -> Result<Vec<Part>, DecodeError> {
    let mut found = Vec::new();
    for call in calls {
        unwrap(call, 0, &mut found)?;
    }
    Ok(found)
}

fn unwrap(call: Call, depth: usize, found: &mut Vec<Part>) -> Result<(), DecodeError> {
    if depth > MAX_DEPTH {
        return Err(DecodeError::TooDeep);
    }
    if let Some(id) = stored(&call)? {
        found.push(Part::Stored {
            governor: call.to,
            id,
        });
        return Ok(());
    }
    match inner(&call.data)? {
        Some(calls) => {
            for call in calls {
                unwrap(call, depth + 1, found)?;
            }
        }
        None => found.push(Part::Call(call)),
    }
    if found.len() > MAX_CALLS {
        return Err(DecodeError::TooMany);
    }
    Ok(())
}

/// The number of the proposal that `call` queues, executes or votes on.
fn stored(call: &Call) -> Result<Option<U256>, DecodeError> {
    use IGovernorStorage::{castVoteCall, executeCall, queueCall};
    let data = &call.data;
    Ok(if let Some(queue) = decode::<queueCall>(data)? {
        Some(queue.proposalId)
    } else if let Some(execute) = decode::<executeCall>(data)? {
        Some(execute.proposalId)
    } else {
        decode::<castVoteCall>(data)?.map(|vote| vote.proposalId)
    })
}

/// The calls that `data` wraps; none if it wraps nothing.
fn inner(data: &[u8]) -> Result<Option<Vec<Call>>, DecodeError> {
    use IGovernorLists as governor;
    if data.len() < 4 {
        return Err(DecodeError::TooShort(data.len()));
    }
    let calls = if let Some(call) = decode::<governor::proposeCall>(data)? {
        zip(call.targets, call.calldatas)?
    } else if let Some(call) = decode::<governor::queueCall>(data)? {
        zip(call.targets, call.calldatas)?
    } else if let Some(call) = decode::<governor::executeCall>(data)? {
        zip(call.targets, call.calldatas)?
    } else if let Some(call) = decode::<governor::relayCall>(data)? {
        vec![one(call.target, call.data)]
    } else {
        return timelocked(data);
    };
    Ok(Some(calls))
}

fn timelocked(data: &[u8]) -> Result<Option<Vec<Call>>, DecodeError> {
    use ITimelock as timelock;
    let calls = if let Some(call) = decode::<timelock::scheduleCall>(data)? {
        vec![one(call.target, call.data)]
    } else if let Some(call) = decode::<timelock::executeCall>(data)? {
        vec![one(call.target, call.payload)]
    } else if let Some(call) = decode::<timelock::scheduleBatchCall>(data)? {
        zip(call.targets, call.payloads)?
    } else if let Some(call) = decode::<timelock::executeBatchCall>(data)? {
        zip(call.targets, call.payloads)?
    } else {
        return batched(data);
    };
    Ok(Some(calls))
}

fn batched(data: &[u8]) -> Result<Option<Vec<Call>>, DecodeError> {
    if let Some(call) = decode::<ISafe::execTransactionCall>(data)? {
        if call.operation == DELEGATE_CALL {
            return Err(DecodeError::DelegateCall(call.to));
        }
        return Ok(Some(vec![one(call.to, call.data)]));
    }
    let batch = decode::<aggregate3Call>(data)?;
    Ok(batch.map(|batch| {
        let calls = batch.calls.into_iter();
        calls.map(|call| one(call.target, call.callData)).collect()
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

fn one(to: Address, data: Bytes) -> Call {
    Call { to: Some(to), data }
}

/// Calls out of a list of targets and one of calldata.
pub fn zip(targets: Vec<Address>, calls: Vec<Bytes>) -> Result<Vec<Call>, DecodeError> {
    if targets.len() != calls.len() {
        return Err(DecodeError::Uneven {
            targets: targets.len(),
            calls: calls.len(),
        });
    }
    let pairs = targets.into_iter().zip(calls);
    Ok(pairs.map(|(to, data)| one(to, data)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;
    use std::io::Write;

    const TARGET: Address = Address::repeat_byte(0x11);

    fn leaf() -> Bytes {
        Bytes::from_static(&[1, 2, 3, 4, 5])
    }

    fn propose(targets: usize, data: Bytes) -> Bytes {
        let call = IGovernorLists::proposeCall {
            targets: vec![TARGET; targets],
            values: vec![U256::ZERO; targets],
            calldatas: vec![data; targets],
            description: "why".into(),
        };
        call.abi_encode().into()
    }

    fn only(data: Bytes) -> Result<Vec<Part>, DecodeError> {
        parts(vec![Call { to: None, data }])
    }

    #[test]
    fn wrappers_come_off_one_after_the_other() {
        let batch = ITimelock::scheduleBatchCall {
            targets: vec![TARGET],
            values: vec![U256::ZERO],
            payloads: vec![leaf()],
            predecessor: B256::ZERO,
            salt: B256::ZERO,
            delay: U256::from(1),
        };
        let relay = IGovernorLists::relayCall {
            target: Address::repeat_byte(0x22),
            value: U256::ZERO,
            data: batch.abi_encode().into(),
        };
        let found = only(propose(2, relay.abi_encode().into())).unwrap();
        assert_eq!(found, vec![Part::Call(one(TARGET, leaf())); 2]);
    }

    #[test]
    fn a_bare_call_stays_what_it_is() {
        let call = Call {
            to: None,
            data: leaf(),
        };
        assert_eq!(parts(vec![call.clone()]), Ok(vec![Part::Call(call)]));
    }

    #[test]
    fn a_proposal_on_chain_is_named_by_its_number() {
        let id = U256::from(7);
        let data = IGovernorStorage::executeCall { proposalId: id };
        let governor = None;
        assert_eq!(
            only(data.abi_encode().into()),
            Ok(vec![Part::Stored { governor, id }])
        );
    }

    #[test]
    fn rubbish_is_an_error_and_not_a_panic() {
        assert_eq!(only(Bytes::new()), Err(DecodeError::TooShort(0)));
        let cut = propose(1, leaf()).slice(..40);
        assert!(matches!(only(cut), Err(DecodeError::Malformed(_))));
        let uneven = IGovernorLists::proposeCall {
            targets: vec![TARGET],
            values: vec![],
            calldatas: vec![],
            description: String::new(),
        };
        let error = DecodeError::Uneven {
            targets: 1,
            calls: 0,
        };
        assert_eq!(only(uneven.abi_encode().into()), Err(error));
        let foreign = ISafe::execTransactionCall {
            to: TARGET,
            value: U256::ZERO,
            data: leaf(),
            operation: DELEGATE_CALL,
            safeTxGas: U256::ZERO,
            baseGas: U256::ZERO,
            gasPrice: U256::ZERO,
            gasToken: Address::ZERO,
            refundReceiver: Address::ZERO,
            signatures: Bytes::new(),
        };
        let refused = Err(DecodeError::DelegateCall(TARGET));
        assert_eq!(only(foreign.abi_encode().into()), refused);
    }

    #[test]
    fn depth_and_number_are_limited() {
        let deep = (0..=MAX_DEPTH).fold(leaf(), |data, _| propose(1, data));
        assert_eq!(only(deep), Err(DecodeError::TooDeep));
        assert_eq!(
            only(propose(MAX_CALLS + 1, leaf())),
            Err(DecodeError::TooMany)
        );
    }

    #[test]
    fn files_hold_hexadecimal_or_a_list_of_calls() {
        let mut plain = tempfile::NamedTempFile::new().unwrap();
        writeln!(plain, "0x0102030405").unwrap();
        let read_back = read(plain.path().to_str().unwrap(), Some(TARGET)).unwrap();
        assert_eq!(read_back, vec![one(TARGET, leaf())]);
        let mut list = tempfile::NamedTempFile::new().unwrap();
        writeln!(list, r#"[{{"to":"{TARGET}","data":"0x0102030405"}}]"#).unwrap();
        let read_back = read(list.path().to_str().unwrap(), None).unwrap();
        assert_eq!(read_back, vec![one(TARGET, leaf())]);
        let mut rubbish = tempfile::NamedTempFile::new().unwrap();
        writeln!(rubbish, "raise everything").unwrap();
        let error = read(rubbish.path().to_str().unwrap(), None).unwrap_err();
        assert!(matches!(error, DecodeError::File { .. }), "{error}");
        let error = read("/no/such/proposal", None).unwrap_err();
        assert!(matches!(error, DecodeError::NeitherHexNorFile(_)));
    }
}
