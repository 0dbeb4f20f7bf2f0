"""Run-length encoding (RLE) of masks in COCO's two forms: a list of lengths in column-major order, or packed text."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from opsin.core import DataError
from opsin.core.limits import MAX_PIXELS

_MAX_CHARACTERS = 7
"""Limit of the characters of one number: 35 bits, more than any run in an image needs."""


def encode_runs(mask: np.ndarray) -> dict[str, Any]:
    """Encodes a mask as pycocotools does.

    Args:
        mask: Array (height, width), true or not 0 inside.

    Returns:
        {"size": [height, width], "counts": text}.

    Examples:
        >>> encode_runs(np.eye(2))
        {'size': [2, 2], 'counts': '0120'}
    """
    height, width = mask.shape
    return {"size": [height, width], "counts": _pack(run_lengths(mask))}


def run_lengths(mask: np.ndarray) -> list[int]:
    """Returns the lengths of the runs of a mask.

    Args:
        mask: Array (height, width), true or not 0 inside.

    Returns:
        Numbers of pixels, outside and inside in turn, in column-major order, outside first (0 where it is empty).
    """
    flat = np.asarray(mask).astype(np.bool_).T.ravel()
    if not len(flat):
        return []
    changes = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
    return [0, *runs] if flat[0] else runs


def decode_runs(rle: Mapping[str, Any]) -> np.ndarray:
    """Decodes a mask.

    Args:
        rle: {"size": [height, width], "counts": list of lengths, or text}.

    Returns:
        Bool (height, width), true inside.

    Raises:
        DataError: The lengths are damaged, or do not add up to the number of pixels.

    Examples:
        >>> decode_runs({"size": [2, 2], "counts": [1, 2, 1]}).astype(int).tolist()
        [[0, 1], [1, 0]]
    """
    height, width = runs_size(rle)
    runs = _parse_counts(rle.get("counts"), height * width)
    if int(runs.sum()) != height * width:
        raise DataError(f"has run lengths of {int(runs.sum())} pixels. Expected {height} x {width}.")
    inside = np.zeros(len(runs), np.bool_)
    inside[1::2] = True
    return np.repeat(inside, runs).reshape(width, height).T


def runs_size(rle: Mapping[str, Any]) -> tuple[int, int]:
    """Returns the size of an encoded mask.

    Args:
        rle: {"size": [height, width], ...}.

    Returns:
        Height and width in pixels.

    Raises:
        DataError: There is no valid size, or it exceeds MAX_PIXELS.
    """
    size: object = rle.get("size")
    sides = cast("list[object]", list(size)) if isinstance(size, (list, tuple)) else []  # pyright: ignore[reportUnknownArgumentType]
    whole = [side for side in sides if isinstance(side, int) and not isinstance(side, bool) and side >= 0]
    if len(sides) != 2 or len(whole) != 2:
        raise DataError(f"has run lengths of the size {str(size)[:40]}. Expected [height, width].")
    if whole[0] * whole[1] > MAX_PIXELS:
        raise DataError(f"has run lengths of {whole[0]} x {whole[1]} pixels. Expected at most {MAX_PIXELS:,} in all.")
    return whole[0], whole[1]


def _parse_counts(counts: Any, pixels: int) -> np.ndarray:
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
            raise DataError("has run lengths that are not integers. Expected [outside, inside, outside, ...].")
        runs = runs.astype(np.int64)
    else:
        raise DataError(f"has run lengths of type {type(counts).__name__}. Expected a list or text.")
    if len(runs) and (int(runs.min()) < 0 or int(runs.max()) > pixels):
        raise DataError(
            f"has a run of {int(runs.min() if runs.min() < 0 else runs.max())} pixels. Expected 0 to {pixels}."
        )
    return runs


def _pack(runs: list[int]) -> str:
    """Packs lengths, from the fourth on as differences to the one two before, five bits a character, low bits first."""
    codes: list[int] = []
    for position, run in enumerate(runs):
        rest = run - runs[position - 2] if position > 2 else run
        more = True
        while more:
            low = rest & 31
            rest >>= 5
            more = rest != (-1 if low & 16 else 0)
            codes.append((low | 32 if more else low) + 48)
    return bytes(codes).decode("ascii")


def _unpack(text: str) -> np.ndarray:
    if not text:
        return np.zeros(0, np.int64)
    codes = np.frombuffer(text.encode("utf-8", "replace"), np.uint8).astype(np.int64) - 48
    if int(codes.min()) < 0 or int(codes.max()) > 63:
        raise DataError("has run lengths with invalid characters. Expected text as pycocotools writes it.")
    ends = np.flatnonzero(codes < 32)
    starts = np.concatenate([[0], ends[:-1] + 1])
    if not len(ends) or ends[-1] != len(codes) - 1 or int((ends - starts).max()) >= _MAX_CHARACTERS:
        raise DataError("has run lengths that are truncated or damaged. Expected text as pycocotools writes it.")
    position = np.arange(len(codes)) - np.repeat(starts, ends - starts + 1)
    values = np.add.reduceat((codes & 31) << (5 * position), starts)
    values -= np.where(codes[ends] & 16, 1 << (5 * (ends - starts + 1)), 0)
    for first in (1, 2):
        values[first::2] = np.cumsum(values[first::2])
    return values
