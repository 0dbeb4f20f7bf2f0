"""What the data is: how many images each class has in each split, and a few of them to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opsin.data import Table

from .facts import DataFacts
from .pictures import picture
from .wording import short

SPLITS = ("train", "valid", "test")
MOST_ROWS = 40
MOST_PICTURES = 72
SIDE = 112


@dataclass(frozen=True)
class Count:
    """How many images of one name there are in training, validation and test, and their shares of the largest sum."""

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


def split_sizes(table: Table) -> tuple[int, ...]:
    """How many images there are in training, validation and test."""
    return tuple(int((table.rows["split"] == split).sum()) for split in SPLITS)


def counts_of(table: Table) -> tuple[Count, ...]:
    """Images of each class or label in each split; nothing for numbers."""
    if table.target.kind == "numbers":
        return ()
    found = np.stack([_per_name(table.only(split)) for split in SPLITS], 1)
    largest = max(1, int(found.sum(1).max(initial=0)))
    return tuple(
        Count(name, tuple(row.tolist()), tuple((row / largest).tolist()))
        for name, row in zip(table.target.names, found, strict=True)
    )


def samples_of(data: DataFacts) -> tuple[Sample, ...]:
    """Training pictures of every class or label (of the first when there are many), or from low to high numbers."""
    table = data.table
    place = np.flatnonzero((table.rows["split"] == "train").fill_null(False).to_numpy())
    if not len(place):
        return ()
    targets, ids = table.targets(), table.rows["id"]
    names = table.target.names
    if table.target.kind == "numbers":
        order = place[np.argsort(targets[place, 0], kind="stable")]
        chosen = [("", int(row)) for row in _spread(order, 12)]
    else:
        each = min(6, max(1, MOST_PICTURES // len(names)))
        chosen = [
            (name, int(row))
            for index, name in enumerate(names[:MOST_PICTURES])
            for row in _spread(place[_has(targets[place], index)], each)
        ]
    return tuple(
        Sample(
            picture(data.pixels[data.positions[row]], SIDE),
            name or ", ".join(_amounts(names, targets[row].tolist())),
            str(ids[row]),
        )
        for name, row in chosen
    )


def pixels_by_id(data: DataFacts, ids: Sequence[str]) -> dict[str, np.ndarray]:
    """The pixels of a few images by their names."""
    wanted = set(ids)
    held = data.table.rows["id"].to_list()
    return {id: data.pixels[data.positions[row]] for row, id in enumerate(held) if id in wanted}


def _per_name(table: Table) -> np.ndarray:
    targets, width = table.targets(), len(table.target.names)
    if table.target.kind == "classes":
        return np.bincount(targets, minlength=width)
    return (targets >= 0.5).sum(0).astype(np.int64)


def _has(targets: np.ndarray, index: int) -> np.ndarray:
    return targets == index if targets.ndim == 1 else targets[:, index] >= 0.5


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most `most` of the rows, evenly taken from first to last."""
    return rows[np.unique(np.linspace(0, len(rows) - 1, most).astype(int))] if len(rows) else rows


def _amounts(names: Sequence[str], values: Sequence[float]) -> list[str]:
    texts = [f"{name} {short(value)}" for name, value in zip(names[:3], values[:3], strict=True)]
    return texts if len(names) > 1 else [short(values[0])]
