"""Which axis serves which sampler: the table in docs/schedules.md.

    python3 docs/axes.py target/release/klaim        (NumPy; about five minutes)

One-dimensional Gaussian mixtures with the exact denoiser, noise from sigma = 20 to 0.01, then one denoising step. The loss
curve is the exact mmse; klaim makes every schedule from it. The number is the Wasserstein-1 distance of the output to the
mixture as a multiple of that of the log-SNR grid: the geometric mean over three mixtures and 6, 10 and 20 steps. The
deterministic samplers push 4,001 quantiles forward; the stochastic ones 200,000 samples, with the same noise for every
schedule. Heun evaluates the denoiser twice a step: K is its number of steps.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ENDS = (20.0, 0.01)
MIXTURES = {
    "five narrow modes": ([-2, -1.2, 0.3, 1.5, 2.4], [0.15, 0.3, 0.2, 0.25, 0.1], [0.05, 0.1, 0.05, 0.15, 0.05]),
    "eight even modes": (np.linspace(-2, 2, 8), np.full(8, 1 / 8), np.full(8, 0.1)),
    "three broad modes": ([-1.5, 0, 1.8], [0.3, 0.4, 0.3], [0.4, 0.3, 0.5]),
}
SCHEDULES = [("geometric", []), ("karras", []), ("arctan", [])]
SCHEDULES += [(f"las, {axis}", ["--regularize", axis]) for axis in ["raw", "log", "softlog", "saturating", "power"]]
SCHEDULES += [(f"las2, {axis}", ["--regularize", axis, "--smoothness=12"]) for axis in ["raw", "log", "softlog"]]


def posterior(mixture, x, sigma):
    """E[X | X + sigma Z = x] and its variance."""
    means, weights, devs = map(np.asarray, mixture)
    total = devs**2 + sigma**2
    log = np.log(weights) - 0.5 * np.log(total) - 0.5 * (x[:, None] - means) ** 2 / total
    share = np.exp(log - log.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    mean = means + devs**2 / total * (x[:, None] - means)
    overall = (share * mean).sum(1)
    return overall, (share * (devs**2 * sigma**2 / total + mean**2)).sum(1) - overall**2


def density(mixture, x, sigma):
    means, weights, devs = map(np.asarray, mixture)
    total = devs**2 + sigma**2
    return (weights / np.sqrt(2 * np.pi * total) * np.exp(-0.5 * (x[:, None] - means) ** 2 / total)).sum(1)


def quantiles(mixture, sigma, levels):
    x = np.linspace(-4 - 8 * sigma, 4 + 8 * sigma, 400_001)
    mass = np.cumsum(density(mixture, x, sigma))
    return np.interp(levels, mass / mass[-1], x)


def mmse(mixture, sigma):
    x = np.linspace(-4 - 8 * sigma, 4 + 8 * sigma, 20_001)
    p = density(mixture, x, sigma)
    return (p * posterior(mixture, x, sigma)[1]).sum() / p.sum()


def sample(solver, mixture, sigmas, x, random):
    """The sampler's output from x at sigmas[0]; sigmas end with 0. In x = X + sigma Z the step of Euler, of flow matching's
    Euler and of DDIM is one and the same; the others are those of k-diffusion and, `unipc`, of diffusers (bh2, order 2)."""
    before, predicted = None, None
    for s, t in zip(sigmas, sigmas[1:]):
        d = posterior(mixture, x, s)[0]
        if predicted is not None:
            x = corrected(d, s, **predicted)
        h = np.log(s / t) if t > 0 else np.inf
        if t == 0:
            x = d
        elif solver in ["ancestral", "dpmpp_2m_sde"]:
            keep = t * t / (s * s)
            guess = d
            if solver == "dpmpp_2m_sde" and before is not None:
                guess = d + (d - before[0]) * h / (2 * np.log(before[1] / s))
            x = keep * x + (1 - keep) * guess + t * np.sqrt(1 - keep) * random.standard_normal(len(x))
        elif solver == "heun":
            euler = t / s * x + (1 - t / s) * d
            x = euler + 0.5 * (s / t - 1) * (posterior(mixture, euler, t)[0] - d)
        else:
            guess = d
            if solver in ["dpm-solver++", "unipc"] and before is not None:
                guess = d + (d - before[0]) * h / (2 * np.log(before[1] / s))
            if solver == "unipc":
                predicted = dict(x=x, s=s, d=d, before=before)
            x = t / s * x + (1 - t / s) * guess
        before = (d, s)
    return x


def corrected(new, t, x, s, d, before):
    """The step of UniPC from s to t once more, with the estimate at its end."""
    h = -np.log(s / t)
    first = np.expm1(h)
    plain = t / s * x - first * d
    if before is None:
        return plain - first * 0.5 * (new - d)
    ratio = np.log(before[1] / s) / h
    second = first / h - 1
    third = second / h - 0.5
    rho = np.linalg.solve([[1.0, 1.0], [ratio, 1.0]], [second / first, 2 * third / first])
    return plain - first * (rho[0] * (before[0] - d) / ratio + rho[1] * (new - d))


SOLVERS = ["ancestral", "ddim", "heun", "dpm-solver++", "dpmpp_2m_sde", "unipc"]


def main(klaim):
    folder = tempfile.TemporaryDirectory()
    table = {}
    levels = (np.arange(4001) + 0.5) / 4001
    many = (np.arange(200_000) + 0.5) / 200_000
    for name, mixture in MIXTURES.items():
        sigmas = np.geomspace(*ENDS, 400)
        loss = Path(folder.name) / "loss.json"
        loss.write_text(json.dumps({"snr": list(sigmas**-2), "x0": [mmse(mixture, s) for s in sigmas]}))
        start = {n: quantiles(mixture, ENDS[0], x) for n, x in [(4001, levels), (200_000, many)]}
        target = {n: quantiles(mixture, 0.0, x) for n, x in [(4001, levels), (200_000, many)]}
        for steps in [6, 10, 20]:
            for label, flags in SCHEDULES:
                method = "las" if label.startswith("las") else label
                command = [klaim, "schedule", method, "--loss", loss, "--steps", steps, "--format", "edm", "--end", "append"]
                grid = json.loads(subprocess.run([*map(str, command), *flags], check=True, capture_output=True).stdout)
                for solver in SOLVERS:
                    n = 200_000 if solver in ["ancestral", "dpmpp_2m_sde"] else 4001
                    out = sample(solver, mixture, grid, start[n], np.random.default_rng(1))
                    distance = np.abs(np.sort(out) - target[n]).mean()
                    table.setdefault((label, solver), []).append(distance)
    print("| schedule | " + " | ".join(SOLVERS) + " |\n| --- |" + " --- |" * len(SOLVERS))
    for label, _ in SCHEDULES:
        cells = []
        for solver in SOLVERS:
            ratio = np.array(table[label, solver]) / np.array(table["geometric", solver])
            cells.append(f"{np.exp(np.log(ratio).mean()):.2f} ({ratio.min():.2f} … {ratio.max():.2f})")
        print(f"| {label} | " + " | ".join(cells) + " |")


main(sys.argv[1])
