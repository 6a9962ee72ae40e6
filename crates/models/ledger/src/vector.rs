//! Golden vectors that the reference model printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

use crate::{AccountId, Exact, InstrumentId, Operation, POOL, Vault, floor_wad, wad};

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

/// A decimal, or a fraction.
#[must_use]
pub fn parse(text: &str) -> Option<Exact> {
    if let Some((above, below)) = text.split_once('/') {
        return Some(Exact::new(above.parse().ok()?, below.parse().ok()?));
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = [whole, part].concat();
    let places = u32::try_from(part.len()).ok()?;
    let one = Exact::from_integer(10.into()).pow(i32::try_from(places).ok()?);
    Some(Exact::from_integer(digits.parse().ok()?) / one)
}

fn account_id(name: &str) -> Option<AccountId> {
    if name == "pool" {
        return Some(POOL);
    }
    name.strip_prefix('a')?.parse().ok()
}

fn instrument_id(name: &str) -> Option<InstrumentId> {
    ["ETH", "BTC"]
        .iter()
        .zip(0..)
        .find(|(known, _)| **known == name)
        .map(|(_, id)| id)
}

fn text<'de, D: Deserializer<'de>, T>(
    input: D,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(input)?;
    read(&text).ok_or_else(|| D::Error::custom(format!("cannot read `{text}`")))
}

fn exact<'de, D: Deserializer<'de>>(input: D) -> Result<Exact, D::Error> {
    text(input, parse)
}

/// A number that is a whole number of units of 1e-18.
pub(crate) fn units<'de, D: Deserializer<'de>>(input: D) -> Result<i128, D::Error> {
    text(input, |text| {
        let value = parse(text)?;
        floor_wad(&value).filter(|&units| wad(units) == value)
    })
}

pub(crate) fn account<'de, D: Deserializer<'de>>(input: D) -> Result<AccountId, D::Error> {
    text(input, account_id)
}

pub(crate) fn instrument<'de, D: Deserializer<'de>>(input: D) -> Result<InstrumentId, D::Error> {
    text(input, instrument_id)
}
