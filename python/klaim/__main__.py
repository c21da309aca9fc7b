"""The program ``klaim``: ``python -m klaim``, and the console script."""

from __future__ import annotations

import sys

from . import _klaim


def main() -> int:
    """Runs the program on this process's arguments; its exit status."""
    return _klaim.program([sys.executable, "-m", "klaim"], sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
