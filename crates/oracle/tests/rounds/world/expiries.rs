//! Settlements and surfaces of volatility: at what options are valued, settled and forbidden.

use oracle::{Expiry, NotDistrusted, NotOpened, Quoted, Stage, Surface, SurfaceRefusal, WAD};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use risk::options::black::Kind;
use risk::options::settlement::Counted;
use ruint::aliases::U512;

use super::World;
use crate::reference::Reference;
use crate::steps::expiry;

impl World<'_> {
    pub(super) fn open_settlement(&mut self, expiry: u64) -> TestCaseResult {
        let (before, now) = (self.guard.clone(), self.now);
        let counted = before.settlement;
        let ahead = expiry > now && expiry - now <= 86_400;
        let over = before.settlement.expiry == 0 || counted.is_complete();
        match self.guard.open_settlement(expiry, now) {
            Ok(()) => {
                let missed = expiry <= now
                    && before.surfaces.contains_key(&expiry)
                    && !before.settled.contains_key(&expiry);
                let early = now + u64::from(before.parameters.settlement_window) <= counted.from;
                prop_assert!(ahead || missed, "opened {expiry} at {now}");
                prop_assert!(
                    over || (missed && early),
                    "opened while another one was counted"
                );
                prop_assert_ne!(expiry, before.settlement.expiry);
                if counted.is_complete() {
                    prop_assert_eq!(
                        self.guard.settled.get(&counted.expiry),
                        Some(&counted.price)
                    );
                    self.reach("settlements complete");
                }
                let opened = self.guard.settlement;
                prop_assert_eq!((opened.expiry, opened.counted), (expiry, 0));
                prop_assert!(
                    opened.from >= now && opened.from + u64::from(opened.window) >= expiry
                );
                self.counts = 0;
            }
            Err(NotOpened::Running) => prop_assert!(!over),
            Err(NotOpened::InvalidExpiry) => {
                prop_assert!(!ahead || expiry == before.settlement.expiry);
            }
        }
        self.check_settlement()
    }

    /// The settlement is the mean of the trusted seconds of its window, and of no others, to a unit for each observation.
    pub(super) fn check_settlement(&self) -> TestCaseResult {
        let settlement = self.guard.settlement;
        let window = settlement.window.into();
        let (sum, counted) = Reference::sum_of(&self.trusted, settlement.from, window);
        prop_assert_eq!(u64::from(settlement.counted), counted);
        prop_assert_eq!(
            settlement.is_complete(),
            settlement.expiry != 0 && counted == u64::from(settlement.window)
        );
        if counted > 0 {
            let mean: u128 = (sum / U512::from(counted)).to();
            let error = settlement.price.abs_diff(mean);
            prop_assert!(
                error <= self.counts + 2,
                "{} is not {mean}",
                settlement.price
            );
        }
        Ok(())
    }

    /// What has settled once, for anybody who looked, stays as it was.
    pub(super) fn check_finals(&mut self) -> TestCaseResult {
        let times: Vec<u64> = self.guard.settled.keys().copied().collect();
        for time in times.into_iter().chain([self.guard.settlement.expiry]) {
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
                let forward = self.guard.price().mark;
                for strike in [forward / 2, forward, forward * 3 / 2] {
                    let [was, is] = [last, next].map(|quoted| {
                        let expiry =
                            Expiry::ahead(forward, Counted::default(), expiry, quoted, now);
                        expiry.quote(Kind::Call, strike).volatility
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
            let strike = self.truth / 100 * percent;
            let [was, is] = [last, next].map(|quoted| quoted.volatility(strike, self.truth));
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
                let kept = quoted.volatility(self.truth, quoted.distrusted_at);
                let found = at.quote(Kind::Call, self.truth).volatility;
                let whole = at.counted.share.0 == 0;
                prop_assert!(!whole || found == u64::from(kept) * (WAD / 1_000_000));
            }
            self.check_value(&at, time)?;
        }
        Ok(())
    }

    /// What is left to move of options is at the mark, what is not at a mean of trusted marks; what is settled is at such a mean.
    fn check_value(&self, at: &Expiry, time: u64) -> TestCaseResult {
        let (mark, last) = (self.reference.mark(), self.guard.settlement);
        let (share, average) = (at.counted.share.0, at.counted.average.0);
        if at.is_final() {
            prop_assert_eq!(share, 0);
            return self.check_mean(at.price);
        }
        prop_assert_eq!(at.price, mark);
        if last.expiry != time || last.counted == 0 {
            prop_assert_eq!(share, 0);
            return Ok(());
        }
        let (counted, window) = (u128::from(last.counted), u128::from(last.window));
        prop_assert_eq!(share, counted * u128::from(WAD) / window);
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
