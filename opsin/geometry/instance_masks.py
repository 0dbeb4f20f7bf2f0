"""Overlapping object masks as one map of instances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


def stack_instances(masks: Iterable[np.ndarray], labels: Sequence[int], size: tuple[int, int]) -> np.ndarray:
    """Objects by their pixels as instances, int32 (height, width): numbered in turn, small ones on top, none hidden."""
    pieces = [piece(mask) for mask in masks]
    numbers = np.zeros(size, np.int32)
    for place in large_first(pieces):
        pieces[place].paint(numbers, place + 1)
    seen = np.flatnonzero(np.bincount(numbers.ravel(), minlength=len(pieces) + 1)[1:])
    codes = np.zeros(len(pieces) + 1, np.int32)
    codes[seen + 1] = np.arange(1, len(seen) + 1) * 256 + np.asarray(labels, np.int32)[seen]
    return codes[numbers]


@dataclass(frozen=True, eq=False)
class Piece:
    """The part of a mask around its pixels, so that hundreds of objects fit into memory."""

    top: int
    left: int
    inside: np.ndarray
    area: int

    def paint(self, canvas: np.ndarray, value: int) -> None:
        height, width = self.inside.shape
        canvas[self.top : self.top + height, self.left : self.left + width][self.inside] = value


def piece(mask: np.ndarray) -> Piece:
    """Returns the part of a boolean mask (height, width) inside its bounding box."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return Piece(0, 0, np.zeros((0, 0), np.bool_), 0)
    top, left = int(rows[0]), int(columns[0])
    inside = np.array(mask[top : rows[-1] + 1, left : columns[-1] + 1])
    return Piece(top, left, inside, int(inside.sum()))


def large_first(pieces: Sequence[Piece]) -> list[int]:
    """Returns the indices of the pieces by decreasing area."""
    return sorted(range(len(pieces)), key=lambda place: -pieces[place].area)
