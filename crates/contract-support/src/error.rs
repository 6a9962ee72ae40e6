//! One error enum per contract.

/// Declares a contract's error enum from Solidity errors that are in scope (from `sol!`).
///
/// Each listed error becomes a variant of the same name with a `From` conversion, so that `?` works.
/// The extra variant `Bubbled` carries the revert data of a called contract unchanged, or `CallFailed` where there is none.
/// The enum converts into the revert data, which is never empty; with the contract's feature `export-abi` it also lists its errors.
#[macro_export]
macro_rules! errors {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($error:ident),+ $(,)? }) => {
        $(#[$meta])*
        $vis enum $name {
            $(#[allow(missing_docs)] $error($error),)+
            /// The revert data of a called contract, passed on unchanged.
            Bubbled(::alloc::vec::Vec<u8>),
        }

        $(impl From<$error> for $name {
            fn from(error: $error) -> Self {
                Self::$error(error)
            }
        })+

        impl From<::alloc::vec::Vec<u8>> for $name {
            fn from(data: ::alloc::vec::Vec<u8>) -> Self {
                Self::Bubbled(data)
            }
        }

        impl From<$name> for ::alloc::vec::Vec<u8> {
            fn from(error: $name) -> Self {
                match error {
                    $($name::$error(error) => ::stylus_sdk::alloy_sol_types::SolError::abi_encode(&error),)+
                    $name::Bubbled(data) => $crate::calls::reason(data),
                }
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
