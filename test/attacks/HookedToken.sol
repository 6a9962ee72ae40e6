// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ReentrantToken} from "../mocks/HostileTokens.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {ProtocolTest, Trader} from "../protocol/Protocol.sol";
import {vm} from "../support/Vm.sol";

/// A market whose quote token calls whatever it likes in the middle of a transfer. Alice is long against a debtor with 1,000.
abstract contract HookedTokenTest is ProtocolTest {
    ReentrantToken internal hostile;
    Trader internal debtor = newTrader("debtor");

    function setUpNode() internal virtual override {
        super.setUpNode();
        hostile = ReentrantToken(create("reentrant", type(ReentrantToken).creationCode));
        vm.prank(owner);
        factory.setQuoteToken(address(hostile), true);
        elapse(MEAN_RESTARTS);
        useMarket(address(hostile), "reentrant");
        token = QuoteToken(address(hostile));
        insure(INSURANCE);
        deposit(alice, 1_000_000 * USD);
        deposit(debtor, 1_000 * USD);
        trade(alice, debtor, 45e18, 200e18);
    }
}
