"""What a model answered for a split, once: scores, calibration and pictures read this, never the model."""

import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from opsin.core import DataError, replacing

VALUES_A_MASK = 64
"""Masks are summed up once, so a score of resampled ones costs a few numbers each."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Ids (n), groups (n; None when each image stands alone), the task's answers and the targets, a row an image.

    Answers are raw outputs (n, units); n tables of boxes; or masks (n, height, width, 2). Raises DataError when the
    parts have different lengths or an output is not a finite number.
    """

    ids: tuple[str, ...]
    groups: np.ndarray | None
    predictions: np.ndarray
    targets: np.ndarray

    def __post_init__(self) -> None:
        parts = [len(self.predictions), len(self.targets)] + ([] if self.groups is None else [len(self.groups)])
        if set(parts) != {len(self.ids)}:
            raise DataError(
                f"{len(self.ids)} ids came with parts of lengths {parts}; expected one row an image in each"
            )
        bad = np.flatnonzero(~_finite(self.predictions))
        if len(bad):
            raise DataError(
                f"the network answered no finite number for {len(bad)} of {len(self.ids)} images, "
                f"{self.ids[bad[0]]!r} the first; expected finite ones: train again at a lower learning rate"
            )

    @property
    def values(self) -> int:
        """How many numbers there are to score: outputs, boxes, or some for each mask."""
        if self.predictions.dtype == object:
            return sum(map(len, self.predictions))
        return self.predictions.size if self.predictions.ndim == 2 else VALUES_A_MASK * len(self.predictions)

    def to_parquet(self, path: Path) -> None:
        """Writes id, group, target and prediction, whole or not at all."""
        group = [None] * len(self.ids) if self.groups is None else [str(name) for name in self.groups]
        frame = pl.DataFrame(
            [
                pl.Series("id", self.ids, dtype=pl.Utf8),
                pl.Series("group", group, dtype=pl.Utf8),
                _column("target", self.targets),
                _column("prediction", _single(self.predictions)),
            ]
        )
        with replacing(path) as temporary:
            frame.write_parquet(temporary)

    @classmethod
    def from_parquet(cls, path: Path) -> "Predictions":
        """What `to_parquet` wrote; raises DataError when it cannot be read."""
        try:
            frame = pl.read_parquet(path)
            groups = None if frame["group"].null_count() == len(frame) else frame["group"].to_numpy()
            return cls(tuple(frame["id"].to_list()), groups, _values(frame["prediction"]), _values(frame["target"]))
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            raise DataError(f"{path} holds no predictions ({error}); expected what a run wrote") from error


def _finite(predictions: np.ndarray) -> np.ndarray:
    """(n,) whether all numbers of a row are finite."""
    if predictions.dtype == object:
        return np.array([bool(np.isfinite(row).all()) for row in predictions], bool)
    if predictions.dtype.kind != "f":
        return np.ones(len(predictions), bool)
    return np.array([bool(np.isfinite(row).all()) for row in predictions], bool)


def _single(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32) if values.dtype.kind == "f" else values


def _column(name: str, values: np.ndarray) -> pl.Series:
    """Rows of numbers as they are; tables and masks as bytes, NumPy's own format deflated."""
    if values.dtype == object or values.ndim > 2:
        return pl.Series(name, [_packed(row) for row in values], dtype=pl.Binary)
    return pl.Series(
        name, values, dtype=pl.Array(_kind(values), values.shape[1]) if values.ndim == 2 else _kind(values)
    )


def _values(column: pl.Series) -> np.ndarray:
    if column.dtype != pl.Binary:
        return column.to_numpy()
    rows = [_unpacked(content) for content in column.to_list()]
    if rows and rows[0].ndim > 2 and len({row.shape for row in rows}) == 1:
        return np.stack(rows)
    found = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        found[index] = row
    return found


def _packed(row: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, row, allow_pickle=False)
    return zlib.compress(buffer.getvalue(), 1)


def _unpacked(content: bytes) -> np.ndarray:
    try:
        return np.load(io.BytesIO(zlib.decompress(content)), allow_pickle=False)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _kind(values: np.ndarray) -> type[pl.DataType]:
    return pl.Int64 if values.dtype.kind in "iu" else pl.Float32
