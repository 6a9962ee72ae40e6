//! The days that a market must survive, as gaps: prices jump from today's marks to the day's last, and nobody is liquidated on
//! the way but those whom the parameters already put below maintenance margin. What insurance then pays, and what is left.

use super::{
    impact::{Stressed, dollars, liquidation, times},
    system::{Conditions, Leg, Listed, Margins, Series, Snapshot},
};
use crate::units::WAD;
use alloy::{
    primitives::{Address, B256, I256, U256, keccak256},
    sol_types::SolValue,
};
use risk::options::black;
use risk::{Price, Ratio};
use serde::Serialize;
use std::collections::BTreeMap;

/// A day's last prices as shares of its first, in millionths.
struct Day {
    name: &'static str,
    bitcoin: u32,
    ether: u32,
    others: u32,
}

/// A millionth, WAD.
const MILLIONTH: u128 = WAD / 1_000_000;
/// Where a price stays.
const SAME: u32 = 1_000_000;

/// Published figures. Where a day has one for a single coin, the others are taken to do the same if it was a crash, and to stay
/// where they are if it was a squeeze.
const DAYS: [Day; 5] = [
    // ETH from 194 to 86 dollars.
    Day {
        name: "12 March 2020",
        bitcoin: 443_299,
        ether: 443_299,
        others: 443_299,
    },
    // Bitcoin fell by 13 %, others by 40 to 80 %.
    Day {
        name: "10 October 2025, alts -40 %",
        bitcoin: 870_000,
        ether: 600_000,
        others: 600_000,
    },
    Day {
        name: "10 October 2025, alts -80 %",
        bitcoin: 870_000,
        ether: 200_000,
        others: 200_000,
    },
    // A thin token from 0.0095 to 0.0376 dollars.
    Day {
        name: "short squeeze of a thin token",
        bitcoin: SAME,
        ether: SAME,
        others: 3_957_895,
    },
    // From 0.038 to 0.91 dollars in ten minutes.
    Day {
        name: "thin-token pump of October 2022",
        bitcoin: SAME,
        ether: SAME,
        others: 23_947_368,
    },
];

/// What a day costs. Dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// Accounts that it leaves in debt.
    pub bankrupt: usize,
    /// What they owe.
    pub deficit: f64,
    /// What insurance pays of it.
    pub insured: f64,
    /// What profits lose by it.
    pub uncovered: f64,
}

/// The guard's id of `symbol` in a market.
pub fn asset_of(vault: Address, symbol: &str) -> B256 {
    let symbol = B256::right_padding_from(symbol.as_bytes());
    keccak256((vault, symbol).abi_encode())
}

/// Every day, before and after.
pub fn days(snapshot: &Snapshot) -> Result<Vec<Stressed>, risk::Error> {
    let days = DAYS.iter().map(|day| {
        Ok(Stressed {
            day: day.name,
            before: loss(snapshot, &snapshot.before, day)?,
            after: loss(snapshot, &snapshot.after, day)?,
        })
    });
    days.collect()
}

impl Day {
    /// WAD share of its price that an underlying is left with.
    fn factor(&self, vault: Address, asset: B256) -> u128 {
        let millionths = if asset == asset_of(vault, "BTC") {
            self.bitcoin
        } else if asset == asset_of(vault, "ETH") {
            self.ether
        } else {
            self.others
        };
        u128::from(millionths) * MILLIONTH
    }
}

fn loss(snapshot: &Snapshot, conditions: &Conditions, day: &Day) -> Result<Loss, risk::Error> {
    let mut sum = Loss::default();
    let mut owed: BTreeMap<u32, u128> = BTreeMap::new();
    let mut deficit = 0_u128;
    for (account, legs) in &snapshot.legs {
        let Some(margins) = conditions.accounts.get(account) else {
            continue;
        };
        let equity = equity_after(snapshot, conditions, margins, legs, day)?;
        if equity >= 0 {
            continue;
        }
        let debt = equity.unsigned_abs();
        sum.bankrupt += 1;
        deficit = deficit.saturating_add(debt);
        for (instrument, part) in attributed(snapshot, conditions, legs, debt) {
            let total = owed.entry(instrument).or_default();
            *total = total.saturating_add(part);
        }
    }
    let covered = owed.iter().map(|(instrument, debt)| {
        let terms = conditions.terms.get(instrument);
        terms.map_or(0, |terms| terms.cover_left.min(*debt))
    });
    let insured = covered
        .fold(0, u128::saturating_add)
        .min(conditions.insurance);
    sum.deficit = dollars(deficit);
    sum.insured = dollars(insured);
    sum.uncovered = dollars(deficit.saturating_sub(insured));
    Ok(sum)
}

/// Equity once whoever is below maintenance margin has been liquidated, and then prices have jumped.
fn equity_after(
    snapshot: &Snapshot,
    conditions: &Conditions,
    margins: &Margins,
    legs: &[Leg],
    day: &Day,
) -> Result<i128, risk::Error> {
    let notional = legs.iter().filter_map(|leg| {
        let listed = snapshot.listed.get(&leg.instrument)?;
        Some(times(leg.size.unsigned_abs(), listed.spot))
    });
    let notional = notional.fold(0, u128::saturating_add);
    let (share, penalty) = liquidation(conditions, margins, notional)?;
    let kept = I256::try_from(WAD.saturating_sub(share)).unwrap_or(I256::ZERO);
    let one = I256::try_from(WAD).unwrap_or(I256::ONE);
    let mut gain = I256::ZERO;
    for leg in legs {
        let Some(listed) = snapshot.listed.get(&leg.instrument) else {
            continue;
        };
        let factor = day.factor(snapshot.market.vault, listed.asset);
        let price = price_after(listed, factor, snapshot.time)?;
        let change = difference(price, listed.mark);
        let size = I256::try_from(leg.size).unwrap_or(I256::ZERO);
        // Below 2^127 x 2^129 in magnitude, and divided before the share of what is kept.
        let whole = size.saturating_mul(change) / one;
        gain = gain.saturating_add(whole.saturating_mul(kept) / one);
    }
    let equity = i128::try_from(gain).map_err(|_| risk::Error::Overflow)?;
    Ok(equity
        .saturating_add(margins.equity)
        .saturating_sub(penalty))
}

fn difference(price: u128, mark: u128) -> I256 {
    I256::from_raw(U256::from(price)) - I256::from_raw(U256::from(mark))
}

/// Price of an instrument once that of its underlying is `factor` (WAD) of what it was; volatilities stay.
fn price_after(listed: &Listed, factor: u128, now: u64) -> Result<u128, risk::Error> {
    let spot = times(listed.spot, factor);
    let Some(series) = listed.series else {
        return Ok(spot);
    };
    let Series {
        expiry,
        strike,
        is_call,
        volatility,
        ..
    } = series;
    let terms = black::Terms {
        kind: if is_call {
            black::Kind::Call
        } else {
            black::Kind::Put
        },
        forward: Price(spot),
        strike: Price(strike),
        seconds: expiry.saturating_sub(now),
        volatility: Ratio(volatility.into()),
    };
    Ok(terms.quote()?.value.0)
}

/// A debt divided among the perpetuals of an account's legs, in proportion to size x price of the underlying x maintenance rate.
fn attributed(
    snapshot: &Snapshot,
    conditions: &Conditions,
    legs: &[Leg],
    debt: u128,
) -> Vec<(u32, u128)> {
    let weights: Vec<(u32, u128)> = legs
        .iter()
        .filter_map(|leg| {
            let listed = snapshot.listed.get(&leg.instrument)?;
            let perpetual = listed
                .series
                .map_or(leg.instrument, |series| series.underlying);
            let rate = conditions.terms.get(&perpetual)?.maintenance_rate;
            let notional = times(leg.size.unsigned_abs(), listed.spot);
            Some((perpetual, times(notional, rate.into())))
        })
        .collect();
    let total = weights
        .iter()
        .fold(U256::ZERO, |sum, (_, weight)| sum + U256::from(*weight));
    if total.is_zero() {
        return vec![];
    }
    let part = |weight: u128| U256::from(debt) * U256::from(weight) / total;
    weights
        .into_iter()
        .map(|(perpetual, weight)| (perpetual, part(weight).saturating_to()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proposal::impact::tests::{ALICE, snapshot, usd};

    fn gap(share: u32) -> Day {
        Day {
            name: "a gap",
            bitcoin: SAME,
            ether: share,
            others: SAME,
        }
    }

    /// 100 ETH long at 200 dollars with 1,500 of equity: at 170 it owes 1,500, of which cover pays all.
    #[test]
    fn a_gap_leaves_debts_that_insurance_pays_up_to_the_cover() {
        let mut snapshot = snapshot();
        let loss_at =
            |snapshot: &Snapshot, share| loss(snapshot, &snapshot.before, &gap(share)).unwrap();
        assert_eq!(loss_at(&snapshot, 950_000), Loss::default());
        let fallen = loss_at(&snapshot, 850_000);
        assert_eq!((fallen.bankrupt, fallen.deficit), (1, 1_500.0));
        assert_eq!((fallen.insured, fallen.uncovered), (1_500.0, 0.0));
        // At 140 it owes 4,500: cover pays 2,000, and a poorer pool less.
        let fallen = loss_at(&snapshot, 700_000);
        assert_eq!((fallen.insured, fallen.uncovered), (2_000.0, 2_500.0));
        snapshot.before.insurance = usd(500).unsigned_abs();
        assert_eq!(loss_at(&snapshot, 700_000).insured, 500.0);
    }

    /// Liquidated by 1,000 / 2,400 for a penalty of 5 % of that share of 2,000 dollars.
    #[test]
    fn whom_the_parameters_liquidate_owes_less_afterwards() {
        let snapshot = snapshot();
        let before = loss(&snapshot, &snapshot.before, &gap(700_000)).unwrap();
        let after = loss(&snapshot, &snapshot.after, &gap(700_000)).unwrap();
        let share = 1_000.0 / 2_400.0;
        let expected = 6_000.0 * (1.0 - share) - (1_500.0 - 100.0 * share);
        assert!((after.deficit - expected).abs() < 1e-6, "{after:?}");
        assert!(after.deficit < before.deficit);
    }

    #[test]
    fn an_option_is_repriced() {
        let spot = usd(200).unsigned_abs();
        let call = Listed {
            asset: B256::ZERO,
            mark: usd(20).unsigned_abs(),
            spot,
            series: Some(Series {
                underlying: 1,
                expiry: 86_400 * 30,
                strike: spot,
                is_call: true,
                volatility: WAD as u64,
            }),
        };
        let far = price_after(&call, WAD / 10, 0).unwrap();
        assert!(far < usd(1).unsigned_abs() / 1_000, "{far}");
        let expired = price_after(&call, 2 * WAD, 86_400 * 30).unwrap();
        assert_eq!(expired, spot);
    }

    #[test]
    fn every_day_of_the_list_is_played_on_its_own_coins() {
        let snapshot = snapshot();
        let days = days(&snapshot).unwrap();
        assert_eq!(days.len(), DAYS.len());
        for (day, stressed) in DAYS.iter().zip(&days) {
            // Alice is long, Bob short; a coin that stays where it is bankrupts nobody.
            assert_eq!(
                stressed.before.bankrupt == 0,
                day.ether == SAME,
                "{}",
                day.name
            );
        }
        assert!(snapshot.legs.contains_key(&ALICE));
    }
}
