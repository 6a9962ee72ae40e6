// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

/// @notice What a vault's own EVM code serves, which never expires: keeping the vault's Stylus programs alive, and the way out when
/// they are dead for good. Call it at the vault's address.
///
/// A program answers for 365 days after its activation. From day 31 on anybody may extend that, and anybody may activate a program
/// again that has expired (ArbWasm's `activateProgram`). Only if nobody does, or can, for a month, is a vault abandoned: then every
/// account is paid what it is worth as it was last settled, and nothing else can be called any more.
///
/// Times are unix times. Token amounts are in the token's decimals; others are WAD (1e18). Every rounding goes against the account.
/// @custom:reverts ValueSent when ether is sent to any function but `keepalive`
/// @custom:reverts InvalidCalldata when the arguments do not decode
interface IEscape {
    /// @notice Extends the lives of the vault's nine programs, of its guard's and of its engine's, by ArbWasm's fee for each, paid out
    /// of the ether that comes with the call; what is left of that goes back to the caller. Programs whose time has not come
    /// yet (31 days), and EVM code, are left out. A program that is dead already has to be activated first.
    /// @return extended How many programs live longer now.
    /// @custom:reverts VaultAbandoned when the vault is abandoned
    /// @custom:reverts KeepaliveFailed when ArbWasm refuses a program: it is dead, or the ether does not reach
    /// @custom:reverts RefundFailed when the caller does not take back what is left
    function keepalive() external payable returns (uint256 extended);

    /// @notice When the vault's programs stop answering unless they are kept alive: the nine of the vault, the guard's, the engine's.
    /// @return earliest The first of these times; zero if a program is dead.
    /// @return programs Their addresses.
    /// @return times When each expires: zero for one that is dead, the greatest there is for EVM code, which does not.
    /// @custom:reverts ArbWasmFailed when ArbWasm does not say of one whether it lives
    function expiry() external view returns (uint64 earliest, address[] memory programs, uint64[] memory times);

    /// @notice Reports whether the vault is dead. It is if ArbWasm says of its accounts program, its guard or its engine that it was
    /// never activated, needs an upgrade, or has expired. A report of death counts once in 24 hours; 48 hours without one, and a
    /// report of life, which is that all three answer, end the series.
    /// @return dead What was reported.
    /// @return count Reports of death in the series, this one included.
    /// @custom:emits Reported if there is or was a series
    /// @custom:reverts VaultAbandoned when the vault is abandoned
    /// @custom:reverts NothingToReport when ArbWasm says neither
    /// @custom:reverts ReportTooSoon when the last report of death was less than 24 hours ago
    function report() external returns (bool dead, uint256 count);

    /// @notice The series of reports of death at hand.
    /// @return count How many there are; zero if none was made for 48 hours.
    /// @return last When the last one was made, whatever became of its series.
    function reports() external view returns (uint256 count, uint64 last);

    /// @notice Pays an account's worth to its owner, whoever calls. The first escape abandons the vault for good; it takes thirty reports
    /// of death, the last at most 48 hours ago, and that the vault is dead now.
    ///
    /// v is the smaller of V and of the tokens held, both at the first escape. If v is less than the sum of C, each account gets
    /// C x v / sum C; else C, and of a profit P the part min(1, (v - sum C) / sum P). These are C and P as last settled: gains and losses
    /// that no settlement has found are void, and debts are forgiven. The order of escapes changes nothing. What the vault's own
    /// accounts, with the fees that nobody distributed, would get stays in the vault.
    /// @param account The account.
    /// @return amount What was paid, in whole units of the token.
    /// @custom:emits Abandoned if this is the first escape
    /// @custom:emits Escaped
    /// @custom:reverts TooFewReports when the series of reports is shorter than thirty
    /// @custom:reverts NotDead when the vault is not abandoned, and ArbWasm does not say that it is dead
    /// @custom:reverts NotAtRest when the vault is called while it is calling out, or a program that lives does not say that it is not
    /// @custom:reverts NothingToEscape when the account has nothing that makes a unit of the token, or is the vault's own
    /// @custom:reverts TokenFailed when the token does not answer, or refuses the transfer
    function escape(bytes32 account) external returns (uint256 amount);

    /// @notice What an account would be paid by `escape`, or would if the vault were abandoned now.
    /// @param account The account.
    /// @return amount In units of the token.
    /// @custom:reverts TokenFailed when the token does not answer
    function escapable(bytes32 account) external view returns (uint256 amount);

    /// @notice Whether the vault is abandoned: whatever is not of this interface reverts with `VaultAbandoned` then.
    /// @return abandoned Whether it is.
    function isAbandoned() external view returns (bool abandoned);

    /// @notice Somebody has reported that the vault is dead, or, ending a series, that it lives.
    /// @param count Reports of death in the series; zero if this report ended it.
    event Reported(uint256 count);

    /// @notice The vault is abandoned. Balances are paid by these sums from here on.
    /// @param worth v: what all accounts share.
    /// @param capital Sum of C.
    /// @param profit Sum of P where it is positive.
    event Abandoned(uint256 worth, uint256 capital, uint256 profit);

    /// @notice An account of an abandoned vault was paid, and is empty. No `BalancesChanged` comes with it.
    /// @param account The account.
    /// @param owner Its owner, who has the tokens.
    /// @param amount In units of the token.
    event Escaped(bytes32 indexed account, address indexed owner, uint256 amount);

    /// @notice ArbWasm does not say whether a program lives.
    /// @param program Its address.
    error ArbWasmFailed(address program);
    /// @notice The arguments do not decode.
    error InvalidCalldata();
    /// @notice ArbWasm has refused to keep a program alive.
    /// @param program Its address.
    /// @param reason ArbWasm's own error.
    error KeepaliveFailed(address program, bytes reason);
    /// @notice The vault is in the middle of a call.
    error NotAtRest();
    /// @notice ArbWasm does not say that the vault is dead.
    error NotDead();
    /// @notice The account has nothing that makes a unit of the token.
    error NothingToEscape();
    /// @notice ArbWasm says neither that the vault is dead nor that it lives.
    error NothingToReport();
    /// @notice The caller does not take its ether back.
    error RefundFailed();
    /// @notice The last report of death was less than 24 hours ago.
    /// @param next When the next one counts.
    error ReportTooSoon(uint256 next);
    /// @notice The token does not answer, or refuses.
    error TokenFailed();
    /// @notice The series of reports of death is too short.
    /// @param count Reports that it has.
    error TooFewReports(uint256 count);
    /// @notice Ether was sent where none is taken.
    error ValueSent();
    /// @notice Nothing but escapes is left to do here.
    error VaultAbandoned();
}
