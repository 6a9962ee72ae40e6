//! Requests to leave, and when and for what they are fulfilled (DESIGN 6).

use crate::shares::{Price, Rounding, Totals};
use crate::{DAY, Overflow};

/// Open batches of one controller; a ninth is refused.
pub const MAX_BATCHES: usize = 8;

/// Seconds of a day, from its start, in which batches are fulfilled: the first hour.
pub const HOUR: u64 = 3_600;

/// What one controller asked for on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Shares, as they counted when they were requested.
    pub shares: u128,
    /// The totals whose price is the most that the shares are paid.
    pub requested_at: Totals,
    /// The first day, counted from 1970, on which they can be fulfilled.
    pub matures: u64,
}

/// The day on which a request of `now` matures: the first midnight at least `wait` seconds later.
#[must_use]
pub const fn maturity(now: u64, wait: u64) -> u64 {
    (now + wait).div_ceil(DAY)
}

/// Whether batches are fulfilled at `now`.
#[must_use]
pub const fn is_open(now: u64) -> bool {
    now % DAY < HOUR
}

impl Batch {
    /// Whether the batch may be fulfilled from `now` on.
    #[must_use]
    pub const fn is_mature(&self, now: u64) -> bool {
        now / DAY >= self.matures
    }

    /// Takes in `shares` that are requested later on the same day, when the totals are `totals`: at the price of the batch, which is
    /// not above the price then. Returns whether it did: shares that are requested after the price has fallen need a batch of their
    /// own, for what was requested before may be worth more.
    pub fn join(
        &mut self,
        shares: u128,
        matures: u64,
        totals: Totals,
        virtual_shares: u128,
    ) -> bool {
        let joins = self.matures == matures
            && self.requested_at.generation == totals.generation
            && !Price::new(totals, virtual_shares)
                .is_below(Price::new(self.requested_at, virtual_shares));
        if joins {
            self.shares += shares;
        }
        joins
    }

    /// The batch's shares, as they count at `totals`; rounded down.
    #[must_use]
    pub fn pending(&self, totals: &Totals) -> u128 {
        totals.carried(self.shares, self.requested_at.generation)
    }

    /// What the batch is paid when the totals are `totals`: what its shares were worth when they were requested, or are worth now if
    /// that is less; rounded down.
    ///
    /// # Errors
    /// [`Overflow`] never for shares that exist.
    pub fn payment(&self, totals: Totals, virtual_shares: u128) -> Result<u128, Overflow> {
        let then =
            Price::new(self.requested_at, virtual_shares).to_assets(self.shares, Rounding::Down)?;
        let now =
            Price::new(totals, virtual_shares).to_assets(self.pending(&totals), Rounding::Down)?;
        Ok(then.min(now))
    }
}
