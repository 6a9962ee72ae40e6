"""Prints golden vectors of the reference model, with decimals in place of fractions.

usage: generate.py PATH/TO/ledger.py FIRST_SEED SEEDS STEPS FOLDER

Writes FOLDER/model-SEED.json for each seed, and prints how many operations they hold.
"""
import importlib.util
import json
import sys
from fractions import Fraction
from pathlib import Path

DIGITS = 24


def decimal(text):
    """A fraction as a decimal, rounded to the nearest 1e-24."""
    scaled = round(Fraction(text) * 10**DIGITS)
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    whole, part = divmod(scaled, 10**DIGITS)
    return f"{sign}{whole}.{part:0{DIGITS}d}".rstrip("0").rstrip(".")


NUMBERS = {"amount", "price", "size", "paidByLongs", "penaltyRate", "coverage", "tokens", "capital", "insurance", "shortfall"}


def load(path):
    spec = importlib.util.spec_from_file_location("ledger", path)
    ledger = importlib.util.module_from_spec(spec)
    sys.modules["ledger"] = ledger
    spec.loader.exec_module(ledger)
    return ledger


def vector(ledger, seed, steps):
    """The vector of one seed as JSON, an operation a line, and its number of operations."""
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
    text = '{"initial": %s,\n"steps": [\n%s\n],\n"final": %s}\n' % (
        json.dumps({"marks": marks, "insurance": "500"}), lines, json.dumps(final, indent=1))
    return text, len(steps)


def main():
    sys.set_int_max_str_digits(0)  # exact fractions grow
    ledger, folder = load(sys.argv[1]), Path(sys.argv[5])
    first, seeds, steps = map(int, sys.argv[2:5])
    folder.mkdir(parents=True, exist_ok=True)
    operations = 0
    for seed in range(first, first + seeds):
        text, count = vector(ledger, seed, steps)
        (folder / f"model-{seed}.json").write_text(text)
        operations += count
    print(f"{seeds} vectors, {operations} operations")


if __name__ == "__main__":
    main()
