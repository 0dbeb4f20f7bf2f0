"""Accuracy metrics."""

from typing import Any, ClassVar

from torch import Tensor

from opsin.core import DataError

from ..losses.loss import as_tensor
from .metric import MeanMetric, paired


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Compares outputs with targets.

    Args:
        y_true: Targets.
        y_pred: Outputs of the same shape.

    Returns:
        1.0 or 0.0 for each element.
    """
    target, output = paired(y_true, y_pred)
    return (target == output).float()


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """Compares thresholded outputs with binary labels.

    Args:
        y_true: Labels, 0 or 1.
        y_pred: Probabilities of the same shape.
        threshold: Outputs above it are positive.

    Returns:
        1.0 or 0.0 for each label.

    Examples:
        >>> binary_accuracy([1, 0], [0.7, 0.6])
        tensor([1., 0.])
    """
    target, output = paired(y_true, y_pred)
    return (target == (output > threshold)).float()


def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Compares the class of the largest output with one-hot targets.

    Args:
        y_true: One-hot targets (n, ..., classes).
        y_pred: Outputs (n, ..., classes).

    Returns:
        1.0 or 0.0 for each sample (n, ...).
    """
    return _is_argmax(as_tensor(y_true).argmax(-1), as_tensor(y_pred), "categorical_accuracy")


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """Compares the class of the largest output with class indices.

    Args:
        y_true: Class indices (n, ...) or (n, ..., 1).
        y_pred: Outputs (n, ..., classes).

    Returns:
        1.0 or 0.0 for each sample (n, ...).
    """
    return _is_argmax(
        _class_indices(as_tensor(y_true), as_tensor(y_pred)), as_tensor(y_pred), "sparse_categorical_accuracy"
    )


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """Tests if the class of a one-hot target is among the `k` largest outputs.

    Args:
        y_true: One-hot targets (n, ..., classes).
        y_pred: Outputs (n, ..., classes).
        k: Number of largest outputs.

    Returns:
        1.0 or 0.0 for each sample (n, ...).
    """
    return sparse_top_k_categorical_accuracy(as_tensor(y_true).argmax(-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """Tests if a class index is among the `k` largest outputs.

    Args:
        y_true: Class indices (n, ...) or (n, ..., 1).
        y_pred: Outputs (n, ..., classes).
        k: Number of largest outputs.

    Returns:
        1.0 or 0.0 for each sample (n, ...).

    Examples:
        >>> sparse_top_k_categorical_accuracy([0], [[0.1, 0.7, 0.2]], k=2)
        tensor([0.])
    """
    output = as_tensor(y_pred)
    target = _class_indices(as_tensor(y_true), output).long()
    own = output.gather(-1, target.unsqueeze(-1))
    return ((output > own).sum(-1) < k).float()


def _class_indices(target: Tensor, output: Tensor) -> Tensor:
    return target.squeeze(-1) if target.ndim == output.ndim and target.shape[-1] == 1 else target


def _is_argmax(target: Tensor, output: Tensor, name: str) -> Tensor:
    if target.shape != output.shape[:-1]:
        raise DataError(
            f"{name} got targets for {tuple(target.shape)} and outputs {tuple(output.shape)}. Expected equal numbers."
        )
    return (target == output.argmax(-1)).float()


class Accuracy(MeanMetric):
    """Share of outputs that equal their targets.

    Args:
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, "up", dtype)


class BinaryAccuracy(MeanMetric):
    """Share of correct binary labels.

    Args:
        name: Name of the metric.
        dtype: Accepted, without effect.
        threshold: Outputs above it are positive.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, "up", dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetric):
    """Share of samples whose largest output is the class of the one-hot target.

    Args:
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, "up", dtype)


class SparseCategoricalAccuracy(MeanMetric):
    """Share of samples whose largest output is the target class index.

    Args:
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, "up", dtype)


class TopKCategoricalAccuracy(MeanMetric):
    """Share of samples whose one-hot target class is among the `k` largest outputs.

    Args:
        k: Number of largest outputs.
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, "up", dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetric):
    """Share of samples whose target class index is among the `k` largest outputs.

    Args:
        k: Number of largest outputs.
        name: Name of the metric.
        dtype: Accepted, without effect.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, "up", dtype, k=k)
