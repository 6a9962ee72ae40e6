//! Amounts as a report has them: exact, as the contracts count.

use client::units::WAD;
use serde::{Serialize, Serializer};
use std::fmt;

/// WAD units of the last digit that a table shows by default.
const SHOWN_DECIMALS: usize = 2;
const DECIMALS: usize = 18;

/// A WAD amount. JSON has all of its digits, as a string; a table has it rounded, half away from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i128);

impl Amount {
    /// An amount that is not negative.
    ///
    /// # Errors
    /// [`Overflow`](risk::Error::Overflow) from 2^127.
    pub fn of(value: impl TryInto<i128>) -> Result<Self, risk::Error> {
        value
            .try_into()
            .map(Self)
            .map_err(|_| risk::Error::Overflow)
    }

    /// For drawing; not for money.
    pub fn approximate(self) -> f64 {
        self.0 as f64 / WAD as f64
    }

    /// All digits, without zeros at the end.
    pub fn exact(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / WAD, self.0.unsigned_abs() % WAD);
        let text = format!("{sign}{whole}.{rest:0DECIMALS$}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let decimals = f.precision().unwrap_or(SHOWN_DECIMALS).min(DECIMALS);
        let unit = 10_u128.pow((DECIMALS - decimals) as u32);
        let units = self.0.unsigned_abs() / unit
            + u128::from(self.0.unsigned_abs() % unit >= unit.div_ceil(2) && unit > 1);
        let one = 10_u128.pow(decimals as u32);
        let text = match decimals {
            0 => units.to_string(),
            _ => format!("{}.{:0decimals$}", units / one, units % one),
        };
        f.pad_integral(self.0 >= 0 || units == 0, "", &text)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.exact())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_every_digit() {
        for (value, expected) in [
            (0, "0"),
            (1, "0.000000000000000001"),
            (-1, "-0.000000000000000001"),
            (WAD as i128 * 1_200, "1200"),
            (-(WAD as i128) * 3 / 2, "-1.5"),
            (i128::MAX, "170141183460469231731.687303715884105727"),
            (i128::MIN, "-170141183460469231731.687303715884105728"),
        ] {
            assert_eq!(Amount(value).exact(), expected);
            assert_eq!(serde_json::json!(Amount(value)), expected);
        }
    }

    #[test]
    fn tables_have_rounded_amounts_in_columns() {
        let cent = WAD as i128 / 100;
        assert_eq!(format!("{:>8}|", Amount(150 * cent)), "    1.50|");
        assert_eq!(format!("{:.1}", Amount(125 * cent)), "1.3");
        assert_eq!(format!("{:.0}", Amount(-150 * cent)), "-2");
        assert_eq!(Amount(-cent / 2).to_string(), "-0.01");
        assert_eq!(Amount(-cent / 3).to_string(), "0.00");
        assert_eq!(format!("{:.18}", Amount(1)), "0.000000000000000001");
    }
}
