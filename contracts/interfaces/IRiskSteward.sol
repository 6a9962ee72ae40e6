// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "./IOwnable.sol";

/// Bounded changes of risk parameters between two decisions of governance. Vaults, pools and the guard accept parameters from
/// their steward as from their owner; the steward reads the struct, changes what it was asked to, and sets it whole.
///
/// Risk agents move a parameter by at most a step in each delay, inside the corridor that governance has set. The emergency
/// multisig tightens at once, inside the same corridor; 72 hours after its first change to a struct anyone may put back
/// what was there before, unless governance confirmed it. It cannot loosen anything, nor raise maintenance margin. What governance
/// has set itself in the meantime stays; if that is the very value that the emergency set, it stays only if it is confirmed.
interface IRiskSteward is IOwnable {
    /// A struct of parameters. `kind` says of which contract and which: 0 IMarginVault.Parameters, 1 IMarginVault.Instrument,
    /// 2 IOracleGuard.Parameters, 3 IOracleGuard.RangeLimits, 4 IInsurancePool.Parameters, 5 IMarginVault.OptionRules,
    /// 6 IOracleGuard.SurfaceLimits. `key` is the instrument's number, the asset, the underlying's number; zero for the others.
    struct Subject {
        address target;
        uint8 kind;
        bytes32 key;
    }

    /// A new value of the field at a place of the struct, counted from zero. Values are in the struct's own scale and units.
    struct Change {
        uint8 field;
        uint256 value;
    }

    /// What governance allows of one field. Two fields are tighter in one direction only up to a point: beyond it nobody can reduce, or
    /// accounts in ill health wait. A corridor of an instrument's `priceBand` begins at 0.5 % or above, one of the guard's `gracePeriod`
    /// stays within ten minutes and four hours.
    struct Corridor {
        uint128 min;
        uint128 max;
        uint64 maxStep; // WAD share of the present value by which an agent may change it at once, at most 50 %
        uint32 delay; // seconds from one change by the steward to the next by an agent, an hour to a year; zero for no corridor
    }

    /// What may be set of one field now: other values than the present one, in whole units. Where nothing may, all values are the
    /// present one. The contract has the last word: it refuses what is outside its own hard bounds, or does not fit the other
    /// fields.
    struct Window {
        uint256 current;
        uint256 lowest; // an agent may set `lowest` to `highest`, from `openFrom` on
        uint256 highest;
        uint64 openFrom; // seconds; the greatest value while an emergency has hold of the struct, and without a corridor
        uint256 tightest; // the emergency multisig may go from `current` as far as this, now
        uint64 unit; // what a new value has to be a multiple of
    }

    /// What the emergency multisig has tightened in a struct, with what was there before.
    struct Held {
        uint8 field;
        uint256 before;
        uint256 value;
    }

    error Reentrant();
    error ValueSent(); // no function takes ether
    error UnknownFunction();
    error InvalidCalldata(); // the arguments do not decode
    error CallFailed(); // a contract that was called reverted and did not say why
    error ZeroAddress();
    error NoCode(address target);
    error ShortReturnData(address target); // it does not have such a struct
    error NotAgent(address caller);
    error NotEmergency(address caller);
    error UnknownKind(uint8 kind);
    error InvalidKey(bytes32 key); // not zero where there is one struct, or no uint32 where instruments are numbered
    error UnknownField(uint8 field);
    error DuplicateField(uint8 field);
    error NoChanges();
    error CorridorOutOfBounds(uint8 field); // those above, or min above max, or a step or delay out of its own
    error NotSteered(uint8 field); // governance has set no corridor, or alone may change it
    error Unchanged(uint8 field); // it is that already
    error TooEarly(uint8 field, uint64 openFrom);
    error OutOfRange(uint8 field, uint256 lowest, uint256 highest); // or no multiple of its unit
    error NotTighter(uint8 field);
    error EmergencyOpen(uint64 expiresAt); // agents wait until it is over and put back, or confirmed
    error EmergencyExpired(); // what it changed has to be put back first
    error EmergencySpent(uint64 from); // 30 days from one to the next
    error EmergencyRunning(uint64 expiresAt); // nothing is put back before
    error NotHeld(uint8 field); // no emergency has hold of it
    error NotAsConfirmed(uint8 field, uint256 value); // the multisig has gone further than what governance confirms
    error EmergencySince(); // other emergencies are counted than the owner's call says

    event AgentSet(address indexed agent, bool allowed);
    event EmergencySet(address indexed emergency);
    event CorridorSet(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, Corridor corridor);
    /// `by` is an agent.
    event Adjusted(
        address indexed target,
        uint8 indexed kind,
        bytes32 indexed key,
        uint8 field,
        uint256 from,
        uint256 to,
        address by
    );
    event Tightened(
        address indexed target,
        uint8 indexed kind,
        bytes32 indexed key,
        uint8 field,
        uint256 from,
        uint256 to,
        uint64 expiresAt
    );
    event Confirmed(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 value);
    /// `to` is `from` if somebody else had changed the field in the meantime, which then stays.
    event Restored(
        address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 from, uint256 to
    );

    /// How often the multisig has tightened. What the owner sets, here and in the contracts that name this steward, carries the
    /// number that was counted when its proposal was written, and is refused once another is: no vote undoes an emergency that
    /// came after it was drafted, nor gives anybody new powers in one. To remove an agent, the multisig or a steward needs no number.
    function emergencies() external view returns (uint32);
    function setAgent(address agent, bool allowed, uint32 emergencies) external; // owner; the number is for one allowed
    function isAgent(address agent) external view returns (bool);
    function setEmergency(address emergency, uint32 emergencies) external; // owner; zero for none, whatever the number
    function emergency() external view returns (address);
    /// A corridor with a delay of zero takes the field away from the steward.
    function setCorridor(Subject calldata subject, uint8 field, Corridor calldata corridor, uint32 emergencies) external; // owner
    function corridor(Subject calldata subject, uint8 field) external view returns (Corridor memory);

    /// Sets the struct with all `changes`, or none.
    function adjust(Subject calldata subject, Change[] calldata changes) external; // agent
    function tighten(Subject calldata subject, Change[] calldata changes) external; // emergency multisig
    /// Makes lasting what an emergency set: each field named must have this value. Also after the 72 hours, until `restore`.
    function confirm(Subject calldata subject, Change[] calldata changes) external; // owner
    /// Puts back what an expired emergency changed.
    function restore(Subject calldata subject) external; // anyone

    /// What may be set right now, field by field.
    function windows(Subject calldata subject) external view returns (Window[] memory);
    /// What an emergency holds; times in seconds, `nextFrom` when the next one may begin. Zero if there was none.
    function held(Subject calldata subject)
        external
        view
        returns (uint64 startedAt, uint64 expiresAt, uint64 nextFrom, Held[] memory fields);
}
