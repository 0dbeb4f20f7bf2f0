"""Reader of CSV files with a row per image, also metadata.csv as on Hugging Face."""

import os
from collections import Counter, defaultdict
from pathlib import Path

import polars as pl

from opsin.core import DataError

from ...images import FileImages
from ...table import COLUMNS, Table, make_rows
from ...targets import TargetKind
from ..scan import IMAGE_EXTENSIONS, FolderListing, count, scan, some
from ..split_names import SPLIT_NAMES, split_name
from .columns import Columns, columns_of, plain_name
from .targets import parse_targets

TABLE_EXTENSIONS = (".csv", ".tsv")
MAX_BYTES = 2**31
_NOT_KEPT = (*COLUMNS, "index", "unnamed:_0", "")
FIRST_LINE = 2  # 1-based, below the header


def read_csv_table(parts: dict[Path, str | None], folder: Path, origin: str, kind: TargetKind | None = None) -> Table:
    """Reads one or more CSV files; paths of images are relative to their CSV file.

    A row whose image is missing or outside of the folder is kept, with a note; reading that image raises the error.

    Args:
        parts: The split of each CSV file, None when it is not the file of one split.
        folder: Folder of all images.
        origin: Name of the data set in messages.
        kind: Kind of target; None infers it from the values.

    Returns:
        A table with a row per image.

    Raises:
        DataError: Columns, targets or all images are missing, or an image is listed twice.
    """
    frames: list[pl.DataFrame] = []
    columns: Columns | None = None
    for path, split in parts.items():
        frame, columns = _read(path, columns)
        prefix = os.path.relpath(path.parent, folder).replace(os.sep, "/")
        frames.append(frame.with_columns(pl.lit(split).alias("\0split"), pl.lit(prefix).alias("\0prefix")))
    assert columns is not None
    where = ", ".join(path.name for path in parts)
    frame = pl.concat(frames, how="diagonal")
    parsed = parse_targets({name: frame[name].to_list() for name in columns.targets}, where, kind, 1)
    ids, notes = _files(frame, columns.path, folder, where)
    repeated = [id for id, number in Counter(ids).items() if number > 1]
    if repeated:
        raise DataError(
            f"{where}: {some(repeated, 3)} are in more than one row. Fix: list each once, several labels as a|b."
        )
    splits, split_note = _splits(frame, columns, ids, where)
    groups = None if columns.group is None else [_none_if_empty(cell) for cell in frame[columns.group].to_list()]
    used = {columns.path, *columns.targets, columns.group, columns.split}
    unused = [name for name in frame.columns if name not in used and not name.startswith("\0")]
    extra = [_described(frame[name]) for name in unused if plain_name(name) not in _NOT_KEPT]
    dropped = [name for name in unused if plain_name(name) in _NOT_KEPT]
    if extra:
        notes.append(f"{count(extra, 'column')} of {where} kept: {some([one.name for one in extra])}")
    if dropped:
        notes.append(f"{count(dropped, 'column')} of {where} not used: {some(dropped)}")
    if groups is not None:
        notes.append(f"{count(len(set(groups) - {None}), 'group')}, by {columns.group}: their images stay together")
    rows = make_rows(ids, parsed.values, kind=parsed.target.kind, groups=groups, splits=splits, extra=extra)
    names = tuple(one.name for one in extra)
    all_notes = (*notes, *split_note, *parsed.notes)
    return Table(rows, FileImages(folder), parsed.target, origin, all_notes, extra=names)


def csv_table_mismatch(path: Path) -> str | None:
    """Checks if the header of a CSV file has a column of files and one of targets.

    Args:
        path: The file.

    Returns:
        None when it has, else the reason.
    """
    try:
        _read(path, None, rows=0)
    except DataError as error:
        return str(error)
    return None


def _read(path: Path, expected: Columns | None, rows: int | None = None) -> tuple[pl.DataFrame, Columns]:
    """Reads cells as text and recognises the columns; targets must be those of `expected`, the first file."""
    frame = read_cells(path, ("path", "label"), rows)
    columns = columns_of(frame.columns, path.name)
    if expected is not None and columns.targets != expected.targets:
        raise DataError(f"{path.name} has the targets {columns.targets}. Expected {expected.targets} as in the others.")
    return frame, columns


def read_cells(path: Path, bare_columns: tuple[str, ...], rows: int | None = None) -> pl.DataFrame:
    """Reads the cells of a CSV file as text.

    Args:
        path: The file.
        bare_columns: Names of the columns of a file without a header.
        rows: Maximum number of rows; None reads all.

    Returns:
        The cells, with columns of text.

    Raises:
        DataError: The file is too large, not a table, without rows, or without a header and of another width.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path.name} is larger than {MAX_BYTES:,} bytes. Expected a table with a row per image.")
        with open(path, "rb") as file:
            first = file.readline(2**16).decode("utf-8-sig").strip("\r\n")
        separator = max(",;\t", key=first.count)
        headerless = any(
            os.path.splitext(cell.strip('" '))[1].lower() in IMAGE_EXTENSIONS for cell in first.split(separator)
        )
        frame = pl.read_csv(path, separator=separator, infer_schema=False, has_header=not headerless, n_rows=rows)
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        reason = " ".join(str(error).split())[:150]
        if "more fields" in reason:
            reason = "a row has more cells than the header; quote cells with commas"
        raise DataError(f"{path.name} cannot be read as a table ({reason}). Expected CSV in UTF-8.") from error
    if headerless:
        if frame.width != len(bare_columns):
            line = ",".join(bare_columns)
            raise DataError(f"{path.name} has no header and {frame.width} columns. Fix: add the first line {line}.")
        frame = frame.rename(dict(zip(frame.columns, bare_columns, strict=True)))
    if rows is None and frame.is_empty():
        raise DataError(f"{path.name} has no rows. Expected one for each image.")
    return frame


def _files(frame: pl.DataFrame, column: str, folder: Path, where: str) -> tuple[list[str], list[str]]:
    """Returns the id of each row, a path within `folder`, and notes; missing files are searched by name."""
    root = os.path.realpath(folder)
    ids: list[str] = []
    missing_rows: list[int] = []
    for row, (cell, prefix) in enumerate(zip(frame[column].to_list(), frame["\0prefix"].to_list(), strict=True)):
        if cell is None or not cell.strip():
            raise DataError(f"{where}: line {row + FIRST_LINE} has no {column}. Expected the path of an image.")
        text = cell.strip().replace("\\", "/")
        if text.startswith(root + "/"):
            text = text[len(root) + 1 :]
        elif not text.startswith("/"):
            text = os.path.normpath(f"{prefix}/{text}")
        ids.append(text)
        if not os.path.isfile(f"{root}/{text}" if not text.startswith("/") else text):
            missing_rows.append(row)
    notes: list[str] = []
    if missing_rows:
        located = _locate_by_name(scan(folder), [ids[row] for row in missing_rows])
        for row in missing_rows:
            ids[row] = located.get(ids[row], ids[row])
        located_paths = set(located.values())
        missing = [ids[row] for row in missing_rows if ids[row] not in located_paths and not _is_outside(ids[row])]
        if located:
            notes.append(
                f"{count(len(located), 'file')} found by name below the folder: {some(sorted(located_paths), 2)}"
            )
        if len(missing_rows) == len(ids) and not located:
            raise DataError(
                f"{where}: its {len(ids)} files are not below {folder}, such as {ids[0]}. Fix: check {column}."
            )
        if missing:
            notes.append(f"{count(missing, 'file')} named in {where} missing: {some(missing)}")
    outside = [id for id in ids if _is_outside(id)]
    if outside:
        notes.append(f"{count(outside, 'path')} in {where} outside of the folder, not read: {some(outside)}")
    return ids, notes


def _locate_by_name(listing: FolderListing, wanted: list[str]) -> dict[str, str]:
    """Returns, for each missing path, the one image whose path ends with it, with or without the extension."""
    located: dict[str, str] = {}
    by_depth: dict[int, list[str]] = defaultdict(list)
    for path in wanted:
        if not _is_outside(path):
            by_depth[path.count("/") + 1].append(path)
    for depth, paths in by_depth.items():
        candidates: dict[str, list[str]] = defaultdict(list)
        for image in listing.images:
            tail = "/".join(image.split("/")[-depth:])
            for name in (tail, os.path.splitext(tail)[0]):
                candidates[name].append(image)
        located |= {path: candidates[path][0] for path in paths if len(candidates.get(path, ())) == 1}
    return located


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


def _is_outside(id: str) -> bool:
    return id.startswith(("/", "../"))


def _described(column: pl.Series) -> pl.Series:
    """Returns a further column as text, null where it is empty."""
    cells = [_none_if_empty(cell) for cell in column.to_list()]
    return pl.Series(column.name, cells, dtype=pl.Utf8)


def _none_if_empty(cell: str | None) -> str | None:
    return None if cell is None or not cell.strip() else cell.strip()
