// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @notice Two-step ownership, the same in every Bulkhead contract. The owner is the governance timelock.
interface IOwnable {
    /// @notice The owner has offered ownership, or taken an offer back.
    /// @param previousOwner The owner, who stays it until the offer is accepted.
    /// @param newOwner Who may accept; zero if nobody may.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);

    /// @notice The contract has another owner.
    /// @param previousOwner Who was it until now; zero at set-up.
    /// @param newOwner Who is it from now on.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// @notice Only the owner may do this.
    /// @param caller Who called.
    error NotOwner(address caller);

    /// @notice Nobody has offered ownership to the caller.
    /// @param caller Who called.
    error NotPendingOwner(address caller);

    /// @notice The owner.
    /// @return The owner's address.
    function owner() external view returns (address);

    /// @notice Who may accept ownership.
    /// @return The address that the owner has named; zero if none.
    function pendingOwner() external view returns (address);

    /// @notice Offers ownership, in the place of an earlier offer. Owner only.
    /// @param newOwner Who may accept; zero takes the offer back.
    /// @custom:emits OwnershipTransferStarted
    /// @custom:reverts NotOwner when the caller is not the owner
    function transferOwnership(address newOwner) external;

    /// @notice Makes the caller the owner. For whom the owner has named.
    /// @custom:emits OwnershipTransferred
    /// @custom:reverts NotPendingOwner when the owner has not named the caller
    function acceptOwnership() external;
}
