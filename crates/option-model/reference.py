"""Portfolios drawn and evaluated by the reference model of the margin.

usage: reference.py FOLDER_OF_MARGIN_PY SEED PORTFOLIOS MOST_OPTIONS

A line for each: spot, perpetual, spotRange, initialSpotRange, volRange in millionths; maintenance, initial, worst, delta,
gamma, vega, value; and for each option 1 of a call, the strike in units of 1e-8, seconds, and volatility and size in
millionths.
"""
import random
import sys

MICRO = 1_000_000


def whole(number, parts):
    """A number that has so few decimals as a whole number of parts."""
    result = round(number * parts)
    assert abs(result - number * parts) <= 1e-9 * max(1.0, abs(result)), (number, parts)
    return result


def main():
    sys.path.insert(0, sys.argv[1])
    import margin

    seed, count, most = map(int, sys.argv[2:])
    source = random.Random(seed)
    for _ in range(count):
        p = margin.portfolio(source, source.randint(0, most))
        result = margin.evaluate(p)
        assert (p["shortOptionRate"], p["initialFactor"]) == (0.01, 1.25)
        head = [whole(p[name], MICRO) for name in ("spot", "perp", "spotRange", "initialSpotRange", "volRange")]
        out = [result[name] for name in ("maintenance", "initial", "worst", "delta", "gamma", "vega", "value")]
        legs = [[int(o["call"]), whole(o["strike"], 100 * MICRO), whole(o["years"] * margin.YEAR, 1),
                 whole(o["vol"], MICRO), whole(o["size"], MICRO)] for o in p["options"]]
        print(";".join(",".join(map(repr, part)) for part in [head, out] + legs))


if __name__ == "__main__":
    main()
