//! The crate's pieces put together as the guard's program does.

use std::collections::BTreeMap;

use oracle::settlement::next_expiry;
use oracle::{
    Asset, Cause, Expiry, Limits, Mark, NotDistrusted, Outlook, Parameters, Price, Quoted,
    RangeLimits, Round, Sequencer, SettlementPrice, Settlements, SourcePrice, Sources, Stable,
    State, Surface, SurfaceLimits, SurfaceRefusal, Tier, Trip, TripRefusal, Volatility, Windows,
};

use crate::reference::Source;

/// What the uptime feed returns: the words of a round, or nothing.
pub type Uptime = Option<[u8; 160]>;

/// What readers are told of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    pub mark: Mark,
    pub stable: Stable,
    pub tier: Tier,
    pub blocked: u16,
    pub outlook: Outlook,
    /// Of the day that ended last, and of the one under way.
    pub expiries: [Expiry; 2],
}

/// One asset with everything that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub parameters: Parameters,
    pub ranges: RangeLimits,
    pub windows: Windows,
    pub limits: SurfaceLimits,
    pub asset: Asset,
    pub volatility: Volatility,
    /// The sequencer's status as the last poke of any asset saw it.
    pub sequencer: Sequencer,
    pub trip: Trip,
    pub settlements: Settlements,
    /// What is settled, by the last day of each price: the first, and the price.
    pub settled: BTreeMap<u64, (u64, SettlementPrice)>,
    pub surfaces: BTreeMap<u64, Quoted>,
}

impl Guard {
    pub fn new() -> Self {
        Self {
            parameters: Parameters::DEFAULT,
            ranges: RangeLimits::DEFAULT,
            windows: Windows::of_length(Parameters::DEFAULT.settlement_window),
            limits: SurfaceLimits::DEFAULT,
            asset: Asset::default(),
            volatility: Volatility::default(),
            sequencer: Sequencer::default(),
            trip: Trip::default(),
            settlements: Settlements::default(),
            settled: BTreeMap::new(),
            surfaces: BTreeMap::new(),
        }
    }

    /// Sources of which nothing is compared with what the old ones said.
    pub fn configure(&mut self) {
        self.asset.mean = Default::default();
    }

    /// The guard after an observation, what the breaker reacted to, and whether there is news in it.
    pub fn observed(
        &self,
        sources: &[Source],
        rounds: &[Option<Round>],
        uptime: &Uptime,
        now: u64,
    ) -> (Self, Cause, bool) {
        let mut next = self.clone();
        next.look_at_sequencer(uptime, now);
        let sample = |k: usize| {
            let limits = Limits {
                decimals: sources[k].decimals,
                heartbeat: sources[k].heartbeat,
                floor: SourcePrice(sources[k].floor),
                ceiling: SourcePrice(sources[k].ceiling),
            };
            limits.check(rounds[k].as_ref()?, now).ok()
        };
        let heard = match sources.len() {
            1 => Sources::One(sample(0)),
            _ => Sources::Two(sample(0), sample(1)),
        };
        let last = self.state();
        let (sequencer, parameters) = (next.sequencer, &self.parameters);
        let (ranges, windows) = (&self.ranges, &self.windows);
        let (state, cause) = last.observe(heard, &sequencer, ranges, parameters, windows, now);
        let news = state.has_news(&last, &sequencer);
        (next.asset, next.volatility) = (state.asset, state.volatility);
        for settled in state.settlements.settled.iter().flatten() {
            let found = (settled.first, settled.price);
            next.settled.insert(settled.last, found);
        }
        next.settlements = state.settlements;
        (next, cause, news)
    }

    fn state(&self) -> State {
        State {
            asset: self.asset,
            volatility: self.volatility,
            settlements: self.settlements,
        }
    }

    pub fn poke(
        &mut self,
        sources: &[Source],
        rounds: &[Option<Round>],
        uptime: &Uptime,
        now: u64,
    ) -> Cause {
        let (next, cause, _) = self.observed(sources, rounds, uptime, now);
        *self = next;
        cause
    }

    /// What an operation is told that asks for fresh marks, and whether what it has observed is kept.
    pub fn operate(
        &mut self,
        sources: &[Source],
        rounds: &[Option<Round>],
        uptime: &Uptime,
        now: u64,
    ) -> (Told, bool) {
        let (next, _, news) = self.observed(sources, rounds, uptime, now);
        let told = next.told(now);
        if news {
            *self = next;
        } else {
            self.look_at_sequencer(uptime, now);
        }
        (told, news)
    }

    /// What a poke of any asset does first.
    pub fn look_at_sequencer(&mut self, uptime: &Uptime, now: u64) {
        let seen = Sequencer::from_answer(uptime.as_ref(), now);
        self.sequencer = self.sequencer.followed_by(seen);
    }

    /// What readers are told of what was observed at `now`.
    pub fn told(&self, now: u64) -> Told {
        let price = self.asset.price;
        let ranges = self.volatility.ranges(&self.parameters, &self.ranges, now);
        Told {
            mark: price.mark,
            stable: price.stable_at(now, self.ranges.stable_price_rate),
            tier: self.tier(now),
            blocked: self.blocked(now),
            outlook: Outlook::of(&ranges),
            expiries: [next_expiry(now) - 86_400, next_expiry(now)]
                .map(|time| self.expiry(time, now)),
        }
    }

    /// The price as it counts since the sequencer's status is what it is.
    pub fn price(&self) -> Price {
        self.asset.price.under(&self.sequencer)
    }

    pub fn tier(&self, now: u64) -> Tier {
        self.price().tier_at(&self.trip, now)
    }

    pub fn blocked(&self, now: u64) -> u16 {
        let grace = self.sequencer.is_grace(now, self.parameters.grace_period);
        self.price().blocked_at(self.tier(now), grace, now)
    }

    pub fn raise(&mut self, tier: Tier, secs: u32, now: u64) -> Result<(), TripRefusal> {
        let (agree, current) = (self.price().sources_agree(now), self.tier(now));
        self.trip = self.trip.raise(tier, secs, now, current, agree)?;
        Ok(())
    }

    /// The price of a day that has one.
    pub fn settled(&self, time: u64) -> Option<SettlementPrice> {
        let (_, &(first, price)) = self.settled.range(time..).next()?;
        (first <= time).then_some(price)
    }

    pub fn set_surface(
        &mut self,
        expiry: u64,
        surface: Surface,
        now: u64,
    ) -> Result<(), SurfaceRefusal> {
        let quoted = self.surfaces.get(&expiry).copied().unwrap_or_default();
        let quoted = quoted.update(surface, expiry, &self.limits, now)?;
        self.surfaces.insert(expiry, quoted);
        Ok(())
    }

    pub fn distrust(&mut self, expiry: u64, secs: u32, now: u64) -> Result<(), NotDistrusted> {
        let quoted = self.surfaces.get(&expiry).copied().unwrap_or_default();
        let quoted = quoted.distrusted(secs, expiry, self.asset.price.mark, now)?;
        self.surfaces.insert(expiry, quoted);
        Ok(())
    }

    /// The expiry at `time` as options on it are valued, of what was observed at `now`.
    pub fn expiry(&self, time: u64, now: u64) -> Expiry {
        let mark = self.asset.price.mark;
        let counted = self.settlements.fixed(time, &self.windows, now);
        if now < time {
            let quoted = self.surfaces.get(&time).copied().unwrap_or_default();
            return Expiry::ahead(mark, counted, time, quoted, now);
        }
        Expiry::over(mark, counted, self.settled(time).unwrap_or_default())
    }
}
