"""Reference values of Hurwitz's zeta function and its derivatives in s, by mpmath at 30 digits: writes zeta.csv."""
import csv
import os

from mpmath import mp, mpf, nstr, zeta

mp.dps = 30
POINTS = [(1.01, 1), (1.2, 1), (1.5, 2), (2, 0.5), (2.5, 1), (3, 7.5), (12, 1), (1.3, 1e6), (60, 2)]

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "zeta.csv"), "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["s", "q", "derivative", "value"])
    for s, q in POINTS:
        for k in range(3):
            writer.writerow([s, q, k, nstr(zeta(mpf(s), mpf(q), k), 17)])
