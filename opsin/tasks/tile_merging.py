"""Merges predictions of overlapping tiles into one prediction for the image, in which each object occurs once.

An object that is cut by an inner border of a tile is taken from a tile that contains it whole. If none does, because
the object is larger than the overlap of tiles, its parts are merged where they match in the overlap.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from opsin.geometry.tiles import Tile
from opsin.metrics.instances import Objects, objects_in, overlaps_of
from opsin.metrics.matching import box_overlaps

MARGIN = 0.02
"""An object within this share of a tile's side from an inner border counts as cut."""
MIN_IOU = 0.5
"""Minimum IoU, in the overlap of two tiles, of two predictions of the same object."""


def merge_boxes(predictions: Sequence[np.ndarray], tiles: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Merges the boxes of overlapping tiles.

    Args:
        predictions: (k, 6) of each tile: xmin, ymin, xmax, ymax in pixels of the tile, class, score.
        tiles: Position of each tile in the image.
        size: (height, width) of the image in pixels.

    Returns:
        float32 (k, 6) in pixels of the image, by descending score.
    """
    if len(tiles) == 1:
        return predictions[0]
    moved = [_to_image(boxes, tile) for boxes, tile in zip(predictions, tiles, strict=True)]
    boxes, owner = np.concatenate(moved), np.repeat(np.arange(len(moved)), [len(part) for part in moved])
    cut = _is_cut(boxes, owner, tiles, size)
    kept = ~(cut & _whole_in_another_tile(boxes, owner, tiles, size))
    boxes, owner, cut = boxes[kept], owner[kept], cut[kept]
    rows_of = [np.flatnonzero(owner == number) for number in range(len(tiles))]
    pairs: list[tuple[int, int]] = []
    for first, second, shared in _overlapping_pairs(tiles):
        first_boxes, second_boxes = (_clipped(boxes[rows_of[number]], shared) for number in (first, second))
        overlaps = box_overlaps(first_boxes, second_boxes, np.zeros(len(second_boxes)))
        overlaps = overlaps * (first_boxes[:, None, 4] == second_boxes[:, 4])
        pairs += [(rows_of[first][row], rows_of[second][column]) for row, column in _match_pairs(overlaps)]
    merged = np.array(
        [_merge_box(boxes[group], cut[group]) for group in _connected_groups(len(boxes), pairs)], np.float32
    )
    merged = merged.reshape(-1, 6)
    return merged[np.argsort(-merged[:, 5], kind="stable")]


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
        weight = np.minimum(_border_distance(tile, size), 1.0)[..., None] + 0.01
        merged = merged if merged.size else np.zeros((*size, part.shape[2]), np.float32)
        merged[rows, columns] += weight * part
        total[rows, columns] += weight
    return merged / total


def merge_classes(predictions: Sequence[np.ndarray], tiles: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Takes each pixel from the tile in which it is farthest from a border that cuts the image.

    Args:
        predictions: (height, width, ...) of each tile.
        tiles: Position of each tile in the image.
        size: (height, width) of the image in pixels.

    Returns:
        (height, width, ...).
    """
    whole = np.zeros((*size, *predictions[0].shape[2:]), predictions[0].dtype)
    distance = np.full(size, -1.0, np.float32)
    for prediction, tile in zip(predictions, tiles, strict=True):
        rows, columns = slice(tile.top, tile.bottom), slice(tile.left, tile.right)
        own = _border_distance(tile, size)
        better = own > distance[rows, columns]
        whole[rows, columns][better] = prediction[better]
        distance[rows, columns][better] = own[better]
    return whole


def merge_objects(predictions: Sequence[np.ndarray], tiles: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Merges the objects of overlapping tiles.

    Args:
        predictions: int32 (height, width, 2) of each tile: instance codes and confidences.
        tiles: Position of each tile in the image.
        size: (height, width) of the image in pixels.

    Returns:
        int32 (height, width, 2).
    """
    if len(tiles) == 1:
        return predictions[0]
    found = [objects_in(prediction[..., 0], prediction[..., 1]) for prediction in predictions]
    first_of = np.cumsum([0, *(len(objects.codes) for objects in found)])
    owner = np.repeat(np.arange(len(found)), np.diff(first_of))
    local = [
        _code_boxes(prediction[..., 0], objects.codes) for prediction, objects in zip(predictions, found, strict=True)
    ]
    boxes = np.concatenate([_to_image(part, tile) for part, tile in zip(local, tiles, strict=True)])
    cut = _is_cut(boxes, owner, tiles, size)
    kept = ~(cut & _whole_in_another_tile(boxes, owner, tiles, size))
    pairs: list[tuple[int, int]] = []
    for first, second, shared in _overlapping_pairs(tiles):
        parts = [_crop(predictions[number], tiles[number], shared) for number in (first, second)]
        in_overlap = [objects_in(part[..., 0]) for part in parts]
        overlaps = overlaps_of(parts[0][..., 0], in_overlap[0], parts[1][..., 0], in_overlap[1])
        first_rows, second_rows = (
            first_of[number] + np.searchsorted(found[number].codes, objects.codes)
            for number, objects in zip((first, second), in_overlap, strict=True)
        )
        overlaps = overlaps * kept[first_rows][:, None] * kept[second_rows]
        pairs += [(first_rows[row], second_rows[column]) for row, column in _match_pairs(overlaps)]
    groups = [group for group in _connected_groups(len(boxes), pairs) if kept[group[0]]]
    whole = merge_classes(predictions, tiles, size)
    whole[..., 1][whole[..., 0] > 0] = 0
    whole[..., 0] = 0
    _write_objects(whole, groups, _TileObjects(predictions, tiles, found, first_of, owner, boxes, cut))
    return whole


class _TileObjects:
    """Objects of all tiles, with one index over all tiles, and their pixels."""

    def __init__(
        self,
        predictions: Sequence[np.ndarray],
        tiles: Sequence[Tile],
        found: Sequence[Objects],
        first_of: np.ndarray,
        owner: np.ndarray,
        boxes: np.ndarray,
        cut: np.ndarray,
    ) -> None:
        self._predictions, self._tiles, self._found, self._first_of = predictions, tiles, found, first_of
        self._owner, self._boxes, self.cut = owner, boxes, cut
        self.areas, self.scores, self.classes = (
            np.concatenate([getattr(objects, name) for objects in found]) for name in ("areas", "scores", "classes")
        )

    def pixels(self, index: int) -> tuple[tuple[slice, slice], np.ndarray]:
        """Returns the slices of an object's box in the image, and the object's mask in the box."""
        number = int(self._owner[index])
        left, top, right, bottom = self._boxes[index].astype(int)
        tile, code = self._tiles[number], self._found[number].codes[index - self._first_of[number]]
        part = self._predictions[number][top - tile.top : bottom - tile.top, left - tile.left : right - tile.left]
        return (slice(top, bottom), slice(left, right)), part[..., 0] == code


def _write_objects(whole: np.ndarray, groups: Sequence[Sequence[int]], objects: _TileObjects) -> None:
    """Writes the objects into the image, smaller over larger ones, numbered from 1 without gaps."""
    chosen: list[list[int]] = []
    for group in groups:
        complete = [index for index in group if not objects.cut[index]]
        chosen.append([max(complete, key=lambda index: objects.scores[index])] if complete else list(group))
    chosen.sort(key=lambda group: -float(objects.areas[group].sum()))
    for number, group in enumerate(chosen, 1):
        largest = max(group, key=lambda index: objects.areas[index])
        score = float(np.average(objects.scores[group], weights=objects.areas[group]))
        for index in group:
            box, mask = objects.pixels(index)
            whole[box][mask] = number * 256 + int(objects.classes[largest]), round(255 * score)
    codes, dense = np.unique(whole[..., 0], return_inverse=True)
    numbers = np.cumsum(codes > 0) * 256 + codes % 256
    whole[..., 0] = np.where(codes > 0, numbers, 0)[dense].reshape(whole.shape[:2])


def _merge_box(boxes: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Returns the uncut box with the highest score, or the box around all parts with their highest score."""
    if not cut.all():
        boxes = boxes[~cut]
        return boxes[boxes[:, 5].argmax()]
    around = boxes[boxes[:, 5].argmax()].copy()
    around[:2], around[2:4] = boxes[:, :2].min(0), boxes[:, 2:4].max(0)
    return around


def _is_cut(boxes: np.ndarray, owner: np.ndarray, tiles: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
    """Returns booleans (k,), true for boxes at an inner border of their tile."""
    uncut = np.array([_uncut_area(tile, size) for tile in tiles]).reshape(-1, 4)[owner]
    return ~_is_inside(boxes, uncut)


def _whole_in_another_tile(
    boxes: np.ndarray, owner: np.ndarray, tiles: Sequence[Tile], size: tuple[int, int]
) -> np.ndarray:
    """Returns booleans (k,), true for boxes inside another tile, apart from its inner borders."""
    whole = np.zeros(len(boxes), bool)
    for number, tile in enumerate(tiles):
        whole |= _is_inside(boxes, np.array(_uncut_area(tile, size))) & (owner != number)
    return whole


def _is_inside(boxes: np.ndarray, around: np.ndarray) -> np.ndarray:
    inside = (boxes[:, :2] >= around[..., :2]) & (boxes[:, 2:4] <= around[..., 2:])
    return np.asarray(inside.all(1))


def _uncut_area(tile: Tile, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Returns left, top, right, bottom of the area in which this tile cuts no object; image borders cut none."""
    rows, columns = (max(1.0, MARGIN * side) for side in tile.size)
    return (
        tile.left + columns if tile.left > 0 else -np.inf,
        tile.top + rows if tile.top > 0 else -np.inf,
        tile.right - columns if tile.right < size[1] else np.inf,
        tile.bottom - rows if tile.bottom < size[0] else np.inf,
    )


def _overlapping_pairs(tiles: Sequence[Tile]) -> list[tuple[int, int, Tile]]:
    """Returns the indices of each two overlapping tiles, and their intersection."""
    found: list[tuple[int, int, Tile]] = []
    for second, tile in enumerate(tiles):
        for first in range(second):
            shared = tiles[first].intersection(tile)
            if shared is not None:
                found.append((first, second, shared))
    return found


def _match_pairs(overlaps: np.ndarray) -> list[tuple[int, int]]:
    """Matches rows with columns greedily by descending IoU, each at most once."""
    rows, columns = np.nonzero(overlaps >= MIN_IOU)
    found: list[tuple[int, int]] = []
    taken_rows, taken_columns = set[int](), set[int]()
    for index in np.argsort(-overlaps[rows, columns], kind="stable"):
        row, column = int(rows[index]), int(columns[index])
        if row not in taken_rows and column not in taken_columns:
            found.append((row, column))
            taken_rows.add(row)
            taken_columns.add(column)
    return found


def _connected_groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Returns the connected components of `count` nodes by these edges, ordered by their first node (union-find)."""
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


def _to_image(boxes: np.ndarray, tile: Tile) -> np.ndarray:
    moved = np.array(boxes)
    moved[:, :4] += np.array([tile.left, tile.top, tile.left, tile.top], moved.dtype)
    return moved


def _clipped(boxes: np.ndarray, tile: Tile) -> np.ndarray:
    clipped = np.array(boxes)
    left, top, right, bottom = tile.left, tile.top, tile.right, tile.bottom
    clipped[:, :4] = boxes[:, :4].clip([left, top, left, top], [right, bottom, right, bottom])
    return clipped


def _crop(prediction: np.ndarray, tile: Tile, part: Tile) -> np.ndarray:
    return prediction[part.top - tile.top : part.bottom - tile.top, part.left - tile.left : part.right - tile.left]


def _border_distance(tile: Tile, size: tuple[int, int]) -> np.ndarray:
    """Returns the distance of each pixel to the inner borders of a tile, in shares of its sides."""
    height, width = tile.size
    down = _distance_to_ends(height, tile.top > 0, tile.bottom < size[0])
    across = _distance_to_ends(width, tile.left > 0, tile.right < size[1])
    return np.minimum(down[:, None], across)


def _distance_to_ends(length: int, first: bool, last: bool) -> np.ndarray:
    steps = (np.arange(length, dtype=np.float32) + 0.5) / length
    return np.minimum(steps if first else np.float32(2), 1 - steps if last else np.float32(2)) + 0 * steps


def _code_boxes(codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Returns boxes (k, 4) around the pixels of each of the known codes, which are sorted."""
    rows, columns = np.nonzero(codes)
    index = np.searchsorted(known, codes[rows, columns])
    boxes = np.tile(np.array([np.inf, np.inf, 0.0, 0.0]), (len(known), 1))
    for side, values in ((0, columns), (1, rows)):
        np.minimum.at(boxes[:, side], index, values)
        np.maximum.at(boxes[:, side + 2], index, values + 1)
    return boxes
