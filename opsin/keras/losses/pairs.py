"""Base class of losses that compare each output with one target."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from .loss import FunctionLoss, as_tensor, check_same_shape, match_rank


def pair(name: str, y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Returns targets and outputs as tensors of one shape and type. Raises DataError if the shapes differ."""
    target, output = match_rank(as_tensor(y_true), as_tensor(y_pred))
    check_same_shape(name, target, output)
    return target.to(output.dtype), output


class PairLoss(FunctionLoss):
    """Base class of losses that are computed by the class's `pair_function`.

    Args:
        reduction: "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight" or "none".
        name: Name of the loss. None: the name of the function.
        dtype: Accepted, without effect.
    """

    pair_function: Callable[..., Tensor]

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None
    ) -> None:
        function = type(self).pair_function
        super().__init__(function, name or function.__name__, reduction, dtype)
