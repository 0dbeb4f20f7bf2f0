"""Conversion of the arguments of `fit` to tensors: inputs, targets and sample weights."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError, Shape

Array: TypeAlias = np.ndarray | Tensor | Sequence[Any]
Batch: TypeAlias = tuple[Tensor, Tensor | None, Tensor | None]


def is_array(value: Any) -> bool:
    """Returns True for an array of inputs, False for an iterable of batches."""
    return isinstance(value, Tensor | np.ndarray | list | tuple) or (
        hasattr(value, "__array__") and hasattr(value, "shape")
    )


def to_tensor(value: Any, name: str) -> Tensor:
    """Returns a value as a tensor, without a copy where possible. Raises DataError unless it is a numeric array."""
    if isinstance(value, Tensor):
        return value.detach()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"{name} is not an array: {error}. Expected inputs of one shape.") from error
    if array.dtype == bool:
        return torch.from_numpy(array.astype(np.uint8))
    if array.dtype.kind not in "iuf":
        raise DataError(f"{name} has the type {array.dtype}. Expected a numeric array (n, height, width, channels).")
    if array.dtype.kind == "u" and array.dtype.itemsize > 1:
        array = array.astype(np.int64)
    if (
        array.dtype == np.float16
        or array.dtype.itemsize > 8
        or not array.dtype.isnative
        or min(array.strides, default=0) < 0
    ):
        array = np.ascontiguousarray(array, dtype=np.float32 if array.dtype.kind == "f" else np.int64)
    return torch.from_numpy(array if array.flags.writeable else array.copy())


def check_batch(x: Any, y: Any = None, sample_weight: Any = None) -> Batch:
    """Returns x, y and sample_weight as tensors with one row per input.

    Args:
        x: Inputs (n, ...).
        y: Targets (n, ...), or None.
        sample_weight: Weights (n,), or None.

    Raises:
        DataError: A value is not a numeric array, or the numbers of rows differ.
    """
    tensors = (
        to_tensor(x, "x"),
        None if y is None else to_tensor(y, "y"),
        None if sample_weight is None else to_tensor(sample_weight, "sample_weight"),
    )
    for name, other in zip(("y", "sample_weight"), tensors[1:], strict=True):
        if other is not None and (other.ndim == 0 or len(other) != len(tensors[0])):
            raise DataError(
                f"{name} has {other.shape[0] if other.ndim else 1} rows and x {len(tensors[0])}. Expected as many."
            )
    if not len(tensors[0]):
        raise DataError("x is empty. Expected at least one input.")
    return tensors


def split(arrays: Batch, share: float) -> tuple[Batch, Batch]:
    """Returns the first rows for training and the last `share` of the rows for validation."""
    if not 0 < share < 1:
        raise DataError(f"validation_split is {share!r}. Expected a share between 0 and 1, such as 0.2.")
    count = len(arrays[0])
    at = math.floor(count * (1 - share))
    if at in (0, count):
        raise DataError(f"validation_split={share} of {count} inputs leaves one part empty. Fix: use more inputs.")
    first, last = ([None if t is None else t[part] for t in arrays] for part in (slice(at), slice(at, count)))
    return cast(Batch, tuple(first)), cast(Batch, tuple(last))


def class_weights(y: Tensor, weights: Mapping[int, float]) -> Tensor:
    """Returns the weight of each input by its class.

    Args:
        y: Class indices (n,) or (n, 1), or one-hot targets (n, classes).
        weights: Weight of each class; 1 for missing classes.
    """
    if not isinstance(weights, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DataError(
            f"class_weight is a {type(weights).__name__}. Expected a dictionary such as {{0: 1.0, 1: 5.0}}."
        )
    classes = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y), -1)[:, 0]
    classes = classes.long()
    table = torch.ones(max(int(classes.max()) + 1, *(int(key) + 1 for key in weights), 1))
    for key, value in weights.items():
        table[int(key)] = float(value)
    return table[classes.cpu()].to(y.device)


def match_input_shape(x: Tensor, shape: Shape, name: str) -> Tensor:
    """Returns a batch with the network's input shape. A last axis of length 1 is added or removed.

    Args:
        x: Inputs (n, ...), channels last.
        shape: Input shape of the network, without the batch axis.
        name: Name of the model, for errors.

    Raises:
        DataError: The shapes differ.
    """
    own = tuple(x.shape[1:])
    if own == shape:
        return x
    if (*own, 1) == shape:
        return x.unsqueeze(-1)
    if own == (*shape, 1):
        return x.squeeze(-1)
    fix = f"resize the inputs, or give the model input_shape={own}"
    if own and own[::-1][-1:] != shape and (*own[1:], own[0]) == shape:
        fix = "move the channels to the last axis with np.moveaxis(x, 1, -1)"
    elif x.ndim == len(shape):
        fix = "add a batch axis with x[np.newaxis]"
    raise DataError(f"{name} got inputs of shape {own}. Expected {shape}. Fix: {fix}.")


def unpack(batch: Any) -> tuple[Any, Any, Any]:
    """Returns x, y and sample_weight of a batch x, (x, y) or (x, y, sample_weight), with None for missing parts."""
    if isinstance(batch, list | tuple):
        parts = list(cast("Iterable[Any]", batch))
        if 1 <= len(parts) <= 3:
            return cast("tuple[Any, Any, Any]", tuple(parts + [None] * (3 - len(parts))))
        raise DataError(f"A batch has {len(parts)} parts. Expected x, (x, y) or (x, y, sample_weight).")
    return batch, None, None
