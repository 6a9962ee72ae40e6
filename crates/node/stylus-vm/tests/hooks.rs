//! Every host function, called from a program: what it does and what it costs.

mod common;

use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use common::{Account, Code, OTHER, PROGRAM, SENDER, World, import_list};
use stylus_vm::{CallKind, CallResult, CreateResult, PageCount, Status, ink};

const B: u64 = 2_450;
const CALL: u64 = 3_800;
const API: u64 = 59_673;
const HOST: u64 = 8_400;
const PTR: u64 = 5_040;
const READ_32: u64 = 16_381;
const WRITE_32: u64 = 5_040;

/// A program that ends with `i32.const 0` and returns `len` bytes from `at`, if any.
fn wat(imports: &str, data: &[(u32, &[u8])], body: &str) -> String {
    let bytes = |data: &[u8]| {
        data.iter()
            .map(|byte| format!("\\{byte:02x}"))
            .collect::<String>()
    };
    let segments: String = data
        .iter()
        .map(|(at, data)| format!(r#"(data (i32.const {at}) "{}")"#, bytes(data)))
        .collect();
    format!(
        r#"(module {} (memory (export "memory") 1 1) {segments}
        (func (export "user_entrypoint") (param $len i32) (result i32) {body} i32.const 0))"#,
        import_list(imports)
    )
}

/// Calls `hook` with constant arguments and nothing else, and asserts what it costs in ink.
#[track_caller]
fn assert_price(world: &mut World, ty: &str, data: &[(u32, &[u8])], args: &[i64], ink: u64) {
    let (name, params) = ty.split_once(' ').unwrap_or((ty, ""));
    let kinds: Vec<&str> = params
        .split('(')
        .find(|part| part.starts_with("param"))
        .map_or(vec![], |part| {
            part.trim_end()
                .trim_end_matches(')')
                .split(' ')
                .skip(1)
                .filter(|kind| !kind.is_empty())
                .collect()
        });
    assert_eq!(kinds.len(), args.len(), "{ty}");
    let pushes: String = kinds
        .iter()
        .zip(args)
        .map(|(kind, arg)| format!("{kind}.const {arg} "))
        .collect();
    let returns = params.contains("result");
    let body = format!(
        "{pushes} call ${name} {}",
        if returns { "drop" } else { "" }
    );
    world.install(PROGRAM, &wat(ty, data, &body));
    let (outcome, used) = world.ink_of(b"");
    assert_eq!(outcome.status, Status::Success, "{name}");
    let around = (B + args.len() as u64 + CALL) + (B + if returns { 9 } else { 0 } + 2);
    assert_eq!(used - around, ink, "{name}");
}

/// What the program returns if it leaves `len` bytes at `at`.
#[track_caller]
fn result_of(
    world: &mut World,
    imports: &str,
    data: &[(u32, &[u8])],
    body: &str,
    at: u32,
    len: u32,
) -> Vec<u8> {
    let imports = format!("{imports}; write_result (param i32 i32)");
    let body = format!("{body} (call $write_result (i32.const {at}) (i32.const {len}))");
    world.install(PROGRAM, &wat(&imports, data, &body));
    let outcome = world.run(b"");
    assert_eq!(outcome.status, Status::Success, "{body}");
    outcome.output.to_vec()
}

fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}

#[test]
fn read_args_and_write_result() {
    let imports = "read_args (param i32); write_result (param i32 i32)";
    let body =
        "(call $read_args (i32.const 7)) (call $write_result (i32.const 7) (local.get $len))";
    let mut world = World::with_program(&wat(imports, &[], body));
    for len in [0_usize, 1, 32, 33, 5_000] {
        let args = vec![0x5a; len];
        let (outcome, used) = world.ink_of(&args);
        assert_eq!(outcome.output, args);
        let extra = len.saturating_sub(32) as u64;
        let hooks = (HOST + WRITE_32 + 30 * extra) + (HOST + 2 * (READ_32 + 55 * extra));
        assert_eq!(
            used,
            hooks + (B + 1 + CALL) + (B + 1 + 75 + CALL) + (B + 2),
            "{len} bytes"
        );
    }
}

#[test]
fn the_last_result_counts_and_a_revert_returns_it_too() {
    let body = "(call $write_result (i32.const 0) (i32.const 3)) (call $write_result (i32.const 1) (i32.const 1)) i32.const 9 return";
    let outcome =
        World::with_program(&wat("write_result (param i32 i32)", &[(0, b"abc")], body)).run(b"");
    assert_eq!(
        (outcome.status, outcome.output),
        (Status::Revert, Bytes::from_static(b"b"))
    );
}

#[test]
fn exit_early_ends_with_its_status_and_costs_nothing() {
    for (code, status) in [
        (0, Status::Success),
        (1, Status::Revert),
        (-1, Status::Revert),
    ] {
        let body = format!(
            "(call $write_result (i32.const 0) (i32.const 1)) (call $exit_early (i32.const {code})) unreachable"
        );
        let mut world = World::with_program(&wat(
            "write_result (param i32 i32); exit_early (param i32)",
            &[(0, b"x")],
            &body,
        ));
        let (outcome, used) = world.ink_of(b"");
        assert_eq!(
            (outcome.status, outcome.output),
            (status, Bytes::from_static(b"x"))
        );
        assert_eq!(used, (HOST + 2 * READ_32) + (B + 2 + CALL) + (B + 1 + CALL));
    }
}

#[test]
fn storage_load_pays_for_a_cold_slot_then_a_cached_one() {
    let ty = "storage_load_bytes32 (param i32 i32)";
    let base = HOST + 2 * PTR;
    assert_price(
        &mut World::default(),
        ty,
        &[(0, &word(1))],
        &[0, 64],
        base + 2_100 + API,
    );
    let mut warm = World::default();
    warm.warm_slots.insert((PROGRAM, word(1).into()));
    assert_price(&mut warm, ty, &[(0, &word(1))], &[0, 64], base + 100 + API);

    let mut world = World::default();
    world.set_slot(PROGRAM, 1, 77);
    let body = "(call $storage_load_bytes32 (i32.const 0) (i32.const 64))".repeat(140);
    assert_eq!(
        result_of(&mut world, ty, &[(0, &word(1))], &body, 64, 32),
        word(77).as_slice()
    );
    world.warm_slots.clear();
    world.install(PROGRAM, &wat(ty, &[(0, &word(1))], &body));
    let (_, used) = world.ink_of(b"");
    // reads 33 to 128 cost 2 gas each, later ones 10
    assert_eq!(
        used,
        140 * (B + 2 + CALL + base) + B + 2 + (2_100 + API) + 96 * 2 + 12 * 10
    );
}

#[test]
fn storage_cache_and_flush_write_the_chain() {
    let imports = "storage_cache_bytes32 (param i32 i32); storage_flush_cache (param i32); storage_load_bytes32 (param i32 i32)";
    let data: &[(u32, &[u8])] = &[(0, &word(1)), (32, &word(5))];
    assert_price(
        &mut World::default(),
        "storage_cache_bytes32 (param i32 i32)",
        data,
        &[0, 32],
        HOST + 2 * PTR,
    );
    assert_price(
        &mut World::default(),
        "storage_flush_cache (param i32)",
        data,
        &[1],
        HOST + API,
    );

    let cache = "(call $storage_cache_bytes32 (i32.const 0) (i32.const 32))";
    let flush = "(call $storage_flush_cache (i32.const 0))";
    let mut world = World::with_program(&wat(imports, data, cache));
    world.run(b"");
    assert_eq!(
        world.slot(PROGRAM, 1),
        U256::ZERO,
        "not flushed, not written"
    );

    let body = format!("{cache}{flush}{flush}");
    world.install(PROGRAM, &wat(imports, data, &body));
    let (_, used) = world.ink_of(b"");
    assert_eq!(world.slot(PROGRAM, 1), U256::from(5));
    let calls = (B + 2 + CALL + HOST + 2 * PTR) + 2 * (B + 1 + CALL + HOST + API) + (B + 2);
    assert_eq!(
        used,
        calls + 2_100 + 20_000,
        "the second flush has nothing to write"
    );
}

#[test]
fn a_cleared_cache_reads_the_chain_again() {
    let imports = "storage_load_bytes32 (param i32 i32); storage_flush_cache (param i32)";
    let body = |clear| {
        format!(
            "(call $storage_load_bytes32 (i32.const 0) (i32.const 64)) (call $storage_flush_cache (i32.const {clear}))
            (call $storage_load_bytes32 (i32.const 0) (i32.const 64))"
        )
    };
    let ink = |clear| {
        World::with_program(&wat(imports, &[(0, &word(1))], &body(clear)))
            .ink_of(b"")
            .1
    };
    assert_eq!(ink(1) - ink(0), 100 + API);
}

#[test]
fn writes_after_the_eighth_cost_a_surcharge() {
    let ty = "storage_cache_bytes32 (param i32 i32)";
    let body = "(call $storage_cache_bytes32 (i32.const 0) (i32.const 32))".repeat(70);
    let (_, used) = World::with_program(&wat(ty, &[], &body)).ink_of(b"");
    assert_eq!(
        used,
        70 * (B + 2 + CALL + HOST + 2 * PTR) + (B + 2) + 56 * 7 + 6 * 10
    );
}

#[test]
fn a_static_frame_writes_nothing() {
    let cases = [
        (
            "storage_cache_bytes32 (param i32 i32); storage_flush_cache (param i32)",
            "(call $storage_cache_bytes32 (i32.const 0) (i32.const 32)) (call $storage_flush_cache (i32.const 0))",
            "storage written in a static call",
        ),
        (
            "transient_store_bytes32 (param i32 i32)",
            "(call $transient_store_bytes32 (i32.const 0) (i32.const 32))",
            "transient storage written in a static call",
        ),
        (
            "emit_log (param i32 i32 i32)",
            "(call $emit_log (i32.const 0) (i32.const 0) (i32.const 0))",
            "log emitted in a static call",
        ),
        (
            "create1 (param i32 i32 i32 i32 i32)",
            "(call $create1 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
            "write protection",
        ),
    ];
    for (imports, body, reason) in cases {
        let mut world = World::with_program(&wat(imports, &[(32, &word(1))], body));
        assert_eq!(world.run_static(b"").status, Status::Trap(reason.into()));
        assert!(
            world.storage.is_empty()
                && world.transient.is_empty()
                && world.logs.is_empty()
                && world.creates.is_empty()
        );
    }
}

#[test]
fn a_flush_that_cannot_be_paid_for_is_out_of_ink() {
    let imports = "storage_cache_bytes32 (param i32 i32); storage_flush_cache (param i32)";
    let body = "(call $storage_cache_bytes32 (i32.const 0) (i32.const 32)) (call $storage_flush_cache (i32.const 0))";
    let wat = wat(imports, &[(32, &word(1))], body);
    // 10 gas of instructions and host calls, 22,100 of storage
    assert_eq!(
        World::with_program(&wat).run_with(b"", 22_130).status,
        Status::Success
    );
    let outcome = World::with_program(&wat).run_with(b"", 22_000);
    assert_eq!((outcome.status, outcome.gas_left), (Status::OutOfInk, 0));
    assert_eq!(
        World::with_program(&wat).run_with(b"", 2_310).status,
        Status::OutOfInk,
        "the sentry of 2,300 gas and 10"
    );
}

#[test]
fn transient_storage() {
    let imports = "transient_store_bytes32 (param i32 i32); transient_load_bytes32 (param i32 i32)";
    let data: &[(u32, &[u8])] = &[(0, &word(1)), (32, &word(9))];
    let price = HOST + 2 * PTR + API + 100;
    assert_price(
        &mut World::default(),
        "transient_store_bytes32 (param i32 i32)",
        data,
        &[0, 32],
        price,
    );
    assert_price(
        &mut World::default(),
        "transient_load_bytes32 (param i32 i32)",
        data,
        &[0, 32],
        price,
    );
    let body = "(call $transient_store_bytes32 (i32.const 0) (i32.const 32)) (call $transient_load_bytes32 (i32.const 0) (i32.const 64))";
    let mut world = World::default();
    assert_eq!(
        result_of(&mut world, imports, data, body, 64, 32),
        word(9).as_slice()
    );
    assert!(world.storage.is_empty());
}

const CALL_TYPE: &str = "call_contract (param i32 i32 i32 i32 i64 i32) (result i32)";

#[test]
fn a_call_costs_by_what_it_touches() {
    let base = HOST + 3 * PTR + API + 2 * READ_32;
    let target: &[(u32, &[u8])] = &[(0, OTHER.as_slice())];
    let value: &[(u32, &[u8])] = &[(0, OTHER.as_slice()), (32, &word(1))];
    let args = [0, 0, 0, 32, -1, 64];
    let warm = || World {
        warm_accounts: [OTHER].into(),
        ..World::default()
    };
    assert_price(
        &mut World::default(),
        CALL_TYPE,
        target,
        &args,
        base + 2_600,
    );
    assert_price(&mut warm(), CALL_TYPE, target, &args, base + 100);
    // value: 9,000, a new account 25,000 more; the stipend is not the caller's to pay, and comes back unused
    assert_price(
        &mut warm(),
        CALL_TYPE,
        value,
        &args,
        base + 100 + 9_000 + 25_000 - 2_300 + 2_300,
    );
    let mut funded = warm();
    funded.accounts.insert(
        OTHER,
        Account {
            balance: U256::from(1),
            ..Account::default()
        },
    );
    assert_price(&mut funded, CALL_TYPE, value, &args, base + 100 + 9_000);
    // 100 bytes of calldata, 68 of them beyond the first word
    assert_price(
        &mut warm(),
        CALL_TYPE,
        target,
        &[0, 0, 100, 32, -1, 64],
        base + 2 * 68 * 55 + 100,
    );
    for ty in ["delegate_call_contract", "static_call_contract"] {
        let ty = format!("{ty} (param i32 i32 i32 i64 i32) (result i32)");
        assert_price(
            &mut World::default(),
            &ty,
            target,
            &[0, 0, 0, -1, 64],
            base + 2_600,
        );
    }
}

#[test]
fn calls_pass_kind_value_data_and_gas() {
    let data: &[(u32, &[u8])] = &[(0, OTHER.as_slice()), (32, &word(3)), (100, b"hello")];
    let imports = format!(
        "{CALL_TYPE}; delegate_call_contract (param i32 i32 i32 i64 i32) (result i32);
        static_call_contract (param i32 i32 i32 i64 i32) (result i32)"
    );
    let body = "(drop (call $call_contract (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 32) (i64.const 1000) (i32.const 64)))
        (drop (call $delegate_call_contract (i32.const 0) (i32.const 100) (i32.const 4) (i64.const 2000) (i32.const 64)))
        (drop (call $static_call_contract (i32.const 0) (i32.const 100) (i32.const 3) (i64.const -1) (i32.const 64)))";
    let mut world = World::with_program(&wat(&imports, data, body));
    assert_eq!(world.run(b"").status, Status::Success);
    let [plain, delegate, fixed] = &world.calls[..] else {
        panic!("three calls")
    };
    assert_eq!(
        (plain.kind, plain.target, plain.value),
        (CallKind::Call, OTHER, U256::from(3))
    );
    assert_eq!(
        (plain.input.as_ref(), plain.gas_limit),
        (b"hello".as_slice(), 1_000 + 2_300)
    );
    assert_eq!(
        (delegate.kind, delegate.input.as_ref(), delegate.gas_limit),
        (CallKind::Delegate, b"hell".as_slice(), 2_000)
    );
    assert_eq!(
        (fixed.kind, fixed.input.as_ref(), fixed.value),
        (CallKind::Static, b"hel".as_slice(), U256::ZERO)
    );
    assert!(
        fixed.gas_limit > 9_700_000 && fixed.gas_limit < 10_000_000 * 63 / 64,
        "all but one 64th"
    );
}

#[test]
fn return_data_can_be_read_in_part_until_the_next_call() {
    let callee = wat(
        "write_result (param i32 i32)",
        &[(0, b"0123456789")],
        "(call $write_result (i32.const 0) (i32.const 10))",
    );
    let imports = format!(
        "{CALL_TYPE}; return_data_size (result i32); read_return_data (param i32 i32 i32) (result i32)"
    );
    let call = "(drop (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64)))";
    let body = format!(
        "(i32.store (i32.const 200) (call $return_data_size)) {call}
        (i32.store (i32.const 204) (call $return_data_size))
        (i32.store (i32.const 208) (call $read_return_data (i32.const 220) (i32.const 7) (i32.const 9)))
        (i32.store (i32.const 212) (call $read_return_data (i32.const 999999) (i32.const 10) (i32.const 9)))"
    );
    let mut world = World::default();
    world.install(OTHER, &callee);
    let out = result_of(
        &mut world,
        &imports,
        &[(0, OTHER.as_slice())],
        &body,
        200,
        24,
    );
    let number = |at: usize| u32::from_le_bytes(out[at..at + 4].try_into().unwrap());
    assert_eq!([number(0), number(4), number(8), number(12)], [0, 10, 3, 0]);
    assert_eq!(&out[20..24], b"789\0");
}

#[test]
fn prices_of_return_data() {
    assert_price(
        &mut World::default(),
        "return_data_size (result i32)",
        &[],
        &[],
        HOST,
    );
    let read = "read_return_data (param i32 i32 i32) (result i32)";
    assert_price(
        &mut World::default(),
        read,
        &[],
        &[0, 0, 100],
        HOST + API + WRITE_32,
    );
}

#[test]
fn a_failed_call_says_2_and_keeps_the_revert_data() {
    let callee = wat(
        "write_result (param i32 i32)",
        &[(0, b"no")],
        "(call $write_result (i32.const 0) (i32.const 2)) i32.const 1 return",
    );
    let imports = format!("{CALL_TYPE}; return_data_size (result i32)");
    let body = "(i32.store (i32.const 200) (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64)))
        (i32.store (i32.const 204) (call $return_data_size))";
    let mut world = World::default();
    world.install(OTHER, &callee);
    let out = result_of(&mut world, &imports, &[(0, OTHER.as_slice())], body, 200, 8);
    assert_eq!(out, [2, 0, 0, 0, 2, 0, 0, 0]);
}

#[test]
fn a_call_with_value_from_a_static_frame_fails_without_cost() {
    let data: &[(u32, &[u8])] = &[(0, OTHER.as_slice()), (32, &word(1))];
    let body = "(if (i32.ne (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64)) (i32.const 2)) (then unreachable))";
    let mut world = World::with_program(&wat(CALL_TYPE, data, body));
    assert_eq!(world.run_static(b"").status, Status::Success);
    assert!(world.calls.is_empty() && world.warm_accounts.is_empty());
}

#[test]
fn creations() {
    let created = address!("00000000000000000000000000000000000c0de0");
    let data: &[(u32, &[u8])] = &[(0, b"initcode"), (32, &word(7)), (64, &word(0x5a17))];
    let success = CreateResult {
        address: Some(created),
        revert_data: Bytes::new(),
        gas_left: 0,
    };
    let imports = "create1 (param i32 i32 i32 i32 i32); create2 (param i32 i32 i32 i32 i32 i32)";
    let body = "(call $create1 (i32.const 0) (i32.const 8) (i32.const 32) (i32.const 100) (i32.const 96))
        (call $create2 (i32.const 0) (i32.const 8) (i32.const 32) (i32.const 64) (i32.const 120) (i32.const 96))";
    // all gas that the creations get is used, so the second one lives on the 64th that the first left
    let mut world = World {
        create_result: success,
        ..World::default()
    };
    let out = result_of(&mut world, imports, data, body, 96, 44);
    assert_eq!(
        (&out[..4], &out[4..24], &out[24..]),
        (&[0; 4][..], created.as_slice(), created.as_slice())
    );
    let [first, second] = &world.creates[..] else {
        panic!("two creations")
    };
    assert_eq!(
        (first.init_code.as_ref(), first.value, first.salt),
        (b"initcode".as_slice(), U256::from(7), None)
    );
    assert_eq!(second.salt, Some(B256::from(word(0x5a17))));
    assert!(second.gas_limit < first.gas_limit / 60);
}

#[test]
fn prices_of_creations() {
    let data: &[(u32, &[u8])] = &[(0, b"x")];
    // the mock leaves no gas, so the program keeps one 64th of what it had after the base cost
    let rest = |before: u64| before / 64;
    for (ty, args, hook, base) in [
        (
            "create1 (param i32 i32 i32 i32 i32)",
            vec![0, 40, 64, 100, 96],
            HOST + 3 * PTR + API,
            32_000,
        ),
        (
            "create2 (param i32 i32 i32 i32 i32 i32)",
            vec![0, 40, 64, 64, 100, 96],
            HOST + 4 * PTR + API,
            32_000 + 2 * 6,
        ),
    ] {
        let reads = 2 * (READ_32 + 8 * 55);
        let before = 1_000_000_000_000 - (B + args.len() as u64 + CALL + hook + reads);
        let ink = hook + reads + before - rest(before - base);
        assert_price(&mut World::default(), ty, data, &args, ink);
    }
}

#[test]
fn a_failed_creation_writes_zero_and_its_revert_data() {
    let data: &[(u32, &[u8])] = &[(100, &[0xff; 20])];
    let failed = CreateResult {
        address: None,
        revert_data: Bytes::from_static(b"why"),
        gas_left: 1_000,
    };
    let mut world = World {
        create_result: failed,
        ..World::default()
    };
    let imports = "create1 (param i32 i32 i32 i32 i32)";
    let body =
        "(call $create1 (i32.const 0) (i32.const 0) (i32.const 32) (i32.const 100) (i32.const 96))";
    let out = result_of(&mut world, imports, data, body, 96, 24);
    assert_eq!((out[0], &out[4..]), (3, Address::ZERO.as_slice()));
}

#[test]
fn a_creation_that_cannot_start_ends_the_program_but_leaves_its_gas() {
    let body =
        "(call $create1 (i32.const 0) (i32.const 0) (i32.const 32) (i32.const 100) (i32.const 96))";
    let outcome = World::with_program(&wat("create1 (param i32 i32 i32 i32 i32)", &[], body))
        .run_with(b"", 31_000);
    assert_eq!(outcome.status, Status::Trap("out of gas".into()));
    assert!(outcome.gas_left > 30_900);
}

#[test]
fn logs() {
    let ty = "emit_log (param i32 i32 i32)";
    assert_price(
        &mut World::default(),
        ty,
        &[],
        &[0, 0, 0],
        HOST + API + READ_32 + 375,
    );
    assert_price(
        &mut World::default(),
        ty,
        &[],
        &[0, 164, 4],
        HOST + API + READ_32 + 132 * 55 + 5 * 375 + 36 * 8,
    );
    let data: &[(u32, &[u8])] = &[(0, &word(1)), (32, &word(2)), (64, b"payload")];
    let mut world = World::with_program(&wat(
        ty,
        data,
        "(call $emit_log (i32.const 0) (i32.const 71) (i32.const 2))",
    ));
    assert_eq!(world.run(b"").status, Status::Success);
    let topics = vec![B256::from(word(1)), B256::from(word(2))];
    assert_eq!(
        world.logs,
        [(PROGRAM, topics, Bytes::from_static(b"payload"))]
    );
    for (len, topics) in [(160, 5), (63, 2), (0, 1), (0, -1)] {
        let body = format!("(call $emit_log (i32.const 0) (i32.const {len}) (i32.const {topics}))");
        let outcome = World::with_program(&wat(ty, &[], &body)).run(b"");
        assert_eq!(outcome.status, Status::Trap("bad topic data".into()));
    }
}

#[test]
fn accounts() {
    let data: &[(u32, &[u8])] = &[(0, OTHER.as_slice())];
    let code = Bytes::from(vec![0x60; 100]);
    let account = Account {
        balance: U256::from(12_345),
        code: Code::Plain(code.clone()),
        nonce: 1,
    };
    let world = || World {
        accounts: [(OTHER, account.clone())].into(),
        ..World::default()
    };
    let word_price = HOST + 2 * PTR + API + 2_600;
    assert_price(
        &mut world(),
        "account_balance (param i32 i32)",
        data,
        &[0, 64],
        word_price,
    );
    assert_price(
        &mut world(),
        "account_codehash (param i32 i32)",
        data,
        &[0, 64],
        word_price,
    );
    assert_price(
        &mut world(),
        "account_code_size (param i32) (result i32)",
        data,
        &[0],
        HOST + API + 2_600 + 700,
    );
    let code_type = "account_code (param i32 i32 i32 i32) (result i32)";
    // pays for writing all the code, whatever part is asked for
    assert_price(
        &mut world(),
        code_type,
        data,
        &[0, 90, 32, 64],
        HOST + API + 2_600 + 700 + WRITE_32 + 68 * 30,
    );

    let balance = result_of(
        &mut world(),
        "account_balance (param i32 i32)",
        data,
        "(call $account_balance (i32.const 0) (i32.const 64))",
        64,
        32,
    );
    assert_eq!(balance, word(12_345).as_slice());
    let hash = result_of(
        &mut world(),
        "account_codehash (param i32 i32)",
        data,
        "(call $account_codehash (i32.const 0) (i32.const 64))",
        64,
        32,
    );
    assert_eq!(hash, keccak256(&code).as_slice());
    let none: &[(u32, &[u8])] = &[(0, SENDER.as_slice()), (64, &[1; 32])];
    let hash = result_of(
        &mut world(),
        "account_codehash (param i32 i32)",
        none,
        "(call $account_codehash (i32.const 0) (i32.const 64))",
        64,
        32,
    );
    assert_eq!(hash, [0; 32].as_slice(), "an account that does not exist");
    let part = result_of(
        &mut world(),
        code_type,
        data,
        "(i32.store (i32.const 60) (call $account_code (i32.const 0) (i32.const 90) (i32.const 32) (i32.const 64)))",
        60,
        15,
    );
    assert_eq!(part[..], [&[10, 0, 0, 0][..], &[0x60; 10], &[0]].concat());
}

#[test]
fn the_code_that_was_asked_for_last_costs_no_more_gas() {
    let ty = "account_code_size (param i32) (result i32)";
    let ask = |at: u32| format!("(drop (call $account_code_size (i32.const {at})))");
    let data: &[(u32, &[u8])] = &[(0, OTHER.as_slice()), (32, SENDER.as_slice())];
    let account = Account {
        code: Code::Plain(Bytes::from_static(b"c")),
        ..Account::default()
    };
    let ink = |body: String| {
        let mut world = World {
            accounts: [(OTHER, account.clone())].into(),
            ..World::default()
        };
        world.install(PROGRAM, &wat(ty, data, &body));
        world.ink_of(b"").1
    };
    let hook = HOST + API + B + 1 + CALL + 9;
    assert_eq!(ink(ask(0) + &ask(0)) - ink(ask(0)), hook);
    assert_eq!(
        ink(ask(32) + &ask(32)) - ink(ask(32)),
        hook + 100 + 700,
        "an account without code is not remembered"
    );
}

#[test]
fn surroundings() {
    let data = World::default().frame().data();
    let words = [
        ("block_basefee", data.block_basefee),
        ("msg_value", data.msg_value),
        ("tx_gas_price", data.tx_gas_price),
    ];
    for (name, value) in words {
        let ty = format!("{name} (param i32)");
        assert_price(&mut World::default(), &ty, &[], &[0], HOST + PTR);
        let out = result_of(
            &mut World::default(),
            &ty,
            &[],
            &format!("(call ${name} (i32.const 64))"),
            64,
            32,
        );
        assert_eq!(out, value.to_be_bytes::<32>().as_slice(), "{name}");
    }
    let addresses = [
        ("block_coinbase", data.block_coinbase),
        ("contract_address", PROGRAM),
        ("msg_sender", SENDER),
        ("tx_origin", SENDER),
    ];
    for (name, value) in addresses {
        let ty = format!("{name} (param i32)");
        assert_price(&mut World::default(), &ty, &[], &[0], HOST + PTR);
        let out = result_of(
            &mut World::default(),
            &ty,
            &[],
            &format!("(call ${name} (i32.const 64))"),
            64,
            20,
        );
        assert_eq!(out, value.as_slice(), "{name}");
    }
    let numbers = [
        ("block_gas_limit", data.block_gas_limit),
        ("block_number", data.block_number),
        ("block_timestamp", data.block_timestamp),
        ("chainid", data.chain_id),
    ];
    for (name, value) in numbers {
        let ty = format!("{name} (result i64)");
        assert_price(&mut World::default(), &ty, &[], &[], HOST);
        let out = result_of(
            &mut World::default(),
            &ty,
            &[],
            &format!("(i64.store (i32.const 64) (call ${name}))"),
            64,
            8,
        );
        assert_eq!(out, value.to_le_bytes().as_slice(), "{name}");
    }
    for (name, value) in [("msg_reentrant", 0), ("tx_ink_price", 10_000_u32)] {
        let ty = format!("{name} (result i32)");
        assert_price(&mut World::default(), &ty, &[], &[], HOST);
        let out = result_of(
            &mut World::default(),
            &ty,
            &[],
            &format!("(i32.store (i32.const 64) (call ${name}))"),
            64,
            4,
        );
        assert_eq!(out, value.to_le_bytes().as_slice(), "{name}");
    }
}

#[test]
fn gas_and_ink_that_are_left() {
    let out = result_of(
        &mut World::default(),
        "evm_ink_left (result i64); evm_gas_left (result i64)",
        &[],
        "(i64.store (i32.const 64) (call $evm_ink_left)) (i64.store (i32.const 72) (call $evm_gas_left))",
        64,
        16,
    );
    let number = |at: usize| u64::from_le_bytes(out[at..at + 8].try_into().unwrap());
    let ink = common::GAS * 10_000 - (B + 1 + CALL + HOST);
    assert_eq!(number(0), ink);
    assert_eq!(number(8), (ink - (B + 950 + 1 + CALL + HOST)) / 10_000);
    assert_price(
        &mut World::default(),
        "evm_ink_left (result i64)",
        &[],
        &[],
        HOST,
    );
    assert_price(
        &mut World::default(),
        "evm_gas_left (result i64)",
        &[],
        &[],
        HOST,
    );
}

#[test]
fn arithmetic_of_256_bits() {
    let max = U256::MAX;
    let cases: [(&str, &[U256], U256); 9] = [
        ("math_div", &[max, U256::from(10)], max / U256::from(10)),
        ("math_div", &[max, U256::ZERO], U256::ZERO),
        ("math_mod", &[max, U256::from(10)], max % U256::from(10)),
        ("math_mod", &[max, U256::ZERO], U256::ZERO),
        (
            "math_pow",
            &[U256::from(3), U256::from(200)],
            U256::from(3).wrapping_pow(U256::from(200)),
        ),
        (
            "math_add_mod",
            &[max, max, U256::from(7)],
            max.add_mod(max, U256::from(7)),
        ),
        ("math_add_mod", &[max, max, U256::ZERO], U256::ZERO),
        (
            "math_mul_mod",
            &[max, max, max - U256::from(1)],
            U256::from(1),
        ),
        ("math_mul_mod", &[max, max, U256::ZERO], U256::ZERO),
    ];
    for (name, operands, expected) in cases {
        let bytes: Vec<[u8; 32]> = operands.iter().map(|value| value.to_be_bytes()).collect();
        let data: Vec<(u32, &[u8])> = (0..)
            .step_by(32)
            .zip(bytes.iter().map(|bytes| bytes.as_slice()))
            .collect();
        let pointers: String = data
            .iter()
            .map(|(at, _)| format!("(i32.const {at}) "))
            .collect();
        let ty = format!("{name} (param{})", " i32".repeat(operands.len()));
        let out = result_of(
            &mut World::default(),
            &ty,
            &data,
            &format!("(call ${name} {pointers})"),
            0,
            32,
        );
        assert_eq!(U256::from_be_slice(&out), expected, "{name}");
    }
}

#[test]
fn prices_of_arithmetic_and_hashing() {
    let two = "(param i32 i32)";
    let three = "(param i32 i32 i32)";
    assert_price(
        &mut World::default(),
        &format!("math_div {two}"),
        &[],
        &[0, 32],
        HOST + 3 * PTR + 20_000,
    );
    assert_price(
        &mut World::default(),
        &format!("math_mod {two}"),
        &[],
        &[0, 32],
        HOST + 3 * PTR + 20_000,
    );
    assert_price(
        &mut World::default(),
        &format!("math_add_mod {three}"),
        &[],
        &[0, 32, 64],
        HOST + 4 * PTR + 21_000,
    );
    assert_price(
        &mut World::default(),
        &format!("math_mul_mod {three}"),
        &[],
        &[0, 32, 64],
        HOST + 4 * PTR + 24_100,
    );
    for (exponent, steps) in [
        (U256::ZERO, 1),
        (U256::from(1), 2),
        (U256::from(256), 3),
        (U256::MAX, 33),
    ] {
        let data: &[(u32, &[u8])] = &[(32, &exponent.to_be_bytes::<32>())];
        assert_price(
            &mut World::default(),
            &format!("math_pow {two}"),
            data,
            &[0, 32],
            HOST + 3 * PTR + 3_000 + steps * 17_500,
        );
    }
    for (len, words) in [(0, 0), (64, 0), (65, 1), (96, 1), (97, 2)] {
        let ty = format!("native_keccak256 {three}");
        assert_price(
            &mut World::default(),
            &ty,
            &[],
            &[0, len, 64],
            121_800 + 21_000 * words,
        );
    }
    let out = result_of(
        &mut World::default(),
        "native_keccak256 (param i32 i32 i32)",
        &[(0, b"abc")],
        "(call $native_keccak256 (i32.const 0) (i32.const 3) (i32.const 64))",
        64,
        32,
    );
    assert_eq!(out, keccak256(b"abc").as_slice());
}

#[test]
fn pay_for_memory_grow_counts_pages_of_16_bits() {
    let ty = "pay_for_memory_grow (param i32)";
    assert_price(&mut World::default(), ty, &[], &[0], HOST);
    assert_price(&mut World::default(), ty, &[], &[65_536], HOST);
    let mut world = World {
        pages: PageCount { open: 2, ever: 2 },
        ..World::default()
    };
    assert_price(&mut world, ty, &[], &[3], 3_000);
    assert_eq!(world.pages, PageCount { open: 5, ever: 5 });
}

#[test]
fn a_pointer_beyond_memory_ends_the_program_but_leaves_its_gas() {
    for (ty, args) in [
        ("read_args (param i32)", "(i32.const -1)"),
        (
            "write_result (param i32 i32)",
            "(i32.const 65535) (i32.const 2)",
        ),
        ("msg_sender (param i32)", "(i32.const 65517)"),
        (
            "native_keccak256 (param i32 i32 i32)",
            "(i32.const 1) (i32.const 65536) (i32.const 0)",
        ),
        (
            "storage_cache_bytes32 (param i32 i32)",
            "(i32.const 0) (i32.const 65505)",
        ),
    ] {
        let name = ty.split(' ').next().unwrap();
        let outcome =
            World::with_program(&wat(ty, &[], &format!("(call ${name} {args})"))).run(b"");
        assert_eq!(
            outcome.status,
            Status::Trap("out-of-bounds memory access by a host function".into()),
            "{name}"
        );
        assert!(outcome.gas_left > common::GAS - 50_000, "{name}");
    }
}

#[test]
fn ink_and_gas_convert_with_rounding_down_and_without_overflow() {
    assert_eq!(ink::Ink(19_999).to_gas(10_000), 1);
    assert_eq!(ink::Ink::from_gas(u64::MAX, 10_000), ink::Ink(u64::MAX));
    assert_eq!(ink::Ink(5).to_gas(0), 5);
    assert_eq!(CallResult::default().gas_left, 0);
}
