// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";

/// What a pool sees of a vault, to be set at will.
contract StubVault {
    IInsurancePool public pool;
    IERC20 private token;
    uint256 private deficit;
    uint256 private closable;
    uint256 private due;
    uint256 private capital;
    bool private silent;
    bool private unconvertible;
    bytes private intrusion;

    error Silent();
    error NothingMature();

    function connect(IInsurancePool pool_) external {
        (pool, token) = (pool_, IERC20(pool_.asset()));
    }

    /// A deficit that is known, what of it are debts that can be closed, and what insurance would pay, in WAD.
    function setClaims(uint256 deficit_, uint256 closable_, uint256 due_) external {
        (deficit, closable, due) = (deficit_, closable_, due_);
    }

    /// Amount in WAD that the pool's account can withdraw.
    function setCapital(uint256 capital_) external {
        capital = capital_;
    }

    function setSilent(bool silent_) external {
        silent = silent_;
    }

    function setUnconvertible(bool unconvertible_) external {
        unconvertible = unconvertible_;
    }

    /// Calls the pool with `data` while it withdraws.
    function intrude(bytes calldata data) external {
        intrusion = data;
    }

    function draw(uint256 amount) external returns (uint256 paid) {
        return pool.cover(amount);
    }

    function claims() external view returns (uint256, uint256, uint256) {
        if (silent) revert Silent();
        return (deficit, closable, due);
    }

    function balances(bytes32) external view returns (uint256, int256) {
        return (capital, 0);
    }

    function convert(bytes32, uint256) external view returns (uint256) {
        if (unconvertible) revert NothingMature();
        return 0;
    }

    function withdraw(bytes32, uint256 amount, address to) external returns (uint256) {
        if (intrusion.length > 0) {
            (bool success, bytes memory answer) = address(pool).call(intrusion);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
        capital = 0;
        token.transfer(to, amount);
        return amount;
    }
}
