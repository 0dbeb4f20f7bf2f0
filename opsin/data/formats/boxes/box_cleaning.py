"""Boxes that cannot be as they stand: swapped, out of the image, without area, or there twice."""

from collections.abc import Callable

import numpy as np

from ..scan import count, some

_TOUCH = 0.5
"""Corners that stand out by so little, in pixels, are cut without a word: files round."""
_LEAST = 1e-3
"""A thinner box, in pixels, has no area."""
_ALL, _ANY = np.logical_and.reduce, np.logical_or.reduce


def clean_boxes(
    boxes: np.ndarray, owner: np.ndarray, sizes: np.ndarray, name: Callable[[int], str]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Boxes that can be learned, float64 (k, 7) of BOX_COLUMNS, whose images they are, and what was done, in words.

    `owner` (n,) says to which row of `sizes` (m, 2), the images' heights and widths, each of `boxes` (n, 7) belongs;
    `name` is what a box, by its place, is called in the notes. Swapped corners are put right, boxes are cut at the
    border, and those without area, beside the image, or the same as another of their class are left out.
    """
    boxes = boxes.copy()
    notes: list[str] = []
    keep = _ALL(np.isfinite(boxes[:, :4]), axis=1)
    _say(notes, ~keep, "with corners that are no numbers left out", name)
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:4]), np.maximum(boxes[:, :2], boxes[:, 2:4])
    _say(notes, keep & _ANY(boxes[:, :2] > boxes[:, 2:4], axis=1), "with swapped corners put right", name)
    empty = keep & _ANY(high - low < _LEAST, axis=1)
    _say(notes, empty, "without area left out", name)
    keep &= ~empty
    far = sizes[owner][:, ::-1]
    beside = keep & _ANY((high <= 0) | (low >= far), axis=1)
    _say(notes, beside, "beside the image left out", name)
    keep &= ~beside
    cut = np.maximum(low, 0), np.minimum(high, far)
    with np.errstate(invalid="ignore"):
        out = keep & _ANY((cut[0] - low > _TOUCH) | (high - cut[1] > _TOUCH), axis=1)
    _say(notes, out, "cut at the image's border", name)
    boxes[:, :4] = np.concatenate(cut, axis=1)
    twice = _twice(np.concatenate([owner[:, None], boxes[:, [4, 5]], boxes[:, :4].round(2)], axis=1), keep)
    _say(notes, twice, "there twice left out once", name)
    keep &= ~twice
    return boxes[keep], owner[keep], notes


def _say(notes: list[str], which: np.ndarray, what: str, name: Callable[[int], str]) -> None:
    places = np.flatnonzero(which)
    if len(places):
        notes.append(f"{count(places, 'box')} {what}: {some([name(int(place)) for place in places])}")


def _twice(rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Which rows, of those that `among` is true for, stand there before."""
    again = np.zeros(len(rows), np.bool_)
    places = np.flatnonzero(among)
    if len(places):
        _, first = np.unique(rows[places], axis=0, return_index=True)
        again[places] = True
        again[places[first]] = False
    return again
