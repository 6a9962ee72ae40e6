//! The types, events and errors of `IRiskSteward`, and the structs that it sets in other contracts.
#![expect(clippy::too_many_arguments, reason = "an event is made of its fields")]

use alloy_sol_types::sol;
use contract_support::calls::{NoCode, ShortReturnData};
use contract_support::ownable::{NotOwner, NotPendingOwner};
use program_support::steward::EmergencySince;

sol!("../interfaces/IOracleGuard.sol");
sol!("../interfaces/IMarginVault.sol");
sol!("../interfaces/IInsurancePool.sol");

sol! {
    struct Subject {
        address target;
        uint8 kind;
        bytes32 key;
    }

    struct Change {
        uint8 field;
        uint256 value;
    }

    struct Corridor {
        uint128 min;
        uint128 max;
        uint64 maxStep;
        uint32 delay;
    }

    struct Window {
        uint256 current;
        uint256 lowest;
        uint256 highest;
        uint64 openFrom;
        uint256 tightest;
        uint64 unit;
    }

    struct Held {
        uint8 field;
        uint256 before;
        uint256 value;
    }

    error ZeroAddress();
    error NotAgent(address caller);
    error NotEmergency(address caller);
    error UnknownKind(uint8 kind);
    error InvalidKey(bytes32 key);
    error UnknownField(uint8 field);
    error DuplicateField(uint8 field);
    error NoChanges();
    error CorridorOutOfBounds(uint8 field);
    error NotSteered(uint8 field);
    error Unchanged(uint8 field);
    error TooEarly(uint8 field, uint64 openFrom);
    error OutOfRange(uint8 field, uint256 lowest, uint256 highest);
    error NotTighter(uint8 field);
    error EmergencyOpen(uint64 expiresAt);
    error EmergencyExpired();
    error EmergencySpent(uint64 from);
    error EmergencyRunning(uint64 expiresAt);
    error NotHeld(uint8 field);
    error NotAsConfirmed(uint8 field, uint256 value);

    event AgentSet(address indexed agent, bool allowed);
    event EmergencySet(address indexed emergency);
    event CorridorSet(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, Corridor corridor);
    event Adjusted(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 from, uint256 to, address by);
    event Tightened(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 from, uint256 to, uint64 expiresAt);
    event Confirmed(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 value);
    event Restored(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 from, uint256 to);
}

contract_support::abi_struct!(Subject {
    "address" "target",
    "uint8" "kind",
    "bytes32" "key",
});

contract_support::abi_struct!(Change {
    "uint8" "field",
    "uint256" "value",
});

contract_support::abi_struct!(Corridor {
    "uint128" "min",
    "uint128" "max",
    "uint64" "maxStep",
    "uint32" "delay",
});

contract_support::abi_struct!(Window {
    "uint256" "current",
    "uint256" "lowest",
    "uint256" "highest",
    "uint64" "openFrom",
    "uint256" "tightest",
    "uint64" "unit",
} with Subject, Change, Held);

contract_support::abi_struct!(Held {
    "uint8" "field",
    "uint256" "before",
    "uint256" "value",
});

contract_support::errors! {
    /// Why the steward reverts.
    pub struct Error {
        NotOwner,
        NotPendingOwner,
        NoCode,
        ShortReturnData,
        ZeroAddress,
        NotAgent,
        NotEmergency,
        UnknownKind,
        InvalidKey,
        UnknownField,
        DuplicateField,
        NoChanges,
        CorridorOutOfBounds,
        NotSteered,
        Unchanged,
        TooEarly,
        OutOfRange,
        NotTighter,
        EmergencyOpen,
        EmergencyExpired,
        EmergencySpent,
        EmergencyRunning,
        NotHeld,
        NotAsConfirmed,
        EmergencySince,
    }
}
