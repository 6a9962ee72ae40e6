//! Where everything is stored, in as few slots as a poke and a reader can do with.
//!
//! Times are 32 bits, good until 2106; prices below [`MAX_CEILING`](oracle::source::MAX_CEILING) are 96.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolError;
use oracle::compact::{Decimal, at_spread, compact, expand};
use oracle::settlement::{DAY, TIME_OF_DAY, next_expiry};
use oracle::{
    Asset, Limits, Mean, Parameters, Pending, Price, Quoted, Raised, RangeLimits, Sequencer,
    Settled, Settlements, Spell, State, Status, Sums, Surface, SurfaceLimits, Tier, Trip,
    Volatility, Windows,
};
use program_support::Word;
use program_support::storage::{Slot, load, store};
use stylus_sdk::host::WasmVM;
use stylus_sdk::stylus_core::CryptographyAccess;

use crate::abi::guard;
use crate::host::{now, revert};

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
    Steward,
    SurfaceProvider,
    /// See [`surface_limits`].
    SurfaceLimits,
    /// The program that serves what the guard's own does not.
    Settings,
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

/// An address in the first 20 bytes of a slot.
fn word_of(address: Address) -> Word {
    let [mut low, mut high] = [[0; 16]; 2];
    low.copy_from_slice(&address[..16]);
    high[..4].copy_from_slice(&address[16..]);
    Word::new(u128::from_le_bytes(high), u128::from_le_bytes(low))
}

fn address_in(word: Word) -> Address {
    let mut address = Address::ZERO;
    address[..16].copy_from_slice(&word.low.to_le_bytes());
    address[16..].copy_from_slice(&word.high.to_le_bytes()[..4]);
    address
}

/// The `width` bits (below 64) of `half` above `shift`.
#[inline(always)]
const fn field(half: u128, shift: u32, width: u32) -> u64 {
    (half >> shift) as u64 & ((1 << width) - 1)
}

/// `value` in `width` bits (below 64) above `shift`; what does not fit becomes the greatest that does.
#[inline(always)]
fn in_field(value: impl Into<u64>, shift: u32, width: u32) -> u128 {
    u128::from(value.into().min((1 << width) - 1)) << shift
}

/// What is stored at the end of a day.
enum Day {
    /// Sums: of its trusted marks, and of the seconds of its window for which they were in force.
    Counting(Sums),
    /// The price of that day, and since when days have had it.
    Settled(Settled),
}

/// A day's end as a number; zero is none.
const fn day_of(expiry: u64) -> u64 {
    expiry / DAY
}

/// The end of a day, given its number.
const fn end_of(day: u64) -> u64 {
    day * DAY + (if day == 0 { 0 } else { TIME_OF_DAY })
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
    /// The window of settlements, in force and before its last change.
    pub windows: Windows,
    /// The sequencer's status.
    pub sequencer: Sequencer,
}

/// The units in which parameters are stored, so that all that is shared fits one word.
mod unit {
    use oracle::WAD;

    pub const RATE: u64 = WAD / 1_000_000_000;
    pub const WEIGHT: u64 = WAD / 100;
    pub const RISE: u64 = WAD / 10_000;
    pub const MULTIPLIER: u64 = WAD / 10;
    pub const MINUTE: u32 = 60;
    pub const HOUR: u32 = 3_600;
}

impl Shared {
    /// Whether the parameters are multiples of the units in which they are stored.
    pub fn can_store(p: &Parameters) -> bool {
        p.caution_move.is_multiple_of(unit::RATE)
            && p.restricted_move.is_multiple_of(unit::RATE)
            && p.stressed_weight.is_multiple_of(unit::WEIGHT)
            && p.hourly_rise.is_multiple_of(unit::RISE)
            && p.range_multiplier.is_multiple_of(unit::MULTIPLIER)
            && p.slow_period.is_multiple_of(unit::HOUR)
            && p.fast_period.is_multiple_of(unit::MINUTE)
            && p.horizon.is_multiple_of(unit::HOUR)
            && p.settlement_window.is_multiple_of(unit::MINUTE)
    }

    /// As stored.
    pub fn load() -> Self {
        let Word { high, low } = load(&Field::Shared.slot());
        let settlement_window = field(low, 82, 8) as u32 * unit::MINUTE;
        Self {
            windows: Windows {
                length: settlement_window,
                earlier: field(high, 64, 8) as u32 * unit::MINUTE,
                until: end_of(field(high, 72, 16)),
            },
            parameters: Parameters {
                caution_move: field(high, 0, 32) * unit::RATE,
                restricted_move: field(high, 32, 32) * unit::RATE,
                stressed_weight: field(high, 88, 8) * unit::WEIGHT,
                hourly_rise: field(high, 96, 16) * unit::RISE,
                range_multiplier: field(high, 112, 8) * unit::MULTIPLIER,
                mean_window: field(low, 0, 12) as u32,
                slow_period: field(low, 12, 12) as u32 * unit::HOUR,
                fast_period: field(low, 24, 14) as u32 * unit::MINUTE,
                horizon: field(low, 38, 9) as u32 * unit::HOUR,
                calm_period: field(low, 47, 17) as u32,
                grace_period: field(low, 64, 17) as u32,
                settlement_window,
            },
            sequencer: Sequencer {
                down: field(low, 81, 1) != 0,
                since: field(low, 96, 32),
            },
        }
    }

    /// Stores all of it.
    pub fn store(&self) {
        let (p, sequencer, windows) = (&self.parameters, &self.sequencer, &self.windows);
        let high = in_field(p.caution_move / unit::RATE, 0, 32)
            | in_field(p.restricted_move / unit::RATE, 32, 32)
            | in_field(windows.earlier / unit::MINUTE, 64, 8)
            | in_field(day_of(windows.until), 72, 16)
            | in_field(p.stressed_weight / unit::WEIGHT, 88, 8)
            | in_field(p.hourly_rise / unit::RISE, 96, 16)
            | in_field(p.range_multiplier / unit::MULTIPLIER, 112, 8);
        let low = in_field(p.mean_window, 0, 12)
            | in_field(p.slow_period / unit::HOUR, 12, 12)
            | in_field(p.fast_period / unit::MINUTE, 24, 14)
            | in_field(p.horizon / unit::HOUR, 38, 9)
            | in_field(p.calm_period, 47, 17)
            | in_field(p.grace_period, 64, 17)
            | in_field(sequencer.down, 81, 1)
            | in_field(windows.length / unit::MINUTE, 82, 8)
            | in_field(sequencer.since, 96, 32);
        store(&Field::Shared.slot(), Word::new(high, low));
    }
}

/// What surfaces are held to from their next update on.
pub fn surface_limits() -> SurfaceLimits {
    let low = load(&Field::SurfaceLimits.slot()).low;
    SurfaceLimits {
        min_volatility: field(low, 0, 14) * SurfaceLimits::UNIT,
        max_volatility: field(low, 14, 14) * SurfaceLimits::UNIT,
        max_step: field(low, 28, 8) * SurfaceLimits::UNIT,
        min_interval: field(low, 36, 17) as u32,
        stale_after: field(low, 53, 20) as u32,
    }
}

/// Stores what surfaces are held to.
pub fn set_surface_limits(limits: &SurfaceLimits) {
    let low = in_field(limits.min_volatility / SurfaceLimits::UNIT, 0, 14)
        | in_field(limits.max_volatility / SurfaceLimits::UNIT, 14, 14)
        | in_field(limits.max_step / SurfaceLimits::UNIT, 28, 8)
        | in_field(limits.min_interval, 36, 17)
        | in_field(limits.stale_after, 53, 20);
    store(&Field::SurfaceLimits.slot(), Word::new(0, low));
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
    fn of_word(word: Word) -> Self {
        Self {
            feed: address_in(word),
            heartbeat: field(word.high, 96, 20) as u32,
            decimals: field(word.high, 116, 5) as u8,
            bound: Decimal {
                significand: (word.high >> 32) as u64,
                exponent: field(word.high, 121, 5) as u8,
            },
        }
    }

    fn word(self) -> Word {
        let Word { high, low } = word_of(self.feed);
        let limits = u128::from(self.bound.significand) << 32
            | in_field(self.heartbeat, 96, 20)
            | in_field(self.decimals, 116, 5)
            | in_field(self.bound.exponent, 121, 5);
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

/// An asset's slots. Whoever observes it needs all but the last three, `Apart` where the sources differ, and `Raised` for a while
/// after a stricter tier; a poke changes `Price` and `Validity`, and `History` now and then.
#[derive(Clone, Copy)]
enum Part {
    /// [`Source`].
    Primary,
    /// [`Source`].
    Secondary,
    /// Mark, time of observation; stable price and its rate, status, tier, reported tier.
    Price,
    /// Expiry of the mark; price of the secondary, as a spread; of the mean its running price and the seconds since its bucket
    /// began, and those since it has been calm; tier, end and seconds used of the trip, seconds from the mark's update to its
    /// expiry, range limits, whether the asset is configured, its sources' prices are apart from the mark, days are pending, and tiers
    /// that are over count.
    Validity,
    /// Of the mean its past prices; slow and fast variance; price and time of the last sample, range.
    History,
    /// Prices of the sources, where the primary's is not the mark or the secondary's is not near it.
    Apart,
    /// Days without a price: the first one's end and window, seconds counted; sum of marks over them.
    Pending,
    /// When its sources were last changed.
    Changed,
    /// When it was last in Restricted, and in Caution.
    Raised,
}

/// Mantissas of what is stored as a mantissa and an exponent: prices of the mean, to seven digits; the price of the last sample,
/// to eight; variances, to nine; the mark at which a surface was distrusted, to seven.
mod mantissa {
    pub const DISTRUSTED: u32 = 25;
    pub const MEAN: u32 = 25;
    pub const SAMPLE: u32 = 29;
    pub const VARIANCE: u32 = 30;
}

/// What a poke alone needs of the upper half of `Validity`: the mean's running price, the two spans of time.
const PROGRESS: u128 = (((1 << 32) - 1) << 32) | (((1 << 29) - 1) << 96);

/// What readers need of an asset.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The price as the last observation left it.
    pub price: Price,
    /// The guardian's trip.
    pub trip: Trip,
    /// The tier that the last `TierChanged` reported.
    pub reported: Tier,
    /// What its volatility and ranges are held to.
    pub limits: RangeLimits,
    /// Whether days have ended that wait for a price.
    pub is_pending: bool,
    /// When it was last in stricter tiers, of those that are over.
    pub raised: Raised,
}

impl Entry {
    /// An asset that is configured at `now`: its days count from then on.
    fn new(now: u64) -> Self {
        Self {
            price: Price {
                observed_at: now,
                ..Price::default()
            },
            trip: Trip::default(),
            reported: Tier::default(),
            limits: RangeLimits::DEFAULT,
            is_pending: false,
            raised: Raised::default(),
        }
    }
}

/// A configured asset; reverts with `UnknownAsset`.
pub fn known(asset: &B256) -> (Record, Entry) {
    let record = Record::of(asset);
    match record.entry() {
        Some(entry) => (record, entry),
        None => revert(guard::UnknownAsset::SELECTOR, &[*asset]),
    }
}

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

    /// Configures the sources. The last trusted mark and the volatility stay; no move is measured across the change.
    pub fn configure(&self, feeds: &Feeds) {
        self.store(Part::Primary, feeds.primary.word());
        self.store(Part::Secondary, feeds.secondary.word());
        let entry = self.entry().unwrap_or_else(|| Entry::new(now()));
        self.set_entry(&entry);
        self.set_progress(&Asset {
            price: entry.price,
            ..Asset::default()
        });
        self.set_volatility(&Volatility {
            price: 0,
            ..self.volatility()
        });
    }

    /// What readers need, or `None` of an asset that has not been configured.
    pub fn entry(&self) -> Option<Entry> {
        let validity = self.load(Part::Validity);
        let state = validity.low;
        if field(state, 2, 1) == 0 {
            return None;
        }
        let Word { high, low } = self.load(Part::Price);
        let mark = high >> 32;
        let (primary, secondary) = if field(state, 3, 1) == 0 {
            (mark, at_spread(mark, (validity.high >> 64) as u32))
        } else {
            let apart = self.load(Part::Apart);
            (apart.low, apart.high)
        };
        let valid_until = field(validity.high, 0, 32);
        Some(Entry {
            price: Price {
                mark,
                stable: low >> 32,
                primary,
                secondary,
                updated_at: valid_until - field(state, 58, 20),
                valid_until,
                observed_at: field(high, 0, 32),
                tier: tier_in(low, 2),
                status: Status::from_u8(field(low, 0, 2) as u8),
            },
            trip: Trip {
                tier: tier_in(state, 0),
                spell: Spell {
                    until: field(state, 96, 32),
                    used: field(state, 78, 18) as u32,
                },
            },
            reported: tier_in(low, 4),
            limits: RangeLimits {
                stressed: field(state, 44, 14) * RangeLimits::UNIT,
                min: field(state, 34, 10) * RangeLimits::UNIT,
                max: field(state, 24, 10) * RangeLimits::UNIT,
                confidence: field(state, 17, 7) * RangeLimits::UNIT,
                stable_price_rate: field(low, 6, 24) * RangeLimits::RATE_UNIT,
            },
            is_pending: field(state, 4, 1) != 0,
            raised: match field(state, 5, 1) {
                0 => Raised::default(),
                _ => self.raised(),
            },
        })
    }

    /// Stores what readers need.
    pub fn set_entry(&self, entry: &Entry) {
        let Entry {
            price,
            trip,
            limits,
            ..
        } = entry;
        let levels = in_field(price.status as u64, 0, 2)
            | in_field(price.tier as u64, 2, 2)
            | in_field(entry.reported as u64, 4, 2)
            | in_field(limits.stable_price_rate / RangeLimits::RATE_UNIT, 6, 24);
        let word = Word::new(
            with_price(price.mark, in_field(price.observed_at, 0, 32)),
            with_price(price.stable, levels),
        );
        self.store(Part::Price, word);
        let near = price.spread();
        let apart = near.is_none();
        if apart {
            self.store(Part::Apart, Word::new(price.secondary, price.primary));
        }
        let counts = !entry.raised.is_over();
        if counts {
            self.set_raised(&entry.raised);
        }
        let state = in_field(trip.tier as u64, 0, 2)
            | in_field(true, 2, 1)
            | in_field(apart, 3, 1)
            | in_field(entry.is_pending, 4, 1)
            | in_field(counts, 5, 1)
            | in_field(limits.confidence / RangeLimits::UNIT, 17, 7)
            | in_field(limits.max / RangeLimits::UNIT, 24, 10)
            | in_field(limits.min / RangeLimits::UNIT, 34, 10)
            | in_field(limits.stressed / RangeLimits::UNIT, 44, 14)
            | in_field(price.valid_until - price.updated_at, 58, 20)
            | in_field(trip.spell.used, 78, 18)
            | in_field(trip.spell.until, 96, 32);
        let high = in_field(price.valid_until, 0, 32) | u128::from(near.unwrap_or_default()) << 64;
        let progress = self.load(Part::Validity).high & PROGRESS;
        self.store(Part::Validity, Word::new(high | progress, state));
    }

    fn raised(&self) -> Raised {
        let low = self.load(Part::Raised).low;
        Raised {
            caution: field(low, 0, 32),
            restricted: field(low, 32, 32),
        }
    }

    fn set_raised(&self, raised: &Raised) {
        let low = in_field(raised.caution, 0, 32) | in_field(raised.restricted, 32, 32);
        self.store(Part::Raised, Word::new(0, low));
    }

    /// The asset's volatility.
    pub fn volatility(&self) -> Volatility {
        let Word { high, low } = self.load(Part::History);
        let variance = |shift| expand(field(high, shift, 36), mantissa::VARIANCE) as u64;
        Volatility {
            slow: variance(92),
            fast: variance(56),
            price: expand(field(high, 20, 36), mantissa::SAMPLE),
            sampled_at: field(low, 0, 32),
            range: field(high, 0, 20) as u32,
        }
    }

    /// Stores the asset's volatility.
    pub fn set_volatility(&self, volatility: &Volatility) {
        let variance =
            |value: u64, shift| in_field(compact(value.into(), mantissa::VARIANCE), shift, 36);
        let high = variance(volatility.slow, 92)
            | variance(volatility.fast, 56)
            | in_field(compact(volatility.price, mantissa::SAMPLE), 20, 36)
            | in_field(volatility.range, 0, 20);
        let past = self.load(Part::History).low >> 32 << 32;
        let low = past | in_field(volatility.sampled_at, 0, 32);
        self.store(Part::History, Word::new(high, low));
    }

    /// The days without a price.
    fn pending(&self) -> Pending {
        let Word { high, low } = self.load(Part::Pending);
        Pending {
            first: field(high, 0, 32),
            window: field(high, 32, 32) as u32,
            sums: Sums {
                sum: low,
                secs: field(high, 64, 32) as u32,
            },
        }
    }

    fn set_pending(&self, pending: &Pending) {
        let high = in_field(pending.first, 0, 32)
            | in_field(pending.window, 32, 32)
            | in_field(pending.sums.secs, 64, 32);
        self.store(Part::Pending, Word::new(high, pending.sums.sum));
    }

    /// What an observation at `now` needs of the settlements, after the last one at `observed_at`.
    fn settlements(
        &self,
        is_pending: bool,
        windows: &Windows,
        observed_at: u64,
        now: u64,
    ) -> Settlements {
        let sums = |day: u64| match self.day(day) {
            Day::Counting(sums) => sums,
            Day::Settled(_) => Sums::default(),
        };
        Settlements {
            day: windows
                .begun(observed_at, now)
                .map(sums)
                .unwrap_or_default(),
            pending: is_pending.then(|| self.pending()),
            settled: [None; 3],
        }
    }

    /// Stores what an observation at `now` has made of the settlements. Days that are settled are stored at the last of them.
    fn set_settlements(&self, settlements: &Settlements, now: u64) {
        for settled in settlements.settled.iter().flatten() {
            self.set_day(settled.last, &Day::Settled(*settled));
        }
        if settlements.day.secs > 0 {
            self.set_day(next_expiry(now), &Day::Counting(settlements.day));
        }
        if let Some(pending) = &settlements.pending {
            self.set_pending(pending);
        }
    }

    /// The price of the day that ended at `expiry`, at `now`; zero if it has none yet. It is stored with the last of the days that
    /// were settled with it, which links back to the first: in turn each day is looked at that ended since.
    pub fn settled(&self, expiry: u64, now: u64) -> u128 {
        let mut day = expiry;
        while day <= now {
            if let Day::Settled(settled) = self.day(day) {
                return if settled.first <= expiry {
                    settled.price
                } else {
                    0
                };
            }
            day += DAY;
        }
        0
    }

    fn day(&self, expiry: u64) -> Day {
        let Word { high, low } = load(&self.expiry_slot(expiry));
        match field(high, 32, 32) {
            0 => Day::Counting(Sums {
                sum: low,
                secs: field(high, 0, 32) as u32,
            }),
            first => Day::Settled(Settled {
                first,
                last: expiry,
                price: low,
            }),
        }
    }

    fn set_day(&self, expiry: u64, day: &Day) {
        let word = match day {
            Day::Counting(sums) => Word::new(in_field(sums.secs, 0, 32), sums.sum),
            Day::Settled(settled) => Word::new(in_field(settled.first, 32, 32), settled.price),
        };
        store(&self.expiry_slot(expiry), word);
    }

    /// When the sources were last changed; zero if never.
    pub fn changed_at(&self) -> u64 {
        field(self.load(Part::Changed).low, 0, 32)
    }

    /// Stores that the sources are changed at `now`.
    pub fn set_changed_at(&self, now: u64) {
        self.store(Part::Changed, Word::new(0, in_field(now, 0, 32)));
    }

    /// The surface of `expiry`.
    pub fn quoted(&self, expiry: u64) -> Quoted {
        quoted_in(load(&self.surface_slot(expiry)))
    }

    /// The surface of `expiry` that was in force at `time`, an 08:00 UTC until `now`: see [`Quoted::at`].
    pub fn quoted_at(&self, expiry: u64, time: u64, now: u64) -> Quoted {
        let kept = |day| quoted_in(load(&self.kept_slot(expiry, day)));
        self.quoted(expiry).at(time, now, kept)
    }

    /// Stores the surface of `expiry` at `now`. The one before is kept if it was in force at an 08:00.
    pub fn replace_quoted(&self, expiry: u64, before: &Quoted, next: &Quoted, now: u64) {
        if let Some(day) = before.outlived(now) {
            store(&self.kept_slot(expiry, day), word_of_quoted(before));
        }
        self.set_quoted(expiry, next);
    }

    /// Stores the surface of `expiry`.
    pub fn set_quoted(&self, expiry: u64, quoted: &Quoted) {
        store(&self.surface_slot(expiry), word_of_quoted(quoted));
    }

    /// Its last byte is that of no other slot of the expiry.
    fn surface_slot(&self, expiry: u64) -> Slot {
        let mut slot = self.expiry_slot(expiry);
        slot[31] ^= 1;
        slot
    }

    /// Where the surface of `expiry` is kept that was in force at an 08:00, `day`, and was replaced before the next.
    fn kept_slot(&self, expiry: u64, day: u64) -> Slot {
        let mut name = [0; 48];
        name[..32].copy_from_slice(&self.slots);
        name[32..40].copy_from_slice(&expiry.to_le_bytes());
        name[40..].copy_from_slice(&day.to_le_bytes());
        WasmVM::default().native_keccak256(&name).0
    }

    fn expiry_slot(&self, expiry: u64) -> Slot {
        let mut name = [0; 40];
        name[..32].copy_from_slice(&self.slots);
        name[32..].copy_from_slice(&expiry.to_le_bytes());
        WasmVM::default().native_keccak256(&name).0
    }

    /// All that an observation at `now` changes, given what every reader needs.
    pub fn state(&self, entry: &Entry, windows: &Windows, now: u64) -> State {
        let observed_at = entry.price.observed_at;
        State {
            asset: self.asset(entry.price),
            volatility: self.volatility(),
            settlements: self.settlements(entry.is_pending, windows, observed_at, now),
        }
    }

    /// Price, mean and breaker, given the price.
    fn asset(&self, price: Price) -> Asset {
        let running = self.load(Part::Validity).high;
        let past = self.load(Part::History).low;
        let mean = |half, shift| expand(field(half, shift, 32), mantissa::MEAN);
        Asset {
            price,
            mean: Mean {
                current: mean(running, 32),
                past: [mean(past, 96), mean(past, 64), mean(past, 32)],
                start: price.observed_at.saturating_sub(field(running, 96, 12)),
            },
            // Stored as one more than the seconds, so that zero is no calm.
            calm_since: match field(running, 108, 17) {
                0 => 0,
                calm => price.observed_at.saturating_sub(calm - 1),
            },
        }
    }

    /// Stores all that an observation has changed, and what readers need.
    pub fn set_state(&self, state: &State, entry: &Entry) {
        self.set_progress(&state.asset);
        self.set_entry(entry);
        self.set_volatility(&state.volatility);
        self.set_settlements(&state.settlements, entry.price.observed_at);
    }

    /// Stores what readers do not need of an asset's state. A bucket of the mean lasts 1,200 seconds at most, and a day of calm
    /// is as good as any.
    pub fn set_progress(&self, asset: &Asset) {
        let secs_since = |time| asset.price.observed_at.saturating_sub(time);
        let mean = |price, shift| in_field(compact(price, mantissa::MEAN), shift, 32);
        let calm = match asset.calm_since {
            0 => 0,
            since => secs_since(since) + 1,
        };
        let running = mean(asset.mean.current, 32)
            | in_field(secs_since(asset.mean.start), 96, 12)
            | in_field(calm, 108, 17);
        let Word { high, low } = self.load(Part::Validity);
        self.store(Part::Validity, Word::new(high & !PROGRESS | running, low));
        let [newest, middle, oldest] = asset.mean.past;
        let past = mean(newest, 96) | mean(middle, 64) | mean(oldest, 32);
        let Word { high, low } = self.load(Part::History);
        let sampled = in_field(field(low, 0, 32), 0, 32);
        self.store(Part::History, Word::new(high, past | sampled));
    }
}

/// The surface in a slot.
fn quoted_in(word: Word) -> Quoted {
    let Word { high, low } = word;
    Quoted {
        surface: Surface {
            atm: field(low, 0, 24) as u32,
            skew: slope(low, 24),
            curvature: slope(low, 48),
        },
        updated_at: field(low, 72, 32),
        min_volatility: field(low, 104, 24) as u32,
        max_volatility: field(high, 0, 24) as u32,
        stale_after: field(high, 24, 20) as u32,
        distrust: Spell {
            used: field(high, 44, 18) as u32,
            until: field(high, 64, 32),
        },
        distrusted_at: expand(field(high, 96, 32), mantissa::DISTRUSTED),
    }
}

/// A surface as stored.
fn word_of_quoted(quoted: &Quoted) -> Word {
    let Surface {
        atm,
        skew,
        curvature,
    } = quoted.surface;
    let slope = |slope: i32| slope.cast_unsigned() & SLOPE;
    let low = in_field(atm, 0, 24)
        | in_field(slope(skew), 24, 24)
        | in_field(slope(curvature), 48, 24)
        | in_field(quoted.updated_at, 72, 32)
        | in_field(quoted.min_volatility, 104, 24);
    let mark = compact(quoted.distrusted_at, mantissa::DISTRUSTED);
    let high = in_field(quoted.max_volatility, 0, 24)
        | in_field(quoted.stale_after, 24, 20)
        | in_field(quoted.distrust.used, 44, 18)
        | in_field(quoted.distrust.until, 64, 32)
        | in_field(mark, 96, 32);
    Word::new(high, low)
}

/// The bits in which a slope of a surface is stored: at most 4,000,000 either way.
const SLOPE: u32 = (1 << 24) - 1;

/// The slope in the bits of `half` above `shift`.
fn slope(half: u128, shift: u32) -> i32 {
    ((half >> shift) as i32) << 8 >> 8
}

/// The tier in the two bits of `half` above `shift`.
fn tier_in(half: u128, shift: u32) -> Tier {
    Tier::from_u8(field(half, shift, 2) as u8)
}
