"""Prints a golden vector of the reference model, with decimals in place of fractions.

usage: generate.py PATH/TO/ledger.py SEED STEPS > model-SEED.json
"""
import importlib.util
import json
import sys
from fractions import Fraction

DIGITS = 24


def decimal(text):
    """A fraction as a decimal, rounded to the nearest 1e-24."""
    scaled = round(Fraction(text) * 10**DIGITS)
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    whole, part = divmod(scaled, 10**DIGITS)
    return f"{sign}{whole}.{part:0{DIGITS}d}".rstrip("0").rstrip(".")


NUMBERS = {"amount", "price", "size", "paidByLongs", "penaltyRate", "coverage", "tokens", "capital", "insurance", "shortfall"}


def main():
    path, seed, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    spec = importlib.util.spec_from_file_location("ledger", path)
    ledger = importlib.util.module_from_spec(spec)
    sys.modules["ledger"] = ledger
    spec.loader.exec_module(ledger)
    log = []
    vault = ledger.play(seed, steps, log)
    steps = [{k: decimal(x) if k in NUMBERS else x for k, x in step.items()} for step in log]
    final = {
        name: {"capital": decimal(a.capital), "pnl": decimal(a.pnl), "bucket": a.bucket,
               "sizes": {i: decimal(vault.size(a, i)) for i in a.legs}}
        for name, a in vault.accounts.items()
    }
    marks = {"ETH": "2000", "BTC": "60000"}
    lines = ",\n".join(json.dumps(step) for step in steps)
    print('{"initial": %s,\n"steps": [\n%s\n],\n"final": %s}'
          % (json.dumps({"marks": marks, "insurance": "500"}), lines, json.dumps(final, indent=1)))


if __name__ == "__main__":
    main()
