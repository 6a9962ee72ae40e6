//! The vault's state, and the operations on it, which apply what the [`rules`](crate::rules) decide.

pub(crate) mod account;
pub(crate) mod attribution;
mod bankruptcy;
pub(crate) mod bucket;
pub(crate) mod coverage;
pub(crate) mod debts;
mod deleverage;
mod ground;
mod insurance;
mod legs;
mod liquidate;
mod money;
mod prices;
pub mod residue;
mod settle;
pub(crate) mod store;
mod trade;
mod value;
pub(crate) mod water;

pub use bankruptcy::{ClosedLeg, Draw};
pub use deleverage::CutLeg;
pub use money::Converted;
pub use trade::{Trade, Traded};
pub use value::Valued;

use crate::{Coverage, Parts, Result, Store, Totals, Usd};
use insurance::Insurance;

/// One vault's state, open for one operation. Whoever opens it calls [`Ledger::save`] when the operation succeeded.
#[derive(Debug)]
pub struct Ledger<'s, S: Store> {
    /// Where everything but the totals is read and written at once.
    pub store: &'s mut S,
    /// The running totals.
    pub totals: Totals,
    /// What the operation knows of insurance.
    insurance: Insurance,
    /// Sum of what instruments' covers have for their known debts; nothing while the pool was not asked.
    covered: Usd,
    /// What the legs of the account at hand have lost since it was last stored.
    losses: Parts,
    /// Unix time.
    pub now: u64,
}

impl<'s, S: Store> Ledger<'s, S> {
    /// Opens a vault's ledger at unix time `now`, without [insurance](Ledger::insure).
    pub fn open(store: &'s mut S, now: u64) -> Self {
        let totals = store.totals();
        Self {
            store,
            totals,
            insurance: Insurance::NotAsked,
            covered: Usd::ZERO,
            losses: Parts::default(),
            now,
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

    /// W: what nobody has paid for.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn missing(&self) -> Result<Usd> {
        self.totals.missing(self.insured())
    }

    /// The coverage ratio.
    ///
    /// # Errors
    /// [`Overflow`](crate::Error::Overflow).
    pub fn coverage(&self) -> Result<Coverage> {
        self.totals.coverage(self.insured())
    }
}
