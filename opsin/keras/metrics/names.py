"""Look-up of metrics by name. "accuracy" selects the class that fits the shapes of targets and outputs."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor

from opsin.core import OpsinError
from opsin.nn.naming import snake_case

from ..losses import names as losses
from ..losses.loss import FunctionLoss, Loss
from . import accuracies as a
from . import confusion as c
from .metric import Mean, MeanMetric, Metric


class MeanSquaredError(MeanMetric):
    """Mean of squared differences.

    Args:
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(_loss_function("mse"), name, "down", dtype)


class MeanAbsoluteError(MeanMetric):
    """Mean of absolute differences.

    Args:
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(_loss_function("mae"), name, "down", dtype)


class RootMeanSquaredError(MeanMetric):
    """Root of the mean of squared differences.

    Args:
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(_loss_function("mse"), name, "down", dtype)

    def result(self) -> float:
        return super().result() ** 0.5


CLASSES: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        a.Accuracy, a.BinaryAccuracy, a.CategoricalAccuracy, a.SparseCategoricalAccuracy, a.TopKCategoricalAccuracy,
        a.SparseTopKCategoricalAccuracy, c.AUC, c.Precision, c.Recall, MeanSquaredError, MeanAbsoluteError,
        RootMeanSquaredError, Mean,
    )
}  # fmt: skip
_NAMES = {spelled: name for name in CLASSES if name != "Mean" for spelled in (name, snake_case(name))}


def get(identifier: Any, y_true: Tensor | None = None, y_pred: Tensor | None = None) -> Metric:
    """Returns a metric.

    Args:
        identifier: Name, metric, class, loss, function of (y_true, y_pred), or config.
        y_true: Targets of a batch, which select the class for "accuracy".
        y_pred: Outputs of the batch.

    Raises:
        OpsinError: The name is unknown; the message lists the names.

    Examples:
        >>> get("mse").name, get("AUC").name
        ('mse', 'AUC')
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return identifier()
    if isinstance(identifier, dict):
        return from_config(identifier)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(identifier, Loss):
        return MeanMetric(identifier.call, identifier.name, "down")
    if isinstance(identifier, str):
        return _named(identifier, y_true, y_pred)
    if callable(identifier):
        return _of_function(identifier)
    raise _unknown(identifier)


def _named(name: str, y_true: Tensor | None, y_pred: Tensor | None) -> Metric:
    if name.lower() in ("accuracy", "acc"):
        kind = _select_accuracy(y_true, y_pred) if y_true is not None and y_pred is not None else a.Accuracy
        return kind(name=name)
    if name in _NAMES:
        return CLASSES[_NAMES[name]](name=name)
    if name in losses.NAMES:
        return MeanMetric(_loss_function(name), name, "down")
    raise _unknown(name)


def _select_accuracy(y_true: Tensor, y_pred: Tensor) -> type[Any]:
    """Returns the accuracy class by Keras's rule: one output is binary; targets without class axis are indices."""
    if y_pred.shape[-1] == 1:
        return a.BinaryAccuracy
    sparse = y_true.ndim < y_pred.ndim or (y_true.shape[-1] == 1 and y_pred.shape[-1] > 1)
    return a.SparseCategoricalAccuracy if sparse else a.CategoricalAccuracy


def _of_function(function: Any) -> Metric:
    return MeanMetric(function, str(getattr(function, "__name__", "metric")))


def _loss_function(name: str) -> Callable[..., Tensor]:
    loss = losses.get(name)
    assert isinstance(loss, FunctionLoss)
    return loss.call


def _unknown(identifier: Any) -> OpsinError:
    names = ("accuracy", *(name for name in (*_NAMES, *losses.NAMES) if name.islower() and name != "accuracy"))
    return OpsinError(
        f"Unknown metric {identifier!r}. Expected one of {', '.join(dict.fromkeys(names))}, an object of "
        "keras.metrics, or a function of (y_true, y_pred)."
    )


def from_config(config: dict[str, Any]) -> Metric:
    """Returns the metric of a config `{"class_name", "config"}`. Raises OpsinError for an unknown one."""
    kind, settings = str(config.get("class_name")), dict(config.get("config") or {})
    if kind not in CLASSES:
        raise _unknown(kind)
    known = inspect.signature(CLASSES[kind]).parameters
    more = {key: value for key, value in settings.items() if key not in known and value}
    if more:
        raise OpsinError(f"{kind} does not support {', '.join(more)}. Expected arguments: {', '.join(known)}.")
    try:
        return CLASSES[kind](**{key: value for key, value in settings.items() if key in known})
    except (TypeError, ValueError) as error:
        raise OpsinError(f"{kind}: {error}. Expected Keras's arguments.") from error
