// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {IMarginVault} from "../../contracts/interfaces/IMarginVault.sol";
import {IOracleGuard} from "../../contracts/interfaces/IOracleGuard.sol";
import {ChainlinkFeed} from "../feeds/ChainlinkFeed.sol";
import {Behaviour, Way, WildFeed} from "../feeds/WildFeed.sol";
import {Tape} from "../mocks/Tape.sol";
import {vm} from "../support/Vm.sol";
import {GuardLogs} from "./GuardLogs.sol";
import {Lens, VaultState} from "./Lens.sol";
import {Series, VaultHandler} from "./VaultHandler.sol";

/// A feed of Chainlink's behind its proxy, or one that does what it is told to: one of the two is zero.
struct Source {
    ChainlinkFeed real;
    address proxy;
    WildFeed wild;
}

/// What an answer that is trusted says.
struct Sighting {
    bool trusted;
    uint256 price;
}

/// What the judge knows of an asset.
struct Judged {
    uint256 stored; // the last trusted mark that the guard has stored
    uint256 pokes; // how often it has stored an observation
    uint256 mark; // what a reader is told
    bool trusted;
    uint256 stable;
    uint256 highest; // of the stable prices since one was stored for certain: the rate is a share of what was stored
    uint256 lookedAt;
}

/// Everything that anybody can do to a vault while its feeds do what they like, and a judge who reads the same feeds, and says for
/// himself which price may move money. Every asset has two sources with eight decimals.
contract WildHandler is VaultHandler {
    using GuardLogs for IOracleGuard;

    uint256 private constant HEARTBEAT = 1 hours;
    uint256 private constant ROUND_BYTES = 160;
    uint256 private constant DECIMALS = 8;
    /// The actions that a vault asks the guard about.
    uint16 private constant EVERYTHING = 63;
    uint256 private constant HALTED = 3;

    /// The primary and the secondary of each instrument.
    Source[] private sources;
    /// What the wild ones have been told.
    mapping(WildFeed => Behaviour) private behaviours;
    /// Which of Chainlink's refuse their readers.
    mapping(ChainlinkFeed => bool) private isClosed;
    /// True prices, with the feeds' decimals, and where they were at first.
    int256[] private truths;
    int256[] private origins;
    Judged[] private judged;
    /// What the operation that is under way does.
    bytes4 private selector;
    /// Share of itself by which the stable price may move in a second.
    uint256 private immutable rate;

    constructor(
        IMarginVault vault_,
        IOracleGuard guard_,
        Lens lens_,
        uint32[] memory instruments_,
        bytes32[] memory assets_,
        Source[] memory sources_,
        int256[] memory prices_
    )
        VaultHandler(
            vault_,
            guard_,
            lens_,
            Tape(address(0)),
            instruments_,
            assets_,
            new ChainlinkFeed[](0),
            prices_,
            new Series[](0)
        )
    {
        (truths, origins) = (prices_, prices_);
        for (uint256 k = 0; k < sources_.length; k++) {
            sources.push(sources_[k]);
        }
        rate = guard_.rangeLimits(assets_[0]).stablePriceRate;
    }

    /// Called in place of `start`, once every source has told the truth and everybody has traded.
    function begin() external {
        for (uint256 i = 0; i < assets.length; i++) {
            (IOracleGuard.Reading memory reading, uint256 count) = (guard.read(assets[i]), guard.pokes(assets[i]));
            (uint256 mark, uint256 stable) = (reading.mark, reading.stablePrice);
            judged.push(Judged(mark, count, mark, true, stable, stable, block.timestamp));
            tell(i, 0, truths[i]);
            tell(i, 1, truths[i]);
        }
        open();
        pokeMany(assets);
        after_("the beginning", NOBODY, NOBODY);
    }

    // ---- what feeds do

    /// Time passes, prices move by up to 3 %, and the sources of most assets say so; somebody pokes.
    function tellTheTruth(uint256 seed) public {
        vm.warp(block.timestamp + 1 + seed % 10 minutes);
        for (uint256 i = 0; i < assets.length; i++) {
            move(i, int256(draw(seed, i) % 61) - 30);
            if (draw(seed, i) / 64 % 4 == 0) continue;
            tell(i, 0, truths[i]);
            tell(i, 1, truths[i]);
        }
        pokeMany(assets);
        after_("the truth", NOBODY, NOBODY);
    }

    /// One source of an asset does something else, or both do; every other time somebody pokes. The more wild sources, the more often.
    function misbehave(uint256 place, uint256 seed) public {
        vm.warp(block.timestamp + seed % 2 minutes);
        uint256 i = [0, 1, 1, 2, 2, 2][place % 6];
        uint256 which = [1, 2, 3, 3][draw(seed, 4) % 4];
        for (uint256 k = 0; k < 2; k++) {
            Source storage source = sources[2 * i + k];
            if (which & 1 << k == 0) continue;
            if (address(source.wild) != address(0)) setWild(source.wild, wildness(draw(seed, k), truths[i]));
            else misreport(source.real, draw(seed, k), truths[i]);
        }
        if (draw(seed, 5) % 2 == 0) pokeMany(one(i));
        after_("misbehaviour", NOBODY, NOBODY);
    }

    /// What an aggregator of Chainlink's can do wrong: say another price, or one that is none, leave a round open, refuse readers.
    function misreport(ChainlinkFeed real, uint256 seed, int256 truth) private {
        uint256 kind = seed % 8;
        if (kind < 2) setClosed(real, kind == 0);
        if (kind == 2) try real.pushIncomplete(truth) {} catch {}
        if (kind == 3) push(real, -truth);
        if (kind == 4) push(real, 0);
        if (kind > 4) push(real, truth * (800 + int256(seed / 8 % 401)) / 1_000);
    }

    function setClosed(ChainlinkFeed real, bool closed) private {
        if (isClosed[real] == closed) return;
        isClosed[real] = closed;
        real.setClosed(closed);
    }

    function push(ChainlinkFeed real, int256 answer) private {
        try real.push(answer) {} catch {}
    }

    /// Rounds of all kinds: half of them as good as any but for one thing.
    function wildness(uint256 seed, int256 truth) private view returns (Behaviour memory behaviour) {
        behaviour = honest(truth * (970 + int256(draw(seed, 1) % 61)) / 1_000);
        uint256 kind = draw(seed, 2) % 16;
        uint256 word = draw(seed, 3);
        if (kind < 7) behaviour.way = Way(kind);
        // Decimals are asked for only where a price is new: whoever gets them wrong says one that nobody else says.
        if (kind == 5 || kind == 6 || kind == 13) behaviour.words[1] += uint256(truth) / 2_000;
        if (kind == 7) behaviour.words[1] = word;
        if (kind == 8) behaviour.words[1] = uint256(-truth);
        if (kind == 9) behaviour.words[3] = word % 2 == 0 ? word : 0;
        if (kind == 10) behaviour.words[3] = block.timestamp + 1 + word % 1 days;
        if (kind == 11) behaviour.words[3] = block.timestamp - word % (2 * HEARTBEAT); // time may go backwards
        if (kind == 12) behaviour.words[4] = behaviour.words[0] - 1 - word % 2;
        if (kind == 13) behaviour.decimals = word % 2 == 0 ? word % 30 : word;
        if (kind == 14) behaviour.length = [0, 1, 31, 128, 159, 160, 192, 4_096][word % 8];
        if (kind == 15) behaviour.words[1] = uint256(truth) * (800 + word % 401) / 1_000;
    }

    function honest(int256 price) private view returns (Behaviour memory) {
        uint256[5] memory words = [7, uint256(price), block.timestamp, block.timestamp, 7];
        return Behaviour(Way.Answers, words, ROUND_BYTES, DECIMALS);
    }

    /// One of an asset's sources says `price` in a round of this second, whatever it did before.
    function tell(uint256 i, uint256 k, int256 price) private {
        Source storage source = sources[2 * i + k];
        if (address(source.wild) != address(0)) {
            setWild(source.wild, honest(price));
        } else {
            setClosed(source.real, false);
            push(source.real, price);
        }
    }

    function setWild(WildFeed wild, Behaviour memory behaviour) private {
        behaviours[wild] = behaviour;
        wild.set(behaviour);
    }

    function move(uint256 i, int256 thousandths) private {
        int256 truth = truths[i] * (1_000 + thousandths) / 1_000;
        if (truth > origins[i] / 3 && truth < origins[i] * 3) truths[i] = truth;
    }

    // ---- pokes

    /// Somebody pokes one asset.
    function poke(uint256 seed) public {
        vm.warp(block.timestamp + seed % 3 minutes);
        pokeMany(one(seed % assets.length));
        after_("a poke", NOBODY, NOBODY);
    }

    function one(uint256 i) private view returns (bytes32[] memory which) {
        which = new bytes32[](1);
        which[0] = assets[i];
    }

    /// Somebody pokes all of them, in any order, one of them twice.
    function pokeAll(uint256 seed) public {
        vm.warp(block.timestamp + seed % 10 minutes);
        bytes32[] memory all = new bytes32[](assets.length + 1);
        for (uint256 k = 0; k < all.length; k++) {
            all[k] = assets[(seed % assets.length + k) % assets.length];
        }
        pokeMany(all);
        after_("a poke of all", NOBODY, NOBODY);
    }

    /// Hours in which nobody looks.
    function neglect(uint256 seed) public {
        vm.warp(block.timestamp + 1 minutes + seed % 3 hours);
        after_("neglect", NOBODY, NOBODY);
    }

    /// It finds what readers were told just before.
    function pokeMany(bytes32[] memory which) private {
        bytes32 told = readings();
        (bool success,) = address(guard).call(abi.encodeCall(IOracleGuard.pokeMany, (which)));
        require_(success, "a poke failed");
        require_(readings() == told, "a poke found something else than a reader was told");
    }

    /// A fingerprint of all that readers are told of all assets.
    function readings() private view returns (bytes32) {
        return keccak256(abi.encode(guard.readMany(assets)));
    }

    // ---- the judge

    /// An answer is trusted if it is complete, as wide as it was, above zero, inside floor and ceiling, of now or before, and at most
    /// an hour old.
    function sighting(uint256 i, uint256 k) private view returns (Sighting memory seen) {
        Source storage source = sources[2 * i + k];
        uint256[5] memory words;
        if (address(source.wild) != address(0)) {
            Behaviour memory behaviour = behaviours[source.wild];
            bool answers = behaviour.way == Way.Answers || behaviour.way == Way.CallsBack;
            if (!answers || behaviour.length < ROUND_BYTES || behaviour.decimals != DECIMALS) return seen;
            words = behaviour.words;
        } else {
            (bool success, bytes memory data) = source.proxy.staticcall(abi.encodeWithSignature("latestRoundData()"));
            if (!success) return seen;
            words = abi.decode(data, (uint256[5]));
        }
        int256 answer = int256(words[1]);
        // The bounds are shares of the first price.
        if (answer <= origins[i] / 20 || answer >= origins[i] * 50) return seen;
        if (words[3] == 0 || words[3] > block.timestamp || words[4] < words[0]) return seen;
        if (block.timestamp - words[3] > HEARTBEAT) return seen;
        return Sighting(true, uint256(answer * FEED_TO_WAD));
    }

    /// Whoever reads asset `i` is told the mark that its sources support now, or that it is frozen at the last one that was stored,
    /// which is this one if the guard has stored it in this second.
    function judge(uint256 i) private {
        Judged memory known = judged[i];
        (Sighting memory first, Sighting memory second) = (sighting(i, 0), sighting(i, 1));
        IOracleGuard.Reading memory reading = guard.read(assets[i]);
        uint256 stable = reading.stablePrice;
        uint256 step = known.highest * rate * (block.timestamp - known.lookedAt);
        require_(distance(stable, known.stable) <= step / uint256(WAD) + 1, "a stable price outran its rate");
        known.trusted = first.trusted || second.trusted;
        known.mark = known.trusted ? markOf(first, second, stable) : known.stored;
        (known.stable, known.lookedAt) = (stable, block.timestamp);
        require_(reading.mark == known.mark, "a mark that no trusted round supports");
        require_(reading.blocked & EVERYTHING == EVERYTHING == !known.trusted, "frozen if untrusted, and not else");
        require_(known.trusted || reading.tier == HALTED, "halted while untrusted");
        bool lost = first.trusted != second.trusted;
        require_(reading.tier > 0 || !lost, "a lost source costs a tier");
        if (stable > known.highest) known.highest = stable;
        uint256 count = guard.pokes(assets[i]);
        if (count > known.pokes) {
            (known.pokes, known.stored, known.highest) = (count, known.mark, stable);
            done[known.trusted ? "a trusted poke" : "an untrusted poke"]++;
        }
        judged[i] = known;
        prices[i] = int256(reading.mark) / FEED_TO_WAD;
    }

    /// The primary while both agree, the median with the stable price from a difference of 3 % on, and no more than 10 % away from
    /// the stable price if there is one alone.
    function markOf(Sighting memory first, Sighting memory second, uint256 stable) private returns (uint256) {
        if (first.trusted && second.trusted) {
            uint256 lower = first.price < second.price ? first.price : second.price;
            uint256 higher = first.price < second.price ? second.price : first.price;
            if ((higher - lower) * 100 < 3 * lower) return first.price;
            done["a median"]++;
            return stable < lower ? lower : stable > higher ? higher : stable;
        }
        done["a sole source"]++;
        uint256 price = first.trusted ? first.price : second.price;
        (uint256 least, uint256 most) = (stable - stable / 10, stable + stable / 10);
        return price < least ? least : price > most ? most : price;
    }

    /// Whether account `k` has a leg in an asset that nobody can trust.
    function isExposed(uint256 k) private view returns (bool) {
        for (uint256 i = 0; i < assets.length; i++) {
            if (state.accounts[k].sizes[i] != 0 && !judged[i].trusted) return true;
        }
        return false;
    }

    /// After every operation: a vault's readers are told the marks that were judged, and of what nobody trusts no leg has moved.
    function look() internal override returns (VaultState memory seen) {
        seen = super.look();
        for (uint256 i = 0; i < assets.length; i++) {
            judge(i);
            require_(seen.instruments[i].mark == judged[i].mark, "a mark that the sources do not support");
            if (judged[i].trusted) continue;
            require_(seen.instruments[i].tier == HALTED, "halted while untrusted, without a poke as well");
            for (uint256 k = 0; k < state.accounts.length; k++) {
                require_(seen.accounts[k].sizes[i] == state.accounts[k].sizes[i], "an untrusted leg moved");
            }
        }
        if (selector == IMarginVault.settle.selector) checkOnlyReduced(seen);
        selector = 0;
    }

    /// Of an account with an untrusted leg nothing else has grown by trade.
    function checkOnlyReduced(VaultState memory seen) private {
        for (uint256 k = 0; k < state.accounts.length; k++) {
            if (!isExposed(k)) continue;
            for (uint256 i = 0; i < assets.length; i++) {
                (int256 before, int256 now_) = (state.accounts[k].sizes[i], seen.accounts[k].sizes[i]);
                bool less = before < 0 ? now_ >= before && now_ <= 0 : now_ <= before && now_ >= 0;
                require_(less, "an account with an untrusted leg did more than reduce");
            }
        }
    }

    /// Whatever it stores is what readers were told just before. Nobody is paid who is exposed to what nobody can trust.
    function operate(address caller, bytes memory data) internal override returns (bool success) {
        bytes32 told = readings();
        success = super.operate(caller, data);
        require_(readings() == told, "an operation found something else than a reader was told");
        selector = success ? bytes4(data) : bytes4(0);
        bool paid = selector == IMarginVault.withdraw.selector || selector == IMarginVault.transfer.selector;
        if (!paid) return success;
        bytes32 account;
        assembly ("memory-safe") {
            account := mload(add(data, 36))
        }
        for (uint256 k = 0; k < accounts.length; k++) {
            if (accounts[k] == account) require_(!isExposed(k), "a withdrawal with an untrusted leg");
        }
    }

    // ---- what has to work all the same

    /// Two who hold opposite sides of an asset that can be traded, and can pay, close half of it at the mark, whatever their other
    /// legs are in.
    function reduce(uint256 buyerSeed, uint256 sellerSeed, uint256 seed) public {
        uint256 i = seed % assets.length;
        (uint256 buyer, uint256 seller) = (holder(buyerSeed, i, -1), holder(sellerSeed, i, 1));
        VaultState memory seen = look();
        int256 bought = -seen.accounts[buyer].sizes[i];
        int256 sold = seen.accounts[seller].sizes[i];
        int256 size = (bought < sold ? bought : sold) / 2;
        bool open = judged[i].trusted && seen.instruments[i].tier < HALTED;
        bool solvent = seen.accounts[buyer].equity > 0 && seen.accounts[seller].equity > 0;
        if (size < 1e12 || !open || !solvent) return;
        uint256 price = judged[i].mark;
        IMarginVault.Order memory maker = order(seller, i, -size, price, true, true);
        IMarginVault.Order memory taker = order(buyer, i, size, price, false, true);
        bytes memory data =
            abi.encodeCall(IMarginVault.settle, (maker, sign(seller, maker), taker, sign(buyer, taker), uint256(size)));
        if (isExposed(buyer) || isExposed(seller)) done["reducing beside an untrusted leg"]++;
        if (operate(stranger, data)) afterTrade(buyer, seller, i, int256(price));
        else violate("a leg could not be reduced");
    }

    function draw(uint256 seed, uint256 k) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, k)));
    }
}
