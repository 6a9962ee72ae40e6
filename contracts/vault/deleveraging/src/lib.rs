//! The vault's program for closing legs against the opposite side before there is debt.
//!
//! | Where is ... | |
//! |---|---|
//! | a share of a leg closed | [`deleveraging`]; of an account in debt: `vault-debts` |
//!
//! # Storage
//!
//! What closing one leg reads (2,100 gas a slot), and what it changes (2,900 more; 20,000 where nothing was):
//!
//! | Slot | Read | Changed | Why |
//! |---|---|---|---|
//! | guard, pool, token | 3 | | whom to ask for prices and for money; the token's decimals |
//! | rates, amounts | 2 | | penalty or reward; dust or the largest reward |
//! | totals | 3 | 3 | V, profit, debt, shortfall and unsettled gains move |
//! | account | 2 | 2 | its loss, its clock, its list of legs |
//! | asset, rates | 2 | | the guard's name for it; margin |
//! | price | 1 | 1 | the new mark, funding up to now |
//! | sides | 2 | 2 | both lose open interest |
//! | leg, its bucket | 2 | 2 | it leaves; a debt that was unknown moves it to the bucket of debts first, which costs no slot more |
//! | flow | 1 | 1 | what was paid into insurance, or drawn |
//! | each bucket of the opposite side that has legs | 1 | | how far the water falls: at most 16, however many accounts are in them |
//! | each of them that is cut | 1 | 1 | drift and scale; the first cut since it was empty changes its first slot as well |
//! | end of an epoch | | 1 | only of a bucket that is closed |
//! | throttle | 1 | 1 | what the side has given up within the hour |
//! | the pool's account | 2 | 2 | is paid the penalty |
//! | closing | | 1 | only if legs are left for another call |
//!
//! Of an option, terms are read in the place of asset and rates, and its throttle and buckets are its own; flow and cover are its
//! underlying's. An account with options costs the engine's address, the rules of each underlying's options, and a call of the
//! engine before and after. A leg in an option that has settled is closed without the opposite side, which has settled too.

#![no_std]

extern crate alloc;

mod deleveraging;
mod functions;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Deleveraging>(len)
}
