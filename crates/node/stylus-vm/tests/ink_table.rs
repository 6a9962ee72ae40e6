//! Ink of small programs, worked out by hand from the price table of Nitro's `meter.rs`.
//!
//! Every sum is written as the instructions are: one term for each, and [`B`] for each basic block that is entered. A basic
//! block ends with `end`, `else`, `return`, `loop`, `br`, `br_if`, `br_table`, `if`, `call` or `call_indirect`.

mod common;

use common::World;
use stylus_vm::Status;

/// Entering a basic block.
const B: u64 = 2_450;
const CONST: u64 = 1;
const NOP: u64 = 1;
const END: u64 = 1;
const ELSE: u64 = 1;
const BLOCK: u64 = 1;
const LOOP: u64 = 1;
const RETURN: u64 = 1;
const DROP: u64 = 9;
const BRANCH: u64 = 765;
const CALL: u64 = 3_800;
const GET: u64 = 75;
const TEE: u64 = 75;
const SET: u64 = 210;
const GLOBAL_GET: u64 = 225;
const GLOBAL_SET: u64 = 575;
/// The last block of a program that returns 0: `i32.const 0` and the function's `end`.
const DONE: u64 = CONST + END;

fn module(items: &str, locals: &str, body: &str) -> String {
    format!(
        r#"(module {items} (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param $len i32) (result i32) {locals} {body} i32.const 0))"#
    )
}

#[track_caller]
fn assert_ink(body: &str, expected: u64) {
    assert_module_ink("", "", body, expected);
}

#[track_caller]
fn assert_module_ink(items: &str, locals: &str, body: &str, expected: u64) {
    let (outcome, ink) = World::with_program(&module(items, locals, body)).ink_of(&[]);
    assert_eq!(outcome.status, Status::Success, "{body}");
    assert_eq!(ink, expected, "{body}");
}

#[test]
fn an_empty_program_is_one_block() {
    assert_ink("", B + DONE);
}

#[test]
fn constants_and_drop() {
    assert_ink(
        "i32.const 1 drop i64.const 2 drop nop",
        B + CONST + DROP + CONST + DROP + NOP + DONE,
    );
}

#[test]
fn arithmetic_in_32_bits() {
    for (op, ink) in [
        ("add", 70),
        ("sub", 70),
        ("and", 70),
        ("or", 70),
        ("xor", 70),
        ("shl", 70),
        ("shr_s", 70),
        ("shr_u", 70),
        ("rotl", 70),
        ("rotr", 70),
        ("mul", 160),
        ("div_s", 1_120),
        ("div_u", 1_120),
        ("rem_s", 1_120),
        ("rem_u", 1_120),
    ] {
        assert_ink(
            &format!("i32.const 7 i32.const 3 i32.{op} drop"),
            B + 2 * CONST + ink + DROP + DONE,
        );
    }
}

#[test]
fn arithmetic_in_64_bits() {
    for (op, ink) in [
        ("add", 100),
        ("sub", 100),
        ("and", 100),
        ("or", 100),
        ("xor", 100),
        ("shl", 100),
        ("shr_s", 100),
        ("shr_u", 100),
        ("rotl", 100),
        ("rotr", 100),
        ("mul", 160),
        ("div_s", 1_270),
        ("div_u", 1_270),
        ("rem_s", 1_270),
        ("rem_u", 1_270),
    ] {
        assert_ink(
            &format!("i64.const 7 i64.const 3 i64.{op} drop"),
            B + 2 * CONST + ink + DROP + DONE,
        );
    }
}

#[test]
fn comparisons() {
    for op in [
        "eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u",
    ] {
        assert_ink(
            &format!("i32.const 7 i32.const 3 i32.{op} drop"),
            B + 2 * CONST + 170 + DROP + DONE,
        );
        assert_ink(
            &format!("i64.const 7 i64.const 3 i64.{op} drop"),
            B + 2 * CONST + 225 + DROP + DONE,
        );
    }
    assert_ink(
        "i32.const 7 i32.eqz drop i64.const 7 i64.eqz drop",
        B + CONST + 170 + DROP + CONST + 225 + DROP + DONE,
    );
}

#[test]
fn bits() {
    for (op, ink) in [
        ("i32.clz", 210),
        ("i32.ctz", 210),
        ("i32.popcnt", 2_650),
        ("i32.extend8_s", 100),
        ("i32.extend16_s", 100),
        ("i64.extend_i32_s", 100),
        ("i64.extend_i32_u", 100),
    ] {
        assert_ink(
            &format!("i32.const 7 {op} drop"),
            B + CONST + ink + DROP + DONE,
        );
    }
    for (op, ink) in [
        ("i64.clz", 210),
        ("i64.ctz", 210),
        ("i64.popcnt", 6_000),
        ("i64.extend8_s", 100),
        ("i64.extend16_s", 100),
        ("i64.extend32_s", 100),
        ("i32.wrap_i64", 100),
    ] {
        assert_ink(
            &format!("i64.const 7 {op} drop"),
            B + CONST + ink + DROP + DONE,
        );
    }
}

#[test]
fn locals() {
    let ink = B + CONST + SET + GET + TEE + DROP + DONE;
    assert_module_ink(
        "",
        "(local $x i64)",
        "i64.const 1 local.set $x local.get $x local.tee $x drop",
        ink,
    );
}

#[test]
fn globals() {
    let ink = B + CONST + GLOBAL_SET + GLOBAL_GET + DROP + DONE;
    assert_module_ink(
        "(global $g (mut i32) (i32.const 3))",
        "",
        "i32.const 1 global.set $g global.get $g drop",
        ink,
    );
}

#[test]
fn loads() {
    for op in [
        "i32.load",
        "i32.load8_s",
        "i32.load8_u",
        "i32.load16_s",
        "i32.load16_u",
    ] {
        assert_ink(
            &format!("i32.const 8 {op} drop"),
            B + CONST + 670 + DROP + DONE,
        );
    }
    for op in [
        "load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u",
    ] {
        assert_ink(
            &format!("i32.const 8 i64.{op} drop"),
            B + CONST + 680 + DROP + DONE,
        );
    }
}

#[test]
fn stores() {
    for op in ["store", "store8", "store16"] {
        assert_ink(
            &format!("i32.const 8 i32.const 1 i32.{op}"),
            B + 2 * CONST + 825 + DONE,
        );
    }
    for op in ["store", "store8", "store16", "store32"] {
        assert_ink(
            &format!("i32.const 8 i64.const 1 i64.{op}"),
            B + 2 * CONST + 950 + DONE,
        );
    }
}

#[test]
fn select_takes_three_values() {
    assert_ink(
        "i32.const 1 i32.const 2 i32.const 3 select drop",
        B + 3 * CONST + 1_250 + DROP + DONE,
    );
}

#[test]
fn block_does_not_end_a_basic_block_but_its_end_does() {
    assert_ink("block nop end", (B + BLOCK + NOP + END) + (B + DONE));
}

#[test]
fn loop_ends_a_basic_block() {
    assert_ink("loop nop end", (B + LOOP) + (B + NOP + END) + (B + DONE));
}

#[test]
fn a_branch_leaves_the_rest_of_its_block_unpaid() {
    assert_ink(
        "block br 0 i64.const 1 i64.popcnt drop end",
        (B + BLOCK + BRANCH) + (B + DONE),
    );
}

#[test]
fn if_with_both_arms() {
    let body = |condition| format!("i32.const {condition} if nop nop else nop nop nop end");
    assert_ink(
        &body(1),
        (B + CONST + BRANCH) + (B + 2 * NOP + ELSE) + (B + DONE),
    );
    assert_ink(
        &body(0),
        (B + CONST + BRANCH) + (B + 3 * NOP + END) + (B + DONE),
    );
}

#[test]
fn if_without_else() {
    assert_ink(
        "i32.const 1 if nop end",
        (B + CONST + BRANCH) + (B + NOP + END) + (B + DONE),
    );
    assert_ink("i32.const 0 if nop end", (B + CONST + BRANCH) + (B + DONE));
}

#[test]
fn a_loop_pays_for_every_round() {
    let body = "loop $l (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))) end";
    let round = B + GET + CONST + 70 + TEE + CONST + 170 + BRANCH;
    assert_module_ink(
        "",
        "(local $i i32)",
        body,
        (B + LOOP) + 10 * round + (B + END) + (B + DONE),
    );
}

#[test]
fn br_table_costs_by_its_targets_without_the_default() {
    for targets in [0_u64, 1, 5] {
        let body = format!(
            "block i32.const 9 br_table {} 0 end",
            "0 ".repeat(targets as usize)
        );
        assert_ink(
            &body,
            (B + BLOCK + CONST + 2_400 + 325 * targets) + (B + DONE),
        );
    }
}

#[test]
fn a_call_pays_the_callee_too() {
    let items = "(func $f (param i32 i64) (result i32) local.get 0)";
    let ink = (B + 2 * CONST + CALL) + (B + GET + END) + (B + DROP + DONE);
    assert_module_ink(items, "", "i32.const 1 i64.const 2 call $f drop", ink);
}

#[test]
fn call_indirect_costs_by_its_parameters() {
    let items = "(type $t (func (param i32 i64 i64))) (func $f (type $t)) (table 1 funcref) (elem (i32.const 0) func $f)";
    let ink = (B + 4 * CONST + 13_610 + 3 * 650) + (B + END) + (B + DONE);
    assert_module_ink(
        items,
        "",
        "i32.const 1 i64.const 2 i64.const 3 i32.const 0 call_indirect (type $t)",
        ink,
    );
}

#[test]
fn an_early_return_ends_the_block_and_the_program() {
    assert_ink(
        "i32.const 0 return i64.const 1 i64.popcnt drop",
        B + CONST + RETURN,
    );
}

#[test]
fn memory_size_and_a_memory_that_cannot_grow() {
    assert_ink("memory.size drop", B + 3_000 + DROP + DONE);
    assert_ink(
        "i32.const 1 memory.grow drop",
        B + CONST + 8_050 + DROP + DONE,
    );
}

#[test]
fn bulk_memory_costs_by_the_byte() {
    for bytes in [0_u64, 1, 3_000, 65_536] {
        let fill = format!("i32.const 0 i32.const 1 i32.const {bytes} memory.fill");
        assert_ink(&fill, B + 3 * CONST + 950 + 100 * bytes + DONE);
        let copy = format!("i32.const 0 i32.const 0 i32.const {bytes} memory.copy");
        assert_ink(&copy, B + 3 * CONST + 950 + 100 * bytes + DONE);
    }
}

#[test]
fn growing_memory_pays_for_pages_but_not_for_the_check() {
    let wat = |pages| {
        format!(
            r#"(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32))) (memory (export "memory") 1)
            (func (export "user_entrypoint") (param i32) (result i32) i32.const {pages} memory.grow drop i32.const 0))"#
        )
    };
    let base = B + CONST + 8_050 + DROP + DONE;
    let ink = |pages| World::with_program(&wat(pages)).ink_of(&[]).1;
    assert_eq!(ink(0), base + 8_400);
    // nothing is open yet in a bare run: 2 pages are free, then 1,000 gas each and the ramp
    assert_eq!(ink(2), base);
    assert_eq!(ink(5), base + 3_000);
    assert_eq!(ink(12), base + 10_000 + 5 - 1);
}

#[test]
fn instructions_of_one_block_are_paid_before_the_first_runs() {
    let wat = module(
        "",
        "",
        "(i32.store (i32.const 0) (i32.const 1)) unreachable",
    );
    let (outcome, ink) = World::with_program(&wat).ink_of(&[]);
    assert!(matches!(outcome.status, Status::Trap(_)));
    assert_eq!(ink, B + 2 * CONST + 825 + 1 + DONE);
}

#[test]
fn the_last_ink_may_be_spent_and_one_less_is_too_little() {
    let wat = module("", "", &"i64.const 1 i64.popcnt drop ".repeat(100));
    // 100 * (1 + 6,000 + 9) + 2 + 2,450 = 603,452 ink, which 61 gas cover and 60 do not
    assert_eq!(
        World::with_program(&wat).run_with(&[], 61).status,
        Status::Success
    );
    let outcome = World::with_program(&wat).run_with(&[], 60);
    assert_eq!((outcome.status, outcome.gas_left), (Status::OutOfInk, 0));
}

#[test]
fn what_is_left_is_rounded_down_to_gas() {
    let outcome = World::with_program(&module("", "", "")).run_with(&[], 1_000);
    assert_eq!(outcome.gas_left, 999);
}
