"""Claims put to the test."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Union

from . import _klaim
from ._card import card
from ._errors import Error
from ._table import data_frame
from ._toml import toml
from ._words import PathLike, Progress, ask, forgotten, number, options

if TYPE_CHECKING:
    import pandas

ClaimLike = Union[str, "os.PathLike[str]", Mapping[str, Any]]
"""A claim: the id of a built-in one, a file or folder, the text of a file, or a dictionary of its keys."""


class ClaimResult:
    """What came out of one claim."""

    def __init__(self, found: dict[str, Any], header: dict[str, Any], native: _klaim.NativeReport) -> None:
        self.row = found
        """All of it, as ``klaim verify --format json`` prints it."""
        self._header, self._native = header, native

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.row["id"])

    @property
    def title(self) -> str:
        """Its title."""
        return str(self._header["title"])

    @property
    def statement(self) -> str:
        """Its statement in words."""
        return str(self._header["statement"])

    @property
    def verdict(self) -> str:
        """supported, refuted or inconclusive."""
        return str(self.row["verdict"])

    @property
    def evidence(self) -> str:
        """measured or proved."""
        return str(self.row["evidence"])

    @property
    def ok(self) -> bool:
        """Whether it, its controls and its breaks came out as expected."""
        return bool(self.row["ok"])

    @property
    def tightest(self) -> Optional[dict[str, Any]]:
        """The case nearest to a violation: its axes, the ratio of its sides, that one's std_err."""
        found = self.row["tightest"]
        if found is None:
            return None
        return {"axes": found["axes"], "ratio": number(found["ratio"]), "std_err": number(found["std_err"])}

    @property
    def cases(self) -> list[dict[str, Any]]:
        """A dictionary a case: axes, sides, errors, verdict, doubts, the command that replays it (of a
        text or a dictionary: with `out`, which keeps it)."""
        return list(self.row["cases"])

    @property
    def controls(self) -> list[dict[str, Any]]:
        """The false neighbours that must come out refuted."""
        return list(self.row["controls"])

    @property
    def breaks(self) -> list[dict[str, Any]]:
        """The places where it must fail."""
        return list(self.row["breaks"])

    def svg(self, wide: bool = False) -> str:
        """The figure as SVG."""
        return self._native.svg(self.id, wide)

    def latex(self) -> str:
        """The table for LaTeX (booktabs), caption and entries to cite in comments."""
        return self._native.text(self.id, "tex")

    def markdown(self) -> str:
        """The table in Markdown."""
        return self._native.text(self.id, "md")

    def bibtex(self) -> str:
        """The entries to cite."""
        return self._native.text(self.id, "bib")

    def points(self) -> str:
        """The points behind a slope as CSV; of any other claim its rows."""
        return self._native.text(self.id, "csv")

    def save(self, path: PathLike, wide: bool = False) -> None:
        """Writes it in the form that the ending of `path` names: svg, pdf, tex, md, csv or bib."""
        form = Path(path).suffix.removeprefix(".")
        if form == "pdf":
            Path(path).write_bytes(self._native.pdf(self.id, wide))
        elif form == "svg":
            Path(path).write_text(self.svg(wide), encoding="utf-8")
        else:
            Path(path).write_text(self._native.text(self.id, form), encoding="utf-8")

    def __repr__(self) -> str:
        return f"<{self.id}: {self.verdict} ({self.evidence}), {len(self.row['cases'])} cases>"

    def _repr_html_(self) -> str:
        try:
            svg = self.svg()
        except Error:
            # There is nothing to draw, as of a proof for every SNR.
            svg = ""
        return card(self.row, self._header, svg)


class Report:
    """What a run found."""

    def __init__(self, native: _klaim.NativeReport) -> None:
        self._native = native
        found: list[dict[str, Any]] = native.json()["claims"]
        self.claims = [ClaimResult(*both, native) for both in zip(found, native.headers())]
        """The claims in the order given."""

    @classmethod
    def read(cls, dir: PathLike) -> "Report":
        """The report of a run directory."""
        return cls(_klaim.read_report(dir))

    @property
    def exit(self) -> int:
        """0 every verdict as expected, 1 a verdict or an answer other than stated, 3 something inconclusive."""
        return self._native.exit

    @property
    def interrupted(self) -> bool:
        """Whether a stop came before all was measured."""
        return self._native.interrupted

    @property
    def papers(self) -> list[dict[str, Any]]:
        """The papers of the claims with the answer to each of their statements."""
        return self._native.papers()

    @property
    def certificates(self) -> dict[str, Any]:
        """The proofs of this run by their paths in a run directory."""
        return {path: json.loads(text) for path, text in self._native.certificates()}

    def __getitem__(self, id: str) -> ClaimResult:
        for claim in self.claims:
            if claim.id == id:
                return claim
        self._native.text(id, "md")
        raise AssertionError("a claim that is not there is refused")

    def __iter__(self) -> Iterator[ClaimResult]:
        return iter(self.claims)

    def __len__(self) -> int:
        return len(self.claims)

    def csv(self) -> str:
        """``results.csv``: a row a case, a column an axis."""
        return self._native.csv()

    def html(self) -> str:
        """``index.html``: the whole page, self-contained."""
        return self._native.html()

    def to_pandas(self) -> "pandas.DataFrame":
        """The rows of ``results.csv``, to the same bits; needs pandas."""
        return data_frame(self.csv())

    def write(self, dir: PathLike, force: bool = False) -> None:
        """Writes the run directory: index.html, results.csv, report.json, run.toml, certificates."""
        self._native.write(dir, force)

    def __str__(self) -> str:
        return self._native.summary()

    def __repr__(self) -> str:
        return "\n".join(repr(claim) for claim in self.claims)

    def _repr_html_(self) -> str:
        return "\n".join(claim._repr_html_() for claim in self.claims)


def verify(
    claims: Union[ClaimLike, Sequence[ClaimLike]] = (),
    *,
    level: Optional[float] = None,
    budget: Union[str, int, None] = None,
    method: Optional[str] = None,
    evidence: Optional[str] = None,
    seed: Optional[int] = None,
    backend: Optional[str] = None,
    precision: Optional[str] = None,
    device_memory: Optional[float] = None,
    out: Optional[PathLike] = None,
    resume: bool = False,
    force: bool = False,
    progress: Optional[Progress] = None,
) -> Report:
    """Tests claims, as ``klaim verify`` does: same cases, same samples, same bits.

    `claims` are ids of built-in claims, files or folders, texts of claim files, or dictionaries of
    their keys; one or several, all built-in ones where none is given. `level` is the family-wise error
    rate (0.001), `budget` the most samples per source and kind of sampling: ``"quick"``, ``"standard"``, ``"thorough"`` or a
    number. `out` is a folder for the run directory, with a checkpoint that `resume` goes on from;
    without it the report is in memory alone. `evidence` ``"proved"`` asks for a proof of every case;
    `force` begins anew in a folder of another run.

    `method` is ``"auto"``, ``"closed-form"``, ``"quadrature"`` or ``"monte-carlo"``; `seed` that of the random samples (0);
    `backend` ``"auto"``, ``"cpu"`` or ``"cuda"``, there with `precision` ``"f64"`` or ``"f32"`` and at most
    `device_memory` GiB. `progress` is called as ``tqdm.auto.tqdm`` is.

    Raises `klaim.Error` for a claim that cannot be read. A case that cannot be measured is inconclusive
    and says why. The interpreter's lock is released meanwhile; Ctrl-C raises KeyboardInterrupt, and a
    run directory then has what was measured.
    """
    with tempfile.TemporaryDirectory(prefix="klaim-") as folder, forgotten(folder):
        words = ["verify", *named(claims, Path(folder) if out is None else Path(out))]
        given: dict[str, object] = {"level": level, "budget": budget, "method": method, "evidence": evidence}
        given |= {"seed": seed, "backend": backend, "precision": precision, "device_memory": device_memory}
        given |= {"out": out, "resume": resume, "force": force}
        return Report(ask(words + options(given), progress))


def named(claims: Union[ClaimLike, Sequence[ClaimLike]], folder: Path) -> list[str]:
    """The words that name claims; texts and dictionaries become files in `folder`."""
    all = [claims] if isinstance(claims, (str, os.PathLike, Mapping)) else list(claims)
    return [_named(claim, folder) for claim in all]


def _named(claim: ClaimLike, folder: Path) -> str:
    if isinstance(claim, os.PathLike):
        return os.fspath(claim)
    if isinstance(claim, str) and "\n" not in claim:
        if "=" not in claim or claim.endswith(".toml") or os.path.exists(claim):
            return claim
    text = claim if isinstance(claim, str) else toml(claim)
    id = claim.get("id") if isinstance(claim, Mapping) else None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{id if isinstance(id, str) and id.isidentifier() else 'claim'}.toml"
    number = 1
    while path.exists() and path.read_text(encoding="utf-8") != text:
        number += 1
        path = folder / f"claim-{number}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)
