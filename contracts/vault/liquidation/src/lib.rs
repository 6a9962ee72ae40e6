//! The vault's program for liquidation: an account in ill health is taken over in [`liquidation`].
//!
//! # Storage
//!
//! What a liquidation reads (2,100 gas a slot), and what it changes (2,900 more; 20,000 where nothing was):
//!
//! | Slot | Read | Changed | Why |
//! |---|---|---|---|
//! | guard, pool | 2 | | whom to ask for prices, whom to pay |
//! | signer | 1 | | only if the caller does not own the account that takes over |
//! | rates, amounts | 2 | | the penalty; dust, and the least initial margin |
//! | totals | 3 | 3 | h needs all of them; capital, profit and unsettled gains move |
//! | account | 2 | 2 | pays; its clock and its bucket |
//! | account that takes over | 2 | 2 | is paid; its list of legs is new if it had none |
//! | the pool's account | 2 | 2 | is paid, in part what has not matured |
//! | flow of one instrument | 1 | 1 | what was paid into insurance raises a cover |
//! | **of each leg:** asset, rates | 2 | | the guard's name for it; margins |
//! | price | 1 | 1 | the new mark, funding up to now |
//! | sides | 2 | 1 | a new mark moves the unsettled gains of both; settling, one offset |
//! | leg | 1 | 1 | what is left of it, settled now |
//! | bucket that it leaves, bucket that is due | 2 | 2 | the same one, once, where the account stays |
//! | leg of the account that takes over, its bucket | 2 | 2 | the leg is new: 20,000 |
//!
//! So 14 slots and 10 a leg, of which 10 and 7 change. A leg in an option reads its terms in the place of asset and rates, which
//! are its underlying's: 9. Of each underlying with options the rules of their margin are read besides, and the engine's address
//! once; the engine is asked for the margin of the account, of what is left of it, and of the one that takes over. A batch adds 2 accounts' worth for each further account: prices are read
//! and the legs of the account that takes over are written once.

#![no_std]

extern crate alloc;

mod functions;
mod liquidation;
mod router;

use margin_vault::program;

/// Serves a call of `len` bytes of calldata. Returns 0; a revert does not return.
#[unsafe(no_mangle)]
pub extern "C" fn user_entrypoint(len: usize) -> usize {
    program::serve::<router::Liquidating>(len)
}
