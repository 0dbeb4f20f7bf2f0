"""Numerically safe probabilities from raw outputs, and the temperature that makes them honest."""

from collections.abc import Callable

import numpy as np

from opsin.core import DataError


def log_softmax(raw: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """(n, k) log probabilities in float64.

    >>> np.exp(log_softmax(np.zeros((1, 4)))).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    scaled = raw.astype(np.float64) / temperature
    scaled -= scaled.max(1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(1, keepdims=True))


def log_sigmoid(raw: np.ndarray) -> np.ndarray:
    """Log of the logistic function, in float64."""
    return -np.logaddexp(0.0, -raw.astype(np.float64))


def fit_temperature(loss: Callable[[float], float]) -> float:
    """The temperature between 1/20 and 20 with the least `loss` (Guo et al. 2017, arXiv:1706.04599).

    `loss` is the log loss on validation rows as a function of the temperature, which has one minimum in its inverse;
    found by golden-section search on the logarithm. Never worse than 1, which leaves the answers as they are.

    >>> round(fit_temperature(lambda t: (np.log(t) - np.log(2)) ** 2), 3)
    2.0
    """
    low, high = np.log(0.05), np.log(20.0)
    ratio = (np.sqrt(5) - 1) / 2
    inner = [high - ratio * (high - low), low + ratio * (high - low)]
    values = [loss(float(np.exp(point))) for point in inner]
    for _ in range(40):
        if values[0] <= values[1]:
            high, inner[1], values[1] = inner[1], inner[0], values[0]
            inner[0] = high - ratio * (high - low)
            values[0] = loss(float(np.exp(inner[0])))
        else:
            low, inner[0], values[0] = inner[0], inner[1], values[1]
            inner[1] = low + ratio * (high - low)
            values[1] = loss(float(np.exp(inner[1])))
    found = float(np.exp((low + high) / 2))
    return found if loss(found) < loss(1.0) else 1.0


def check_temperature(temperature: float) -> None:
    """Raises DataError when a temperature, as read from a file, cannot be one."""
    if not (np.isfinite(temperature) and temperature > 0):
        raise DataError(f"a temperature is {temperature}; expected a number above 0")
