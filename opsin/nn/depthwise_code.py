"""Machine code for the gradients of convolutions of each channel by itself, in bfloat16.

Maps are (images, rows, columns, channels); what lies outside of them counts as zeros, which nobody has to write. 16
channels are computed at a time, in float32.
"""

from functools import cache

from opsin.core.assembly import (
    BITS,
    FLOATS,
    HALVES,
    LANES,
    ZERO,
    Assembly,
    floats,
    in_registers,
    multiply_add,
    put_rounded,
)

from .gradient_chunks import chunks

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
