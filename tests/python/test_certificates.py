"""Every certificate that the built-in claims' proofs write is accepted by examples/check_certificate.py, and none of 200
that were damaged is. The checker reads the law that a certificate has in full; here it is that of its source."""
import copy
import glob
import json
import os
import random
import re
import subprocess
import tempfile
import unittest

import check_certificate

CLAIMS = [
    "entropy-bound", "entropy-bound-renyi", "varentropy-bound", "renyi-bound", "renyi-bound-small", "trivial-bound",
    "mmse-dimension", "mmse-linear", "mmse-information", "single-crossing", "content-bound", "rare-events", "two-points",
]
DAMAGED = 200


def cells(certificate, rng):
    return rng.choice(certificate["slabs"])["cells"]


def damage(certificate, rng):
    """A copy that says something false, or shows less than it says; and what was done."""
    c = copy.deepcopy(certificate)
    proved = c["verdict"] == "proved"
    some = cells(c, rng)
    cell = rng.choice(some)
    finite = [row for row in some if row[1] != "inf"]
    row = rng.choice(finite)
    ways = {
        "an excess of the wrong sign": lambda: row.__setitem__(slice(2, 4), [-row[3], -row[2]]),
        "an excess that is not there": lambda: row.__setitem__(3, row[2] - abs(row[2]) * 1e-3 - 1e-9),
        "an excess of another size": lambda: row.__setitem__(slice(2, 4), [3 * row[2], 3 * row[3]]),
        "no verdict": lambda: c.__setitem__("verdict", "proven"),
        "the other relation": lambda: c.__setitem__("relation", ">=" if c["relation"] == "<=" else "<="),
        "another power": lambda: c.__setitem__("lhs", "2 * " + c["lhs"]),
        "another right side": lambda: c.__setitem__("rhs", "0.7 * (" + c["rhs"] + ")"),
        "no slabs": lambda: c.__setitem__("slabs", []),
    }
    if c["values"]:
        name = rng.choice([name for name in c["values"] if c["values"][name] not in ("snr", "parameter")] or [None])
        if name:
            ways["another constant"] = lambda: c["values"].__setitem__(name, repr(float(c["values"][name]) * 0.8))
    if proved:
        ways["a cell left out"] = lambda: some.remove(cell)
        ways["a gap"] = lambda: row.__setitem__(1, row[1] * 0.999)
        if len(some) > 1:
            ways["an overlap"] = lambda: some[-1].__setitem__(0, some[-1][0] * 0.999)
        if c["snr"][0] != "0.0":
            ways["a larger range"] = lambda: c["snr"].__setitem__(0, "0")
    law = c["law"]
    if c["source"].startswith("bernoulli:p=") and not c["parameter"]:
        ways["another law"] = lambda: law.__setitem__("weights", [repr(float(law["weights"][0]) * 1.1)])
    if c["source"] in ("bpsk", "pam:levels=4"):
        ways["another law"] = lambda: law.update(atoms=["0", "1"], weights=["0.2"])
    ways["other distances"] = lambda: law.__setitem__("atoms", [f"1.1 * {x}" for x in law["atoms"]])
    if len(c["slabs"]) > 1:
        ways["a slab left out"] = lambda: c["slabs"].pop(rng.randrange(len(c["slabs"])))
        ways["more parameters"] = lambda: c["parameter"].__setitem__(2, repr(float(c["parameter"][2]) * 1.01))
    way = rng.choice(sorted(ways))
    ways[way]()
    return c, way


def law_of(source):
    """The law of a source, as a certificate has it."""
    kind, _, rest = source.partition(":")
    args = dict(re.findall(r"(\w+)=([^(),]+)", rest))
    n, copies = int(args.get("levels", args.get("atoms", 2))), args.get("dim", "1")
    step = {"bpsk": "2", "hypercube": "2", "simplex": "sqrt(2)"}.get(kind, "1")
    law = {"atoms": ["0", *(f"{i} * {step}" for i in range(1, n))], "copies": [copies] * 2, "weights": ["1"] * n}
    if kind == "zipf":
        ranks = range(1, n + 1)
        law["atoms"] = [str(i) for i in ranks]
        law["weights"] = [f"1 / exp({args['exponent']} * ln({i}))" for i in ranks]
    if kind == "bernoulli":
        law["weights"] = [args["p"].strip("{}")]
    if kind == "simplex":
        law["copies"] = ["1", "2"]
    return law


class Certificates(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as out:
            command = [os.environ["KLAIM"], "verify", *CLAIMS, "--budget", "1024", "--quiet", "--out", out]
            found = subprocess.run(command, capture_output=True, text=True)
            assert found.returncode in (0, 3), found.stderr
            paths = sorted(glob.glob(os.path.join(out, "certificates", "*.json")))
            cls.certificates = {os.path.basename(path): json.load(open(path)) for path in paths}

    def test_every_certificate_is_accepted(self):
        self.assertGreaterEqual(len(self.certificates), 30)
        for name, certificate in self.certificates.items():
            with self.subTest(name):
                self.assertEqual(check_certificate.check(certificate), certificate["verdict"])
                self.assertEqual(certificate["law"], law_of(certificate["source"]))

    def test_half_of_a_bound_without_end_is_refused(self):
        # Lemma E1 for the slope, off by a factor of 2: the last cell's excess is from −rhs up to the bound less that.
        tried = 0
        for name, certificate in self.certificates.items():
            last = certificate["slabs"][0]["cells"][-1]
            if certificate["lhs"] == "snr^2 * mmse_slope" and last[1] == "inf" and not certificate["source"].startswith("pam"):
                faulty = copy.deepcopy(certificate)
                faulty["slabs"][0]["cells"][-1][3] = last[2] + 0.5 * (last[3] - last[2])
                tried += 1
                with self.subTest(name), self.assertRaisesRegex(ValueError, "another excess at the end"):
                    check_certificate.check(faulty)
        self.assertGreaterEqual(tried, 20)

    def test_damaged_ones_are_refused(self):
        # Of two atoms and few cells: a check takes half a second.
        few = lambda c: sum(len(slab["cells"]) for slab in c["slabs"]) < 20
        small = [c for c in self.certificates.values() if few(c) and not c["source"].startswith(("pam", "zipf"))]
        rng = random.Random(0)
        for i in range(DAMAGED):
            damaged, way = damage(rng.choice(small), rng)
            with self.subTest(i, way=way, claim=damaged["claim"]), self.assertRaises(Exception):
                check_certificate.check(damaged)
