"""Masks as objects for annotation files: their boxes, areas, scores and pixels."""

from collections.abc import Sequence

import numpy as np

from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.metrics.instances import objects_in


def annotate_objects(id: str, codes: np.ndarray, confidence: np.ndarray) -> AnnotatedImage:
    """Every object of `codes` (height, width), 256 times its number plus its class; `confidence` from 0 to 255."""
    objects = objects_in(codes, confidence)
    masks = tuple(codes == code for code in objects.codes)
    return _annotated(id, codes.shape, objects.classes, objects.scores, masks)


def annotate_classes(id: str, classes: np.ndarray, confidence: np.ndarray, things: range) -> AnnotatedImage:
    """Each of the classes `things` that is somewhere in `classes` (height, width), counted from the first of them."""
    there = [index for index in things if (classes == index).any()]
    masks = tuple(classes == index for index in there)
    scores = np.array([confidence[mask].mean() / 255 for mask in masks])
    return _annotated(id, classes.shape, np.array(there, int) - things.start, scores, masks)


def _annotated(
    id: str, size: tuple[int, ...], classes: np.ndarray, scores: np.ndarray, masks: Sequence[np.ndarray]
) -> AnnotatedImage:
    boxes = np.zeros((len(masks), 7))
    for row, mask in enumerate(masks):
        across, down = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
        boxes[row, :4] = across[0], down[0], across[-1] + 1, down[-1] + 1
        boxes[row, 6] = mask.sum()
    boxes[:, 4] = classes
    return AnnotatedImage(id, size[0], size[1], boxes, scores, tuple(masks))
