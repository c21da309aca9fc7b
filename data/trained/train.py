"""Trains the networks of this folder: residual MLPs with EDM's preconditioning (network.py).

    python3 data/trained/train.py [--out FOLDER] [--only NAME]

Adam, learning rate 1e-3 throughout, batches of 256, the loss weighted by 1/c_out², float32 on one thread of a CPU.
At step 0 a network is klaim's denoiser `linear`. Weights are stored as float16; a network is what is stored.

Writes NAME-SEED-STEP.onnx and train.csv, the record: the mean weighted loss since the checkpoint before, and
seconds. Needs torch and onnx; five minutes a seed.
"""

import argparse
import csv
import math
import pathlib
import time

import torch

from network import Network, onnx_file

HERE = pathlib.Path(__file__).parent
STEPS = [0, 100, 316, 999, 3162, 9990]
SEEDS = [1, 2, 3]
BATCH = 256


def digits():
    """Rows of digits.csv, levels 0 … 16."""
    with open(HERE.parent / "digits.csv") as file:
        rows = list(csv.reader(file))[1:]
    return torch.tensor([[float(x) for x in row[:64]] for row in rows])


class Ring:
    """klaim's `mixture:ring=8,radius=2,variance=0.01`."""

    dim, mean, variance = 2, torch.zeros(2), 2.01

    def draw(self, count, random):
        angle = 2 * math.pi / 8 * torch.randint(8, (count,), generator=random)
        modes = 2 * torch.stack([angle.cos(), angle.sin()], 1)
        return modes + 0.1 * torch.randn(count, 2, generator=random)


class Atoms:
    """Equiprobable rows."""

    def __init__(self, rows):
        self.rows, self.dim = rows, rows.shape[1]
        self.mean = rows.double().mean(0).float()
        self.variance = float((rows.double() - rows.double().mean(0)).square().sum(1).mean()) / self.dim

    def draw(self, count, random):
        return self.rows[torch.randint(len(self.rows), (count,), generator=random)]


def parts():
    """klaim's `digits:part=hundred` and `digits:part=training`."""
    rows = digits()
    return rows[::18], rows[torch.arange(len(rows)) % 5 > 0]


def log_uniform(low, high):
    """ln σ uniform: every octave of σ as often."""
    return lambda count, random: (
        math.log(low) + math.log(high / low) * torch.rand(count, 1, generator=random)
    ).exp()


def lognormal(scale):
    """EDM's ln σ ~ N(−1.2, 1.2²) at √v = 0.5, in units of √v."""
    return lambda count, random: 2 * scale * (1.2 * torch.randn(count, 1, generator=random) - 1.2).exp()


def families():
    hundred, training = (Atoms(rows) for rows in parts())
    ring = Ring()
    return {
        "ring": (ring, log_uniform(0.01, 20), 48, STEPS),
        "ring-lognormal": (ring, lognormal(math.sqrt(ring.variance)), 48, STEPS[-1:]),
        "hundred": (hundred, log_uniform(0.08, 160), 64, STEPS),
        "digits": (training, log_uniform(0.08, 160), 64, STEPS),
    }


def train(name, seed, out, record):
    law, noise, width, steps = families()[name]
    torch.manual_seed(seed)
    network = Network(law.mean, law.variance, width)
    random = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    start, losses = time.perf_counter(), []
    for step in range(steps[-1] + 1):
        if step in steps:
            (out / f"{name}-{seed}-{step}.onnx").write_bytes(onnx_file(network))
            mean = sum(losses) / len(losses) if losses else float("nan")
            record.writerow([name, seed, step, f"{mean:.6g}", f"{time.perf_counter() - start:.1f}"])
            print(name, seed, step, f"{mean:.4f}", f"{time.perf_counter() - start:.1f}", flush=True)
            losses = []
        x, sigma = law.draw(BATCH, random), noise(BATCH, random)
        found = network(x + sigma * torch.randn(x.shape, generator=random), sigma)
        weight = (law.variance + sigma * sigma) / (sigma * sigma * law.variance)
        loss = (weight * (found - x).square()).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with open(arguments.out / "train.csv", "w") as file:
        record = csv.writer(file, lineterminator="\n")
        record.writerow(["name", "seed", "step", "mean_loss_since", "seconds"])
        for seed in SEEDS:
            for name in families():
                if arguments.only in (None, name):
                    train(name, seed, arguments.out, record)
                    file.flush()
