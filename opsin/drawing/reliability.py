"""Reliability diagrams."""

import numpy as np

from opsin.metrics.weighted import BINS, bins_of

from .charts import Curve, Lines


def reliability_chart(before: np.ndarray, after: np.ndarray, true: np.ndarray, said: str, came: str) -> Lines:
    """How often what was `said` with a probability (n,) `came` true (n,), before and after the temperature."""
    caption = (
        f"Answers are put into bins by their {said}; a point shows the {came} there, a larger point more answers. On "
        f"the diagonal the two agree; below it the {said} is too high."
    )
    curves = (_reliability("before calibration", before, true), _reliability("after calibration", after, true))
    return Lines("Reliability", caption, curves, said, came, diagonal=True)


def _reliability(name: str, confidence: np.ndarray, true: np.ndarray) -> Curve:
    places = bins_of(confidence)
    counts = np.bincount(places, minlength=BINS)
    held = counts > 0
    mean = np.bincount(places, confidence, BINS)[held] / counts[held]
    return Curve(name, mean, np.bincount(places, true.astype(np.float64), BINS)[held] / counts[held], counts[held])
