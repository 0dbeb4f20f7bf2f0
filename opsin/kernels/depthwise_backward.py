"""Gradients of depthwise convolutions in bfloat16 on a CPU.

oneDNN (2026) has no fast kernel for the gradient of a bfloat16 input under strides, nor for that of bfloat16 weights
larger than 3x3: a layer of 144 channels of 56x56 with 5x5 weights takes 88 and 39 ms for what float32 does in 4 and 18.
The first is computed in float32, which is also more exact; the gradient of larger weights is assembled from those of
3x3 pieces over shifted inputs. Native kernels in LLVM IR (`pip install '.[fast]'`) compute both faster, in float32.
"""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from typing import cast

import torch
from torch import Tensor

from .geometry import ConvGeometry, pad
from .llvm_ir import (
    F32X16,
    I16,
    I16X16,
    LANES,
    ZERO,
    Assembly,
    accumulators,
    bf16_to_f32,
    fma,
    has_avx512_bf16,
    store_bf16,
)
from .openmp import run
from .registry import kernel, select

_PIECE = 3
_MAX_WEIGHTS = 25
"""Weights of a kernel whose sums fit into a processor's registers."""
Required = tuple[bool, bool, bool]
"""True for each gradient to compute: input, weights, bias."""
Gradients = tuple[Tensor | None, Tensor | None, Tensor | None]


def depthwise_backward(
    gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry, required: Required
) -> Gradients:
    """Computes the gradients of a 2D depthwise convolution.

    Args:
        gradient: (n, filters, rows, columns), bfloat16, channels_last: gradient of the output.
        x: (n, channels, height, width), bfloat16: input.
        weight: (filters, 1, ...).
        geometry: Geometry of the convolution.
        required: Gradients to compute.

    Returns:
        Gradients of input, weights and bias; None where not required.
    """
    chosen = select("depthwise_backward", gradient, x, weight, geometry, required)
    compute = torch_backward if chosen is None else chosen.run
    return compute(gradient, x, weight, geometry, required)


def torch_backward(
    gradient: Tensor,
    x: Tensor,
    weight: Tensor,
    geometry: ConvGeometry,
    required: Required,
    *,
    dtype: torch.dtype = torch.bfloat16,
) -> Gradients:
    """Computes the gradients of a convolution by torch, with products in `dtype`."""
    if not any(required):
        return None, None, None
    inputs = x.to(dtype) if required[1] else torch.empty_like(x, dtype=dtype)  # the others need its shape only
    options = (geometry.stride, geometry.zeros_before, geometry.dilation)
    return torch.ops.aten.convolution_backward(
        gradient.to(dtype), inputs, weight.to(dtype), [len(weight)], *options, False, [0, 0], geometry.groups, required
    )


def has_native_backward(x: Tensor, weight: Tensor, geometry: ConvGeometry) -> bool:
    """Returns True if the native kernel supports the layer, which may have asymmetric padding, on this machine."""
    return (
        weight.shape[0] == x.shape[1]
        and x.shape[1] % LANES == 0
        and weight.shape[2] * weight.shape[3] <= _MAX_WEIGHTS
        and geometry.stride in ((1, 1), (2, 2))
        and geometry.dilation == (1, 1)
        and (geometry.is_symmetric or geometry.stride != (1, 1))
        and has_avx512_bf16()
    )


def _has_native(gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry, required: Required) -> bool:
    return has_native_backward(x, weight, geometry)


def _always(*_: object) -> bool:
    return True


@kernel("depthwise_backward", is_supported=_has_native, is_faster=_always)
def native_backward(
    gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry, required: Required
) -> Gradients:
    """Computes the gradients of weights and bias, and under strides that of the input, by native kernels."""
    gradient = gradient.bfloat16().contiguous(memory_format=torch.channels_last)
    x_grad = None
    if required[0] and geometry.stride == (1, 1):
        x_grad = torch_backward(gradient, x, weight, geometry, (True, False, False))[0]
    elif required[0]:
        x_grad = _native_input_gradient(gradient, x, weight, geometry)
    if not (required[1] or required[2]):
        return x_grad, None, None
    (n, channels, *sides), (rows, columns), (top, left) = x.shape, weight.shape[2:], geometry.zeros_before
    sums = partial_sums(n, rows * columns, channels)
    inputs = x.contiguous(memory_format=torch.channels_last)
    ir = weight_gradient_ir((rows, columns), cast("tuple[int, int]", geometry.stride))
    run(ir, (inputs, gradient, sums), (n, *sides, channels, *gradient.shape[2:], top, left))
    total = sums.sum(0)
    weight_grad = total[:-1].t().reshape(weight.shape).to(weight.dtype)
    return x_grad, weight_grad if required[1] else None, total[-1] if required[2] else None


def _native_input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry) -> Tensor:
    (n, channels, *sides), (rows, columns), (top, left) = x.shape, weight.shape[2:], geometry.zeros_before
    padded = [side + sum(pair) for side, pair in zip(sides, geometry.padding, strict=True)]
    missing = [(side - 1) // 2 - count + 1 for side, count in zip(padded, gradient.shape[2:], strict=True)]
    pairs = [((rows - 1) // 2, max(0, missing[0])), ((columns - 1) // 2, max(0, missing[1]))]
    given = pad(gradient, pairs).contiguous(memory_format=torch.channels_last)
    x_grad = x.new_empty((n, *sides, channels)).permute(0, 3, 1, 2)
    weights = weight.flatten(1).t().float().contiguous()
    ir = input_gradient_ir((rows, columns), (top % 2, left % 2))
    run(ir, (given, weights, x_grad), (n, *sides, channels, *given.shape[2:], top, left))
    return x_grad


def _is_slow_in_torch(gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry, required: Required) -> bool:
    return max(geometry.stride) > 1 or max(weight.shape[2:]) > _PIECE


def _is_symmetric(gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry, required: Required) -> bool:
    return geometry.is_symmetric


@kernel("depthwise_backward", is_supported=_is_symmetric, is_faster=_is_slow_in_torch)
def piecewise_backward(
    gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry, required: Required
) -> Gradients:
    """Computes the gradients by torch: that of the input in float32 under strides, those of large weights in pieces."""
    dtype = torch.float32 if max(geometry.stride) > 1 else torch.bfloat16
    x_grad = torch_backward(gradient, x, weight, geometry, (required[0], False, False), dtype=dtype)[0]
    if max(weight.shape[2:]) <= _PIECE:
        return x_grad, *torch_backward(gradient, x, weight, geometry, (False, *required[1:]))[1:]
    weight_grad = _in_pieces(gradient, x, weight, geometry) if required[1] else None
    return x_grad, weight_grad, gradient.sum((0, 2, 3), dtype=torch.float32) if required[2] else None


def _in_pieces(gradient: Tensor, x: Tensor, weight: Tensor, geometry: ConvGeometry) -> Tensor:
    """Computes the gradient of weights from gradients of pieces of at most 3x3, over shifted parts of the input."""
    stride, dilation = geometry.stride, geometry.dilation
    padded = pad(x, geometry.padding)
    sides = [min(side, _PIECE) for side in weight.shape[2:]]
    piece = x.new_empty((*weight.shape[:2], *sides))
    extent = [
        (count - 1) * step + (side - 1) * spread + 1
        for count, step, side, spread in zip(gradient.shape[2:], stride, sides, dilation, strict=True)
    ]
    found = torch.empty_like(weight)
    for row in _starts(weight.shape[2]):
        for column in _starts(weight.shape[3]):
            top, left = row * dilation[0], column * dilation[1]
            part = padded[:, :, top : top + extent[0], left : left + extent[1]]
            part = part.contiguous(memory_format=torch.channels_last)
            found[:, :, row : row + sides[0], column : column + sides[1]] = torch.ops.aten.convolution_backward(
                gradient, part, piece, None, stride, [0, 0], dilation, False, [0, 0], x.shape[1], (False, True, False)
            )[1]
    return found


def _starts(side: int) -> list[int]:
    """Returns the first indices of pieces that cover a side; the last piece ends with it."""
    return [*range(0, side - _PIECE, _PIECE), max(0, side - _PIECE)]


_SIZES = ("n", "height", "width", "channels", "rows", "columns", "top", "left")
"""Of the input; rows and columns of the gradient; zeros above and before the input."""


@cache
def weight_gradient_ir(kernel: tuple[int, int], stride: tuple[int, int]) -> int:
    """Compiles the gradient of the weights and bias from the input and the gradient of the output.

    Args:
        kernel: Height and width of the weights.
        stride: Steps between windows.

    Returns:
        Address of a function of x and the gradient, both bfloat16 and channels_last, and `gradients`: float32
        (chunks of images, rows * columns + 1, channels), zero before, that of the bias last. The sums of 16 channels
        stay in registers over an image.
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
        gradients = code.int_op("mul", chunk, count)
        with code.loop(begin, end) as image, code.loop("0", sizes["channels"], LANES) as channel:
            numbers = [code.int_op("add", gradients, number) for number in range(count)]
            addresses = [_channel(code, "gradients", "float", number, channel) for number in numbers]
            with accumulators(code, addresses) as sums:
                for rows, columns, inside in parts:
                    with code.loop(*rows) as row, code.loop(*columns) as column:
                        position = code.int_op("add", code.int_op("mul", image, sizes["rows"]), row)
                        position = code.int_op("add", code.int_op("mul", position, sizes["columns"]), column)
                        given = bf16_to_f32(code, code.load(I16X16, _channel(code, "given", I16, position, channel), 2))
                        down = code.int_op("sub", code.int_op("mul", row, stride[0]), sizes["top"])
                        right = code.int_op("sub", code.int_op("mul", column, stride[1]), sizes["left"])
                        for total, inputs in zip(
                            sums, _window(code, kernel, image, down, right, channel, inside), strict=False
                        ):
                            code.store(F32X16, fma(code, inputs, given, code.load(F32X16, total, 64)), total, 64)
                        total = code.value(f"fadd {F32X16} {code.load(F32X16, sums[-1], 64)}, {given}")
                        code.store(F32X16, total, sums[-1], 64)
    return code.compile()


@cache
def input_gradient_ir(kernel: tuple[int, int], odd: tuple[int, int]) -> int:
    """Compiles the gradient of the input from the gradient of the output and the weights, for stride 2.

    Args:
        kernel: Height and width of the weights.
        odd: 1 for each of the zeros above and before the input whose number is odd, else 0.

    Returns:
        Address of a function of the gradient, padded with (rows - 1) // 2 zeros above, (columns - 1) // 2 before it and
        enough below and behind (its rows and columns count them), the weights, float32 (rows * columns, channels), and
        the gradient of the input. A position of the input lies under every second row and column of the weights.
    """
    code = Assembly(["given", "kernels", "images"], _SIZES)
    channels = code.sizes["channels"]
    for odd_row in range(2):
        rows = code.int_op("udiv", code.int_op("add", code.sizes["height"], 1 - odd_row), 2)
        first_down = (odd_row + odd[0]) % 2
        up = code.int_op("udiv", code.int_op("add", code.sizes["top"], odd_row - first_down), 2)
        first, last = code.thread_range(code.int_op("mul", code.sizes["n"], rows))
        with code.loop(first, last) as item:
            image, row = code.int_op("udiv", item, rows), code.int_op("urem", item, rows)
            line = code.int_op("add", code.int_op("mul", image, code.sizes["height"]), code.int_op("mul", row, 2))
            line = code.int_op("mul", code.int_op("add", line, odd_row), code.sizes["width"])
            above = code.int_op("add", code.int_op("mul", image, code.sizes["rows"]), code.int_op("add", row, up))
            above = code.int_op("mul", code.int_op("add", above, (kernel[0] - 1) // 2), code.sizes["columns"])
            for odd_column in range(2):
                columns = code.int_op("udiv", code.int_op("add", code.sizes["width"], 1 - odd_column), 2)
                first_right = (odd_column + odd[1]) % 2
                before = code.int_op("udiv", code.int_op("add", code.sizes["left"], odd_column - first_right), 2)
                with code.loop("0", columns) as column, code.loop("0", channels, LANES) as channel:
                    position = code.int_op("add", code.int_op("add", line, code.int_op("mul", column, 2)), odd_column)
                    inputs = code.int_op("add", code.int_op("add", above, column), before)
                    inputs = code.int_op("add", inputs, (kernel[1] - 1) // 2)
                    total = ZERO
                    for down in range(first_down, kernel[0], 2):
                        for right in range(first_right, kernel[1], 2):
                            back = code.int_op("add", code.int_op("mul", code.sizes["columns"], down // 2), right // 2)
                            given = _channel(code, "given", I16, code.int_op("sub", inputs, back), channel)
                            number = str(down * kernel[1] + right)
                            weights = code.load(F32X16, _channel(code, "kernels", "float", number, channel), 4)
                            total = fma(code, bf16_to_f32(code, code.load(I16X16, given, 2)), weights, total)
                    store_bf16(code, total, _channel(code, "images", I16, position, channel))
    return code.compile()


def _inner(code: Assembly, count: str, side: str, before: str, kernel: int, stride: int) -> tuple[str, str]:
    """Emits the first window along a side that lies inside the input, and the first one behind those."""
    sizes = code.sizes
    first = code.int_op("udiv", code.int_op("add", sizes[before], stride - 1), stride)
    first = code.int_op("umin", first, sizes[count])
    room = code.int_op("sub", code.int_op("add", sizes[side], sizes[before]), kernel - stride)
    fit = code.int_op("udiv", code.int_op("smax", room, "0"), stride)
    return first, code.int_op("smax", first, code.int_op("umin", fit, sizes[count]))


def _window(
    code: Assembly, kernel: tuple[int, int], image: str, down: str, right: str, channel: str, inside: bool
) -> list[str]:
    """Loads the input value under each weight of a window with its corner at that row and column of an image."""
    rows = [_within(code, code.int_op("add", down, number), "height", inside) for number in range(kernel[0])]
    columns = [_within(code, code.int_op("add", right, number), "width", inside) for number in range(kernel[1])]
    start, inputs = code.int_op("mul", image, code.sizes["height"]), list[str]()
    for row, row_is in rows:
        line = code.int_op("mul", code.int_op("add", start, row), code.sizes["width"])
        for column, column_is in columns:
            position = _channel(code, "x", I16, code.int_op("add", line, column), channel)
            value = bf16_to_f32(code, code.load(I16X16, position, 2))
            if not inside:
                both = code.value(f"and i1 {row_is}, {column_is}")
                value = code.value(f"select i1 {both}, {F32X16} {value}, {F32X16} {ZERO}")
            inputs.append(value)
    return inputs


def _within(code: Assembly, number: str, side: str, inside: bool) -> tuple[str, str]:
    """Emits the index of a row or column, 0 if it is outside, and an i1 that is true if it is inside."""
    if inside:
        return number, "true"
    within = code.value(f"icmp ult i64 {number}, {code.sizes[side]}")
    return code.value(f"select i1 {within}, i64 {number}, i64 0"), within


def _channel(code: Assembly, tensor: str, kind: str, position: str, channel: str) -> str:
    """Emits the address of a channel at a position of a tensor; positions are counted over all images."""
    number = code.int_op("add", code.int_op("mul", position, code.sizes["channels"]), channel)
    return code.gep(code.tensors[tensor], kind, number)


CHUNK = 8
"""Images whose gradients are summed one after the other by one thread."""


def partial_sums(images: int, weights: int, channels: int) -> Tensor:
    """Returns zeros for the gradients of all chunks, float32 (chunks, weights + 1, channels), that of the bias last.

    Examples:
        >>> partial_sums(9, 2, 16).shape
        torch.Size([2, 3, 16])
    """
    return torch.zeros(-(-images // CHUNK), weights + 1, channels)


@contextmanager
def chunks(code: Assembly) -> Generator[tuple[str, str, str]]:
    """Loops over this thread's chunks of the `n` images: index, first image, and the image behind the last."""
    first, last = code.thread_range(code.int_op("udiv", code.int_op("add", code.sizes["n"], CHUNK - 1), CHUNK))
    with code.loop(first, last) as chunk:
        begin = code.int_op("mul", chunk, CHUNK)
        yield chunk, begin, code.int_op("umin", code.int_op("add", begin, CHUNK), code.sizes["n"])
