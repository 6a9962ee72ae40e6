//! The cache of compiled programs, in memory and on disk.

mod common;

use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use alloy_primitives::{B256, keccak256};
use common::{assemble, program};
use stylus_vm::{CompileError, CompiledProgram, ProgramCache};

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stylus-vm-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn cache(&self) -> ProgramCache {
        ProgramCache::new(Some(self.0.clone()))
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(&self.0)
            .expect("the folder exists")
            .map(|entry| entry.expect("readable").path())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wasm() -> Vec<u8> {
    assemble(&program("", "i32.const 0"))
}

/// Asks for a program and says whether its WASM was needed.
fn ask(cache: &ProgramCache, hash: B256) -> (CompiledProgram, bool) {
    let compiled = Cell::new(false);
    let source = || -> Result<Vec<u8>, CompileError> {
        compiled.set(true);
        Ok(wasm())
    };
    let program = cache.get_or_compile(hash, source).expect("a valid program");
    (program, compiled.get())
}

#[test]
fn a_program_is_compiled_once_in_memory() {
    let cache = ProgramCache::new(None);
    assert!(ask(&cache, keccak256("a")).1);
    assert!(!ask(&cache, keccak256("a")).1);
    assert!(ask(&cache, keccak256("b")).1);
}

#[test]
fn a_new_process_finds_programs_on_disk() {
    let folder = Folder::new("disk");
    let (first, compiled) = ask(&folder.cache(), keccak256("a"));
    assert!(compiled);
    let (second, compiled) = ask(&folder.cache(), keccak256("a"));
    assert!(!compiled);
    assert_eq!(first.info(), second.info());
    assert_eq!(folder.files().len(), 1, "no temporary file stays behind");
}

#[test]
fn a_damaged_or_foreign_file_is_compiled_anew() {
    let folder = Folder::new("damaged");
    let hash = keccak256("a");
    ask(&folder.cache(), hash);
    let file = folder.files().pop().expect("one file");
    let good = fs::read(&file).unwrap();
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let damaged = [
        vec![],
        good[..20].to_vec(),
        good[..good.len() - 1].to_vec(),
        flipped(0),
        flipped(9),
        flipped(41),
        flipped(60),
        flipped(good.len() - 1),
        vec![0xee; 5_000],
    ];
    for bytes in damaged {
        fs::write(&file, &bytes).unwrap();
        assert!(ask(&folder.cache(), hash).1, "{} bytes", bytes.len());
        assert_eq!(
            fs::read(&file).unwrap(),
            good,
            "the file is replaced by a good one"
        );
    }
}

#[test]
fn a_file_of_another_compiler_is_compiled_anew() {
    let folder = Folder::new("foreign");
    let hash = keccak256("a");
    ask(&folder.cache(), hash);
    let file = folder.files().pop().expect("one file");
    let good = fs::read(&file).unwrap();
    // whole and well-formed by its checksum, but not made by this compiler
    let (info, code) = (&good[40..50], b"native code of something else".as_slice());
    let digest = keccak256([info, keccak256(code).as_slice()].concat());
    fs::write(&file, [&good[..8], digest.as_slice(), info, code].concat()).unwrap();
    assert!(ask(&folder.cache(), hash).1);
}

#[test]
fn a_folder_that_cannot_be_used_is_as_good_as_none() {
    let folder = Folder::new("file");
    fs::write(&folder.0, b"a file, not a folder").unwrap();
    let cache = folder.cache();
    assert!(ask(&cache, keccak256("a")).1);
    assert!(!ask(&cache, keccak256("a")).1);
    fs::remove_file(&folder.0).unwrap();
}

#[test]
fn threads_share_a_cache() {
    let cache = ProgramCache::new(None);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| ask(&cache, keccak256("a")));
        }
    });
    assert!(!ask(&cache, keccak256("a")).1);
}
