"""What there is by name."""

from __future__ import annotations

from . import _klaim


def listed(what: str) -> dict[str, str]:
    """Names, each with what it is: of ``"sources"``, ``"quantities"``, ``"schedules"``, ``"samplers"``,
    ``"denoisers"``, or ``"claims"``, each with its text."""
    return dict(_klaim.listed(what))
