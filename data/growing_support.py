"""Do H, V and H_1/2 level off as the support grows from 10^3 to 10^7? The table "Growing support" of docs/probes.md.

p_i ~ i^-s and p_i ~ 1/(i ln^a(i+1)) summed directly; growth per e-fold late against early and the two thresholds as in
src/claim/trend.rs (least squares over the first and the last three of five points). Usage: python3 data/growing_support.py (numpy).
"""
import numpy as np

N = [10**3, 10**4, 10**5, 10**6, 10**7]
X = np.log(N)


def ratio(y):
    early, late = (np.polyfit(X[part], np.asarray(y)[part], 1)[0] for part in (slice(0, 3), slice(2, 5)))
    return late / early


def entropies(weights):
    for n in N:
        p = weights[:n] / weights[:n].sum()
        content = -np.log(p)
        shannon = (p * content).sum()
        yield shannon, (p * (content - shannon) ** 2).sum(), 2 * np.log(np.sqrt(p).sum())


plateau, growth = (ratio(-np.exp(-c * X)) for c in (0.1, 0.2))
print(f"thresholds {plateau:.3f} {growth:.3f}")
i = np.arange(1, N[-1] + 1, dtype=float)
laws = {f"zipf s = {s}": i**-s for s in (1.2, 1.5, 2, 2.2, 2.5)}
laws |= {f"log-power a = {a}": 1 / (i * np.log(i + 1) ** a) for a in (1.5, 2, 2.5, 3, 3.5)}
for name, weights in laws.items():
    words = []
    for y in zip(*entropies(weights)):
        r = ratio(y)
        words.append(f"{r:.3f} {'grows' if r > plateau else 'levels off' if r < growth else 'undecided'}")
    print("|", name, "|", " | ".join(words), "|")
