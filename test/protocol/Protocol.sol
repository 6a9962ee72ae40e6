// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {IOwnable} from "../../contracts/interfaces/IOwnable.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {Deployment, Installation} from "../../script/lib/Deployment.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {ChainlinkUptimeFeed} from "../feeds/ChainlinkUptimeFeed.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {Node} from "../support/Node.sol";
import {NodeTest} from "../support/NodeTest.sol";
import {vm} from "../support/Vm.sol";
import {Lens} from "./Lens.sol";

/// Somebody with a key and an account in the vault.
struct Trader {
    uint256 key;
    address owner;
    bytes32 account;
}

/// A perpetual of the tests' markets, with the feeds that its price comes from.
struct Perpetual {
    bytes32 symbol;
    ChainlinkFeed primary;
    ChainlinkFeed secondary;
    int256 price; // what the sources said last, with the feeds' decimals
    uint128 openInterestLimit;
    uint128 coverAllowance;
    uint64 shock;
    bool hasOneSource; // from the market's creation on, which takes two
}

/// Bulkhead on the node, deployed as the script deploys it, with one market in ETH at 200 dollars and BTC at 5,000: two sources
/// each, 5 % maintenance and 10 % initial margin whatever the volatility, a band of 2 %, no fees, a shock of 15 %, a six-decimal
/// dollar. A hundred million dollars of insurance stand behind it, so that cover never limits open interest unless a test
/// means it to.
abstract contract ProtocolTest is NodeTest {
    uint256 internal constant OWNER_KEY = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80;
    uint256 internal constant CHAIN_ID = 412346;
    uint256 internal constant WAD = 1e18;
    /// One dollar of the quote token, and what its smallest unit is worth in WAD.
    uint256 internal constant USD = 1e6;
    uint256 internal constant UNIT = 1e12;
    /// One dollar in the feeds' decimals.
    int256 internal constant FEED = 1e8;
    uint8 internal constant DECIMALS = 8;
    string internal constant AGGREGATOR = "out/feeds/FluxAggregator.json";
    string internal constant AGGREGATOR_PROXY = "out/feeds/EACAggregatorProxy.json";
    /// The least shock that the factory accepts.
    uint64 internal constant EXPERIMENTAL_SHOCK = 1.5e18;
    /// The least bond there can be, in units of the quote token. These tests are about promoted markets, whose bond is one
    /// deposit among others.
    uint256 internal constant LEAST_BOND = 1;
    uint32 internal constant ETH = 1;
    uint32 internal constant BTC = 2;
    bytes32 internal constant SYMBOL = "ETH";
    uint32 internal constant HEARTBEAT = 1 hours;
    /// Longer than the guard's mean of five minutes, which then restarts.
    uint256 internal constant MEAN_RESTARTS = 10 minutes;
    /// The guard's defaults.
    uint64 internal constant CAUTION_MOVE = 0.05e18;
    uint64 internal constant RESTRICTED_MOVE = 0.1e18;
    /// The guard's grace period until governance sets another.
    uint256 private constant GRACE_AT_FIRST = 1 hours;
    uint256 internal constant INSURANCE = 100_000_000 * USD;

    address internal owner = vm.addr(OWNER_KEY);
    address internal guardian = address(0x6a);
    /// Whoever sets the surfaces of implied volatility.
    address internal provider = address(0x50);
    Installation internal installation;
    IOracleGuard internal guard;
    IMarketFactory internal factory;
    IMarginVault internal vault;
    IInsurancePool internal pool;
    QuoteToken internal token;
    ChainlinkUptimeFeed internal sequencer;
    Lens internal lens;
    /// What the next market lists, in this order.
    uint32[] internal listed;
    mapping(uint32 instrument => Perpetual) internal perpetuals;
    /// What consumers read.
    mapping(ChainlinkFeed => address) internal proxyOf;
    /// The primary source of ETH, and the guard's id of ETH in the market at hand.
    ChainlinkFeed internal feed;
    bytes32 internal asset;
    uint256 private nextNonce = 1;
    /// What the market at hand has of this test's as its bond, until it is insured.
    uint256 private bonded;

    Trader internal alice = newTrader("alice");
    Trader internal bob = newTrader("bob");
    Trader internal carol = newTrader("carol");
    Trader internal dave = newTrader("dave");

    function setUpNode() internal virtual override {
        install();
        list(ETH, SYMBOL, 200 * FEED);
        list(BTC, "BTC", 5_000 * FEED);
        openMarket("market");
        insure(INSURANCE);
    }

    /// As the default, with ETH alone, which has one source.
    function setUpWithOneSource() internal {
        install();
        listWithOneSource(ETH, SYMBOL, 200 * FEED);
        openMarket("market");
        insure(INSURANCE);
    }

    // ---- installation and markets

    function install() internal {
        sequencer = createUptimeFeed("sequencer");
        elapse(GRACE_AT_FIRST); // the feed is as if it had just come up
        token = QuoteToken(create("token", type(QuoteToken).creationCode));
        lens = Lens(create("lens", type(Lens).creationCode));
        installation.sequencerFeed = sequencer.proxy();
        installation.quoteToken = address(token);
        Installation memory deployed = installation;
        fund(owner, 1e24);
        Deployment.install(Chain.open(Node.url(), OWNER_KEY), deployed, guardian);
        installation = deployed;
        attach("guard", deployed.guard);
        attach("factory", deployed.factory);
        attach("vault implementation", deployed.vaultImplementation);
        attach("pool implementation", deployed.poolImplementation);
        guard = IOracleGuard(deployed.guard);
        factory = IMarketFactory(deployed.factory);
        vm.prank(owner);
        guard.setSurfaceProvider(provider);
    }

    function create(string memory name, bytes memory initcode) internal returns (address created) {
        return createOnNode(name, initcode);
    }

    /// The sequencer's uptime feed as Chainlink builds it, up since now.
    function createUptimeFeed(string memory name) internal returns (ChainlinkUptimeFeed) {
        bytes memory code =
            bytes.concat(type(ChainlinkUptimeFeed).creationCode, abi.encode(vm.getCode(AGGREGATOR_PROXY)));
        return ChainlinkUptimeFeed(create(name, code));
    }

    /// Chainlink's aggregator and proxy with three oracles, which have said `price`. `script/build-feeds` compiles them.
    function createFeed(string memory name, int256 price) internal returns (ChainlinkFeed) {
        return createFeed(name, price, -1e30, 1e30);
    }

    /// As above, with an aggregator that accepts answers from `least` to `greatest` only.
    function createFeed(string memory name, int256 price, int256 least, int256 greatest)
        internal
        returns (ChainlinkFeed created)
    {
        bytes memory arguments =
            abi.encode(vm.getCode(AGGREGATOR), vm.getCode(AGGREGATOR_PROXY), DECIMALS, least, greatest, price);
        created = ChainlinkFeed(create(name, bytes.concat(type(ChainlinkFeed).creationCode, arguments)));
        proxyOf[created] = created.proxy();
    }

    /// Adds a perpetual with one source.
    function listWithOneSource(uint32 instrument, bytes32 symbol, int256 price) internal {
        list(instrument, symbol, price);
        perpetuals[instrument].hasOneSource = true;
    }

    /// Adds a perpetual at `price` to what the next market lists, with two feeds of its own.
    function list(uint32 instrument, bytes32 symbol, int256 price) internal {
        listed.push(instrument);
        perpetuals[instrument] = Perpetual({
            symbol: symbol,
            primary: createFeed("primary", price),
            secondary: createFeed("secondary", price),
            price: price,
            openInterestLimit: uint128(2_000_000_000 * WAD),
            coverAllowance: uint128(10_000_000 * WAD),
            shock: 0.15e18,
            hasOneSource: false
        });
        if (instrument == ETH) feed = perpetuals[ETH].primary;
    }

    /// Creates a market of everything listed, in the test dollar, and makes it the one at hand. Closing rewards nobody there,
    /// and listing costs nothing.
    function openMarket(bytes32 salt) internal {
        useMarket(address(token), salt);
    }

    /// As `openMarket`, in another quote token.
    function useMarket(address quoteToken, bytes32 salt) internal {
        (vault, pool) = createMarket(quoteToken, salt);
        asset = assetOf(ETH);
        bonded = LEAST_BOND;
        vm.prank(owner);
        factory.promote(address(vault));
        IMarginVault.Parameters memory parameters = vault.parameters();
        (parameters.rewardShare, parameters.maxReward, parameters.listingFee) = (0, 0, 0);
        vm.prank(owner);
        vault.setParameters(parameters, 0);
        for (uint256 k = 0; k < listed.length; k++) {
            configure(listed[k]);
        }
    }

    /// A market in a token of the test's own, which the vault, the pool and whoever deposits use from here on.
    function useToken(string memory name, bytes memory initcode) internal returns (address created) {
        created = create(name, initcode);
        vm.prank(owner);
        factory.setQuoteToken(created, true);
        elapse(MEAN_RESTARTS);
        useMarket(created, bytes32(bytes(name)));
        token = QuoteToken(created);
    }

    /// Gives an instrument of a promoted market its cover, shock and sources.
    function configure(uint32 instrument) private {
        Perpetual memory perpetual = perpetuals[instrument];
        IMarginVault.Instrument memory parameters = vault.instrument(instrument);
        (parameters.shock, parameters.coverAllowance) = (perpetual.shock, perpetual.coverAllowance);
        setInstrument(instrument, parameters);
        if (perpetual.hasOneSource) dropSecondary(instrument);
        slowStablePrice(instrument);
        if (!followsVolatility()) holdRange(instrument, 0.01e18);
    }

    /// The stable price follows as slowly as a pegged asset's, so that a test can say in round numbers what it is minutes later.
    function slowStablePrice(uint32 instrument) private {
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(assetOf(instrument));
        limits.stablePriceRate = 0.00003e18;
        vm.prank(owner);
        guard.setRangeLimits(assetOf(instrument), limits, 0);
    }

    function dropSecondary(uint32 instrument) private {
        IOracleGuard.Feed memory configured = guard.feed(assetOf(instrument));
        (configured.secondary, configured.secondaryHeartbeat) = (address(0), 0);
        vm.prank(owner);
        guard.setFeed(assetOf(instrument), configured, 0);
        guard.poke(assetOf(instrument));
    }

    /// Whether margins follow the guard's volatility. Where they do not, they are the instruments' own rates, so that a test can
    /// say what they are in round numbers.
    function followsVolatility() internal pure virtual returns (bool) {
        return false;
    }

    /// Holds the guard's ranges of an instrument to `range`, whatever the volatility.
    function holdRange(uint32 instrument, uint64 range) internal {
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(assetOf(instrument));
        (limits.min, limits.max) = (range, range);
        vm.prank(owner);
        guard.setRangeLimits(assetOf(instrument), limits, 0);
    }

    /// A market of this test's in `quoteToken`, with the least bond.
    function createMarket(address quoteToken, bytes32 salt) internal returns (IMarginVault, IInsurancePool) {
        for (uint256 k = 0; k < listed.length; k++) {
            pushPrice(listed[k], perpetuals[listed[k]].price);
        }
        if (factory.minimumBond(quoteToken) != LEAST_BOND) {
            vm.prank(factory.owner());
            factory.setMinimumBond(quoteToken, LEAST_BOND);
        }
        giveBond(quoteToken, address(this), LEAST_BOND);
        (address newVault, address newPool) = factory.createMarket(abi.encode(configuration(quoteToken, salt)));
        attach("vault", newVault);
        attach("pool", newPool);
        return (IMarginVault(newVault), IInsurancePool(newPool));
    }

    function configuration(address quoteToken, bytes32 salt)
        internal
        view
        returns (IMarketFactory.MarketConfig memory config)
    {
        config.salt = salt;
        config.quoteToken = quoteToken;
        config.bond = LEAST_BOND;
        config.listings = new IMarketFactory.Listing[](listed.length);
        for (uint256 k = 0; k < listed.length; k++) {
            config.listings[k] = listing(listed[k]);
        }
    }

    /// Lets `creator` pay a bond.
    function giveBond(address quoteToken, address creator, uint256 amount) internal {
        QuoteToken(quoteToken).mint(creator, amount);
        vm.prank(creator);
        QuoteToken(quoteToken).approve(address(factory), amount);
    }

    /// Half to fifty times today's price is believed.
    function listing(uint32 instrument) internal view returns (IMarketFactory.Listing memory) {
        Perpetual memory perpetual = perpetuals[instrument];
        uint256 price = uint256(perpetual.price) * 1e10;
        return IMarketFactory.Listing({
            instrument: instrument,
            symbol: perpetual.symbol,
            feed: IOracleGuard.Feed({
                primary: proxyOf[perpetual.primary],
                secondary: proxyOf[perpetual.secondary],
                heartbeat: HEARTBEAT,
                secondaryHeartbeat: HEARTBEAT,
                floor: uint128(price / 20),
                ceiling: uint128(price * 50)
            }),
            parameters: IMarginVault.Instrument({
                asset: 0,
                maintenanceRate: 0.05e18,
                initialRate: 0.1e18,
                priceBand: 0.02e18,
                makerFee: 0,
                takerFee: 0,
                shock: EXPERIMENTAL_SHOCK,
                openInterestLimit: perpetual.openInterestLimit,
                coverAllowance: 0
            })
        });
    }

    /// The guard's id of an instrument in the market at hand.
    function assetOf(uint32 instrument) internal view returns (bytes32) {
        return keccak256(abi.encode(address(vault), perpetuals[instrument].symbol));
    }

    function setInstrument(uint32 instrument, IMarginVault.Instrument memory parameters) internal {
        vm.prank(owner);
        vault.setInstrument(instrument, parameters, 0);
    }

    function setFees(uint32 instrument, uint64 makerFee, uint64 takerFee) internal {
        IMarginVault.Instrument memory parameters = vault.instrument(instrument);
        (parameters.makerFee, parameters.takerFee) = (makerFee, takerFee);
        setInstrument(instrument, parameters);
    }

    /// Governance promotes the instrument, or takes that back.
    function setShock(uint32 instrument, uint64 shock) internal {
        IMarginVault.Instrument memory parameters = vault.instrument(instrument);
        parameters.shock = shock;
        setInstrument(instrument, parameters);
    }

    /// Insurance pays at most `allowance` for the instrument, besides what it has paid in.
    function setCover(uint32 instrument, uint256 allowance) internal {
        IMarginVault.Instrument memory parameters = vault.instrument(instrument);
        parameters.coverAllowance = uint128(allowance);
        setInstrument(instrument, parameters);
    }

    /// From here on nobody is insured.
    function withdrawCover() internal {
        for (uint256 k = 0; k < listed.length; k++) {
            setCover(listed[k], 0);
        }
    }

    /// Rules of options that leave room in every direction.
    function optionRules() internal pure returns (IMarginVault.OptionRules memory) {
        return IMarginVault.OptionRules({
            tick: 0.01e18,
            strikeStep: 10_000,
            strikeRange: 3e18,
            longestExpiry: 100 days,
            maxSeries: 40,
            volRange: 0.3e18,
            shortOptionRate: 0.01e18,
            makerFee: 0,
            takerFee: 0,
            vegaLimit: 10_000_000e18,
            gammaLimit: 1_000_000_000e18
        });
    }

    // ---- people and their money

    function newTrader(string memory name) internal pure returns (Trader memory) {
        uint256 key = uint256(keccak256(bytes(name)));
        address holder = cheats.addr(key);
        return Trader(key, holder, accountOf(holder));
    }

    /// Another account of the same owner.
    function subAccount(Trader memory trader, uint96 number) internal pure returns (Trader memory) {
        return Trader(trader.key, trader.owner, bytes32(uint256(accountOf(trader.owner)) | number));
    }

    function accountOf(address holder) internal pure returns (bytes32) {
        return bytes32(bytes20(holder));
    }

    function deposit(Trader memory trader, uint256 amount) internal {
        token.mint(trader.owner, amount);
        vm.prank(trader.owner);
        token.approve(address(vault), amount);
        vm.prank(trader.owner);
        vault.deposit(trader.account, amount);
    }

    function withdraw(Trader memory trader, uint256 amount) internal returns (uint256 paid) {
        vm.prank(trader.owner);
        return vault.withdraw(trader.account, amount, trader.owner);
    }

    function convert(Trader memory trader) internal returns (uint256 received) {
        vm.prank(trader.owner);
        return vault.convert(trader.account, type(uint256).max);
    }

    function liquidate(Trader memory trader, Trader memory into, uint256 maxShare)
        internal
        returns (uint256 share, uint256 penalty)
    {
        vm.prank(into.owner);
        return vault.liquidate(trader.account, into.account, maxShare);
    }

    /// Puts `amount` into the insurance pool in this test's name, what it has there as bond included; returns the shares.
    function insure(uint256 amount) internal returns (uint256) {
        (amount, bonded) = (amount - bonded, 0);
        token.mint(address(this), amount);
        token.approve(address(pool), amount);
        return pool.deposit(amount, address(this));
    }

    // ---- prices

    /// Both sources of ETH say `price`, and the guard has seen it.
    function setPrice(int256 price) internal {
        setPrice(ETH, price);
    }

    function setPrice(uint32 instrument, int256 price) internal {
        pushPrice(instrument, price);
        guard.poke(assetOf(instrument));
    }

    /// As `setPrice`, with no breaker reacting: the last price is too old to compare with, and moves of it are ignored.
    function setPriceCalmly(int256 price) internal {
        setPriceCalmly(ETH, price);
    }

    function setPriceCalmly(uint32 instrument, int256 price) internal {
        restartMean();
        setPrice(instrument, price);
        setMoves(CAUTION_MOVE, RESTRICTED_MOVE);
    }

    /// Goes to where the mean restarts. From there on moves of up to 69 % from the last mark raise no tier.
    function restartMean() internal {
        elapse(MEAN_RESTARTS);
        setMoves(0.49e18, 0.5e18);
    }

    /// Sets from which move on the guard's breaker reacts.
    function setMoves(uint64 caution, uint64 restricted) internal {
        IOracleGuard.Parameters memory parameters = guard.parameters();
        if (parameters.cautionMove == caution) return;
        (parameters.cautionMove, parameters.restrictedMove) = (caution, restricted);
        vm.prank(IOwnable(address(guard)).owner());
        guard.setParameters(parameters, 0);
    }

    /// The two sources of an instrument say different things, and the guard has seen it.
    function setSources(uint32 instrument, int256 primary, int256 secondary) internal {
        perpetuals[instrument].primary.push(primary);
        perpetuals[instrument].secondary.push(secondary);
        guard.poke(assetOf(instrument));
    }

    /// Every source says again what it said last, and the guard has seen it.
    function refreshPrices() internal {
        bytes32[] memory assets = new bytes32[](listed.length);
        for (uint256 k = 0; k < listed.length; k++) {
            pushPrice(listed[k], perpetuals[listed[k]].price);
            assets[k] = assetOf(listed[k]);
        }
        guard.pokeMany(assets);
    }

    function pushPrice(uint32 instrument, int256 price) internal {
        Perpetual storage perpetual = perpetuals[instrument];
        perpetual.price = price;
        perpetual.primary.push(price);
        perpetual.secondary.push(price);
    }

    // ---- expiries and their volatility

    /// The first 08:00 UTC that is at least `secs` ahead.
    function expiryAfter(uint256 secs) internal view returns (uint64) {
        return uint64((block.timestamp + secs + 16 hours - 1) / 1 days * 1 days + 8 hours);
    }

    /// The first Friday's 08:00 UTC that is at least `secs` ahead. The first day of the epoch was a Thursday.
    function fridayAfter(uint256 secs) internal view returns (uint64 expiry) {
        expiry = expiryAfter(secs);
        while (expiry / 1 days % 7 != 1) {
            expiry += 1 days;
        }
    }

    function setSurface(uint32 instrument, uint64 expiry, uint64 atm, int64 skew, int64 curvature) internal {
        vm.prank(provider);
        guard.setSurface(assetOf(instrument), expiry, IOracleGuard.Surface(atm, skew, curvature));
    }

    // ---- orders

    function order(Trader memory trader, int256 size, uint256 price, bool maker)
        internal
        returns (IMarginVault.Order memory)
    {
        return order(ETH, trader, size, price, maker);
    }

    function order(uint32 instrument, Trader memory trader, int256 size, uint256 price, bool maker)
        internal
        returns (IMarginVault.Order memory)
    {
        return IMarginVault.Order({
            account: trader.account,
            instrument: instrument,
            size: size,
            limitPrice: price,
            nonce: nextNonce++,
            expiry: uint64(block.timestamp + 1 days),
            maker: maker,
            reduceOnly: false
        });
    }

    /// The EIP-712 signature of an order with the trader's key, worked out here and not by the vault. The key may be somebody
    /// else's, who signs for the account.
    function sign(Trader memory trader, IMarginVault.Order memory signed) internal view returns (bytes memory) {
        return signDigest(trader.key, digest(signed));
    }

    function signDigest(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function digest(IMarginVault.Order memory signed) internal view returns (bytes32) {
        return digestFor(signed, CHAIN_ID, address(vault));
    }

    /// What the order's owner would sign for the contract at `verifyingContract` on chain `chainId`.
    function digestFor(IMarginVault.Order memory signed, uint256 chainId, address verifyingContract)
        internal
        pure
        returns (bytes32)
    {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Bulkhead"),
                keccak256("1"),
                chainId,
                verifyingContract
            )
        );
        bytes32 body = keccak256(
            abi.encode(
                keccak256(
                    "Order(bytes32 account,uint32 instrument,int256 size,uint256 limitPrice,uint256 nonce,uint64 expiry,bool maker,bool reduceOnly)"
                ),
                signed
            )
        );
        return keccak256(abi.encodePacked("\x19\x01", domain, body));
    }

    /// `buyer` buys `size` from `seller` at `price`; the seller makes.
    function trade(Trader memory buyer, Trader memory seller, uint256 size, uint256 price) internal {
        trade(ETH, buyer, seller, size, price);
    }

    function trade(uint32 instrument, Trader memory buyer, Trader memory seller, uint256 size, uint256 price) internal {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) =
            orders(instrument, buyer, seller, size, price);
        vault.settle(maker, sign(seller, maker), taker, sign(buyer, taker), size);
    }

    /// Both orders of a trade at `price`: the seller makes.
    function orders(uint32 instrument, Trader memory buyer, Trader memory seller, uint256 size, uint256 price)
        internal
        returns (IMarginVault.Order memory maker, IMarginVault.Order memory taker)
    {
        maker = order(instrument, seller, -int256(size), price, true);
        taker = order(instrument, buyer, int256(size), price, false);
    }

    /// Expects that the trade reverts.
    function refuse(
        uint32 instrument,
        Trader memory buyer,
        Trader memory seller,
        uint256 size,
        uint256 price,
        bytes4 reason
    ) internal {
        (IMarginVault.Order memory maker, IMarginVault.Order memory taker) =
            orders(instrument, buyer, seller, size, price);
        bytes memory makerSignature = sign(seller, maker);
        bytes memory takerSignature = sign(buyer, taker);
        vm.expectRevert(reason);
        vault.settle(maker, makerSignature, taker, takerSignature, size);
    }

    // ---- what is in the vault

    function capitalOf(Trader memory trader) internal view returns (uint256 capital) {
        (capital,) = vault.balances(trader.account);
    }

    function pnlOf(Trader memory trader) internal view returns (int256 pnl) {
        (, pnl) = vault.balances(trader.account);
    }

    function equityOf(Trader memory trader) internal view returns (int256 equity) {
        (equity,,,) = vault.health(trader.account);
    }

    function maintenanceOf(Trader memory trader) internal view returns (uint256 maintenance) {
        (, maintenance,,) = vault.health(trader.account);
    }

    function initialOf(Trader memory trader) internal view returns (uint256 initial) {
        (,, initial,) = vault.health(trader.account);
    }

    function clockOf(Trader memory trader) internal view returns (uint256 unhealthySecs) {
        (,,, unhealthySecs) = vault.health(trader.account);
    }

    function sizeOf(Trader memory trader) internal view returns (int256) {
        return vault.position(trader.account, ETH);
    }

    function coverage() internal view returns (uint256 h) {
        (h,) = vault.coverage();
    }

    function missing() internal view returns (uint256 value) {
        (, value) = vault.coverage();
    }

    /// The accounts of `traders`.
    function accountsOf(Trader[] memory traders) internal pure returns (bytes32[] memory accounts) {
        accounts = new bytes32[](traders.length);
        for (uint256 k = 0; k < traders.length; k++) {
            accounts[k] = traders[k].account;
        }
    }
}
