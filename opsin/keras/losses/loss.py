"""Base class of losses, and the reduction over a batch."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError, OpsinError
from opsin.nn.naming import snake_case

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)
EPSILON = 1e-7


class Loss:
    """Base class of all losses. A subclass implements `call` with torch operations on (n, ..., channels) tensors.

    Args:
        name: Name of the loss. None: the class name.
        reduction: "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight" or "none".
        dtype: Accepted, without effect.

    Raises:
        OpsinError: The reduction is unknown.

    Examples:
        >>> class Distance(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return (y_true - y_pred).abs().sum(-1)
        >>> float(Distance()(torch.zeros(2, 3), torch.ones(2, 3)))
        3.0
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        self.name = name or snake_case(type(self).__name__)
        if reduction not in REDUCTIONS:
            raise OpsinError(
                f"{self.name} got reduction={reduction!r}. Expected one of {', '.join(map(repr, REDUCTIONS))}."
            )
        self.reduction = reduction

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Computes the loss of each sample.

        Args:
            y_true: Targets (n, ...).
            y_pred: Outputs (n, ...).
        """
        raise NotImplementedError

    def fused_activations(self) -> tuple[str, ...]:
        """Returns the names of last activations for which `call_logits` is used."""
        return ()

    def call_logits(self, y_true: Tensor, logits: Tensor) -> Tensor:
        """Computes the loss of each sample from logits. Used if the last activation is in `fused_activations`."""
        raise NotImplementedError

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        weight = None if sample_weight is None else as_tensor(sample_weight)
        return reduce_losses(self.call(as_tensor(y_true), as_tensor(y_pred)), weight, self.reduction)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the loss."""
        return {"name": self.name, "reduction": self.reduction}


class FunctionLoss(Loss):
    """Loss that is computed by a function.

    Args:
        function: Called with (y_true, y_pred) and the settings. Returns the loss of each sample.
        name: Name of the loss.
        reduction: See `Loss`.
        dtype: Accepted, without effect.
        settings: Keyword arguments of the function.
    """

    def __init__(
        self,
        function: Callable[..., Tensor],
        name: str,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
        **settings: Any,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.function, self.settings = function, settings

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        y_true, y_pred = match_rank(y_true, y_pred)
        return self.function(y_true, y_pred, **self.settings)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings}


def reduce_losses(values: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    """Reduces the losses of samples to one value.

    Args:
        values: Losses (n, ...).
        weight: Sample weights (n,), or None.
        reduction: See `Loss`. The mean is over the number of losses, not over the sum of the weights, as in Keras.
    """
    if weight is not None:
        weight = weight.to(values.dtype)
        weight = weight.squeeze(-1) if weight.ndim == values.ndim + 1 and weight.shape[-1] == 1 else weight
        weight = weight.view(*weight.shape, *(1,) * (values.ndim - weight.ndim))
        values = values * weight
    if reduction in (None, "none"):
        return values
    if reduction == "sum":
        return values.sum()
    if reduction == "mean_with_sample_weight" and weight is not None:
        return values.sum() / weight.sum()
    return values.mean()


def match_rank(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Returns both tensors with equal numbers of axes: a last axis of length 1 is added or removed, as in Keras."""
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return (y_true, y_pred.unsqueeze(-1)) if y_pred.ndim == 1 else (y_true.squeeze(-1), y_pred)
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        return (y_true.unsqueeze(-1), y_pred) if y_true.ndim == 1 else (y_true, y_pred.squeeze(-1))
    return y_true, y_pred


def check_same_shape(name: str, y_true: Tensor, y_pred: Tensor, fix: str = "") -> None:
    """Raises DataError unless targets and outputs have the same shape."""
    if y_true.shape != y_pred.shape:
        raise DataError(
            f"{name} got targets of shape {tuple(y_true.shape)} for outputs of shape {tuple(y_pred.shape)}. Expected "
            f"equal shapes. Fix: {fix or 'set the units of the last layer to the number of values in a target'}."
        )


def as_tensor(value: Any) -> Tensor:
    """Returns a value as a tensor; floating-point values as float32."""
    tensor = value if isinstance(value, Tensor) else torch.from_numpy(np.array(value))
    return tensor.float() if tensor.is_floating_point() else tensor
