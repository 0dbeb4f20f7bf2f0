"""Answers for windows onto an image as one answer for all of it: every object once, however many windows saw it.

An object that a window's inner border cuts is left to the window that sees it whole. Where none does, as the object is
larger than what windows share, its parts are put together when they agree in what both windows see.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from opsin.geometry.tiles import Tile
from opsin.metrics.instances import Objects, objects_in, overlaps_of
from opsin.metrics.matching import box_overlaps

MARGIN = 0.02
"""What ends within this share of a window of its inner border counts as cut by it."""
AGREEMENT = 0.5
"""The intersection over union, in what two windows share, from which on both saw the same object."""


def merge_boxes(answers: Sequence[np.ndarray], windows: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Boxes (k, 6), xmin to ymax, class and score in pixels of their windows, as boxes of an image of `size`."""
    if len(windows) == 1:
        return answers[0]
    moved = [_shifted(boxes, window) for boxes, window in zip(answers, windows, strict=True)]
    boxes, owner = np.concatenate(moved), np.repeat(np.arange(len(moved)), [len(some) for some in moved])
    cut = _cut(boxes, owner, windows, size)
    left = ~(cut & _whole_elsewhere(boxes, owner, windows, size))
    boxes, owner, cut = boxes[left], owner[left], cut[left]
    places = [np.flatnonzero(owner == number) for number in range(len(windows))]
    pairs: list[tuple[int, int]] = []
    for first, second, shared in _neighbours(windows):
        ours, theirs = (_clipped(boxes[places[number]], shared) for number in (first, second))
        overlaps = box_overlaps(ours, theirs, np.zeros(len(theirs))) * (ours[:, None, 4] == theirs[:, 4])
        pairs += [(places[first][row], places[second][column]) for row, column in _partners(overlaps)]
    joined = np.array([_one_box(boxes[group], cut[group]) for group in _groups(len(boxes), pairs)], np.float32)
    joined = joined.reshape(-1, 6)
    return joined[np.argsort(-joined[:, 5], kind="stable")]


def merge_probabilities(parts: Iterable[np.ndarray], tiles: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Averages probabilities of overlapping tiles, weighted by the distance from borders that cut the image.

    Args:
        parts: Probabilities of each tile, float32 (height, width, classes).
        tiles: Position of each tile in the image.
        size: (height, width) of the image in pixels.

    Returns:
        float32 (height, width, classes).
    """
    merged, total = np.zeros(0, np.float32), np.zeros((*size, 1), np.float32)
    for part, tile in zip(parts, tiles, strict=True):
        rows, columns = slice(tile.top, tile.bottom), slice(tile.left, tile.right)
        weight = np.minimum(_depth(tile, size), 1.0)[..., None] + 0.01
        merged = merged if merged.size else np.zeros((*size, part.shape[2]), np.float32)
        merged[rows, columns] += weight * part
        total[rows, columns] += weight
    return merged / total


def merge_classes(answers: Sequence[np.ndarray], windows: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Answers (height, width, ...) for the pixels of windows as one for an image of `size`.

    Each pixel is taken from the window in which it lies farthest from a border that cuts the image.
    """
    whole = np.zeros((*size, *answers[0].shape[2:]), answers[0].dtype)
    depth = np.full(size, -1.0, np.float32)
    for answer, window in zip(answers, windows, strict=True):
        rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
        own = _depth(window, size)
        better = own > depth[rows, columns]
        whole[rows, columns][better] = answer[better]
        depth[rows, columns][better] = own[better]
    return whole


def merge_objects(answers: Sequence[np.ndarray], windows: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Objects (height, width, 2), codes and confidences of windows, as those of an image of `size`."""
    if len(windows) == 1:
        return answers[0]
    found = [objects_in(answer[..., 0], answer[..., 1]) for answer in answers]
    first_of = np.cumsum([0, *(len(objects.codes) for objects in found)])
    owner = np.repeat(np.arange(len(found)), np.diff(first_of))
    local = [_extents(answer[..., 0], objects.codes) for answer, objects in zip(answers, found, strict=True)]
    boxes = np.concatenate([_shifted(some, window) for some, window in zip(local, windows, strict=True)])
    cut = _cut(boxes, owner, windows, size)
    kept = ~(cut & _whole_elsewhere(boxes, owner, windows, size))
    pairs: list[tuple[int, int]] = []
    for first, second, shared in _neighbours(windows):
        parts = [_within(answers[number], windows[number], shared) for number in (first, second)]
        told = [objects_in(part[..., 0]) for part in parts]
        overlaps = overlaps_of(parts[0][..., 0], told[0], parts[1][..., 0], told[1])
        ours, theirs = (
            first_of[number] + np.searchsorted(found[number].codes, objects.codes)
            for number, objects in zip((first, second), told, strict=True)
        )
        overlaps = overlaps * kept[ours][:, None] * kept[theirs]
        pairs += [(ours[row], theirs[column]) for row, column in _partners(overlaps)]
    groups = [group for group in _groups(len(boxes), pairs) if kept[group[0]]]
    whole = merge_classes(answers, windows, size)
    whole[..., 1][whole[..., 0] > 0] = 0
    whole[..., 0] = 0
    _paint(whole, groups, _Seen(answers, windows, found, first_of, owner, boxes, cut))
    return whole


class _Seen:
    """All objects of all windows, numbered through, and where to find their pixels."""

    def __init__(
        self,
        answers: Sequence[np.ndarray],
        windows: Sequence[Tile],
        found: Sequence[Objects],
        first_of: np.ndarray,
        owner: np.ndarray,
        boxes: np.ndarray,
        cut: np.ndarray,
    ) -> None:
        self._answers, self._windows, self._found, self._first_of = answers, windows, found, first_of
        self._owner, self._boxes, self.cut = owner, boxes, cut
        self.areas, self.scores, self.classes = (
            np.concatenate([getattr(objects, name) for objects in found]) for name in ("areas", "scores", "classes")
        )

    def pixels(self, index: int) -> tuple[tuple[slice, slice], np.ndarray]:
        """Where in the image an object's box stands, and which pixels in it are the object's."""
        number = int(self._owner[index])
        left, top, right, bottom = self._boxes[index].astype(int)
        window, code = self._windows[number], self._found[number].codes[index - self._first_of[number]]
        part = self._answers[number][top - window.top : bottom - window.top, left - window.left : right - window.left]
        return (slice(top, bottom), slice(left, right)), part[..., 0] == code


def _paint(whole: np.ndarray, groups: Sequence[Sequence[int]], seen: _Seen) -> None:
    """Objects into the image, smaller ones over larger ones, numbered densely."""
    chosen: list[list[int]] = []
    for group in groups:
        complete = [index for index in group if not seen.cut[index]]
        chosen.append([max(complete, key=lambda index: seen.scores[index])] if complete else list(group))
    chosen.sort(key=lambda group: -float(seen.areas[group].sum()))
    for number, group in enumerate(chosen, 1):
        largest = max(group, key=lambda index: seen.areas[index])
        score = float(np.average(seen.scores[group], weights=seen.areas[group]))
        for index in group:
            place, inside = seen.pixels(index)
            whole[place][inside] = number * 256 + int(seen.classes[largest]), round(255 * score)
    there, dense = np.unique(whole[..., 0], return_inverse=True)
    numbers = np.cumsum(there > 0) * 256 + there % 256
    whole[..., 0] = np.where(there > 0, numbers, 0)[dense].reshape(whole.shape[:2])


def _one_box(boxes: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """The best of what was seen whole, or else the box around all parts, with their best score."""
    if not cut.all():
        boxes = boxes[~cut]
        return boxes[boxes[:, 5].argmax()]
    around = boxes[boxes[:, 5].argmax()].copy()
    around[:2], around[2:4] = boxes[:, :2].min(0), boxes[:, 2:4].max(0)
    return around


def _cut(boxes: np.ndarray, owner: np.ndarray, windows: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """(k,) whether a box reaches an inner border of its own window."""
    clear = np.array([_clear(window, size) for window in windows]).reshape(-1, 4)[owner]
    return ~_contained(boxes, clear)


def _whole_elsewhere(
    boxes: np.ndarray, owner: np.ndarray, windows: Sequence[Tile], size: tuple[int, int]
) -> np.ndarray:
    """(k,) whether another window sees all of a box, clear of its own inner borders."""
    seen = np.zeros(len(boxes), bool)
    for number, window in enumerate(windows):
        seen |= _contained(boxes, np.array(_clear(window, size))) & (owner != number)
    return seen


def _contained(boxes: np.ndarray, around: np.ndarray) -> np.ndarray:
    inside = (boxes[:, :2] >= around[..., :2]) & (boxes[:, 2:4] <= around[..., 2:])
    return np.asarray(inside.all(1))


def _clear(window: Tile, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Where in the image an object is not cut by this window; nothing cuts at the image's own borders."""
    down, across = (max(1.0, MARGIN * side) for side in window.size)
    return (
        window.left + across if window.left > 0 else -np.inf,
        window.top + down if window.top > 0 else -np.inf,
        window.right - across if window.right < size[1] else np.inf,
        window.bottom - down if window.bottom < size[0] else np.inf,
    )


def _neighbours(windows: Sequence[Tile]) -> list[tuple[int, int, Tile]]:
    """Every two windows that share something, and what they share."""
    found: list[tuple[int, int, Tile]] = []
    for second, window in enumerate(windows):
        for first in range(second):
            shared = windows[first].intersection(window)
            if shared is not None:
                found.append((first, second, shared))
    return found


def _partners(overlaps: np.ndarray) -> list[tuple[int, int]]:
    """Rows and columns that agree, each at most once, the best first."""
    rows, columns = np.nonzero(overlaps >= AGREEMENT)
    found: list[tuple[int, int]] = []
    taken_rows, taken_columns = set[int](), set[int]()
    for place in np.argsort(-overlaps[rows, columns], kind="stable"):
        row, column = int(rows[place]), int(columns[place])
        if row not in taken_rows and column not in taken_columns:
            found.append((row, column))
            taken_rows.add(row)
            taken_columns.add(column)
    return found


def _groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """What belongs together when every pair does, in the order of the first of each."""
    leader = list(range(count))

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for first, second in pairs:
        low, high = sorted((lead(int(first)), lead(int(second))))
        leader[high] = low
    groups: dict[int, list[int]] = {}
    for index in range(count):
        groups.setdefault(lead(index), []).append(index)
    return list(groups.values())


def _shifted(boxes: np.ndarray, window: Tile) -> np.ndarray:
    moved = np.array(boxes)
    moved[:, :4] += np.array([window.left, window.top, window.left, window.top], moved.dtype)
    return moved


def _clipped(boxes: np.ndarray, window: Tile) -> np.ndarray:
    clipped = np.array(boxes)
    left, top, right, bottom = window.left, window.top, window.right, window.bottom
    clipped[:, :4] = boxes[:, :4].clip([left, top, left, top], [right, bottom, right, bottom])
    return clipped


def _within(answer: np.ndarray, window: Tile, part: Tile) -> np.ndarray:
    return answer[part.top - window.top : part.bottom - window.top, part.left - window.left : part.right - window.left]


def _depth(window: Tile, size: tuple[int, int]) -> np.ndarray:
    """How far each pixel of a window lies from those of its borders that cut the image, in shares of its sides."""
    height, width = window.size
    down = _from_ends(height, window.top > 0, window.bottom < size[0])
    across = _from_ends(width, window.left > 0, window.right < size[1])
    return np.minimum(down[:, None], across)


def _from_ends(length: int, first: bool, last: bool) -> np.ndarray:
    steps = (np.arange(length, dtype=np.float32) + 0.5) / length
    return np.minimum(steps if first else np.float32(2), 1 - steps if last else np.float32(2)) + 0 * steps


def _extents(codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(k, 4) boxes around the pixels of each of the known codes, which are sorted."""
    rows, columns = np.nonzero(codes)
    place = np.searchsorted(known, codes[rows, columns])
    boxes = np.tile(np.array([np.inf, np.inf, 0.0, 0.0]), (len(known), 1))
    for side, values in ((0, columns), (1, rows)):
        np.minimum.at(boxes[:, side], place, values)
        np.maximum.at(boxes[:, side + 2], place, values + 1)
    return boxes
