"""Crops of objects by their bounding boxes."""

from collections.abc import Sequence

import numpy as np

from opsin.core import numpy_generator
from opsin.data import letterbox
from opsin.geometry import IGNORED

_MOST = 4000
_SIDE = 32
_LEAST_PIXELS = 16


def crop_objects(pixels: np.ndarray, rows: np.ndarray, boxes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Returns crops of at most 4,000 random objects, and their classes.

    Args:
        pixels: Images, uint8 (m, height, width, channels).
        rows: Indices of the images with boxes, int64 (n,).
        boxes: Bounding boxes of each row, (k, 7) in the columns of a table and in pixels of `pixels[row]`. Crowds and
            boxes without a pixel are skipped.

    Returns:
        Crops, uint8 (objects, 32, 32, channels), and classes, int64 (objects,).

    Examples:
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
    """Returns the bounding boxes of the classes or objects in masks.

    Boxes of more than half of the image, such as those of a background, and of fewer than 16 pixels are skipped.

    Args:
        masks: Masks (n, height, width): uint8 classes, or int32 instances.

    Returns:
        One float32 array (k, 7) a mask, in the columns of a table.

    Examples:
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
