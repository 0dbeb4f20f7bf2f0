"""One table for every input format: a row per image, its target, its group and its split."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import polars as pl

from opsin.core import DataError, replacing

Kind = Literal["classes", "labels", "numbers"]
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Target:
    """What is to be learned: one class of several, any of several labels, or one or more numbers."""

    kind: Kind
    names: tuple[str, ...]


class Images(Protocol):
    """Where the images of a table come from."""

    def read(self, id: str) -> bytes | np.ndarray:
        """The encoded bytes or the (height, width[, channels]) array of one image; DataError when it is not there."""
        ...

    def stamp(self, id: str) -> str:
        """A cheap fingerprint of one image that changes when the image changes; DataError when it is not there."""
        ...


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of (id, target, group, split), the images behind the ids, and what was noticed while reading.

    `rows` holds `id` (text, unique), `target` (a class index, or a list of numbers), `group` (patient, video, ...;
    null when each image stands alone) and `split` ("train", "valid", "test", or null when not decided).
    Raises DataError when ids repeat or columns are missing.
    """

    rows: pl.DataFrame
    images: Images
    target: Target
    origin: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rows.columns != ["id", "target", "group", "split"]:
            raise DataError(f"a table has the columns {self.rows.columns}; expected id, target, group, split")
        if self.rows["id"].n_unique() != len(self.rows):
            again = self.rows["id"].filter(self.rows["id"].is_duplicated())[0]
            raise DataError(f"{self.origin}: the image {again!r} is listed more than once; list each image once")

    def __len__(self) -> int:
        """How many images."""
        return len(self.rows)

    def targets(self) -> np.ndarray:
        """(n,) int64 class indices, or (n, k) float32 labels or numbers."""
        if self.target.kind == "classes":
            return self.rows["target"].to_numpy().astype(np.int64)
        width = len(self.target.names)
        if not len(self):
            return np.zeros((0, width), np.float32)
        return self.rows["target"].list.to_array(width).to_numpy().astype(np.float32).reshape(len(self), width)

    def only(self, split: str) -> "Table":
        """The rows of one split."""
        return replace(self, rows=self.rows.filter(pl.col("split") == split))

    def take(self, index: np.ndarray) -> "Table":
        """The rows at `index` (whole numbers, or one true or false a row), in that order."""
        where = np.asarray(index)
        where = np.flatnonzero(where) if where.dtype == np.bool_ else where
        return replace(self, rows=self.rows[where.astype(np.int64)])

    def noting(self, *lines: str) -> "Table":
        """The same table with more notes."""
        return replace(self, notes=self.notes + tuple(lines))

    def with_splits(self, splits: Iterable[str | None]) -> "Table":
        """The same table with another split for each row."""
        return replace(self, rows=self.rows.with_columns(pl.Series("split", list(splits), dtype=pl.Utf8)))

    def to_parquet(self, path: Path) -> None:
        """Writes the rows (id, target, group, split), whole or not at all."""
        with replacing(path) as temporary:
            self.rows.write_parquet(temporary)


def make_rows(
    ids: Iterable[str],
    targets: Iterable[object],
    *,
    kind: Kind,
    groups: Iterable[str | None] | None = None,
    splits: Iterable[str | None] | None = None,
) -> pl.DataFrame:
    """The rows of a table from columns of equal length."""
    id_column = pl.Series("id", list(ids), dtype=pl.Utf8)
    nothing: list[str | None] = [None] * len(id_column)
    target_type = pl.Int64() if kind == "classes" else pl.List(pl.Float64())
    return pl.DataFrame(
        [
            id_column,
            pl.Series("target", list(targets), dtype=target_type),
            pl.Series("group", nothing if groups is None else list(groups), dtype=pl.Utf8),
            pl.Series("split", nothing if splits is None else list(splits), dtype=pl.Utf8),
        ]
    )
