//! The types, events and errors of `IOracleGuard`.

use alloy_sol_types::sol;

sol! {
    /// Sources of one asset; prices are WAD, heartbeats are seconds.
    struct Feed {
        address primary;
        address secondary;
        uint32 heartbeat;
        uint32 secondaryHeartbeat;
        uint128 floor;
        uint128 ceiling;
    }

    /// What the guard knows of an asset; prices are WAD.
    struct Reading {
        uint256 mark;
        uint256 low;
        uint256 high;
        uint256 stablePrice;
        uint64 updatedAt;
        uint8 tier;
        uint16 blocked;
        uint256 volatility;
        uint256 spotRange;
        uint256 initialSpotRange;
    }

    /// What a vault needs of a reading; prices are WAD.
    struct Mark {
        uint128 mark;
        uint128 stablePrice;
        uint8 tier;
        uint16 blocked;
    }

    /// Every parameter of the guard; shares are WAD, times are seconds.
    struct Parameters {
        uint64 cautionMove;
        uint64 restrictedMove;
        uint64 stablePriceRate;
        uint32 meanWindow;
        uint32 calmPeriod;
        uint32 gracePeriod;
    }

    event FeedSet(bytes32 indexed asset, Feed feed);
    event ParametersSet(Parameters parameters);
    event GuardianSet(address indexed guardian);
    event RegistrarSet(address indexed registrar);
    event SequencerStatusChanged(bool down, uint64 since);
    event TierChanged(bytes32 indexed asset, uint8 from, uint8 to, uint8 cause);
    event Poked(bytes32 indexed asset, uint256 mark, uint256 volatility);
    event Tripped(bytes32 indexed asset, uint8 tier, uint64 until, bytes32 reason);

    error ZeroAddress();
    error NotGuardian(address caller);
    error NotRegistrar(address caller);
    error UnknownAsset(bytes32 asset);
    error AssetExists(bytes32 asset);
    error FeedUnavailable(address feed);
    error UnsupportedDecimals(address feed, uint256 decimals);
    error InvalidHeartbeat(uint32 heartbeat);
    error InvalidPriceRange(uint128 floor, uint128 ceiling);
    error SameSource(address feed);
    error ParametersOutOfBounds();
    error InsufficientGas(uint64 available, uint64 required);
    error TierNotRaised(uint8 current, uint8 asked);
    error SourcesAgree();
    error TripTooShort(uint32 secs);
    error TripAllowanceExceeded(uint32 left);
}

contract_support::abi_struct!(Feed {
    "address" "primary",
    "address" "secondary",
    "uint32" "heartbeat",
    "uint32" "secondaryHeartbeat",
    "uint128" "floor",
    "uint128" "ceiling",
});

contract_support::abi_struct!(Reading {
    "uint256" "mark",
    "uint256" "low",
    "uint256" "high",
    "uint256" "stablePrice",
    "uint64" "updatedAt",
    "uint8" "tier",
    "uint16" "blocked",
    "uint256" "volatility",
    "uint256" "spotRange",
    "uint256" "initialSpotRange",
});

contract_support::abi_struct!(Mark {
    "uint128" "mark",
    "uint128" "stablePrice",
    "uint8" "tier",
    "uint16" "blocked",
});

contract_support::abi_struct!(Parameters {
    "uint64" "cautionMove",
    "uint64" "restrictedMove",
    "uint64" "stablePriceRate",
    "uint32" "meanWindow",
    "uint32" "calmPeriod",
    "uint32" "gracePeriod",
});

contract_support::errors! {
    /// Why the guard reverts.
    pub enum Error {
        NotOwner,
        NotPendingOwner,
        ZeroAddress,
        NotGuardian,
        NotRegistrar,
        UnknownAsset,
        AssetExists,
        FeedUnavailable,
        UnsupportedDecimals,
        InvalidHeartbeat,
        InvalidPriceRange,
        SameSource,
        ParametersOutOfBounds,
        InsufficientGas,
        TierNotRaised,
        SourcesAgree,
        TripTooShort,
        TripAllowanceExceeded,
    }
}

use contract_support::ownable::{NotOwner, NotPendingOwner};

impl From<oracle::Parameters> for Parameters {
    fn from(p: oracle::Parameters) -> Self {
        Self {
            cautionMove: p.caution_move,
            restrictedMove: p.restricted_move,
            stablePriceRate: p.stable_price_rate,
            meanWindow: p.mean_window,
            calmPeriod: p.calm_period,
            gracePeriod: p.grace_period,
        }
    }
}

impl From<&Parameters> for oracle::Parameters {
    fn from(p: &Parameters) -> Self {
        Self {
            caution_move: p.cautionMove,
            restricted_move: p.restrictedMove,
            stable_price_rate: p.stablePriceRate,
            mean_window: p.meanWindow,
            calm_period: p.calmPeriod,
            grace_period: p.gracePeriod,
        }
    }
}
