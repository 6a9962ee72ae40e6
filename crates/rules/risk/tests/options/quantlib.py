"""Black-76 values and Greeks by QuantLib on a grid.

quantlib.py               prints the grid: 1 of a call, forward, strike, seconds, volatility; value, delta, gamma, vega
quantlib.py check FILE    compares what it would print with a file that it has printed
"""
import itertools
import math
import sys

import QuantLib as ql

YEAR = 365 * 86400
FORWARDS = (0.02, 2000.0)
MONEYNESS = (0.5, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 2.0)
SECONDS = (3600, 86400, 7 * 86400, 30 * 86400, 90 * 86400, YEAR)
VOLATILITIES = (0.1, 0.3, 0.8, 1.5, 3.0)


def grid():
    for forward, moneyness, seconds, volatility in itertools.product(FORWARDS, MONEYNESS, SECONDS, VOLATILITIES):
        strike = round(forward * moneyness, 8)
        deviation = volatility * math.sqrt(seconds / YEAR)
        for is_call in (1, 0):
            payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, strike)
            black = ql.BlackCalculator(payoff, forward, deviation, 1.0)
            results = black.value(), black.deltaForward(), black.gammaForward(), black.vega(seconds / YEAR)
            yield [is_call, forward, strike, seconds, volatility, *results]


def check(path):
    with open(path, encoding="utf-8") as file:
        rows = [[float(field) for field in line.split(",")] for line in file]
    printed = list(grid())
    assert len(rows) == len(printed), f"{len(rows)} rows, not {len(printed)}"
    for row, expected in zip(rows, printed):
        scale = [1] * 5 + [expected[1], 1, 1 / expected[1], expected[1]]
        for got, want, unit in zip(row, expected, scale):
            assert abs(got - want) <= 1e-13 * max(unit, abs(want)), (row, expected)
    print(f"{len(rows)} rows are what QuantLib {ql.__version__} computes")


def main():
    if sys.argv[1:2] == ["check"]:
        check(sys.argv[2])
    else:
        for row in grid():
            print(",".join(map(repr, row)))


if __name__ == "__main__":
    main()
