"""The arithmetic of windows: how many fit, and what "same" padding adds (as TensorFlow: the odd one at the end)."""

from torch import Tensor

from opsin.core import Shape
from opsin.kernels.padding import pad

from .layer import Layer, shape_text
from .receptive_field import ReceptiveField

PADDINGS = ("valid", "same")
CAUSAL = "causal"
"""Zeros before the first step only, so that no step sees a later one; over one axis, and as many steps as "same"."""


def same_padding(size: int, extent: int, stride: int) -> tuple[int, int]:
    """How many positions "same" adds before and after an axis.

    >>> same_padding(64, extent=3, stride=2)
    (0, 1)
    """
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def windows_shape(layer: Layer, input_shape: Shape, window: ReceptiveField, padding: str) -> Shape:
    """How many windows fit along each spatial axis; NetworkError when none does."""
    sizes = input_shape[: len(window.kernel)]
    if padding in ("same", CAUSAL):
        return tuple(-(-size // stride) for size, stride in zip(sizes, window.strides, strict=True))
    if any(size < extent for size, extent in zip(sizes, window.extent, strict=True)):
        raise layer.fail(
            f"needs at least {shape_text(window.extent)}, got {shape_text(sizes)}: use padding='same', larger "
            "images or fewer layers that shrink them"
        )
    return tuple(
        (size - extent) // stride + 1 for size, extent, stride in zip(sizes, window.extent, window.strides, strict=True)
    )


def pad_same(x: Tensor, window: ReceptiveField, value: float = 0.0) -> Tensor:
    """A NC... tensor with what "same" adds along each spatial axis; the tensor itself when that is nothing."""
    return pad(x, same_pairs(x, window), value)


def same_pairs(x: Tensor, window: ReceptiveField) -> list[tuple[int, int]]:
    """How many positions "same" adds before and after each spatial axis of a NC... tensor."""
    return [same_padding(*axis) for axis in zip(x.shape[2:], window.extent, window.strides, strict=True)]


def even_padding(window: ReceptiveField) -> tuple[int, ...] | None:
    """What "same" adds on both sides when that is equal and the same for every input size, else None."""
    if any(stride != 1 for stride in window.strides) or any(extent % 2 == 0 for extent in window.extent):
        return None
    return tuple(extent // 2 for extent in window.extent)
