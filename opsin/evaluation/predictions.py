"""Predictions of a model with their targets; scores, calibration and charts read these, never the model."""

import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import polars as pl

from opsin.core import DataError, card, replacing

VALUES_A_MASK = 64
"""Number of values that a mask counts as in estimates of the time of scoring."""
_CORNERS = {name: pl.Float32 for name in ("xmin", "ymin", "xmax", "ymax")}
_PREDICTED_BOX = pl.Struct({**_CORNERS, "label": pl.Int64, "score": pl.Float32})
_TARGET_BOX = pl.Struct({**_CORNERS, "label": pl.Int64, "crowd": pl.Boolean, "area": pl.Float32})


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions and targets of labelled images, a row an image.

    Attributes:
        ids: Ids of the images.
        groups: Group of each image, (n,); None when each image is a group of its own.
        split: Split of each image, (n,) of str.
        targets: Targets as `Task.scorer` takes them, n rows.
        predictions: Decoded predictions, n rows: float32 (n, units), n arrays of boxes, or masks (n, height, width, 2).
        logits: Outputs of the network before the last activation, float32 (n, units); None for maps and grids.
        features: Inputs of the last layer, float32 (n, features); None for maps and grids, or when not computed.

    Raises:
        DataError: The parts have different lengths, or a prediction is not finite.
    """

    ids: tuple[str, ...]
    groups: np.ndarray | None
    split: np.ndarray
    targets: np.ndarray
    predictions: np.ndarray
    logits: np.ndarray | None = None
    features: np.ndarray | None = None

    def __post_init__(self) -> None:
        lengths = {
            part.name: len(getattr(self, part.name)) for part in fields(self) if getattr(self, part.name) is not None
        }
        if len(set(lengths.values())) != 1:
            given = ", ".join(f"{count} {name}" for name, count in lengths.items())
            raise DataError(f"predictions have {given}. Expected one row an image in each.")
        bad = np.flatnonzero(~_finite(self.predictions))
        if len(bad):
            raise DataError(
                f"predictions of {len(bad)} of {len(self.ids)} images are not finite, {self.ids[bad[0]]!r} the first. "
                "Fix: train again at a lower learning rate."
            )

    @property
    def values(self) -> int:
        """Number of values to score: outputs, boxes, or a fixed number for each mask."""
        if self.predictions.dtype == object:
            return sum(map(len, self.predictions))
        return self.predictions.size if self.predictions.ndim == 2 else VALUES_A_MASK * len(self.predictions)

    def _repr_html_(self) -> str:
        splits, counts = np.unique(self.split.astype(str), return_counts=True)
        rows = [(str(split), f"{count:,}") for split, count in zip(splits, counts, strict=True)]
        return card(f"Predictions on {len(self.ids):,} images", table=[("split", "images"), *rows])

    def only(self, split: str) -> "Predictions":
        """Returns the rows of one split, such as "test"."""
        rows = np.flatnonzero(self.split == split)
        found = {part.name: getattr(self, part.name) for part in fields(self)}
        arrays = {name: part[rows] for name, part in found.items() if isinstance(part, np.ndarray)}
        return replace(self, **arrays, ids=tuple(self.ids[row] for row in rows))

    @classmethod
    def concatenate(cls, parts: Sequence["Predictions"]) -> "Predictions":
        """Returns the rows of several parts of one data set in their order; an image without a group gets its id."""
        grouped = any(part.groups is not None for part in parts)
        groups = [np.array(part.ids, object) if part.groups is None else part.groups for part in parts]
        together = [part.logits for part in parts], [part.features for part in parts]
        logits, features = (
            None if any(one is None for one in many) else np.concatenate([one for one in many if one is not None])
            for many in together
        )
        return cls(
            tuple(name for part in parts for name in part.ids),
            np.concatenate(groups) if grouped else None,
            np.concatenate([part.split for part in parts]),
            np.concatenate([part.targets for part in parts]),
            np.concatenate([part.predictions for part in parts]),
            logits,
            features,
        )

    def to_parquet(self, path: Path) -> None:
        """Writes a file that Polars, pandas and DuckDB read, whole or not at all.

        Columns are id, group, split, target, prediction, and logits and features where they are known. Vectors are
        lists of floats; boxes are lists of {xmin, ymin, xmax, ymax, label, score}, in targets with crowd and area
        instead of score; masks are binary: NumPy's .npy format, compressed by zlib.

        Args:
            path: Path of the file.

        Raises:
            OpsinError: The file cannot be written.
        """
        group = [None] * len(self.ids) if self.groups is None else [str(name) for name in self.groups]
        columns = [
            pl.Series("id", self.ids, dtype=pl.Utf8),
            pl.Series("group", group, dtype=pl.Utf8),
            pl.Series("split", self.split.tolist(), dtype=pl.Utf8),
            _column("target", self.targets, _TARGET_BOX),
            _column("prediction", self.predictions, _PREDICTED_BOX),
        ]
        vectors = (("logits", self.logits), ("features", self.features))
        columns += [_column(name, values, _PREDICTED_BOX) for name, values in vectors if values is not None]
        with replacing(path) as temporary:
            pl.DataFrame(columns).write_parquet(temporary)

    @classmethod
    def from_parquet(cls, path: Path) -> "Predictions":
        """Reads what `to_parquet` wrote.

        Args:
            path: Path of the file.

        Raises:
            DataError: The file is missing, damaged or of another program.
        """
        try:
            frame = pl.read_parquet(path)
            groups = None if frame["group"].null_count() == len(frame) else frame["group"].to_numpy()
            values = {name: _values(frame[name]) for name in frame.columns if name not in ("id", "group", "split")}
            return cls(
                tuple(frame["id"].to_list()),
                groups,
                np.array(frame["split"].to_list(), object),
                values["target"],
                values["prediction"],
                values.get("logits"),
                values.get("features"),
            )
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            raise DataError(f"{path} holds no predictions ({error}). Expected a file that a run wrote.") from error


def _finite(predictions: np.ndarray) -> np.ndarray:
    """(n,) True where all numbers of a row are finite."""
    if predictions.dtype.kind not in "fO":
        return np.ones(len(predictions), bool)
    return np.array([bool(np.isfinite(row).all()) for row in predictions], bool)


def _column(name: str, values: np.ndarray, box: pl.Struct) -> pl.Series:
    """Numbers and vectors as they are, boxes as lists of structs, masks as compressed bytes."""
    if values.dtype == object and all(row.ndim == 2 and row.shape[1] == len(box.fields) for row in values):
        return _box_column(name, values, box)
    if values.dtype == object or values.ndim > 2:
        return pl.Series(name, [_compressed(row) for row in values], dtype=pl.Binary)
    kind = pl.Int64 if values.dtype.kind in "iu" else pl.Float32
    values = values if kind == pl.Int64 else values.astype(np.float32)
    return pl.Series(name, values, dtype=pl.Array(kind, values.shape[1]) if values.ndim == 2 else kind)


def _box_column(name: str, values: np.ndarray, box: pl.Struct) -> pl.Series:
    flat = np.concatenate([np.zeros((0, len(box.fields)), np.float32), *values])
    columns = [pl.Series(field.name, flat[:, place]).cast(field.dtype) for place, field in enumerate(box.fields)]
    structs, ends = pl.DataFrame(columns).to_struct(), np.cumsum([len(boxes) for boxes in values])
    rows = [structs.slice(end - len(boxes), len(boxes)) for boxes, end in zip(values, ends, strict=True)]
    return pl.Series(name, rows, dtype=pl.List(box))


def _values(column: pl.Series) -> np.ndarray:
    if column.dtype == pl.Binary:
        rows = [_decompressed(content) for content in column.to_list()]
        same = bool(rows) and rows[0].dtype.kind in "iu" and len({row.shape for row in rows}) == 1
        return np.stack(rows) if same else _array_of_arrays(rows)
    if isinstance(column.dtype, pl.List) and isinstance(column.dtype.inner, pl.Struct):
        lengths = column.list.len().to_numpy()
        columns = column.filter(lengths > 0).explode().struct.unnest().to_numpy() if lengths.any() else None
        flat = np.zeros((0, len(column.dtype.inner.fields))) if columns is None else columns
        ends = np.cumsum(lengths.astype(np.int64))
        return _array_of_arrays(
            [flat[end - length : end].astype(np.float32) for length, end in zip(lengths, ends, strict=True)]
        )
    return column.to_numpy()


def _array_of_arrays(rows: Sequence[np.ndarray]) -> np.ndarray:
    found = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        found[index] = row
    return found


def _compressed(row: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, row, allow_pickle=False)
    return zlib.compress(buffer.getvalue(), 1)


def _decompressed(content: bytes) -> np.ndarray:
    try:
        return np.load(io.BytesIO(zlib.decompress(content)), allow_pickle=False)
    except zlib.error as error:
        raise ValueError(str(error)) from error
