//! The structs that the steward knows: one entry for each field, in the order of the ABI.
//!
//! A direction is *tighter* if it lowers what the protocol can lose and takes nothing from anybody: it may refuse new
//! risk, ask more margin of it, or let money leave more slowly, within the corridor that governance has set. What could
//! liquidate somebody (maintenance margin, and whatever the guard derives it from), charge somebody more (penalties,
//! fees), stop liquidations or reductions (the price that a sole source is clamped to), or take insurance away from one
//! side in favour of the other (cover, draws) has no tighter direction: risk agents may move it step by step, an
//! emergency may not.
//!
//! Two fields are tighter in one direction only up to a point, beyond which it is people and the protocol that are hurt. No corridor
//! reaches further ([`Field::bounds`]); governance itself may, by a vote:
//!
//! - A narrow `priceBand` keeps fills near the mark, so that no profit is traded to a partner. But a mark lags by as much as its
//!   feed moves before it reports, half a per cent with Chainlink's: in a band narrower than that nobody who knows the market takes the
//!   other side, and who wants to reduce cannot. Its floor is 0.5 %.
//! - A long `gracePeriod` keeps new risk out after an outage, and gives people time to pay in. But accounts from 95 to 100 % of
//!   maintenance are not liquidated while it lasts, and nobody may open a hedge: at most four hours. The other way it takes the time
//!   to pay in away: at least ten minutes.

use crate::WAD;

/// What the steward may do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing: only governance changes it.
    Fixed,
    /// Agents may move it; neither direction is tighter.
    Steered,
    /// Agents may move it; higher is tighter.
    TighterUp,
    /// Agents may move it; lower is tighter.
    TighterDown,
}

/// Values from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub low: u128,
    /// The greatest.
    pub high: u128,
}

/// One field of a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// What its value must be a multiple of, in the scale of the ABI.
    pub unit: u64,
    /// Who may move it, and which way in an emergency.
    pub role: Role,
    /// What any corridor of it has to stay within.
    pub bounds: Range,
}

/// A struct of parameters that is set whole. The numbers are those of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `IMarginVault.Parameters`.
    VaultParameters = 0,
    /// `IMarginVault.Instrument`, whose key is the instrument's number.
    Instrument = 1,
    /// `IOracleGuard.Parameters`.
    GuardParameters = 2,
    /// `IOracleGuard.RangeLimits`, whose key is the asset.
    RangeLimits = 3,
    /// `IInsurancePool.Parameters`.
    PoolParameters = 4,
    /// `IMarginVault.OptionRules`, whose key is the underlying's number.
    OptionRules = 5,
    /// `IOracleGuard.SurfaceLimits`.
    SurfaceLimits = 6,
}

/// A billionth, in which contracts store rates.
const RATE: u64 = WAD / 1_000_000_000;
/// An amount of money, a size or a time in seconds: any integer.
const ANY: u64 = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// Whatever its contract accepts.
const ANYTHING: Range = Range {
    low: 0,
    high: u128::MAX,
};
/// Wide enough for what a mark lags behind the market.
const PRICE_BANDS: Range = Range {
    low: WAD as u128 / 200,
    high: u128::MAX,
};
/// Ten minutes to pay in, four hours in which accounts just below maintenance wait.
const GRACE_PERIODS: Range = Range {
    low: 600,
    high: 4 * 3_600,
};

const fn field(unit: u64, role: Role) -> Field {
    let bounds = ANYTHING;
    Field { unit, role, bounds }
}

const fn steered(unit: u64) -> Field {
    field(unit, Role::Steered)
}

const fn up(unit: u64) -> Field {
    field(unit, Role::TighterUp)
}

const fn down(unit: u64) -> Field {
    field(unit, Role::TighterDown)
}

const fn within(field: Field, bounds: Range) -> Field {
    Field { bounds, ..field }
}

const FIXED: Field = field(ANY, Role::Fixed);

/// Less outflow and more of the fees to insurance are tighter. Penalties, rewards and the dust notional decide who is paid what;
/// what listing costs is governance's.
const VAULT_PARAMETERS: [Field; 10] = [
    steered(RATE), // penaltyStart
    steered(ANY),  // penaltyRamp
    steered(RATE), // rewardShare
    steered(ANY),  // maxReward
    steered(ANY),  // dustNotional
    down(RATE),    // dailyOutflow
    down(RATE),    // hourlyOutflow
    up(RATE),      // insuranceFeeShare
    FIXED,         // treasury
    FIXED,         // listingFee
];

/// More initial margin, fills closer to the mark, a larger shock to cover and less open interest are tighter. More
/// maintenance margin liquidates.
const INSTRUMENT: [Field; 9] = [
    FIXED,                           // asset
    steered(RATE),                   // maintenanceRate
    up(RATE),                        // initialRate
    within(down(RATE), PRICE_BANDS), // priceBand
    steered(RATE),                   // makerFee
    steered(RATE),                   // takerFee
    up(RATE),                        // shock
    down(ANY),                       // openInterestLimit
    steered(ANY),                    // coverAllowance
];

/// Tiers that are entered on smaller moves and left later are tighter. Everything that enters the range of maintenance
/// margin liquidates.
const GUARD_PARAMETERS: [Field; 12] = [
    down(RATE),                     // cautionMove
    down(RATE),                     // restrictedMove
    steered(ANY),                   // meanWindow
    up(ANY),                        // calmPeriod
    within(up(ANY), GRACE_PERIODS), // gracePeriod
    steered(HOUR),                  // slowPeriod
    steered(MINUTE),                // fastPeriod
    steered(WAD / 100),             // stressedWeight
    steered(WAD / 10_000),          // hourlyRise
    steered(WAD / 10),              // rangeMultiplier
    steered(HOUR),                  // horizon
    steered(MINUTE),                // settlementWindow
];

/// They enter the range of maintenance margin, but the confidence, which prices of both sides suffer from, and the rate of the stable
/// price, which guards initial margin against one error if it is slow and against another if it is fast.
const RANGE_LIMITS: [Field; 5] = [
    steered(WAD / 1_000), // stressed
    steered(WAD / 1_000), // min
    steered(WAD / 1_000), // max
    steered(WAD / 1_000), // confidence
    steered(RATE),        // stablePriceRate
];

/// A longer wait keeps capital behind the vaults. A smaller draw favours the pool over traders with profits.
const POOL_PARAMETERS: [Field; 2] = [
    up(ANY),       // cooldown
    steered(RATE), // dailyDrawShare
];

/// Fewer and shorter series nearer the money, and less aggregate vega and gamma, are tighter. The range of volatility and
/// the charge for short options enter maintenance margin.
const OPTION_RULES: [Field; 11] = [
    FIXED,         // tick
    FIXED,         // strikeStep
    down(RATE),    // strikeRange
    down(HOUR),    // longestExpiry
    down(ANY),     // maxSeries
    steered(RATE), // volRange
    steered(RATE), // shortOptionRate
    steered(RATE), // makerFee
    steered(RATE), // takerFee
    down(ANY),     // vegaLimit
    down(ANY),     // gammaLimit
];

/// A surface that counts as stale sooner is tighter. Bounds and steps decide how near to the market's the volatility is that
/// margins everybody.
const SURFACE_LIMITS: [Field; 5] = [
    steered(WAD / 1_000), // minVolatility
    steered(WAD / 1_000), // maxVolatility
    steered(WAD / 1_000), // maxStep
    steered(ANY),         // minInterval
    down(ANY),            // staleAfter
];

impl Kind {
    /// Every kind, by its number.
    pub const ALL: [Self; 7] = [
        Self::VaultParameters,
        Self::Instrument,
        Self::GuardParameters,
        Self::RangeLimits,
        Self::PoolParameters,
        Self::OptionRules,
        Self::SurfaceLimits,
    ];

    /// The kind that the ABI numbers `number`.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// The struct's fields, each of which is one word of the ABI.
    pub const fn fields(self) -> &'static [Field] {
        match self {
            Self::VaultParameters => &VAULT_PARAMETERS,
            Self::Instrument => &INSTRUMENT,
            Self::GuardParameters => &GUARD_PARAMETERS,
            Self::RangeLimits => &RANGE_LIMITS,
            Self::PoolParameters => &POOL_PARAMETERS,
            Self::OptionRules => &OPTION_RULES,
            Self::SurfaceLimits => &SURFACE_LIMITS,
        }
    }

    /// Whether a contract has many of them, told apart by a key.
    pub const fn is_keyed(self) -> bool {
        matches!(
            self,
            Self::Instrument | Self::RangeLimits | Self::OptionRules
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_number() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind as u8), Some(kind));
        }
        for number in Kind::ALL.len()..256 {
            assert_eq!(Kind::of(number as u8), None);
        }
    }

    #[test]
    fn every_unit_divides_something() {
        for field in Kind::ALL.iter().flat_map(|kind| kind.fields()) {
            assert!(field.unit > 0);
        }
    }

    #[test]
    fn what_the_guard_stores_coarsely_moves_in_hundredths_ten_thousandths_and_tenths() {
        // stressedWeight, hourlyRise, rangeMultiplier
        let units = [7, 8, 9].map(|place| Kind::GuardParameters.fields()[place].unit);
        let expected = [
            10_000_000_000_000_000,
            100_000_000_000_000,
            100_000_000_000_000_000,
        ];
        assert_eq!(units, expected);
    }

    #[test]
    fn instruments_assets_and_underlyings_have_parameters_of_their_own() {
        let keyed = Kind::ALL.into_iter().filter(|kind| kind.is_keyed());
        assert!(keyed.eq([Kind::Instrument, Kind::RangeLimits, Kind::OptionRules]));
    }

    #[test]
    fn an_emergency_cannot_raise_maintenance_margin() {
        assert_eq!(Kind::Instrument.fields()[1].role, Role::Steered);
        for field in Kind::RangeLimits.fields() {
            assert_eq!(field.role, Role::Steered);
        }
        for place in 5..=10 {
            assert_eq!(Kind::GuardParameters.fields()[place].role, Role::Steered);
        }
        for place in [5, 6] {
            assert_eq!(Kind::OptionRules.fields()[place].role, Role::Steered);
        }
    }

    /// The band and the grace period alone, whose tighter direction hurts beyond a point.
    #[test]
    fn two_fields_are_bounded_in_every_corridor() {
        let bounded = |kind: Kind| {
            let fields = kind.fields().iter().enumerate();
            fields.filter(|(_, field)| field.bounds != ANYTHING)
        };
        let all = Kind::ALL.into_iter().flat_map(|kind| {
            bounded(kind).map(move |(place, field)| (kind, place, field.role, field.bounds))
        });
        let expected = [
            (Kind::Instrument, 3, Role::TighterDown, PRICE_BANDS),
            (Kind::GuardParameters, 4, Role::TighterUp, GRACE_PERIODS),
        ];
        assert!(all.eq(expected));
        assert_eq!(PRICE_BANDS.low, 5_000_000_000_000_000);
        assert_eq!((GRACE_PERIODS.low, GRACE_PERIODS.high), (600, 14_400));
    }

    #[test]
    fn addresses_and_assets_are_governances() {
        for place in [8, 9] {
            assert_eq!(Kind::VaultParameters.fields()[place].role, Role::Fixed);
        }
        assert_eq!(Kind::Instrument.fields()[0].role, Role::Fixed);
        assert_eq!(Kind::OptionRules.fields()[0].role, Role::Fixed);
    }

    #[test]
    fn a_set_of_fields_fits_the_emergency_record() {
        for kind in Kind::ALL {
            assert!(kind.fields().len() <= crate::emergency::MAX_FIELDS);
        }
    }
}
