// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {vm} from "../support/Vm.sol";
import {Role} from "./Cast.sol";
import {EntranceTest} from "./Entrance.sol";

/// Who may do what with the factory, and that anyone may ask the risk engine.
contract FactoryMatrixTest is EntranceTest {
    address private experiment;

    function setUpNode() internal override {
        super.setUpNode();
        giveBond(address(token), address(this), LEAST_BOND);
        (experiment,) = factory.createMarket(abi.encode(configuration(address(token), "experiment")));
        for (uint256 role = 0; role < ROLES; role++) {
            giveBond(address(token), people_[role], LEAST_BOND);
        }
        watch(address(factory), abi.encodeCall(IMarketFactory.marketAt, (1)));
    }

    function addFactory() private {
        bytes4 notOwner = IOwnable.NotOwner.selector;
        addOwnable();
        open(abi.encodeCall(IMarketFactory.creatorOf, (address(vault))));
        open(abi.encodeCall(IMarketFactory.guard, ()));
        open(abi.encodeCall(IMarketFactory.isMarket, (address(vault))));
        open(abi.encodeCall(IMarketFactory.isQuoteToken, (address(token))));
        open(abi.encodeCall(IMarketFactory.marketAt, (0)));
        open(abi.encodeCall(IMarketFactory.marketCount, ()));
        open(abi.encodeCall(IMarketFactory.minimumBond, (address(token))));
        open(abi.encodeCall(IMarketFactory.poolImplementation, ()));
        open(abi.encodeCall(IMarketFactory.predict, (owner, "salt")));
        open(abi.encodeCall(IMarketFactory.riskEngine, ()));
        open(abi.encodeCall(IMarketFactory.steward, ()));
        open(abi.encodeCall(IMarketFactory.vaultImplementation, ()));
        govern(abi.encodeCall(IMarketFactory.promote, (experiment)), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IMarketFactory.setMinimumBond, (address(token), 2)), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IMarketFactory.setSteward, (address(0xbad))), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IMarketFactory.setQuoteToken, (address(token), false)), only(Role.Owner), notOwner);
        // Both feeds have to live and to agree.
        bytes memory market = abi.encode(configuration(address(token), "matrix"));
        add(
            abi.encodeCall(IMarketFactory.createMarket, (market)),
            ANYONE,
            0,
            from(2, IMarketFactory.FeedNotLive.selector)
        );
    }

    function addEngine() private {
        IRiskEngine.Option[] memory options = new IRiskEngine.Option[](1);
        options[0] = IRiskEngine.Option(CALL, SPOT, 14 days, 1e18, VOLATILITY);
        IRiskEngine.Shock memory shock = IRiskEngine.Shock(0.05e18, 0.1e18, 0.3e18, 0.01e18, 1.25e18);
        open(abi.encodeCall(IRiskEngine.evaluate, (SPOT, 0, options, shock)));
        open(abi.encodeCall(IRiskEngine.price, (CALL, SPOT, SPOT, 14 days, VOLATILITY)));
        open(abi.encodeCall(IRiskEngine.requirements, (new bytes32[](0))));
    }

    function test_what_fits_no_function_is_refused_with_its_error() public {
        addFactory();
        checkEntrance("IMarketFactory", address(factory), true);
        vm.assertGt(dirtied, 10);
    }

    function test_nothing_but_governing_changes_parameters() public {
        addFactory();
        checkEffects("IMarketFactory", address(factory));
    }

    /// No feed is believed, so that no market begins.
    function test_in_an_outage() public {
        stopSequencer();
        addFactory();
        except(IMarketFactory.createMarket.selector, IMarketFactory.FeedNotLive.selector);
        checkState("an outage", "IMarketFactory", address(factory), HALTED);
    }

    function test_a_market_is_promoted_once() public {
        addFactory();
        govern(abi.encodeCall(IMarketFactory.promote, (address(vault))), only(Role.Owner), IOwnable.NotOwner.selector);
        except(IMarketFactory.promote.selector, IMarketFactory.AlreadyPromoted.selector);
        checkState("a promoted market", "IMarketFactory", address(factory), NORMAL);
    }

    function test_every_function_as_every_role_in_every_tier() public {
        addFactory();
        checkTiers("IMarketFactory", address(factory));
    }

    function test_the_engine_serves_everybody() public {
        addEngine();
        checkTiers("IRiskEngine", factory.riskEngine());
    }

    function test_what_fits_no_function_of_the_engine_is_refused_with_its_error() public {
        addEngine();
        checkEntrance("IRiskEngine", factory.riskEngine(), true);
        // Of an option, and of a price: whether it is a call; of two arrays, where they are and how long.
        vm.assertEq(dirtied, 6);
    }
}
