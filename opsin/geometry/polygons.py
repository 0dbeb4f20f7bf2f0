"""Polygons drawn as masks, pixel for pixel as pycocotools draws them."""

from collections.abc import Iterable, Sequence

import numpy as np

from opsin.core import DataError

_STEPS_PER_PIXEL = 5.0
"""Steps in a pixel: corners are rounded to them, and edges are sampled at them."""
_CLIP_FACTOR = 8
"""Corners are clipped to this multiple of the image's side plus 1,000 pixels."""
_MOST_STEPS = 2_000_000
MAX_POINTS = 1_000_000
"""Limit of the corners of one polygon."""


def polygon_mask(polygons: Iterable[np.ndarray | Sequence[Sequence[float]]], height: int, width: int) -> np.ndarray:
    """Draws the union of polygons as a mask, as `frPyObjects` and `decode` of pycocotools do.

    Args:
        polygons: The corners of each polygon, (m, 2) of x and y in pixels; fewer than three corners cover no pixel.
        height: Height of the mask in pixels.
        width: Width of the mask in pixels.

    Returns:
        Bool (height, width), true inside.

    Raises:
        DataError: A corner is not a pair of finite numbers, or a polygon has more than MAX_POINTS corners.

    Examples:
        >>> polygon_mask([[(1, 1), (3, 1), (3, 2), (1, 2)]], 3, 4).astype(int).tolist()
        [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    inside = np.zeros((width, height), np.bool_)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64)
        if points.ndim != 2 or points.shape[1:] != (2,) or not np.isfinite(points).all():
            raise DataError("has an outline with corners that are not numbers. Expected pairs of x and y.")
        if len(points) > MAX_POINTS:
            raise DataError(f"has an outline of {len(points):,} corners. Expected at most {MAX_POINTS:,}.")
        if len(points) >= 3 and height and width:
            far = np.array([width, height], np.float64) * _CLIP_FACTOR + 1000
            _fill(inside, points.clip(-far, far))
    return inside.T


def _fill(inside: np.ndarray, points: np.ndarray) -> None:
    """Adds one polygon to `inside`, bool (width, height)."""
    width, height = inside.shape
    corners = (_STEPS_PER_PIXEL * points + 0.5).astype(np.int64)
    corners = np.concatenate([corners, corners[:1]])
    steps = np.abs(np.diff(corners, axis=0)).max(1) + 1
    last: np.ndarray | None = None
    crossings: list[np.ndarray] = []
    edge = 0
    while edge < len(steps):
        count = max(1, int(np.searchsorted(np.cumsum(steps[edge:]), _MOST_STEPS, "right")))
        samples = _sample_edges(corners[edge : edge + count + 1], steps[edge : edge + count])
        crossings.append(
            _crossings(samples if last is None else np.concatenate([last, samples], axis=1), height, width)
        )
        last = samples[:, -1:]
        edge += count
    positions = np.concatenate(crossings)
    if not len(positions):
        return
    first, end = int(positions.min()) // height, min(width, -(-int(positions.max()) // height))
    flips = np.bincount(positions - first * height, minlength=(end - first) * height + 1)
    within = (np.cumsum(flips) & 1).astype(np.bool_)[: (end - first) * height]
    inside[first:end] |= within.reshape(end - first, height)


def _sample_edges(corners: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Returns the sample points along the edges between corners: (2, points) of x and y."""
    start, step = corners[:-1], np.diff(corners, axis=0)
    flat = np.abs(step[:, 0]) >= np.abs(step[:, 1])  # sampled along x, else along y
    along = np.where(flat, step[:, 0], step[:, 1])
    back = along < 0  # computed from the lower end, so that both directions give the same points
    low = np.where(back[:, None], start + step, start)
    rise = np.where(flat, step[:, 1], step[:, 0]) * np.where(back, -1, 1)
    slope = rise / np.maximum(np.abs(along), 1)
    edge = np.repeat(np.arange(len(steps)), steps)
    done = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
    done = np.where(back[edge], np.abs(along)[edge] - done, done)
    flat = flat[edge]
    straight = done + np.where(flat, low[edge, 0], low[edge, 1])
    other = (np.where(flat, low[edge, 1], low[edge, 0]) + slope[edge] * done + 0.5).astype(np.int64)
    return np.stack([np.where(flat, straight, other), np.where(flat, other, straight)])


def _crossings(samples: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns the column-major indices of the crossings of column centres, where the inside begins or ends."""
    (x, y), (x_before, y_before) = samples[:, 1:], samples[:, :-1]
    column = (np.where(x < x_before, x, x - 1) + 0.5) / _STEPS_PER_PIXEL - 0.5
    hit = (x != x_before) & (np.floor(column) == column) & (column >= 0) & (column <= width - 1)
    row = (np.minimum(y, y_before)[hit] + 0.5) / _STEPS_PER_PIXEL - 0.5
    return column[hit].astype(np.int64) * height + np.ceil(row.clip(0, height)).astype(np.int64)
