"""Where a claim breaks."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from ._table import data_frame
from ._verify import ClaimLike, named
from ._words import PathLike, Progress, ask, forgotten, options, text

if TYPE_CHECKING:
    import pandas

    from ._source import Source

Pairs = Union[str, Sequence[str], Mapping[str, object], None]
"""``"p=1e-6..0.5"``, several such texts, or ``{"p": "1e-6..0.5"}``."""


class Probe:
    """What a probe found."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.row: dict[str, Any] = found["json"]
        """All of it, as ``klaim probe --format json`` prints it."""
        self.findings: list[str] = list(found["findings"])
        """What was found, a sentence each."""
        self._text, self._csv = str(found["text"]), str(found["csv"])

    @property
    def claim(self) -> str:
        """Id of the claim."""
        return str(self.row["claim"])

    @property
    def boundaries(self) -> list[dict[str, Any]]:
        """Changes of the verdict: name, value, half_width, side."""
        return list(self.row["boundaries"])

    @property
    def largest(self) -> Optional[dict[str, Any]]:
        """The finding with the largest ratio."""
        found: Optional[dict[str, Any]] = self.row["largest"]
        return found

    @property
    def map(self) -> list[dict[str, Any]]:
        """Every point, the first parameter fastest."""
        return list(self.row["map"])

    @property
    def search(self) -> Optional[dict[str, Any]]:
        """What a search found, where one was made."""
        return self.row.get("search")

    @property
    def disproofs(self) -> list[dict[str, Any]]:
        """What `prove` came to, counterexample by counterexample."""
        return list(self.row.get("disproofs") or [])

    def csv(self) -> str:
        """``map.csv``: a row a point."""
        return self._csv

    def to_pandas(self) -> "pandas.DataFrame":
        """The rows of ``map.csv``, to the same bits; needs pandas."""
        return data_frame(self._csv)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<probe of {self.claim}: {'; '.join(self.findings)}>"

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(line)}</li>" for line in self.findings)
        return f"<div><b>{escape(self.claim)}</b> <code>{escape(str(self.row['formula']))}</code><ul>{lines}</ul></div>"


def _pairs(pairs: Pairs) -> list[str]:
    if pairs is None:
        return []
    if isinstance(pairs, str):
        return [pairs]
    if isinstance(pairs, Mapping):
        return [f"{name}={text(value)}" for name, value in pairs.items()]
    return list(pairs)


def probe(
    claim: ClaimLike,
    *,
    source: Union[str, "Source", None] = None,
    vary: Pairs = None,
    set: Pairs = None,
    search: Optional[int] = None,
    atoms: Optional[int] = None,
    dim: Optional[int] = None,
    limit: Optional[str] = None,
    snr: Union[float, Sequence[float], str, None] = None,
    width: Optional[float] = None,
    level: Optional[float] = None,
    budget: Union[str, int, None] = None,
    method: Optional[str] = None,
    seed: Optional[int] = None,
    backend: Optional[str] = None,
    precision: Optional[str] = None,
    device_memory: Optional[float] = None,
    prove: bool = False,
    out: Optional[PathLike] = None,
    resume: bool = False,
    force: bool = False,
    progress: Optional[Progress] = None,
) -> Probe:
    """Finds where a claim breaks, as ``klaim probe`` does.

    Sweeps: `source` is a template such as ``"bernoulli:p={p}"`` in place of the claim's own sources,
    `vary` one or two parameters with their ranges, ``{"p": "1e-6..0.5"}``, `set` axes that are fixed.
    Searches: `search` starts, from which laws of at most `atoms` atoms in `dim` dimensions climb to the
    largest ratio, no new ones after `limit` (``"90s"``). `prove` tries the counterexample by interval
    arithmetic. `out` is a folder for its page, checkpoint and certificates, which `resume` goes on from and
    `force` overwrites. `snr` replaces the claim's SNRs, `width` is how near an edge is found.

    `method` is ``"auto"``, ``"closed-form"``, ``"quadrature"`` or ``"monte-carlo"``; `seed` that of the random samples (0);
    `backend` ``"auto"``, ``"cpu"`` or ``"cuda"``, there with `precision` ``"f64"`` or ``"f32"`` and at most
    `device_memory` GiB. `progress` is called as ``tqdm.auto.tqdm`` is.
    """
    with tempfile.TemporaryDirectory(prefix="klaim-") as folder, forgotten(folder):
        place = Path(folder) / "probe" if out is None else Path(out)
        [name] = named([claim], Path(folder) if out is None else place)
        words = ["probe", name, *(f"--set={pair}" for pair in _pairs(set))]
        varied = _pairs(vary)
        words += ["--vary", *varied] if varied else []
        given: dict[str, object] = {"source": None if source is None else str(source), "search": search}
        given |= {"atoms": atoms, "dim": dim, "limit": limit, "snr": snr, "width": width, "level": level}
        given |= {"budget": budget, "method": method, "seed": seed, "backend": backend, "out": place}
        given |= {"resume": resume, "force": force, "precision": precision, "device_memory": device_memory}
        given |= {"prove": prove}
        return Probe(ask(words + options(given), progress))
