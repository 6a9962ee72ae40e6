//! Numbers that states are stored as.

use oracle::{Status, Tier};

#[test]
fn a_status_survives_its_number_and_an_unknown_one_is_frozen() {
    for status in [
        Status::Frozen,
        Status::Agreeing,
        Status::Diverged,
        Status::Sole,
    ] {
        assert_eq!(Status::from_u8(status as u8), status);
    }
    assert!((4..=u8::MAX).all(|number| Status::from_u8(number) == Status::Frozen));
}

#[test]
fn a_tier_survives_its_number_and_an_unknown_one_is_halted() {
    for tier in [Tier::Normal, Tier::Caution, Tier::Restricted, Tier::Halted] {
        assert_eq!(Tier::from_u8(tier as u8), tier);
    }
    assert!((4..=u8::MAX).all(|number| Tier::from_u8(number) == Tier::Halted));
}
