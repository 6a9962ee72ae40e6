// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {IRiskSteward} from "../../contracts/interfaces/IRiskSteward.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {Stylus} from "../../script/lib/Stylus.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {Role} from "./Cast.sol";
import {EntranceTest} from "./Entrance.sol";

/// Who may do what with the risk steward, in every tier, and while an emergency runs, has expired, was put back or confirmed.
contract StewardMatrixTest is EntranceTest {
    using Stylus for Chain.Session;

    /// Of an instrument: its initial margin.
    uint8 private constant INITIAL = 2;

    uint256 private constant EMERGENCY = 72 hours;

    IRiskSteward private steward;

    function setUpNode() internal override {
        super.setUpNode();
        bytes memory arguments = abi.encode(owner, person(Role.Emergency));
        steward = IRiskSteward(Chain.open(Node.url(), OWNER_KEY).deployConstructed("risk-steward", arguments));
        attach("risk steward", address(steward));
        vm.startPrank(owner);
        vault.setSteward(address(steward), 0);
        steward.setAgent(person(Role.Agent), true, 0);
        steward.setCorridor(eth(), INITIAL, corridor(), 0);
        vm.stopPrank();
        offer(address(steward));
        watchSteward();
        addOwnable();
        addViews();
        addChanges();
    }

    function eth() private view returns (IRiskSteward.Subject memory) {
        return IRiskSteward.Subject(address(vault), 1, bytes32(uint256(ETH)));
    }

    function corridor() private pure returns (IRiskSteward.Corridor memory) {
        return IRiskSteward.Corridor(0.06e18, 0.4e18, 0.1e18, 1 days);
    }

    function watchSteward() private {
        watchOwner(address(steward));
        watch(address(steward), abi.encodeCall(IRiskSteward.corridor, (eth(), INITIAL)));
        watch(address(steward), abi.encodeCall(IRiskSteward.emergency, ()));
        watch(address(steward), abi.encodeCall(IRiskSteward.isAgent, (address(1))));
    }

    function change(uint256 rate) private pure returns (IRiskSteward.Change[] memory one) {
        one = new IRiskSteward.Change[](1);
        one[0] = IRiskSteward.Change(INITIAL, rate);
    }

    function addViews() private {
        open(abi.encodeCall(IRiskSteward.corridor, (eth(), INITIAL)));
        open(abi.encodeCall(IRiskSteward.emergencies, ()));
        open(abi.encodeCall(IRiskSteward.emergency, ()));
        open(abi.encodeCall(IRiskSteward.held, (eth())));
        open(abi.encodeCall(IRiskSteward.isAgent, (person(Role.Agent))));
        open(abi.encodeCall(IRiskSteward.windows, (eth())));
    }

    function addChanges() private {
        bytes4 notOwner = IOwnable.NotOwner.selector;
        govern(
            abi.encodeCall(IRiskSteward.adjust, (eth(), change(0.105e18))),
            only(Role.Agent),
            IRiskSteward.NotAgent.selector
        );
        govern(
            abi.encodeCall(IRiskSteward.tighten, (eth(), change(0.12e18))),
            only(Role.Emergency),
            IRiskSteward.NotEmergency.selector
        );
        // There is no emergency.
        add(
            abi.encodeCall(IRiskSteward.confirm, (eth(), change(0.11e18))),
            only(Role.Owner),
            notOwner,
            always(IRiskSteward.NotHeld.selector)
        );
        add(abi.encodeCall(IRiskSteward.restore, (eth())), ANYONE, 0, always(IRiskSteward.NoChanges.selector));
        govern(abi.encodeCall(IRiskSteward.setAgent, (address(1), true, 0)), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IRiskSteward.setEmergency, (address(1), 0)), only(Role.Owner), notOwner);
        govern(
            abi.encodeCall(IRiskSteward.setCorridor, (eth(), INITIAL, IRiskSteward.Corridor(0, 0, 0, 0), 0)),
            only(Role.Owner),
            notOwner
        );
    }

    function test_every_function_as_every_role_in_every_tier() public {
        checkTiers("IRiskSteward", address(steward));
    }

    function test_what_fits_no_function_is_refused_with_its_error() public {
        checkEntrance("IRiskSteward", address(steward), true);
        vm.assertGt(dirtied, 20);
    }

    function test_nothing_but_governing_changes_parameters() public {
        checkEffects("IRiskSteward", address(steward));
    }

    // ---- emergencies: who may act is the same in all of them, and what they come to is not

    function startEmergency() private {
        vm.prank(person(Role.Emergency));
        steward.tighten(eth(), change(0.11e18));
        // What the owner sets was written before it began.
        except(IRiskSteward.setAgent.selector, IRiskSteward.EmergencySince.selector);
        except(IRiskSteward.setEmergency.selector, IRiskSteward.EmergencySince.selector);
        except(IRiskSteward.setCorridor.selector, IRiskSteward.EmergencySince.selector);
        except(IRiskSteward.adjust.selector, IRiskSteward.EmergencyOpen.selector);
        except(IRiskSteward.confirm.selector, 0);
        except(IRiskSteward.restore.selector, IRiskSteward.EmergencyRunning.selector);
    }

    function check(string memory state) private {
        checkState(state, "IRiskSteward", address(steward), NORMAL);
    }

    function test_while_an_emergency_runs() public {
        startEmergency();
        elapse(EMERGENCY - 1);
        refreshPrices();
        check("an emergency's last second");
    }

    function test_when_an_emergency_has_expired() public {
        startEmergency();
        elapse(EMERGENCY);
        refreshPrices();
        except(IRiskSteward.tighten.selector, IRiskSteward.EmergencyExpired.selector);
        except(IRiskSteward.restore.selector, 0);
        check("an expired emergency");
    }

    function test_when_an_emergency_was_put_back() public {
        startEmergency();
        elapse(EMERGENCY);
        refreshPrices();
        steward.restore(eth());
        vm.assertEq(vault.instrument(ETH).initialRate, 0.1e18);
        except(IRiskSteward.adjust.selector, IRiskSteward.TooEarly.selector);
        except(IRiskSteward.tighten.selector, IRiskSteward.EmergencySpent.selector);
        except(IRiskSteward.confirm.selector, IRiskSteward.NotHeld.selector);
        except(IRiskSteward.restore.selector, IRiskSteward.NoChanges.selector);
        check("the end of an emergency");
    }

    function test_when_an_emergency_was_confirmed() public {
        startEmergency();
        vm.prank(owner);
        steward.confirm(eth(), change(0.11e18));
        except(IRiskSteward.adjust.selector, IRiskSteward.TooEarly.selector);
        except(IRiskSteward.confirm.selector, IRiskSteward.NotHeld.selector);
        except(IRiskSteward.restore.selector, IRiskSteward.NoChanges.selector);
        check("a confirmed emergency");
    }
}
