"""Scores under row weights, each prepared once and then cheap for every weight vector.

Whole-number weights give the scores of a table in which each row stands that many times, which is what a bootstrap
needs a thousand times over.
"""

from collections.abc import Callable

import numpy as np

Weighted = Callable[[np.ndarray], float]

BINS = 15


def area_under_curve(score: np.ndarray, positive: np.ndarray) -> Weighted:
    """AUROC of `score` (n,) for `positive` (n,) booleans, ties counted half; nan without both kinds of row."""
    order = np.argsort(score, kind="stable")
    ranked = positive[order]
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0]) if len(score) else np.zeros(0, int)

    def value(weights: np.ndarray) -> float:
        if not len(starts):
            return float("nan")
        ordered = weights[order]
        up = np.add.reduceat(np.where(ranked, ordered, 0.0), starts)
        down = np.add.reduceat(np.where(ranked, 0.0, ordered), starts)
        total = up.sum() * down.sum()
        return float((up * (np.cumsum(down) - down / 2)).sum() / total) if total else float("nan")

    return value


def calibration_error(confidence: np.ndarray, correct: np.ndarray) -> Weighted:
    """Expected calibration error over 15 equal bins of confidence (Guo et al. 2017)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = correct.astype(np.float64) - confidence

    def value(weights: np.ndarray) -> float:
        total = weights.sum()
        return float(np.abs(np.bincount(bins, weights * gap, BINS)).sum() / total) if total else float("nan")

    return value


def mean(values: np.ndarray) -> Weighted:
    """The weighted mean of `values` (n,)."""
    return lambda weights: float(weights @ values / weights.sum()) if weights.sum() else float("nan")


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, nan where below is 0."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below != 0)


def mean_known(values: list[float] | np.ndarray) -> float:
    """The mean of the values that are known (not nan); nan when none is."""
    known = np.asarray(values, np.float64)
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")
