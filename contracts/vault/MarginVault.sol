// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IEscape} from "../interfaces/IEscape.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";
import {Escape} from "./Escape.sol";
import {Words} from "./Words.sol";

/// The code that every margin vault is a clone of: picks the Stylus program that serves a call. All of them work on the clone's
/// storage, which `core/src/storage.rs` lays out, and each refuses ether and what it does not serve. Nothing here can
/// be changed: other programs need another vault. What needs no program, since it is for when there is none, is `Escape`.
contract MarginVault is Proxy, Escape {
    error NoCode(address program);

    /// A part of 0, and the number of `Hashed::Revealed`.
    bytes2 private constant REVEALED = 0x0008;

    /// The numbers of options begin here.
    uint256 private constant FIRST_OPTION = 1 << 31;
    /// Where the maker's order, its instrument, and, after an order's 8 words and one more, the taker's are among the bytes of a call of
    /// `settle`.
    uint256 private constant MAKER = 4;
    uint256 private constant MAKER_INSTRUMENT = 36;
    uint256 private constant TAKER = 292;

    /// `vault-trading`: settling signed trades in perpetuals.
    address private immutable TRADING;
    /// `vault-option-trading`: settling signed trades in options.
    address private immutable OPTION_TRADING;
    /// `vault-accounts`: money in and out, the pool's included, settling accounts, and the order in which they are deleveraged.
    address private immutable ACCOUNTS;
    /// `vault-liquidation`: taking over accounts in ill health.
    address private immutable LIQUIDATION;
    /// `vault-deleveraging`: closing legs against the opposite side before there is debt.
    address private immutable DELEVERAGING;
    /// `vault-debts`: closing accounts in debt.
    address private immutable DEBTS;
    /// `vault-profits`: what profit is worth, and what the pool pays for it; fees; permits.
    address private immutable PROFITS;
    /// `vault-registry`: set-up, parameters, and everything that can be read.
    address private immutable REGISTRY;
    /// `vault-options`: options; orders and signers between trades.
    address private immutable OPTIONS;

    constructor(
        address trading,
        address optionTrading,
        address accounts,
        address liquidation,
        address deleveraging,
        address debts,
        address profits,
        address registry,
        address options
    ) {
        TRADING = checked(trading);
        OPTION_TRADING = checked(optionTrading);
        ACCOUNTS = checked(accounts);
        LIQUIDATION = checked(liquidation);
        DELEVERAGING = checked(deleveraging);
        DEBTS = checked(debts);
        PROFITS = checked(profits);
        REGISTRY = checked(registry);
        OPTIONS = checked(options);
    }

    function ownPrograms() internal view override returns (address[] memory programs) {
        programs = new address[](9);
        (programs[0], programs[1], programs[2]) = (TRADING, OPTION_TRADING, ACCOUNTS);
        (programs[3], programs[4], programs[5]) = (LIQUIDATION, DELEVERAGING, DEBTS);
        (programs[6], programs[7], programs[8]) = (PROFITS, REGISTRY, OPTIONS);
    }

    function accountsProgram() internal view override returns (address) {
        return ACCOUNTS;
    }

    function checked(address program) private view returns (address) {
        if (program.code.length == 0) revert NoCode(program);
        return program;
    }

    /// Most calls are one program's alone. What two programs do one after the other, or tells of what one of them has done, is here: in
    /// EVM code, whose size no limit is near.
    function _fallback() internal override {
        if (Words.isAbandoned()) {
            serveEscape();
            revert IEscape.VaultAbandoned();
        }
        if (msg.sig == IMarginVault.settle.selector) settle();
        if (msg.sig == IMarginVault.deleverage.selector) deleverage();
        if (msg.sig == IMarginVault.depositWithPermit.selector) depositWithPermit();
        if (msg.sig == IEscape.report.selector) serveReport();
        address program = _implementation();
        // Last, so that nobody else's call is compared with its functions: the registry gets what is not named.
        if (program == REGISTRY) {
            if (msg.sig == IEscape.keepalive.selector) end(true, abi.encode(keepalive()));
            serveEscape();
        }
        _delegate(program);
    }

    function serveReport() private {
        takes(0);
        (bool dead, uint256 count) = report();
        end(true, abi.encode(dead, count));
    }

    /// Serves what is served of an abandoned vault, too, and ends the call; returns if it is another.
    function serveEscape() private {
        bytes4 selector = msg.sig;
        if (selector == IEscape.escape.selector) end(true, abi.encode(escape(takesAccount())));
        if (selector == IEscape.escapable.selector) end(true, abi.encode(escapable(takesAccount())));
        if (selector == IEscape.isAbandoned.selector) {
            takes(0);
            end(true, abi.encode(Words.isAbandoned()));
        }
        if (selector == IEscape.reports.selector) {
            takes(0);
            (uint256 count, uint64 last) = reports();
            end(true, abi.encode(count, last));
        }
        if (selector == IEscape.expiry.selector) {
            takes(0);
            (uint64 earliest, address[] memory programs, uint64[] memory times) = expiry();
            end(true, abi.encode(earliest, programs, times));
        }
    }

    /// Refuses ether, and fewer than so many words of arguments.
    function takes(uint256 words) private view {
        if (msg.value > 0) revert IEscape.ValueSent();
        if (msg.data.length < 4 + 32 * words) revert IEscape.InvalidCalldata();
    }

    function takesAccount() private view returns (bytes32) {
        takes(1);
        return bytes32(msg.data[4:]);
    }

    /// Both programs look at the whole orders, and refuse the other's instruments.
    function settle() private {
        (bool success, bytes memory answer) = (tradesOption() ? OPTION_TRADING : TRADING).delegatecall(msg.data);
        if (!success) end(success, answer);
        IMarginVault.Order calldata maker;
        IMarginVault.Order calldata taker;
        assembly ("memory-safe") {
            maker := MAKER
            taker := TAKER
        }
        (int256 filled, uint256 makerFee, uint256 takerFee) = abi.decode(answer, (int256, uint256, uint256));
        emit IMarginVault.Settled(
            maker.account,
            taker.account,
            maker.instrument,
            taker.size > 0 ? filled : -filled,
            maker.limitPrice,
            maker.nonce,
            taker.nonce,
            makerFee,
            takerFee
        );
        end(success, "");
    }

    /// Two programs serve `deleverage`, for accounts near debt and for those in it; which it is, is known once the account is settled.
    /// The one that is not meant refuses the account, and the other serves the call.
    function deleverage() private {
        bytes32 account = bytes32(msg.data[4:]);
        // A guess at who serves it, from one slot: whoever guesses wrong is refused, and the other one is asked.
        (bool success, bytes memory answer) = isKnownToOwe(account)
            ? serve(DEBTS, IMarginVault.NotDeleverageable.selector, DELEVERAGING)
            : serve(DELEVERAGING, IMarginVault.NoEquity.selector, DEBTS);
        if (success) {
            (bool done, uint256 deficit, uint256 insured) = abi.decode(answer, (bool, uint256, uint256));
            emit IMarginVault.Deleveraged(account, done, deficit, insured);
        }
        end(success, answer);
    }

    /// Has `first` serve the call, or, if it refuses the account with `refusal`, `second`.
    function serve(address first, bytes4 refusal, address second) private returns (bool success, bytes memory answer) {
        (success, answer) = first.delegatecall(msg.data);
        // A refusal has changed nothing, so that the second call starts from where the first did.
        if (!success && bytes4(answer) == refusal) (success, answer) = second.delegatecall(msg.data);
    }

    /// The permit, which may fail, and then a deposit like any other.
    function depositWithPermit() private {
        (bool success, bytes memory answer) = PROFITS.delegatecall(msg.data);
        if (success) {
            (bytes32 account, uint256 amount) = abi.decode(msg.data[4:], (bytes32, uint256));
            (success, answer) = ACCOUNTS.delegatecall(abi.encodeCall(IMarginVault.deposit, (account, amount)));
        }
        end(success, answer);
    }

    /// Ends the call with an answer, or reverts with it.
    function end(bool success, bytes memory answer) private pure {
        assembly ("memory-safe") {
            if success { return(add(answer, 32), mload(answer)) }
            revert(add(answer, 32), mload(answer))
        }
    }

    /// Whether somebody has found that the account owes, and nobody has paid since: the slot of `Hashed::Revealed`.
    function isKnownToOwe(bytes32 account) private view returns (bool known) {
        bytes32 slot = keccak256(abi.encodePacked(account, bytes32(0), REVEALED));
        assembly ("memory-safe") {
            known := iszero(iszero(sload(slot)))
        }
    }

    /// The program that serves the call: what is called most often is compared first.
    function _implementation() internal view override returns (address) {
        bytes4 selector = msg.sig;
        if (selector == IMarginVault.deposit.selector || selector == IMarginVault.withdraw.selector) return ACCOUNTS;
        if (selector == IMarginVault.liquidate.selector || selector == IMarginVault.liquidateBatch.selector) {
            return LIQUIDATION;
        }
        if (selector == IMarginVault.touch.selector || selector == IMarginVault.transfer.selector) return ACCOUNTS;
        if (selector == IMarginVault.rebucket.selector) return ACCOUNTS;
        if (concernsProfits(selector)) return PROFITS;
        // What is not named here is the registry's, unknown selectors with it, which it refuses.
        return concernsOrders(selector) || concernsOptions(selector) ? OPTIONS : REGISTRY;
    }

    /// Whether a call of `settle` is about an option.
    function tradesOption() private pure returns (bool) {
        uint256 instrument;
        assembly ("memory-safe") {
            instrument := calldataload(MAKER_INSTRUMENT)
        }
        return instrument >= FIRST_OPTION;
    }

    function concernsProfits(bytes4 selector) private pure returns (bool) {
        return selector == IMarginVault.convert.selector || selector == IMarginVault.recover.selector
            || selector == IMarginVault.distributeFees.selector;
    }

    function concernsOrders(bytes4 selector) private pure returns (bool) {
        return selector == IMarginVault.cancel.selector || selector == IMarginVault.setSigner.selector
            || selector == IMarginVault.isSigner.selector || selector == IMarginVault.hashOrder.selector
            || selector == IMarginVault.filled.selector || selector == IMarginVault.eip712Domain.selector;
    }

    function concernsOptions(bytes4 selector) private pure returns (bool) {
        return selector == IMarginVault.listOption.selector || selector == IMarginVault.delist.selector
            || selector == IMarginVault.refresh.selector || selector == IMarginVault.setOptionRules.selector
            || selector == IMarginVault.optionRules.selector || selector == IMarginVault.option.selector
            || selector == IMarginVault.seriesOf.selector || selector == IMarginVault.optionTotals.selector
            || selector == IMarginVault.portfolio.selector || selector == IMarginVault.closeOption.selector
            || selector == IMarginVault.settleOption.selector;
    }
}
