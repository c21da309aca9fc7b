"""Laws on R^d."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, Union, overload

import numpy as np
from numpy.typing import ArrayLike

from . import _klaim
from ._estimate import Estimate, Estimates, estimate

if TYPE_CHECKING:
    from ._denoiser import Denoiser


class Source:
    """A law of X on R^d, named by a spec such as ``"zipf:exponent=2,atoms=100"``.

    ``klaim.listed("sources")`` names the kinds. A spec that reads a file is read when it is used.
    """

    __slots__ = ("spec", "dim", "notes", "_held")

    spec: str
    """The one spelling of the spec, which names the law everywhere."""
    dim: int
    """Dimension d."""
    notes: tuple[str, ...]
    """What a reader of its numbers should know."""

    def __init__(self, spec: Union[str, "Source"]) -> None:
        given = spec if isinstance(spec, Source) else None
        self.spec, self.dim, notes = _klaim.described(str(spec))
        self.notes = tuple(notes)
        self._held: Optional[_klaim.NativeAtoms] = given._held if given is not None else None

    @classmethod
    def from_atoms(cls, points: ArrayLike, weights: Optional[ArrayLike] = None) -> "Source":
        """The law of n atoms: `points` [n, d] or [n] in any unit of length, `weights` [n] ≥ 0, which
        need not sum to 1 (equal where they are left out). Equal points merge.

        The law is named after its atoms: the same atoms are the same random numbers in any process.
        """
        array = np.ascontiguousarray(points, dtype=np.float64)
        array = array.reshape(-1, 1) if array.ndim == 1 else array
        mass = np.ones(len(array)) if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
        if array.ndim != 2 or mass.shape != (len(array),):
            from ._errors import InvalidValueError

            raise InvalidValueError(
                f"Source.from_atoms: points are [n, d] and weights [n], not {list(np.shape(points))} and "
                f"{list(np.shape(mass))}"
            )
        held = _klaim.NativeAtoms(array.tobytes(), mass.tobytes(), array.shape[1])
        source = cls.__new__(cls)
        source._held = held
        source.spec, source.dim, notes = _klaim.described(held.spec)
        source.notes = tuple(notes)
        return source

    def estimate(self, quantity: str, **options: Any) -> Estimates:
        """`klaim.estimate` of this law."""
        return estimate(quantity, self, **options)

    def _number(self, quantity: str) -> Estimate:
        return estimate(quantity, self)[0]

    def shannon(self) -> Estimate:
        """Entropy H(X) in nats."""
        return self._number("shannon")

    def renyi(self, order: float) -> Estimate:
        """Rényi entropy in nats."""
        return self._number(f"renyi({float(order)!r})")

    def second_moment(self) -> Estimate:
        """Total variance E|X − EX|²."""
        return self._number("second_moment")

    @overload
    def mmse(self, snr: float, **options: Any) -> Estimate: ...

    @overload
    def mmse(self, snr: ArrayLike, **options: Any) -> Union[Estimate, Estimates]: ...

    def mmse(self, snr: ArrayLike, **options: Any) -> Union[Estimate, Estimates]:
        """E|X − E[X|Y]|² of Y = √snr·X + Z, Z ~ N(0, I), in units of |x|²; of an array of SNRs an array."""
        return self._at("mmse", snr, options)

    @overload
    def information(self, snr: float, **options: Any) -> Estimate: ...

    @overload
    def information(self, snr: ArrayLike, **options: Any) -> Union[Estimate, Estimates]: ...

    def information(self, snr: ArrayLike, **options: Any) -> Union[Estimate, Estimates]:
        """I(X; Y) in nats."""
        return self._at("information", snr, options)

    @overload
    def loss(self, denoiser: Union[str, "Denoiser"], snr: float, **options: Any) -> Estimate: ...

    @overload
    def loss(
        self, denoiser: Union[str, "Denoiser"], snr: ArrayLike, **options: Any
    ) -> Union[Estimate, Estimates]: ...

    def loss(
        self, denoiser: Union[str, "Denoiser"], snr: ArrayLike, **options: Any
    ) -> Union[Estimate, Estimates]:
        """E|X − x̂(Y)|² of a denoiser."""
        return self._at("loss", snr, {"denoiser": denoiser, **options})

    def _at(self, quantity: str, snr: ArrayLike, options: dict[str, Any]) -> Union[Estimate, Estimates]:
        scalar = np.ndim(snr) == 0
        found = estimate(quantity, self, snr=float(np.asarray(snr)) if scalar else np.ravel(snr), **options)
        return found[0] if scalar else found

    def __str__(self) -> str:
        return self.spec

    def __repr__(self) -> str:
        return f"Source({self.spec!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and self.spec == other.spec

    def __hash__(self) -> int:
        return hash(self.spec)
