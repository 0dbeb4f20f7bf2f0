"""Losses of probabilities: categorical, sparse and binary cross-entropy."""

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import DataError, OpsinError

from .loss import EPSILON, FunctionLoss, as_tensor, need_same_shape


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Minus the logarithm of the right class's probability; targets are one-hot, (n, ..., classes).

    >>> categorical_crossentropy(torch.eye(2), torch.tensor([[0.5, 0.5], [0.0, 1.0]])).round(decimals=4) + 0
    tensor([0.6931, 0.0000])
    """
    target, output = as_tensor(y_true), as_tensor(y_pred)
    need_same_shape(
        "categorical_crossentropy", target, output,
        f"keras.utils.to_categorical(y, {output.shape[-1]}) makes them of class numbers, and "
        "sparse_categorical_crossentropy takes the numbers themselves",
    )  # fmt: skip
    target = target.to(output.dtype)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / target.shape[-1]
    return -(target * _log_probabilities(output, from_logits, axis)).sum(axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """Minus the logarithm of the right class's probability; targets are class numbers, (n, ...) or (n, ..., 1).

    >>> sparse_categorical_crossentropy([1], torch.tensor([[0.5, 0.5]]))
    tensor([0.6931])
    """
    target, output = as_tensor(y_true), as_tensor(y_pred)
    if target.ndim == output.ndim and target.shape[axis] == 1:
        target = target.squeeze(axis)
    classes = output.shape[axis]
    if target.shape != output.shape[:-1]:
        raise DataError(
            f"sparse_categorical_crossentropy got targets of shape {tuple(target.shape)} for outputs of shape "
            f"{tuple(output.shape)}; expected {tuple(output.shape[:-1])}: one class number for each, or "
            "categorical_crossentropy for one-hot targets"
        )
    target = target.long()
    valid = torch.ones_like(target, dtype=torch.bool) if ignore_class is None else target != ignore_class
    target = torch.where(valid, target, 0)
    if target.device.type == "cpu" and target.numel() and not 0 <= int(target.min()) <= int(target.max()) < classes:
        raise DataError(
            f"sparse_categorical_crossentropy got the classes {int(target.min())} to {int(target.max())}; expected "
            f"0 to {classes - 1}: the last layer has {classes} units"
        )
    losses = -_log_probabilities(output, from_logits, axis).gather(axis, target.unsqueeze(axis)).squeeze(axis)
    if ignore_class is None:
        return losses
    return torch.where(valid, losses * (valid.numel() / valid.sum().clamp(min=1)), 0)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Minus the logarithm of the probability of what each label is, its mean over the labels.

    >>> binary_crossentropy(torch.ones(1, 2), torch.tensor([[0.5, 0.5]]))
    tensor([0.6931])
    """
    target, output = as_tensor(y_true), as_tensor(y_pred)
    need_same_shape("binary_crossentropy", target, output)
    target = target.to(output.dtype)
    if label_smoothing:
        target = target * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return F.binary_cross_entropy_with_logits(output, target, reduction="none").mean(axis)
    return F.binary_cross_entropy(output.clamp(EPSILON, 1 - EPSILON), target, reduction="none").mean(axis)


def _log_probabilities(output: Tensor, from_logits: bool, axis: int) -> Tensor:
    if axis not in (-1, output.ndim - 1):
        raise OpsinError(f"cross-entropy takes axis=-1, got {axis}: the classes are on the last axis")
    if from_logits:
        return torch.log_softmax(output, dim=axis)
    return (output / output.sum(axis, keepdim=True)).clamp(EPSILON, 1 - EPSILON).log()


class _Crossentropy(FunctionLoss):
    folds: ClassVar[str] = ""

    def folded(self) -> tuple[str, ...]:
        return () if self.settings["from_logits"] else (self.folds,)

    def call_raw(self, y_true: Tensor, raw: Tensor) -> Tensor:
        if self.folds == "sigmoid" and y_true.ndim == raw.ndim - 1 and raw.shape[-1] == 1:
            y_true = y_true.unsqueeze(-1)
        return self.function(y_true, raw, **{**self.settings, "from_logits": True})


class CategoricalCrossentropy(_Crossentropy):
    """Cross-entropy for one-hot targets."""

    folds: ClassVar[str] = "softmax"

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = "sum_over_batch_size", name: str = "categorical_crossentropy", dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            categorical_crossentropy, name, reduction, dtype, from_logits=from_logits,
            label_smoothing=_share(label_smoothing), axis=axis,
        )  # fmt: skip


class SparseCategoricalCrossentropy(_Crossentropy):
    """Cross-entropy for class numbers."""

    folds: ClassVar[str] = "softmax"

    def __init__(
        self, from_logits: bool = False, ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size", axis: int = -1,
        name: str = "sparse_categorical_crossentropy", dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            sparse_categorical_crossentropy, name, reduction, dtype, from_logits=from_logits,
            ignore_class=ignore_class, axis=axis,
        )  # fmt: skip

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return self.function(y_true, y_pred, **self.settings)


class BinaryCrossentropy(_Crossentropy):
    """Cross-entropy for labels that are each there or not."""

    folds: ClassVar[str] = "sigmoid"

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = "sum_over_batch_size", name: str = "binary_crossentropy", dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            binary_crossentropy, name, reduction, dtype, from_logits=from_logits,
            label_smoothing=_share(label_smoothing), axis=axis,
        )  # fmt: skip


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise OpsinError(f"a cross-entropy takes a number from 0 to 1 for label_smoothing, got {value!r}")
    return float(value)
