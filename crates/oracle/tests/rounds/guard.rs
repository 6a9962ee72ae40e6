//! The crate's pieces put together as the guard's program does.

use std::collections::BTreeMap;

use oracle::{
    Asset, Cause, Expiry, Limits, NotOpened, Observation, Parameters, Price, Quoted, Round,
    Sequencer, Settlement, Sources, Stage, Surface, SurfaceLimits, SurfaceRefusal, Tier, Trip,
    TripRefusal,
};

use crate::reference::Source;

/// What the uptime feed returns: the words of a round, or nothing.
pub type Uptime = Option<[u8; 160]>;

/// One asset with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Guard {
    pub parameters: Parameters,
    pub limits: SurfaceLimits,
    pub asset: Asset,
    /// The sequencer's status as the last poke of any asset saw it.
    pub sequencer: Sequencer,
    pub trip: Trip,
    pub settlement: Settlement,
    /// Prices of the completed settlements before the last one opened.
    pub settled: BTreeMap<u64, u128>,
    pub surfaces: BTreeMap<u64, Quoted>,
}

impl Guard {
    pub fn new() -> Self {
        Self {
            parameters: Parameters::DEFAULT,
            limits: SurfaceLimits::DEFAULT,
            asset: Asset::default(),
            sequencer: Sequencer::default(),
            trip: Trip::default(),
            settlement: Settlement::default(),
            settled: BTreeMap::new(),
            surfaces: BTreeMap::new(),
        }
    }

    /// Sources of which nothing is compared with what the old ones said.
    pub fn configure(&mut self) {
        self.asset.mean = Default::default();
    }

    pub fn poke(
        &mut self,
        sources: &[Source],
        rounds: &[Option<Round>],
        uptime: &Uptime,
        now: u64,
    ) -> Cause {
        self.look_at_sequencer(uptime, now);
        let sample = |k: usize| {
            let limits = Limits {
                decimals: sources[k].decimals,
                heartbeat: sources[k].heartbeat,
                floor: sources[k].floor,
                ceiling: sources[k].ceiling,
            };
            limits.check(rounds[k].as_ref()?, now).ok()
        };
        let observation = Observation {
            sources: match sources.len() {
                1 => Sources::One(sample(0)),
                _ => Sources::Two(sample(0), sample(1)),
            },
            sequencer_down: self.sequencer.down,
        };
        let before = self.asset.price.under(&self.sequencer);
        self.settlement = self.settlement.count(&before, now);
        let (asset, cause) = self.asset.observe(observation, &self.parameters, now);
        self.asset = asset;
        cause
    }

    /// What a poke of any asset does first.
    pub fn look_at_sequencer(&mut self, uptime: &Uptime, now: u64) {
        let seen = Sequencer::from_answer(uptime.as_ref(), now);
        self.sequencer = self.sequencer.followed_by(seen);
    }

    /// What readers go by: the uptime feed itself where nobody has looked for longer than the mean's window.
    fn sequencer(&self, uptime: &Uptime, now: u64) -> Sequencer {
        let window = self.parameters.mean_window;
        if self.asset.price.needs_sequencer(now, window) {
            Sequencer::from_answer(uptime.as_ref(), now)
        } else {
            self.sequencer
        }
    }

    /// The price as it counts for readers.
    pub fn price(&self, uptime: &Uptime, now: u64) -> Price {
        self.asset.price.under(&self.sequencer(uptime, now))
    }

    pub fn tier(&self, uptime: &Uptime, now: u64) -> Tier {
        self.price(uptime, now).tier_at(&self.trip, now)
    }

    pub fn blocked(&self, uptime: &Uptime, now: u64) -> u16 {
        let sequencer = self.sequencer(uptime, now);
        let grace = sequencer.is_grace(now, self.parameters.grace_period);
        let tier = self.tier(uptime, now);
        self.price(uptime, now).blocked_at(tier, grace, now)
    }

    pub fn raise(
        &mut self,
        tier: Tier,
        secs: u32,
        uptime: &Uptime,
        now: u64,
    ) -> Result<(), TripRefusal> {
        let agree = self.price(uptime, now).sources_agree(now);
        let current = self.tier(uptime, now);
        self.trip = self.trip.raise(tier, secs, now, current, agree)?;
        Ok(())
    }

    /// The settlement as it stands at `now`.
    pub fn counted(&self, uptime: &Uptime, now: u64) -> Settlement {
        self.settlement.count(&self.price(uptime, now), now)
    }

    pub fn open_settlement(
        &mut self,
        expiry: u64,
        uptime: &Uptime,
        now: u64,
    ) -> Result<(), NotOpened> {
        let last = self.counted(uptime, now);
        let missed = expiry <= now
            && self.surfaces.contains_key(&expiry)
            && !self.settled.contains_key(&expiry);
        let window = self.parameters.settlement_window;
        self.settlement = last.open_next(expiry, missed, window, now)?;
        if last.is_complete() {
            self.settled.insert(last.expiry, last.price);
        }
        Ok(())
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

    /// The expiry at `time` as options on it are valued. It is final once a poke has counted all of its settlement, and no sooner:
    /// an outage that has not been seen yet may end the price that it would count.
    pub fn expiry(&self, time: u64, uptime: &Uptime, now: u64) -> Expiry {
        let mark = self.asset.price.mark;
        let running = self.counted(uptime, now);
        if now < time {
            let price = if running.expiry == time {
                running.projected(mark)
            } else {
                mark
            };
            let quoted = self.surfaces.get(&time).copied().unwrap_or_default();
            return Expiry::ahead(price, time, quoted, now);
        }
        let (price, is_final) = match self.settled.get(&time) {
            Some(&price) => (price, true),
            None if running.expiry == time => {
                (running.projected(mark), self.settlement.is_complete())
            }
            None => (mark, false),
        };
        let stage = if is_final {
            Stage::Settled
        } else {
            Stage::Settling
        };
        Expiry { price, stage }
    }
}
