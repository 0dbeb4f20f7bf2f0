"""Regression trees of a shape predictor of dlib (Kazemi and Sullivan, CVPR 2014)."""

from dataclasses import dataclass

import numpy as np

from opsin.core import ModelFileError

from .values import all_integers, reals

MAX_COUNT = 10_000


@dataclass(frozen=True)
class Cascade:
    """One level of the cascade: trees that compare pairs of pixels.

    Attributes:
        anchors: (pixels,) landmark that each pixel is placed from.
        offsets: (pixels, 2) offset x, y of each pixel from its landmark, in units of the box.
        pairs: (trees, splits, 2) pixels that each split compares.
        thresholds: (trees, splits) difference above which a split goes to its first branch.
        leaves: (trees, splits + 1, landmarks, 2) what each leaf adds to the landmarks.
    """

    anchors: np.ndarray
    offsets: np.ndarray
    pairs: np.ndarray
    thresholds: np.ndarray
    leaves: np.ndarray


@dataclass(frozen=True)
class TreeCascades:
    """A shape predictor.

    Attributes:
        mean: (landmarks, 2) landmarks x, y that the cascade starts from, in units of the box.
        cascades: Levels in order.
    """

    mean: np.ndarray
    cascades: tuple[Cascade, ...]


class _Integers:
    """A position in an array of integers."""

    def __init__(self, values: np.ndarray, name: str) -> None:
        self.values = values
        self.name = name
        self.position = 0

    def take(self, count: int) -> np.ndarray:
        """Returns the next values."""
        if not 0 <= count <= len(self.values) - self.position:
            raise self.fail(f"{count:,} values expected, {len(self.values) - self.position:,} left")
        self.position += count
        return self.values[self.position - count : self.position]

    def count(self, low: int, high: int = MAX_COUNT) -> int:
        """Returns the next value, from low to high."""
        value = int(self.take(1)[0])
        if not low <= value <= high:
            raise self.fail(f"{value} is not between {low} and {high}")
        return value

    def fail(self, problem: str) -> ModelFileError:
        return ModelFileError(
            f"{self.name} is damaged at value {self.position:,}: {problem}. Fix: install the package of the file again."
        )


def read_trees(content: bytes, name: str) -> TreeCascades:
    """Reads a shape predictor that dlib wrote.

    Args:
        content: Bytes of the file.
        name: Name of the file, for messages.

    Raises:
        ModelFileError: The file is cut short, damaged, or its trees are not all of one depth.
    """
    stream = _Integers(all_integers(content, name), name)
    stream.count(1, 1)  # version
    mean = _vector(stream)
    landmarks = len(mean) // 2
    forests = [_forest(stream, 2 * landmarks) for _ in range(stream.count(1, 100))]
    levels = len(forests)
    stream.count(levels, levels)
    anchors = [stream.take(stream.count(1)) for _ in range(levels)]
    stream.count(levels, levels)
    offsets = [reals(stream.take(4 * stream.count(1)).reshape(-1, 2, 2)) for _ in range(levels)]
    if stream.position != len(stream.values):
        raise stream.fail("more values follow the last level")
    cascades: list[Cascade] = []
    for (pairs, thresholds, leaves), anchor, offset in zip(forests, anchors, offsets, strict=True):
        if len(anchor) != len(offset) or pairs.max() >= len(offset) or pairs.min() < 0:
            raise stream.fail("a split compares a pixel that is not there")
        if anchor.min() < 0 or anchor.max() >= landmarks:
            raise stream.fail("a pixel is placed from a landmark that is not there")
        cascades.append(Cascade(anchor, offset, pairs, thresholds, leaves.reshape(*leaves.shape[:2], landmarks, 2)))
    if not all(np.isfinite(part).all() for level in cascades for part in (level.offsets, level.leaves)):
        raise stream.fail("a value is not finite")
    return TreeCascades(mean.reshape(landmarks, 2), tuple(cascades))


def _vector(stream: _Integers) -> np.ndarray:
    """Reads a column: minus the rows, minus the columns, then the values."""
    rows = -stream.count(-MAX_COUNT, -2)
    stream.count(-1, -1)
    if rows % 2:
        raise stream.fail(f"{rows} coordinates are no points")
    return reals(stream.take(2 * rows).reshape(rows, 2))


def _forest(stream: _Integers, coordinates: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reads the trees of one level, each with the number of splits of the first."""
    trees = stream.count(1)
    splits = int(stream.values[min(stream.position, len(stream.values) - 1)])
    if not 1 <= splits < MAX_COUNT or splits & (splits + 1):
        raise stream.fail(f"a tree has {splits} splits, which are no full tree")
    leaf = 2 + 2 * coordinates
    table = stream.take(trees * (1 + 4 * splits + 1 + (splits + 1) * leaf)).reshape(trees, -1)
    nodes = table[:, 1 : 1 + 4 * splits].reshape(trees, splits, 4)
    leaves = table[:, 2 + 4 * splits :].reshape(trees, splits + 1, leaf)
    regular = (table[:, 0] == splits) & (table[:, 1 + 4 * splits] == splits + 1)
    if not regular.all() or not (leaves[..., 0] == -coordinates).all() or not (leaves[..., 1] == -1).all():
        raise stream.fail("a tree has another depth or other leaves than the first")
    values = leaves[..., 2:].reshape(trees, splits + 1, coordinates, 2)
    return nodes[..., :2], reals(nodes[..., 2:]), reals(values)
