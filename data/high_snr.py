"""Channel values of two 16-atom codes in R^8 at high SNR: data/high_snr.csv. Usage: python3 data/high_snr.py (numpy; a minute).

Importance sampling of Y itself, not of the noise (klaim tilts the noise): y from the mixture of a b / (a + b) over pairs of
atoms i < j in shares D_ij Z_ij, a = p_i phi(y - sqrt(snr) x_i), b likewise, Z_ij = int a b / (a + b) by the trapezoid
rule. Along the pair ln(b/a) is a hyperbolic secant variable, accepted with the Gaussian's probability; across it y is
Gaussian. A posterior functional g(pi) counts g(pi) C / sum_{i<j} D_ij pi_i pi_j / (pi_i + pi_j), C = sum D_ij Z_ij; for
M = E sum_{i<j} D_ij pi_i pi_j that lies between 0 and C, so that nothing rare is left to be missed.
hamming: the codewords of the extended Hamming [8,4,4] code as +-1, equal weights (each has 14 neighbours at |x-x'|^2 = 16).
uneven: integer points, weights proportional to 1/(i + 1). t = snr d_min^2.
"""
import numpy as np

N, SEED = 1 << 20, 20
CHUNK = 1 << 17


def hamming():
    rows = np.array([[1, 0, 0, 0, 0, 1, 1, 1], [0, 1, 0, 0, 1, 0, 1, 1], [0, 0, 1, 0, 1, 1, 0, 1], [0, 0, 0, 1, 1, 1, 1, 0]])
    words = np.array([[i >> b & 1 for b in range(4)] for i in range(16)]) @ rows % 2
    return 2.0 * words - 1.0, np.full(16, 1 / 16)


def uneven():
    i, k = np.arange(16)[:, None], np.arange(8)[None, :]
    weights = 1.0 / np.arange(1, 17)
    return ((i * i * (k + 1) + 3 * i * (k * k + 1) + 5 * k) % 17 % 4 - 1).astype(float), weights / weights.sum()


def log_overlap(t, r):
    """ln int a b / (a + b) without sqrt(p p'): e^{-t/8} E 1 / (2 cosh((sqrt(t) s + ln r) / 2)), s ~ N(0, 1)."""
    v = np.arange(-400, 400, 0.01)
    s = (v - np.log(r)) / np.sqrt(t)
    return -t / 8 + np.log(np.sum(np.exp(-s * s / 2) / (2 * np.cosh(v / 2))) * 0.01 / np.sqrt(2 * np.pi * t))


def secant(rng, t, r, n):
    """n values s with density proportional to phi(s) / cosh((sqrt(t) s + ln r) / 2)."""
    out = np.empty(0)
    while len(out) < n:
        s = (2 * np.log(np.tan(np.pi / 2 * rng.random(n))) - np.log(r)) / np.sqrt(t)
        out = np.append(out, s[rng.random(n) < np.exp(-s * s / 2)])
    return out[:n]


def values(x, p, snr, rng):
    pairs = [(i, j) for i in range(16) for j in range(i)]
    i, j = map(np.array, zip(*pairs))
    d = np.sum((x[i] - x[j]) ** 2, axis=1)
    logs = np.array([np.log(e * np.sqrt(p[a] * p[b])) + log_overlap(snr * e, p[b] / p[a]) for a, b, e in zip(i, j, d)])
    shares = np.exp(logs - logs.max())
    total = np.exp(logs.max()) * shares.sum()
    pick = np.sort(rng.choice(len(pairs), N, p=shares / shares.sum()))
    along = np.concatenate(
        [secant(rng, snr * d[k], p[j[k]] / p[i[k]], c) for k, c in zip(*np.unique(pick, return_counts=True))])
    means, variances = [], []
    for first in range(0, N, CHUNK):
        k, s = pick[first:first + CHUNK], along[first:first + CHUNK]
        e = (x[j] - x[i])[k] / np.sqrt(d[k])[:, None]
        z = rng.standard_normal((len(k), 8))
        z += (s - np.sum(z * e, axis=1))[:, None] * e
        y = np.sqrt(snr) * (x[i] + x[j])[k] / 2 + z
        ln = np.log(p) - 0.5 * np.sum((y[:, None, :] - np.sqrt(snr) * x) ** 2, axis=2)
        ln -= ln.max(axis=1, keepdims=True)
        pi = np.exp(ln)
        pi /= pi.sum(axis=1, keepdims=True)
        density = np.sum(d * pi[:, i] * pi[:, j] / (pi[:, i] + pi[:, j] + 1e-300), axis=1) / total
        top = pi.argmax(axis=1)
        rest = pi.copy()
        rest[np.arange(len(k)), top] = 0.0
        others = rest.sum(axis=1)
        entropy = -(1 - others) * np.log1p(-others) - np.sum(rest * np.log(np.maximum(rest, 1e-300)), axis=1)
        u = x[None] - x[top][:, None]
        mean = np.einsum("ni,nid->nd", rest, u)
        cov = np.einsum("ni,nid,nie->nde", rest, u, u, optimize=True) - mean[:, :, None] * mean[:, None, :]
        g = np.stack([np.trace(cov, axis1=1, axis2=2), np.sum(cov**2, axis=(1, 2)), entropy]) / density
        means.append(g.mean(axis=1))
        variances.append(g.var(axis=1))
    return np.mean(means, axis=0), np.sqrt(np.mean(variances, axis=0) / N)


rng = np.random.default_rng(SEED)
print("law,t,snr,quantity,value,std_err")
for name, (x, p) in [("hamming", hamming()), ("uneven", uneven())]:
    nearest = min(np.sum((x[i] - x[j]) ** 2) for i in range(16) for j in range(i))
    for t in (40, 100, 200):
        mean, err = values(x, p, t / nearest, rng)
        for quantity, m, e in zip(("mmse", "mmse_slope", "posterior_entropy"), mean, err):
            print(name, t, repr(float(t / nearest)), quantity, repr(float(m)), f"{e:.1e}", sep=",")
