"""Truth for densities over their whole parameter range: data/density_range.csv.

Usage: python3 data/density_range.py > data/density_range.csv (numpy; some minutes)

mmse, mmse_slope (= -mmse'), information of Y = sqrt(snr) X + Z in 80-bit floats. Inner integrals by the tanh-sinh rule between
the special points of the density inside 13 standard deviations of the noise (it resolves 300 decades at either end of a
segment); the outer one by Gauss-Legendre on panels that double away from the special points. Two resolutions must agree to
1e-9 relative, else the row is left out and named on standard error. Another method than klaim's, whose pieces are fixed."""
import sys
import numpy as np
from numpy import longdouble as ld

PI = ld("3.14159265358979323846264338327950288")


def lgamma_half_step(a):
    """ln G(a + 1/2) - ln G(a) in 80 bits."""
    from mpmath import mp, mpf, loggamma
    mp.dps = 30
    return ld(str(loggamma(mpf(a) + mpf(1) / 2) - loggamma(mpf(a))))


def student(nu):
    nu = ld(nu)
    const = lgamma_half_step(str(nu / 2)) - ld(0.5) * np.log(nu * PI)
    return dict(ln=lambda x: const - (nu + 1) / 2 * np.log1p(x / nu * x), special=[0], scale=np.sqrt(nu) if nu < 1 else ld(1), lo=-np.inf, tail=nu,
                cuts=[k * (np.sqrt(nu) if nu < 1 else ld(1)) for k in (-30, -5, 5, 30)])


def pareto(s):
    s = ld(s)
    return dict(ln=lambda t: np.log(s) - (s + 1) * np.log1p(t), special=[0], scale=1 / s if s > 1 else ld(1), lo=0, tail=s,
                cuts=[k / s for k in (1, 5, 20, 60)])


def lognormal(sigma):
    sigma = ld(sigma)
    if sigma < 0.25:
        return dict(ln=lambda t: -(np.log1p(t) / sigma) ** 2 / 2 - np.log1p(t) - np.log(sigma) - np.log(2 * PI) / 2, special=[0],
                    scale=sigma, lo=-1, tail=None, far=lambda: (np.expm1(-15 * sigma), np.expm1(15 * sigma)),
                    cuts=[np.expm1(k * sigma) for k in range(-14, 15, 2)])
    return dict(ln=lambda x: -(np.log(x) / sigma) ** 2 / 2 - np.log(x) - np.log(sigma) - np.log(2 * PI) / 2, special=[0, 1],
                scale=ld(1), lo=0, tail=None, far=lambda: (ld(0), np.exp(15 * sigma)),
                cuts=[np.exp(k * sigma) for k in range(-14, 15, 2)])


def laplace():
    return dict(ln=lambda x: -abs(x) - np.log(ld(2)), special=[0], scale=ld(1), lo=-np.inf, tail=None, far=lambda: (ld(-110), ld(110)), cuts=[ld(k) for k in (-60, -20, -5, 5, 20, 60)])


def cauchy():
    return dict(ln=lambda x: -np.log1p(x * x) - np.log(PI), special=[0], scale=ld(1), lo=-np.inf, tail=ld(1), cuts=[ld(k) for k in (-30, -5, 5, 30)])


def uniform(width):
    width = ld(width)
    return dict(ln=lambda x: np.where((x >= 0) & (x <= width), -np.log(width), -np.inf), special=[0, width], scale=width, lo=0, hi=width,
                tail=None, far=lambda: (ld(0), width), cuts=[])


def tanh_sinh(h):
    """Nodes as distances from the nearer end, in units of the length, and weights."""
    w = np.arange(-ld(6.2), ld(6.2) + h / 2, h, dtype=ld)
    s = PI * np.sinh(w)
    with np.errstate(over="ignore", under="ignore"):
        left = 1 / (1 + np.exp(-s))  # distance from the left end; from the right: 1/(1+exp(s))
        right = 1 / (1 + np.exp(s))
        weight = h * PI * np.cosh(w) * left * right
    return left, right, weight


def values(law, snr, h, order):
    a = np.sqrt(ld(snr))
    left, right, weight = tanh_sinh(ld(h))
    special = [ld(s) for s in law["special"]]
    lowest, highest = law["lo"], law.get("hi", np.inf)
    scale = law["scale"]
    if law["tail"] is not None:
        # a tail of 1e-60 and at least 100 scales
        reach = max(np.exp(np.log(ld(10)) * min(ld(60) / law["tail"], ld(1500))), 100 * max(scale, ld(1)))
        far = (-reach if lowest < 0 else ld(lowest), reach)
    else:
        far = law["far"]()

    def segment(p, q):
        """Nodes, exact near the special end, and ln weights of [p, q] (either may be special)."""
        length = q - p
        x = np.where(left < right, p + length * left, q - length * right)
        return x, length * weight

    def posterior(y):
        lo, hi = max((y - 13) / a, ld(lowest)), min((y + 13) / a, ld(highest))
        if hi < lo or lo > highest or hi < lowest or (hi <= lo and y < 1e10):
            return np.zeros(4, dtype=ld)
        cuts = sorted({lo, hi} | {s for s in special if lo < s < hi} | {s for s in [y / a, *law["cuts"]] if lo < s < hi})
        parts = [segment(p, q) for p, q in zip(cuts, cuts[1:])] or [segment(lo, hi)]
        x = np.concatenate([p[0] for p in parts])
        v = np.concatenate([p[1] for p in parts])
        far_out = abs(y) > 1e6 and min(abs(y - a * s) for s in special) > 1e6
        if far_out:  # positions relative to y: y - a x would be lost in rounding
            parts = [segment(ld(-13), ld(0)), segment(ld(0), ld(13))]
            u = np.concatenate([p[0] for p in parts])
            x, v = (y + u) / a, np.concatenate([p[1] for p in parts]) / a
        keep = v > 0
        x, v = x[keep], v[keep]
        u = u[keep] if far_out else a * x - y
        with np.errstate(all="ignore"):
            ln_f = law["ln"](x)
            keep = np.isfinite(ln_f)
            x, v, ln_f, u = x[keep], v[keep], ln_f[keep], u[keep]
            e = -u * u / 2
            ln_w = np.log(v) + ln_f + e
        if len(x) == 0:
            return np.zeros(4, dtype=ld)
        top = ln_w.max()
        w = np.exp(ln_w - top)
        s = w.sum()
        q = w / s
        place = u if far_out else a * x  # near 0 positions keep their differences
        m = (q * place).sum()
        m2 = (q * (place - m) ** 2).sum()
        ln_s = np.log(s) + top
        p_y = np.exp(ln_s) / np.sqrt(2 * PI)
        # KL(posterior || prior): small ones by their series r e^r - e^r + 1 over the prior.
        r = e - ln_s
        if abs(y - a * special[-1 if law["lo"] == 0 and len(special) == 2 and "hi" not in law else 0]) < 14 and np.abs(r).max() < 0.05:
            prior = v * np.exp(ln_f)
            kl = (prior * (r * np.exp(r) - np.expm1(r))).sum() + (1 - prior.sum()) * 0
        else:
            kl = (q * r).sum()
        return p_y * np.array([m2, m2 * m2, kl, 1], dtype=ld)

    t, wt = np.polynomial.legendre.leggauss(order)
    t, wt = t.astype(ld), wt.astype(ld)
    edges = set()
    for s in special:
        c = a * s
        edges |= {c + ld(k) for k in range(-14, 15)}
        step = min(ld(14), a * scale / 64)
        lo_y, hi_y = a * far[0] - 14, a * far[1] + 14
        while step < max(hi_y - c, c - lo_y):
            if step > 14 or a * scale > 1:
                if step >= ld(0.05):
                    edges |= {c - step, c + step}
            step *= ld(1.6)
        edges |= {lo_y, hi_y}
    edges = sorted(e for e in edges if lo_y <= e <= hi_y)
    kept = [edges[0]]
    for e in edges[1:]:
        if e - kept[-1] > ld(0.02) * 1:
            kept.append(e)
    total = np.zeros(4, dtype=ld)
    for p, q in zip(kept, kept[1:]):
        for node, w in zip(t, wt):
            total += (q - p) / 2 * w * posterior((p + q) / 2 + (q - p) / 2 * node)
    return total


LAWS = {"lognormal": lognormal, "pareto": pareto, "student-t": student}


def make(spec):
    kind, _, rest = spec.partition(":")
    if kind == "laplace":
        return laplace()
    if kind == "cauchy":
        return cauchy()
    if kind == "uniform":
        lo, hi = [float(x.split("=")[1]) for x in rest.split(",")] if rest else (0.0, 1.0)
        return uniform(hi - lo)
    return LAWS[kind](rest.split("=")[1])


def main(cases):
    print("source,snr,quantity,value")
    for spec, snr in cases:
        law = make(spec)
        a, b = values(law, snr, 1 / 16, 12), values(law, snr, 1 / 24, 16)
        s = ld(snr)
        for i, (name, scale) in enumerate([("mmse", 1 / s), ("mmse_slope", 1 / s**2), ("information", 1)]):
            change = abs(a[i] / b[i] - 1)
            if change < 1e-9:
                print(f'"{spec}",{snr!r},{name},{np.format_float_scientific(b[i] * scale, precision=13)}', flush=True)
            else:
                print(f"left out: {spec} at {snr} {name}: {change:.1e} mass {float(b[3]) - 1:.1e}", file=sys.stderr, flush=True)


CASES = [
    ("pareto:shape=1000000", 1e-4), ("pareto:shape=1000000", 1e8), ("laplace", 1e-8), ("uniform", 1e-8), ("uniform", 1.0),
    ("uniform", 1e4), ("uniform:lo=-3,hi=5", 0.1), ("lognormal:sigma=0.001", 1e-8), ("lognormal:sigma=0.001", 1e6),
    ("student-t:dof=1000000", 1.0), ("pareto:shape=30", 100.0), ("lognormal:sigma=0.5", 10.0), ("cauchy", 1e-8),
    ("student-t:dof=3", 1e-8), ("student-t:dof=200", 1e4), ("pareto:shape=2.5", 1e-3), ("laplace", 1e8), ("cauchy", 1e8),
    ("student-t:dof=1.5", 1e-8), ("pareto:shape=0.3", 1e-8), ("lognormal:sigma=3", 1e-4), ("lognormal:sigma=7", 1e8),
    ("student-t:dof=0.1", 1e4), ("pareto:shape=0.05", 1.0), ("lognormal:sigma=10", 1.0), ("lognormal:sigma=20", 1.0),
]
if __name__ == "__main__":
    main(CASES)
