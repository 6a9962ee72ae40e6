// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Trader} from "../protocol/Protocol.sol";
import {StewardCounter} from "../mocks/StewardCounter.sol";
import {OptionsTest} from "../options/OptionsTest.sol";
import {vm} from "../support/Vm.sol";

/// Who calls.
enum Role {
    Owner,
    Steward,
    Guardian,
    Provider,
    Factory,
    Agent,
    Emergency,
    Holder, // has an account, positions and shares of the pool
    Signer, // of the holder
    Liquidator, // has an account
    Vault,
    PendingOwner,
    Stranger
}

/// A market in which everybody who can have a role has it: an account with an option, one to liquidate, an insured pool, and
/// ownership of every contract on offer.
abstract contract CastTest is OptionsTest {
    uint256 internal constant ROLES = 13;
    uint256 internal constant ANYONE = type(uint256).max;
    uint256 internal constant NOBODY = 0;

    address[ROLES] internal people_;
    Trader internal holder;
    Trader internal liquidator;
    /// Has less than its maintenance margin.
    Trader internal weak;
    uint32 internal option;

    function setUpNode() internal virtual override {
        super.setUpNode();
        holder = alice;
        liquidator = carol;
        weak = dave;
        option = series(14, 2_000, CALL);
        buy(option, holder, bob, 1e18);
        deposit(liquidator, 1_000_000 * USD);
        deposit(weak, 2_050 * USD);
        trade(ETH, weak, bob, 10e18, SPOT);
        setPeople();
        giveRoles();
        giveTokens();
        vm.prank(holder.owner);
        pool.deposit(100 * USD, holder.owner);
        perpetuals[ETH].price = 1_880 * FEED; // 850 left of the weak one's 2,050, of 940
        pass(1 hours);
        pass(1 hours); // and now the stable price is there, too
        vault.touch(weak.account);
    }

    function setPeople() private {
        people_[uint256(Role.Owner)] = owner;
        people_[uint256(Role.Steward)] = create("steward", type(StewardCounter).creationCode);
        people_[uint256(Role.Guardian)] = guardian;
        people_[uint256(Role.Provider)] = provider;
        people_[uint256(Role.Factory)] = address(factory);
        people_[uint256(Role.Agent)] = address(0xa9e);
        people_[uint256(Role.Emergency)] = address(0xe3e);
        people_[uint256(Role.Holder)] = holder.owner;
        people_[uint256(Role.Signer)] = address(0x519);
        people_[uint256(Role.Liquidator)] = liquidator.owner;
        people_[uint256(Role.Vault)] = address(vault);
        people_[uint256(Role.PendingOwner)] = address(0xbe9);
        people_[uint256(Role.Stranger)] = address(0xbad);
    }

    function giveRoles() private {
        vm.startPrank(owner);
        vault.setSteward(person(Role.Steward), 0);
        guard.setSteward(person(Role.Steward), 0);
        pool.setSteward(person(Role.Steward), 0);
        vm.stopPrank();
        vm.prank(holder.owner);
        vault.setSigner(person(Role.Signer), true);
        offer(address(vault));
        offer(address(guard));
        offer(address(pool));
        offer(address(factory));
    }

    function giveTokens() private {
        for (uint256 role = 0; role < ROLES; role++) {
            if (role != uint256(Role.Vault)) token.mint(people_[role], 1_000 * USD);
        }
        approve(address(vault));
        approve(address(pool));
    }

    /// Everybody but the vault lets `spender` take tokens.
    function approve(address spender) internal {
        for (uint256 role = 0; role < ROLES; role++) {
            if (role == uint256(Role.Vault)) continue;
            vm.prank(people_[role]);
            token.approve(spender, type(uint256).max);
        }
    }

    function person(Role role) internal view returns (address) {
        return people_[uint256(role)];
    }

    /// Ownership of `target` waits to be accepted.
    function offer(address target) internal {
        vm.prank(owner);
        IOwnable(target).transferOwnership(person(Role.PendingOwner));
    }

    function only(Role role) internal pure returns (uint256) {
        return 1 << uint256(role);
    }

    function either(Role one, Role other) internal pure returns (uint256) {
        return only(one) | only(other);
    }

    // ---- states

    function stopSequencer() internal {
        vm.prank(owner);
        sequencer.setDown(true);
        elapse(5 minutes);
        refreshPrices();
    }

    /// It is back, the tiers are Normal again, and the grace period goes on.
    function restartSequencer() internal {
        vm.prank(owner);
        sequencer.setDown(false);
        for (uint256 k = 0; k < 10; k++) {
            elapse(5 minutes);
            refreshPrices();
        }
        vm.assertEq(uint256(guard.read(asset).tier), 0);
    }

    /// The weak account's price falls until it owes more than a thousandth of all tokens, which nobody has paid.
    function failWeak() internal {
        withdrawCover();
        perpetuals[ETH].price = 1_400 * FEED;
        pass(1 hours);
        for (uint256 k = 0; k < 3; k++) {
            pass(3 hours);
        }
        (bool done, uint256 deficit,) = vault.deleverage(weak.account, 16);
        vm.assertTrue(done);
        vm.assertGt(deficit, 3_900e18);
        vm.assertGt(vault.impairedSince(), 0);
    }
}
