"""Temperature scaling, and the log probabilities that it needs."""

from collections.abc import Callable

import numpy as np

Loss = Callable[[float], float]
"""Function from a temperature to a loss."""

_LOW, _HIGH = np.log(0.05), np.log(20.0)
_GOLDEN = (np.sqrt(5) - 1) / 2


def fit_temperature(loss: Loss, penalty: Loss) -> float:
    """Finds the temperature with the lowest `loss` + `penalty` (Guo et al. 2017, arXiv:1706.04599).

    Golden-section search on the logarithm of the temperature; the log loss has one minimum in the inverse temperature.

    Args:
        loss: Log loss on the validation rows at a temperature.
        penalty: Log loss at a temperature of one additional row with a wrong prediction. Without it, a validation
            split without errors would give the lowest temperature, however few rows it has (Platt 1999).

    Returns:
        The temperature from 1/20 to 20; 1 when the temperature found does not lower `loss`.

    Examples:
        >>> round(fit_temperature(lambda t: (np.log(t) - np.log(2)) ** 2, lambda t: 0.0), 3)
        2.0
    """

    def at(point: float) -> float:
        return loss(float(np.exp(point))) + penalty(float(np.exp(point)))

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


def log_softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Returns the log probabilities (n, k), float64, of logits (n, k) divided by `temperature`.

    Examples:
        >>> np.exp(log_softmax(np.zeros((1, 4)))).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(1, keepdims=True))


def log_sigmoid(logits: np.ndarray) -> np.ndarray:
    """Returns the logarithm of the logistic function of logits of any shape, float64.

    Examples:
        >>> float(np.exp(log_sigmoid(np.array([0.0]))[0]))
        0.5
    """
    return -np.logaddexp(0.0, -logits.astype(np.float64))
