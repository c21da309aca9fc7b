"""Options as the words of the command line, so that both mean the same."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable, Optional, Protocol, Union

from . import _klaim
from ._errors import Error, Note

PathLike = Union[str, "os.PathLike[str]"]


class Bar(Protocol):
    """A progress bar, as those of tqdm are."""

    def update(self, n: int) -> object:
        """Moves it on by `n`."""

    def close(self) -> object:
        """Ends it."""


Progress = Callable[..., Bar]
"""Makes a bar: called as `progress(total=…, desc=…)`, such as `tqdm.auto.tqdm`."""


def text(value: object) -> str:
    """A value as the command line has it; numbers read back to the same bits."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if hasattr(value, "tolist"):
        return text(value.tolist())
    if isinstance(value, Iterable):
        return ",".join(text(one) for one in value)
    return str(value)


def options(given: Mapping[str, object]) -> list[str]:
    """`--key=value` of all that is given: None and False are not, True has no value."""
    words = []
    for key, value in given.items():
        flag = "--" + key.replace("_", "-")
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words.append(f"{flag}={text(value)}")
    return words


@contextlib.contextmanager
def forgotten(folder: str) -> Iterator[None]:
    """Errors without the name of a folder that nobody chose."""
    try:
        yield
    except Error as error:
        error.args = tuple(one.replace(folder + os.sep, "") if isinstance(one, str) else one for one in error.args)
        path = getattr(error, "path", None)
        if isinstance(path, str):
            setattr(error, "path", path.replace(folder + os.sep, ""))
        raise


def ask(words: list[str], progress: Optional[Progress] = None) -> Any:
    """What the command of `words` finds; what it says beside that is a warning."""
    found, notes = _klaim.ask(words, progress)
    for note in notes:
        warnings.warn(note.removeprefix("note: ").removeprefix("warning: "), Note, stacklevel=3)
    return found


def number(value: Any) -> float:
    """A number of JSON: "inf", "-inf" and "nan" are text there, null is none."""
    return float("nan") if value is None else float(value)
