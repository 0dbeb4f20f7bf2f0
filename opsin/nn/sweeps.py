"""Depthwise convolutions and max pooling in one pass over a map, the zeros around it and the activation included.

torch writes a padded copy of the map first where "same" adds more on one side, which takes longer than the convolution
itself, and pools bfloat16 at a quarter of the speed. It takes a processor with AVX512_BF16 and llvmlite (`pip install
'opsin[fast]'`); elsewhere torch does it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from opsin.core.assembly import LANES, multiplies_bfloat16
from opsin.core.loops import run

from .sweep_code import NEIGHBOURS, depthwise_code, pooling_code
from .window import Window

ACTIVATIONS = (None, "linear", "relu", "relu6")
"""Those that can be part of it."""
Pairs = Sequence[tuple[int, int]]
"""How many rows are added before and after the map, and how many columns."""
_MOST_WEIGHTS = 49
_MOST_STRIDE = 3


def sweeps(x: Tensor, window: Window, around: Pairs) -> bool:
    """Whether machine code can let the window sweep over the map `x` (n, c, height, width), as things stand.

    >>> sweeps(torch.zeros(1, 8, 9, 9), Window((3, 3), (1, 1), (1, 1)), [(0, 0), (0, 0)])
    False
    """
    return (
        x.dtype == torch.bfloat16
        and x.ndim == 4
        and x.device.type == "cpu"
        and len(x) > 0
        and x.shape[1] % LANES == 0
        and window.kernel[0] * window.kernel[1] <= _MOST_WEIGHTS
        and window.dilation == (1, 1)
        and max(window.strides) <= _MOST_STRIDE
        and all(min(pair) >= 0 and max(pair) < side for pair, side in zip(around, window.kernel, strict=True))
        and made(x, window, around)[1] >= NEIGHBOURS
        and made(x, window, around)[0] >= 1
        and x.is_contiguous(memory_format=torch.channels_last)
        and multiplies_bfloat16()
    )


def made(x: Tensor, window: Window, around: Pairs) -> tuple[int, int]:
    """Rows and columns of what comes out."""
    (top, bottom), (left, right) = around
    rows = (x.shape[2] + top + bottom - window.kernel[0]) // window.strides[0] + 1
    return rows, (x.shape[3] + left + right - window.kernel[1]) // window.strides[1] + 1


def convolve(
    x: Tensor, kernels: Tensor, biases: Tensor, window: Window, around: Pairs, activation: str | None
) -> Tensor:
    """The convolution of each channel by itself, zeros around the map; bfloat16, summed in float32.

    Kernels are those of `by_places`, biases float32 (channels).
    """
    code = depthwise_code(*_sides(window), activation)
    return _swept(code, x, (kernels, biases), window, around)


def by_places(weight: Tensor) -> Tensor:
    """Kernels (channels, 1, rows, columns) as machine code wants them: float32 (rows * columns, channels)."""
    return weight.flatten(1).t().float().contiguous()


def pool(x: Tensor, window: Window, around: Pairs) -> Tensor:
    """The largest number of each window, of those in the map."""
    return _swept(pooling_code(*_sides(window)), x, (), window, around)


def _sides(window: Window) -> tuple[tuple[int, int], tuple[int, int]]:
    return (window.kernel[0], window.kernel[1]), (window.strides[0], window.strides[1])


def _swept(code: int, x: Tensor, weights: tuple[Tensor, ...], window: Window, around: Pairs) -> Tensor:
    (n, channels, height, width), (rows, columns) = x.shape, made(x, window, around)
    y = x.new_empty((n, rows, columns, channels))
    run(code, (x, *weights, y), (n, height, width, channels, rows, columns, around[0][0], around[1][0]))
    return y.permute(0, 3, 1, 2)
