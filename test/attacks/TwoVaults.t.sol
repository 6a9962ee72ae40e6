// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// Two vaults on one pool, both owner's doing: each draws its own covers and its own share of the day, whichever is closed first, and a
/// vault that somebody makes of the same code draws nothing.
contract TwoVaultsAttackTest is ProtocolTest {
    uint256 private constant COVER = 1_000_000e18;

    IMarginVault private first;
    IMarginVault private second;
    Trader private debtor = newTrader("debtor");

    function setUpNode() internal override {
        super.setUpNode();
        first = vault;
        second = cloneVault();
        vm.prank(owner);
        pool.setVault(address(second), true);
        IMarginVault[2] memory both = [first, second];
        for (uint256 k = 0; k < both.length; k++) {
            vault = both[k];
            owe();
        }
    }

    /// A vault of the factory's code with the pool, the guard's assets and the instruments of the market at hand.
    function cloneVault() private returns (IMarginVault created) {
        bytes memory initcode = abi.encodePacked(
            hex"3d602d80600a3d3981f3363d3d373d3d3d363d73",
            factory.vaultImplementation(),
            hex"5af43d82803e903d91602b57fd5bf3"
        );
        created = IMarginVault(create("clone", initcode));
        IMarginVault.Instrument[] memory instruments = new IMarginVault.Instrument[](listed.length);
        for (uint256 k = 0; k < listed.length; k++) {
            instruments[k] = vault.instrument(listed[k]);
        }
        created.initialize(
            owner, address(0), address(token), address(guard), vault.engine(), address(pool), listed, instruments
        );
    }

    /// In the vault at hand, the debtor will owe two covers for ETH.
    function owe() private {
        setCover(ETH, 10_000_000e18);
        deposit(debtor, 2_000_000 * USD);
        deposit(bob, 10_000_000 * USD);
        trade(debtor, bob, 100_000e18, 200e18);
        setCover(ETH, COVER);
    }

    function fall() private {
        vault = first;
        setPriceCalmly(160 * FEED);
    }

    /// Closes the debtor's account in `which`, asks for more, and returns what insurance has paid.
    function close(IMarginVault which) private returns (uint256 paid) {
        uint256 before = pool.totalAssets();
        bool done;
        uint256 deficit;
        (done, deficit, paid) = which.deleverage(debtor.account, 16);
        vm.assertTrue(done);
        vm.assertEq(deficit, 2 * COVER);
        vm.expectRevert(IMarginVault.NothingToRecover.selector);
        which.recover(ETH);
        // Beside it at most what the cover has for rewards.
        vm.assertLe((before - pool.totalAssets()) * UNIT, paid + COVER / 10);
    }

    function test_two_vaults_draw_a_cover_each_in_either_order() public {
        fall();
        string memory id = checkpoint();
        vm.assertEq(close(first), COVER * 9 / 10);
        vm.assertEq(close(second), COVER * 9 / 10);
        restore(id);
        vm.assertEq(close(second), COVER * 9 / 10);
        vm.assertEq(close(first), COVER * 9 / 10);
    }

    /// What one vault is missing makes nothing worth less in the other.
    function test_what_one_vault_is_missing_is_missing_there_alone() public {
        fall();
        close(first);
        (uint256 h, uint256 hole) = first.coverage();
        vm.assertEq(hole, 2 * COVER - COVER * 9 / 10);
        vm.assertLt(h, WAD);
        (h, hole) = second.coverage();
        vm.assertEq(h, WAD);
        vm.assertEq(hole, 0);
    }

    /// The same code, the same pool, the same feeds, and nobody has registered it.
    function test_a_vault_of_somebody_elses_making_draws_nothing() public {
        vm.prank(owner);
        pool.setVault(address(second), false);
        fall();
        vm.assertEq(close(second), 0);
        (, uint256 unpaid,,) = second.debts(ETH);
        vm.assertEq(unpaid, 2 * COVER);
        vm.assertEq(close(first), COVER * 9 / 10);
    }
}
