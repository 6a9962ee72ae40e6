//! Methods of precompiles: selectors, and what runs for them.

use crate::evm::arbos::call::{Call, Failure};

/// What a method may do, and so from where it may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Purity {
    Pure,
    View,
    Write,
    Payable,
}

/// A method of a precompile.
pub(super) struct Method {
    /// Which call is one of it.
    pub(super) selector: [u8; 4],
    /// From where it may be called.
    pub(super) purity: Purity,
    /// Takes the encoded arguments, and returns the encoded answer.
    pub(super) run: fn(&mut Call<'_, '_>, &[u8]) -> Result<Vec<u8>, Failure>,
}

/// A method from its ABI and a handler `fn(&mut Call, arguments) -> Result<returns, Failure>`.
macro_rules! method {
    ($purity:ident, $abi:ty, $handler:expr) => {
        $crate::evm::precompiles::method::Method {
            selector: <$abi as alloy::sol_types::SolCall>::SELECTOR,
            purity: $crate::evm::precompiles::method::Purity::$purity,
            run: |call, arguments| {
                use alloy::sol_types::SolCall;
                let arguments = <$abi>::abi_decode_raw(arguments)
                    .map_err(|_| $crate::evm::arbos::call::Failure::Arguments)?;
                let handler: fn(
                    &mut $crate::evm::arbos::call::Call<'_, '_>,
                    $abi,
                ) -> Result<<$abi as SolCall>::Return, _> = $handler;
                handler(call, arguments).map(|returns| <$abi>::abi_encode_returns(&returns))
            },
        }
    };
}
pub(super) use method;
