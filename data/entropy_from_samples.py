"""Reference values for src/entropy/, written to entropy_from_counts.csv and entropy_from_points.csv.

Discrete: infomeasure 0.6.3 (`infomeasure.entropy`, AGPL-3.0; only its output is kept), an independent implementation;
Grassberger (2003), which it has only in the older form of 1988, by mpmath from G(1) = -gamma - ln 2, G(2n+1) = G(2n),
G(2n+2) = G(2n) + 2/(2n+1). Continuous: the published formulas over scipy's cKDTree; the Kozachenko-Leonenko values with
k = 4 are also infomeasure's. Counts are listed with `;`. Points: coordinate j of point i is the Gaussian quantile of the
fractional part of (i+1) sqrt(prime_j), times 1 + j, i = 0 ... n-1; they are printed so that no quantile is recomputed.
    pip install infomeasure==0.6.3 scipy mpmath && cd data && python entropy_from_samples.py
"""
import infomeasure as im
import mpmath
import numpy as np
from scipy.spatial import cKDTree
from scipy.special import digamma, gammaln
from scipy.stats import norm

COUNTS = [[1, 1, 1], [4, 4, 4, 4], [10, 5, 3, 2, 1, 1, 1], [100, 30, 9, 3, 1, 1], [7, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1], [3, 2, 2]]
NAMES = {"plug-in": "discrete", "miller-madow": "miller_madow", "chao-shen": "chao_shen", "chao-wang-jost": "chao_wang_jost"}


def grassberger(counts):
    g = [mpmath.mpf(0), -mpmath.euler - mpmath.log(2), 2 - mpmath.euler - mpmath.log(2)]
    while len(g) <= max(counts):
        n = len(g)
        g.append(g[n - 1] if n % 2 else g[n - 2] + mpmath.mpf(2) / (n - 1))
    total = sum(counts)
    return float(mpmath.log(total) - sum(c * g[c] for c in counts) / total)


with open("entropy_from_counts.csv", "w") as out:
    print("counts", "estimator", "value", sep=",", file=out)
    for counts in COUNTS:
        draws = np.repeat(np.arange(len(counts)), counts)
        values = {name: float(im.entropy(draws, approach=a, base="e")) for name, a in NAMES.items()}
        values["grassberger"] = grassberger(counts)
        for name, value in values.items():
            print(";".join(map(str, counts)), name, repr(value), sep=",", file=out)

N = 200
PRIMES = np.array([2, 3, 5])
POINTS = norm.ppf((np.arange(1, N + 1)[:, None] * np.sqrt(PRIMES)) % 1.0) * np.array([1, 2, 3])
with open("points.csv", "w") as out:
    print("x", "y", "z", sep=",", file=out)
    for row in POINTS:
        print(*map(repr, map(float, row)), sep=",", file=out)
with open("entropy_from_points.csv", "w") as out:
    print("dim", "k", "order", "value", sep=",", file=out)
    for dim in (1, 2, 3):
        x = POINTS[:, :dim]
        ln_ball = dim / 2 * np.log(np.pi) - gammaln(dim / 2 + 1)
        for k in (1, 4):
            rho = cKDTree(x).query(x, k + 1)[0][:, -1]
            kl = digamma(N) - digamma(k) + ln_ball + dim * np.mean(np.log(rho))
            if k == 4 and dim < 3:
                other = im.entropy(x if dim > 1 else x[:, 0], approach="kl", k=k, noise_level=0, minkowski_p=2, base="e")
                print("dim", dim, "infomeasure - ours", other - kl)
            print(dim, k, 1.0, repr(float(kl)), sep=",", file=out)
            for q in (0.5, 1.5, 2.0):
                if k > 2 * (q - 1):
                    ln_c = (gammaln(k) - gammaln(k + 1 - q)) / (1 - q)
                    zeta = np.exp(np.log(N - 1) + ln_c + ln_ball + dim * np.log(rho))
                    print(dim, k, q, repr(float(np.log(np.mean(zeta ** (1 - q))) / (1 - q))), sep=",", file=out)
