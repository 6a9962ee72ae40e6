//! Compiled programs, by code hash, in memory and on disk.

use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use alloy_primitives::{B256, keccak256};
use lru::LruCache;

use crate::activate::ProgramInfo;
use crate::program::{CompileError, CompiledProgram};

/// Programs that are kept in memory; the least recently used leave first.
const PROGRAMS_IN_MEMORY: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// Compiled programs. Safe to share between threads.
///
/// The directory must be as trustworthy as the program itself: whoever can write to it decides what native code runs.
pub struct ProgramCache {
    programs: Mutex<LruCache<B256, CompiledProgram>>,
    directory: Option<PathBuf>,
}

impl ProgramCache {
    /// A cache that also keeps artefacts in `directory`, if given. The directory is created; one that cannot be used is
    /// as good as none.
    pub fn new(directory: Option<PathBuf>) -> Self {
        let directory = directory.filter(|path| fs::create_dir_all(path).is_ok());
        Self {
            programs: Mutex::new(LruCache::new(PROGRAMS_IN_MEMORY)),
            directory,
        }
    }

    /// The compiled program of `code_hash`; `wasm` gives its WASM if it has to be compiled.
    ///
    /// # Errors
    /// If the WASM is not a valid program, or native code cannot be made of it.
    pub fn get_or_compile(
        &self,
        code_hash: B256,
        wasm: impl FnOnce() -> Result<Vec<u8>, CompileError>,
    ) -> Result<CompiledProgram, CompileError> {
        if let Some(program) = self.programs().get(&code_hash) {
            return Ok(program.clone());
        }
        let path = self
            .directory
            .as_ref()
            .map(|directory| directory.join(format!("{code_hash:x}.stylus")));
        let program = match path.as_deref().and_then(load) {
            Some(program) => program,
            None => {
                let program = CompiledProgram::compile(&wasm()?)?;
                if let Some(path) = &path {
                    store(path, &program);
                }
                program
            }
        };
        self.programs().put(code_hash, program.clone());
        Ok(program)
    }

    fn programs(&self) -> std::sync::MutexGuard<'_, LruCache<B256, CompiledProgram>> {
        self.programs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes whenever the instrumentation, the costs or the layout of the file do.
const MAGIC: &[u8; 8] = b"STYLVM01";
const INFO_LEN: usize = 10;
const HEADER_LEN: usize = MAGIC.len() + 32 + INFO_LEN;

/// A program from a file, or none if the file is missing, damaged, or of another version of this crate or the compiler.
fn load(path: &Path) -> Option<CompiledProgram> {
    let file = fs::read(path).ok()?;
    let (header, code) = file.split_at_checked(HEADER_LEN)?;
    let (magic, rest) = header.split_at(MAGIC.len());
    let (checksum, info) = rest.split_at(32);
    if magic != MAGIC || checksum != digest(info, code).as_slice() {
        return None;
    }
    let info = decode_info(info.try_into().ok()?);
    // SAFETY: the checksum says that the file is whole, and only this module writes files that begin like this.
    unsafe { CompiledProgram::from_native_code(code, info) }.ok()
}

/// Writes a program to a file, all of it or nothing. A cache that cannot be written is no error.
fn store(path: &Path, program: &CompiledProgram) {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let Ok(code) = program.native_code() else {
        return;
    };
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{unique}.tmp", std::process::id()));
    let info = encode_info(program.info());
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create_new(&temporary)?;
        file.write_all(MAGIC)?;
        file.write_all(digest(&info, &code).as_slice())?;
        file.write_all(&info)?;
        file.write_all(&code)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    if write().is_err() {
        let _ = fs::remove_file(&temporary);
    }
}

fn digest(info: &[u8], code: &[u8]) -> B256 {
    keccak256([info, keccak256(code).as_slice()].concat())
}

fn encode_info(info: &ProgramInfo) -> [u8; INFO_LEN] {
    let mut bytes = [0; INFO_LEN];
    bytes[0..2].copy_from_slice(&info.init_cost.to_be_bytes());
    bytes[2..4].copy_from_slice(&info.cached_init_cost.to_be_bytes());
    bytes[4..8].copy_from_slice(&info.asm_estimate.to_be_bytes());
    bytes[8..10].copy_from_slice(&info.footprint.to_be_bytes());
    bytes
}

fn decode_info(bytes: [u8; INFO_LEN]) -> ProgramInfo {
    let [a, b, c, d, e, f, g, h, i, j] = bytes;
    ProgramInfo {
        init_cost: u16::from_be_bytes([a, b]),
        cached_init_cost: u16::from_be_bytes([c, d]),
        asm_estimate: u32::from_be_bytes([e, f, g, h]),
        footprint: u16::from_be_bytes([i, j]),
    }
}
