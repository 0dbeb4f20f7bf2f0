"""Machine code for batch normalization with its rectifier, over maps as pixels of channels, in bfloat16.

Sums are float32, of some hundred pixels in one go, so that how many threads there are makes no difference to them.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache

from opsin.core.assembly import (
    BITS,
    FLOATS,
    HALVES,
    LANES,
    MASK,
    SIX,
    ZERO,
    Assembly,
    floats,
    multiply_add,
    put_rounded,
    rectified,
)

CHUNK = 256
"""Pixels that are summed in one go."""
_SIZES = ("pixels", "channels")
_SIDE_BY_SIDE = 4
"""16 channels each that are computed together: neighbouring ones, or else those of neighbouring pixels."""

_Terms = Callable[[str, int], tuple[str, str, str]]
"""Of a place, and which of a part it is: what the first sum adds, and two factors of what the second adds."""


def together(channels: int) -> int:
    """How many 16 channels lie side by side in each part of so many: memory is read in order, whole lines at a time."""
    return next(count for count in (4, 2, 1) if channels % (count * LANES) == 0)


@cache
def moments_code(wide: int) -> int:
    """From a map x and a number `middle` for each channel to sums of (x - middle) and of its square.

    Sums are (chunks of pixels, 2, channels).
    """
    code = Assembly(["x", "middle", "sums"], _SIZES)
    with _parts(code, wide) as (chunk, pixels, channels):
        middles = [_of_channel(code, "middle", channel) for channel in channels]

        def terms(place: str, number: int) -> tuple[str, str, str]:
            value = code.new(f"fsub {FLOATS} {_number(code, 'x', place)}, {middles[number]}")
            return value, value, value

        _sum(code, chunk, pixels, channels, terms)
    return code.compiled()


@cache
def normalizing_code(wide: int, rectifier: str | None) -> int:
    """From a map x to y = scale x + offset, rectified."""
    code = Assembly(["x", "scale", "offset", "y"], _SIZES)
    with _parts(code, wide) as (_, pixels, channels):
        lines = [_line(code, "scale", "offset", channel) for channel in channels]
        with code.loop(*pixels) as pixel:
            for channel, line in zip(channels, lines, strict=True):
                place = _place(code, pixel, channel)
                value = multiply_add(code, _number(code, "x", place), *line)
                put_rounded(code, rectified(code, value, rectifier), code.at(code.tensors["y"], BITS, place))
    return code.compiled()


@cache
def gradient_sums_code(wide: int, rectifier: str | None) -> int:
    """From x and the gradient `given` of y to sums of it, and of its product with (x - mean), where y was not cut off.

    Sums are (chunks of pixels, 2, channels).
    """
    code = Assembly(["x", "given", "scale", "offset", "mean", "sums"], _SIZES)
    with _parts(code, wide) as (chunk, pixels, channels):
        lines = [_line(code, "scale", "offset", channel) for channel in channels]
        means = [_of_channel(code, "mean", channel) for channel in channels]

        def terms(place: str, number: int) -> tuple[str, str, str]:
            x = _number(code, "x", place)
            given = _let_through(code, x, _number(code, "given", place), lines[number], rectifier)
            return given, given, code.new(f"fsub {FLOATS} {x}, {means[number]}")

        _sum(code, chunk, pixels, channels, terms)
    return code.compiled()


@cache
def gradient_code(wide: int, rectifier: str | None) -> int:
    """From x and the gradient `given` of y to scale * given, where y was not cut off, + slope x + constant."""
    code = Assembly(["x", "given", "scale", "offset", "slope", "constant", "gradient"], _SIZES)
    with _parts(code, wide) as (_, pixels, channels):
        lines = [_line(code, "scale", "offset", channel) for channel in channels]
        others = [_line(code, "slope", "constant", channel) for channel in channels]
        with code.loop(*pixels) as pixel:
            for channel, line, other in zip(channels, lines, others, strict=True):
                place = _place(code, pixel, channel)
                x = _number(code, "x", place)
                given = _let_through(code, x, _number(code, "given", place), line, rectifier)
                value = multiply_add(code, given, line[0], multiply_add(code, x, *other))
                put_rounded(code, value, code.at(code.tensors["gradient"], BITS, place))
    return code.compiled()


@contextmanager
def _parts(code: Assembly, wide: int) -> Generator[tuple[str, tuple[str, str], list[str]]]:
    """This thread's chunks of pixels, in each some channels after others: chunk, pixels, and where 16 each begin."""
    pixels = code.sizes["pixels"]
    first, last = code.share(code.whole("udiv", code.whole("add", pixels, CHUNK - 1), CHUNK))
    with code.loop(first, last) as chunk:
        begin = code.whole("mul", chunk, CHUNK)
        end = code.whole("umin", code.whole("add", begin, CHUNK), pixels)
        with code.loop("0", code.sizes["channels"], wide * LANES) as channel:
            yield chunk, (begin, end), [code.whole("add", channel, number * LANES) for number in range(wide)]


def _sum(code: Assembly, chunk: str, pixels: tuple[str, str], channels: Sequence[str], terms: _Terms) -> None:
    """Both sums over pixels, written to the chunk's place."""
    deep = _SIDE_BY_SIDE // len(channels)
    totals = [[[code.place(FLOATS) for _ in range(2)] for _ in channels] for _ in range(deep)]
    for total in (total for pixel in totals for pair in pixel for total in pair):
        code.put(FLOATS, ZERO, total, 64)
    begin, end = pixels
    middle = code.whole("sub", end, code.whole("urem", code.whole("sub", end, begin), deep))
    for first, last, some in ((begin, middle, totals), (middle, end, totals[:1])):
        with code.loop(first, last, len(some)) as pixel:
            for number, pairs in enumerate(some):
                here = code.whole("add", pixel, number)
                for group, (channel, pair) in enumerate(zip(channels, pairs, strict=True)):
                    _add(code, pair, terms(_place(code, here, channel), group))
    for group, channel in enumerate(channels):
        for number in range(2):
            whole = code.get(FLOATS, totals[0][group][number], 64)
            for pairs in totals[1:]:
                whole = code.new(f"fadd {FLOATS} {whole}, {code.get(FLOATS, pairs[group][number], 64)}")
            row = code.whole("add", code.whole("mul", chunk, 2), number)
            code.put(FLOATS, whole, code.at(code.tensors["sums"], "float", _place(code, row, channel)), 4)


def _add(code: Assembly, pair: Sequence[str], terms: tuple[str, str, str]) -> None:
    single, left, right = terms
    code.put(FLOATS, code.new(f"fadd {FLOATS} {code.get(FLOATS, pair[0], 64)}, {single}"), pair[0], 64)
    code.put(FLOATS, multiply_add(code, left, right, code.get(FLOATS, pair[1], 64)), pair[1], 64)


def _line(code: Assembly, slope: str, constant: str, channel: str) -> tuple[str, str]:
    return _of_channel(code, slope, channel), _of_channel(code, constant, channel)


def _place(code: Assembly, row: str, channel: str) -> str:
    return code.whole("add", code.whole("mul", row, code.sizes["channels"]), channel)


def _number(code: Assembly, name: str, place: str) -> str:
    return floats(code, code.get(HALVES, code.at(code.tensors[name], BITS, place), 2))


def _of_channel(code: Assembly, name: str, channel: str) -> str:
    return code.get(FLOATS, code.at(code.tensors[name], "float", channel), 4)


def _let_through(code: Assembly, x: str, given: str, line: tuple[str, str], rectifier: str | None) -> str:
    """The gradient where the rectifier did not cut off."""
    if rectifier is None:
        return given
    value = multiply_add(code, x, *line)
    kept = code.new(f"fcmp ugt {FLOATS} {value}, {ZERO}")
    if rectifier == "relu6":
        kept = code.new(f"and {MASK} {kept}, {code.new(f'fcmp ult {FLOATS} {value}, {SIX}')}")
    return code.choose(kept, FLOATS, given, ZERO)
