"""Matching of predicted objects with ground truth by the rules of COCO's evaluation.

Lin et al. 2014, arXiv:1405.0312; the reference is `evaluateImg` of pycocotools.
"""

from dataclasses import dataclass

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""Minimum intersection over union (IoU) of a match."""
AREAS = np.array([[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10]], np.float64)
"""Area ranges in square pixels: all, small, medium and large objects, both ends included."""
MOST = 100
"""Maximum number of predictions per class and image."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """Predictions and ground truth of one class in one image.

    Attributes:
        scores: (d,) confidence of each prediction.
        areas: (d,) area of each prediction in square pixels.
        overlaps: (d, g) IoU of predictions and ground truth; for a crowd, the intersection over the prediction's area.
        true_areas: (g,) area of each ground-truth object in square pixels.
        crowd: (g,) nonzero for a ground-truth region that holds a crowd of objects.
    """

    scores: np.ndarray
    areas: np.ndarray
    overlaps: np.ndarray
    true_areas: np.ndarray
    crowd: np.ndarray


@dataclass(frozen=True, eq=False)
class Matches:
    """Matched predictions of one class in one image, sorted by descending score.

    Attributes:
        order: (d,) index of each prediction in the candidates.
        scores: (d,) confidence of each prediction.
        partner: (areas, thresholds, d) index of the matched ground-truth object, -1 for none.
        ignored: (areas, thresholds, d) True where a prediction is neither a true nor a false positive.
        wanted: (areas,) number of ground-truth objects that are not ignored.
    """

    order: np.ndarray
    scores: np.ndarray
    partner: np.ndarray
    ignored: np.ndarray
    wanted: np.ndarray


def match(
    found: Candidates, thresholds: np.ndarray = THRESHOLDS, areas: np.ndarray = AREAS, most: int = MOST
) -> Matches:
    """Matches each prediction, in order of descending score, with the free ground-truth object of the highest IoU.

    Objects outside an area range and crowds are ignored: a prediction matches one of them only when no other object
    is left, and is ignored then. A prediction outside the range without a match is ignored too. Among equal IoUs the
    last object is matched, among equal scores the first prediction comes first.

    Args:
        found: Predictions and ground truth of one class in one image.
        thresholds: (t,) minimum IoU of a match.
        areas: (a, 2) area ranges in square pixels, both ends included.
        most: Maximum number of predictions, those of the highest scores.

    Returns:
        The matches for each area range and threshold.
    """
    order = np.argsort(-found.scores, kind="stable")[:most]
    overlaps, low, high = found.overlaps[order], areas[:, :1], areas[:, 1:]
    excluded = (found.true_areas < low) | (found.true_areas > high) | (found.crowd != 0)
    outside = (found.areas[order] < low) | (found.areas[order] > high)
    shape = (len(areas), len(thresholds))
    partner = np.full((*shape, len(order)), -1)
    free = np.ones((*shape, len(found.crowd)), bool)
    minimum = np.minimum(thresholds, 1 - 1e-10)[:, None]
    for row in np.flatnonzero((overlaps >= minimum.min()).any(1)) if overlaps.size else ():
        near = np.flatnonzero(overlaps[row] >= minimum.min())
        near = near[np.argsort(overlaps[row, near], kind="stable")]
        allowed = free[:, :, near] & (overlaps[row, near] >= minimum)
        rank = np.where(allowed, np.arange(len(near)) + len(near) * ~excluded[:, None, near], -1)
        chosen = np.where(allowed.any(2), near[rank.argmax(2)], -1)
        partner[:, :, row] = chosen
        area, threshold = np.nonzero((chosen >= 0) & (found.crowd[chosen] == 0))
        free[area, threshold, chosen[area, threshold]] = False
    ignored = np.broadcast_to(outside[:, None], partner.shape)
    if len(found.crowd):
        partner_excluded = np.take_along_axis(np.broadcast_to(excluded[:, None], free.shape), partner.clip(0), 2)
        ignored = np.where(partner >= 0, partner_excluded, ignored)
    return Matches(order, found.scores[order], partner, ignored, (~excluded).sum(1))


def box_overlaps(predictions: np.ndarray, ground_truth: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """Returns the intersections over unions of boxes; for a crowd, over the area of the predicted box.

    Computed step by step as in pycocotools (left corner and size), so that both round alike at a threshold.

    Args:
        predictions: (d, 4 or more) boxes left, top, right, bottom in pixels.
        ground_truth: (g, 4 or more) boxes in the same order.
        crowd: (g,) nonzero for crowds.

    Returns:
        (d, g) float64 from 0 to 1.

    Examples:
        >>> box_overlaps(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [0, 0, 9, 9]]), np.array([0, 1])).round(3)
        array([[0.333, 1.   ]])
    """
    (corner, size), (true_corner, true_size) = _corner_and_size(predictions), _corner_and_size(ground_truth)
    ends = np.minimum((corner + size)[:, None], true_corner + true_size)
    intersection = (ends - np.maximum(corner[:, None], true_corner)).clip(0).prod(2)
    own = size.prod(1)[:, None]
    union = np.where(crowd != 0, own, own + true_size.prod(1) - intersection)
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=intersection > 0)


def _corner_and_size(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    corners = boxes[:, :4].astype(np.float64)
    return corners[:, :2], corners[:, 2:] - corners[:, :2]
