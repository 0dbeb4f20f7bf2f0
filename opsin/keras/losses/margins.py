"""Losses of signs: wrong ones cost, and right ones that are not sure."""

from typing import Any

from torch import Tensor

from .pairs import MadeOf, pair


def _signs(target: Tensor) -> Tensor:
    return 2 * target - 1 if bool(((target == 0) | (target == 1)).all()) else target


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """max(1 - target * output, 0) with targets of -1 and 1 (0 counts as -1), its mean over the last axis."""
    target, output = pair("hinge", y_true, y_pred)
    return (1 - _signs(target) * output).clamp(min=0).mean(-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """The square of what `hinge` has the mean of."""
    target, output = pair("squared_hinge", y_true, y_pred)
    return (1 - _signs(target) * output).clamp(min=0).square().mean(-1)


class Hinge(MadeOf):
    """max(1 - target * output, 0)."""

    made_of = staticmethod(hinge)


class SquaredHinge(MadeOf):
    """The square of the hinge."""

    made_of = staticmethod(squared_hinge)
