"""Hinge losses."""

from typing import Any

from torch import Tensor

from .pairs import PairLoss, pair


def _signs(target: Tensor) -> Tensor:
    return 2 * target - 1 if bool(((target == 0) | (target == 1)).all()) else target


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the mean of max(1 - y_true * y_pred, 0) over the last axis; targets 0 are read as -1.

    Args:
        y_true: Targets (n, ...), -1 or 1, or 0 or 1.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("hinge", y_true, y_pred)
    return (1 - _signs(target) * output).clamp(min=0).mean(-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the mean of max(1 - y_true * y_pred, 0)**2 over the last axis; targets 0 are read as -1.

    Args:
        y_true: Targets (n, ...), -1 or 1, or 0 or 1.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("squared_hinge", y_true, y_pred)
    return (1 - _signs(target) * output).clamp(min=0).square().mean(-1)


class Hinge(PairLoss):
    """Hinge loss: mean of max(1 - y_true * y_pred, 0). See `PairLoss` for the arguments."""

    pair_function = staticmethod(hinge)


class SquaredHinge(PairLoss):
    """Squared hinge loss: mean of max(1 - y_true * y_pred, 0)**2. See `PairLoss` for the arguments."""

    pair_function = staticmethod(squared_hinge)
