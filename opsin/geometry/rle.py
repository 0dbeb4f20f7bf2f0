"""Masks as the lengths of their runs down the columns, as COCO keeps them: a list, or that list packed into text."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from opsin.core import DataError
from opsin.core.limits import MAX_PIXELS

_LONGEST = 7
"""Letters of one number: 35 bits, more than any run in an image needs."""


def encode_runs(mask: np.ndarray) -> dict[str, Any]:
    """A mask (height, width), true or not 0 inside, as {"size": [height, width], "counts": text}, as pycocotools does.

    >>> encode_runs(np.eye(2))
    {'size': [2, 2], 'counts': '0120'}
    """
    height, width = mask.shape
    return {"size": [height, width], "counts": _pack(run_lengths(mask))}


def run_lengths(mask: np.ndarray) -> list[int]:
    """How many pixels in turn are outside and inside, column by column, outside first (maybe 0)."""
    flat = np.asarray(mask).astype(np.bool_).T.ravel()
    if not len(flat):
        return []
    changes = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
    return [0, *runs] if flat[0] else runs


def decode_runs(rle: Mapping[str, Any]) -> np.ndarray:
    """The mask, bool (height, width), of {"size": [height, width], "counts": a list of lengths, or text}.

    Raises DataError when the lengths are damaged or are not of all pixels.

    >>> decode_runs({"size": [2, 2], "counts": [1, 2, 1]}).astype(int).tolist()
    [[0, 1], [1, 0]]
    """
    height, width = runs_size(rle)
    runs = _runs(rle.get("counts"), height * width)
    if int(runs.sum()) != height * width:
        raise DataError(f"has run lengths of {int(runs.sum())} pixels; expected {height} x {width}")
    inside = np.zeros(len(runs), np.bool_)
    inside[1::2] = True
    return np.repeat(inside, runs).reshape(width, height).T


def runs_size(rle: Mapping[str, Any]) -> tuple[int, int]:
    """The (height, width) that run lengths are of; DataError when there is none, or it is too large."""
    size: object = rle.get("size")
    sides = cast("list[object]", list(size)) if isinstance(size, (list, tuple)) else []  # pyright: ignore[reportUnknownArgumentType]
    whole = [side for side in sides if isinstance(side, int) and not isinstance(side, bool) and side >= 0]
    if len(sides) != 2 or len(whole) != 2:
        raise DataError(f"has run lengths of the size {str(size)[:40]}; expected [height, width]")
    if whole[0] * whole[1] > MAX_PIXELS:
        raise DataError(f"has run lengths of {whole[0]} x {whole[1]} pixels; expected at most {MAX_PIXELS:,} in all")
    return whole[0], whole[1]


def _runs(counts: Any, most: int) -> np.ndarray:
    if isinstance(counts, bytes):
        counts = counts.decode("latin-1")
    if isinstance(counts, str):
        runs = _unpack(counts)
    elif isinstance(counts, (list, tuple)):
        try:
            runs = np.array(cast("list[Any]", counts))
        except (ValueError, OverflowError):
            runs = np.array(["?"])
        if len(runs) and (runs.ndim != 1 or runs.dtype.kind not in "iu"):
            raise DataError("has run lengths that are no whole numbers; expected [outside, inside, outside, ...]")
        runs = runs.astype(np.int64)
    else:
        raise DataError(f"has run lengths of type {type(counts).__name__}; expected a list or text")
    if len(runs) and (int(runs.min()) < 0 or int(runs.max()) > most):
        raise DataError(
            f"has a run of {int(runs.min() if runs.min() < 0 else runs.max())} pixels; expected 0 to {most}"
        )
    return runs


def _pack(runs: list[int]) -> str:
    """Each length, from the fourth on less the one before the last, five bits a letter, low bits first."""
    letters: list[int] = []
    for place, run in enumerate(runs):
        rest = run - runs[place - 2] if place > 2 else run
        more = True
        while more:
            bits = rest & 31
            rest >>= 5
            more = rest != (-1 if bits & 16 else 0)
            letters.append((bits | 32 if more else bits) + 48)
    return bytes(letters).decode("ascii")


def _unpack(text: str) -> np.ndarray:
    if not text:
        return np.zeros(0, np.int64)
    letters = np.frombuffer(text.encode("utf-8", "replace"), np.uint8).astype(np.int64) - 48
    if int(letters.min()) < 0 or int(letters.max()) > 63:
        raise DataError("has run lengths with foreign letters; expected text as the COCO tools pack it")
    ends = np.flatnonzero(letters < 32)
    starts = np.concatenate([[0], ends[:-1] + 1])
    if not len(ends) or ends[-1] != len(letters) - 1 or int((ends - starts).max()) >= _LONGEST:
        raise DataError("has run lengths that are cut short or damaged; expected text as the COCO tools pack it")
    place = np.arange(len(letters)) - np.repeat(starts, ends - starts + 1)
    values = np.add.reduceat((letters & 31) << (5 * place), starts)
    values -= np.where(letters[ends] & 16, 1 << (5 * (ends - starts + 1)), 0)
    for first in (1, 2):
        values[first::2] = np.cumsum(values[first::2])
    return values
