//! What a liquidation takes of an account now. Shares and penalties are those of the crate `risk`, by which the vault liquidates.

use super::{
    holders::Leg,
    snapshot::{Conditions, Margins},
};
use risk::{Health, Position, Price, Ratio, Size, Usd};

/// The guard's bits: nobody is liquidated; a sequencer outage goes on, or ended within the grace period.
const NO_LIQUIDATION: u16 = 8;
const GRACE: u16 = 64;
/// Equity that spares an account in the grace period, as a share of maintenance margin: 95 %.
const SPARED_FROM: Ratio = Ratio(risk::WAD / 100 * 95);

/// Sizes of legs times the prices of their underlyings, each rounded up.
pub fn notional<'a>(
    conditions: &Conditions,
    legs: impl IntoIterator<Item = &'a Leg>,
) -> Result<Usd, risk::Error> {
    let mut sum = Usd::ZERO;
    for leg in legs {
        let spot = conditions
            .quotes
            .get(&leg.instrument)
            .map_or(0, |quote| quote.spot);
        sum = sum.plus(Size(leg.size.unsigned_abs()).notional_up(Price(spot))?)?;
    }
    Ok(sum)
}

/// What a liquidation takes now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Share of every leg that can move.
    pub share: Ratio,
    /// Penalty.
    pub penalty: Usd,
}

/// What a liquidation takes of an account now: nothing of a healthy one, nor where the guard forbids it; all of one in debt,
/// which is closed against the other side.
pub fn liquidation(
    conditions: &Conditions,
    margins: &Margins,
    legs: &[Leg],
) -> Result<Taken, risk::Error> {
    let health = Health {
        equity: Usd(margins.equity),
        maintenance: Usd(margins.maintenance),
    };
    let can_move = legs.iter().any(|leg| is_movable(conditions, leg));
    if health.is_healthy() || !can_move || is_spared(conditions, &health, legs)? {
        return Ok(Taken::default());
    }
    if health.equity <= Usd::ZERO {
        let share = Ratio::ONE;
        return Ok(Taken {
            share,
            ..Taken::default()
        });
    }
    let penalty = risk::Penalty {
        start: Ratio(conditions.penalty_start.into()),
        ramp: conditions.penalty_ramp,
    };
    let unhealthy = u16::try_from(margins.unhealthy_secs).unwrap_or(u16::MAX);
    let planned = risk::rules::liquidation::plan(
        &health,
        movable_margin(conditions, &health, legs)?,
        penalty.rate(unhealthy)?,
        Ratio::ONE,
        notional(conditions, legs)? < Usd(conditions.dust_notional),
    )?;
    Ok(Taken {
        share: planned.share,
        penalty: planned.penalty,
    })
}

/// Whether a liquidation can take some of a leg.
pub fn is_movable(conditions: &Conditions, leg: &Leg) -> bool {
    blocked(conditions, leg) & NO_LIQUIDATION == 0
}

fn blocked(conditions: &Conditions, leg: &Leg) -> u16 {
    conditions
        .quotes
        .get(&leg.instrument)
        .map_or(0, |quote| quote.blocked)
}

/// Whether an account is left alone for having nearly enough in the grace period after an outage.
fn is_spared(conditions: &Conditions, health: &Health, legs: &[Leg]) -> Result<bool, risk::Error> {
    let in_grace = legs.iter().any(|leg| blocked(conditions, leg) & GRACE != 0);
    Ok(in_grace && health.equity >= health.maintenance.times_up(SPARED_FROM)?)
}

/// Maintenance margin of the legs that can move: all of it, less what those set aside need one by one.
fn movable_margin(
    conditions: &Conditions,
    health: &Health,
    legs: &[Leg],
) -> Result<Usd, risk::Error> {
    let mut margin = health.maintenance;
    for leg in legs.iter().filter(|leg| !is_movable(conditions, leg)) {
        margin = margin
            .minus(linear_margin(conditions, leg.instrument, leg)?)?
            .or_zero();
    }
    Ok(margin)
}

/// What a leg counts for by itself: size x price of its underlying x the larger of the rate of its perpetual, which is
/// `perpetual`, and the guard's range.
pub fn linear_margin(
    conditions: &Conditions,
    perpetual: u32,
    leg: &Leg,
) -> Result<Usd, risk::Error> {
    let quote = conditions
        .quotes
        .get(&leg.instrument)
        .copied()
        .unwrap_or_default();
    let rate = conditions
        .terms
        .get(&perpetual)
        .map_or(0, |terms| terms.maintenance_rate);
    let rate = Ratio(quote.range.max(rate.into()));
    risk::rules::margin::linear_margin(Position(leg.size), Price(quote.spot), rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::{ALICE, snapshot, usd};
    use risk::WAD;

    fn taken(change: impl Fn(&mut Conditions, &mut Margins)) -> Taken {
        let snapshot = snapshot();
        let mut conditions = snapshot.after;
        let mut margins = conditions.accounts[&ALICE];
        change(&mut conditions, &mut margins);
        liquidation(&conditions, &margins, &snapshot.holders[&ALICE]).unwrap()
    }

    /// (1.25 x 2,000 - 1,500) / (2,000 x (1.25 - 0.05)) = 1,000 / 2,400, for 5 % of that share of 2,000 dollars.
    #[test]
    fn a_liquidation_takes_the_share_and_the_penalty_of_the_ledger() {
        let taken = taken(|_, _| {});
        assert_eq!(taken.share, Ratio((WAD * 1_000).div_ceil(2_400)));
        assert!(
            (taken.penalty.0 - usd(100) * 1_000 / 2_400).abs() < 1_000,
            "{taken:?}"
        );
    }

    #[test]
    fn nothing_is_taken_of_a_healthy_account_and_all_of_one_in_debt_or_of_dust() {
        assert_eq!(
            taken(|_, margins| margins.equity = usd(2_000)),
            Taken::default()
        );
        let all = taken(|_, margins| margins.equity = 0);
        assert_eq!((all.share, all.penalty), (Ratio::ONE, Usd::ZERO));
        // 100 ETH at 200 dollars.
        let at = |dust| taken(move |conditions, _| conditions.dust_notional = usd(dust)).share;
        assert!(at(20_000) < Ratio::ONE);
        assert_eq!(at(20_001), Ratio::ONE);
    }

    #[test]
    fn what_the_guard_forbids_is_not_taken() {
        let blocked = |bits| {
            taken(move |conditions, _| {
                conditions.quotes.get_mut(&1).unwrap().blocked = bits;
            })
        };
        assert_eq!(blocked(NO_LIQUIDATION), Taken::default());
        assert_ne!(blocked(!NO_LIQUIDATION & !GRACE), Taken::default());
        let in_grace = |equity| {
            taken(move |conditions, margins| {
                conditions.quotes.get_mut(&1).unwrap().blocked = GRACE;
                margins.equity = usd(equity);
            })
        };
        assert_eq!(in_grace(1_900), Taken::default());
        assert_ne!(in_grace(1_899), Taken::default());
    }

    #[test]
    fn a_frozen_leg_stays_and_the_others_make_up_for_it() {
        let snapshot = snapshot();
        let mut conditions = snapshot.after;
        let frozen = crate::snapshot::Quote {
            blocked: NO_LIQUIDATION,
            ..conditions.quotes[&1]
        };
        conditions.quotes.insert(2, frozen);
        conditions.terms.insert(2, conditions.terms[&1]);
        let legs = [1, 2].map(|instrument| Leg {
            instrument,
            size: usd(100),
        });
        let margins = conditions.accounts[&ALICE];
        let partly = liquidation(&conditions, &margins, &legs).unwrap();
        let alone = liquidation(&conditions, &margins, &legs[..1]).unwrap();
        assert!(partly.share > alone.share, "{partly:?} {alone:?}");
    }

    #[test]
    fn a_leg_counts_for_the_larger_of_rate_and_range() {
        let snapshot = snapshot();
        let mut conditions = snapshot.before;
        let leg = snapshot.holders[&ALICE][0];
        assert_eq!(linear_margin(&conditions, 1, &leg), Ok(Usd(usd(1_000))));
        conditions.quotes.get_mut(&1).unwrap().range = WAD / 10;
        assert_eq!(linear_margin(&conditions, 1, &leg), Ok(Usd(usd(2_000))));
    }
}
