// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {AccountState, VaultState} from "../protocol/Lens.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {DayTest} from "./Day.sol";

/// 10 October 2025: within twelve minutes BTC fell by 13 %, and three other markets here by 40 %, 65 % and 80 %. In each of
/// these, longs of 1.0m with 100k, 200k and 600k stand against shorts of 1.5m with 300k (utilisation 1/4), 1.0m with 500k
/// (1/10) and 0.5m with 1.0m (1/40). Nobody is insured, nobody is liquidated in time: the worst that can be left to do.
contract TenOctoberTest is DayTest {
    uint32 private constant ALTS = 3;
    uint256 private constant MINUTES = 12;
    /// Of dollars that everything starts at, in cents: where the alts end.
    uint256[ALTS] private ends = [uint256(60), 35, 20];
    Trader[3][ALTS] private longs;
    Trader[3][ALTS] private shorts;
    Trader private twoSided;
    Trader private idle;

    function setUpNode() internal override {
        install();
        list(BTC, "BTC", 121_000 * FEED);
        for (uint32 alt = 0; alt < ALTS; alt++) {
            list(10 + alt, bytes32(bytes(string.concat("ALT ", vm.toString(uint256(alt))))), 1 * FEED);
        }
        openMarket("ten october");
        insure(INSURANCE);
        for (uint32 alt = 0; alt < ALTS; alt++) {
            openAlt(alt);
        }
        trade(BTC, person("btc long", 100_000), person("btc short", 100_000), 4e18, 121_000e18);
        // Ahead in one alt and far behind in another: bankrupt with a leg on the side that others are cut on.
        twoSided = person("two-sided", 105_000);
        trade(12, twoSided, shorts[2][0], 500_000e18, 1e18);
        trade(10, longs[0][2], twoSided, 500_000e18, 1e18);
        idle = person("idle", 120_000);
        withdrawCover();
    }

    function openAlt(uint32 alt) private {
        string memory name = vm.toString(uint256(alt));
        uint24[3] memory longCapital = [100_000, 200_000, 600_000];
        uint24[3] memory shortCapital = [300_000, 500_000, 1_000_000];
        for (uint256 k = 0; k < 3; k++) {
            string memory place = string.concat(name, vm.toString(k));
            longs[alt][k] = person(string.concat("long ", place), longCapital[k]);
            shorts[alt][k] = person(string.concat("short ", place), shortCapital[k]);
        }
        uint32 instrument = 10 + alt;
        trade(instrument, longs[alt][0], shorts[alt][0], 1_000_000e18, 1e18);
        trade(instrument, longs[alt][1], shorts[alt][0], 500_000e18, 1e18);
        trade(instrument, longs[alt][1], shorts[alt][1], 500_000e18, 1e18);
        trade(instrument, longs[alt][2], shorts[alt][1], 500_000e18, 1e18);
        trade(instrument, longs[alt][2], shorts[alt][2], 500_000e18, 1e18);
    }

    /// Twelve minutes of a fall that is even in each market. Idle capital leaves all the while.
    function fall() private {
        for (uint256 minute = 1; minute <= MINUTES; minute++) {
            elapse(1 minutes);
            pushPrice(BTC, int256(121_000e8 * (1200 - 13 * minute) / 1200));
            for (uint32 alt = 0; alt < ALTS; alt++) {
                pushPrice(10 + alt, int256(1e8 * (100 * MINUTES - (100 - ends[alt]) * minute) / 100 / MINUTES));
            }
            bytes32[] memory assets = new bytes32[](listed.length);
            for (uint256 k = 0; k < listed.length; k++) {
                assets[k] = assetOf(listed[k]);
            }
            guard.pokeMany(assets);
            vm.assertEq(withdraw(idle, 5_000 * USD), 5_000 * USD);
            assertCapitalIsBacked();
        }
    }

    /// Closes every bankrupt in an order made of `seed`, each by another caller, some a leg at a time, with strangers touched
    /// in between; then settles everybody.
    function closeAll(uint256 seed) private returns (VaultState memory state) {
        Trader[] memory bankrupts = shuffled(inDebt(), seed);
        for (uint256 k = 0; k < bankrupts.length; k++) {
            uint256 random = uint256(keccak256(abi.encode(seed, k)));
            vault.touch(people[random % people.length].account);
            bool done;
            while (!done) {
                vm.prank(address(uint160(random)));
                (done,,) = vault.deleverage(bankrupts[k].account, random % 2 == 0 ? 1 : 16);
            }
        }
        touchEverybody();
        return look();
    }

    function inDebt() private view returns (Trader[] memory bankrupts) {
        VaultState memory state = look();
        uint256 count;
        bankrupts = new Trader[](people.length);
        for (uint256 k = 0; k < people.length; k++) {
            if (state.accounts[k].pnl < 0) bankrupts[count++] = people[k];
        }
        assembly ("memory-safe") {
            mstore(bankrupts, count)
        }
    }

    function shuffled(Trader[] memory traders, uint256 seed) private pure returns (Trader[] memory) {
        for (uint256 k = traders.length; k > 1; k--) {
            uint256 other = uint256(keccak256(abi.encode(seed, "shuffle", k))) % k;
            (traders[k - 1], traders[other]) = (traders[other], traders[k - 1]);
        }
        return traders;
    }

    function test_profits_lose_the_deficit_to_the_unit_and_capital_nothing() public {
        fall();
        touchEverybody();
        uint256 owed = look().debt;
        // 300 + 200; 550 + 450 + 50; 700 + 600 + 200 thousand; and 400 - 200 - 105 of the two-sided account.
        vm.assertApproxEqAbs(owed, usd(3_145_000), UNIT);
        VaultState memory state = closeAll(0);
        vm.assertEq(state.debt, 0);
        vm.assertApproxEqAbs(state.missing, owed, UNIT);
        vm.assertApproxEqAbs(haircut(state), owed, UNIT);
        vm.assertLe(owed, haircut(state) + UNIT);
        for (uint256 k = 0; k < ALTS; k++) {
            vm.assertEq(capitalOf(shorts[k][0]), usd(300_000));
            vm.assertEq(capitalOf(shorts[k][1]), usd(500_000));
            vm.assertEq(capitalOf(shorts[k][2]), usd(1_000_000));
        }
        vm.assertEq(withdraw(idle, 60_000 * USD), 60_000 * USD);
        assertCapitalIsBacked();
    }

    /// In the market that fell by 40 %, 2.0m of 3.0m close. The two-sided account is in debt and goes first; then the water
    /// stands between 1/8 and 1/32: whoever has the lowest utilisation keeps everything.
    function test_the_lowest_utilisation_is_cut_last() public {
        fall();
        touchEverybody();
        vault.deleverage(longs[0][0].account, 16);
        vm.assertEq(vault.position(twoSided.account, 10), 0);
        vm.assertLt(abs(vault.position(shorts[0][0].account, 10)), 1_500_000e18);
        vm.assertEq(vault.position(shorts[0][1].account, 10), -1_000_000e18);
        vault.deleverage(longs[0][1].account, 16);
        // 0.5m of the two-sided account and 1.5m of the others: 1.0m is left of 2.5m above the lowest, at a level of
        // 1.0m / (1.5m * 4 + 1.0m * 8) = 1/14.
        vm.assertApproxEqAbs(abs(vault.position(shorts[0][0].account, 10)), uint256(6_000_000e18) / 14, 1e12);
        vm.assertApproxEqAbs(abs(vault.position(shorts[0][1].account, 10)), uint256(8_000_000e18) / 14, 1e12);
        vm.assertEq(vault.position(shorts[0][2].account, 10), -500_000e18);
    }

    function test_any_order_of_calls_and_callers_gives_the_same() public {
        fall();
        touchEverybody();
        string memory bottom = checkpoint();
        VaultState memory first = closeAll(1);
        for (uint256 seed = 2; seed <= 4; seed++) {
            bottom = restore(bottom);
            assertSame(first, closeAll(seed));
        }
    }

    /// To a millionth of a dollar, the token's unit.
    function assertSame(VaultState memory one, VaultState memory two) private pure {
        vm.assertApproxEqAbs(one.missing, two.missing, UNIT, "missing");
        vm.assertApproxEqAbs(one.coverage, two.coverage, 1e6, "coverage");
        for (uint256 k = 0; k < one.accounts.length; k++) {
            AccountState memory a = one.accounts[k];
            AccountState memory b = two.accounts[k];
            vm.assertApproxEqAbs(a.capital, b.capital, UNIT, "capital");
            vm.assertApproxEqAbs(a.pnl, b.pnl, UNIT, "profit");
            vm.assertApproxEqAbs(a.equity, b.equity, UNIT, "equity");
            for (uint256 i = 0; i < a.sizes.length; i++) {
                vm.assertApproxEqAbs(a.sizes[i], b.sizes[i], UNIT, "size");
            }
        }
    }

    function abs(int256 value) private pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }
}
