//! Where the guard keeps its parameters and assets, in as few slots as a poke can do with.

use alloy_primitives::{Address, B256};
use contract_support::packing::{Pack, Unpack};
use oracle::{Asset, Breaker, Limits, Mean, Parameters, Status, Tier, Trip};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

use crate::abi::Feed;

/// Bytes of a time in seconds since 1970, good for 34,000 years.
const TIME: usize = 5;

/// Bytes of a price.
const PRICE: usize = 16;

/// One configured feed.
#[derive(Clone, Copy)]
pub struct Source {
    /// The feed; zero if none is configured.
    pub feed: Address,
    /// Age in seconds beyond which its answers are too old.
    pub heartbeat: u32,
    /// The decimals that it had when it was configured.
    pub decimals: u8,
}

impl Source {
    fn pack(self) -> B256 {
        Pack::default()
            .address(self.feed)
            .short(self.heartbeat.into(), 4)
            .short(self.decimals.into(), 1)
            .word()
    }

    fn unpack(word: B256) -> Self {
        let mut fields = Unpack::new(word);
        Self {
            feed: fields.address(),
            heartbeat: fields.short(4) as u32,
            decimals: fields.short(1) as u8,
        }
    }
}

/// Everything about one asset, one word a line. New words go at the end.
#[storage]
pub struct StoredAsset {
    /// [`Source`].
    primary: StorageB256,
    /// [`Source`].
    secondary: StorageB256,
    /// Floor, ceiling.
    bounds: StorageB256,
    /// Mark, stable price.
    prices: StorageB256,
    /// Mean of the running bucket, of the one before.
    mean_recent: StorageB256,
    /// Means of the two buckets before those.
    mean_past: StorageB256,
    /// Times of update, expiry, observation, the bucket's start, calm; tier; status.
    progress: StorageB256,
    /// Trip: tier, end, seconds used; the tier that the last `TierChanged` reported.
    trip: StorageB256,
    /// Last answers of primary and secondary, where there are two.
    answers: StorageB256,
}

impl StoredAsset {
    /// Whether the asset has been configured.
    pub fn exists(&self) -> bool {
        !self.primary.get().is_zero()
    }

    /// The primary source.
    pub fn primary(&self) -> Source {
        Source::unpack(self.primary.get())
    }

    /// The secondary source; its feed is zero if there is none.
    pub fn secondary(&self) -> Source {
        Source::unpack(self.secondary.get())
    }

    /// Configures the sources and restarts the mean. The last trusted mark stays.
    pub fn configure(&mut self, feed: &Feed, decimals: u8, secondary_decimals: u8) {
        let primary = Source {
            feed: feed.primary,
            heartbeat: feed.heartbeat,
            decimals,
        };
        let secondary = Source {
            feed: feed.secondary,
            heartbeat: feed.secondaryHeartbeat,
            decimals: secondary_decimals,
        };
        self.primary.set(primary.pack());
        self.secondary.set(secondary.pack());
        self.bounds.set(pair(feed.floor, feed.ceiling));
        self.mean_recent.set(B256::ZERO);
    }

    /// The configured sources as the ABI has them.
    pub fn feed(&self) -> Feed {
        let (primary, secondary) = (self.primary(), self.secondary());
        let (floor, ceiling) = unpair(self.bounds.get());
        Feed {
            primary: primary.feed,
            secondary: secondary.feed,
            heartbeat: primary.heartbeat,
            secondaryHeartbeat: secondary.heartbeat,
            floor,
            ceiling,
        }
    }

    /// What an answer of `source` must satisfy.
    pub fn limits(&self, source: Source) -> Limits {
        let (floor, ceiling) = unpair(self.bounds.get());
        Limits {
            decimals: source.decimals,
            heartbeat: source.heartbeat,
            floor,
            ceiling,
        }
    }

    fn has_secondary(&self) -> bool {
        !self.secondary.get().is_zero()
    }

    /// The asset's state. With one source its answer is the mark.
    pub fn state(&self) -> Asset {
        let (mark, stable) = unpair(self.prices.get());
        let (primary, secondary) = if self.has_secondary() {
            unpair(self.answers.get())
        } else {
            (mark, 0)
        };
        let (current, newest) = unpair(self.mean_recent.get());
        let (middle, oldest) = unpair(self.mean_past.get());
        let mut progress = Unpack::new(self.progress.get());
        let mut time = || progress.short(TIME);
        let (updated_at, valid_until, observed_at, start, calm_since) =
            (time(), time(), time(), time(), time());
        let tier = Tier::from_u8(progress.short(1) as u8);
        Asset {
            mark,
            stable,
            mean: Mean {
                past: [newest, middle, oldest],
                current,
                start,
            },
            primary,
            secondary,
            updated_at,
            valid_until,
            observed_at,
            breaker: Breaker { tier, calm_since },
            status: Status::from_u8(progress.short(1) as u8),
        }
    }

    /// Stores the asset's state.
    pub fn set_state(&mut self, asset: &Asset) {
        let [newest, middle, oldest] = asset.mean.past;
        self.prices.set(pair(asset.mark, asset.stable));
        self.mean_recent.set(pair(asset.mean.current, newest));
        self.mean_past.set(pair(middle, oldest));
        if self.has_secondary() {
            self.answers.set(pair(asset.primary, asset.secondary));
        }
        let times = [
            asset.updated_at,
            asset.valid_until,
            asset.observed_at,
            asset.mean.start,
            asset.breaker.calm_since,
        ];
        let progress = times
            .into_iter()
            .fold(Pack::default(), |word, time| word.short(time, TIME));
        let progress = progress
            .short(asset.breaker.tier as u64, 1)
            .short(asset.status as u64, 1);
        self.progress.set(progress.word());
    }

    /// The guardian's trip, and the tier that the last `TierChanged` reported.
    pub fn trip(&self) -> (Trip, Tier) {
        let mut fields = Unpack::new(self.trip.get());
        let trip = Trip {
            tier: Tier::from_u8(fields.short(1) as u8),
            until: fields.short(TIME),
            used: fields.short(4) as u32,
        };
        (trip, Tier::from_u8(fields.short(1) as u8))
    }

    /// Stores the guardian's trip and the tier reported.
    pub fn set_trip(&mut self, trip: &Trip, reported: Tier) {
        let word = Pack::default()
            .short(trip.tier as u64, 1)
            .short(trip.until, TIME)
            .short(trip.used.into(), 4)
            .short(reported as u64, 1);
        self.trip.set(word.word());
    }
}

fn pair(first: u128, second: u128) -> B256 {
    Pack::default()
        .uint(first, PRICE)
        .uint(second, PRICE)
        .word()
}

fn unpair(word: B256) -> (u128, u128) {
    let mut fields = Unpack::new(word);
    (fields.uint(PRICE), fields.uint(PRICE))
}

/// The guard's parameters as one word; their hard bounds fit the fields.
pub fn pack_parameters(p: &Parameters) -> B256 {
    Pack::default()
        .short(p.caution_move, 8)
        .short(p.restricted_move, 8)
        .short(p.stable_price_rate, 8)
        .short(p.mean_window.into(), 2)
        .short(p.calm_period.into(), 3)
        .short(p.grace_period.into(), 3)
        .word()
}

/// The reverse of [`pack_parameters`].
pub fn unpack_parameters(word: B256) -> Parameters {
    let mut fields = Unpack::new(word);
    Parameters {
        caution_move: fields.short(8),
        restricted_move: fields.short(8),
        stable_price_rate: fields.short(8),
        mean_window: fields.short(2) as u32,
        calm_period: fields.short(3) as u32,
        grace_period: fields.short(3) as u32,
    }
}
