// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {ProtocolTest} from "./Protocol.sol";

/// Markets: created once, at addresses known before, initialised by nobody else.
contract FactoryTest is ProtocolTest {
    function create(IMarketFactory.MarketConfig memory config) private returns (address, address) {
        return factory.createMarket(abi.encode(config));
    }

    function test_a_market_stands_where_it_was_predicted() public {
        (address predictedVault, address predictedPool) = factory.predict(alice.owner, "alices");
        giveBond(address(token), alice.owner, LEAST_BOND);
        vm.prank(alice.owner);
        (address newVault, address newPool) = create(configuration(address(token), "alices"));
        vm.assertEq(newVault, predictedVault);
        vm.assertEq(newPool, predictedPool);
        (address otherVault,) = factory.predict(bob.owner, "alices");
        vm.assertNotEq(otherVault, newVault);
    }

    /// Whoever deploys the same configuration first deploys it somewhere else.
    function test_nobody_takes_a_predicted_address_first() public {
        (address predictedVault, address predictedPool) = factory.predict(alice.owner, "alices");
        bytes memory config = abi.encode(configuration(address(token), "alices"));
        giveBond(address(token), bob.owner, LEAST_BOND);
        giveBond(address(token), alice.owner, LEAST_BOND);
        vm.prank(bob.owner);
        (address bobsVault, address bobsPool) = factory.createMarket(config);
        vm.assertNotEq(bobsVault, predictedVault);
        vm.assertNotEq(bobsPool, predictedPool);
        (address again, address poolAgain) = factory.predict(alice.owner, "alices");
        vm.assertEq(again, predictedVault);
        vm.assertEq(poolAgain, predictedPool);
        vm.prank(alice.owner);
        (address newVault, address newPool) = factory.createMarket(config);
        vm.assertEq(newVault, predictedVault);
        vm.assertEq(newPool, predictedPool);
        vm.assertEq(factory.creatorOf(newVault), alice.owner);
        vm.assertEq(factory.creatorOf(bobsVault), bob.owner);
    }

    function test_a_market_is_registered_and_wired() public view {
        vm.assertEq(factory.marketCount(), 1);
        (address knownVault, address knownPool,) = factory.marketAt(0);
        vm.assertEq(knownVault, address(vault));
        vm.assertEq(knownPool, address(pool));
        vm.assertTrue(factory.isMarket(address(vault)));
        vm.assertFalse(factory.isMarket(address(pool)));
        vm.assertEq(vault.owner(), owner);
        vm.assertEq(vault.quoteToken(), address(token));
        vm.assertEq(vault.guard(), address(guard));
        vm.assertEq(vault.pool(), address(pool));
        vm.assertEq(pool.asset(), address(token));
        vm.assertTrue(pool.isVault(address(vault)));
        vm.assertEq(vault.instrument(ETH).asset, asset);
        vm.assertEq(guard.feed(asset).primary, proxyOf[feed]);
        vm.assertEq(vault.instrument(BTC).asset, assetOf(BTC));
    }

    function test_clones_are_45_bytes_of_the_implementations() public {
        vm.assertEq(Node.codeAt(address(vault)).length, 45);
        vm.assertEq(Node.codeAt(address(pool)).length, 45);
    }

    function test_the_same_salt_makes_no_second_market() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.MarketExists.selector, address(vault)));
        create(configuration(address(token), "market"));
    }

    function test_markets_share_nothing() public {
        (IMarginVault otherVault, IInsurancePool otherPool) = createMarket(address(token), "other");
        deposit(alice, 1_000 * USD);
        (uint256 tokens,,,) = otherVault.totals();
        vm.assertEq(tokens, 0);
        vm.assertFalse(otherPool.isVault(address(vault)));
        vm.assertNotEq(otherVault.instrument(ETH).asset, asset);
    }

    function test_a_clone_is_initialised_once() public {
        uint32[] memory ids = new uint32[](0);
        IMarginVault.Instrument[] memory instruments = new IMarginVault.Instrument[](0);
        vm.expectRevert(IMarginVault.AlreadyInitialized.selector);
        vault.initialize(
            alice.owner, address(0), address(token), address(guard), address(1), address(pool), ids, instruments
        );
        vm.expectRevert(IInsurancePool.AlreadyInitialized.selector);
        pool.initialize(alice.owner, address(0), address(token), alice.owner);
    }

    function test_an_implementation_is_never_initialised() public {
        uint32[] memory ids = new uint32[](0);
        IMarginVault.Instrument[] memory instruments = new IMarginVault.Instrument[](0);
        IMarginVault vaultImplementation = IMarginVault(factory.vaultImplementation());
        IInsurancePool poolImplementation = IInsurancePool(factory.poolImplementation());
        vm.expectRevert(IMarginVault.NotAClone.selector);
        vaultImplementation.initialize(
            alice.owner, address(0), address(token), address(guard), address(1), address(pool), ids, instruments
        );
        vm.expectRevert(IInsurancePool.NotClone.selector);
        poolImplementation.initialize(alice.owner, address(0), address(token), alice.owner);
    }

    function test_a_quote_token_has_to_be_allowed() public {
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.QuoteTokenNotAllowed.selector, address(feed)));
        create(configuration(address(feed), "feed as token"));
        vm.prank(owner);
        factory.setQuoteToken(address(token), false);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.QuoteTokenNotAllowed.selector, address(token)));
        create(configuration(address(token), "no longer"));
    }

    function test_rates_outside_hard_bounds_are_refused() public {
        for (uint256 k = 0; k < 5; k++) {
            IMarketFactory.MarketConfig memory config = configuration(address(token), "rates");
            IMarginVault.Instrument memory parameters = config.listings[0].parameters;
            if (k == 0) parameters.maintenanceRate = 0;
            if (k == 1) parameters.initialRate = parameters.maintenanceRate;
            if (k == 2) parameters.priceBand = 0.5e18;
            if (k == 3) parameters.openInterestLimit = 0;
            if (k == 4) parameters.shock = 1.499999999e18;
            // What the factory leaves to the vault is the vault's to refuse.
            bytes memory reason = abi.encodeWithSelector(IMarketFactory.RatesOutOfBounds.selector, ETH);
            if (k == 1) reason = abi.encodePacked(IMarginVault.InvalidParameters.selector);
            vm.expectRevert(reason);
            create(config);
        }
    }

    function test_listings_are_one_to_sixteen_and_all_different() public {
        IMarketFactory.MarketConfig memory config = configuration(address(token), "listings");
        config.listings = new IMarketFactory.Listing[](0);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.InvalidListingCount.selector, 0));
        create(config);
        config.listings = new IMarketFactory.Listing[](2);
        (config.listings[0], config.listings[1]) = (listing(ETH), listing(BTC));
        config.listings[1].symbol = SYMBOL;
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.DuplicateListing.selector, 2, SYMBOL));
        create(config);
    }

    function test_a_feed_without_a_price_is_refused() public {
        feed.push(0);
        cheats.expectPartialRevert(IMarketFactory.FeedNotLive.selector);
        create(configuration(address(token), "dead feed"));
    }

    // ---- two live feeds

    function refuseFeeds(bytes memory reason) private {
        vm.expectRevert(reason);
        create(configuration(address(token), "feeds"));
    }

    function test_a_feed_that_is_silent_or_stale_is_not_live() public {
        bytes memory notLive = abi.encodeWithSelector(IMarketFactory.FeedNotLive.selector, ETH, 3);
        giveBond(address(token), address(this), LEAST_BOND);
        perpetuals[ETH].secondary.setClosed(true);
        refuseFeeds(notLive);
        perpetuals[ETH].secondary.setClosed(false);
        perpetuals[ETH].secondary.push(0);
        refuseFeeds(notLive);
        elapse(HEARTBEAT + 1);
        perpetuals[ETH].primary.push(200 * FEED);
        refuseFeeds(notLive);
        pushPrice(ETH, 200 * FEED);
        pushPrice(BTC, 5_000 * FEED);
        sequencer.setDown(true);
        refuseFeeds(notLive);
        sequencer.setDown(false);
        create(configuration(address(token), "feeds"));
    }

    function test_two_names_of_one_source_are_no_two_feeds() public {
        IMarketFactory.MarketConfig memory config = configuration(address(token), "feeds");
        IOracleGuard.Feed memory sources = config.listings[0].feed;
        address aggregator = address(feed.aggregator());
        bytes memory proxyCode = bytes.concat(vm.getCode(AGGREGATOR_PROXY), abi.encode(aggregator, address(0)));
        address[3] memory others = [sources.primary, aggregator, createOnNode("second proxy", proxyCode)];
        for (uint256 k = 0; k < 3; k++) {
            sources.secondary = others[k];
            vm.expectRevert(abi.encodeWithSelector(IMarketFactory.SharedSource.selector, ETH, aggregator));
            create(config);
        }
    }

    // ---- what the owner sets

    function test_a_market_is_born_with_its_steward() public {
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vm.prank(alice.owner);
        factory.setSteward(alice.owner);
        vm.prank(owner);
        factory.setSteward(carol.owner);
        vm.assertEq(factory.steward(), carol.owner);
        (IMarginVault newVault, IInsurancePool newPool) = createMarket(address(token), "with a steward");
        vm.assertEq(newVault.steward(), carol.owner);
        vm.assertEq(newPool.steward(), carol.owner);
        vm.assertEq(newVault.owner(), owner);
        vm.assertEq(newPool.owner(), owner);
        // Those that there were keep theirs.
        vm.assertEq(vault.steward(), address(0));
        vm.assertEq(pool.steward(), address(0));
    }

    function test_a_bond_is_never_nothing() public {
        vm.assertEq(factory.minimumBond(address(token)), LEAST_BOND);
        IMarketFactory.MarketConfig memory config = configuration(address(token), "no bond");
        config.bond = 0;
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.BondTooSmall.selector, 0, LEAST_BOND));
        create(config);
        vm.prank(owner);
        factory.setMinimumBond(address(token), 0);
        vm.assertEq(factory.minimumBond(address(token)), 10_000 * USD);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.BondTooSmall.selector, 0, 10_000 * USD));
        create(config);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.TokenCallFailed.selector, alice.owner));
        factory.minimumBond(alice.owner);
    }

    function test_bytes_that_are_no_configuration_are_refused() public {
        vm.expectRevert(IMarketFactory.InvalidConfig.selector);
        factory.createMarket(hex"1234");
    }

    function test_only_the_owner_allows_tokens_and_only_an_existing_market_is_listed() public {
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vm.prank(alice.owner);
        factory.setQuoteToken(address(token), false);
        vm.expectRevert(abi.encodeWithSelector(IMarketFactory.UnknownMarket.selector, 1));
        factory.marketAt(1);
    }

    function test_only_the_owner_changes_a_vault() public {
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        IMarginVault.Parameters memory parameters = vault.parameters();
        bytes memory notSteward = abi.encodeWithSelector(IMarginVault.NotSteward.selector, alice.owner);
        vm.startPrank(alice.owner);
        vm.expectRevert(notSteward);
        vault.setInstrument(ETH, instrument, 0);
        vm.expectRevert(notSteward);
        vault.setParameters(parameters, 0);
        vm.expectRevert(abi.encodeWithSelector(IOwnable.NotOwner.selector, alice.owner));
        vault.transferOwnership(alice.owner);
        vm.stopPrank();
        vm.startPrank(owner);
        vault.setParameters(parameters, 0);
        instrument.initialRate = instrument.maintenanceRate;
        vm.expectRevert(IMarginVault.InvalidParameters.selector);
        vault.setInstrument(ETH, instrument, 0);
        vm.stopPrank();
    }
}
