//! One error enum per contract.

/// Declares a contract's error enum from Solidity errors that are in scope (from `sol!`).
///
/// Each listed error becomes a variant of the same name with a `From` conversion, so that `?` works.
/// The extra variant `Bubbled` carries the revert data of a called contract unchanged.
/// The enum converts into the revert data; with the contract's feature `export-abi` it also lists its errors.
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
                    $name::Bubbled(data) => data,
                }
            }
        }

        #[cfg(feature = "export-abi")]
        impl ::stylus_sdk::abi::export::internal::InnerTypes for $name {
            fn inner_types() -> ::alloc::vec::Vec<::stylus_sdk::abi::export::internal::InnerType> {
                ::alloc::vec![$(::stylus_sdk::abi::export::internal::InnerType {
                    name: ::alloc::format!(
                        "error {};",
                        <$error as ::stylus_sdk::alloy_sol_types::SolError>::SIGNATURE
                    ),
                    id: ::core::any::TypeId::of::<$error>(),
                }),+]
            }
        }
    };
}
