//! When profit may be turned into capital by somebody else than its owner.

/// Seconds of impairment after which anyone may convert anyone (DESIGN 3, Conversion).
pub const FORCIBLE_AFTER: u64 = 86_400;

/// Whether anyone may convert anyone at unix time `now`, in a vault that has been impaired since `impaired_since`; zero if it is not.
#[must_use]
pub const fn is_forcible(impaired_since: u32, now: u64) -> bool {
    impaired_since > 0 && now.saturating_sub(impaired_since as u64) >= FORCIBLE_AFTER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_impairment_lets_anyone_convert() {
        assert!(!is_forcible(0, u64::MAX));
        assert!(!is_forcible(1_000, 1_000 + FORCIBLE_AFTER - 1));
        assert!(is_forcible(1_000, 1_000 + FORCIBLE_AFTER));
        assert!(!is_forcible(1_000, 999));
    }
}
