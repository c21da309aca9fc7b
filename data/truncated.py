"""Half-widths for the mean of Pareto summands W = U^(-1/alpha), E W^r = alpha/(alpha - r): the choice behind src/numeric/truncated.rs.

Proven bounds at level delta, each at its best order r: truncated mean with the empirical Bernstein bound (as in src/numeric/truncated.rs)
and median of means (Bubeck, Cesa-Bianchi, Lugosi, "Bandits with heavy tail", IEEE Trans. Inf. Theory 59, 2013, Lemma 2:
(12 v)^(1/r) (16 ln(e^(1/8)/delta)/n)^((r-1)/r), v >= E|W - EW|^r, here by E|W - EW|^r <= 2 E W^r for 1 < r <= 2). Then how often each
and the Gaussian interval miss over 2,000 seeds. Usage: python3 data/truncated.py (numpy; a few seconds).
"""
import numpy as np

ORDERS, BEYOND, SEEDS = [1.1, 1.25, 1.5, 1.75, 2.0], 32, 2000


def cut(alpha, n, l):
    best = None
    for r in (r for r in ORDERS if r < alpha):
        u = alpha / (alpha - r)
        level = (u * n / BEYOND) ** (1 / r)
        bias = u * ((r - 1) / r) ** r / (r - 1) * level ** (1 - r)
        cost = bias / 2 + 7 * level * l / (3 * (n - 1))
        best = min(best or (np.inf,), (cost, level, bias))
    return best[1:]


rng = np.random.default_rng(1)
print("alpha n delta truncated medians  missed: truncated gaussian  gaussian half-width")
for alpha in (1.2, 1.5, 1.8):
    for n in (2048, 32768):
        for delta in (0.05, 1e-6):
            l = np.log(4 / delta)
            level, bias = cut(alpha, n, l)
            medians = min((24 * alpha / (alpha - r)) ** (1 / r) * (16 * (1 / 8 + np.log(1 / delta)) / n) ** ((r - 1) / r)
                          for r in ORDERS if r < alpha)
            mean, halves, missed, gauss, wide = alpha / (alpha - 1), [], 0, 0, []
            z = 1.959964 if delta == 0.05 else 4.891638
            for _ in range(SEEDS if n == 2048 else 200):
                w = rng.random(n) ** (-1 / alpha)
                t = np.minimum(w, level)
                half = np.sqrt(2 * t.var(ddof=1) * l / n) + 7 * level * l / (3 * (n - 1))
                low, high = t.mean() - half, t.mean() + half + bias
                missed += not low <= mean <= high
                halves.append((high - low) / 2)
                gauss += abs(w.mean() - mean) > z * w.std() / np.sqrt(n)
                wide.append(z * w.std() / np.sqrt(n))
            trials = len(halves)
            print(alpha, n, delta, f"{np.mean(halves):.3f} {medians:.3f}  {missed / trials:.4f} {gauss / trials:.4f}  {np.median(wide):.3f}")
