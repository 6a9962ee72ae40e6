// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IEscape} from "../../contracts/interfaces/IEscape.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Role} from "./Cast.sol";
import {EntranceTest} from "./Entrance.sol";

/// Who may do what with a vault.
abstract contract VaultTable is EntranceTest {
    function setUpNode() internal virtual override {
        super.setUpNode();
        addAll();
    }

    function addAll() internal {
        addOwnable();
        addViews();
        addGovernance();
        addOwners();
        addAnybodys();
        addSettlement();
        addEscape();
    }

    function addViews() private {
        bytes32 account = holder.account;
        open(abi.encodeCall(IMarginVault.balances, (account)));
        open(abi.encodeCall(IMarginVault.cover, (ETH)));
        open(abi.encodeCall(IMarginVault.claims, ()));
        open(abi.encodeCall(IMarginVault.coverage, ()));
        open(abi.encodeCall(IMarginVault.dust, (ETH)));
        open(abi.encodeCall(IMarginVault.engine, ()));
        open(abi.encodeCall(IMarginVault.filled, (account, 1)));
        open(abi.encodeCall(IMarginVault.funding, (ETH)));
        open(abi.encodeCall(IMarginVault.guard, ()));
        open(abi.encodeCall(IMarginVault.eip712Domain, ()));
        open(abi.encodeCall(IMarginVault.health, (account)));
        open(abi.encodeCall(IMarginVault.immature, (account)));
        open(abi.encodeCall(IMarginVault.impairedSince, ()));
        open(abi.encodeCall(IMarginVault.instrument, (ETH)));
        open(abi.encodeCall(IMarginVault.instruments, ()));
        open(abi.encodeCall(IMarginVault.debts, (ETH)));
        open(abi.encodeCall(IMarginVault.isSigner, (holder.owner, person(Role.Signer))));
        open(abi.encodeCall(IMarginVault.legs, (account)));
        open(abi.encodeCall(IMarginVault.openInterest, (ETH)));
        open(abi.encodeCall(IMarginVault.option, (option)));
        open(abi.encodeCall(IMarginVault.optionRules, (ETH)));
        open(abi.encodeCall(IMarginVault.optionTotals, (ETH)));
        open(abi.encodeCall(IMarginVault.outflow, ()));
        open(abi.encodeCall(IMarginVault.outflowCredit, (holder.owner)));
        open(abi.encodeCall(IMarginVault.parameters, ()));
        open(abi.encodeCall(IMarginVault.pool, ()));
        open(abi.encodeCall(IMarginVault.portfolio, (account, ETH)));
        open(abi.encodeCall(IMarginVault.position, (account, option)));
        open(abi.encodeCall(IMarginVault.quoteToken, ()));
        open(abi.encodeCall(IMarginVault.seriesOf, (ETH, expiryIn(14), SPOT, CALL)));
        open(abi.encodeCall(IMarginVault.shortfall, ()));
        open(abi.encodeCall(IMarginVault.stuckDebt, ()));
        open(abi.encodeCall(IMarginVault.steward, ()));
        open(abi.encodeCall(IMarginVault.emergencies, ()));
        open(abi.encodeCall(IMarginVault.totals, ()));
        open(abi.encodeCall(IMarginVault.unsettled, (option)));
    }

    function addGovernance() private {
        uint256 governors = either(Role.Owner, Role.Steward);
        bytes4 denial = IMarginVault.NotSteward.selector;
        IMarginVault.Instrument memory instrument = vault.instrument(ETH);
        instrument.initialRate += 1e9;
        IMarginVault.OptionRules memory wider = optionRules();
        wider.volRange += 0.01e18;
        IMarginVault.Parameters memory parameters = vault.parameters();
        parameters.penaltyStart += 1e9;
        govern(abi.encodeCall(IMarginVault.setInstrument, (ETH, instrument, 0)), governors, denial);
        govern(abi.encodeCall(IMarginVault.setOptionRules, (ETH, wider, 0)), governors, denial);
        govern(abi.encodeCall(IMarginVault.setParameters, (parameters, 0)), governors, denial);
        govern(abi.encodeCall(IMarginVault.setSteward, (address(1), 0)), only(Role.Owner), IOwnable.NotOwner.selector);
        // It refuses before it decodes.
        govern(
            bytes.concat(IMarginVault.initialize.selector, new bytes(512)),
            NOBODY,
            IMarginVault.AlreadyInitialized.selector
        );
        // No parameter, but the owner's alone.
        bytes memory close = abi.encodeCall(IMarginVault.closeOption, (option));
        allow(close, only(Role.Owner), IOwnable.NotOwner.selector);
        // It has not expired.
        add(
            abi.encodeCall(IMarginVault.delist, (option)),
            only(Role.Owner),
            IOwnable.NotOwner.selector,
            always(IMarginVault.SeriesOpen.selector)
        );
    }

    /// What an account's owner does, and with liquidations its signers.
    function addOwners() private {
        bytes4 denial = IMarginVault.NotAccountOwner.selector;
        bytes4 blocked = IMarginVault.ActionBlocked.selector;
        bytes32 account = holder.account;
        bytes32 sub = subAccount(holder, 1).account;
        add(
            abi.encodeCall(IMarginVault.withdraw, (account, 1, holder.owner)),
            only(Role.Holder),
            denial,
            from(3, blocked)
        );
        add(abi.encodeCall(IMarginVault.transfer, (account, sub, UNIT)), only(Role.Holder), denial, from(3, blocked));
        allow(
            abi.encodeCall(IMarginVault.convert, (account, type(uint256).max)),
            only(Role.Holder),
            IMarginVault.NotForcible.selector
        );
        add(
            abi.encodeCall(IMarginVault.listOption, (ETH, expiryIn(28), 2_100e18, CALL, account)),
            either(Role.Holder, Role.Signer),
            IMarginVault.NotAuthorized.selector,
            from(2, blocked)
        );
        bytes32[] memory batch = new bytes32[](1);
        batch[0] = weak.account;
        add(
            abi.encodeCall(IMarginVault.liquidate, (weak.account, liquidator.account, WAD)),
            only(Role.Liquidator),
            IMarginVault.NotAuthorized.selector,
            from(4, IMarginVault.ActionBlocked.selector)
        );
        allow(
            abi.encodeCall(IMarginVault.liquidateBatch, (batch, liquidator.account, WAD)),
            only(Role.Liquidator),
            IMarginVault.NotAuthorized.selector
        );
    }

    function addAnybodys() private {
        bytes32 account = holder.account;
        open(abi.encodeCall(IMarginVault.cancel, (77)));
        open(abi.encodeCall(IMarginVault.setSigner, (address(1), true)));
        add(
            abi.encodeCall(IMarginVault.deposit, (account, 1)),
            ANYONE & ~only(Role.Vault),
            IMarginVault.TokenFailed.selector, // the vault has approved nobody
            always(0)
        );
        add(
            abi.encodeCall(IMarginVault.depositWithPermit, (account, 1, 0, 27, 0, 0)),
            ANYONE & ~only(Role.Vault),
            IMarginVault.TokenFailed.selector,
            always(0)
        );
        open(abi.encodeCall(IMarginVault.touch, (account)));
        add(abi.encodeCall(IMarginVault.rebucket, (account)), ANYONE, 0, always(IMarginVault.NotDue.selector));
        add(
            abi.encodeCall(IMarginVault.deleverage, (weak.account, 16)),
            ANYONE,
            0,
            always(IMarginVault.NotDeleverageable.selector)
        );
        add(abi.encodeCall(IMarginVault.recover, (ETH)), ANYONE, 0, always(IMarginVault.NothingToRecover.selector));
        open(abi.encodeCall(IMarginVault.distributeFees, ()));
        uint32[] memory numbers = new uint32[](1);
        numbers[0] = option;
        open(abi.encodeCall(IMarginVault.refresh, (numbers)));
        add(abi.encodeCall(IMarginVault.settleOption, (option)), ANYONE, 0, always(IMarginVault.NotClosing.selector));
    }

    /// What the vault's EVM code serves, of a vault that lives.
    function addEscape() private {
        open(abi.encodeCall(IEscape.keepalive, ()));
        open(abi.encodeCall(IEscape.expiry, ()));
        open(abi.encodeCall(IEscape.report, ()));
        open(abi.encodeCall(IEscape.reports, ()));
        open(abi.encodeCall(IEscape.escapable, (holder.account)));
        open(abi.encodeCall(IEscape.isAbandoned, ()));
        bytes memory escape = abi.encodeCall(IEscape.escape, (holder.account));
        add(escape, ANYONE, 0, always(IEscape.TooFewReports.selector));
    }

    /// Whoever has the two signed orders may fill them.
    function addSettlement() internal {
        addSettlement(ETH, uint256(perpetuals[ETH].price) * 1e10);
    }

    /// As above, of orders in an instrument at `price`.
    function addSettlement(uint32 instrument, uint256 price) internal {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) =
            orders(instrument, holder, bob, 1e18, price);
        open(abi.encodeCall(IMarginVault.hashOrder, (maker)));
        add(
            abi.encodeCall(IMarginVault.settle, (maker, sign(bob, maker), taker, sign(holder, taker), 1e18)),
            ANYONE,
            0,
            from(2, IMarginVault.ActionBlocked.selector)
        );
    }
}
