"""Subjects of volumes: from a patients.csv, or from numbered pairs that look like one subject."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from opsin.core import DataError

from ...images import FileImages
from ..patients import patients_of
from .volume_files import FileVolumes

_NUMBER = re.compile(r"(\d+)(?!.*\d)")
_FEWEST_PAIRS, _MOST_PAIRS = 10, 60
ALIKE = 0.5
"""Ratio of the median difference of numbered pairs to that of other neighbours, below which pairs are one subject."""


def subjects_of(files: FileImages, ids: Sequence[str], volumes: FileVolumes) -> tuple[list[str | None], list[str]]:
    """Returns the subject of each volume, None where it is unknown, and notes.

    Args:
        files: Folder of the data set; a patients.csv in it has the columns `path` (or `id`) and `patient`.
        ids: Ids of the volumes.
        volumes: The volumes.

    Raises:
        DataError: The patients.csv cannot be read or lacks a volume.
    """
    listed, about = patients_of(files.folder, ids)
    if about:
        return listed, about
    numbers = [_number(id) for id in ids]
    if None in numbers or len(set(numbers)) < len(ids) or len({_NUMBER.sub("", id) for id in ids}) > 1:
        return [None] * len(ids), []
    known = [number for number in numbers if number is not None]
    if not _pairs_are_alike(ids, known, volumes):
        return [None] * len(ids), []
    note = "volumes 2k-1 and 2k have similar values and are taken as one subject: they stay in one split"
    return [f"subject {(number + 1) // 2}" for number in known], [note]


def _number(id: str) -> int | None:
    """Returns the last number in the name of a file; None without one."""
    found = _NUMBER.search(PurePosixPath(id).name.partition(".")[0])
    return int(found[1]) if found and len(found[1]) < 10 else None


def _pairs_are_alike(ids: Sequence[str], numbers: Sequence[int], volumes: FileVolumes) -> bool:
    """Compares the intensities of volumes 2k-1 and 2k with those of 2k and 2k+1."""
    by_number = dict(zip(numbers, ids, strict=True))
    pairs = [(number, number + 1) for number in sorted(numbers) if number % 2 and number + 1 in by_number]
    others = [(number, number + 1) for number in sorted(numbers) if number % 2 == 0 and number + 1 in by_number]
    if min(len(pairs), len(others)) < _FEWEST_PAIRS:
        return False
    known: dict[int, float] = {}

    def level(number: int) -> float:
        if number not in known:
            array = volumes.read(by_number[number]).array
            known[number] = float(np.log1p(np.abs(array.astype(np.float64)).mean()))
        return known[number]

    try:
        near, far = (
            np.median([abs(level(one) - level(other)) for one, other in _evenly(some)]) for some in (pairs, others)
        )
    except DataError:
        return False
    return bool(near < ALIKE * far)


def _evenly(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return pairs[:: max(1, len(pairs) // _MOST_PAIRS)]
