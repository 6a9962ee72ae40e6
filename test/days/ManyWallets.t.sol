// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// One position, in one account or split over twenty.
contract ManyWalletsTest is DayTest {
    uint256 private constant WALLETS = 20;
    uint256 private constant SIZE = 1_234.567890123456789e18;

    function test_twenty_wallets_need_the_initial_margin_of_one() public {
        Trader memory whole = person("whole", 100_000);
        Trader memory maker = person("maker", 1_000_000);
        trade(whole, maker, SIZE, 200e18);
        uint256 initial;
        uint256 maintenance;
        for (uint256 k = 0; k < WALLETS; k++) {
            Trader memory part = person(string.concat("part ", vm.toString(k)), 5_000);
            trade(part, maker, k == 0 ? SIZE - SIZE / WALLETS * (WALLETS - 1) : SIZE / WALLETS, 200e18);
            initial += initialOf(part);
            maintenance += maintenanceOf(part);
        }
        uint256 basisPoint = 1e14;
        vm.assertApproxEqRel(initial, initialOf(whole), basisPoint);
        vm.assertApproxEqRel(maintenance, maintenanceOf(whole), basisPoint);
        vm.assertGe(initial, initialOf(whole)); // rounding never makes splitting cheaper
    }
}
