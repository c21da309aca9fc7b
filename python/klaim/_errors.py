"""Exceptions: one hierarchy under `klaim.Error`, with the text that the program `klaim` tells."""

from __future__ import annotations

from typing import Optional


class Error(Exception):
    """Everything that stops klaim from answering. A refuted claim is a finding, not an error."""


class UnknownNameError(Error, LookupError):
    """A name that no table knows: of a source, a quantity, a claim, …"""

    def __init__(self, text: str, name: Optional[str] = None, suggestion: Optional[str] = None) -> None:
        super().__init__(text)
        self.name = name
        """The name as given."""
        self.suggestion = suggestion
        """The nearest name that is known, if one is near."""


class InvalidValueError(Error, ValueError):
    """A parameter outside its domain, or text that does not parse."""


class UsageError(Error, ValueError):
    """An option that there is not, that is missing, or that does not go with another."""


class DataFileError(Error, ValueError):
    """A cell, row or header of a data file."""

    def __init__(self, text: str, path: Optional[str] = None) -> None:
        super().__init__(text)
        self.path = path
        """The file."""


class ClaimFileError(Error, ValueError):
    """A place in a claim; the text shows the line with a caret."""

    def __init__(
        self,
        text: str,
        path: Optional[str] = None,
        line: Optional[int] = None,
        column: Optional[int] = None,
        help: Optional[str] = None,
    ) -> None:
        super().__init__(text)
        self.path = path
        """The claim's file."""
        self.line = line
        """From 1."""
        self.column = column
        """From 1."""
        self.help = help
        """The remedy, if one can be named."""


class FileAccessError(Error, OSError):
    """A file or folder that could not be read or written."""

    def __init__(self, text: str, path: Optional[str] = None) -> None:
        super().__init__(text)
        self.path = path
        """The file."""


class UnsupportedError(Error):
    """No evaluator gives this quantity for this source by this method."""


class NotFiniteError(Error, ArithmeticError):
    """A summand that is NaN or infinite."""


class CheckpointError(Error):
    """A checkpoint that is damaged, or of another run."""


class BackendError(Error, RuntimeError):
    """A device that was asked for and is not there, or that failed."""


class Note(UserWarning):
    """What the program tells beside its results: a caveat, where a law comes from."""
