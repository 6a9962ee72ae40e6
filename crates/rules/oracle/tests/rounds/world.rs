//! One asset through the guard and the reference at once: after every step they agree, and what must hold does.

mod expiries;

use std::cell::RefCell;
use std::collections::BTreeMap;

use oracle::{Forward, Mark, Parameters, Round, SpellRefusal, Status, Tier, TripRefusal};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use ruint::aliases::U512;

use crate::guard::{Guard, Uptime};
use crate::reference::{self, Reference, Source, TRIP_ALLOWANCE, Trust, forbidden};
use crate::steps::{self, Heard, Limits, Said, Step, expiry};

/// What was reached, and how often.
pub type Reached = BTreeMap<&'static str, u64>;

#[derive(Clone)]
pub struct World<'a> {
    guard: Guard,
    reference: Reference,
    sources: Vec<Source>,
    rounds: [Option<Round>; 2],
    /// Feeds that do not answer now.
    silent: [bool; 2],
    truth: u128,
    /// Whether the sequencer is up by what the uptime feed says, and since when it says the same.
    up: bool,
    up_since: u64,
    uptime: Uptime,
    /// Whether it was up, and since when it was that, as the last poke of any asset has found.
    found: (bool, u64),
    /// From when until when there was a trusted mark, and which.
    trusted: Vec<(u64, u64, u128)>,
    /// Every settlement that was final for somebody who looked, and its price.
    finals: BTreeMap<u64, Forward>,
    /// When somebody looked first.
    started: Option<u64>,
    /// Changes of the settlement window: when, and to what; the first from the start.
    windows: Vec<(u64, u32)>,
    now: u64,
    /// Whether this only tries what would be if.
    tries: bool,
    reached: &'a RefCell<Reached>,
}

impl<'a> World<'a> {
    pub fn new(truth: u128, limits: &[Limits], start: u64, reached: &'a RefCell<Reached>) -> Self {
        Self {
            guard: Guard::new(),
            reference: Reference::new(),
            sources: limits.iter().map(|limits| limits.around(truth)).collect(),
            rounds: [None; 2],
            silent: [false; 2],
            truth,
            up: true,
            up_since: 1,
            uptime: answer(0, 1),
            found: (true, 0),
            trusted: Vec::new(),
            finals: BTreeMap::new(),
            started: None,
            windows: vec![(0, Parameters::DEFAULT.settlement_window)],
            now: start,
            tries: false,
            reached,
        }
    }

    pub fn reach(&self, landmark: &'static str) {
        if self.tries {
            return;
        }
        *self.reached.borrow_mut().entry(landmark).or_default() += 1;
    }

    pub fn take(&mut self, step: &Step) -> TestCaseResult {
        match step {
            Step::Poke { secs, drift, heard } => {
                self.now += secs;
                self.drift(*drift);
                self.hear(heard);
                self.poke()?;
            }
            Step::Operate { secs, drift, heard } => {
                self.now += secs;
                self.drift(*drift);
                self.hear(heard);
                self.operate()?;
            }
            Step::Wait(secs) => self.now += secs,
            Step::Sequencer(said) => self.hear_of_sequencer(*said),
            Step::PokeAnother => {
                self.guard.look_at_sequencer(&self.uptime, self.now);
                self.find_sequencer();
            }
            Step::Trip(tier, secs) => {
                self.poke()?;
                self.trip(steps::tier(*tier), *secs)?;
            }
            Step::Parameters(parameters, rate) => self.set_parameters(parameters, *rate)?,
            Step::Configure(limits) => {
                self.sources = limits
                    .iter()
                    .map(|limits| limits.around(self.truth))
                    .collect();
                self.guard.configure();
                self.reference.reconfigured();
                self.reach("other sources");
            }
            Step::Quote(days, surface) => self.quote(expiry(*days, self.now), *surface)?,
            Step::Distrust(days, secs) => self.distrust(expiry(*days, self.now), *secs)?,
        }
        self.check_finals()?;
        self.check_readers()
    }

    /// The true price stays where a price can be.
    fn drift(&mut self, points: i32) {
        let truth = self.truth / 10_000 * (10_000 + i128::from(points)).cast_unsigned();
        self.truth = truth.clamp(1_000_000, 1 << 94);
    }

    // ---- the sequencer

    fn hear_of_sequencer(&mut self, said: Said) {
        if !self.up && matches!(said, Said::Up) {
            self.up_since = self.now;
            self.reach("outages");
        }
        self.up = matches!(said, Said::Up);
        self.uptime = match said {
            Said::Up => answer(0, self.up_since),
            Said::Down => answer(1, self.now),
            Said::Nothing => None,
            Said::Garbage(word) => answer(2 | word, word),
        };
    }

    /// Somebody poked: an outage begins when it is found, and ends when the feed says.
    fn find_sequencer(&mut self) {
        self.found = match (self.found, self.up) {
            (_, true) => (true, self.up_since),
            ((false, since), false) => (false, since),
            ((true, _), false) => (false, self.now),
        };
    }

    // ---- pokes

    /// What the feeds answer from now on.
    fn hear(&mut self, heard: &[Heard; 2]) {
        for (k, source) in self.sources.iter().enumerate() {
            self.silent[k] = matches!(heard[k], Heard::Nothing);
            if !self.silent[k] {
                self.rounds[k] = heard[k].round(source, self.rounds[k], self.truth, self.now);
            }
        }
    }

    fn answers(&self) -> Vec<Option<Round>> {
        let answer = |k: usize| self.rounds[k].filter(|_| !self.silent[k]);
        (0..self.sources.len()).map(answer).collect()
    }

    /// An operation that asks for fresh marks: it is told what a poke followed by a read would tell it, and what it has observed is
    /// kept if, and only if, it is news.
    fn operate(&mut self) -> TestCaseResult {
        let (before, mut poked) = (self.guard.clone(), self.clone());
        poked.tries = true;
        poked.poke()?;
        let (told, kept) =
            self.guard
                .operate(&self.sources, &self.answers(), &self.uptime, self.now);
        prop_assert_eq!(told, poked.guard.told(self.now));
        let changes = poked.reference.differs_from(&self.reference);
        let interrupted = poked.found.1 > self.reference.observed;
        let completes = poked.guard.settled != before.settled;
        prop_assert_eq!(kept, changes || interrupted || completes);
        if kept {
            self.reach("operations that keep news");
            prop_assert_eq!(&self.guard, &poked.guard);
            poked.tries = self.tries;
            *self = poked;
        } else {
            self.reach("operations without news");
            if self.now > self.reference.observed {
                self.reach("operations without news after a while");
            }
            self.find_sequencer();
            let sequencer = self.guard.sequencer;
            let same = Guard {
                sequencer,
                ..before
            };
            prop_assert_eq!(&self.guard, &same, "something was stored without news");
        }
        Ok(())
    }

    fn poke(&mut self) -> TestCaseResult {
        self.reach("pokes");
        let (now, answers) = (self.now, self.answers());
        let seen: Vec<_> = (0..self.sources.len())
            .map(|k| self.sources[k].judge(answers[k].as_ref(), now))
            .collect();
        let before = self.guard.clone();
        let cause = self.guard.poke(&self.sources, &answers, &self.uptime, now);
        self.find_sequencer();
        self.started = self.started.or(Some(now));
        let (up, changed) = self.found;
        self.trusted
            .extend(self.reference.trusted_span(changed, now));

        let parameters = self.guard.parameters;
        let price = self.guard.asset.price;
        let (least, most) = self
            .reference
            .stable_at(now, self.guard.ranges.stable_price_rate);
        let rate = self.guard.ranges.stable_price_rate;
        let stable = before.asset.price.stable_at(now, rate).0;
        prop_assert!(
            (least..=most).contains(&stable),
            "{stable} is not from {least} to {most}"
        );
        let expected = self
            .reference
            .expect(&seen, !up, &parameters, rate, stable, now);
        prop_assert_eq!(price.mark.0, expected.mark);
        prop_assert_eq!(trust(price.status), expected.trust);
        prop_assert_eq!(
            (price.updated_at, price.valid_until),
            (expected.updated, expected.expires)
        );
        prop_assert_eq!(price.observed_at, now);
        prop_assert!((expected.stable.0..=expected.stable.1).contains(&price.stable.0));
        let stance = reference::Stance {
            tier: price.tier as u8,
            calm_since: self.guard.asset.calm_since,
            cause,
        };
        prop_assert!(
            expected.stances.contains(&stance),
            "{stance:?} is not in {expected:?}"
        );
        self.check_mark(&before, &seen)?;
        self.check_tier(&before, &seen)?;
        if expected.stances.len() > 1 {
            self.reach("moves at a threshold, to what the mean may be off by");
        }
        self.landmarks(&before, &seen, &expected);
        self.reference.adopt(
            &seen,
            &expected,
            price.stable.0,
            stance,
            parameters.mean_window,
            now,
        );
        // What only tries what would be is not checked over the whole history.
        if self.tries {
            return Ok(());
        }
        self.check_settlements()
    }

    /// Said once more without the reference: where a mark may come from.
    fn check_mark(&self, before: &Guard, seen: &[Option<reference::Sighting>]) -> TestCaseResult {
        let (Mark(mark), Mark(last)) = (self.guard.asset.price.mark, before.asset.price.mark);
        let prices: Vec<u128> = seen.iter().flatten().map(|one| one.price).collect();
        match *prices {
            [] => prop_assert_eq!(mark, last, "a mark moved without a trusted source"),
            [_] | [_, _] if self.guard.asset.price.status == Status::Frozen => {
                prop_assert_eq!((mark, last), (0, 0), "a trusted source was ignored");
            }
            [only] if self.sources.len() == 1 => prop_assert_eq!(mark, only),
            [sole] => {
                let stable = self.guard.asset.price.stable.0;
                let bounded = wide(mark) * U512::from(10) >= wide(stable) * U512::from(9)
                    && wide(mark) * U512::from(10) <= wide(stable) * U512::from(11);
                prop_assert!(
                    bounded,
                    "a sole source took the mark to {mark} from {stable}"
                );
                prop_assert!(mark <= sole.max(stable) && mark >= sole.min(stable));
            }
            [one, two] => prop_assert!(mark >= one.min(two) && mark <= one.max(two)),
            _ => unreachable!("there are two sources at most"),
        }
        Ok(())
    }

    /// Said once more without the reference: an untrusted asset is halted, and a tier falls by one at a time, after calm.
    fn check_tier(&self, before: &Guard, seen: &[Option<reference::Sighting>]) -> TestCaseResult {
        let (asset, last) = (&self.guard.asset, &before.asset);
        let (tier, previous) = (asset.price.tier as u8, last.price.tier as u8);
        let halted = tier == 3;
        prop_assert!(halted || seen.iter().any(Option::is_some));
        prop_assert!(halted || self.up);
        prop_assert!(
            tier > 0 || seen.iter().all(Option::is_some),
            "one source is lost"
        );
        prop_assert!(tier + 1 >= previous, "a tier fell by {}", previous - tier);
        if tier < previous {
            let calm = self.now - last.calm_since;
            prop_assert!(last.calm_since != 0 && calm >= self.guard.parameters.calm_period.into());
        }
        Ok(())
    }

    fn landmarks(
        &self,
        before: &Guard,
        seen: &[Option<reference::Sighting>],
        expected: &reference::Expected,
    ) {
        let price = self.guard.asset.price;
        self.reach(match expected.trust {
            Trust::Frozen => "frozen",
            Trust::Agreeing => "agreeing",
            Trust::Diverged => "diverged",
            Trust::Sole => "sole",
        });
        let is_source = seen.iter().flatten().any(|one| one.price == price.mark.0);
        match expected.trust {
            Trust::Sole if !is_source => self.reach("a sole source clamped"),
            Trust::Diverged if !is_source => self.reach("a median that is the stable price"),
            _ => {}
        }
        if before.asset.price.mark == Mark::ZERO && price.mark != Mark::ZERO {
            self.reach("a first mark");
        }
        match (before.asset.price.tier as u8, price.tier as u8) {
            (from, 1) if from < 1 => self.reach("a rise to Caution"),
            (from, 2) if from < 2 => self.reach("a rise to Restricted"),
            (from, 3) if from < 3 => self.reach("a rise to Halted"),
            (from, to) if to < from => self.reach("a fall"),
            _ => {}
        }
    }

    fn set_parameters(&mut self, parameters: &Parameters, rate: u64) -> TestCaseResult {
        prop_assert!(parameters.is_within_bounds(), "{parameters:?}");
        self.guard.ranges.stable_price_rate = rate;
        prop_assert!(self.guard.ranges.is_within_bounds(), "{rate}");
        // Somebody looks at the days whose windows are known before they change.
        self.poke()?;
        let window = parameters.settlement_window;
        self.guard.windows = self.guard.windows.changed(window, self.now);
        self.windows.push((self.now, window));
        let before = self.guard.parameters.mean_window;
        if before != parameters.mean_window {
            self.reference
                .resized(before, parameters.mean_window, self.now);
        }
        self.guard.parameters = *parameters;
        Ok(())
    }

    // ---- the guardian

    fn trip(&mut self, tier: Tier, secs: u32) -> TestCaseResult {
        let (before, now) = (self.guard.clone(), self.now);
        let agreed = self.reference.agrees(self.found.1, now);
        match self.guard.raise(tier, secs, now) {
            Ok(()) => {
                self.reach("trips");
                if tier == Tier::Halted {
                    self.reach("trips to Halted");
                }
                prop_assert!(tier > before.tier(now), "a trip did not raise the tier");
                prop_assert!(
                    !agreed || tier <= Tier::Restricted,
                    "halted while the sources agree"
                );
                self.reference.tripped(now, now + u64::from(secs));
                for later in [
                    now,
                    now + 1,
                    before.trip.spell.until.max(now),
                    now + u64::from(secs) / 2,
                ] {
                    let lowered = self.guard.tier(later) < before.tier(later);
                    prop_assert!(!lowered, "a trip lowered the tier");
                }
                prop_assert_eq!(
                    self.guard.tier(now + u64::from(secs)),
                    self.untripped(now + u64::from(secs))
                );
            }
            Err(refusal) => {
                prop_assert!(
                    !(self.reference.may_trip(secs, now)
                        && tier > before.tier(now)
                        && !(agreed && tier == Tier::Halted)),
                    "refused: {refusal:?}"
                );
                if let TripRefusal::Spell(SpellRefusal::AllowanceExceeded { left }) = refusal {
                    self.reach("trips refused for their allowance");
                    prop_assert!(left < secs);
                }
                prop_assert_eq!(self.guard.trip, before.trip);
            }
        }
        let most = self.reference.most_tripped();
        prop_assert!(most <= TRIP_ALLOWANCE, "{most} s under trips in 30 days");
        Ok(())
    }

    /// The tier without a trip.
    fn untripped(&self, now: u64) -> Tier {
        if self.reference.is_trusted(self.found.1, now) {
            self.guard.asset.price.tier
        } else {
            Tier::Halted
        }
    }

    // ---- what readers are told

    /// At any time, whoever poked when: what the mark is, and what is forbidden. Readers are told what a poke would find.
    fn check_readers(&self) -> TestCaseResult {
        for later in [0, 1, 30, 3_600, 86_400] {
            let mut then = self.clone();
            (then.tries, then.now) = (true, self.now + later);
            let (answers, uptime) = (self.answers(), self.uptime);
            let (seen, ..) = self
                .guard
                .observed(&self.sources, &answers, &uptime, then.now);
            then.poke()?;
            prop_assert_eq!(seen.told(then.now), then.guard.told(then.now));
            then.check_finals()?;
            then.check_reader()?;
            let (before, after) = (self.guard.asset.price, then.guard.asset.price);
            if before.is_trusted(self.now)
                && !after.is_trusted(then.now)
                && !self.reference.is_young(then.now)
            {
                self.reach("a mark too old without a poke");
            }
            if before.is_trusted(then.now) && before.precedes(&then.guard.sequencer) {
                self.reach("a mark from before an outage");
            }
        }
        Ok(())
    }

    fn check_reader(&self) -> TestCaseResult {
        let (guard, now) = (&self.guard, self.now);
        let price = guard.price();
        prop_assert_eq!(price.mark.0, self.reference.mark());
        let (up, since) = self.found;
        let trusted = self.reference.is_trusted(since, now);
        let agreed = self.reference.agrees(since, now);
        prop_assert_eq!(price.is_trusted(now), trusted);
        prop_assert_eq!(price.sources_agree(now), agreed);
        let trip = match guard.trip.tier {
            Tier::Halted if agreed => Tier::Restricted,
            tier => tier,
        };
        let in_force = guard.trip.spell.is_running(now);
        let expected = if in_force && trip > self.untripped(now) {
            trip
        } else {
            self.untripped(now)
        };
        let tier = guard.tier(now);
        prop_assert_eq!(tier, expected);
        let grace = !up || now < since + u64::from(guard.parameters.grace_period);
        let blocked = guard.blocked(now);
        prop_assert_eq!(blocked, forbidden(tier as u8, trusted, grace));
        if !trusted {
            prop_assert_eq!(
                (tier, blocked & 63),
                (Tier::Halted, 63),
                "an untrusted price is not halted"
            );
        }
        self.check_options(blocked, now)
    }
}

fn wide(value: u128) -> U512 {
    U512::from(value)
}

/// What an uptime feed returns.
pub fn answer(status: u64, since: u64) -> Uptime {
    let mut words = [0; 160];
    words[56..64].copy_from_slice(&status.to_be_bytes());
    words[88..96].copy_from_slice(&since.to_be_bytes());
    Some(words)
}

fn trust(status: Status) -> Trust {
    match status {
        Status::Frozen => Trust::Frozen,
        Status::Agreeing => Trust::Agreeing,
        Status::Diverged => Trust::Diverged,
        Status::Sole => Trust::Sole,
    }
}
