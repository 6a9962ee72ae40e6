// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {Tape} from "../mocks/Tape.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest, Trader} from "./Protocol.sol";
import {Series, VaultHandler} from "./VaultHandler.sol";

/// Invariants 1 to 7 of the vault, after every one of many random operations by many people on two perpetuals and on four options,
/// which expire and make room for others. Ranges follow the volatility, up to 12 %. The seed is that
/// of the configuration; `--fuzz-seed` sets another one, the profile `long` runs for longer. A failing sequence is shrunk
/// little, because every try repeats it on the node.
/// forge-config: default.invariant.shrink-run-limit = 5
contract VaultInvariants is ProtocolTest {
    VaultHandler private handler;
    uint32[] private all; // the perpetuals, and then the options

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
        // Those who list have nothing in the vault, so that all that it holds is the actors'.
        parameters.listingFee = 0;
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        setRange(ETH);
        setRange(BTC);
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
        // A straddle sold, a call covered by a perpetual, a put that protects one.
        buyOption(0, handler.actor(6), handler.actor(2), 60e18);
        buyOption(1, handler.actor(7), handler.actor(2), 60e18);
        buyOption(2, handler.actor(3), handler.actor(4), 100e18);
        buyOption(3, handler.actor(0), handler.actor(5), 100e18);
        handler.start();
    }

    function followsVolatility() internal pure override returns (bool) {
        return true;
    }

    function setRange(uint32 instrument) private {
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(assetOf(instrument));
        (limits.min, limits.max) = (0.01e18, 0.12e18);
        vm.prank(owner);
        guard.setRangeLimits(assetOf(instrument), limits, 0);
    }

    function buyOption(uint256 place, Trader memory buyer, Trader memory seller, uint256 size) private {
        trade(all[2 + place], buyer, seller, size, lens.markOf(vault, all[2 + place]));
    }

    /// Calls and puts at the money, of tomorrow and of three days later.
    function listOptions(Tape tape) private returns (Series[] memory series) {
        vm.startPrank(owner);
        guard.setSurfaceProvider(address(tape));
        vault.setOptionRules(
            ETH,
            IMarginVault.OptionRules({
                tick: 0.01e18,
                strikeStep: 1_000,
                strikeRange: 4e18,
                longestExpiry: 7 days,
                maxSeries: 4,
                volRange: 0.3e18,
                shortOptionRate: 0.01e18,
                makerFee: 0.0003e18,
                takerFee: 0.0005e18,
                vegaLimit: 1_000_000e18,
                gammaLimit: 1_000_000_000e18
            }),
            0
        );
        vm.stopPrank();
        series = new Series[](4);
        for (uint256 k = 0; k < series.length; k++) {
            series[k] = Series(expiryAfter(k < 2 ? 1 days : 4 days), 200e18, k % 2 == 0);
            uint64[] memory expiries = new uint64[](1);
            uint64[] memory volatilities = new uint64[](1);
            (expiries[0], volatilities[0]) = (series[k].expiry, 0.8e18);
            tape.quote(guard, asset, expiries, volatilities);
            bytes32 payer = accountOf(owner);
            vm.prank(owner);
            all.push(vault.listOption(ETH, series[k].expiry, series[k].strike, series[k].isCall, payer));
        }
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
        all = listed;
        Series[] memory series = listOptions(tape);
        created = new VaultHandler(vault, guard, lens, tape, all, assets, feeds, prices, series);
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
        bytes4[27] memory often = [
            VaultHandler.movePrices.selector,
            VaultHandler.movePrices.selector,
            VaultHandler.jump.selector,
            VaultHandler.wait.selector,
            VaultHandler.expire.selector,
            VaultHandler.relist.selector,
            VaultHandler.relist.selector,
            VaultHandler.refresh.selector,
            VaultHandler.trade.selector,
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
        string[13] memory kinds = [
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
            "relist",
            "refresh",
            "closing in another order"
        ];
        for (uint256 k = 0; k < kinds.length; k++) {
            emit Done(kinds[k], handler.done(kinds[k]));
        }
    }

    /// One function, because every function costs a whole run of its own. The handler looks after every operation.
    function invariant_one_to_seven() public view {
        string memory violation = handler.violation();
        vm.assertTrue(bytes(violation).length == 0, violation);
    }
}
