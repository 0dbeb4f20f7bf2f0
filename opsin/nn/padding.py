"""Arithmetic of sliding windows: output sizes, and "same" padding (as TensorFlow: extra position at the end)."""

from torch import Tensor

from opsin.core import Shape
from opsin.kernels import pad

from .layer import Layer, shape_text
from .receptive_field import ReceptiveField

PADDINGS = ("valid", "same")
CAUSAL = "causal"
"""Padding before the first step only, as many zeros as "same": no output depends on a later step. 1D only."""


def same_padding(size: int, extent: int, stride: int) -> tuple[int, int]:
    """Returns the number of positions that "same" padding adds before and after one axis.

    Args:
        size: Length of the axis.
        extent: Length of the window along the axis, dilation included.
        stride: Step of the window.

    Returns:
        Positions (before, after).

    Examples:
        >>> same_padding(64, extent=3, stride=2)
        (0, 1)
    """
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def windows_shape(layer: Layer, input_shape: Shape, window: ReceptiveField, padding: str) -> Shape:
    """Returns the number of window positions along each spatial axis.

    Args:
        layer: The layer, for the message.
        input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).
        window: Kernel, strides and dilation.
        padding: "valid", "same" or "causal".

    Returns:
        The spatial output sizes, without channels.

    Raises:
        NetworkError: The input is smaller than the window.
    """
    sizes = input_shape[: len(window.kernel)]
    if padding in ("same", CAUSAL):
        return tuple(-(-size // stride) for size, stride in zip(sizes, window.strides, strict=True))
    if any(size < extent for size, extent in zip(sizes, window.extent, strict=True)):
        raise layer.fail(
            f"got an input of {shape_text(sizes)}. Expected at least {shape_text(window.extent)}. Fix: use "
            "padding='same', larger images or fewer downsampling layers."
        )
    return tuple(
        (size - extent) // stride + 1 for size, extent, stride in zip(sizes, window.extent, window.strides, strict=True)
    )


def pad_same(x: Tensor, window: ReceptiveField, value: float = 0.0) -> Tensor:
    """Applies "same" padding to a tensor.

    Args:
        x: Tensor (batch, channels, ...).
        window: Kernel, strides and dilation.
        value: Fill value.

    Returns:
        The padded tensor; `x` itself if no padding is needed.
    """
    return pad(x, same_pairs(x, window), value)


def same_pairs(x: Tensor, window: ReceptiveField) -> list[tuple[int, int]]:
    """Returns the numbers of positions that "same" padding adds to each spatial axis of a tensor.

    Args:
        x: Tensor (batch, channels, ...).
        window: Kernel, strides and dilation.

    Returns:
        One pair (before, after) per spatial axis.
    """
    return [same_padding(*axis) for axis in zip(x.shape[2:], window.extent, window.strides, strict=True)]


def even_padding(window: ReceptiveField) -> tuple[int, ...] | None:
    """Returns "same" padding as one number per axis if it is symmetric for every input size.

    Args:
        window: Kernel, strides and dilation.

    Returns:
        Positions added on each side of each axis; None if the padding is asymmetric or depends on the input size.
    """
    if any(stride != 1 for stride in window.strides) or any(extent % 2 == 0 for extent in window.extent):
        return None
    return tuple(extent // 2 for extent in window.extent)
