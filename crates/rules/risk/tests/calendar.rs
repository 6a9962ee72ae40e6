//! Days on which options expire, by the calendar.

use risk::rules::listing::{is_closing, is_expiry, seconds_to_expiry};

const DAY: u64 = 86_400;
/// Friday, 28 June 2024, 08:00 UTC.
const FRIDAY: u64 = 1_719_561_600;

#[test]
fn options_expire_at_eight_utc_and_on_fridays_beyond_a_week() {
    let long_before = FRIDAY - 60 * DAY;
    assert!(is_expiry(FRIDAY, long_before, 90 * DAY));
    for off in [FRIDAY - DAY, FRIDAY + DAY, FRIDAY - 3_600, FRIDAY + 1] {
        assert!(!is_expiry(off, long_before, 90 * DAY), "{off}");
    }
    // Within a week, any day will do, at eight.
    let thursday = FRIDAY - DAY;
    assert!(is_expiry(thursday, thursday - 2 * DAY, 90 * DAY));
    assert!(!is_expiry(thursday + 3_600, thursday - 2 * DAY, 90 * DAY));
}

/// The last day before an early settlement begins a day before it, to the second; once it is over, what was left then is left.
#[test]
fn a_series_that_settles_early_closes_from_a_day_before() {
    let closes = FRIDAY;
    assert!(!is_closing(0, FRIDAY));
    assert!(!is_closing(closes, closes - DAY - 1));
    assert!(is_closing(closes, closes - DAY) && is_closing(closes, closes + 1));
    let expiry = FRIDAY + 21 * DAY;
    let left = |closes, now| seconds_to_expiry(expiry, closes, now);
    assert_eq!(left(closes, closes - 1), 21 * DAY + 1);
    assert_eq!(left(closes, closes), 21 * DAY);
    assert_eq!(left(closes, closes + DAY), 21 * DAY);
    assert_eq!(left(0, closes + DAY), 20 * DAY);
    assert_eq!(left(0, expiry + 1), 0);
}
