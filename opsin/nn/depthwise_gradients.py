"""Depthwise convolutions in bfloat16 on a processor, with gradients that take no longer than they must.

oneDNN has no fast way (2026) to the gradient of bfloat16 images under strides, nor to that of bfloat16 kernels larger
than 3x3: a layer of 144 channels of 56x56 with 5x5 kernels takes 88 and 39 ms for what float32 does in 4 and 18. The
first is computed in float32, which is also the more exact; a larger kernel's gradient is put together from those of 3x3
pieces of it, for which images are moved.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .precision import in_bfloat16

_PIECE = 3


def gains(x: Tensor, groups: int) -> bool:
    """Whether `depthwise` is the sooner way for a convolution of images `x` in so many groups, as things stand.

    >>> gains(torch.zeros(1, 8, 4, 4), 8)
    False
    """
    return torch.is_grad_enabled() and 1 < groups == x.shape[1] and in_bfloat16(x)


def depthwise(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
) -> Tensor:
    """The convolution of each channel of `x` (n, c, height, width) with kernels of its own, in bfloat16.

    >>> x, kernels = torch.ones(1, 2, 5, 5), torch.ones(2, 1, 3, 3)
    >>> depthwise(x, kernels, None, (2, 2), (0, 0), (1, 1))[0, 0].tolist()
    [[9.0, 9.0], [9.0, 9.0]]
    """
    apply: Any = _Depthwise.apply
    return apply(x.bfloat16(), weight, bias, list(stride), list(padding), list(dilation))


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        x, weight, bias, stride, padding, dilation = given
        ctx.save_for_backward(x, weight)
        ctx.given = None if bias is None else list(bias.shape), stride, padding, dilation
        bias = None if bias is None else bias.bfloat16()
        return torch.conv2d(x, weight.bfloat16(), bias, stride, padding, dilation, x.shape[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *given: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, weight = ctx.saved_tensors
        exact_images = max(ctx.given[1]) > 1
        wanted = ctx.needs_input_grad
        images = _gradients(ctx, given[0], x, weight, exact_images, (wanted[0], False, False))[0]
        if max(weight.shape[2:]) > _PIECE:
            kernels = _in_pieces(ctx, given[0], x, weight) if wanted[1] else None
            bias = given[0].sum((0, 2, 3), dtype=torch.float32) if wanted[2] else None
        else:
            kernels, bias = _gradients(ctx, given[0], x, weight, False, (False, wanted[1], wanted[2]))[1:]
        return images, kernels, bias, None, None, None


def _in_pieces(ctx: Any, gradient: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """The gradient of kernels, from those of kernels of at most 3x3 that see moved parts of the padded images."""
    _, stride, (down, across), dilation = ctx.given
    padded = torch.nn.functional.pad(x, (across, across, down, down))
    sides = [min(side, _PIECE) for side in weight.shape[2:]]
    piece = x.new_empty((*weight.shape[:2], *sides))
    seen = [
        (count - 1) * step + (side - 1) * spread + 1
        for count, step, side, spread in zip(gradient.shape[2:], stride, sides, dilation, strict=True)
    ]
    found = torch.empty_like(weight)
    for row in _starts(weight.shape[2]):
        for column in _starts(weight.shape[3]):
            top, left = row * dilation[0], column * dilation[1]
            part = padded[:, :, top : top + seen[0], left : left + seen[1]]
            part = part.contiguous(memory_format=torch.channels_last)
            found[:, :, row : row + sides[0], column : column + sides[1]] = torch.ops.aten.convolution_backward(
                gradient, part, piece, None, stride, [0, 0], dilation, False, [0, 0], x.shape[1], (False, True, False)
            )[1]
    return found


def _starts(side: int) -> list[int]:
    """Where pieces begin that cover a side, the last one at its end."""
    return [*range(0, side - _PIECE, _PIECE), max(0, side - _PIECE)]


def _gradients(
    ctx: Any, gradient: Tensor, x: Tensor, weight: Tensor, exact: bool, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    if not any(wanted):
        return None, None, None
    bias, stride, padding, dilation = ctx.given
    kind = torch.float32 if exact else torch.bfloat16
    images = x.to(kind) if wanted[1] else torch.empty_like(x, dtype=kind)  # of which the other only asks the shape
    return torch.ops.aten.convolution_backward(
        gradient.to(kind), images, weight.to(kind), bias, stride, padding, dilation, False, [0, 0], x.shape[1], wanted
    )
