"""Machine code for a convolution over few channels with max pooling 2x2 behind it, and for its gradients.

A thread computes the four sums of a window for 16 filters at a time and keeps the largest: the map between convolution
and pooling, the largest of the network, is never written. Backward three of four gradients of that map would be zeros;
here neighbours share a product and only the winner's counts. Products are of bfloat16, sums in float32, two products a
lane and instruction (VDPBF16PS).
"""

from collections.abc import Iterator
from functools import cache

from opsin.core.assembly import (
    BYTES,
    FLOATS,
    HALVES,
    LANES,
    PAIRS,
    WHOLES,
    ZERO,
    Assembly,
    dot,
    everywhere,
    in_registers,
    put_rounded,
    surpasses,
)

from .gradient_chunks import chunks
from .pooling_code import NOBODY, upper_line

_AT_ONCE = 2 * LANES
_ONES = "splat (bfloat 0xR3F80)"

Kernel = tuple[int, int, int]
"""Rows and columns of a kernel, and its channels."""


def pairs(kernel: Kernel) -> list[int]:
    """Where pairs of weights start in a row of a kernel; the last overlaps the one before where the number is odd."""
    length = kernel[1] * kernel[2]
    return [*range(0, length - 1, 2), *([length - 2] if length % 2 else [])]


@cache
def forward_code(kernel: Kernel, filters: int, winners: bool) -> int:
    """From images x (n, height, width, channels), weights (rows, pairs, filters, 2) and biases to the pooled map y.

    Sizes are n, height and width. With `winners` also which of each window's four was the largest.
    """
    code = Assembly(["x", "weights", "biases", "y", *(["winners"] if winners else [])], ["n", "height", "width"])
    rows, columns = _pooled_size(code, kernel)
    first, last = code.share(code.whole("mul", code.sizes["n"], rows))
    with code.loop(first, last) as row:
        line = upper_line(code, row, rows)
        across = code.whole("mul", row, columns)
        with code.loop("0", columns) as column:
            lines = _lines(code, code.tensors["x"], "bfloat", line, column, kernel, _row_length(code, kernel[2]))
            place = code.whole("mul", code.whole("add", across, column), filters)
            for start in range(0, filters, _AT_ONCE):
                group = range(start, min(filters, start + _AT_ONCE), LANES)
                sums = _window_sums(code, lines, kernel, filters, group)
                for filter in group:
                    _keep_largest(code, [sums[who, filter] for who in range(4)], place, filter)
    return code.compiled()


@cache
def gradient_code(kernel: Kernel, filters: int) -> int:
    """From images x (n, height, width, channels), gradients of the pooled map and winners to gradients of weights.

    Those are float32 (chunks of images, rows * columns * channels + 1, filters), that of the bias last, zero before.
    Sizes are n, height and width.
    """
    code = Assembly(["x", "given", "winners", "gradients"], ["n", "height", "width"])
    rows, columns = _pooled_size(code, kernel)
    length = _row_length(code, kernel[2])
    strip = code.whole("sub", length, kernel[2])
    beside = code.place("i32", code.whole("mul", strip, kernel[0] + 1))
    count = kernel[0] * kernel[1] * kernel[2] + 1
    with chunks(code) as (chunk, begin, end):
        gradients = code.at(code.tensors["gradients"], "float", code.whole("mul", chunk, count * filters))
        with code.loop(code.whole("mul", begin, rows), code.whole("mul", end, rows)) as row:
            line = code.at(code.tensors["x"], "bfloat", code.whole("mul", upper_line(code, row, rows), length))
            _pair_neighbours(code, line, beside, kernel, length, strip)
            across = code.whole("mul", row, columns)
            for filter in range(0, filters, LANES):
                places = [code.at(gradients, "float", str(n * filters + filter)) for n in range(count)]
                with in_registers(code, places) as sums, code.loop("0", columns) as column:
                    place = code.whole("mul", code.whole("add", across, column), filters)
                    given = _given_to_winners(code, code.whole("add", place, filter))
                    lines = _lines(code, beside, "i32", "0", column, kernel, strip)
                    for number, half, pair in _products(code, lines, kernel):
                        code.put(
                            FLOATS, dot(code, code.get(FLOATS, sums[number], 64), given[half], pair), sums[number], 64
                        )
                    for half in given:
                        code.put(FLOATS, dot(code, code.get(FLOATS, sums[-1], 64), half, _ONES), sums[-1], 64)
    return code.compiled()


def _pooled_size(code: Assembly, kernel: Kernel) -> list[str]:
    sides = zip(("height", "width"), kernel[:2], strict=True)
    return [code.whole("udiv", code.whole("sub", code.sizes[name], size - 1), 2) for name, size in sides]


def _row_length(code: Assembly, channels: int) -> str:
    return code.whole("mul", code.sizes["width"], channels)


def _lines(code: Assembly, base: str, kind: str, line: str, column: str, kernel: Kernel, length: str) -> list[str]:
    """Where the lines that a window and its kernels see start, at its column."""
    within = code.whole("mul", column, 2 * kernel[2])
    start = code.at(base, kind, code.whole("add", code.whole("mul", line, length), within))
    return [start, *(start := code.at(start, kind, length) for _ in range(kernel[0]))]


def _window_sums(
    code: Assembly, lines: list[str], kernel: Kernel, filters: int, group: range
) -> dict[tuple[int, int], str]:
    """The four sums of a window, for some filters; each number of the image is fetched once for all it belongs to."""
    starts = pairs(kernel)
    sums = {(who, filter): ZERO for who in range(4) for filter in group}
    for line, address in enumerate(lines):
        for number, start in enumerate(starts):
            seen = [everywhere(code, address, "bfloat", start + right * kernel[2]) for right in range(2)]
            for below in range(2):
                if not 0 <= line - below < kernel[0]:
                    continue
                for filter in group:
                    place = ((line - below) * len(starts) + number) * filters + filter
                    weights = code.get(PAIRS, code.at(code.tensors["weights"], "i32", str(place)), 4)
                    for right in range(2):
                        who = 2 * below + right, filter
                        sums[who] = dot(code, sums[who], seen[right], weights)
    return sums


def _keep_largest(code: Assembly, sums: list[str], place: str, filter: int) -> None:
    """The largest of four sums with the bias, and zero if it is below, in `y`; who that was in `winners`. NaN wins."""
    best, winner = sums[0], ZERO
    for who, value in enumerate(sums[1:], 1):
        taken = surpasses(code, value, best)
        best = code.choose(taken, FLOATS, value, best)
        winner = code.choose(taken, WHOLES, f"splat (i32 {who})", winner)
    biases = code.get(FLOATS, code.at(code.tensors["biases"], "float", str(filter)), 4)
    best = code.new(f"fadd {FLOATS} {best}, {biases}")
    below = code.new(f"fcmp ole {FLOATS} {best}, {ZERO}")
    best = code.choose(below, FLOATS, ZERO, best)
    place = code.whole("add", place, filter)
    put_rounded(code, best, code.at(code.tensors["y"], "bfloat", place))
    if "winners" in code.tensors:
        winner = code.choose(below, WHOLES, f"splat (i32 {NOBODY})", winner)
        small = code.new(f"trunc {WHOLES} {winner} to {BYTES}")
        code.put(BYTES, small, code.at(code.tensors["winners"], "i8", place), 1)


def _pair_neighbours(code: Assembly, line: str, beside: str, kernel: Kernel, length: str, strip: str) -> None:
    """Each number of the lines that a row of windows sees in a pair with the one to its right, of the same channel."""
    final = code.whole("sub", strip, LANES)
    with code.loop("0", str(kernel[0] + 1)) as number:
        seen = code.at(line, "i16", code.whole("mul", number, length))
        made = code.at(beside, "i32", code.whole("mul", number, strip))
        with code.loop("0", strip, LANES) as start:
            start = code.whole("umin", start, final)
            left = code.at(seen, "i16", start)
            ours, theirs = (
                code.new(f"zext {HALVES} {code.get(HALVES, one, 2)} to {WHOLES}")
                for one in (left, code.at(left, "i16", str(kernel[2])))
            )
            theirs = code.new(f"shl {WHOLES} {theirs}, splat (i32 16)")
            code.put(WHOLES, code.new(f"or {WHOLES} {ours}, {theirs}"), code.at(made, "i32", start), 4)


def _given_to_winners(code: Assembly, place: str) -> list[str]:
    """Pairs of the gradients of a window's upper two, and of its lower two, for 16 filters: at most one is not zero."""
    bits = code.get(HALVES, code.at(code.tensors["given"], "i16", place), 2)
    winners = code.get(BYTES, code.at(code.tensors["winners"], "i8", place), 1)
    left = code.new(f"zext {HALVES} {bits} to {WHOLES}")
    right = code.new(f"shl {WHOLES} {left}, splat (i32 16)")
    halves: list[str] = []
    for first in (0, 2):
        half = ZERO
        for who, value in ((first, left), (first + 1, right)):
            won = code.new(f"icmp eq {BYTES} {winners}, splat (i8 {who})")
            half = code.choose(won, WHOLES, value, half)
        halves.append(code.new(f"bitcast {WHOLES} {half} to {PAIRS}"))
    return halves


def _products(code: Assembly, lines: list[str], kernel: Kernel) -> Iterator[tuple[int, int, str]]:
    """For each weight and each half of a window: their numbers, and the pair of neighbours that the weight sees."""
    length = kernel[1] * kernel[2]
    for line, address in enumerate(lines):
        for within in range(length):
            pair = everywhere(code, address, "i32", within)
            for half in range(2):
                if 0 <= line - half < kernel[0]:
                    yield (line - half) * length + within, half, pair
