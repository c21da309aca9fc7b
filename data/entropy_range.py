"""Truth for entropies near order 1, at the ends of the range of orders and of nearly deterministic laws: data/entropy_range.csv.

Usage: python3 data/entropy_range.py > data/entropy_range.csv (mpmath, 60 digits; a minute). Direct sums; Zipf by zeta."""
from mpmath import mp, mpf, log, exp, erfc, erf, sqrt, zeta, inf, nstr, atan, pi, fsum, factorial

mp.dps = 60


def held(x):
    """The number that f64 holds."""
    return mpf(float(x))


def geometric(r):
    r = held(r)
    return lambda a: (log(1 - r**a) - a * log(1 - r)) / (a - 1), lambda: -log(1 - r) - r * log(r) / (1 - r)


def weights(p):
    """Orders and moments of a list of (weight, multiplicity)."""
    total = fsum(w * n for w, n in p)
    p = [(w / total, n) for w, n in p]

    def renyi(a):
        top = max(w for w, _ in p)
        return (log(fsum(n * exp(a * log(w / top)) for w, n in p)) + a * log(top)) / (1 - a)

    def shannon():
        return -fsum(n * w * log(w) for w, n in p)

    def variance():
        h = shannon()
        return fsum(n * w * (log(w) + h) ** 2 for w, n in p)

    def psi1():
        h = shannon()
        f = lambda t: fsum(n * w * exp(abs(log(w) + h) / t) for w, n in p)
        lo, hi = mpf("1e-3"), mpf(1)
        while f(hi) > 2:
            hi *= 2
        for _ in range(150):
            m = (lo + hi) / 2
            lo, hi = (lo, m) if f(m) <= 2 else (m, hi)
        return hi

    return renyi, shannon, variance, psi1


def normal_cell(k, step, mean=0, variance=1):
    s = sqrt(mpf(variance) * 2)
    lo, hi = ((k - mpf(1) / 2) * step - mean) / s, ((k + mpf(1) / 2) * step - mean) / s
    if lo < 0 < hi:
        return 1 - erfc(hi) / 2 - erfc(-lo) / 2
    if hi <= 0:
        lo, hi = -hi, -lo
    return (erfc(lo) - erfc(hi)) / 2


def laplace_cell(k, step):
    step = mpf(step)
    if k == 0:
        return 1 - exp(-step / 2)
    return exp(-abs(k) * step) * (exp(step / 2) - exp(-step / 2)) / 2


def uniform_cells(lo, hi, step):
    cut = lambda k: max(mpf(0), min(mpf(hi), (k + mpf(1) / 2) * step) - max(mpf(lo), (k - mpf(1) / 2) * step))
    return [(cut(k), 1) for k in range(-9, 9) if cut(k) > 0]


def zipf(s):
    s = held(s)
    renyi = lambda a: (log(zeta(a * s)) - a * log(zeta(s))) / (1 - a)
    return renyi, lambda: log(zeta(s)) - s * zeta(s, 1, 1) / zeta(s)


def poisson(rate, n):
    rate = held(rate)
    return weights([(exp(-rate) * rate**k / factorial(k), 1) for k in range(n)])


def cells(cell, n):
    return weights([(w, 1) for w in (cell(k) for k in range(-n, n + 1)) if w > 0])


NEAR = ["1.000000000001", "0.99999999", "1.0000001", "0.999", "1.01"]
FAR = ["0.5", "2", "1000", "1e308", "inf"]
LAWS = [
    ("geometric:ratio=1e-9", geometric("1e-9"), NEAR + FAR),
    ("geometric:ratio=0.999999", geometric("0.999999"), NEAR + FAR),
    ("zipf:exponent=1.5,atoms=inf", zipf("1.5"), NEAR + ["0.8", "2", "1000"]),
    ("zipf:exponent=1.05,atoms=inf", zipf("1.05"), NEAR + ["2"]),
    ("zipf:exponent=40,atoms=inf", zipf("40"), NEAR + ["0.5", "2"]),
    ("bernoulli:p=1e-12", weights([(1 - held("1e-12"), 1), (held("1e-12"), 1)]), NEAR + FAR),
    ("bernoulli:p=0.3", weights([(1 - held("0.3"), 1), (held("0.3"), 1)]), NEAR + FAR),
    ("needle:p=1e-12,atoms=8", weights([(1 - held("1e-12"), 1), (held("1e-12") / 8, 8)]), NEAR + FAR),
    ("poisson:rate=1e-12", poisson("1e-12", 90), NEAR + ["2", "1000", "1e308", "inf"]),
    ("poisson:rate=3", poisson("3", 120), NEAR + FAR),
    ("quantized:base=(laplace),step=50", cells(lambda k: laplace_cell(k, 50), 60), NEAR + FAR),
    ("quantized:base=(gaussian),step=0.5", cells(lambda k: normal_cell(k, held("0.5")), 60), NEAR + FAR),
    ("quantized:base=(gaussian),step=14", cells(lambda k: normal_cell(k, 14), 16), NEAR + FAR),
    ("quantized:base=(gaussian:variance=9),step=2", cells(lambda k: normal_cell(k, 2, 0, 9), 60), NEAR + FAR),
    ("quantized:base=(mixture:means=0.3,variances=4),step=0.7", cells(lambda k: normal_cell(k, held("0.7"), held("0.3"), 4), 90), ["1.0000001", "2"]),
    ("quantized:base=(uniform),step=0.25", weights([(mpf(1) / 8, 2), (mpf(1) / 4, 3)]), ["0"] + NEAR + FAR),
    ("quantized:base=(uniform:lo=-1,hi=3),step=0.75", weights(uniform_cells(-1, 3, held("0.75"))), ["0"] + NEAR + FAR),
]


def main():
    print("source,quantity,value")
    for spec, law, orders in LAWS:
        row = lambda quantity, value: print(f'"{spec}",{quantity},{nstr(value, 17)}')
        row("shannon", law[1]())
        for order in orders:
            if order == "inf":
                a = mpf(10) ** 40
            elif order == "0":
                a = mpf(0)
            else:
                a = mpf(float(order))  # the order that f64 holds
            row(f"renyi({order})", law[0](a))
        if len(law) > 2:
            row("info_variance", law[2]())
            row("psi1", law[3]())


main()
