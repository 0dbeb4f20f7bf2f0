"""Image files by the paths in a table, which may be of another machine or spelled in another way."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from opsin.core import printable_name, stored_path

from ..image_names import ImageNames
from ..scan import FolderListing, count, scan, some
from ..split_names import split_name

_CODE_PAGES = ("cp1252", "cp437", "cp1251", "gb18030", "shift_jis", "big5", "euc_kr")
"""Encodings of file names on other systems, besides UTF-8."""


@dataclass(frozen=True)
class Located:
    """The images of the rows of a table.

    Attributes:
        ids: Path of each image within the folder; as in the table where there is no such file.
        lost: Rows without a file.
        notes: Remarks on files that were found by name.
    """

    ids: list[str]
    lost: list[int]
    notes: list[str]


def locate(
    cells: Sequence[str],
    prefixes: Sequence[str],
    folder: Path,
    splits: Sequence[str | None],
    listing: FolderListing | None = None,
) -> Located:
    """Finds the image of each row: at its path, else the only one that has its name.

    Args:
        cells: Path of each image as it is in the table.
        prefixes: Folder of each table within `folder`, from which its paths start.
        folder: Folder of all images.
        splits: Split of the table of each row, which a folder of one of several images with its name may be called.
        listing: The files of the folder. Default: they are listed when a file is missing.

    Returns:
        The images.
    """
    root = os.path.realpath(folder)
    ids: list[str] = []
    missing: list[int] = []
    for row, (cell, prefix) in enumerate(zip(cells, prefixes, strict=True)):
        text = _path_of(cell)
        if text.startswith(root + "/"):
            text = text[len(root) + 1 :]
        elif not text.startswith("/"):
            text = os.path.normpath(f"{prefix}/{text}")
        ids.append(text)
        if not os.path.isfile(text if text.startswith("/") else stored_path(root, text)):
            missing.append(row)
    if not missing:
        return Located(ids, [], [])
    names = ImageNames((listing or scan(folder)).images)
    here = set(ids)
    by_row: dict[int, str] = {}
    converted: dict[str, str] = {}
    for row in missing:
        found = _found(names, _path_of(cells[row]), prefixes[row], splits[row])
        if found is None:
            same = names.same_stem(_path_of(cells[row]))
            found = same[0] if len(same) == 1 else None
            if found is not None:
                converted[ids[row]] = found
        if found is not None:
            by_row[row] = found
    wanted = Counter({(found, ids[row]) for row, found in by_row.items()})
    shared = Counter(found for found, _ in wanted)
    for row, found in by_row.items():
        if shared[found] == 1 and found not in here:  # else two files of the table would be the same image
            ids[row] = found
    located = sorted({ids[row] for row in by_row if ids[row] == by_row[row]})
    other = [f"{found} for {text.rpartition('/')[2]}" for text, found in converted.items() if found in located]
    notes = names.note()
    if located:
        notes.insert(0, f"{count(located, 'file')} found by name below the folder: {some(located, 2)}")
    if other:
        notes.append(f"{count(other, 'file')} of another format than in the table: {some(other, 3)}")
    return Located(ids, [row for row in missing if ids[row] != by_row.get(row)], notes)


def _found(names: ImageNames, text: str, prefix: str, split: str | None) -> str | None:
    """Returns the only image with a name, or the only one of them in a folder of the split."""
    near = "" if prefix == "." else prefix
    spellings = (
        (text, *(_in_code_page(text, code_page) for code_page in _CODE_PAGES)) if not text.isascii() else (text,)
    )
    found = next((found for one in spellings if one and (found := names.candidates(one, near))), [])
    if len(found) > 1 and split is not None:
        found = [path for path in found if split in (split_name(part) for part in path.split("/")[:-1])]
    return found[0] if len(found) == 1 else None


def _in_code_page(text: str, code_page: str) -> str:
    """Returns the printable name of a file whose name was saved in a code page; empty where it has other letters."""
    try:
        return printable_name(text.encode(code_page).decode("utf-8", "surrogateescape"))
    except UnicodeError:
        return ""


def is_outside(id: str) -> bool:
    """Returns True for a path that does not lie in the folder."""
    return id.startswith(("/", "../"))


def _path_of(cell: str) -> str:
    """Returns the path in a cell, with "/" between folders, without quotes and without the scheme of an address."""
    text = cell.strip().strip("'\"").strip().replace("\\", "/")
    scheme, mark, _ = text.partition("://")
    if mark and scheme.isalpha():
        return unquote(urlsplit(text).path)
    return text
