//! Where the guard keeps an asset, in as few slots as a poke can do with.

use alloy_primitives::{Address, U8, U128, Uint};
use oracle::{Asset, Breaker, Limits, Mean, Status, Tier, Trip};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageU8, StorageU32, StorageU64, StorageU128, StorageUint,
};

use crate::abi;

/// Seconds since 1970, good for 34,000 years.
type StorageTime = StorageUint<40, 1>;
type Time = Uint<40, 1>;

/// One configured feed, in one slot.
#[storage]
pub struct StoredSource {
    feed: StorageAddress,
    heartbeat: StorageU32,
    decimals: StorageU8,
}

/// Everything about one asset. New fields go at the end.
#[storage]
pub struct StoredAsset {
    primary: StoredSource,
    secondary: StoredSource,
    floor: StorageU128,
    ceiling: StorageU128,

    mark: StorageU128,
    stable: StorageU128,

    mean_current: StorageU128,
    mean_newest: StorageU128,
    mean_middle: StorageU128,
    mean_oldest: StorageU128,

    updated_at: StorageTime,
    valid_until: StorageTime,
    observed_at: StorageTime,
    mean_start: StorageTime,
    calm_since: StorageTime,
    tier: StorageU8,
    status: StorageU8,
    reported_tier: StorageU8,

    trip_tier: StorageU8,
    trip_until: StorageTime,
    trip_used: StorageU32,

    primary_price: StorageU128,
    secondary_price: StorageU128,
}

impl StoredSource {
    /// The feed; zero if none is configured.
    pub fn feed(&self) -> Address {
        self.feed.get()
    }

    fn set(&mut self, feed: Address, heartbeat: u32, decimals: u8) {
        self.feed.set(feed);
        self.heartbeat.set(Uint::from(heartbeat));
        self.decimals.set(U8::from(decimals));
    }
}

impl StoredAsset {
    /// Whether the asset has been configured.
    pub fn exists(&self) -> bool {
        !self.primary.feed().is_zero()
    }

    /// The configured primary feed.
    pub fn primary(&self) -> Address {
        self.primary.feed()
    }

    /// The configured secondary feed; zero if there is none.
    pub fn secondary(&self) -> Address {
        self.secondary.feed()
    }

    /// Configures the sources and restarts the mean. The last trusted mark stays.
    pub fn configure(&mut self, feed: &abi::Feed, decimals: u8, secondary_decimals: u8) {
        self.primary.set(feed.primary, feed.heartbeat, decimals);
        self.secondary
            .set(feed.secondary, feed.secondaryHeartbeat, secondary_decimals);
        self.floor.set(U128::from(feed.floor));
        self.ceiling.set(U128::from(feed.ceiling));
        self.mean_current.set(U128::ZERO);
    }

    /// The configured sources as the ABI has them.
    pub fn feed(&self) -> abi::Feed {
        abi::Feed {
            primary: self.primary.feed(),
            secondary: self.secondary.feed(),
            heartbeat: self.primary.heartbeat.get().to(),
            secondaryHeartbeat: self.secondary.heartbeat.get().to(),
            floor: self.floor.get().to(),
            ceiling: self.ceiling.get().to(),
        }
    }

    /// What an answer of the primary feed must satisfy.
    pub fn primary_limits(&self) -> Limits {
        self.limits(&self.primary)
    }

    /// What an answer of the secondary feed must satisfy.
    pub fn secondary_limits(&self) -> Limits {
        self.limits(&self.secondary)
    }

    fn limits(&self, source: &StoredSource) -> Limits {
        Limits {
            decimals: source.decimals.get().to(),
            heartbeat: source.heartbeat.get().to(),
            floor: self.floor.get().to(),
            ceiling: self.ceiling.get().to(),
        }
    }

    /// The asset's state.
    pub fn state(&self) -> Asset {
        let has_secondary = !self.secondary.feed().is_zero();
        Asset {
            mark: self.mark.get().to(),
            stable: self.stable.get().to(),
            mean: self.mean(),
            primary: if has_secondary {
                self.primary_price.get().to()
            } else {
                self.mark.get().to()
            },
            secondary: if has_secondary {
                self.secondary_price.get().to()
            } else {
                0
            },
            updated_at: self.updated_at.get().to(),
            valid_until: self.valid_until.get().to(),
            observed_at: self.observed_at.get().to(),
            breaker: Breaker {
                tier: Tier::from_u8(self.tier.get().to()),
                calm_since: self.calm_since.get().to(),
            },
            status: Status::from_u8(self.status.get().to()),
        }
    }

    fn mean(&self) -> Mean {
        Mean {
            past: [
                self.mean_newest.get().to(),
                self.mean_middle.get().to(),
                self.mean_oldest.get().to(),
            ],
            current: self.mean_current.get().to(),
            start: self.mean_start.get().to(),
        }
    }

    /// Stores the asset's state.
    pub fn set_state(&mut self, asset: &Asset) {
        self.mark.set(U128::from(asset.mark));
        self.stable.set(U128::from(asset.stable));
        self.store_mean(&asset.mean);
        if !self.secondary.feed().is_zero() {
            self.primary_price.set(U128::from(asset.primary));
            self.secondary_price.set(U128::from(asset.secondary));
        }
        self.updated_at.set(time(asset.updated_at));
        self.valid_until.set(time(asset.valid_until));
        self.observed_at.set(time(asset.observed_at));
        self.calm_since.set(time(asset.breaker.calm_since));
        self.tier.set(U8::from(asset.breaker.tier as u8));
        self.status.set(U8::from(asset.status as u8));
    }

    fn store_mean(&mut self, mean: &Mean) {
        let [newest, middle, oldest] = mean.past.map(U128::from);
        self.mean_current.set(U128::from(mean.current));
        self.mean_newest.set(newest);
        self.mean_middle.set(middle);
        self.mean_oldest.set(oldest);
        self.mean_start.set(time(mean.start));
    }

    /// The guardian's trip.
    pub fn trip(&self) -> Trip {
        Trip {
            tier: Tier::from_u8(self.trip_tier.get().to()),
            until: self.trip_until.get().to(),
            used: self.trip_used.get().to(),
        }
    }

    /// Stores the guardian's trip.
    pub fn set_trip(&mut self, trip: &Trip) {
        self.trip_tier.set(U8::from(trip.tier as u8));
        self.trip_until.set(time(trip.until));
        self.trip_used.set(Uint::from(trip.used));
    }

    /// Replaces the tier that the last `TierChanged` reported and returns the old one.
    pub fn report_tier(&mut self, tier: Tier) -> Tier {
        let reported = Tier::from_u8(self.reported_tier.get().to());
        self.reported_tier.set(U8::from(tier as u8));
        reported
    }
}

/// Times beyond 40 bits are as good as never.
fn time(seconds: u64) -> Time {
    Time::saturating_from(seconds)
}

/// The guard's parameters, in one slot; their hard bounds fit the types.
#[storage]
pub struct StoredParameters {
    caution_move: StorageU64,
    restricted_move: StorageU64,
    stable_price_rate: StorageU64,
    mean_window: StorageUint<16, 1>,
    calm_period: StorageUint<24, 1>,
    grace_period: StorageUint<24, 1>,
}

impl StoredParameters {
    /// The parameters.
    pub fn values(&self) -> oracle::Parameters {
        oracle::Parameters {
            caution_move: self.caution_move.get().to(),
            restricted_move: self.restricted_move.get().to(),
            stable_price_rate: self.stable_price_rate.get().to(),
            mean_window: self.mean_window.get().to(),
            calm_period: self.calm_period.get().to(),
            grace_period: self.grace_period.get().to(),
        }
    }

    /// Stores parameters that are within their hard bounds.
    pub fn set_values(&mut self, p: &oracle::Parameters) {
        self.caution_move.set(Uint::from(p.caution_move));
        self.restricted_move.set(Uint::from(p.restricted_move));
        self.stable_price_rate.set(Uint::from(p.stable_price_rate));
        self.mean_window.set(Uint::saturating_from(p.mean_window));
        self.calm_period.set(Uint::saturating_from(p.calm_period));
        self.grace_period.set(Uint::saturating_from(p.grace_period));
    }
}
