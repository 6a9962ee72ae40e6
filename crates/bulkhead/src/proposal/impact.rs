//! What a proposal does to everybody in a market.

use super::{
    stress::{self, Loss},
    system::{Conditions, Listed, Margins, Snapshot},
};
use crate::units::WAD;
use alloy::primitives::{Address, B256, U256};
use risk::{Health, Ratio, Usd};
use serde::Serialize;

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Standing {
    /// It may open positions.
    Free,
    /// Below initial margin: it may only reduce.
    BelowInitial,
    /// Below maintenance margin: it is liquidated.
    BelowMaintenance,
    /// Nothing is left of it.
    InDebt,
}

/// What becomes of one account. Dollars.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountImpact {
    /// Owner and sub-account number.
    pub account: B256,
    /// Sum of the sizes of its legs, each times the price of its underlying.
    pub notional: f64,
    /// As it is.
    pub before: Position,
    /// As it would be.
    pub after: Position,
}

/// How an account stands, in dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Position {
    /// Capital, and profit at its worth.
    pub equity: f64,
    /// Below which it is liquidated.
    pub maintenance: f64,
    /// Below which it opens nothing.
    pub initial: f64,
    /// Where that leaves it.
    pub standing: Standing,
    /// Share of every leg that a liquidation takes now.
    pub liquidated_share: f64,
    /// Notional that it takes.
    pub liquidated: f64,
}

/// Sums over a market. Dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Accounts with positions.
    pub accounts: usize,
    /// Of these, below initial margin, those below included.
    pub below_initial: usize,
    /// Below maintenance margin.
    pub below_maintenance: usize,
    /// Required to open.
    pub initial: f64,
    /// Required to keep.
    pub maintenance: f64,
    /// Notional that liquidations take now.
    pub liquidated: f64,
}

/// An instrument's open interest against what cover allows. Sizes, and dollars.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// The perpetual.
    pub instrument: u32,
    /// Of the larger side.
    pub open_interest: f64,
    /// That cover and limit allow now.
    pub limit_before: f64,
    /// That they would allow.
    pub limit_after: f64,
    /// Dollars that insurance pays for it now.
    pub cover_before: f64,
    /// Dollars that it would pay.
    pub cover_after: f64,
}

/// What a proposal does to a market.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Impact {
    /// The market's vault.
    pub vault: Address,
    /// Everybody with a position, those whose requirement rises most first.
    pub accounts: Vec<AccountImpact>,
    /// Over all accounts, now.
    pub before: Totals,
    /// Over all accounts, afterwards.
    pub after: Totals,
    /// By perpetual.
    pub room: Vec<Room>,
    /// The days that it must survive.
    pub stress: Vec<Stressed>,
}

/// A day, before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stressed {
    /// Its name.
    pub day: &'static str,
    /// As things are.
    pub before: Loss,
    /// As they would be.
    pub after: Loss,
}

/// Everything that `snapshot` tells.
pub fn impact(snapshot: &Snapshot) -> Result<Impact, risk::Error> {
    let mut accounts = Vec::new();
    for account in snapshot.legs.keys() {
        let notional = notional(snapshot, account);
        accounts.push(AccountImpact {
            account: *account,
            notional: dollars(notional),
            before: position(&snapshot.before, account, notional)?,
            after: position(&snapshot.after, account, notional)?,
        });
    }
    let rise = |account: &AccountImpact| account.after.initial - account.before.initial;
    accounts.sort_by(|a, b| rise(b).abs().total_cmp(&rise(a).abs()));
    Ok(Impact {
        vault: snapshot.market.vault,
        before: totals(accounts.iter().map(|account| &account.before)),
        after: totals(accounts.iter().map(|account| &account.after)),
        room: room(snapshot),
        stress: stress::days(snapshot)?,
        accounts,
    })
}

/// WAD notional of an account.
fn notional(snapshot: &Snapshot, account: &B256) -> u128 {
    let legs = snapshot.legs.get(account).into_iter().flatten();
    let each = legs.filter_map(|leg| {
        let Listed { spot, .. } = snapshot.listed.get(&leg.instrument)?;
        Some(times(leg.size.unsigned_abs(), *spot))
    });
    each.fold(0, u128::saturating_add)
}

/// Share of every leg that a liquidation takes of an account now, WAD, and its penalty; nothing of a healthy one, all of one in
/// debt.
pub fn liquidation(
    conditions: &Conditions,
    margins: &Margins,
    notional: u128,
) -> Result<(u128, i128), risk::Error> {
    let health = health(margins)?;
    if health.is_healthy() {
        return Ok((0, 0));
    }
    if health.equity <= Usd::ZERO {
        return Ok((WAD, 0));
    }
    let terms = risk::Terms {
        penalty_start: Ratio(conditions.penalty_start.into()),
        penalty_ramp: conditions.penalty_ramp,
    };
    let unhealthy = u16::try_from(margins.unhealthy_secs).unwrap_or(u16::MAX);
    let planned = risk::plan_liquidation(
        &health,
        health.maintenance,
        terms.penalty_rate(unhealthy)?,
        Ratio::ONE,
        notional <= conditions.dust_notional,
    )?;
    Ok((planned.share.0, planned.penalty.0))
}

fn health(margins: &Margins) -> Result<Health, risk::Error> {
    let maintenance = i128::try_from(margins.maintenance).map_err(|_| risk::Error::Overflow)?;
    Ok(Health {
        equity: Usd(margins.equity),
        maintenance: Usd(maintenance),
    })
}

fn position(
    conditions: &Conditions,
    account: &B256,
    notional: u128,
) -> Result<Position, risk::Error> {
    let margins = conditions
        .accounts
        .get(account)
        .ok_or(risk::Error::Overflow)?;
    let (share, _) = liquidation(conditions, margins, notional)?;
    Ok(Position {
        equity: signed_dollars(margins.equity),
        maintenance: dollars(margins.maintenance),
        initial: dollars(margins.initial),
        standing: standing(margins),
        liquidated_share: dollars(share),
        liquidated: dollars(times(notional, share)),
    })
}

fn standing(margins: &Margins) -> Standing {
    let reaches = |required: u128| u128::try_from(margins.equity).is_ok_and(|e| e >= required);
    if reaches(margins.initial) {
        Standing::Free
    } else if reaches(margins.maintenance) {
        Standing::BelowInitial
    } else if margins.equity > 0 {
        Standing::BelowMaintenance
    } else {
        Standing::InDebt
    }
}

fn totals<'a>(positions: impl Iterator<Item = &'a Position>) -> Totals {
    positions.fold(Totals::default(), |sum, position| Totals {
        accounts: sum.accounts + 1,
        below_initial: sum.below_initial + usize::from(position.standing >= Standing::BelowInitial),
        below_maintenance: sum.below_maintenance
            + usize::from(position.standing >= Standing::BelowMaintenance),
        initial: sum.initial + position.initial,
        maintenance: sum.maintenance + position.maintenance,
        liquidated: sum.liquidated + position.liquidated,
    })
}

fn room(snapshot: &Snapshot) -> Vec<Room> {
    let both = snapshot.before.terms.iter().filter_map(|(number, before)| {
        let after = snapshot.after.terms.get(number)?;
        Some(Room {
            instrument: *number,
            open_interest: dollars(before.open_interest),
            limit_before: dollars(before.open_interest_limit),
            limit_after: dollars(after.open_interest_limit),
            cover_before: dollars(before.cover_left),
            cover_after: dollars(after.cover_left),
        })
    });
    both.collect()
}

/// `a` times the WAD `b`, rounded down, at most the greatest number.
pub fn times(a: u128, b: u128) -> u128 {
    (U256::from(a) * U256::from(b) / U256::from(WAD)).saturating_to()
}

/// A WAD amount for display.
pub fn dollars(amount: u128) -> f64 {
    amount as f64 / WAD as f64
}

/// A signed WAD amount for display.
pub fn signed_dollars(amount: i128) -> f64 {
    amount as f64 / WAD as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::proposal::system::{Leg, Market, Terms};
    use std::collections::BTreeMap;

    pub const ALICE: B256 = B256::repeat_byte(1);
    pub const BOB: B256 = B256::repeat_byte(2);

    pub fn usd(amount: i64) -> i128 {
        i128::from(amount) * WAD as i128
    }

    fn margins(equity: i64, maintenance: i64, initial: i64) -> Margins {
        Margins {
            equity: usd(equity),
            maintenance: usd(maintenance).unsigned_abs(),
            initial: usd(initial).unsigned_abs(),
            unhealthy_secs: 0,
        }
    }

    fn conditions(initial: i64, maintenance: i64) -> Conditions {
        let accounts = [
            (ALICE, margins(1_500, maintenance, initial)),
            (BOB, margins(9_000, maintenance, initial)),
        ];
        let terms = Terms {
            open_interest: usd(100).unsigned_abs(),
            open_interest_limit: usd(200).unsigned_abs(),
            cover_left: usd(2_000).unsigned_abs(),
            maintenance_rate: (WAD / 20) as u64,
        };
        Conditions {
            accounts: accounts.into(),
            terms: [(1, terms)].into(),
            penalty_start: (WAD / 20) as u64,
            penalty_ramp: 600,
            dust_notional: 0,
            insurance: usd(5_000).unsigned_abs(),
        }
    }

    /// 100 ETH at 200 dollars, long by Alice, short by Bob.
    pub fn snapshot() -> Snapshot {
        let vault = Address::repeat_byte(9);
        let spot = usd(200).unsigned_abs();
        let eth = Listed {
            asset: stress::asset_of(vault, "ETH"),
            mark: spot,
            spot,
            series: None,
        };
        let leg = |size| {
            let size = usd(size);
            vec![Leg {
                instrument: 1,
                size,
            }]
        };
        Snapshot {
            market: Market {
                vault,
                pool: Address::repeat_byte(8),
                guard: Address::repeat_byte(7),
            },
            time: 0,
            listed: [(1, eth)].into(),
            legs: BTreeMap::from([(ALICE, leg(100)), (BOB, leg(-100))]),
            before: conditions(1_400, 1_000),
            after: conditions(2_400, 2_000),
        }
    }

    #[test]
    fn who_falls_below_a_margin_is_counted() {
        let impact = impact(&snapshot()).unwrap();
        assert_eq!(
            (impact.before.below_initial, impact.after.below_initial),
            (0, 1)
        );
        assert_eq!(impact.after.below_maintenance, 1);
        assert_eq!(
            (impact.before.initial, impact.after.initial),
            (2_800.0, 4_800.0)
        );
        let alice = impact
            .accounts
            .iter()
            .find(|account| account.account == ALICE)
            .unwrap();
        assert_eq!(alice.notional, 20_000.0);
        assert_eq!(alice.before.standing, Standing::Free);
        assert_eq!(alice.after.standing, Standing::BelowMaintenance);
    }

    /// (1.25 x 2,000 - 1,500) / (2,000 x (1.25 - 0.05)) = 1,000 / 2,400 of 20,000 dollars.
    #[test]
    fn a_liquidation_takes_the_share_of_the_ledger() {
        let impact = impact(&snapshot()).unwrap();
        assert_eq!(impact.before.liquidated, 0.0);
        assert!((impact.after.liquidated - 20_000.0 * 1_000.0 / 2_400.0).abs() < 1e-6);
    }

    #[test]
    fn a_product_that_does_not_fit_is_the_greatest_number() {
        assert_eq!(times(u128::MAX, 2 * WAD), u128::MAX);
        assert_eq!(
            times(usd(3).unsigned_abs(), WAD / 2),
            usd(3).unsigned_abs() / 2
        );
    }
}
