"""Pairs of photos that are of one person or not: LFW's `pairs.txt`, and folders with one person each."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from opsin.core import DataError

MAX_PHOTOS = 5000
"""Limit of the photos that are all compared with each other."""
_SUFFIXES = (".jpg", ".jpeg", ".png", ".pgm")


@dataclass(frozen=True)
class Pairs:
    """Pairs of photos.

    Attributes:
        photos: Image files.
        people: Person on each photo.
        first: int64 (pairs,), row in `photos`.
        second: int64 (pairs,), row in `photos`.
        missing: Number of listed pairs without a file.
    """

    photos: tuple[Path, ...]
    people: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray
    missing: int = 0

    @property
    def same(self) -> np.ndarray:
        """bool (pairs,): True for pairs of one person."""
        people = np.array(self.people)
        return people[self.first] == people[self.second]


def all_pairs(photos: Sequence[Path]) -> Pairs:
    """Returns every pair of photos; the person is the folder of a photo.

    Raises:
        DataError: There are more than MAX_PHOTOS photos.
    """
    if len(photos) > MAX_PHOTOS:
        raise DataError(f"{len(photos):,} photos are too many to compare. Expected at most {MAX_PHOTOS:,}, or pairs.")
    rows = np.array(list(combinations(range(len(photos)), 2)), np.int64).reshape(-1, 2)
    return Pairs(tuple(photos), tuple(photo.absolute().parent.name for photo in photos), rows[:, 0], rows[:, 1])


def read_pairs(path: Path, folder: Path) -> Pairs:
    """Reads pairs in the format of Labeled Faces in the Wild.

    Each line has a name and two numbers (one person), or a name and a number twice (different people); photos are
    `<name>/<name>_<number with 4 digits>.jpg` below the folder. Lines of another form, such as the counts, are skipped.

    Args:
        path: The list of pairs.
        folder: Folder of the images, or the folder above `images`.

    Raises:
        DataError: The list cannot be read or none of its photos is there.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as pairs: {error}. Expected LFW's pairs.txt.") from error
    root = folder / "images" if (folder / "images").is_dir() else folder
    rows: dict[Path, int] = {}
    people: list[str] = []
    found: list[tuple[int, int]] = []
    missing = 0
    for pair in filter(None, map(_pair, lines)):
        photos = [_photo(root, name, number) for name, number in pair]
        if None in photos:
            missing += 1
            continue
        for (name, _), photo in zip(pair, photos, strict=True):
            if photo is not None and photo not in rows:
                rows[photo] = len(rows)
                people.append(name)
        found.append((rows[photos[0] or root], rows[photos[1] or root]))
    if not found:
        raise DataError(f"{path} lists no pair with files in {root}. Expected files such as NAME/NAME_0001.jpg there.")
    table = np.array(found, np.int64)
    return Pairs(tuple(rows), tuple(people), table[:, 0], table[:, 1], missing)


def _pair(line: str) -> tuple[tuple[str, int], tuple[str, int]] | None:
    fields = line.split("\t") if "\t" in line else line.split()
    numbers = [int(field) for field in fields if field.strip().isdecimal()]
    if len(fields) == 3 and len(numbers) == 2:
        return (fields[0], numbers[0]), (fields[0], numbers[1])
    if len(fields) == 4 and len(numbers) == 2:
        return (fields[0], numbers[0]), (fields[2], numbers[1])
    return None


def _photo(root: Path, name: str, number: int) -> Path | None:
    """Returns the file of a photo, or None; a name that is no plain folder name has no file."""
    if Path(name).name != name or name in (".", ".."):
        return None
    files = (root / name / f"{name}_{number:04}{suffix}" for suffix in _SUFFIXES)
    return next((file for file in files if file.is_file()), None)
