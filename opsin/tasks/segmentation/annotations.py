"""Masks as objects for annotation files: their boxes, areas, scores and pixels."""

from collections.abc import Sequence

import numpy as np

from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.metrics.instances import objects_in


def annotate_objects(id: str, codes: np.ndarray, confidence: np.ndarray) -> AnnotatedImage:
    """Returns the objects of an instance mask.

    Args:
        id: Identifier of the image.
        codes: 256 * object number + class, 0 for the background, (height, width).
        confidence: Confidence of each pixel's object, 0 to 255, (height, width).
    """
    objects = objects_in(codes, confidence)
    masks = tuple(codes == code for code in objects.codes)
    return _annotated(id, codes.shape, objects.classes, objects.scores, masks)


def annotate_classes(id: str, classes: np.ndarray, confidence: np.ndarray, things: range) -> AnnotatedImage:
    """Returns one object per class with pixels in a class mask.

    Args:
        id: Identifier of the image.
        classes: Class of each pixel, (height, width).
        confidence: Confidence of each pixel, 0 to 255, (height, width).
        things: Classes to return; class indices of the result count from the first of them.
    """
    present = [index for index in things if (classes == index).any()]
    masks = tuple(classes == index for index in present)
    scores = np.array([confidence[mask].mean() / 255 for mask in masks])
    return _annotated(id, classes.shape, np.array(present, int) - things.start, scores, masks)


def _annotated(
    id: str, size: tuple[int, ...], classes: np.ndarray, scores: np.ndarray, masks: Sequence[np.ndarray]
) -> AnnotatedImage:
    boxes = np.zeros((len(masks), 7))
    for row, mask in enumerate(masks):
        columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
        boxes[row, :4] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
        boxes[row, 6] = mask.sum()
    boxes[:, 4] = classes
    return AnnotatedImage(id, size[0], size[1], boxes, scores, tuple(masks))
