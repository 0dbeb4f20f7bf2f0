"""Training history: `metrics.csv` with one row per validation."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from opsin.core import replacing


def write_metrics(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """Replaces the file with all rows, so that a resumed run has no duplicate rows.

    Args:
        path: The CSV file.
        rows: One dictionary per validation; missing values stay empty.
    """
    with replacing(path) as temporary:
        pl.DataFrame(list(rows), infer_schema_length=None).write_csv(temporary)
