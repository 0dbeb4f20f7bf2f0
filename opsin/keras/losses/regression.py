"""Losses of numbers, and of distributions without classes."""

import math
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from .loss import EPSILON, FunctionLoss
from .pairs import MadeOf, pair


def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of squared differences over the last axis.

    >>> mean_squared_error([[0.0, 2.0]], [[0.0, 0.0]])
    tensor([2.])
    """
    target, output = pair("mean_squared_error", y_true, y_pred)
    return (target - output).square().mean(-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean size of differences over the last axis."""
    target, output = pair("mean_absolute_error", y_true, y_pred)
    return (target - output).abs().mean(-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean size of differences over the last axis, in percent of the target."""
    target, output = pair("mean_absolute_percentage_error", y_true, y_pred)
    return 100 * ((target - output) / target.abs().clamp(min=EPSILON)).abs().mean(-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """The mean of squared differences of log(1 + number) over the last axis."""
    target, output = pair("mean_squared_logarithmic_error", y_true, y_pred)
    return (output.clamp(min=EPSILON).log1p() - target.clamp(min=EPSILON).log1p()).square().mean(-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Half the square of small differences, `delta` times larger ones: outliers pull less."""
    target, output = pair("huber", y_true, y_pred)
    return F.huber_loss(output, target, reduction="none", delta=delta).mean(-1)


def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """log(cosh(difference)), its mean over the last axis: like half the square, then like the size."""
    target, output = pair("log_cosh", y_true, y_pred)
    difference = output - target
    return (difference + F.softplus(-2 * difference) - math.log(2)).mean(-1)


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """How far the output is from the target, both probabilities, in nats."""
    target, output = pair("kl_divergence", y_true, y_pred)
    target, output = target.clamp(EPSILON, 1), output.clamp(EPSILON, 1)
    return (target * (target / output).log()).sum(-1)


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """The Poisson loss of counts, without its constant."""
    target, output = pair("poisson", y_true, y_pred)
    return (output - target * (output + EPSILON).log()).mean(-1)


class MeanSquaredError(MadeOf):
    """The mean of squared differences."""

    made_of = staticmethod(mean_squared_error)


class MeanAbsoluteError(MadeOf):
    """The mean size of differences."""

    made_of = staticmethod(mean_absolute_error)


class MeanAbsolutePercentageError(MadeOf):
    """The mean size of differences, in percent of the target."""

    made_of = staticmethod(mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(MadeOf):
    """The mean of squared differences of log(1 + number)."""

    made_of = staticmethod(mean_squared_logarithmic_error)


class LogCosh(MadeOf):
    """log(cosh(difference))."""

    made_of = staticmethod(log_cosh)


class KLDivergence(MadeOf):
    """How far the output is from the target, both probabilities."""

    made_of = staticmethod(kl_divergence)


class Poisson(MadeOf):
    """The Poisson loss of counts."""

    made_of = staticmethod(poisson)


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
