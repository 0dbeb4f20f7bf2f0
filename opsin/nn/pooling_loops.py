"""Max pooling 2x2 and its gradient as loops for numba; to be imported where `opsin.core.loops.loops_run` only.

Maps are (images, rows, columns, channels) of the bits of their numbers, uint16 for bfloat16 and uint32 for float32, so
that one loop serves both and neighbouring channels are computed together. Bits shifted to the left by `shift` are those
of a float32. A thread does rows of windows `first` to `last`, counted over all images.
"""

from functools import cache
from typing import Any

import numpy as np
import torch
from numba import carray, njit, types  # noqa: TID253  # pyright: ignore[reportPrivateImportUsage]

from opsin.core.loops import compiled

_thread, _threads = (types.ExternalFunction(f"omp_get_{name}", types.int32()) for name in ("thread_num", "num_threads"))
_inside: Any = njit(error_model="numpy")
_KINDS = {torch.bfloat16: (np.uint16, 16), torch.float32: (np.uint32, 0)}
NOBODY = 4
"""The winner of a window whose largest number is not above zero, where those are cut off."""


@_inside
def _take_largest(x: Any, y: Any, won: Any, first: int, last: int, shift: int, floor: float) -> None:
    """The largest of each window of `x` in `y`, and in `won` which of the four that is, counted by rows.

    The first of equals wins and NaN over all, as in torch. With a `floor` of 0 smaller numbers become 0; with NaN they
    stay.
    """
    rows, columns, channels = y.shape[1], y.shape[2], y.shape[3]
    for number in range(first, last):
        image, row = number // rows, number % rows
        for column in range(columns):
            a, b = x[image, 2 * row, 2 * column], x[image, 2 * row, 2 * column + 1]
            c, d = x[image, 2 * row + 1, 2 * column], x[image, 2 * row + 1, 2 * column + 1]
            largest, winner = y[image, row, column], won[image, row, column]
            for k in range(channels):
                kept, who = a[k], np.uint8(0)
                best = np.uint32(np.uint32(kept) << np.uint32(shift)).view(np.float32)
                value = np.uint32(np.uint32(b[k]) << np.uint32(shift)).view(np.float32)
                more = (value > best) | (value != value)
                kept, who, best = b[k] if more else kept, np.uint8(1) if more else who, value if more else best
                value = np.uint32(np.uint32(c[k]) << np.uint32(shift)).view(np.float32)
                more = (value > best) | (value != value)
                kept, who, best = c[k] if more else kept, np.uint8(2) if more else who, value if more else best
                value = np.uint32(np.uint32(d[k]) << np.uint32(shift)).view(np.float32)
                more = (value > best) | (value != value)
                kept, who, best = d[k] if more else kept, np.uint8(3) if more else who, value if more else best
                largest[k] = 0 if best < floor else kept
                winner[k] = np.uint8(NOBODY) if best <= floor else who


@_inside
def _give_to_winners(y: Any, won: Any, x: Any, first: int, last: int, shift: int) -> None:
    """Each number of `y` at the place in `x` that won its window, zero everywhere else, for minus zero too."""
    minus = np.uint32(np.uint32(2**31) >> np.uint32(shift))
    rows, columns, channels = y.shape[1], y.shape[2], y.shape[3]
    height, width = x.shape[1], x.shape[2]
    for number in range(first, last):
        image, row = number // rows, number % rows
        for column in range(columns):
            given, winner = y[image, row, column], won[image, row, column]
            for below in range(2):
                for beside in range(2):
                    taker = x[image, 2 * row + below, 2 * column + beside]
                    who = np.uint8(2 * below + beside)
                    for k in range(channels):
                        taker[k] = given[k] if (winner[k] == who) & (given[k] != minus) else 0
        if width % 2:
            x[image, 2 * row : 2 * row + 2, width - 1] = 0
        if height % 2 and row == rows - 1:
            x[image, height - 1] = 0


@_inside
def _shapes(sizes: Any) -> Any:
    """Shapes of the map and of what it is pooled to, and this thread's first and last row of windows."""
    n, height, width, channels = sizes[0], sizes[1], sizes[2], sizes[3]
    rows, columns, thread, threads = height // 2, width // 2, _thread(), _threads()
    first, last = n * rows * thread // threads, n * rows * (thread + 1) // threads
    return (n, height, width, channels), (n, rows, columns, channels), first, last


def _taking(kind: Any, shift: int) -> Any:
    def take(given: Any) -> None:
        sizes = carray(given[3], 5, np.int64)
        large, small, first, last = _shapes(sizes)
        x, y, won = carray(given[0], large, kind), carray(given[1], small, kind), carray(given[2], small, np.uint8)
        _take_largest(x, y, won, first, last, shift, 0.0 if sizes[4] else np.nan)

    return take


def _giving(kind: Any, shift: int) -> Any:
    def give(given: Any) -> None:
        large, small, first, last = _shapes(carray(given[3], 4, np.int64))
        y, won, x = carray(given[0], small, kind), carray(given[1], small, np.uint8), carray(given[2], large, kind)
        _give_to_winners(y, won, x, first, last, shift)

    return give


@cache
def taking(dtype: torch.dtype) -> int:
    """The loop from a map (x, y, won) of that type; its sizes are n, height, width, channels and whether rectified."""
    return compiled(_taking(*_KINDS[dtype]))


@cache
def giving(dtype: torch.dtype) -> int:
    """The loop back to a map (y, won, x) of that type; its sizes are n, height, width and channels."""
    return compiled(_giving(*_KINDS[dtype]))
