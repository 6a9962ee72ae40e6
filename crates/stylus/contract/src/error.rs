//! One error type per contract.

/// Declares a contract's error type from Solidity errors that are in scope (from `sol!`).
///
/// Each listed error converts into it, so that `?` works, and so does the revert data of a called contract: unchanged, or
/// `CallFailed` where there is none. It is the revert data, never empty: encoded where the error arises, it is a pointer for whoever
/// passes it on, which makes programs smaller than a variant for each error would. With the contract's feature `export-abi` it also
/// lists its errors.
#[macro_export]
macro_rules! errors {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($error:ident),+ $(,)? }) => {
        $(#[$meta])*
        $vis struct $name(::alloc::vec::Vec<u8>);

        $(impl From<$error> for $name {
            fn from(error: $error) -> Self {
                Self(::stylus_sdk::alloy_sol_types::SolError::abi_encode(&error))
            }
        })+

        impl $name {
            /// The error `E` with these fields, each of which is one word.
            #[allow(dead_code, reason = "not every contract has errors with fields")]
            $vis fn of<E: ::stylus_sdk::alloy_sol_types::SolError>(words: &[::stylus_sdk::alloy_primitives::B256]) -> Self {
                Self($crate::words::concat(&E::SELECTOR, words))
            }
        }

        impl From<::alloc::vec::Vec<u8>> for $name {
            fn from(data: ::alloc::vec::Vec<u8>) -> Self {
                Self($crate::calls::reason(data))
            }
        }

        impl From<$name> for ::alloc::vec::Vec<u8> {
            fn from(error: $name) -> Self {
                error.0
            }
        }

        #[cfg(feature = "export-abi")]
        impl ::stylus_sdk::abi::export::internal::InnerTypes for $name {
            fn inner_types() -> ::alloc::vec::Vec<::stylus_sdk::abi::export::internal::InnerType> {
                ::alloc::vec![
                    $($crate::exported_error!($error),)+
                    $crate::exported_error!($crate::calls::CallFailed),
                    $crate::exported_error!($crate::entry::ValueSent),
                    $crate::exported_error!($crate::entry::UnknownFunction),
                    $crate::exported_error!($crate::entry::InvalidCalldata),
                ]
            }
        }
    };
}

/// An error as an exported ABI lists it.
#[macro_export]
macro_rules! exported_error {
    ($error:ty) => {
        ::stylus_sdk::abi::export::internal::InnerType {
            name: ::alloc::format!(
                "error {};",
                <$error as ::stylus_sdk::alloy_sol_types::SolError>::SIGNATURE
            ),
            id: ::core::any::TypeId::of::<$error>(),
        }
    };
}
