// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Four legs on one underlying, closed in one call and in four: its cover is one.
contract OptionsCoverTest is OptionsTest {
    uint256 private constant COVER = 500e18;

    function test_all_legs_on_an_underlying_draw_one_cover_whatever_the_number_of_calls() public {
        uint32[4] memory calls =
            [series(14, 2_000, CALL), series(14, 2_100, CALL), series(28, 2_000, CALL), series(28, 2_100, CALL)];
        Trader memory seller = subAccount(carol, 3);
        deposit(seller, 14_000 * USD);
        for (uint256 k = 0; k < 4; k++) {
            buy(calls[k], alice, seller, 10e18);
        }
        setCover(ETH, COVER);
        IMarginVault.Parameters memory parameters = vault.parameters();
        (parameters.rewardShare, parameters.maxReward) = (0.1e18, 1_000e18);
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        moveTo(2_700 * FEED);
        string memory before = checkpoint();
        (uint256 deficit, uint256 insured, uint256 rewards) = close(seller, 16, 1);
        vm.assertGt(deficit, 2_000e18);
        vm.assertApproxEqAbs(insured, COVER * 9 / 10, UNIT);
        vm.assertApproxEqAbs(rewards, COVER / 10, UNIT);
        uint256 hole = missing();
        restore(before);
        (uint256 deficits, uint256 sum, uint256 sumOfRewards) = close(seller, 1, 4);
        vm.assertApproxEqAbs(deficits, deficit, 1e9);
        vm.assertApproxEqAbs(sum, insured, 4 * UNIT);
        vm.assertLe(sum, COVER * 9 / 10);
        vm.assertLe(sumOfRewards, COVER / 10);
        vm.assertApproxEqAbs(missing(), hole, 4 * UNIT);
    }

    /// Dave closes the seller in so many calls of so many legs.
    function close(Trader memory seller, uint256 legs, uint256 times)
        private
        returns (uint256 deficit, uint256 insured, uint256 rewards)
    {
        uint256 before = capitalOf(dave);
        for (uint256 k = 0; k < times; k++) {
            vm.prank(dave.owner);
            (bool done, uint256 writtenOff, uint256 paid) = vault.deleverage(seller.account, legs);
            vm.assertEq(done, k == times - 1);
            (deficit, insured) = (deficit + writtenOff, insured + paid);
        }
        rewards = capitalOf(dave) - before;
    }
}
