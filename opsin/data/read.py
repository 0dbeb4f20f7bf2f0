"""From what a person names to a Table: the format is told by the files."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from opsin.core import DataError

from .formats import (
    LISTING_ENDINGS,
    Found,
    class_folders_fit,
    listing_fits,
    read_arrays,
    read_class_folders,
    read_listing,
    read_npz,
    scan,
    split_name,
)
from .table import Table

_EXPECTED = "a folder of class folders, a folder with a .csv, a .csv or an .npz file"
_MANY = 10


def read(source: "str | Path | tuple[Any, Any] | Mapping[str, tuple[Any, Any]]", task: str | None = None) -> Table:
    """A folder, a .csv, .tsv or .npz file, (images, targets), or {"train": (images, targets), ...} as one Table.

    `task` ("classify", "multilabel" or "regress") overrules what the targets look like. Raises DataError when no
    format fits, or more than one: it says what was looked for and what was found.

    >>> import numpy as np
    >>> read((np.zeros((2, 4, 4), np.uint8), ["cat", "dog"])).target
    Target(kind='classes', names=('cat', 'dog'))
    """
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
    if path.suffix.lower() == ".npz":
        return read_npz(path, origin, task)
    if path.suffix.lower() in LISTING_ENDINGS:
        return read_listing({path: None}, path.parent, origin, task)
    raise DataError(f"{origin} is a file of another kind; expected {_EXPECTED}")


def _read_folder(found: Found, origin: str, task: str | None) -> Table:
    """The one format that fits the files of a folder."""
    if not found.images and not found.others:
        raise DataError(f"{origin} is empty; expected {_EXPECTED}")
    fits: dict[str, Callable[[], Table]] = {}
    missed: list[str] = []
    reason = class_folders_fit(found)
    if reason is None:
        fits["class folders"] = lambda: read_class_folders(found, origin, task)
    else:
        missed.append(f"class folders ({reason})")
    listings, reasons = _listings(found)
    for parts in listings:
        names = " and ".join(path.relative_to(found.folder).as_posix() for path in parts)
        fits[f"the table {names}"] = lambda parts=parts: read_listing(parts, found.folder, origin, task)
    if not listings:
        missed.append(f"a .csv of files and targets ({reasons})")
    packed = [name for name in found.others if name.endswith(".npz") and "/" not in name]
    for name in packed:
        fits[name] = lambda name=name: read_npz(found.folder / name, origin, task)
    if not packed:
        missed.append("an .npz (none)")
    if len(fits) == 1:
        return next(iter(fits.values()))()
    if fits:
        ways = ", ".join(fits)
        raise DataError(
            f"{origin} can be read in {len(fits)} ways: {ways}; name the file itself, or move the others away"
        )
    inner = _only_folder(found)
    if inner is not None:
        with contextlib.suppress(DataError):
            return _read_folder(inner, origin, task).noting(f"read from the folder {inner.folder.name} within")
    raise DataError(f"{origin} fits no format; looked for {', '.join(missed)}")


def _listings(found: Found) -> tuple[list[dict[Path, str | None]], str]:
    """The CSV files that fit, those of splits (train.csv, or train/metadata.csv) together; why others do not."""
    named: dict[Path, str | None] = {}
    alone: list[dict[Path, str | None]] = []
    reasons: list[str] = []
    for name in found.others:
        path = found.folder / name
        pieces = name.split("/")
        split = split_name(path.stem if len(pieces) == 1 else pieces[0])
        inner = len(pieces) == 2 and path.stem == "metadata" and split is not None
        if path.suffix.lower() not in LISTING_ENDINGS or not (len(pieces) == 1 or inner):
            continue
        reason = listing_fits(path)
        if reason is not None:
            reasons.append(reason)
        elif split is None:
            alone.append({path: None})
        else:
            named[path] = split
    return [*([named] if named else []), *alone], "; ".join(reasons) or "none"


def _only_folder(found: Found) -> Found | None:
    """The files of the only folder with images, seen from there."""
    tops = {path.split("/")[0] for path in found.images}
    if len(tops) != 1 or any("/" not in path for path in found.images):
        return None
    return scan(found.folder / tops.pop())
