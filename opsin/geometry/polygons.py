"""Which pixels lie within a polygon, decided as the COCO tools decide it."""

from collections.abc import Iterable, Sequence

import numpy as np

from opsin.core import DataError

_FINE = 5.0
"""Corners are rounded to a fifth of a pixel, and edges walked in such steps."""
_FAR = 8
"""Corners further away than so many times the image's side, and 1,000 pixels, are moved to there."""
_MOST_STEPS = 2_000_000
MAX_POINTS = 1_000_000
"""A polygon with more corners is refused."""


def polygon_mask(polygons: Iterable[np.ndarray | Sequence[Sequence[float]]], height: int, width: int) -> np.ndarray:
    """The pixels within any of the polygons, each (m, 2) of x and y: bool (height, width).

    As `frPyObjects` and `decode` of pycocotools, pixel for pixel; fewer than three corners hold none. Raises
    DataError for corners that are no numbers.

    >>> polygon_mask([[(1, 1), (3, 1), (3, 2), (1, 2)]], 3, 4).astype(int).tolist()
    [[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    inside = np.zeros((width, height), np.bool_)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64)
        if points.ndim != 2 or points.shape[1:] != (2,) or not np.isfinite(points).all():
            raise DataError("has an outline with corners that are no numbers; expected pairs of x and y")
        if len(points) > MAX_POINTS:
            raise DataError(f"has an outline of {len(points):,} corners; expected at most {MAX_POINTS:,}")
        if len(points) >= 3 and height and width:
            far = np.array([width, height], np.float64) * _FAR + 1000
            _fill(inside, points.clip(-far, far))
    return inside.T


def _fill(inside: np.ndarray, points: np.ndarray) -> None:
    """Adds one polygon to `inside`, bool (width, height)."""
    width, height = inside.shape
    corners = (_FINE * points + 0.5).astype(np.int64)
    corners = np.concatenate([corners, corners[:1]])
    steps = np.abs(np.diff(corners, axis=0)).max(1) + 1
    last: np.ndarray | None = None
    turns: list[np.ndarray] = []
    edge = 0
    while edge < len(steps):
        many = max(1, int(np.searchsorted(np.cumsum(steps[edge:]), _MOST_STEPS, "right")))
        walked = _walk(corners[edge : edge + many + 1], steps[edge : edge + many])
        turns.append(_crossings(walked if last is None else np.concatenate([last, walked], axis=1), height, width))
        last = walked[:, -1:]
        edge += many
    places = np.concatenate(turns)
    if not len(places):
        return
    first, end = int(places.min()) // height, min(width, -(-int(places.max()) // height))
    flips = np.bincount(places - first * height, minlength=(end - first) * height + 1)
    within = (np.cumsum(flips) & 1).astype(np.bool_)[: (end - first) * height]
    inside[first:end] |= within.reshape(end - first, height)


def _walk(corners: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Every fine point along the edges between corners: (2, points), x and y."""
    start, way = corners[:-1], np.diff(corners, axis=0)
    flat = np.abs(way[:, 0]) >= np.abs(way[:, 1])  # walked along x, else along y
    along = np.where(flat, way[:, 0], way[:, 1])
    back = along < 0  # always reckoned from the lower end, so that both directions give the same points
    low = np.where(back[:, None], start + way, start)
    rise = np.where(flat, way[:, 1], way[:, 0]) * np.where(back, -1, 1)
    slope = rise / np.maximum(np.abs(along), 1)
    edge = np.repeat(np.arange(len(steps)), steps)
    done = np.arange(len(edge)) - np.repeat(np.cumsum(steps) - steps, steps)
    done = np.where(back[edge], np.abs(along)[edge] - done, done)
    flat = flat[edge]
    straight = done + np.where(flat, low[edge, 0], low[edge, 1])
    other = (np.where(flat, low[edge, 1], low[edge, 0]) + slope[edge] * done + 0.5).astype(np.int64)
    return np.stack([np.where(flat, straight, other), np.where(flat, other, straight)])


def _crossings(walked: np.ndarray, height: int, width: int) -> np.ndarray:
    """Where, counted down the columns, the inside begins or ends: at each crossing of the middle of a column."""
    (x, y), (x_before, y_before) = walked[:, 1:], walked[:, :-1]
    column = (np.where(x < x_before, x, x - 1) + 0.5) / _FINE - 0.5
    hit = (x != x_before) & (np.floor(column) == column) & (column >= 0) & (column <= width - 1)
    row = (np.minimum(y, y_before)[hit] + 0.5) / _FINE - 0.5
    return column[hit].astype(np.int64) * height + np.ceil(row.clip(0, height)).astype(np.int64)
