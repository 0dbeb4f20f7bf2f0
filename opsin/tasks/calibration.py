"""The temperature that makes probabilities honest, and the picture of whether they are."""

from collections.abc import Callable

import numpy as np

from .charts import Curve, Lines
from .weighted import BINS, bins_of

Loss = Callable[[float], float]

_LOW, _HIGH = np.log(0.05), np.log(20.0)
_GOLDEN = (np.sqrt(5) - 1) / 2


def fit_temperature(loss: Loss, doubt: Loss) -> float:
    """The temperature, from 1/20 to 20, with the least `loss` + `doubt` (Guo et al. 2017, arXiv:1706.04599).

    `loss` is the log loss on validation rows at a temperature; it has one minimum in its inverse, found by
    golden-section search on the logarithm. `doubt` is the share of one imaginary row on which the answer was wrong:
    without it, rows that are all right would ask for certainty, however few they are (Platt 1999). The answer is 1
    when anything else would have more `loss`.

    >>> round(fit_temperature(lambda t: (np.log(t) - np.log(2)) ** 2, lambda t: 0.0), 3)
    2.0
    """

    def at(point: float) -> float:
        return loss(float(np.exp(point))) + doubt(float(np.exp(point)))

    low, high = _LOW, _HIGH
    inner = [high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)]
    values = [at(point) for point in inner]
    for _ in range(25):
        if values[0] <= values[1]:
            high, inner[1], values[1] = inner[1], inner[0], values[0]
            inner[0] = high - _GOLDEN * (high - low)
            values[0] = at(inner[0])
        else:
            low, inner[0], values[0] = inner[0], inner[1], values[1]
            inner[1] = low + _GOLDEN * (high - low)
            values[1] = at(inner[1])
    found = float(np.exp((low + high) / 2))
    return found if loss(found) < loss(1.0) else 1.0


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
