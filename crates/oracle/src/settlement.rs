//! The price at which an expiry settles: the time-weighted mean of the mark over a window that ends there.
//!
//! Expiries are at 08:00 UTC, one a day. Somebody opens each; anyone may, from a day before, and later too if it has a volatility
//! surface, so that options of an expiry that was passed over can still be settled. A price counts from when it was
//! observed until the next observation, as long as it is trusted; where it is not, the window goes on for as many seconds after
//! the expiry, so that a frozen asset settles late rather than on a price that nobody trusts. So does one that was opened late.
//! No move within a second, and no single print, can decide a settlement.

use risk::options::settlement::Counted;
use risk::{Price as Usd, Ratio};

use crate::WAD;
use crate::math::interpolate;
use crate::price::{Price, Status};

/// Seconds from one possible expiry to the next.
const DAY: u64 = 86_400;

/// Time of day of an expiry, seconds.
const TIME_OF_DAY: u64 = 8 * 3_600;

/// The longest window that a settlement may be given, seconds.
pub const LONGEST_WINDOW: u32 = 4 * 3_600;

/// Whether instruments may expire at `time`.
pub fn is_expiry(time: u64) -> bool {
    time % DAY == TIME_OF_DAY
}

/// One expiry's mean, complete or growing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// When the instruments expire, seconds; zero if none was ever opened.
    pub expiry: u64,
    /// From when on prices count.
    pub from: u64,
    /// Seconds of trusted prices that it takes.
    pub window: u32,
    /// Seconds counted.
    pub counted: u32,
    /// Mean WAD price of what is counted; rounded towards the earlier price, by at most 1e-18 for each observation.
    pub price: u128,
}

/// Why a settlement is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// The one before it is not complete.
    Running,
    /// The expiry is not at 08:00 UTC, more than a day ahead, already opened, or over without having been missed.
    InvalidExpiry,
}

impl Settlement {
    /// Opens the settlement of `expiry` after this one, which must be counted until `now`. The window ends at the expiry,
    /// or starts `now` if that is later. `missed` says that `expiry` was not settled although its options may have to be.
    ///
    /// An expiry that is over may be opened only if it was missed: else anybody could hold up the next one by opening old ones.
    /// A missed one may also take the place of one whose window begins after its own can end; that is opened again later.
    pub fn open_next(
        &self,
        expiry: u64,
        missed: bool,
        window: u32,
        now: u64,
    ) -> Result<Self, NotOpened> {
        let missed = missed && expiry <= now;
        let makes_way = missed && now.saturating_add(window.into()) <= self.from;
        if self.expiry != 0 && !self.is_complete() && !makes_way {
            return Err(NotOpened::Running);
        }
        let ahead = expiry > now && expiry <= now.saturating_add(DAY);
        if !is_expiry(expiry) || expiry == self.expiry || !(ahead || missed) {
            return Err(NotOpened::InvalidExpiry);
        }
        Ok(Self {
            expiry,
            from: now.max(expiry.saturating_sub(window.into())),
            window,
            counted: 0,
            price: 0,
        })
    }

    /// Counts `price` as in force from its observation until `now`; it must be the last one observed.
    pub fn count(self, price: &Price, now: u64) -> Self {
        if price.status == Status::Frozen {
            return self;
        }
        let start = price.observed_at.max(self.from);
        let secs = now.min(price.valid_until).saturating_sub(start);
        let secs = secs.min((self.window - self.counted).into()) as u32;
        if secs == 0 {
            return self;
        }
        let counted = self.counted + secs;
        Self {
            counted,
            price: interpolate(self.price, price.mark, secs.into(), counted.into()),
            ..self
        }
    }

    /// What of the mean is fixed: the share of its seconds that is counted, rounded down, and their price. Time that passes without
    /// a trusted price is made up for, so that what is left to count is left to move.
    pub fn fixed(&self) -> Counted {
        let share = u128::from(self.counted) * u128::from(WAD);
        Counted {
            share: Ratio(share.checked_div(self.window.into()).unwrap_or(0)),
            average: Usd(self.price),
        }
    }

    /// Whether it was opened and the whole window is counted: the price will not change any more.
    pub fn is_complete(&self) -> bool {
        self.expiry != 0 && self.counted == self.window
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXPIRY: u64 = 20_000 * DAY + TIME_OF_DAY;
    const WINDOW: u32 = 1_800;

    fn price(mark: u128, observed_at: u64) -> Price {
        Price {
            mark,
            observed_at,
            valid_until: observed_at + 3_600,
            status: Status::Agreeing,
            ..Price::default()
        }
    }

    fn opened() -> Settlement {
        let opened = Settlement::default().open_next(EXPIRY, false, WINDOW, EXPIRY - DAY);
        opened.unwrap()
    }

    #[test]
    fn a_steady_price_settles_at_itself() {
        let settlement = opened().count(&price(2_000, EXPIRY - 2_000), EXPIRY);
        assert_eq!((settlement.price, settlement.is_complete()), (2_000, true));
    }

    #[test]
    fn one_that_was_never_opened_is_never_complete() {
        let none = Settlement::default();
        assert!(!none.is_complete());
        assert_eq!(none.count(&price(2_000, EXPIRY), EXPIRY + 500), none);
    }

    #[test]
    fn prices_count_for_their_time() {
        let settlement = opened()
            .count(&price(1_000, EXPIRY - 2_000), EXPIRY - 600)
            .count(&price(4_000, EXPIRY - 600), EXPIRY + 50);
        assert_eq!((settlement.price, settlement.is_complete()), (2_000, true));
    }

    #[test]
    fn what_is_before_the_window_or_after_it_does_not_count() {
        let early = opened().count(&price(1, EXPIRY - 5_000), EXPIRY - 1_800);
        assert_eq!(early, opened());
        let complete = early.count(&price(7, EXPIRY - 1_800), EXPIRY);
        assert_eq!(complete.count(&price(9, EXPIRY), EXPIRY + 999), complete);
    }

    #[test]
    fn untrusted_time_is_made_up_for_after_the_expiry() {
        let half = opened().count(&price(1_000, EXPIRY - 1_800), EXPIRY - 900);
        let frozen = Price {
            status: Status::Frozen,
            ..price(1_000, EXPIRY - 900)
        };
        let settlement = half.count(&frozen, EXPIRY + 5_000);
        assert_eq!((settlement, settlement.is_complete()), (half, false));
        let thawed = settlement.count(&price(3_000, EXPIRY + 5_000), EXPIRY + 5_899);
        assert!(!thawed.is_complete());
        let complete = settlement.count(&price(3_000, EXPIRY + 5_000), EXPIRY + 5_900);
        assert_eq!((complete.price, complete.is_complete()), (2_000, true));
    }

    #[test]
    fn an_old_price_counts_until_it_is_too_old() {
        let last = price(1_000, EXPIRY - 5_000);
        let settlement = opened().count(&last, EXPIRY);
        assert_eq!(settlement.counted, 400);
    }

    #[test]
    fn a_missed_one_that_is_opened_late_starts_then() {
        let late = Settlement::default().open_next(EXPIRY, true, WINDOW, EXPIRY + 100);
        assert_eq!(late.map(|settlement| settlement.from), Ok(EXPIRY + 100));
    }

    #[test]
    fn expiries_are_on_the_grid_and_near() {
        let none = Settlement::default();
        let open = |expiry, now| none.open_next(expiry, false, WINDOW, now).err();
        let invalid = Some(NotOpened::InvalidExpiry);
        assert_eq!(open(EXPIRY + 1, EXPIRY), invalid);
        assert_eq!(open(EXPIRY, EXPIRY - DAY - 1), invalid);
        assert_eq!(open(EXPIRY, EXPIRY - DAY), None);
        assert_eq!(open(EXPIRY, EXPIRY - 1), None);
        assert_eq!(open(EXPIRY, EXPIRY), invalid);
        assert_eq!(
            none.open_next(EXPIRY + 1, true, WINDOW, EXPIRY + 9).err(),
            invalid
        );
    }

    #[test]
    fn one_runs_at_a_time_and_none_is_opened_twice() {
        let running = opened().open_next(EXPIRY + DAY, false, WINDOW, EXPIRY);
        assert_eq!(running, Err(NotOpened::Running));
        let complete = opened().count(&price(5, EXPIRY - 1_800), EXPIRY);
        let again = complete.open_next(EXPIRY, true, WINDOW, EXPIRY);
        assert_eq!(again, Err(NotOpened::InvalidExpiry));
        let next = complete.open_next(EXPIRY + DAY, false, WINDOW, EXPIRY);
        assert!(next.is_ok());
    }

    /// Nobody opened the expiry, and somebody the next one as soon as that was allowed.
    #[test]
    fn a_missed_one_can_be_opened_although_the_next_one_was() {
        let next = Settlement::default()
            .open_next(EXPIRY + DAY, false, WINDOW, EXPIRY)
            .unwrap();
        let open = |missed, now| next.open_next(EXPIRY, missed, WINDOW, now);
        assert_eq!(open(true, EXPIRY).map(|missed| missed.expiry), Ok(EXPIRY));
        assert_eq!(open(false, EXPIRY), Err(NotOpened::Running));
        let last = next.from - u64::from(WINDOW);
        assert!(open(true, last).is_ok());
        assert_eq!(open(true, last + 1), Err(NotOpened::Running));
        let missed = open(true, EXPIRY).unwrap();
        let complete = missed.count(&price(5, EXPIRY), EXPIRY + 1_800);
        assert!(complete.is_complete());
        let reopened = complete.open_next(EXPIRY + DAY, false, WINDOW, EXPIRY + 1_800);
        assert_eq!(reopened, Ok(next));
    }

    #[test]
    fn what_is_counted_is_fixed_and_what_untrusted_time_has_left_out_is_not() {
        assert_eq!(Settlement::default().fixed(), Counted::default());
        assert_eq!(opened().fixed().share, Ratio::ZERO);
        let (start, middle) = (EXPIRY - 1_800, EXPIRY - 900);
        let half = opened().count(&price(2_000, start), middle);
        let (share, average) = (Ratio(u128::from(WAD) / 2), Usd(2_000));
        assert_eq!(half.fixed(), Counted { share, average });
        // Nothing is trusted for the other half: it is still to come.
        let frozen = Price {
            status: Status::Frozen,
            ..price(2_000, middle)
        };
        assert_eq!(half.count(&frozen, EXPIRY + 600).fixed().share, share);
        let complete = half.count(&price(3_000, middle), EXPIRY);
        assert_eq!(complete.fixed().share, Ratio(WAD.into()));
        assert_eq!(complete.fixed().average, Usd(complete.price));
        let last = half.count(&price(3_000, middle), EXPIRY - 1).fixed();
        assert_eq!(last.share, Ratio(u128::from(WAD) * 1_799 / 1_800));
    }

    proptest! {
        /// Against the sum of every trusted second in the window.
        #[test]
        fn it_is_the_mean_of_the_seconds(steps in prop::collection::vec((1u128..1 << 90, 0u64..500, any::<bool>()), 1..40)) {
            let (mut settlement, mut now) = (opened(), EXPIRY - 2_500);
            let (mut sum, mut counted) = (0u128, 0u64);
            let observations = steps.len() as u128;
            for (mark, secs, trusted) in steps {
                let status = if trusted { Status::Agreeing } else { Status::Frozen };
                let current = Price { status, ..price(mark, now) };
                for second in now..now + secs {
                    if trusted && second >= settlement.from && counted < u64::from(WINDOW) {
                        (sum, counted) = (sum + mark, counted + 1);
                    }
                }
                now += secs;
                settlement = settlement.count(&current, now);
                prop_assert_eq!(u64::from(settlement.counted), counted);
            }
            if counted > 0 {
                prop_assert!(settlement.price.abs_diff(sum / u128::from(counted)) <= 1 + observations);
            }
            prop_assert_eq!(settlement.is_complete(), counted == u64::from(WINDOW));
        }
    }
}
