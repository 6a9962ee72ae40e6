//! Settlements and surfaces of volatility: at what options are valued, settled and forbidden.

use oracle::{Expiry, Forward, Mark, NotDistrusted, Quoted, Stage, Surface, SurfaceRefusal, WAD};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use risk::Price;
use risk::options::black::Kind;
use risk::options::settlement::Counted;
use ruint::aliases::U512;

use super::World;
use crate::reference::Reference;
use crate::steps::expiry;

impl World<'_> {
    /// Every day that has ended has the price of the design, or none by the design; and what is counted of the one that waits or is
    /// under way is what was trusted.
    pub(super) fn check_settlements(&self) -> TestCaseResult {
        let Some(start) = self.started else {
            return Ok(());
        };
        // A window that is set holds from the day after the one under way.
        let window = |end: u64| {
            let known = self.windows.iter().rev();
            let mut set = known.filter(|&&(time, _)| expiry(0, time) < end || time == 0);
            u64::from(set.next().unwrap().1)
        };
        let (days, (sum, secs)) = Reference::days(&self.trusted, start, self.now, window);
        let mut end = expiry(0, start);
        for day in &days {
            prop_assert_eq!(day.end, end);
            prop_assert_eq!(
                self.guard.settled(end).map(|price| price.0),
                Some(day.price),
                "{:?}",
                day
            );
            if !day.made_up {
                self.reach("days settled");
            } else if day.joined {
                self.reach("days that joined another");
            } else {
                self.reach("days that were made up");
            }
            end += 86_400;
        }
        prop_assert_eq!(self.guard.settled(end), None);
        let settlements = &self.guard.settlements;
        prop_assert_eq!(
            settlements.pending.map(|one| one.first),
            (end <= self.now).then_some(end)
        );
        let counted = settlements.pending.map_or(settlements.day, |one| one.sums);
        prop_assert_eq!(
            (U512::from(counted.sum), u64::from(counted.secs)),
            (sum, secs)
        );
        Ok(())
    }

    /// What has settled once, for anybody who looked, stays as it was.
    pub(super) fn check_finals(&mut self) -> TestCaseResult {
        let ends = self
            .guard
            .settled
            .iter()
            .flat_map(|(&last, &(first, _))| [first, last]);
        let times: Vec<u64> = ends.collect();
        for time in times {
            let at = self.guard.expiry(time, self.now);
            let known = self.finals.get(&time).copied();
            if at.is_final() {
                prop_assert!(known.is_none_or(|price| price == at.price), "settled twice");
                self.finals.insert(time, at.price);
            } else {
                prop_assert!(known.is_none(), "what was settled is no longer");
            }
        }
        Ok(())
    }

    pub(super) fn quote(&mut self, expiry: u64, surface: Surface) -> TestCaseResult {
        let last = self.guard.surfaces.get(&expiry).copied();
        match self.guard.set_surface(expiry, surface, self.now) {
            Ok(()) => {
                self.reach("surfaces");
                let next = self.guard.surfaces[&expiry];
                prop_assert!(expiry > self.now);
                prop_assert_eq!((next.surface, next.updated_at), (surface, self.now));
                if let Some(last) = last {
                    prop_assert!(!last.is_distrusted(self.now), "updated while distrusted");
                    prop_assert_eq!(next.distrust, last.distrust);
                    prop_assert!(
                        self.now >= last.updated_at + u64::from(self.guard.limits.min_interval)
                    );
                    self.check_step(&last, &next)?;
                }
            }
            Err(refusal) => {
                if let SurfaceRefusal::StepTooLarge { .. } = refusal {
                    self.reach("surfaces refused for their step");
                }
                if let SurfaceRefusal::Distrusted { until } = refusal {
                    self.reach("surfaces refused for being distrusted");
                    prop_assert!(self.now < until);
                }
                prop_assert_eq!(self.guard.surfaces.get(&expiry).copied(), last);
            }
        }
        Ok(())
    }

    pub(super) fn distrust(&mut self, expiry: u64, secs: u32) -> TestCaseResult {
        let now = self.now;
        let last = self.guard.surfaces.get(&expiry).copied();
        match (self.guard.distrust(expiry, secs, now), last) {
            (Ok(()), Some(last)) => {
                self.reach("surfaces distrusted");
                let next = self.guard.surfaces[&expiry];
                prop_assert_eq!(
                    (next.surface, next.updated_at),
                    (last.surface, last.updated_at)
                );
                prop_assert!(next.is_distrusted(now) && !next.is_distrusted(expiry));
                prop_assert!(next.distrust.until >= last.distrust.until);
                let Mark(forward) = self.guard.price().mark;
                for strike in [forward / 2, forward, forward * 3 / 2] {
                    let [was, is] = [last, next].map(|quoted| {
                        let expiry =
                            Expiry::ahead(Mark(forward), Counted::default(), expiry, quoted, now);
                        expiry.quote(Kind::Call, Price(strike)).volatility
                    });
                    prop_assert_eq!(was, is, "an option did not keep its volatility");
                }
            }
            (Ok(()), None) => prop_assert!(false, "there was nothing to distrust"),
            (Err(NotDistrusted::NoSurface), last) => {
                prop_assert!(last.is_none() || expiry <= now);
            }
            (Err(NotDistrusted::Spell(_)), Some(last)) => {
                let left = last.distrust.allowance(now);
                prop_assert!(secs == 0 || secs > left || last.is_distrusted(now));
            }
            (Err(NotDistrusted::Spell(_)), None) => prop_assert!(false, "of no surface"),
        }
        Ok(())
    }

    /// Of no strike does one update change the volatility by more than the largest step, or take it beyond the limits.
    fn check_step(&self, last: &Quoted, next: &Quoted) -> TestCaseResult {
        let millionth = WAD / 1_000_000;
        let limits = self.guard.limits;
        for percent in [1, 36, 50, 80, 95, 100, 104, 130, 200, 271, 10_000] {
            let (strike, forward) = (Price(self.truth / 100 * percent), Forward(self.truth));
            let [was, is] = [last, next].map(|quoted| quoted.volatility(strike, forward));
            // Each is wrong by at most one.
            let step = u64::from(was.abs_diff(is)).saturating_sub(2) * millionth;
            prop_assert!(step <= limits.max_step, "{was} -> {is} at {percent} %");
            let volatility = u64::from(is) * millionth;
            prop_assert!((limits.min_volatility..=limits.max_volatility).contains(&volatility));
        }
        Ok(())
    }

    /// What options are valued at, and what may be done with them: before the expiry as with the asset, or less; a frozen asset
    /// moves nothing that is not settled.
    pub(super) fn check_options(&self, blocked: u16, now: u64) -> TestCaseResult {
        let known = self.guard.surfaces.keys().copied();
        for time in known.chain([expiry(0, now), expiry(-1, now)]) {
            let at: Expiry = self.guard.expiry(time, now);
            let quoted = self.guard.surfaces.get(&time);
            let distrusted = quoted.is_some_and(|quoted| now < quoted.distrust.until);
            let fresh = quoted
                .is_some_and(|quoted| now < quoted.updated_at + u64::from(quoted.stale_after));
            let expected = match at.stage {
                Stage::Settled => 3,
                Stage::Settling => blocked | 3,
                Stage::Ahead { .. } if distrusted => blocked | 8 | 16 | 128,
                Stage::Ahead { .. } if fresh => blocked,
                Stage::Ahead { .. } if quoted.is_some() => blocked | 1,
                Stage::Ahead { .. } => blocked | 63,
            };
            prop_assert_eq!(at.blocked(blocked), expected);
            prop_assert_eq!(matches!(at.stage, Stage::Ahead { .. }), now < time);
            if let Some(quoted) = quoted.filter(|_| distrusted && now < time) {
                prop_assert!(now < time && quoted.distrust.used <= 72 * 3_600);
                let strike = Price(self.truth);
                let kept = quoted.volatility(strike, quoted.distrusted_at.into());
                let found = at.quote(Kind::Call, strike).volatility;
                let whole = at.counted.share.0 == 0;
                prop_assert!(!whole || found == u64::from(kept) * (WAD / 1_000_000));
            }
            self.check_value(&at)?;
        }
        Ok(())
    }

    /// What is left to move of options is at the mark, what is not at a mean of trusted marks; what is settled is at such a mean.
    fn check_value(&self, at: &Expiry) -> TestCaseResult {
        let mark = self.reference.mark();
        let (share, average) = (at.counted.share.0, at.counted.average.0);
        if at.is_final() {
            prop_assert_eq!(share, 0);
            return self.check_mean(at.price.0);
        }
        prop_assert_eq!(at.price.0, mark);
        if share == 0 {
            return Ok(());
        }
        prop_assert!(share < WAD.into(), "all is counted, and not final");
        self.reach("options that are being settled");
        self.check_mean(average)
    }

    fn check_mean(&self, mean: u128) -> TestCaseResult {
        let marks = || self.trusted.iter().map(|&(_, _, price)| price);
        let (least, most) = (marks().min().unwrap(), marks().max().unwrap());
        prop_assert!(
            (least..=most).contains(&mean),
            "settled at {mean} without a mark there"
        );
        Ok(())
    }
}
