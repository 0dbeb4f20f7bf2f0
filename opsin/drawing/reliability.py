"""Reliability diagrams."""

import numpy as np

from opsin.metrics.weighted import BINS, bins_of

from .charts import Curve, Lines


def reliability_chart(
    before: np.ndarray, after: np.ndarray, outcomes: np.ndarray, confidence_label: str, frequency_label: str
) -> Lines:
    """Draws the observed frequency over the predicted probability, before and after calibration.

    Args:
        before: (n,) probabilities before calibration.
        after: (n,) probabilities after calibration.
        outcomes: (n,) True where the prediction is correct.
        confidence_label: Name of the probability, for the horizontal axis.
        frequency_label: Name of the observed frequency, for the vertical axis.

    Returns:
        The two curves over 15 equal bins.
    """
    caption = (
        f"Predictions are binned by {confidence_label}; each point shows the {frequency_label} in its bin, and larger "
        f"points hold more predictions. On the diagonal the two agree; below it the {confidence_label} is too high."
    )
    curves = (_reliability("before calibration", before, outcomes), _reliability("after calibration", after, outcomes))
    return Lines("Reliability", caption, curves, confidence_label, frequency_label, diagonal=True)


def _reliability(name: str, confidence: np.ndarray, outcomes: np.ndarray) -> Curve:
    bins = bins_of(confidence)
    counts = np.bincount(bins, minlength=BINS)
    filled = counts > 0
    mean = np.bincount(bins, confidence, BINS)[filled] / counts[filled]
    frequency = np.bincount(bins, outcomes.astype(np.float64), BINS)[filled] / counts[filled]
    return Curve(name, mean, frequency, counts[filled])
