"""The first program in Python: a curve of a law, a claim put to the test, a function as a denoiser."""

import numpy as np
from numpy.typing import NDArray

import klaim


def half(y: NDArray[np.float64], snr: float) -> NDArray[np.float64]:
    """Half of the state, whatever the law."""
    return y / 2


def main() -> None:
    source = klaim.Source("zipf:exponent=2,atoms=100")
    for mmse in source.estimate("mmse", snr=[0.1, 1.0, 10.0]):
        print(f"{mmse.value} ± {mmse.std_err} (bound {mmse.bound})")
    denoiser = klaim.Denoiser(half, name="half")
    report = klaim.verify(
        [
            """
            id       = "slope"
            lhs      = "snr^2 * mmse_slope"
            relation = "<="
            rhs      = "4 * shannon^2"
            over     = { source = ["bpsk", "simplex:atoms=16"], snr = [0.1, 1, 10] }
            """,
            {
                "id": "half",
                "lhs": "loss",
                "relation": ">=",
                "rhs": "mmse",
                "over": {"source": ["bpsk"], "denoiser": [str(denoiser)], "snr": [0.5, 2, 8]},
            },
        ]
    )
    print(report)


if __name__ == "__main__":
    main()
