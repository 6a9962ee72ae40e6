//! A program as it is stored on chain: `EFF000`, the dictionary byte, and the WASM compressed with brotli.
//!
//! `StripStylusPrefix` in Nitro's go-ethereum, `getWasmFromClassicStylus` in `arbos/programs/programs.go`, and
//! `decompress_fixed` in `crates/brotli/src/lib.rs`.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

/// Why a contract's code holds no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The code does not start with `EFF000` and a dictionary byte.
    #[error("specified bytecode is not a Stylus program")]
    NotStylus,
    /// The dictionary byte is neither 0 nor 1.
    #[error("unsupported dictionary type: {0}")]
    UnknownDictionary(u8),
    /// Nitro's own dictionary, which no package carries.
    #[error(
        "the Stylus program dictionary (type 1) is not available; compress the program without a dictionary"
    )]
    StylusDictionary,
    /// Not a brotli stream, or one that ends too soon.
    #[error("failed to decompress: malformed brotli stream")]
    BadBrotli,
    /// More bytes than the chain allows.
    #[error("failed to decompress: wasm is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u32,
    },
}

const PREFIX: [u8; 3] = [0xef, 0xf0, 0x00];
const NO_DICTIONARY: u8 = 0;
const STYLUS_DICTIONARY: u8 = 1;

/// Whether code is a Stylus program's.
pub fn is_stylus_code(code: &[u8]) -> bool {
    code.len() > PREFIX.len() && code.starts_with(&PREFIX)
}

/// Takes the WASM out of a contract's code, at most `max_size` bytes of it.
///
/// # Errors
/// See [`FormatError`].
pub fn decode_program(code: &[u8], max_size: u32) -> Result<Vec<u8>, FormatError> {
    if !is_stylus_code(code) {
        return Err(FormatError::NotStylus);
    }
    match code[PREFIX.len()] {
        NO_DICTIONARY => decompress(&code[PREFIX.len() + 1..], max_size),
        STYLUS_DICTIONARY => Err(FormatError::StylusDictionary),
        other => Err(FormatError::UnknownDictionary(other)),
    }
}

/// Decompresses one brotli stream. Bytes after its end are ignored, as Nitro ignores them.
fn decompress(input: &[u8], limit: u32) -> Result<Vec<u8>, FormatError> {
    let alloc = StandardAlloc::default;
    let mut state = BrotliState::new_strict(alloc(), alloc(), alloc());
    let mut output = vec![0; limit as usize];
    let (mut in_left, mut in_at) = (input.len(), 0);
    let (mut out_left, mut out_at, mut total) = (output.len(), 0, 0);
    let result = BrotliDecompressStream(
        &mut in_left,
        &mut in_at,
        input,
        &mut out_left,
        &mut out_at,
        &mut output,
        &mut total,
        &mut state,
    );
    match result {
        BrotliResult::ResultSuccess => {
            output.truncate(out_at);
            Ok(output)
        }
        BrotliResult::NeedsMoreOutput => Err(FormatError::TooLarge { limit }),
        BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => Err(FormatError::BadBrotli),
    }
}
