"""Average precision by COCO's rules under image weights: prepared once, then cheap for every weight vector.

An image of weight 2 counts like two copies of it (apart from predictions with exactly equal scores within one image);
with weights of one the values are those of pycocotools.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from .matching import AREAS, THRESHOLDS, Matches
from .weighted import mean_known

Precision: TypeAlias = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Function from image weights (n,) to average precision and recall, both (areas, thresholds); nan without objects."""

_RECALLS = np.linspace(0, 1, 101)
_TINY = np.spacing(1)


def coco_scores(classes: Sequence[Precision], weights: np.ndarray) -> dict[str, float]:
    """Computes COCO's summary metrics, each a mean over the classes that have ground-truth objects.

    Args:
        classes: The prepared average precision of each class.
        weights: (n,) weight of each image.

    Returns:
        ap, ap50, ap75, ap_small, ap_medium, ap_large and ar.
    """
    found = [of_class(weights) for of_class in classes]
    precision = np.stack([precision for precision, _ in found])
    recall = np.stack([recall for _, recall in found])
    all_areas = precision[:, 0]
    return {
        "ap": mean_known(all_areas),
        "ap50": mean_known(all_areas[:, 0]),
        "ap75": mean_known(all_areas[:, int(np.argmin(np.abs(THRESHOLDS - 0.75)))]),
        "ap_small": mean_known(precision[:, 1]),
        "ap_medium": mean_known(precision[:, 2]),
        "ap_large": mean_known(precision[:, 3]),
        "ar": mean_known(recall[:, 0]),
    }


def average_precision(images: Sequence[Matches]) -> Precision:
    """Prepares the average precision of one class.

    The predictions of all images are ranked by score. The precision at a recall is the highest at this recall or a
    higher one; the average precision is its mean over 101 recalls from 0 to 1.

    Args:
        images: The matches of each image, all for the ranges AREAS and the thresholds THRESHOLDS.

    Returns:
        A function from image weights (n,) to average precision and recall.
    """
    if not images:
        unknown = np.full((len(AREAS), len(THRESHOLDS)), np.nan)
        return lambda weights: (unknown, unknown)
    scores = np.concatenate([image.scores for image in images])
    order = np.argsort(-scores, kind="stable")
    source = np.repeat(np.arange(len(images)), [len(image.scores) for image in images])[order]
    matched = np.concatenate([image.partner >= 0 for image in images], 2)[:, :, order]
    counted = ~np.concatenate([image.ignored for image in images], 2)[:, :, order]
    totals = np.stack([image.wanted for image in images], 1).astype(np.float64)
    areas = [_precision_in_area(hits, counts) for hits, counts in zip(matched, counted, strict=True)]

    def value(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        prediction_weights = weights[source]
        pairs = [area(prediction_weights, float(total)) for area, total in zip(areas, totals @ weights, strict=True)]
        return np.stack([precision for precision, _ in pairs]), np.stack([recall for _, recall in pairs])

    return value


def _precision_in_area(
    matched: np.ndarray, counted: np.ndarray
) -> Callable[[np.ndarray, float], tuple[np.ndarray, np.ndarray]]:
    """Prepares precision and recall in one area range; both arguments are (thresholds, d), the highest score first.

    Precision has its maxima only at true positives, so it is computed only there; predictions that match nothing at
    any threshold, most of them, are only summed.
    """
    matched_once = matched.any(0)
    unmatched = (counted[0] & ~matched_once).astype(np.float64)
    columns = np.flatnonzero((matched & counted).any(0) | (counted & matched_once).any(0))
    true_positives = (matched & counted)[:, columns].astype(np.float64)
    false_positives = (~matched & counted)[:, columns].astype(np.float64)

    def value(prediction_weights: np.ndarray, total: float) -> tuple[np.ndarray, np.ndarray]:
        if not total > 0:
            return np.full(len(matched), np.nan), np.full(len(matched), np.nan)
        if not len(columns):
            return np.zeros(len(matched)), np.zeros(len(matched))
        weights = prediction_weights[columns]
        hits = np.cumsum(true_positives * weights, 1)
        misses = np.cumsum(false_positives * weights, 1) + np.cumsum(unmatched * prediction_weights)[columns]
        precision = np.zeros((len(matched), len(columns) + 1))
        precision[:, :-1] = hits / (hits + misses + _TINY)
        precision = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
        recall = hits / total
        at = np.stack([np.searchsorted(row, _RECALLS) for row in recall])
        return np.take_along_axis(precision, at, 1).mean(1), recall[:, -1]

    return value
