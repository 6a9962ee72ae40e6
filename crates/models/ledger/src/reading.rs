//! How the numbers and names of the reference model are read.

use serde::{Deserialize, Deserializer, de::Error};

use crate::{AccountId, Exact, InstrumentId, POOL, floor_wad, wad};

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

/// An account by its name.
pub(crate) fn account_id(name: &str) -> Option<AccountId> {
    if name == "pool" {
        return Some(POOL);
    }
    name.strip_prefix('a')?.parse().ok()
}

/// An instrument by its name.
pub(crate) fn instrument_id(name: &str) -> Option<InstrumentId> {
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

pub(crate) fn exact<'de, D: Deserializer<'de>>(input: D) -> Result<Exact, D::Error> {
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
