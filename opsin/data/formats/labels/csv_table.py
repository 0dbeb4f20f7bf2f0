"""Reader of CSV files with a row per image, also metadata.csv as on Hugging Face and _classes.csv as of Roboflow."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from opsin.core import DataError

from ...images import FileImages
from ...table import COLUMNS, Table, make_rows
from ...targets import TargetKind
from ..scan import FolderListing, count, some
from ..split_names import SPLIT_NAMES, split_name
from .cells import FIRST_LINE, Cells, load_cells
from .columns import IGNORED, Columns, columns_of, first_of
from .table_paths import is_outside, locate
from .targets import parse_targets

_OBVIOUS = ("label", "class", "target", "category")
_SAMPLE = 50
"""Rows whose cells tell the column of the files."""


def read_csv_table(
    parts: Mapping[Path, str | None],
    folder: Path,
    origin: str,
    kind: TargetKind | None = None,
    *,
    listing: FolderListing | None = None,
    labels: str | Sequence[str] | None = None,
) -> Table:
    """Reads one or more CSV files; paths of images are relative to their CSV file, or found by name.

    A row whose image is missing or outside of the folder is kept, with a note; reading that image raises the error.

    Args:
        parts: The split of each CSV file, None when it is not the file of one split.
        folder: Folder of all images.
        origin: Name of the data set in messages.
        kind: Kind of target; None infers it from the values.
        listing: The files of the folder, to name the images that are in no row. Default: these are not named.
        labels: Columns of the targets: names, or one text with commas between them. Default: by their names.

    Returns:
        A table with a row per image.

    Raises:
        DataError: Columns, targets or all images are missing, or an image is listed twice.
    """
    frames: list[pl.DataFrame] = []
    columns: Columns | None = None
    notes: list[str] = []
    decimal = "."
    for path, split in parts.items():
        cells, columns = _read(path, columns, labels)
        prefix = os.path.relpath(path.parent, folder).replace(os.sep, "/")
        frames.append(cells.frame.with_columns(pl.lit(split).alias("\0split"), pl.lit(prefix).alias("\0prefix")))
        notes += cells.notes
        decimal = cells.decimal
    assert columns is not None
    where = some([os.path.relpath(path, folder) for path in parts], 3)
    frame = pl.concat(frames, how="diagonal")
    ids, found_notes = _files(frame, columns.path, folder, where, listing)
    frame, ids, repeated = _without_repeats(frame, ids, columns, where)
    parsed = parse_targets({name: frame[name].to_list() for name in columns.targets}, where, kind, 1, decimal)
    splits, split_note = _splits(frame, columns, ids, where)
    groups = None if columns.group is None else [_none_if_empty(cell) for cell in frame[columns.group].to_list()]
    extra, kept_notes = _further(frame, columns, where)
    if groups is not None:
        kept_notes.append(
            f"{count(len(set(groups) - {None}), 'group')}, by {columns.group}: their images stay together"
        )
    rows = make_rows(ids, parsed.values, kind=parsed.target.kind, groups=groups, splits=splits, extra=extra)
    all_notes = (*notes, *found_notes, *repeated, *kept_notes, *split_note, *parsed.notes)
    return Table(rows, FileImages(folder), parsed.target, origin, all_notes, extra=tuple(one.name for one in extra))


def csv_table_mismatch(path: Path) -> str | None:
    """Checks if a CSV file has a column of files and one of targets.

    Args:
        path: The file.

    Returns:
        None when it has, else the reason.
    """
    try:
        table_columns(path)
    except DataError as error:
        return str(error)
    return None


def table_columns(path: Path, labels: str | Sequence[str] | None = None) -> Columns:
    """Recognises the columns of a CSV file by its first rows; raises DataError when some are missing.

    Args:
        path: The file.
        labels: Columns of the targets, as for `columns_of`.
    """
    frame = load_cells(path, ("path", "label"), _SAMPLE).frame
    return columns_of(frame.columns, path.name, _sample(frame), labels)


def _read(path: Path, expected: Columns | None, labels: str | Sequence[str] | None) -> tuple[Cells, Columns]:
    """Reads cells as text and recognises the columns; the targets are those of `expected`, the first file."""
    cells = load_cells(path, ("path", "label"))
    columns = columns_of(cells.frame.columns, path.name, _sample(cells.frame), labels)
    if expected is not None and columns.targets != expected.targets:
        raise DataError(f"{path.name} has the targets {columns.targets}. Expected {expected.targets} as in the others.")
    if expected is not None and columns.path != expected.path:
        return replace(cells, frame=cells.frame.rename({columns.path: expected.path})), expected
    return cells, expected or columns


def _sample(frame: pl.DataFrame) -> dict[str, list[str | None]]:
    return {name: frame[name].head(_SAMPLE).to_list() for name in frame.columns}


def _files(
    frame: pl.DataFrame, column: str, folder: Path, where: str, listing: FolderListing | None
) -> tuple[list[str], list[str]]:
    """Returns the id of each row, a path within `folder`, and notes; missing files are searched by name."""
    cells, prefixes = frame[column].to_list(), frame["\0prefix"].to_list()
    for row, cell in enumerate(cells):
        if cell is None or not cell.strip():
            raise DataError(f"{where}: line {row + FIRST_LINE} has no {column}. Expected the path of an image.")
    found = locate(cells, prefixes, folder, frame["\0split"].to_list(), listing)
    notes = list(found.notes)
    if found.lost and len(found.lost) == len(cells):
        raise DataError(
            f"{where}: its {count(len(cells), 'file')} are not below {folder}, such as {found.ids[0]}. "
            f"Fix: check {column}."
        )
    missing = [found.ids[row] for row in found.lost if not is_outside(found.ids[row])]
    if missing:
        notes.append(f"{count(missing, 'file')} named in {where} missing: {some(missing)}")
    outside = [id for id in found.ids if is_outside(id)]
    if outside:
        notes.append(f"{count(outside, 'path')} in {where} outside of the folder, not read: {some(outside)}")
    unnamed = sorted(set(listing.images) - set(found.ids)) if listing else []
    if unnamed:
        notes.append(f"{count(unnamed, 'image')} left out, for {where} has no row for them: {some(unnamed, 3)}")
    return found.ids, notes


def _without_repeats(
    frame: pl.DataFrame, ids: list[str], columns: Columns, where: str
) -> tuple[pl.DataFrame, list[str], list[str]]:
    """Removes rows that repeat an image with the same cells; raises DataError for one with other targets."""
    first: dict[str, int] = {}
    kept: list[int] = []
    targets = frame.select(columns.targets).rows()
    different: list[str] = []
    for row, id in enumerate(ids):
        if first.setdefault(id, row) == row:
            kept.append(row)
        elif targets[first[id]] != targets[row]:
            different.append(id)
    if different:
        raise DataError(
            f"{where}: {some(sorted(set(different)), 3)} are in more than one row, with different targets. "
            "Fix: list each once, several labels as a|b."
        )
    if len(kept) == len(ids):
        return frame, ids, []
    note = f"{count(len(ids) - len(kept), 'row')} of {where} left out: they repeat an image with the same target"
    return frame[kept], [ids[row] for row in kept], [note]


def _further(frame: pl.DataFrame, columns: Columns, where: str) -> tuple[list[pl.Series], list[str]]:
    """Returns the columns that describe an image, and notes on those that are kept and on those that are not used."""
    used = {columns.path, *columns.targets, columns.group, columns.split}
    others = [name for name in frame.columns if name not in used and not name.startswith("\0")]
    dropped = [name for name in others if name in COLUMNS or first_of([name], ("id", *IGNORED)) is not None]
    extra = [_described(frame[name]) for name in others if name not in dropped]
    notes: list[str] = []
    if extra:
        unusual = len(columns.targets) == 1 and not first_of(columns.targets, _OBVIOUS)
        chosen = f"; the target is {', '.join(columns.targets)}" if unusual else ""
        notes.append(f"{count(extra, 'column')} of {where} kept: {some([one.name for one in extra])}{chosen}")
    dropped = [name for name in dropped if name]  # pandas writes its row numbers without a name
    if dropped:
        notes.append(f"{count(dropped, 'column')} of {where} not used: {some(dropped)}")
    return extra, notes


def _splits(
    frame: pl.DataFrame, columns: Columns, ids: list[str], where: str
) -> tuple[list[str | None], tuple[str, ...]]:
    """Returns splits and notes: by column, else by CSV file, else by folder when all images are in splits."""
    if columns.split is not None:
        cells = [_none_if_empty(cell) for cell in frame[columns.split].to_list()]
        for row, cell in enumerate(cells):
            if cell is not None and split_name(cell) is None:
                line = f"{where}: line {row + FIRST_LINE}"
                raise DataError(f"{line} has the {columns.split} {cell!r}. Expected one of {', '.join(SPLIT_NAMES)}.")
        return [None if cell is None else split_name(cell) for cell in cells], ()
    named: list[str | None] = frame["\0split"].to_list()
    if any(named):
        return named, ()
    tops = [split_name(id.split("/")[0]) if "/" in id else None for id in ids]
    if all(tops) and len(set(tops)) > 1:
        return tops, ("splits are taken from the folders of the images",)
    return [None] * len(ids), ()


def _described(column: pl.Series) -> pl.Series:
    """Returns a further column as text, null where it is empty."""
    cells = [_none_if_empty(cell) for cell in column.to_list()]
    return pl.Series(column.name, cells, dtype=pl.Utf8)


def _none_if_empty(cell: str | None) -> str | None:
    return None if cell is None or not cell.strip() else cell.strip()
