"""Gradients of depthwise convolutions in bfloat16 on a processor that take no longer than they must.

oneDNN has no fast way (2026) to the gradient of bfloat16 images under strides, nor to that of bfloat16 kernels larger
than 3x3: a layer of 144 channels of 56x56 with 5x5 kernels takes 88 and 39 ms for what float32 does in 4 and 18. The
first is computed in float32, which is also the more exact; a larger kernel's gradient is put together from those of 3x3
pieces of it, for which images are moved. Native kernels (`pip install 'opsin[fast]'`) do both sooner, in float32.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from .llvm_ir import (
    BITS,
    FLOATS,
    HALVES,
    LANES,
    ZERO,
    Assembly,
    floats,
    in_registers,
    multiplies_bfloat16,
    multiply_add,
    put_rounded,
)
from .openmp import run
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
    sums = partial_sums(n, rows * columns, channels)
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


_SIZES = ("n", "height", "width", "channels", "rows", "columns", "top", "left")
"""Of images; rows and columns of a gradient; and how far the first window begins outside of an image."""


@cache
def kernel_code(kernel: tuple[int, int], stride: tuple[int, int]) -> int:
    """From images x and the gradient of their map to those of the kernels.

    Those are float32 (chunks of images, rows * columns + 1, channels), that of the bias last, zero before. The sums of
    16 channels stay in registers for an image.
    """
    code = Assembly(["x", "given", "gradients"], _SIZES)
    sizes, count = code.sizes, kernel[0] * kernel[1] + 1
    inner_rows = _inner(code, "rows", "height", "top", kernel[0], stride[0])
    inner_columns = _inner(code, "columns", "width", "left", kernel[1], stride[1])
    parts = (
        (("0", inner_rows[0]), ("0", sizes["columns"]), False),
        (inner_rows, ("0", inner_columns[0]), False),
        (inner_rows, inner_columns, True),
        (inner_rows, (inner_columns[1], sizes["columns"]), False),
        ((inner_rows[1], sizes["rows"]), ("0", sizes["columns"]), False),
    )
    with chunks(code) as (chunk, begin, end):
        gradients = code.whole("mul", chunk, count)
        with code.loop(begin, end) as image, code.loop("0", sizes["channels"], LANES) as channel:
            numbers = [code.whole("add", gradients, number) for number in range(count)]
            places = [_channel(code, "gradients", "float", number, channel) for number in numbers]
            with in_registers(code, places) as sums:
                for rows, columns, inside in parts:
                    with code.loop(*rows) as row, code.loop(*columns) as column:
                        place = code.whole("add", code.whole("mul", image, sizes["rows"]), row)
                        place = code.whole("add", code.whole("mul", place, sizes["columns"]), column)
                        given = floats(code, code.get(HALVES, _channel(code, "given", BITS, place, channel), 2))
                        down = code.whole("sub", code.whole("mul", row, stride[0]), sizes["top"])
                        right = code.whole("sub", code.whole("mul", column, stride[1]), sizes["left"])
                        for total, seen in zip(
                            sums, _window(code, kernel, image, down, right, channel, inside), strict=False
                        ):
                            code.put(FLOATS, multiply_add(code, seen, given, code.get(FLOATS, total, 64)), total, 64)
                        total = code.new(f"fadd {FLOATS} {code.get(FLOATS, sums[-1], 64)}, {given}")
                        code.put(FLOATS, total, sums[-1], 64)
    return code.compiled()


@cache
def image_code(kernel: tuple[int, int], odd: tuple[int, int]) -> int:
    """From the gradient of a map made with strides of two, and kernels, to the gradient of the images.

    The gradient has (rows - 1) // 2 zeros above, (columns - 1) // 2 before it, and enough below and behind, which its
    rows and columns count. Kernels are float32 (rows * columns, channels). `odd` says of `top` and `left` whether they
    are. A place in an image was seen by every second row and column of a kernel: which ones, its number says.
    """
    code = Assembly(["given", "kernels", "images"], _SIZES)
    channels = code.sizes["channels"]
    for odd_row in range(2):
        rows = code.whole("udiv", code.whole("add", code.sizes["height"], 1 - odd_row), 2)
        first_down = (odd_row + odd[0]) % 2
        up = code.whole("udiv", code.whole("add", code.sizes["top"], odd_row - first_down), 2)
        first, last = code.share(code.whole("mul", code.sizes["n"], rows))
        with code.loop(first, last) as item:
            image, row = code.whole("udiv", item, rows), code.whole("urem", item, rows)
            line = code.whole("add", code.whole("mul", image, code.sizes["height"]), code.whole("mul", row, 2))
            line = code.whole("mul", code.whole("add", line, odd_row), code.sizes["width"])
            above = code.whole("add", code.whole("mul", image, code.sizes["rows"]), code.whole("add", row, up))
            above = code.whole("mul", code.whole("add", above, (kernel[0] - 1) // 2), code.sizes["columns"])
            for odd_column in range(2):
                columns = code.whole("udiv", code.whole("add", code.sizes["width"], 1 - odd_column), 2)
                first_right = (odd_column + odd[1]) % 2
                before = code.whole("udiv", code.whole("add", code.sizes["left"], odd_column - first_right), 2)
                with code.loop("0", columns) as column, code.loop("0", channels, LANES) as channel:
                    place = code.whole("add", code.whole("add", line, code.whole("mul", column, 2)), odd_column)
                    seen = code.whole("add", code.whole("add", above, column), before)
                    seen = code.whole("add", seen, (kernel[1] - 1) // 2)
                    total = ZERO
                    for down in range(first_down, kernel[0], 2):
                        for right in range(first_right, kernel[1], 2):
                            back = code.whole("add", code.whole("mul", code.sizes["columns"], down // 2), right // 2)
                            given = _channel(code, "given", BITS, code.whole("sub", seen, back), channel)
                            number = str(down * kernel[1] + right)
                            weights = code.get(FLOATS, _channel(code, "kernels", "float", number, channel), 4)
                            total = multiply_add(code, floats(code, code.get(HALVES, given, 2)), weights, total)
                    put_rounded(code, total, _channel(code, "images", BITS, place, channel))
    return code.compiled()


def _inner(code: Assembly, count: str, side: str, before: str, kernel: int, stride: int) -> tuple[str, str]:
    """The first window along a side that sees nothing outside, and the one behind the last of those."""
    sizes = code.sizes
    first = code.whole("udiv", code.whole("add", sizes[before], stride - 1), stride)
    first = code.whole("umin", first, sizes[count])
    room = code.whole("sub", code.whole("add", sizes[side], sizes[before]), kernel - stride)
    fit = code.whole("udiv", code.whole("smax", room, "0"), stride)
    return first, code.whole("smax", first, code.whole("umin", fit, sizes[count]))


def _window(
    code: Assembly, kernel: tuple[int, int], image: str, down: str, right: str, channel: str, inside: bool
) -> list[str]:
    """What each weight of a kernel sees whose first one stands at that row and column of an image."""
    rows = [_within(code, code.whole("add", down, number), "height", inside) for number in range(kernel[0])]
    columns = [_within(code, code.whole("add", right, number), "width", inside) for number in range(kernel[1])]
    start, seen = code.whole("mul", image, code.sizes["height"]), list[str]()
    for row, row_is in rows:
        line = code.whole("mul", code.whole("add", start, row), code.sizes["width"])
        for column, column_is in columns:
            place = _channel(code, "x", BITS, code.whole("add", line, column), channel)
            value = floats(code, code.get(HALVES, place, 2))
            if not inside:
                both = code.new(f"and i1 {row_is}, {column_is}")
                value = code.new(f"select i1 {both}, {FLOATS} {value}, {FLOATS} {ZERO}")
            seen.append(value)
    return seen


def _within(code: Assembly, number: str, side: str, inside: bool) -> tuple[str, str]:
    """The number of a row or column, 0 if it is outside, and whether it is inside."""
    if inside:
        return number, "true"
    within = code.new(f"icmp ult i64 {number}, {code.sizes[side]}")
    return code.new(f"select i1 {within}, i64 {number}, i64 0"), within


def _channel(code: Assembly, tensor: str, kind: str, place: str, channel: str) -> str:
    """The address of a channel at a place of a tensor, counted over all its places."""
    number = code.whole("add", code.whole("mul", place, code.sizes["channels"]), channel)
    return code.at(code.tensors[tensor], kind, number)


CHUNK = 8
"""Images whose gradients are summed in one go."""


def partial_sums(images: int, weights: int, channels: int) -> Tensor:
    """Zeros for the gradients of all chunks, (chunks, weights + 1, channels) float32; that of the bias is the last.

    >>> partial_sums(9, 2, 16).shape
    torch.Size([2, 3, 16])
    """
    return torch.zeros(-(-images // CHUNK), weights + 1, channels)


@contextmanager
def chunks(code: Assembly) -> Generator[tuple[str, str, str]]:
    """This thread's chunks of the `n` images: the number of each, its first image, and the one behind its last."""
    first, last = code.share(code.whole("udiv", code.whole("add", code.sizes["n"], CHUNK - 1), CHUNK))
    with code.loop(first, last) as chunk:
        begin = code.whole("mul", chunk, CHUNK)
        yield chunk, begin, code.whole("umin", code.whole("add", begin, CHUNK), code.sizes["n"])
