"""Predictions as tables with one row per image, box, or object."""

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from opsin.data.writers.masks import object_rows
from opsin.tasks import Task
from opsin.tasks.spatial import as_objects

from .inputs import name_of
from .prediction import FilePrediction

SUFFIXES = (".csv", ".jsonl", ".parquet")
Schema: TypeAlias = dict[str, pl.DataType]
OBJECTS = pl.List(pl.Struct({"label": pl.String(), "confidence": pl.Float64(), "box": pl.List(pl.Float64())}))
"""Type of a column of lists: one record per object."""
_TYPES: dict[type, pl.DataType] = {
    str: pl.String(),
    float: pl.Float64(),
    int: pl.Int64(),
    bool: pl.Boolean(),
    list: OBJECTS,
}
FRAME_SCHEMA: Schema = {"frame": pl.Int64(), "time": pl.Float64()}
"""Columns of videos, after `path`: number of the frame from 0 on, and its time in seconds; null for images."""
SIDES = ("xmin", "ymin", "xmax", "ymax")
BOX_SCHEMA: Schema = {
    "path": pl.String(),
    **{side: pl.Float64() for side in SIDES},
    "label": pl.String(),
    "confidence": pl.Float64(),
    "error": pl.String(),
}
OBJECT_SCHEMA: Schema = {
    "path": pl.String(),
    "object": pl.Int64(),
    "label": pl.String(),
    "confidence": pl.Float64(),
    "area": pl.Int64(),
    "centre_x": pl.Float64(),
    "centre_y": pl.Float64(),
    **{side: pl.Int64() for side in SIDES},
    "error": pl.String(),
}


@dataclass(frozen=True)
class TableWriter:
    """Conversion of predictions to rows of a table.

    Attributes:
        schema: Type by column.
        make: Converts predictions to a table of this schema.
    """

    schema: Schema
    make: Callable[[Iterable[FilePrediction]], pl.DataFrame]


def image_rows(task: Task, frames: bool = False) -> TableWriter:
    """Makes one row per image: `path`, with `frames` also `frame` and `time`, the columns of the task, and `error`.

    An image without a prediction has nulls; so do numbers that are not finite.

    Args:
        task: Task that was predicted.
        frames: Some inputs are videos.
    """
    columns = task.to_columns(task.empty(1, (1, 1)))
    types = {_free(name): _TYPES[type(values[0])] for name, values in columns.items()}
    schema: Schema = {"path": pl.String(), **(FRAME_SCHEMA if frames else {}), **types, "error": pl.String()}

    def make(images: Iterable[FilePrediction]) -> pl.DataFrame:
        # spatial predictions can be large: one at a time
        groups = ([one] for one in images) if task.output.is_spatial else (list(images),)
        frames = [_image_frame(task, group, schema) for group in groups]
        return pl.concat(frames) if frames else pl.DataFrame(schema=schema)

    return TableWriter(schema, make)


def box_rows(task: Task, frames: bool = False) -> TableWriter:
    """Makes one row per box.

    An image without a box has one row of nulls; an image without a prediction also has an `error`.

    Args:
        task: Task that was predicted.
        frames: Some inputs are videos, and rows have `frame` and `time` too.
    """
    schema = {"path": pl.String(), **(FRAME_SCHEMA if frames else {}), **BOX_SCHEMA}

    def make(images: Iterable[FilePrediction]) -> pl.DataFrame:
        rows: list[dict[str, Any]] = []
        for one in images:
            where = {"path": name_of(one.path), "frame": one.frame, "time": one.seconds}
            boxes = [] if one.prediction is None else task.to_columns(as_objects([one.prediction]))["boxes"][0]
            for box in boxes:
                rows.append({**where, **box, **dict(zip(SIDES, box["box"], strict=True))})
            if not boxes:
                rows.append({**where, "error": one.error})
        return _frame(rows, schema)

    return TableWriter(schema, make)


def object_table(names: Sequence[str], images: Iterable[FilePrediction]) -> pl.DataFrame:
    """Makes one row per object. An image without a prediction has one row with an `error`.

    Args:
        names: Class names.
        images: Predictions.
    """
    rows: list[dict[str, Any]] = []
    for one in images:
        if one.prediction is None:
            rows.append({"path": name_of(one.path), "error": one.error})
            continue
        found = object_rows(one.prediction[..., 0], names, one.prediction[..., 1])
        for row in found:
            sides = dict(zip(SIDES, row["box"], strict=True))
            rows.append({"path": name_of(one.path), **row, **sides, "centre_x": row["x"], "centre_y": row["y"]})
    return _frame(rows, OBJECT_SCHEMA)


@dataclass(frozen=True)
class TableFile:
    """Writer of a .csv, .jsonl, or .parquet file, whose chunks are tables in the same format."""

    rows: TableWriter
    suffix: str
    errors: Path

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """Encodes a chunk of the table; a .csv without its header.

        Args:
            images: Predictions of a chunk.
        """
        return encoded(self.rows.make(images), self.suffix)

    def finalize(self, chunks: Sequence[Path], output: Path) -> None:
        """Joins all chunks to one file.

        Args:
            chunks: Encoded chunks.
            output: File to write.
        """
        first = output.with_name("empty")
        empty = pl.DataFrame(schema=self.rows.schema)
        first.write_bytes(empty.write_csv().encode() if self.suffix == ".csv" else encoded(empty, self.suffix))
        if self.suffix == ".parquet":
            _join_parquet([first, *chunks], output)
        else:
            join([first, *chunks], output)


def encoded(rows: pl.DataFrame, suffix: str) -> bytes:
    """Encodes rows; a .csv without its header.

    Args:
        rows: Table.
        suffix: Format as in `SUFFIXES`.
    """
    buffer = io.BytesIO()
    if suffix == ".csv":
        rows.write_csv(buffer, include_header=False)
    elif suffix == ".jsonl":
        rows.write_ndjson(buffer)
    else:
        rows.write_parquet(buffer)
    return buffer.getvalue()


def join(chunks: Sequence[Path], output: Path) -> None:
    """Concatenates files.

    Args:
        chunks: Files to read.
        output: File to write.
    """
    with open(output, "wb") as file:
        for chunk in chunks:
            file.write(chunk.read_bytes())


def _image_frame(task: Task, images: Sequence[FilePrediction], schema: Schema) -> pl.DataFrame:
    good = [one.prediction for one in images if one.prediction is not None]
    predictions = task.empty(0, (1, 1)) if not good else as_objects(good) if task.output.is_spatial else np.stack(good)
    volume = images[0].volume if len(images) == 1 else None
    spacing = None if volume is None else volume.spacing
    own: Any = task
    task = own.with_spacing(spacing) if spacing is not None else task
    columns = {_free(name): iter(values) for name, values in task.to_columns(predictions).items()}
    values_of: dict[str, list[Any]] = {
        name: [None if one.prediction is None else next(values) for one in images] for name, values in columns.items()
    }
    values_of["path"] = [name_of(one.path) for one in images]
    values_of["frame"] = [one.frame for one in images]
    values_of["time"] = [one.seconds for one in images]
    values_of["error"] = [one.error for one in images]
    return _finite(pl.DataFrame({name: values_of[name] for name in schema}, schema=schema))


def _frame(rows: Sequence[dict[str, Any]], schema: Schema) -> pl.DataFrame:
    return _finite(pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema))


def _finite(frame: pl.DataFrame) -> pl.DataFrame:
    known = pl.col(pl.Float64)
    return frame.with_columns(pl.when(known.is_finite()).then(known))


def _free(name: str) -> str:
    """Appends `_` to a name that is already used by another column."""
    return f"{name}_" if name in ("path", "frame", "time", "error") else name


def _join_parquet(chunks: Sequence[Path], output: Path) -> None:
    try:
        pl.scan_parquet(list(chunks)).sink_parquet(output)
    except pl.exceptions.PolarsError as error:
        raise OSError(0, " ".join(str(error).split())[:200]) from error
