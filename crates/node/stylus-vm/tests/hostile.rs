//! Programs that want to break their host: each must end with an outcome.

mod common;

use std::time::{Duration, Instant};

use common::{GAS, OTHER, PROGRAM, World, assemble, import_list, program};
use stylus_vm::{CompiledProgram, PageCount, Status, StylusParams, activate};

#[test]
fn an_infinite_loop_runs_out_of_ink() {
    let outcome = World::with_program(&program("", "loop br 0 end unreachable")).run(b"");
    assert_eq!((outcome.status, outcome.gas_left), (Status::OutOfInk, 0));
}

#[test]
fn endless_recursion_runs_out_of_stack() {
    let outcome = World::with_program(&program("", "local.get 0 call 0")).run(b"");
    assert_eq!((outcome.status, outcome.gas_left), (Status::OutOfStack, 0));
}

/// A recursion counts its own depth in memory, so the limit can be met exactly: 22,000 words, and a frame must leave some.
#[test]
fn the_stack_holds_exactly_its_words() {
    let wat = |depth: u32| {
        format!(
            r#"(module (memory (export "memory") 1 1)
            (func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "user_entrypoint") (param i32) (result i32) (call $down (i32.const {depth})) i32.const 0))"#
        )
    };
    // each frame: 2 values of the meter on the stack or 2 operands, and 4; the entrypoint the same
    let words = 2 + 4;
    let frames = (22_000 - 1) / words;
    assert_eq!(
        World::with_program(&wat(frames - 2)).run(b"").status,
        Status::Success
    );
    assert_eq!(
        World::with_program(&wat(frames - 1)).run(b"").status,
        Status::OutOfStack
    );
}

/// Frames that are as large in native code as they can be for the words they are charged.
#[test]
fn the_depth_limit_strikes_before_the_native_stack() {
    let many_values = |count: usize| {
        let push: String = (0..count)
            .map(|at| format!("(i64.load (i32.const {})) ", at * 8))
            .collect();
        let drop = "i64.xor ".repeat(count - 1);
        format!(
            "(func $f (result i64) {push} (call $f) {} {drop})",
            "i64.xor"
        )
    };
    let many_locals = |count: usize| {
        let set: String = (0..count)
            .map(|at| format!("(local.set {at} (i64.load (i32.const {}))) ", at * 8))
            .collect();
        let get: String = (0..count)
            .map(|at| format!("(i64.xor (local.get {at}))"))
            .collect();
        format!(
            "(func $f (result i64) (local{}) {set} (call $f) {get})",
            " i64".repeat(count)
        )
    };
    let many_params = |count: usize| {
        let args: String = (0..count).map(|at| format!("(local.get {at}) ")).collect();
        format!(
            "(func $f (param{}) (result i64) (call $f {args}))",
            " i64".repeat(count)
        )
    };
    let same_expressions = |count: usize| {
        let store: String = (0..count)
            .map(|at| format!("(i64.store (i32.const {}) (i64.mul (i64.load (i32.const 0)) (i64.const {at})))", at * 8))
            .collect();
        format!("(func $f (result i64) {store} (drop (call $f)) {store} i64.const 0)")
    };
    let shapes = [
        ("tiny", "(func $f (result i64) call $f)".to_owned(), 0),
        ("values", many_values(300), 0),
        ("more values", many_values(4_000), 0),
        ("locals", many_locals(348), 0),
        ("params", many_params(900), 900),
        ("expressions", same_expressions(1_500), 0),
    ];
    for (name, func, params) in shapes {
        let args = "(i64.const 1) ".repeat(params);
        let wat = format!(
            r#"(module (memory (export "memory") 1 1) {func}
            (func (export "user_entrypoint") (param i32) (result i32) (drop (call $f {args})) i32.const 0))"#
        );
        let outcome = World::with_program(&wat).run_with(b"", 1_000_000_000);
        assert_eq!(outcome.status, Status::OutOfStack, "{name}");
    }
}

#[test]
fn traps_end_the_program_and_leave_its_gas() {
    for (body, reason) in [
        ("unreachable", "unreachable"),
        ("i32.const 1 i32.const 0 i32.div_u", "divide by zero"),
        (
            "i32.const 0x80000000 i32.const -1 i32.div_s",
            "integer overflow",
        ),
        ("i32.const 65536 i32.load", "out of bounds memory access"),
        (
            "i32.const -1 i32.load offset=4294967295",
            "out of bounds memory access",
        ),
        (
            "i32.const 65536 i32.const 0 i32.const 1 memory.fill i32.const 0",
            "out of bounds memory access",
        ),
    ] {
        let outcome = World::with_program(&program("", body)).run(b"");
        let Status::Trap(text) = outcome.status else {
            panic!("{body}: {:?}", outcome.status)
        };
        assert!(text.contains(reason), "{text}");
        assert!(
            outcome.gas_left > GAS - 10 && outcome.output.is_empty(),
            "{body}"
        );
    }
    let table = r#"(module (memory (export "memory") 1 1) (table 2 funcref) (type $t (func))
        (func (export "user_entrypoint") (param i32) (result i32) (call_indirect (type $t) (i32.const 1)) i32.const 0))"#;
    assert!(matches!(
        World::with_program(table).run(b"").status,
        Status::Trap(_)
    ));
}

#[test]
fn a_bulk_instruction_of_4_gigabytes_runs_out_of_ink_first() {
    for body in [
        "i32.const 0 i32.const 1 i32.const -1 memory.fill",
        "i32.const 0 i32.const 0 i32.const -1 memory.copy",
    ] {
        let outcome = World::with_program(&program("", &format!("{body} i32.const 0"))).run(b"");
        assert_eq!(outcome.status, Status::OutOfInk);
    }
}

#[test]
fn memory_that_cannot_be_paid_for_is_not_there() {
    let wat = |pages: i64, min: u32| {
        format!(
            r#"(module {} (memory (export "memory") {min})
            (func (export "user_entrypoint") (param i32) (result i32) (i32.eq (memory.grow (i32.const {pages})) (i32.const -1))))"#,
            import_list("pay_for_memory_grow (param i32)")
        )
    };
    assert_eq!(
        World::with_program(&wat(128, 0))
            .run_with(b"", 40_000_000)
            .status,
        Status::Success
    );
    assert_eq!(
        World::with_program(&wat(129, 0))
            .run_with(b"", u64::MAX)
            .status,
        Status::OutOfInk
    );
    assert_eq!(
        World::with_program(&wat(127, 1))
            .run_with(b"", 10_000_000)
            .status,
        Status::OutOfInk
    );
    // 65,536 and one pages are none and one to the host function, but memory does not grow by them
    assert_eq!(
        World::with_program(&wat(65_536, 0)).run(b"").status,
        Status::Revert
    );
    assert_eq!(
        World::with_program(&wat(65_537, 0)).run(b"").status,
        Status::Revert
    );
    assert_eq!(
        World::with_program(&wat(65_536, 1)).run(b"").status,
        Status::Revert
    );
}

#[test]
fn floats_without_arithmetic_are_valid_but_nobody_can_pay_for_them() {
    let outcome = World::with_program(&program("", "f64.const 1 drop i32.const 0"))
        .run_with(b"", 1_000_000_000);
    assert_eq!(outcome.status, Status::OutOfInk);
}

#[test]
fn programs_call_each_other_as_deep_as_gas_allows() {
    let ty = "call_contract (param i32 i32 i32 i32 i64 i32) (result i32)";
    let target = |at: alloy_primitives::Address| {
        at.iter()
            .map(|byte| format!("\\{byte:02x}"))
            .collect::<String>()
    };
    let caller = |at| {
        format!(
            r#"(module {} (memory (export "memory") 1 1) (data (i32.const 0) "{}")
            (func (export "user_entrypoint") (param i32) (result i32)
              (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64))))"#,
            import_list(ty),
            target(at)
        )
    };
    let mut world = World::default();
    world.install(PROGRAM, &caller(OTHER));
    world.install(OTHER, &caller(PROGRAM));
    let (outcome, gas) = world.transact(PROGRAM, b"", 21_000);
    // the deepest frame fails for want of gas, and every frame above passes the failure on
    assert_eq!(outcome.status, Status::Revert);
    assert!(world.calls.len() > 100, "{} calls", world.calls.len());
    assert!(gas < 30_000_000);
    assert_eq!(world.pages.open, 0, "every frame closes its pages");
    assert!(world.pages.ever > 100);
}

/// A frame that calls needs a page for its arguments, so pages end the nesting before the 1,024 frames of the EVM do.
#[test]
fn nesting_is_bounded_by_pages_where_gas_is_not() {
    let body = "(drop (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 32) (i64.const -1) (i32.const 64))) i32.const 0";
    let target: String = PROGRAM.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let wat = format!(
        r#"(module {} (memory (export "memory") 1 1) (data (i32.const 0) "{target}")
        (func (export "user_entrypoint") (param i32) (result i32) {body}))"#,
        import_list("call_contract (param i32 i32 i32 i32 i64 i32) (result i32)")
    );
    let mut world = World::with_program(&wat);
    assert_eq!(
        world.run_with(b"", u64::MAX / 20_000).status,
        Status::Success
    );
    assert_eq!(world.pages, PageCount { open: 0, ever: 128 });
    assert_eq!(
        world.calls.len(),
        129,
        "the last one cannot pay for its page"
    );
}

#[test]
fn entering_a_program_is_paid_first() {
    let mut world = World::with_program(&program("", "i32.const 0"));
    let params = StylusParams::default();
    let program = common::compile(&program("", "i32.const 0"));
    let info = *program.info();
    let entry = params.entry_gas(info.init_cost, info.cached_init_cost, false);
    assert_eq!(
        entry,
        69 * 128 + u64::from(info.init_cost) + 11 * 32 + u64::from(info.cached_init_cost)
    );
    let mut call = |cached, gas| {
        let mut frame = world.frame();
        let data = frame.data();
        stylus_vm::call_program(&program, cached, b"", &mut frame, &data, &params, gas)
    };
    assert_eq!(
        call(false, entry).status,
        Status::OutOfInk,
        "nothing is left to run"
    );
    assert_eq!(call(false, entry - 1).gas_left, 0);
    assert_eq!(call(false, entry + 1).status, Status::Success);
    let cached = 11 * 32 + u64::from(info.cached_init_cost);
    assert_eq!(call(true, cached + 1).status, Status::Success);
    world.pages = PageCount {
        open: 127,
        ever: 128,
    };
    let mut frame = world.frame();
    let data = frame.data();
    let outcome = stylus_vm::call_program(&program, true, b"", &mut frame, &data, &params, 2_000);
    assert_eq!(
        (outcome.status, outcome.gas_left),
        (Status::Success, 2_000 - cached - 1_000 - 1)
    );
    assert_eq!(
        world.pages,
        PageCount {
            open: 127,
            ever: 128
        }
    );
}

#[test]
fn much_return_data_costs_what_memory_costs_in_the_evm() {
    let wat = program(
        "write_result (param i32 i32)",
        "(call $write_result (i32.const 0) (i32.const 65536)) i32.const 0",
    );
    let mut world = World::with_program(&wat);
    let program = common::compile(&wat);
    let params = StylusParams::default();
    let (_, bare) = world.ink_of(b"");
    let mut frame = world.frame();
    let data = frame.data();
    let outcome = stylus_vm::call_program(&program, true, b"", &mut frame, &data, &params, GAS);
    let info = program.info();
    let own = params.cached_gas(info.cached_init_cost) + bare.div_ceil(10_000);
    let evm = 2_048 * 3 + 2_048 * 2_048 / 512;
    assert!(own < evm, "the program alone is cheaper than memory");
    assert_eq!(GAS - outcome.gas_left, evm);
    let outcome = stylus_vm::call_program(&program, true, b"", &mut frame, &data, &params, evm - 1);
    assert_eq!(
        (outcome.status, outcome.gas_left, outcome.output.len()),
        (Status::OutOfInk, 0, 0)
    );
}

/// Modules of the largest size that try to keep the compiler busy.
#[test]
fn large_modules_compile_in_bounded_time() {
    let table = |targets: usize| {
        format!(
            "block local.get 0 br_table {} 0 end i32.const 0",
            "0 ".repeat(targets)
        )
    };
    let nest = |depth: usize| {
        format!(
            "{} {} i32.const 0",
            "block ".repeat(depth),
            "end ".repeat(depth)
        )
    };
    let chain = |count: usize| {
        format!(
            "{} i32.const 0",
            "(if (local.get 0) (then nop)) ".repeat(count)
        )
    };
    for (name, body) in [
        ("one huge br_table", table(60_000)),
        ("deep nesting", nest(4_000)),
        ("many blocks", chain(1_900)),
    ] {
        let wasm = assemble(&program("", &body));
        let start = Instant::now();
        let compiled = CompiledProgram::compile(&wasm);
        let elapsed = start.elapsed();
        println!(
            "{name}: {} bytes in {elapsed:?}, {}",
            wasm.len(),
            if compiled.is_ok() {
                "compiled"
            } else {
                "refused"
            }
        );
        assert!(compiled.is_ok(), "{name}: {:?}", compiled.err());
        assert!(elapsed < Duration::from_secs(20), "{name} took {elapsed:?}");
    }
}

#[test]
fn a_program_of_real_size_is_activated_and_compiled_quickly() {
    let function = |seed: u32| {
        let step = format!(
            "(local.set 1 (i64.add (i64.mul (local.get 1) (i64.const {seed})) (i64.load (local.get 0))))
            (if (i64.lt_u (local.get 1) (i64.const 9)) (then (i64.store (local.get 0) (local.get 1))))"
        );
        format!("(func (param i32) (local i64) {})", step.repeat(10))
    };
    let functions: String = (1_000..1_400).map(function).collect();
    let wasm = assemble(&format!(
        r#"(module (memory (export "memory") 1 1) {functions}
        (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
    ));
    assert!(
        wasm.len() > 100_000 && wasm.len() < 131_072,
        "{} bytes",
        wasm.len()
    );
    let start = Instant::now();
    activate(&wasm, 128, 100_000_000).expect("valid");
    let activated = start.elapsed();
    CompiledProgram::compile(&wasm).expect("compiles");
    println!(
        "{} bytes: activated in {activated:?}, compiled in {:?}",
        wasm.len(),
        start.elapsed() - activated
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn starting_a_compiled_program_is_quick() {
    const RUNS: u32 = 2_000;
    let mut world = World::with_program(&program(
        "msg_sender (param i32)",
        "(call $msg_sender (i32.const 0)) i32.const 0",
    ));
    let start = Instant::now();
    for _ in 0..RUNS {
        assert_eq!(world.run(b"").status, Status::Success);
    }
    let each = start.elapsed() / RUNS;
    println!("{each:?} for each of {RUNS} runs");
    assert!(each < Duration::from_millis(2));
}

#[test]
fn a_long_computation_runs_at_native_speed() {
    let body = "(loop $l (local.set $x (i64.add (i64.mul (local.get $x) (i64.const 6364136223846793005)) (i64.const 1)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10000000)))) i32.const 0";
    let mut world = World::with_program(&program(
        "",
        &format!("(local $i i32) (local $x i64) {body}"),
    ));
    let start = Instant::now();
    assert_eq!(world.run_with(b"", 100_000_000).status, Status::Success);
    println!("10,000,000 rounds in {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(5));
}
