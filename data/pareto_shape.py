"""Reference shapes for src/numeric/tail.rs, written to pareto_shape.csv.

ArviZ 0.23.4 (`arviz.stats.stats._gpdfit`, Apache-2.0): an independent implementation of Zhang & Stephens (2009) with the
weak prior of Vehtari et al. (2024). Exceedances are the quantiles ((i/(n+1))^-e - 1)/e, i = 1 ... n.
    pip install "arviz<1" && python data/pareto_shape.py > data/pareto_shape.csv
"""
import numpy as np
from arviz.stats.stats import _gpdfit

print("n,exponent,shape")
for n in (10, 40, 200):
    for exponent in (-0.4, 0.3, 0.9):
        u = np.arange(1, n + 1) / (n + 1)
        print(n, exponent, repr(float(_gpdfit(np.sort((u**-exponent - 1) / exponent))[0])), sep=",")
