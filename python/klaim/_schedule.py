"""Sampling schedules from a model's loss."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _klaim
from ._errors import InvalidValueError
from ._words import ask, forgotten, number, options

if TYPE_CHECKING:
    import pandas

    from ._source import Source

LossLike = Union[str, "os.PathLike[str]", Mapping[str, ArrayLike], "pandas.DataFrame"]
"""A loss curve: a file, or columns by name: one of the noise level, one of the loss."""


class Schedule:
    """An increasing grid of SNRs γ_0 < … < γ_K with what is known of it."""

    def __init__(self, native: _klaim.NativeSchedule, folder: str = "") -> None:
        self._native, self._folder = native, folder
        self.row: dict[str, Any] = json.loads(self._text("json"))
        """All of it, as ``klaim schedule --format json`` prints it."""

    def _text(self, form: str) -> str:
        text = self._native.format(form).decode()
        # Of a folder that is gone.
        return text.replace(self._folder, "") if self._folder else text

    def _column(self, name: str) -> NDArray[np.float64]:
        return np.array([number(value) for value in self.row[name]])

    @property
    def method(self) -> str:
        """The rule, in its one spelling."""
        return str(self.row["method"])

    @property
    def steps(self) -> int:
        """Number of steps K."""
        return int(self.row["steps"])

    @property
    def snr(self) -> NDArray[np.float64]:
        """γ_0 < … < γ_K [K + 1], linear."""
        return self._column("snr")

    @property
    def sigmas(self) -> NDArray[np.float64]:
        """What a sampler steps through, decreasing, the last step to 0 as `end` says: σ = 1/√γ, of a
        flow the times t = 1/(1 + √γ)."""
        return np.array(json.loads(self._text("k-diffusion")))

    @property
    def told(self) -> NDArray[np.float64]:
        """The list that a diffusers pipeline is told as `sigmas`: of a flow before its shift."""
        return np.array(json.loads(self._text("diffusers-sigmas")))

    @property
    def cost(self) -> Optional[float]:
        """Σ L(γ_k) ΔR_k on the axis R; None where there is no curve."""
        cost = self.row["cost"]
        return None if cost is None else number(cost)

    @property
    def bands(self) -> Optional[NDArray[np.float64]]:
        """Ends [K + 1, 2] of the band of each SNR over losses as noisy as this one; None without."""
        bands = self.row["bands"]
        return None if bands is None else np.array([[number(b["lo"]), number(b["hi"])] for b in bands])

    @property
    def certificate(self) -> Optional[dict[str, Any]]:
        """How far the cost is from the least, and from that of other grids; None without a loss."""
        found: Optional[dict[str, Any]] = self.row.get("certificate")
        return found

    @property
    def warnings(self) -> list[str]:
        """What speaks against it."""
        return list(self.row["warnings"])

    def diffusers(self) -> dict[str, Any]:
        """``--format diffusers``: sigmas, timesteps, trained_betas."""
        found: dict[str, Any] = json.loads(self._text("diffusers"))
        return found

    def timesteps(self, scheduler: Any) -> Any:
        """The timesteps to call the model with, once `scheduler`, of diffusers, has these levels.

        A scheduler that takes its levels by `set_timesteps` has them then; one that does not
        (DDIMScheduler) is left alone: `scheduler_and_timesteps` makes another.
        """
        return self.scheduler_and_timesteps(scheduler)[1]

    def scheduler_and_timesteps(self, scheduler: Any) -> tuple[Any, Any]:
        """A scheduler with these levels, and the timesteps to call the model with."""
        from ._apply_schedule import apply_schedule

        found: tuple[Any, Any] = apply_schedule(scheduler, self.diffusers())
        return found

    def apply(self, pipeline: Any) -> AbstractContextManager[dict[str, Any]]:
        """Gives a diffusers pipeline the schedule inside a block, with what to call it with:

        ``with schedule.apply(pipe) as levels: image = pipe(prompt, **levels).images[0]``

        Leaving the block checks that the model was called at the levels of the schedule.
        """
        from ._apply_schedule import scheduled

        found: AbstractContextManager[dict[str, Any]] = scheduled(pipeline, self.diffusers())
        return found

    def format(self, name: str) -> Union[str, bytes]:
        """What ``--format NAME`` prints; bytes of ``npy``, text of the others."""
        return self._native.format(name) if name == "npy" else self._text(name)

    def svg(self) -> str:
        """The figure of the steps on their curve as SVG."""
        svg = self._native.svg()
        if svg is None:
            raise InvalidValueError("there is no curve to draw the steps on: give a loss or a source")
        return svg.replace(self._folder, "") if self._folder else svg

    def plot(self, ax: Any = None) -> Any:
        """Draws the steps and their bands on matplotlib's axes, new ones where none are given."""
        import matplotlib.pyplot as pyplot

        axes = pyplot.subplots()[1] if ax is None else ax
        steps, snr, bands = np.arange(self.steps + 1), self.snr, self.bands
        if bands is not None:
            axes.fill_between(steps, bands[:, 0], bands[:, 1], alpha=0.25, step="mid", label="band")
        axes.plot(steps, snr, "o-", label=self.method)
        axes.set(yscale="log", xlabel="step", ylabel="snr")
        axes.legend()
        return axes

    def __len__(self) -> int:
        return self.steps + 1

    def __str__(self) -> str:
        return self._text("human")

    def __repr__(self) -> str:
        sigmas = ", ".join(f"{sigma:.4g}" for sigma in self.sigmas)
        return f"<{self.method}, {self.steps} steps, sigmas {sigmas}>"

    def _repr_html_(self) -> str:
        svg = "" if self._native.svg() is None else self.svg()
        return f"<div><pre>{escape(str(self))}</pre>{svg}</div>"


def written(loss: LossLike, folder: Path, name: str) -> str:
    """The file of a loss; columns become one in `folder`."""
    if isinstance(loss, (str, os.PathLike)):
        return os.fspath(loss)
    table: Any = loss
    columns = {str(key): np.asarray(table[key]).ravel().tolist() for key in table}
    if len({len(column) for column in columns.values()}) > 1:
        sizes = ", ".join(f"{key} {len(column)}" for key, column in columns.items())
        raise InvalidValueError(f"the loss: its columns are of unequal lengths: {sizes}")
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(columns)
        rows.writerows(zip(*(map(repr, column) for column in columns.values())))
    return str(path)


def schedule(
    method: str = "las",
    *,
    loss: Optional[LossLike] = None,
    source: Union[str, "Source", None] = None,
    steps: Optional[int] = None,
    model: Optional[str] = None,
    solver: Optional[str] = None,
    snr_min: Optional[float] = None,
    snr_max: Optional[float] = None,
    sigma_max: Optional[float] = None,
    sigma_min: Optional[float] = None,
    end: Optional[str] = None,
    regularize: Optional[str] = None,
    lambda_: Optional[float] = None,
    smoothness: Optional[float] = None,
    candidates: Optional[int] = None,
    denoise: Optional[str] = None,
    previous: Optional[str] = None,
    previous_loss: Optional[LossLike] = None,
    beta_schedule: Optional[str] = None,
    shift: Optional[float] = None,
    mu: Optional[float] = None,
    columns: Optional[list[str]] = None,
    axis: Optional[str] = None,
    loss_column: Optional[str] = None,
    parametrization: Optional[str] = None,
    weighting: Optional[str] = None,
    time: Optional[str] = None,
    sigma: Optional[str] = None,
    direction: Optional[str] = None,
    process: Optional[str] = None,
    seed: Optional[int] = None,
) -> Schedule:
    """Makes a sampling schedule, as ``klaim schedule`` does.

    `method` is ``"las"`` (from the loss) or a rule of ``klaim.listed("schedules")``. `loss` is a file,
    or columns by name (a dictionary, a data frame): the noise level (``snr``, ``logsnr``, ``sigma``,
    ``t``, ``timestep``) and the mean squared error (``x0``, ``eps``, ``v``, ``score``), with ``std_err`` or
    ``count`` where bands are wanted; or `source`, a law whose exact mmse takes its place. `steps` is the
    number K, `model` a name such as ``"sd3"`` (``klaim list models``), `solver` what will follow the
    schedule, such as ``"ddim"``, ``"heun"``, ``"dpmpp_2m"`` (``klaim list solvers``). The others are the program's
    flags (``klaim schedule --help``); `lambda_` is ``--lambda``.
    """
    given: dict[str, object] = {"steps": steps, "model": model, "solver": solver, "snr_min": snr_min}
    given |= {"snr_max": snr_max, "sigma_max": sigma_max, "sigma_min": sigma_min, "end": end}
    given |= {"regularize": regularize, "lambda": lambda_, "smoothness": smoothness, "candidates": candidates}
    given |= {"denoise": denoise, "previous": previous, "beta_schedule": beta_schedule, "shift": shift}
    given |= {"mu": mu, "columns": columns, "axis": axis, "loss_column": loss_column, "time": time}
    given |= {"parametrization": parametrization, "weighting": weighting, "sigma": sigma, "seed": seed}
    given |= {"direction": direction, "process": process, "source": None if source is None else str(source)}
    with tempfile.TemporaryDirectory(prefix="klaim-") as folder, forgotten(folder):
        for key, value in (("loss", loss), ("previous_loss", previous_loss)):
            given[key] = None if value is None else written(value, Path(folder), f"{key.replace('_', '-')}.csv")
        return Schedule(ask(["schedule", method, *options(given)]), folder + os.sep)

