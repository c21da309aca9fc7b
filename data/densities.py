"""Truth for the one-dimensional densities: data/densities.csv. Usage: python3 data/densities.py (mpmath, numpy; a minute).

ln_density, cdf, survival, renyi (differential, by order): mpmath, 30 digits. mmse, mmse_slope, mmse_curvature, information
(by snr, of Y = sqrt(snr) X + Z): Gauss-Legendre over x in 26 standard deviations of the noise for each y, and over y in
composite panels of asinh(y); two resolutions must agree to 3e-12 relative, and Laplace's mmse with a closed-form posterior
in mpmath to 1e-11."""
import csv
import numpy as np
from mpmath import mp, mpf, log, exp, pi, inf, quad, sqrt, gamma, betainc, erfc, atan, beta

mp.dps = 30


def student(nu):
    nu = mpf(nu)
    c = 1 / (sqrt(nu) * beta(nu / 2, mpf(1) / 2))
    upper = lambda x: betainc(nu / 2, mpf(1) / 2, 0, nu / (nu + x * x), regularized=True) / 2
    return dict(f=lambda x: c * (1 + x * x / nu) ** (-(nu + 1) / 2), sf=lambda x: upper(x) if x >= 0 else 1 - upper(x),
                support=(-inf, inf), breaks=[0])


LAWS = {
    "laplace": dict(f=lambda x: exp(-abs(x)) / 2, sf=lambda x: exp(-x) / 2 if x >= 0 else 1 - exp(x) / 2,
                    support=(-inf, inf), breaks=[0]),
    "student-t:dof=3": student(3),
    "student-t:dof=0.7": student(mpf("0.7")),
    "student-t:dof=40": student(40),
    "cauchy": dict(f=lambda x: 1 / (pi * (1 + x * x)), sf=lambda x: atan(1 / x) / pi if x > 0 else mpf(1) / 2 - atan(x) / pi,
                   support=(-inf, inf), breaks=[0]),
    "pareto:shape=1.5": dict(f=lambda x: mpf("1.5") * x ** mpf("-2.5"), sf=lambda x: x ** mpf("-1.5"), support=(1, inf), breaks=[1]),
    "lognormal:sigma=1": dict(f=lambda x: exp(-log(x) ** 2 / 2) / (x * sqrt(2 * pi)), sf=lambda x: erfc(log(x) / sqrt(mpf(2))) / 2,
                              support=(0, inf), breaks=[1]),
}
NUMPY = {
    "laplace": (lambda x: 0.5 * np.exp(-abs(x)), 0.0, -np.inf),
    "student-t:dof=3": (lambda x: float(student(3)["f"](mpf(0))) * (1 + x * x / 3) ** -2.0, 0.0, -np.inf),
    "cauchy": (lambda x: 1 / (np.pi * (1 + x * x)), 0.0, -np.inf),
    "pareto:shape=1.5": (lambda x: 1.5 * np.maximum(x, 1.0) ** -2.5, 1.0, 1.0),
    "lognormal:sigma=1": (lambda x: np.exp(-np.log(x) ** 2 / 2) / (x * np.sqrt(2 * np.pi)), 0.0, 0.0),
}


def channel(f, kink, lowest, snr, n, panels):
    t, w = np.polynomial.legendre.leggauss(n)
    a = np.sqrt(snr)

    def posterior(y):
        lo, hi = max((y - 13) / a, lowest), (y + 13) / a
        cuts = [lo] + ([kink] if lo < kink < hi else []) + [hi]
        if lowest == 0.0 and lo == 0.0:  # essential singularity at 0: geometric pieces
            cuts = [0.0] + [c for c in 10.0 ** np.arange(-12, 1.5, 0.5) if c < hi] + [hi]
        x = np.concatenate([(p + q) / 2 + (q - p) / 2 * t for p, q in zip(cuts, cuts[1:])])
        v = np.concatenate([(q - p) / 2 * w for p, q in zip(cuts, cuts[1:])])
        z = y - a * x
        e = -z * z / 2
        g = v * f(x) * np.exp(e)
        s = g.sum()
        if s == 0:
            return np.zeros(5)
        q = g / s
        m = (q * x).sum()
        m2, m3 = (q * (x - m) ** 2).sum(), (q * (x - m) ** 3).sum()
        return s / np.sqrt(2 * np.pi) * np.array([m2, m2**2, 2 * m2**3 - m3**2, (q * e).sum() - np.log(s), 1.0])

    T, W = np.polynomial.legendre.leggauss(20)
    end = np.arcsinh(1e13 * a) if lowest != 0.0 else np.arcsinh(1e6 * a)
    start = -end if lowest == -np.inf else np.arcsinh(a * lowest - 13)
    edges = sorted(set(np.linspace(start, end, panels)) | set(np.arcsinh(a * kink + np.linspace(-12, 12, 13))))
    total = np.zeros(5)
    for p, q in zip(edges, edges[1:]):
        for node, weight in zip(T, W):
            u = (p + q) / 2 + (q - p) / 2 * node
            total += (q - p) / 2 * weight * np.cosh(u) * posterior(np.sinh(u))
    return total[:4]


def laplace_mmse(snr):
    """Posterior of Laplace: two truncated Gaussians, mean y/a -+ 1/snr, variance 1/snr."""
    a, v = sqrt(mpf(snr)), 1 / mpf(snr)
    def integrand(y):
        parts = []
        for sign in (1, -1):
            m = (y / a - sign * v) * sign  # distribution of sign*X on (0, inf)
            s = sqrt(v)
            mass = erfc(-m / (s * sqrt(mpf(2)))) / 2 * exp((m * m - (y / a) ** 2) / (2 * v))
            d = exp(-m * m / (2 * v)) / sqrt(2 * pi) * s * exp((m * m - (y / a) ** 2) / (2 * v))
            parts.append((mass, sign * (m * mass + d), (m * m + v) * mass + m * d))
        z0, z1, z2 = (sum(p[i] for p in parts) for i in range(3))
        return (z2 - z1 * z1 / z0) / (2 * a)
    end = 15 + 40 * a
    return 2 * quad(integrand, [end * k / 30 for k in range(31)])


rows = []
for spec, law in LAWS.items():
    lo, hi = law["support"]
    for x in [mpf(s) for s in ("-30", "-2.5", "-0.01", "0.3", "1.7", "12", "1e6")]:
        if lo < x < hi:
            rows += [(spec, "ln_density", x, log(law["f"](x))), (spec, "survival", x, law["sf"](x))]
            rows.append((spec, "cdf", x, law["sf"](-x) if lo == -inf else 1 - law["sf"](x)))
    for order in [mpf(s) for s in ("0.5", "0.75", "1", "2", "3.5")]:
        # in u = ln|x - b| the tails of every law here are exponential
        pieces = [(b, sign) for b in law["breaks"] for sign in ((1, -1) if lo == -inf else (1,))]
        tail = {"student-t:dof=3": 4, "student-t:dof=0.7": mpf("1.7"), "student-t:dof=40": 41, "cauchy": 2, "pareto:shape=1.5": mpf("2.5")}
        if spec in tail and order * tail[spec] <= 1:
            rows.append((spec, "renyi", order, inf))
            continue
        if spec.startswith("lognormal"):
            term = lambda u: law["f"](exp(u)) ** order * exp(u)
            ent = lambda u: -law["f"](exp(u)) * log(law["f"](exp(u))) * exp(u)
            domain = [mpf(p) for p in (-40, -10, -3, 0, 3, 10, 40)]
            value = quad(ent, domain) if order == 1 else log(quad(term, domain)) / (1 - order)
        else:
            def g(u, b, sign):
                x = b + sign * exp(u)
                return law["f"](x), exp(u)
            def total(h):
                return sum(quad(lambda u: h(*g(u, b, sign)), [-80, -10, -3, 0, 3, 10, 40, 400]) for b, sign in pieces)
            h1 = lambda f, j: -f * log(f) * j if f > 0 else mpf(0)
            ha = lambda f, j: f**order * j
            value = total(h1) if order == 1 else log(total(ha)) / (1 - order)
        rows.append((spec, "renyi", order, value))
for spec, (f, kink, lowest) in NUMPY.items():
    for snr in (0.3, 2.0, 30.0):
        coarse, fine = channel(f, kink, lowest, snr, 240, 120), channel(f, kink, lowest, snr, 300, 170)
        error = abs(coarse / fine - 1).max()
        assert error < 3e-12, (spec, snr, error)
        if spec == "laplace":
            assert abs(fine[0] / laplace_mmse(snr) - 1) < 1e-11, (snr, fine[0], laplace_mmse(snr))
        for name, value in zip(("mmse", "mmse_slope", "mmse_curvature", "information"), fine):
            rows.append((spec, name, mpf(snr), mpf(float(value))))
        print(spec, snr, error, flush=True)


def stable(alpha, x):
    """f(x) and P(X > x), x > 0: the power series for alpha > 1, the tail series for alpha < 1, both convergent; 200 digits."""
    mp.dps = 200
    a, x, f, s, small = mpf(alpha), mpf(x), mpf(0), mpf(0), 0
    for k in range(0 if a > 1 else 1, 9000):
        if a > 1:
            term = (-1) ** k * gamma((2 * k + 1) / a) / (pi * a * gamma(mpf(2 * k + 1))) * x ** (2 * k)
            step = term * x / (2 * k + 1)
        else:
            term = (-1) ** (k + 1) * gamma(a * k + 1) * mp.sin(pi * k * a / 2) / (pi * gamma(mpf(k + 1))) * x ** (-a * k - 1)
            step = term * x / (a * k)
        f, s = f + term, s + step
        small = small + 1 if abs(term) + abs(step) < mpf(10) ** -40 else 0
        if small == 5:  # a single term may vanish with its sine
            break
    else:
        raise AssertionError((alpha, x))
    mp.dps = 30
    return +f, +(mpf(1) / 2 - s if a > 1 else s)


for alpha in ("0.7", "1.3", "1.5", "1.9"):
    for x in ("0.002", "0.3", "1.7", "4.2", "12"):
        if (alpha, x) in (("0.7", "0.002"), ("1.3", "12"), ("1.3", "4.2")):
            continue  # too many terms
        f, s = stable(alpha, x)
        rows += [("stable:alpha=" + alpha, "ln_density", mpf(x), log(f)), ("stable:alpha=" + alpha, "survival", mpf(x), s)]
with open("data/densities.csv", "w", newline="") as out:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["source", "quantity", "argument", "value"])
    for spec, name, argument, value in rows:
        digits = 13 if name in ("mmse", "mmse_slope", "mmse_curvature", "information") else 17
        writer.writerow([spec, name, mp.nstr(argument, 6), "inf" if value == inf else mp.nstr(value, digits)])
