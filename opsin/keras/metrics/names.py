"""Metrics by the names that `compile` takes; "accuracy" becomes the one that fits targets and outputs."""

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
    """The mean of squared differences."""

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None) -> None:
        super().__init__(_loss_function("mse"), name, "down", dtype)


class MeanAbsoluteError(MeanMetric):
    """The mean size of differences."""

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None) -> None:
        super().__init__(_loss_function("mae"), name, "down", dtype)


class RootMeanSquaredError(MeanMetric):
    """The root of the mean of squared differences."""

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
    """The metric that a name, an object, a class or a function of (targets, outputs) stands for.

    "accuracy" needs a batch to tell which is meant. Raises OpsinError, with the names there are, for anything else.

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
        kind = _fitting_accuracy(y_true, y_pred) if y_true is not None and y_pred is not None else a.Accuracy
        return kind(name=name)
    if name in _NAMES:
        return CLASSES[_NAMES[name]](name=name)
    if name in losses.NAMES:
        return MeanMetric(_loss_function(name), name, "down")
    raise _unknown(name)


def _fitting_accuracy(y_true: Tensor, y_pred: Tensor) -> type[Any]:
    """Keras's rule: one output is binary; targets without the classes' axis are class numbers; else one-hot."""
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
        f"there is no metric {identifier!r}; expected one of {', '.join(dict.fromkeys(names))}, an object of "
        "keras.metrics, or a function of (y_true, y_pred)"
    )


def from_config(config: dict[str, Any]) -> Metric:
    """The metric that a file's `{"class_name", "config"}` says; OpsinError when Opsin does not have it."""
    kind, settings = str(config.get("class_name")), dict(config.get("config") or {})
    if kind not in CLASSES:
        raise _unknown(kind)
    known = inspect.signature(CLASSES[kind]).parameters
    more = {key: value for key, value in settings.items() if key not in known and value}
    if more:
        raise OpsinError(f"{kind} has no {', '.join(more)} here; expected {', '.join(known)}")
    try:
        return CLASSES[kind](**{key: value for key, value in settings.items() if key in known})
    except (TypeError, ValueError) as error:
        raise OpsinError(f"{kind}: {error}; expected the arguments that Keras has") from error
