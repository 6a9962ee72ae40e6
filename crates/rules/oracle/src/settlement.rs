//! The prices at which days end, and instruments with them: the time-weighted mean of the mark over a window that ends at 08:00 UTC.
//!
//! Nobody opens anything. Every observation adds the mark before it for as long as that was in force and trusted, and splits the time
//! at the window's start and at 08:00, so that a price does not depend on who looks, or how often, beyond the marks that are
//! seen. A day of whose window less than half was trusted is pending until half is made up. At most one day is pending: days that
//! end meanwhile join it and take its price, so that an observation's work is bounded however long nobody came. No move within a
//! second, and no single print, can decide a settlement.

use risk::options::settlement::Counted;
use risk::{Mark, Ratio, SettlementPrice};

use crate::WAD;
use crate::price::{Price, Status};

/// Seconds from one possible expiry to the next.
pub const DAY: u64 = 86_400;

/// Time of day of an expiry, seconds.
pub const TIME_OF_DAY: u64 = 8 * 3_600;

/// Whether instruments may expire at `time`.
pub fn is_expiry(time: u64) -> bool {
    time % DAY == TIME_OF_DAY
}

/// The end of the day under way: the first time after `time` at which instruments may expire.
pub fn next_expiry(time: u64) -> u64 {
    let today = time - time % DAY + TIME_OF_DAY;
    if time < today { today } else { today + DAY }
}

/// How long before its end a day's price begins to be averaged. A new length holds from the next 08:00 on. A day that nobody has
/// looked at through two changes has the window of the last but one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Seconds, of days that end after `until`.
    pub length: u32,
    /// Seconds, of days that end at `until` or before.
    pub earlier: u32,
    /// The end of a day, or zero.
    pub until: u64,
}

impl Windows {
    /// One length for all days.
    pub const fn of_length(length: u32) -> Self {
        Self {
            length,
            earlier: length,
            until: 0,
        }
    }

    /// The window of the day that ends at `expiry`, seconds.
    pub fn of(&self, expiry: u64) -> u32 {
        if expiry > self.until {
            self.length
        } else {
            self.earlier
        }
    }

    /// With another length, which is set at `now`.
    pub fn changed(&self, length: u32, now: u64) -> Self {
        let until = next_expiry(now);
        Self {
            length,
            earlier: self.of(until),
            until,
        }
    }

    /// The end of the day that was under way at `observed_at`, if its window has begun by `now`: its sums are needed.
    pub fn begun(&self, observed_at: u64, now: u64) -> Option<u64> {
        let day = next_expiry(observed_at);
        (observed_at != 0 && now > self.start(day)).then_some(day)
    }

    fn start(&self, expiry: u64) -> u64 {
        expiry.saturating_sub(self.of(expiry).into())
    }
}

/// Least trusted seconds of a `window`.
const fn half(window: u32) -> u32 {
    window.div_ceil(2)
}

/// What is counted of one average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Trusted WAD marks times the seconds for which they were in force.
    pub sum: u128,
    /// Those seconds, at most [`LONGEST_WINDOW`](crate::parameters::LONGEST_WINDOW).
    pub secs: u32,
}

impl Sums {
    /// With `mark` in force for `secs` more seconds.
    fn with(self, Mark(mark): Mark, secs: u32) -> Self {
        Self {
            sum: self.sum + mark * u128::from(secs),
            secs: self.secs + secs,
        }
    }

    /// The mean, rounded down; zero of nothing.
    pub fn mean(&self) -> SettlementPrice {
        let mean = self.sum.checked_div(self.secs.into());
        mean.map_or(SettlementPrice::ZERO, SettlementPrice)
    }

    /// What is fixed of an average of at least `least` seconds: the share, rounded down, and the mean of what is counted.
    fn fixed(&self, least: u64) -> Counted {
        let share = u128::from(self.secs) * u128::from(WAD);
        Counted {
            share: Ratio(share.checked_div(least.into()).unwrap_or(0)),
            average: self.mean(),
        }
    }
}

/// The days that have ended without a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// The first of them.
    pub first: u64,
    /// Its window, seconds.
    pub window: u32,
    /// What is counted of it.
    pub sums: Sums,
}

impl Pending {
    /// Trusted seconds that it still takes.
    pub fn missing(&self) -> u32 {
        half(self.window).saturating_sub(self.sums.secs)
    }

    /// What is fixed of their price.
    pub fn fixed(&self) -> Counted {
        self.sums.fixed(half(self.window).into())
    }

    /// With as much of a mark as it takes; and when that was enough, if it was.
    fn count(self, span: &Span) -> (Self, Option<u64>) {
        let missing = self.missing();
        let secs = span.secs(0, u64::MAX).min(missing);
        let next = Self {
            sums: self.sums.with(span.mark, secs),
            ..self
        };
        let enough = secs == missing;
        (next, enough.then(|| span.from + u64::from(secs)))
    }
}

/// Days with a price that will not change any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The first day's end.
    pub first: u64,
    /// The last day's end.
    pub last: u64,
    /// Their price.
    pub price: SettlementPrice,
}

/// A trusted mark, from when until when it was in force.
struct Span {
    mark: Mark,
    from: u64,
    to: u64,
}

impl Span {
    /// How much of it lies between two times, seconds.
    fn secs(&self, from: u64, to: u64) -> u32 {
        let secs = self.to.min(to).saturating_sub(self.from.max(from));
        u32::try_from(secs).unwrap_or(u32::MAX)
    }

    /// With what of it lies in the window of a day.
    fn count(&self, sums: Sums, day: u64, windows: &Windows) -> Sums {
        sums.with(self.mark, self.secs(windows.start(day), day))
    }
}

/// What an asset's settlements have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlements {
    /// What is counted of the day under way.
    pub day: Sums,
    /// The days that wait for trusted prices.
    pub pending: Option<Pending>,
    /// What the last observation has settled, oldest first: of what was pending, of the day that was under way, and of days that ended
    /// while nobody looked and one mark was trusted.
    pub settled: [Option<Settled>; 3],
}

impl Settlements {
    /// Counts `price` as in force from its observation until `now`; it must be the last one observed.
    pub fn count(self, price: &Price, windows: &Windows, now: u64) -> Self {
        let mut next = Self {
            settled: [None; 3],
            ..self
        };
        let from = price.observed_at;
        if from == 0 {
            return next; // nobody has looked before
        }
        let to = match price.status {
            Status::Frozen => from,
            _ => now.min(price.valid_until).max(from),
        };
        let mark = price.mark;
        let mut day = next_expiry(from);
        if let Some(pending) = next.pending.take() {
            let (pending, enough) = pending.count(&Span { mark, from, to });
            let Some(at) = enough else {
                return next.wait(pending, &Span { mark, from, to }, day, windows, now);
            };
            let last = next_expiry(at) - DAY;
            next.settle(Settled {
                first: pending.first,
                last,
                price: pending.sums.mean(),
            });
            if day <= last {
                (day, next.day) = (last + DAY, Sums::default());
            }
        }
        // A mark is trusted for at most seven days: so many turns.
        loop {
            next.day = Span { mark, from, to }.count(next.day, day, windows);
            if now < day {
                return next;
            }
            let over = Pending {
                first: day,
                window: windows.of(day),
                sums: core::mem::take(&mut next.day),
            };
            let rest = Span {
                mark,
                from: from.max(day),
                to: to.max(day),
            };
            let (over, enough) = over.count(&rest);
            if enough.is_none() {
                return next.wait(over, &rest, day, windows, now);
            }
            next.settle(Settled {
                first: day,
                last: day,
                price: over.sums.mean(),
            });
            day += DAY;
        }
    }

    /// Leaves days pending, among them all that end until `now`, and counts the `span` for the day under way then, which was `day`
    /// if that has not ended.
    fn wait(self, pending: Pending, span: &Span, day: u64, windows: &Windows, now: u64) -> Self {
        let under_way = next_expiry(now);
        let sums = if day == under_way {
            self.day
        } else {
            Sums::default()
        };
        Self {
            day: span.count(sums, under_way, windows),
            pending: Some(pending),
            ..self
        }
    }

    /// One after the other; neighbours of one price together.
    fn settle(&mut self, next: Settled) {
        for place in &mut self.settled {
            match place {
                Some(last) if last.price == next.price && last.last + DAY == next.first => {
                    last.last = next.last;
                    return;
                }
                Some(_) => {}
                None => {
                    *place = Some(next);
                    return;
                }
            }
        }
    }

    /// Whether the last observation has settled anything.
    pub fn has_settled(&self) -> bool {
        self.settled[0].is_some()
    }

    /// What is counted for the day that ends or has ended at `expiry`, observed at `now`, and the trusted seconds that it takes at
    /// least in all; nothing of a day whose window has not begun, and of one that is settled.
    fn running(&self, expiry: u64, windows: &Windows, now: u64) -> Option<(Sums, u32)> {
        match self.pending {
            Some(pending) if pending.first <= expiry && expiry <= now => {
                Some((pending.sums, half(pending.window)))
            }
            _ if expiry == next_expiry(now) => Some((self.day, half(windows.of(expiry)))),
            _ => None,
        }
    }

    /// What of the price of the day that ends at `expiry` is fixed at `now`, when it was observed: the share of the seconds that it
    /// will have, if all to come are trusted, or of half its window, that is counted (DESIGN 4, In the settlement window).
    pub fn fixed(&self, expiry: u64, windows: &Windows, now: u64) -> Counted {
        let Some((sums, least)) = self.running(expiry, windows, now) else {
            return Counted::default();
        };
        let all = u64::from(sums.secs) + expiry.saturating_sub(now);
        sums.fixed(all.max(least.into()))
    }

    /// The mean so far of the day that ends at `expiry`, as observed at `now`, and the trusted seconds that it needs yet; zeros of one
    /// that is not being counted.
    pub fn progress(&self, expiry: u64, windows: &Windows, now: u64) -> (SettlementPrice, u32) {
        match self.running(expiry, windows, now) {
            Some((sums, least)) => (sums.mean(), least.saturating_sub(sums.secs)),
            None => (SettlementPrice::ZERO, 0),
        }
    }
}

#[cfg(test)]
mod tests;
