"""Losses of numbers, and of distributions without classes."""

import math
from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from .loss import EPSILON, FunctionLoss, as_tensor, need_same_shape, same_rank


def _pair(name: str, y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    target, output = same_rank(as_tensor(y_true), as_tensor(y_pred))
    need_same_shape(name, target, output)
    return target.to(output.dtype), output


def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of squared differences over the last axis.

    >>> mean_squared_error([[0.0, 2.0]], [[0.0, 0.0]])
    tensor([2.])
    """
    target, output = _pair("mean_squared_error", y_true, y_pred)
    return (target - output).square().mean(-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean size of differences over the last axis."""
    target, output = _pair("mean_absolute_error", y_true, y_pred)
    return (target - output).abs().mean(-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean size of differences over the last axis, in percent of the target."""
    target, output = _pair("mean_absolute_percentage_error", y_true, y_pred)
    return 100 * ((target - output) / target.abs().clamp(min=EPSILON)).abs().mean(-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of squared differences of log(1 + number) over the last axis."""
    target, output = _pair("mean_squared_logarithmic_error", y_true, y_pred)
    return (output.clamp(min=EPSILON).log1p() - target.clamp(min=EPSILON).log1p()).square().mean(-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Half the square of small differences, `delta` times larger ones: outliers pull less."""
    target, output = _pair("huber", y_true, y_pred)
    return F.huber_loss(output, target, reduction="none", delta=delta).mean(-1)


def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """log(cosh(difference)), its mean over the last axis: like half the square, then like the size."""
    target, output = _pair("log_cosh", y_true, y_pred)
    difference = output - target
    return (difference + F.softplus(-2 * difference) - math.log(2)).mean(-1)


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """How far the output is from the target, both probabilities, in nats."""
    target, output = _pair("kl_divergence", y_true, y_pred)
    target, output = target.clamp(EPSILON, 1), output.clamp(EPSILON, 1)
    return (target * (target / output).log()).sum(-1)


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """The Poisson loss of counts, without its constant."""
    target, output = _pair("poisson", y_true, y_pred)
    return (output - target * (output + EPSILON).log()).mean(-1)


def _signs(target: Tensor) -> Tensor:
    return 2 * target - 1 if bool(((target == 0) | (target == 1)).all()) else target


def hinge(y_true: Any, y_pred: Any) -> Tensor:
    """max(1 - target * output, 0) with targets of -1 and 1 (0 counts as -1), its mean over the last axis."""
    target, output = _pair("hinge", y_true, y_pred)
    return (1 - _signs(target) * output).clamp(min=0).mean(-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Tensor:
    """The square of what `hinge` has the mean of."""
    target, output = _pair("squared_hinge", y_true, y_pred)
    return (1 - _signs(target) * output).clamp(min=0).square().mean(-1)


class _Regression(FunctionLoss):
    made_of: Callable[..., Tensor]

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None
    ) -> None:
        function = type(self).made_of
        super().__init__(function, name or function.__name__, reduction, dtype)


class MeanSquaredError(_Regression):
    """The mean of squared differences."""

    made_of = staticmethod(mean_squared_error)


class MeanAbsoluteError(_Regression):
    """The mean size of differences."""

    made_of = staticmethod(mean_absolute_error)


class MeanAbsolutePercentageError(_Regression):
    """The mean size of differences, in percent of the target."""

    made_of = staticmethod(mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(_Regression):
    """The mean of squared differences of log(1 + number)."""

    made_of = staticmethod(mean_squared_logarithmic_error)


class LogCosh(_Regression):
    """log(cosh(difference))."""

    made_of = staticmethod(log_cosh)


class KLDivergence(_Regression):
    """How far the output is from the target, both probabilities."""

    made_of = staticmethod(kl_divergence)


class Poisson(_Regression):
    """The Poisson loss of counts."""

    made_of = staticmethod(poisson)


class Hinge(_Regression):
    """max(1 - target * output, 0)."""

    made_of = staticmethod(hinge)


class SquaredHinge(_Regression):
    """The square of the hinge."""

    made_of = staticmethod(squared_hinge)


class Huber(FunctionLoss):
    """Half the square of small differences, `delta` times larger ones."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, name, reduction, dtype, delta=delta)
