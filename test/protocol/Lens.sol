// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";

/// All that a vault says of one account.
struct AccountState {
    uint256 capital;
    int256 pnl;
    int256 equity;
    uint256 maintenance;
    uint256 initial;
    uint64 unhealthySecs;
    uint256 immature;
    int256[] sizes; // of each instrument asked for
}

/// All that a vault says of one instrument.
struct InstrumentState {
    uint256 mark; // the guard's
    uint256 tier;
    bool isFinal; // an option that has settled
    uint256 long;
    uint256 short;
    uint256 residueLong;
    uint256 residueShort;
    int256 longGain;
    int256 shortGain;
    int256 fundingRate;
    int256 fundingPaid;
    uint256 coverLeft;
}

/// All that a vault says, and what it and its pool hold.
struct VaultState {
    uint256 held;
    uint256 insurance;
    uint256 tokens;
    uint256 capital;
    uint256 profit;
    uint256 debt;
    uint256 coverage;
    uint256 missing;
    int256 shortfall;
    uint64 impairedSince;
    uint256 outflowLeft;
    InstrumentState[] instruments;
    AccountState[] accounts;
}

/// Reads a whole vault in one call. It stands on the node, where a hundred views cost no more than one.
contract Lens {
    /// The vault numbers its options from here on.
    uint32 private constant FIRST_OPTION = 1 << 31;

    function look(IMarginVault vault, bytes32[] calldata accounts, uint32[] calldata instruments)
        public
        view
        returns (VaultState memory state)
    {
        IERC20 token = IERC20(vault.quoteToken());
        (state.held, state.insurance) = (token.balanceOf(address(vault)), token.balanceOf(vault.pool()));
        (state.tokens, state.capital, state.profit, state.debt) = vault.totals();
        (state.coverage, state.missing) = vault.coverage();
        (state.shortfall, state.impairedSince) = (vault.shortfall(), vault.impairedSince());
        (state.outflowLeft,,) = vault.outflow();
        state.instruments = new InstrumentState[](instruments.length);
        for (uint256 k = 0; k < instruments.length; k++) {
            state.instruments[k] = instrumentState(vault, instruments[k]);
        }
        state.accounts = new AccountState[](accounts.length);
        for (uint256 k = 0; k < accounts.length; k++) {
            state.accounts[k] = accountState(vault, accounts[k], instruments);
        }
    }

    /// A fingerprint of all of it.
    function fingerprint(IMarginVault vault, bytes32[] calldata accounts, uint32[] calldata instruments)
        external
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(look(vault, accounts, instruments)));
    }

    function instrumentState(IMarginVault vault, uint32 instrument)
        private
        view
        returns (InstrumentState memory state)
    {
        if (instrument >= FIRST_OPTION) {
            IOracleGuard.OptionMark memory option = optionMark(vault, instrument);
            (state.mark, state.tier, state.isFinal) = (option.mark, option.tier, option.isFinal);
        } else {
            IOracleGuard.Reading memory reading = IOracleGuard(vault.guard()).read(vault.instrument(instrument).asset);
            (state.mark, state.tier) = (reading.mark, reading.tier);
            (state.fundingRate, state.fundingPaid) = vault.funding(instrument);
        }
        (state.long, state.short) = vault.openInterest(instrument);
        (state.residueLong, state.residueShort) = vault.dust(instrument);
        (state.longGain, state.shortGain) = vault.unsettled(instrument);
        (state.coverLeft,) = vault.cover(instrument);
    }

    /// The guard's mark of an option.
    function markOf(IMarginVault vault, uint32 option) external view returns (uint256) {
        return optionMark(vault, option).mark;
    }

    function optionMark(IMarginVault vault, uint32 instrument) private view returns (IOracleGuard.OptionMark memory) {
        (uint32 underlying, uint64 expiry, uint256 strike, bool isCall, uint64 closes) = vault.option(instrument);
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = vault.instrument(underlying).asset;
        IOracleGuard.OptionId[] memory ids = new IOracleGuard.OptionId[](1);
        ids[0] = IOracleGuard.OptionId(0, expiry, uint128(strike), isCall, closes);
        (, IOracleGuard.OptionMark[] memory marks) = IOracleGuard(vault.guard()).marksWithOptions(assets, ids);
        return marks[0];
    }

    function accountState(IMarginVault vault, bytes32 account, uint32[] calldata instruments)
        private
        view
        returns (AccountState memory state)
    {
        (state.capital, state.pnl) = vault.balances(account);
        (state.equity, state.maintenance, state.initial, state.unhealthySecs) = vault.health(account);
        state.immature = vault.immature(account);
        state.sizes = new int256[](instruments.length);
        for (uint256 k = 0; k < instruments.length; k++) {
            state.sizes[k] = vault.position(account, instruments[k]);
        }
    }
}
