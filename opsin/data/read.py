"""Reading of a data set of any format into a Table."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from opsin.core import DataError, printable_name

from .formats import catalogue
from .formats.boxes.boxes_csv import match_boxes_csv
from .formats.file_kinds import count_kinds, kind_of_file
from .formats.labels.arrays import read_arrays
from .formats.labels.cells import TABLE_EXTENSIONS
from .formats.labels.csv_table import read_csv_table
from .formats.labels.npz import read_npz
from .formats.labels.table_files import match_csv_tables
from .formats.nearest_miss import SEE_FORMATS, nearest_miss
from .formats.pages import page_notes
from .formats.registry import match_formats
from .formats.scan import FolderListing, count, scan
from .formats.unread import unread_notes
from .table import Table
from .targets import TargetKind, kind_of

_EXPECTED = (
    "a folder of class folders, of images with boxes or masks (COCO, YOLO, VOC, mask folders) or with a .csv, or a "
    ".csv, .npz, .json or .yaml file"
)
_DESCRIPTIONS = (".json", ".yaml", ".yml")


def read(
    source: "str | Path | tuple[Any, Any] | Mapping[str, tuple[Any, Any]]",
    kind: str | TargetKind | None = None,
    labels: str | Sequence[str] | None = None,
) -> Table:
    """Reads a data set of any format. The format of a folder or file is recognised from the files that are there.

    Args:
        source: A folder; a .csv, .tsv, .npz, .json or .yaml file that lists or describes images; (images, targets); or
            {"train": (images, targets), ...}.
        kind: Kind of target, or its word ("classes", "labels", "numbers", "boxes", "masks", "instances" or
            "identities"). Default: inferred from the values of the targets.
        labels: Columns of a table that hold the targets: names, or one text with commas between them. Default:
            recognised by their names.

    Returns:
        The table. It may be too small to train on: `check_enough` raises an error then.

    Raises:
        DataError: No format fits, or more than one; the message lists the formats that were tried and the reasons.

    Examples:
        >>> import numpy as np
        >>> read((np.zeros((2, 4, 4), np.uint8), ["cat", "dog"])).target
        Target(kind=CLASSES, names=('cat', 'dog'))
    """
    chosen = None if kind is None else kind_of(kind)
    return _read(source, chosen) if labels is None else _read_labels(source, chosen, labels)


def _read_labels(source: Any, kind: TargetKind | None, labels: str | Sequence[str]) -> Table:
    """Reads the table of a data set, with the targets in the columns that `labels` names."""
    path = Path(os.path.expanduser(source)) if isinstance(source, (str, Path)) else None
    origin = "data" if path is None else printable_name(str(source))
    if path is not None and path.is_file() and path.suffix.lower() in TABLE_EXTENSIONS:
        return _in(catalogue.CSV_TABLE, read_csv_table({path: None}, path.parent, origin, kind, labels=labels))
    listing = scan(path) if path is not None and path.is_dir() else None
    matches, reason = ([], "") if listing is None else match_csv_tables(listing, labels)
    if listing is not None and not matches and (only := _only_folder(listing)) is not None and reason == "none":
        return _read_labels(only.folder, kind, labels)
    if len(matches) == 1:
        return _in(catalogue.CSV_TABLE, matches[0].table(origin, kind))
    if matches:
        listed = ", ".join(match.description for match in matches)
        raise DataError(f"{origin} has {len(matches)} tables with these columns: {listed}. Fix: name the file itself.")
    if reason and reason != "none":
        raise DataError(reason)
    raise DataError(f"{origin} has no table (.csv or .tsv) with the columns that labels names. Fix: leave out labels.")


def _read(source: Any, kind: TargetKind | None) -> Table:
    if isinstance(source, Mapping):
        return _in(catalogue.ARRAYS, read_arrays(cast(Mapping[str, tuple[Any, Any]], source), "arrays", kind))
    pair: list[Any] = list(cast("list[Any]", source)) if isinstance(source, (tuple, list)) else []
    if len(pair) == 2:
        images, targets = pair
        return _in(catalogue.ARRAYS, read_arrays({"image": (images, targets)}, "arrays", kind))
    if not isinstance(source, (str, Path)):
        given = type(cast(object, source)).__name__
        raise DataError(f"data is a {given}. Expected {_EXPECTED}, or (images, targets).")
    path, origin = Path(os.path.expanduser(source)), printable_name(str(source))
    if path.is_dir():
        return _read_folder(scan(path), origin, kind)
    if not path.exists():
        raise DataError(f"{origin} does not exist. {_did_you_mean(path) or f'Expected {_EXPECTED}.'}")
    extension = path.suffix.lower()
    if extension == ".npz":
        return _in(catalogue.NPZ, read_npz(path, origin, kind))
    if extension in TABLE_EXTENSIONS:
        boxes, _ = match_boxes_csv(FolderListing(path.parent, (), (path.name,), ()))
        if boxes:
            return _in(catalogue.BOXES_CSV, boxes[0].read(origin, kind))
        return _in(catalogue.CSV_TABLE, read_csv_table({path: None}, path.parent, origin, kind))
    if extension in _DESCRIPTIONS:
        return _read_described(path, origin, kind)
    unread = kind_of_file(path.name)
    if unread is not None:
        raise DataError(
            f"{origin} is not a data set: files of its kind ({unread.name}) are not read. Fix: {unread.fix}."
        )
    raise DataError(f"{origin} is not a data set. Expected {_EXPECTED}.")


def _did_you_mean(path: Path) -> str:
    """Returns a question after a file or folder with a similar name; empty when there is none."""
    with contextlib.suppress(OSError):
        similar = get_close_matches(path.name, os.listdir(path.parent), 1)
        return f"Fix: check the name: did you mean {path.parent / similar[0]}?" if similar else ""
    return ""


def _in(known: catalogue.Format, table: Table) -> Table:
    return replace(table, format=known.name)


def _read_described(path: Path, origin: str, kind: TargetKind | None) -> Table:
    """Reads the data set that a .json or .yaml file describes; other such files in its folder are ignored."""
    found = scan(path.parent)
    others = [name for name in found.others if name == path.name or not name.lower().endswith(_DESCRIPTIONS)]
    matches, rejected = match_formats(replace(found, others=tuple(others)), kind)
    for match in matches:
        if path.name in match.files:
            return match.table(origin, kind)
    miss = nearest_miss(replace(found, others=(path.name,)), rejected, kind)
    raise DataError(f"{origin} does not describe a data set: {miss}")


def _read_folder(listing: FolderListing, origin: str, kind: TargetKind | None) -> Table:
    """Reads a folder in the one format that fits its files."""
    if not listing.images and not listing.others:
        left_out = f" but for files that are left out ({'; '.join(listing.notes)})" if listing.notes else ""
        raise DataError(f"{origin} is empty{left_out}. Expected images with labels; {SEE_FORMATS}.")
    matches, rejected = match_formats(listing, kind)
    if len(matches) == 1:
        table = matches[0].table(origin, kind)
        return table.with_notes(*unread_notes(listing, table), *page_notes(table))
    if matches:
        listed = ", ".join(match.description for match in matches)
        tasks = list(dict.fromkeys(match.kinds[0].task for match in matches))
        chosen = f"choose with --task {' or '.join(tasks)}, " if len(tasks) == len(matches) else ""
        described = next((match.files[0] for match in matches if match.files), "")
        named = f"name one file, such as {os.path.join(origin, described)}" if described else "name a folder below"
        raise DataError(
            f"{origin} fits {len(matches)} formats: {listed}. Expected one. Fix: {chosen}{named}, or move the others "
            "away."
        )
    only = _only_folder(listing)
    if only is not None:
        with contextlib.suppress(DataError):
            return _read_folder(only, origin, kind).with_notes(f"read from its only folder, {only.folder.name}")
    miss = nearest_miss(listing, rejected, kind)
    unread = [(one, number) for one, number in count_kinds(listing.others) if one.name not in miss][:1]
    also = [f" Also there: {count(number, 'file')} of a kind that is not read ({one.name})." for one, number in unread]
    raise DataError(f"{origin} fits no format: {miss}{''.join(also)}")


def _only_folder(listing: FolderListing) -> FolderListing | None:
    """Lists the only top-level folder with images; None when there are several."""
    tops = {path.split("/")[0] for path in listing.image_folders}
    if len(tops) != 1 or "" in tops:
        return None
    return scan(listing.folder / tops.pop())
