"""Metrics under row weights: each is prepared once and then cheap for every weight vector.

Integer weights give the metric of a table in which each row is repeated that many times, as a bootstrap with thousands
of replicates needs it.
"""

from collections.abc import Callable

import numpy as np

Weighted = Callable[[np.ndarray], float]
"""Function from row weights (n,) to the metric; nan where the metric is not defined."""

BINS = 15
"""Number of equal confidence bins of calibration errors and reliability diagrams."""


def area_under_curve(score: np.ndarray, positive: np.ndarray) -> Weighted:
    """Prepares the area under the ROC curve (AUROC): the share of (positive, negative) pairs in the right order.

    Ties count half; without positive or without negative rows the result is nan. The weight below a positive row is
    that of all rows under it plus half of its ties; pairs of two positives add up to half the squared positive weight.

    Args:
        score: (n,) score of each row.
        positive: (n,) True for positive rows.

    Returns:
        A function from row weights (n,) to the AUROC.

    Examples:
        >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))(np.ones(4))
        0.75
    """
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    rows = np.flatnonzero(positive)
    first, last = np.searchsorted(ranked, score[rows], "left"), np.searchsorted(ranked, score[rows], "right")

    def value(weights: np.ndarray) -> float:
        below = np.concatenate(([0.0], np.cumsum(weights[order])))
        row_weights = weights[rows]
        total = row_weights.sum()
        pairs = total * (below[-1] - total)
        ordered = row_weights @ (below[first] + below[last]) - total * total
        return float(ordered / (2 * pairs)) if pairs > 0 else float("nan")

    return value


def calibration_error(confidence: np.ndarray, correct: np.ndarray) -> Weighted:
    """Prepares the expected calibration error over 15 equal bins of confidence (Guo et al. 2017).

    Args:
        confidence: (n,) or (n, k) probabilities; of k columns the mean is computed.
        correct: Outcomes of the same shape, 0 or 1.

    Returns:
        A function from row weights (n,) to the calibration error.
    """
    gap = correct.astype(np.float64) - confidence
    gap = gap[:, None] if gap.ndim == 1 else gap
    columns = gap.shape[1]
    bins = (bins_of(confidence).reshape(gap.shape) + BINS * np.arange(columns)).ravel()

    def value(weights: np.ndarray) -> float:
        total = weights.sum() * columns
        sums = np.bincount(bins, (gap * weights[:, None]).ravel(), BINS * columns)
        return float(np.abs(sums).sum() / total) if total else float("nan")

    return value


def bins_of(confidence: np.ndarray) -> np.ndarray:
    """Returns the index, from 0 to 14, of the equal bin of each confidence; 1 belongs to the last bin."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def mean(values: np.ndarray) -> Weighted:
    """Prepares the weighted mean of `values` (n,)."""
    return lambda weights: float(weights @ values / weights.sum()) if weights.sum() else float("nan")


def mean_of_known(values: np.ndarray) -> Weighted:
    """Prepares the weighted mean of the `values` (n,) that are not nan; nan when all are."""
    known = np.flatnonzero(~np.isnan(values))
    of_known = mean(values[known])
    return lambda weights: of_known(weights[known])


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Returns above / below, nan where `below` is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0)


def mean_known(values: list[float] | np.ndarray) -> float:
    """Returns the mean of the values that are not nan; nan when all are."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")
