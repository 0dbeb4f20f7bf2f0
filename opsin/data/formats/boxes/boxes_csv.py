"""Reader of CSV files with a row per box: path,xmin,ymin,xmax,ymax,label, in one file or one per split."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, TargetKind
from ..labels.cells import FIRST_LINE, TABLE_EXTENSIONS, Cells, load_cells
from ..parsing import load_text
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from ..split_names import in_order, split_name
from .annotations import annotated_table
from .box_columns import BoxColumns, bare_columns, box_columns, unused_columns
from .coco_fields import is_true, number_of, numbers_of
from .location import NamedImage, locate_images
from .placing import ImageAnnotations, are_relative
from .split_files import split_of_file, split_part, without_split

DEFAULT_CLASS = "object"
_LINE = "\0line"
_MOST_DEPTH = 2
_MOST_DISPLAY_BYTES = 1 << 24


@dataclass(frozen=True)
class _Table:
    """A CSV file of boxes.

    Attributes:
        name: Path of the file.
        frame: Its cells, with line numbers in _LINE.
        columns: Its columns.
        notes: Remarks on its cells.
        decimal: Mark of decimals.
    """

    name: str
    frame: pl.DataFrame
    columns: BoxColumns
    notes: list[str]
    decimal: str


@dataclass
class _Image:
    """The rows of one image."""

    boxes: list[list[float]]
    labels: list[str]
    split: str | None
    group: str | None
    size: tuple[int, int] | None


def match_boxes_csv(listing: FolderListing) -> FormatMatches:
    """Matches .csv files with columns of boxes; the files of all splits are one match.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    groups: dict[str, list[str]] = {}
    reasons: list[str] = []
    for name in listing.others:
        if not name.lower().endswith(TABLE_EXTENSIONS) or name.count("/") > _MOST_DEPTH:
            continue
        try:
            _columns(load_cells(listing.path(name), (), rows=50), name)
        except DataError as error:
            reasons.append(str(error))
            continue
        groups.setdefault(without_split(name), []).append(name)
    matches = [_match(listing, names) for names in _without_unions(listing, groups)]
    return matches, "" if matches else "; ".join(reasons) or "no .csv"


def _match(listing: FolderListing, names: list[str]) -> FormatMatch:
    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, names, origin)

    return FormatMatch(f"the boxes in {' and '.join(names)}", tuple(names), (BOXES,), read)


def _without_unions(listing: FolderListing, groups: Mapping[str, list[str]]) -> list[list[str]]:
    """Returns the groups of files, without a single file that lists the images of the files of all splits again."""
    divided = [names for names in groups.values() if len(names) > 1]
    if len(divided) != 1:
        return list(groups.values())
    listed = {cell for name in divided[0] for cell in _paths(_load(listing, name))}
    return [names for names in groups.values() if len(names) > 1 or not set(_paths(_load(listing, names[0]))) <= listed]


def _columns(cells: Cells, name: str) -> tuple[pl.DataFrame, BoxColumns]:
    """Returns the cells with their names of columns, and the recognised columns."""
    frame = cells.frame
    if _is_bare(cells):
        frame = frame.rename(dict(zip(frame.columns, bare_columns(frame, name), strict=True)))
    return frame, box_columns(frame.columns, name)


def _is_bare(cells: Cells) -> bool:
    """Returns True for a file without a header."""
    return cells.frame.columns[0] == "column_1"


def _load(listing: FolderListing, name: str) -> _Table:
    """Reads a file, without the rows of images that have an error."""
    cells = load_cells(listing.path(name), ())
    frame, columns = _columns(cells, name)
    notes = list(cells.notes)
    frame = frame.with_row_index(_LINE, FIRST_LINE - _is_bare(cells))
    failed = next((column for column in frame.columns if column.lower() == "error"), None)
    if failed is not None:
        broken = frame[failed].fill_null("").str.strip_chars() != ""
        if broken.any():
            notes.append(f"{count(int(broken.sum()), 'row')} of {name} with an error left out")
        frame = frame.filter(~broken)
    unused = [column for column in unused_columns(frame.columns, columns) if column != _LINE]
    if unused:
        notes.append(f"{count(unused, 'column')} of {name} not used: {some(unused)}")
    return _Table(name, frame, columns, notes, cells.decimal)


def _read(listing: FolderListing, names: list[str], origin: str) -> Table:
    """Groups the rows by image; a row without corners is an image without objects."""
    tables = [_load(listing, name) for name in names]
    rows = {(table.name, path): image for table in tables for path, image in _images(table, len(names) > 1).items()}
    named = [
        NamedImage(path, name.rpartition("/")[0], image.size, split_part(name)) for (name, path), image in rows.items()
    ]
    located = locate_images(listing, named, some(names, 2))
    notes = [*listing.notes, *(note for table in tables for note in table.notes), *located.notes]
    given = in_order(label for image in rows.values() for label in image.labels)
    display = _display_names(listing, given)
    classes = in_order(display.values())
    index = {label: classes.index(name) for label, name in display.items()}
    relative = are_relative(np.array([box[:4] for image in rows.values() for box in image.boxes], np.float64))
    if relative:
        notes.append(f"coordinates of {some(names, 2)} are from 0 to 1: relative to the image size")
    found: dict[str, list[ImageAnnotations]] = defaultdict(list)
    for image, location in zip(rows.values(), located.paths, strict=True):
        if location is not None:
            found[location].append(_annotations(location, image, index, relative))
    images, divided = _joined(found)
    if divided:
        notes.append(f"{count(divided, 'image')} listed in several splits, used in the first: {some(divided)}")
    return annotated_table(FileImages(located.root), images, classes, origin, BOXES, notes)


def _annotations(location: str, image: _Image, index: Mapping[str, int], relative: bool) -> ImageAnnotations:
    rows = [
        [*box[:4], index[label], box[4], abs((box[2] - box[0]) * (box[3] - box[1]))]
        for box, label in zip(image.boxes, image.labels, strict=True)
    ]
    boxes = np.array(rows, np.float64).reshape(-1, 7)
    return ImageAnnotations(location, boxes, (), image.split, image.group, image.size, relative)


def _joined(found: Mapping[str, list[ImageAnnotations]]) -> tuple[list[ImageAnnotations], list[str]]:
    """Joins the rows of each image in its first split; also returns the images in several."""
    images: list[ImageAnnotations] = []
    divided: list[str] = []
    for id, parts in found.items():
        own = [part for part in parts if part.split == parts[0].split]
        divided += [id] if len(own) < len(parts) else []
        first = own[0]
        boxes = np.concatenate([part.boxes for part in own])
        images.append(ImageAnnotations(id, boxes, (), first.split, first.group, first.size, first.relative))
    return images, divided


def _images(table: _Table, divided: bool) -> dict[str, _Image]:
    """Returns the rows of a table by the image that they name."""
    frame, columns, name = table.frame, table.columns, table.name
    numbers = _numbers(table)
    full = np.isfinite(numbers[:, 0])
    labels = [DEFAULT_CLASS] * len(frame) if columns.label is None else _cells(frame, columns.label)
    for row in np.flatnonzero(full & (np.array(labels, object) == "")).tolist():
        raise DataError(f"{name}: line {frame[_LINE][row]} has a box without a {columns.label}. Expected a class.")
    paths = _paths(table)
    splits, groups = _value_per_image(table, columns.split, paths), _value_per_image(table, columns.group, paths)
    crowds = [is_true(cell) for cell in _cells(frame, columns.crowd)] if columns.crowd else [False] * len(frame)
    sizes = _sizes(table)
    own_split = split_of_file(name) if divided else None
    found: dict[str, _Image] = {}
    for row, (path, label) in enumerate(zip(paths, labels, strict=True)):
        if not path:
            raise DataError(f"{name}: line {frame[_LINE][row]} has no {columns.path}. Expected the path of an image.")
        split = splits.get(path, "")
        if split and split_name(split) is None and split.lower() != "unassigned":
            raise DataError(f"{name}: {path} has the {columns.split} {split!r}. Expected train, valid or test.")
        if path not in found:
            split_of_image = split_name(split) if split else own_split
            found[path] = _Image([], [], split_of_image, groups.get(path) or None, sizes[row])
        if full[row]:
            found[path].boxes.append([*numbers[row].tolist(), float(crowds[row])])
            found[path].labels.append(label)
    return found


def _numbers(table: _Table) -> np.ndarray:
    """Returns the corners, float64 (rows, 4), NaN in rows without a box; DataError for other values."""
    columns = table.columns
    cells = np.array([_cells(table.frame, name) for name in columns.box], object).T
    empty = (cells == "").all(axis=1)
    if len(columns.box) == 1:
        rows = [numbers_of(cell) for cell in cells[:, 0]]
        empty |= np.array([row == [] for row in rows], np.bool_)
        parsed = [row if row is not None and len(row) == 4 else [np.nan] * 4 for row in rows]
    else:
        parsed = [[_number(cell, table.decimal) for cell in row] for row in cells]
    numbers = np.array(parsed, np.float64).reshape(-1, 4)
    wrong = np.flatnonzero(~np.isfinite(numbers).all(axis=1) & ~empty)
    if len(wrong):
        row = int(wrong[0])
        given = ", ".join(cell or "None" for cell in cells[row])
        raise DataError(
            f"{table.name}: line {table.frame[_LINE][row]} has the corners {given}. Expected four numbers, or four "
            "empty cells."
        )
    numbers[empty] = np.nan
    if columns.form == "centre":
        numbers[:, :2] -= numbers[:, 2:] / 2
    if columns.form != "corners" and not (len(columns.box) == 1 and _are_corners(numbers, table)):
        numbers[:, 2:] += numbers[:, :2]
    return numbers


def _are_corners(numbers: np.ndarray, table: _Table) -> bool:
    """Returns True for cells of xmin, ymin, xmax, ymax: read as extents, some would exceed the image."""
    sizes = _sizes(table)
    limits = np.array([(size[1], size[0]) if size else (np.inf, np.inf) for size in sizes], np.float64)
    with np.errstate(invalid="ignore"):
        exceeding = bool((numbers[:, :2] + numbers[:, 2:] > limits + 1).any())
        return exceeding and not bool((numbers[:, 2:] < numbers[:, :2]).any())


def _sizes(table: _Table) -> list[tuple[int, int] | None]:
    """Returns height and width of the image of each row, None where the table does not state them."""
    if table.columns.size is None:
        return [None] * len(table.frame)
    height, width = ([number_of(cell) for cell in _cells(table.frame, name)] for name in table.columns.size)
    return [(int(h), int(w)) if h and w and h >= 1 and w >= 1 else None for h, w in zip(height, width, strict=True)]


def _value_per_image(table: _Table, column: str | None, paths: list[str]) -> dict[str, str]:
    """Returns the value of a column by image; DataError when rows of one image differ."""
    found: dict[str, str] = {}
    for path, value in zip(paths, [] if column is None else _cells(table.frame, column), strict=False):
        if found.setdefault(path, value) != value:
            values = f"{found[path]!r} and {value!r}"
            raise DataError(f"{table.name}: {path} has the {column} {values}. Expected one per image.")
    return found


def _display_names(listing: FolderListing, labels: Iterable[str]) -> dict[str, str]:
    """Returns the name of each label: from a .csv of two columns for all labels (Open Images), else the label."""
    own = {label: label for label in labels}
    if own and all(label.isdigit() or label.startswith("/m/") for label in own):
        for name in listing.others:
            if "class" in name.rpartition("/")[2].lower() and name.lower().endswith(".csv"):
                rows: list[list[Any]] = [
                    row for row in csv.reader(load_text(listing.path(name), name, _MOST_DISPLAY_BYTES).splitlines())
                ]
                for key, value in ((0, 1), (1, 0)):
                    names = {row[key].strip(): row[value].strip() for row in rows if len(row) == 2}
                    if all(names.get(label) for label in own):
                        return {label: names[label] for label in own}
    return own


def _paths(table: _Table) -> list[str]:
    return _cells(table.frame, table.columns.path)


def _cells(frame: pl.DataFrame, column: str) -> list[str]:
    return [(cell or "").strip() for cell in frame[column].to_list()]


def _number(cell: str, decimal: str) -> float:
    number = number_of(cell.replace(decimal, "."))
    return np.nan if number is None else number
