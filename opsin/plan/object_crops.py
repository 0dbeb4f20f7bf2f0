"""Objects cut out of their images by their boxes."""

from collections.abc import Sequence

import numpy as np

from opsin.core import numpy_generator
from opsin.data import letterbox
from opsin.geometry import IGNORED

_MOST = 4000
_SIDE = 32
_LEAST_PIXELS = 16


def crop_objects(pixels: np.ndarray, rows: np.ndarray, boxes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """At most 4,000 objects by chance, uint8 (n, 32, 32, channels), and their classes (n,).

    `boxes` are one (k, 7) a row as a table has them, in pixels of `pixels[row]`; crowds are left out, and so is what
    covers no pixel.

    >>> crop_objects(np.zeros((1, 8, 8, 3), np.uint8), np.array([0]), [np.array([[1, 1, 5, 5, 2, 0, 16.0]])])[1]
    array([2])
    """
    found = [(row, box) for row, own in zip(rows, boxes, strict=True) for box in own if not box[5]]
    chosen = np.sort(numpy_generator(0, "cutouts").permutation(len(found))[:_MOST])
    pieces, classes = list[np.ndarray](), list[int]()
    limit = (pixels.shape[2], pixels.shape[1]) * 2
    for row, box in (found[number] for number in chosen):
        left, top, right, bottom = (int(x) for x in np.clip(np.round(box[:4]), 0, limit))
        if right > left and bottom > top:
            pieces.append(letterbox(pixels[row, top:bottom, left:right], (_SIDE, _SIDE, pixels.shape[3])))
            classes.append(int(box[4]))
    return np.array(pieces, np.uint8).reshape(-1, _SIDE, _SIDE, pixels.shape[3]), np.array(classes, np.int64)


def boxes_from_masks(masks: np.ndarray) -> list[np.ndarray]:
    """Boxes (k, 7) of each of some masks (n, height, width): around a class, or around each object of int32 instances.

    What spans more than half of the image, as a background does, or less than 16 pixels is left out.

    >>> mask = np.zeros((1, 9, 9), np.uint8)
    >>> mask[0, 2:6, 1:5] = 3
    >>> boxes_from_masks(mask)[0].tolist()
    [[1.0, 2.0, 5.0, 6.0, 3.0, 0.0, 16.0]]
    """
    objects = masks.dtype != np.uint8
    return [_boxes_around(mask, objects) for mask in masks]


def _boxes_around(mask: np.ndarray, objects: bool) -> np.ndarray:
    boxes: list[list[float]] = []
    for value in np.unique(mask).tolist():
        if value == (0 if objects else IGNORED):
            continue
        here = mask == value
        high, wide = np.flatnonzero(here.any(1)), np.flatnonzero(here.any(0))
        top, bottom, left, right = int(high[0]), int(high[-1]) + 1, int(wide[0]), int(wide[-1]) + 1
        area = (bottom - top) * (right - left)
        if _LEAST_PIXELS <= area <= mask.size / 2:
            boxes.append([left, top, right, bottom, value % 256, 0, area])
    return np.array(boxes, np.float32).reshape(-1, 7)
