// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IMarginVault} from "../interfaces/IMarginVault.sol";

/// The code that every margin vault is a clone of: picks the Stylus program that serves a call. All of them work on the clone's
/// storage, which `margin-vault/src/storage.rs` lays out, and each refuses ether and what it does not serve. Nothing here can
/// be changed: other programs need another vault.
contract MarginVault is Proxy {
    error NoCode(address program);

    /// A part of 0, and the number of `Hashed::Revealed`.
    bytes2 private constant REVEALED = 0x0008;

    /// The numbers of options begin here.
    uint256 private constant FIRST_OPTION = 1 << 31;
    /// Where the instrument of the maker's order is among the bytes of a call of `settle`.
    uint256 private constant MAKER_INSTRUMENT = 4 + 32;

    /// `vault-trading`: settling signed trades in perpetuals.
    address private immutable TRADING;
    /// `vault-option-trading`: settling signed trades in options.
    address private immutable OPTION_TRADING;
    /// `vault-accounts`: money in and out, the pool's included, and settling accounts.
    address private immutable ACCOUNTS;
    /// `vault-liquidation`: taking over accounts in ill health.
    address private immutable LIQUIDATION;
    /// `vault-deleveraging`: closing legs against the opposite side before there is debt, and the order in which that is done.
    address private immutable DELEVERAGING;
    /// `vault-debts`: closing accounts in debt.
    address private immutable DEBTS;
    /// `vault-profits`: what profit is worth, and what the pool pays for it; fees.
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

    function checked(address program) private view returns (address) {
        if (program.code.length == 0) revert NoCode(program);
        return program;
    }

    /// Two programs serve `deleverage`, for accounts near debt and for those in it; which it is, is known once the account is settled.
    /// The one that is not meant refuses the account, and the other serves the call. An account that `rebucket` finds in debt is due in
    /// the bucket of debts, where a touch takes it.
    function _fallback() internal override {
        if (msg.sig == IMarginVault.rebucket.selector) {
            bytes memory touch = abi.encodePacked(IMarginVault.touch.selector, msg.data[4:]);
            return serve(DELEVERAGING, IMarginVault.NoEquity.selector, ACCOUNTS, touch);
        }
        if (msg.sig != IMarginVault.deleverage.selector) return super._fallback();
        if (isKnownToOwe(bytes32(msg.data[4:]))) {
            serve(DEBTS, IMarginVault.NotDeleverageable.selector, DELEVERAGING, msg.data);
        } else {
            serve(DELEVERAGING, IMarginVault.NoEquity.selector, DEBTS, msg.data);
        }
    }

    /// Has `first` serve the call, or, if it refuses the account with `refusal`, `second` serve what `data` asks for.
    function serve(address first, bytes4 refusal, address second, bytes memory data) private {
        (bool success, bytes memory answer) = first.delegatecall(msg.data);
        if (!success && bytes4(answer) == refusal) (success, answer) = second.delegatecall(data);
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
        if (selector == IMarginVault.settle.selector) return tradesOption() ? OPTION_TRADING : TRADING;
        if (selector == IMarginVault.deposit.selector || selector == IMarginVault.withdraw.selector) return ACCOUNTS;
        if (selector == IMarginVault.liquidate.selector || selector == IMarginVault.liquidateBatch.selector) {
            return LIQUIDATION;
        }
        if (selector == IMarginVault.touch.selector || selector == IMarginVault.transfer.selector) return ACCOUNTS;
        if (concernsProfits(selector)) return PROFITS;
        return concernsOrders(selector) || concernsOptions(selector) ? OPTIONS : REGISTRY;
    }

    /// Whether a call of `settle` is about an option. Both programs look at the whole order, and refuse the other's instruments.
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
            || selector == IMarginVault.filled.selector;
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
