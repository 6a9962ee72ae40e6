//! This repository's own contracts, if they have been built: each must decode, activate, compile and answer a call.

mod common;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{Account, Code, PROGRAM, World};
use stylus_vm::{CompiledProgram, Status, StylusParams, activate, decode_program};

#[test]
fn built_contracts_run() {
    let folder = PathBuf::from("../../../out/contracts");
    let is_program = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "bin");
    let programs: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map(|entries| {
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(is_program)
                .collect()
        })
        .unwrap_or_default();
    if programs.is_empty() {
        eprintln!(
            "SKIPPED: there are no programs in out/contracts; build the contracts to run this test"
        );
        return;
    }
    let params = StylusParams::default();
    for path in programs {
        let name = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let code = std::fs::read(&path).expect("readable");
        let wasm = decode_program(&code, params.max_wasm_size)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let start = Instant::now();
        let activation = activate(&wasm, params.page_limit, 30_000_000)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let activated = start.elapsed();
        let program =
            CompiledProgram::compile(&wasm).unwrap_or_else(|error| panic!("{name}: {error}"));
        let compiled = start.elapsed() - activated;
        assert_eq!(*program.info(), activation.info);
        let mut world = World::default();
        world.accounts.insert(
            PROGRAM,
            Account {
                code: Code::Program(program),
                ..Account::default()
            },
        );
        // a selector that nothing has
        let outcome = world.run(&[0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(outcome.status, Status::Revert, "{name}");
        println!(
            "{name}: {} bytes, {} gas to activate, {:?}; activated in {activated:?}, compiled in {compiled:?}, {} gas for an unknown selector",
            wasm.len(),
            activation.gas,
            activation.info,
            common::GAS - outcome.gas_left
        );
        assert!(compiled < Duration::from_secs(20), "{name}");
    }
}
