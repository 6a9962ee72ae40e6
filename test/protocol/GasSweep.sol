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
    /// Limits tried for each operation, evenly spaced from none to a third more than enough; `GAS_POINTS` sets another number.
    uint256 private immutable POINTS = cheats.envOr("GAS_POINTS", uint256(200));
    /// As many as fit into one `eth_call`, with all that the lens reads after each.
    uint256 private constant POINTS_A_CALL = 4;
    uint256 private constant PLENTY = 12_000_000;

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

    /// Tries `data` with limits around the least that is enough, and evenly spaced over all below.
    function check(bytes memory data) internal view {
        bytes32 untouched = lens.fingerprint(vault, accounts, watched);
        GasProbe.Outcome memory done = sweep(data, PLENTY, 0, 1)[0];
        vm.assertTrue(done.success, "it works");
        vm.assertNotEq(done.fingerprint, untouched);
        uint256 step = enough(data, untouched, done.fingerprint) * 4 / 3 / POINTS;
        uint256 failures;
        for (uint256 point = 0; point < POINTS; point += POINTS_A_CALL) {
            failures += failing(data, point * step, step, POINTS_A_CALL, untouched, done.fingerprint);
        }
        vm.assertGt(failures, POINTS / 2);
        vm.assertLt(failures, POINTS);
    }

    /// The limit with which `data` just works, to the unit: with one less it fails. What an operation needs is more than what
    /// it uses, by what must be left when it asks a feed or a contract that signed. It is found by halving, so the limits
    /// tried on the way, each of them checked, are the denser the nearer they are.
    function enough(bytes memory data, bytes32 untouched, bytes32 done) private view returns (uint256 works) {
        works = PLENTY;
        uint256 fails = 0;
        while (works - fails > 1) {
            uint256 limit = (works + fails) / 2;
            if (failing(data, limit, 0, 1, untouched, done) == 0) works = limit;
            else fails = limit;
        }
    }

    /// How many of `count` limits from `gas` on, `step` apart, are too low for `data`: these leave all untouched, the others
    /// all done.
    function failing(bytes memory data, uint256 gas, uint256 step, uint256 count, bytes32 untouched, bytes32 done)
        private
        view
        returns (uint256 failures)
    {
        GasProbe.Outcome[] memory outcomes = sweep(data, gas, step, count);
        for (uint256 k = 0; k < count; k++) {
            bytes32 expected = outcomes[k].success ? done : untouched;
            string memory where = vm.toString(gas + k * step);
            vm.assertEq(outcomes[k].fingerprint, expected, string.concat("half done with gas ", where));
            if (!outcomes[k].success) failures++;
        }
    }

    function sweep(bytes memory data, uint256 gas, uint256 step, uint256 count)
        private
        view
        returns (GasProbe.Outcome[] memory)
    {
        return IGasProbe(address(probe)).sweep(data, gas, step, count, accounts, watched);
    }
}
