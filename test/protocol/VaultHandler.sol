// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {Tape} from "../mocks/Tape.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {Ghost} from "./Ghost.sol";
import {Lens, VaultState} from "./Lens.sol";
import {Trader} from "./Protocol.sol";

/// A series of options on the first instrument.
struct Series {
    uint64 expiry;
    uint256 strike;
    bool isCall;
}

/// What an invariant run may do to a vault: everything that anybody can, well meant or not.
contract VaultHandler is Ghost {
    /// Six people; the first two have a second account each.
    uint256 public constant ACTORS = 8;
    uint256 private constant OWNERS = 6;
    /// Accounts that nobody trades with: the pool's, the treasury's, the vault's own for fees, and a stranger's.
    uint256 private constant POOL = ACTORS;
    uint256 public constant MAX_REWARD = 10e18;
    uint256 internal constant NOBODY = type(uint256).max;
    uint256 private constant USD = 1e6;
    uint256 private constant ALL = type(uint256).max;
    int256 internal constant FEED_TO_WAD = 1e10;

    IInsurancePool private immutable pool;
    IOracleGuard internal immutable guard;
    QuoteToken private immutable token;
    Tape private immutable tape;
    address internal immutable stranger = address(0xbad);

    Trader[] internal actors;
    ChainlinkFeed[] private feeds; // a primary and a secondary for each instrument
    bytes32[] internal assets;
    int256[] internal prices;
    int256[] private starts;
    /// Of the instruments after those that have a price of their own.
    Series[] private series;
    uint64 private volatility = 0.8e18;
    uint256 private nonce = 1_000;

    constructor(
        IMarginVault vault_,
        IOracleGuard guard_,
        Lens lens_,
        Tape tape_,
        uint32[] memory instruments_,
        bytes32[] memory assets_,
        ChainlinkFeed[] memory feeds_,
        int256[] memory prices_,
        Series[] memory series_
    ) Ghost(vault_, lens_) {
        (guard, tape) = (guard_, tape_);
        pool = IInsurancePool(vault_.pool());
        token = QuoteToken(vault_.quoteToken());
        (instruments, assets, feeds, prices, starts) = (instruments_, assets_, feeds_, prices_, prices_);
        for (uint256 k = 0; k < series_.length; k++) {
            series.push(series_[k]);
        }
        for (uint256 k = 0; k < ACTORS; k++) {
            uint256 key = uint256(keccak256(abi.encode("actor", k % OWNERS)));
            address person = cheats.addr(key);
            actors.push(Trader(key, person, bytes32(uint256(uint160(person)) << 96 | k / OWNERS)));
            accounts.push(actors[k].account);
        }
        address[4] memory others = [address(pool), vault_.parameters().treasury, address(vault_), stranger];
        for (uint256 k = 0; k < others.length; k++) {
            accounts.push(bytes32(bytes20(others[k])));
        }
    }

    function actor(uint256 k) external view returns (Trader memory) {
        return actors[k];
    }

    /// Called once everybody has deposited and traded.
    function start() external {
        open();
    }

    // ---- time and prices

    function movePrices(uint256 seed) public {
        for (uint256 i = 0; i < prices.length; i++) {
            int256 change = int256(uint256(keccak256(abi.encode(seed, i))) % 81) - 40;
            movePrice(i, change); // -4 % to +4 %
        }
        write(1 + seed % 900);
    }

    /// One price jumps by 8 % to 18 %, up or down.
    function jump(uint256 seed) public {
        int256 change = int256(80 + seed / 4 % 101);
        movePrice(seed / 2 % prices.length, seed % 2 == 0 ? change : -change);
        write(1 + seed % 60);
    }

    /// Minutes to a day and a half in which nothing is heard of anybody.
    function wait(uint256 seed) public {
        write(1 minutes + seed % 36 hours);
    }

    function movePrice(uint256 i, int256 thousandths) private {
        int256 price = prices[i] * (1000 + thousandths) / 1000;
        if (price < starts[i] / 3) price = starts[i] / 3;
        if (price > starts[i] * 3) price = starts[i] * 3;
        prices[i] = price;
    }

    function write(uint256 secs) private {
        vm.warp(block.timestamp + secs);
        int256[] memory answers = new int256[](feeds.length);
        for (uint256 k = 0; k < feeds.length; k++) {
            answers[k] = prices[k / 2];
        }
        tape.write(feeds, answers, guard, assets);
        quote();
        after_("prices", NOBODY, NOBODY);
    }

    /// Volatility goes up or down by at most four points, as the price's last digits have it.
    function quote() private {
        volatility = uint64(int64(volatility) + int64(prices[0] % 9 - 4) * 0.01e18);
        if (volatility < 0.3e18) volatility = 0.3e18;
        if (volatility > 2e18) volatility = 2e18;
        uint64[] memory expiries = new uint64[](series.length);
        uint64[] memory volatilities = new uint64[](series.length);
        for (uint256 k = 0; k < series.length; k++) {
            (expiries[k], volatilities[k]) = (series[k].expiry, volatility);
        }
        tape.quote(guard, assets[0], expiries, volatilities);
    }

    // ---- options

    /// Goes to the last day of one expiry, and on to some minutes around it.
    function expire(uint256 seed) public {
        uint64 expiry = series[seed % series.length].expiry;
        if (block.timestamp + 1 days < expiry) write(expiry - block.timestamp - 1 days + seed % 8 hours);
        if (block.timestamp < expiry) write(expiry - block.timestamp - seed % 5 minutes);
        write(1 + seed % 1 hours);
    }

    /// Removes a series if nobody holds it, and lists another one in its place, or leaves everything as it is.
    function relist(uint256 seed) public {
        uint256 place = seed % series.length;
        string memory before = Node.snapshot();
        if (!operate(anybody(seed), abi.encodeCall(IMarginVault.delist, (instruments[prices.length + place])))) return;
        Series memory next = Series({
            expiry: uint64((block.timestamp + 1 days * (1 + seed / 7 % 4) + 16 hours) / 1 days * 1 days + 8 hours),
            strike: uint256(prices[0] / 1e9 + int256(seed / 28 % 5) - 2) * 10e18,
            isCall: seed / 140 % 2 == 0
        });
        Series memory last = series[place];
        series[place] = next;
        quote();
        vm.prank(stranger);
        try vault.listOption(
            instruments[0], next.expiry, next.strike, next.isCall, bytes32(bytes20(stranger))
        ) returns (
            uint32 number
        ) {
            instruments[prices.length + place] = number;
            VaultState memory seen = look();
            marks[prices.length + place] = int256(seen.instruments[prices.length + place].mark);
            after_("relist", seen, NOBODY, NOBODY);
        } catch {
            series[place] = last;
            Node.revertTo(before);
        }
    }

    function refresh(uint256 seed) public {
        uint32[] memory numbers = new uint32[](1);
        numbers[0] = instruments[prices.length + seed % series.length];
        if (!operate(anybody(seed), abi.encodeCall(IMarginVault.refresh, (numbers)))) return;
        after_("refresh", NOBODY, NOBODY);
    }

    // ---- what owners do

    /// Every second trade is meant to close what both have; the others are of up to 12,000 dollars.
    function trade(uint256 buyerSeed, uint256 sellerSeed, uint256 seed) public {
        uint256 i = seed % instruments.length;
        bool reduce = seed / 16 % 2 == 0;
        uint256 buyer = reduce ? holder(buyerSeed, i, -1) : buyerSeed % ACTORS;
        uint256 seller = reduce ? holder(sellerSeed, i, 1) : (buyer + 1 + sellerSeed % (ACTORS - 1)) % ACTORS;
        int256 spot = (i < prices.length ? prices[i] : prices[0]) * FEED_TO_WAD;
        uint256 size = 1e12 + uint256(keccak256(abi.encode(seed))) % (12_000e36 / uint256(spot));
        int256 price = (i < prices.length ? spot : marks[i]) * (980 + int256(seed / 64 % 41)) / 1000;
        IMarginVault.Order memory maker = order(seller, i, -int256(size), uint256(price), true, reduce);
        IMarginVault.Order memory taker = order(buyer, i, int256(size), uint256(price), false, reduce);
        bytes memory data =
            abi.encodeCall(IMarginVault.settle, (maker, sign(seller, maker), taker, sign(buyer, taker), size));
        if (!operate(stranger, data)) return;
        afterTrade(buyer, seller, i, price);
    }

    /// Of all, from a place given by `seed` on, the first on side `side` of instrument `i`, or else that place.
    function holder(uint256 seed, uint256 i, int256 side) internal view returns (uint256) {
        for (uint256 k = 0; k < ACTORS; k++) {
            uint256 place = (seed % ACTORS + k) % ACTORS;
            if (state.accounts[place].sizes[i] * side > 0) return place;
        }
        return seed % ACTORS;
    }

    function afterTrade(uint256 buyer, uint256 seller, uint256 i, int256 price) internal {
        VaultState memory seen = look();
        followPrices(seen);
        int256 size = seen.accounts[buyer].sizes[i] - state.accounts[buyer].sizes[i];
        require_(
            size + seen.accounts[seller].sizes[i] - state.accounts[seller].sizes[i] <= 1e3
                && size + seen.accounts[seller].sizes[i] - state.accounts[seller].sizes[i] >= -1e3,
            "3: a trade moves one size"
        );
        int256 edge = size * (marks[i] - price) / WAD;
        (int256 makerFee, int256 takerFee) = fees(i, size, price);
        afterSide(seen, buyer, edge, takerFee);
        afterSide(seen, seller, -edge, makerFee);
        for (uint256 k = 0; k < accounts.length; k++) {
            if (k == POOL + 2) gained("trade", seen, k);
            else if (k != buyer && k != seller) checkBystander("trade", seen, k);
        }
        check("trade", seen);
        remember(seen);
    }

    /// Of an option a share of the underlying's notional, at most an eighth of its price.
    function fees(uint256 i, int256 size, int256 price) private view returns (int256 makerFee, int256 takerFee) {
        if (i < prices.length) {
            IMarginVault.Instrument memory terms = vault.instrument(instruments[i]);
            (makerFee, takerFee) = (int256(uint256(terms.makerFee)), int256(uint256(terms.takerFee)));
            return (size * price / WAD * makerFee / WAD, size * price / WAD * takerFee / WAD);
        }
        IMarginVault.OptionRules memory rules = vault.optionRules(instruments[0]);
        int256 notional = size * marks[0] / WAD;
        makerFee = least(notional * int256(uint256(rules.makerFee)) / WAD, size * price / WAD / 8);
        takerFee = least(notional * int256(uint256(rules.takerFee)) / WAD, size * price / WAD / 8);
    }

    function least(int256 one, int256 two) private pure returns (int256) {
        return one < two ? one : two;
    }

    /// What a trade may leave of capital. The distance of its price from the mark is paid first, from settled profit and then
    /// from capital; then legs may be settled; the fee may come from capital though legs that are not traded are ahead.
    function leastAfterTrade(uint256 k, int256 edge, int256 fee) private view returns (int256 kept) {
        int256 unsettled = settledProfit(k) - state.accounts[k].pnl;
        int256 profit = state.accounts[k].pnl + edge;
        kept = int256(state.accounts[k].capital) - fee - int256(slack[k] + UNIT);
        if (profit < 0) (kept, profit) = (kept + profit, 0);
        if (profit + unsettled < 0) kept += profit + unsettled;
    }

    /// Invariants 4 and 5 for one party of a trade whose price is better than the mark by `edge` and who pays `fee`.
    function afterSide(VaultState memory seen, uint256 k, int256 edge, int256 fee) private {
        checkCapital("a trade", seen, k, leastAfterTrade(k, edge, fee));
        claims[k] += edge - fee;
        slack[k] += ROUNDING;
        bool safe = seen.accounts[k].equity >= int256(seen.accounts[k].initial);
        require_(safe || reducedRisk(seen, k), string.concat("5: a trade left ", vm.toString(k)));
    }

    /// Maintenance fell, equity is not negative, and equity did not fall against maintenance.
    function reducedRisk(VaultState memory seen, uint256 k) private view returns (bool) {
        (int256 equity, uint256 margin) = (seen.accounts[k].equity, seen.accounts[k].maintenance);
        uint256 before = state.accounts[k].maintenance;
        // The state before may be older than the last funding payment: a millionth of the margin for that.
        int256 tolerance = int256(before * before / 1e6);
        return margin <= before && equity >= 0
            && equity * int256(before) + tolerance >= state.accounts[k].equity * int256(margin);
    }

    function deposit(uint256 seed, uint256 amount) public {
        uint256 k = seed % ACTORS;
        amount = 1 + amount % (10_000 * USD);
        address payer = actors[seed / ACTORS % OWNERS].owner;
        token.mint(payer, amount);
        vm.prank(payer);
        token.approve(address(vault), amount);
        if (!operate(payer, abi.encodeCall(IMarginVault.deposit, (accounts[k], amount)))) {
            violate("a deposit failed");
            return;
        }
        claims[k] += int256(amount * UNIT);
        after_("deposit", k, NOBODY);
    }

    function withdraw(uint256 seed, uint256 amount) public {
        uint256 k = seed % ACTORS;
        bytes memory data =
            abi.encodeCall(IMarginVault.withdraw, (accounts[k], 1 + amount % (3_000 * USD), actors[k].owner));
        if (!operate(actors[k].owner, data)) return;
        VaultState memory seen = look();
        afterPayment("withdraw", seen, k, int256(state.tokens) - int256(seen.tokens));
        after_("withdraw", seen, k, NOBODY);
    }

    function transfer(uint256 seed, uint256 amount) public {
        uint256 from = seed % 2 == 0 ? seed / 2 % 2 : OWNERS + seed / 2 % 2;
        uint256 to = from < OWNERS ? from + OWNERS : from - OWNERS;
        amount = 1 + amount % 3_000e18;
        if (!operate(actors[from].owner, abi.encodeCall(IMarginVault.transfer, (accounts[from], accounts[to], amount))))
        {
            return;
        }
        VaultState memory seen = look();
        // What arrives pays a debt first.
        require_(worth(seen, to) - worth(state, to) == int256(amount), "a transfer arrives");
        claims[to] += int256(amount);
        afterPayment("transfer", seen, from, int256(amount));
        after_("transfer", seen, from, to);
    }

    /// `value` of capital has left account `k`, which was settled for it and needs initial margin afterwards.
    function afterPayment(string memory what, VaultState memory seen, uint256 k, int256 value) private {
        followPrices(seen);
        checkCapital(what, seen, k, leastCapital(k, value, true, 0));
        claims[k] -= value;
        settled(what, seen, k);
        require_(
            seen.accounts[k].equity >= int256(seen.accounts[k].initial), string.concat("5: initial margin of ", what)
        );
    }

    /// By its owner, or by a stranger, who may only after a day of impairment.
    function convert(uint256 seed) public {
        uint256 k = seed % ACTORS;
        address caller = seed / ACTORS % 3 == 0 ? stranger : actors[k].owner;
        if (!operate(caller, abi.encodeCall(IMarginVault.convert, (accounts[k], ALL)))) return;
        VaultState memory seen = look();
        followPrices(seen);
        require_(
            caller != stranger || (state.impairedSince > 0 && state.impairedSince + 1 days <= block.timestamp),
            "a stranger converted"
        );
        checkCapital("a conversion", seen, k, leastCapital(k, 0, false, state.coverage));
        // It leaves the coverage ratio as it is, unless there is nothing left that it counts for.
        uint256 claimed = seen.profit;
        require_(
            claimed < 1e12 || distance(seen.coverage, state.coverage) < 1e9 || state.coverage < 1e6,
            "conversion moved h"
        );
        settle(seen, k);
        after_("convert", seen, k, NOBODY);
    }

    // ---- what anybody does to others

    function touch(uint256 seed) public {
        uint256 k = seed % ACTORS;
        if (!operate(anybody(seed), abi.encodeCall(IMarginVault.touch, (accounts[k])))) {
            violate("a touch failed");
            return;
        }
        VaultState memory seen = look();
        followPrices(seen);
        checkCapital("a touch", seen, k, leastCapital(k, 0, false, uint256(WAD)));
        settled("touch", seen, k);
        after_("touch", seen, k, NOBODY);
    }

    function rebucket(uint256 seed) public {
        uint256 k = seed % ACTORS;
        if (!operate(anybody(seed), abi.encodeCall(IMarginVault.rebucket, (accounts[k])))) return;
        VaultState memory seen = look();
        followPrices(seen);
        settled("rebucket", seen, k);
        after_("rebucket", seen, k, NOBODY);
    }

    function liquidate(uint256 seed, uint256 intoSeed, uint256 share) public {
        uint256 k = weakest(seed);
        uint256 into = (k + 1 + intoSeed % (ACTORS - 1)) % ACTORS;
        share = seed % 4 == 0 ? 1e15 + share % 1e18 : ALL;
        bytes memory data = abi.encodeCall(IMarginVault.liquidate, (accounts[k], accounts[into], share));
        if (!operate(actors[into].owner, data)) return;
        VaultState memory seen = look();
        followPrices(seen);
        int256 penalty = 2 * (worth(seen, POOL) - worth(state, POOL));
        checkCapital("a liquidation", seen, k, leastCapital(k, penalty + int256(UNIT), false, state.coverage));
        checkCapital("liquidating", seen, into, leastCapital(into, 0, false, state.coverage));
        require_(seen.accounts[into].equity >= int256(seen.accounts[into].initial), "5: the liquidator's margin");
        settle(seen, k);
        settle(seen, into);
        gained("liquidate", seen, POOL);
        after_("liquidate", seen, k, into, POOL);
    }

    function liquidateBatch(uint256 seed) public {
        uint256 into = seed % ACTORS;
        bytes32[] memory batch = new bytes32[](ACTORS - 1);
        for (uint256 k = 0; k < batch.length; k++) {
            batch[k] = accounts[(into + 1 + k) % ACTORS];
        }
        bytes memory data = abi.encodeCall(IMarginVault.liquidateBatch, (batch, accounts[into], ALL));
        if (!operate(actors[into].owner, data)) return;
        VaultState memory seen = look();
        followPrices(seen);
        int256 penalties = 2 * (worth(seen, POOL) - worth(state, POOL));
        for (uint256 k = 0; k < ACTORS; k++) {
            int256 cost = k == into ? int256(0) : penalties + int256(UNIT);
            checkCapital("a batch", seen, k, leastCapital(k, cost, false, state.coverage));
            claims[k] += worth(seen, k) - worth(state, k) - (settledProfit(k) - state.accounts[k].pnl);
            settle(seen, k);
        }
        bool safe = seen.accounts[into].equity >= int256(seen.accounts[into].initial);
        require_(safe || same(seen, into), "5: the liquidator's margin after a batch");
        gained("batch", seen, POOL);
        check("batch", seen);
        remember(seen);
    }

    /// Nothing of the account has changed but what prices and expiries do.
    function same(VaultState memory seen, uint256 k) private view returns (bool) {
        for (uint256 i = 0; i < instruments.length; i++) {
            if (seen.instruments[i].isFinal) continue;
            if (seen.accounts[k].sizes[i] != state.accounts[k].sizes[i]) return false;
        }
        return true;
    }

    function deleverage(uint256 seed) public {
        close(weakest(seed), anybody(seed), seed % 3 == 0 ? 1 : 16);
    }

    /// Closes whoever has no equity, so that runs reach what comes after.
    function closeBankrupts(uint256 seed) public {
        touchEverybody();
        for (uint256 k = 0; k < ACTORS; k++) {
            if (state.accounts[k].pnl < 0) close(k, anybody(seed >> k), 16);
        }
    }

    function close(uint256 k, address caller, uint256 maxLegs) private {
        if (!operate(caller, abi.encodeCall(IMarginVault.deleverage, (accounts[k], maxLegs)))) return;
        VaultState memory seen = look();
        followPrices(seen);
        int256 penalty = worth(seen, POOL) - worth(state, POOL);
        checkCapital("a deleveraging", seen, k, leastCapital(k, penalty + int256(UNIT), false, state.coverage));
        settle(seen, k);
        for (uint256 other = 0; other < accounts.length; other++) {
            if (other != k) gained("deleverage", seen, other); // a reward, or the pool's penalty
        }
        check("deleverage", seen);
        remember(seen);
    }

    /// Invariant 6: all who owe are closed in two orders, from the same state; what is left is the same. What insurance pays as
    /// rewards may differ, because an account that others' closings have cut brings less: nothing else differs.
    function closeInTwoOrders(uint256 seed) public {
        touchEverybody();
        uint256 bankrupts;
        for (uint256 k = 0; k < ACTORS; k++) {
            if (state.accounts[k].pnl < 0) bankrupts++;
        }
        string memory before = Node.snapshot();
        VaultState memory one = closeFrom(seed % ACTORS, 1);
        Node.revertTo(before);
        VaultState memory two = closeFrom((seed / ACTORS) % ACTORS, ACTORS - 1);
        uint256 rewards = bankrupts * MAX_REWARD;
        same("6: insurance", one.insurance * UNIT, two.insurance * UNIT, rewards + UNIT);
        same("6: missing", one.missing, two.missing, UNIT);
        for (uint256 k = 0; k < ACTORS; k++) {
            require_(near(one.accounts[k].equity, two.accounts[k].equity, rewards + UNIT), "6: equity");
            for (uint256 i = 0; i < instruments.length; i++) {
                require_(near(one.accounts[k].sizes[i], two.accounts[k].sizes[i], UNIT), "6: size");
            }
        }
        for (uint256 k = 0; k < accounts.length; k++) {
            settle(two, k);
        }
        check("closing in another order", two);
        remember(two);
    }

    function same(string memory what, uint256 one, uint256 two, uint256 limit) private {
        if (distance(one, two) > limit) violate(string.concat(what, " ", text(one), " or ", text(two)));
    }

    /// Closes everybody in debt, from place `first` on in steps of `stride`, then settles everybody.
    function closeFrom(uint256 first, uint256 stride) private returns (VaultState memory) {
        for (uint256 k = 0; k < ACTORS; k++) {
            uint256 place = (first + k * stride) % ACTORS;
            if (state.accounts[place].pnl >= 0) continue;
            operate(stranger, abi.encodeCall(IMarginVault.deleverage, (accounts[place], 16)));
        }
        for (uint256 k = 0; k < ACTORS; k++) {
            operate(stranger, abi.encodeCall(IMarginVault.touch, (accounts[k])));
        }
        return look();
    }

    function touchEverybody() private {
        for (uint256 k = 0; k < ACTORS; k++) {
            operate(stranger, abi.encodeCall(IMarginVault.touch, (accounts[k])));
        }
        VaultState memory seen = look();
        followPrices(seen);
        for (uint256 k = 0; k < ACTORS; k++) {
            settled("touch", seen, k);
        }
        check("touching everybody", seen);
        checkSettledClaims(seen);
        remember(seen);
    }

    function recover(uint256 seed) public {
        uint32 instrument = instruments[seed % prices.length];
        if (!operate(stranger, abi.encodeCall(IMarginVault.recover, (instrument)))) return;
        VaultState memory seen = look();
        require_(seen.missing <= state.missing, "recovering left more missing");
        after_("recover", seen, NOBODY, NOBODY);
    }

    function distributeFees(uint256 seed) public {
        if (!operate(anybody(seed), abi.encodeCall(IMarginVault.distributeFees, ()))) return;
        VaultState memory seen = look();
        gained("distributing fees", seen, POOL);
        gained("distributing fees", seen, POOL + 1);
        settle(seen, POOL + 2);
        require_(
            worth(seen, POOL) + worth(seen, POOL + 1) + worth(seen, POOL + 2)
                <= worth(state, POOL) + worth(state, POOL + 1) + worth(state, POOL + 2),
            "distributing fees made money"
        );
        check("distributing fees", seen);
        remember(seen);
    }

    function harvest() public {
        try pool.harvest(address(vault)) {
            VaultState memory seen = look();
            settle(seen, POOL);
            after_("harvest", seen, POOL, NOBODY);
        } catch {}
    }

    /// Somebody who may do nothing tries all of it.
    function trespass(uint256 seed) public {
        uint256 k = seed % ACTORS;
        bytes[5] memory attempts;
        attempts[0] = abi.encodeCall(IMarginVault.withdraw, (accounts[k], 1, stranger));
        attempts[1] = abi.encodeCall(IMarginVault.transfer, (accounts[k], accounts[ACTORS + 3], 1));
        attempts[2] = abi.encodeCall(IMarginVault.liquidate, (accounts[k], accounts[(k + 1) % ACTORS], ALL));
        attempts[3] = abi.encodeCall(IOwnable.acceptOwnership, ());
        IMarginVault.Order memory maker = order(k, 0, -1e15, uint256(prices[0] * FEED_TO_WAD), true, false);
        IMarginVault.Order memory taker =
            order((k + 1) % ACTORS, 0, 1e15, uint256(prices[0] * FEED_TO_WAD), false, false);
        bytes memory forged = sign((k + 2) % OWNERS, taker);
        if (k % OWNERS == (k + 1) % ACTORS % OWNERS) return;
        attempts[4] = abi.encodeCall(
            IMarginVault.settle,
            (maker, sign(k, maker), taker, (k + 2) % OWNERS == (k + 1) % ACTORS % OWNERS ? bytes("") : forged, 1e15)
        );
        for (uint256 n = 0; n < attempts.length; n++) {
            if (operate(stranger, attempts[n])) violate(string.concat("a stranger got through with ", vm.toString(n)));
        }
    }

    // ---- how

    function operate(address caller, bytes memory data) internal virtual returns (bool success) {
        operations++;
        vm.prank(caller);
        (success,) = address(vault).call(data);
    }

    /// An actor's owner, or somebody without an account who is paid rewards all the same.
    function anybody(uint256 seed) private view returns (address) {
        uint256 place = seed / 7 % (OWNERS + 1);
        return place == OWNERS ? stranger : actors[place].owner;
    }

    /// Of all, from a place given by `seed` on, the first with less than maintenance margin, or else that place.
    function weakest(uint256 seed) private view returns (uint256) {
        for (uint256 k = 0; k < ACTORS; k++) {
            uint256 place = (seed % ACTORS + k) % ACTORS;
            if (state.accounts[place].equity < int256(state.accounts[place].maintenance)) return place;
        }
        return seed % ACTORS;
    }

    function after_(string memory what, uint256 one, uint256 two) internal {
        VaultState memory seen = look();
        followPrices(seen);
        after_(what, seen, one, two);
    }

    function after_(string memory what, VaultState memory seen, uint256 one, uint256 two) internal {
        after_(what, seen, one, two, NOBODY);
    }

    /// Ends an operation in which only the accounts at three places had a part.
    function after_(string memory what, VaultState memory seen, uint256 one, uint256 two, uint256 three) private {
        followPrices(seen);
        for (uint256 k = 0; k < accounts.length; k++) {
            if (k != one && k != two && k != three) checkBystander(what, seen, k);
        }
        check(what, seen);
        remember(seen);
    }

    /// The account was settled: it has what this book says, no more and no less.
    function settled(string memory what, VaultState memory seen, uint256 k) internal {
        int256 error = worth(seen, k) - claims[k];
        int256 limit = int256(slack[k] + UNIT);
        require_(error <= limit && error >= -limit, string.concat(what, ": claim of ", vm.toString(k)));
        settle(seen, k);
    }

    /// An account that may have been paid something, and has lost nothing.
    function gained(string memory what, VaultState memory seen, uint256 k) private {
        require_(
            seen.accounts[k].capital >= state.accounts[k].capital && seen.accounts[k].pnl >= state.accounts[k].pnl,
            string.concat("4: ", what, " took from ", vm.toString(k))
        );
        claims[k] += worth(seen, k) - worth(state, k);
    }

    /// Capital and settled profit or debt.
    function worth(VaultState memory seen, uint256 k) private pure returns (int256) {
        return int256(seen.accounts[k].capital) + seen.accounts[k].pnl;
    }

    function near(int256 one, int256 two, uint256 limit) private pure returns (bool) {
        return one - two <= int256(limit) && two - one <= int256(limit);
    }

    function order(uint256 k, uint256 i, int256 size, uint256 price, bool maker, bool reduceOnly)
        internal
        returns (IMarginVault.Order memory)
    {
        return IMarginVault.Order({
            account: accounts[k],
            instrument: instruments[i],
            size: size,
            limitPrice: price,
            nonce: nonce++,
            expiry: uint64(block.timestamp + 1 days),
            maker: maker,
            reduceOnly: reduceOnly
        });
    }

    function sign(uint256 k, IMarginVault.Order memory signed) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(actors[k].key, vault.hashOrder(signed));
        return abi.encodePacked(r, s, v);
    }
}
