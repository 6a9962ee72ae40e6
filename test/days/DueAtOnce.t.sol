// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {cheats} from "../../script/lib/Cheatcodes.sol";
import {Closer, Crowd} from "../mocks/Crowd.sol";
import {VaultState} from "../protocol/Lens.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// 11,279 accounts fall due at one price and are closed over many blocks, by whoever comes, in whatever order. The number is that
/// of a published day; `CROWD` sets another one, which has to be prime.
///
/// Everybody is long 1 to 7 units at 200 with 21 dollars a unit; ten shorts stand against them with margin utilisations from 2 %
/// to 20 %. At 165 everybody owes 14 dollars a unit.
contract DueAtOnceTest is DayTest {
    uint256 private constant DEPOSIT = 21;
    uint256 private constant MAKERS = 10;
    uint256 private constant MAKERS_FROM = 1 << 64;
    uint256 private constant ENTERED_AT_ONCE = 60;
    uint256 private constant CLOSED_AT_ONCE = 90;

    Crowd private crowd;
    Closer[3] private closers;
    uint256 private members;
    uint256 private units;

    function setUpNode() internal override {
        super.setUpNode();
        members = cheats.envOr("CROWD", uint256(11_279));
        crowd = Crowd(create("crowd", bytes.concat(type(Crowd).creationCode, abi.encode(vault))));
        for (uint256 k = 0; k < closers.length; k++) {
            closers[k] = Closer(create("closer", type(Closer).creationCode));
        }
        for (uint256 place = 0; place < members; place++) {
            units += 1 + place % 7;
        }
        token.mint(address(crowd), 1e9 * USD);
        for (uint256 k = 0; k < MAKERS; k++) {
            // Maintenance margin of each is about units / 10 * 10 dollars.
            crowd.deposit(MAKERS_FROM + k, units * 50 * USD / (k + 1));
        }
        for (uint256 first = 0; first < members; first += ENTERED_AT_ONCE) {
            uint256 last = first + ENTERED_AT_ONCE < members ? first + ENTERED_AT_ONCE : members;
            bytes memory entry =
                abi.encodeCall(Crowd.enter, (ETH, first, last, DEPOSIT * USD, 200e18, MAKERS_FROM, MAKERS));
            transact(address(this), address(crowd), entry);
        }
        withdrawCover();
        restartMean();
        setPrice(165 * FEED);
    }

    /// The shorts, who are all that is left in the end.
    function makersState() private view returns (VaultState memory) {
        bytes32[] memory accounts = new bytes32[](MAKERS);
        for (uint256 k = 0; k < MAKERS; k++) {
            accounts[k] = crowd.account(MAKERS_FROM + k);
        }
        uint32[] memory instruments = new uint32[](1);
        instruments[0] = ETH;
        return lens.look(vault, accounts, instruments);
    }

    /// Closes everybody in an order of `stride` and `offset`, some of them in every block, and settles the shorts.
    function closeEverybody(uint256 stride, uint256 offset, uint256 touching) private returns (VaultState memory) {
        for (uint256 from = 0; from < members; from += CLOSED_AT_ONCE) {
            bytes memory closing =
                abi.encodeCall(Closer.close, (vault, crowd, members, from, CLOSED_AT_ONCE, stride, offset, touching));
            uint256 closer = from / CLOSED_AT_ONCE * stride;
            transact(address(uint160(1000 + closer % 5)), address(closers[closer % 3]), closing);
            elapse(1);
        }
        for (uint256 k = 0; k < MAKERS; k++) {
            vault.touch(crowd.account(MAKERS_FROM + k));
        }
        return makersState();
    }

    function test_any_order_and_any_callers_give_one_result() public {
        string memory before = checkpoint();
        VaultState memory first = closeEverybody(1, 0, 7);
        assertClosed(first);
        restore(before);
        VaultState memory second = closeEverybody(4_567, 89, 3);
        assertClosed(second);
        vm.assertApproxEqAbs(first.shortfall, second.shortfall, UNIT);
        vm.assertApproxEqAbs(first.coverage, second.coverage, 1e6);
        for (uint256 k = 0; k < MAKERS; k++) {
            vm.assertEq(first.accounts[k].capital, second.accounts[k].capital);
            vm.assertApproxEqAbs(first.accounts[k].pnl, second.accounts[k].pnl, UNIT);
            vm.assertApproxEqAbs(first.accounts[k].sizes[0], second.accounts[k].sizes[0], UNIT);
        }
    }

    /// The deficit is 14 dollars for each unit, to the token's unit, of profits of 35.
    function assertClosed(VaultState memory state) private view {
        vm.assertEq(state.debt, 0);
        vm.assertEq(state.instruments[0].long, 0);
        vm.assertLe(state.instruments[0].short, UNIT);
        vm.assertApproxEqAbs(state.missing, usd(units * 14), UNIT);
        vm.assertApproxEqAbs(state.coverage, 0.6e18, 1e6);
        vm.assertApproxEqAbs(haircut(state), state.missing, UNIT);
        vm.assertLe(state.capital, state.tokens);
    }
}
