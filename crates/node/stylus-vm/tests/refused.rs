//! Modules that are not valid programs, and code that is not a program, each with the exact reason.

mod common;

use alloy_primitives::keccak256;
use common::{assemble, import_list, program};
use stylus_vm::{
    ActivationError, CompileError, CompiledProgram, FormatError, ProgramCache, activate,
    decode_program, is_stylus_code,
};

const PAGES: u16 = 128;
const GAS: u64 = 30_000_000;
const MAX_WASM: u32 = 128 * 1024;

fn reason(wasm: &[u8]) -> String {
    let ActivationError::Invalid(reason) =
        activate(wasm, PAGES, GAS).expect_err("the module is not valid")
    else {
        panic!("not for its gas")
    };
    assert_eq!(
        CompiledProgram::compile(wasm).err(),
        Some(CompileError::Invalid(reason.clone()))
    );
    reason.to_string()
}

#[track_caller]
fn refuse(wat: &str, expected: &str) {
    assert_eq!(reason(&wat::parse_str(wat).expect("valid text")), expected);
}

/// A module with a memory, an entrypoint with this body, and these items.
fn with(items: &str, body: &str) -> String {
    format!(
        r#"(module {items} (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32) {body} i32.const 0))"#
    )
}

#[test]
fn what_is_no_webassembly() {
    assert!(reason(b"").starts_with("failed to validate: "));
    assert!(reason(b"\0asm\x02\0\0\0").starts_with("failed to validate: "));
    assert!(reason(b"#!/bin/sh").starts_with("failed to validate: "));
    let wasm = assemble(&program("", "i32.const 0"));
    for cut in 9..wasm.len() {
        assert!(activate(&wasm[..cut], PAGES, GAS).is_err(), "cut at {cut}");
    }
}

#[test]
fn floating_point() {
    for (body, op) in [
        ("f32.const 1 f32.const 2 f32.add drop", "F32Add"),
        ("f64.const 1 f64.sqrt drop", "F64Sqrt"),
        ("i32.const 1 f64.convert_i32_u drop", "F64ConvertI32U"),
        ("f64.const 1 i32.trunc_sat_f64_s drop", "I32TruncSatF64S"),
        ("f32.const 1 f32.const 2 f32.lt drop", "F32Lt"),
    ] {
        refuse(
            &with("", body),
            &format!("no implementation for floating point operation {op}"),
        );
    }
}

#[test]
fn features_beyond_the_first_version() {
    for (items, body, part) in [
        (
            "",
            "v128.const i64x2 0 0 drop",
            "SIMD support is not enabled",
        ),
        (
            "(func $f (result i32) return_call $f)",
            "",
            "tail calls support is not enabled",
        ),
        ("(memory 1 1)", "", "multiple memories"),
        (
            "(global (mut externref) (ref.null extern))",
            "",
            "reference types support is not enabled",
        ),
        ("(table 1 funcref) (table 1 funcref)", "", "multiple tables"),
    ] {
        let text = reason(&wat::parse_str(with(items, body)).unwrap());
        assert!(
            text.starts_with("failed to validate: ") && text.contains(part),
            "{text}"
        );
    }
    let atomics = r#"(module (memory (export "memory") 1 1 shared))"#;
    assert!(reason(&wat::parse_str(atomics).unwrap()).contains("threads"));
}

#[test]
fn bulk_instructions_that_stylus_does_not_have() {
    refuse(
        &with("(data $d \"x\")", "data.drop $d"),
        "unsupported section type: data count",
    );
    refuse(
        &with(
            "(table 1 funcref) (elem $e func) ",
            "(table.copy (i32.const 0) (i32.const 0) (i32.const 0))",
        ),
        "opcode not supported: TableCopy",
    );
}

#[test]
fn imports() {
    refuse(
        &with(r#"(import "env" "now" (func (result i64)))"#, ""),
        "no such import now in env",
    );
    refuse(
        &with(r#"(import "vm_hooks" "sstore" (func (param i32)))"#, ""),
        "no such import sstore in vm_hooks",
    );
    refuse(
        &with(r#"(import "console" "log_txt" (func (param i32 i32)))"#, ""),
        "no such import log_txt in console",
    );
    refuse(
        &with(r#"(import "debug" "null_host" (func))"#, ""),
        "no such import null_host in debug",
    );
    refuse(
        &with(r#"(import "vm_hooks" "msg_sender" (func (param i64)))"#, ""),
        "import msg_sender has the wrong signature: expected (i32) -> () but have (i64) -> ()",
    );
    refuse(
        &with(
            r#"(import "vm_hooks" "msg_sender" (func (param i64))) (import "vm_hooks" "msg_sender" (func (param i32)))"#,
            "",
        ),
        "inconsistent imports for vm_hooks.msg_sender",
    );
    refuse(
        r#"(module (import "env" "memory" (memory 1)))"#,
        "unsupported import kind: env.memory is not a function",
    );
    refuse(
        &with(r#"(import "env" "g" (global i32))"#, ""),
        "unsupported import kind: env.g is not a function",
    );
    refuse(
        &with(r#"(import "vm_hooks" "stylus_ink" (func))"#, ""),
        "binary imports reserved symbol stylus_ink",
    );
    refuse(
        &with(
            &r#"(import "vm_hooks" "chainid" (func (result i64)))"#.repeat(514),
            "",
        ),
        "too many wasm imports: 514 > 513",
    );
}

#[test]
fn exports() {
    let memory = r#"(memory (export "memory") 1 1)"#;
    refuse(
        &format!("(module {memory})"),
        "missing export with name user_entrypoint",
    );
    refuse(
        &format!(
            r#"(module {memory} (func (export "user_entrypoint") (param i64) (result i32) i32.const 0))"#
        ),
        "wrong type for user_entrypoint: (i64) -> (i32)",
    );
    refuse(
        &format!(r#"(module {memory} (func (export "user_entrypoint") (param i32)))"#),
        "wrong type for user_entrypoint: (i32) -> ()",
    );
    refuse(
        r#"(module (memory 1 1) (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        "missing memory with export name memory",
    );
    refuse(
        r#"(module (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#,
        "missing memory with export name memory",
    );
    refuse(
        &with(r#"(func (export "stylus_ink_left"))"#, ""),
        "binary exports reserved symbol stylus_ink_left",
    );
    refuse(
        &with(r#"(func (export "any__stylus_thing"))"#, ""),
        "binary exports reserved symbol stylus_thing",
    );
    refuse(
        &with(
            r#"(import "vm_hooks" "chainid" (func (result i64))) (func (export "my__chainid"))"#,
            "",
        ),
        "binary exports an import with the same name chainid",
    );
}

#[test]
fn start_functions() {
    refuse(
        &with("(func $s) (start $s)", ""),
        "start functions not allowed",
    );
}

#[test]
fn memory() {
    let memory = |limits: &str, imports: &str| {
        format!(
            r#"(module {imports} (memory (export "memory") {limits})
            (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#
        )
    };
    refuse(&memory("129 129", ""), "memory size 129 exceeds bound 128");
    refuse(
        &memory("1", ""),
        "missing import pay_for_memory_grow, which a program needs unless its memory cannot grow",
    );
    refuse(
        &memory("1 2", ""),
        "missing import pay_for_memory_grow, which a program needs unless its memory cannot grow",
    );
    let pay = import_list("pay_for_memory_grow (param i32)");
    assert!(activate(&assemble(&memory("128", &pay)), PAGES, GAS).is_ok());
    let wasm = assemble(&memory("3 3", ""));
    assert_eq!(
        activate(&wasm, 2, GAS).unwrap_err().to_string(),
        "program activation failed: memory exceeds limit: 3 > 2"
    );
}

#[test]
fn segments() {
    refuse(
        &with(r#"(data (i32.const 65535) "ab")"#, ""),
        "out-of-bounds data segment with offset 65535 and size 2",
    );
    refuse(
        &with(r#"(data (i32.const -1) "a")"#, ""),
        "out-of-bounds data segment with offset 4294967295 and size 1",
    );
    refuse(
        &with(
            "(table 1 funcref) (func $f) (elem (i32.const 1) func $f)",
            "",
        ),
        "out-of-bounds element segment with offset 1 and length 1",
    );
    refuse(
        &with(&r#"(data (i32.const 0) "a")"#.repeat(129), ""),
        "too many wasm datas: 129 > 128",
    );
    refuse(
        &with(
            &format!(
                "(table 1 funcref) (func $f) {}",
                "(elem (i32.const 0) func $f)".repeat(129)
            ),
            "",
        ),
        "too many wasm elements: 129 > 128",
    );
    refuse(
        &with("(table 4097 funcref)", ""),
        "too many wasm table entries: 4097 > 4096",
    );
    let wide = format!(
        "(table 4096 funcref) (func $f) (elem (i32.const 0) func {})",
        "$f ".repeat(4_096)
    );
    let text = reason(&wat::parse_str(with(&wide, "")).unwrap());
    assert!(
        text.starts_with("too many wasm element entries: 41") && text.ends_with(" > 4096"),
        "{text}"
    );
}

#[test]
fn sizes_of_functions() {
    refuse(
        &with(&"(func)".repeat(4_096), ""),
        "too many wasm functions: 4097 > 4096",
    );
    refuse(
        &with("", "(local i32)").replace("(local i32)", &format!("(local{})", " i64".repeat(349))),
        "too many wasm locals: 349 > 348",
    );
    assert!(
        activate(
            &assemble(&with("", "").replace(
                "i32.const 0)",
                &format!("(local{}) i32.const 0)", " i64".repeat(348))
            )),
            PAGES,
            GAS
        )
        .is_ok()
    );
    let globals = "(global (mut i32) (i32.const 0))".repeat(32_765);
    refuse(&with(&globals, ""), "too many wasm globals: 32769 > 32768");
    // `i32.const 0 end`, 12 instructions of metering and 17 of depth checking come on top
    let nops = |count: usize| with("", &"nop ".repeat(count - 31));
    assert!(activate(&assemble(&nops(65_536)), PAGES, GAS).is_ok());
    refuse(
        &nops(65_537),
        "too many wasm opcodes in func body: 65537 > 65536",
    );
}

#[test]
fn frames() {
    let values =
        |count: usize| format!("{} {}", "i32.const 1 ".repeat(count), "drop ".repeat(count));
    assert!(activate(&assemble(&with("", &values(4_096))), PAGES, GAS).is_ok());
    refuse(
        &with("", &values(4_097)),
        "too many values on the stack at once in func 0: 4097 > 4096",
    );
}

#[test]
fn names() {
    let named = |len: usize| {
        let mut module = wasm_encoder::Module::new();
        let mut names = wasm_encoder::NameSection::new();
        names.module(&"n".repeat(len));
        module.section(&names);
        let mut wasm = assemble(&program("", "i32.const 0"));
        wasm.extend_from_slice(&module.finish()[8..]);
        wasm
    };
    assert!(activate(&named(512), PAGES, GAS).is_ok());
    assert_eq!(reason(&named(513)), "wasm module name too long: 513 > 512");
}

#[test]
fn more_gas_than_there_is() {
    let wasm = assemble(&program("", "i32.const 0"));
    let activation = activate(&wasm, PAGES, GAS).unwrap();
    assert!(activate(&wasm, PAGES, activation.gas).is_ok());
    assert_eq!(
        activate(&wasm, PAGES, activation.gas - 1),
        Err(ActivationError::OutOfGas)
    );
}

#[test]
fn costs_of_a_program_by_hand() {
    // one function of 1 + 1 values, one page, no segments, 4 globals of the instrumentation
    let wasm = assemble(&program("", "i32.const 0"));
    let len = wasm.len() as u64;
    let activation = activate(&wasm, PAGES, GAS).unwrap();
    let info = activation.info;
    assert_eq!(u64::from(info.init_cost), 8 + 2 + len * 1_286 / 10_000);
    assert_eq!(
        u64::from(info.cached_init_cost),
        6 + 5 + len * 122 / 100_000
    );
    assert_eq!(
        u64::from(info.asm_estimate),
        512_000 + 996 + 22 + len * 62_628 / 10_000
    );
    assert_eq!(info.footprint, 1);
    // 12 of metering, `i32.const 0`, 12 at entry, 4 before `return`, `return`, `end`
    let ops = 12 + 1 + 12 + 4 + 1 + 1;
    assert_eq!(
        activation.gas,
        28 * (len * 31_733 / 100_000 + 2_217 + ops * 535 / 1_000)
    );
}

fn packed(wasm: &[u8], dictionary: u8) -> Vec<u8> {
    let mut code = vec![0xef, 0xf0, 0x00, dictionary];
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &wasm[..], &mut code, &params).expect("compresses");
    code
}

#[test]
fn a_program_comes_out_as_it_went_in() {
    let wasm = assemble(&program("", "i32.const 0"));
    let mut code = packed(&wasm, 0);
    assert!(is_stylus_code(&code));
    assert_eq!(decode_program(&code, MAX_WASM), Ok(wasm.clone()));
    assert_eq!(decode_program(&code, wasm.len() as u32), Ok(wasm.clone()));
    assert_eq!(
        decode_program(&code, wasm.len() as u32 - 1),
        Err(FormatError::TooLarge {
            limit: wasm.len() as u32 - 1
        })
    );
    code.extend_from_slice(b"trailing bytes are ignored");
    assert_eq!(decode_program(&code, MAX_WASM), Ok(wasm));
}

#[test]
fn code_that_is_no_program() {
    for code in [
        &[][..],
        &[0xef],
        &[0xef, 0xf0, 0x00],
        &[0xef, 0x01, 0x00, 0x00],
        &[0x60, 0x80, 0x60, 0x40],
    ] {
        assert!(!is_stylus_code(code));
        assert_eq!(decode_program(code, MAX_WASM), Err(FormatError::NotStylus));
    }
    let wasm = assemble(&program("", "i32.const 0"));
    assert_eq!(
        decode_program(&packed(&wasm, 1), MAX_WASM),
        Err(FormatError::StylusDictionary)
    );
    assert_eq!(
        decode_program(&packed(&wasm, 2), MAX_WASM),
        Err(FormatError::UnknownDictionary(2))
    );
}

#[test]
fn bad_brotli() {
    let code = packed(&assemble(&program("", "i32.const 0")), 0);
    for cut in 4..code.len() {
        assert_eq!(
            decode_program(&code[..cut], MAX_WASM),
            Err(FormatError::BadBrotli),
            "cut at {cut}"
        );
    }
    let garbage = [
        &[0xef, 0xf0, 0x00, 0x00][..],
        keccak256("garbage").as_slice(),
    ]
    .concat();
    assert_eq!(
        decode_program(&garbage, MAX_WASM),
        Err(FormatError::BadBrotli)
    );
}

#[test]
fn a_decompression_bomb_stops_at_the_limit() {
    let bomb = packed(&vec![0; 64 << 20], 0);
    assert!(bomb.len() < 24_576, "it fits a contract");
    let error = decode_program(&bomb, MAX_WASM).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to decompress: wasm is larger than 131072 bytes"
    );
}

#[test]
fn a_cache_passes_errors_on() {
    let cache = ProgramCache::new(None);
    let broken = cache
        .get_or_compile(keccak256("a"), || Ok(b"broken".to_vec()))
        .err();
    assert!(matches!(broken, Some(CompileError::Invalid(_))));
    let absent = cache
        .get_or_compile(keccak256("a"), || Ok(decode_program(&[], MAX_WASM)?))
        .err();
    assert_eq!(absent, Some(CompileError::Format(FormatError::NotStylus)));
}
