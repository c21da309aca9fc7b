"""Grids γ_0 < … < γ_K with the least Σ Δ_k M(γ_k), by shooting: writes optimal_grid.csv.

Stationarity gives γ_{k+1} from γ_{k−1} and γ_k; γ_1 is found by bisection so that the last SNR is the wanted one. M and M′
of atoms on a line by the trapezoid rule in double precision (spectrally accurate).
"""
import csv
import math
import os
import sys

LAWS = {"bpsk": [-1.0, 1.0], "pam:levels=8": [k - 3.5 for k in range(8)]}
STEPS, SNR_MAX, STEP = 8, 20.0, 1 / 8


def moments(points, snr):
    """M and −M′ = E m_2, E m_2² (m_2 the posterior variance)."""
    root, step = math.sqrt(snr), min(STEP, 0.4 / (1 + math.sqrt(snr)))
    y, end, mmse, slope = root * points[0] - 9, root * points[-1] + 9, 0.0, 0.0
    while y < end:
        w = [math.exp(-0.5 * (y - root * x) ** 2) for x in points]
        total = sum(w)
        if total > 0:
            mean = sum(a * x for a, x in zip(w, points)) / total
            second = sum(a * (x - mean) ** 2 for a, x in zip(w, points)) / total
            mmse, slope = mmse + total * second, slope + total * second**2
        y += step
    factor = step / math.sqrt(2 * math.pi) / len(points)
    return factor * mmse, factor * slope


def shoot(points, first):
    """The grid that starts with 0 and `first`; cut short where it passes far beyond the end."""
    grid = [0.0, first]
    before = moments(points, 0.0)[0]
    while len(grid) <= STEPS:
        mmse, slope = moments(points, grid[-1])
        grid.append(grid[-1] + (before - mmse) / slope)
        before = mmse
        if grid[-1] > 10 * SNR_MAX:
            break
    return grid


with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimal_grid.csv"), "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["source"] + [f"snr{k}" for k in range(STEPS + 1)])
    for name, points in LAWS.items():
        low, high = 1e-3, 2.0
        for _ in range(45):
            middle = (low + high) / 2
            grid = shoot(points, middle)
            if len(grid) <= STEPS or grid[STEPS] > SNR_MAX:
                high = middle
            else:
                low = middle
        writer.writerow([name] + [f"{g:.10f}" for g in shoot(points, low)])
