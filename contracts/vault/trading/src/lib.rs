//! The vault's program for signed trades in perpetuals: [`perpetuals`] has what is theirs, `margin_vault::trading` what they share
//! with options.
//!
//! # What a settlement reads and writes
//!
//! Storage is most of what a trade costs. Between two accounts that both hold a leg in the instrument, in an operation that
//! raises open interest, these are the slots; the VM reads each from the chain once, and writes only what has changed.
//!
//! | Slots | Read | Written | Why |
//! |---|---|---|---|
//! | totals | 3 | 0..3 | h and impairment need all; written where a sum of C, P+, P-, or G has changed |
//! | guard's address, asset id | 2 | | whom to ask, and for what |
//! | listing | 1 | | the interface's number of an instrument is not its place, which a leg stores in a byte |
//! | price | 1 | 0..1 | mark, funding and its rate; written when the mark has moved, funding is due, or there was a premium |
//! | rates | 1 | | margins, band, fees, shock |
//! | limits, quote token, pool's assets | 3 | | limit and cover of open interest; without a rise only the last |
//! | flow | 1 | 1 | volume, which weighs the premium, and what fees paid into insurance |
//! | largest reward | 1 | | ten of it are the least initial margin |
//! | both sides | 2 | 2 | open interest and offset |
//! | cancellations, one page an owner | 2 | | a nonce is cancelled for all accounts of its owner, so not in the order page |
//! | order pages, one an account | 2 | 2 | that an order is filled; a fill's size only while it is partial, then two more |
//! | accounts, two slots each | 4 | 2..4 | C and P pay the fee; the other is written when the legs, the bucket, I or the clock change |
//! | traded legs | 2 | 2 | base and K; a second slot for a leg that joined a bucket after a cut |
//! | their buckets | 2 | 2 | base and size at joining; a second slot after a cut |
//! | fee account | 2 | 1..2 | one account for both fees; its second slot only for profit, which matures |
//! | together | 29 | 12..19 | |
//!
//! Every further leg of either account costs a read of the leg, its bucket, and the instrument's price, rates and asset id, and
//! no write: it stays unsettled. What is needed of them is their size, their gain and their margin.
//!
//! A trade in a perpetual on which there are options reads what these add up to as well.
//!
//! An instrument whose mark or funding has moved costs its two sides and a write of its price besides, because the total of
//! unsettled gains, and h with it, moves with the index.
//!
//! Nothing here is precomputed into a slot of its own: a cached margin of an account would be wrong after every price.

#![no_std]

extern crate alloc;

mod functions;
mod perpetuals;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Trading>(len)
}
