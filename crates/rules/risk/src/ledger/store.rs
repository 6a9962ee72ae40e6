//! What the ledger needs from whoever keeps its state.

use crate::{
    Account, Attribution, Base, Bucket, Cover, Cumulative, Debts, Ended, Index, InstrumentId, Mark,
    Position, Positions, Ratio, Records, Result, Side, Size, TierEnds, Totals, Usd, WAD, math,
};

/// An instrument's prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// The vault's own copy of the mark price.
    pub mark: Mark,
    /// Cumulative funding paid by one unit of long position.
    pub funding: Index,
}

impl Prices {
    /// mark - funding: what legs gain and lose by.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) beyond the range of [`Index::new`].
    pub fn index(&self) -> Result<Index> {
        Index::new(self.mark, self.funding)
    }

    /// As [`Prices::index`]; `None` beyond the range.
    #[must_use]
    pub fn checked_index(&self) -> Option<Index> {
        Index::checked(self.mark, self.funding)
    }
}

/// Running totals of one side of an instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideState {
    /// Sum of effective sizes, and residue. Both sides of an instrument have the same.
    pub open_interest: Size,
    /// Unsettled gain of the side = open interest x signed index - offset.
    pub offset: Usd,
    /// A bit for each bucket that has legs.
    pub occupied: u16,
}

impl SideState {
    /// The side's gain at a signed index that nobody has settled yet, rounded down.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if it does not fit.
    pub fn unsettled(&self, index: Index) -> Result<Usd> {
        self.open_interest.value_floor(index)?.minus(self.offset)
    }

    /// What the side is worth at a signed index, rounded down, and how much of that nobody has settled yet; `None` if it does not fit.
    #[must_use]
    pub fn value_and_unsettled(&self, index: Index) -> Option<(Usd, Usd)> {
        let value = math::checked_mul_div_floor(index.0, self.open_interest.0, WAD)?;
        let unsettled = value.checked_sub(self.offset.0)?;
        Some((Usd(value), Usd(unsettled)))
    }
}

/// An account's position in one instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Side of the market; its bucket there is its account's.
    pub side: Side,
    /// The bucket's epoch when the leg was last settled.
    pub epoch: u32,
    /// Effective size = base x the bucket's scale, while the epoch lasts. Zero if nothing is left of the leg.
    pub base: Base,
    /// Size when it joined.
    pub joined: Size,
    /// The bucket's K when the leg was last settled.
    pub settled: Cumulative,
}

impl Leg {
    /// What is kept of a leg of which nothing is left.
    #[must_use]
    pub const fn ended(self) -> Self {
        Self {
            base: Base::ZERO,
            settled: Cumulative::ZERO,
            ..self
        }
    }

    /// Whether its base is not its size at joining, so that both have to be kept: it joined a bucket that was cut, or its base was
    /// divided since. A base of nothing is no number to keep.
    #[must_use]
    pub const fn joined_apart(&self) -> bool {
        self.base.0 != self.joined.0 && self.base.0 != 0
    }
}

/// State of one vault, which a [`Ledger`](crate::Ledger) is opened on.
///
/// The slots of a vault on chain implement it (`Storage` in `contracts/vault/core`), and states in memory: those of this crate's
/// tests, a plain one and one whose steps can be undone, and a recorder of the slots that another reads and writes. A mirror of a
/// vault's slots off chain is one more.
///
/// The ledger relies on whoever implements it for this, and checks none of it:
///
/// - **A read sees what was written.** What a `set_` has stored is what reads of it give from then on, in the same operation too;
///   nobody else writes while a ledger is open. The totals are the exception: a ledger reads them when it is opened, and stores them
///   once, in [`save`](crate::Ledger::save).
/// - **All or nothing.** An operation that fails may have written some of what it would have: none of that may stay. On chain the call
///   reverts; in memory the operation works on a copy, or is undone.
/// - **Every digit comes back** of what is within the [limits](crate#scales-and-limits). What was never set reads as its default; a leg
///   is read only after it was set. A bucket's scale and drift need no place while it is not [cut](Bucket::is_cut), nor does a leg's
///   size while it has not [joined apart](Leg::joined_apart).
/// - **Answers agree with one another.** [`maintenance`](Store::maintenance) and [`weight`](Store::weight) are of the marks that
///   [`prices`](Store::prices) say, and nothing that is no position is asked for. Whether an instrument
///   [is settled](Store::is_settled), [when its tiers ended](Store::tier_ends) and [what its cover follows](Store::cover_size) stay as
///   they are while a ledger is open, but for what it writes.
/// - **A settled instrument stays so**, at its last price, until no bucket of it has legs and it was
///   [retired](crate::Ledger::retire). Its [underlying](Store::underlying) stays what it is as long, for debts are attributed by that.
/// - **No account is kept unattributed.** A store that does not [attribute](Store::ATTRIBUTES) is one of operations that can be refused
///   where somebody owes.
pub trait Store {
    /// Names an account.
    type AccountId: Copy + PartialEq;
    /// Whether what accounts owe can be attributed. A program that has no use for accounts in debt does without: what would leave
    /// one in debt, or find that it was, is then refused.
    const ATTRIBUTES: bool = true;

    /// The vault's running totals.
    fn totals(&self) -> Totals;
    /// Stores the totals.
    fn set_totals(&mut self, totals: &Totals);
    /// An account.
    fn account(&self, id: Self::AccountId) -> Account;
    /// Stores an account.
    fn set_account(&mut self, id: Self::AccountId, account: &Account);
    /// A listed instrument's prices.
    fn prices(&self, id: InstrumentId) -> Prices;
    /// Stores an instrument's prices.
    fn set_prices(&mut self, id: InstrumentId, prices: &Prices);
    /// Maintenance margin of everything that an account holds, rounded up. Of perpetuals alone it is the sum of their
    /// [weights](Store::weights); of an underlying with options that of a portfolio, which takes long. The ledger asks for it
    /// as seldom as it can, and never of no positions.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    fn maintenance(&self, positions: &Positions) -> Result<Usd>;
    /// What a position counts for, alone, where something is divided among legs: penalties and rewards. Size x mark x
    /// maintenance rate, rounded up, the margin of a perpetual; of an option by the mark of its underlying.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    fn weight(&self, id: InstrumentId, position: Position) -> Result<Usd>;
    /// Sum of what positions count for one by one.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    fn weights(&self, positions: &Positions) -> Result<Usd> {
        let mut sum = Usd::ZERO;
        for (id, position) in positions.iter() {
            sum = sum.plus(self.weight(id, position)?)?;
        }
        Ok(sum)
    }
    /// Whether an instrument has expired and its mark is final: whoever settles a leg of it takes the leg away.
    fn is_settled(&self, id: InstrumentId) -> bool;
    /// Until when an instrument's asset was last in the guard's stricter tiers; none where nobody asked the guard.
    fn tier_ends(&self, id: InstrumentId) -> TierEnds;
    /// The perpetual on an instrument's underlying: itself, unless it is an option. One of the first 64 places.
    fn underlying(&self, id: InstrumentId) -> InstrumentId;
    /// How large the cover of a perpetual, with the options on its underlying, is at unix time `now`, if covers are measured by
    /// `measured` assets of the pool.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    fn cover_size(&self, id: InstrumentId, measured: Usd, now: u64) -> Result<Usd>;
    /// What payments have used up of a perpetual's cover.
    fn cover(&self, id: InstrumentId) -> Cover;
    /// Stores what payments have used up.
    fn set_cover(&mut self, id: InstrumentId, cover: &Cover);
    /// The debts of a perpetual and the options on its underlying.
    fn debts(&self, id: InstrumentId) -> Debts;
    /// Stores an instrument's debts.
    fn set_debts(&mut self, id: InstrumentId, debts: &Debts);
    /// What holds of all instruments' debts.
    fn records(&self) -> Records;
    /// Stores what holds of all instruments' debts.
    fn set_records(&mut self, records: &Records);
    /// Known debts of accounts whose legs were frozen when they were closed.
    fn stuck(&self) -> Usd;
    /// Stores the sum of stuck debts.
    fn set_stuck(&mut self, stuck: Usd);
    /// How the debt of an account is divided that [has one attributed](Account::attributed).
    fn attribution(&self, id: Self::AccountId) -> Attribution;
    /// Stores how an account's debt is divided.
    fn set_attribution(&mut self, id: Self::AccountId, attribution: &Attribution);
    /// One side of an instrument.
    fn side(&self, id: InstrumentId, side: Side) -> SideState;
    /// Stores one side of an instrument.
    fn set_side(&mut self, id: InstrumentId, side: Side, state: &SideState);
    /// A bucket of one side.
    fn bucket(&self, id: InstrumentId, side: Side, bucket: u8) -> Bucket;
    /// Stores a bucket.
    fn set_bucket(&mut self, id: InstrumentId, side: Side, bucket: u8, state: &Bucket);
    /// How a bucket's epoch ended.
    fn ended(&self, id: InstrumentId, side: Side, bucket: u8, epoch: u32) -> Ended;
    /// Stores how a bucket's epoch ended.
    fn set_ended(&mut self, id: InstrumentId, side: Side, bucket: u8, epoch: u32, ended: &Ended);
    /// A leg that the account holds.
    fn leg(&self, account: Self::AccountId, id: InstrumentId) -> Leg;
    /// Stores a leg; `None` clears it.
    fn set_leg(&mut self, account: Self::AccountId, id: InstrumentId, leg: Option<&Leg>);
    /// Notes that a leg of an account joins a bucket with a position, or, with a position of zero, that it is none any more: for who
    /// follows the ledger. There is nothing to keep.
    fn note_position(
        &mut self,
        _account: Self::AccountId,
        _id: InstrumentId,
        _position: Position,
        _bucket: u8,
    ) {
    }
    /// Notes that a part of an account's leg was closed at the mark, and that the opposite side was cut for it down to a [water
    /// level](crate::water_fill): for who follows the ledger. There is nothing to keep.
    fn note_closed(
        &mut self,
        _account: Self::AccountId,
        _id: InstrumentId,
        _closed: Position,
        _level: Ratio,
    ) {
    }
}
