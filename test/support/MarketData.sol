// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.20;

import {vm} from "./Vm.sol";

/// Prices over a span of time, with the feeds' eight decimals.
struct Bar {
    uint256 time; // seconds UTC at its beginning
    int256 open;
    int256 high;
    int256 low;
    int256 close;
}

/// A price at a moment, with the feeds' eight decimals.
struct Print {
    uint256 time; // seconds UTC
    int256 price;
}

/// Recorded markets in `../shared/data`, which are no part of this repository: tests that replay one are skipped without it.
library MarketData {
    string private constant FOLDER = "../shared/data/";

    /// The path of the file `name`, or nothing if it is not there: then the test is skipped. Forge refuses to look into a folder
    /// that does not exist.
    function find(string memory name) internal returns (string memory path) {
        path = string.concat(FOLDER, name);
        try vm.isFile(path) returns (bool found) {
            if (found) return path;
        } catch {}
        vm.skip(true, string.concat("no market data at ", path));
        return "";
    }

    /// The bars of `path` that begin between `from` and `to`.
    function readBars(string memory path, uint256 from, uint256 to) internal view returns (Bar[] memory bars) {
        string[] memory lines = vm.split(vm.readFile(path), "\n");
        bars = new Bar[](lines.length);
        uint256 count;
        for (uint256 k = 1; k < lines.length; k++) {
            if (bytes(lines[k]).length == 0) continue;
            string[] memory columns = vm.split(lines[k], ",");
            uint256 time = vm.parseUint(columns[0]) / 1_000;
            if (time < from || time > to) continue;
            bars[count++] = Bar(time, answer(columns[1]), answer(columns[2]), answer(columns[3]), answer(columns[4]));
        }
        assembly ("memory-safe") {
            mstore(bars, count)
        }
    }

    /// The prints of `path`, whose prices are in column `column`.
    function readPrints(string memory path, uint256 column) internal view returns (Print[] memory prints) {
        string[] memory lines = vm.split(vm.readFile(path), "\n");
        prints = new Print[](lines.length);
        uint256 count;
        for (uint256 k = 1; k < lines.length; k++) {
            if (bytes(lines[k]).length == 0) continue;
            string[] memory columns = vm.split(lines[k], ",");
            prints[count++] = Print(vm.parseUint(columns[0]) / 1_000, answer(columns[column]));
        }
        assembly ("memory-safe") {
            mstore(prints, count)
        }
    }

    /// Where a bar's price was at its beginning, at one and two thirds, and at its end: the extreme that it closed away from first.
    function points(Bar memory bar) internal pure returns (int256[4] memory) {
        if (bar.close >= bar.open) return [bar.open, bar.low, bar.high, bar.close];
        return [bar.open, bar.high, bar.low, bar.close];
    }

    /// A decimal number of dollars with the feeds' eight decimals; further digits are dropped.
    function answer(string memory text) internal pure returns (int256) {
        string[] memory parts = vm.split(text, ".");
        uint256 value = vm.parseUint(parts[0]) * 1e8;
        if (parts.length > 1) value += fraction(bytes(parts[1]));
        return int256(value);
    }

    function fraction(bytes memory digits) private pure returns (uint256 value) {
        for (uint256 k = 0; k < 8; k++) {
            value = value * 10 + (k < digits.length ? uint8(digits[k]) - 48 : 0);
        }
    }
}
