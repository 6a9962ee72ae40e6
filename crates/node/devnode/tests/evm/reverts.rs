//! What is noted of reverts of Stylus programs.

use std::{fs, path::PathBuf, sync::Arc};

use devnode::evm::{Config, Executor, RevertLog};
use revm::primitives::{Address, U256, address, hex, keccak256};

use crate::{
    actor::{ACTOR, Act, act},
    assembler::{CALL, DELEGATECALL, forwarder},
    common::{ALICE, Chain, stylus_code},
};

const ACTOR_AT: Address = address!("00000000000000000000000000000000000ac704");
const PEER: Address = address!("0000000000000000000000000000000000bee4ee");
const PROXY: Address = address!("000000000000000000000000000000000009a0c1");

/// A chain with an actor at two addresses, whose reverts are noted in a file.
struct Noted {
    chain: Chain,
    file: PathBuf,
}

impl Noted {
    fn new(name: &str) -> Self {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("reverts-{name}"));
        // It may be left from an earlier run.
        let _ = fs::remove_file(&file);
        let mut chain = Chain::new();
        chain.executor = executor(&file);
        chain.install(ACTOR_AT, ACTOR);
        chain.etch(PEER, stylus_code(ACTOR));
        Self { chain, file }
    }

    fn send(&mut self, to: Address, data: Vec<u8>) {
        self.chain.send(ALICE, to, data);
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.file).expect("a file");
        text.lines().map(str::to_owned).collect()
    }
}

fn executor(file: &std::path::Path) -> Executor {
    let log = RevertLog::open(file).expect("a file");
    Executor::new(Config {
        reverts: Some(Arc::new(log)),
        ..Config::default()
    })
}

fn refusing(reason: &[u8]) -> Vec<u8> {
    act(Act::Revert, Address::ZERO, U256::ZERO, reason)
}

/// The line of a revert of the actor's.
fn line(called_with: &[u8], error: &str, how: &str) -> String {
    let program = keccak256(stylus_code(ACTOR));
    let function = hex::encode_prefixed(&called_with[..4]);
    format!("{program} {function} {error} {how}")
}

#[test]
fn a_programs_own_error_is_noted_once() {
    let mut noted = Noted::new("own");
    let data = refusing(b"because");
    for _ in 0..3 {
        noted.send(ACTOR_AT, data.clone());
    }
    assert_eq!(noted.lines(), [line(&data, "0x62656361", "own")]);
}

#[test]
fn an_error_of_a_contract_that_was_called_is_passed_on() {
    let mut noted = Noted::new("passed");
    let inner = refusing(b"because");
    let outer = act(Act::Call, PEER, U256::ZERO, &inner);
    noted.send(ACTOR_AT, outer.clone());
    let expected = [
        line(&inner, "0x62656361", "own"),
        line(&outer, "0x62656361", "passed"),
    ];
    assert_eq!(noted.lines(), expected);
}

#[test]
fn what_a_proxy_is_asked_counts_as_the_programs() {
    let mut noted = Noted::new("proxy");
    noted.chain.etch(PROXY, forwarder(DELEGATECALL, ACTOR_AT));
    let inner = refusing(b"because");
    noted.send(PROXY, inner.clone());
    let outer = act(Act::Call, PEER, U256::ZERO, &refusing(b"another"));
    noted.send(PROXY, outer.clone());
    let expected = [
        line(&inner, "0x62656361", "own"),
        line(&inner, "0x616e6f74", "own"),
        line(&outer, "0x616e6f74", "passed"),
    ];
    assert_eq!(noted.lines(), expected);
}

#[test]
fn evm_code_and_what_succeeds_are_not_noted() {
    let mut noted = Noted::new("others");
    noted.chain.etch(PROXY, forwarder(CALL, PEER));
    noted.send(ACTOR_AT, act(Act::Load, Address::ZERO, U256::ZERO, &[]));
    assert!(noted.lines().is_empty());
    let data = refusing(b"because");
    noted.send(PROXY, data.clone());
    assert_eq!(noted.lines(), [line(&data, "0x62656361", "own")]);
}

#[test]
fn a_write_where_none_is_allowed_is_told_from_a_trap() {
    let mut noted = Noted::new("static");
    let inner = act(Act::Store, Address::ZERO, U256::ZERO, &[0; 32]);
    let outer = act(Act::StaticCall, PEER, U256::ZERO, &inner);
    noted.send(ACTOR_AT, outer);
    assert_eq!(noted.lines()[0], line(&inner, "0x", "static"));
}

#[test]
fn a_trap_has_no_data() {
    let mut noted = Noted::new("trap");
    let data = act(Act::StoreAndTrap, Address::ZERO, U256::ZERO, &[0; 32]);
    noted.send(ACTOR_AT, data.clone());
    assert_eq!(noted.lines(), [line(&data, "0x", "own")]);
}

#[test]
fn a_proxy_whose_program_runs_out_of_gas_says_nothing_of_it() {
    let mut noted = Noted::new("gas");
    noted.chain.etch(PROXY, forwarder(DELEGATECALL, ACTOR_AT));
    noted.send(PROXY, act(Act::Spin, Address::ZERO, U256::ZERO, &[0; 32]));
    assert!(noted.lines().is_empty(), "{:?}", noted.lines());
}

#[test]
fn a_second_node_appends() {
    let mut noted = Noted::new("appended");
    let (first, second) = (refusing(b"because"), refusing(b"another"));
    noted.send(ACTOR_AT, first.clone());
    noted.chain.executor = executor(&noted.file);
    noted.send(ACTOR_AT, second.clone());
    let expected = [
        line(&first, "0x62656361", "own"),
        line(&second, "0x616e6f74", "own"),
    ];
    assert_eq!(noted.lines(), expected);
}
