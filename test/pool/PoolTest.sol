// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {Stylus} from "../../script/lib/Stylus.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {Node} from "../support/Node.sol";
import {NodeTest} from "../support/NodeTest.sol";
import {Stakes} from "../support/Stakes.sol";
import {vm} from "../support/Vm.sol";
import {StubVault} from "./StubVault.sol";

/// A pool over a six-decimal dollar that covers one stub of a vault.
abstract contract PoolTest is NodeTest {
    using Stakes for IInsurancePool;
    using Stylus for Chain.Session;

    uint256 internal constant OWNER_KEY = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80;
    uint256 internal constant USD = 1e6;
    uint256 internal constant WAD = 1e18;

    address internal owner = vm.addr(OWNER_KEY);
    address internal alice = address(0xa11ce);
    address internal bob = address(0xb0b);
    address internal carol = address(0xca201);
    address private implementation;
    QuoteToken internal token;
    StubVault internal vault;
    IInsurancePool internal pool;

    function setUpNode() internal virtual override {
        fund(owner, 1e24);
        implementation = Chain.open(Node.url(), OWNER_KEY).deployProgram("insurance-pool");
        attach("pool implementation", implementation); // takes over the time at which it was deployed
        token = QuoteToken(createOnNode("token", type(QuoteToken).creationCode));
        vault = createVault();
        pool = createPool(address(token), vault);
    }

    function createVault() internal returns (StubVault) {
        return StubVault(createOnNode("vault", type(StubVault).creationCode));
    }

    /// A clone as ERC-1167 has it, over `asset`, which draws for `covered`. Its market is promoted.
    function createPool(address asset, StubVault covered) internal returns (IInsurancePool created) {
        bytes memory initcode = abi.encodePacked(
            hex"3d602d80600a3d3981f3363d3d373d3d3d363d73", implementation, hex"5af43d82803e903d91602b57fd5bf3"
        );
        created = IInsurancePool(createOnNode("pool", initcode));
        created.initialize(owner, address(0), asset, address(covered));
        created.promote(owner);
        covered.connect(created);
    }

    /// `who` deposits `amount` of freshly minted tokens.
    function join(address who, uint256 amount) internal returns (uint256 shares) {
        return pool.join(token, who, amount);
    }

    function request(address who, uint256 shares) internal {
        pool.request(who, shares);
    }

    /// What `who` requested now is mature.
    function toMaturity() internal {
        elapse(7 days);
        if (block.timestamp % 1 days > 0) toMidnight();
    }

    function toMidnight() internal {
        elapse(1 days - block.timestamp % 1 days);
    }

    /// Everything that `who` has requested and that is mature is fulfilled and redeemed.
    function leave(address who) internal returns (uint256 assets) {
        pool.fulfil(who);
        return redeem(who, pool.maxRedeem(who));
    }

    function redeem(address who, uint256 shares) internal returns (uint256 assets) {
        vm.prank(who);
        return pool.redeem(shares, who, who);
    }

    function available() internal view returns (uint256 amount) {
        (amount,,,) = pool.available(address(vault));
    }
}
