//! The crate's pieces put together as the guard's program does.

use std::collections::BTreeMap;

use oracle::{
    Asset, Cause, Expiry, Limits, NotOpened, Observation, Parameters, Quoted, Round, Settlement,
    Sources, Stage, Surface, SurfaceLimits, SurfaceRefusal, Tier, Trip, TripRefusal,
};

use crate::reference::Source;

/// One asset with everything that belongs to it.
#[derive(Clone, Debug)]
pub struct Guard {
    pub parameters: Parameters,
    pub limits: SurfaceLimits,
    pub asset: Asset,
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
        sequencer_down: bool,
        now: u64,
    ) -> Cause {
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
            sequencer_down,
        };
        self.settlement = self.settlement.count(&self.asset.price, now);
        let (asset, cause) = self.asset.observe(observation, &self.parameters, now);
        self.asset = asset;
        cause
    }

    pub fn tier(&self, now: u64) -> Tier {
        self.asset.price.tier_at(&self.trip, now)
    }

    pub fn blocked(&self, grace: bool, now: u64) -> u16 {
        self.asset.price.blocked_at(self.tier(now), grace, now)
    }

    pub fn raise(&mut self, tier: Tier, secs: u32, now: u64) -> Result<(), TripRefusal> {
        let agree = self.asset.price.sources_agree(now);
        self.trip = self.trip.raise(tier, secs, now, self.tier(now), agree)?;
        Ok(())
    }

    pub fn open_settlement(&mut self, expiry: u64, now: u64) -> Result<(), NotOpened> {
        let last = self.settlement.count(&self.asset.price, now);
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

    /// The expiry at `time` as options on it are valued.
    pub fn expiry(&self, time: u64, now: u64) -> Expiry {
        let mark = self.asset.price.mark;
        let running = self.settlement.count(&self.asset.price, now);
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
            None if running.expiry == time => (running.projected(mark), running.is_complete()),
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
