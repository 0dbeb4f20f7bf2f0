"""One table for every input format: a row per image, its target, its group and its split."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import polars as pl

from opsin.core import DataError, replacing

from .targets import Target, TargetKind

SPLITS = ("train", "valid", "test")


_MANY = 10


class Images(Protocol):
    """Where the images of a table come from."""

    def read(self, id: str) -> bytes | np.ndarray:
        """The encoded bytes or the (height, width[, channels]) array of one image; DataError when it is not there."""
        ...

    def stamp(self, id: str) -> str:
        """A cheap fingerprint of one image that changes when the image changes; DataError when it is not there."""
        ...


class Masks(Protocol):
    """Where the masks of a table come from, by the ids of their images."""

    def read(self, id: str) -> np.ndarray:
        """One mask (height, width), as large as its image; DataError when it cannot be had.

        Of "masks" uint8 class indices, IGNORED where nobody knows. Of "instances" int32: 0 for the background, else
        256 times the object's number, from 1 on, plus its class index.
        """
        ...

    def stamp(self, id: str) -> str:
        """A cheap fingerprint of one mask that changes when the mask changes; DataError when it is not there."""
        ...


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of (id, target, group, split), the images behind the ids, and what was noticed while reading.

    `rows` holds `id` (text, unique), `target` (a class index, a list of numbers, a list of boxes with the values of
    BOX_COLUMNS, or a text that stands for the mask in `masks`), `group` (patient, video, ...; null when each image
    stands alone) and `split` ("train", "valid", "test", or null when not decided). Raises DataError when ids repeat,
    columns are missing or there are masks to learn and none to read.
    """

    rows: pl.DataFrame
    images: Images
    target: Target
    origin: str
    notes: tuple[str, ...] = ()
    masks: Masks | None = None

    def __post_init__(self) -> None:
        if (self.masks is not None) != self.target.kind.has_masks:
            raise DataError(
                f"{self.origin}: a target of {self.target.kind} came with{'' if self.masks else 'out'} masks"
            )
        if self.rows.columns != ["id", "target", "group", "split"]:
            raise DataError(f"a table has the columns {self.rows.columns}; expected id, target, group, split")
        if self.rows["id"].n_unique() != len(self.rows):
            again = self.rows["id"].filter(self.rows["id"].is_duplicated())[0]
            raise DataError(f"{self.origin}: the image {again!r} is listed more than once; list each image once")

    def __len__(self) -> int:
        """How many images."""
        return len(self.rows)

    def targets(self) -> np.ndarray:
        """(n,) int64 class indices, (n, k) float32 labels or numbers, or (n,) objects: (k, 7) float32 boxes.

        Masks are no column of a table: they stand in a store, at the size that is trained.
        """
        if self.target.kind.values is None:
            raise DataError(f"{self.origin}: masks are read from a store, not from the table")
        return self.target.kind.values(self.rows["target"], len(self.target.names))

    def split(self, split: str) -> "Table":
        """The rows of one split."""
        return replace(self, rows=self.rows.filter(pl.col("split") == split))

    def select(self, index: np.ndarray) -> "Table":
        """The rows at `index` (whole numbers, or one true or false a row), in that order."""
        where = np.asarray(index)
        where = np.flatnonzero(where) if where.dtype == np.bool_ else where
        return replace(self, rows=self.rows[where.astype(np.int64)])

    def with_notes(self, *lines: str) -> "Table":
        """The same table with more notes."""
        return replace(self, notes=self.notes + tuple(lines))

    def with_splits(self, splits: "Iterable[str | None] | pl.Series") -> "Table":
        """The same table with another split for each row."""
        column = splits if isinstance(splits, pl.Series) else pl.Series(list(splits), dtype=pl.Utf8)
        return replace(self, rows=self.rows.with_columns(column.alias("split")))

    def to_parquet(self, path: Path) -> None:
        """Writes the rows (id, target, group, split), whole or not at all."""
        with replacing(path) as temporary:
            self.rows.write_parquet(temporary)


def make_rows(
    ids: Iterable[str],
    targets: Iterable[object],
    *,
    kind: TargetKind,
    groups: Iterable[str | None] | None = None,
    splits: Iterable[str | None] | None = None,
) -> pl.DataFrame:
    """The rows of a table from columns of equal length."""
    id_column = pl.Series("id", list(ids), dtype=pl.Utf8)
    nothing: list[str | None] = [None] * len(id_column)
    return pl.DataFrame(
        [
            id_column,
            pl.Series("target", list(targets), dtype=kind.column),
            pl.Series("group", nothing if groups is None else list(groups), dtype=pl.Utf8),
            pl.Series("split", nothing if splits is None else list(splits), dtype=pl.Utf8),
        ]
    )


def check_enough(table: Table) -> None:
    """Checks that a table can be trained on.

    Raises:
        DataError: There is a single image, fewer than two classes, or a class of its own for each of many images.
    """
    classes = table.target.names if table.target.kind.is_class else None
    if len(table) < 2:
        raise DataError(f"{table.origin}: found a single image; expected at least two, of two classes or with numbers")
    if classes is not None and len(classes) < 2:
        raise DataError(f"{table.origin}: every target is {list(classes)}; expected at least two classes")
    if classes is not None and len(table) >= _MANY and len(classes) == len(table):
        raise DataError(f"{table.origin}: each of {len(table)} images has a class of its own; expected several of each")
