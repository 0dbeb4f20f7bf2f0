"""Recognition of the columns of a table of boxes, by their names, or without a header by their cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from opsin.core import DataError

from ..labels.columns import GROUPS, IGNORED, PATHS, SPLITS, TARGETS, first_of
from ..scan import IMAGE_EXTENSIONS
from ..split_names import split_name

FIRST_LINE = "path,xmin,ymin,xmax,ymax,label"
_PREFIXES = ("", "bbox_", "box_", "bb_")
_CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x1", "y1", "x2", "y2"),
    ("x0", "y0", "x1", "y1"),
    ("minx", "miny", "maxx", "maxy"),
    ("left", "top", "right", "bottom"),
)
_EXTENTS = (
    ("x", "y", "width", "height"),
    ("x", "y", "w", "h"),
    ("xmin", "ymin", "width", "height"),
    ("left", "top", "width", "height"),
    ("topleft_x", "topleft_y", "width", "height"),
)
_CENTRES = (
    ("x_center", "y_center", "width", "height"),
    ("x_centre", "y_centre", "width", "height"),
    ("center_x", "center_y", "width", "height"),
    ("xc", "yc", "w", "h"),
    ("cx", "cy", "w", "h"),
)
_CELLS = ("bbox", "box", "bounding_box")
_SIZES = (("height", "width"), ("image_height", "image_width"), ("img_height", "img_width"), ("image_h", "image_w"))
_CROWDS = ("is_crowd", "iscrowd", "is_group_of", "difficult", "is_difficult")
_UNUSED = ("confidence", "score", "error", "area")
_BARE = (
    (r"P[NE]{4}[NTE]", "path xmin ymin xmax ymax label"),
    (r"P[NE]{4}", "path xmin ymin xmax ymax"),
    (r"P[NT]NNNN", "path label xmin ymin xmax ymax"),
    (r"PNN[NT]NNNN", "path width height label xmin ymin xmax ymax"),
    (r"[NT]NNNNPNN", "label x y w h path image_width image_height"),
    (r"[SE]P[NT]NN[EN]{2}NN[EN]{2}", "split path label xmin ymin a b xmax ymax c d"),
    (r"P[NT]NN[EN]{2}NN[EN]{2}", "path label xmin ymin a b xmax ymax c d"),
)
"""Columns of files without a header by the kinds of their cells: path, number, text, split, empty."""


@dataclass(frozen=True)
class BoxColumns:
    """Names of the columns of a table of boxes.

    Attributes:
        path: Column of the image.
        box: Four columns, or one with four numbers in a cell.
        form: The numbers: "corners", "extent" (corner, width and height), or "centre" (centre, width and height).
        label: Column of the class, None without one.
        group: Column of the group, None without one.
        split: Column of the split, None without one.
        crowd: Column that marks groups of objects, None without one.
        size: Columns of height and width of the image, None without them.
    """

    path: str
    box: tuple[str, ...]
    form: str
    label: str | None
    group: str | None
    split: str | None
    crowd: str | None
    size: tuple[str, str] | None


def box_columns(header: Sequence[str], where: str) -> BoxColumns:
    """Recognises columns by their usual names, in any case.

    Args:
        header: Names of the columns.
        where: Name of the table in errors.

    Returns:
        The columns.

    Raises:
        DataError: There is no column of images, or there are none of boxes.
    """
    path = first_of(header, PATHS)
    box, form = _box(header)
    if path is None or not box:
        raise DataError(f"{where} has no columns path, xmin, ymin, xmax and ymax.")
    others = [name for name in header if name not in (path, *box)]
    sizes = ([first_of(others, [name]) for name in names] for names in _SIZES)
    size = next(((found[0], found[1]) for found in sizes if found[0] is not None and found[1] is not None), None)
    group, split = first_of(others, GROUPS), first_of(others, SPLITS)
    label = first_of(others, TARGETS) or _only_other(others)
    return BoxColumns(path, box, form, label, group, split, first_of(others, _CROWDS), size)


def _box(header: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Returns the columns of the box and the form of its numbers; empty without them."""
    for form, sets in (("corners", _CORNERS), ("centre", _CENTRES), ("extent", _EXTENTS)):
        for names in sets:
            for prefix in _PREFIXES:
                found = [first_of(header, [prefix + name]) for name in names]
                if None not in found and len(set(found)) == 4:
                    return tuple(name for name in found if name is not None), form
    cell = first_of(header, _CELLS)
    return ((cell,), "extent") if cell is not None else ((), "")


def _only_other(others: Sequence[str]) -> str | None:
    """Returns the only column without a known meaning; None when there are several."""
    sizes = [name for names in _SIZES for name in names]
    known = (*PATHS, *GROUPS, *SPLITS, *IGNORED, *_UNUSED, *_CROWDS, *sizes)
    remaining = [name for name in others if first_of([name], known) is None]
    return remaining[0] if len(remaining) == 1 else None


def unused_columns(header: Sequence[str], columns: BoxColumns) -> list[str]:
    """Returns the columns that are not read, without confidences and areas.

    Args:
        header: Names of the columns.
        columns: The recognised ones.
    """
    used = {columns.path, *columns.box, columns.label, columns.group, columns.split, columns.crowd}
    used |= set(columns.size or ())
    return [name for name in header if name not in used and first_of([name], (*_UNUSED, *IGNORED)) is None]


def bare_columns(frame: pl.DataFrame, where: str) -> list[str]:
    """Returns names for the columns of a table without a header, by the kinds of their cells.

    Args:
        frame: The cells.
        where: Name of the table in errors.

    Returns:
        A name for each column.

    Raises:
        DataError: The columns are in no usual order.
    """
    kinds = "".join(_kind(frame[name].to_list()) for name in frame.columns)
    for pattern, names in _BARE:
        if re.fullmatch(pattern, kinds):
            return names.split()
    raise DataError(f"{where} has no header and {frame.width} columns. Fix: add the first line {FIRST_LINE}.")


def _kind(cells: Sequence[str | None]) -> str:
    """Returns P for paths of images, S for splits, N for numbers, E for empty cells, T for other text."""
    filled = [cell.strip() for cell in cells if cell and cell.strip()]
    if not filled:
        return "E"
    if sum(cell[cell.rfind(".") :].lower() in IMAGE_EXTENSIONS for cell in filled) > len(filled) / 2:
        return "P"
    if all(split_name(cell) or cell.lower() == "unassigned" for cell in filled):
        return "S"
    return "N" if all(_is_number(cell) for cell in filled) else "T"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
