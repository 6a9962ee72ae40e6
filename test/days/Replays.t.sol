// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {Chain} from "../../script/lib/Chain.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {Tape} from "../mocks/Tape.sol";
import {ProtocolTest} from "../protocol/Protocol.sol";
import {Bar, MarketData, Print} from "../support/MarketData.sol";
import {Node} from "../support/Node.sol";
import {vm} from "../support/Vm.sol";

/// A source as Chainlink runs it: a new round whenever the price is off the last answer by the deviation, and every half hour.
struct Source {
    ChainlinkFeed feed;
    int256 deviation; // in ten thousandths of the answer
    int256 answer;
    uint256 updatedAt;
}

/// Recorded markets go through the guard by two feeds. What it made of each poke is left in `out/guard`, to be plotted.
abstract contract ReplayTest is ProtocolTest {
    bytes32 internal constant REPLAYED = "replayed";
    uint8 internal constant HALTED = 3;
    /// What nothing but a broken source may stop: reducing, liquidating and deleveraging.
    uint16 internal constant ESSENTIAL = 2 | 8 | 16;
    /// Per cent of the lower answer from which sources have diverged, and from which the asset is halted.
    uint256 internal constant DIVERGED = 3;
    uint256 internal constant BAD = 10;
    uint256 private constant REFRESH = 30 minutes;
    string private constant FOLDER = "out/guard";

    Source internal primary;
    Source internal secondary;
    uint256 internal began;
    uint256[4] internal secondsIn; // by tier
    uint256 internal secondsOff; // with a stable price that is 5 % off the mark
    bool private wasOff;
    uint256 private tierSince;
    uint8 private tierNow;
    uint256 internal pokes;
    uint256 internal halts;
    string private log;
    Tape private tape;

    function setUpNode() internal override {
        install();
        tape = Tape(create("tape", type(Tape).creationCode));
    }

    /// Configures the asset with feeds that update at these deviations and have said `price`.
    function open(string memory name, int256 price, int256 primaryDeviation, int256 secondaryDeviation) internal {
        primary = Source(createFeed("primary", price), primaryDeviation, price, block.timestamp);
        secondary = Source(createFeed("secondary", price), secondaryDeviation, price, block.timestamp);
        IOracleGuard.Feed memory configured = IOracleGuard.Feed({
            primary: proxyOf[primary.feed],
            secondary: proxyOf[secondary.feed],
            heartbeat: HEARTBEAT,
            secondaryHeartbeat: HEARTBEAT,
            floor: uint128(uint256(price) * 1e10 / 20),
            ceiling: uint128(uint256(price) * 1e10 * 50)
        });
        vm.prank(owner);
        guard.setFeed(REPLAYED, configured, 0);
        IOracleGuard.RangeLimits memory limits = guard.rangeLimits(REPLAYED);
        limits.stablePriceRate = stablePriceRate();
        vm.prank(owner);
        guard.setRangeLimits(REPLAYED, limits, 0);
        guard.poke(REPLAYED);
        (began, tierSince) = (block.timestamp, block.timestamp);
        vm.createDir(FOLDER, true);
        log = string.concat(FOLDER, "/", name, ".csv");
        vm.writeFile(log, "secs,primary,secondary,mark,stable_price,tier,spot_range,initial_spot_range\n");
    }

    /// Share of itself by which the stable price may move per second: of a coin.
    function stablePriceRate() internal pure virtual returns (uint64) {
        return 0.0003e18;
    }

    /// The sources see these prices now. If that makes one of them write a round, or `always`, the guard is poked in the same
    /// transaction.
    function observe(int256 primaryPrice, int256 secondaryPrice, bool always)
        internal
        returns (bool poked, IOracleGuard.Reading memory reading)
    {
        bool first = isDue(primary, primaryPrice);
        bool second = isDue(secondary, secondaryPrice);
        if (!first && !second && !always) return (false, reading);
        ChainlinkFeed[] memory feeds = new ChainlinkFeed[]((first ? 1 : 0) + (second ? 1 : 0));
        int256[] memory answers = new int256[](feeds.length);
        if (second) (feeds[feeds.length - 1], answers[feeds.length - 1]) = (secondary.feed, secondaryPrice);
        if (first) (feeds[0], answers[0]) = (primary.feed, primaryPrice);
        bytes32[] memory assets = new bytes32[](1);
        assets[0] = REPLAYED;
        transact(address(this), address(tape), abi.encodeCall(Tape.write, (feeds, answers, guard, assets)));
        reading = guard.read(REPLAYED);
        record(reading);
        return (true, reading);
    }

    function isDue(Source storage source, int256 price) private returns (bool) {
        int256 distance = price > source.answer ? price - source.answer : source.answer - price;
        bool moved = distance * 10_000 >= source.answer * source.deviation;
        if (!moved && block.timestamp < source.updatedAt + REFRESH) return false;
        (source.answer, source.updatedAt) = (price, block.timestamp);
        return true;
    }

    /// Whether the answers differ by `percent` or more.
    function areApart(uint256 percent) internal view returns (bool) {
        (int256 low, int256 high) =
            primary.answer < secondary.answer ? (primary.answer, secondary.answer) : (secondary.answer, primary.answer);
        return uint256(high - low) * 100 >= uint256(low) * percent;
    }

    function record(IOracleGuard.Reading memory reading) private {
        pokes++;
        secondsIn[tierNow] += block.timestamp - tierSince;
        if (wasOff) secondsOff += block.timestamp - tierSince;
        uint256 off = reading.mark > reading.stablePrice
            ? reading.mark - reading.stablePrice
            : reading.stablePrice - reading.mark;
        wasOff = off * 20 >= reading.mark;
        if (reading.tier == HALTED && tierNow != HALTED) {
            halts++;
            vm.assertTrue(areApart(BAD), "halted although the sources are less than 10 % apart");
        }
        (tierNow, tierSince) = (reading.tier, block.timestamp);
        string memory prices = string.concat(
            vm.toString(block.timestamp - began),
            ",",
            vm.toString(uint256(primary.answer)),
            ",",
            vm.toString(uint256(secondary.answer)),
            ",",
            vm.toString(reading.mark / 1e10)
        );
        string memory risk = string.concat(
            ",",
            vm.toString(reading.stablePrice / 1e10),
            ",",
            vm.toString(uint256(reading.tier)),
            ",",
            vm.toString(reading.spotRange),
            ",",
            vm.toString(reading.initialSpotRange)
        );
        vm.writeLine(log, string.concat(prices, risk));
    }
}

/// True moves, however fast: no Halt, and nothing that brings an account back to health is ever blocked. Between the points of a bar
/// the price moves evenly, the secondary lags by one of the steps and updates at twice the deviation.
contract TrueMovesTest is ReplayTest {
    uint256 private constant STEPS = 5;

    uint8 private highestTier;
    int256 private lagging;

    function replay(string memory name, string memory file, uint256 from, uint256 to) private {
        string memory path = MarketData.find(file);
        if (bytes(path).length == 0) return;
        Bar[] memory bars = MarketData.readBars(path, from, to);
        vm.assertGt(bars.length, 30, "a replay of something");
        uint256 step = (bars[1].time - bars[0].time) / 4 / STEPS;
        open(name, bars[0].open, 50, 100);
        lagging = bars[0].open;
        int256 last = bars[0].open;
        for (uint256 k = 0; k < bars.length; k++) {
            int256[4] memory points = MarketData.points(bars[k]);
            for (uint256 p = 0; p < 4; p++) {
                walk(last, points[p], step, p == 3);
                last = points[p];
            }
        }
        vm.assertEq(halts, 0);
    }

    function walk(int256 from, int256 to, uint256 step, bool endsBar) private {
        for (uint256 k = 1; k <= STEPS; k++) {
            elapse(step);
            int256 price = from + (to - from) * int256(k) / int256(STEPS);
            (bool poked, IOracleGuard.Reading memory reading) = observe(price, lagging, endsBar && k == STEPS);
            lagging = price;
            if (poked) assertTrueMove(reading);
        }
    }

    function assertTrueMove(IOracleGuard.Reading memory reading) private {
        vm.assertLt(uint256(reading.tier), HALTED, "halted by a true move");
        vm.assertEq(uint256(reading.blocked & ESSENTIAL), 0, "a way back is blocked");
        if (reading.tier > highestTier) highestTier = reading.tier;
        uint256 low = uint256(primary.answer < secondary.answer ? primary.answer : secondary.answer) * 1e10;
        uint256 high = uint256(primary.answer < secondary.answer ? secondary.answer : primary.answer) * 1e10;
        vm.assertGe(reading.mark, low);
        vm.assertLe(reading.mark, high);
    }

    function test_twelfth_of_march_2020_in_eth() public {
        replay(
            "2020-03-12-eth",
            "2020-03-12_blackthursday_ETHUSDT_binance_spot_5m.csv",
            1_583_971_200 + 23 hours,
            1_583_971_200 + 27 hours
        );
        vm.assertEq(uint256(highestTier), 2);
        vm.assertLt(secondsOff, 40 minutes, "the stable price is 5 % off for minutes, not for hours");
    }

    function test_nineteenth_of_may_2021_in_eth() public {
        replay(
            "2021-05-19-eth",
            "2021-05-19_ETHUSDT_binance_spot_1m.csv",
            1_621_382_400 + 12 hours + 45 minutes,
            1_621_382_400 + 13 hours + 30 minutes
        );
        vm.assertEq(uint256(highestTier), 2);
    }

    function test_nineteenth_of_may_2021_in_btc() public {
        replay(
            "2021-05-19-btc",
            "2021-05-19_BTCUSDT_binance_spot_1m.csv",
            1_621_382_400 + 12 hours + 45 minutes,
            1_621_382_400 + 13 hours + 30 minutes
        );
        vm.assertEq(uint256(highestTier), 1);
    }

    function test_eighth_of_november_2022_in_eth() public {
        replay(
            "2022-11-08-eth",
            "2022-11-08_ftx_ETHUSDT_binance_spot_5m.csv",
            1_667_865_600 + 18 hours,
            1_667_865_600 + 21 hours
        );
        vm.assertEq(uint256(highestTier), 1);
    }

    function test_eighth_of_november_2022_in_btc() public {
        replay(
            "2022-11-08-btc",
            "2022-11-08_ftx_BTCUSDT_binance_spot_5m.csv",
            1_667_865_600 + 18 hours,
            1_667_865_600 + 21 hours
        );
        vm.assertEq(uint256(highestTier), 1);
    }
}

/// 10 October 2025: a stablecoin printed 0.65 on one venue while another one stayed at par.
contract TwoVenuesTest is ReplayTest {
    /// 20:30 to 23:30 UTC; the venue is 3 % below par from 21:20 to 22:29.
    uint256 private constant FROM = 1_760_128_200;
    uint256 private constant TO = FROM + 3 hours;
    uint256 private constant FIRST_BAD_BAR = FROM + 50 minutes;
    uint256 private constant POINT = 15 seconds;
    uint256 private constant DEVIATION = 50;

    /// Of a pegged asset.
    function stablePriceRate() internal pure override returns (uint64) {
        return 0.00003e18;
    }

    Bar[] private thin;
    Print[] private deep;
    bool private thinIsPrimary;
    uint256 private at; // place of the deep venue's last print
    uint256 private lowest = type(uint256).max;
    uint256 private diverged;
    uint256 private bad;

    /// The thin venue's bars from `from` to `to`, and all prints of the deep one; nothing if there are none.
    function load(uint256 from, uint256 to) private returns (bool) {
        string memory thinPath = MarketData.find("2025-10-10_USDEUSDT_binance_spot_1m.csv");
        if (bytes(thinPath).length == 0) return false;
        string memory deepPath = MarketData.find("2025-10-10_USDe_USDT_uniswap_v3_per_block.csv");
        if (bytes(deepPath).length == 0) return false;
        Bar[] memory bars = MarketData.readBars(thinPath, from, to);
        for (uint256 k = 0; k < bars.length; k++) {
            thin.push(bars[k]);
        }
        Print[] memory prints = MarketData.readPrints(deepPath, 2);
        for (uint256 k = 0; k < prints.length; k++) {
            deep.push(prints[k]);
        }
        return true;
    }

    function deepAt(uint256 time) private returns (int256) {
        while (at + 1 < deep.length && deep[at + 1].time <= time) at++;
        return deep[at].price;
    }

    function observeVenues(int256 thinPrice, int256 deepPrice, bool always)
        private
        returns (bool poked, IOracleGuard.Reading memory reading)
    {
        if (thinIsPrimary) return observe(thinPrice, deepPrice, always);
        return observe(deepPrice, thinPrice, always);
    }

    function replay(string memory name) private {
        if (!load(FROM, TO)) return;
        open(name, thin[0].open, int256(DEVIATION), int256(DEVIATION));
        for (uint256 k = 0; k < thin.length; k++) {
            int256[4] memory points = MarketData.points(thin[k]);
            for (uint256 p = 0; p < 4; p++) {
                elapse(POINT);
                int256 deepPrice = deepAt(thin[k].time + POINT * (p + 1));
                (bool poked, IOracleGuard.Reading memory reading) = observeVenues(points[p], deepPrice, p == 3);
                if (poked) judge(reading);
            }
        }
        vm.assertGt(diverged, 100);
        vm.assertGt(bad, 50);
        vm.assertGt(halts, 0);
    }

    function answers() private view returns (uint256 thinAnswer, uint256 deepAnswer) {
        (thinAnswer, deepAnswer) = (uint256(primary.answer) * 1e10, uint256(secondary.answer) * 1e10);
        if (!thinIsPrimary) (thinAnswer, deepAnswer) = (deepAnswer, thinAnswer);
    }

    /// Of every poke: what was at par stays within the 3 % up to which the primary is believed; where the venues are further apart than
    /// that the thin one is never the mark, and where they are 10 % apart the poke that sees it halts.
    function judge(IOracleGuard.Reading memory reading) private {
        (uint256 thinAnswer, uint256 deepAnswer) = answers();
        if (reading.mark < lowest) lowest = reading.mark;
        vm.assertGt(reading.mark * (100 + DIVERGED), deepAnswer * 100, "the mark has followed the thin venue");
        if (!areApart(DIVERGED)) return;
        diverged++;
        vm.assertGe(uint256(reading.tier), 2, "diverging sources are restricted in the same block");
        vm.assertTrue(reading.mark != thinAnswer, "the thin venue's print is the mark");
        vm.assertEq(uint256(reading.blocked & 8), 0, "liquidation goes on at the median");
        if (!areApart(BAD)) return;
        bad++;
        vm.assertEq(uint256(reading.tier), HALTED, "a bad print halts in the same block");
    }

    function test_the_thin_venue_as_the_secondary_is_never_the_mark() public {
        replay("2025-10-10-thin-secondary");
        vm.assertGt(lowest, 0.999e18);
    }

    /// The stable price follows the primary, by 2.16 % an hour while the venues differ: too slowly for a venue that is off for
    /// more than an hour.
    function test_the_thin_venue_as_the_primary_is_never_the_mark_either() public {
        thinIsPrimary = true;
        replay("2025-10-10-thin-primary");
        vm.assertGt(lowest, 0.97e18);
    }

    function test_a_secondarys_bad_print_halts_within_a_block() public {
        haltAfterFirstBadPrint();
    }

    function test_a_primarys_bad_print_halts_within_a_block() public {
        thinIsPrimary = true;
        haltAfterFirstBadPrint();
    }

    /// The first print of the thin venue that is 10 % off comes alone in its block; whoever pokes does so in the next one.
    function haltAfterFirstBadPrint() private {
        if (!load(FIRST_BAD_BAR - 5 minutes, FIRST_BAD_BAR)) return;
        open(thinIsPrimary ? "first-bad-primary" : "first-bad-secondary", thin[0].open, 50, 50);
        for (uint256 k = 0; k < thin.length; k++) {
            int256[4] memory points = MarketData.points(thin[k]);
            for (uint256 p = 0; p < 4; p++) {
                elapse(POINT);
                int256 deepPrice = deepAt(thin[k].time + POINT * (p + 1));
                if ((deepPrice - points[p]) * 100 >= points[p] * int256(BAD)) return assertHaltsNextBlock(points[p]);
                observeVenues(points[p], deepPrice, true);
            }
        }
        vm.assertTrue(false, "there is a bad print");
    }

    function assertHaltsNextBlock(int256 badPrice) private {
        vm.assertEq(uint256(guard.read(REPLAYED).tier), 0);
        uint256 mark = guard.read(REPLAYED).mark;
        ChainlinkFeed feedOfThin = thinIsPrimary ? primary.feed : secondary.feed;
        transact(address(this), address(feedOfThin), abi.encodeCall(ChainlinkFeed.push, (badPrice)));
        uint256 printed = blockNumber();
        transact(address(this), address(guard), abi.encodeCall(IOracleGuard.poke, (REPLAYED)));
        vm.assertEq(blockNumber() - printed, 1, "one block from the bad print to the Halt");
        vm.assertEq(uint256(guard.read(REPLAYED).tier), HALTED);
        vm.assertApproxEqRel(guard.read(REPLAYED).mark, mark, 0.03e18);
        vm.assertGt(guard.read(REPLAYED).mark, uint256(badPrice) * 1e10);
    }

    function blockNumber() private returns (uint256) {
        return Chain.toUint(Node.request("eth_blockNumber", "[]"));
    }
}
