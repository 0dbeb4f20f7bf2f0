"""Overview of the data: number of images of each class in each split, and sample images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opsin.data import Table, as_picture, whole_pixels
from opsin.tasks import Task

from .content import DataSection
from .pictures import picture

SPLITS = ("train", "valid", "test")
MOST_ROWS = 40
MOST_PICTURES = 72
SIDE = 112


@dataclass(frozen=True)
class Count:
    """Number of images of one subgroup in each split.

    Attributes:
        name: Name of the subgroup.
        counts: Number of images in each split.
        shares: Each count divided by the total of the largest subgroup.
    """

    name: str
    counts: tuple[int, ...]
    shares: tuple[float, ...]

    @property
    def total(self) -> int:
        """Returns the number of images in all splits."""
        return sum(self.counts)


@dataclass(frozen=True)
class Sample:
    """A sample image; `picture` is a data URI, `caption` the name of its subgroup."""

    picture: str
    caption: str
    id: str


def split_sizes(table: Table, names: Sequence[str] = SPLITS) -> dict[str, int]:
    """Returns the number of images in each of the splits `names`."""
    return {split: int((table.rows["split"] == split).sum()) for split in names}


def counts_of(data: DataSection, task: Task, names: Sequence[str] = SPLITS) -> tuple[Count, ...]:
    """Counts the images of each subgroup in each of the splits `names`."""
    splits = data.table.rows["split"].to_numpy()
    found = {name: [int((splits[rows] == split).sum()) for split in names] for name, rows in _subgroups(data, task)}
    return count_rows(found)


def count_rows(found: Mapping[str, Sequence[int]]) -> tuple[Count, ...]:
    """Returns rows of a table of counts.

    Args:
        found: Counts of each split, by name.
    """
    largest = max([1, *(sum(counts) for counts in found.values())])
    return tuple(
        Count(name, tuple(counts), tuple(count / largest for count in counts)) for name, counts in found.items()
    )


def samples_of(data: DataSection, task: Task, split: str = "train") -> tuple[Sample, ...]:
    """Selects up to 6 images of each subgroup of a split, at most 72 in all."""
    table = data.table
    ids, shown = table.rows["id"], (table.rows["split"] == split).fill_null(False).to_numpy()
    subgroups = _subgroups(data, task)[:MOST_PICTURES]
    each = min(6, max(1, MOST_PICTURES // max(1, len(subgroups))))
    return tuple(
        Sample(picture(as_picture(data.pixels[data.store_rows[row]]), SIDE), name, str(ids[int(row)]))
        for name, rows in subgroups
        for row in _evenly(rows[shown[rows]], each)
    )


def pixels_by_id(data: DataSection, ids: Sequence[str], task: Task) -> dict[str, np.ndarray]:
    """Reads the pixels of a few images, on which the task's predictions are drawn.

    Args:
        data: The data set.
        ids: Names of the images.
        task: The task; boxes are drawn on the original images, all else on the network's input.

    Returns:
        uint8 (height, width, channels) of each image that the table has, by name.
    """
    wanted = set(ids)
    rows = [(row, id) for row, id in enumerate(data.table.rows["id"].to_list()) if id in wanted]
    if task.output.has_boxes:
        return {id: whole_pixels(data.table.images, id, data.intensity) for _, id in rows}
    return {id: as_picture(data.pixels[data.store_rows[row]]) for row, id in rows}


def _subgroups(data: DataSection, task: Task) -> list[tuple[str, np.ndarray]]:
    return list(task.subgroups(data.targets).items())


def _evenly(rows: np.ndarray, most: int) -> np.ndarray:
    """Returns at most `most` of the rows, evenly spaced from first to last."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))] if len(rows) else rows
