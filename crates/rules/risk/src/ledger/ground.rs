//! Why an account may be deleveraged: asked here, and nowhere else.

use super::Ledger;
use crate::rules::deleveraging::is_near_debt;
use crate::{Account, Ground, Health, Positions, Result, Store, Usd};

impl Ground {
    /// Why a settled account, its clock moved, may be deleveraged; none of one that may not. `joined` works out the maintenance margin,
    /// now, of the sizes that its legs had when they joined: an account in ill health whose equity would cover that is ill because of
    /// cuts. It is asked for only then.
    ///
    /// # Errors
    /// [`Error::Overflow`](crate::Error::Overflow).
    pub fn of(
        account: &Account,
        health: &Health,
        joined: impl FnOnce() -> Result<Usd>,
    ) -> Result<Option<Self>> {
        Ok(if account.in_debt() {
            Some(Self::Debt)
        } else if health.is_healthy() {
            None
        } else if health.equity >= joined()? {
            Some(Self::Cut)
        } else if is_near_debt(health, account.clock)? {
            Some(Self::Margin)
        } else {
            None
        })
    }
}

impl<S: Store> Ledger<'_, S> {
    /// The [ground](Ground::of) of an account whose `positions`, once settled, have this health. Those at joining are compared with
    /// them before their margin is asked for, which may take a call of the engine.
    ///
    /// # Errors
    /// [`Error::Overflow`](crate::Error::Overflow).
    pub fn ground(
        &self,
        id: S::AccountId,
        account: &Account,
        positions: &Positions,
        health: &Health,
    ) -> Result<Option<Ground>> {
        Ground::of(account, health, || {
            let joined = self.positions_at_joining(id, &account.legs)?;
            if joined.iter().eq(positions.iter()) {
                return Ok(health.maintenance);
            }
            self.maintenance(&joined)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, WAD};

    fn usd(dollars: i128) -> Usd {
        Usd(dollars * WAD as i128)
    }

    /// Of an account with a margin of 100, and of `joined` at its sizes at joining.
    fn ground(equity: i128, unhealthy: u16, joined: i128) -> Option<Ground> {
        let account = Account {
            pnl: usd(equity),
            clock: Clock { seen: 1, unhealthy },
            ..Account::default()
        };
        let health = Health {
            equity: usd(equity),
            maintenance: usd(100),
        };
        Ground::of(&account, &health, || Ok(usd(joined))).unwrap()
    }

    #[test]
    fn an_account_is_deleveraged_in_debt_or_long_near_it_or_where_cuts_made_it_ill() {
        assert_eq!(ground(-1, 0, 100), Some(Ground::Debt));
        assert_eq!(ground(-1, 0, 0), Some(Ground::Debt));
        assert_eq!(ground(99, 0, 99), Some(Ground::Cut));
        assert_eq!(ground(10, 500, 10), Some(Ground::Cut));
        assert_eq!(ground(100, 500, 0), None, "it is not ill");
        assert_eq!(ground(99, 500, 100), None, "it would be ill anyway");
        assert_eq!(ground(99, 0, 150), None);
        assert_eq!(ground(20, 120, 100), None);
        assert_eq!(ground(19, 119, 100), None);
        assert_eq!(ground(19, 120, 100), Some(Ground::Margin));
        assert_eq!(ground(0, 120, 100), Some(Ground::Margin));
    }

    #[test]
    fn health_and_clock_show_every_ground_but_that_of_cuts() {
        let seen = |equity, unhealthy| {
            let health = Health {
                equity,
                maintenance: usd(100),
            };
            Ground::seen(&health, Clock { seen: 1, unhealthy }).unwrap()
        };
        for equity in [-1, 0, 19, 20, 99, 100] {
            for unhealthy in [0, 119, 120, 500] {
                assert_eq!(
                    seen(usd(equity), unhealthy),
                    ground(equity, unhealthy, 1_000),
                    "{equity} {unhealthy}"
                );
            }
        }
        assert_eq!(seen(Usd(usd(20).0 - 1), 120), Some(Ground::Margin));
        assert_eq!(seen(Usd(-1), 0), Some(Ground::Debt));
        assert_eq!(seen(usd(99), 500), None, "a cut does not show");
    }

    #[test]
    fn the_margin_at_joining_is_asked_for_only_of_an_account_in_ill_health() {
        let never = || panic!("that takes a call of the engine");
        for pnl in [usd(-1), usd(100)] {
            let (equity, maintenance) = (pnl, usd(100));
            let account = Account {
                pnl,
                ..Account::default()
            };
            let health = Health {
                equity,
                maintenance,
            };
            let ground = Ground::of(&account, &health, never).unwrap();
            assert_eq!(ground.is_some(), pnl < Usd::ZERO);
        }
    }
}
