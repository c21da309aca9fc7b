"""Checks certificates of klaim's proofs, trusting nothing of klaim but the files that are named.

A certificate states an inequality for a law, every SNR of a range and every value of a parameter,
and lists cells that cover them with where the excess (lhs − rhs for <=, rhs − lhs for >=) lies.
This program has its own trapezoid rule, by the lemmas I1–I5 and E1–E2 of docs/theory.md, in the
ball arithmetic of Arb (pip install python-flint). `source` and `claim` are names: what is checked is
`law` and the inequality, which are printed."""

import functools
import json
import re
import sys
from fractions import Fraction
from math import inf

from flint import arb, arb_series, ctx

ctx.cap = 3  # f, f′ and f″/2
PI, SEC = arb.pi(), 1 / arb(1).cos()
OF_LAW = "dim", "second_moment", "shannon", "info_variance", "renyi_half"
OF_CHANNEL = "mmse", "mmse_slope", "information", "lmmse", "snr"
FUNCTIONS = {"exp": arb_series.exp, "ln": arb_series.log, "sqrt": arb_series.sqrt}
FUNCTIONS["max"] = lambda u, v: [u[0].max(v[0])]  # of numbers
hull = lambda low, high: arb(low).union(arb(high))


def surprise(p):
    """−p ln p, which rises up to 1/e and falls from there."""
    ends = hull(*(-end * end.log() for end in (p.lower(), p.upper())))
    return ends.union(arb(-1).exp()) if p.overlaps(arb(-1).exp()) else ends


def need(condition, why):
    if not condition:
        raise ValueError(why)


class Value:
    """γ^k·v at every γ of a cell, v with two derivatives; k may differ from 0 on cells that start
    at 0 or have no end, where γ^j for a sign of j is at most its value at the other end."""

    align, end = max, arb(1)

    def __init__(self, *v, k=0):
        self.v, self.k = arb_series([*v]), k

    def __add__(self, o):
        k = Value.align(self.k, o.k)
        at = lambda u: [hull(0, v * Value.end ** (u.k - k)) for v in u.v] if u.k != k else u.v
        return Value(*(arb_series([*at(self)]) + arb_series([*at(o)])), k=k)

    __sub__ = lambda u, o: u + Value(*-o.v, k=o.k)
    __mul__ = lambda u, o: Value(*(u.v * o.v), k=u.k + o.k)
    __truediv__ = lambda u, o: Value(*(u.v / o.v), k=u.k - o.k)
    __pow__ = lambda u, n: Value(*u.v**n, k=u.k * n)

    def apply(self, function, *others):
        flat = not others or all(len([*u.v]) < 2 for u in (self, *others))
        need(flat and all(u.k == 0 for u in (self, *others)), "a function of what varies")
        return Value(*function(self.v, *(u.v for u in others)))


def read(text):
    """A function of the names in an expression."""
    text = re.sub(r"\bγ\b", "snr", text)
    need(re.fullmatch(r"(\d+\.\d+|[\w\s,+\-*/^()])*", text), "an expression with other signs")
    text = re.sub(r"(?<![\w.])(\d+\.?\d*(?:e-?\d+)?)", r"number('\1')", text.replace("^", "**"))
    text = re.sub(r"\*\*\s*number\('(\d+)'\)", r"**\1", text)
    scope = {name: lambda u, *o, f=f: u.apply(f, *o) for name, f in FUNCTIONS.items()}
    scope |= {"__builtins__": {}, "number": lambda text: Value(arb(text))}
    return lambda names: eval(text, {**scope, **names})


class Place:
    """A certificate's law, `copies` coordinates with atoms x around 0 and weights p, and sides."""

    def __init__(self, c, value):
        need(c["law"], "a law without atoms")
        values = {**c["values"], **({c["parameter"][0]: "parameter"} if c["parameter"] else {})}
        own = {name for name, text in values.items() if (name, text) != ("snr", "snr")}
        need(not own & {*OF_LAW, *OF_CHANNEL, *FUNCTIONS}, "another meaning of a known name")
        number = lambda text: Value(value if text == "parameter" else arb(text))
        names, law = {name: number(values[name]) for name in own}, c["law"]
        numbers = lambda texts: [read(text)(names).v[0] for text in texts]
        (self.copies, dim), x, p = map(numbers, (law["copies"], law["atoms"], law["weights"]))
        # A weight less than atoms: the first has the rest.
        self.p = p = [1 - sum(p), *p] if len(p) < len(x) else [w / sum(p) for w in p]
        need(len(x) == len(p) > 1 and all(b > a for a, b in zip(x, x[1:])), "no law on a line")
        need(all(w > 0 for w in p), "a weight that may be 0")
        self.x, self.l = [a - (x[0] + x[-1]) / 2 for a in x], [w.log() for w in p]
        l, self.r = self.l, max(abs(a).upper() for a in self.x)
        two = [(i, j, self.x[i] - self.x[j]) for i in range(len(x)) for j in range(i)]
        self.pairs = lambda term: sum(term(d * d, i, j) for i, j, d in two)
        self.v = self.pairs(lambda d, i, j: d * p[i] * p[j])
        self.h = sum(surprise(w) for w in p)
        content = self.pairs(lambda _, i, j: p[i] * p[j] * (l[i] - l[j]) * (l[i] - l[j]))
        half = 2 * sum((log / 2).exp() for log in l).log()
        of_law = (dim, *(self.copies * v for v in (self.v, self.h, content, half)))
        names |= dict(zip(OF_LAW, map(Value, of_law)))
        first, then = {"<=": ("lhs", "rhs"), ">=": ("rhs", "lhs")}[c["relation"]]
        text = f"({c[first]}) - ({c[then]})"
        excess, self.entropy = read(text), "information" in text
        self.excess = lambda *of: excess({**names, **dict(zip(OF_CHANNEL, of))})

    def averages(self, low, high):
        """M, S = −M′, S′, S″, H(X|Y) of a coordinate at every SNR between two (I1–I4)."""
        s, r, x, n = arb(low).sqrt().union(arb(high).sqrt()), self.r, self.x, len(self.x)
        top, s0, sums = (s * r).upper(), s.mid(), [arb(0)] * 5
        a = arb(min(1.5, 0.99 / max(float(top), 1e-300)))
        h = arb(float(PI * a / 13))
        count = int(float((top + 8) / h)) + 2
        need(a * top <= 1 and count * n < 3e6, "the strip is too wide, or too many nodes")
        rough, shift = [(float(log), float(s0 * atom)) for log, atom in zip(self.l, x)], s - s0
        d, half, content = (x[1] - x[0]) * (x[1] - x[0]), s0 * s0 / 2, arb(0)

        def odds(i, c):  # ln of the posterior odds of i to c at y, centred in s
            both = x[i] + x[c]
            tilt = y0 - half * both + (y - both * s) * shift
            return self.l[i] - self.l[c] + (x[i] - x[c]) * tilt

        for k in range(-count, count + 1):
            y, y0, at, off = h * k, s0 * h * k, float(h) * k, [h * k - s * b for b in x]
            f = sum(q * (-(u * u) / 2).exp() for q, u in zip(self.p, off))
            if n == 2:  # by t = w(1 − w) = 1/(2 + 2 cosh θ), θ the ln of the odds
                o = odds(1, 0)
                t = hull(*(1 / (2 + 2 * end.cosh()) for end in (o.abs_lower(), o.abs_upper())))
                k2, change = t * d, t * t * d**3 * (1 - 6 * t)
                bend = t * t * d**4 * (1 - 24 * t + 90 * t * t)
            if n > 2 or self.entropy:
                c = max(range(n), key=lambda i: rough[i][0] - (at - rough[i][1]) ** 2 / 2)
                total = sum(w := [odds(i, c).exp() for i in range(n)])
                w = [q / total for q in w]
            if self.entropy:
                content = -sum(q * q.log() for q in w)
            if n > 2:
                mean = sum(q * (b - x[c]) for q, b in zip(w, x))
                parts = [(q, b - x[c] - mean) for q, b in zip(w, x)]
                k2, k3 = sum(q * b * b for q, b in parts), sum(q * b * b * b for q, b in parts)
                k4, m = sum(q * b * b * b * b for q, b in parts) - 3 * k2 * k2, k2 * k2
                change, bend = k3 * k3 - 2 * k2 * m, k4 * k4 - 12 * k2 * k3 * k3 + 6 * m * m
            sums = [t + f * g for t, g in zip(sums, (k2, k2 * k2, change, bend, content))]
        error = 2 * (a * a / 2).exp() / ((2 * PI * a / h).exp() - 1)
        reach = h * count - top
        tail = 2 * (-(reach * reach) / 2).exp() / (2 * PI).sqrt() / reach
        most = (r**2, r**4, 38 * r**6, 1114 * r**8, arb(n).log())
        edge = (r**2 * SEC**2, r**4 * SEC**4, 52 * r**6 * SEC**6, 1636 * r**8 * SEC**8)
        off = [error * e + tail * m for e, m in zip((*edge, (self.h + 2.616) * SEC), most)]
        return [t * h / (2 * PI).sqrt() + hull(-o, o) for t, o in zip(sums, off)]

    @functools.cache
    def jet(self, low, high):
        m, s, s1, s2, e = (self.copies * v for v in self.averages(low, high))
        g, h = hull(low, high), self.copies * self.h
        Value.align, Value.end = min, arb(high)
        linear = self.copies / (1 / self.v + arb_series([g, 1]))
        mmse, slope, information = (m, -s, -s1 / 2), (s, s1, s2 / 2), (h - e, m / 2, -s / 4)
        values = [Value(*v) for v in (mmse, slope, information, linear)]
        return self.excess(*values, Value(g, 1) if low > 0 else Value(1, k=1)).v

    def on(self, low, high):
        """Enclosures of the excess (of its sign from 0 on) at every SNR of a cell (I5)."""
        whole, middle, shift = self.jet(low, high), (low + high) / 2, hull(low, high)
        if low == 0:
            return [whole[0]]
        at, shift = self.jet(middle, middle), shift - middle
        return whole[0], at[0] + whole[1] * shift, at[0] + (at[1] + whole[2] * shift) * shift

    def last(self, start):
        """γ^−k times the excess from an SNR on (E1, E2), and k."""
        c, g, x = self.copies, arb(start), self.x
        Value.align, Value.end = max, g
        closest = min(float((b - a).lower()) ** 2 for a, b in zip(x, x[1:]))
        k = min(4, int(start * closest / 8 - 1e-9))  # γ^k e^−γD/8 falls from here on
        root = lambda d, i, j: ((self.l[i] + self.l[j]) / 2 - g * d / 8).exp()
        pairs = [self.pairs(lambda d, i, j: d**q * root(d, i, j)) / 2**q for q in (1, 2)]
        mmse, slope = (Value(hull(0, c * v * g**k), k=-k) for v in pairs)
        left, share = hull(0, 2 * self.pairs(root)), g * self.v / (g * self.v + 1)
        linear, information = Value(hull(share, 1) * c, k=-1), Value(c * (self.h - left))
        found = self.excess(mmse, slope, information, linear, Value(1, k=1))
        return found.v[0], found.k


def shown(c, place, parameter, low, high, proved, depth=12):
    """The relation holds (fails) on a cell, maybe seen by halves of its SNRs and parameters."""
    found = place.on(low, high) if high < inf else place.last(low)[:1]
    if any(excess <= 0 if proved else excess > 0 for excess in found):
        return True
    along = proved and high < inf and (depth % 2 or parameter[0] == parameter[1])
    a, b = (low, high) if along else parameter
    halves = (a, (a + b) / 2), ((a + b) / 2, b)
    cells = [(place, parameter, *half) for half in halves]
    if not along:
        cells = [(Place(c, hull(*half)), half, low, high) for half in halves]
    return depth > 0 and a < b and all(shown(c, *cell, proved, depth - 1) for cell in cells)


def cover(cells, low, high, all_of_it):
    """Cells follow each other and cover a range of decimals, or one of them meets it."""
    gaps = any(a[1] != b[0] for a, b in zip(cells, cells[1:])) or any(a[0] > a[1] for a in cells)
    ends = (cells[0][0], cells[-1][1], low, high)
    first, last, low, high = (Fraction(x) if float(x) < inf else inf for x in ends)
    whole = first <= low and high <= last
    need(not gaps and (whole if all_of_it else first <= high and low <= last), "not the range")


def check(c):
    """The verdict of a certificate that is right; else an exception."""
    verdict, slabs, ends = c["verdict"], c["slabs"], (c["parameter"] or ["", "1", "1"])[1:]
    proved, every = verdict == "proved", "disproved for every parameter"
    need(proved or verdict in ("disproved", every), "no verdict")
    cover([slab["parameter"] for slab in slabs], *ends, verdict in ("proved", every))
    for slab in slabs:
        parameter, cells = slab["parameter"], [[*map(float, cell)] for cell in slab["cells"]]
        place, middle = Place(c, hull(*parameter)), sum(parameter) / 2
        inside = place if middle == parameter[0] else Place(c, arb(middle))
        cover([cell[:2] for cell in cells], *c["snr"], proved)
        for low, high, least, most, power in cells:
            need(least <= most <= 0 if proved else 0 < least <= most, "an excess of the wrong sign")
            need(
                shown(c, place, parameter, low, high, proved),
                "the relation is not seen to hold, or fail",
            )
            if high == inf:
                (found, k), off = inside.last(low), 1e-6 * max(abs(most), abs(least))
                near = k != -power or hull(least - off, most + off).contains(found)
                need(near, "another excess at the end")
                continue
            for snr in (max(low, 1e-300), (low + high) / 2, high):
                found = inside.jet(snr, snr)[0]
                need(hull(least, most).overlaps(found), "an excess that is not there")
    return verdict


if __name__ == "__main__":
    refused = 0
    for path in sys.argv[1:]:
        c = json.load(open(path))
        try:
            print(f"{path}: {check(c)}: {c['lhs']} {c['relation']} {c['rhs']} for {c['law']}")
        except Exception as why:
            refused += 1
            print(f"{path}: refused, {why!r}")
    sys.exit(refused > 0)
