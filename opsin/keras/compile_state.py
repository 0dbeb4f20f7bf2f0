"""What `compile` was told: optimizer, loss, metrics; and how a batch is scored with them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor

from opsin.core import OpsinError

from . import losses, metrics, optimizers
from .losses.loss import Loss, reduced
from .metrics.metric import Mean, Metric, plain
from .optimizers.optimizer import Optimizer

# What `compile` takes: a name, an object, its class, a function, or what a file says of one.
OptimizerLike: TypeAlias = str | Optimizer | type[Optimizer] | Mapping[str, Any]
LossLike: TypeAlias = str | Loss | type[Loss] | Callable[[Any, Any], Tensor] | Mapping[str, Any]
MetricLike: TypeAlias = str | Metric | type[Metric] | Loss | Callable[[Any, Any], Tensor] | Mapping[str, Any]


class Compiled:
    """Optimizer, loss and metrics of a model; metrics are settled with the first batch, which says what they are of."""

    def __init__(self, optimizer: Any, loss: Any, wanted: Any, weighted: Any) -> None:
        self.optimizer: Optimizer = optimizers.get(optimizer)
        self.loss: Loss | None = None if loss is None else losses.get(_single(loss, "loss"))
        self.given_loss: Any = self.loss if isinstance(loss, dict) else loss
        # An unknown name is said now, not after the first batch.
        self.wanted = [_known(one) for one in listed(wanted, "metrics")]
        self.weighted = [_known(one) for one in listed(weighted, "weighted_metrics")]
        self.mean_loss = Mean("loss")
        self.metrics: list[tuple[Metric, bool]] = []

    def reset(self) -> None:
        """Starts loss and metrics anew."""
        self.mean_loss.reset_state()
        for metric, _ in self.metrics:
            metric.reset_state()

    def batch_loss(
        self, y: Tensor | None, raw: Tensor, y_pred: Tensor, weight: Tensor | None, activation: str
    ) -> Tensor:
        """The loss of a batch; a last softmax or sigmoid is folded into a cross-entropy, which no number can break."""
        if self.loss is None or y is None:
            no_loss = "there is no loss: compile with one, such as loss='mse'"
            raise OpsinError(no_loss if self.loss is None else "there are no targets: give y")
        folded = activation in self.loss.folded()
        values = self.loss.call_raw(y, raw) if folded else self.loss.call(y, y_pred)
        return reduced(values, weight, self.loss.reduction).mean()

    def record(self, loss: Tensor, y: Tensor, y_pred: Tensor, weight: Tensor | None, count: int) -> None:
        """Takes a batch into the running loss and metrics."""
        if not self.metrics and (self.wanted or self.weighted):
            self.metrics = [(metrics.get(one, y, y_pred), False) for one in self.wanted]
            self.metrics += [(metrics.get(one, y, y_pred), True) for one in self.weighted]
        self.mean_loss.update_state(loss.detach().reshape(1), torch.tensor([float(count)], device=loss.device))
        for metric, weighted in self.metrics:
            metric.update_state(y, y_pred, weight if weighted else None)

    def results(self) -> dict[str, float]:
        """Loss and metrics since the last reset, the loss first."""
        return {"loss": plain(self.mean_loss.result()), **{m.name: plain(m.result()) for m, _ in self.metrics}}

    def to_config(self) -> dict[str, Any]:
        """What a `.keras` file keeps, in plain JSON values."""
        return {
            "optimizer": described(self.optimizer, "keras.optimizers"),
            "loss": _config(self.given_loss, "keras.losses"),
            "loss_weights": None,
            "metrics": [_config(one, "keras.metrics") for one in self.wanted] or None,
            "weighted_metrics": [_config(one, "keras.metrics") for one in self.weighted] or None,
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }


def listed(value: Any, name: str) -> list[Any]:
    """A list of one or more metrics as a flat list."""
    if value is None:
        return []
    if isinstance(value, dict) and "class_name" not in value:
        value = list(cast("dict[str, Any]", value).values())
    if not isinstance(value, list | tuple):
        raise OpsinError(f"{name} is {value!r}; expected a list such as ['accuracy']")
    found: list[Any] = []
    for one in cast("Iterable[Any]", value):
        found += listed(one, name) if isinstance(one, list | tuple) else [one]
    return found


def _known(identifier: Any) -> Any:
    """The identifier, or the metric that a file's description of it makes; OpsinError when there is none such."""
    metric = metrics.get(identifier)
    return identifier if isinstance(identifier, str) else metric


def _single(loss: Any, name: str) -> Any:
    items = cast("list[Any]", list(loss)) if isinstance(loss, list | tuple) else [loss]
    if len(items) != 1:
        raise OpsinError(f"{name} is a list of {len(items)}; expected one, since the model has one output")
    return items[0]


def described(value: Any, module: str) -> dict[str, Any]:
    """Class and arguments of an object of ours, as Keras writes them."""
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
        return described(value, module)
    name = getattr(value, "__name__", None)
    if name in losses.names.NAMES:
        return name
    raise OpsinError(f"{value!r} is code of your own, which a file does not keep; compile with a name to save it")
