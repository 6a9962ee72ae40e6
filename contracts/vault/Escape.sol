// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IEscape} from "../interfaces/IEscape.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Life, Programs} from "./Programs.sol";
import {Words} from "./Words.sol";

/// How a vault's programs are kept alive, and the way out when they are dead: DESIGN 11. It depends on no program, but to hear from
/// one that lives that the vault is not in the middle of a call.
abstract contract Escape {
    /// Reports of death that the first escape takes.
    uint256 private constant REPORTS = 30;
    /// Between two reports of death that count.
    uint256 private constant LEAST_GAP = 1 days;
    /// Without a report of death the series ends.
    uint256 private constant GREATEST_GAP = 2 days;

    /// The vault's programs.
    function ownPrograms() internal view virtual returns (address[] memory);

    /// The one of them that pays out.
    function accountsProgram() internal view virtual returns (address);

    // ---- keeping alive

    function keepalive() internal returns (uint256 extended) {
        address[] memory programs = allPrograms();
        // Ether that somebody has forced upon the vault pays for nothing.
        uint256 before = address(this).balance - msg.value;
        for (uint256 k = 0; k < programs.length; k++) {
            // ArbWasm knows nothing of EVM code, which lives anyway.
            (Life life,) = Programs.lifeOf(programs[k]);
            if (life == Life.Forever) continue;
            (bool done, bytes memory refusal) = Programs.extend(programs[k], address(this).balance - before);
            if (refusal.length > 0) revert IEscape.KeepaliveFailed(programs[k], refusal);
            if (done) extended++;
        }
        refund(address(this).balance - before);
    }

    function refund(uint256 value) private {
        if (value == 0) return;
        (bool success,) = msg.sender.call{value: value}("");
        if (!success) revert IEscape.RefundFailed();
    }

    function expiry() internal view returns (uint64 earliest, address[] memory programs, uint64[] memory times) {
        programs = allPrograms();
        times = new uint64[](programs.length);
        earliest = type(uint64).max;
        for (uint256 k = 0; k < programs.length; k++) {
            times[k] = expiryOf(programs[k]);
            if (times[k] < earliest) earliest = times[k];
        }
    }

    function expiryOf(address program) private view returns (uint64) {
        (Life life, uint64 left) = Programs.lifeOf(program);
        if (life == Life.Unknown) revert IEscape.ArbWasmFailed(program);
        if (life == Life.Lives) return uint64(block.timestamp) + left;
        return life == Life.Dead ? 0 : type(uint64).max;
    }

    /// The vault's programs, its guard and its engine: without one of them it stands still.
    function allPrograms() private view returns (address[] memory all) {
        address[] memory own = ownPrograms();
        all = new address[](own.length + 2);
        for (uint256 k = 0; k < own.length; k++) {
            all[k] = own[k];
        }
        (all[own.length], all[own.length + 1]) = (Words.guard(), Words.engine());
    }

    // ---- reports

    function report() internal returns (bool dead, uint256 count) {
        Life life = lifeOfVault();
        if (life == Life.Unknown) revert IEscape.NothingToReport();
        dead = life == Life.Dead;
        uint256 last;
        (count, last) = series();
        if (dead) {
            if (block.timestamp < last + LEAST_GAP) revert IEscape.ReportTooSoon(last + LEAST_GAP);
            count = isBroken(last) ? 1 : count + 1;
            Words.store(Words.REPORTS, count << 64 | uint64(block.timestamp));
        } else {
            if (count == 0) return (dead, count);
            count = 0;
            Words.store(Words.REPORTS, 0);
        }
        emit IEscape.Reported(count);
    }

    /// Whoever can no longer be paid, priced or margined cannot leave by themselves.
    function lifeOfVault() private view returns (Life) {
        (Life accounts,) = Programs.lifeOf(accountsProgram());
        if (accounts == Life.Dead) return accounts;
        (Life guard,) = Programs.lifeOf(Words.guard());
        if (guard == Life.Dead) return guard;
        (Life engine,) = Programs.lifeOf(Words.engine());
        if (engine == Life.Dead) return engine;
        bool isUnsure = accounts == Life.Unknown || guard == Life.Unknown || engine == Life.Unknown;
        return isUnsure ? Life.Unknown : Life.Lives;
    }

    function reports() internal view returns (uint256 count, uint64 last) {
        (count, last) = series();
        if (isBroken(last)) count = 0;
    }

    /// Reports of death as they are stored.
    function series() private view returns (uint256 count, uint64 last) {
        uint256 word = Words.load(Words.REPORTS);
        return (word >> 64, uint64(word));
    }

    function isBroken(uint256 last) private view returns (bool) {
        return block.timestamp > last + GREATEST_GAP;
    }

    // ---- escapes

    function escape(bytes32 account) internal returns (uint256 amount) {
        address owner = address(bytes20(account));
        // Its own accounts have nobody to be paid.
        if (owner == address(this)) revert IEscape.NothingToEscape();
        (address token, uint256 unit) = Words.quoteToken();
        Words.Share memory share = Words.isAbandoned() ? Words.storedShare() : abandon(token, unit);
        amount = worthOf(account, share) / unit;
        if (amount == 0) revert IEscape.NothingToEscape();
        // Before the token can call anybody.
        Words.clear(account);
        emit IEscape.Escaped(account, owner, amount);
        pay(token, owner, amount);
    }

    function escapable(bytes32 account) internal view returns (uint256) {
        if (address(bytes20(account)) == address(this)) return 0;
        (address token, uint256 unit) = Words.quoteToken();
        if (Words.isAbandoned()) return worthOf(account, Words.storedShare()) / unit;
        (uint256 tokens, uint256 capital, uint256 profit) = Words.totals();
        return worthOf(account, shareOf(backed(tokens, token, unit), capital, profit)) / unit;
    }

    /// WAD worth of an account, rounded down.
    function worthOf(bytes32 account, Words.Share memory share) private view returns (uint256) {
        (uint256 capital, uint256 profit) = Words.balances(account);
        // Factors of 112 bits.
        if (share.isShort) return capital * share.part / share.whole;
        return capital + profit * share.part / share.whole;
    }

    /// Abandons the vault, if it is dead, has been for long enough, and nobody is in the middle of anything.
    function abandon(address token, uint256 unit) private returns (Words.Share memory share) {
        (uint256 count,) = reports();
        if (count < REPORTS) revert IEscape.TooFewReports(count);
        // Somebody may have activated it after the last report.
        if (lifeOfVault() != Life.Dead) revert IEscape.NotDead();
        mustBeAtRest();
        (uint256 tokens, uint256 capital, uint256 profit) = Words.totals();
        uint256 worth = backed(tokens, token, unit);
        share = shareOf(worth, capital, profit);
        Words.abandon(share);
        emit IEscape.Abandoned(worth, capital, profit);
    }

    /// What a program has changed is not in storage until it ends: in the middle of a withdrawal the account still has what is being paid
    /// out. Any program that lives knows whether that is so, as the chain tells it; if none lives, none is at work.
    function mustBeAtRest() private {
        address[] memory programs = ownPrograms();
        for (uint256 k = 0; k < programs.length; k++) {
            (Life life,) = Programs.lifeOf(programs[k]);
            if (life == Life.Dead) continue;
            // It refuses a call without a selector, but before that one in the middle of another.
            (, bytes memory refusal) = programs[k].delegatecall("");
            if (bytes4(refusal) == IMarginVault.UnknownFunction.selector) return;
            revert IEscape.NotAtRest();
        }
    }

    /// The smaller of V and of the tokens held, in WAD.
    function backed(uint256 tokens, address token, uint256 unit) private view returns (uint256) {
        (bool success, bytes memory answer) = token.staticcall(abi.encodeCall(IERC20.balanceOf, (address(this))));
        if (!success || answer.length < 32) revert IEscape.TokenFailed();
        uint256 held = abi.decode(answer, (uint256));
        return held > tokens / unit ? tokens : held * unit;
    }

    /// Capital comes first; what is left is profit's, as far as it goes.
    function shareOf(uint256 worth, uint256 capital, uint256 profit) private pure returns (Words.Share memory) {
        if (worth < capital) return Words.Share({isShort: true, part: worth, whole: capital});
        uint256 left = worth - capital;
        if (left >= profit) return Words.Share({isShort: false, part: 1, whole: 1});
        return Words.Share({isShort: false, part: left, whole: profit});
    }

    /// As the programs pay: the token has to return true, or nothing as some do.
    function pay(address token, address to, uint256 amount) private {
        (bool success, bytes memory answer) = token.call(abi.encodeCall(IERC20.transfer, (to, amount)));
        bool accepted =
            answer.length == 0 ? token.code.length > 0 : answer.length >= 32 && bytes32(answer) == bytes32(uint256(1));
        if (!success || !accepted) revert IEscape.TokenFailed();
    }
}
