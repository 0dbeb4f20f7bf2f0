"""Scores under row weights, each prepared once and then cheap for every weight vector.

Whole-number weights give the scores of a table in which each row stands that many times, which is what a bootstrap
needs a thousand times over.
"""

from collections.abc import Callable

import numpy as np

Weighted = Callable[[np.ndarray], float]

BINS = 15


def area_under_curve(score: np.ndarray, positive: np.ndarray) -> Weighted:
    """AUROC of `score` (n,) for `positive` (n,) booleans, ties counted half; nan without both kinds of row.

    The share of (positive, negative) pairs in the right order. A positive row has `below` all rows under it and half
    of its ties; the pairs of two positives among them add up to half the square of the positive weight.

    >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))(np.ones(4))
    0.75
    """
    order = np.argsort(score, kind="stable")
    ranked = score[order]
    rows = np.flatnonzero(positive)
    first, last = np.searchsorted(ranked, score[rows], "left"), np.searchsorted(ranked, score[rows], "right")

    def value(weights: np.ndarray) -> float:
        below = np.concatenate(([0.0], np.cumsum(weights[order])))
        held = weights[rows]
        up = held.sum()
        pairs = up * (below[-1] - up)
        return float((held @ (below[first] + below[last]) - up * up) / (2 * pairs)) if pairs > 0 else float("nan")

    return value


def calibration_error(confidence: np.ndarray, correct: np.ndarray) -> Weighted:
    """Expected calibration error over 15 equal bins of confidence (Guo et al. 2017).

    With (n, k) inputs, the mean over the k columns.
    """
    gap = correct.astype(np.float64) - confidence
    gap = gap[:, None] if gap.ndim == 1 else gap
    columns = gap.shape[1]
    places = (bins_of(confidence).reshape(gap.shape) + BINS * np.arange(columns)).ravel()

    def value(weights: np.ndarray) -> float:
        total = weights.sum() * columns
        sums = np.bincount(places, (gap * weights[:, None]).ravel(), BINS * columns)
        return float(np.abs(sums).sum() / total) if total else float("nan")

    return value


def bins_of(confidence: np.ndarray) -> np.ndarray:
    """Which of the 15 equal bins from 0 to 1 each confidence falls into; 1 belongs to the last."""
    return np.minimum((confidence * BINS).astype(np.int64), BINS - 1)


def mean(values: np.ndarray) -> Weighted:
    """The weighted mean of `values` (n,)."""
    return lambda weights: float(weights @ values / weights.sum()) if weights.sum() else float("nan")


def mean_of_known(values: np.ndarray) -> Weighted:
    """The weighted mean of those of `values` (n,) that are not nan; nan when none is."""
    known = np.flatnonzero(~np.isnan(values))
    of_known = mean(values[known])
    return lambda weights: of_known(weights[known])


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, nan where below is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0)


def mean_known(values: list[float] | np.ndarray) -> float:
    """The mean of the values that are known (not nan); nan when none is."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")
