"""Portfolios and their margins by the model: generate.py <folder of margin.py> <seed> <portfolios> <most legs>."""
import random
import sys

sys.path.insert(0, sys.argv[1])
import margin

YEAR = 365 * 86400


def main():
    seed, count, most = map(int, sys.argv[2:])
    rnd = random.Random(seed)
    for _ in range(count):
        p = margin.portfolio(rnd, rnd.randint(0, most))
        s = p["spot"]
        for o in p["options"]:  # to whole ticks of a millionth of spot
            o["strike"] = round(o["strike"] / s * 1e6) * s / 1e6
        r = margin.evaluate(p)
        head = [s, round(p["perp"] * 1e6), p["spotRange"], p["initialSpotRange"], p["volRange"]]
        legs = [[int(o["call"]), round(o["strike"] / s * 1e6), round(o["years"] * YEAR), round(o["vol"] * 1e6),
                 round(o["size"] * 1e6)] for o in p["options"]]
        out = [r[k] for k in ("maintenance", "initial", "worst", "delta", "gamma", "vega", "value")]
        print(";".join(",".join(map(repr, row)) for row in [head, out] + legs))


if __name__ == "__main__":
    main()
