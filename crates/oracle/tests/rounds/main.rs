//! Arbitrary rounds, and everything that people may do between them, through the guard's decisions and through a reference: no
//! state that can be reached lets an untrusted price move money.
//!
//! `ORACLE_CASES` is the number of sequences, `ORACLE_SEED` repeats one run.

mod guard;
mod reference;
mod steps;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::time::UNIX_EPOCH;

use guard::Guard;
use oracle::{
    Expiry, NotOpened, Parameters, Quoted, Round, Stage, Status, Surface, SurfaceRefusal, Tier,
    TripRefusal, WAD,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseResult, TestRng, TestRunner};
use reference::{Reference, Source, Standing, TRIP_ALLOWANCE, forbidden};
use ruint::aliases::{U256, U512};
use steps::{Heard, Limits, Step, expiry, sources, steps};

/// What was reached, and how often.
type Reached = BTreeMap<&'static str, u64>;

/// Everything that a run must reach, or it has shown nothing.
const LANDMARKS: [&str; 21] = [
    "pokes",
    "agreeing",
    "diverged",
    "sole",
    "frozen",
    "a first mark",
    "a sole source clamped",
    "a median that is the stable price",
    "a rise to Caution",
    "a rise to Restricted",
    "a rise to Halted",
    "a fall",
    "trips",
    "trips refused for their allowance",
    "trips to Halted",
    "outages",
    "settlements complete",
    "surfaces",
    "surfaces refused for their step",
    "a mark too old without a poke",
    "other sources",
];

struct World<'a> {
    guard: Guard,
    reference: Reference,
    sources: Vec<Source>,
    rounds: [Option<Round>; 2],
    truth: u128,
    sequencer_down: bool,
    /// Since when the sequencer is up again.
    up_since: u64,
    /// From when until when there was a trusted mark, and which.
    trusted: Vec<(u64, u64, u128)>,
    /// Observations since the settlement was opened: each may round by one.
    counts: u128,
    now: u64,
    reached: &'a RefCell<Reached>,
}

impl<'a> World<'a> {
    fn new(truth: u128, limits: &[Limits], start: u64, reached: &'a RefCell<Reached>) -> Self {
        Self {
            guard: Guard::new(),
            reference: Reference::new(),
            sources: limits.iter().map(|limits| limits.around(truth)).collect(),
            rounds: [None; 2],
            truth,
            sequencer_down: false,
            up_since: 0,
            trusted: Vec::new(),
            counts: 0,
            now: start,
            reached,
        }
    }

    fn reach(&self, landmark: &'static str) {
        *self.reached.borrow_mut().entry(landmark).or_default() += 1;
    }

    fn take(&mut self, step: &Step) -> TestCaseResult {
        match step {
            Step::Poke { secs, drift, heard } => {
                self.now += secs;
                self.drift(*drift);
                self.poke(heard)?;
            }
            Step::Wait(secs) => self.now += secs,
            Step::Sequencer(down) => {
                if self.sequencer_down && !down {
                    self.up_since = self.now;
                    self.reach("outages");
                }
                self.sequencer_down = *down;
            }
            Step::Trip(tier, secs) => self.trip(steps::tier(*tier), *secs)?,
            Step::Parameters(parameters) => self.set_parameters(parameters)?,
            Step::Configure(limits) => {
                self.sources = limits
                    .iter()
                    .map(|limits| limits.around(self.truth))
                    .collect();
                self.guard.configure();
                self.reference.reconfigured();
                self.reach("other sources");
            }
            Step::Open(days) => self.open_settlement(expiry(*days, self.now))?,
            Step::Quote(days, surface) => self.quote(expiry(*days, self.now), *surface)?,
        }
        self.check_readers(self.now)
    }

    /// The true price stays where a price can be.
    fn drift(&mut self, points: i32) {
        let truth = self.truth / 10_000 * (10_000 + i128::from(points)).cast_unsigned();
        self.truth = truth.clamp(1_000_000, 1 << 94);
    }

    fn poke(&mut self, heard: &[Heard; 2]) -> TestCaseResult {
        self.reach("pokes");
        let now = self.now;
        for (k, source) in self.sources.iter().enumerate() {
            let round = heard[k].round(source, self.rounds[k], self.truth, now);
            // A feed that does not answer has not lost its last round.
            self.rounds[k] =
                round.or(self.rounds[k].filter(|_| matches!(heard[k], Heard::Nothing)));
        }
        let answers: Vec<_> = (0..self.sources.len())
            .map(|k| self.rounds[k].filter(|_| !matches!(heard[k], Heard::Nothing)))
            .collect();
        let seen: Vec<_> = (0..self.sources.len())
            .map(|k| self.sources[k].judge(answers[k].as_ref(), now))
            .collect();
        let before = self.guard.clone();
        let cause = self
            .guard
            .poke(&self.sources, &answers, self.sequencer_down, now);
        self.trusted.extend(self.reference.trusted_span(now));
        self.counts += 1;

        let parameters = self.guard.parameters;
        let price = self.guard.asset.price;
        let (least, most) = self.reference.stable_at(now, parameters.stable_price_rate);
        let stable = before
            .asset
            .price
            .stable_at(now, parameters.stable_price_rate);
        prop_assert!(
            (least..=most).contains(&stable),
            "{stable} is not from {least} to {most}"
        );
        let expected = self
            .reference
            .expect(&seen, self.sequencer_down, &parameters, stable, now);
        prop_assert_eq!(price.mark, expected.mark);
        prop_assert_eq!(standing(price.status), expected.standing);
        prop_assert_eq!(
            (price.updated_at, price.valid_until),
            (expected.updated, expected.expires)
        );
        prop_assert_eq!(price.observed_at, now);
        prop_assert!((expected.stable.0..=expected.stable.1).contains(&price.stable));
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
            price.stable,
            stance,
            parameters.mean_window,
            now,
        );
        self.check_settlement()
    }

    /// Said once more without the reference: where a mark may come from.
    fn check_mark(&self, before: &Guard, seen: &[Option<reference::Sighting>]) -> TestCaseResult {
        let (mark, last) = (self.guard.asset.price.mark, before.asset.price.mark);
        let prices: Vec<u128> = seen.iter().flatten().map(|one| one.price).collect();
        match *prices {
            [] => prop_assert_eq!(mark, last, "a mark moved without a trusted source"),
            [_] | [_, _] if self.guard.asset.price.status == Status::Frozen => {
                prop_assert_eq!((mark, last), (0, 0), "a trusted source was ignored");
            }
            [only] if self.sources.len() == 1 => prop_assert_eq!(mark, only),
            [sole] => {
                let stable = self.guard.asset.price.stable;
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
        prop_assert!(halted || !self.sequencer_down);
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
        self.reach(match expected.standing {
            Standing::Frozen => "frozen",
            Standing::Agreeing => "agreeing",
            Standing::Diverged => "diverged",
            Standing::Sole => "sole",
        });
        let is_source = seen.iter().flatten().any(|one| one.price == price.mark);
        match expected.standing {
            Standing::Sole if !is_source => self.reach("a sole source clamped"),
            Standing::Diverged if !is_source => self.reach("a median that is the stable price"),
            _ => {}
        }
        if before.asset.price.mark == 0 && price.mark != 0 {
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

    fn set_parameters(&mut self, parameters: &Parameters) -> TestCaseResult {
        prop_assert!(parameters.is_within_bounds(), "{parameters:?}");
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
        let agreed = self.reference.agrees(now);
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
                    before.trip.until.max(now),
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
                if let TripRefusal::AllowanceExceeded { left } = refusal {
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
        if self.reference.is_trusted(now) {
            self.guard.asset.price.tier
        } else {
            Tier::Halted
        }
    }

    // ---- what readers are told

    /// At any time, whoever poked when: what the mark is, and what is forbidden.
    fn check_readers(&self, now: u64) -> TestCaseResult {
        for later in [0, 1, 30, 3_600, 86_400] {
            self.check_reader(now + later)?;
        }
        Ok(())
    }

    fn check_reader(&self, now: u64) -> TestCaseResult {
        let (guard, price) = (&self.guard, &self.guard.asset.price);
        prop_assert_eq!(price.mark, self.reference.mark());
        let trusted = self.reference.is_trusted(now);
        prop_assert_eq!(price.is_trusted(now), trusted);
        prop_assert_eq!(price.sources_agree(now), self.reference.agrees(now));
        let trip = match guard.trip.tier {
            Tier::Halted if self.reference.agrees(now) => Tier::Restricted,
            tier => tier,
        };
        let in_force = now < guard.trip.until;
        let expected = if in_force && trip > self.untripped(now) {
            trip
        } else {
            self.untripped(now)
        };
        let tier = guard.tier(now);
        prop_assert_eq!(tier, expected);
        let grace =
            self.sequencer_down || now < self.up_since + u64::from(guard.parameters.grace_period);
        let blocked = guard.blocked(grace, now);
        prop_assert_eq!(blocked, forbidden(tier as u8, trusted, grace));
        if !trusted {
            prop_assert_eq!(
                (tier, blocked & 63),
                (Tier::Halted, 63),
                "an untrusted price is not halted"
            );
            if price.status != Status::Frozen {
                self.reach("a mark too old without a poke");
            }
        }
        let stable = price.stable_at(now, guard.parameters.stable_price_rate);
        let (least, most) = self
            .reference
            .stable_at(now, guard.parameters.stable_price_rate);
        prop_assert!((least..=most).contains(&stable));
        self.check_options(blocked, now)
    }

    // ---- settlements and surfaces

    fn open_settlement(&mut self, expiry: u64) -> TestCaseResult {
        let (before, now) = (self.guard.clone(), self.now);
        // What counts until now is counted, and goes on to count.
        let counted = before.settlement.count(&before.asset.price, now);
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
    fn check_settlement(&self) -> TestCaseResult {
        let mut trusted = self.trusted.clone();
        trusted.extend(self.reference.trusted_span(self.now));
        let settlement = self
            .guard
            .settlement
            .count(&self.guard.asset.price, self.now);
        let (sum, counted) = Reference::sum_of(&trusted, settlement.from, settlement.window.into());
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

    fn quote(&mut self, expiry: u64, surface: Surface) -> TestCaseResult {
        let last = self.guard.surfaces.get(&expiry).copied();
        match self.guard.set_surface(expiry, surface, self.now) {
            Ok(()) => {
                self.reach("surfaces");
                let next = self.guard.surfaces[&expiry];
                prop_assert!(expiry > self.now);
                prop_assert_eq!((next.surface, next.updated_at), (surface, self.now));
                if let Some(last) = last {
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
                prop_assert_eq!(self.guard.surfaces.get(&expiry).copied(), last);
            }
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
    fn check_options(&self, blocked: u16, now: u64) -> TestCaseResult {
        let known = self.guard.surfaces.keys().copied();
        for time in known.chain([expiry(0, now), expiry(-1, now)]) {
            let at: Expiry = self.guard.expiry(time, now);
            let quoted = self.guard.surfaces.get(&time);
            let fresh = quoted
                .is_some_and(|quoted| now < quoted.updated_at + u64::from(quoted.stale_after));
            let expected = match at.stage {
                Stage::Settled => 3,
                Stage::Settling => blocked | 3,
                Stage::Ahead { .. } if fresh => blocked,
                Stage::Ahead { .. } if quoted.is_some() => blocked | 1,
                Stage::Ahead { .. } => blocked | 63,
            };
            prop_assert_eq!(at.blocked(blocked), expected);
            prop_assert_eq!(matches!(at.stage, Stage::Ahead { .. }), now < time);
            self.check_value(&at, time)?;
        }
        Ok(())
    }

    /// The price that options are valued at: the mark, until its settlement is counted; never beyond the marks that were trusted.
    fn check_value(&self, at: &Expiry, time: u64) -> TestCaseResult {
        let mark = self.reference.mark();
        let counting =
            self.guard.settlement.expiry == time || self.guard.settled.contains_key(&time);
        if !counting {
            prop_assert_eq!(at.price, mark);
            return Ok(());
        }
        let marks = || {
            self.trusted
                .iter()
                .map(|&(_, _, price)| price)
                .chain([mark])
        };
        let (least, most) = (marks().min().unwrap(), marks().max().unwrap());
        prop_assert!(
            at.price >= least && at.price <= most,
            "valued at {} without a mark there",
            at.price
        );
        Ok(())
    }
}

fn wide(value: u128) -> U512 {
    U512::from(value)
}

fn standing(status: Status) -> Standing {
    match status {
        Status::Frozen => Standing::Frozen,
        Status::Agreeing => Standing::Agreeing,
        Status::Diverged => Standing::Diverged,
        Status::Sole => Standing::Sole,
    }
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

/// A runner whose random numbers follow from a printed seed, and how many cases it runs.
fn runner(cases: u64) -> (TestRunner, u64) {
    let cases = setting("ORACLE_CASES", cases);
    let seed = setting(
        "ORACLE_SEED",
        UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
    );
    println!("ORACLE_SEED={seed} ORACLE_CASES={cases}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: cases as u32,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    (TestRunner::new_with_rng(config, random), cases)
}

/// Sequences of a run in which every landmark has to be reached.
const CASES: u64 = 600;

#[test]
fn no_round_and_no_deed_lets_an_untrusted_price_move_money() {
    let reached = RefCell::new(Reached::new());
    let truth = prop_oneof![3 => Just(2_000 * u128::from(WAD)), 1 => 1_000_000_u128..1 << 90];
    let start = 1_700_000_000_u64..1_700_086_400;
    let (mut runner, cases) = runner(CASES);
    runner
        .run(
            &(truth, sources(), start, steps()),
            |(truth, limits, start, steps)| {
                let mut world = World::new(truth, &limits, start, &reached);
                for step in &steps {
                    world.reach("steps");
                    world.take(step)?;
                }
                Ok(())
            },
        )
        .unwrap();
    let reached = reached.take();
    println!("{reached:?}");
    if cases >= CASES {
        for landmark in LANDMARKS {
            assert!(reached.contains_key(landmark), "never reached: {landmark}");
        }
    }
}

/// A chain's time does not go back, and nothing breaks if it did: whatever the clock says, only what is trusted moves the mark,
/// and the stable price does not move in no time.
#[test]
fn a_clock_that_goes_back_moves_nothing() {
    let (mut runner, _) = runner(CASES);
    let heard = (0..3_600_u64, 1_000_000_u128..1 << 90, any::<bool>());
    let steps = prop::collection::vec((-90_000..90_000_i64, heard), 1..60);
    runner
        .run(&steps, |steps| {
            let (mut guard, mut now) = (Guard::new(), 1_700_000_000_u64);
            let source = Limits {
                decimals: 18,
                heartbeat: 1_800,
                floor: 0,
                ceiling: 100,
            };
            let source = [source.around(1 << 90)];
            for (secs, (age, price, trusted)) in steps {
                let (before, last) = (guard.asset.price, now);
                now = now.saturating_add_signed(secs);
                let time = if trusted {
                    now - age / 2
                } else {
                    now + 1 + age
                };
                let round = Round {
                    round_id: U256::from(1),
                    answer: U256::from(price),
                    updated_at: U256::from(time),
                    answered_in_round: U256::from(1),
                    decimals: U256::from(18),
                };
                guard.poke(&source, &[Some(round)], false, now);
                let after = guard.asset.price;
                prop_assert_eq!(after.mark, if trusted { price } else { before.mark });
                prop_assert_eq!(after.is_trusted(now), trusted);
                if now <= last && before.mark != 0 {
                    prop_assert_eq!(after.stable, before.stable);
                }
            }
            Ok(())
        })
        .unwrap();
}
