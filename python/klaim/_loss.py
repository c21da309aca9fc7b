"""Recording the loss of a diffusers model."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

import numpy as np
from numpy.typing import NDArray

from ._words import PathLike


def record_loss(
    pipeline: Any,
    data: Iterable[Any],
    path: Optional[PathLike] = None,
    *,
    levels: int = 100,
    **conditioning: Any,
) -> dict[str, NDArray[np.float64]]:
    """The loss of a diffusers pipeline on `data`, batches of training tensors, a few hundred samples in
    all: columns ``snr``, the loss under the name of what the model predicts (``eps``, ``v``, ``x0``),
    ``std_err`` and ``count``, a row each of `levels` noise levels. `klaim.schedule` takes it as `loss`.

    `pipeline` has a scheduler and a unet or a transformer; `conditioning` is passed to that. `path` is
    a CSV file to write as well. Needs torch.
    """
    from ._record_loss import record_loss as record

    model = getattr(pipeline, "unet", None) or pipeline.transformer
    with tempfile.TemporaryDirectory(prefix="klaim-") as folder:
        file = Path(folder) / "loss.csv" if path is None else Path(path)
        record(model, pipeline.scheduler, data, file, levels=levels, **conditioning)
        with file.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
