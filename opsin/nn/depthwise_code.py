"""Machine code for the gradients of convolutions of each channel by itself, in bfloat16.

Maps are (images, rows, columns, channels) and already have the zeros around them that the convolution wants. 16
channels are computed at a time, in float32.
"""

from functools import cache

from opsin.core.assembly import BITS, FLOATS, HALVES, LANES, ZERO, Assembly, floats, in_registers, multiply_add

from .gradient_chunks import chunks

_SIZES = ("n", "height", "width", "channels")


@cache
def kernel_code(kernel: tuple[int, int], stride: tuple[int, int]) -> int:
    """From images x and the gradient of their map to those of the kernels.

    Those are float32 (chunks of images, rows * columns + 1, channels), that of the bias last, zero before. Sizes are
    those of x. The sums of 16 channels stay in registers for an image.
    """
    code = Assembly(["x", "given", "gradients"], _SIZES)
    channels = code.sizes["channels"]
    rows, columns = (
        code.whole("add", code.whole("udiv", code.whole("sub", code.sizes[name], size), step), 1)
        for name, size, step in zip(("height", "width"), kernel, stride, strict=True)
    )
    count = kernel[0] * kernel[1] + 1
    with chunks(code) as (chunk, begin, end):
        gradients = code.whole("mul", chunk, count)
        with code.loop(begin, end) as image, code.loop("0", channels, LANES) as channel:
            numbers = [code.whole("add", gradients, number) for number in range(count)]
            places = [_channel(code, "gradients", "float", number, channel) for number in numbers]
            with in_registers(code, places) as sums, code.loop("0", rows) as row:
                line = code.whole("mul", image, code.sizes["height"])
                line = code.whole("add", line, code.whole("mul", row, stride[0]))
                line = code.whole("mul", line, code.sizes["width"])
                across = code.whole("mul", code.whole("add", code.whole("mul", image, rows), row), columns)
                with code.loop("0", columns) as column:
                    given = _channel(code, "given", BITS, code.whole("add", across, column), channel)
                    seen = code.whole("add", line, code.whole("mul", column, stride[1]))
                    seen = _channel(code, "x", BITS, seen, channel)
                    _add_products(code, sums, floats(code, code.get(HALVES, given, 2)), seen, kernel[1])
    return code.compiled()


@cache
def image_code(kernel: tuple[int, int]) -> int:
    """From the gradient of a map made with strides of two, and kernels, to the gradient of the images.

    The gradient has (rows - 1) // 2 zeros above, (columns - 1) // 2 before it, and enough below and behind. Kernels are
    float32 (rows * columns, channels). Sizes are those of the images, then height and width of the gradient with zeros.
    A place in an image was seen by every second row and column of a kernel: which ones, its own number says.
    """
    code = Assembly(["given", "kernels", "images"], (*_SIZES, "rows", "columns"))
    channels = code.sizes["channels"]
    for odd_row in range(2):
        rows = code.whole("udiv", code.whole("add", code.sizes["height"], 1 - odd_row), 2)
        first, last = code.share(code.whole("mul", code.sizes["n"], rows))
        with code.loop(first, last) as item:
            image, row = code.whole("udiv", item, rows), code.whole("urem", item, rows)
            line = code.whole("add", code.whole("mul", image, code.sizes["height"]), code.whole("mul", row, 2))
            line = code.whole("mul", code.whole("add", line, odd_row), code.sizes["width"])
            above = code.whole("add", code.whole("mul", image, code.sizes["rows"]), row)
            above = code.whole("mul", code.whole("add", above, (kernel[0] - 1) // 2), code.sizes["columns"])
            for odd_column in range(2):
                columns = code.whole("udiv", code.whole("add", code.sizes["width"], 1 - odd_column), 2)
                with code.loop("0", columns) as column, code.loop("0", channels, LANES) as channel:
                    place = code.whole("add", code.whole("add", line, code.whole("mul", column, 2)), odd_column)
                    seen = code.whole("add", code.whole("add", above, column), (kernel[1] - 1) // 2)
                    total = ZERO
                    for down in range(odd_row, kernel[0], 2):
                        for right in range(odd_column, kernel[1], 2):
                            back = code.whole("add", code.whole("mul", code.sizes["columns"], down // 2), right // 2)
                            given = _channel(code, "given", BITS, code.whole("sub", seen, back), channel)
                            number = str(down * kernel[1] + right)
                            weights = code.get(FLOATS, _channel(code, "kernels", "float", number, channel), 4)
                            total = multiply_add(code, floats(code, code.get(HALVES, given, 2)), weights, total)
                    rounded = code.new(f"fptrunc {FLOATS} {total} to <{LANES} x bfloat>")
                    code.put(f"<{LANES} x bfloat>", rounded, _channel(code, "images", BITS, place, channel), 2)
    return code.compiled()


def _add_products(code: Assembly, sums: list[str], gradient: str, seen: str, columns: int) -> None:
    """Adds a gradient times what each weight of a kernel sees to the weight's sum; `seen` is what the first sees."""
    length = code.whole("mul", code.sizes["width"], code.sizes["channels"])
    for number, one in enumerate(sums[:-1]):
        down, right = divmod(number, columns)
        offset = code.whole("add", code.whole("mul", length, down), code.whole("mul", code.sizes["channels"], right))
        value = floats(code, code.get(HALVES, code.at(seen, BITS, offset), 2))
        code.put(FLOATS, multiply_add(code, value, gradient, code.get(FLOATS, one, 64)), one, 64)
    total = code.new(f"fadd {FLOATS} {code.get(FLOATS, sums[-1], 64)}, {gradient}")
    code.put(FLOATS, total, sums[-1], 64)


def _channel(code: Assembly, tensor: str, kind: str, place: str, channel: str) -> str:
    """The address of a channel at a place of a tensor, counted over all its places."""
    number = code.whole("add", code.whole("mul", place, code.sizes["channels"]), channel)
    return code.at(code.tensors[tensor], kind, number)
