//! Implied volatility of one expiry, as a provider quotes it, and how far and how fast it may move.
//!
//! Options are valued at it, so every step that a provider takes moves somebody's equity. What a malicious one can do at most:
//! move the volatility of any strike by [`SurfaceLimits::max_step`] per [`SurfaceLimits::min_interval`], one way, and never out
//! of the limits' volatilities; or stop, which after [`SurfaceLimits::stale_after`] stops opening and nothing else. New limits
//! hold from the next update on.
//!
//! The guardian may distrust a surface for a while. Each option then keeps the volatility that it had at that time, whatever the
//! price does since, and updates are refused: were they taken and not used, a provider could walk out of sight, and options would
//! jump there at the end by more than a step.

use risk::options::fixed::{BITS, ONE, ln_ratio};
use risk::{Mark, Price, SettlementPrice};

use crate::WAD;
use crate::settlement::{DAY, is_expiry, next_expiry};
use crate::spell::{Spell, SpellRefusal};

/// Volatilities are kept in millionths.
const MILLIONTH: u64 = WAD / 1_000_000;

/// Seconds ahead of now that an expiry may be to have a surface.
const FARTHEST: u64 = 400 * 86_400;

/// Days that a series is told before it settles early, at least.
const NOTICE: u64 = 7;

/// Volatility a year as a function of k = ln(strike / forward), all in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// Volatility at the money.
    pub atm: u32,
    /// Its change per unit of k.
    pub skew: i32,
    /// Its change per unit of k^2.
    pub curvature: i32,
}

impl Surface {
    /// Greatest skew and curvature either way.
    pub const MAX_SLOPE: i32 = 4_000_000;

    /// Most by which the volatility of any strike differs between this and `other`, in millionths, limits aside.
    fn distance(&self, other: &Self) -> u64 {
        u64::from(self.atm.abs_diff(other.atm))
            + u64::from(self.skew.abs_diff(other.skew))
            + u64::from(self.curvature.abs_diff(other.curvature))
    }

    fn is_within(&self, limits: &SurfaceLimits) -> bool {
        let (least, greatest) = limits.volatilities();
        (least..=greatest).contains(&self.atm)
            && self.skew.unsigned_abs() <= Self::MAX_SLOPE.unsigned_abs()
            && self.curvature.unsigned_abs() <= Self::MAX_SLOPE.unsigned_abs()
    }
}

/// What surfaces are held to. Volatilities and the step are WAD, times are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurfaceLimits {
    /// Least volatility of any strike.
    pub min_volatility: u64,
    /// Greatest volatility of any strike.
    pub max_volatility: u64,
    /// Most by which one update may change the volatility of any strike.
    pub max_step: u64,
    /// Time between two updates of an expiry.
    pub min_interval: u32,
    /// Time after an update from which on it is stale.
    pub stale_after: u32,
}

impl SurfaceLimits {
    /// From a calm coin's volatility to a thin token's in a crash. Five points in five minutes: at the money it may double from
    /// 60 % within an hour, as it does in a crash, while one wrong quote costs a seller of a month's option at the money
    /// 0.6 % of the underlying. An hour without a quote stops opening.
    pub const DEFAULT: Self = Self {
        min_volatility: WAD / 10,
        max_volatility: 5 * WAD,
        max_step: WAD / 20,
        min_interval: 300,
        stale_after: 3_600,
    };

    /// The limits' volatilities and step are stored in thousandths.
    pub const UNIT: u64 = WAD / 1_000;

    /// Whether the limits are in order, multiples of [`Self::UNIT`], and within 5 % to 1,000 % of volatility, 0.1 to 25 points
    /// a step, 30 seconds to a day between updates, and a minute to a week until stale.
    pub fn is_within_bounds(&self) -> bool {
        self.min_volatility >= WAD / 20
            && self.min_volatility <= self.max_volatility
            && self.max_volatility <= 10 * WAD
            && (WAD / 1_000..=WAD / 4).contains(&self.max_step)
            && (30..=86_400).contains(&self.min_interval)
            && (60..=7 * 86_400).contains(&self.stale_after)
            && self.min_interval < self.stale_after
            && [self.min_volatility, self.max_volatility, self.max_step]
                .iter()
                .all(|limit| limit.is_multiple_of(Self::UNIT))
    }

    /// Least and greatest volatility in millionths.
    fn volatilities(&self) -> (u32, u32) {
        let millionths = |volatility| (volatility / MILLIONTH) as u32;
        (
            millionths(self.min_volatility),
            millionths(self.max_volatility),
        )
    }
}

/// One expiry's surface, with what of the limits was in force when it was set: who values an option reads nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quoted {
    /// The surface.
    pub surface: Surface,
    /// When it was set, seconds; zero if it never was.
    pub updated_at: u64,
    /// Seconds from then until it is stale.
    pub stale_after: u32,
    /// Least volatility of any strike, in millionths.
    pub min_volatility: u32,
    /// Greatest volatility of any strike, in millionths.
    pub max_volatility: u32,
    /// While the guardian distrusts it.
    pub distrust: Spell,
    /// The mark when it was distrusted: the forward at which volatilities are read meanwhile.
    pub distrusted_at: Mark,
}

/// What a strike is compared with, WAD: the mark, a settlement price, or what of either an option still has to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward(pub u128);

impl Forward {
    /// As a price that options are valued at; one beyond the largest counts as that.
    #[must_use]
    pub fn price(self) -> Price {
        Price(self.0).min(Price::MAX)
    }
}

impl From<Mark> for Forward {
    fn from(mark: Mark) -> Self {
        Self(mark.0)
    }
}

impl From<SettlementPrice> for Forward {
    fn from(settled: SettlementPrice) -> Self {
        Self(settled.0)
    }
}

/// The 08:00 UTC whose surface values series that settle early, at `closes`, from a day before on: the last one until then at which
/// that was not distrusted, or the seventh where it was at all seven. Who distrusts a surface in time is so heard, and none is older
/// than the notice.
pub fn day_of_volatility(closes: u64, was_distrusted: impl Fn(u64) -> bool) -> u64 {
    let day = |before: u64| closes.saturating_sub(before * DAY);
    let trusted = (1..NOTICE).map(day).find(|&day| !was_distrusted(day));
    trusted.unwrap_or(day(NOTICE))
}

/// Why a surface is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurfaceRefusal {
    /// The expiry is not at 08:00 UTC, over, or more than 400 days ahead.
    InvalidExpiry,
    /// The volatility at the money is outside the limits, or skew or curvature beyond [`Surface::MAX_SLOPE`].
    OutOfBounds,
    /// The last update was too short ago.
    TooSoon {
        /// From when on another is allowed, seconds.
        allowed_at: u64,
    },
    /// The volatility of some strike would change by more than the largest step.
    StepTooLarge {
        /// The change, WAD.
        step: u64,
    },
    /// The guardian distrusts it.
    Distrusted {
        /// Until then, seconds.
        until: u64,
    },
}

/// Why a surface cannot be distrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDistrusted {
    /// There is none, or the expiry is over.
    NoSurface,
    /// It may not last so long, or has to last longer.
    Spell(SpellRefusal),
}

impl Quoted {
    /// What `next`, set at `now` for `expiry`, makes of it. The first surface of an expiry may have any level within the limits:
    /// nobody can hold an option of an expiry that never had one.
    pub fn update(
        self,
        next: Surface,
        expiry: u64,
        limits: &SurfaceLimits,
        now: u64,
    ) -> Result<Self, SurfaceRefusal> {
        if !is_expiry(expiry) || expiry <= now || expiry - now > FARTHEST {
            return Err(SurfaceRefusal::InvalidExpiry);
        }
        if !next.is_within(limits) {
            return Err(SurfaceRefusal::OutOfBounds);
        }
        if self.is_distrusted(now) {
            let until = self.distrust.until;
            return Err(SurfaceRefusal::Distrusted { until });
        }
        if self.exists() {
            let allowed_at = self.updated_at.saturating_add(limits.min_interval.into());
            if now < allowed_at {
                return Err(SurfaceRefusal::TooSoon { allowed_at });
            }
            let step = self.surface.distance(&next) * MILLIONTH;
            if step > limits.max_step {
                return Err(SurfaceRefusal::StepTooLarge { step });
            }
        }
        let (min_volatility, max_volatility) = limits.volatilities();
        Ok(Self {
            surface: next,
            updated_at: now,
            stale_after: limits.stale_after,
            min_volatility,
            max_volatility,
            ..self
        })
    }

    /// What it is once the guardian distrusts it at `now` for `secs` seconds, at most until its `expiry`, with the mark at
    /// `mark`. While it is distrusted already, options keep what they have.
    pub fn distrusted(
        self,
        secs: u32,
        expiry: u64,
        mark: Mark,
        now: u64,
    ) -> Result<Self, NotDistrusted> {
        let left = expiry.saturating_sub(now);
        if !self.exists() || left == 0 {
            return Err(NotDistrusted::NoSurface);
        }
        let secs = u32::try_from(left).map_or(secs, |left| secs.min(left));
        let distrust = self.distrust.extended(secs, now);
        Ok(Self {
            distrust: distrust.map_err(NotDistrusted::Spell)?,
            distrusted_at: if self.is_distrusted(now) {
                self.distrusted_at
            } else {
                mark
            },
            ..self
        })
    }

    /// Whether the guardian distrusts it at `now`.
    pub fn is_distrusted(&self, now: u64) -> bool {
        self.distrust.is_running(now)
    }

    /// Every 08:00 UTC from `now` on at which it is distrusted; three at most, since a spell lasts 72 hours at most.
    pub fn days_of_distrust(&self, now: u64) -> impl Iterator<Item = u64> + use<> {
        let (first, until) = (next_expiry(now.saturating_sub(1)), self.distrust.until);
        (first..until).step_by(DAY as usize)
    }

    /// Whether it was ever set.
    pub fn exists(&self) -> bool {
        self.updated_at != 0
    }

    /// The last 08:00 UTC until `now` at which it was in force already, if there was one.
    pub fn outlived(&self, now: u64) -> Option<u64> {
        let day = next_expiry(now) - DAY;
        (self.exists() && self.updated_at < day).then_some(day)
    }

    /// The surface that was in force at `time`, an 08:00 UTC, of an expiry whose surface at `now` is this; its first, if it had none
    /// then. `kept` tells those that were replaced, by the [`outlived`](Self::outlived) time at which they were kept, from which on
    /// each 08:00 is looked at in turn.
    pub fn at(self, time: u64, now: u64, kept: impl Fn(u64) -> Self) -> Self {
        let mut day = time;
        while self.updated_at >= time && day <= now {
            let kept = kept(day);
            if kept.exists() {
                return kept;
            }
            day += DAY;
        }
        self
    }

    /// Whether it is neither stale at `now` nor distrusted.
    pub fn is_fresh(&self, now: u64) -> bool {
        self.exists()
            && now < self.updated_at.saturating_add(self.stale_after.into())
            && !self.is_distrusted(now)
    }

    /// The volatility of `strike` when the forward is `forward`, in millionths: atm + skew k + curvature k^2 within the limits,
    /// where k counts as at least -1 and at most 1. Wrong by at most one.
    pub fn volatility(&self, strike: Price, forward: Forward) -> u32 {
        let Surface {
            atm,
            skew,
            curvature,
        } = self.surface;
        // With 30 binary digits, products of 22 bits and 30 fit.
        let k = (ln_ratio(strike.0, forward.0).clamp(-ONE, ONE) >> (BITS - 30)) as i64;
        let square = (k * k) >> 30;
        let bend = i64::from(skew) * k + i64::from(curvature) * square;
        let volatility = i64::from(atm) + ((bend + (1 << 29)) >> 30);
        let (least, greatest) = (self.min_volatility.into(), self.max_volatility.into());
        // Two comparisons, since `clamp` would panic if they were out of order.
        volatility.max(least).min(greatest) as u32
    }
}

#[cfg(test)]
mod tests;
