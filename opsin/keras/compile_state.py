"""Arguments of `compile` (optimizer, loss, metrics), and the running loss and metrics."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor

from opsin.core import OpsinError

from . import losses, metrics, optimizers
from .losses.loss import Loss, reduce_losses
from .metrics.metric import Mean, Metric, to_float
from .optimizers.optimizer import Optimizer

# Types that `compile` accepts: a name, an object, its class, a function, or the config of one from a file.
OptimizerLike: TypeAlias = str | Optimizer | type[Optimizer] | Mapping[str, Any]
LossLike: TypeAlias = str | Loss | type[Loss] | Callable[[Any, Any], Tensor] | Mapping[str, Any]
MetricLike: TypeAlias = str | Metric | type[Metric] | Loss | Callable[[Any, Any], Tensor] | Mapping[str, Any]


class CompileState:
    """Optimizer, loss and metrics of a compiled model.

    Metrics are created with the first batch: "accuracy" depends on the shapes of targets and outputs.
    """

    def __init__(self, optimizer: Any, loss: Any, metric_arguments: Any, weighted: Any) -> None:
        self.optimizer: Optimizer = optimizers.get(optimizer)
        self.loss: Loss | None = None if loss is None else losses.get(_single(loss, "loss"))
        self.loss_argument: Any = self.loss if isinstance(loss, dict) else loss
        # Raises for an unknown name now, not after the first batch.
        self.metric_arguments = [_check_metric(one) for one in flatten(metric_arguments, "metrics")]
        self.weighted_arguments = [_check_metric(one) for one in flatten(weighted, "weighted_metrics")]
        self.mean_loss = Mean("loss")
        self.metrics: list[tuple[Metric, bool]] = []

    def reset(self) -> None:
        """Resets loss and metrics."""
        self.mean_loss.reset_state()
        for metric, _ in self.metrics:
            metric.reset_state()

    def batch_loss(
        self, y: Tensor | None, logits: Tensor, y_pred: Tensor, weight: Tensor | None, activation: str
    ) -> Tensor:
        """Returns the loss of a batch.

        A cross-entropy is computed from the logits if the network ends in its softmax or sigmoid: this is stable for
        logits of any size.

        Args:
            y: Targets.
            logits: Outputs before the last activation.
            y_pred: Outputs.
            weight: Sample weights (n,), or None.
            activation: Name of the last activation.

        Raises:
            OpsinError: There is no loss or no target.
        """
        if self.loss is None or y is None:
            problem = "The model has no loss. Fix: compile it with one, such as loss='mse'."
            raise OpsinError(problem if self.loss is None else "Targets are missing. Fix: pass y.")
        fused = activation in self.loss.fused_activations()
        values = self.loss.call_logits(y, logits) if fused else self.loss.call(y, y_pred)
        return reduce_losses(values, weight, self.loss.reduction).mean()

    def record(self, loss: Tensor, y: Tensor, y_pred: Tensor, weight: Tensor | None, count: int) -> None:
        """Updates the running loss and metrics with a batch.

        Args:
            loss: Loss of the batch.
            y: Targets.
            y_pred: Outputs.
            weight: Sample weights (n,), or None.
            count: Number of samples in the batch.
        """
        if not self.metrics and (self.metric_arguments or self.weighted_arguments):
            self.metrics = [(metrics.get(one, y, y_pred), False) for one in self.metric_arguments]
            self.metrics += [(metrics.get(one, y, y_pred), True) for one in self.weighted_arguments]
        self.mean_loss.update_state(loss.detach().reshape(1), torch.tensor([float(count)], device=loss.device))
        for metric, weighted in self.metrics:
            metric.update_state(y, y_pred, weight if weighted else None)

    def results(self) -> dict[str, float]:
        """Returns loss and metrics since the last reset, the loss first."""
        return {"loss": to_float(self.mean_loss.result()), **{m.name: to_float(m.result()) for m, _ in self.metrics}}

    def to_config(self) -> dict[str, Any]:
        """Returns the compile_config of a `.keras` file as plain JSON."""
        return {
            "optimizer": object_config(self.optimizer, "keras.optimizers"),
            "loss": _config(self.loss_argument, "keras.losses"),
            "loss_weights": None,
            "metrics": [_config(one, "keras.metrics") for one in self.metric_arguments] or None,
            "weighted_metrics": [_config(one, "keras.metrics") for one in self.weighted_arguments] or None,
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }


def flatten(value: Any, name: str) -> list[Any]:
    """Returns a flat list of metrics from a list, nested lists, or a dictionary."""
    if value is None:
        return []
    if isinstance(value, dict) and "class_name" not in value:
        value = list(cast("dict[str, Any]", value).values())
    if not isinstance(value, list | tuple):
        raise OpsinError(f"{name} is {value!r}. Expected a list such as ['accuracy'].")
    found: list[Any] = []
    for one in cast("Iterable[Any]", value):
        found += flatten(one, name) if isinstance(one, list | tuple) else [one]
    return found


def _check_metric(identifier: Any) -> Any:
    """Returns the name, or the metric of an object or config. Raises OpsinError for an unknown metric."""
    metric = metrics.get(identifier)
    return identifier if isinstance(identifier, str) else metric


def _single(loss: Any, name: str) -> Any:
    items = cast("list[Any]", list(loss)) if isinstance(loss, list | tuple) else [loss]
    if len(items) != 1:
        raise OpsinError(f"{name} is a list of {len(items)}. Expected one: the model has one output.")
    return items[0]


def object_config(value: Any, module: str) -> dict[str, Any]:
    """Returns class and arguments of an object in the form that Keras saves."""
    return {
        "module": module,
        "class_name": type(value).__name__,
        "config": value.get_config(),
        "registered_name": None,
    }


def _config(value: Any, module: str) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, type):
        value = value()
    if isinstance(value, Metric | Loss) and type(value).__name__ in {**losses.names.CLASSES, **metrics.names.CLASSES}:
        return object_config(value, module)
    name = getattr(value, "__name__", None)
    if name in losses.names.NAMES:
        return name
    raise OpsinError(
        f"{value!r} is Python code and cannot be saved. Expected a Keras loss or metric. Fix: compile with its name."
    )
