"""Masks as files: class ids with a palette, numbers of objects, and a table row an object."""

import colorsys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from opsin.core import DataError, replacing
from opsin.geometry import IGNORED

_GOLDEN = 0.618034
_MOST_OBJECTS = 65_535


def palette(names: Sequence[str]) -> np.ndarray:
    """A colour for each class, uint8 (256, 3): black for the first, far apart for the others, white for IGNORED."""
    colours = np.zeros((256, 3), np.uint8)
    for place in range(1, min(len(names), IGNORED)):
        bright = (1.0, 0.75, 0.9)[place % 3]
        red, green, blue = colorsys.hsv_to_rgb(place * _GOLDEN % 1, (0.85, 0.6)[place // 3 % 2], bright)
        colours[place] = round(255 * red), round(255 * green), round(255 * blue)
    colours[IGNORED] = 255
    return colours


def write_mask(path: Path, mask: np.ndarray, names: Sequence[str]) -> None:
    """Class indices, uint8 (height, width), as a PNG with a palette; IGNORED stays 255. Whole or not at all."""
    if mask.ndim != 2 or mask.dtype != np.uint8 or 0 in mask.shape:
        raise DataError(f"a mask has the shape {mask.shape} of {mask.dtype}; expected uint8 (height, width)")
    image = Image.fromarray(np.ascontiguousarray(mask))
    image.putpalette(palette(names).tobytes())
    with replacing(path) as temporary:
        image.save(temporary, "PNG")


def write_objects(path: Path, codes: np.ndarray) -> None:
    """Instances, int32 (height, width), as a 16-bit PNG of the objects' numbers, 0 where there is none."""
    numbers = codes >> 8
    if codes.ndim != 2 or 0 in codes.shape or int(numbers.min()) < 0 or int(numbers.max()) > _MOST_OBJECTS:
        raise DataError(f"instances of the shape {codes.shape}; expected (height, width) and at most {_MOST_OBJECTS:,}")
    with replacing(path) as temporary:
        Image.fromarray(numbers.astype(np.uint16)).save(temporary, "PNG")


def object_rows(codes: np.ndarray, names: Sequence[str], confidence: np.ndarray | None = None) -> list[dict[str, Any]]:
    """A row for each object of instances (height, width): number, label, confidence, pixels, centre and box.

    `confidence` (height, width) runs from 0 to 255, the same all over an object. Centre and box are in pixels from
    the image's upper left corner, the box to the far side of its last pixel.

    >>> object_rows(np.array([[0, 256], [0, 256]]), ["cell"])[0]["box"]
    [1, 0, 2, 2]
    """
    flat = codes.ravel()
    where = np.flatnonzero(flat)
    found, first, place, area = np.unique(flat[where], return_index=True, return_inverse=True, return_counts=True)
    row, column = np.divmod(where, codes.shape[1] if codes.ndim == 2 else 1)
    many = len(found)
    ends = [np.full(many, codes.size), np.full(many, codes.size), np.zeros(many, int), np.zeros(many, int)]
    for into, values, least in zip(ends, (column, row, column + 1, row + 1), (True, True, False, False), strict=True):
        (np.minimum if least else np.maximum).at(into, place, values)
    middle = [np.bincount(place, values + 0.5, many) / area for values in (column, row)]
    rows: list[dict[str, Any]] = []
    for at, code in enumerate(found.tolist()):
        label = code & 255
        rows.append(
            {
                "object": code >> 8,
                "label": names[label] if label < len(names) else str(label),
                "confidence": None
                if confidence is None
                else round(float(confidence.ravel()[where[first[at]]]) / 255, 4),
                "area": int(area[at]),
                "x": round(float(middle[0][at]), 2),
                "y": round(float(middle[1][at]), 2),
                "box": [int(end[at]) for end in ends],
            }
        )
    return rows
