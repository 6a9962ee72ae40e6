//! Structs in a contract's ABI.

/// Makes a struct from `sol!` usable in public methods, given its fields' Solidity types and names in order.
///
/// The SDK's `derive(AbiType)` does the same, but exports struct arguments without a data location, which no Solidity
/// compiler accepts. What the SDK does not find when it exports the ABI, structs that are arguments only or stand in a tuple, is
/// exported with one that it does find: `abi_struct!(Found { ... } with Argument, InTuple)`.
#[macro_export]
macro_rules! abi_struct {
    ($name:ident { $first:literal $first_field:literal $(, $rest:literal $rest_field:literal)* $(,)? } $(with $($other:ident),+)?) => {
        impl ::stylus_sdk::abi::AbiType for $name {
            type SolType = Self;

            const ABI: ::stylus_sdk::abi::ConstString = ::stylus_sdk::abi::ConstString::new(stringify!($name));
            const SELECTOR_ABI: ::stylus_sdk::abi::ConstString =
                ::stylus_sdk::abi::ConstString::new(concat!("(", $first $(, ",", $rest)*, ")"));
            const EXPORT_ABI_ARG: ::stylus_sdk::abi::ConstString =
                ::stylus_sdk::abi::ConstString::new(concat!(stringify!($name), " calldata"));
            const EXPORT_ABI_RET: ::stylus_sdk::abi::ConstString =
                ::stylus_sdk::abi::ConstString::new(concat!(stringify!($name), " memory"));
        }

        #[cfg(feature = "export-abi")]
        impl ::stylus_sdk::abi::export::internal::InnerTypes for $name {
            fn inner_types() -> ::alloc::vec::Vec<::stylus_sdk::abi::export::internal::InnerType> {
                #[allow(unused_mut)]
                let mut types = ::alloc::vec![::stylus_sdk::abi::export::internal::InnerType {
                    name: ::alloc::string::String::from(concat!(
                        "struct ", stringify!($name), " {",
                        $first, " ", $first_field, ";" $(, $rest, " ", $rest_field, ";")*,
                        "}"
                    )),
                    id: ::core::any::TypeId::of::<$name>(),
                }];
                $($(types.extend(<$other as ::stylus_sdk::abi::export::internal::InnerTypes>::inner_types());)+)?
                types
            }
        }
    };
}
