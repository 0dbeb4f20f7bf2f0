"""Average precision as COCO has it, under a weight an image: prepared once, then cheap for every weight vector.

An image of weight 2 counts as two alike would, one after the other (apart from answers of exactly equal scores within
one image); weights of one give what pycocotools gives.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from .matching import AREAS, THRESHOLDS, Matches
from .weighted import mean_known

Precision: TypeAlias = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From weights (n,) to average precision and recall, both (areas, thresholds); nan where there is nothing to find."""

_RECALLS = np.linspace(0, 1, 101)
_TINY = np.spacing(1)


def coco_scores(classes: Sequence[Precision], weights: np.ndarray) -> dict[str, float]:
    """ap, ap50, ap75, ap_small, ap_medium, ap_large and ar, means over the classes that have something to find."""
    found = [of_class(weights) for of_class in classes]
    precision = np.stack([precision for precision, _ in found])
    recall = np.stack([recall for _, recall in found])
    everywhere = precision[:, 0]
    return {
        "ap": mean_known(everywhere),
        "ap50": mean_known(everywhere[:, 0]),
        "ap75": mean_known(everywhere[:, int(np.argmin(np.abs(THRESHOLDS - 0.75)))]),
        "ap_small": mean_known(precision[:, 1]),
        "ap_medium": mean_known(precision[:, 2]),
        "ap_large": mean_known(precision[:, 3]),
        "ar": mean_known(recall[:, 0]),
    }


def average_precision(images: Sequence[Matches]) -> Precision:
    """Prepares one class, matched image by image (the same areas and thresholds in all), for any weights.

    Over all images the answers are ranked by score. Precision is the highest at a recall or a higher one, and its mean
    over 101 recalls from 0 to 1 is the average precision.
    """
    if not images:
        unknown = np.full((len(AREAS), len(THRESHOLDS)), np.nan)
        return lambda weights: (unknown, unknown)
    scores = np.concatenate([image.scores for image in images])
    order = np.argsort(-scores, kind="stable")
    source = np.repeat(np.arange(len(images)), [len(image.scores) for image in images])[order]
    matched = np.concatenate([image.partner >= 0 for image in images], 2)[:, :, order]
    counted = ~np.concatenate([image.ignored for image in images], 2)[:, :, order]
    wanted = np.stack([image.wanted for image in images], 1).astype(np.float64)
    areas = [_of_area(right, counts) for right, counts in zip(matched, counted, strict=True)]

    def value(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        held = weights[source]
        pairs = [area(held, float(total)) for area, total in zip(areas, wanted @ weights, strict=True)]
        return np.stack([precision for precision, _ in pairs]), np.stack([recall for _, recall in pairs])

    return value


def _of_area(matched: np.ndarray, counted: np.ndarray) -> Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]]:
    """For one range of areas; `matched` and `counted` are (thresholds, answers), the highest score first.

    Precision is high only where something right was just added, so it is worked out there alone; answers that never
    match anything, most of them, are only summed.
    """
    somewhere = matched.any(0)
    never = (counted[0] & ~somewhere).astype(np.float64)
    places = np.flatnonzero((matched & counted).any(0) | (counted & somewhere).any(0))
    right = (matched & counted)[:, places].astype(np.float64)
    wrong = (~matched & counted)[:, places].astype(np.float64)

    def value(held: np.ndarray, total: float) -> tuple[np.ndarray, np.ndarray]:
        if not total > 0:
            return np.full(len(matched), np.nan), np.full(len(matched), np.nan)
        if not len(places):
            return np.zeros(len(matched)), np.zeros(len(matched))
        weights = held[places]
        hits = np.cumsum(right * weights, 1)
        misses = np.cumsum(wrong * weights, 1) + np.cumsum(never * held)[places]
        precision = np.zeros((len(matched), len(places) + 1))
        precision[:, :-1] = hits / (hits + misses + _TINY)
        precision = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
        recall = hits / total
        at = np.stack([np.searchsorted(row, _RECALLS) for row in recall])
        return np.take_along_axis(precision, at, 1).mean(1), recall[:, -1]

    return value
