// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";
import {OptionsTest} from "../options/OptionsTest.sol";

/// One unit of every series that may be listed costs a fee each, is in nobody's way elsewhere, and ends when the owner says so.
contract SquatAttackTest is OptionsTest {
    uint256 private constant FEE = 25e18;

    Trader private thief = subAccount(carol, 1);
    Trader private accomplice = subAccount(carol, 2);

    function setUpNode() internal override {
        super.setUpNode();
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.listingFee = uint128(FEE);
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        token.mint(address(this), 100 * USD);
        token.approve(address(vault), 100 * USD);
        vault.deposit(accountOf(address(this)), 100 * USD);
        deposit(thief, 1_000 * USD);
        deposit(accomplice, 1_000 * USD);
    }

    function few(uint8 most) private pure returns (IMarginVault.OptionRules memory next) {
        next = optionRules();
        next.maxSeries = most;
    }

    function spam(uint256 term, uint256 count) private returns (uint32[] memory numbers) {
        numbers = new uint32[](count);
        for (uint256 k = 0; k < count; k++) {
            vm.prank(thief.owner);
            numbers[k] = vault.listOption(ETH, expiryIn(term), (7_900 - 100 * k) * WAD, CALL, thief.account);
            buy(numbers[k], thief, accomplice, 1);
        }
    }

    function test_squatting_costs_a_fee_each_and_is_in_nobodys_way_elsewhere() public {
        setRules(few(4));
        spam(84, 4);
        vm.assertEq(capitalOf(thief), 1_000e18 - 4 * FEE);
        (uint256 fees,) = vault.balances(accountOf(address(vault)));
        vm.assertEq(fees, 4 * FEE);
        vm.prank(thief.owner);
        vm.expectRevert(IMarginVault.TooManySeries.selector);
        vault.listOption(ETH, expiryIn(14), 2_000e18, CALL, thief.account);
        // BTC has places of its own.
        setSurface(BTC, expiryIn(28), VOLATILITY, 0, 0);
        IMarginVault.OptionRules memory others = few(188);
        vm.prank(owner);
        vault.setOptionRules(BTC, others, 0);
        vm.prank(bob.owner);
        vault.listOption(BTC, expiryIn(28), 50_000e18, CALL, bob.account);
    }

    /// No two underlyings may count on the same place.
    function test_underlyings_share_out_the_places() public {
        setRules(few(40));
        IMarginVault.OptionRules memory others = few(153);
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        vm.prank(owner);
        vault.setOptionRules(BTC, others, 0);
        others.maxSeries = 152;
        vm.prank(owner);
        vault.setOptionRules(BTC, others, 0);
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        setRules(few(41));
        // Series that are left of looser rules keep their places until they go.
        uint32[] memory numbers = spam(84, 2);
        setRules(few(1));
        others.maxSeries = 191;
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        vm.prank(owner);
        vault.setOptionRules(BTC, others, 0);
        buy(numbers[0], accomplice, thief, 1);
        vm.prank(owner);
        vault.delist(numbers[0]);
        vm.prank(owner);
        vault.setOptionRules(BTC, others, 0);
    }

    /// The owner makes the series settle: at the first 08:00 at least 7 days later, with the volatility of 24 hours before.
    function test_the_owner_settles_a_series_that_squatters_hold() public {
        uint32 number = series(28, 2_000, CALL);
        uint256 bought = markOf(number);
        buy(number, alice, bob, 10e18);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, address(this)));
        vault.closeOption(number);
        elapse(1 hours);
        pass(1 hours);
        vm.prank(owner);
        vault.closeOption(number);
        vm.expectRevert(IMarginVault.SeriesClosing.selector);
        vm.prank(owner);
        vault.closeOption(number);
        (,,,, uint64 closes) = vault.option(number);
        vm.assertEq(uint256(closes), expiryIn(8));
        // From here on it can only be reduced.
        refuse(number, alice, bob, 1e18, markOf(number), IMarginVault.ActionBlocked.selector);
        uint256 sold = markOf(number);
        buy(number, bob, alice, 1e18);
        elapse(closes - 24 hours - block.timestamp);
        pass(0);
        vm.expectRevert(IMarginVault.NotClosing.selector);
        vault.settleOption(number);
        // What the surface says later changes nothing.
        elapse(12 hours);
        refreshPrices();
        setVolatility(28, VOLATILITY + 0.05e18);
        vm.expectRevert(IMarginVault.NotClosing.selector);
        vault.settleOption(number);
        for (uint256 k = 1; k <= 24; k++) {
            elapse(30 minutes);
            refreshPrices();
        }
        vm.assertEq(block.timestamp, closes);
        vault.settleOption(number);
        vault.touch(alice.account);
        vault.touch(bob.account);
        vm.assertEq(vault.position(alice.account, number), 0);
        vm.assertEq(vault.position(bob.account, number), 0);
        // Nine were bought at the first mark, and one was sold again at a later one.
        attach("engine", vault.engine());
        (uint256 worth,,,) = IRiskEngine(vault.engine()).price(CALL, SPOT, SPOT, 20 days, VOLATILITY);
        int256 expected = 9 * int256(worth) + int256(sold) - 10 * int256(bought);
        int256 gained = int256(capitalOf(alice)) + pnlOf(alice) - 1_000_000e18;
        vm.assertApproxEqAbs(gained, expected, 1e14);
        vm.expectRevert(IMarginVault.NotClosing.selector);
        vault.settleOption(number);
        vm.prank(carol.owner);
        vault.delist(number); // anyone, for it has settled and nobody holds it
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.option(number);
    }

    /// A series of which alice holds ten of bob's, and of which the guard has seen all that it asks for.
    function heldSeries() private returns (uint32 number) {
        number = series(28, 2_000, CALL);
        buy(number, alice, bob, 10e18);
        elapse(1 hours);
        pass(1 hours);
    }

    /// The owner closes a series, and time passes until it settles.
    function waitForClose(uint32 number) private {
        vm.prank(owner);
        vault.closeOption(number);
        uint64 closes = expiryIn(8);
        elapse(closes - 24 hours - block.timestamp);
        pass(0);
        elapse(12 hours);
        refreshPrices();
        for (uint256 k = 1; k <= 24; k++) {
            elapse(30 minutes);
            refreshPrices();
        }
        vm.assertEq(block.timestamp, closes);
    }

    /// While anybody may settle it, nobody trades at a mark that the settlement will not be.
    function test_a_series_that_may_settle_is_traded_no_more() public {
        uint32 number = heldSeries();
        waitForClose(number);
        refuse(number, bob, alice, 1e18, markOf(number), IMarginVault.ActionBlocked.selector);
        vault.settleOption(number);
        vault.touch(alice.account);
        vm.assertEq(vault.position(alice.account, number), 0);
    }

    /// What it has settled at stays, also after the expiry that it was listed with.
    function test_a_series_settles_once() public {
        uint32 number = heldSeries();
        waitForClose(number);
        vault.settleOption(number);
        int256 settled = equityOf(alice);
        moveTo(2_300 * FEED);
        expire(28);
        vm.assertEq(equityOf(alice), settled);
        vm.expectRevert(IMarginVault.NotClosing.selector);
        vault.settleOption(number);
        vault.touch(alice.account);
        vm.assertEq(vault.position(alice.account, number), 0);
        vm.assertEq(int256(capitalOf(alice)) + pnlOf(alice), settled);
    }

    /// Nobody chooses its price or its time: its gain is one like any other of a market that is Normal, and matures in ten minutes.
    function test_the_gain_of_an_early_settlement_matures_as_any_other() public {
        uint32 number = heldSeries();
        moveTo(2_200 * FEED);
        waitForClose(number);
        vault.settleOption(number);
        vault.touch(alice.account);
        int256 profit = pnlOf(alice);
        vm.assertGt(profit, 0);
        uint256 immature = vault.immature(alice.account);
        vm.assertGt(immature, 0);
        pass(1 hours);
        // exp(-6)
        vm.assertApproxEqAbs(vault.immature(alice.account), immature * 247_875 / 100_000_000, immature / 1_000_000);
    }

    /// What has settled counts for no limit, whoever has it counted again.
    function test_counting_a_settled_series_again_counts_nothing() public {
        uint32 number = heldSeries();
        (uint256 held, uint256 vega,,,) = vault.optionTotals(ETH);
        vm.assertEq(held, 10e18);
        vm.assertGt(vega, 0);
        waitForClose(number);
        vault.settleOption(number);
        uint32[] memory numbers = new uint32[](1);
        numbers[0] = number;
        vm.prank(thief.owner);
        vault.refresh(numbers);
        uint256 gamma;
        uint256 count;
        (held, vega, gamma, count,) = vault.optionTotals(ETH);
        vm.assertEq(held + vega + gamma, 0);
        vm.assertEq(count, 1); // it keeps its place until it is delisted
        // Nor as its legs are taken away, nor once it is gone.
        vault.touch(alice.account);
        vault.refresh(numbers);
        vault.touch(bob.account);
        vault.delist(number);
        (held, vega, gamma, count,) = vault.optionTotals(ETH);
        vm.assertEq(held + vega + gamma + count, 0);
        vm.expectRevert(IMarginVault.UnknownInstrument.selector);
        vault.refresh(numbers);
    }

    /// A crowd of accounts with a unit each in a series that has expired: it keeps its place until somebody has touched each, and they
    /// have had to hold ten rewards each until then.
    function test_a_crowd_in_an_expired_series_is_swept_by_anybody() public {
        setRules(few(1));
        uint32 number = series(14, 2_000, CALL);
        Trader[] memory crowd = new Trader[](4);
        for (uint256 k = 0; k < crowd.length; k++) {
            crowd[k] = subAccount(carol, uint96(10 + k));
            deposit(crowd[k], 10 * USD);
            buy(number, crowd[k], accomplice, 1);
        }
        expire(14);
        vm.expectRevert(IMarginVault.TooManySeries.selector);
        vault.listOption(ETH, expiryIn(28), 2_000e18, CALL, accountOf(address(this)));
        for (uint256 k = 0; k < crowd.length; k++) {
            vm.expectRevert(IMarginVault.SeriesOpen.selector);
            vault.delist(number);
            vm.prank(dave.owner);
            vault.touch(crowd[k].account);
        }
        vault.touch(accomplice.account);
        vm.prank(dave.owner);
        vault.delist(number);
        setVolatility(28, VOLATILITY);
        vault.listOption(ETH, expiryIn(28), 2_000e18, CALL, accountOf(address(this)));
    }
}
