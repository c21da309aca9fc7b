"""klaim puts theorems to the test: claims about mmse, entropy and diffusion schedules, with honest
error bars.

    >>> import klaim
    >>> source = klaim.Source("zipf:exponent=2,atoms=100")
    >>> source.mmse(1.0)                                          # a float, with .std_err and .bound
    >>> klaim.estimate("path_kl", source, steps=16, schedule="geometric", snr_min=0.01, snr_max=100)
    >>> klaim.verify("mine.toml").to_pandas()                     # or its text, a dictionary, a built-in id
    >>> klaim.probe("rare-events", source="bernoulli:p={p}", vary={"p": "1e-6..0.5"})
    >>> klaim.schedule(loss="loss.csv", model="sd15", steps=10, solver="ddim").sigmas
    >>> klaim.estimate("loss", source, snr=1.0, denoiser=klaim.Denoiser(lambda y, snr: y / (1 + 1 / snr)))

Units: SNRs are linear and per coordinate, Y = √snr·X + Z with Z ~ N(0, I); entropies and information
are in nats; mmse and losses are E|X − x̂|², in units of |x|². Every function does what the command of
the same name of the program ``klaim`` does, which comes with this package (``python -m klaim``): the
numbers are the same to the bit, errors have the same text. Numbers never depend on threads.

`Source`       a law on R^d by its spec, or from an array of atoms
`estimate`     one quantity at any settings: `Estimates`, of `Estimate`, a float with its errors
`verify`       claims put to the test: `Report`, of `ClaimResult`
`probe`        where a claim breaks: `Probe`
`schedule`     sampling schedules from a loss: `Schedule`; `record_loss` records one
`Denoiser`     a function or a PyTorch module of yours as a denoiser
`listed`       the names that there are
`Error`        what every exception of this package is
"""

from ._denoiser import Denoiser
from ._errors import (
    BackendError,
    CheckpointError,
    ClaimFileError,
    DataFileError,
    Error,
    FileAccessError,
    InvalidValueError,
    NotFiniteError,
    Note,
    UnknownNameError,
    UnsupportedError,
    UsageError,
)
from ._estimate import Estimate, Estimates, estimate
from ._klaim import version as __version__
from ._listed import listed
from ._loss import record_loss
from ._probe import Probe, probe
from ._schedule import Schedule, schedule
from ._source import Source
from ._verify import ClaimResult, Report, verify

__all__ = [
    "BackendError",
    "CheckpointError",
    "ClaimFileError",
    "ClaimResult",
    "DataFileError",
    "Denoiser",
    "Error",
    "Estimate",
    "Estimates",
    "FileAccessError",
    "InvalidValueError",
    "NotFiniteError",
    "Note",
    "Probe",
    "Report",
    "Schedule",
    "Source",
    "UnknownNameError",
    "UnsupportedError",
    "UsageError",
    "__version__",
    "estimate",
    "listed",
    "probe",
    "record_loss",
    "schedule",
    "verify",
]
