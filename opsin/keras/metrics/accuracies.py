"""How often the answer is right."""

from typing import Any, ClassVar

from torch import Tensor

from opsin.core import DataError

from ..losses.loss import as_tensor
from .metric import MeanMetric, paired


def accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where target and output are equal."""
    target, output = paired(y_true, y_pred)
    return (target == output).float()


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Tensor:
    """1 where the output is over the threshold and the label is 1, or neither.

    >>> binary_accuracy([1, 0], [0.7, 0.6])
    tensor([1., 0.])
    """
    target, output = paired(y_true, y_pred)
    return (target == (output > threshold)).float()


def categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest output is that of the one-hot target's class."""
    return _right(as_tensor(y_true).argmax(-1), as_tensor(y_pred), "categorical_accuracy")


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Tensor:
    """1 where the largest output is that of the target's class number."""
    return _right(_numbers(as_tensor(y_true), as_tensor(y_pred)), as_tensor(y_pred), "sparse_categorical_accuracy")


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where the one-hot target's class is among the `k` largest outputs."""
    return sparse_top_k_categorical_accuracy(as_tensor(y_true).argmax(-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Tensor:
    """1 where fewer than `k` outputs are larger than that of the target's class number.

    >>> sparse_top_k_categorical_accuracy([0], [[0.1, 0.7, 0.2]], k=2)
    tensor([0.])
    """
    output = as_tensor(y_pred)
    target = _numbers(as_tensor(y_true), output).long()
    own = output.gather(-1, target.unsqueeze(-1))
    return ((output > own).sum(-1) < k).float()


def _numbers(target: Tensor, output: Tensor) -> Tensor:
    return target.squeeze(-1) if target.ndim == output.ndim and target.shape[-1] == 1 else target


def _right(target: Tensor, output: Tensor, name: str) -> Tensor:
    if target.shape != output.shape[:-1]:
        raise DataError(
            f"{name} got targets for {tuple(target.shape)} and outputs {tuple(output.shape)}; expected as many"
        )
    return (target == output.argmax(-1)).float()


class Accuracy(MeanMetric):
    """The share of outputs that equal their targets."""

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, "up", dtype)


class BinaryAccuracy(MeanMetric):
    """The share of labels that are on the right side of the threshold."""

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        super().__init__(binary_accuracy, name, "up", dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetric):
    """The share of inputs whose largest output is the one-hot target's class."""

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, "up", dtype)


class SparseCategoricalAccuracy(MeanMetric):
    """The share of inputs whose largest output is the target's class number."""

    direction: ClassVar[str | None] = "up"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, "up", dtype)


class TopKCategoricalAccuracy(MeanMetric):
    """The share of inputs whose one-hot target's class is among the `k` largest outputs."""

    direction: ClassVar[str | None] = "up"

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, "up", dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetric):
    """The share of inputs whose class number is among the `k` largest outputs."""

    direction: ClassVar[str | None] = "up"

    def __init__(self, k: int = 5, name: str = "sparse_top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, "up", dtype, k=k)
