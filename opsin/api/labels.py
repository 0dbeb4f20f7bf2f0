"""Targets of a table, counted by class and split."""

import os
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin import tasks
from opsin.core import DataError, Progress
from opsin.data import Masks, Table
from opsin.data.table import SPLITS
from opsin.report.check_page import ClassCounts
from opsin.tasks import Task

MAX_MASKS = 2000
"""Masks of larger data sets are counted on an evenly spread sample."""
NO_SPLIT = "no split"


@dataclass(frozen=True, eq=False)
class Labels:
    """Targets of a table.

    Attributes:
        task: Task that fits them.
        counts: Counts by class and split.
        subgroups: Rows by class, label or range.
        notes: Findings, one line each.
        target: Returns the target of a row; a mask at the size of its image.
    """

    task: Task
    counts: ClassCounts
    subgroups: Mapping[str, np.ndarray]
    notes: tuple[str, ...]
    target: Callable[[int], Any]


def labels_of(table: Table, task: str | None, progress: Progress) -> Labels:
    """Counts the targets of a table.

    Args:
        table: The table.
        task: Name of a task; None for the one that fits.
        progress: Called with the number of masks that were read.

    Raises:
        DataError: The task does not fit.
    """
    if table.masks is not None:
        return _labels_of_masks(table, table.masks, task, progress)
    targets = table.targets()
    chosen = tasks.choose(table.target, targets, task)
    subgroups = chosen.subgroups(targets)
    counts = _counts(table, chosen, lambda rows: chosen.class_counts(targets[rows]), subgroups)
    return Labels(chosen, counts, subgroups, (), lambda row: targets[row])


def _labels_of_masks(table: Table, masks: Masks, name: str | None, progress: Progress) -> Labels:
    task = tasks.choose(table.target, np.zeros((2, len(table.target.names))), name)
    ids = table.rows["id"].to_list()
    rows = spread(np.arange(len(table)), MAX_MASKS)
    notes = [f"classes are counted in {len(rows):,} of {len(table):,} masks"] if len(rows) < len(table) else []
    found: dict[int, dict[str, int]] = {}

    def count(row: int) -> dict[str, int] | str:
        try:
            return task.class_counts(masks.read(ids[row])[None])
        except DataError as error:
            return f"the mask of {ids[row]} {error}"

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for row, result in zip(rows.tolist(), pool.map(count, rows.tolist()), strict=True):
            if isinstance(result, str):
                notes.append(result)
            else:
                found[row] = result
            progress("reading masks", len(found), len(rows))
    names = list(next(iter(found.values()), {}))
    subgroups = {name: np.array([row for row in found if found[row][name]], np.int64) for name in names}

    def total(some: np.ndarray) -> Mapping[str, int]:
        sums = Counter(dict.fromkeys(names, 0))
        for row in some.tolist():
            sums.update(found.get(row, {}))
        return sums

    counts = _counts(table, task, total, subgroups)
    return Labels(task, counts, subgroups, tuple(notes), lambda row: masks.read(ids[row]))


def _counts(
    table: Table,
    task: Task,
    count: Callable[[np.ndarray], Mapping[str, int]],
    subgroups: Mapping[str, np.ndarray],
) -> ClassCounts:
    def images(some: np.ndarray) -> Mapping[str, int]:
        return {name: int(np.isin(rows, some).sum()) for name, rows in subgroups.items()}

    return ClassCounts(_by_split(table, count), _by_split(table, images), task.count_word, task.subgroup_word)


def _by_split(table: Table, count: Callable[[np.ndarray], Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Returns counts by name and split; rows without a split are counted as `NO_SPLIT`."""
    splits = table.rows["split"].fill_null(NO_SPLIT).to_numpy()
    found = {split: count(np.flatnonzero(splits == split)) for split in (*SPLITS, NO_SPLIT) if split in splits}
    names = dict.fromkeys(name for counts in found.values() for name in counts)
    return {name: {split: int(counts.get(name, 0)) for split, counts in found.items()} for name in names}


def spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Returns at most `most` of the rows, evenly spaced from first to last.

    Args:
        rows: (n,) row numbers.
        most: Maximum number of rows.

    Examples:
        >>> spread(np.arange(9), 3)
        array([0, 4, 8])
    """
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).round().astype(int))] if len(rows) else rows
