"""Machine code for max pooling 2x2 and its gradient, over maps (images, rows, columns, channels).

Numbers are looked at as floats and moved as bits, 16 channels at a time, so that what comes out is what went in. A
thread does some rows of windows, counted over all images.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch

from opsin.core.assembly import BYTES, FLOATS, LANES, ZERO, Assembly, floats, surpasses

NOBODY = 4
"""The winner of a window whose largest number is not above zero, where those are cut off."""
_SIZES = ("n", "height", "width", "channels")


@dataclass(frozen=True)
class _Kind:
    """How numbers of a type lie in memory."""

    bits: int

    @property
    def one(self) -> str:
        return f"i{self.bits}"

    @property
    def many(self) -> str:
        return f"<{LANES} x {self.one}>"

    def floats(self, code: Assembly, value: str) -> str:
        """The numbers, which are the upper bits of those of float32."""
        return floats(code, value) if self.bits < 32 else code.new(f"bitcast {self.many} {value} to {FLOATS}")


_KINDS = {torch.bfloat16: _Kind(16), torch.float32: _Kind(32)}


@cache
def taking_code(dtype: torch.dtype, rectified: bool) -> int:
    """From a map x to the largest numbers y of its windows and which of the four that is, counted by rows.

    The first of equals wins and NaN over all, as in torch. `rectified` makes 0 of what is below. Sizes are n, height,
    width and channels of x.
    """
    kind, code = _KINDS[dtype], Assembly(["x", "y", "winners"], _SIZES)
    rows, columns = (code.whole("udiv", code.sizes[side], 2) for side in ("height", "width"))
    with _rows_of_windows(code, rows) as row, code.loop("0", columns) as column:
        lines = _four(code, kind, row, rows, column)
        with code.loop("0", code.sizes["channels"], LANES) as channel:
            four = [code.get(kind.many, code.at(line, kind.one, channel), 2) for line in lines]
            kept, winner = _largest(code, kind, four, rectified)
            place = _window(code, row, columns, column, channel)
            code.put(kind.many, kept, code.at(code.tensors["y"], kind.one, place), 2)
            code.put(BYTES, winner, code.at(code.tensors["winners"], "i8", place), 1)
    return code.compiled()


@cache
def giving_code(dtype: torch.dtype) -> int:
    """From numbers y and winners to a map x: each number where its winner was, 0 everywhere else, for minus zero too.

    Sizes are n, height, width and channels of x.
    """
    kind, code = _KINDS[dtype], Assembly(["y", "winners", "x"], _SIZES)
    rows, columns = (code.whole("udiv", code.sizes[side], 2) for side in ("height", "width"))
    minus = -(2 ** (kind.bits - 1))
    with _rows_of_windows(code, rows) as row:
        with code.loop("0", columns) as column:
            takers = _four(code, kind, row, rows, column)
            with code.loop("0", code.sizes["channels"], LANES) as channel:
                place = _window(code, row, columns, column, channel)
                given = code.get(kind.many, code.at(code.tensors["y"], kind.one, place), 2)
                winner = code.get(BYTES, code.at(code.tensors["winners"], "i8", place), 1)
                nothing = code.new(f"icmp eq {kind.many} {given}, splat ({kind.one} {minus})")
                given = code.choose(nothing, kind.many, ZERO, given)
                for who, taker in enumerate(takers):
                    won = code.new(f"icmp eq {BYTES} {winner}, splat (i8 {who})")
                    value = code.choose(won, kind.many, given, ZERO)
                    code.put(kind.many, value, code.at(taker, kind.one, channel), 2)
        _empty_rest(code, kind, row, rows, columns)
    return code.compiled()


def _largest(code: Assembly, kind: _Kind, four: list[str], rectified: bool) -> tuple[str, str]:
    """The bits of the largest of four, and which that is."""
    kept, best, winner = four[0], kind.floats(code, four[0]), ZERO
    for who, bits in enumerate(four[1:], 1):
        value = kind.floats(code, bits)
        taken = surpasses(code, value, best)
        kept = code.choose(taken, kind.many, bits, kept)
        best = code.choose(taken, FLOATS, value, best)
        winner = code.choose(taken, BYTES, f"splat (i8 {who})", winner)
    if rectified:
        below = code.new(f"fcmp olt {FLOATS} {best}, {ZERO}")
        kept = code.choose(below, kind.many, ZERO, kept)
        none = code.new(f"fcmp ole {FLOATS} {best}, {ZERO}")
        winner = code.choose(none, BYTES, f"splat (i8 {NOBODY})", winner)
    return kept, winner


@contextmanager
def _rows_of_windows(code: Assembly, rows: str) -> Generator[str]:
    """This thread's rows of windows, counted over all images."""
    first, last = code.share(code.whole("mul", code.sizes["n"], rows))
    with code.loop(first, last) as row:
        yield row


def _window(code: Assembly, row: str, columns: str, column: str, channel: str) -> str:
    """The place of a channel of a window among all."""
    place = code.whole("add", code.whole("mul", row, columns), column)
    return code.whole("add", code.whole("mul", place, code.sizes["channels"]), channel)


def upper_line(code: Assembly, row: str, rows: str) -> str:
    """The number of the upper line of a row of windows; lines are counted over all images, too."""
    above = code.whole("mul", code.whole("udiv", row, rows), code.sizes["height"])
    return code.whole("add", above, code.whole("mul", code.whole("urem", row, rows), 2))


def _pixel(code: Assembly, kind: _Kind, line: str, column: str) -> str:
    """The address of a place in the large map."""
    place = code.whole("add", code.whole("mul", line, code.sizes["width"]), column)
    return code.at(code.tensors["x"], kind.one, code.whole("mul", place, code.sizes["channels"]))


def _four(code: Assembly, kind: _Kind, row: str, rows: str, column: str) -> list[str]:
    """The addresses of a window's four, by rows."""
    upper, left = upper_line(code, row, rows), code.whole("mul", column, 2)
    lines, columns = (upper, code.whole("add", upper, 1)), (left, code.whole("add", left, 1))
    return [_pixel(code, kind, line, column) for line in lines for column in columns]


def _empty_rest(code: Assembly, kind: _Kind, row: str, rows: str, columns: str) -> None:
    """Zeros where no window is: in a last odd column, and below an image's last row of windows in a last odd line."""
    upper, even = upper_line(code, row, rows), code.whole("mul", columns, 2)
    with code.loop(upper, code.whole("add", upper, 2)) as line, code.loop(even, code.sizes["width"]) as column:
        _empty(code, kind, _pixel(code, kind, line, column))
    image = code.whole("udiv", row, rows)
    end = code.whole("mul", code.whole("add", image, 1), code.sizes["height"])
    is_last = code.new(f"icmp eq i64 {code.whole('urem', code.whole('add', row, 1), rows)}, 0")
    begin = code.new(f"select i1 {is_last}, i64 {code.whole('add', upper, 2)}, i64 {end}")
    with code.loop(begin, end) as line, code.loop("0", code.sizes["width"]) as column:
        _empty(code, kind, _pixel(code, kind, line, column))


def _empty(code: Assembly, kind: _Kind, pixel: str) -> None:
    with code.loop("0", code.sizes["channels"], LANES) as channel:
        code.put(kind.many, ZERO, code.at(pixel, kind.one, channel), 2)
