//! Where the guard keeps its parameters and assets, in as few slots as a poke can do with.

use alloy_primitives::{Address, B256};
use contract_support::packing::{Pack, Unpack};
use oracle::compact::{compact, expand};
use oracle::{Asset, Limits, Mean, Parameters, Price, Status, Tier, Trip, WAD};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageB256;

use crate::abi::Feed;
use crate::feeds::Sequencer;

/// Bytes of a time in seconds since 1970, good for 34,000 years.
const TIME: usize = 5;

/// Bytes of seconds between two such times, good for 194 days.
const SPAN: usize = 3;

/// Bytes of a price below [`oracle::source::MAX_CEILING`].
const PRICE: usize = 13;

/// Bytes of a price that [`compact`] has shortened.
const SHORT_PRICE: usize = 6;

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

/// Everything about one asset, one word a line. Readers need `price` and `validity`, and `primary_price` while the
/// sources diverge; a poke changes these and `mean`. New words go at the end.
#[storage]
pub struct StoredAsset {
    /// [`Source`].
    primary: StorageB256,
    /// [`Source`].
    secondary: StorageB256,
    /// Floor, ceiling.
    bounds: StorageB256,
    /// Mark, stable price, time of observation; status, tier and reported tier.
    price: StorageB256,
    /// Price of the secondary; expiry of the mark and the time from its update to there; the trip's end and the seconds
    /// used; the trip's tier and [`Flags`].
    validity: StorageB256,
    /// The mean, its prices shortened; seconds since its running bucket began and since it has been calm.
    mean: StorageB256,
    /// Price of the primary, where it is not the mark.
    primary_price: StorageB256,
}

/// What readers need of an asset.
#[derive(Clone, Copy, Default)]
pub struct Entry {
    /// The price as the last observation left it.
    pub price: Price,
    /// The guardian's trip.
    pub trip: Trip,
    /// The tier that the last `TierChanged` reported.
    pub reported: Tier,
    /// Whether the asset has a secondary source.
    pub has_secondary: bool,
}

/// Bits in the last byte of `validity`, above the trip's tier.
const CONFIGURED: u64 = 4;
const HAS_SECONDARY: u64 = 8;
const PRIMARY_APART: u64 = 16;

impl StoredAsset {
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
        self.mean.set(B256::ZERO);
        let entry = Entry {
            has_secondary: !feed.secondary.is_zero(),
            ..self.entry().unwrap_or_default()
        };
        self.set_entry(&entry);
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

    /// What readers need, or `None` of an asset that has not been configured.
    pub fn entry(&self) -> Option<Entry> {
        let mut validity = Unpack::new(self.validity.get());
        let secondary = validity.uint(PRICE);
        let valid_until = validity.short(TIME);
        let lifetime = validity.short(SPAN);
        let until = validity.short(TIME);
        let used = validity.short(SPAN) as u32;
        let bits = validity.short(1);
        if bits & CONFIGURED == 0 {
            return None;
        }
        let mut word = Unpack::new(self.price.get());
        let (mark, stable) = (word.uint(PRICE), word.uint(PRICE));
        let observed_at = word.short(TIME);
        let levels = word.short(1);
        let primary = if bits & PRIMARY_APART == 0 {
            mark
        } else {
            Unpack::new(self.primary_price.get()).uint(PRICE)
        };
        Some(Entry {
            price: Price {
                mark,
                stable,
                primary,
                secondary,
                updated_at: valid_until - lifetime,
                valid_until,
                observed_at,
                tier: tier_in(levels, 2),
                status: Status::from_u8((levels & 3) as u8),
            },
            trip: Trip {
                tier: tier_in(bits, 0),
                until,
                used,
            },
            reported: tier_in(levels, 4),
            has_secondary: bits & HAS_SECONDARY != 0,
        })
    }

    /// Stores what readers need.
    pub fn set_entry(&mut self, entry: &Entry) {
        let Entry { price, trip, .. } = entry;
        let levels = price.status as u64 | (price.tier as u64) << 2 | (entry.reported as u64) << 4;
        let word = Pack::default()
            .uint(price.mark, PRICE)
            .uint(price.stable, PRICE)
            .short(price.observed_at, TIME)
            .short(levels, 1);
        self.price.set(word.word());
        let mut bits = CONFIGURED | trip.tier as u64;
        if entry.has_secondary {
            bits |= HAS_SECONDARY;
        }
        if price.primary != price.mark {
            bits |= PRIMARY_APART;
            self.primary_price
                .set(Pack::default().uint(price.primary, PRICE).word());
        }
        let validity = Pack::default()
            .uint(price.secondary, PRICE)
            .short(price.valid_until, TIME)
            .short(price.valid_until - price.updated_at, SPAN)
            .short(trip.until, TIME)
            .short(trip.used.into(), SPAN)
            .short(bits, 1);
        self.validity.set(validity.word());
    }

    /// The asset's whole state, given what readers need.
    pub fn asset(&self, price: Price) -> Asset {
        let mut word = Unpack::new(self.mean.get());
        let mut short_price = || expand(word.short(SHORT_PRICE));
        let (current, past) = (short_price(), [short_price(), short_price(), short_price()]);
        let running = word.short(SPAN);
        let calm = word.short(SPAN);
        Asset {
            price,
            mean: Mean {
                past,
                current,
                start: price.observed_at.saturating_sub(running),
            },
            // One more than the seconds, so that zero is no calm.
            calm_since: match calm {
                0 => 0,
                calm => price.observed_at.saturating_sub(calm - 1),
            },
        }
    }

    /// Stores what readers do not need of an asset's state.
    pub fn set_progress(&mut self, asset: &Asset) {
        let observed_at = asset.price.observed_at;
        let [newest, middle, oldest] = asset.mean.past;
        let prices = [asset.mean.current, newest, middle, oldest];
        let calm = match asset.calm_since {
            0 => 0,
            since => observed_at.saturating_sub(since) + 1,
        };
        let word = prices.into_iter().fold(Pack::default(), |word, price| {
            word.short(compact(price), SHORT_PRICE)
        });
        let word = word
            .short(observed_at.saturating_sub(asset.mean.start), SPAN)
            .short(calm, SPAN);
        self.mean.set(word.word());
    }
}

/// The tier in two bits of `bits`.
fn tier_in(bits: u64, shift: u32) -> Tier {
    Tier::from_u8((bits >> shift & 3) as u8)
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

/// What all assets share: the parameters, and the sequencer's status as the last poke saw it.
#[derive(Clone, Copy)]
pub struct Shared {
    /// The parameters.
    pub parameters: Parameters,
    /// The sequencer's status.
    pub sequencer: Sequencer,
}

/// Rates are stored in these units, so that all that is shared fits one word.
const RATE_UNIT: u64 = WAD / 1_000_000_000;

impl Shared {
    /// Whether the parameters fit their fields: within their hard bounds they do, if their rates are multiples of 1e-9.
    pub fn can_store(p: &Parameters) -> bool {
        [p.caution_move, p.restricted_move, p.stable_price_rate]
            .into_iter()
            .all(|rate| rate % RATE_UNIT == 0)
    }

    /// Whether the sequencer is down or came back less than the grace period ago.
    pub fn is_grace(&self, now: u64) -> bool {
        let Sequencer { down, since } = self.sequencer;
        down || now < since.saturating_add(self.parameters.grace_period.into())
    }

    /// As one word.
    pub fn pack(&self) -> B256 {
        let p = &self.parameters;
        Pack::default()
            .short(p.caution_move / RATE_UNIT, 4)
            .short(p.restricted_move / RATE_UNIT, 4)
            .short(p.stable_price_rate / RATE_UNIT, 4)
            .short(p.mean_window.into(), 2)
            .short(p.calm_period.into(), 3)
            .short(p.grace_period.into(), 3)
            .short(self.sequencer.since, TIME)
            .short(self.sequencer.down.into(), 1)
            .word()
    }

    /// The reverse of [`pack`](Self::pack).
    pub fn unpack(word: B256) -> Self {
        let mut fields = Unpack::new(word);
        let mut rate = || fields.short(4) * RATE_UNIT;
        let (caution_move, restricted_move, stable_price_rate) = (rate(), rate(), rate());
        Self {
            parameters: Parameters {
                caution_move,
                restricted_move,
                stable_price_rate,
                mean_window: fields.short(2) as u32,
                calm_period: fields.short(3) as u32,
                grace_period: fields.short(3) as u32,
            },
            sequencer: Sequencer {
                since: fields.short(TIME),
                down: fields.short(1) != 0,
            },
        }
    }
}
