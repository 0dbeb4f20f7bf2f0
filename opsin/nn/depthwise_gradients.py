"""Depthwise convolutions in bfloat16 on a processor, with gradients that take no longer than they must.

oneDNN has no fast way (2026) to the gradient of bfloat16 images under strides, nor to that of bfloat16 kernels larger
than 3x3: a layer of 144 channels of 56x56 with 5x5 kernels takes 88 and 39 ms for what float32 does in 4 and 18. The
first is computed in float32, which is also the more exact; a larger kernel's gradient is put together from those of 3x3
pieces of it, for which images are moved. Machine code (`pip install 'opsin[fast]'`) does both sooner, in float32.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from opsin.core.assembly import LANES, multiplies_bfloat16
from opsin.core.loops import run

from .depthwise_code import image_code, kernel_code
from .gradient_chunks import room
from .padding import pad
from .precision import in_bfloat16

_PIECE = 3
_MOST_WEIGHTS = 25


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
        if _coded(x, weight, *ctx.given[1:]):
            return *_by_code(ctx, given[0], x, weight), None, None, None
        exact_images = max(ctx.given[1]) > 1
        wanted = ctx.needs_input_grad
        images = _gradients(ctx, given[0], x, weight, exact_images, (wanted[0], False, False))[0]
        if max(weight.shape[2:]) > _PIECE:
            kernels = _in_pieces(ctx, given[0], x, weight) if wanted[1] else None
            bias = given[0].sum((0, 2, 3), dtype=torch.float32) if wanted[2] else None
        else:
            kernels, bias = _gradients(ctx, given[0], x, weight, False, (False, wanted[1], wanted[2]))[1:]
        return images, kernels, bias, None, None, None


def _coded(x: Tensor, weight: Tensor, stride: list[int], padding: list[int], dilation: list[int]) -> bool:
    """Whether machine code knows such a layer, and its sums fit into a processor's registers."""
    return (
        weight.shape[0] == x.shape[1]
        and x.shape[1] % LANES == 0
        and weight.shape[2] * weight.shape[3] <= _MOST_WEIGHTS
        and stride in ([1, 1], [2, 2])
        and dilation == [1, 1]
        and multiplies_bfloat16()
    )


def _by_code(
    ctx: Any, gradient: Tensor, x: Tensor, weight: Tensor
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """The gradients of images, kernels and bias; those of images without strides are torch's own, which are as fast."""
    _, stride, (down, across), _ = ctx.given
    images, wanted = None, ctx.needs_input_grad
    gradient = gradient.bfloat16().contiguous(memory_format=torch.channels_last)
    (n, channels), (rows, columns) = x.shape[:2], weight.shape[2:]
    height, width = x.shape[2] + 2 * down, x.shape[3] + 2 * across
    if wanted[0] and stride == [1, 1]:
        images = _gradients(ctx, gradient, x, weight, False, (True, False, False))[0]
    elif wanted[0]:
        more = [(side - 1) // 2 - made + 1 for side, made in zip((height, width), gradient.shape[2:], strict=True)]
        around = [((rows - 1) // 2, max(0, more[0])), ((columns - 1) // 2, max(0, more[1]))]
        given = pad(gradient, around).contiguous(memory_format=torch.channels_last)
        images = x.new_empty((n, height, width, channels)).permute(0, 3, 1, 2)
        kernels = weight.flatten(1).t().float().contiguous()
        run(image_code((rows, columns)), (given, kernels, images), (n, height, width, channels, *given.shape[2:]))
        images = images[:, :, down : height - down, across : width - across]
    if not (wanted[1] or wanted[2]):
        return images, None, None
    seen = pad(x, [(down, down), (across, across)])
    sums = room(n, rows * columns, channels)
    code = kernel_code((rows, columns), (stride[0], stride[1]))
    run(code, (seen.contiguous(memory_format=torch.channels_last), gradient, sums), (n, height, width, channels))
    total = sums.sum(0)
    found = total[:-1].t().reshape(weight.shape).to(weight.dtype)
    return images, found if wanted[1] else None, total[-1] if wanted[2] else None


def _in_pieces(ctx: Any, gradient: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """The gradient of kernels, from those of kernels of at most 3x3 that see moved parts of the padded images."""
    _, stride, (down, across), dilation = ctx.given
    padded = pad(x, [(down, down), (across, across)])
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
