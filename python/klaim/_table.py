"""CSV as a data frame, to the same bits."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas


def data_frame(text: str) -> "pandas.DataFrame":
    """Columns of whole numbers, numbers (nan where a cell is empty), truth values or text; needs pandas."""
    import pandas

    header, *rows = csv.reader(io.StringIO(text))
    columns = {name: _column([row[k] for row in rows]) for k, name in enumerate(header)}
    frame: pandas.DataFrame = pandas.DataFrame(columns)
    return frame


def _column(cells: list[str]) -> list[Any]:
    if set(cells) <= {"true", "false"}:
        return [cell == "true" for cell in cells]
    if not any(cells):
        return [None if cell == "" else cell for cell in cells]
    for kind in (int, float):
        try:
            return [kind(cell) if cell or kind is int else float("nan") for cell in cells]
        except ValueError:
            pass
    return list(cells)
