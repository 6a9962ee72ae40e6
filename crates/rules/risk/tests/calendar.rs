//! Days on which options expire, by the calendar.

use risk::rules::listing::is_expiry;

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
