//! What an observation finds and leaves of an asset: price, tiers, mean and volatility.

use oracle::compact::{at_spread, compact, expand};
use oracle::{
    Asset, Mark, Mean, MeanPrice, Price, Raised, RangeLimits, SourcePrice, Spell, Stable, State,
    Status, Tier, Trip, Volatility, Windows,
};
use program_support::Word;

use super::bits::{field, in_field, tier_in, with_price};
use super::{Part, Record};

/// Mantissas of what is stored as a mantissa and an exponent: prices of the mean, to seven digits; the price of the last sample,
/// to eight; variances, to nine.
mod mantissa {
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
    pub(super) fn new(now: u64) -> Self {
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

impl Record {
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
                mark: Mark(mark),
                stable: Stable(low >> 32),
                primary: SourcePrice(primary),
                secondary: SourcePrice(secondary),
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
            with_price(price.mark.0, in_field(price.observed_at, 0, 32)),
            with_price(price.stable.0, levels),
        );
        self.store(Part::Price, word);
        let near = price.spread();
        let apart = near.is_none();
        if apart {
            self.store(Part::Apart, Word::new(price.secondary.0, price.primary.0));
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
            mark: Mark(expand(field(high, 20, 36), mantissa::SAMPLE)),
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
            | in_field(compact(volatility.mark.0, mantissa::SAMPLE), 20, 36)
            | in_field(volatility.range, 0, 20);
        let past = self.load(Part::History).low >> 32 << 32;
        let low = past | in_field(volatility.sampled_at, 0, 32);
        self.store(Part::History, Word::new(high, low));
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
        let mean = |half, shift| MeanPrice(expand(field(half, shift, 32), mantissa::MEAN));
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
        let mean = |MeanPrice(mean), shift| in_field(compact(mean, mantissa::MEAN), shift, 32);
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
