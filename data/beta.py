"""Quantiles of the Beta law, by mpmath at 40 digits: writes beta.csv."""
import csv
import os

from mpmath import betainc, mp, mpf, nstr

mp.dps = 40
SHAPES = [(0.2, 0.2), (0.2, 20), (0.6, 0.6), (1, 1), (0.5, 1.5), (2, 0.7), (3, 5), (20, 0.2), (20, 20)]
LEVELS = [0.001, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 0.999]


def quantile(a, b, u):
    """The x with I_x(a, b) = u, by bisection of ln x, or of ln(1 − x) in the upper half."""
    if betainc(a, b, 0, mpf(1) / 2, regularized=True) < u:
        return 1 - quantile(b, a, 1 - u)
    lo, hi = mpf(-800), mp.log(mpf(1) / 2)
    for _ in range(110):
        middle = (lo + hi) / 2
        if betainc(a, b, 0, mp.exp(middle), regularized=True) < u:
            lo = middle
        else:
            hi = middle
    return mp.exp((lo + hi) / 2)


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "beta.csv"), "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["alpha", "beta", "level", "quantile"])
    for alpha, beta in SHAPES:
        for level in LEVELS:
            writer.writerow([alpha, beta, level, nstr(quantile(mpf(alpha), mpf(beta), mpf(level)), 17)])
