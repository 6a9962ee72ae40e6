//! Requests to leave, and when and for what they are fulfilled (DESIGN 6).

use crate::shares::{PoolTotals, Price, Rounding};
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
    pub requested_at: PoolTotals,
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
        totals: PoolTotals,
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
    pub fn pending(&self, totals: &PoolTotals) -> u128 {
        totals.carried(self.shares, self.requested_at.generation)
    }
}

/// Batches that are fulfilled together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fulfilment {
    /// Their shares, as they count now.
    pub shares: u128,
    /// What the shares are worth now; of each batch rounded down.
    pub worth: u128,
    /// The same, of each batch at most what it was worth when it was requested.
    pub due: u128,
}

impl Fulfilment {
    /// Adds a batch to those that are fulfilled when the totals are `totals`.
    ///
    /// # Errors
    /// [`Overflow`] never for shares that exist.
    pub fn add(
        &mut self,
        batch: &Batch,
        totals: PoolTotals,
        virtual_shares: u128,
    ) -> Result<(), Overflow> {
        let shares = batch.pending(&totals);
        let then = Price::new(batch.requested_at, virtual_shares)
            .to_assets(batch.shares, Rounding::Down)?;
        let now = Price::new(totals, virtual_shares).to_assets(shares, Rounding::Down)?;
        self.shares += shares;
        self.worth += now;
        self.due += now.min(then);
        Ok(())
    }

    /// What is paid, of what the shares were worth when they were requested and are worth now the smaller; the rest is income of those
    /// who stay. If less stays than the virtual shares, it would be nobody's: then the shares are paid what they are worth now.
    #[must_use]
    pub const fn paid(&self, totals: PoolTotals, virtual_shares: u128) -> u128 {
        if totals.shares.saturating_sub(self.shares) < virtual_shares {
            self.worth
        } else {
            self.due
        }
    }
}
