// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "./IOwnable.sol";

/// @notice Bounded changes of risk parameters between two decisions of governance. Vaults, pools and the guard accept parameters from
/// their steward as from their owner; the steward reads the struct, changes what it was asked to, and sets it whole.
///
/// Risk agents move a parameter by at most a step in each delay, inside the corridor that governance has set. The emergency
/// multisig tightens at once, inside the same corridor; 72 hours after its first change to a struct anyone may put back
/// what was there before, unless governance confirmed it. It cannot loosen anything, nor raise maintenance margin. What governance
/// has set itself in the meantime stays; if that is the very value that the emergency set, it stays only if it is confirmed.
///
/// Values are in the struct's own scale and units; times are unix times, durations seconds. The contract has the last word: it refuses
/// what is outside its own hard bounds, or does not fit the other fields, for a reason that is passed on.
///
/// Each function lists what else it reverts with.
/// @custom:reverts ValueSent when ether is sent
/// @custom:reverts UnknownFunction when no function has the selector
/// @custom:reverts InvalidCalldata when the arguments do not decode
/// @custom:reverts Reentrant when the steward is called while it is calling out, views included
/// @custom:reverts-at-construction ZeroAddress when the owner is zero
interface IRiskSteward is IOwnable {
    /// @notice A struct of parameters.
    /// @param target Its contract.
    /// @param kind Of which contract and which: 0 IMarginVault.Parameters, 1 IMarginVault.Instrument, 2 IOracleGuard.Parameters,
    /// 3 IOracleGuard.RangeLimits, 4 IInsurancePool.Parameters, 5 IMarginVault.OptionRules, 6 IOracleGuard.SurfaceLimits.
    /// @param key Which of them: the instrument's number, the asset, the underlying's number; zero for the others.
    struct Subject {
        address target;
        uint8 kind;
        bytes32 key;
    }

    /// @notice A new value of a field.
    /// @param field Its place in the struct, from zero.
    /// @param value The value.
    struct Change {
        uint8 field;
        uint256 value;
    }

    /// @notice What governance allows of one field. Two fields are tighter in one direction only up to a point: beyond it nobody can
    /// reduce, or accounts in ill health wait. A corridor of an instrument's `priceBand` begins at 0.5 % or above, one of the guard's
    /// `gracePeriod` stays within ten minutes and four hours.
    /// @param min The least value.
    /// @param max The greatest value, not below `min`.
    /// @param maxStep WAD share of the present value, above zero and at most 50 %, by which an agent may change it at once.
    /// @param delay Seconds, an hour to a year, from one change by the steward to the next by an agent; zero for no corridor.
    struct Corridor {
        uint128 min;
        uint128 max;
        uint64 maxStep;
        uint32 delay;
    }

    /// @notice What may be set of one field now: other values than the present one, in whole units. Where nothing may, all values are the
    /// present one.
    /// @param current The present value.
    /// @param lowest The least that an agent may set, from `openFrom` on.
    /// @param highest The greatest that an agent may set, from `openFrom` on.
    /// @param openFrom Unix time; the greatest value while an emergency has hold of the struct, and without a corridor.
    /// @param tightest The emergency multisig may go from `current` as far as this, now.
    /// @param unit What a new value has to be a multiple of.
    struct Window {
        uint256 current;
        uint256 lowest;
        uint256 highest;
        uint64 openFrom;
        uint256 tightest;
        uint64 unit;
    }

    /// @notice What the emergency multisig has tightened in a struct.
    /// @param field Place of the field in the struct, from zero.
    /// @param before What was there before.
    /// @param value What it has set.
    struct Held {
        uint8 field;
        uint256 before;
        uint256 value;
    }

    /// @notice The steward was called while it was calling out.
    error Reentrant();
    /// @notice No function takes ether.
    error ValueSent();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice The arguments do not decode: too short, or a word that is no value of its type.
    error InvalidCalldata();
    /// @notice A contract that was called reverted and did not say why.
    error CallFailed();
    /// @notice An owner or an agent has to be an address.
    error ZeroAddress();
    /// @notice There is no contract at an address.
    /// @param target The address.
    error NoCode(address target);
    /// @notice A contract does not have such a struct.
    /// @param target Its address.
    error ShortReturnData(address target);
    /// @notice Only an agent may do this.
    /// @param caller Who called.
    error NotAgent(address caller);
    /// @notice Only the emergency multisig may do this.
    /// @param caller Who called.
    error NotEmergency(address caller);
    /// @notice There is no such kind of struct.
    /// @param kind The kind.
    error UnknownKind(uint8 kind);
    /// @notice The key is not zero where there is one struct, or no uint32 where instruments are numbered.
    /// @param key The key.
    error InvalidKey(bytes32 key);
    /// @notice The struct has no such field.
    /// @param field Its place, from zero.
    error UnknownField(uint8 field);
    /// @notice A field comes twice.
    /// @param field Its place, from zero.
    error DuplicateField(uint8 field);
    /// @notice There is nothing to change, or nothing to put back.
    error NoChanges();
    /// @notice A corridor that no field, or not this field, may have.
    /// @param field Its place, from zero.
    error CorridorOutOfBounds(uint8 field);
    /// @notice Governance has set no corridor, or alone may change the field.
    /// @param field Its place, from zero.
    error NotSteered(uint8 field);
    /// @notice The field has that value already.
    /// @param field Its place, from zero.
    error Unchanged(uint8 field);
    /// @notice The steward changed the field less than its delay ago.
    /// @param field Its place, from zero.
    /// @param openFrom Unix time from which on an agent may.
    error TooEarly(uint8 field, uint64 openFrom);
    /// @notice The value is outside what may be set now, or no multiple of its unit.
    /// @param field Its place, from zero.
    /// @param lowest The least that may be set.
    /// @param highest The greatest that may be set.
    error OutOfRange(uint8 field, uint256 lowest, uint256 highest);
    /// @notice This is not the direction in which the field is tighter, or there is none.
    /// @param field Its place, from zero.
    error NotTighter(uint8 field);
    /// @notice Agents wait until the emergency is over and put back, or confirmed.
    /// @param expiresAt Unix time from which on it may be put back.
    error EmergencyOpen(uint64 expiresAt);
    /// @notice The emergency is over: what it changed has to be put back first.
    error EmergencyExpired();
    /// @notice From one emergency of a struct to the next it takes 30 days.
    /// @param from Unix time from which on there may be another.
    error EmergencySpent(uint64 from);
    /// @notice Nothing is put back before the emergency is over.
    /// @param expiresAt Unix time at which it is.
    error EmergencyRunning(uint64 expiresAt);
    /// @notice No emergency has hold of the field.
    /// @param field Its place, from zero.
    error NotHeld(uint8 field);
    /// @notice The emergency has set another value than governance confirms.
    /// @param field Its place, from zero.
    /// @param value What it has set.
    error NotAsConfirmed(uint8 field, uint256 value);
    /// @notice Other emergencies are counted than the owner's call says.
    error EmergencySince();

    /// @notice An address is an agent, or no more.
    /// @param agent The address.
    /// @param allowed Whether it is from now on.
    event AgentSet(address indexed agent, bool allowed);
    /// @notice Another emergency multisig was named.
    /// @param emergency Who it is; zero if nobody.
    event EmergencySet(address indexed emergency);
    /// @notice The corridor of a field was set, or taken away.
    /// @param target The struct's contract.
    /// @param kind The struct's kind.
    /// @param key The struct's key.
    /// @param field The field's place, from zero.
    /// @param corridor The corridor.
    event CorridorSet(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, Corridor corridor);
    /// @notice An agent changed a field.
    /// @param target The struct's contract.
    /// @param kind The struct's kind.
    /// @param key The struct's key.
    /// @param field The field's place, from zero.
    /// @param from The value before.
    /// @param to The value from now on.
    /// @param by The agent.
    event Adjusted(
        address indexed target,
        uint8 indexed kind,
        bytes32 indexed key,
        uint8 field,
        uint256 from,
        uint256 to,
        address by
    );
    /// @notice The emergency multisig tightened a field.
    /// @param target The struct's contract.
    /// @param kind The struct's kind.
    /// @param key The struct's key.
    /// @param field The field's place, from zero.
    /// @param from The value before.
    /// @param to The value from now on.
    /// @param expiresAt Unix time from which on anyone may put back what was there before.
    event Tightened(
        address indexed target,
        uint8 indexed kind,
        bytes32 indexed key,
        uint8 field,
        uint256 from,
        uint256 to,
        uint64 expiresAt
    );
    /// @notice Governance makes lasting what the emergency multisig set.
    /// @param target The struct's contract.
    /// @param kind The struct's kind.
    /// @param key The struct's key.
    /// @param field The field's place, from zero.
    /// @param value The value that stays.
    event Confirmed(address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 value);
    /// @notice What an emergency changed was put back.
    /// @param target The struct's contract.
    /// @param kind The struct's kind.
    /// @param key The struct's key.
    /// @param field The field's place, from zero.
    /// @param from The value that the emergency set.
    /// @param to The value before it; `from` if somebody else had changed the field in the meantime, which then stays.
    event Restored(
        address indexed target, uint8 indexed kind, bytes32 indexed key, uint8 field, uint256 from, uint256 to
    );

    /// @notice How often the multisig has tightened. What the owner sets, here and in the contracts that name this steward, carries the
    /// number that was counted when its proposal was written, and is refused once another is: no vote undoes an emergency that
    /// came after it was drafted, nor gives anybody new powers in one. To remove an agent, the multisig or a steward needs no number.
    /// @return That number.
    function emergencies() external view returns (uint32);

    /// @notice Lets an agent move parameters inside their corridors, or no more. Owner only.
    /// @param agent The agent; not zero.
    /// @param allowed Whether it may from now on.
    /// @param emergencies What was counted when the call was written; any number to remove an agent.
    /// @custom:emits AgentSet
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts EmergencySince when one is allowed and the number is not what is counted
    /// @custom:reverts ZeroAddress when the agent is zero
    function setAgent(address agent, bool allowed, uint32 emergencies) external;

    /// @notice Whether an address may move parameters inside their corridors.
    /// @param agent The address.
    /// @return Whether it may.
    function isAgent(address agent) external view returns (bool);

    /// @notice Names the emergency multisig. Owner only.
    /// @param emergency Who may tighten; zero for nobody.
    /// @param emergencies What was counted when the call was written; any number to name nobody.
    /// @custom:emits EmergencySet
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts EmergencySince when somebody is named and the number is not what is counted
    function setEmergency(address emergency, uint32 emergencies) external;

    /// @notice Who may tighten.
    /// @return The emergency multisig; zero for nobody.
    function emergency() external view returns (address);

    /// @notice Sets the corridor of a field. Owner only.
    /// @param subject The struct.
    /// @param field The field's place, from zero.
    /// @param corridor The corridor; a delay of zero takes the field away from the steward.
    /// @param emergencies What was counted when the call was written.
    /// @custom:emits CorridorSet
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts EmergencySince when the number is not what is counted
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    /// @custom:reverts UnknownField when the struct has no such field
    /// @custom:reverts NotSteered when governance alone may change the field
    /// @custom:reverts CorridorOutOfBounds when it is out of bounds
    function setCorridor(Subject calldata subject, uint8 field, Corridor calldata corridor, uint32 emergencies) external;

    /// @notice The corridor of a field.
    /// @param subject The struct.
    /// @param field The field's place, from zero.
    /// @return The corridor; all zero if there is none.
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    /// @custom:reverts UnknownField when the struct has no such field
    function corridor(Subject calldata subject, uint8 field) external view returns (Corridor memory);

    /// @notice Sets a struct with all changes, or none, each within a step and its corridor. Agents only.
    /// @param subject The struct.
    /// @param changes The changes, one of a field.
    /// @custom:emits Adjusted for each change
    /// @custom:reverts NotAgent when the caller is none
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    /// @custom:reverts NoChanges when there are none
    /// @custom:reverts UnknownField when the struct has no such field
    /// @custom:reverts DuplicateField when one comes twice
    /// @custom:reverts EmergencyOpen when an emergency has hold of the struct
    /// @custom:reverts NotSteered when there is no corridor
    /// @custom:reverts Unchanged when a field has that value already
    /// @custom:reverts TooEarly when the steward changed a field less than its delay ago
    /// @custom:reverts OutOfRange when a value is beyond a step or the corridor, or no multiple of its unit
    /// @custom:reverts NoCode when the target has none
    /// @custom:reverts ShortReturnData when the target answers something else than such a struct
    /// @custom:reverts CallFailed when the target reverts and does not say why
    /// @custom:passes-on IMarginVault.instrument when it does not serve the struct
    /// @custom:passes-on IMarginVault.optionRules when it does not serve the struct
    /// @custom:passes-on IOracleGuard.rangeLimits when it does not serve the struct
    /// @custom:passes-on IMarginVault.setParameters when it refuses the struct
    /// @custom:passes-on IMarginVault.setInstrument when it refuses the struct
    /// @custom:passes-on IMarginVault.setOptionRules when it refuses the struct
    /// @custom:passes-on IOracleGuard.setParameters when it refuses the struct
    /// @custom:passes-on IOracleGuard.setRangeLimits when it refuses the struct
    /// @custom:passes-on IOracleGuard.setSurfaceLimits when it refuses the struct
    /// @custom:passes-on IInsurancePool.setParameters when it refuses the struct
    /// @custom:passes-on any of the target, if it is none of these contracts
    function adjust(Subject calldata subject, Change[] calldata changes) external;

    /// @notice Sets a struct with all changes, or none, each in the direction in which it is tighter and inside its corridor. The
    /// emergency multisig only.
    /// @param subject The struct.
    /// @param changes The changes, one of a field.
    /// @custom:emits Tightened for each change
    /// @custom:reverts NotEmergency when the caller is not the emergency multisig
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    /// @custom:reverts NoChanges when there are none
    /// @custom:reverts UnknownField when the struct has no such field
    /// @custom:reverts DuplicateField when one comes twice
    /// @custom:reverts EmergencyExpired when an emergency is over and not put back
    /// @custom:reverts EmergencySpent when the last one began less than 30 days ago
    /// @custom:reverts NotSteered when there is no corridor
    /// @custom:reverts Unchanged when a field has that value already
    /// @custom:reverts NotTighter when a value is not tighter
    /// @custom:reverts OutOfRange when a value is beyond the corridor, or no multiple of its unit
    /// @custom:reverts NoCode when the target has none
    /// @custom:reverts ShortReturnData when the target answers something else than such a struct
    /// @custom:reverts CallFailed when the target reverts and does not say why
    /// @custom:passes-on IMarginVault.instrument when it does not serve the struct
    /// @custom:passes-on IMarginVault.optionRules when it does not serve the struct
    /// @custom:passes-on IOracleGuard.rangeLimits when it does not serve the struct
    /// @custom:passes-on IMarginVault.setParameters when it refuses the struct
    /// @custom:passes-on IMarginVault.setInstrument when it refuses the struct
    /// @custom:passes-on IMarginVault.setOptionRules when it refuses the struct
    /// @custom:passes-on IOracleGuard.setParameters when it refuses the struct
    /// @custom:passes-on IOracleGuard.setRangeLimits when it refuses the struct
    /// @custom:passes-on IOracleGuard.setSurfaceLimits when it refuses the struct
    /// @custom:passes-on IInsurancePool.setParameters when it refuses the struct
    /// @custom:passes-on any of the target, if it is none of these contracts
    function tighten(Subject calldata subject, Change[] calldata changes) external;

    /// @notice Makes lasting what an emergency set: each field named must have this value. Also after the 72 hours, until `restore`. Owner
    /// only.
    /// @param subject The struct.
    /// @param changes The fields and the values that they have.
    /// @custom:emits Confirmed for each
    /// @custom:reverts NotOwner when the caller is not the owner
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    /// @custom:reverts NoChanges when there are none
    /// @custom:reverts UnknownField when the struct has no such field
    /// @custom:reverts DuplicateField when one comes twice
    /// @custom:reverts NotHeld when no emergency has hold of a field
    /// @custom:reverts NotAsConfirmed when the emergency has set another value
    function confirm(Subject calldata subject, Change[] calldata changes) external;

    /// @notice Puts back what an emergency changed that is over. Anyone.
    /// @param subject The struct.
    /// @custom:emits Restored for each field
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    /// @custom:reverts NoChanges when nothing is held
    /// @custom:reverts EmergencyRunning when it is not over
    /// @custom:reverts NoCode when the target has none
    /// @custom:reverts ShortReturnData when the target answers something else than such a struct
    /// @custom:reverts CallFailed when the target reverts and does not say why
    /// @custom:passes-on IMarginVault.instrument when it does not serve the struct
    /// @custom:passes-on IMarginVault.optionRules when it does not serve the struct
    /// @custom:passes-on IOracleGuard.rangeLimits when it does not serve the struct
    /// @custom:passes-on IMarginVault.setParameters when it refuses the struct
    /// @custom:passes-on IMarginVault.setInstrument when it refuses the struct
    /// @custom:passes-on IMarginVault.setOptionRules when it refuses the struct
    /// @custom:passes-on IOracleGuard.setParameters when it refuses the struct
    /// @custom:passes-on IOracleGuard.setRangeLimits when it refuses the struct
    /// @custom:passes-on IOracleGuard.setSurfaceLimits when it refuses the struct
    /// @custom:passes-on IInsurancePool.setParameters when it refuses the struct
    /// @custom:passes-on any of the target, if it is none of these contracts
    function restore(Subject calldata subject) external;

    /// @notice What may be set right now.
    /// @param subject The struct.
    /// @return A window for each field, in their order.
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    /// @custom:reverts NoCode when the target has none
    /// @custom:reverts ShortReturnData when the target answers something else than such a struct
    /// @custom:reverts CallFailed when the target reverts and does not say why
    /// @custom:passes-on IMarginVault.instrument when it does not serve the struct
    /// @custom:passes-on IMarginVault.optionRules when it does not serve the struct
    /// @custom:passes-on IOracleGuard.rangeLimits when it does not serve the struct
    /// @custom:passes-on any of the target, if it is none of these contracts
    function windows(Subject calldata subject) external view returns (Window[] memory);

    /// @notice What an emergency holds.
    /// @param subject The struct.
    /// @return startedAt Unix time at which the last one began; zero if there was none, or all of it was confirmed.
    /// @return expiresAt Unix time from which on it may be put back; zero if there was none.
    /// @return nextFrom Unix time from which on the next one may begin; zero if there was none.
    /// @return fields What it holds.
    /// @custom:reverts UnknownKind when there is no such kind
    /// @custom:reverts InvalidKey when the key is none of the kind
    function held(Subject calldata subject)
        external
        view
        returns (uint64 startedAt, uint64 expiresAt, uint64 nextFrom, Held[] memory fields);
}
