"""Numerically safe probabilities from raw outputs."""

import numpy as np


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
