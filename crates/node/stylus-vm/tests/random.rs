//! Modules with random damage: whatever they are, checking, compiling and running them must end without a panic.

mod common;

use common::{Account, Code, PROGRAM, World, assemble, import_list};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use stylus_vm::{ActivationError, CompiledProgram, Status, activate, decode_program};

const SEED: u64 = 0x5717_1005;
const ROUNDS: usize = 30_000;

/// A program with something of everything.
fn sample() -> Vec<u8> {
    let imports = "read_args (param i32); write_result (param i32 i32); storage_load_bytes32 (param i32 i32);
        call_contract (param i32 i32 i32 i32 i64 i32) (result i32); emit_log (param i32 i32 i32);
        pay_for_memory_grow (param i32); native_keccak256 (param i32 i32 i32); account_code (param i32 i32 i32 i32) (result i32)";
    assemble(&format!(
        r#"(module {} (memory (export "memory") 1) (table 3 funcref) (global $g (mut i64) (i64.const 7))
        (type $unary (func (param i32) (result i32)))
        (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
        (func $down (param i32) (result i32) (if (result i32) (local.get 0)
          (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
        (elem (i32.const 0) func $double $down) (data (i32.const 16) "some bytes that lie in memory")
        (func (export "user_entrypoint") (param $len i32) (result i32) (local $i i32) (local $x i64)
          (call $read_args (i32.const 64))
          (loop $l
            (local.set $x (i64.add (local.get $x) (i64.extend_i32_u (i32.load8_u (local.get $i)))))
            (block $b (block $a (br_table $a $b $l (i32.rem_u (local.get $i) (i32.const 2)))))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50))))
          (global.set $g (i64.rotl (global.get $g) (local.get $x)))
          (call $storage_load_bytes32 (i32.const 0) (i32.const 128))
          (call $emit_log (i32.const 0) (i32.const 40) (i32.const 1))
          (drop (call $call_contract (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 128) (i64.const -1) (i32.const 200)))
          (drop (call $account_code (i32.const 0) (i32.const 0) (i32.const 32) (i32.const 256)))
          (drop (memory.grow (i32.const 1)))
          (memory.fill (i32.const 300) (i32.const 1) (i32.const 40)) (memory.copy (i32.const 400) (i32.const 300) (i32.const 40))
          (call $native_keccak256 (i32.const 300) (i32.const 140) (i32.const 500))
          (drop (call_indirect (type $unary) (i32.const 9) (i32.and (local.get $len) (i32.const 1))))
          (call $write_result (i32.const 500) (i32.const 32))
          (i32.const 0)))"#,
        import_list(imports)
    ))
}

fn damage(wasm: &mut Vec<u8>, random: &mut StdRng) {
    for _ in 0..random.random_range(1..=3) {
        let at = random.random_range(8..wasm.len());
        match random.random_range(0..10) {
            0 => {
                wasm.remove(at);
            }
            1 => wasm.insert(at, random.random()),
            2 | 3 => wasm[at] = random.random(),
            4 => wasm[at] = wasm[at].wrapping_add(1),
            _ => wasm[at] ^= 1 << random.random_range(0..8),
        }
    }
}

#[test]
fn damaged_modules_never_panic() {
    let whole = sample();
    assert!(activate(&whole, 128, 100_000_000).is_ok());
    let mut random = StdRng::seed_from_u64(SEED);
    let (mut valid, mut ends) = (0, [0_usize; 4]);
    for _ in 0..ROUNDS {
        let mut wasm = whole.clone();
        damage(&mut wasm, &mut random);
        match activate(&wasm, 128, 100_000_000) {
            Err(ActivationError::Invalid(_)) => {
                assert!(CompiledProgram::compile(&wasm).is_err());
                continue;
            }
            Err(ActivationError::OutOfGas) => panic!("such a small module costs little"),
            Ok(_) => valid += 1,
        }
        if valid % 4 != 0 {
            continue;
        }
        let program = CompiledProgram::compile(&wasm).expect("what is activated compiles");
        let mut world = World::default();
        world.accounts.insert(
            PROGRAM,
            Account {
                code: Code::Program(program),
                ..Account::default()
            },
        );
        let outcome = world.run_with(b"arguments", 1_000_000);
        assert!(outcome.gas_left <= 1_000_000);
        ends[match outcome.status {
            Status::Success | Status::Revert => 0,
            Status::OutOfInk => 1,
            Status::OutOfStack => 2,
            Status::Trap(_) => 3,
        }] += 1;
    }
    let [returned, ink, stack, trap] = ends;
    println!(
        "seed {SEED:#x}: {ROUNDS} modules, {valid} valid; of those run {returned} returned, {ink} out of ink, {stack} out of stack, {trap} trapped"
    );
    assert!(
        valid > 500 && returned > 10 && trap > 5,
        "the damage is neither too much nor too little"
    );
}

#[test]
fn damaged_code_never_panics() {
    let mut code = vec![0xef, 0xf0, 0x00, 0x00];
    let params = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut sample().as_slice(), &mut code, &params).expect("compresses");
    let mut random = StdRng::seed_from_u64(SEED);
    let mut decoded = 0;
    for _ in 0..20_000 {
        let mut damaged = code.clone();
        damage(&mut damaged, &mut random);
        decoded += usize::from(decode_program(&damaged, 1 << 17).is_ok());
    }
    println!("seed {SEED:#x}: 20000 streams, {decoded} decoded");
    assert!(
        decoded > 0 && decoded < 20_000,
        "the damage is neither too much nor too little"
    );
}
