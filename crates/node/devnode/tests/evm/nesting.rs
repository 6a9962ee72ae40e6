//! EVM code and Stylus programs that call each other.

use devnode::evm::{CallKind, Options, Status};
use revm::{
    context::{
        TxEnv,
        transaction::{AccessList, AccessListItem},
    },
    primitives::{Address, B256, U256, address, hex, keccak256},
};

use crate::{
    actor::{ACTOR, Act, act, counting_caller},
    assembler::{
        CALL, DELEGATECALL, STATICCALL, deploying, forwarder, load_first_slot, recurse_then,
        selfdestruct, store_first_word,
    },
    common::{ALICE, Chain, GAS, stylus_code},
};

const ACTOR_AT: Address = address!("00000000000000000000000000000000000ac704");
const PEER: Address = address!("0000000000000000000000000000000000bee4ee");
const PROXY: Address = address!("000000000000000000000000000000000009a0c1");
const NOBODY: Address = address!("000000000000000000000000000000000000d00d");

fn with_actor() -> Chain {
    let mut chain = Chain::new();
    chain.install(ACTOR_AT, ACTOR);
    chain
}

fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

#[test]
fn value_travels_through_both_machines() {
    let mut chain = with_actor();
    chain.etch(PROXY, forwarder(CALL, ACTOR_AT));
    chain.etch(PEER, forwarder(CALL, NOBODY));
    let value = U256::from(12_345);
    let data = act(Act::Call, PEER, value, &[]);
    let outcome = chain.transact(TxEnv {
        value,
        ..chain.tx(ALICE, PROXY, data)
    });
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(chain.balance(NOBODY), value);
    assert_eq!(chain.balance(ACTOR_AT), U256::ZERO);

    let trace = outcome.trace.expect("asked for");
    let mut frame = &trace;
    let mut seen = vec![(frame.kind, frame.to)];
    while let Some(next) = frame.calls.first() {
        frame = next;
        seen.push((frame.kind, frame.to));
    }
    let expected = [PROXY, ACTOR_AT, PEER, NOBODY].map(|to| (CallKind::Call, Some(to)));
    assert_eq!(seen, expected);
    assert_eq!(frame.value, Some(value));
    assert_eq!(trace.gas_used, outcome.gas_used);
}

#[test]
fn a_call_beyond_the_balance_fails_and_leaves_its_gas() {
    let mut chain = with_actor();
    let outcome = chain.send(ALICE, ACTOR_AT, act(Act::Call, NOBODY, U256::from(1), &[]));
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.gas_used < 100_000, "{}", outcome.gas_used);
    let trace = outcome.trace.expect("asked for");
    assert_eq!(
        trace.calls[0].error.as_deref(),
        Some("insufficient balance for transfer")
    );
}

#[test]
fn revert_data_passes_unchanged_in_both_directions() {
    let mut chain = with_actor();
    chain.etch(PROXY, forwarder(CALL, ACTOR_AT));
    let inner = act(Act::Revert, Address::ZERO, U256::ZERO, b"because");
    let outer = act(Act::Call, PROXY, U256::ZERO, &inner);
    let outcome = chain.send(ALICE, PROXY, outer);
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(outcome.output[..], b"because"[..]);
}

#[test]
fn a_trap_undoes_the_frame_and_keeps_the_gas() {
    let mut chain = with_actor();
    let outcome = chain.send(
        ALICE,
        ACTOR_AT,
        act(Act::StoreAndTrap, NOBODY, U256::from(3), &word(9)),
    );
    assert_eq!(outcome.status, Status::Revert);
    assert!(outcome.output.is_empty());
    assert!(outcome.gas_used < 100_000);
    assert_eq!(chain.storage(ACTOR_AT, 3), U256::ZERO);
}

#[test]
fn static_calls_protect_state_across_machines() {
    let mut chain = with_actor();
    chain.etch(PROXY, forwarder(STATICCALL, ACTOR_AT));
    chain.etch(PEER, store_first_word());
    for data in [
        act(Act::Store, NOBODY, U256::ZERO, &word(1)),
        act(Act::Log, NOBODY, U256::ZERO, &word(1)),
        act(Act::Create, NOBODY, U256::ZERO, &deploying(&[0])),
        act(Act::Call, PEER, U256::ZERO, &word(1)),
        act(Act::DelegateCall, PEER, U256::ZERO, &word(1)),
    ] {
        let outcome = chain.send(ALICE, PROXY, data.clone());
        assert!(outcome.logs.is_empty());
        let created = outcome.output.iter().any(|&byte| byte != 0);
        assert!(
            !outcome.status.is_success() || !created,
            "{data:02x?}: {outcome:?}"
        );
        for account in [ACTOR_AT, PEER, PROXY] {
            assert_eq!(chain.storage(account, 0), U256::ZERO, "{data:02x?}");
        }
    }
    let outcome = chain.send(
        ALICE,
        ACTOR_AT,
        act(Act::StaticCall, PEER, U256::ZERO, &word(1)),
    );
    assert_eq!(outcome.status, Status::Revert);
    assert_eq!(chain.storage(PEER, 0), U256::ZERO);
    let reading = act(Act::Load, NOBODY, U256::ZERO, &[]);
    assert_eq!(chain.send(ALICE, PROXY, reading).output[..], word(0)[..]);
}

#[test]
fn delegate_calls_work_on_the_callers_storage() {
    let mut chain = with_actor();
    chain.etch(PROXY, forwarder(DELEGATECALL, ACTOR_AT));
    chain.etch(PEER, store_first_word());
    chain.send(
        ALICE,
        PROXY,
        act(Act::Store, NOBODY, U256::from(1), &word(11)),
    );
    assert_eq!(chain.storage(PROXY, 1), U256::from(11));
    assert_eq!(chain.storage(ACTOR_AT, 1), U256::ZERO);

    chain.send(
        ALICE,
        ACTOR_AT,
        act(Act::DelegateCall, PEER, U256::ZERO, &word(22)),
    );
    assert_eq!(chain.storage(ACTOR_AT, 0), U256::from(22));
    assert_eq!(chain.storage(PEER, 0), U256::ZERO);

    // Twice delegated: the storage is still the first account's.
    chain.send(
        ALICE,
        PROXY,
        act(Act::DelegateCall, PEER, U256::ZERO, &word(33)),
    );
    assert_eq!(chain.storage(PROXY, 0), U256::from(33));
}

#[test]
fn programs_create_contracts_at_the_usual_addresses() {
    let mut chain = with_actor();
    let init_code = deploying(&load_first_slot());
    let outcome = chain.send(
        ALICE,
        ACTOR_AT,
        act(Act::Create, NOBODY, U256::ZERO, &init_code),
    );
    assert_eq!(outcome.output[..], ACTOR_AT.create(1)[..]);
    let created = chain.call(ALICE, ACTOR_AT.create(1), []);
    assert_eq!(created.output[..], word(0)[..]);
    assert_eq!(
        outcome.trace.expect("asked for").calls[0].kind,
        CallKind::Create
    );

    let salt = U256::from(77);
    let outcome = chain.send(ALICE, ACTOR_AT, act(Act::Create2, NOBODY, salt, &init_code));
    let expected = ACTOR_AT.create2(B256::from(salt), keccak256(&init_code));
    assert_eq!(outcome.output[..], expected[..]);
    // The address is taken now.
    let outcome = chain.send(ALICE, ACTOR_AT, act(Act::Create2, NOBODY, salt, &init_code));
    assert_eq!(outcome.output[..], Address::ZERO[..]);
}

#[test]
fn only_stylus_programs_may_begin_with_ef() {
    let mut chain = with_actor();
    let stylus = stylus_code(ACTOR);
    for (runtime, allowed) in [
        (stylus.to_vec(), true),
        (hex!("eff00000").to_vec(), true),
        (hex!("eff000").to_vec(), false),
        (hex!("eff00100").to_vec(), false),
        (hex!("ef0100").to_vec(), false),
        (hex!("ef").to_vec(), false),
    ] {
        let init_code = deploying(&runtime);
        let created = chain.send(
            ALICE,
            ACTOR_AT,
            act(Act::Create, NOBODY, U256::ZERO, &init_code),
        );
        assert_eq!(
            created.output[..] != Address::ZERO[..],
            allowed,
            "{:02x?}",
            &runtime[..1]
        );
        let tx = TxEnv {
            kind: revm::primitives::TxKind::Create,
            ..chain.tx(ALICE, Address::ZERO, init_code)
        };
        let outcome = chain.transact(tx);
        assert_eq!(outcome.status.is_success(), allowed);
        assert_eq!(outcome.created.is_some(), allowed);
        assert!(allowed || outcome.gas_used == GAS);
    }
}

#[test]
fn a_program_knows_when_its_address_is_open_already() {
    let mut chain = with_actor();
    chain.etch(PROXY, forwarder(CALL, ACTOR_AT));
    let ask = act(Act::Reentrant, NOBODY, U256::ZERO, &[]);
    assert_eq!(chain.call(ALICE, ACTOR_AT, ask.clone()).output[..], [0][..]);
    assert_eq!(chain.call(ALICE, PROXY, ask.clone()).output[..], [0][..]);
    let directly = act(Act::Call, ACTOR_AT, U256::ZERO, &ask);
    assert_eq!(chain.call(ALICE, ACTOR_AT, directly).output[..], [1][..]);
    let through_evm = act(Act::Call, PROXY, U256::ZERO, &ask);
    assert_eq!(chain.call(ALICE, ACTOR_AT, through_evm).output[..], [1][..]);
    // A delegate call opens no span of its own: neither does it make its target re-entrant.
    let delegated = act(Act::DelegateCall, ACTOR_AT, U256::ZERO, &ask);
    assert_eq!(chain.call(ALICE, ACTOR_AT, delegated).output[..], [0][..]);
}

#[test]
fn peers_may_destroy_themselves() {
    let mut chain = with_actor();
    chain.etch(PEER, selfdestruct(NOBODY));
    let value = U256::from(5_000);
    let tx = chain.tx(ALICE, ACTOR_AT, act(Act::Call, PEER, value, &[]));
    let outcome = chain.transact(TxEnv { value, ..tx });
    assert_eq!(outcome.status, Status::Success);
    assert_eq!(chain.balance(NOBODY), value);
    assert_eq!(chain.balance(PEER), U256::ZERO);
    let destroyed = &outcome.trace.expect("asked for").calls[0].calls[0];
    assert_eq!(
        (destroyed.kind, destroyed.to),
        (CallKind::SelfDestruct, Some(NOBODY))
    );
    // Its code stays, since it was not created in this transaction (EIP-6780).
    assert!(
        chain
            .send(ALICE, ACTOR_AT, act(Act::Call, PEER, U256::ZERO, &[]))
            .status
            .is_success()
    );
}

#[test]
fn refunds_of_evm_code_below_a_program_count() {
    let mut chain = with_actor();
    chain.etch(PEER, store_first_word());
    let mut used = |value| {
        let data = act(Act::Call, PEER, U256::ZERO, &word(value));
        chain.send(ALICE, ACTOR_AT, data).gas_used
    };
    used(1);
    let overwritten = used(2);
    let cleared = used(0);
    // One byte of calldata is cheaper by 12 gas, and clearing a slot gives back 4,800.
    assert_eq!(overwritten - cleared, 12 + 4_800);
}

#[test]
fn a_failed_frame_takes_its_refunds_with_it() {
    let mut chain = with_actor();
    let set = act(Act::Store, NOBODY, U256::from(3), &word(1));
    chain.send(ALICE, ACTOR_AT, set);
    let kept = act(Act::Store, NOBODY, U256::from(3), &word(0));
    let undone = act(Act::StoreAndTrap, NOBODY, U256::from(3), &word(0));
    let undone = chain.call(ALICE, ACTOR_AT, undone).gas_used;
    let kept = chain.call(ALICE, ACTOR_AT, kept).gas_used;
    assert!(undone > kept + 4_700, "{undone} {kept}");
}

#[test]
fn out_of_gas_anywhere_leaves_nothing_half_done() {
    let mut chain = with_actor();
    chain.etch(PEER, store_first_word());
    let data = act(Act::Everything, PEER, U256::from(4), &word(6));
    let full = chain.call(ALICE, ACTOR_AT, data.clone()).gas_used;
    let (mut done, mut failed) = (0, 0);
    for gas_limit in (21_000 + 2_000..full + 3_000).step_by(211) {
        let tx = TxEnv {
            gas_limit,
            ..chain.tx(ALICE, ACTOR_AT, data.clone())
        };
        let outcome = chain
            .executor
            .transact(&mut chain.db, &chain.block, tx, &Options::default())
            .expect("valid");
        let slot = |account: Address, slot: u64| {
            outcome
                .state
                .get(&account)
                .and_then(|it| it.storage.get(&U256::from(slot)))
                .map_or(U256::ZERO, |slot| slot.present_value())
        };
        let effects = (outcome.logs.len(), slot(ACTOR_AT, 4), slot(PEER, 0));
        if outcome.status.is_success() {
            assert_eq!(
                effects,
                (1, U256::from(6), U256::from(6)),
                "with {gas_limit} gas"
            );
            done += 1;
        } else {
            assert_eq!(effects, (0, U256::ZERO, U256::ZERO), "with {gas_limit} gas");
            assert!(outcome.gas_used <= gas_limit);
            failed += 1;
        }
    }
    assert!(done > 5 && failed > 100, "{done} {failed}");
}

#[test]
fn an_endless_program_ends_with_its_gas() {
    let mut chain = with_actor();
    let tx = TxEnv {
        gas_limit: 2_000_000,
        ..chain.tx(ALICE, ACTOR_AT, act(Act::Spin, NOBODY, U256::ZERO, &[]))
    };
    let outcome = chain.transact(tx);
    assert!(
        matches!(outcome.status, Status::Halt(_)),
        "{:?}",
        outcome.status
    );
    assert_eq!(outcome.gas_used, 2_000_000);
}

#[test]
fn access_lists_warm_what_programs_touch() {
    let mut chain = with_actor();
    let data = act(Act::Call, NOBODY, U256::ZERO, &[]);
    let cold = chain.send(ALICE, ACTOR_AT, data.clone()).gas_used;
    let item = AccessListItem {
        address: NOBODY,
        storage_keys: vec![],
    };
    let tx = TxEnv {
        tx_type: 1,
        access_list: AccessList(vec![item]),
        ..chain.tx(ALICE, ACTOR_AT, data)
    };
    // 2,400 for the entry, 2,500 less for the access.
    assert_eq!(cold - chain.transact(tx).gas_used, 100);

    let load = act(Act::Load, NOBODY, U256::from(1), &[]);
    let cold = chain.send(ALICE, ACTOR_AT, load.clone()).gas_used;
    let item = AccessListItem {
        address: ACTOR_AT,
        storage_keys: vec![B256::with_last_byte(1)],
    };
    let tx = TxEnv {
        tx_type: 1,
        access_list: AccessList(vec![item]),
        ..chain.tx(ALICE, ACTOR_AT, load)
    };
    // 2,400 + 1,900 for the entry, 2,000 less for the access.
    assert_eq!(chain.transact(tx).gas_used - cold, 2_300);
}

#[test]
fn both_machines_nest_until_the_pages_run_out() {
    let mut chain = Chain::new();
    chain.etch(PEER, forwarder(CALL, ACTOR_AT));
    chain.install(ACTOR_AT, &counting_caller(PEER));
    let tx = TxEnv {
        gas_limit: 1 << 50,
        gas_price: 0,
        ..chain.tx(ALICE, ACTOR_AT, [0; 4])
    };
    let outcome = chain
        .executor
        .transact(&mut chain.db, &chain.block, tx, &Options::call());
    let outcome = outcome.expect("valid");
    // One page each, 128 pages at most.
    assert_eq!(outcome.output[..], 128_u32.to_le_bytes()[..]);
}

#[test]
fn nobody_is_called_below_depth_1024() {
    let mut chain = with_actor();
    chain.etch(PROXY, recurse_then(ACTOR_AT));
    let data = act(Act::Load, NOBODY, U256::ZERO, &[]);
    let tx = TxEnv {
        gas_limit: 1 << 60,
        gas_price: 0,
        ..chain.tx(ALICE, PROXY, data)
    };
    let options = Options {
        trace: true,
        ..Options::call()
    };
    let outcome = chain
        .executor
        .transact(&mut chain.db, &chain.block, tx, &options);
    let trace = outcome.expect("valid").trace.expect("asked for");
    let (mut depth, mut frame) = (0, &trace);
    while let Some(next) = frame.calls.first().filter(|next| next.error.is_none()) {
        (depth, frame) = (depth + 1, next);
    }
    assert_eq!(depth, 1_024);
    let below: Vec<_> = frame
        .calls
        .iter()
        .map(|call| (call.to, call.error.as_deref()))
        .collect();
    let too_deep = Some("max call depth exceeded");
    assert_eq!(below, [(Some(PROXY), too_deep), (Some(ACTOR_AT), too_deep)]);
}
