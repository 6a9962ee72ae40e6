// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "../options/OptionsTest.sol";

/// Back ratios that lose most between two prices of the grid: short 100 calls at the mark, many more long ones a little above, 33
/// minutes before they settle. Two accounts of one owner are on both sides, with no more in the losing one than its initial margin.
contract GuardGridTest is OptionsTest {
    uint256 private constant SHORT = 100e18;
    /// Deposits of the two accounts, USD.
    uint256 private constant STAKE = 100_000;
    uint256 private constant COUNTER_STAKE = 5_000_000;

    function run(uint64 range, uint256 far, uint256 ratio, int256 end, uint256 loss) private {
        holdRange(ETH, range);
        IMarginVault.OptionRules memory next = optionRules();
        next.strikeStep = 1_000; // ten dollars
        setRules(next);
        uint32 near = series(14, 2_000, CALL);
        uint32 wing = series(14, far, CALL);
        Trader memory a = subAccount(carol, 1);
        Trader memory b = subAccount(carol, 2);
        Trader memory spare = subAccount(carol, 3);
        elapse(expiryIn(14) - 33 minutes - block.timestamp);
        refreshPrices();
        setVolatility(14, VOLATILITY);
        deposit(a, STAKE * USD);
        deposit(b, COUNTER_STAKE * USD);
        uint256 insured = pool.totalAssets();
        buy(wing, a, b, SHORT * ratio);
        buy(near, b, a, SHORT);
        vm.assertGt(maintenanceOf(a), loss);

        uint256 beyond = capitalOf(a) - initialOf(a) - 1e15;
        vm.prank(carol.owner);
        vault.transfer(a.account, spare.account, beyond / 1e12 * 1e12);
        setPrice(end * FEED);
        for (uint256 k = 0; k < 3; k++) {
            elapse(11 minutes);
            refreshPrices();
        }
        vault.touch(a.account);
        vault.touch(b.account);
        // It has lost what was expected, and that was its own.
        vm.assertGe(equityOf(a), 0);
        int256 total = equityOf(a) + equityOf(b) + equityOf(spare);
        vm.assertLe(total, int256((STAKE + COUNTER_STAKE) * WAD));
        vm.assertEq(pool.totalAssets(), insured);
    }

    function test_a_loss_between_two_prices_of_a_range_of_20_per_cent_is_margined() public {
        run(0.2e18, 2_120, 10, 2_110, 9_000e18);
    }

    function test_a_loss_between_two_prices_of_a_range_of_6_per_cent_is_margined() public {
        run(0.062e18, 2_040, 30, 2_038, 3_000e18);
    }

    /// A leg of a portfolio: a series by strike (0: the perpetual), and how much of it.
    struct Part {
        uint256 strike;
        bool isCall;
        int256 size;
    }

    /// Two hours before the expiry, over every per cent of a range of 20 %, at the volatility that there is: what the account loses is at
    /// most the margin that it was told of.
    function sweep(Part[] memory parts) private {
        holdRange(ETH, 0.2e18);
        IMarginVault.OptionRules memory next = optionRules();
        next.strikeStep = 1_000;
        setRules(next);
        elapse(expiryIn(14) - 2 hours - block.timestamp);
        refreshPrices();
        setVolatility(14, VOLATILITY);
        deposit(carol, 1_000_000 * USD);
        for (uint256 k = 0; k < parts.length; k++) {
            uint32 number = parts[k].strike == 0 ? ETH : series(14, parts[k].strike, parts[k].isCall);
            (uint256 size, bool buys) = (uint256(parts[k].size), true);
            if (parts[k].size < 0) (size, buys) = (uint256(-parts[k].size), false);
            uint256 price = parts[k].strike == 0 ? SPOT : markOf(number);
            trade(number, buys ? carol : alice, buys ? alice : carol, size, price);
        }
        int256 before = equityOf(carol);
        uint256 margin = maintenanceOf(carol);
        int256 worst;
        string memory id = checkpoint();
        for (int256 move = -19; move <= 19; move += 2) {
            setPrice(2_000 * FEED * (100 + move) / 100);
            int256 lost = before - equityOf(carol);
            if (lost > worst) worst = lost;
            vm.assertLe(lost, int256(margin));
            id = renewed(id);
        }
        // The shape does lose, and is not just margined as if it had no hedge.
        vm.assertGt(worst, int256(margin / 4));
    }

    function renewed(string memory id) private returns (string memory) {
        restore(id);
        return checkpoint();
    }

    function test_a_ratio_of_puts_is_margined_between_two_prices() public {
        Part[] memory parts = new Part[](2);
        parts[0] = Part(1_800, PUT, 600e18);
        parts[1] = Part(1_980, PUT, -60e18);
        sweep(parts);
    }

    function test_a_condor_with_far_wings_is_margined_between_two_prices() public {
        Part[] memory parts = new Part[](4);
        parts[0] = Part(2_310, CALL, 400e18);
        parts[1] = Part(1_690, PUT, 400e18);
        parts[2] = Part(2_040, CALL, -40e18);
        parts[3] = Part(1_960, PUT, -40e18);
        sweep(parts);
    }

    /// Options that outweigh a perpetual beyond a price, and are outweighed by it before.
    function test_a_perpetual_beside_more_options_is_margined_between_two_prices() public {
        Part[] memory parts = new Part[](2);
        parts[0] = Part(2_160, CALL, 300e18);
        parts[1] = Part(0, CALL, -30e18);
        sweep(parts);
    }
}
