// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A market in ETH at 2,000 dollars with options on it: ranges of 5 % and 10 %, a volatility range of 30 %, 1 % of spot for every
/// short option, no fees, strikes in steps of 100 dollars. It is 08:00 on a Friday; expiries are 14, 28, 56 and 84 days ahead, at
/// a flat volatility of 80 %.
abstract contract OptionsTest is ProtocolTest {
    uint64 internal constant VOLATILITY = 0.8e18;
    uint256 internal constant SPOT = 2_000e18;
    /// A cent: what strikes are counted in.
    bool internal constant CALL = true;
    bool internal constant PUT = false;
    /// A billionth of the forward, by which a mark may be off.
    uint256 internal constant MARK_ERROR = 2e12;
    /// As a share of gross notional, by which a margin may be off.
    uint256 internal constant MARGIN_ERROR = 1e11;

    uint16[4] internal terms = [uint16(14), 28, 56, 84];
    uint64 internal began;
    mapping(uint256 term => uint64) internal volatilityOf;

    function setUpNode() internal virtual override {
        install();
        list(ETH, SYMBOL, 2_000 * FEED);
        list(BTC, "BTC", 50_000 * FEED);
        openMarket("options");
        insure(INSURANCE);
        began = fridayAfter(1 hours);
        elapse(began - block.timestamp);
        refreshPrices();
        for (uint256 k = 0; k < terms.length; k++) {
            setVolatility(terms[k], VOLATILITY);
        }
        setRules(optionRules());
        deposit(alice, 1_000_000 * USD);
        deposit(bob, 1_000_000 * USD);
    }

    function setRules(IMarginVault.OptionRules memory next) internal {
        vm.prank(owner);
        vault.setOptionRules(ETH, next, 0);
    }

    // ---- time and volatility

    function expiryIn(uint256 term) internal view returns (uint64) {
        return uint64(began + term * 1 days);
    }

    function setVolatility(uint256 term, uint64 volatility) internal {
        volatilityOf[term] = volatility;
        setSurface(ETH, expiryIn(term), volatility, 0, 0);
    }

    /// Prices and volatilities stay what they are for `secs`, and everybody has seen it.
    function pass(uint256 secs) internal {
        elapse(secs);
        refreshPrices();
        for (uint256 k = 0; k < terms.length; k++) {
            if (expiryIn(terms[k]) > block.timestamp) setVolatility(terms[k], volatilityOf[terms[k]]);
        }
    }

    /// ETH moves to `price` with no breaker reacting, and the surfaces stay fresh.
    function moveTo(int256 price) internal {
        perpetuals[ETH].price = price;
        setMoves(0.49e18, 0.5e18);
        pass(MEAN_RESTARTS);
        setMoves(CAUTION_MOVE, RESTRICTED_MOVE);
    }

    // ---- series

    /// The option with these terms, listed if it is not yet.
    function series(uint256 term, uint256 dollars, bool isCall) internal returns (uint32 number) {
        number = vault.seriesOf(ETH, expiryIn(term), dollars * WAD, isCall);
        if (number == 0) {
            number = vault.listOption(ETH, expiryIn(term), dollars * WAD, isCall, accountOf(address(this)));
        }
    }

    function quote(uint32 number) internal view returns (IOracleGuard.OptionMark memory) {
        (uint32 underlying, uint64 expiry, uint256 strike, bool isCall, uint64 closes) = vault.option(number);
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = assetOf(underlying);
        IOracleGuard.OptionId[] memory ids = new IOracleGuard.OptionId[](1);
        ids[0] = IOracleGuard.OptionId(0, expiry, uint128(strike), isCall, closes);
        (, IOracleGuard.OptionMark[] memory marks) = guard.marksWithOptions(assets, ids);
        return marks[0];
    }

    function markOf(uint32 number) internal view returns (uint256) {
        return quote(number).mark;
    }

    function buy(uint32 number, Trader memory buyer, Trader memory seller, uint256 size) internal {
        trade(number, buyer, seller, size, markOf(number));
    }

    // ---- settlement

    /// Goes to the expiry after `term` days with the price as it is, whose mean becomes the settlement price.
    function expire(uint256 term) internal {
        elapse(expiryIn(term) - 12 hours - block.timestamp);
        refreshPrices();
        for (uint256 k = 1; k <= 24; k++) {
            elapse(30 minutes);
            refreshPrices();
        }
        vm.assertEq(block.timestamp, expiryIn(term));
    }
}
