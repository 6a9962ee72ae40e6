// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/interfaces/IERC20Metadata.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {MatrixTest, Role} from "./Matrix.sol";

/// Who may do what with an insurance pool.
contract PoolMatrixTest is MatrixTest {
    function setUpNode() internal override {
        super.setUpNode();
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
        open(abi.encodeCall(IERC4626.previewRedeem, (1)));
        open(abi.encodeCall(IERC4626.previewWithdraw, (1)));
        open(abi.encodeCall(IInsurancePool.redeemRequest, (somebody)));
        open(abi.encodeCall(IInsurancePool.steward, ()));
        open(abi.encodeCall(IERC20Metadata.symbol, ()));
        open(abi.encodeCall(IERC4626.totalAssets, ()));
        open(abi.encodeCall(IERC20.totalSupply, ()));
    }

    /// The holder has shares; nobody has a request that is due, or an allowance.
    function addShares() private {
        address to = address(0x70);
        uint256 withTokens = ANYONE & ~only(Role.Vault); // the vault has approved nobody
        bytes4 failed = IInsurancePool.TokenCallFailed.selector;
        bytes4 noShares = IInsurancePool.InsufficientBalance.selector;
        bytes4 noAllowance = IInsurancePool.InsufficientAllowance.selector;
        open(abi.encodeCall(IERC20.approve, (to, 1)));
        allow(abi.encodeCall(IERC4626.deposit, (1 * USD, to)), withTokens, failed);
        allow(abi.encodeCall(IERC4626.mint, (1 * USD, to)), withTokens, failed);
        allow(abi.encodeCall(IERC20.transfer, (to, 1)), only(Role.Holder), noShares);
        allow(abi.encodeCall(IERC20.transferFrom, (holder.owner, to, 1)), NOBODY, noAllowance);
        allow(abi.encodeCall(IInsurancePool.requestRedeem, (1, to)), only(Role.Holder), noShares);
        uint256 shares = pool.convertToShares(1 * USD);
        bytes4[5] memory notDue = always(IInsurancePool.ExceedsClaimable.selector);
        add(abi.encodeCall(IERC4626.redeem, (shares, to, holder.owner)), only(Role.Holder), noAllowance, notDue);
        add(abi.encodeCall(IERC4626.withdraw, (1, to, holder.owner)), only(Role.Holder), noAllowance, notDue);
    }

    function addGovernance() private {
        bytes4 notOwner = IOwnable.NotOwner.selector;
        allow(
            abi.encodeCall(IInsurancePool.setParameters, (pool.parameters())),
            either(Role.Owner, Role.Steward),
            IInsurancePool.NotSteward.selector
        );
        allow(abi.encodeCall(IInsurancePool.setSteward, (address(1))), only(Role.Owner), notOwner);
        allow(abi.encodeCall(IInsurancePool.setVault, (address(vault), true)), only(Role.Owner), notOwner);
        allow(abi.encodeCall(IInsurancePool.cover, (1)), only(Role.Vault), IInsurancePool.NotVault.selector);
        allow(
            abi.encodeCall(IInsurancePool.promote, (address(1))), only(Role.Factory), IInsurancePool.NotFactory.selector
        );
        allow(
            abi.encodeCall(IInsurancePool.initialize, (address(1), address(token), address(vault))),
            NOBODY,
            IInsurancePool.AlreadyInitialized.selector
        );
        open(abi.encodeCall(IInsurancePool.harvest, (address(vault))));
        open(abi.encodeCall(IInsurancePool.updateExitClock, ()));
    }

    function test_every_function_as_every_role_in_every_tier() public {
        checkAll("IInsurancePool", address(pool));
    }
}
