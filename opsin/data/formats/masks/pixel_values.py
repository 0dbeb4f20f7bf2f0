"""Reading of the unchanged values of a mask file: class ids, palette indices, colours or object ids."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageOps

from opsin.core import DataError

from ...decode import with_pillow

MaskMode = Literal["grey", "index", "colour"]
_ORIENTATION = 0x0112
_MAX_TINT = 24
"""Limit of the difference between channels of a grey image that was saved as a colour JPEG."""
_SCALES = {"L;2": 85, "L;4": 17}  # Pillow scales two and four bits to 0 to 255


@dataclass(frozen=True, eq=False)
class IndexedMask:
    """The values of a mask file.

    Attributes:
        values: (height, width) of grey values (up to 16 bits), palette indices, or colours as 65,536 red + 256 green +
            blue.
        mode: Mode of the values.
        lossy: True when the file is a JPEG.
        palette: (k, 3) colours of the indices, None for other modes.
    """

    values: np.ndarray
    mode: MaskMode
    lossy: bool = False
    palette: np.ndarray | None = None

    def as_colours(self) -> np.ndarray:
        """Returns the values of any mode as colours, (height, width) of 65,536 red + 256 green + blue."""
        if self.mode == "colour":
            return self.values
        if self.palette is not None:
            return pack_colours(self.palette)[np.minimum(self.values, len(self.palette) - 1)]
        return self.values.astype(np.int32) * 0x010101


def read_mask(content: bytes) -> IndexedMask:
    """Reads a mask file, with the EXIF orientation applied; colours that are all grey become grey values.

    Args:
        content: The bytes of the file.

    Returns:
        Its values.

    Raises:
        DataError: The file cannot be decoded, or its values cannot be class ids or colours.
    """
    if not content:
        raise DataError("is empty (0 bytes). Expected a mask.")
    return with_pillow(content, _read_values)


def pack_colours(colours: np.ndarray) -> np.ndarray:
    """Packs colours into one number each.

    Args:
        colours: (..., 3) of red, green and blue from 0 to 255.

    Returns:
        int32 (...): 65,536 red + 256 green + blue.
    """
    int_colours = colours.astype(np.int32)
    return int_colours[..., 0] << 16 | int_colours[..., 1] << 8 | int_colours[..., 2]


def value_counts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts the pixels of each value; fast where neighbours are mostly equal.

    Args:
        values: Array of any shape.

    Returns:
        The distinct values, sorted, and the number of pixels of each.
    """
    flat = values.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    distinct, run = np.unique(flat[starts], return_inverse=True)
    return distinct, np.bincount(run, np.diff(starts, append=len(flat))).astype(np.int64)


def values_in_mode(mask: IndexedMask, mode: MaskMode) -> np.ndarray:
    """Converts the values of one mask to the common mode of all masks.

    Args:
        mask: The mask.
        mode: The common mode.

    Returns:
        Values (height, width).

    Raises:
        DataError: The mask is a colour image and the others are not.
    """
    if mode == "colour":
        return mask.as_colours()
    if mask.mode == "colour":
        raise DataError("is a colour image. Expected class ids as in the other masks.")
    if mask.mode == "index" and mode == "grey":
        return mask.as_colours() & 255
    return mask.values


def format_value(value: int, mode: MaskMode) -> str:
    """Returns a value as text, a colour as red/green/blue.

    Args:
        value: Pixel value or packed colour.
        mode: Mode of the value.
    """
    return f"{value >> 16}/{value >> 8 & 255}/{value & 255}" if mode == "colour" else str(value)


def _read_values(image: Image.Image) -> IndexedMask:
    lossy = image.format == "JPEG"
    tiles: list[Any] = getattr(image, "tile", []) if image.format == "PNG" else []
    layout = tiles[0][3] if tiles else None
    scale = _SCALES.get(layout[0] if isinstance(layout, tuple) and layout else str(layout), 1)
    image.load()
    if image.getexif().get(_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode == "P":
        values, colours = np.asarray(image), np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        if image.format == "GIF" and len(colours) and (colours == colours[:, :1]).all():  # grey, as GIF stores it
            return IndexedMask(colours[np.minimum(values, len(colours) - 1), 0], "grey", lossy)
        return IndexedMask(values, "index", lossy, colours)
    if image.mode in ("1", "L"):
        values = np.asarray(image).astype(np.uint8, copy=False)
        return IndexedMask(values // scale if scale > 1 else values, "grey", lossy)
    if image.mode.startswith("I") or image.mode == "F":
        return IndexedMask(_as_integers(np.asarray(image)), "grey", lossy)
    if image.mode not in ("RGB", "RGBA", "LA", "PA"):
        image = image.convert("RGB")
    if lossy and image.mode == "RGB" and int(np.ptp(np.asarray(image), axis=2).max()) <= _MAX_TINT:
        return IndexedMask(np.asarray(image.convert("L")), "grey", lossy)
    channels = np.asarray(image.convert("RGBA") if image.mode == "PA" else image)
    if channels.shape[2] in (2, 4):
        if int(channels[..., -1].min()) != int(channels[..., -1].max()):
            raise DataError("is partly transparent. Expected class ids, a palette or colours without transparency.")
        channels = channels[..., :-1]
    if channels.shape[2] == 1 or (
        (channels[..., 0] == channels[..., 1]).all() and (channels[..., 1] == channels[..., 2]).all()
    ):
        return IndexedMask(np.ascontiguousarray(channels[..., 0]), "grey", lossy)
    return IndexedMask(pack_colours(channels), "colour", lossy)


def _as_integers(values: np.ndarray) -> np.ndarray:
    """Returns values of more than 8 bits as int32."""
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values == np.rint(values)).all()):
        raise DataError("has fractional values. Expected integers as class ids.")
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 2**31 - 1:
        raise DataError(f"has values from {low:g} to {high:g}. Expected integers from 0 on.")
    return values.astype(np.int32)
