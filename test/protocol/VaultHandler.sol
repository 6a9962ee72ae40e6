// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {PriceFeed} from "../mocks/PriceFeed.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {vm} from "../support/Vm.sol";
import {Trader} from "./Protocol.sol";

/// What an invariant run may do to a vault. It works out each account's own losses from sizes and marks, and so knows whether
/// capital ever falls by more.
contract VaultHandler {
    uint256 public constant ACTORS = 6;
    uint32 private constant ETH = 1;
    uint256 private constant USD = 1e6;
    uint256 private constant UNIT = 1e12;

    IMarginVault private immutable vault;
    IInsurancePool private immutable pool;
    IOracleGuard private immutable guard;
    QuoteToken private immutable token;
    PriceFeed private immutable feed;
    address private immutable owner;
    bytes32 private immutable asset;
    bytes32 private immutable poolAccount;

    Trader[] private actors;
    int256 private price = 200e8;
    uint256 private nonce = 1_000;
    int256 private mark;
    /// Loss of each actor since it was last settled, in WAD.
    int256[ACTORS] private losses;
    uint256[ACTORS] private capitalBefore;
    int256[ACTORS] private pnlBefore;
    int256 private coverageBefore;
    string public violation;

    constructor(
        IMarginVault vault_,
        IInsurancePool pool_,
        IOracleGuard guard_,
        QuoteToken token_,
        PriceFeed feed_,
        address owner_,
        bytes32 asset_
    ) {
        (vault, pool, guard, token, feed, owner, asset) = (vault_, pool_, guard_, token_, feed_, owner_, asset_);
        poolAccount = bytes32(bytes20(address(pool_)));
        for (uint256 k = 0; k < ACTORS; k++) {
            uint256 key = uint256(keccak256(abi.encode("actor", k)));
            address holder = cheats.addr(key);
            actors.push(Trader(key, holder, bytes32(bytes20(holder))));
        }
        mark = int256(guard_.read(asset_).mark);
    }

    function actor(uint256 k) external view returns (Trader memory) {
        return actors[k];
    }

    /// Sums over all accounts, the pool's included.
    function sums() external view returns (uint256 capital, uint256 profit, uint256 debt) {
        for (uint256 k = 0; k <= ACTORS; k++) {
            (uint256 c, int256 p) = vault.balances(k == ACTORS ? poolAccount : actors[k].account);
            capital += c;
            if (p > 0) profit += uint256(p);
            else debt += uint256(-p);
        }
    }

    function sizes() external view returns (uint256 long, uint256 short) {
        for (uint256 k = 0; k < ACTORS; k++) {
            int256 size = vault.position(actors[k].account, ETH);
            if (size > 0) long += uint256(size);
            else short += uint256(-size);
        }
    }

    function movePrice(uint256 change) public {
        // -7 % to +7 %, within 60 to 600 dollars.
        price = price * (930 + int256(change % 141)) / 1000;
        if (price < 60e8) price = 60e8;
        if (price > 600e8) price = 600e8;
        vm.warp(block.timestamp + 10 minutes);
        vm.prank(owner);
        feed.push(price);
        guard.poke(asset);
        int256 next = int256(guard.read(asset).mark);
        for (uint256 k = 0; k < ACTORS; k++) {
            losses[k] -= vault.position(actors[k].account, ETH) * (next - mark) / 1e18;
        }
        mark = next;
    }

    function trade(uint256 buyerSeed, uint256 sellerSeed, uint256 size) public {
        uint256 buyer = buyerSeed % ACTORS;
        uint256 seller = (buyer + 1 + sellerSeed % (ACTORS - 1)) % ACTORS;
        size = 1e15 + size % 400e18;
        IMarginVault.Order memory maker = order(seller, -int256(size), true);
        IMarginVault.Order memory taker = order(buyer, int256(size), false);
        before();
        try vault.settle(maker, sign(seller, maker), taker, sign(buyer, taker), size) {
            check("trade", seller, buyer, 0);
        } catch {}
    }

    function touch(uint256 seed) public {
        uint256 k = seed % ACTORS;
        before();
        vault.touch(actors[k].account);
        check("touch", k, k, 0);
    }

    function deposit(uint256 seed, uint256 amount) public {
        uint256 k = seed % ACTORS;
        amount = 1 + amount % (5_000 * USD);
        token.mint(actors[k].owner, amount);
        vm.prank(actors[k].owner);
        token.approve(address(vault), amount);
        before();
        vm.prank(actors[k].owner);
        vault.deposit(actors[k].account, amount);
        check("deposit", ACTORS, ACTORS, 0); // a deposit settles nobody
    }

    function withdraw(uint256 seed, uint256 amount) public {
        uint256 k = seed % ACTORS;
        amount = 1 + amount % (2_000 * USD);
        before();
        vm.prank(actors[k].owner);
        try vault.withdraw(actors[k].account, amount, actors[k].owner) returns (uint256 paid) {
            coverageBefore = 0;
            check("withdraw", k, k, int256(paid * UNIT));
        } catch {}
    }

    function convert(uint256 seed) public {
        uint256 k = seed % ACTORS;
        before();
        vm.prank(actors[k].owner);
        try vault.convert(actors[k].account, type(uint256).max) {
            check("convert", k, k, 0);
        } catch {}
    }

    function liquidate(uint256 seed, uint256 intoSeed, uint256 share) public {
        uint256 k = seed % ACTORS;
        uint256 into = (k + 1 + intoSeed % (ACTORS - 1)) % ACTORS;
        share = 1e16 + share % 1e18;
        before();
        vm.prank(actors[into].owner);
        try vault.liquidate(actors[k].account, actors[into].account, share) returns (uint256, uint256 penalty) {
            check("liquidate", k, into, int256(penalty));
        } catch {}
    }

    function deleverage(uint256 seed) public {
        uint256 k = seed % ACTORS;
        (uint256 poolCapital, int256 poolPnl) = vault.balances(poolAccount);
        before();
        try vault.deleverage(actors[k].account, 16) {
            (uint256 poolCapitalAfter, int256 poolPnlAfter) = vault.balances(poolAccount);
            int256 penalty = int256(poolCapitalAfter) + poolPnlAfter - int256(poolCapital) - poolPnl;
            check("deleverage", k, k, penalty);
        } catch {}
    }

    /// Finds the worst account and closes it, so that runs reach bankruptcy.
    function closeBankrupts() public {
        for (uint256 k = 0; k < ACTORS; k++) {
            (int256 equity, uint256 maintenance,,) = vault.health(actors[k].account);
            if (equity < 0 || (equity == 0 && maintenance > 0)) deleverage(k);
        }
    }

    function recover() public {
        before();
        try vault.recover() {
            check("recover", ACTORS, ACTORS, 0);
        } catch {}
    }

    function before() private {
        (uint256 h,) = vault.coverage();
        coverageBefore = int256(h);
        for (uint256 k = 0; k < ACTORS; k++) {
            (capitalBefore[k], pnlBefore[k]) = vault.balances(actors[k].account);
        }
    }

    /// Accounts `one` and `two` were settled and may have lost what their positions lost, `one` the cost too; nobody else lost
    /// any capital.
    function check(string memory what, uint256 one, uint256 two, int256 cost) private {
        for (uint256 k = 0; k < ACTORS; k++) {
            int256 least = int256(capitalBefore[k]);
            if (k == one || k == two) {
                least = leastCapital(k, k == one ? cost : int256(0)) - int256(UNIT);
                losses[k] = 0;
            }
            if (int256(capitalOf(k)) < least) violation = string.concat(what, " took capital of ", vm.toString(k));
        }
    }

    /// A loss eats profit, then capital; a cost is paid from profit at the coverage ratio, the rest from capital. A withdrawal
    /// is paid from capital alone, for which the coverage counts as zero.
    function leastCapital(uint256 k, int256 cost) private view returns (int256) {
        int256 profit = pnlBefore[k] - losses[k];
        int256 worth = profit > 0 ? profit * coverageBefore / 1e18 : profit;
        int256 change = worth - cost;
        return int256(capitalBefore[k]) + (change < 0 ? change : int256(0));
    }

    function capitalOf(uint256 k) private view returns (uint256 value) {
        (value,) = vault.balances(actors[k].account);
    }

    function order(uint256 k, int256 size, bool maker) private returns (IMarginVault.Order memory) {
        return IMarginVault.Order({
            account: actors[k].account,
            instrument: ETH,
            size: size,
            limitPrice: uint256(mark),
            nonce: nonce++,
            expiry: uint64(block.timestamp + 1 days),
            maker: maker,
            reduceOnly: false
        });
    }

    function sign(uint256 k, IMarginVault.Order memory signed) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(actors[k].key, vault.hashOrder(signed));
        return abi.encodePacked(r, s, v);
    }
}
