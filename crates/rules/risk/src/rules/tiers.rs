//! The tiers of the guard, and what each forbids (DESIGN 5).

/// How much an asset is restricted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Tier {
    /// Nothing is.
    #[default]
    Normal = 0,
    /// More initial margin, slower profits.
    Caution = 1,
    /// Reduce-only.
    Restricted = 2,
    /// No trades, no withdrawals with exposure.
    Halted = 3,
}

impl Tier {
    /// What the tiers are called, by number.
    pub const NAMES: [&str; 4] = ["Normal", "Caution", "Restricted", "Halted"];

    /// The tier with number `value`; anything above 3 is Halted.
    #[must_use]
    #[inline]
    pub const fn from_u8(value: u8) -> Self {
        match value {
            0 => Self::Normal,
            1 => Self::Caution,
            2 => Self::Restricted,
            _ => Self::Halted,
        }
    }

    /// The next stricter tier.
    #[must_use]
    #[inline]
    pub const fn raised(self) -> Self {
        Self::from_u8(self as u8 + 1)
    }

    /// The next milder tier.
    #[must_use]
    #[inline]
    pub const fn lowered(self) -> Self {
        Self::from_u8((self as u8).saturating_sub(1))
    }
}

/// What the guard forbids, as bits of a mark's `blocked`.
pub mod action {
    /// Opening or increasing a position.
    pub const OPEN: u16 = 1;
    /// Reducing a position by trade.
    pub const REDUCE: u16 = 2;
    /// Withdrawing while exposed to the asset.
    pub const WITHDRAW: u16 = 4;
    /// Transferring legs in a liquidation.
    pub const LIQUIDATE: u16 = 8;
    /// Cutting legs in a deleveraging.
    pub const DELEVERAGE: u16 = 16;
    /// Setting a new mark.
    pub const MARK: u16 = 32;
    /// No action, but a sign: in a sequencer outage and for a while after it, only accounts below 95 % of maintenance may be
    /// liquidated, since owners could not act.
    pub const GRACE: u16 = 64;
    /// A sign as well, of an option: the guardian distrusts its volatility, so that nothing but what reduces risk is traded.
    pub const DISTRUSTED: u16 = 128;
    /// Every action: the asset is frozen.
    pub const ALL: u16 = OPEN | REDUCE | WITHDRAW | LIQUIDATE | DELEVERAGE | MARK;
}

/// What `tier` forbids while there is a trusted price. Liquidation goes on in every tier.
#[must_use]
#[inline]
pub const fn blocked_by(tier: Tier) -> u16 {
    match tier {
        Tier::Normal | Tier::Caution => 0,
        Tier::Restricted => action::OPEN,
        Tier::Halted => action::OPEN | action::REDUCE | action::WITHDRAW,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn liquidation_goes_on_in_every_tier() {
        for tier in 0..=3 {
            assert_eq!(
                blocked_by(Tier::from_u8(tier)) & (action::LIQUIDATE | action::DELEVERAGE),
                0
            );
        }
        assert_eq!(blocked_by(Tier::Restricted), 1);
        assert_eq!(blocked_by(Tier::Halted), 7);
        assert_eq!(action::ALL, 63);
    }

    #[test]
    fn tiers_are_numbered_from_the_mildest_and_none_is_beyond_halted() {
        use Tier::{Caution, Halted, Normal, Restricted};
        let tiers = [Normal, Caution, Restricted, Halted];
        assert_eq!([0, 1, 2, 3].map(Tier::from_u8), tiers);
        assert_eq!([4, 255].map(Tier::from_u8), [Halted; 2]);
        assert_eq!(
            tiers.map(Tier::raised),
            [Caution, Restricted, Halted, Halted]
        );
        assert_eq!(
            tiers.map(Tier::lowered),
            [Normal, Normal, Caution, Restricted]
        );
    }
}
