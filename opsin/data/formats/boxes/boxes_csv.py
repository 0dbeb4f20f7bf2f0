"""Reader of CSV files with a row per box: path,xmin,ymin,xmax,ymax,label, optionally split and group."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, TargetKind
from ..image_names import ImageNames
from ..labels.cells import FIRST_LINE, TABLE_EXTENSIONS, read_cells
from ..labels.columns import GROUPS, IGNORED, PATHS, SPLITS, TARGETS, first_of
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, scan, some
from ..split_names import in_order, split_name
from .annotations import annotated_table
from .placing import ImageAnnotations

_CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
)
_HEADERLESS_COLUMNS = ("path", "xmin", "ymin", "xmax", "ymax", "label")
_UNUSED = ("confidence", "score", "error")
DEFAULT_CLASS = "object"
_LINE = "\0line"


@dataclass(frozen=True)
class _Columns:
    path: str
    corners: tuple[str, ...]
    label: str | None
    group: str | None
    split: str | None


def match_boxes_csv(listing: FolderListing) -> FormatMatches:
    """Matches .csv files at the top level with columns of corners.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    matches: list[FormatMatch] = []
    reasons: list[str] = []
    for name in listing.others:
        path = listing.path(name)
        if path.suffix.lower() not in TABLE_EXTENSIONS or "/" in name:
            continue
        try:
            columns = _columns(read_cells(path, _HEADERLESS_COLUMNS, rows=0).columns, name)
        except DataError as error:
            reasons.append(str(error))
            continue

        def read(origin: str, kind: TargetKind | None, name: str = name, columns: _Columns = columns) -> Table:
            return _read(listing, name, columns, origin)

        matches.append(FormatMatch(f"the boxes in {name}", (name,), (BOXES,), read))
    return matches, "" if matches else "; ".join(reasons) or "no .csv"


def _columns(header: Sequence[str], where: str) -> _Columns:
    corners = next((found for names in _CORNERS if None not in (found := [first_of(header, [n]) for n in names])), None)
    path = first_of(header, PATHS)
    if corners is None or path is None:
        raise DataError(f"{where} has no columns path, xmin, ymin, xmax and ymax.")
    return _Columns(
        path,
        tuple(corner for corner in corners if corner is not None),
        first_of(header, TARGETS) or _only_other(header, (path, *corners)),
        first_of(header, GROUPS),
        first_of(header, SPLITS),
    )


def _only_other(header: Sequence[str], used: Sequence[str | None]) -> str | None:
    """Returns the only column without a known meaning; None when there are several."""
    known = (*PATHS, *GROUPS, *SPLITS, *IGNORED, *_UNUSED)
    remaining = [name for name in header if name not in used and first_of([name], known) is None]
    return remaining[0] if len(remaining) == 1 else None


def _read(listing: FolderListing, name: str, columns: _Columns, origin: str) -> Table:
    """Groups the rows by image; a row without corners is an image without objects."""
    frame = read_cells(listing.path(name), _HEADERLESS_COLUMNS).with_row_index(_LINE, FIRST_LINE)
    notes = list(listing.notes)
    failed = next((column for column in frame.columns if column.lower() == "error"), None)
    if failed is not None:
        broken = frame[failed].fill_null("").str.strip_chars() != ""
        if broken.any():
            notes.append(f"{count(int(broken.sum()), 'row')} of {name} with an error left out")
        frame = frame.filter(~broken)
    used = {_LINE, columns.path, *columns.corners, columns.label, columns.group, columns.split, failed}
    unused = [column for column in frame.columns if column not in used and column.lower() not in _UNUSED]
    if unused:
        notes.append(f"{count(unused, 'column')} of {name} not used: {some(unused)}")
    numbers = _numbers(frame, columns, name)
    labels = (
        [DEFAULT_CLASS] * len(frame)
        if columns.label is None
        else [_cell(cell) for cell in frame[columns.label].to_list()]
    )
    full = np.isfinite(numbers[:, 0])
    for row in np.flatnonzero(full & (np.array(labels, object) == "")).tolist():
        raise DataError(f"{name}: line {frame[_LINE][row]} has a box without a {columns.label}. Expected a class.")
    classes = in_order(label for label, has_box in zip(labels, full, strict=True) if has_box)
    class_of = {label: index for index, label in enumerate(classes)}
    boxes: dict[str, list[list[float]]] = {}
    paths = [_cell(cell) for cell in frame[columns.path].to_list()]
    for row, (path, label) in enumerate(zip(paths, labels, strict=True)):
        if not path:
            raise DataError(f"{name}: line {frame[_LINE][row]} has no {columns.path}. Expected the path of an image.")
        image_boxes = boxes.setdefault(path, [])
        if full[row]:
            left, top, right, bottom = numbers[row].tolist()
            image_boxes.append([left, top, right, bottom, class_of[label], 0, abs((right - left) * (bottom - top))])
    splits = _value_per_image(frame, columns.split, paths, name)
    groups = _value_per_image(frame, columns.group, paths, name)
    for path, split in splits.items():
        if split and split_name(split) is None:
            raise DataError(f"{name}: {path} has the {columns.split} {split!r}. Expected train, valid or test.")
    images, missing = _locate(listing, boxes, splits, groups)
    if missing:
        notes.append(f"{count(missing, 'image')} of {name} missing: {some(missing)}")
    return annotated_table(FileImages(listing.folder), images, classes, origin, BOXES, notes)


def _locate(
    listing: FolderListing, boxes: dict[str, list[list[float]]], splits: dict[str, str], groups: dict[str, str]
) -> tuple[list[ImageAnnotations], list[str]]:
    paths = listing.images or scan(listing.folder).images
    listed, exact = ImageNames(paths), set(paths)
    images: dict[str, ImageAnnotations] = {}
    missing: list[str] = []
    for path, image_boxes in boxes.items():
        image_path = path if path in exact else listed.find(path)
        if image_path is None or image_path in images:
            missing.append(path)
            continue
        split, group = splits.get(path, ""), groups.get(path, "")
        images[image_path] = ImageAnnotations(
            image_path,
            np.array(image_boxes, np.float64).reshape(-1, 7),
            split=split_name(split) if split else None,
            group=group or None,
        )
    return list(images.values()), missing


def _numbers(frame: pl.DataFrame, columns: _Columns, name: str) -> np.ndarray:
    """Returns the corners, float64 (rows, 4), NaN in rows without corners; DataError for other values."""
    cells = frame.select(pl.col(corner).str.strip_chars() for corner in columns.corners)
    empty = cells.select(pl.all_horizontal(pl.all().fill_null("") == "")).to_series().to_numpy()
    numbers = cells.select(pl.all().cast(pl.Float64, strict=False)).to_numpy()
    wrong = np.flatnonzero(~np.isfinite(numbers).all(1) & ~empty)
    if len(wrong):
        row = int(wrong[0])
        raise DataError(
            f"{name}: line {frame[_LINE][row]} has the corners {', '.join(map(str, cells.row(row)))}. Expected four "
            "numbers in pixels, or four empty cells."
        )
    if len(numbers) and not empty.all() and np.nanmax(numbers) <= 1 and (numbers[~empty] % 1).any():
        raise DataError(f"{name} has corners from 0 to 1. Expected pixels.")
    return np.array(numbers, np.float64).reshape(-1, 4)


def _value_per_image(frame: pl.DataFrame, column: str | None, paths: list[str], name: str) -> dict[str, str]:
    """Returns the value of a column by image; DataError when rows of one image differ."""
    found: dict[str, str] = {}
    for path, cell in zip(paths, [] if column is None else frame[column].to_list(), strict=False):
        value = _cell(cell)
        if found.setdefault(path, value) != value:
            raise DataError(f"{name}: {path} has the {column} {found[path]!r} and {value!r}. Expected one per image.")
    return found


def _cell(cell: str | None) -> str:
    return (cell or "").strip()
