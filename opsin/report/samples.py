"""What the data is: how many images each class has in each split, and a few of them to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opsin.data import Table, whole_pixels
from opsin.tasks import Task

from .content import DataSection
from .pictures import picture

SPLITS = ("train", "valid", "test")
MOST_ROWS = 40
MOST_PICTURES = 72
SIDE = 112


@dataclass(frozen=True)
class Count:
    """How many images of one kind there are in each split, and their shares of the largest sum."""

    name: str
    counts: tuple[int, ...]
    shares: tuple[float, ...]

    @property
    def total(self) -> int:
        """All splits together."""
        return sum(self.counts)


@dataclass(frozen=True)
class Sample:
    """A picture with what to say of it."""

    picture: str
    caption: str
    id: str


def split_sizes(table: Table, names: Sequence[str] = SPLITS) -> dict[str, int]:
    """How many images there are in each of the splits called `names`."""
    return {split: int((table.rows["split"] == split).sum()) for split in names}


def counts_of(data: DataSection, task: Task, names: Sequence[str] = SPLITS) -> tuple[Count, ...]:
    """Images of each kind in each of the splits called `names`."""
    splits = data.table.rows["split"].to_numpy()
    found = {name: [int((splits[rows] == split).sum()) for split in names] for name, rows in _kinds(data, task)}
    largest = max([1, *(sum(counts) for counts in found.values())])
    return tuple(
        Count(name, tuple(counts), tuple(count / largest for count in counts)) for name, counts in found.items()
    )


def samples_of(data: DataSection, task: Task, split: str = "train") -> tuple[Sample, ...]:
    """Pictures of a split, of every kind, or of the first when there are many."""
    table = data.table
    ids, shown = table.rows["id"], (table.rows["split"] == split).fill_null(False).to_numpy()
    kinds = _kinds(data, task)[:MOST_PICTURES]
    each = min(6, max(1, MOST_PICTURES // max(1, len(kinds))))
    return tuple(
        Sample(picture(data.pixels[data.store_rows[row]], SIDE), name, str(ids[int(row)]))
        for name, rows in kinds
        for row in _spread(rows[shown[rows]], each)
    )


def pixels_by_id(data: DataSection, ids: Sequence[str], task: Task) -> dict[str, np.ndarray]:
    """The pixels of a few images by their names, in which the task's answers are places: of boxes, as they came."""
    wanted = set(ids)
    held = [(row, id) for row, id in enumerate(data.table.rows["id"].to_list()) if id in wanted]
    if task.places == "boxes":
        return {id: whole_pixels(data.table.images, id, data.intensity) for _, id in held}
    return {id: data.pixels[data.store_rows[row]] for row, id in held}


def _kinds(data: DataSection, task: Task) -> list[tuple[str, np.ndarray]]:
    return list(task.subgroups(data.targets).items())


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of the rows, evenly taken from first to last."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))] if len(rows) else rows
