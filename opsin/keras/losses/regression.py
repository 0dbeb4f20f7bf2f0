"""Regression losses, Kullback-Leibler divergence and Poisson loss."""

import math
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from .loss import EPSILON, FunctionLoss
from .pairs import PairLoss, pair


def mean_squared_error(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the mean of squared differences over the last axis.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.

    Examples:
        >>> mean_squared_error([[0.0, 2.0]], [[0.0, 0.0]])
        tensor([2.])
    """
    target, output = pair("mean_squared_error", y_true, y_pred)
    return (target - output).square().mean(-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the mean of absolute differences over the last axis.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("mean_absolute_error", y_true, y_pred)
    return (target - output).abs().mean(-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the mean of absolute differences over the last axis, in percent of the target.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("mean_absolute_percentage_error", y_true, y_pred)
    return 100 * ((target - output) / target.abs().clamp(min=EPSILON)).abs().mean(-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the mean of squared differences of log(1 + value) over the last axis.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("mean_squared_logarithmic_error", y_true, y_pred)
    return (output.clamp(min=EPSILON).log1p() - target.clamp(min=EPSILON).log1p()).square().mean(-1)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Tensor:
    """Computes the Huber loss: quadratic for differences up to `delta`, linear above.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.
        delta: Limit of the quadratic part.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("huber", y_true, y_pred)
    return F.huber_loss(output, target, reduction="none", delta=delta).mean(-1)


def log_cosh(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the mean of log(cosh(difference)) over the last axis.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("log_cosh", y_true, y_pred)
    difference = output - target
    return (difference + F.softplus(-2 * difference) - math.log(2)).mean(-1)


def kl_divergence(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the Kullback-Leibler divergence of outputs from targets, both probabilities, in nats.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("kl_divergence", y_true, y_pred)
    target, output = target.clamp(EPSILON, 1), output.clamp(EPSILON, 1)
    return (target * (target / output).log()).sum(-1)


def poisson(y_true: Any, y_pred: Any) -> Tensor:
    """Computes the Poisson loss of counts, without the constant term.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        The loss of each sample (n, ...), without the last axis.
    """
    target, output = pair("poisson", y_true, y_pred)
    return (output - target * (output + EPSILON).log()).mean(-1)


class MeanSquaredError(PairLoss):
    """Mean of squared differences. See `PairLoss` for the arguments."""

    pair_function = staticmethod(mean_squared_error)


class MeanAbsoluteError(PairLoss):
    """Mean of absolute differences. See `PairLoss` for the arguments."""

    pair_function = staticmethod(mean_absolute_error)


class MeanAbsolutePercentageError(PairLoss):
    """Mean of absolute differences in percent of the target. See `PairLoss` for the arguments."""

    pair_function = staticmethod(mean_absolute_percentage_error)


class MeanSquaredLogarithmicError(PairLoss):
    """Mean of squared differences of log(1 + value). See `PairLoss` for the arguments."""

    pair_function = staticmethod(mean_squared_logarithmic_error)


class LogCosh(PairLoss):
    """Mean of log(cosh(difference)). See `PairLoss` for the arguments."""

    pair_function = staticmethod(log_cosh)


class KLDivergence(PairLoss):
    """Kullback-Leibler divergence of outputs from targets. See `PairLoss` for the arguments."""

    pair_function = staticmethod(kl_divergence)


class Poisson(PairLoss):
    """Poisson loss of counts. See `PairLoss` for the arguments."""

    pair_function = staticmethod(poisson)


class Huber(FunctionLoss):
    """Huber loss: quadratic for differences up to `delta`, linear above.

    Args:
        delta: Limit of the quadratic part.
        reduction: "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight" or "none".
        name: Name of the loss.
        dtype: Accepted, without effect.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(huber, name, reduction, dtype, delta=delta)
