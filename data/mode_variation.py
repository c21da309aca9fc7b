"""Mode variation of DDIM on two modes of a line, by quadrature: the reference of verify/klaim/mode-masses.toml.

x ~ N(EX, 1/g_0); on each step of the geometric grid x <- m + sqrt(g/g') (x - m), m the posterior mean at SNR g.
Prints |E P(1|x) - w_1| at the last SNR. Needs NumPy.
"""
import numpy as np

means, variance, weights = np.array([-1.0, 1.0]), 0.1, np.array([0.6, 0.4])
first, last, steps = 0.001, 100.0, 1


def posterior(x, g):
    spread = variance + 1 / g
    logs = np.log(weights) - (x[:, None] - means) ** 2 / (2 * spread)
    masses = np.exp(logs - logs.max(1, keepdims=True))
    masses /= masses.sum(1, keepdims=True)
    return masses, (masses * (means / g + variance * x[:, None]) / spread).sum(1)


z = np.linspace(-10, 10, 2_000_001)
x = (weights * means).sum() + z / np.sqrt(first)
grid = first * (last / first) ** (np.arange(steps + 1) / steps)
for g, following in zip(grid[:-1], grid[1:]):
    mean = posterior(x, g)[1]
    x = mean + np.sqrt(g / following) * (x - mean)
density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * (z[1] - z[0])
print(f"{abs((density * posterior(x, last)[0][:, 0]).sum() - weights[0]):.12f}")
