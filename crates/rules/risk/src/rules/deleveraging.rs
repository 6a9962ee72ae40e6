//! When an account may be closed against the opposite side of its markets, how much of it, and how a closing that one call
//! does not finish goes on. Pure decisions; the ledger applies them.

use super::liquidation::share_to_target;
use crate::{Clock, Health, Legs, Ratio, Result, Usd, WAD, math};

/// Maintenance margin / equity above which an account may be deleveraged before it is in debt.
const DELEVERAGE_BELOW: Ratio = Ratio(5 * WAD);
/// Seconds on its clock from which it may be.
const DELEVERAGE_AFTER: u16 = 120;
/// Seconds for which a closing goes on as it was decided.
const VALID_FOR: u64 = 3_600;

/// Why an account may be deleveraged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// It is in debt: everything is closed.
    Debt,
    /// It is below maintenance margin because cuts of others' took what hedged it.
    Cut,
    /// Its equity is below a fifth of maintenance margin, and has been in ill health for two minutes.
    Margin,
}

impl Ground {
    /// As much of [why](crate::Ledger::ground) an account may be deleveraged as shows in its health and clock: what bots go by,
    /// whom nobody tells what cuts have taken. An account is in debt where its equity is below zero, for a loss takes capital
    /// first.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn seen(health: &Health, clock: Clock) -> Result<Option<Self>> {
        Ok(if health.equity < Usd::ZERO {
            Some(Self::Debt)
        } else if !health.is_healthy() && is_near_debt(health, clock)? {
            Some(Self::Margin)
        } else {
            None
        })
    }
}

/// Whether an account in ill health is so near debt, and has been ill for so long, that it may be closed before it owes: equity
/// below a fifth of maintenance margin, and two minutes on its clock.
///
/// # Errors
/// [`Error::Overflow`].
pub(crate) fn is_near_debt(health: &Health, clock: Clock) -> Result<bool> {
    Ok(
        health.equity.times_up(DELEVERAGE_BELOW)? < health.maintenance
            && clock.unhealthy >= DELEVERAGE_AFTER,
    )
}

/// What a deleveraging closes: decided once, and kept in one slot if a call does not finish it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// Share of every leg.
    pub share: Ratio,
    /// Penalty, a share of what the closed legs [count for](crate::Store::weight); a multiple of 1e-9, below 1.08.
    pub rate: Ratio,
    /// Time of the decision, seconds.
    pub started: u32,
    /// Instruments whose legs are still to be closed.
    pub remaining: Legs,
}

impl Closing {
    /// WAD units of a penalty rate: 1e-9.
    pub const RATE_UNIT: u128 = 1_000_000_000;
    /// Largest penalty rate, in these units: 30 bits.
    pub const MAX_RATE: u128 = (1 << 30) - 1;

    /// Decides what to close of the `legs` that can be cut, whose maintenance margin is `movable` and which one by one count
    /// for `weights`: everything of an account in debt, or of one that is `dust`; of another the share that a liquidation
    /// would take. Only ill health that prices have caused is charged for, at `rate` of the margin: a cut or a debt is not.
    /// The penalty never exceeds equity, up to 1e-9 of the weights.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn decide(
        ground: Ground,
        health: &Health,
        (legs, movable, weights): (&Legs, Usd, Usd),
        rate: Ratio,
        dust: bool,
        now: u64,
    ) -> Result<Self> {
        let rate = match ground {
            Ground::Debt | Ground::Cut => Ratio::ZERO,
            Ground::Margin => rate,
        };
        let share = if ground == Ground::Debt || dust {
            Ratio::ONE
        } else {
            share_to_target(health, movable, rate)?
        };
        Ok(Self {
            share,
            rate: affordable(health.equity, (movable, weights), rate)?,
            started: u32::try_from(now).unwrap_or(u32::MAX),
            remaining: *legs,
        })
    }

    /// What is left to close after a liquidation has taken a share of every leg: so much that a leg ends where it would have
    /// without that, or where the liquidation has left it if that is less. Rounded down.
    ///
    /// # Errors
    /// [`Error::Overflow`] if `taken` is above one.
    pub fn less(&self, taken: Ratio) -> Result<Self> {
        let left = Ratio::ONE.minus(taken)?;
        let share = if self.share <= taken {
            Ratio::ZERO
        } else {
            // `left` is above zero, for the share is at most one.
            Ratio(math::mul_div_down(self.share.minus(taken)?.0, WAD, left.0)?)
        };
        Ok(Self { share, ..*self })
    }

    /// Whether it still holds at `now`: for an hour.
    #[must_use]
    pub const fn is_valid(&self, now: u64) -> bool {
        now <= self.started as u64 + VALID_FOR
    }

    /// Penalty for a part that was closed, from what it counted for, rounded up.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn penalty(&self, weight: Usd) -> Result<Usd> {
        weight.times_up(self.rate)
    }
}

/// The rate of the weights at which all that is movable costs `rate` of its margin, at most the equity; rounded up to a multiple
/// of 1e-9.
fn affordable(equity: Usd, (movable, weights): (Usd, Usd), rate: Ratio) -> Result<Ratio> {
    let weights = math::unsigned(weights.0)?;
    if weights == 0 {
        return Ok(Ratio::ZERO);
    }
    let equity = math::unsigned(equity.or_zero().0)?;
    let all = math::checked_mul_div_up(equity, WAD, weights).unwrap_or(u128::MAX);
    let rate = math::checked_mul_div_up(rate.0, math::unsigned(movable.0)?, weights);
    let units = rate
        .unwrap_or(u128::MAX)
        .min(all)
        .div_ceil(Closing::RATE_UNIT);
    Ok(Ratio(units.min(Closing::MAX_RATE) * Closing::RATE_UNIT))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Error;

    const DOLLAR: i128 = WAD as i128;

    fn usd(dollars: i128) -> Usd {
        Usd(dollars * DOLLAR)
    }

    fn percent(share: u128) -> Ratio {
        Ratio(share * WAD / 100)
    }

    fn legs(count: u8) -> Legs {
        let mut legs = Legs::default();
        for id in 0..count {
            legs.push(200 - id).unwrap();
        }
        legs
    }

    fn decide(ground: Ground, equity: i128, rate: Ratio, dust: bool) -> Closing {
        let health = Health {
            equity: usd(equity),
            maintenance: usd(100),
        };
        let margins = (&legs(2), usd(100), usd(100));
        Closing::decide(ground, &health, margins, rate, dust, 7).unwrap()
    }

    #[test]
    fn a_debt_closes_everything_without_penalty() {
        let closing = decide(Ground::Debt, -50, percent(40), false);
        assert_eq!((closing.share, closing.rate), (Ratio::ONE, Ratio::ZERO));
        assert_eq!(closing.remaining, legs(2));
    }

    #[test]
    fn ill_health_after_a_cut_closes_the_share_that_restores_health_without_penalty() {
        // (125 - 75) / 125
        let closing = decide(Ground::Cut, 75, percent(40), false);
        assert_eq!((closing.share, closing.rate), (percent(40), Ratio::ZERO));
    }

    #[test]
    fn ill_health_near_debt_pays_at_most_its_equity() {
        // (125 - 15) / (125 - 10) of margin, at a tenth of it.
        let closing = decide(Ground::Margin, 15, percent(10), false);
        assert_eq!(closing.share, Ratio(110 * WAD / 115 + 1));
        assert_eq!(closing.rate, percent(10));
        assert_eq!(closing.penalty(usd(30)), Ok(usd(3)));
        // All equity is owed: everything goes, and costs what there is.
        let closing = decide(Ground::Margin, 15, percent(60), false);
        assert_eq!((closing.share, closing.rate), (Ratio::ONE, percent(15)));
        assert_eq!(closing.penalty(usd(100)), Ok(usd(15)));
        let closing = decide(Ground::Margin, 15, percent(10), true);
        assert_eq!(closing.share, Ratio::ONE);
    }

    /// 30 of margin, of legs that count for 100 one by one; and 300 of margin, of legs that count for less.
    #[test]
    fn a_penalty_of_the_margin_is_spread_over_what_legs_count_for() {
        let health = Health {
            equity: usd(20),
            maintenance: usd(300),
        };
        let rate = |movable, weights, rate| {
            let margins = (&legs(2), usd(movable), usd(weights));
            let closing = Closing::decide(Ground::Margin, &health, margins, rate, true, 7);
            closing.unwrap().rate
        };
        assert_eq!(rate(30, 100, percent(10)), percent(3));
        assert_eq!(rate(300, 100, percent(5)), percent(15));
        assert_eq!(rate(300, 100, percent(10)), percent(20), "all equity");
        assert_eq!(
            rate(1, 3, percent(1)).0,
            3_333_334 * Closing::RATE_UNIT,
            "rounded up"
        );
        assert_eq!(rate(30, 0, percent(10)), Ratio::ZERO, "nothing counts");
        let most = rate(300, 1, percent(100));
        assert_eq!(
            most.0,
            Closing::MAX_RATE * Closing::RATE_UNIT,
            "what fits its word"
        );
    }

    #[test]
    fn a_liquidation_takes_its_share_off_what_is_left_to_close() {
        let closing = decide(Ground::Cut, 75, percent(40), false);
        assert_eq!(closing.share, percent(40));
        // 100 - 20 = 80, of which a quarter is left to close: 60, as without it.
        assert_eq!(closing.less(percent(20)).unwrap().share, percent(25));
        assert_eq!(
            closing.less(Ratio(1)).unwrap().share,
            Ratio(percent(40).0 - 1)
        );
        for all in [percent(40), percent(70), Ratio::ONE] {
            assert_eq!(closing.less(all).unwrap().share, Ratio::ZERO);
        }
        let debt = decide(Ground::Debt, -50, Ratio::ZERO, false);
        assert_eq!(debt.less(percent(99)).unwrap().share, Ratio::ONE);
        assert_eq!(debt.less(Ratio(WAD + 1)), Err(Error::Overflow));
        let same = closing.less(percent(20)).unwrap();
        assert_eq!(
            (same.remaining, same.started),
            (closing.remaining, closing.started)
        );
    }

    #[test]
    fn a_closing_holds_for_an_hour() {
        let closing = decide(Ground::Debt, -50, Ratio::ZERO, false);
        assert!(closing.is_valid(7) && closing.is_valid(3_607));
        assert!(!closing.is_valid(3_608));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_penalty_of_all_legs_takes_at_most_the_equity_and_one_unit_of_its_rate(
            equity in 0_i128..1_000_000 * DOLLAR, margins in prop::collection::vec(1_i128..1_000_000 * DOLLAR, 1..16),
            rate in 0..=WAD,
        ) {
            let margin = Usd(margins.iter().sum());
            prop_assume!(equity < margin.0);
            let health = Health { equity: Usd(equity), maintenance: margin };
            let legs = (&legs(1), margin, margin);
            let closing = Closing::decide(Ground::Margin, &health, legs, Ratio(rate), false, 0).unwrap();
            let paid: i128 = margins.iter().map(|&margin| closing.penalty(Usd(margin)).unwrap().0).sum();
            prop_assert!(paid <= equity + margin.0 / 1_000_000_000 + 16, "{paid} of {equity}");
            prop_assert!(closing.share <= Ratio::ONE);
        }
    }
}
