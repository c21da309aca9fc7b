"""Every certificate that the built-in claims' proofs write is accepted by examples/check_certificate.py, and none of 200
that were damaged is."""
import copy
import glob
import json
import os
import random
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
    if c["source"].startswith("bernoulli:p=") and not c["parameter"]:
        ways["another law"] = lambda: c.__setitem__("source", "bernoulli:p=" + repr(float(c["source"][12:]) * 1.1))
    if c["source"] in ("bpsk", "pam:levels=4"):
        ways["another law"] = lambda: c.__setitem__("source", "bernoulli:p=0.2")
    if len(c["slabs"]) > 1:
        ways["a slab left out"] = lambda: c["slabs"].pop(rng.randrange(len(c["slabs"])))
        ways["more parameters"] = lambda: c["parameter"].__setitem__(2, repr(float(c["parameter"][2]) * 1.01))
    way = rng.choice(sorted(ways))
    ways[way]()
    return c, way


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

    def test_damaged_ones_are_refused(self):
        # Of two atoms and few cells: a check takes half a second.
        few = lambda c: sum(len(slab["cells"]) for slab in c["slabs"]) < 20
        small = [c for c in self.certificates.values() if few(c) and not c["source"].startswith(("pam", "zipf"))]
        rng = random.Random(0)
        for i in range(DAMAGED):
            damaged, way = damage(rng.choice(small), rng)
            with self.subTest(i, way=way, claim=damaged["claim"]), self.assertRaises(check_certificate.Refused):
                check_certificate.check(damaged)
