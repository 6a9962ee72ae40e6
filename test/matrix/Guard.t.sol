// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Stylus} from "../../script/lib/Stylus.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {Role} from "./Cast.sol";
import {EntranceTest} from "./Entrance.sol";

/// Who may do what with the guard, in every tier, in an outage of the sequencer and after it, and while a trip runs.
contract GuardMatrixTest is EntranceTest {
    uint32 private constant ALLOWANCE = 72 hours;

    function setUpNode() internal override {
        super.setUpNode();
        addOwnable();
        addViews();
        addGovernance();
        elapse(expiryIn(14) - 1 days - block.timestamp);
        refreshPrices();
        open(abi.encodeCall(IOracleGuard.poke, (asset)));
        open(abi.encodeCall(IOracleGuard.pokeMany, (assets())));
        open(abi.encodeCall(IOracleGuard.freshMarks, (assets())));
        open(abi.encodeCall(IOracleGuard.freshMarksWithOptions, (assets(), options())));
    }

    function assets() private view returns (bytes32[] memory all) {
        all = new bytes32[](2);
        (all[0], all[1]) = (assetOf(ETH), assetOf(BTC));
    }

    function options() private view returns (IOracleGuard.OptionId[] memory all) {
        all = new IOracleGuard.OptionId[](1);
        all[0] = IOracleGuard.OptionId(0, expiryIn(14), uint128(SPOT), CALL, 0);
    }

    function addViews() private {
        open(abi.encodeCall(IOracleGuard.feed, (asset)));
        open(abi.encodeCall(IOracleGuard.guardian, ()));
        open(abi.encodeCall(IOracleGuard.marks, (assets())));
        open(abi.encodeCall(IOracleGuard.marksWithOptions, (assets(), options())));
        open(abi.encodeCall(IOracleGuard.parameters, ()));
        open(abi.encodeCall(IOracleGuard.rangeLimits, (asset)));
        open(abi.encodeCall(IOracleGuard.read, (asset)));
        open(abi.encodeCall(IOracleGuard.readMany, (assets())));
        open(abi.encodeCall(IOracleGuard.registrar, ()));
        open(abi.encodeCall(IOracleGuard.sequencerUptimeFeed, ()));
        open(abi.encodeCall(IOracleGuard.settlement, (asset, expiryIn(14))));
        open(abi.encodeCall(IOracleGuard.steward, ()));
        open(abi.encodeCall(IOracleGuard.emergencies, ()));
        open(abi.encodeCall(IOracleGuard.surface, (asset, expiryIn(14))));
        open(abi.encodeCall(IOracleGuard.surfaceDistrust, (asset, expiryIn(14))));
        open(abi.encodeCall(IOracleGuard.surfaceLimits, ()));
        open(abi.encodeCall(IOracleGuard.surfaceProvider, ()));
    }

    function addGovernance() private {
        uint256 governors = either(Role.Owner, Role.Steward);
        bytes4 denial = IOracleGuard.NotSteward.selector;
        bytes4 notOwner = IOwnable.NotOwner.selector;
        IOracleGuard.Parameters memory parameters = guard.parameters();
        parameters.calmPeriod += 60;
        IOracleGuard.RangeLimits memory ranges = guard.rangeLimits(asset);
        ranges.confidence += 0.001e18;
        IOracleGuard.SurfaceLimits memory limits = guard.surfaceLimits();
        limits.staleAfter += 60;
        govern(abi.encodeCall(IOracleGuard.setParameters, (parameters, 0)), governors, denial);
        govern(abi.encodeCall(IOracleGuard.setRangeLimits, (asset, ranges, 0)), governors, denial);
        govern(abi.encodeCall(IOracleGuard.setSurfaceLimits, (limits, 0)), governors, denial);
        govern(
            abi.encodeCall(IOracleGuard.setUptimeFeed, (createUptimeFeed("next").proxy())), only(Role.Owner), notOwner
        );
        govern(abi.encodeCall(IOracleGuard.setSteward, (address(1), 0)), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IOracleGuard.setGuardian, (address(1))), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IOracleGuard.setRegistrar, (address(1))), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IOracleGuard.setSurfaceProvider, (address(1))), only(Role.Owner), notOwner);
        // A new asset: the factory's too.
        govern(
            abi.encodeCall(IOracleGuard.setFeed, ("new", guard.feed(asset), 0)),
            either(Role.Owner, Role.Factory),
            IOracleGuard.NotRegistrar.selector
        );
        allow(
            abi.encodeCall(IOracleGuard.setSurface, (asset, expiryIn(35), IOracleGuard.Surface(VOLATILITY, 0, 0))),
            only(Role.Provider),
            IOracleGuard.NotSurfaceProvider.selector
        );
        allow(
            abi.encodeCall(IOracleGuard.distrustSurface, (asset, expiryIn(28), 1 hours, "why")),
            only(Role.Guardian),
            IOracleGuard.NotGuardian.selector
        );
        add(
            abi.encodeCall(IOracleGuard.trip, (asset, 2, 1 hours, "why")),
            only(Role.Guardian),
            IOracleGuard.NotGuardian.selector,
            from(2, IOracleGuard.TierNotRaised.selector)
        );
    }

    function test_every_function_as_every_role_in_every_tier() public {
        checkTiers("IOracleGuard", address(guard));
    }

    function test_what_fits_no_function_is_refused_with_its_error() public {
        checkEntrance("IOracleGuard", address(guard), true);
        vm.assertGt(dirtied, 30);
    }

    function test_nothing_but_governing_changes_parameters() public {
        checkEffects("IOracleGuard", address(guard));
    }

    /// A call that is handed to an address without code succeeds, and would do nothing for anybody.
    function test_no_guard_is_constructed_with_settings_that_have_no_code() public {
        address unconstructed = createOnNode("unconstructed guard", Stylus.initcode("oracle-guard"));
        address settings = createOnNode("guard settings", Stylus.initcode("guard-settings"));
        expectConstruction(unconstructed, settings, true, "");
        address[3] memory empty = [address(0), address(0xbad), person(Role.Holder)];
        for (uint256 k = 0; k < 3; k++) {
            bytes memory refusal = abi.encodeWithSelector(IOracleGuard.NoCode.selector, empty[k]);
            expectConstruction(unconstructed, empty[k], false, refusal);
        }
    }

    function expectConstruction(address target, address settings, bool succeeds, bytes memory answer) private {
        bytes memory data = bytes.concat(hex"5585258d", abi.encode(owner, guardian, address(0), settings));
        (bool success, bytes memory found) = Node.call(owner, target, 0, data);
        vm.assertEq(success, succeeds);
        vm.assertEq(found, answer);
    }

    function test_in_an_outage() public {
        stopSequencer();
        except(IOracleGuard.trip.selector, IOracleGuard.TierNotRaised.selector);
        checkState("an outage", "IOracleGuard", address(guard), HALTED);
    }

    function test_in_the_grace_period() public {
        stopSequencer();
        restartSequencer();
        checkState("the grace period", "IOracleGuard", address(guard), NORMAL);
    }

    /// Neither again, nor higher while the sources agree.
    function test_while_a_trip_runs() public {
        vm.prank(guardian);
        guard.trip(asset, 2, ALLOWANCE, "trip");
        expectTier(RESTRICTED);
        checkState("a trip", "IOracleGuard", address(guard), RESTRICTED);
        vm.expectRevert(IOracleGuard.SourcesAgree.selector);
        vm.prank(guardian);
        guard.trip(asset, 3, 1 hours, "why");
    }

    /// It expires by itself, and the month's allowance is used up.
    function test_after_a_trip() public {
        vm.prank(guardian);
        guard.trip(asset, 2, ALLOWANCE, "trip");
        pass(ALLOWANCE);
        except(IOracleGuard.trip.selector, IOracleGuard.TripAllowanceExceeded.selector);
        checkState("the end of a trip", "IOracleGuard", address(guard), NORMAL);
    }

    /// What the registrar may add it may not change, and the guardian may take the provider away but not choose one.
    function test_a_known_asset_is_the_owners_and_no_provider_the_guardians() public {
        IOracleGuard.Feed memory configured = guard.feed(asset);
        for (uint256 role = 0; role < ROLES; role++) {
            checkCall(
                abi.encodeCall(IOracleGuard.setFeed, (asset, configured, 0)),
                role,
                only(Role.Owner),
                role == uint256(Role.Factory) ? IOracleGuard.AssetExists.selector : IOracleGuard.NotRegistrar.selector
            );
            checkCall(
                abi.encodeCall(IOracleGuard.setSurfaceProvider, (address(0))),
                role,
                either(Role.Owner, Role.Guardian),
                IOwnable.NotOwner.selector
            );
        }
    }

    function checkCall(bytes memory data, uint256 role, uint256 roles, bytes4 denial) private {
        bytes4 expected = roles >> role & 1 == 1 ? bytes4(0) : denial;
        vm.assertEq(bytes32(outcomeOf(address(guard), data, role)), bytes32(expected));
    }
}
