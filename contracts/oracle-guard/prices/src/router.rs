//! From selectors to functions.

use alloc::vec::Vec;

use alloy_sol_types::{SolCall, SolError};
use guard_support::abi::guard;
use guard_support::arguments::Args;
use guard_support::host::{encode, hand_to, revert, unknown_function};
use guard_support::program::{CONSTRUCTOR, Program};
use guard_support::store::Field;
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::AccountAccess;

use crate::functions::selector;
use crate::prices::Purpose;
use crate::{options, prices, readings, settlements};

const SET_FEED: u32 = u32::from_be_bytes(guard::setFeedCall::SELECTOR);

/// The program that observes prices.
pub struct Observing;

impl Program for Observing {
    fn view(selector: u32, args: Args) -> Option<Vec<u8>> {
        Some(match selector {
            selector::MARKS => readings::marks(Purpose::View, args.items(0)),
            selector::MARKS_WITH_OPTIONS => options::marks_with_options(Purpose::View, args),
            selector::READ => readings::read(args.b256(0)),
            selector::READ_MANY => readings::read_many(args.items(0)),
            selector::SETTLEMENT => settlements::settlement(args.b256(0), args.u64(1)),
            _ => return None,
        })
    }

    fn execute(selector: u32, args: Args) -> Option<Vec<u8>> {
        match selector {
            selector::FRESH_MARKS => {
                return Some(readings::marks(Purpose::Operation, args.items(0)));
            }
            selector::FRESH_MARKS_WITH_OPTIONS => {
                return Some(options::marks_with_options(Purpose::Operation, args));
            }
            selector::POKE => return Some(encode(&prices::poke(args.b256(0)))),
            selector::POKE_MANY => prices::poke_many(args.items(0)),
            selector::TRIP => prices::trip(args.b256(0), args.u8(1), args.u32(2), args.b256(3)),
            // Both are served by the settings' program, with what is done here before.
            SET_FEED => {
                prices::poke_known(args.b256(0));
                return None;
            }
            CONSTRUCTOR => {
                choose_settings(args);
                return None;
            }
            _ => return None,
        }
        Some(Vec::new())
    }

    /// What is not served here is up to the settings' program, on the guard's own storage; of a guard that was never constructed, to
    /// none.
    fn hand_on(input: &[u8]) -> Vec<u8> {
        let settings = Field::Settings.address();
        if settings.is_zero() {
            unknown_function();
        }
        hand_to(settings, input)
    }
}

/// The program that serves the rest is the last that the guard is constructed with, once. It constructs the rest, or refuses.
///
/// Fails with `NoCode` for an address without code: a call handed to it would succeed and do nothing.
fn choose_settings(args: Args) {
    if !Field::Settings.address().is_zero() {
        unknown_function();
    }
    let settings = args.address(3);
    if WasmVM::default().code_size(settings) == 0 {
        revert(guard::NoCode::SELECTOR, &[settings.into_word()]);
    }
    Field::Settings.set_address(settings);
}
