"""Numbers with their errors."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ._words import Progress, ask, number, options, text

if TYPE_CHECKING:
    import pandas

    from ._denoiser import Denoiser
    from ._source import Source

Number = Union[float, Sequence[float], NDArray[np.float64], str]
"""Values of an axis: a number, several, or a range in words: ``"1e-3..1e3/32"``."""


class Estimate(float):
    """A value with its statistical and its deterministic error, which are never mixed.

    It is a float: the value, in the quantity's unit (nats for information, |x|² for mmse).
    """

    __slots__ = ("row",)

    row: dict[str, Any]
    """All that is known of it, as ``klaim estimate --format json`` prints it."""

    def __new__(cls, row: dict[str, Any]) -> "Estimate":
        made = super().__new__(cls, number(row["value"]))
        made.row = row
        return made

    def __reduce__(self) -> tuple[type["Estimate"], tuple[dict[str, Any]]]:
        return (Estimate, (self.row,))

    @property
    def value(self) -> float:
        """The value."""
        return float(self)

    @property
    def std_err(self) -> float:
        """Standard error over the random samples; 0 without sampling."""
        return number(self.row["std_err"])

    @property
    def bound(self) -> float:
        """Bound on the deterministic error: quadrature, truncation, rounding."""
        return number(self.row["bound"])

    @property
    def n(self) -> int:
        """Number of independent samples; 0 without sampling."""
        return int(self.row["n"])

    @property
    def method(self) -> Optional[str]:
        """How it was obtained; None where it was not."""
        method = self.row["method"]
        return None if method is None else str(method)

    @property
    def unit(self) -> str:
        """Symbol of the unit."""
        return str(self.row["unit"])

    @property
    def believed(self) -> bool:
        """Whether the value is to be believed within its errors."""
        return bool(self.row["believed"])

    @property
    def doubts(self) -> list[str]:
        """Everything that speaks against it, in words; empty where it is to be believed."""
        return list(self.row["doubts"])

    @property
    def bracket(self) -> Optional[tuple[float, float]]:
        """Where a value that is not to be believed lies in any case, where that is proven."""
        ends = self.row["bracket"]
        return None if ends is None else (number(ends[0]), number(ends[1]))

    def __str__(self) -> str:
        return float.__repr__(self)

    def __repr__(self) -> str:
        errors = [f" ± {self.std_err:.1e}"] if self.std_err > 0 else []
        errors += [f" (bound {self.bound:.0e})"] if self.bound > 0.01 * self.std_err else []
        doubts = "".join(f"  ! {doubt}" for doubt in self.doubts)
        return f"{float.__repr__(self)}{''.join(errors)}{doubts}"


FIGURES = ("value", "std_err", "bound", "snr", "snr_min", "snr_max")
"""Columns of numbers that need not be whole."""


class Estimates(Sequence[Estimate]):
    """Estimates of one quantity, source by source, for each the combinations of its axes."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        """A dictionary a row, as ``klaim estimate --format json`` prints it."""

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> Estimate: ...

    @overload
    def __getitem__(self, at: slice) -> "Estimates": ...

    def __getitem__(self, at: Union[int, slice]) -> Union[Estimate, "Estimates"]:
        return Estimates(self.rows[at]) if isinstance(at, slice) else Estimate(self.rows[at])

    def __iter__(self) -> Iterator[Estimate]:
        return (Estimate(row) for row in self.rows)

    def column(self, name: str) -> NDArray[Any]:
        """A column [n]: a figure, or an axis such as ``snr`` or ``source``."""
        values = [row[name] for row in self.rows]
        if name in FIGURES:  # "inf" and "nan" are text in JSON, null is none
            return np.array([number(value) for value in values])
        if all(isinstance(value, (bool, int)) for value in values):
            return np.array(values)
        return np.fromiter(values, dtype=object, count=len(values))

    @property
    def value(self) -> NDArray[np.float64]:
        """Values [n]."""
        return self.column("value")

    @property
    def std_err(self) -> NDArray[np.float64]:
        """Standard errors [n]; 0 without sampling."""
        return self.column("std_err")

    @property
    def bound(self) -> NDArray[np.float64]:
        """Bounds on the deterministic errors [n]."""
        return self.column("bound")

    @property
    def believed(self) -> NDArray[np.bool_]:
        """Whether each is to be believed within its errors [n]."""
        return self.column("believed")

    @property
    def doubts(self) -> list[list[str]]:
        """What speaks against each, in words."""
        return [list(row["doubts"]) for row in self.rows]

    def item(self) -> Estimate:
        """The only one."""
        if len(self) != 1:
            raise ValueError(f"there are {len(self)} estimates, not one")
        return self[0]

    def __float__(self) -> float:
        return float(self.item())

    def __array__(self, dtype: Optional[DTypeLike] = None, copy: Optional[bool] = None) -> NDArray[Any]:
        return self.value if dtype is None else self.value.astype(dtype)

    def _columns(self) -> list[str]:
        skipped = {"flags", "backend", "bracket"}
        return [name for name in self.rows[0] if name not in skipped] if self.rows else []

    def to_pandas(self) -> "pandas.DataFrame":
        """A data frame with a row each; needs pandas."""
        import pandas

        columns = {name: list(self.column(name)) for name in self._columns()}
        frame: pandas.DataFrame = pandas.DataFrame(columns)
        return frame

    def __repr__(self) -> str:
        return "\n".join(f"{_place(row)}: {Estimate(row)!r}" for row in self.rows) or "Estimates([])"

    def _repr_html_(self) -> str:
        cells = (
            f"<tr><td style='text-align:left'>{html.escape(_place(row))}</td>"
            f"<td style='text-align:left'>{html.escape(repr(Estimate(row)))}</td></tr>"
            for row in self.rows
        )
        return f"<table><tbody>{''.join(cells)}</tbody></table>"


AXES = ("snr", "snr_min", "snr_max", "steps", "schedule", "sampler", "denoiser", "held_out")


def _place(row: dict[str, Any]) -> str:
    axes = ", ".join(f"{axis} {row[axis]}" for axis in AXES if axis in row)
    return f"{row['quantity']} of {row['source']}" + (f" at {axes}" if axes else "")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def estimate(
    quantity: str,
    source: Union[str, "Source", Sequence[Union[str, "Source"]]],
    *,
    snr: Optional[Number] = None,
    snr_min: Optional[Number] = None,
    snr_max: Optional[Number] = None,
    steps: Union[int, Sequence[int], str, None] = None,
    schedule: Union[str, Sequence[str], None] = None,
    sampler: Union[str, Sequence[str], None] = None,
    denoiser: Union[str, "Denoiser", Sequence[Union[str, "Denoiser"]], None] = None,
    held_out: Union[str, "Source", None] = None,
    rel_err: Optional[float] = None,
    samples: Optional[int] = None,
    method: Optional[str] = None,
    alphabet: Optional[float] = None,
    unit: Optional[str] = None,
    seed: Optional[int] = None,
    backend: Optional[str] = None,
    precision: Optional[str] = None,
    device_memory: Optional[float] = None,
    progress: Optional[Progress] = None,
) -> Estimates:
    """Measures one quantity, as ``klaim estimate`` does: same routes, same samples, same bits.

    `quantity` is a name of ``klaim.listed("quantities")``, with arguments where it has some:
    ``"renyi(2)"``. The axes that it needs: `snr` (linear, per coordinate), or the ends `snr_min` and
    `snr_max`, `steps`, `schedule`, `sampler`, `denoiser`; several values of one give a row for each
    combination. Sampling ends when every standard error is below `rel_err` of its value, or after
    `samples` (2¹⁶ where neither is given). `unit` is ``"nats"`` or ``"bits"``.

    `method` is ``"auto"``, ``"closed-form"``, ``"quadrature"`` or ``"monte-carlo"``; `seed` that of the random samples (0);
    `backend` ``"auto"``, ``"cpu"`` or ``"cuda"``, there with `precision` ``"f64"`` or ``"f32"`` and at most
    `device_memory` GiB. `progress` is called as ``tqdm.auto.tqdm`` is.

    Raises `klaim.Error` where no number could be had; one that is missing beside others is nan, and
    its doubts say why. The interpreter's lock is released meanwhile, and Ctrl-C is obeyed.
    """
    words = ["estimate", quantity]
    for key, value in (("source", source), ("schedule", schedule), ("sampler", sampler), ("denoiser", denoiser)):
        words += [f"--{key}={one}" for one in _list(value) if one is not None]
    given: dict[str, object] = {"snr": snr, "snr_min": snr_min, "snr_max": snr_max, "steps": steps}
    given |= {"held_out": None if held_out is None else str(held_out), "rel_err": rel_err, "samples": samples}
    given |= {"method": method, "alphabet": alphabet, "unit": unit, "seed": seed, "backend": backend}
    given |= {"precision": precision, "device_memory": device_memory}
    return Estimates(ask(words + options(given), progress))

