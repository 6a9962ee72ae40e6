"""Black-76 values and Greeks to 50 digits, by mpmath (1.4.1): precise.py SEED POINTS

A line for each point: 1 of a call, forward, strike, seconds, volatility; value, delta, gamma, vega, to the nearest. All but
the kind and the seconds in units of 1e-18. First the edges of the domain, then random points.
"""
import itertools
import random
import sys

from mpmath import erfc, exp, log, mp, mpf, nint, pi, sqrt

mp.dps = 50
WAD = 10**18
YEAR = 365 * 86400
MOST = 2**100 - 1  # of a price


def distribution(x):
    return erfc(-x / sqrt(2)) / 2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def quote(is_call, forward, strike, seconds, volatility):
    sign = 1 if is_call else -1
    f, k, v = mpf(forward) / WAD, mpf(strike) / WAD, mpf(volatility) / WAD
    root = sqrt(mpf(seconds) / YEAR)
    deviation = v * root
    if deviation == 0 or f == 0 or k == 0:
        value = max(mpf(0), sign * (f - k))
        return value, mpf(sign if value else 0), mpf(0), mpf(0)
    d1 = log(f / k) / deviation + deviation / 2
    value = sign * (f * distribution(sign * d1) - k * distribution(sign * (d1 - deviation)))
    return value, sign * distribution(sign * d1), density(d1) / (f * deviation), f * density(d1) * root


def edges():
    forwards = [1, 10**9, 2 * 10**16, 2000 * WAD, 10**27, MOST]
    moneyness = [(1, 1000), (1, 2), (999_999, 1_000_000), (1, 1), (1_000_001, 1_000_000), (3, 2), (1000, 1)]
    times = [1, 86400, YEAR, 100 * YEAR, 2**64 - 1]
    volatilities = [1, 10**12, 5 * 10**16, 8 * 10**17, 10**19, 2**127]
    for forward, (above, below), seconds, volatility in itertools.product(forwards, moneyness, times, volatilities):
        strike = forward * above // below
        if 0 < strike <= MOST:
            yield forward, strike, seconds, volatility


def spread(source, low, high):
    """A whole number whose logarithm is spread evenly."""
    return int(exp(mpf(source.uniform(float(log(low)), float(log(high))))))


def points(seed, count):
    source = random.Random(seed)
    some = list(edges())
    for edge in source.sample(some, min(len(some), count // 3)):
        yield edge
    for _ in range(count - min(len(some), count // 3)):
        forward = spread(source, 10**9, 10**27)
        strike = min(MOST, int(forward * exp(mpf(source.gauss(0, 0.5)))))
        yield forward, max(1, strike), spread(source, 1, 10 * YEAR), spread(source, 10**15, 10**19)


def main():
    seed, count = map(int, sys.argv[1:])
    for forward, strike, seconds, volatility in points(seed, count):
        for is_call in (1, 0):
            results = [str(int(nint(x * WAD))) for x in quote(is_call, forward, strike, seconds, volatility)]
            print(",".join([str(n) for n in (is_call, forward, strike, seconds, volatility)] + results))


if __name__ == "__main__":
    main()
