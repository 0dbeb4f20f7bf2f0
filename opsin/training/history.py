"""The curves of a run as `metrics.csv`: a row a validation."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from opsin.core import replacing


def write_metrics(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """Writes all rows anew, so that a resumed run never holds a row twice."""
    with replacing(path) as temporary:
        pl.DataFrame(list(rows), infer_schema_length=None).write_csv(temporary)
