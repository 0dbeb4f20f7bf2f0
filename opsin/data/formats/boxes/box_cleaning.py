"""Correction of invalid boxes: swapped corners, outside of the image, without area, duplicates."""

from collections.abc import Callable, Iterable

import numpy as np

from ..scan import count, some
from .placing import ImageAnnotations

_CLIP_TOLERANCE = 0.5
"""Boxes that exceed the image by at most this many pixels are clipped without a note, because files round."""
_MIN_SIDE = 1e-3
"""Boxes thinner than this many pixels have no area."""
_LEAVES, _SOME_LEAVE = 0.02, 0.1
"""Share of the side by which a box leaves its image, and share of the boxes that do, when corners are suspected."""
_ALL, _ANY = np.logical_and.reduce, np.logical_or.reduce


def clean_boxes(
    boxes: np.ndarray, owner: np.ndarray, sizes: np.ndarray, name: Callable[[int], str]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Corrects swapped corners, clips boxes to the image, and removes boxes without area, outside, or duplicate.

    Args:
        boxes: (n, 7) of BOX_COLUMNS.
        owner: (n,) index into `sizes` of the image of each box.
        sizes: (m, 2) height and width of each image in pixels.
        name: Returns the name of a box in notes, from its index.

    Returns:
        The remaining boxes, float64 (k, 7); the index of their image (k,); notes on the corrections.
    """
    boxes = boxes.copy()
    notes: list[str] = []
    keep = _ALL(np.isfinite(boxes[:, :4]), axis=1)
    _note(notes, ~keep, "with non-finite corners left out", name)
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:4]), np.maximum(boxes[:, :2], boxes[:, 2:4])
    _note(notes, keep & _ANY(boxes[:, :2] > boxes[:, 2:4], axis=1), "with swapped corners corrected", name)
    empty = keep & _ANY(high - low < _MIN_SIDE, axis=1)
    _note(notes, empty, "without area left out", name)
    keep &= ~empty
    limits = sizes[owner][:, ::-1]
    outside = keep & _ANY((high <= 0) | (low >= limits), axis=1)
    _note(notes, outside, "outside of the image left out", name)
    keep &= ~outside
    clipped = np.maximum(low, 0), np.minimum(high, limits)
    with np.errstate(invalid="ignore"):
        exceeding = keep & _ANY((clipped[0] - low > _CLIP_TOLERANCE) | (high - clipped[1] > _CLIP_TOLERANCE), axis=1)
    _note(notes, exceeding, "clipped to the image", name)
    boxes[:, :4] = np.concatenate(clipped, axis=1)
    duplicates = _duplicates(np.concatenate([owner[:, None], boxes[:, [4, 5]], boxes[:, :4].round(2)], axis=1), keep)
    _note(notes, duplicates, "duplicated, left out", name)
    keep &= ~duplicates
    return boxes[keep], owner[keep], notes


def corners_note(images: Iterable[ImageAnnotations], written: str, centred: bool) -> list[str]:
    """Returns a note when boxes leave their images, but would not if their four numbers were two corners.

    Args:
        images: Annotations as read; those in pixels count where the file gives the size of the image.
        written: The four numbers as the format has them, for the note.
        centred: True when the first two are the centre of the box, False when they are its first corner.
    """
    known = [image for image in images if len(image.boxes) and (image.relative or image.size is not None)]
    if not known:
        return []
    boxes = np.concatenate([image.boxes[:, :4] for image in known])
    limits = [(1, 1) if image.relative or image.size is None else image.size[::-1] for image in known]
    limit = np.repeat(np.array(limits, float), [len(image.boxes) for image in known], axis=0)
    low, high = boxes[:, :2], boxes[:, 2:]
    first, second = (low + high) / 2 if centred else low, high - low
    leaving = _ANY((low < -_LEAVES * limit) | (high > (1 + _LEAVES) * limit), axis=1)
    if leaving.sum() < max(2, _SOME_LEAVE * len(boxes)):
        return []
    if not ((second > first) & (second <= (1 + _LEAVES) * limit)).all():
        return []
    return [
        f"{leaving.sum()} of {count(len(boxes), 'box')} leave the image, and all fit as two corners (x1, y1, x2, y2): "
        f"read as {written}, as the format says. Fix: correct the file if they are corners"
    ]


def _note(notes: list[str], selected: np.ndarray, action: str, name: Callable[[int], str]) -> None:
    indices = np.flatnonzero(selected)
    if len(indices):
        notes.append(f"{count(indices, 'box')} {action}: {some([name(int(index)) for index in indices])}")


def _duplicates(rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Returns True for the rows that repeat an earlier row, both with `among` true."""
    repeated = np.zeros(len(rows), np.bool_)
    indices = np.flatnonzero(among)
    if len(indices):
        _, first = np.unique(rows[indices], axis=0, return_index=True)
        repeated[indices] = True
        repeated[indices[first]] = False
    return repeated
