// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A chain so congested that nobody pokes for minutes, as on 12 March 2020: the breaker sees at the first poke what it has missed.
contract QuarterOfAnHourTest is ProtocolTest {
    uint8 private constant NORMAL = 0;
    uint8 private constant CAUTION = 1;
    uint8 private constant RESTRICTED = 2;
    uint8 private constant HALTED = 3;

    function setUpNode() internal override {
        super.setUpNode();
        for (uint256 k = 0; k < 6; k++) {
            elapse(1 minutes);
            setPrice(200 * FEED);
        }
    }

    function tier() private view returns (uint256) {
        return guard.read(asset).tier;
    }

    /// 5.477 % are Caution after six minutes, and 10.95 % Restricted.
    function test_nine_per_cent_in_six_minutes_without_a_poke_are_caution_at_the_first() public {
        elapse(6 minutes);
        pushPrice(ETH, 182 * FEED);
        vm.assertEq(tier(), CAUTION, "as a poke would find it");
        guard.poke(asset);
        vm.assertEq(tier(), CAUTION);
    }

    function test_a_gap_widens_what_is_normal_by_its_root() public {
        string memory before = checkpoint();
        int256[2][6] memory moves = [
            [int256(189.06e8), 6],
            [int256(189.04e8), 6],
            [int256(178.12e8), 6],
            [int256(178.08e8), 6],
            [int256(180.01e8), 20],
            [int256(179.99e8), 20]
        ];
        uint8[6] memory tiers = [NORMAL, CAUTION, CAUTION, RESTRICTED, NORMAL, CAUTION];
        for (uint256 k = 0; k < moves.length; k++) {
            before = restore(before);
            elapse(uint256(moves[k][1]) * 1 minutes);
            setPrice(moves[k][0]);
            vm.assertEq(tier(), tiers[k]);
        }
    }

    /// However long nobody came, half of the price is Restricted.
    function test_after_a_day_without_a_poke_forty_per_cent_are_restricted() public {
        elapse(1 days);
        setPrice(119 * FEED);
        vm.assertEq(tier(), RESTRICTED);
    }

    /// It was Caution when it became too old, and the sources say now what they said then.
    function test_a_mark_that_only_lapsed_returns_with_its_tier() public {
        setPrice(186 * FEED);
        vm.assertEq(tier(), CAUTION);
        elapse(guard.feed(asset).heartbeat + 1);
        vm.assertEq(tier(), HALTED, "too old");
        setPrice(186 * FEED);
        vm.assertEq(tier(), CAUTION, "neither milder nor halted");
        elapse(guard.feed(asset).heartbeat + 1);
        setPrice(110 * FEED);
        vm.assertEq(tier(), RESTRICTED, "or with the one that its move asks for");
    }
}
