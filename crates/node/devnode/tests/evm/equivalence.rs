//! Plain EVM code behaves as it does on Ethereum, and a broken database is an error.

use devnode::evm::{ExecutionError, Options};
use rand::{Rng, SeedableRng, rngs::StdRng};
use revm::{
    Context, Database, ExecuteEvm, MainBuilder, MainContext,
    context::{TxEnv, result::ExecutionResult},
    database_interface::DBErrorMarker,
    primitives::{Address, B256, U256, address, hardfork::SpecId},
    state::{AccountInfo, Bytecode},
};

use crate::{
    actor::{ACTOR, Act, act},
    assembler::{CALL, forwarder, load_first_slot},
    common::{ALICE, Chain},
};

const CODE_AT: Address = address!("000000000000000000000000000000000000c0de");
const PEER: Address = address!("0000000000000000000000000000000000bee4ee");
const ACTOR_AT: Address = address!("00000000000000000000000000000000000ac704");
const SEED: u64 = 0x5eed_0007;
const PROGRAMS: usize = 1_500;

/// Random code that mostly makes sense: operands are pushed before each instruction.
fn random_code(rng: &mut StdRng) -> Vec<u8> {
    let mut code = Vec::new();
    for _ in 0..rng.random_range(3..40) {
        let (opcode, operands) = [
            (0x01, 2),
            (0x02, 2),
            (0x04, 2),
            (0x0a, 2),
            (0x1b, 2),
            (0x1e, 1),
            (0x20, 2),
            (0x31, 1),
            (0x35, 1),
            (0x3b, 1),
            (0x3f, 1),
            (0x40, 1),
            (0x51, 1),
            (0x52, 2),
            (0x54, 1),
            (0x55, 2),
            (0x5c, 1),
            (0x5d, 2),
            (0x5e, 3),
            (0xa1, 3),
            (0xf0, 3),
            (0xf1, 7),
            (0xf2, 7),
            (0xf4, 6),
            (0xf5, 4),
            (0xfa, 6),
            (0x3a, 0),
            (0x48, 0),
            (0x44, 0),
            (0x47, 0),
            (0x5a, 0),
            (0x3d, 0),
            (0xf3, 2),
            (0xfd, 2),
            (0xff, 1),
        ][rng.random_range(0..35)];
        if matches!(opcode, 0xf3 | 0xfd | 0xff) && rng.random_bool(0.8) {
            continue;
        }
        for operand in (0..operands).rev() {
            match (opcode, operand) {
                (0x31 | 0x3b | 0x3f | 0xff, 0) | (0xf1 | 0xf2 | 0xf4 | 0xfa, 1) => {
                    code.push(0x73);
                    code.extend(
                        [CODE_AT, PEER, ALICE, Address::with_last_byte(4)][rng.random_range(0..4)],
                    );
                }
                (0xf1 | 0xf2 | 0xf4 | 0xfa, 0) => {
                    code.extend([0x62, rng.random_range(0..3), rng.random(), rng.random()])
                }
                _ => code.extend([0x60, rng.random_range(0..70)]),
            }
        }
        code.push(opcode);
    }
    code
}

#[test]
fn evm_code_costs_and_returns_what_it_does_on_ethereum() {
    println!("seed {SEED:#x}, {PROGRAMS} programs");
    let mut rng = StdRng::seed_from_u64(SEED);
    let (mut successes, mut failures) = (0, 0);
    for number in 0..PROGRAMS {
        let mut chain = Chain::new();
        chain.block.prevrandao = Some(B256::with_last_byte(1));
        chain.etch(CODE_AT, random_code(&mut rng));
        chain.etch(PEER, random_code(&mut rng));
        let data: [u8; 40] = rng.random();
        let tx = TxEnv {
            gas_limit: 900_000,
            ..chain.tx(ALICE, CODE_AT, data)
        };
        let mut reference = Context::mainnet()
            .with_db(chain.db.clone())
            .modify_cfg_chained(|cfg| {
                cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
                cfg.chain_id = 412_346;
                cfg.disable_eip7623 = true;
            })
            .with_block(chain.block.clone())
            .build_mainnet();
        let expected = reference.transact(tx.clone()).expect("valid").result;
        let seen = chain.transact(tx);
        let output = expected.output().cloned().unwrap_or_default();
        assert_eq!(seen.gas_used, expected.tx_gas_used(), "program {number}");
        assert_eq!(
            seen.status.is_success(),
            expected.is_success(),
            "program {number}"
        );
        assert_eq!(seen.output, output, "program {number}");
        match expected {
            ExecutionResult::Success { logs, .. } => {
                assert_eq!(seen.logs, logs, "program {number}");
                successes += 1;
            }
            _ => failures += 1,
        }
    }
    assert!(successes > 200 && failures > 50, "{successes} {failures}");
}

/// A database that cannot read one account's storage.
struct Broken<'a>(&'a mut Chain, Address);

#[derive(Debug, thiserror::Error)]
#[error("the disk is on fire")]
struct OnFire;

impl DBErrorMarker for OnFire {}

impl Database for Broken<'_> {
    type Error = OnFire;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, OnFire> {
        self.0.db.basic(address).map_err(|_| OnFire)
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, OnFire> {
        self.0.db.code_by_hash(code_hash).map_err(|_| OnFire)
    }

    fn storage(&mut self, address: Address, key: U256) -> Result<U256, OnFire> {
        if address == self.1 {
            return Err(OnFire);
        }
        self.0.db.storage(address, key).map_err(|_| OnFire)
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, OnFire> {
        self.0.db.block_hash(number).map_err(|_| OnFire)
    }
}

#[test]
fn a_failing_database_fails_the_transaction_wherever_it_happens() {
    let mut chain = Chain::new();
    chain.install(ACTOR_AT, ACTOR);
    chain.etch(PEER, load_first_slot());
    chain.etch(CODE_AT, forwarder(CALL, ACTOR_AT));
    let load = act(Act::Load, PEER, U256::ZERO, &[]);
    let arbos = address!("A4B05FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
    for (broken, to, data) in [
        (PEER, PEER, vec![]),
        (PEER, ACTOR_AT, act(Act::Call, PEER, U256::ZERO, &[])),
        (PEER, CODE_AT, act(Act::Call, PEER, U256::ZERO, &[])),
        (ACTOR_AT, ACTOR_AT, load.clone()),
        (ACTOR_AT, CODE_AT, load.clone()),
        (
            ACTOR_AT,
            CODE_AT,
            act(Act::Call, ACTOR_AT, U256::ZERO, &load),
        ),
        (arbos, ACTOR_AT, load),
    ] {
        let tx = chain.tx(ALICE, to, data);
        let (executor, block) = (chain.executor.clone(), chain.block.clone());
        let options = Options {
            trace: true,
            ..Options::default()
        };
        let outcome = executor.transact(Broken(&mut chain, broken), &block, tx, &options);
        let Err(ExecutionError::Database(reason)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(reason, "the disk is on fire");
    }
}
