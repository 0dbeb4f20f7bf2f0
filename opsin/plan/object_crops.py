"""Crops of objects by their bounding boxes."""

from collections.abc import Sequence

import numpy as np

from opsin.core import numpy_generator
from opsin.data import letterbox
from opsin.geometry import IGNORED

MOST_OBJECTS = 500
"""Most objects of the probes."""
SIDE = 96
"""Height and width of a crop, in pixels."""
BACKGROUND = -1
"""Class of crops without an object."""
_LEAST_PIXELS = 16
_TRIES = 5
_OVERLAP = 0.1


def crop_objects(pixels: np.ndarray, rows: np.ndarray, boxes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Returns crops of at most 500 random objects and as many of the background, and their classes.

    A crop of the background has the size of an object in the same image, and overlaps no object by more than a tenth.

    Args:
        pixels: Images, uint8 (m, height, width, channels).
        rows: Indices of the images with boxes, int64 (n,).
        boxes: Bounding boxes of each row, (k, 7) in the columns of a table and in pixels of `pixels[row]`. Crowds and
            boxes without a pixel are skipped.

    Returns:
        Crops, uint8 (crops, 96, 96, channels), and classes, int64 (crops,), -1 for the background.

    Examples:
        >>> crop_objects(np.zeros((1, 8, 8, 3), np.uint8), np.array([0]), [np.array([[1, 1, 8, 8, 2, 0, 49.0]])])[1]
        array([2])
    """
    generator = numpy_generator(0, "cutouts")
    found = [(index, box) for index, own in enumerate(boxes) for box in own if not box[5]]
    chosen = np.sort(generator.permutation(len(found))[:MOST_OBJECTS])
    pieces, classes = list[np.ndarray](), list[int]()
    limit = (pixels.shape[2], pixels.shape[1]) * 2
    for index, box in (found[number] for number in chosen):
        corners = np.clip(np.round(box[:4]), 0, limit).astype(int)
        if (corners[2:] > corners[:2]).all():
            empty = _empty_place(corners, boxes[index], limit, generator)
            for place, name in ((corners, int(box[4])), (empty, BACKGROUND)):
                if place is not None:
                    left, top, right, bottom = place.tolist()
                    cut = pixels[rows[index], top:bottom, left:right]
                    pieces.append(letterbox(cut, (SIDE, SIDE, pixels.shape[3])))
                    classes.append(name)
    return np.array(pieces, np.uint8).reshape(-1, SIDE, SIDE, pixels.shape[3]), np.array(classes, np.int64)


def _empty_place(
    corners: np.ndarray, boxes: np.ndarray, limit: tuple[int, ...], generator: np.random.Generator
) -> np.ndarray | None:
    """Returns the corners of a random place of the same size that overlaps no box; None where none was found."""
    size = corners[2:] - corners[:2]
    for _ in range(_TRIES):
        start = generator.integers(0, np.array(limit[:2]) - size + 1)
        place = np.concatenate([start, start + size])
        common = np.minimum(place[2:], boxes[:, 2:4]) - np.maximum(place[:2], boxes[:, :2])
        areas = np.minimum(size.prod(), (boxes[:, 2:4] - boxes[:, :2]).prod(1)).clip(1)
        if (common.clip(0).prod(1) <= _OVERLAP * areas).all():
            return place
    return None


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
