//! From selectors to functions.

use margin_vault::abi::{Args, Bytes};
use margin_vault::program::Program;
use margin_vault::storage::Storage;
use margin_vault::trading::settle;

use crate::functions::selector;
use crate::options::Options;

/// The program.
pub struct Trading;

impl Program for Trading {
    fn view(_: u32, _: Args, _: &mut Storage) -> Option<Bytes> {
        None
    }

    fn execute(selector: u32, args: Args, store: &mut Storage) -> Option<Bytes> {
        (selector == selector::SETTLE).then(|| settle::<Options>(store, args))
    }
}
