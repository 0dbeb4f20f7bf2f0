"""Gradients of depthwise convolutions in bfloat16 on a processor that take no longer than they must.

oneDNN has no fast way (2026) to the gradient of bfloat16 images under strides, nor to that of bfloat16 kernels larger
than 3x3: a layer of 144 channels of 56x56 with 5x5 kernels takes 88 and 39 ms for what float32 does in 4 and 18. The
first is computed in float32, which is also the more exact; a larger kernel's gradient is put together from those of 3x3
pieces of it, for which images are moved. Native kernels (`pip install 'opsin[fast]'`) do both sooner, in float32.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from opsin.core.assembly import LANES, multiplies_bfloat16
from opsin.core.loops import run

from .depthwise_code import image_code, kernel_code
from .gradient_chunks import room
from .padding import pad

_PIECE = 3
_MOST_WEIGHTS = 25
Wanted = tuple[bool, bool, bool]
"""Of images, kernels and biases."""
Gradients = tuple[Tensor | None, Tensor | None, Tensor | None]


@dataclass(frozen=True)
class Settings:
    """How a convolution's kernels move over images; `around` are the zeros before and after them, down and across."""

    stride: tuple[int, int]
    around: tuple[tuple[int, int], tuple[int, int]]
    dilation: tuple[int, int]
    groups: int

    @property
    def uneven(self) -> bool:
        """Whether there are more zeros on one side, which torch cannot do."""
        return any(before != after for before, after in self.around)

    @property
    def padding(self) -> tuple[int, int]:
        """The zeros on each side, down and across."""
        return self.around[0][0], self.around[1][0]


def depthwise_gradients(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings, wanted: Wanted) -> Gradients:
    """Those of images `x` (n, c, height, width), kernels and biases, of which torch's own would take longer."""
    if coded(x, weight, settings):
        return _by_code(gradient, x, weight, settings, wanted)
    exact_images = max(settings.stride) > 1
    images = plain_gradients(gradient, x, weight, settings, (wanted[0], False, False), exact=exact_images)[0]
    if max(weight.shape[2:]) > _PIECE:
        kernels = _in_pieces(gradient, x, weight, settings) if wanted[1] else None
        bias = gradient.sum((0, 2, 3), dtype=torch.float32) if wanted[2] else None
    else:
        kernels, bias = plain_gradients(gradient, x, weight, settings, (False, *wanted[1:]))[1:]
    return images, kernels, bias


def plain_gradients(
    gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings, wanted: Wanted, *, exact: bool = False
) -> Gradients:
    """torch's, with products in bfloat16, or `exact` in float32."""
    if not any(wanted):
        return None, None, None
    kind = torch.float32 if exact else torch.bfloat16
    images = x.to(kind) if wanted[1] else torch.empty_like(x, dtype=kind)  # of which the other only asks the shape
    moves = (settings.stride, settings.padding, settings.dilation)
    return torch.ops.aten.convolution_backward(
        gradient.to(kind), images, weight.to(kind), [len(weight)], *moves, False, [0, 0], settings.groups, wanted
    )


def coded(x: Tensor, weight: Tensor, settings: Settings) -> bool:
    """Whether machine code knows such a layer, and its sums fit into a processor's registers."""
    return (
        weight.shape[0] == x.shape[1]
        and x.shape[1] % LANES == 0
        and weight.shape[2] * weight.shape[3] <= _MOST_WEIGHTS
        and settings.stride in ((1, 1), (2, 2))
        and settings.dilation == (1, 1)
        and not (settings.uneven and settings.stride == (1, 1))
        and multiplies_bfloat16()
    )


def _by_code(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings, wanted: Wanted) -> Gradients:
    """The gradients of images, kernels and bias, in one pass over each map."""
    gradient = gradient.bfloat16().contiguous(memory_format=torch.channels_last)
    (n, channels, *sides), (rows, columns), (top, left) = x.shape, weight.shape[2:], settings.padding
    images = None
    if wanted[0] and settings.stride == (1, 1):
        images = plain_gradients(gradient, x, weight, settings, (True, False, False))[0]
    elif wanted[0]:
        padded = [side + sum(pair) for side, pair in zip(sides, settings.around, strict=True)]
        more = [(side - 1) // 2 - made + 1 for side, made in zip(padded, gradient.shape[2:], strict=True)]
        around = [((rows - 1) // 2, max(0, more[0])), ((columns - 1) // 2, max(0, more[1]))]
        given = pad(gradient, around).contiguous(memory_format=torch.channels_last)
        images = x.new_empty((n, *sides, channels)).permute(0, 3, 1, 2)
        kernels = weight.flatten(1).t().float().contiguous()
        code = image_code((rows, columns), (top % 2, left % 2))
        run(code, (given, kernels, images), (n, *sides, channels, *given.shape[2:], top, left))
    if not (wanted[1] or wanted[2]):
        return images, None, None
    sums = room(n, rows * columns, channels)
    seen = x.contiguous(memory_format=torch.channels_last)
    code = kernel_code((rows, columns), settings.stride)
    run(code, (seen, gradient, sums), (n, *sides, channels, *gradient.shape[2:], top, left))
    total = sums.sum(0)
    found = total[:-1].t().reshape(weight.shape).to(weight.dtype)
    return images, found if wanted[1] else None, total[-1] if wanted[2] else None


def _in_pieces(gradient: Tensor, x: Tensor, weight: Tensor, settings: Settings) -> Tensor:
    """The gradient of kernels, from those of kernels of at most 3x3 that see moved parts of the padded images."""
    stride, dilation = settings.stride, settings.dilation
    padded = pad(x, settings.around)
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
