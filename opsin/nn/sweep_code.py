"""Machine code for windows that sweep over maps, each channel by itself: depthwise convolution, and max pooling.

Maps are bfloat16 (images, rows, columns, channels), sums float32. 16 channels of four neighbours in a row are computed
at a time, so that what several windows see is read once. A thread does some rows of windows, counted over all images.
What lies outside of a map is never read, so that nobody has to write zeros around it first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from opsin.core.assembly import (
    BITS,
    FLOATS,
    HALVES,
    LANES,
    ZERO,
    Assembly,
    floats,
    multiply_add,
    put_rounded,
    rectified,
    surpasses,
)

NEIGHBOURS = 4
SIZES = ("n", "height", "width", "channels", "rows", "columns", "top", "left")
"""Of the map that is read; rows and columns of that which is written; and how far the first window begins before it."""
_LOWEST = "splat (float 0xFFF0000000000000)"

_Column = tuple[str, str | None]
"""The offset of a column in a row, and whether it is in the map where that is not sure."""


@dataclass(frozen=True)
class _Sweep:
    """How windows move, what they begin with in a channel, and what they add of each number that they see.

    `add` is given the sum so far, the number seen, that of the window's weight that sees it, and the channel.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    outside: str
    begin: Callable[[str], str]
    add: Callable[[str, str, str, str], str]
    activation: str | None = None


@cache
def depthwise_code(kernel: tuple[int, int], stride: tuple[int, int], activation: str | None) -> int:
    """From a map x, kernels and biases to the map y of their convolution, activated.

    Kernels are float32 (rows * columns, channels), biases float32 (channels).
    """
    code = Assembly(["x", "kernels", "biases", "y"], SIZES)

    def begin(channel: str) -> str:
        return code.get(FLOATS, code.at(code.tensors["biases"], "float", channel), 4)

    def add(total: str, value: str, number: str, channel: str) -> str:
        place = code.whole("add", code.whole("mul", number, code.sizes["channels"]), channel)
        weights = code.get(FLOATS, code.at(code.tensors["kernels"], "float", place), 4)
        return multiply_add(code, value, weights, total)

    _write(code, _Sweep(kernel, stride, ZERO, begin, add, activation))
    return code.compiled()


@cache
def pooling_code(kernel: tuple[int, int], stride: tuple[int, int]) -> int:
    """From a map x to the map y of the largest numbers of its windows; NaN is larger than all."""
    code = Assembly(["x", "y"], SIZES)

    def largest(total: str, value: str, number: str, channel: str) -> str:
        return code.choose(surpasses(code, value, total), FLOATS, value, total)

    _write(code, _Sweep(kernel, stride, _LOWEST, lambda channel: _LOWEST, largest))
    return code.compiled()


def _write(code: Assembly, sweep: _Sweep) -> None:
    """The whole map, a row of windows after another, and in it 16 channels after another."""
    sizes, seen = code.sizes, (NEIGHBOURS - 1) * sweep.stride[1] + sweep.kernel[1]
    first, last = code.share(code.whole("mul", sizes["n"], sizes["rows"]))
    groups = code.whole("udiv", code.whole("add", sizes["columns"], NEIGHBOURS - 1), NEIGHBOURS)
    inner = _inner_groups(code, groups, sweep.stride[1], seen)
    with code.loop(first, last) as row:
        lines = _lines(code, sweep, row)
        with code.loop("0", sizes["channels"], LANES) as channel:
            for start, end, safe in (("0", inner[0], False), (*inner, True), (inner[1], groups, False)):
                with code.loop(start, end) as group:
                    column = code.whole("mul", group, NEIGHBOURS)
                    column = code.whole("umin", column, code.whole("sub", sizes["columns"], NEIGHBOURS))
                    left = code.whole("sub", code.whole("mul", column, sweep.stride[1]), sizes["left"])
                    totals = _totals(code, sweep, channel, lines, _places(code, left, seen, safe))
                    place = code.whole("add", code.whole("mul", row, sizes["columns"]), column)
                    for who, total in enumerate(totals):
                        value = rectified(code, code.get(FLOATS, total, 64), sweep.activation)
                        where = code.whole("mul", code.whole("add", place, who), sizes["channels"])
                        put_rounded(code, value, code.at(code.tensors["y"], BITS, code.whole("add", where, channel)))


def _lines(code: Assembly, sweep: _Sweep, row: str) -> tuple[str, str, str]:
    """The line at which a row of windows begins, counted over all images, and which rows of the windows see the map."""
    sizes = code.sizes
    image, line = code.whole("udiv", row, sizes["rows"]), code.whole("urem", row, sizes["rows"])
    upper = code.whole("sub", code.whole("mul", line, sweep.stride[0]), sizes["top"])
    above = code.whole("smax", code.whole("sub", "0", upper), "0")
    below = code.whole("umin", str(sweep.kernel[0]), code.whole("sub", sizes["height"], upper))
    return code.whole("add", code.whole("mul", image, sizes["height"]), upper), above, below


def _totals(
    code: Assembly, sweep: _Sweep, channel: str, lines: tuple[str, str, str], places: Sequence[_Column]
) -> list[str]:
    """Where the sums of neighbouring windows lie."""
    upper, above, below = lines
    totals = [code.place(FLOATS) for _ in range(NEIGHBOURS)]
    for total in totals:
        code.put(FLOATS, sweep.begin(channel), total, 64)
    with code.loop(above, below) as down:
        values = _values(code, code.whole("add", upper, down), channel, places, sweep.outside)
        first = code.whole("mul", down, sweep.kernel[1])
        for right in range(sweep.kernel[1]):
            number = code.whole("add", first, right)
            for total, value in zip(totals, values[right :: sweep.stride[1]], strict=False):
                code.put(FLOATS, sweep.add(code.get(FLOATS, total, 64), value, number, channel), total, 64)
    return totals


def _inner_groups(code: Assembly, groups: str, stride: int, seen: int) -> tuple[str, str]:
    """The first group of neighbours that sees nothing outside, and the one behind the last of those."""
    sizes, step = code.sizes, NEIGHBOURS * stride
    first = code.whole("umin", groups, code.whole("udiv", code.whole("add", sizes["left"], step - 1), step))
    room = code.whole("sub", code.whole("add", sizes["width"], sizes["left"]), seen)
    fit = code.whole("udiv", code.whole("smax", code.whole("add", room, step), "0"), step)
    last = code.whole("umin", fit, code.whole("udiv", sizes["columns"], NEIGHBOURS))
    return first, code.whole("smax", first, last)


def _places(code: Assembly, left: str, count: int, safe: bool) -> list[_Column]:
    """Neighbouring columns, all of them in the map where it is `safe` to say so."""
    found: list[_Column] = []
    for number in range(count):
        column, inside = code.whole("add", left, number), None
        if not safe:
            inside = code.new(f"icmp ult i64 {column}, {code.sizes['width']}")
            column = code.new(f"select i1 {inside}, i64 {column}, i64 0")
        found.append((code.whole("mul", column, code.sizes["channels"]), inside))
    return found


def _values(code: Assembly, line: str, channel: str, places: Sequence[_Column], outside: str) -> list[str]:
    """What stands in neighbouring columns of a line."""
    start = code.whole("mul", code.whole("mul", line, code.sizes["width"]), code.sizes["channels"])
    start = code.at(code.tensors["x"], BITS, code.whole("add", start, channel))
    values: list[str] = []
    for offset, inside in places:
        value = floats(code, code.get(HALVES, code.at(start, BITS, offset), 2))
        if inside is not None:
            value = code.new(f"select i1 {inside}, {FLOATS} {value}, {FLOATS} {outside}")
        values.append(value)
    return values
