"""Geometry of convolutions on channels-first tensors, and workarounds for wrong results of torch 2.13 on a CPU."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

Pairs = tuple[tuple[int, int], ...]
"""(before, after) of each spatial axis."""


@dataclass(frozen=True)
class ConvGeometry:
    """Stride, zero padding (before, after) and dilation of each spatial axis, and the number of groups."""

    stride: tuple[int, ...]
    padding: Pairs
    dilation: tuple[int, ...]
    groups: int

    @property
    def is_symmetric(self) -> bool:
        """True where each axis has as many zeros before as after, the only padding that torch's convolutions take."""
        return all(before == after for before, after in self.padding)

    @property
    def zeros_before(self) -> tuple[int, ...]:
        """Zeros before each spatial axis; torch's `padding` where the geometry is symmetric."""
        return tuple(before for before, _ in self.padding)


def pad(x: Tensor, pairs: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """Returns a tensor padded with a constant along its spatial axes.

    Args:
        x: (n, channels, ...).
        pairs: Positions to add (before, after) each spatial axis.
        value: Value of the added positions.
    """
    if not any(map(any, pairs)):
        return x
    return F.pad(x, [amount for pair in reversed(pairs) for amount in pair], value=value)


def unstride_single_window(x: Tensor, kernel_width: int, geometry: ConvGeometry) -> tuple[Tensor, ConvGeometry]:
    """Returns an equivalent input and geometry with stride 1 along the width where a single window fits there.

    With a stride above 1 along the width and an output one column wide, oneDNN reads values outside of the input: in
    bfloat16 with any number of channels (output and gradient of the weights, on processors with AMX), and in every
    number format with one channel in channels_last memory. With one window the stride has no effect, so the padded
    input is cut to the columns of that window.

    Args:
        x: (n, channels, ..., width).
        kernel_width: Weights of a kernel along the width.
        geometry: Geometry of the convolution.

    Returns:
        Input and geometry, unchanged where more than one window fits.
    """
    stride, extent = geometry.stride[-1], (kernel_width - 1) * geometry.dilation[-1] + 1
    if stride == 1 or not 0 <= x.shape[-1] + sum(geometry.padding[-1]) - extent < stride:
        return x, geometry
    none = [(0, 0)] * (len(geometry.stride) - 1)
    x = pad(x, [*none, geometry.padding[-1]])[..., :extent]
    return x, replace(geometry, stride=(*geometry.stride[:-1], 1), padding=(*geometry.padding[:-1], (0, 0)))


def transpose_single_column(convolution: torch.nn.Module, x: Tensor) -> Tensor:
    """Computes a transposed convolution, in its weights' number format where the input is one column wide.

    The gradient of its input is the convolution that `unstride_single_window` describes.

    Args:
        convolution: torch's module of a transposed convolution.
        x: (n, channels, ..., width).
    """
    module = cast(Any, convolution)
    if x.shape[-1] > 1 or module.stride[-1] == 1:
        return module(x)
    with torch.autocast(x.device.type, enabled=False):
        return module(x.to(module.weight.dtype))


def channels_last(x: Tensor) -> Tensor:
    """Returns a tensor in channels_last memory format, the fastest one for convolutions.

    Args:
        x: Tensor (batch, channels, ...).

    Returns:
        The tensor, copied only if its memory format differs.
    """
    if x.ndim == 4:
        if x.shape[1] == 1:  # same bytes in both formats, but torch selects kernels by the strides
            return x.contiguous().view(x.shape[0], *x.shape[2:], 1).permute(0, 3, 1, 2)
        return x.contiguous(memory_format=torch.channels_last)
    return x.contiguous(memory_format=torch.channels_last_3d) if x.ndim == 5 else x
