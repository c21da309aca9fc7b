"""Channel values of atoms on a line where arithmetic cancels or samples see nothing: data/hard_points.csv.

Usage: python3 data/hard_points.py > data/hard_points.csv (mpmath; a minute).

Direct integrals over y in 100 digits by Gauss-Legendre on pieces around every atom and every crossing of two: mmse = E Var(X|Y),
mmse_slope = E Var(X|Y)^2, information = sum p KL(N(sqrt(snr) x, 1) || density of Y), H(X|Y) = E of the posterior's entropy. No form of
klaim's is used. Laws: points and weights, normalised.
"""
import mpmath as mp

# quad stops at an absolute error of 10^-dps, and the least value here is 3e-67.
mp.mp.dps = 100
LAWS = {
    "even": ([-1, 1], [1, 1]),
    "rare-and-far": ([-1, 1, 1000], [1, 1, "2e-8"]),
    "close-and-far": ([0, "0.001", 1], [1, 1, 1]),
    "needle": ([0, 1000000], [1, "1e-12"]),
}
POINTS = [
    ("even", "1e-12"), ("even", "1e-8"), ("even", "300"), ("rare-and-far", "1e-10"), ("rare-and-far", "1e-3"),
    ("close-and-far", "100"), ("close-and-far", "2000"), ("needle", "1e-14"), ("needle", "1e-11"),
]


def values(points, weights, snr):
    x, p = [mp.mpf(a) for a in points], [mp.mpf(w) for w in weights]
    total, root = sum(p), mp.sqrt(snr)
    p = [w / total for w in p]
    t = [root * a for a in x]
    ends = {c + k for c in t for k in (-16, -8, -4, -2, 0, 2, 4, 8, 16)}
    for i in range(len(t)):
        for j in range(i):
            if abs(t[i] - t[j]) > mp.mpf("1e-3"):
                # Where both are equally likely.
                crossing = (t[i] + t[j]) / 2 + mp.log(p[j] / p[i]) / (t[i] - t[j])
                ends |= {crossing + k / abs(t[i] - t[j]) for k in (-60, -20, -8, -3, 0, 3, 8, 20, 60)}
    ends = sorted(ends)
    norm = 1 / mp.sqrt(2 * mp.pi)

    def at(y):
        joint = [w * norm * mp.exp(-(y - c) ** 2 / 2) for w, c in zip(p, t)]
        density = sum(joint)
        q = [j / density for j in joint]
        mean = sum(a * b for a, b in zip(q, x))
        variance = sum(a * (b - mean) ** 2 for a, b in zip(q, x))
        entropy = -sum(a * mp.log(a) for a in q if a > 0)
        divergence = sum(a * mp.log(a / w) for a, w in zip(q, p) if a > 0)
        return [density * v for v in (variance, variance**2, divergence, entropy)]

    return [mp.quad(lambda y, k=k: at(y)[k], ends, maxdegree=7) for k in range(4)]


print("law,points,weights,snr,mmse,mmse_slope,information,posterior_entropy")
for law, snr in POINTS:
    points, weights = LAWS[law]
    found = values(points, weights, mp.mpf(snr))
    text = ",".join(mp.nstr(v, 17) for v in found)
    print(f"{law},{' '.join(map(str, points))},{' '.join(map(str, weights))},{snr},{text}")
