"""What a loss is: one number for each input of a batch, and how they become one."""

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
    """Base of all losses; a loss of your own overrides `call` with torch operations on (n, ..., channels) tensors.

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
                f"{self.name} takes one of {', '.join(map(repr, REDUCTIONS))} for reduction, got {reduction!r}"
            )
        self.reduction = reduction

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """The loss of each input."""
        raise NotImplementedError

    def folded(self) -> tuple[str, ...]:
        """The last activations that `call_raw` does itself, from the numbers before it."""
        return ()

    def call_raw(self, y_true: Tensor, raw: Tensor) -> Tensor:
        """The loss of each input from what the network says before an activation that is `folded`."""
        raise NotImplementedError

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Tensor:
        weight = None if sample_weight is None else as_tensor(sample_weight)
        return reduced(self.call(as_tensor(y_true), as_tensor(y_pred)), weight, self.reduction)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        return {"name": self.name, "reduction": self.reduction}


class FunctionLoss(Loss):
    """A loss that a function of (targets, outputs) computes, with settings that it takes by name."""

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
        y_true, y_pred = same_rank(y_true, y_pred)
        return self.function(y_true, y_pred, **self.settings)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings}


def reduced(values: Tensor, weight: Tensor | None, reduction: str | None) -> Tensor:
    """Weighted losses as one number: their mean over all of them (Keras divides by their count, not by the weights)."""
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


def same_rank(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Both with as many axes: a last axis of length 1 is added to or taken from one of them, as Keras does."""
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        return (y_true, y_pred.unsqueeze(-1)) if y_pred.ndim == 1 else (y_true.squeeze(-1), y_pred)
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        return (y_true.unsqueeze(-1), y_pred) if y_true.ndim == 1 else (y_true, y_pred.squeeze(-1))
    return y_true, y_pred


def need_same_shape(name: str, y_true: Tensor, y_pred: Tensor, mend: str = "") -> None:
    """DataError unless there is one target for each output."""
    if y_true.shape != y_pred.shape:
        raise DataError(
            f"{name} got targets of shape {tuple(y_true.shape)} for outputs of shape {tuple(y_pred.shape)}; expected "
            f"equal shapes: {mend or 'the last layer needs as many units as there are numbers in a target'}"
        )


def as_tensor(value: Any) -> Tensor:
    """The value as a tensor; floats as float32."""
    found = value if isinstance(value, Tensor) else torch.from_numpy(np.array(value))
    return found.float() if found.is_floating_point() else found
