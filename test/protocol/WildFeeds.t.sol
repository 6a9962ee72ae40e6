// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {Behaviour, Way, WildFeed} from "../feeds/WildFeed.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";
import {Source, WildHandler} from "./WildHandler.sol";

/// A market whose feeds do what they like: ETH has two of Chainlink's, BTC one and a wild one, SOL two wild ones. Whatever they do,
/// and whatever anybody does meanwhile, an untrusted price moves no money, and one asset's feeds stop no other. A failing
/// sequence is shrunk little, because every try repeats it on the node.
/// forge-config: default.invariant.runs = 3
/// forge-config: default.invariant.depth = 100
/// forge-config: default.invariant.shrink-run-limit = 5
contract WildFeedsInvariants is ProtocolTest {
    uint32 private constant SOL = 3;
    WildHandler private handler;
    Source[] private sources;

    function setUpNode() internal override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(BTC, "BTC", 5_000 * FEED);
        list(SOL, "SOL", 20 * FEED);
        openMarket("wild feeds");
        insure(INSURANCE);
        addReal(perpetuals[ETH].primary);
        addReal(perpetuals[ETH].secondary);
        addReal(perpetuals[BTC].primary);
        addWild(BTC);
        addWild(SOL);
        addWild(SOL);
        useWildFeeds();
        handler = newHandler();
        for (uint256 k = 0; k < handler.ACTORS(); k++) {
            deposit(handler.actor(k), 10_000 * USD);
        }
        // At seven, five and three times, in two markets or three.
        openBoth(ETH, 0, 1, 250e18);
        openBoth(SOL, 1, 0, 1_000e18);
        openBoth(BTC, 2, 3, 6e18);
        openBoth(SOL, 2, 4, 1_000e18);
        openBoth(ETH, 4, 5, 100e18);
        openBoth(BTC, 5, 6, 3e18);
        openBoth(SOL, 6, 7, 900e18);
        handler.begin();
    }

    function openBoth(uint32 instrument, uint256 buyer, uint256 seller, uint256 size) private {
        uint256 price = uint256(perpetuals[instrument].price) * 1e10;
        trade(instrument, handler.actor(buyer), handler.actor(seller), size, price);
    }

    function addReal(ChainlinkFeed real) private {
        attach("proxy", proxyOf[real]);
        sources.push(Source(real, proxyOf[real], WildFeed(address(0))));
    }

    function addWild(uint32 instrument) private {
        WildFeed wild = WildFeed(create("wild feed", type(WildFeed).creationCode));
        uint256 price = uint256(perpetuals[instrument].price);
        uint256[5] memory words = [uint256(1), price, block.timestamp, block.timestamp, 1];
        wild.set(Behaviour(Way.Answers, words, 160, DECIMALS));
        wild.aim(guard, assetOf(instrument), vault, alice.account);
        sources.push(Source(ChainlinkFeed(address(0)), address(0), wild));
    }

    /// In the place of those that the market was created with.
    function useWildFeeds() private {
        for (uint256 k = 0; k < listed.length; k++) {
            IOracleGuard.Feed memory configured = guard.feed(assetOf(listed[k]));
            configured.primary = addressOf(sources[2 * k]);
            configured.secondary = addressOf(sources[2 * k + 1]);
            vm.prank(owner);
            guard.setFeed(assetOf(listed[k]), configured, 0);
        }
        refreshPrices();
    }

    function addressOf(Source storage source) private view returns (address) {
        return address(source.wild) == address(0) ? source.proxy : address(source.wild);
    }

    function newHandler() private returns (WildHandler created) {
        bytes32[] memory assets = new bytes32[](listed.length);
        int256[] memory prices = new int256[](listed.length);
        for (uint256 k = 0; k < listed.length; k++) {
            (assets[k], prices[k]) = (assetOf(listed[k]), perpetuals[listed[k]].price);
        }
        created = new WildHandler(vault, guard, lens, listed, assets, sources, prices);
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

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[24] memory often = [
            WildHandler.tellTheTruth.selector,
            WildHandler.tellTheTruth.selector,
            WildHandler.misbehave.selector,
            WildHandler.misbehave.selector,
            WildHandler.misbehave.selector,
            WildHandler.misbehave.selector,
            WildHandler.poke.selector,
            WildHandler.poke.selector,
            WildHandler.pokeAll.selector,
            WildHandler.pokeAll.selector,
            WildHandler.neglect.selector,
            WildHandler.reduce.selector,
            WildHandler.reduce.selector,
            bytes4(keccak256("trade(uint256,uint256,uint256)")),
            bytes4(keccak256("trade(uint256,uint256,uint256)")),
            bytes4(keccak256("deposit(uint256,uint256)")),
            bytes4(keccak256("withdraw(uint256,uint256)")),
            bytes4(keccak256("withdraw(uint256,uint256)")),
            bytes4(keccak256("transfer(uint256,uint256)")),
            bytes4(keccak256("convert(uint256)")),
            bytes4(keccak256("touch(uint256)")),
            bytes4(keccak256("liquidate(uint256,uint256,uint256)")),
            bytes4(keccak256("liquidateBatch(uint256)")),
            bytes4(keccak256("deleverage(uint256)"))
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
            "a trusted poke",
            "an untrusted poke",
            "a median",
            "a sole source",
            "reducing beside an untrusted leg",
            "trade",
            "withdraw",
            "transfer",
            "convert",
            "touch",
            "liquidate",
            "batch",
            "deleverage"
        ];
        for (uint256 k = 0; k < kinds.length; k++) {
            emit Done(kinds[k], handler.done(kinds[k]));
        }
    }

    /// One function, because every function costs a whole run of its own. The handler looks after every operation.
    function invariant_no_untrusted_price_moves_money() public view {
        string memory violation = handler.violation();
        vm.assertTrue(bytes(violation).length == 0, violation);
    }
}
