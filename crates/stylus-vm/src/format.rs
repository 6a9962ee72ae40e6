//! A program as it is stored on chain: `EFF000`, the dictionary byte, and the WASM compressed with brotli.

/// Why a contract's code holds no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The code does not start with `EFF000` and a dictionary byte.
    #[error("specified bytecode is not a Stylus program")]
    NotStylus,
    /// The dictionary byte is neither 0 nor 1.
    #[error("unsupported dictionary type: {0}")]
    UnknownDictionary(u8),
    /// Nitro's own dictionary, which is not available here.
    #[error(
        "the Stylus program dictionary (type 1) is not supported by this node; compress without a dictionary"
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

/// Whether code is a Stylus program's.
pub fn is_stylus_code(code: &[u8]) -> bool {
    code.len() > PREFIX.len() && code.starts_with(&PREFIX)
}

/// Takes the WASM out of a contract's code, at most `max_size` bytes of it.
///
/// # Errors
/// See [`FormatError`].
pub fn decode_program(code: &[u8], max_size: u32) -> Result<Vec<u8>, FormatError> {
    let _ = (code, max_size);
    Err(FormatError::NotStylus)
}
