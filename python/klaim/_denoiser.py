"""A function of Python's as a denoiser."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np
from numpy.typing import NDArray

from . import _klaim
from ._errors import InvalidValueError

if TYPE_CHECKING:
    import torch

Function = Callable[[NDArray[np.float64], float], Any]
"""States [n, d] and their noise level to estimates [n, d]."""

_NUMBERS = itertools.count(1)


class Denoiser:
    """Estimates of X by a function ``(y, snr) → x0`` of yours, wherever a denoiser's spec may stand.

    `function` is called with a batch of states y = X + Z/√snr, float64 [n, d] in units of |x|, and
    their SNR, a float; it returns n estimates of X, [n, d], as an array or a tensor. It is called from
    other threads, never from two at once unless it releases the interpreter's lock. An exception that
    it raises ends the call that asked for it, and is raised there.

    As for ONNX networks (``denoiser="network:path=…"``) `input` says which state it takes: ``"y"``,
    ``"x_t"`` = √ᾱX + √(1−ᾱ)Z or ``"flow"`` = (1−t)X + tZ; `noise` what it is told of the level:
    ``"snr"``, ``"sigma"``, ``"logsnr"``, ``"alpha_bar"`` or ``"t"``; `output` what it returns: ``"x0"``,
    ``"eps"``, ``"v"`` or ``"flow"``. `rounding` is what arithmetic narrower than float64 may add to an
    estimate, as a share of its length: error bounds hold it (2e-6 for float32).

    One function under one `name` must give the same estimates whenever it is asked: no dropout, nothing
    that looks at other states of the batch. Keep the object as long as its spec is in use.
    """

    def __init__(
        self,
        function: Function,
        *,
        name: Optional[str] = None,
        input: str = "y",
        noise: str = "snr",
        output: str = "x0",
        rounding: float = 0.0,
    ) -> None:
        if not callable(function):
            raise InvalidValueError(f"klaim.Denoiser: a {type(function).__name__} cannot be called")
        if not 0 <= rounding < 1:
            raise InvalidValueError(f"klaim.Denoiser: rounding is a share in [0, 1), not {rounding}")
        self.name = f"function-{next(_NUMBERS)}" if name is None else name
        """Its name, which no other denoiser of this process has."""
        self._held = _klaim.NativeFunction(
            self.name, _checked(function, self.name), (input, noise, output), float(rounding)
        )

    @classmethod
    def of_module(
        cls,
        module: "torch.nn.Module",
        *,
        name: Optional[str] = None,
        input: str = "y",
        noise: str = "sigma",
        output: str = "x0",
    ) -> "Denoiser":
        """A PyTorch module ``(states [n, d], levels [n]) → [n, d]`` in evaluation mode, on the device
        and in the precision that its parameters are."""
        import torch

        if module.training:
            raise InvalidValueError("klaim.Denoiser: the module is in training mode: call its eval() first")
        parameter = next(module.parameters(), None)
        device = torch.device("cpu") if parameter is None else parameter.device
        dtype = torch.float32 if parameter is None else parameter.dtype

        def function(states: NDArray[np.float64], level: float) -> Any:
            with torch.inference_mode():
                given = torch.from_numpy(states).to(device=device, dtype=dtype)
                return module(given, torch.full((len(states),), level, dtype=dtype, device=device))

        rounding = {torch.float64: 0.0, torch.float32: 2e-6}.get(dtype, 1e-2)
        return cls(function, name=name, input=input, noise=noise, output=output, rounding=rounding)

    @property
    def spec(self) -> str:
        """What names it in claims and calls: ``python:name=…``."""
        return self._held.spec

    def __str__(self) -> str:
        return self.spec

    def __repr__(self) -> str:
        return f"<klaim.Denoiser {self.spec}>"


def _checked(function: Function, name: str) -> Callable[[bytearray, int, float], bytes]:
    def call(memory: bytearray, dim: int, level: float) -> bytes:
        states = np.frombuffer(memory, dtype=np.float64).reshape(-1, dim)
        shape = states.shape
        found = function(states, level)
        if hasattr(found, "detach"):
            found = found.detach().to("cpu").double().numpy()
        if found is None or np.iscomplexobj(found):
            kind = "nothing" if found is None else "complex numbers"
            raise InvalidValueError(f"denoiser `{name}`: gave {kind}, not an array of real numbers")
        try:
            array = np.ascontiguousarray(found, dtype=np.float64)
        except (TypeError, ValueError) as error:
            kind = type(found).__name__
            raise InvalidValueError(f"denoiser `{name}`: gave a {kind}, not an array of numbers") from error
        if array.shape != shape:
            raise InvalidValueError(
                f"denoiser `{name}`: gave an array {list(array.shape)} for states {list(shape)}"
            )
        return array.tobytes()

    return call
