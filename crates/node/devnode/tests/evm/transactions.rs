//! The rules around a transaction.

use devnode::evm::{CREATE2_PROXY, ExecutionError, Executor, InvalidTransaction, Options, Status};
use revm::{
    context::{
        TxEnv,
        either::Either,
        transaction::{Authorization, RecoveredAuthority, RecoveredAuthorization},
    },
    primitives::{Address, TxKind, U256, address, hex, keccak256},
    state::AccountInfo,
};

use crate::{
    actor::{ACTOR, Act, act},
    assembler::{deploying, load_first_slot},
    common::{ALICE, ARB_WASM, Chain, GAS},
};

const ACTOR_AT: Address = address!("00000000000000000000000000000000000ac704");
const BOB: Address = address!("0000000000000000000000000000000000000b0b");
const CODE_AT: Address = address!("000000000000000000000000000000000000c0de");

fn refused(chain: &mut Chain, tx: TxEnv) -> InvalidTransaction {
    let executor: Executor = chain.executor.clone();
    match executor.transact(&mut chain.db, &chain.block, tx, &Options::default()) {
        Err(ExecutionError::Invalid(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn everybody_pays_the_base_fee_and_no_tip() {
    let mut chain = Chain::new();
    // Returns GASPRICE.
    chain.etch(CODE_AT, hex!("3a5f5260205ff3"));
    let base_fee = u128::from(chain.block.basefee);
    for (tx_type, tip) in [(0, None), (1, None), (2, Some(3 * base_fee)), (2, Some(0))] {
        let before = (chain.balance(ALICE), chain.balance(Address::ZERO));
        let tx = TxEnv {
            tx_type,
            gas_price: 5 * base_fee,
            gas_priority_fee: tip,
            ..chain.tx(ALICE, CODE_AT, [])
        };
        let outcome = chain.transact(tx);
        assert_eq!(
            outcome.output[..],
            U256::from(base_fee).to_be_bytes::<32>()[..]
        );
        let fee = U256::from(base_fee) * U256::from(outcome.gas_used);
        assert_eq!(before.0 - chain.balance(ALICE), fee);
        assert_eq!(chain.balance(Address::ZERO) - before.1, fee);
    }
}

#[test]
fn invalid_transactions_are_refused_in_geths_words() {
    let mut chain = Chain::new();
    chain.send(ALICE, BOB, []);
    let good = chain.tx(ALICE, BOB, []);
    let say = |chain: &mut Chain, tx: TxEnv| refused(chain, tx).to_string();
    let text = say(
        &mut chain,
        TxEnv {
            nonce: 0,
            ..good.clone()
        },
    );
    assert!(
        text.starts_with("nonce too low: address 0x") && text.ends_with("tx: 0 state: 1"),
        "{text}"
    );
    let text = say(
        &mut chain,
        TxEnv {
            nonce: 9,
            ..good.clone()
        },
    );
    assert!(text.starts_with("nonce too high"), "{text}");
    let text = say(
        &mut chain,
        TxEnv {
            caller: BOB,
            nonce: 0,
            ..good.clone()
        },
    );
    assert!(
        text.starts_with("insufficient funds for gas * price + value: address 0x"),
        "{text}"
    );
    let text = say(
        &mut chain,
        TxEnv {
            gas_limit: 20_999,
            ..good.clone()
        },
    );
    assert_eq!(text, "intrinsic gas too low: have 20999, want 21000");
    let text = say(
        &mut chain,
        TxEnv {
            gas_price: 1,
            ..good.clone()
        },
    );
    assert!(
        text.starts_with("max fee per gas less than block base fee"),
        "{text}"
    );
    let text = say(
        &mut chain,
        TxEnv {
            tx_type: 2,
            gas_priority_fee: Some(u128::MAX),
            ..good.clone()
        },
    );
    assert!(
        text.starts_with("max priority fee per gas higher than max fee per gas"),
        "{text}"
    );
    let text = say(
        &mut chain,
        TxEnv {
            chain_id: Some(1),
            ..good.clone()
        },
    );
    assert_eq!(text, "invalid chain id for signer");
    let text = say(
        &mut chain,
        TxEnv {
            tx_type: 3,
            ..good.clone()
        },
    );
    assert_eq!(text, "transaction type not supported");
    let text = say(
        &mut chain,
        TxEnv {
            kind: TxKind::Create,
            data: vec![0; 49_153].into(),
            ..good.clone()
        },
    );
    assert_eq!(text, "max initcode size exceeded");
    chain.etch(CODE_AT, [0]);
    chain
        .db
        .cache
        .accounts
        .get_mut(&CODE_AT)
        .expect("etched")
        .info
        .balance = U256::MAX >> 1;
    let text = say(
        &mut chain,
        TxEnv {
            caller: CODE_AT,
            nonce: 1,
            ..good
        },
    );
    assert!(text.starts_with("sender not an eoa"), "{text}");
}

#[test]
fn calls_need_no_money_but_values_do() {
    let mut chain = Chain::new();
    chain.etch(CODE_AT, hex!("485f5260205ff3")); // returns BASEFEE
    let options = Options::call();
    let tx = TxEnv {
        caller: BOB,
        gas_price: 0,
        nonce: 99,
        gas_limit: 1 << 40,
        ..chain.tx(ALICE, CODE_AT, [])
    };
    let outcome = chain
        .executor
        .transact(&mut chain.db, &chain.block, tx.clone(), &options);
    assert_eq!(
        outcome.expect("valid").output[..],
        [0; 32][..],
        "a free call sees no base fee"
    );
    let tx = TxEnv {
        value: U256::from(1),
        ..tx
    };
    let error = chain
        .executor
        .transact(&mut chain.db, &chain.block, tx, &options);
    assert!(matches!(
        error,
        Err(ExecutionError::Invalid(
            InvalidTransaction::InsufficientFunds { .. }
        ))
    ));
}

#[test]
fn no_transaction_uses_more_than_32_million_gas() {
    let mut chain = Chain::new();
    chain.install(ACTOR_AT, ACTOR);
    chain.etch(CODE_AT, hex!("5b5f56")); // jumps to itself
    for (to, data) in [
        (CODE_AT, vec![]),
        (ACTOR_AT, act(Act::Spin, BOB, U256::ZERO, &[])),
    ] {
        let before = chain.balance(ALICE);
        let tx = TxEnv {
            gas_limit: 50_000_000,
            ..chain.tx(ALICE, to, data.clone())
        };
        let outcome = chain.transact(tx);
        assert!(matches!(outcome.status, Status::Halt(_)));
        assert_eq!(outcome.gas_used, 32_000_000);
        let fee = U256::from(chain.block.basefee) * U256::from(32_000_000);
        assert_eq!(before - chain.balance(ALICE), fee);
    }
}

#[test]
fn osaka_is_the_fork() {
    let mut chain = Chain::new();
    // CLZ (EIP-7939) of 1.
    chain.etch(CODE_AT, hex!("60011e5f5260205ff3"));
    assert_eq!(
        chain.call(ALICE, CODE_AT, []).output[..],
        U256::from(255).to_be_bytes::<32>()[..]
    );
    // P256VERIFY (EIP-7951) costs 6,900 and says nothing about nonsense.
    let p256 = address!("0000000000000000000000000000000000000100");
    let outcome = chain.send(ALICE, p256, []);
    assert_eq!(
        (outcome.gas_used, outcome.output.len()),
        (21_000 + 6_900, 0)
    );
    // MODEXP (EIP-7883) costs 500 at least.
    let modexp = Address::with_last_byte(5);
    assert_eq!(chain.send(ALICE, modexp, []).gas_used, 21_000 + 500);
    // PREVRANDAO is 1 on Arbitrum.
    chain.etch(CODE_AT, hex!("445f5260205ff3"));
    assert_eq!(
        chain.call(ALICE, CODE_AT, []).output[..],
        U256::from(1).to_be_bytes::<32>()[..]
    );
}

#[test]
fn accounts_may_delegate_to_programs() {
    let mut chain = Chain::new();
    chain.install(ACTOR_AT, ACTOR);
    let authorization = Authorization {
        chain_id: U256::from(412_346),
        address: ACTOR_AT,
        nonce: 0,
    };
    let signed =
        RecoveredAuthorization::new_unchecked(authorization, RecoveredAuthority::Valid(BOB));
    let tx = TxEnv {
        tx_type: 4,
        gas_priority_fee: Some(0),
        authorization_list: vec![Either::Right(signed)],
        ..chain.tx(ALICE, BOB, act(Act::Store, BOB, U256::from(2), &[1; 32]))
    };
    let outcome = chain.transact(tx);
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(chain.storage(BOB, 2), U256::from_be_bytes([1; 32]));
    // And from another program.
    let inner = act(Act::Store, BOB, U256::from(3), &[2; 32]);
    let outcome = chain.send(ALICE, ACTOR_AT, act(Act::Call, BOB, U256::ZERO, &inner));
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(chain.storage(BOB, 3), U256::from_be_bytes([2; 32]));
}

#[test]
fn an_account_that_delegates_to_a_precompile_has_no_code() {
    let mut chain = Chain::new();
    for precompile in [ARB_WASM, Address::with_last_byte(4)] {
        let designator = [&hex!("ef0100")[..], precompile.as_slice()].concat();
        chain.etch(BOB, designator);
        let outcome = chain.send(ALICE, BOB, [1, 2, 3, 4]);
        assert_eq!(
            (&outcome.status, outcome.output.len()),
            (&Status::Success, 0)
        );
        assert_eq!(outcome.gas_used, 21_000 + 4 * 16);
    }
}

#[test]
fn the_create2_proxy_deploys_where_everybody_expects_it() {
    let mut chain = Chain::new();
    let init_code = deploying(&load_first_slot());
    let outcome = chain.send(
        ALICE,
        CREATE2_PROXY,
        [&[0; 32], init_code.as_slice()].concat(),
    );
    let expected = CREATE2_PROXY.create2([0; 32], keccak256(&init_code));
    assert_eq!(outcome.output[..], expected[..]);
    assert!(chain.db.cache.accounts.contains_key(&expected));
}

#[test]
fn a_halted_transaction_changes_nothing_but_nonce_and_balances() {
    let mut chain = Chain::new();
    chain.etch(CODE_AT, hex!("60015f55fe"));
    chain.db.insert_account_info(
        BOB,
        AccountInfo::from_balance(U256::from(10).pow(U256::from(18))),
    );
    let tx = TxEnv {
        value: U256::from(5),
        gas_limit: 100_000,
        ..chain.tx(BOB, CODE_AT, [])
    };
    let outcome = chain.transact(tx);
    assert_eq!(outcome.gas_used, 100_000);
    assert_eq!(chain.storage(CODE_AT, 0), U256::ZERO);
    assert_eq!(chain.balance(CODE_AT), U256::ZERO);
    assert_eq!(chain.tx(BOB, CODE_AT, []).nonce, 1);
    assert!(GAS > outcome.gas_used);
}
