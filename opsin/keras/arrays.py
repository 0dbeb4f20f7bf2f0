"""What `fit` is given, checked and made tensors: images (n, height, width, channels), targets, weights."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError, Shape

Array: TypeAlias = np.ndarray | Tensor | Sequence[Any]
Given: TypeAlias = tuple[Tensor, Tensor | None, Tensor | None]


def is_array(value: Any) -> bool:
    """Whether the value holds all inputs at once, in place of batches."""
    return isinstance(value, Tensor | np.ndarray | list | tuple) or (
        hasattr(value, "__array__") and hasattr(value, "shape")
    )


def to_tensor(value: Any, what: str) -> Tensor:
    """The value as a tensor that shares its memory where it can; DataError when it is no array of numbers."""
    if isinstance(value, Tensor):
        return value.detach()
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"{what} is no array: {error}; expected inputs of one shape") from error
    if array.dtype == bool:
        return torch.from_numpy(array.astype(np.uint8))
    if array.dtype.kind not in "iuf":
        raise DataError(f"{what} holds {array.dtype}; expected an array of numbers, (n, height, width, channels)")
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


def check_given(x: Any, y: Any = None, sample_weight: Any = None) -> Given:
    """x, y and sample_weight as tensors with one row for each input."""
    tensors = (
        to_tensor(x, "x"),
        None if y is None else to_tensor(y, "y"),
        None if sample_weight is None else to_tensor(sample_weight, "sample_weight"),
    )
    for name, other in zip(("y", "sample_weight"), tensors[1:], strict=True):
        if other is not None and (other.ndim == 0 or len(other) != len(tensors[0])):
            raise DataError(
                f"x holds {len(tensors[0])} inputs and {name} {other.shape[0] if other.ndim else 1}; expected as many"
            )
    if not len(tensors[0]):
        raise DataError("x holds no inputs; expected at least one")
    return tensors


def split(given: Given, share: float) -> tuple[Given, Given]:
    """The first rows for training, the last `share` of them, before any shuffling, for validation."""
    if not 0 < share < 1:
        raise DataError(f"validation_split is {share!r}; expected a share between 0 and 1, such as 0.2")
    count = len(given[0])
    at = math.floor(count * (1 - share))
    if at in (0, count):
        raise DataError(f"validation_split={share} of {count} inputs leaves no inputs on one side; give more inputs")
    first, last = ([None if t is None else t[part] for t in given] for part in (slice(at), slice(at, count)))
    return cast(Given, tuple(first)), cast(Given, tuple(last))


def class_weights(y: Tensor, weights: Mapping[int, float]) -> Tensor:
    """The weight of each input by its class number or one-hot target; 1 for classes that are not named."""
    if not isinstance(weights, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DataError(f"class_weight is {type(weights).__name__}; expected a dictionary such as {{0: 1.0, 1: 5.0}}")
    numbers = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y), -1)[:, 0]
    numbers = numbers.long()
    table = torch.ones(max(int(numbers.max()) + 1, *(int(key) + 1 for key in weights), 1))
    for key, value in weights.items():
        table[int(key)] = float(value)
    return table[numbers.cpu()].to(y.device)


def fitting(x: Tensor, shape: Shape, name: str) -> Tensor:
    """The batch with the network's input shape, a last axis of 1 added or taken; DataError when it cannot have it."""
    own = tuple(x.shape[1:])
    if own == shape:
        return x
    if (*own, 1) == shape:
        return x.unsqueeze(-1)
    if own == (*shape, 1):
        return x.squeeze(-1)
    mend = f"resize the inputs, or give the model input_shape={own}"
    if own and own[::-1][-1:] != shape and (*own[1:], own[0]) == shape:
        mend = "channels come last: np.moveaxis(x, 1, -1) brings them there"
    elif x.ndim == len(shape):
        mend = "a batch is expected: x[np.newaxis] makes one of a single input"
    raise DataError(f"{name} got inputs of shape {own} and expects {shape}: {mend}")


def unpack(batch: Any) -> tuple[Any, Any, Any]:
    """x, y and weights of what an iterable gives: x alone, (x, y) or (x, y, sample_weight)."""
    if isinstance(batch, list | tuple):
        parts = list(cast("Iterable[Any]", batch))
        if 1 <= len(parts) <= 3:
            return cast("tuple[Any, Any, Any]", tuple(parts + [None] * (3 - len(parts))))
        raise DataError(f"a batch holds {len(parts)} things; expected x, (x, y) or (x, y, sample_weight)")
    return batch, None, None
