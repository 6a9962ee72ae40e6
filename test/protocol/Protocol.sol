// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IInsurancePool} from "../../contracts/interfaces/IInsurancePool.sol";
import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IMarketFactory} from "../../contracts/interfaces/IMarketFactory.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {cheats} from "../../script/lib/Cheatcodes.sol";
import {Deployment, Installation} from "../../script/lib/Deployment.sol";
import {PriceFeed} from "../mocks/PriceFeed.sol";
import {QuoteToken} from "../mocks/QuoteToken.sol";
import {SequencerUptimeFeed} from "../mocks/SequencerUptimeFeed.sol";
import {Node} from "../support/Node.sol";
import {NodeTest} from "../support/NodeTest.sol";
import {vm} from "../support/Vm.sol";

/// Somebody with a key and an account in the vault.
struct Trader {
    uint256 key;
    address owner;
    bytes32 account;
}

/// Bulkhead on the node, deployed as the script deploys it, with one market in ETH at 200 dollars: 5 % maintenance, 10 %
/// initial margin, a band of 2 %, a six-decimal dollar.
abstract contract ProtocolTest is NodeTest {
    uint256 internal constant OWNER_KEY = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80;
    uint256 internal constant WAD = 1e18;
    /// One dollar of the quote token, and what its smallest unit is worth in WAD.
    uint256 internal constant USD = 1e6;
    uint256 internal constant UNIT = 1e12;
    /// One dollar in the feed's decimals.
    int256 internal constant FEED = 1e8;
    uint32 internal constant ETH = 1;
    bytes32 internal constant SYMBOL = "ETH";
    uint32 internal constant HEARTBEAT = 1 hours;
    /// Longer than the guard's mean of five minutes, which then restarts.
    uint256 internal constant MEAN_RESTARTS = 10 minutes;

    address internal owner = vm.addr(OWNER_KEY);
    address internal guardian = address(0x6a);
    Installation internal installation;
    IOracleGuard internal guard;
    IMarketFactory internal factory;
    IMarginVault internal vault;
    IInsurancePool internal pool;
    QuoteToken internal token;
    PriceFeed internal feed;
    SequencerUptimeFeed internal sequencer;
    bytes32 internal asset;
    uint256 private nextNonce = 1;

    Trader internal alice = newTrader("alice");
    Trader internal bob = newTrader("bob");
    Trader internal carol = newTrader("carol");
    Trader internal dave = newTrader("dave");

    function setUpNode() internal virtual override {
        install();
        (vault, pool) = createMarket(address(token), "market");
        asset = keccak256(abi.encode(address(vault), SYMBOL));
    }

    function install() internal {
        bytes memory sequencerCode = bytes.concat(type(SequencerUptimeFeed).creationCode, abi.encode(owner));
        sequencer = SequencerUptimeFeed(create("sequencer", sequencerCode));
        token = QuoteToken(create("token", type(QuoteToken).creationCode));
        feed = createFeed("ETH / USD", 200 * FEED);
        installation.sequencerFeed = address(sequencer);
        installation.quoteToken = address(token);
        installation.priceFeed = address(feed);
        Installation memory deployed = installation;
        Deployment.install(Chain.open(Node.url(), OWNER_KEY), deployed, guardian);
        installation = deployed;
        attach("guard", deployed.guard);
        attach("factory", deployed.factory);
        attach("vault implementation", deployed.vaultImplementation);
        attach("pool implementation", deployed.poolImplementation);
        guard = IOracleGuard(deployed.guard);
        factory = IMarketFactory(deployed.factory);
    }

    /// Creates a contract on the node from the owner's key: a test contract's own nonces would lead to addresses that forge
    /// has given to helpers of this test.
    function create(string memory name, bytes memory initcode) internal returns (address created) {
        fund(owner, 1e24); // which also brings the node to where this test stands
        created = Chain.create(Chain.open(Node.url(), OWNER_KEY), name, initcode);
        attach(name, created);
    }

    function createFeed(string memory description, int256 price) internal returns (PriceFeed) {
        bytes memory arguments = abi.encode(owner, uint8(8), description, price);
        return PriceFeed(create(description, bytes.concat(type(PriceFeed).creationCode, arguments)));
    }

    /// A market of this test's in `quoteToken` with the one listing.
    function createMarket(address quoteToken, bytes32 salt) internal returns (IMarginVault, IInsurancePool) {
        setPrice(200 * FEED);
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
        config.listings = new IMarketFactory.Listing[](1);
        config.listings[0] = listing(ETH, SYMBOL);
    }

    function listing(uint32 instrument, bytes32 symbol) internal view returns (IMarketFactory.Listing memory) {
        return IMarketFactory.Listing({
            instrument: instrument,
            symbol: symbol,
            feed: IOracleGuard.Feed({
                primary: address(feed),
                secondary: address(0),
                heartbeat: HEARTBEAT,
                secondaryHeartbeat: 0,
                floor: uint128(10 * WAD),
                ceiling: uint128(10_000 * WAD)
            }),
            parameters: IMarginVault.Instrument({
                asset: 0,
                maintenanceRate: 0.05e18,
                initialRate: 0.1e18,
                priceBand: 0.02e18,
                openInterestLimit: uint128(1_000_000 * WAD)
            })
        });
    }

    function newTrader(string memory name) internal pure returns (Trader memory) {
        uint256 key = uint256(keccak256(bytes(name)));
        address holder = cheats.addr(key);
        return Trader(key, holder, accountOf(holder));
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

    /// Puts `amount` into the insurance pool in this test's name; returns the shares.
    function insure(uint256 amount) internal returns (uint256) {
        token.mint(address(this), amount);
        token.approve(address(pool), amount);
        return pool.deposit(amount, address(this));
    }

    /// The feed says `price`, and the guard has seen it.
    function setPrice(int256 price) internal {
        vm.prank(owner);
        feed.push(price);
        if (asset != 0) guard.poke(asset);
    }

    /// As `setPrice`, with no breaker reacting: the last price is too old to compare with.
    function setPriceCalmly(int256 price) internal {
        elapse(MEAN_RESTARTS);
        setPrice(price);
    }

    function order(Trader memory trader, int256 size, uint256 price, bool maker)
        internal
        returns (IMarginVault.Order memory)
    {
        return IMarginVault.Order({
            account: trader.account,
            instrument: ETH,
            size: size,
            limitPrice: price,
            nonce: nextNonce++,
            expiry: uint64(block.timestamp + 1 days),
            maker: maker,
            reduceOnly: false
        });
    }

    /// The EIP-712 signature of an order, worked out here and not by the vault.
    function sign(Trader memory trader, IMarginVault.Order memory signed) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = cheats.sign(trader.key, digest(signed));
        return abi.encodePacked(r, s, v);
    }

    function digest(IMarginVault.Order memory signed) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Bulkhead"),
                keccak256("1"),
                uint256(412346),
                address(vault)
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
        IMarginVault.Order memory maker = order(seller, -int256(size), price, true);
        IMarginVault.Order memory taker = order(buyer, int256(size), price, false);
        vault.settle(maker, sign(seller, maker), taker, sign(buyer, taker), size);
    }

    function capitalOf(Trader memory trader) internal view returns (uint256 capital) {
        (capital,) = vault.balances(trader.account);
    }

    function pnlOf(Trader memory trader) internal view returns (int256 pnl) {
        (, pnl) = vault.balances(trader.account);
    }

    function equityOf(Trader memory trader) internal view returns (int256 equity) {
        (equity,,,) = vault.health(trader.account);
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
}
