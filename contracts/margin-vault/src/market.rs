//! Prices: what the guard says of the instruments of one operation, and funding up to now.

use alloc::vec::Vec;

use alloy_sol_types::SolCall;
use risk::{InstrumentId, Ledger, Maturity, Price, Prices, Ratio, Stress};

use crate::abi::{Args, Guard, encode_call};
use crate::calls;
use crate::error::{Error, OrRevert, require};
use crate::storage::{Field, InstrumentField, Storage};
use crate::word::Word;

/// What the guard forbids, as bits of a mark's `blocked`.
pub mod action {
    pub const OPEN: u16 = 1;
    pub const REDUCE: u16 = 2;
    pub const WITHDRAW: u16 = 4;
    pub const LIQUIDATE: u16 = 8;
    pub const DELEVERAGE: u16 = 16;
    /// The mark stays what it was.
    pub const MARK: u16 = 32;
    /// Everything that trades, moves or cuts legs, or lets funds out: the asset is frozen.
    pub const ALL: u16 = OPEN | REDUCE | WITHDRAW | LIQUIDATE | DELEVERAGE | MARK;
    /// An outage goes on, or has just ended: whoever could not act gets time before being liquidated.
    pub const GRACE: u16 = 64;
}

/// Tier from which initial margin is a quarter higher.
const CAUTION: u8 = 1;
/// Words of one of the guard's marks: mark, stable price, tier, blocked.
const MARK_WORDS: usize = 4;

/// What the guard says of one instrument.
#[derive(Clone, Copy)]
pub struct Market {
    pub tier: u8,
    pub blocked: u16,
    pub mark: Price,
    /// The stable price; the mark where there is none.
    pub stable: Price,
}

impl Market {
    /// What initial margin is computed from, by an instrument's own initial rate.
    #[must_use]
    pub fn stress(&self, initial: Ratio) -> Stress {
        let factor = if self.tier >= CAUTION { 5 } else { 4 };
        Stress {
            mark: self.mark,
            stable: self.stable,
            rate: Ratio((initial.0 * factor).div_ceil(4)),
        }
    }
}

/// The instruments of one operation. On the heap, since the stack is small.
#[derive(Default)]
pub struct Markets {
    ids: Vec<InstrumentId>,
    /// One for each of `ids`, once they have been read.
    known: Vec<Market>,
}

impl Markets {
    /// Asks for the price of an instrument.
    pub fn want(&mut self, id: InstrumentId) {
        if self.ids.iter().all(|&known| known != id) {
            self.ids.push(id);
        }
    }

    /// What the guard said of an instrument. One that nobody asked for has no price.
    #[must_use]
    pub fn get(&self, id: InstrumentId) -> &Market {
        let place = self.ids.iter().position(|&known| known == id);
        let market = place.and_then(|place| self.known.get(place));
        (market, Error::GuardFailed).or_revert()
    }

    /// Asks the guard in one call, accrues funding, and moves every mark that the guard does not hold back.
    pub fn read(&mut self, ledger: &mut Ledger<Storage>, now: u64) {
        let count = self.ids.len();
        if count == 0 {
            return;
        }
        let mut words = Vec::with_capacity(2 + count);
        words.extend_from_slice(&[Word::of(32), Word::of(count as u128)]);
        let asset = |&id| ledger.store.instrument_field(id, InstrumentField::Asset);
        words.extend(self.ids.iter().map(asset));
        let guard = ledger.store.address(Field::Guard);
        let call = encode_call(Guard::marksCall::SELECTOR, &words);
        let data = (calls::read(guard, call), Error::GuardFailed).or_revert();
        let (marks, answered) = Args(data).array(0, MARK_WORDS * 32);
        require(answered == count, Error::GuardFailed);
        self.known = Vec::with_capacity(count);
        for (place, &id) in self.ids.iter().enumerate() {
            let mark = Args(marks.slice(place * MARK_WORDS * 32, MARK_WORDS * 32));
            self.known.push(accept(ledger, id, mark, now));
        }
    }
}

/// What the guard says of an instrument. Accrues its funding at the mark until now, then moves its mark unless the guard
/// holds it back. Prices that the ledger cannot count with stay what they were, as if the asset were frozen.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the guard's types are that narrow"
)]
fn accept(ledger: &mut Ledger<Storage>, id: InstrumentId, guarded: Args, now: u64) -> Market {
    let tier = guarded.u32(2) as u8;
    let mut blocked = guarded.u32(3) as u16;
    let (mut mark, old) = ledger.store.price_of(id);
    let funding = old.at(mark, now);
    let new_mark = if blocked & action::MARK == 0 {
        Price(guarded.unsigned(0))
    } else {
        mark
    };
    if (new_mark, funding) != (mark, old) {
        let prices = Prices {
            mark: new_mark,
            funding: funding.paid,
        };
        if ledger.set_prices(id, &prices).is_ok() {
            mark = new_mark;
            ledger.store.set_price_of(id, mark, &funding);
        } else {
            blocked |= action::ALL;
        }
    }
    ledger.maturities.set(id, Maturity::of_tier(tier));
    let stable = match guarded.unsigned(1) {
        0 => mark,
        stable => Price(stable),
    };
    Market {
        tier,
        blocked,
        mark,
        stable,
    }
}
