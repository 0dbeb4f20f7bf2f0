"""Share of the variation of targets that a linear model does not explain, by leave-one-out ridge regression."""

import numpy as np
import torch

from .one_thread import one_thread

PENALTIES = tuple(10.0**power for power in range(-4, 3))
"""Ridge penalties, for features with deviation 1 and products divided by the number of features."""


def unexplained_share(features: np.ndarray, targets: np.ndarray) -> float:
    """Returns the squared error of leave-one-out ridge regression, as a share of that of the mean.

    The lowest over several penalties; 0 for perfect predictions, about 1 for features without information. The errors
    of all n fits follow from one fit (Allen 1974, the PRESS statistic).

    Args:
        features: Features, float (n, ...).
        targets: Numbers (n, k), such as indicators of classes.

    Examples:
        >>> x = np.random.default_rng(0).normal(size=(50, 3))
        >>> bool(unexplained_share(x, x[:, :1]) < 0.001)
        True
    """
    return min(errors[0] for errors in _errors(features, targets))


def leave_one_out(features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Returns the prediction for each row by ridge regression on all other rows, with the best of several penalties.

    Args:
        features: Features, float (n, ...).
        targets: Numbers (n, k), such as indicators of classes.
    """
    return min(_errors(features, targets), key=lambda pair: pair[0])[1]


def _errors(features: np.ndarray, targets: np.ndarray) -> list[tuple[float, np.ndarray]]:
    count = len(features)
    x = features.reshape(count, -1).astype(np.float32)
    x = (x - x.mean(0)) / (x.std(0) + 1e-3 * x.std() + 1e-12)
    centered = torch.from_numpy(targets - targets.mean(0)).double()
    with one_thread():
        rows = torch.from_numpy(x)
        values, vectors = torch.linalg.eigh((rows @ rows.T / max(1, x.shape[1])).double())
        values, turned, squares = values.clamp(min=0), vectors.T @ centered, vectors.square()
        total = max(1e-12, float(centered.square().sum()) * (count / max(1, count - 1)) ** 2)
        found: list[tuple[float, np.ndarray]] = []
        for penalty in PENALTIES:
            shrunk = values / (values + penalty)
            leverage = (squares @ shrunk + 1 / count).clamp(max=1 - 1e-6)
            residual = (centered - vectors @ (shrunk[:, None] * turned)) / (1 - leverage)[:, None]
            found.append((float(residual.square().sum()) / total, targets - residual.numpy()))
    return found
