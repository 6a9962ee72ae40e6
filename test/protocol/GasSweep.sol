// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {GasProbe, IGasProbe} from "../mocks/GasProbe.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";

/// A caller that runs out of gas, at every point of an operation: either nothing has happened, to anybody, or exactly what
/// happens with plenty of gas. Nothing in between: no settled leg without its owner, no deficit that insurance was not
/// asked for because the pool could not be reached.
abstract contract GasSweep is ProtocolTest {
    /// Limits tried for each operation, from far too little to far more than enough; `GAS_POINTS` sets another number.
    uint256 private immutable POINTS = cheats.envOr("GAS_POINTS", uint256(150));
    uint256 private constant POINTS_A_CALL = 10;
    uint256 private constant PLENTY = 12_000_000;
    /// What the guard must have left when it asks a feed: its allowance, and enough to go on.
    uint256 private constant FEED_RESERVE = 260_000;

    /// Calls the vault, and has two accounts there.
    GasProbe internal probe;
    bytes32 internal own;
    bytes32 internal second;
    /// What is compared.
    bytes32[] internal accounts;
    uint32[] internal watched;

    function createProbe() internal {
        probe = GasProbe(create("probe", bytes.concat(type(GasProbe).creationCode, abi.encode(vault, lens))));
        own = accountOf(address(probe));
        second = bytes32(uint256(own) | 1);
        token.mint(address(probe), 1_000_000 * USD);
        probe.call(abi.encodeCall(IMarginVault.deposit, (own, 100_000 * USD)));
        probe.call(abi.encodeCall(IMarginVault.deposit, (second, 100_000 * USD)));
    }

    /// The probe's account, which Alice's key signs for.
    function prober() internal view returns (Trader memory) {
        return Trader(alice.key, address(probe), own);
    }

    /// Tries `data` with every limit; returns the gas that it takes with plenty of it.
    function check(bytes memory data) internal view returns (uint256 used) {
        bytes32 untouched = lens.fingerprint(vault, accounts, watched);
        GasProbe.Outcome memory done = sweep(data, PLENTY, 0, 1)[0];
        vm.assertTrue(done.success, "it works");
        vm.assertNotEq(done.fingerprint, untouched);
        used = done.used;
        uint256 step = (used * 3 / 2 + FEED_RESERVE) / POINTS;
        uint256 failures;
        for (uint256 point = 0; point < POINTS; point += POINTS_A_CALL) {
            GasProbe.Outcome[] memory outcomes = sweep(data, point * step, step, POINTS_A_CALL);
            for (uint256 k = 0; k < outcomes.length; k++) {
                bytes32 expected = outcomes[k].success ? done.fingerprint : untouched;
                string memory where = vm.toString((point + k) * step);
                vm.assertEq(outcomes[k].fingerprint, expected, string.concat("half done with gas ", where));
                if (!outcomes[k].success) failures++;
            }
        }
        vm.assertGt(failures, POINTS / 2);
        vm.assertLt(failures, POINTS);
    }

    function sweep(bytes memory data, uint256 gas, uint256 step, uint256 count)
        private
        view
        returns (GasProbe.Outcome[] memory)
    {
        return IGasProbe(address(probe)).sweep(data, gas, step, count, accounts, watched);
    }
}
