// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {Tape} from "../mocks/Tape.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";
import {VaultHandler} from "./VaultHandler.sol";

/// Invariants 1 to 6 of the vault, after every one of many random operations by many people on two instruments. The seed is that
/// of the configuration; `--fuzz-seed` sets another one, the profile `long` runs for longer. A failing sequence is shrunk
/// little, because every try repeats it on the node.
/// forge-config: default.invariant.shrink-run-limit = 5
contract VaultInvariants is ProtocolTest {
    VaultHandler private handler;

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(BTC, "BTC", 5_000 * FEED);
        openMarket("invariants");
        insure(400_000 * USD);
        setFees(ETH, 0.0002e18, 0.0005e18);
        setFees(BTC, 0, 0.0003e18);
        setCover(ETH, 35_000e18);
        setCover(BTC, 35_000e18);
        IMarginVault.Parameters memory parameters = vault.parameters();
        (parameters.rewardShare, parameters.maxReward, parameters.treasury) = (0.1e18, 10e18, address(0x7ea));
        vm.prank(owner);
        vault.setParameters(parameters);
        handler = newHandler();
        for (uint256 k = 0; k < handler.ACTORS(); k++) {
            deposit(handler.actor(k), 10_000 * USD);
        }
        // Two at eight times, so that runs soon reach liquidations and bankruptcies, the others at three to five, some in both
        // markets, so that not everything ends there.
        trade(handler.actor(0), handler.actor(1), 400e18, 200e18);
        trade(handler.actor(2), handler.actor(3), 200e18, 200e18);
        trade(handler.actor(4), handler.actor(5), 120e18, 200e18);
        trade(BTC, handler.actor(4), handler.actor(5), 5e18, 5_000e18);
        trade(BTC, handler.actor(6), handler.actor(7), 6e18, 5_000e18);
        handler.start();
    }

    /// A contract writes all feeds at once for it.
    function newHandler() private returns (VaultHandler created) {
        Tape tape = Tape(create("tape", type(Tape).creationCode));
        ChainlinkFeed[] memory feeds = new ChainlinkFeed[](2 * listed.length);
        bytes32[] memory assets = new bytes32[](listed.length);
        int256[] memory prices = new int256[](listed.length);
        for (uint256 k = 0; k < listed.length; k++) {
            (feeds[2 * k], feeds[2 * k + 1]) = (perpetuals[listed[k]].primary, perpetuals[listed[k]].secondary);
            (assets[k], prices[k]) = (assetOf(listed[k]), perpetuals[listed[k]].price);
        }
        created = new VaultHandler(vault, guard, lens, tape, listed, assets, feeds, prices);
        vm.allowCheatcodes(address(created));
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// Everything but `start`; what leads to trouble more often than the rest.
    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[22] memory often = [
            VaultHandler.movePrices.selector,
            VaultHandler.movePrices.selector,
            VaultHandler.jump.selector,
            VaultHandler.wait.selector,
            VaultHandler.trade.selector,
            VaultHandler.trade.selector,
            VaultHandler.trade.selector,
            VaultHandler.deposit.selector,
            VaultHandler.withdraw.selector,
            VaultHandler.transfer.selector,
            VaultHandler.convert.selector,
            VaultHandler.touch.selector,
            VaultHandler.rebucket.selector,
            VaultHandler.liquidate.selector,
            VaultHandler.liquidateBatch.selector,
            VaultHandler.deleverage.selector,
            VaultHandler.closeBankrupts.selector,
            VaultHandler.closeInTwoOrders.selector,
            VaultHandler.recover.selector,
            VaultHandler.distributeFees.selector,
            VaultHandler.harvest.selector,
            VaultHandler.trespass.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](often.length);
        for (uint256 k = 0; k < often.length; k++) {
            targets[0].selectors[k] = often[k];
        }
    }

    event Done(string operation, uint256 times);

    /// What a run has come to, shown with -vvv.
    function afterInvariant() public {
        string[11] memory kinds = [
            "trade",
            "withdraw",
            "transfer",
            "convert",
            "touch",
            "rebucket",
            "liquidate",
            "batch",
            "deleverage",
            "recover",
            "closing in another order"
        ];
        for (uint256 k = 0; k < kinds.length; k++) {
            emit Done(kinds[k], handler.done(kinds[k]));
        }
    }

    /// One function, because every function costs a whole run of its own. The handler looks after every operation.
    function invariant_one_to_six() public view {
        string memory violation = handler.violation();
        vm.assertTrue(bytes(violation).length == 0, violation);
    }
}
