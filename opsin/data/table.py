"""The table that every input format is read into: a row for each image, with its target, group and split."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl

from opsin.core import DataError, card, replacing

from .samples import Content
from .targets import Target, TargetKind

COLUMNS = ("id", "target", "group", "split")
"""The columns of every table, before those of `Table.extra`."""
SPLITS = ("train", "valid", "test")


_MANY = 10
_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_LETTERS = 8, 8, 40


class Images(Protocol):
    """Source of the images of a table."""

    def read(self, id: str) -> Content:
        """Returns the encoded bytes or array of an image, a volume or a face; raises DataError when it is missing."""
        ...

    def stamp(self, id: str) -> str:
        """Returns a cheap fingerprint that changes with the image; raises DataError when it is missing."""
        ...


class Masks(Protocol):
    """Source of the masks of a table, by the ids of their images."""

    def read(self, id: str) -> np.ndarray:
        """Returns one mask (height, width), or (depth, height, width) of a volume, of the size of its image.

        Of MASKS uint8 class indices, IGNORED where the class is unknown. Of INSTANCES int32: 0 for the background,
        else 256 times the object's number, from 1 on, plus its class index. Raises DataError when it is missing.
        """
        ...

    def stamp(self, id: str) -> str:
        """Returns a cheap fingerprint that changes with the mask; raises DataError when it is missing."""
        ...


@dataclass(frozen=True, eq=False)
class Table:
    """One row for each image, volume, series or face photo, and the source of their pixels.

    Args:
        rows: Columns `id` (text, unique), `target` (a class index, a list of numbers, a list of boxes with the values
            of BOX_COLUMNS, or a text that stands for the mask in `masks`), `group` (patient, video, ...; null where an
            image belongs to no group), `split` ("train", "valid", "test", or null where undecided), then those of
            `extra`.
        images: Source of the images, by id.
        target: Kind of target, and the names of its classes, labels or numbers.
        origin: Name of the data set in messages.
        notes: Findings of the reader, one line each.
        masks: Source of the masks, by id; None where targets are no masks.
        extra: Names of further columns that describe an image, such as age or scanner.
        format: Name of the format that the table was read from, such as "class folders"; `read` sets it.

    Raises:
        DataError: Ids repeat, columns are missing, or masks are missing or not expected.
    """

    rows: pl.DataFrame
    images: Images
    target: Target
    origin: str
    notes: tuple[str, ...] = ()
    masks: Masks | None = None
    extra: tuple[str, ...] = ()
    format: str = ""

    def __post_init__(self) -> None:
        if (self.masks is not None) != self.target.kind.has_masks:
            raise DataError(
                f"{self.origin}: a target of {self.target.kind} came with{'' if self.masks else 'out'} masks"
            )
        expected = [*COLUMNS, *self.extra]
        if self.rows.columns != expected:
            raise DataError(f"a table has the columns {self.rows.columns}; expected {', '.join(expected)}")
        if self.rows["id"].n_unique() != len(self.rows):
            again = self.rows["id"].filter(self.rows["id"].is_duplicated())[0]
            raise DataError(f"{self.origin}: the image {again!r} is listed more than once; list each image once")

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self.rows)

    def targets(self) -> np.ndarray:
        """Returns the targets as an array.

        Returns:
            (n,) int64 indices of classes or identities, (n, k) float32 labels or numbers, or (n,) objects of (k, 7)
            float32 boxes.

        Raises:
            DataError: Targets are masks, which a `MaskStore` holds at the size of the network's input.
        """
        if self.target.kind.values is None:
            raise DataError(f"{self.origin}: masks are read from a store, not from the table")
        return self.target.kind.values(self.rows["target"], len(self.target.names))

    def split(self, split: str) -> "Table":
        """Returns the rows of one split."""
        return replace(self, rows=self.rows.filter(pl.col("split") == split))

    def _repr_html_(self) -> str:
        splits = ", ".join(f"{count:,} {split}" for split, count in self.split_counts().items())
        facts = (f"Format: {self.format}." if self.format else "", f"Splits: {splits}." if splits else "", *self.notes)
        names = [*COLUMNS, *self.extra][:_SHOWN_COLUMNS]
        first = self.rows.select(names).head(_SHOWN_ROWS).rows()
        cells = [tuple(self._cell(name, value) for name, value in zip(names, row, strict=True)) for row in first]
        return card(f"{self.origin}: {len(self):,} images", facts, [names, *cells])

    def _cell(self, column: str, value: Any) -> str:
        if column == "target" and self.target.kind.is_class:
            value = self.target.names[value]
        if column == "target" and self.target.kind.has_boxes:
            value = f"{len(value)} box{'es' * (len(value) != 1)}"
        text = "" if value is None else str(value)
        return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}..."

    def split_counts(self) -> dict[str, int]:
        """Returns the number of rows of each split that is present; rows without a split are not counted."""
        sizes = {split: int((self.rows["split"] == split).sum()) for split in SPLITS}
        return {split: size for split, size in sizes.items() if size}

    def select(self, index: np.ndarray) -> "Table":
        """Returns some rows.

        Args:
            index: (k,) row numbers, in the order wanted, or (n,) bool.
        """
        where = np.asarray(index)
        where = np.flatnonzero(where) if where.dtype == np.bool_ else where
        return replace(self, rows=self.rows[where.astype(np.int64)])

    def with_notes(self, *lines: str) -> "Table":
        """Returns the same table with more notes."""
        return replace(self, notes=self.notes + tuple(lines))

    def with_splits(self, splits: "Iterable[str | None] | pl.Series") -> "Table":
        """Returns the same table with another split for each row."""
        column = splits if isinstance(splits, pl.Series) else pl.Series(list(splits), dtype=pl.Utf8)
        return replace(self, rows=self.rows.with_columns(column.alias("split")))

    def to_parquet(self, path: Path) -> None:
        """Writes the rows, further columns included; an interrupted write leaves no file."""
        with replacing(path) as temporary:
            self.rows.write_parquet(temporary)


def make_rows(
    ids: Iterable[str],
    targets: Iterable[object],
    *,
    kind: TargetKind,
    groups: Iterable[str | None] | None = None,
    splits: Iterable[str | None] | None = None,
    extra: Iterable[pl.Series] = (),
) -> pl.DataFrame:
    """Returns the rows of a table from columns of equal length; `extra` are further columns, by their names."""
    id_column = pl.Series("id", list(ids), dtype=pl.Utf8)
    nothing: list[str | None] = [None] * len(id_column)
    return pl.DataFrame(
        [
            id_column,
            pl.Series("target", list(targets), dtype=kind.column),
            pl.Series("group", nothing if groups is None else list(groups), dtype=pl.Utf8),
            pl.Series("split", nothing if splits is None else list(splits), dtype=pl.Utf8),
            *extra,
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
