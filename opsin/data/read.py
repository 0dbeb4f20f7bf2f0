"""From what a person names to a Table: the format is told by the files."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from opsin.core import DataError

from .formats.boxes.boxes_csv import box_listing_ways
from .formats.labels.arrays import read_arrays
from .formats.labels.csv_table import LISTING_ENDINGS, read_listing
from .formats.labels.npz import read_npz
from .formats.registry import recognise
from .formats.scan import FolderListing, scan
from .table import Table

_EXPECTED = (
    "a folder of class folders, of images with boxes or masks (COCO, YOLO, VOC, mask folders) or with a .csv, or a "
    ".csv, .npz, .json or .yaml file"
)
_DESCRIBING = (".json", ".yaml", ".yml")
_TASKS = ("classify", "multilabel", "regress", "detect", "segment", "instances")
_MANY = 10


def read(source: "str | Path | tuple[Any, Any] | Mapping[str, tuple[Any, Any]]", task: str | None = None) -> Table:
    """A folder, a file that lists or describes images, or arrays: (images, targets), {"train": (images, targets), ...}.

    A folder's format, and that of a .csv, .tsv, .npz, .json or .yaml file, is told by what lies there. `task`
    ("classify", "multilabel", "regress", "detect", "segment" or "instances") overrules what the targets look like.
    Raises DataError when no format fits, or more than one: it says what was looked for and what was found.

    >>> import numpy as np
    >>> read((np.zeros((2, 4, 4), np.uint8), ["cat", "dog"])).target
    Target(kind='classes', names=('cat', 'dog'))
    """
    if task is not None and task not in _TASKS:
        raise DataError(f"task {task!r} is unknown; expected one of {', '.join(_TASKS)}")
    table = _read(source, task)
    if len(table) < 2:
        raise DataError(f"{table.origin}: found a single image; expected at least two, of two classes or with numbers")
    if table.target.kind == "classes" and len(table.target.names) < 2:
        raise DataError(f"{table.origin}: every target is {list(table.target.names)}; expected at least two classes")
    if table.target.kind == "classes" and len(table) >= _MANY and len(table.target.names) == len(table):
        raise DataError(f"{table.origin}: each of {len(table)} images has a class of its own; expected several of each")
    return table


def _read(source: Any, task: str | None) -> Table:
    if isinstance(source, Mapping):
        return read_arrays(cast(Mapping[str, tuple[Any, Any]], source), "arrays", task)
    pair: list[Any] = list(cast("list[Any]", source)) if isinstance(source, (tuple, list)) else []
    if len(pair) == 2:
        images, targets = pair
        return read_arrays({"image": (images, targets)}, "arrays", task)
    if not isinstance(source, (str, Path)):
        kind = type(cast(object, source)).__name__
        raise DataError(f"data is a {kind}; expected {_EXPECTED}, or (images, targets)")
    path, origin = Path(source).expanduser(), str(source)
    if path.is_dir():
        return _read_folder(scan(path), origin, task)
    if not path.exists():
        raise DataError(f"{origin} is not there; expected {_EXPECTED}")
    ending = path.suffix.lower()
    if ending == ".npz":
        return read_npz(path, origin, task)
    if ending in LISTING_ENDINGS:
        boxes, _ = box_listing_ways(FolderListing(path.parent, (), (path.name,), ()))
        return boxes[0].read(origin, task) if boxes else read_listing({path: None}, path.parent, origin, task)
    if ending in _DESCRIBING:
        return _read_described(path, origin, task)
    raise DataError(f"{origin} is a file of another kind; expected {_EXPECTED}")


def _read_described(path: Path, origin: str, task: str | None) -> Table:
    """The data set that a .json or .yaml file describes, whatever others lie beside it."""
    found = scan(path.parent)
    others = [name for name in found.others if name == path.name or not name.lower().endswith(_DESCRIBING)]
    ways, missed = recognise(replace(found, others=tuple(others)), task)
    for way in ways:
        if path.name in way.files:
            return way.read(origin, task)
    raise DataError(f"{origin} describes no data set; looked for {', '.join(missed)}")


def _read_folder(found: FolderListing, origin: str, task: str | None) -> Table:
    """The one format that fits the files of a folder."""
    if not found.images and not found.others:
        raise DataError(f"{origin} is empty; expected {_EXPECTED}")
    ways, missed = recognise(found, task)
    if len(ways) == 1:
        return ways[0].read(origin, task)
    if ways:
        words = ", ".join(way.description for way in ways)
        raise DataError(
            f"{origin} can be read in {len(ways)} ways: {words}; name the file itself or a folder below, or move the "
            "others away"
        )
    inner = _only_folder(found)
    if inner is not None:
        with contextlib.suppress(DataError):
            return _read_folder(inner, origin, task).with_notes(f"read from the folder {inner.folder.name} within")
    raise DataError(f"{origin} fits no format; looked for {', '.join(missed)}")


def _only_folder(found: FolderListing) -> FolderListing | None:
    """The files of the only folder with images, seen from there."""
    tops = {place.split("/")[0] for place in found.places}
    if len(tops) != 1 or "" in tops:
        return None
    return scan(found.folder / tops.pop())
