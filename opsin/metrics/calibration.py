"""The temperature that makes probabilities honest, and the picture of whether they are."""

from collections.abc import Callable

import numpy as np

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


def log_softmax(raw: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """(n, k) log probabilities in float64.

    >>> np.exp(log_softmax(np.zeros((1, 4)))).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    scaled = raw.astype(np.float64) / temperature
    scaled -= scaled.max(1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(1, keepdims=True))


def log_sigmoid(raw: np.ndarray) -> np.ndarray:
    """Log of the logistic function, in float64.

    >>> float(np.exp(log_sigmoid(np.array([0.0]))[0]))
    0.5
    """
    return -np.logaddexp(0.0, -raw.astype(np.float64))
