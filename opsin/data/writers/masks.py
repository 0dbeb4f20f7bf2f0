"""Writers of masks: class ids with a palette, object ids, and a table row per object."""

import colorsys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from opsin.core import DataError, replacing
from opsin.geometry import IGNORED

_GOLDEN_RATIO = 0.618034
_MOST_OBJECTS = 65_535


def palette(names: Sequence[str]) -> np.ndarray:
    """Returns a colour for each class.

    Args:
        names: Names of the classes.

    Returns:
        uint8 (256, 3) of RGB: black for the first class, distinct colours for the others, white for IGNORED.
    """
    colours = np.zeros((256, 3), np.uint8)
    for index in range(1, min(len(names), IGNORED)):
        bright = (1.0, 0.75, 0.9)[index % 3]
        red, green, blue = colorsys.hsv_to_rgb(index * _GOLDEN_RATIO % 1, (0.85, 0.6)[index // 3 % 2], bright)
        colours[index] = round(255 * red), round(255 * green), round(255 * blue)
    colours[IGNORED] = 255
    return colours


def write_mask(path: Path, mask: np.ndarray, names: Sequence[str]) -> None:
    """Writes a class mask as a PNG with a palette, completely or not at all; IGNORED stays 255.

    Args:
        path: The file to write.
        mask: Class indices, uint8 (height, width).
        names: Names of the classes, for the palette.

    Raises:
        DataError: The mask has another shape or type.
    """
    if mask.ndim != 2 or mask.dtype != np.uint8 or 0 in mask.shape:
        raise DataError(f"a mask has the shape {mask.shape} of {mask.dtype}. Expected uint8 (height, width).")
    image = Image.fromarray(np.ascontiguousarray(mask))
    image.putpalette(palette(names).tobytes())
    with replacing(path) as temporary:
        image.save(temporary, "PNG")


def write_objects(path: Path, codes: np.ndarray) -> None:
    """Writes an instance mask as a 16-bit PNG of object ids, 0 where there is none, completely or not at all.

    Args:
        path: The file to write.
        codes: Instance mask, int32 (height, width): 256 times the object id plus the class index.

    Raises:
        DataError: The mask has another shape, or an object id above 65,535.
    """
    ids = codes >> 8
    if codes.ndim != 2 or 0 in codes.shape or int(ids.min()) < 0 or int(ids.max()) > _MOST_OBJECTS:
        raise DataError(
            f"an instance mask has the shape {codes.shape} and {int(codes.max(initial=0)) >> 8:,} objects. "
            f"Expected (height, width) and at most {_MOST_OBJECTS:,}."
        )
    with replacing(path) as temporary:
        Image.fromarray(ids.astype(np.uint16)).save(temporary, "PNG")


def object_rows(codes: np.ndarray, names: Sequence[str], confidence: np.ndarray | None = None) -> list[dict[str, Any]]:
    """Returns a table row for each object of an instance mask.

    Args:
        codes: Instance mask, int32 (height, width): 256 times the object id plus the class index.
        names: Names of the classes.
        confidence: (height, width) from 0 to 255, constant within an object; None for ground truth.

    Returns:
        Rows of object (id), label, confidence (0 to 1 or None), area (pixels), x and y (centre), box (xmin, ymin,
        xmax, ymax). Coordinates are in pixels from the image's upper left corner, xmax and ymax exclusive.

    Examples:
        >>> object_rows(np.array([[0, 256], [0, 256]]), ["cell"])[0]["box"]
        [1, 0, 2, 2]
    """
    flat = codes.ravel()
    pixels = np.flatnonzero(flat)
    found, first, index, area = np.unique(flat[pixels], return_index=True, return_inverse=True, return_counts=True)
    row, column = np.divmod(pixels, codes.shape[1] if codes.ndim == 2 else 1)
    count = len(found)
    bounds = [np.full(count, codes.size), np.full(count, codes.size), np.zeros(count, int), np.zeros(count, int)]
    for bound, values, is_minimum in zip(
        bounds, (column, row, column + 1, row + 1), (True, True, False, False), strict=True
    ):
        (np.minimum if is_minimum else np.maximum).at(bound, index, values)
    centre = [np.bincount(index, values + 0.5, count) / area for values in (column, row)]
    rows: list[dict[str, Any]] = []
    for number, code in enumerate(found.tolist()):
        label = code & 255
        rows.append(
            {
                "object": code >> 8,
                "label": names[label] if label < len(names) else str(label),
                "confidence": None
                if confidence is None
                else round(float(confidence.ravel()[pixels[first[number]]]) / 255, 4),
                "area": int(area[number]),
                "x": round(float(centre[0][number]), 2),
                "y": round(float(centre[1][number]), 2),
                "box": [int(bound[number]) for bound in bounds],
            }
        )
    return rows
