// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {PriceFeed} from "../test/mocks/PriceFeed.sol";
import {QuoteToken} from "../test/mocks/QuoteToken.sol";
import {SequencerUptimeFeed} from "../test/mocks/SequencerUptimeFeed.sol";
import {Chain} from "./lib/Chain.sol";
import {cheats} from "./lib/Cheatcodes.sol";
import {Deployment, Installation} from "./lib/Deployment.sol";

/// Deploys Bulkhead with a test dollar and feeds that the deployer writes:
///
///     RPC_URL=http://127.0.0.1:8547 forge script script/Deploy.s.sol
///
/// PRIVATE_KEY defaults to the first of the well-known development accounts, GUARDIAN to the deployer, INITIAL_PRICE
/// (dollars with 8 decimals) to 194 dollars, DEPLOYMENT_FILE to `out/deployment.json`.
contract Deploy {
    using Chain for Chain.Session;

    uint256 private constant DEVELOPMENT_KEY = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80;
    uint8 private constant FEED_DECIMALS = 8;

    function run() external {
        Chain.Session memory session =
            Chain.open(cheats.envOr("RPC_URL", "http://127.0.0.1:8547"), cheats.envOr("PRIVATE_KEY", DEVELOPMENT_KEY));
        Installation memory installation;
        createMocks(session, installation, int256(cheats.envOr("INITIAL_PRICE", uint256(194e8))));
        Deployment.install(session, installation, cheats.envOr("GUARDIAN", session.sender));
        Deployment.save(session, installation, cheats.envOr("DEPLOYMENT_FILE", "out/deployment.json"));
    }

    function createMocks(Chain.Session memory session, Installation memory installation, int256 price) private {
        installation.quoteToken = session.create("create the test dollar", type(QuoteToken).creationCode);
        bytes memory feedArguments = abi.encode(session.sender, FEED_DECIMALS, "ETH / USD", price);
        installation.priceFeed =
            session.create("create the price feed", bytes.concat(type(PriceFeed).creationCode, feedArguments));
        installation.sequencerFeed = session.create(
            "create the sequencer feed",
            bytes.concat(type(SequencerUptimeFeed).creationCode, abi.encode(session.sender))
        );
    }
}
