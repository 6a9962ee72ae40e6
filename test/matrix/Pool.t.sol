// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {vm} from "../support/Vm.sol";
import {Role} from "./Cast.sol";
import {EntranceTest} from "./Entrance.sol";

/// Who may do what with an insurance pool: in every tier, with a request that is mature and with one that is fulfilled, while the vault
/// has a deficit, and while the market is experimental.
contract PoolMatrixTest is EntranceTest {
    function setUpNode() internal override {
        super.setUpNode();
        addAll();
    }

    function addAll() private {
        addOwnable();
        addViews();
        addShares();
        addGovernance();
    }

    function addViews() private {
        address somebody = holder.owner;
        open(abi.encodeCall(IERC20.allowance, (somebody, somebody)));
        open(abi.encodeCall(IERC4626.asset, ()));
        open(abi.encodeCall(IInsurancePool.available, (address(vault))));
        open(abi.encodeCall(IERC20.balanceOf, (somebody)));
        open(abi.encodeCall(IInsurancePool.bond, ()));
        open(abi.encodeCall(IERC4626.convertToAssets, (1)));
        open(abi.encodeCall(IERC4626.convertToShares, (1)));
        open(abi.encodeCall(IERC20Metadata.decimals, ()));
        open(abi.encodeCall(IInsurancePool.factory, ()));
        open(abi.encodeCall(IInsurancePool.isPromoted, ()));
        open(abi.encodeCall(IInsurancePool.isVault, (address(vault))));
        open(abi.encodeCall(IERC4626.maxDeposit, (somebody)));
        open(abi.encodeCall(IERC4626.maxMint, (somebody)));
        open(abi.encodeCall(IERC4626.maxRedeem, (somebody)));
        open(abi.encodeCall(IERC4626.maxWithdraw, (somebody)));
        open(abi.encodeCall(IERC20Metadata.name, ()));
        open(abi.encodeCall(IInsurancePool.parameters, ()));
        open(abi.encodeCall(IERC4626.previewDeposit, (1)));
        open(abi.encodeCall(IERC4626.previewMint, (1)));
        allow(abi.encodeCall(IERC4626.previewRedeem, (1)), NOBODY, IInsurancePool.PreviewUnsupported.selector);
        allow(abi.encodeCall(IERC4626.previewWithdraw, (1)), NOBODY, IInsurancePool.PreviewUnsupported.selector);
        open(abi.encodeCall(IInsurancePool.claimableRedeemRequest, (0, somebody)));
        open(abi.encodeCall(IInsurancePool.isOperator, (somebody, somebody)));
        open(abi.encodeCall(IInsurancePool.pendingRedeemRequest, (0, somebody)));
        open(abi.encodeCall(IInsurancePool.share, ()));
        open(abi.encodeCall(IInsurancePool.supportsInterface, (bytes4(0))));
        open(abi.encodeCall(IInsurancePool.steward, ()));
        open(abi.encodeCall(IInsurancePool.emergencies, ()));
        open(abi.encodeCall(IERC20Metadata.symbol, ()));
        open(abi.encodeCall(IERC4626.totalAssets, ()));
        open(abi.encodeCall(IERC20.totalSupply, ()));
    }

    /// The holder has shares; nobody has a request that is due, or an allowance, or is another's operator.
    function addShares() private {
        address to = address(0x70);
        uint256 withTokens = ANYONE & ~only(Role.Vault); // the vault has approved nobody
        bytes4 failed = IInsurancePool.TokenCallFailed.selector;
        bytes4 noShares = IInsurancePool.InsufficientBalance.selector;
        bytes4 noAllowance = IInsurancePool.InsufficientAllowance.selector;
        bytes4 notOperator = IInsurancePool.NotOperator.selector;
        open(abi.encodeCall(IERC20.approve, (to, 1)));
        open(abi.encodeCall(IInsurancePool.setOperator, (to, true)));
        allow(abi.encodeCall(IERC4626.deposit, (1 * USD, to)), withTokens, failed);
        allow(abi.encodeCall(IERC4626.mint, (1 * USD, to)), withTokens, failed);
        allow(abi.encodeCall(IERC20.transfer, (to, 1)), only(Role.Holder), noShares);
        allow(abi.encodeCall(IERC20.transferFrom, (holder.owner, to, 1)), NOBODY, noAllowance);
        bytes memory request = abi.encodeCall(IInsurancePool.requestRedeem, (1, holder.owner, holder.owner));
        allow(request, only(Role.Holder), notOperator);
        // Whatever the hour is, there is nothing to fulfil.
        bytes4 closed = IInsurancePool.FulfilmentClosed.selector;
        allow(abi.encodeCall(IInsurancePool.fulfil, (holder.owner)), NOBODY, closed);
        uint256 shares = pool.convertToShares(1 * USD);
        bytes4[5] memory exceeds = always(IInsurancePool.ExceedsClaimable.selector);
        add(abi.encodeCall(IERC4626.redeem, (shares, to, holder.owner)), only(Role.Holder), notOperator, exceeds);
        add(abi.encodeCall(IERC4626.withdraw, (1, to, holder.owner)), only(Role.Holder), notOperator, exceeds);
    }

    function addGovernance() private {
        bytes4 notOwner = IOwnable.NotOwner.selector;
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.cooldown += 1;
        govern(
            abi.encodeCall(IInsurancePool.setParameters, (parameters, 0)),
            either(Role.Owner, Role.Steward),
            IInsurancePool.NotSteward.selector
        );
        govern(abi.encodeCall(IInsurancePool.setSteward, (address(1), 0)), only(Role.Owner), notOwner);
        govern(abi.encodeCall(IInsurancePool.setVault, (address(vault), false)), only(Role.Owner), notOwner);
        allow(abi.encodeCall(IInsurancePool.cover, (1)), only(Role.Vault), IInsurancePool.NotVault.selector);
        // It is promoted, so that once more changes nothing.
        allow(
            abi.encodeCall(IInsurancePool.promote, (address(1))), only(Role.Factory), IInsurancePool.NotFactory.selector
        );
        govern(
            bytes.concat(IInsurancePool.initialize.selector, new bytes(512)),
            NOBODY,
            IInsurancePool.AlreadyInitialized.selector
        );
        open(abi.encodeCall(IInsurancePool.harvest, (address(vault))));
    }

    function test_every_function_as_every_role_in_every_tier() public {
        checkTiers("IInsurancePool", address(pool));
    }

    function test_what_fits_no_function_is_refused_with_its_error() public {
        checkEntrance("IInsurancePool", address(pool), true);
        vm.assertGt(dirtied, 20);
    }

    function test_nothing_but_governing_changes_parameters() public {
        checkEffects("IInsurancePool", address(pool));
    }

    /// The holder's request is mature: anybody may fulfil it.
    function test_when_a_request_is_mature() public {
        requestAll();
        open(abi.encodeCall(IInsurancePool.fulfil, (holder.owner)));
        checkState("a mature request", "IInsurancePool", address(pool), NORMAL);
    }

    /// What is set aside is the holder's to take.
    function test_when_a_request_is_fulfilled() public {
        requestAll();
        pool.fulfil(holder.owner);
        deny(IInsurancePool.fulfil.selector, IInsurancePool.NothingMature.selector);
        except(IERC4626.redeem.selector, 0);
        except(IERC4626.withdraw.selector, 0);
        checkState("a claim", "IInsurancePool", address(pool), NORMAL);
    }

    function test_while_the_vault_has_a_deficit() public {
        requestAll();
        failWeak();
        bytes4 known = IInsurancePool.DebtKnown.selector;
        except(IInsurancePool.setVault.selector, known); // not from under its cover
        except(IInsurancePool.promote.selector, known); // nor does the bond go while it may be needed
        checkState("a deficit", "IInsurancePool", address(pool), NORMAL);
    }

    /// Requests all that the holder has, and waits until the first minutes of a day on which that can be fulfilled.
    function requestAll() private {
        uint256 shares = pool.balanceOf(holder.owner);
        vm.prank(holder.owner);
        pool.requestRedeem(shares, holder.owner, holder.owner);
        except(IERC20.transfer.selector, IInsurancePool.InsufficientBalance.selector); // what is requested stays
        except(IInsurancePool.requestRedeem.selector, IInsurancePool.InsufficientBalance.selector);
        for (uint256 day = 0; day < 7; day++) {
            pass(1 days);
        }
        pass(1 days - block.timestamp % 1 days);
    }

    function test_nobody_has_a_role_at_the_implementation() public {
        deny(IInsurancePool.initialize.selector, IInsurancePool.NotClone.selector);
        bytes4[] memory harmless = new bytes4[](2);
        (harmless[0], harmless[1]) = (IERC20.approve.selector, IInsurancePool.setOperator.selector);
        checkUnowned("IInsurancePool", factory.poolImplementation(), ANYONE, 0, harmless);
        checkEntrance("IInsurancePool", factory.poolImplementation(), false);
    }

    /// The pool covers no more than the bond, of which there is none, and the factory alone promotes it.
    function test_in_an_experimental_market() public {
        (vault, pool) = createMarket(address(token), "experiment");
        people_[uint256(Role.Vault)] = address(vault);
        vm.prank(owner);
        pool.setSteward(person(Role.Steward), 0);
        offer(address(pool));
        approve(address(pool));
        vm.prank(holder.owner);
        pool.deposit(100 * USD, holder.owner);
        vm.assertFalse(pool.isPromoted());
        addAll();
        checkState("an experimental market", "IInsurancePool", address(pool), NORMAL);
    }
}
