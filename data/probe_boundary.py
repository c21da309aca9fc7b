"""Where C1 with C = 4 starts to fail on two atoms: p with max over snr of snr^2 |mmse'(snr)| = 4 H(p)^2.

X in {0, 1} with P(1) = p. mmse' = -E (q(1-q))^2, q the posterior probability of 1: a trapezoid sum over y with step 1/128
(spectral accuracy), golden section in ln snr, bisection in p. Plain Python; run: python3 data/probe_boundary.py
Prints the boundary that tests/probe.rs compares with.
"""

from math import exp, log, pi, sqrt


def scaled_slope(p, snr):
    root, step, total = sqrt(snr), 1 / 128, 0.0
    k, last = int(-14 / step), int((root + 14) / step)
    while k <= last:
        y = k * step
        a = (1 - p) * exp(-y * y / 2) / sqrt(2 * pi)
        b = p * exp(-((y - root) ** 2) / 2) / sqrt(2 * pi)
        total += (a * b) ** 2 / (a + b) ** 3 if a + b > 0 else 0.0
        k += 1
    return snr * snr * total * step


def largest(p):
    lo, hi, g = log(1.0), log(100.0), (sqrt(5) - 1) / 2
    while hi - lo > 1e-7:
        a, b = hi - g * (hi - lo), lo + g * (hi - lo)
        if scaled_slope(p, exp(a)) < scaled_slope(p, exp(b)):
            lo = a
        else:
            hi = b
    return scaled_slope(p, exp((lo + hi) / 2))


def excess(p):
    entropy = -p * log(p) - (1 - p) * log(1 - p)
    return largest(p) - 4 * entropy**2


low, high = 0.01, 0.5
while high - low > 1e-9:
    middle = sqrt(low * high)
    low, high = (middle, high) if excess(middle) > 0 else (low, middle)
print(f"{(low + high) / 2:.8f}")
