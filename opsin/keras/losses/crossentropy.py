"""Categorical, sparse categorical and binary cross-entropy."""

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import DataError, OpsinError

from .loss import EPSILON, FunctionLoss, as_tensor, check_same_shape


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Computes the cross-entropy of one-hot targets.

    Args:
        y_true: One-hot targets (n, ..., classes).
        y_pred: Probabilities, or logits, (n, ..., classes).
        from_logits: `y_pred` are logits.
        label_smoothing: Share of the target that is spread over all classes, from 0 to 1.
        axis: Axis of the classes: -1.

    Returns:
        The loss of each sample (n, ...).

    Raises:
        DataError: The shapes differ.

    Examples:
        >>> categorical_crossentropy(torch.eye(2), torch.tensor([[0.5, 0.5], [0.0, 1.0]])).round(decimals=4) + 0
        tensor([0.6931, 0.0000])
    """
    target, output = as_tensor(y_true), as_tensor(y_pred)
    check_same_shape(
        "categorical_crossentropy", target, output,
        f"convert class indices with keras.utils.to_categorical(y, {output.shape[-1]}), or use "
        "sparse_categorical_crossentropy",
    )  # fmt: skip
    target = target.to(output.dtype)
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / target.shape[-1]
    return -(target * _log_probabilities(output, from_logits, axis)).sum(axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Tensor:
    """Computes the cross-entropy of class indices.

    Args:
        y_true: Class indices (n, ...) or (n, ..., 1).
        y_pred: Probabilities, or logits, (n, ..., classes).
        from_logits: `y_pred` are logits.
        ignore_class: Targets of this class have no loss.
        axis: Axis of the classes: -1.

    Returns:
        The loss of each sample (n, ...).

    Raises:
        DataError: The shapes do not fit, or a class index is out of range.

    Examples:
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
            f"{tuple(output.shape)}. Expected {tuple(output.shape[:-1])}, one class index per output. Fix: use "
            "categorical_crossentropy for one-hot targets."
        )
    target = target.long()
    valid = torch.ones_like(target, dtype=torch.bool) if ignore_class is None else target != ignore_class
    target = torch.where(valid, target, 0)
    if target.device.type == "cpu" and target.numel() and not 0 <= int(target.min()) <= int(target.max()) < classes:
        raise DataError(
            f"sparse_categorical_crossentropy got class indices from {int(target.min())} to {int(target.max())}. "
            f"Expected 0 to {classes - 1}: the last layer has {classes} units."
        )
    losses = -_log_probabilities(output, from_logits, axis).gather(axis, target.unsqueeze(axis)).squeeze(axis)
    if ignore_class is None:
        return losses
    return torch.where(valid, losses * (valid.numel() / valid.sum().clamp(min=1)), 0)


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    """Computes the cross-entropy of binary labels, averaged over the labels.

    Args:
        y_true: Labels (n, ..., labels), 0 or 1.
        y_pred: Probabilities, or logits, of the same shape.
        from_logits: `y_pred` are logits.
        label_smoothing: Share by which labels are moved towards 0.5, from 0 to 1.
        axis: Axis of the labels: -1.

    Returns:
        The loss of each sample (n, ...).

    Raises:
        DataError: The shapes differ.

    Examples:
        >>> binary_crossentropy(torch.ones(1, 2), torch.tensor([[0.5, 0.5]]))
        tensor([0.6931])
    """
    target, output = as_tensor(y_true), as_tensor(y_pred)
    check_same_shape("binary_crossentropy", target, output)
    target = target.to(output.dtype)
    if label_smoothing:
        target = target * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        return F.binary_cross_entropy_with_logits(output, target, reduction="none").mean(axis)
    return F.binary_cross_entropy(output.clamp(EPSILON, 1 - EPSILON), target, reduction="none").mean(axis)


def _log_probabilities(output: Tensor, from_logits: bool, axis: int) -> Tensor:
    if axis not in (-1, output.ndim - 1):
        raise OpsinError(f"Cross-entropy got axis={axis}. Expected -1, the axis of the classes.")
    if from_logits:
        return torch.log_softmax(output, dim=axis)
    return (output / output.sum(axis, keepdim=True)).clamp(EPSILON, 1 - EPSILON).log()


class _Crossentropy(FunctionLoss):
    last_activation: ClassVar[str] = ""

    def fused_activations(self) -> tuple[str, ...]:
        return () if self.settings["from_logits"] else (self.last_activation,)

    def call_logits(self, y_true: Tensor, logits: Tensor) -> Tensor:
        if self.last_activation == "sigmoid" and y_true.ndim == logits.ndim - 1 and logits.shape[-1] == 1:
            y_true = y_true.unsqueeze(-1)
        return self.function(y_true, logits, **{**self.settings, "from_logits": True})


class CategoricalCrossentropy(_Crossentropy):
    """Cross-entropy of one-hot targets.

    Args:
        from_logits: Outputs are logits.
        label_smoothing: Share of the target that is spread over all classes, from 0 to 1.
        axis: Axis of the classes: -1.
        reduction: "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight" or "none".
        name: Name of the loss.
        dtype: Accepted, without effect.
    """

    last_activation: ClassVar[str] = "softmax"

    def __init__(
        self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1,
        reduction: str | None = "sum_over_batch_size", name: str = "categorical_crossentropy", dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            categorical_crossentropy, name, reduction, dtype, from_logits=from_logits,
            label_smoothing=_share(label_smoothing), axis=axis,
        )  # fmt: skip


class SparseCategoricalCrossentropy(_Crossentropy):
    """Cross-entropy of class indices.

    Args:
        from_logits: Outputs are logits.
        ignore_class: Targets of this class have no loss.
        reduction: "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight" or "none".
        axis: Axis of the classes: -1.
        name: Name of the loss.
        dtype: Accepted, without effect.
    """

    last_activation: ClassVar[str] = "softmax"

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
    """Cross-entropy of binary labels.

    Args:
        from_logits: Outputs are logits.
        label_smoothing: Share by which labels are moved towards 0.5, from 0 to 1.
        axis: Axis of the labels: -1.
        reduction: "sum_over_batch_size", "mean", "sum", "mean_with_sample_weight" or "none".
        name: Name of the loss.
        dtype: Accepted, without effect.
    """

    last_activation: ClassVar[str] = "sigmoid"

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
        raise OpsinError(f"A cross-entropy got label_smoothing={value!r}. Expected a number from 0 to 1.")
    return float(value)
