//! Golden vectors that the reference model printed.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::reading::{account_id, exact, instrument_id, parse};
use crate::{AccountId, Exact, InstrumentId, Operation, Vault, wad};

/// A sequence of operations with what each left behind.
#[derive(Deserialize)]
pub struct Vector {
    initial: Initial,
    /// The operations, in order.
    pub steps: Vec<Step>,
    /// Accounts after the last of them, by the model's names.
    #[serde(rename = "final")]
    pub last: BTreeMap<String, FinalAccount>,
}

#[derive(Deserialize)]
struct Initial {
    marks: BTreeMap<String, String>,
    insurance: String,
}

/// One operation of a vector.
#[derive(Deserialize)]
pub struct Step {
    /// What was done.
    #[serde(flatten)]
    pub operation: Operation,
    /// Whether it was allowed, where it may be refused.
    pub ok: Option<bool>,
    /// The vault afterwards; absent for the first deposits.
    #[serde(flatten)]
    pub after: Option<After>,
}

/// A vault after an operation.
#[derive(Deserialize)]
pub struct After {
    /// h.
    #[serde(deserialize_with = "exact")]
    pub coverage: Exact,
    /// V.
    #[serde(deserialize_with = "exact")]
    pub tokens: Exact,
    /// Sum of C.
    #[serde(deserialize_with = "exact")]
    pub capital: Exact,
    /// What the pool would pay.
    #[serde(deserialize_with = "exact")]
    pub insurance: Exact,
    /// Deficits written off, less haircuts taken.
    #[serde(deserialize_with = "exact")]
    pub shortfall: Exact,
}

/// An account after the last operation.
#[derive(Deserialize)]
pub struct FinalAccount {
    /// C.
    #[serde(deserialize_with = "exact")]
    pub capital: Exact,
    /// P.
    #[serde(deserialize_with = "exact")]
    pub pnl: Exact,
    /// Bucket of its legs.
    pub bucket: usize,
    /// Signed positions by the instrument's name.
    pub sizes: BTreeMap<String, String>,
}

impl Vector {
    /// The vault before the first operation, with the model's maintenance margin.
    ///
    /// # Panics
    /// If the vector is not one of the model's.
    #[must_use]
    pub fn start(&self) -> Vault {
        let mut vault = Vault::new(wad(crate::WAD / 100 * 3));
        vault.insurance = parse(&self.initial.insurance).expect("a number");
        vault.shared = false;
        for (name, mark) in &self.initial.marks {
            let id = instrument_id(name).expect("a known instrument");
            vault.list(id, parse(mark).expect("a number"));
        }
        vault
    }

    /// The accounts after the last operation.
    ///
    /// # Panics
    /// If the vector is not one of the model's.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &FinalAccount)> {
        let named = self.last.iter();
        named.map(|(name, account)| (account_id(name).expect("a known account"), account))
    }
}

impl FinalAccount {
    /// The positions by instrument.
    ///
    /// # Panics
    /// If the vector is not one of the model's.
    pub fn positions(&self) -> impl Iterator<Item = (InstrumentId, Exact)> {
        let named = self.sizes.iter();
        named.map(|(name, size)| {
            let id = instrument_id(name).expect("a known instrument");
            (id, parse(size).expect("a number"))
        })
    }
}
