//! Where everything is stored, in as few slots as a poke and a reader can do with.
//!
//! Times are 32 bits, good until 2106; prices below [`MAX_CEILING`](oracle::source::MAX_CEILING) are 96.

use alloy_primitives::{Address, B256};
use oracle::compact::{Decimal, compact, expand};
use oracle::{Asset, Limits, Mean, Parameters, Price, Status, Tier, Trip, WAD};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::CryptographyAccess;

use crate::feeds::Sequencer;
use crate::host::{Slot, Word, load, store};

/// The guard's own slots.
#[derive(Clone, Copy)]
pub enum Field {
    Owner,
    PendingOwner,
    Guardian,
    Registrar,
    SequencerFeed,
    /// See [`Shared`].
    Shared,
}

impl Field {
    fn slot(self) -> Slot {
        let mut slot = [0; 32];
        slot[31] = self as u8;
        slot
    }

    /// The address in this slot.
    pub fn address(self) -> Address {
        address_in(load(&self.slot()))
    }

    /// Puts an address into this slot.
    pub fn set_address(self, address: Address) {
        store(&self.slot(), word_of(address));
    }
}

fn word_of(address: Address) -> Word {
    let [mut high, mut low] = [[0; 16]; 2];
    high[12..].copy_from_slice(&address[..4]);
    low.copy_from_slice(&address[4..]);
    Word::new(u128::from_be_bytes(high), u128::from_be_bytes(low))
}

fn address_in(word: Word) -> Address {
    let mut address = Address::ZERO;
    address[..4].copy_from_slice(&word.high.to_be_bytes()[12..]);
    address[4..].copy_from_slice(&word.low.to_be_bytes());
    address
}

const BITS_OF_32: u128 = u32::MAX as u128;
const BITS_OF_48: u128 = (1 << 48) - 1;

/// `value` in 32 bits; what does not fit becomes the greatest that does.
fn in_32(value: u64) -> u128 {
    u128::from(value).min(BITS_OF_32)
}

/// The 32 bits of `half` above `shift`.
fn of_32(half: u128, shift: u32) -> u64 {
    (half >> shift & BITS_OF_32) as u64
}

/// A price above 32 bits of something else.
fn with_price(price: u128, rest: u128) -> u128 {
    price << 32 | rest
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

    /// As stored.
    pub fn load() -> Self {
        let Word { high, low } = load(&Field::Shared.slot());
        let rate = |half, shift| of_32(half, shift) * RATE_UNIT;
        Self {
            parameters: Parameters {
                caution_move: rate(high, 0),
                restricted_move: rate(high, 32),
                stable_price_rate: rate(high, 64),
                mean_window: of_32(high, 96) as u32,
                calm_period: of_32(low, 0) as u32,
                grace_period: of_32(low, 32) as u32,
            },
            sequencer: Sequencer {
                since: of_32(low, 64),
                down: low >> 96 != 0,
            },
        }
    }

    /// Stores all of it.
    pub fn store(&self) {
        let (p, sequencer) = (&self.parameters, &self.sequencer);
        let rate = |rate| in_32(rate / RATE_UNIT);
        let high = rate(p.caution_move)
            | rate(p.restricted_move) << 32
            | rate(p.stable_price_rate) << 64
            | u128::from(p.mean_window) << 96;
        let low = u128::from(p.calm_period)
            | u128::from(p.grace_period) << 32
            | in_32(sequencer.since) << 64
            | u128::from(sequencer.down) << 96;
        store(&Field::Shared.slot(), Word::new(high, low));
    }

    /// Whether the sequencer is down or came back less than the grace period ago.
    pub fn is_grace(&self, now: u64) -> bool {
        let Sequencer { down, since } = self.sequencer;
        down || now < since.saturating_add(self.parameters.grace_period.into())
    }
}

/// One configured feed, and one of the two prices that bound both.
#[derive(Clone, Copy)]
pub struct Source {
    /// The feed; zero if none is configured.
    pub feed: Address,
    /// Age in seconds beyond which its answers are too old.
    pub heartbeat: u32,
    /// The decimals that it had when it was configured.
    pub decimals: u8,
    /// The floor with the primary, the ceiling with the secondary.
    pub bound: Decimal,
}

impl Source {
    fn of_word(Word { high, low }: Word) -> Self {
        let bits = |shift: u32, width: u32| (high >> shift & ((1 << width) - 1)) as u64;
        Self {
            feed: address_in(Word::new(high, low)),
            heartbeat: bits(96, 20) as u32,
            decimals: bits(116, 5) as u8,
            bound: Decimal {
                significand: bits(32, 64),
                exponent: bits(121, 5) as u8,
            },
        }
    }

    fn word(self) -> Word {
        let Word { high, low } = word_of(self.feed);
        let limits = u128::from(self.bound.significand) << 32
            | u128::from(self.heartbeat) << 96
            | u128::from(self.decimals) << 116
            | u128::from(self.bound.exponent) << 121;
        Word::new(high | limits, low)
    }
}

/// An asset's sources.
#[derive(Clone, Copy)]
pub struct Feeds {
    /// The primary source, with the floor of both.
    pub primary: Source,
    /// The secondary source, if its feed is not zero, with the ceiling of both.
    pub secondary: Source,
}

impl Feeds {
    /// What an answer of `source` must satisfy.
    pub fn limits(&self, source: Source) -> Limits {
        Limits {
            decimals: source.decimals,
            heartbeat: source.heartbeat,
            floor: self.primary.bound.value(),
            ceiling: self.secondary.bound.value(),
        }
    }
}

/// An asset's slots. Readers need `Price` and `Validity`, and `Apart` while the sources diverge; a poke changes these and
/// `Mean`.
#[derive(Clone, Copy)]
enum Part {
    /// [`Source`].
    Primary,
    /// [`Source`].
    Secondary,
    /// Mark, time of observation; stable price, status, tier, reported tier.
    Price,
    /// Price of the secondary, expiry of the mark; the trip's end, the seconds used, from the mark's update to its expiry,
    /// the trip's tier and flags.
    Validity,
    /// The mean, its prices shortened; seconds since its running bucket began, and since it has been calm.
    Mean,
    /// Price of the primary, where it is not the mark.
    Apart,
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
}

/// Flags of `Validity`, above the trip's tier.
const CONFIGURED: u128 = 4;
const PRIMARY_APART: u128 = 8;

/// Where one asset is stored.
pub struct Record {
    slots: Slot,
}

impl Record {
    /// The place of `asset`.
    pub fn of(asset: &B256) -> Self {
        Self {
            slots: WasmVM::default().native_keccak256(asset.as_slice()).0,
        }
    }

    /// The last byte of the hash tells the parts apart.
    fn slot(&self, part: Part) -> Slot {
        let mut slot = self.slots;
        slot[31] = part as u8;
        slot
    }

    fn load(&self, part: Part) -> Word {
        load(&self.slot(part))
    }

    fn store(&self, part: Part, word: Word) {
        store(&self.slot(part), word);
    }

    /// The sources; all zero if the asset has not been configured.
    pub fn feeds(&self) -> Feeds {
        Feeds {
            primary: Source::of_word(self.load(Part::Primary)),
            secondary: Source::of_word(self.load(Part::Secondary)),
        }
    }

    /// Configures the sources and restarts the mean. The last trusted mark stays.
    pub fn configure(&self, feeds: &Feeds) {
        self.store(Part::Primary, feeds.primary.word());
        self.store(Part::Secondary, feeds.secondary.word());
        self.store(Part::Mean, Word::default());
        self.set_entry(&self.entry().unwrap_or_default());
    }

    /// What readers need, or `None` of an asset that has not been configured.
    pub fn entry(&self) -> Option<Entry> {
        let validity = self.load(Part::Validity);
        let flags = validity.low;
        if flags & CONFIGURED == 0 {
            return None;
        }
        let Word { high, low } = self.load(Part::Price);
        let mark = high >> 32;
        let primary = if flags & PRIMARY_APART == 0 {
            mark
        } else {
            self.load(Part::Apart).low
        };
        let valid_until = of_32(validity.high, 0);
        Some(Entry {
            price: Price {
                mark,
                stable: low >> 32,
                primary,
                secondary: validity.high >> 32,
                updated_at: valid_until - of_32(flags, 32),
                valid_until,
                observed_at: of_32(high, 0),
                tier: tier_in(low, 2),
                status: Status::from_u8((low & 3) as u8),
            },
            trip: Trip {
                tier: tier_in(flags, 0),
                until: of_32(flags, 96),
                used: of_32(flags, 64) as u32,
            },
            reported: tier_in(low, 4),
        })
    }

    /// Stores what readers need.
    pub fn set_entry(&self, entry: &Entry) {
        let Entry { price, trip, .. } = entry;
        let levels =
            price.status as u128 | (price.tier as u128) << 2 | (entry.reported as u128) << 4;
        let word = Word::new(
            with_price(price.mark, in_32(price.observed_at)),
            with_price(price.stable, levels),
        );
        self.store(Part::Price, word);
        let mut flags = CONFIGURED | trip.tier as u128;
        if price.primary != price.mark {
            flags |= PRIMARY_APART;
            self.store(Part::Apart, Word::new(0, price.primary));
        }
        let low = in_32(trip.until) << 96
            | u128::from(trip.used) << 64
            | in_32(price.valid_until - price.updated_at) << 32
            | flags;
        let high = with_price(price.secondary, in_32(price.valid_until));
        self.store(Part::Validity, Word::new(high, low));
    }

    /// The asset's whole state, given what readers need.
    pub fn asset(&self, price: Price) -> Asset {
        let Word { high, low } = self.load(Part::Mean);
        let short = |half: u128, shift: u32| expand((half >> shift & BITS_OF_48) as u64);
        Asset {
            price,
            mean: Mean {
                current: short(high, 80),
                past: [short(high, 32), short(low, 80), short(low, 32)],
                start: price.observed_at.saturating_sub(of_32(high, 0)),
            },
            // Stored as one more than the seconds, so that zero is no calm.
            calm_since: match of_32(low, 0) {
                0 => 0,
                calm => price.observed_at.saturating_sub(calm - 1),
            },
        }
    }

    /// Stores what readers do not need of an asset's state.
    pub fn set_progress(&self, asset: &Asset) {
        let secs_since = |time| asset.price.observed_at.saturating_sub(time);
        let [newest, middle, oldest] = asset.mean.past;
        let prices = |a, b| u128::from(compact(a)) << 80 | u128::from(compact(b)) << 32;
        let calm = match asset.calm_since {
            0 => 0,
            since => in_32(secs_since(since) + 1),
        };
        let word = Word::new(
            prices(asset.mean.current, newest) | in_32(secs_since(asset.mean.start)),
            prices(middle, oldest) | calm,
        );
        self.store(Part::Mean, word);
    }
}

/// The tier in two bits of `half`.
fn tier_in(half: u128, shift: u32) -> Tier {
    Tier::from_u8((half >> shift & 3) as u8)
}
