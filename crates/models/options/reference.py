"""Portfolios drawn and evaluated by the reference model of the margin, or options in their settlement windows.

usage: reference.py FOLDER_OF_MARGIN_PY SEED PORTFOLIOS MOST_OPTIONS
       reference.py FOLDER_OF_MARGIN_PY SEED OPTIONS settlement

A line for each: spot, perpetual, spotRange, initialSpotRange, volRange in millionths; maintenance, initial, worst, delta,
gamma, vega, value; and for each option 1 of a call, the strike in units of 1e-8, seconds, and volatility and size in
millionths.

Of an option in its settlement window: 1 of a call, the strike in units of 1e-8, the size, the fraction counted and its
average in millionths; and the strike and the size that it is margined as, or the word "fixed".
"""
import random
import sys

MICRO = 1_000_000


def whole(number, parts):
    """A number that has so few decimals as a whole number of parts."""
    result = round(number * parts)
    assert abs(result - number * parts) <= 1e-9 * max(1.0, abs(result)), (number, parts)
    return result


def settle(margin, source):
    """A line of an option in its settlement window."""
    o = margin.portfolio(source, 1)
    spot, option = o["spot"], o["options"][0]
    counted = source.choice([0.0, 1.0, 0.97, 0.5, round(source.random(), 6), round(1 - 10 ** source.uniform(-5, 0), 6)])
    average = round(spot * source.uniform(0.3, 2.0), 6)
    moving = margin.in_settlement(option, counted, average)
    head = [int(option["call"]), whole(option["strike"], 100 * MICRO), whole(option["size"], MICRO), whole(counted, MICRO),
            whole(average, MICRO)]
    out = [moving["strike"], moving["size"]] if counted < 1 else ["fixed"]
    return ",".join(map(str, head + out))


def main():
    sys.path.insert(0, sys.argv[1])
    import margin

    seed, count = map(int, sys.argv[2:4])
    source = random.Random(seed)
    if sys.argv[4] == "settlement":
        print("\n".join(settle(margin, source) for _ in range(count)))
        return
    most = int(sys.argv[4])
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
