"""Tables of a folder: single files, and the files of all splits together."""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from opsin.core import DataError

from ...table import Table
from ...targets import CLASSES, IDENTITIES, LABELS, NUMBERS, TargetKind
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing
from ..split_names import split_and_rest, split_name
from .cells import TABLE_EXTENSIONS, load_cells
from .columns import TARGETS, first_of
from .csv_table import read_csv_table, table_columns

KINDS = (CLASSES, LABELS, NUMBERS, IDENTITIES)
_MOST_IMAGES = 0.8
"""Share of the images that a table of labels names when it takes precedence over class folders."""
_DEEPEST = 3


def match_csv_tables(listing: FolderListing, labels: str | Sequence[str] | None = None) -> FormatMatches:
    """Matches .csv files of paths and targets: single files at the top, and the files of all splits together.

    Args:
        listing: The files of the folder.
        labels: Columns of the targets, which the files must have. Default: recognised by their names.

    Returns:
        The matches, and the reason when there are none.
    """
    groups, reasons = _groups(listing, labels)
    return [_match(listing, files, labels) for files in groups], "; ".join(reasons) or "none"


def match_main_table(listing: FolderListing) -> FormatMatches:
    """Matches the one table with a column of labels that names most of the images, so that folders are not classes.

    Args:
        listing: The files of the folder.

    Returns:
        The match, if any; no reason, for `match_csv_tables` has it.
    """
    main = [files for files in _groups(listing)[0] if _labels_most(listing, files)]
    if len(main) != 1:
        return [], ""
    match = _match(listing, main[0])

    def read(origin: str, kind: TargetKind | None) -> Table:
        table = match.read(origin, kind)
        return table.with_notes(f"{match.description} gives the targets; folders are not classes")

    return [replace(match, read=read) if _has_class_folders(listing) else match], ""


def _groups(
    listing: FolderListing, labels: str | Sequence[str] | None = None
) -> tuple[list[dict[Path, str | None]], list[str]]:
    """Returns the files of each table with their splits, and the reasons why others are none."""
    single: list[dict[Path, str | None]] = []
    named: dict[tuple[str, ...], dict[Path, str | None]] = defaultdict(dict)
    reasons: list[str] = []
    for name in listing.others:
        path = listing.path(name)
        if path.suffix.lower() not in TABLE_EXTENSIONS or name.count("/") >= _DEEPEST:
            continue
        if path.stem.lower().replace("_", "").startswith("samplesubmission"):
            continue
        split, pattern = _split_of(name)
        if split is None and "/" in name:
            continue
        try:
            table_columns(path, labels)
        except DataError as error:
            reasons.append(str(error))
            continue
        if split is None:
            single.append({path: None})
        else:
            named[pattern][path] = split
    return [*named.values(), *single], reasons


def _split_of(name: str) -> tuple[str | None, tuple[str, ...]]:
    """Returns the split in the name of a table or of its folders, and the part of the path that all splits share."""
    *folders, file = name.split("/")
    stem = os.path.splitext(file)[0]
    for at, folder in enumerate(folders):
        split = split_name(folder)
        if split is not None:
            return split, (*folders[:at], "*", *folders[at + 1 :], stem)
    split, rest = split_and_rest(stem)
    return split, (*folders, *rest)


def _labels_most(listing: FolderListing, files: dict[Path, str | None]) -> bool:
    named: set[str] = set()
    for path in files:
        columns = table_columns(path)
        if len(columns.targets) > 1 or not first_of(columns.targets, TARGETS):
            return False
        cells = load_cells(path, ("path", "label")).frame[columns.path].to_list()
        named |= {cell.replace("\\", "/").rpartition("/")[2] for cell in cells if cell}
    listed = sum(path.rpartition("/")[2] in named for path in listing.images)
    return listed > _MOST_IMAGES * len(listing.images)


def _has_class_folders(listing: FolderListing) -> bool:
    inner = {folder.rpartition("/")[2] for folder in listing.image_folders}
    return len([name for name in inner if name and split_name(name) is None]) > 1


def _match(
    listing: FolderListing, files: dict[Path, str | None], labels: str | Sequence[str] | None = None
) -> FormatMatch:
    names = tuple(path.relative_to(listing.folder).as_posix() for path in files)

    def read(origin: str, kind: TargetKind | None) -> Table:
        return read_csv_table(files, listing.folder, origin, kind, listing=listing, labels=labels)

    return FormatMatch(f"the table {' and '.join(names)}", names, KINDS, read)
