//! A token's permit (ERC-2612), which the deposit that follows it needs: the dispatcher has `vault-accounts` make that.

use margin_vault::abi::{Args, Bytes};
use margin_vault::calls;
use margin_vault::checks::only_initialized;
use margin_vault::storage::{Field, Storage};
use margin_vault::word::Word;

/// Uses the caller's permit for the vault: in the head are an account, amount, deadline, v, r and s.
///
/// Fails with `NotInitialized` or `Overflow`.
pub fn permit(store: &Storage, args: Args) -> Bytes {
    only_initialized(store);
    let amount = Word::of(args.unsigned(1));
    let v = Word::of(args.u8(3).into());
    let [deadline, r, s] = [2, 4, 5].map(|place| args.word(place));
    let token = store.address(Field::QuoteToken);
    calls::permit(token, [amount, deadline, v, r, s]);
    &[]
}
