// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {vm} from "../support/Vm.sol";
import {AccountState, InstrumentState, Lens, VaultState} from "./Lens.sol";

/// A second book of what every account is worth, kept from positions, marks and funding alone. After each operation it says
/// whether the vault has kept its promises; the first one that it broke is kept in `violation`.
///
/// Every account's claim is its capital, its profit or debt, and what its legs have gained since they were last settled. A
/// claim changes with prices and funding, and by what the account itself pays, is paid or trades.
abstract contract Ghost {
    uint256 internal constant UNIT = 1e12;
    int256 internal constant WAD = 1e18;
    /// Rounding of one operation, in WAD dollars: a thousandth of the token's unit.
    uint256 internal constant ROUNDING = 1e9;
    /// The most that one operation adds to residue of a side: it cuts at most 16 buckets for each of at most 16 legs, and may
    /// empty each with a base below 2^16 left; what else it joins, leaves and cuts loses 2 units each.
    uint256 private constant RESIDUE = 16 * 16 * (2 ** 16 + 1 + 2) + 9 * 16 * 2 * 2;

    IMarginVault internal immutable vault;
    Lens internal immutable lens;

    bytes32[] internal accounts;
    uint32[] internal instruments;
    int256[] internal claims;
    /// What claims may be off by: it grows with each operation and starts again when an account is settled.
    uint256[] internal slack;
    int256[] internal marks;
    int256[] internal paid;
    VaultState internal state;
    /// How many operations have been tried.
    uint256 internal operations;
    string public violation;
    /// How many operations of each kind have changed something.
    mapping(string operation => uint256) public done;

    constructor(IMarginVault vault_, Lens lens_) {
        (vault, lens) = (vault_, lens_);
    }

    function violate(string memory what) internal {
        if (bytes(violation).length == 0) violation = what;
    }

    function require_(bool condition, string memory what) internal {
        if (!condition) violate(what);
    }

    /// Starts the book from what the vault says.
    function open() internal {
        for (uint256 i = 0; i < instruments.length; i++) {
            marks.push(0);
            paid.push(0);
        }
        for (uint256 k = 0; k < accounts.length; k++) {
            claims.push(0);
            slack.push(0);
        }
        VaultState memory seen = look();
        followPrices(seen);
        for (uint256 k = 0; k < accounts.length; k++) {
            settle(seen, k);
        }
        remember(seen);
    }

    function look() internal virtual returns (VaultState memory) {
        return lens.look(vault, accounts, instruments);
    }

    /// What operations are compared with from now on.
    function remember(VaultState memory seen) internal {
        (state.tokens, state.insurance, state.profit) = (seen.tokens, seen.insurance, seen.profit);
        (state.coverage, state.missing, state.impairedSince) = (seen.coverage, seen.missing, seen.impairedSince);
        delete state.accounts;
        for (uint256 k = 0; k < seen.accounts.length; k++) {
            state.accounts.push(seen.accounts[k]);
        }
    }

    /// The account has just been settled: its claim is its capital and its profit or debt.
    function settle(VaultState memory seen, uint256 k) internal {
        claims[k] = int256(seen.accounts[k].capital) + seen.accounts[k].pnl;
        slack[k] = 0;
    }

    /// Carries all claims to the marks and the funding of now, with the positions held until now.
    function followPrices(VaultState memory seen) internal {
        for (uint256 i = 0; i < instruments.length; i++) {
            int256 mark = int256(seen.instruments[i].mark);
            int256 change = mark - marks[i] - (seen.instruments[i].fundingPaid - paid[i]);
            (marks[i], paid[i]) = (mark, seen.instruments[i].fundingPaid);
            if (change == 0) continue;
            for (uint256 k = 0; k < state.accounts.length; k++) {
                int256 size = state.accounts[k].sizes[i];
                if (size == 0) continue;
                claims[k] += size * change / WAD;
                slack[k] += ROUNDING;
            }
        }
    }

    /// What the account would have as profit or debt if it were settled now, by this book.
    function settledProfit(uint256 k) internal view returns (int256) {
        return claims[k] - int256(state.accounts[k].capital);
    }

    /// Invariant 4 for one account that has a part in an operation: what a loss and `cost` may take of its capital. Profit pays
    /// first, at the coverage ratio; a withdrawal is paid from capital alone.
    function leastCapital(uint256 k, int256 cost, bool fromCapital, uint256 coverage) internal view returns (int256) {
        int256 profit = settledProfit(k);
        int256 worth = profit;
        if (profit > 0) worth = fromCapital ? int256(0) : profit * int256(coverage) / WAD;
        int256 change = worth - cost;
        return int256(state.accounts[k].capital) + (change < 0 ? change : int256(0)) - int256(slack[k] + UNIT);
    }

    /// Invariant 4 for account `k`, which had a part in an operation and has `least` at least.
    function checkCapital(string memory what, VaultState memory seen, uint256 k, int256 least) internal {
        int256 capital = int256(seen.accounts[k].capital);
        if (capital >= least) return;
        string memory amounts = string.concat(text(state.accounts[k].capital), " -> ", text(uint256(capital)));
        violate(
            string.concat(
                "4: ", what, " took capital of ", vm.toString(k), ": ", amounts, ", least ", text(uint256(least))
            )
        );
    }

    /// Millionths of a dollar.
    function text(uint256 wad) internal pure returns (string memory) {
        return vm.toString(wad / UNIT);
    }

    /// All that holds after any operation: invariants 1 to 3, 7 as far as it shows, and 4 for everybody who has no part in it.
    function check(string memory what, VaultState memory seen) internal {
        done[what]++;
        require_(seen.held * UNIT >= seen.tokens, string.concat("1: tokens are held after ", what));
        require_(seen.capital <= seen.tokens, string.concat("2: capital is backed after ", what));
        checkSums(what, seen);
        for (uint256 i = 0; i < instruments.length; i++) {
            checkOpenInterest(what, seen, i);
        }
        if (seen.coverage == uint256(WAD)) checkClaims(what, seen);
    }

    /// Invariant 7 while profit is whole: what everybody has, with the gains of their own legs, is there.
    function checkClaims(string memory what, VaultState memory seen) private {
        int256 claimed;
        for (uint256 k = 0; k < seen.accounts.length; k++) {
            claimed += seen.accounts[k].equity;
        }
        require_(claimed <= int256(seen.tokens + residueMoves(seen)), string.concat("7: claims after ", what));
    }

    /// Invariant 7 once everybody is settled, at any coverage ratio: what is known of debts beyond what is missing is insured.
    function checkSettledClaims(VaultState memory seen) internal {
        int256 claimed;
        for (uint256 k = 0; k < seen.accounts.length; k++) {
            AccountState memory account = seen.accounts[k];
            claimed += int256(account.capital);
            if (account.pnl > 0) claimed += account.pnl * int256(seen.coverage) / WAD;
        }
        int256 insured = int256(seen.debt) + seen.shortfall - int256(seen.missing);
        int256 backing = int256(seen.tokens) + (insured > 0 ? insured : int256(0));
        require_(claimed <= backing + int256(residueMoves(seen)), "7: claims once all are settled");
    }

    /// What residue can have gained or lost, and rounding: each mark has stayed within ten times what it is.
    function residueMoves(VaultState memory seen) private pure returns (uint256 sum) {
        sum = UNIT;
        for (uint256 i = 0; i < seen.instruments.length; i++) {
            InstrumentState memory instrument = seen.instruments[i];
            sum += (instrument.residueLong + instrument.residueShort) * 10 * instrument.mark / uint256(WAD);
        }
    }

    function checkSums(string memory what, VaultState memory seen) private {
        uint256 capital;
        uint256 profit;
        uint256 debt;
        for (uint256 k = 0; k < seen.accounts.length; k++) {
            AccountState memory account = seen.accounts[k];
            capital += account.capital;
            if (account.pnl > 0) profit += uint256(account.pnl);
            else debt += uint256(-account.pnl);
        }
        require_(capital == seen.capital, string.concat("1: sum of C after ", what));
        require_(profit == seen.profit, string.concat("1: sum of P+ after ", what));
        require_(debt == seen.debt, string.concat("1: sum of P- after ", what));
        int256 sum = int256(capital + profit) - int256(debt) - seen.shortfall;
        for (uint256 i = 0; i < instruments.length; i++) {
            sum += seen.instruments[i].longGain + seen.instruments[i].shortGain;
        }
        int256 gap = int256(seen.tokens) - sum;
        require_(gap < int256(UNIT) && gap > -int256(UNIT), string.concat("1: conservation after ", what));
    }

    function checkOpenInterest(string memory what, VaultState memory seen, uint256 i) private {
        uint256 long;
        uint256 short;
        for (uint256 k = 0; k < seen.accounts.length; k++) {
            int256 size = seen.accounts[k].sizes[i];
            if (size > 0) long += uint256(size);
            else short += uint256(-size);
        }
        uint256 bound = RESIDUE * (operations + 1);
        require_(seen.instruments[i].residueLong <= bound, string.concat("3: residue of longs after ", what));
        require_(seen.instruments[i].residueShort <= bound, string.concat("3: residue of shorts after ", what));
        uint256 residue = seen.instruments[i].residueLong + seen.instruments[i].residueShort + ROUNDING;
        // What has settled is taken from one account after the other.
        require_(
            seen.instruments[i].isFinal || distance(seen.instruments[i].long, seen.instruments[i].short) <= residue,
            string.concat("3: longs are shorts after ", what)
        );
        require_(distance(long, seen.instruments[i].long) <= residue, string.concat("3: sum of longs after ", what));
        require_(distance(short, seen.instruments[i].short) <= residue, string.concat("3: sum of shorts after ", what));
    }

    /// Invariant 4 for an account without a part in the operation: nothing of it has changed but what prices do.
    function checkBystander(string memory what, VaultState memory seen, uint256 k) internal {
        require_(
            seen.accounts[k].capital == state.accounts[k].capital && seen.accounts[k].pnl == state.accounts[k].pnl,
            string.concat("4: ", what, " changed ", vm.toString(k))
        );
    }

    function distance(uint256 one, uint256 two) internal pure returns (uint256) {
        return one > two ? one - two : two - one;
    }
}
