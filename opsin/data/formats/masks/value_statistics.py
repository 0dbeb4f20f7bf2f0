"""Statistics of the pixel values of the masks of a data set, from which their encoding is inferred."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from opsin.core import DataError

from ..scan import count
from .pixel_values import IndexedMask, MaskMode, format_value, read_mask, value_counts

MOST_INSPECTED = 5000
"""Limit of the masks that are inspected, spread evenly; an unknown value in another mask is an error of that mask."""
MOST_VALUES = 70_000
NEAR = 16
"""Values up to this one are near black, and as far from 255 near white."""
_BLACK_AND_WHITE = {0x000000, 0xFFFFFF}


@dataclass(frozen=True)
class MaskStatistics:
    """Statistics of the pixel values of masks, which distinguish class ids from object ids.

    Attributes:
        masks: Number of masks that were inspected.
        pixels: Number of pixels by value.
        mode: Mode of the values.
        lossy: Number of masks that are JPEG files.
        numbered_share: Fraction of the masks that are not empty whose values are exactly 1 to some k.
        largest_count: The largest k.
        distinct_counts: Number of different k.
        broken: Messages on the masks that cannot be read.
        edges: Number of grey pixels between black and white, and of those next to both.
        rim: Number of white pixels next to others.
    """

    masks: int
    pixels: dict[int, int]
    mode: MaskMode
    lossy: int = 0
    numbered_share: float = 0.0
    largest_count: int = 0
    distinct_counts: int = 0
    broken: tuple[str, ...] = ()
    edges: tuple[int, int] = (0, 0)
    rim: int = 0

    def values(self) -> list[int]:
        """Returns the distinct values, sorted."""
        return sorted(self.pixels)

    def summary(self, limit: int = 6) -> str:
        """Returns a description for messages: the most frequent values and their percentage of all pixels.

        Args:
            limit: Maximum number of values to list.
        """
        total = sum(self.pixels.values()) or 1
        by_frequency = sorted(self.pixels, key=lambda value: (-self.pixels[value], value))
        parts = [f"{self.name(value)} ({100 * self.pixels[value] / total:.3g} %)" for value in by_frequency[:limit]]
        more = f" and {len(by_frequency) - limit} more" if len(by_frequency) > limit else ""
        noun = "colour" if self.mode == "colour" else "value"
        return f"{count(self.masks, 'mask')} with {count(by_frequency, noun)}: {', '.join(parts)}{more}"

    def name(self, value: int) -> str:
        """Returns a value or colour as text."""
        return format_value(value, self.mode)


@dataclass(frozen=True)
class _MaskValues:
    values: np.ndarray
    pixels: np.ndarray
    mode: MaskMode
    colours: np.ndarray
    lossy: bool
    edges: tuple[int, int, int] = (0, 0, 0)


def mask_statistics(paths: Sequence[str], read: Callable[[str], bytes]) -> MaskStatistics:
    """Computes the statistics of masks.

    Args:
        paths: Paths of the masks.
        read: Reads the bytes of a mask from its path.

    Returns:
        The statistics.

    Raises:
        DataError: No mask can be read, or they have more than MOST_VALUES values.
    """
    indices = np.linspace(0, len(paths) - 1, min(len(paths), MOST_INSPECTED)).round().astype(int)
    chosen = [paths[index] for index in np.unique(indices).tolist()]

    def inspect(path: str) -> _MaskValues | str:
        try:
            indexed = read_mask(read(path))
            values, pixels = value_counts(indexed.values)
            colours = _colours(indexed, values)
            return _MaskValues(values, pixels, indexed.mode, colours, indexed.lossy, _edges(indexed, values))
        except DataError as error:
            return f"{path} {error}".rstrip(".")

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        inspected = list(pool.map(inspect, chosen))
    broken = tuple(mask for mask in inspected if isinstance(mask, str))
    masks = [mask for mask in inspected if not isinstance(mask, str)]
    if not masks:
        raise DataError(f"none of {count(chosen, 'mask')} can be read: {broken[0] if broken else 'there are none'}.")
    mode = _common_mode(masks)
    pixels: dict[int, int] = {}
    counts: list[int] = []
    non_empty = 0
    for mask in masks:
        values = _values_in_mode(mask, mode)
        for value, pixel_count in zip(values.tolist(), mask.pixels.tolist(), strict=True):
            pixels[value] = pixels.get(value, 0) + pixel_count
        if len(pixels) > MOST_VALUES:
            raise DataError(
                f"the masks have more than {MOST_VALUES:,} values, as photographs have. Expected class ids."
            )
        positive = values[values > 0]
        non_empty += bool(len(positive))
        if len(positive) and int(positive.max()) == len(positive):
            counts.append(len(positive))
    numbered_share = len(counts) / non_empty if non_empty else 0.0
    edges = np.array([mask.edges for mask in masks]).sum(0).tolist()
    found = MaskStatistics(len(masks), pixels, mode, sum(mask.lossy for mask in masks), numbered_share, broken=broken)
    found = replace(found, largest_count=max(counts, default=0), distinct_counts=len(set(counts)))
    return replace(found, edges=(edges[0], edges[1]), rim=edges[2])


def _edges(indexed: IndexedMask, values: np.ndarray) -> tuple[int, int, int]:
    """Returns the number of pixels between black and white, of those near both, and of white pixels at edges."""
    import cv2

    low, high = int(values[0]), int(values[-1])
    if indexed.mode != "grey" or low > NEAR or not 255 - NEAR <= high <= 255 or len(values) < 3:
        return 0, 0, 0
    dark, bright = indexed.values <= NEAR, indexed.values >= 255 - NEAR
    middle = ~(dark | bright)
    if not middle.any():
        return 0, 0, 0
    square, cross = np.ones((5, 5), np.uint8), np.ones((3, 3), np.uint8)
    near = (cv2.dilate(part.astype(np.uint8), square).astype(bool) for part in (dark, bright))
    between = middle & next(near) & next(near)
    rim = bright & cv2.dilate((~bright).astype(np.uint8), cross).astype(bool)
    return int(middle.sum()), int(between.sum()), int(rim.sum())


def _colours(indexed: IndexedMask, values: np.ndarray) -> np.ndarray:
    return IndexedMask(values, indexed.mode, indexed.lossy, indexed.palette).as_colours()


def _values_in_mode(mask: _MaskValues, mode: MaskMode) -> np.ndarray:
    if mode == "colour":
        return mask.colours
    return mask.colours & 255 if mask.mode == "index" and mode == "grey" else mask.values


def _common_mode(masks: list[_MaskValues]) -> MaskMode:
    """Returns the common mode of all masks.

    Palettes of black and white only count as grey; palettes that map one index to different colours in different files
    count as colour.
    """
    if any(mask.mode == "colour" for mask in masks):
        return "colour"
    palettes = [mask for mask in masks if mask.mode == "index"]
    if not palettes:
        return "grey"
    if all(set(mask.colours.tolist()) <= _BLACK_AND_WHITE for mask in palettes):
        return "grey"
    colour_of: dict[int, int] = {}
    for mask in palettes:
        for index, colour in zip(mask.values.tolist(), mask.colours.tolist(), strict=True):
            if colour_of.setdefault(index, colour) != colour:
                return "colour"
    return "index"
