// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {QuoteToken} from "./QuoteToken.sol";

/// Keeps one part in a hundred of every transfer.
contract FeeToken is QuoteToken {
    function _update(address from, address to, uint256 amount) internal override {
        uint256 fee = from == address(0) ? 0 : amount / 100;
        super._update(from, to, amount - fee);
        if (fee > 0) super._update(from, address(0xfee), fee);
    }
}

/// Moves nothing and returns false once it is told to.
contract RefusingToken is QuoteToken {
    bool public refusing;

    function refuse(bool refusing_) external {
        refusing = refusing_;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !refusing && super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !refusing && super.transferFrom(from, to, amount);
    }
}

/// Calls its target with chosen data in the middle of every transfer and permit, and remembers whether that worked, and why it last did not.
contract ReentrantToken is QuoteToken {
    address private target;
    bytes private data;
    bool public tried;
    bool public triedByPermit;
    bool public reentered;
    bytes4 public reason;

    function attack(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target != address(0) && from != address(0)) {
            tried = true;
            enter();
        }
    }

    /// Allows whatever anybody asks for, without a signature.
    function permit(address from, address spender, uint256 value, uint256, uint8, bytes32, bytes32) public override {
        _approve(from, spender, value);
        if (target != address(0)) {
            triedByPermit = true;
            enter();
        }
    }

    function enter() private {
        (bool success, bytes memory returned) = target.call(data);
        reentered = reentered || success;
        if (!success) reason = bytes4(returned);
    }
}

/// Returns nothing from its transfers, as some old tokens do.
contract SilentToken {
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// Answers with other decimals than it was listed with, once it is told to.
contract ChangingToken is QuoteToken {
    uint8 private shown = 6;

    function show(uint8 shown_) external {
        shown = shown_;
    }

    function decimals() public view override returns (uint8) {
        return shown;
    }
}

/// Refuses transfers from and to those on its list.
contract BlacklistToken is QuoteToken {
    error Blacklisted(address account);

    mapping(address account => bool) public blacklisted;

    function blacklist(address account, bool listed) external {
        blacklisted[account] = listed;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blacklisted[from]) revert Blacklisted(from);
        if (blacklisted[to]) revert Blacklisted(to);
        super._update(from, to, amount);
    }
}
