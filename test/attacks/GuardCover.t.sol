// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Somebody asks the pool for what an instrument's cover does not pay.
contract GuardCoverTest is ProtocolTest {
    /// An instrument whose cover is a million fails by ten: the pool pays what the cover has for debts, and no more.
    function test_a_stranger_recovers_nothing_that_the_cover_does_not_pay() public {
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        trade(alice, bob, 500_000e18, 200e18); // 100 million at 10 %
        setCover(ETH, 1_000_000e18);
        setPriceCalmly(160 * FEED); // alice owes 10 million
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 10_000_000e18);
        vm.assertEq(insured, 900_000e18);
        (uint256 left,) = vault.cover(ETH);
        vm.assertEq(left, 100_000e18);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vm.prank(dave.owner);
        vault.recover(ETH);
        vm.assertEq(pool.totalAssets(), INSURANCE - 900_000 * USD);
        // A larger cover has paid as much already.
        setCover(ETH, 10_000_000e18);
        (left,) = vault.cover(ETH);
        vm.assertApproxEqAbs(left, 9_100_000e18, 1e18);
        vm.prank(dave.owner);
        vm.assertApproxEqAbs(vault.recover(ETH), 8_100_000e18, 1e18);
    }

    function test_nobody_recovers_without_a_cover() public {
        deposit(alice, 100_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        trade(alice, bob, 5_000e18, 200e18);
        setCover(ETH, 0);
        setPriceCalmly(160 * FEED);
        (, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertEq(deficit, 100_000e18);
        vm.assertEq(insured, 0);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        vault.recover(ETH);
        vm.assertEq(pool.totalAssets(), INSURANCE);
        vm.assertEq(missing(), 100_000e18);
    }

    /// While something of it is on record the number stands for the asset that owes it: another asset would inherit the debt, and the
    /// record be paid by the other's cover.
    function test_an_instrument_with_debts_on_record_keeps_its_asset() public {
        deposit(alice, 100_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        trade(alice, bob, 5_000e18, 200e18);
        setCover(ETH, 0);
        setPriceCalmly(160 * FEED);
        vault.deleverage(alice.account, 16);
        (uint256 long, uint256 short) = vault.openInterest(ETH);
        vm.assertEq(long + short, 0);
        (, uint256 unpaid,,) = vault.debts(ETH);
        vm.assertEq(unpaid, 100_000e18);
        IMarginVault.Instrument memory parameters = vault.instrument(ETH);
        parameters.coverAllowance = 1_000_000e18;
        setInstrument(ETH, parameters); // anything else may change
        parameters.asset = assetOf(BTC);
        refuseInstrument(parameters);
        vault.recover(ETH);
        vm.assertEq(missing(), 0);
        setInstrument(ETH, parameters);
        vm.assertEq(vault.instrument(ETH).asset, assetOf(BTC));
    }

    /// Nor while somebody is known to owe for it, with no leg left in it: of a debt that is known, and not yet closed.
    function test_an_instrument_with_known_debts_keeps_its_asset() public {
        deposit(alice, 100_000 * USD);
        deposit(bob, 1_000_000_000 * USD);
        trade(alice, bob, 5_000e18, 200e18);
        setPriceCalmly(160 * FEED);
        vault.touch(alice.account);
        (uint256 known,,,) = vault.debts(ETH);
        vm.assertEq(known, 100_000e18);
        IMarginVault.Instrument memory parameters = vault.instrument(ETH);
        parameters.asset = assetOf(BTC);
        refuseInstrument(parameters);
    }

    function refuseInstrument(IMarginVault.Instrument memory parameters) private {
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        this.changeInstrument(parameters);
    }

    function changeInstrument(IMarginVault.Instrument memory parameters) external {
        setInstrument(ETH, parameters);
    }

    /// Whoever pays in raises the cover by half of what it pays, and cannot be paid more for that.
    function test_paying_fees_buys_half_as_much_cover() public {
        deposit(alice, 10_000_000 * USD);
        deposit(bob, 10_000_000 * USD);
        setFees(ETH, 0.001e18, 0.001e18);
        (uint256 before,) = vault.cover(ETH);
        for (uint256 k = 0; k < 4; k++) {
            trade(alice, bob, 100_000e18, 200e18);
            trade(bob, alice, 100_000e18, 200e18);
        }
        uint256 fees = 20_000_000e18 - capitalOf(alice) - capitalOf(bob);
        vm.assertEq(fees, 8 * 40_000e18);
        (uint256 afterwards,) = vault.cover(ETH);
        vm.assertGt(afterwards, before);
        vm.assertLe(afterwards - before, fees / 2);
    }
}
