"""Monte-Carlo estimates of a CUDA device against quadrature, so many samples that a bias of 1e-4 of most values would show.

    scripts/device-exact.py KLAIM [SAMPLES]

One line an estimate whose law has an exact value: the distance in its standard errors. Exit status 1 where one is beyond
5, or where the distances as a whole are too large or too small for their stated errors.
"""
import csv
import io
import itertools
import math
import subprocess
import sys

SOURCES = [
    "bpsk",
    "bernoulli:p=1e-6",
    "pam:levels=5",
    "zipf:exponent=1.5,atoms=300",
    "product:dim=7,base=(pam:levels=5)",
    "bernoulli:p=0.3",
    "mixture:means=-1|2,variances=0.5|1.5,weights=0.3|0.7",
]
QUANTITIES = ["mmse", "mmse_slope", "information"]
GRID = "1e-2..1e2/7"


def rows(klaim, *words):
    done = subprocess.run([klaim, "estimate", *words, "--snr", GRID, "--format", "csv", "--quiet"], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"klaim estimate {' '.join(words)}: status {done.returncode}\n{done.stderr}")
    return list(csv.DictReader(io.StringIO(done.stdout)))


def main(klaim, samples="4e6"):
    distances, worst = [], 0.0
    for source, quantity in itertools.product(SOURCES, QUANTITIES):
        words = [quantity, "--source", source]
        exact = rows(klaim, *words, "--method", "quadrature")
        sampled = rows(klaim, *words, "--method", "monte-carlo", "--backend", "cuda", "--samples", samples)
        for want, got in zip(exact, sampled, strict=True):
            if got["method"] != "monte-carlo" or want["method"] != "quadrature":
                continue
            error = float(got["std_err"])
            systematic = float(want["bound"]) + float(got["bound"])
            off = float(got["value"]) - float(want["value"])
            z = math.copysign(max(0.0, abs(off) - systematic), off) / error if error else math.copysign(math.inf, off) * (abs(off) > systematic)
            if not math.isfinite(off):
                z = math.inf
            worst = max(worst, abs(z))
            # The other ones may lie anywhere within their bounds.
            if systematic < 0.1 * error:
                distances.append(z)
            print(f"{z:6.2f}  {error / abs(float(want['value'])):8.1e}  {got['quantity']:<20} {float(got['snr']):8.3g}  {source}")
    if not distances:
        raise SystemExit("no estimate was compared")
    square = sum(z * z for z in distances) / len(distances)
    # Estimates of one law share their noise: as few degrees of freedom as there are laws and quantities.
    free = len(SOURCES) * len(QUANTITIES)
    low, high = (1 - 3.3 * math.sqrt(2 / free), 1 + 3.3 * math.sqrt(2 / free))
    print(f"{samples} samples: largest distance {worst:.2f}; mean square of {len(distances)} without bounds {square:.2f}")
    return 0 if worst <= 5 and low <= square <= high else 1


sys.exit(main(*sys.argv[1:]))
