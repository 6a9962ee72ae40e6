// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";

/// The owner of any number of accounts, numbered from zero, who signs whatever they are asked to (ERC-1271). It lives on the node,
/// where it acts for many of them in one transaction.
contract Crowd is IERC1271 {
    IMarginVault private immutable vault;

    constructor(IMarginVault vault_) {
        vault = vault_;
        IERC20(vault_.quoteToken()).approve(address(vault_), type(uint256).max);
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }

    function account(uint256 place) public view returns (bytes32) {
        return bytes32(uint256(uint160(address(this))) << 96 | place);
    }

    /// Units of the position that the account at `place` takes: 1 to 7.
    function units(uint256 place) public pure returns (uint256) {
        return 1 + place % 7;
    }

    function deposit(uint256 place, uint256 amount) external {
        vault.deposit(account(place), amount);
    }

    /// Accounts `first` to `last` deposit `amount` a unit and buy their units from one of `makers` each, in turn. The makers'
    /// accounts follow upon place `makersFrom`; each has one large order, filled bit by bit.
    function enter(
        uint32 instrument,
        uint256 first,
        uint256 last,
        uint256 amount,
        uint256 price,
        uint256 makersFrom,
        uint256 makers
    ) external {
        for (uint256 place = first; place < last; place++) {
            vault.deposit(account(place), amount * units(place));
            int256 size = int256(units(place) * 1e18);
            IMarginVault.Order memory maker = order(makersFrom + place % makers, instrument, -1e27, price, true);
            IMarginVault.Order memory taker = order(place, instrument, size, price, false);
            vault.settle(maker, "", taker, "", uint256(size));
        }
    }

    function order(uint256 place, uint32 instrument, int256 size, uint256 price, bool maker)
        private
        view
        returns (IMarginVault.Order memory)
    {
        return IMarginVault.Order({
            account: account(place),
            instrument: instrument,
            size: size,
            limitPrice: price,
            nonce: 1,
            expiry: type(uint64).max,
            maker: maker,
            reduceOnly: false
        });
    }
}

/// Anybody who closes a crowd's bankrupt accounts, in an order of their own.
contract Closer {
    /// Closes `count` of `members` accounts, from the `from`-th of the order in which place `(k * stride + offset) % members`
    /// stands k-th. Every `touching`-th time a stranger's account is touched first.
    function close(
        IMarginVault vault,
        Crowd crowd,
        uint256 members,
        uint256 from,
        uint256 count,
        uint256 stride,
        uint256 offset,
        uint256 touching
    ) external {
        for (uint256 k = from; k < from + count && k < members; k++) {
            uint256 place = (k * stride + offset) % members;
            if (k % touching == 0) vault.touch(crowd.account((place * 31 + 7) % members));
            (bool done,,) = vault.deleverage(crowd.account(place), 16);
            require(done, "not closed");
        }
    }
}
