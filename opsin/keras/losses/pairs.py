"""What the losses of numbers share: a target for each output, and a class around a function of both."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from .loss import FunctionLoss, as_tensor, need_same_shape, same_rank


def pair(name: str, y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Targets and outputs as tensors of one shape and kind; DataError, with the name, when they differ."""
    target, output = same_rank(as_tensor(y_true), as_tensor(y_pred))
    need_same_shape(name, target, output)
    return target.to(output.dtype), output


class MadeOf(FunctionLoss):
    """A loss whose class says the function, `made_of`."""

    made_of: Callable[..., Tensor]

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: Any = None
    ) -> None:
        function = type(self).made_of
        super().__init__(function, name or function.__name__, reduction, dtype)
