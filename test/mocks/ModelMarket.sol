// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";

/// A guard that believes every mark that it is told, and never blocks anything.
contract ModelGuard {
    mapping(bytes32 asset => uint128) public markOf;

    function setMark(bytes32 asset, uint128 mark) external {
        markOf[asset] = mark;
    }

    /// What it was told last is always fresh.
    function freshMarks(bytes32[] calldata assets) external view returns (IOracleGuard.Mark[] memory all) {
        return marks(assets);
    }

    function marks(bytes32[] calldata assets) public view returns (IOracleGuard.Mark[] memory all) {
        all = new IOracleGuard.Mark[](assets.length);
        for (uint256 place = 0; place < assets.length; place++) {
            uint128 mark = markOf[assets[place]];
            all[place].mark = mark;
            all[place].stablePrice = mark;
        }
    }
}

/// A dollar as fine as the vault's own numbers.
contract ModelToken is ERC20 {
    constructor() ERC20("Model Dollar", "mUSD") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// A pool that pays any vault all that it holds, and says that it is large, so that no cover binds.
contract ModelPool {
    uint256 private constant ASSETS = 1e30;
    ModelToken private immutable TOKEN;

    constructor(ModelToken token) {
        TOKEN = token;
    }

    function available(address)
        external
        view
        returns (uint256 amount, uint256 assets, uint256 lasting, uint256 recorded)
    {
        return (TOKEN.balanceOf(address(this)), ASSETS, ASSETS, ASSETS);
    }

    function cover(uint256 amount) external returns (uint256 paid) {
        uint256 held = TOKEN.balanceOf(address(this));
        paid = amount < held ? amount : held;
        TOKEN.transfer(msg.sender, paid);
    }
}
