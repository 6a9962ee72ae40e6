//! What moves in accounts, told by events: whoever reads them all knows every account's balances and positions, to the unit.
//!
//! All of it is told from here, whatever moved it, in the order in which it happens: what an account owns whenever that is stored; what
//! a leg is when it joins a bucket, or that it is none any more; and what closing one cuts off the opposite side.

use alloy_primitives::B256;
use program_support::event::emit;
use program_support::topic;
use risk::{Account, Mark, Position, Ratio};

use crate::abi::{usd, word};
use crate::interfaces::IMarginVault;
use crate::word::Word;

/// Tells what an account owns from now on.
pub(crate) fn tell_balances(id: &B256, account: &Account) {
    let words = [word(*id), usd(account.capital), usd(account.pnl)];
    emit(topic!(IMarginVault::BalancesChanged), 1, &words);
}

/// Tells that what an account owes counts as stuck from now on, or no more.
#[inline(never)]
pub fn tell_stuck(id: &B256, stuck: bool) {
    let words = [word(*id), Word::of(stuck.into())];
    emit(topic!(IMarginVault::DebtStuck), 1, &words);
}

/// Tells the position in the instrument numbered `number` that an account has from now on, and the bucket that it is in.
#[inline(never)]
pub(crate) fn tell_position(account: &B256, number: u32, position: Position, bucket: u8) {
    let words = [
        word(*account),
        Word::of(number.into()),
        Word::of_signed(position.0),
        Word::of(bucket.into()),
    ];
    emit(topic!(IMarginVault::PositionChanged), 2, &words);
}

/// Tells what was closed of an account's position in the instrument numbered `number`, at which mark, and down to which level that cut
/// the opposite side.
pub(crate) fn tell_closed(account: &B256, number: u32, closed: Position, mark: Mark, level: Ratio) {
    let words = [
        word(*account),
        Word::of(number.into()),
        Word::of_signed(closed.0),
        Word::of(mark.0),
        Word::of(level.0),
    ];
    emit(topic!(IMarginVault::PositionClosed), 2, &words);
}
