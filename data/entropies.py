"""Reference entropies of the discrete sources, by mpmath at 30 digits: writes entropies.csv beside this file.

Independent of src/: finite laws by direct sums in 30 digits; Zipf by mpmath's zeta; log-power by a direct head and
Euler-Maclaurin with Taylor coefficients (mpmath.taylor) and mpmath.quad for the tail; geometric and Poisson by direct
sums until the terms vanish. The sub-exponential norm solves its equation by bisection on direct sums (Zipf: zeta).
Run: python3 data/entropies.py   (mpmath 1.3; about a minute)
"""
import csv
import itertools
import os

from mpmath import mp, mpf, inf, log, exp, zeta, quad, bernoulli, factorial, taylor, floor, nstr

mp.dps = 30
DIGITS = 17


def bisect(above, mean_exp):
    """The t > above with mean_exp(t) = 2, for a decreasing function."""
    step = mpf(1)
    while mean_exp(above + step) > 2:
        step *= 2
    low, high = mpf(above), above + step
    for _ in range(62):
        middle = (low + high) / 2
        if mean_exp(middle) <= 2:
            high = middle
        else:
            low = middle
    return high


def from_weights(weights, above=0):
    """All columns for a list of weights (finite, or so long that the rest is below 1e-40)."""
    total = mp.fsum(weights)
    p = [w / total for w in weights if w / total > mpf(10) ** -300]
    content = [-log(x) for x in p]
    shannon = mp.fsum(x * c for x, c in zip(p, content))
    variance = mp.fsum(x * (c - shannon) ** 2 for x, c in zip(p, content))
    if variance < mpf(10) ** -30:
        norm = mpf(0)
    else:
        norm = bisect(above, lambda t: mp.fsum(exp(abs(c - shannon) / t - c) for c in content))
    return {
        "shannon": shannon,
        "renyi_half": 2 * log(mp.fsum(mp.sqrt(x) for x in p)),
        "collision": -log(mp.fsum(x * x for x in p)),
        "min_entropy": min(content),
        "info_variance": variance,
        "psi1": norm,
    }


def moments(points, weights):
    total = mp.fsum(weights)
    mean = mp.fsum(x * w for x, w in zip(points, weights)) / total
    return mp.fsum((x - mean) ** 2 * w for x, w in zip(points, weights)) / total


def zipf_infinite(s):
    s = mpf(s)
    z = [zeta(s, 1, k) for k in range(3)]
    ratio = [z[1] / z[0], z[2] / z[0]]
    middle = -ratio[0]
    first = floor(exp(middle)) + 1

    def mean_exp(t):
        shift = s / t
        if s - shift <= 1:
            return inf
        below = zeta(s + shift) - zeta(s + shift, first)
        return (exp(shift * middle) * below + exp(-shift * middle) * zeta(s - shift, first)) / z[0]

    square = inf if s <= 3 else zeta(s - 2) / z[0] - (zeta(s - 1) / z[0]) ** 2
    return {
        "shannon": log(z[0]) - s * ratio[0],
        "renyi_half": inf if s <= 2 else 2 * log(zeta(s / 2)) - log(z[0]),
        "collision": -log(zeta(2 * s)) + 2 * log(z[0]),
        "min_entropy": log(z[0]),
        "info_variance": s ** 2 * (ratio[1] - ratio[0] ** 2),
        "psi1": bisect(s / (s - 1), mean_exp),
        "second_moment": square,
    }


def euler_maclaurin(f, integrand, start=40, order=14):
    """Sum of f over i >= 1; integrand(u) = e^u f(e^u), integrated from ln start in the variable ln u."""
    head = mp.fsum(f(mpf(i)) for i in range(1, start))
    x = mpf(start)
    coefficients = taylor(f, x, 2 * order)
    edge = f(x) / 2
    for k in range(1, order + 1):
        derivative = coefficients[2 * k - 1] * factorial(2 * k - 1)
        edge -= bernoulli(2 * k) / factorial(2 * k) * derivative
    low = log(log(x))
    nodes = [low + j for j in range(0, 6)] + [low + 8, low + 12, low + 20, low + 40, low + 100, low + 400]
    return head + edge + quad(lambda v: exp(v) * integrand(exp(v)), nodes)


def log_tail(a, shift=1, first=1):
    """w = 1/(i ln^a(i+shift)); (shift, first) = (0, 2) is the other usual form."""
    a = mpf(a)
    offset = first - 1

    def weight(x):
        return 1 / ((x + offset) * log(x + offset + shift) ** a)

    def content(x):
        return log(x + offset) + a * log(log(x + offset + shift))

    def sums(k, alpha=1):
        def f(x):
            return weight(x) ** alpha * content(x) ** k

        def integrand(u):
            if u > 2000 and alpha == 1:
                return u ** -a * (u + a * log(u)) ** k
            if alpha > 1 and u * (alpha - 1) > 2000:
                return mpf(0)
            return f(exp(u)) * exp(u)

        return euler_maclaurin(f, integrand)

    total = sums(0)
    mean = sums(1) / total if a > 2 else inf
    return {
        "shannon": log(total) + mean,
        "renyi_half": inf,
        "collision": 2 * log(total) - log(sums(0, 2)),
        "min_entropy": log(total) + content(mpf(1)),
        "info_variance": sums(2) / total - mean ** 2 if a > 3 else inf,
        "psi1": inf,
        "second_moment": inf,
    }


def finite(points, weights):
    weights = [mpf(w) for w in weights]
    return from_weights(weights) | {"second_moment": moments([mpf(x) for x in points], weights)}


def rows():
    f = lambda text: mpf(float(text))  # the parameter as an f64 reads it
    yield "bpsk", finite([-1, 1], [1, 1])
    for p in ("0.1", "1e-4", "1e-9"):
        yield f"bernoulli:p={p}", finite([0, 1], [1 - f(p), f(p)])
    for m in (1, 4, 16, 1000):
        yield f"pam:levels={m}", finite([mpf(k) - mpf(m - 1) / 2 for k in range(m)], [1] * m)
    for s, n in (("2", 10), ("0.7", 100), ("1.2", 2000)):
        yield f"zipf:exponent={s},atoms={n}", finite(range(1, n + 1), [mpf(i) ** -f(s) for i in range(1, n + 1)])
    weights = [mpf(i) ** -mpf("1.5") for i in range(1, 51)]
    total = sum(weights)
    yield "zipf:exponent=1.5,atoms=50,embedding=simplex", from_weights(weights) | {
        "second_moment": 1 - sum((w / total) ** 2 for w in weights)
    }
    for s in ("1.05", "1.2", "1.5", "2", "2.5", "3", "3.5", "8", "30"):
        yield f"zipf:exponent={s},atoms=inf", zipf_infinite(f(s))
    for a, n in (("2", 100), ("3.5", 1000)):
        weights = [1 / (i * log(mpf(i) + 1) ** f(a)) for i in range(1, n + 1)]
        yield f"log-power:power={a},atoms={n}", finite(range(1, n + 1), weights)
    for a in ("1.5", "2", "2.5", "3", "3.5", "6"):
        yield f"log-power:power={a},atoms=inf", log_tail(f(a))
    for r in ("0.01", "0.3", "0.7", "0.9"):
        x = f(r)
        count = int(100 / -log(x, 10)) + 2
        columns = from_weights([(1 - x) * x ** k for k in range(count)], above=1)
        half = 2 * log(mp.sqrt(1 - x) / (1 - mp.sqrt(x)))
        yield f"geometric:ratio={r}", columns | {"renyi_half": half, "second_moment": x / (1 - x) ** 2}
    for rate in ("0.01", "1", "10", "300.5"):
        x = f(rate)
        count = int(x + 60 * mp.sqrt(x) + 180)
        weights = [exp(-x + k * log(x) - mp.loggamma(k + 1)) for k in range(count)]
        yield f"poisson:rate={rate}", from_weights(weights, above=1) | {"second_moment": x}
    for p, n in (("0.001", 100), ("0.5", 3)):
        weights = [1 - f(p)] + [f(p) / n] * n
        spread = f(p) - f(p) ** 2 / n
        yield f"needle:p={p},atoms={n}", from_weights(weights) | {"second_moment": spread}
    yield "simplex:atoms=256", from_weights([mpf(1)] * 256) | {"second_moment": 1 - mpf(1) / 256}
    yield "codebook:atoms=100,dim=4", from_weights([mpf(1)] * 100)
    yield "tree:depth=3,branch=4,scale=0.5", from_weights([mpf(1)] * 64)
    cube = from_weights([mpf(1)] * 2 ** 6) | {"second_moment": mpf(6)}
    yield "hypercube:dim=6", cube
    x = f("0.1")
    bits = [mp.fprod(x if b else 1 - x for b in word) for word in itertools.product((0, 1), repeat=5)]
    yield "product:base=(bernoulli:p=0.1),dim=5", from_weights(bits) | {"second_moment": 5 * x * (1 - x)}
    zipf = [mpf(i) ** -2 for i in range(1, 7)]
    triples = [a * b * c for a in zipf for b in zipf for c in zipf]
    yield "product:base=(zipf:exponent=2,atoms=6),dim=3", from_weights(triples) | {
        "second_moment": 3 * moments(range(1, 7), zipf)
    }
    infinite = zipf_infinite(mpf(2.5))
    adding = {k: 2 * v for k, v in infinite.items() if k != "psi1"}
    yield "product:base=(zipf:exponent=2.5,atoms=inf),dim=2", adding
    yield "digits", from_weights([mpf(1)] * 1797)


COLUMNS = ["shannon", "renyi_half", "collision", "min_entropy", "info_variance", "psi1", "second_moment"]

if __name__ == "__main__":
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "entropies.csv")
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["source"] + COLUMNS)
        for spec, values in rows():
            file.flush()
            cells = ["" if c not in values else "inf" if values[c] == inf else nstr(values[c], DIGITS) for c in COLUMNS]
            writer.writerow([spec] + cells)
    # The form 1/(n ln^a n), n >= 2, as a check of the method: known values 2.1544 and 0.9267.
    for a in ("2.5", "3.5"):
        print(f"1/(n ln^{a} n), n >= 2: H =", nstr(log_tail(a, shift=0, first=2)["shannon"], 10))
