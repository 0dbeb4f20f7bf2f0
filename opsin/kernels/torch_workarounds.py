"""Workarounds for wrong results of torch 2.13 on a CPU. They are not kernels: `OPSIN_KERNELS=0` keeps them."""

from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from .geometry import ConvGeometry
from .padding import pad


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
