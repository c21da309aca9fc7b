"""The results of a suite measured on a device against those of a CPU: the same cases, verdicts, and numbers to rounding.

    scripts/device-compare.py DEVICE/results.csv CPU/results.csv

Exit status 1 where a case is missing or its verdict differs, or where a side differs by more than its error and rounding.
"""
import csv
import math
import sys

# A case is what its axes say; these columns are what was measured of it.
MEASURED = {
    "lhs", "rhs", "std_err", "half_width", "margin", "verdict", "evidence", "reason", "n", "method", "pareto_k", "dominance",
    "lhs_low", "lhs_high", "rhs_low", "rhs_high", "ratio", "ratio_std_err", "believed", "doubts", "replay",
}


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {tuple(value for key, value in row.items() if key not in MEASURED): row for row in rows}


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def main(device, cpu):
    there, here = read(device), read(cpu)
    wrong = len(there.keys() ^ here.keys())
    print(f"{len(there)} and {len(here)} cases, {wrong} in one alone")
    equal, others, differences = 0, 0, []
    for key in there.keys() & here.keys():
        a, b = there[key], here[key]
        if a["verdict"] != b["verdict"]:
            wrong += 1
            print(f"{a['verdict']} there, {b['verdict']} here: {' '.join(filter(None, key))}")
        same = [a[side] == b[side] for side in ("lhs", "rhs")]
        equal += all(same)
        for side in ("lhs", "rhs"):
            x, y = number(a[side]), number(b[side])
            if a[side] == b[side] or x == y:
                continue
            if a["n"] != b["n"]:
                others += 1
                continue
            if x is None or y is None or not math.isfinite(x - y):
                wrong += 1
                print(f"{side} {a[side]!r} there, {b[side]!r} here: {' '.join(filter(None, key))}")
                continue
            error = number(b["half_width"]) or 0.0
            differences.append((abs(x - y) / max(abs(x), abs(y)), abs(x - y) / error if error else float("inf"), side, x, y, key))
    print(f"{equal} cases equal to the bit, {len(differences)} sides that differ with as many samples, {others} with others")
    for relative, errors, side, x, y, key in sorted(differences, reverse=True)[:20]:
        print(f"{relative:8.1e} of its size, {errors:8.1e} of its half width: {side} {x!r} {y!r}: {' '.join(filter(None, key))}")
    beyond = sum(relative > 1e-9 and errors > 0.1 for relative, errors, *_ in differences)
    print(f"{beyond} sides differ by more than rounding and a tenth of their half width")
    return 1 if wrong or beyond else 0


sys.exit(main(*sys.argv[1:]))
