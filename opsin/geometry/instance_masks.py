"""Overlapping object masks combined into one instance mask."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


def stack_instances(masks: Iterable[np.ndarray], labels: Sequence[int], size: tuple[int, int]) -> np.ndarray:
    """Combines the masks of objects into one instance mask, smaller objects on top.

    Args:
        masks: Bool (height, width) for each object.
        labels: Class index of each object.
        size: Height and width in pixels.

    Returns:
        Int32 (height, width): 256 times the number of the object, from 1 without gaps, plus its class index; 0 where
        there is none. Objects that are covered completely are left out.
    """
    crops = [crop_mask(mask) for mask in masks]
    numbers = np.zeros(size, np.int32)
    for index in largest_first(crops):
        crops[index].paint(numbers, index + 1)
    visible = np.flatnonzero(np.bincount(numbers.ravel(), minlength=len(crops) + 1)[1:])
    codes = np.zeros(len(crops) + 1, np.int32)
    codes[visible + 1] = np.arange(1, len(visible) + 1) * 256 + np.asarray(labels, np.int32)[visible]
    return codes[numbers]


@dataclass(frozen=True, eq=False)
class MaskCrop:
    """A mask cropped to its bounding box, so that hundreds of objects fit into memory."""

    top: int
    left: int
    inside: np.ndarray
    area: int

    def paint(self, canvas: np.ndarray, value: int) -> None:
        """Writes `value` into the canvas (height, width) where the mask is true."""
        height, width = self.inside.shape
        canvas[self.top : self.top + height, self.left : self.left + width][self.inside] = value


def crop_mask(mask: np.ndarray) -> MaskCrop:
    """Returns a boolean mask (height, width) cropped to its bounding box.

    Args:
        mask: Bool (height, width).
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return MaskCrop(0, 0, np.zeros((0, 0), np.bool_), 0)
    top, left = int(rows[0]), int(columns[0])
    inside = np.array(mask[top : rows[-1] + 1, left : columns[-1] + 1])
    return MaskCrop(top, left, inside, int(inside.sum()))


def largest_first(crops: Sequence[MaskCrop]) -> list[int]:
    """Returns the indices of the masks by decreasing area.

    Args:
        crops: Cropped masks.
    """
    return sorted(range(len(crops)), key=lambda index: -crops[index].area)
