//! The operations of the vault ledger.

mod deleverage;
mod legs;
mod liquidate;
mod money;
mod prices;
mod settle;
mod trade;
mod value;

pub use deleverage::{ClosedLeg, CutLeg};
pub use money::Converted;
pub use trade::{Trade, Traded};
pub use value::Valued;

use crate::{Coverage, Maturities, Result, Store, Totals, Usd};

/// One vault's state, open for one operation. Whoever opens it calls [`Ledger::save`] when the operation succeeded.
#[derive(Debug)]
pub struct Ledger<'s, S: Store> {
    /// Where everything but the totals is read and written at once.
    pub store: &'s mut S,
    /// The running totals.
    pub totals: Totals,
    /// What the insurance pool would pay now; outside V.
    pub insurance: Usd,
    /// Unix time.
    pub now: u64,
    /// How fast gains mature.
    pub maturities: Maturities,
}

impl<'s, S: Store> Ledger<'s, S> {
    /// Opens a vault's ledger at unix time `now`; `insurance` is what its pool would pay now.
    pub fn open(store: &'s mut S, insurance: Usd, now: u64) -> Self {
        let totals = store.totals();
        Self {
            store,
            totals,
            insurance,
            now,
            maturities: Maturities::default(),
        }
    }

    /// Stores the totals.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow) if one is beyond [`Usd::MAX`]: the operation must not take effect then.
    pub fn save(self) -> Result<()> {
        self.store.set_totals(self.totals.checked()?);
        Ok(())
    }

    /// The coverage ratio.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn coverage(&self) -> Result<Coverage> {
        self.totals.coverage(self.insurance)
    }
}
