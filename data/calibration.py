"""Channel values of real laws in several dimensions: data/calibration.csv. Usage: python3 data/calibration.py (numpy; minutes).

digits: the 1,797 rows of data/digits.csv in R^64; points: the 200 rows of data/points.csv in R^3; equal weights. Y = sqrt(snr) X + Z.
Every summand is the posterior's own: M = E tr Cov, -M' = E |Cov|_F^2 from the whole matrix, H(X|Y) = E of the posterior's entropy
(klaim averages |x - x'|^2 over two draws, five sums and -ln of the true atom's posterior weight instead). The noise at low SNR
goes into least squares on polynomials of (x, z) with known means: z'Az - tr A, x'Ax - tr(A S), x'Az and their kind for A = 1, S, S^2.
"""
import csv

import numpy as np

SEED, CHUNK = 11, 2048
LAWS = {"digits": ("digits", [1e-4, 3e-3, 0.03], 1 << 17), "points": ("points", [0.01, 1.0, 10.0], 1 << 21)}


def atoms(name):
    with open(f"data/{name}.csv") as file:
        rows = list(csv.DictReader(file))
    columns = [c for c in rows[0] if c != "label"]
    return np.array([[float(row[c]) for c in columns] for row in rows])


def controls(x, z, s):
    """Polynomials of mean 0; s is the covariance of x."""
    columns = [np.ones(len(x))]
    power = np.eye(len(s))
    for _ in range(3):
        xa, za = x @ power, z @ power
        columns += [np.sum(za * z, 1) - np.trace(power), np.sum(xa * x, 1) - np.trace(power @ s), np.sum(xa * z, 1)]
        power = power @ s
    return np.stack(columns, 1)


def values(x, pairs, i, z, snr):
    """tr Cov, |Cov|_F^2 and the entropy of the posterior for each sample."""
    norms = np.sum(x * x, 1)
    y = np.sqrt(snr) * x[i] + z
    log = np.sqrt(snr) * (y @ x.T) - 0.5 * snr * norms
    log -= log.max(1, keepdims=True)
    weights = np.exp(log)
    total = weights.sum(1, keepdims=True)
    weights /= total
    entropy = np.log(total[:, 0]) - np.sum(weights * log, 1)
    d, mean = x.shape[1], weights @ x
    upper = np.triu_indices(d)
    cov = weights @ pairs - mean[:, upper[0]] * mean[:, upper[1]]
    diagonal = upper[0] == upper[1]
    square = cov * cov
    return cov[:, diagonal].sum(1), 2 * square.sum(1) - square[:, diagonal].sum(1), entropy


def main():
    print("law,snr,quantity,value,std_err,n")
    for law, (file, snrs, n) in LAWS.items():
        x = atoms(file)
        x -= x.mean(0)
        s = x.T @ x / len(x)
        upper = np.triu_indices(x.shape[1])
        pairs = x[:, upper[0]] * x[:, upper[1]]
        rng = np.random.default_rng(SEED)
        designs, found = [], {snr: [] for snr in snrs}
        for _ in range(n // CHUNK):
            i, z = rng.integers(len(x), size=CHUNK), rng.standard_normal((CHUNK, x.shape[1]))
            designs.append(controls(x[i], z, s))
            for snr in snrs:
                found[snr].append(np.stack(values(x, pairs, i, z, snr), 1))
        design = np.concatenate(designs)
        design /= np.maximum(np.abs(design).max(0), 1e-300)
        for snr in snrs:
            rows = np.concatenate(found[snr])
            fit, *_ = np.linalg.lstsq(design, rows, rcond=None)
            errors = (rows - design @ fit).std(0) / np.sqrt(n)
            mmse, slope, entropy = fit[0]
            out = [("mmse", mmse, errors[0]), ("mmse_slope", slope, errors[1]),
                   ("information", np.log(len(x)) - entropy, errors[2]), ("posterior_entropy", entropy, errors[2])]
            for quantity, value, error in out:
                print(f"{law},{snr},{quantity},{value:.15g},{error:.3g},{n}")


main()
