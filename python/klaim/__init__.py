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
`Error`        what stops klaim from answering, by kind: `klaim.UnknownNameError`, `InvalidValueError`,
               `UsageError`, `DataFileError`, `ClaimFileError`, `FileAccessError`, `CheckpointError`,
               `UnsupportedError`, `NotFiniteError`, `BackendError`; a wrong type of argument is a TypeError
"""

from ._denoiser import Denoiser
# Not in __all__, so that help(klaim) is not mostly about them.
from ._errors import BackendError as BackendError
from ._errors import CheckpointError as CheckpointError
from ._errors import ClaimFileError as ClaimFileError
from ._errors import DataFileError as DataFileError
from ._errors import FileAccessError as FileAccessError
from ._errors import InvalidValueError as InvalidValueError
from ._errors import NotFiniteError as NotFiniteError
from ._errors import UnknownNameError as UnknownNameError
from ._errors import UnsupportedError as UnsupportedError
from ._errors import UsageError as UsageError
from ._errors import Error, Note
from ._estimate import Estimate, Estimates, estimate
from ._klaim import version as __version__
from ._listed import listed
from ._loss import record_loss
from ._probe import Probe, probe
from ._schedule import Schedule, schedule
from ._source import Source
from ._verify import ClaimResult, Report, verify

__all__ = [
    "ClaimResult",
    "Denoiser",
    "Error",
    "Estimate",
    "Estimates",
    "Note",
    "Probe",
    "Report",
    "Schedule",
    "Source",
    "__version__",
    "estimate",
    "listed",
    "probe",
    "record_loss",
    "schedule",
    "verify",
]

for _name in __all__:
    if hasattr(globals()[_name], "__module__"):
        globals()[_name].__module__ = "klaim"
for _kind in Error.__subclasses__():
    _kind.__module__ = "klaim"
