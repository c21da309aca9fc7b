"""Checks certificates of klaim's proofs, trusting nothing of klaim but the file: check_certificate.py FILE.json …

A certificate states an inequality for a law, every SNR of a range and every value of a parameter, and lists cells that
cover them with where the excess (lhs − rhs for <=, rhs − lhs for >=) lies on each. This program has its own interval
arithmetic (numpy's + − × ÷ √ are correctly rounded; ends move to the neighbouring double), its own laws, and its own
trapezoid rule, by the lemmas I1–I5 and E1–E2 of docs/theory.md. It needs numpy."""
import json, re, sys
from fractions import Fraction
from math import inf

import numpy as np

np.seterr(all="ignore")
down, up = (lambda x: np.nextafter(x, -inf)), (lambda x: np.nextafter(x, inf))

class Refused(Exception): """Why a certificate is not accepted."""

def need(condition, why):
    if not np.all(condition): raise Refused(why)

class I:
    """Intervals [lo, hi], one or an array of them."""
    def __init__(self, lo, hi=None): self.lo, self.hi = np.asarray(lo, float), np.asarray(lo if hi is None else hi, float)
    def __add__(self, b): b = interval(b); return I(down(self.lo + b.lo), up(self.hi + b.hi))
    def __neg__(self): return I(-self.hi, -self.lo)
    def __sub__(self, b): return self + -interval(b)
    def __mul__(self, b):
        b = interval(b)
        if self.lo.min() > 0 and b.lo.min() > 0: return I(np.maximum(down(self.lo * b.lo), 0.0), up(self.hi * b.hi))
        ends = [np.where(np.isnan(e), 0.0, e) for e in (p * q for p in (self.lo, self.hi) for q in (b.lo, b.hi))]  # 0·∞ = 0
        low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
        zero = ((self.lo == 0) & (self.hi == 0)) | ((b.lo == 0) & (b.hi == 0))
        low = np.where((self.lo >= 0) & (b.lo >= 0), np.maximum(down(low), 0.0), down(low))
        return I(np.where(zero, 0.0, low), np.where(zero, 0.0, up(high)))
    def __truediv__(self, b):
        b = interval(b)  # of one sign, or with 0 in it: then without a bound
        if np.all(b.hi < 0): return -self / -b
        low, high = np.where(b.lo < 0, -inf, np.maximum(down(1 / b.hi), 0.0)), np.where(b.lo > 0, up(1 / b.lo), inf)
        return self * I(low, high)
    def power(self, n):
        low, high = np.minimum(abs(self.lo), abs(self.hi)), np.maximum(abs(self.lo), abs(self.hi))
        base = result = self if n % 2 else I(np.where((self.lo <= 0) & (self.hi >= 0), 0.0, low), high)
        for _ in range(n - 1): result = result * base
        return result if n else I(1.0)
    def sqrt(self): return I(np.maximum(down(np.sqrt(np.maximum(self.lo, 0.0))), 0.0), up(np.sqrt(self.hi)))
    def meet(self, b):
        need((np.maximum(self.lo, b.lo) <= np.minimum(self.hi, b.hi)), "two enclosures of one number do not meet")
        return I(np.maximum(self.lo, b.lo), np.minimum(self.hi, b.hi))
    def total(self):  # along the last axis, by halves
        while (n := self.lo.shape[-1]) > 1:
            odd = [np.zeros((*self.lo.shape[:-1], n % 2))]
            lo, hi = (np.concatenate([x, *odd], -1) for x in (self.lo, self.hi))
            self = I(lo[..., ::2], hi[..., ::2]) + I(lo[..., 1::2], hi[..., 1::2])
        return self

LINE, ZERO, ONE = I(-inf, inf), I(0.0), I(1.0)
def interval(x): return x if isinstance(x, I) else I(float(x))
def add(xs): return sum(xs, ZERO)
def decimal(text):
    x = float(text)
    return I(x) if np.isfinite(x) and Fraction(x) == Fraction(text) else I(down(x), up(x))
PI = I(3.141592653589793, up(3.141592653589793))
HIGH, LOW = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")  # ln 2; the first with 32 bits

def point_exp(x):
    """x = n ln 2 + r with an error of r below 3e−16; Taylor to r^18 by Horner's rule: the rest is below 1e−24, and 54 roundings of
    numbers up to 1.5 are below 1e−14 of e^r ≥ 0.7 [Higham, Accuracy and Stability, §5.1]. Beyond ±700 an end alone."""
    c = np.clip(x, -700.0, 700.0)
    n = np.round(c / 0.6931471805599453)
    r, s = (c - n * HIGH) - n * LOW, 1.0
    for k in range(18, 0, -1): s = 1.0 + r / k * s
    low, high = (np.ldexp(s * f, n.astype(int)) for f in (1 - 2e-14, 1 + 2e-14))
    return I(np.where(x < -700, 0.0, low), np.where(x > 700, inf, high))
def exp(x): return I(point_exp(x.lo).lo, point_exp(x.hi).hi)
def point_ln(x):  # a guess, proved by exp
    guess = np.log(np.maximum(x, 1e-300))
    off = 1e-13 * (1 + abs(guess))
    need((point_exp(guess - off).hi <= np.maximum(x, 1e-300)) & (x <= point_exp(guess + off).lo), "no logarithm")
    return I(np.where(x < 1e-300, -inf, guess - off), guess + off)
def ln(x): return I(point_ln(x.lo).lo, point_ln(x.hi).hi)
TOP = I(0.3678794411714423, 0.3678794411714424)  # 1/e = 0.36787944117144232159… lies between
def surprise(p):  # −p ln p rises up to 1/e, and falls from there
    ends = [-(I(e) * ln(I(e))) for e in (p.lo, p.hi)]
    top = inf if p.lo <= TOP.hi and p.hi >= TOP.lo else -inf
    return I(min(e.lo for e in ends), min(float(TOP.hi), max(top, *(float(e.hi) for e in ends))))

class Law:
    """`copies` independent coordinates, each with atoms x (0 in the middle) and weights p."""
    def __init__(self, spec, name, value):
        kind, rest = (spec.split(":", 1) + [""])[:2]
        args = dict(re.findall(r"(\w+)=(\([^)]*\)|[^,]*)", rest))
        get = lambda key: value if args[key] == "{%s}" % name else decimal(args[key])
        need(set(args) <= {"levels", "atoms", "p", "exponent", "dim", "base"}, "unknown parameters")
        self.copies = get("dim") if "dim" in args else ONE
        self.dim = I(2.0) if kind == "simplex" else self.copies
        if "base" in args: kind, args = args["base"].strip("()").split(":")[0], dict(re.findall(r"(\w+)=([^,]*)", args["base"].strip("()")))
        need(kind in ("bpsk", "hypercube", "bernoulli", "pam", "zipf") or (kind == "simplex" and args["atoms"] == "2"), "unknown law")
        n = int(args.get("levels", args.get("atoms", "2")))
        step = {"bpsk": I(2.0), "hypercube": I(2.0), "simplex": I(2.0).sqrt()}.get(kind, ONE)
        self.x = [step * ((2 * i - n + 1) / 2) if kind == "simplex" else I(float(step.lo) * (2 * i - n + 1) / 2) for i in range(n)]
        weight = [exp(-(get("exponent") * ln(I(i + 1.0)))) if kind == "zipf" else ONE for i in range(n)]
        self.p = [ONE - get("p"), get("p")] if kind == "bernoulli" else [w / add(weight) for w in weight]
        need([w.lo > 0 for w in self.p], "a weight that may be 0")
        self.r, self.l = I(max(float(max(abs(x.lo), abs(x.hi))) for x in self.x)), [ln(p) for p in self.p]
        self.pairs = lambda term: add(term((self.x[i] - self.x[j]).power(2), i, j) for i in range(n) for j in range(i))
        self.v, h = self.pairs(lambda d, i, j: d * self.p[i] * self.p[j]), add(surprise(p) for p in self.p)
        self.h = I(h.lo, min(h.hi, ln(I(float(n))).hi))
        content = self.pairs(lambda _, i, j: self.p[i] * self.p[j] * (self.l[i] - self.l[j]).power(2))
        half = ln(add(exp(l / 2.0) for l in self.l)) * 2.0
        self.constants = {"dim": self.dim, **{k: self.copies * v for k, v in
            {"second_moment": self.v, "shannon": self.h, "info_variance": content, "renyi_half": half}.items()}}

    def averages(self, g, entropy):
        """M, S = −M′, S′, S″, H(X|Y) of a coordinate at every SNR of each cell of a column (I1–I4)."""
        s, r, n = g.sqrt(), self.r, len(self.x)
        top = float((s * r).hi.max())
        a = min(1.5, 0.99 / max(top, 1e-300))
        need((I(a) * top).hi <= 1, "the strip is too wide")
        h = np.floor(2 * np.pi * a / 30 * 2**16) / 2**16 or 2.0**-16  # few bits: multiples are exact
        count = int((top + 9) / h) + 2
        need(count * n < 3e6, "too many nodes")
        y = I(np.arange(-count, count + 1) * h)
        phi = [p * exp(-((y - s * x).power(2) / 2.0)) for x, p in zip(self.x, self.p)]
        f, s0 = add(phi) / (PI * 2.0).sqrt(), I((s.lo + s.hi) / 2)
        def odds(i, j):  # ln of the posterior odds of i to j, centred in s
            m = (self.x[i] + self.x[j]) / 2.0
            return self.l[i] - self.l[j] + (self.x[i] - self.x[j]) * (s0 * y - s0.power(2) * m + (y - m * s * 2.0) * (s - s0))
        if n == 2:  # all by t = w(1 − w) = e/(1 + e)², e = e^−|odds|
            o, d = odds(1, 0), (self.x[1] - self.x[0]).power(2)
            size = I(np.where((o.lo <= 0) & (o.hi >= 0), 0.0, np.minimum(abs(o.lo), abs(o.hi))), np.maximum(abs(o.lo), abs(o.hi)))
            e = exp(-size)
            ends = [I(x) / (I(x) + 1.0).power(2) for x in (e.lo, e.hi)]
            t = I(ends[0].lo, np.minimum(ends[1].hi, 0.25))
            k2, change = t * d, t.power(2) * d.power(3) * (ONE - t * 6.0)
            bend = t.power(2) * d.power(4) * ((t - I(2.0) / 15.0).power(2) * 90.0 - I(3.0) / 5.0)
            w = [e / (e + 1.0), ONE / (e + 1.0)]
        else:
            w = [ONE / add(exp(odds(j, i)) for j in range(n)) for i in range(n)]
            k2 = add(w[i] * w[j] * (self.x[i] - self.x[j]).power(2) for i in range(n) for j in range(i))
            m = [add(w[i] * self.x[i].power(k) for i in range(n)) for k in range(5)]
            k3 = m[3] - m[2] * m[1] * 3.0 + m[1].power(3) * 2.0
            k4 = m[4] - m[3] * m[1] * 4.0 - m[2].power(2) * 3.0 + m[2] * m[1].power(2) * 12.0 - m[1].power(4) * 6.0
            change, bend = k3.power(2) - k2.power(3) * 2.0, k4.power(2) - k2 * k3.power(2) * 12.0 + k2.power(4) * 6.0
        content = add(-(q * ln(q)) for q in w) if entropy else ZERO * y
        error = exp(I(a).power(2) / 2.0) * 2.0 / (exp(PI * (2 * a) / h) - 1.0)
        reach = I(count * h) - top
        tail = exp(-(I(reach.lo).power(2) / 2.0)) / (PI * 2.0).sqrt() / I(reach.lo) * 2.0
        cos = ONE / 0.5403
        def integral(g, most, edge):
            off = (error * edge + tail * most).hi
            return (f * g).total() * h + I(-off, off)
        def positive(g, most, share):  # the rule errs by a share of the integral itself
            found, share = (f * g).total() * h, I((error * share).hi)
            return I(np.maximum((I(found.lo) / (ONE + share)).lo, 0.0), ((I(found.hi) + tail * most) / (ONE - share)).hi)
        k = k2.meet(I(0.0, r.power(2).hi))
        return (positive(k, r.power(2), cos.power(2)), positive(k.power(2), r.power(4), cos.power(4)),
                integral(change, r.power(6) * 38.0, r.power(6) * 52.0 * cos.power(6)),
                integral(bend, r.power(8) * 1114.0, r.power(8) * 1636.0 * cos.power(8)),
                integral(content, ln(I(float(n))), (self.h + 2.616) * cos))

class F:
    """f, f′, f″ on a cell of SNRs; or, at every γ ≥ F.start, γ^k f with no derivatives."""
    start = ONE
    def __init__(self, v, d=ZERO, b=ZERO, k=0): self.v, self.d, self.b, self.k = v, d, b, k
    def at(self, k): return self.v * I(0.0, (ONE / F.start.power(k - self.k)).hi) if k > self.k else self.v
    def __add__(self, o): k = max(self.k, o.k); return F(self.at(k) + o.at(k), self.d + o.d, self.b + o.b, k)
    def __neg__(self): return F(-self.v, -self.d, -self.b, self.k)
    def __sub__(self, o): return self + -o
    def __mul__(self, o): return F(self.v * o.v, self.d * o.v + self.v * o.d, self.b * o.v + self.d * o.d * 2.0 + self.v * o.b, self.k + o.k)
    def chain(self, g, g1, g2, k=None):
        need(k is not None or self.k == 0, "a function of what has no bound")
        return F(g, g1 * self.d, g2 * self.d.power(2) + g1 * self.b, k or 0)
    def __truediv__(self, o): i = ONE / o.v; return self * o.chain(i, -i.power(2), i.power(3) * 2.0, -o.k)
    def __pow__(self, n):
        need(n.k == 0 and all(np.all((x.lo == 0) & (x.hi == 0)) for x in (n.d, n.b)) and np.all(n.v.lo == n.v.hi)
             and float(np.max(n.v.lo)) in range(65), "an exponent that is no whole number")
        n, p = int(n.v.lo), self.v.power
        return self.chain(p(n), p(n - 1) * n, p(n - 2) * (n * n - n) if n > 1 else ZERO, n * self.k)
    def exp(self): e = exp(self.v); return self.chain(e, e, e)
    def ln(self): i = ONE / self.v; return self.chain(ln(self.v), i, -i.power(2))
    def sqrt(self): q = self.v.sqrt(); i = ONE / (q * 2.0); return self.chain(q, i, -(i / (self.v * 2.0)))
    def max(self, o):
        if np.all(self.v.lo >= o.v.hi) and self.k == o.k: return self
        need(self.k == o.k, "a maximum of what grows")
        flat = all(np.all((x.lo == 0) & (x.hi == 0)) for x in (self.d, self.b, o.d, o.b))
        return F(I(np.maximum(self.v.lo, o.v.lo), np.maximum(self.v.hi, o.v.hi)), *[ZERO if flat else LINE] * 2, self.k)

FUNCTIONS = {"exp": F.exp, "ln": F.ln, "sqrt": F.sqrt, "max": F.max}

class Place:
    """A certificate's two sides for a cell of its parameter."""
    def __init__(self, c, value):
        self.c, self.law = c, Law(c["source"], c["parameter"] and c["parameter"][0], value)
        self.value, self.flip = value, c["relation"] == ">="
        need(c["relation"] in ("<=", ">="), "a relation that is no inequality")
        need(re.fullmatch(r"[\w\s.+\-*/^()]*", (c["lhs"] + c["rhs"]).replace(",", "")), "an expression with other signs")
        need(not re.search(r"__|\.\s*[^\W\d]", c["lhs"] + " " + c["rhs"]), "an expression with attributes")
        need(c["values"].get("snr", "snr") == "snr", "another meaning of snr")

    def excess(self, snr, channel):
        names = {**{k: F(v) for k, v in self.law.constants.items()}, **channel, "snr": snr}
        need(not set(self.c["values"]) & (set(names) - {"snr"}), "a value by the name of a quantity")
        for name, text in self.c["values"].items():
            names[name] = snr if text == "snr" else F(self.value if text == "parameter" else decimal(text))
        number = lambda text: re.sub(r"(?<![\w.])(\d+\.?\d*(e-?\d+)?)", r"number('\1')", text).replace("^", "**")
        scope = {"__builtins__": {}, "number": lambda x: F(decimal(x)), **FUNCTIONS, **names}
        lhs, rhs = (eval(number(self.c[side]), scope) for side in ("lhs", "rhs"))
        return rhs - lhs if self.flip else lhs - rhs

    def jet(self, g):
        entropy = "information" in self.c["lhs"] + self.c["rhs"]
        (m, s, s1, s2, e), law = self.law.averages(g, entropy), self.law
        scale, c = ONE / (ONE / law.v + g), law.copies
        channel = {"mmse": F(c * m, -(c * s), -(c * s1)), "mmse_slope": F(c * s, c * s1, c * s2),
                   "information": F(c * (law.h - e), c * m / 2.0, -(c * s) / 2.0),
                   "lmmse": F(c * scale, -(c * scale.power(2)), c * scale.power(3) * 2.0)}
        return self.excess(F(g, ONE), channel)

    def on(self, lo, hi):
        """Where the excess lies on each of some cells of SNRs (I5)."""
        lo, hi = (np.asarray(x, float)[:, None] for x in (lo, hi))
        whole, middle = self.jet(I(lo, hi)), 0.5 * lo + 0.5 * hi
        found = whole.v
        if np.any(lo < hi):
            at, shift = self.jet(I(middle)), I(lo, hi) - I(middle)
            found = whole.v.meet(at.v + whole.d * shift).meet(at.v + at.d * shift + whole.b * (shift.power(2) / 2.0))
        return I(np.broadcast_to(found.lo, lo.shape)[:, 0], np.broadcast_to(found.hi, lo.shape)[:, 0])

    def end(self, lo):
        """γ^−k times the excess from an SNR on (E1, E2), and k."""
        law = self.law; F.start = g = I(lo)
        closest = min(float((law.x[i + 1] - law.x[i]).power(2).lo) for i in range(len(law.x) - 1))
        def vanishing(factor, power):
            j = min(4, int(lo * closest / 8 - 1e-9))  # γ^j e^−γD/8 falls from here on
            pair = lambda d, a, b: d.power(power) * exp((law.l[a] + law.l[b]) / 2.0 - g * d / 8.0)
            return F(I(0.0, (law.pairs(pair) * law.copies * factor * g.power(j)).hi), k=-j)
        rise = g * law.v / (g * law.v + 1.0)
        left = law.pairs(lambda d, a, b: exp((law.l[a] + law.l[b]) / 2.0 - g * d / 8.0)) * 2.0
        channel = {"mmse": vanishing(0.5, 1), "mmse_slope": vanishing(0.25, 2), "lmmse": F(I(rise.lo, 1.0) * law.copies, k=-1),
                   "information": F(law.copies * (law.h - I(0.0, left.hi)))}
        found = self.excess(F(ONE, k=1), channel)
        return found.v, found.k

def holds(place, lo, hi, depth=8):
    """The excess on each cell is at most 0, maybe by halves."""
    wide = ~(place.on(lo, hi).hi <= 0)
    need(depth or not wide.any(), "the relation is not seen to hold")
    if wide.any():
        low, high = lo[wide], hi[wide]
        holds(place, np.append(low, 0.5 * (low + high)), np.append(0.5 * (low + high), high), depth - 1)

def chain(ends, low, high, what):
    """Cells follow each other and cover a range of decimals."""
    need([a[1] == b[0] for a, b in zip(ends, ends[1:])] + [a[0] <= a[1] for a in ends], f"{what} has a gap")
    need(ends[0][0] <= float(low) and ends[-1][1] >= float(high), f"{what} is not covered")
    for end, text, sign in ((ends[0][0], low, 1), (ends[-1][1], high, -1)):
        need(end == inf or sign * Fraction(end) <= sign * Fraction(text), f"{what} ends short of {text}")

def check(c):
    """The verdict of a certificate that is right; else Refused."""
    try: return checked(c)
    except (ArithmeticError, AttributeError, LookupError, NameError, SyntaxError, TypeError, ValueError) as why: raise Refused(repr(why))

def checked(c):
    verdict, slabs = c["verdict"], c["slabs"]
    need(len(slabs) > 0 and verdict in ("proved", "disproved", "disproved for every parameter"), "no verdict")
    if c["parameter"] and verdict != "disproved": chain([s["parameter"] for s in slabs], *c["parameter"][1:], c["parameter"][0])
    for slab in slabs:
        place, inside = Place(c, I(*slab["parameter"])), Place(c, I(0.5 * sum(slab["parameter"])))
        cells = [[float(x) for x in cell] for cell in slab["cells"]]
        if verdict == "proved": chain([cell[:2] for cell in cells], *c["snr"], "snr")
        else: need(len(cells) == 1 and decimal(c["snr"][0]).lo <= cells[0][0] == cells[0][1] <= decimal(c["snr"][1]).hi, "no witness")
        first, last = (decimal(x) for x in (c["parameter"] or ["", "1", "1"])[1:])
        need(first.lo <= slab["parameter"][0] <= slab["parameter"][1] <= last.hi, "no such parameter")
        lo, hi, low, high, power = np.array(cells).T
        need(high <= 0 if verdict == "proved" else low > 0, "an excess of the wrong sign")
        if hi[-1] == inf:
            found, k = place.end(lo[-1])
            need(found.hi <= 0, "the relation is not seen to hold from some SNR on")
            off = 1e-6 * max(abs(high[-1]), abs(low[-1]))
            need(k != -power[-1] or (abs(found.hi - high[-1]) <= off and abs(found.lo - low[-1]) <= off), "another excess at the end")
            lo, hi, low, high = (x[:-1] for x in (lo, hi, low, high))
        if lo.size == 0: continue
        if verdict == "proved": holds(place, lo, hi)
        else: need(place.on(lo, hi).lo > 0, "no violation is seen")
        for g in (np.maximum(lo, 1e-300), 0.5 * (lo + hi), hi):
            point = inside.on(g, g)
            need((low <= point.hi) & (point.lo <= high), "an excess that is not there")
    return verdict

if __name__ == "__main__":
    bad = 0
    for path in sys.argv[1:]:
        try: print(f"{path}: {check(json.load(open(path)))}")
        except Refused as why: bad += 1; print(f"{path}: refused, {why}")
    sys.exit(bad > 0)
