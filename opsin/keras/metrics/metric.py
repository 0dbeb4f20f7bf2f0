"""Base classes of metrics, which accumulate over batches."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ..losses.loss import as_tensor, match_rank
from ..naming import auto_name


class Metric:
    """Base class of all metrics. A subclass implements `update_state`, `result` and `reset_state`.

    Args:
        name: Name of the metric. None: the class name and a number.
        dtype: Accepted, without effect.
    """

    direction: ClassVar[str | None] = None
    """ "up" if larger values are better, "down" if smaller ones are. Used by callbacks with mode="auto"."""

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self.name = name or auto_name(type(self).__name__)
        self.better: str | None = self.direction

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Updates the metric with a batch.

        Args:
            y_true: Targets (n, ...).
            y_pred: Outputs (n, ...).
            sample_weight: Weights (n,), or None.
        """
        raise NotImplementedError

    def result(self) -> Any:
        """Returns the metric over all batches since the last reset."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Resets the metric."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the metric."""
        return {"name": self.name, "dtype": "float32"}

    def __call__(self, *batch: Any, **more: Any) -> Any:
        self.update_state(*batch, **more)
        return self.result()


class Mean(Metric):
    """Weighted mean of values.

    Args:
        name: Name of the metric. None: "mean" and a number.
        dtype: Accepted, without effect.

    Examples:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 3.0])
        >>> float(mean.result())
        2.0
    """

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name, dtype)
        self.total: Any = 0.0
        self.count: Any = 0.0

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        values = as_tensor(values).detach()
        if sample_weight is None:
            self.total = self.total + values.double().sum()
            self.count += values.shape[0] * (values[0].numel() if values.numel() else 1) if values.ndim else 1
            return
        weight = as_tensor(sample_weight).to(values.device)
        weight = weight.view(*weight.shape, *(1,) * (values.ndim - weight.ndim)).expand(values.shape)
        self.total = self.total + (values * weight).double().sum()
        self.count = self.count + weight.double().sum()

    def result(self) -> float:
        count = float(self.count)
        return float(self.total) / count if count else 0.0

    def reset_state(self) -> None:
        self.total, self.count = 0.0, 0.0


class MeanMetric(Mean):
    """Mean of a function of targets and outputs.

    Args:
        function: Called with (y_true, y_pred) and the settings. Returns one value per sample.
        name: Name of the metric.
        better: "up" if larger values are better, "down" if smaller ones are, None if unknown.
        dtype: Accepted, without effect.
        settings: Keyword arguments of the function.
    """

    def __init__(
        self, function: Callable[..., Tensor], name: str, better: str | None = None, dtype: Any = None, **settings: Any
    ) -> None:
        super().__init__(name, dtype)
        self.function, self.settings, self.better = function, settings, better

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        with torch.no_grad():
            target, output = as_tensor(y_true), as_tensor(y_pred)
            values = as_tensor(self.function(target, output, **self.settings))
        super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings}


def paired(y_true: Any, y_pred: Any) -> tuple[Tensor, Tensor]:
    """Returns targets and outputs as tensors with equal numbers of axes."""
    return match_rank(as_tensor(y_true), as_tensor(y_pred))


def to_float(value: Any) -> float:
    """Returns a result as a Python float."""
    return float(value.detach()) if isinstance(value, Tensor) else float(np.asarray(value))
