// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";
import {Perpetual, ProtocolTest, Trader} from "./Protocol.sol";

/// What fails in one market stays there. Three markets have the same quote token, guard, traders and underlyings, each with feeds
/// of its own; whatever happens to one, the others hold, owe and do to the unit what they would have without it.
contract IsolationTest is ProtocolTest {
    uint256 private constant MARKETS = 3;
    /// The last is experimental.
    uint256 private constant EXPERIMENTAL = 2;
    uint256 private constant BOND = 100_000 * USD;
    uint256 private constant INSURED = 1_000_000 * USD;
    /// The floor of the listings is a twentieth of 200 dollars.
    int256 private constant JUST_ABOVE_FLOOR = 10.5e8;
    uint256 private constant SHARE = 1e21;

    IMarginVault[MARKETS] private vaults;
    IInsurancePool[MARKETS] private pools;
    mapping(uint256 market => mapping(uint32 instrument => Perpetual)) private kept;
    uint256 private current;
    uint64 private expiry;
    /// How many of the random operations succeeded.
    uint256 private done;

    function setUpNode() internal override {
        install();
        expiry = expiryAfter(20 days);
        for (uint256 k = 0; k < MARKETS; k++) {
            delete listed;
            list(ETH, SYMBOL, 200 * FEED);
            list(BTC, "BTC", 5_000 * FEED);
            if (k == EXPERIMENTAL) {
                experiment();
            } else {
                openMarket(bytes32(k));
                insure(INSURED);
            }
            (vaults[k], pools[k], current) = (vault, pool, k);
            populate(k);
            keep();
        }
    }

    /// Alice's market, for which her bond stands.
    function experiment() private {
        IMarketFactory.MarketConfig memory config = configuration(address(token), "experiment");
        config.bond = BOND;
        config.listings[0].parameters.coverAllowance = uint128(BOND * UNIT * 8 / 10);
        config.listings[1].parameters.coverAllowance = uint128(BOND * UNIT * 2 / 10);
        giveBond(address(token), alice.owner, BOND);
        vm.prank(alice.owner);
        (address newVault, address newPool) = factory.createMarket(abi.encode(config));
        attach("vault", newVault);
        attach("pool", newPool);
        (vault, pool) = (IMarginVault(newVault), IInsurancePool(newPool));
        asset = assetOf(ETH);
        holdRange(ETH, 0.01e18);
        holdRange(BTC, 0.01e18);
    }

    /// Everybody trades everywhere; Alice's position is one that the way to the floor ruins.
    function populate(uint256 market) private {
        uint256 scale = market == EXPERIMENTAL ? 1 : 10;
        deposit(alice, 8_000 * scale * USD);
        deposit(bob, 60_000 * scale * USD);
        deposit(carol, 1_000 * USD);
        deposit(dave, 20_000 * USD);
        trade(ETH, alice, bob, 200e18 * scale, 200e18);
        trade(ETH, carol, bob, 45e18, 200e18);
        trade(BTC, bob, dave, 1e18, 5_000e18);
        setPrice(ETH, 202 * FEED);
        vault.touch(alice.account);
        setSurface(ETH, expiry, 0.6e18, 0, 0);
    }

    /// Makes a market the one at hand.
    function use(uint256 market) private {
        keep();
        perpetuals[ETH] = kept[market][ETH];
        perpetuals[BTC] = kept[market][BTC];
        (vault, pool, current) = (vaults[market], pools[market], market);
        (feed, asset) = (perpetuals[ETH].primary, assetOf(ETH));
    }

    /// Remembers the feeds of the market at hand, and what they said.
    function keep() private {
        kept[current][ETH] = perpetuals[ETH];
        kept[current][BTC] = perpetuals[BTC];
    }

    // ---- everything there is to know of a market

    function fingerprint(uint256 market) private returns (bytes32) {
        use(market);
        bytes memory all = abi.encode(money(), ledger(), insurance());
        Trader[4] memory traders = [alice, bob, carol, dave];
        for (uint256 k = 0; k < 4; k++) {
            all = abi.encode(all, account(traders[k]));
        }
        all = abi.encode(all, instrument(ETH), instrument(BTC));
        (IOracleGuard.Surface memory surface, uint64 updatedAt, bool isFresh) = guard.surface(asset, expiry);
        return keccak256(abi.encode(all, surface, updatedAt, isFresh));
    }

    function money() private view returns (bytes memory) {
        (,, uint8 class) = factory.marketAt(current);
        return abi.encode(token.balanceOf(address(vault)), token.balanceOf(address(pool)), class);
    }

    function ledger() private view returns (bytes memory) {
        (uint256 tokens, uint256 capital, uint256 profit, uint256 debt) = vault.totals();
        (uint256 h, uint256 value) = vault.coverage();
        (uint256 left, uint256 hourly, uint256 daily) = vault.outflow();
        return abi.encode(
            abi.encode(tokens, capital, profit, debt, h, value),
            abi.encode(left, hourly, daily, vault.shortfall(), vault.impairedSince()),
            abi.encode(vault.parameters(), vault.owner(), vault.steward())
        );
    }

    function insurance() private view returns (bytes memory) {
        (uint256 payable_, uint256 measure, uint256 lasting,) = pool.available(address(vault));
        (uint256 bonded, uint256 worth) = pool.bond();
        bytes memory shares = abi.encode(pool.totalAssets(), pool.totalSupply(), pool.convertToAssets(SHARE));
        bytes memory holders = abi.encode(pool.balanceOf(address(this)), pool.balanceOf(alice.owner));
        return
            abi.encode(payable_, measure, lasting, bonded, worth, shares, holders, pool.parameters(), pool.isPromoted());
    }

    function account(Trader memory trader) private view returns (bytes memory) {
        (uint256 capital, int256 pnl) = vault.balances(trader.account);
        (int256 equity, uint256 maintenance, uint256 initial, uint64 clock) = vault.health(trader.account);
        (uint32[] memory ids, int256[] memory sizes) = vault.legs(trader.account);
        return abi.encode(
            abi.encode(capital, pnl, equity, maintenance, initial, clock),
            abi.encode(ids, sizes, vault.immature(trader.account), vault.isSigner(trader.owner, guardian))
        );
    }

    function instrument(uint32 number) private view returns (bytes memory) {
        (uint256 long, uint256 short) = vault.openInterest(number);
        (int256 longGain, int256 shortGain) = vault.unsettled(number);
        (int256 rate, int256 paid) = vault.funding(number);
        (uint256 left, uint256 limit) = vault.cover(number);
        return abi.encode(
            abi.encode(long, short, longGain, shortGain, rate, paid, left, limit),
            abi.encode(vault.instrument(number), guard.read(assetOf(number)), guard.feed(assetOf(number)))
        );
    }

    // ---- driven to zero

    /// The price falls to its floor, both sources break, the guardian trips what is left, accounts go under, insurance and bond
    /// are drawn to the last unit, and nobody refreshes the surface.
    function ruin(uint256 market) private {
        use(market);
        IInsurancePool.Parameters memory parameters = pool.parameters();
        parameters.dailyDrawShare = 1e18;
        vm.prank(owner);
        pool.setParameters(parameters, 0);
        vm.prank(address(vault));
        pool.cover(type(uint128).max);
        setPriceCalmly(ETH, JUST_ABOVE_FLOOR);
        vault.touch(alice.account);
        (bool closed, uint256 deficit, uint256 insured) = vault.deleverage(alice.account, 16);
        vm.assertTrue(closed);
        vm.assertGt(deficit, 0);
        vm.assertEq(insured, 0);
        vault.deleverage(carol.account, 16);
        setPriceCalmly(BTC, 260 * FEED);
        vault.touch(bob.account);
        setSources(ETH, 0, 0);
        setSources(BTC, 0, 0);
        perpetuals[ETH].primary.setClosed(true);
        perpetuals[BTC].secondary.setClosed(true);
        guard.poke(assetOf(ETH));
        guard.poke(assetOf(BTC));
    }

    function checkRuined(uint256 market) private {
        use(market);
        (, uint256 worth) = pool.bond();
        vm.assertLe(pool.totalAssets(), 1);
        vm.assertLe(worth, 1);
        vm.assertLt(coverage(), WAD);
        vm.assertGt(missing(), 0);
        vm.assertEq(uint256(guard.read(assetOf(ETH)).tier), 3);
        vm.assertEq(uint256(guard.read(assetOf(BTC)).tier), 3);
    }

    /// Everything that people do in a market in the course of a bad day, which every operation survives.
    function live(uint256 market) private {
        use(market);
        refreshPrices();
        deposit(dave, 5_000 * USD);
        trade(ETH, dave, bob, 5e18, 202e18);
        vm.assertEq(withdraw(dave, 100 * USD), 100 * USD);
        vm.prank(dave.owner);
        vault.transfer(dave.account, subAccount(dave, 1).account, 50e18);
        setPriceCalmly(ETH, 185 * FEED);
        (uint256 share,) = liquidate(carol, dave, WAD / 10);
        vm.assertGt(share, 0);
        setPriceCalmly(ETH, 170 * FEED);
        (bool closed,,) = vault.deleverage(carol.account, 16);
        vm.assertTrue(closed);
        vault.touch(bob.account);
        elapse(2 days);
        refreshPrices();
        convert(bob);
        pool.harvest(address(vault));
        token.mint(address(this), 1_000 * USD);
        token.approve(address(pool), 1_000 * USD);
        pool.deposit(1_000 * USD, address(this));
        setSurface(ETH, expiry, 0.61e18, 0, 0);
        bytes32[] memory batch = new bytes32[](1);
        batch[0] = dave.account;
        vm.prank(bob.owner);
        vm.assertEq(vault.liquidateBatch(batch, bob.account, WAD), 0); // for he is healthy
    }

    /// The others after the ruin of `market`, and what they are without it, at the same moments.
    function compare(uint256 market) private {
        uint256 started = block.timestamp;
        string memory id = checkpoint();
        ruin(market);
        checkRuined(market);
        uint256 ended = block.timestamp;
        bytes32[2 * MARKETS] memory after_ = others(market);
        vm.assertEq(after_[market], bytes32(0));
        uint256 lived = block.timestamp;
        restorePrices(id);
        vm.assertEq(block.timestamp, started);
        vm.warp(ended);
        bytes32[2 * MARKETS] memory without = others(market);
        vm.assertEq(block.timestamp, lived);
        for (uint256 k = 0; k < 2 * MARKETS; k++) {
            vm.assertEq(after_[k], without[k], vm.toString(bytes32(k)));
        }
    }

    /// Fingerprints of all but `market`: now, and after each has lived.
    function others(uint256 market) private returns (bytes32[2 * MARKETS] memory found) {
        for (uint256 k = 0; k < MARKETS; k++) {
            if (k != market) found[k] = fingerprint(k);
        }
        for (uint256 k = 0; k < MARKETS; k++) {
            if (k == market) continue;
            live(k);
            found[MARKETS + k] = fingerprint(k);
        }
    }

    /// Takes the node back, and what this test knows of prices with it.
    function restorePrices(string memory id) private {
        restore(id);
        for (uint256 k = 0; k < MARKETS; k++) {
            kept[k][ETH].price = 202 * FEED;
            kept[k][BTC].price = 5_000 * FEED;
        }
        (perpetuals[ETH].price, perpetuals[BTC].price) = (202 * FEED, 5_000 * FEED);
    }

    function test_a_promoted_market_driven_to_zero_takes_nothing_from_the_others() public {
        compare(0);
    }

    function test_an_experimental_market_driven_to_zero_takes_nothing_from_the_others() public {
        compare(EXPERIMENTAL);
    }

    /// What the bond owes, nobody else is made to pay by a promotion.
    function test_a_market_with_a_deficit_is_not_promoted() public {
        ruin(EXPERIMENTAL);
        (,, uint256 profit, uint256 debt) = vault.totals();
        vm.assertGt(profit + debt, 0);
        vm.expectRevert(abi.encodeWithSelector(IInsurancePool.DebtKnown.selector, address(vault)));
        vm.prank(owner);
        factory.promote(address(vault));
        vm.assertFalse(pool.isPromoted());
    }

    /// The comparison sees a unit: of tokens, of insurance, of anybody's capital, of a price.
    function test_the_fingerprint_tells_a_unit() public {
        bytes32 before = fingerprint(1);
        string memory id = checkpoint();
        token.mint(address(pools[1]), 1);
        vm.assertNotEq(fingerprint(1), before);
        id = restore(id);
        vm.assertEq(fingerprint(1), before);
        deposit(carol, 1);
        vm.assertNotEq(fingerprint(1), before);
        id = restore(id);
        perpetuals[BTC].primary.push(5_000 * FEED + 1);
        guard.poke(assetOf(BTC));
        vm.assertNotEq(fingerprint(1), before);
    }

    /// One underlying, one quote token, one guard: three asset ids, so that nobody's feed is another's.
    function test_markets_of_one_underlying_have_entries_of_their_own() public {
        for (uint256 k = 0; k < MARKETS; k++) {
            use(k);
            vm.assertEq(vault.instrument(ETH).asset, keccak256(abi.encode(address(vault), SYMBOL)));
            vm.assertEq(guard.feed(asset).primary, proxyOf[feed]);
            for (uint256 other = 0; other < MARKETS; other++) {
                vm.assertEq(pool.isVault(address(vaults[other])), k == other);
                if (k == other) continue;
                (uint256 drawable,,,) = pool.available(address(vaults[other]));
                vm.assertEq(drawable, 0);
                vm.expectRevert(abi.encodeWithSelector(IInsurancePool.NotVault.selector, address(vaults[other])));
                vm.prank(address(vaults[other]));
                pool.cover(1);
            }
        }
    }

    // ---- whatever is done to one

    /// Random operations on one market, those that fail included, while time stands still: nothing of the others changes.
    /// forge-config: default.fuzz.runs = 4
    function testFuzz_no_operation_on_one_market_changes_another(uint256 seed) public {
        uint256 market = seed % MARKETS;
        bytes32[MARKETS] memory before;
        for (uint256 k = 0; k < MARKETS; k++) {
            before[k] = fingerprint(k);
        }
        use(market);
        for (uint256 k = 0; k < 30; k++) {
            seed = uint256(keccak256(abi.encode(seed)));
            operate(seed);
        }
        vm.assertGt(done, 5);
        for (uint256 k = 0; k < MARKETS; k++) {
            bytes32 found = fingerprint(k);
            if (k == market) vm.assertNotEq(found, before[k]);
            else vm.assertEq(found, before[k]);
        }
    }

    function operate(uint256 seed) private {
        Trader[4] memory traders = [alice, bob, carol, dave];
        (Trader memory one, Trader memory other) = (traders[(seed >> 8) % 4], traders[(seed >> 16) % 4]);
        (uint256 amount, uint256 action) = ((seed >> 32) % 50_000, seed % 6);
        if (action == 0) move(one, amount, seed >> 64);
        if (action == 1) reprice(seed >> 64);
        if (action == 2) tradeAny(one, other, 1 + amount % 300, seed >> 64);
        if (action == 3) close(one, other, seed >> 64);
        if (action == 4) useInsurance(one, amount * USD, seed >> 64);
        if (action == 5) configure_(one, seed >> 64);
    }

    function attempt(address by, address to, bytes memory data) private {
        (bool success,) = Node.call(by, to, 0, data);
        if (!success) return;
        transact(by, to, data);
        done++;
    }

    function move(Trader memory one, uint256 amount, uint256 seed) private {
        if (seed % 3 == 0) deposit(one, 1 + amount * USD);
        if (seed % 3 == 1) {
            attempt(
                one.owner, address(vault), abi.encodeCall(IMarginVault.withdraw, (one.account, amount * USD, one.owner))
            );
        }
        if (seed % 3 == 2) {
            attempt(one.owner, address(vault), abi.encodeCall(IMarginVault.convert, (one.account, type(uint256).max)));
        }
    }

    /// Up, down, apart, or broken.
    function reprice(uint256 seed) private {
        uint32 number = seed % 2 == 0 ? ETH : BTC;
        int256 price = int256(uint256(perpetuals[number].price) * (60 + (seed >> 8) % 81) / 100);
        if (price < 1) price = FEED;
        uint256 kind = (seed >> 16) % 4;
        if (kind < 2) setPrice(number, price);
        else if (kind == 2) setSources(number, price, price * 112 / 100);
        else setSources(number, 0, (seed >> 24) % 2 == 0 ? int256(0) : price);
    }

    function tradeAny(Trader memory one, Trader memory other, uint256 size, uint256 seed) private {
        uint32 number = seed % 2 == 0 ? ETH : BTC;
        uint256 mark = guard.read(assetOf(number)).mark;
        IMarginVault.Order memory maker = order(number, other, -int256(size * 1e17), mark, true);
        IMarginVault.Order memory taker = order(number, one, int256(size * 1e17), mark, false);
        bytes memory data =
            abi.encodeCall(IMarginVault.settle, (maker, sign(other, maker), taker, sign(one, taker), size * 1e17));
        attempt(address(this), address(vault), data);
    }

    function close(Trader memory one, Trader memory other, uint256 seed) private {
        bytes32 account_ = one.account;
        if (seed % 4 == 0) attempt(other.owner, address(vault), abi.encodeCall(IMarginVault.touch, (account_)));
        if (seed % 4 == 1) {
            bytes memory data = abi.encodeCall(IMarginVault.liquidate, (account_, other.account, WAD));
            attempt(other.owner, address(vault), data);
        }
        if (seed % 4 == 2) {
            attempt(other.owner, address(vault), abi.encodeCall(IMarginVault.deleverage, (account_, 16)));
        }
        if (seed % 4 == 3) attempt(other.owner, address(vault), abi.encodeCall(IMarginVault.recover, (ETH)));
    }

    function useInsurance(Trader memory one, uint256 amount, uint256 seed) private {
        if (seed % 5 == 0) {
            token.mint(one.owner, amount + 1);
            vm.prank(one.owner);
            token.approve(address(pool), amount + 1);
            attempt(
                one.owner, address(pool), abi.encodeWithSignature("deposit(uint256,address)", amount + 1, one.owner)
            );
        }
        if (seed % 5 == 1) attempt(address(vault), address(pool), abi.encodeCall(IInsurancePool.cover, (amount)));
        if (seed % 5 == 2) attempt(one.owner, address(pool), abi.encodeCall(IInsurancePool.harvest, (address(vault))));
        if (seed % 5 == 3) attempt(owner, address(factory), abi.encodeCall(IMarketFactory.promote, (address(vault))));
        if (seed % 5 == 4) {
            bytes memory data = abi.encodeCall(IInsurancePool.requestRedeem, (amount, one.owner, one.owner));
            attempt(one.owner, address(pool), data);
        }
    }

    /// What one's owner, governance and the guardian can do to a market.
    function configure_(Trader memory one, uint256 seed) private {
        uint256 kind = seed % 5;
        if (kind == 0) attempt(one.owner, address(vault), abi.encodeCall(IMarginVault.setSigner, (guardian, true)));
        if (kind == 1) attempt(one.owner, address(vault), abi.encodeCall(IMarginVault.cancel, (seed >> 8)));
        if (kind == 2) {
            attempt(guardian, address(guard), abi.encodeCall(IOracleGuard.trip, (asset, 2, 1 hours, "test")));
        }
        if (kind == 3) {
            IMarginVault.Instrument memory parameters = vault.instrument(ETH);
            parameters.priceBand = uint64((1 + (seed >> 8) % 90) * 1e15);
            attempt(owner, address(vault), abi.encodeCall(IMarginVault.setInstrument, (ETH, parameters, 0)));
        }
        if (kind == 4) {
            IOracleGuard.RangeLimits memory limits = guard.rangeLimits(asset);
            limits.confidence = uint64(((seed >> 8) % 20) * 1e15);
            attempt(owner, address(guard), abi.encodeCall(IOracleGuard.setRangeLimits, (asset, limits, 0)));
        }
    }
}
