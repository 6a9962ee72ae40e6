// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Behaviour, Way, WildFeed} from "../feeds/WildFeed.sol";
import {PriceFeed} from "../mocks/PriceFeed.sol";
import {vm} from "../support/Vm.sol";
import {GuardLogs, TierChange} from "./GuardLogs.sol";
import {ProtocolTest} from "./Protocol.sol";

/// What a call of the guard's costs a contract that has not called it before in its transaction.
contract GuardMeter {
    function measure(address guard, bytes calldata data) external returns (uint256 gas) {
        gas = gasleft();
        (bool success,) = guard.call(data);
        gas -= gasleft();
        require(success);
    }
}

/// The same as forge is to see it: nothing is kept, so it is asked with a static call, which reaches the node as `eth_call`.
interface IGuardMeter {
    function measure(address guard, bytes calldata data) external view returns (uint256 gas);
}

/// Whoever acts on marks has the feeds asked, and what is news is stored.
contract FreshMarksTest is ProtocolTest {
    using GuardLogs for IOracleGuard;

    bytes32 private constant WILD = "wild";
    uint8 private constant NORMAL = 0;
    uint8 private constant CAUTION = 1;
    uint8 private constant HALTED = 3;
    uint8 private constant MOVE = 1;
    uint8 private constant CALM = 0;
    uint16 private constant ALL = 63;
    uint256 private constant TWO_SLOTS = 4_200;
    WildFeed private one;
    WildFeed private two;
    uint80 private round = 1;

    function setUpNode() internal override {
        super.setUpNode();
        one = WildFeed(create("one", type(WildFeed).creationCode));
        two = WildFeed(create("two", type(WildFeed).creationCode));
        say(2_000);
        IOracleGuard.Feed memory configured = guard.feed(asset);
        (configured.primary, configured.secondary) = (address(one), address(two));
        configured.ceiling = 100_000e18;
        vm.prank(owner);
        guard.setFeed(WILD, configured, 0);
        guard.poke(WILD);
    }

    /// Both feeds answer in a new round of this second.
    function say(uint256 price) private {
        round++;
        for (uint256 k = 0; k < 2; k++) {
            answer(k, price * 1e8, block.timestamp);
        }
    }

    /// One feed answers in the round at hand.
    function answer(uint256 which, uint256 price, uint256 time) private {
        Behaviour memory behaviour;
        behaviour.way = Way.Answers;
        behaviour.words = [uint256(round), price, time, time, round];
        (behaviour.length, behaviour.decimals) = (160, 8);
        (which == 0 ? one : two).set(behaviour);
    }

    function only(bytes32 what) private pure returns (bytes32[] memory assets) {
        assets = new bytes32[](1);
        assets[0] = what;
    }

    /// An operation on the wild asset: it is told what the views say and what a poke would leave, and what it has found is stored if
    /// `stores`.
    function operate(bool stores, string memory what) private returns (IOracleGuard.Mark memory told) {
        IOracleGuard.OptionId[] memory none;
        told = guard.marks(only(WILD))[0];
        bytes memory reading = abi.encode(guard.read(WILD));
        uint256 before = guard.pokes(WILD);
        string memory id = checkpoint();
        guard.poke(WILD);
        vm.assertTrue(keccak256(abi.encode(guard.marks(only(WILD))[0])) == keccak256(abi.encode(told)), what);
        vm.assertTrue(keccak256(abi.encode(guard.read(WILD))) == keccak256(reading), what);
        restore(id);
        bytes memory data = abi.encodeCall(IOracleGuard.freshMarksWithOptions, (only(WILD), none));
        (bool success, bytes memory found) = address(guard).call(data);
        vm.assertTrue(success, what);
        (IOracleGuard.Mark[] memory marks,) = abi.decode(found, (IOracleGuard.Mark[], IOracleGuard.OptionMark[]));
        vm.assertTrue(keccak256(abi.encode(marks[0])) == keccak256(abi.encode(told)), what);
        vm.assertEq(guard.pokes(WILD), before + (stores ? 1 : 0), what);
    }

    function test_what_says_nothing_new_is_not_stored() public {
        operate(false, "the same second");
        elapse(10 minutes);
        operate(false, "the same rounds");
        round++;
        answer(0, 2_000e8, block.timestamp - 10 minutes);
        operate(false, "another round that says the same");
    }

    function test_whatever_a_feed_changes_is_news() public {
        say(2_001);
        vm.assertEq(uint256(operate(true, "another answer").mark), 2_001e18);
        operate(false, "and again");
        answer(0, 2_003e8, block.timestamp);
        vm.assertEq(uint256(operate(true, "another answer in the same round").mark), 2_003e18);
        answer(1, 2_004e8, block.timestamp);
        vm.assertEq(uint256(operate(true, "of the secondary alone").mark), 2_003e18);
        operate(false, "and again");
        elapse(10 minutes);
        for (uint256 k = 0; k < 2; k++) {
            answer(k, k == 0 ? 2_003e8 : 2_004e8, block.timestamp);
        }
        operate(true, "the same answers, later");
        elapse(1 hours + 1);
        vm.assertEq(uint256(operate(true, "too old").blocked), ALL);
        vm.assertEq(uint256(operate(true, "a frozen asset is always asked for").tier), HALTED);
    }

    function test_a_round_from_the_future_counts_once_its_time_has_come() public {
        answer(1, 1_990e8, block.timestamp + 60);
        vm.assertEq(uint256(operate(true, "from the future").tier), CAUTION);
        elapse(30);
        operate(true, "still");
        elapse(30);
        vm.assertEq(uint256(operate(true, "of now").blocked), 0);
        vm.assertEq(guard.read(WILD).low, 1_990e18);
    }

    function test_sources_that_do_not_agree_are_asked_every_time() public {
        answer(1, 2_100e8, block.timestamp);
        operate(true, "diverged");
        elapse(60);
        operate(true, "the stable price has moved");
        answer(1, 0, block.timestamp);
        answer(0, 2_500e8, block.timestamp);
        operate(true, "clamped");
        elapse(60);
        operate(true, "and the stable price goes on");
    }

    function test_decimals_are_asked_for_with_every_new_answer() public {
        Behaviour memory behaviour;
        round++;
        behaviour.words = [uint256(round), 2_001e8, block.timestamp, block.timestamp, round];
        (behaviour.length, behaviour.decimals) = (160, 9);
        one.set(behaviour);
        two.set(behaviour);
        vm.assertEq(uint256(operate(true, "of another scale").blocked), ALL);
    }

    /// Feeds that say nothing have said something new.
    function test_a_feed_that_falls_silent_is_news() public {
        Behaviour memory silent;
        silent.way = Way.Reverts;
        one.set(silent);
        vm.assertEq(uint256(operate(true, "one").tier), CAUTION);
        two.set(silent);
        vm.assertEq(uint256(operate(true, "both").blocked), ALL);
    }

    function test_the_breaker_reacts_to_what_an_operation_finds() public {
        elapse(30);
        say(2_110);
        vm.assertEq(uint256(operate(true, "5 %").tier), CAUTION);
        elapse(30);
        operate(true, "calm begins");
        elapse(4 minutes);
        operate(false, "and goes on");
        for (uint256 k = 0; k < 3; k++) {
            guard.poke(WILD);
            elapse(2 minutes);
        }
        vm.assertEq(uint256(operate(true, "and is over").tier), NORMAL);
        TierChange[] memory changes = guard.tierChanges(WILD);
        TierChange memory up = changes[changes.length - 2];
        TierChange memory down = changes[changes.length - 1];
        vm.assertEq(abi.encode(up), abi.encode(TierChange(NORMAL, CAUTION, MOVE)));
        vm.assertEq(abi.encode(down), abi.encode(TierChange(CAUTION, NORMAL, CALM)));
    }

    function test_an_outage_is_news_to_whoever_acts_first() public {
        sequencer.setDown(true);
        vm.assertEq(uint256(operate(true, "down").tier), HALTED);
        operate(false, "still down");
        elapse(45 minutes);
        sequencer.setDown(false);
        operate(true, "up again");
    }

    /// A feed that burns all that it is given is believed to be silent only if it was given all of its allowance: a caller with less
    /// reverts, and the vault with it.
    function test_a_starved_operation_reverts_and_freezes_nothing() public {
        deposit(alice, 10_000 * USD);
        deposit(bob, 10_000 * USD);
        trade(alice, bob, 10e18, 200e18);
        bytes memory touch = abi.encodeCall(IMarginVault.touch, (alice.account));
        uint256 before = guard.pokes(asset);
        pushPrice(ETH, 201 * FEED);
        GasCaller caller = GasCaller(create("caller", type(GasCaller).creationCode));
        for (uint256 gas = 100_000; gas <= 300_000; gas += 20_000) {
            (bool success, bytes memory reason) = caller.attempt(address(vault), touch, gas);
            vm.assertFalse(success);
            bool named = reason.length == 0 || bytes4(reason) == IMarginVault.GuardFailed.selector;
            vm.assertTrue(named, "fails for the guard, or with all gas");
        }
        vm.assertEq(guard.pokes(asset), before);
        vault.touch(alice.account);
        vm.assertEq(guard.pokes(asset), before + 1);
        vm.assertEq(equityOf(alice), 10_010e18);
    }

    /// What it costs to ask two plain feeds whether there is anything new: what another asset of the same call costs beside the two
    /// slots of its last observation.
    function test_asking_two_plain_feeds_costs_at_most_26000() public {
        (bytes32[] memory few, bytes32[] memory many) = (new bytes32[](1), new bytes32[](5));
        IOracleGuard.Feed memory configured = guard.feed(asset);
        for (uint256 k = 0; k < 5; k++) {
            (configured.primary, configured.secondary) = (plainFeed(), plainFeed());
            many[k] = keccak256(abi.encode(k));
            vm.prank(owner);
            guard.setFeed(many[k], configured, 0);
        }
        few[0] = many[0];
        guard.pokeMany(many);
        IGuardMeter meter = IGuardMeter(create("meter", type(GuardMeter).creationCode));
        elapse(1 minutes);
        uint256 ofFew = meter.measure(address(guard), abi.encodeCall(IOracleGuard.freshMarks, (few)));
        uint256 ofMany = meter.measure(address(guard), abi.encodeCall(IOracleGuard.freshMarks, (many)));
        emit Gas("one asset", ofFew);
        emit Gas("another asset", (ofMany - ofFew) / 4);
        bytes32[] memory chainlink = new bytes32[](2);
        (chainlink[0], chainlink[1]) = (assetOf(ETH), assetOf(BTC));
        uint256 ofTwo = meter.measure(address(guard), abi.encodeCall(IOracleGuard.freshMarks, (chainlink)));
        chainlink = new bytes32[](1);
        chainlink[0] = assetOf(ETH);
        uint256 ofOne = meter.measure(address(guard), abi.encodeCall(IOracleGuard.freshMarks, (chainlink)));
        emit Gas("one asset of Chainlink's", ofOne);
        emit Gas("another asset of Chainlink's", ofTwo - ofOne);
        vm.assertLe((ofMany - ofFew) / 4, TWO_SLOTS + 26_000);
    }

    event Gas(string what, uint256 gas);

    function plainFeed() private returns (address) {
        bytes memory arguments = abi.encode(address(this), DECIMALS, "plain", 200 * FEED);
        return create("plain", bytes.concat(type(PriceFeed).creationCode, arguments));
    }
}

/// Calls with a chosen amount of gas.
contract GasCaller {
    function attempt(address target, bytes calldata data, uint256 gas) external returns (bool, bytes memory) {
        return target.call{gas: gas}(data);
    }
}
